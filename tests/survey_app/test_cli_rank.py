"""`survey rank` on real files: tables, answers, ratings; words of both languages; what it refuses."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from repository import ROOT

from analysis.design import survey_design
from analysis.estimate import means
from analysis.faults import AnalysisError
from analysis.harshness import harshness
from analysis.options import Options
from analysis.ranking import chance_above, rank_sets
from survey_app.cli import survey
from survey_app.table_faults import TableFileError
from survey_app.tables import write_table

PISA = ROOT / "tests" / "references" / "published" / "pisa_2018_math.csv"
OF_PISA = (PISA, "--label", "country", "--estimate", "math", "--se", "se", "--seed", "101")
SUFFIXES = [".csv", ".sav", ".dta", ".xlsx", ".parquet"]


def run(*words: object) -> Result:
    return CliRunner().invoke(survey, ["rank", *map(str, words)])


def rows(*words: object) -> pd.DataFrame:
    result = run(*words, "--format", "json")
    assert result.exception is None, result.output
    return pd.DataFrame(json.loads(result.stdout)["rows"])


def ratings() -> pd.DataFrame:
    """Sixty people, each of whom rated four of six offices of two blocks."""
    rng = np.random.default_rng(1)
    person = np.repeat(np.arange(60), 4)
    office = np.argsort(rng.random((60, 6)), axis=1)[:, :4].ravel()
    rating = 70 + 2 * office + rng.normal(0, 8, 60)[person] + rng.normal(0, 5, 240)
    return pd.DataFrame(
        {
            "person": person, "office": [f"Sở {'ABCDEF'[place]}" for place in office],
            "block": np.where(office < 3, "K1", "K2"), "q1": rating.round(1), "w": rng.uniform(0.5, 2, 240).round(2),
        }
    )  # fmt: skip


def stored(folder: Path, suffix: str = ".csv", **changes: object) -> Path:
    path = folder / f"ratings{suffix}"
    write_table(ratings().assign(**changes), path)
    return path


def test_a_table_gets_the_sets_of_the_library():
    found = rows(*OF_PISA, "--top", 5).set_index("unit")
    table = pd.read_csv(PISA)
    sets = rank_sets(table["math"].to_numpy(), table["se"].to_numpy() ** 2, rng=np.random.default_rng(101))
    ordered = found.loc[table["country"]]
    for name, wanted in (("rank", sets.rank), ("rank_low", sets.low), ("rank_high", sets.high),
                         ("own_low", sets.own_low), ("own_high", sets.own_high)):  # fmt: skip
        assert ordered[name].tolist() == wanted.tolist()
    assert found["among_best"].sum() == 12
    assert found.index[0] == "Japan"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_answers_of_every_kind_of_file_count_their_common_respondents(tmp_path: Path, suffix: str):
    found = rows(stored(tmp_path, suffix), "--mean", "q1", "--by", "office", "--psu", "person", "--weights", "w",
                 "--seed", 3).set_index("unit")  # fmt: skip
    data = ratings()
    wanted = means(
        survey_design(data["w"].to_numpy(), psu=[data["person"]]), data, ["q1"], by=["office"],
        options=Options(covariances=True),
    )  # fmt: skip
    places = [(place, 0) for place in range(6)]
    sets = rank_sets(wanted.estimate[:, 0], wanted.covariance(places), rng=np.random.default_rng(3))
    ordered = found.loc[list(wanted.domains["office"])]
    assert ordered["estimate"].to_numpy() == pytest.approx(wanted.estimate[:, 0])
    assert ordered["se"].to_numpy() == pytest.approx(wanted.se[:, 0])
    assert ordered["rank_high"].tolist() == sets.high.tolist()
    assert ordered["n"].sum() == 240


def test_a_block_is_ranked_as_if_it_were_alone(tmp_path: Path):
    path = stored(tmp_path)
    both = rows(path, "--mean", "q1", "--by", "block", "--by", "office", "--psu", "person", "--seed", 3)
    alone = rows(path, "--mean", "q1", "--by", "office", "--where", "block=K2", "--psu", "person", "--seed", 3)
    assert both[both["block"] == "K2"].drop(columns="block").reset_index(drop=True).equals(alone)
    assert both[both["block"] == "K1"]["rank"].tolist() == [1, 2, 3]


def test_blocks_of_a_table_have_ranks_of_their_own(tmp_path: Path):
    pd.DataFrame({"k": list("aabb"), "u": list("xyxy"), "e": [1.0, 2, 9, 8], "s": [0.1] * 4}).to_csv(
        tmp_path / "t.csv", index=False
    )
    found = rows(tmp_path / "t.csv", "--label", "u", "--estimate", "e", "--se", "s", "--by", "k", "--seed", 1)
    assert found[["block", "unit", "rank"]].values.tolist() == [["a", "y", 1], ["a", "x", 2], ["b", "x", 1],
                                                               ["b", "y", 2]]  # fmt: skip


def test_a_covariance_tells_apart_what_errors_alone_cannot(tmp_path: Path):
    pd.DataFrame({"u": ["A", "B"], "e": [1.0, 0.0], "s": [1.0, 1.0]}).to_csv(tmp_path / "t.csv", index=False)
    matrix = pd.DataFrame({"unit": ["B", "A"], "B": [1.0, 0.98], "A": [0.98, 1.0]})
    matrix.to_csv(tmp_path / "c.csv", index=False)
    matrix[["B", "A"]].to_csv(tmp_path / "plain.csv", index=False)
    common = (tmp_path / "t.csv", "--label", "u", "--estimate", "e", "--seed", 1)
    assert rows(*common, "--se", "s")["rank_high"].tolist() == [2, 2]
    for name in ("c.csv", "plain.csv"):
        assert rows(*common, "--covariance", tmp_path / name)["rank_high"].tolist() == [1, 2]


def test_the_lowest_may_come_first():
    found = rows(*OF_PISA, "--lowest-first")
    assert found["unit"].iloc[0] == "Colombia"
    assert found["estimate"].iloc[0] == pytest.approx(390.9322732)


def test_chances_are_a_matrix_in_the_order_of_ranks(tmp_path: Path):
    found = rows(*OF_PISA, "--chances")
    table = pd.read_csv(PISA).sort_values("math", ascending=False)
    wanted = chance_above(table["math"].to_numpy(), table["se"].to_numpy() ** 2)
    assert found["unit"].tolist() == table["country"].tolist()
    assert found[table["country"].tolist()].to_numpy() == pytest.approx(wanted)
    screen = run(stored(tmp_path), "--mean", "q1", "--by", "office", "--seed", 1, "--chances").stdout
    assert "50,0" in screen
    assert "thực sự xếp trên" in screen


@pytest.mark.parametrize(("flags", "options"), [((), {}), (("--random",), {"random": True})])
def test_harshness_is_set_apart_and_compared_with_plain_means(tmp_path: Path, flags, options):
    command = ("--harshness", "--respondent", "person", "--unit", "office", "--rating", "q1", "--seed", 2)
    found = rows(stored(tmp_path), *command, *flags).set_index("unit")
    data = ratings()
    wanted = harshness(data["person"], data["office"], data["q1"].to_numpy(), **options)
    ordered = found.loc[list(wanted.units)]
    assert ordered["estimate"].to_numpy() == pytest.approx(wanted.adjusted)
    assert ordered["se"].to_numpy() == pytest.approx(wanted.se)
    assert ordered["rank_change"].tolist() == wanted.rank_change.tolist()
    assert "không dùng để tính điểm" in run(stored(tmp_path), *command, *flags).stdout


def test_rows_without_a_rating_are_left_out_and_said(tmp_path: Path):
    holes = ratings()["q1"].where(ratings().index > 4)
    result = run(stored(tmp_path, q1=holes), "--harshness", "--respondent", "person", "--unit", "office",
                 "--rating", "q1", "--lang", "en")  # fmt: skip
    assert "5 rows without a rating are left out" in result.stdout


def test_the_seed_is_made_and_printed_and_repeats_the_sets(tmp_path: Path):
    screen = run(*OF_PISA[:-2], "--lang", "en").stdout
    seed = screen.split("--seed ")[1].split()[0]
    again = run(*OF_PISA[:-2], "--lang", "en", "--seed", seed).stdout
    assert again == screen


def test_a_unit_without_answers_is_named_and_not_ranked(tmp_path: Path):
    data = ratings()
    path = stored(tmp_path, q1=data["q1"].mask(data["office"] == "Sở A"))
    result = run(path, "--mean", "q1", "--by", "office", "--lang", "en", "--seed", 1)
    assert result.exception is None, result.output
    assert "1 units without an estimate or an error are not ranked: Sở A" in result.stdout


def test_ranks_are_drawn(tmp_path: Path):
    result = run(*OF_PISA, "--plot", tmp_path / "ranks.svg")
    assert "Japan đứng đầu" in result.stderr
    assert (tmp_path / "ranks.svg").stat().st_size > 3000


def test_126_units_take_seconds_and_no_more_lines_than_needed(tmp_path: Path):
    rng = np.random.default_rng(2)
    pd.DataFrame(
        {"u": [f"x{n}" for n in range(126)], "e": rng.normal(80, 3, 126), "s": rng.uniform(0.5, 2, 126)}
    ).to_csv(tmp_path / "t.csv", index=False)
    screen = run(tmp_path / "t.csv", "--label", "u", "--estimate", "e", "--se", "s", "--draws", 1000).stdout
    assert len(screen.splitlines()) < 126 + 8


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "say what to rank"),
        (("--estimate", "math", "--mean", "math"), "say what to rank"),
        (("--estimate", "math", "--label", "country"), "one of --se and --covariance"),
        (
            ("--estimate", "math", "--label", "country", "--se", "se", "--weights", "se"),
            "a design and --missing go with",
        ),
        (("--mean", "math"), "--by UNIT"),
        (("--mean", "math", "--by", "country", "--se", "se"), "goes without --se"),
        (("--harshness", "--unit", "country"), "needs --respondent"),
        (("--harshness", "--unit", "country", "--psu", "country"), "without --by and a design"),
        (("--estimate", "math", "--where", "se>1"), "--where goes with --mean"),
        (("--estimate", "math", "--label", "country", "--se", "se", "--coverage", "95"), "not between 0 and 1"),
    ],
)
def test_options_that_do_not_go_together_are_refused(words, said):
    result = run(PISA, *words)
    assert result.exit_code == 2
    assert said in result.output


@pytest.mark.parametrize(
    ("text", "fault", "said"),
    [
        ("u,e,s\nA,1,1\nB,,1\n", TableFileError, "3"),
        ("u,e,s\nA,1,1\nB,2,-1\n", TableFileError, "3"),
        ("u,e,s\nA,1,1\nB,2,1\nA,3,1\n", AnalysisError, "unit A stands in several rows .2, 4."),
        ("u,e,s\nA,1,1\nB,hai,1\n", TableFileError, "hai"),
    ],
)
def test_faults_of_a_table_name_their_rows(tmp_path: Path, text, fault, said):
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    result = run(tmp_path / "t.csv", "--label", "u", "--estimate", "e", "--se", "s")
    assert isinstance(result.exception, fault)
    with pytest.raises(fault, match=said):
        raise result.exception


def test_a_covariance_of_other_units_is_refused(tmp_path: Path):
    pd.DataFrame({"u": ["A", "B"], "e": [1.0, 0.0]}).to_csv(tmp_path / "t.csv", index=False)
    common = (tmp_path / "t.csv", "--label", "u", "--estimate", "e", "--covariance", tmp_path / "c.csv")
    (tmp_path / "c.csv").write_text("A,C\n1,0\n0,1\n", encoding="utf-8")
    assert isinstance(run(*common).exception, TableFileError)
    (tmp_path / "c.csv").write_text("A,B\n1,0\n0,1\n1,1\n", encoding="utf-8")
    assert "do not match 2 units" in run(*common).exception.message("en")


def test_more_best_than_units_are_refused():
    assert "from 1 to 37" in run(*OF_PISA, "--top", 38).exception.message("en")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_estimates_that_borrow_strength_are_not_ranked(tmp_path: Path, suffix: str):
    """The table of survey small-area, in every kind of file."""
    milk = ROOT / "tests" / "references" / "published" / "milk_sae.csv"
    model = tmp_path / f"model{suffix}"
    of_milk = ["--area", "small_area", "--estimate", "yi", "--se", "sd", "--out", str(model)]
    made = CliRunner().invoke(survey, ["small-area", str(milk), *of_milk])
    assert made.exception is None, made.output
    result = run(model, "--label", "area", "--estimate", "estimate", "--se", "se")
    assert isinstance(result.exception, AnalysisError)
    assert "not ranked; rank the direct estimates" in result.exception.message("en")


def test_a_figure_of_harshness_says_that_it_informs(tmp_path: Path):
    result = run(stored(tmp_path), "--harshness", "--respondent", "person", "--unit", "office", "--rating", "q1",
                 "--plot", tmp_path / "h.svg")  # fmt: skip
    assert "để tham khảo" in result.stderr


def test_units_known_without_error_are_named(tmp_path: Path):
    path = tmp_path / "r.csv"
    path.write_text("unit,index,se\nXã A,90,0\nXã B,80,1\nXã C,79,2\n", encoding="utf-8")
    result = run(path, "--label", "unit", "--estimate", "index", "--se", "se", "--seed", 1)
    assert result.exit_code == 0, result.output
    assert "Sai số bằng không ở Xã A" in result.output
