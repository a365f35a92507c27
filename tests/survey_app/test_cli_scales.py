"""`survey reliability` and `survey factor` on files of every kind: R's numbers, words of both languages, refusals."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from analysis.faults import AnalysisError
from analysis.reliability import reliability
from survey_app.cli import survey
from survey_app.cli.refusals import in_words
from survey_app.table_faults import TableFileError
from survey_app.tables import write_table

REFERENCES = Path(__file__).parents[1] / "references"
R = json.loads((REFERENCES / "scales.json").read_text())
CFA = json.loads((REFERENCES / "confirmatory.json").read_text())
BFI = pd.read_csv(REFERENCES / "data" / "bfi.csv")
THREE = "visual =~ x1 + x2 + x3; textual =~ x4 + x5 + x6; speed =~ x7 + x8 + x9"
PAIR = "A =~ A1+A2+A3+A4+A5; N =~ N1+N2+N3+N4+N5"
HOLZINGER = REFERENCES / "data" / "holzinger.csv"


@pytest.fixture
def bfi(tmp_path: Path) -> Path:
    write_table(BFI, tmp_path / "bfi.csv")
    return tmp_path / "bfi.csv"


def run(*words: object) -> Result:
    return CliRunner().invoke(survey, list(map(str, words)))


def rows(*words: object) -> list[dict]:
    """What `--format json` says."""
    result = run(*words, "--format", "json")
    assert result.exception is None, result.output
    return json.loads(result.stdout)["rows"]


def refused(*words: object) -> str:
    """What the command says in both languages."""
    result = run(*words)
    assert isinstance(result.exception, AnalysisError | TableFileError), result.output
    return in_words(result.exception)


def misused(*words: object) -> str:
    result = run(*words)
    assert result.exit_code == 2, result.output
    return result.output


@pytest.mark.parametrize("suffix", [".csv", ".sav", ".dta", ".xlsx", ".parquet"])
def test_alpha_of_every_kind_of_file_is_that_of_psych(tmp_path: Path, suffix: str):
    write_table(BFI[[f"N{number}" for number in range(1, 6)]], tmp_path / f"n{suffix}")
    [found] = rows("reliability", tmp_path / f"n{suffix}", "N1:N5")
    theirs = R["scales"]["N"]
    assert (found["n"], found["dropped"], found["items"]) == (2694, 106, 5)
    assert (found["alpha"], found["lambda6"]) == pytest.approx((theirs["raw"], theirs["G6"]), rel=1e-12)
    assert [found["low"], found["high"]] == pytest.approx(theirs["feldt"], rel=1e-12)


def test_items_from_one_column_to_another_and_one_by_one_are_the_same(bfi: Path):
    assert rows("reliability", bfi, "N1:N3", "N4", "N5") == rows("reliability", bfi, "N1:N5")
    assert rows("reliability", bfi, "N5:N1", "--show", "items")[0]["item"] == "N5"


def test_a_column_whose_name_holds_a_colon_is_itself(tmp_path: Path):
    write_table(BFI[["N1", "N2", "N3"]].rename(columns={"N2": "N:2"}), tmp_path / "n.csv")
    assert rows("reliability", tmp_path / "n.csv", "N1", "N:2", "N3")[0]["items"] == 3


def test_the_screen_shows_scale_and_items_in_vietnamese(bfi: Path):
    shown = run("reliability", bfi, "A1:A5").stdout
    assert "Cronbach α" in shown
    assert f"{R['scales']['A_as_asked']['raw']:.4f}".replace(".", ",") in shown
    assert "A1: ngược chiều với các câu còn lại" in shown
    assert "91 trên 2800 dòng không trả lời đủ" in shown


def test_the_screen_speaks_english(bfi: Path):
    shown = run("reliability", bfi, "N1:N5", "--lang", "en").stdout
    assert "Item–rest r" in shown
    assert "The 95% interval is Feldt's" in shown


def test_a_scale_by_groups_goes_on_where_one_group_fails(bfi: Path):
    result = run("reliability", bfi, "N1:N5", "--by", "age", "--lang", "en", "--format", "json")
    found = {row["group"]: row for row in json.loads(result.stdout)["rows"]}
    assert found["20"]["alpha"] == pytest.approx(reliability(BFI[BFI["age"] == 20], ["N" + i for i in "12345"]).alpha)
    assert (found["86"]["alpha"], found["86"]["note"]) == (None, "too_few_complete")
    assert any(note.startswith("86: only 1 of 1 rows") for note in json.loads(result.stdout)["notes"])


def test_a_design_gives_the_error_of_the_design(tmp_path: Path):
    frame = BFI[[*(f"N{number}" for number in range(1, 6)), "age", "gender"]].dropna().reset_index(drop=True)
    frame = frame.assign(psu=frame.index // 25, stratum=frame.index // 25 % 4)
    write_table(frame, tmp_path / "n.parquet")
    design = ("--weights", "age", "--psu", "psu", "--strata", "stratum")
    [found] = rows("reliability", tmp_path / "n.parquet", "N1:N5", *design)
    theirs = R["by_design"]["clustered"]
    assert found["alpha"] == pytest.approx(theirs["alpha"], rel=1e-12)
    assert found["se"] == pytest.approx(theirs["se"], rel=1e-3)
    men, women = rows("reliability", tmp_path / "n.parquet", "N1:N5", *design, "--by", "gender")
    assert men["n"] + women["n"] == len(frame)
    (tmp_path / "design.yaml").write_text("weights: age\npsu: psu\nstrata: stratum\n", encoding="utf-8")
    assert rows("reliability", tmp_path / "n.parquet", "N1:N5", "--design", tmp_path / "design.yaml") == [found]


def test_raters_have_intraclass_correlations(tmp_path: Path):
    theirs = R["icc"]["shrout_fleiss"]
    write_table(pd.DataFrame(theirs["x"], columns=["a", "b", "c", "d"]), tmp_path / "r.xlsx")
    found = rows("reliability", tmp_path / "r.xlsx", "a:d", "--icc")
    assert [row["value"] for row in found] == pytest.approx(theirs["icc"], rel=1e-12)
    assert found[0]["n"] == 6


def test_a_seed_makes_the_bootstrap_the_same(bfi: Path):
    words = ("reliability", bfi, "N1:N3", "--bootstrap", 30, "--seed", 4)
    assert rows(*words) == rows(*words)
    assert "Hạt giống ngẫu nhiên: 4" in run(*words).stdout


@pytest.mark.parametrize("suffix", [".csv", ".sav", ".dta"])
def test_loadings_of_every_kind_of_file_are_those_of_psych(tmp_path: Path, suffix: str):
    write_table(BFI.iloc[:, :25], tmp_path / f"bfi{suffix}")
    found = rows("factor", tmp_path / f"bfi{suffix}", "A1:O5", "--factors", 5)
    theirs = next(case for case in R["factors"] if (case["fm"], case["rotate"]) == ("minres", "oblimin"))
    ours = np.array([[row[f"F{number}"] for number in range(1, 6)] for row in found])
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs["loadings"]), atol=1e-3)
    assert [row["kmo"] for row in found] == pytest.approx(R["adequacy"]["items"], rel=1e-9)


def test_the_number_of_factors_is_that_of_parallel_analysis(bfi: Path):
    result = run("factor", bfi, "A1:O5", "--seed", 1, "--sets", 100, "--lang", "en")
    assert "Parallel analysis (components, quantile 0.95) suggests 5 factors." in result.stdout
    assert "F5" in result.stdout
    found = rows("factor", bfi, "A1:O5", "--seed", 1, "--sets", 100, "--show", "eigenvalues")
    assert sum(row["above"] for row in found) == 5
    [fit] = rows("factor", bfi, "A1:O5", "--seed", 1, "--sets", 100, "--show", "fit")
    assert (fit["factors"], fit["n"], fit["rows"]) == (5, 2436, 2800)
    assert fit["kmo"] == pytest.approx(R["adequacy"]["overall"], rel=1e-12)


def test_scores_belong_to_the_rows_that_answered_everything(tmp_path: Path):
    frame = BFI[["N1", "N2", "N3", "N4"]].head(50).fillna(99).astype(int)
    write_table(frame, tmp_path / "n.csv")
    found = rows("factor", tmp_path / "n.csv", "N1:N4", "--factors", 1, "--missing", 99, "--show", "scores")
    assert [row["row"] for row in found] == list(np.flatnonzero((frame != 99).all(axis=1)) + 1)
    assert np.mean([row["F1"] for row in found]) == pytest.approx(0, abs=1e-12)


def test_ordinal_exploring_takes_polychoric_correlations(bfi: Path):
    plain = rows("factor", bfi, "N1:N5", "--factors", 1)
    ordinal = rows("factor", bfi, "N1:N5", "--factors", 1, "--ordinal")
    assert all(row["F1"] > other["F1"] for row, other in zip(ordinal, plain, strict=True))


def test_weights_change_the_correlations(bfi: Path):
    weighted = run("factor", bfi, "N1:N5", "--factors", 1, "--weights", "age", "--lang", "en")
    assert "Correlations are weighted" in weighted.stdout


def test_a_model_is_confirmed_as_by_lavaan():
    theirs = CFA["ml"]["holzinger"]
    [fit] = rows("factor", HOLZINGER, "--confirm", THREE, "--show", "fit")
    assert (fit["chi_square"], fit["cfi"], fit["rmsea"]) == pytest.approx(
        (theirs["fit"]["chisq"], theirs["fit"]["cfi"], theirs["fit"]["rmsea"]), rel=1e-6
    )
    factors = rows("factor", HOLZINGER, "--confirm", THREE, "--show", "factors")
    assert [row["average_variance"] for row in factors] == pytest.approx(list(theirs["ave"].values()), abs=1e-5)


def test_a_model_may_stand_in_a_file(tmp_path: Path):
    (tmp_path / "model.txt").write_text(THREE.replace("; ", "\n"), encoding="utf-8")
    assert rows("factor", HOLZINGER, "--confirm", tmp_path / "model.txt") == rows(
        "factor", HOLZINGER, "--confirm", THREE
    )


def test_ordered_answers_are_confirmed_with_an_adjusted_chi_square(tmp_path: Path):
    write_table(BFI.iloc[:, :25].dropna(), tmp_path / "bfi.sav")
    adjusted, plain = rows("factor", tmp_path / "bfi.sav", "--confirm", PAIR, "--ordinal", "--show", "fit")
    theirs = CFA["dwls"]["two"]["fit"]
    assert (adjusted["test"], plain["test"]) == ("adjusted", "plain")
    assert adjusted["chi_square"] == pytest.approx(theirs["chisq.scaled"], rel=1e-6)
    assert plain["cfi"] == pytest.approx(theirs["cfi"], abs=1e-7)


def test_invariance_over_groups_is_that_of_lavaan():
    theirs = CFA["invariance"]["school"]
    found = rows("factor", HOLZINGER, "--confirm", THREE, "--by", "school")
    assert [row["level"] for row in found] == list(theirs["fits"])
    assert [row["chi_square"] for row in found] == pytest.approx([fit["chisq"] for fit in theirs["fits"].values()])
    shown = run("factor", HOLZINGER, "--confirm", THREE, "--by", "school").stdout
    assert "tải trọng (metric)" in shown
    assert "Grant-White: 145; Pasteur: 156" in shown


def test_charts_are_drawn_beside_the_result(bfi: Path, tmp_path: Path):
    for words in (("A1:O5", "--factors", 2), ("A1:O5", "--show", "eigenvalues", "--sets", 20), ("--confirm", PAIR)):
        result = run("factor", bfi, *words, "--plot", tmp_path / "chart.svg")
        assert result.exception is None
        assert (tmp_path / "chart.svg").read_text("utf-8").startswith("<?xml")
        (tmp_path / "chart.svg").unlink()


def test_a_table_is_written_to_a_file(bfi: Path, tmp_path: Path):
    result = run("factor", bfi, "N1:N5", "--factors", 1, "--out", tmp_path / "loadings.xlsx")
    assert result.exception is None
    written = pd.read_excel(tmp_path / "loadings.xlsx", engine="calamine")
    assert list(written["item"]) == [f"N{number}" for number in range(1, 6)]


def test_refusals_name_the_item_in_both_languages(bfi: Path, tmp_path: Path):
    assert "thiếu cột 'N9'" in refused("reliability", bfi, "N1:N9")
    said = refused("factor", bfi, "--confirm", "A =~ A1 + A9 + A2")
    assert "không có cột A9 (nhân tố A)" in said
    assert "no column A9 (factor A)" in said
    write_table(BFI[["N1", "N2"]].assign(word="rất tốt", N3=4), tmp_path / "bad.csv")
    assert "column 'word', row 2" in refused("reliability", tmp_path / "bad.csv", "N1", "word")
    assert "câu N3" in refused("reliability", tmp_path / "bad.csv", "N1", "N2", "N3")
    assert "model line 'A ~ A1'" in refused("factor", bfi, "--confirm", "A ~ A1")


@pytest.mark.parametrize(
    "words",
    [
        ("reliability", "N1:N5", "--level", "95"),
        ("reliability", "N1:N5", "--seed", "1"),
        ("reliability", "N1:N5", "--icc", "--by", "gender"),
        ("reliability", "N1:N5", "--bootstrap", "30", "--weights", "age"),
        ("factor",),
        ("factor", "N1:N5", "--factors", "0"),
        ("factor", "N1:N5", "--factors", "many"),
        ("factor", "N1:N5", "--by", "gender"),
        ("factor", "N1:N5", "--confirm", PAIR),
        ("factor", "--confirm", PAIR, "--weights", "age"),
        ("factor", "--confirm", PAIR, "--by", "gender", "--ordinal"),
        ("factor", "--confirm", PAIR, "--by", "gender", "--plot", "x.svg"),
        ("factor", "N1:N5", "--ordinal", "--weights", "age"),
        ("factor", "N1:N5", "--factors", "1", "--show", "levels"),
        ("factor", "N1:N5", "--ordinal", "--factors", "1", "--show", "scores"),
    ],
)
def test_options_that_do_not_go_together_are_refused(bfi: Path, words: tuple):
    command, *rest = words
    assert "Error" in misused(command, bfi, *rest)


@pytest.mark.parametrize("command", ["reliability", "factor"])
def test_help_carries_examples(command: str):
    assert f"survey {command} ballots.csv q1" in run(command, "--help").stdout


@pytest.mark.parametrize("option", [("--factors", "5"), ("--rotation", "promax"), ("--seed", "4"), ("--sets", "50")])
def test_options_of_exploring_are_refused_beside_a_model(tmp_path: Path, option: tuple[str, str]):
    path = tmp_path / "a.csv"
    path.write_text("q1,q2,q3\n1,2,3\n2,3,4\n4,4,5\n", encoding="utf-8")
    result = CliRunner().invoke(survey, ["factor", str(path), "--confirm", "F =~ q1 + q2 + q3", *option])
    assert result.exit_code == 2
    assert f"--confirm goes without {option[0]}" in result.output
