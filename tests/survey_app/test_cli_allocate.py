"""`survey allocate`: strata of a file by every method, and communes with their thôn."""

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from sampling.allocation import neyman
from sampling.faults import SamplingError
from sampling.strata import strata_of
from survey_app.cli import survey
from survey_app.cli.refusals import in_words
from survey_app.table_faults import TableFileError
from survey_app.tables import write_table

HANOI = Path(__file__).parents[2] / "survey_app" / "data" / "units" / "hanoi_2026.csv"
PRACTOOLS = json.loads((Path(__file__).parents[1] / "references" / "practools.json").read_text("utf-8"))["refs"][
    "strAlloc.totcost"
]["value"]


def run(*words: object, ok: bool = True) -> Result:
    result = CliRunner().invoke(survey, ["allocate", *(str(word) for word in words)])
    if ok:
        assert result.exit_code == 0, result.output
    return result


def rows(*words: object) -> list[dict]:
    return json.loads(run(*words, "--format", "json").stdout)["rows"]


def strata_frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "xã": ["00004", "00008", "00376", "00382"],
            "người": [52000, 31000, 68000, 24000],
            "dlc": [1.2, 1.0, 1.6, 1.5],
            "tb": [3.9, 4.1, 3.5, 3.6],
            "p": [0.84, 0.9, 0.7, 0.75],
            "giá": [1, 1, 1.8, 2],
            "khối": ["phường", "phường", "xã", "xã"],
            "ít": [100, 100, 50, 50],
            "hết": [0, 0, 0, 1],
        }
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "xa.csv"
    write_table(strata_frame(), path)
    return path


def columns(path: Path, method: str, *more: object) -> tuple:
    return (path, "--stratum", "xã", "--population", "người", "--method", method, *more)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_a_file_of_any_format_is_allocated_in_full_precision(suffix: str, tmp_path: Path):
    path = tmp_path / f"xa{suffix}"
    write_table(strata_frame(), path)
    found = rows(*columns(path, "neyman", "--sd", "dlc", "--total", 2000))
    frame = strata_frame()
    expected = neyman(strata_of(frame["xã"], frame["người"]), frame["dlc"], 2000)
    assert [row["stratum"] for row in found] == ["00004", "00008", "00376", "00382"]
    assert [row["exact"] for row in found] == expected.exact.tolist()
    assert sum(row["n"] for row in found) == 2000


@pytest.mark.parametrize("suffix", [".sav", ".dta"])
def test_files_of_spss_and_stata_are_allocated(suffix: str, tmp_path: Path):
    path = tmp_path / f"strata{suffix}"
    write_table(pd.DataFrame({"xa": ["00004", "00008"], "nguoi": [300, 700]}), path)
    found = rows(path, "--stratum", "xa", "--population", "nguoi", "--method", "proportional", "--total", 100)
    assert [(row["stratum"], row["n"]) for row in found] == [("00004", 30), ("00008", 70)]


def test_the_best_for_a_budget_is_that_of_practools(tmp_path: Path):
    path = tmp_path / "strata.csv"
    table = pd.DataFrame({"h": list("abcdef"), "N": PRACTOOLS["Nh"], "S": PRACTOOLS["Sh"]})
    write_table(table.assign(c=[1400, 200, 300, 600, 450, 1000]), path)
    words = ("--stratum", "h", "--population", "N", "--sd", "S", "--cost", "c", "--method", "cost", "--budget", 100_000)
    assert [row["exact"] for row in rows(path, *words)] == pytest.approx(PRACTOOLS["nh"], rel=1e-12)


@pytest.mark.parametrize(
    "more",
    [
        ("equal", "--total", 1000),
        ("proportional", "--total", 1000, "--min", "ít"),
        ("neyman", "--total", 1000, "--p", "p", "--min", 200),
        ("cost", "--total", 1000, "--sd", "dlc", "--cost", "giá"),
        ("power", "--total", 1000, "--p", "p", "--exponent", 0.3),
        ("power", "--total", 1000, "--sd", "dlc", "--mean", "tb", "--size", "người"),
        ("power", "--total", 1000, "--unit-cv", "dlc"),
        ("proportional", "--total", 1000, "--max", "300"),
    ],
)
def test_every_method_gives_the_total(more: tuple, file: Path):
    assert sum(row["n"] for row in rows(*columns(file, *more))) == 1000


def test_bounds_are_kept_and_named(file: Path):
    words = ("proportional", "--total", 26_000, "--min", "ít", "--max", "24000", "--take-all-column", "hết")
    found = rows(*columns(file, *words))
    assert [row["bound"] for row in found] == ["", "", "", "take_all"]
    assert found[3]["n"] == 24_000
    shown = run(*columns(file, "proportional", "--total", 400, "--min", "ít", "--lang", "en")).stdout
    assert "minimum" in shown
    held = rows(*columns(file, "neyman", "--sd", "dlc", "--total", 31_400, "--take-all", "00008"))
    assert held[1]["n"] == 31_000


@pytest.mark.parametrize("aim", [("--se", "1%", "--p", "p"), ("--cv", "2%", "--sd", "dlc", "--mean", "tb")])
def test_the_cheapest_for_a_precision_reaches_it(aim: tuple, file: Path):
    note = json.loads(run(*columns(file, "cost", "--cost", "giá", *aim, "--format", "json", "--lang", "en")).stdout)
    said = next(text for text in note["notes"] if text.startswith("Anticipated standard error"))
    reached = float(said.split(": ")[1].split(";")[0])
    assert reached <= (0.0100 if "--se" in aim else 0.0751)


def test_several_variables_in_the_city_and_in_each_block(file: Path, tmp_path: Path):
    aims = tmp_path / "aims.csv"
    words = ["bethel", "--cost", "giá", "--aims-out", aims]
    words += [
        "--aim",
        "hai_lòng p=p se=1%",
        "--aim",
        "hai_lòng p=p se=1.2% by=khối",
        "--aim",
        "điểm mean=tb sd=dlc cv=2%",
    ]
    found = rows(*columns(file, *words))
    table = pd.read_csv(aims)
    assert table.domain.tolist()[1:3] == ["phường", "xã"]
    assert (table.reached <= table.asked * (1 + 1e-9)).all()
    assert sum(row["n"] for row in found) > 1000
    shown = run(*columns(file, *words)).stdout
    assert "hai_lòng (khối = xã): SE yêu cầu 0,0120" in shown
    assert "quyết định cỡ mẫu" in shown


def test_the_table_is_what_a_draw_reads(file: Path, tmp_path: Path):
    out = tmp_path / "co.csv"
    run(*columns(file, "equal", "--total", 400, "--out", out))
    assert pd.read_csv(out, dtype={"stratum": str})[["stratum", "n"]].to_numpy().tolist() == [
        ["00004", 100], ["00008", 100], ["00376", 100], ["00382", 100],
    ]  # fmt: skip


# --- communes --------------------------------------------------------------------------------------------------------


@pytest.fixture
def hanoi(tmp_path: Path) -> Path:
    """The 126 communes of the shipped list with made-up numbers of thôn and adults."""
    units = pd.read_csv(HANOI, dtype=str)
    units = units[units["block"] == "xa_phuong"].reset_index(drop=True)
    thon = 20 + units.index % 41
    path = tmp_path / "hanoi.csv"
    write_table(pd.DataFrame({"commune": units["unit_code"], "thon": thon, "adults": thon * 1190}), path)
    return path


def test_126_communes_get_their_thon_and_their_people(hanoi: Path):
    result = json.loads(run("communes", hanoi, "--margin", "5%", "--p", "83.94%", "--format", "json").stdout)
    assert len(result["rows"]) == 126
    assert result["rows"][0]["commune"] == "00004"
    assert all(row["reached"] and row["margin_own"] <= 0.05 and row["n_thon"] >= 8 for row in result["rows"])
    assert result["notes"][0].startswith("Toàn thành phố: ")


def test_both_margins_and_a_design_beside(hanoi: Path):
    words = ("communes", hanoi, "--margin", "10%", "--city-margin", "0.8%", "--variance", "pooled", "--p", "84%")
    shown = run(*words, "--beside", "2x35.5", "--response", "60%", "--lang", "en").stdout
    assert "2 x 35.5: The city: 252 thôn, 8946 completes" in shown
    assert "a commune's own interval is ±9" in shown


def test_a_commune_too_small_for_a_design_beside_says_so_in_its_column(tmp_path: Path):
    path = tmp_path / "small.csv"
    frame = pd.DataFrame({"commune": ["A", "B", "C"], "thon": [40, 12, 30], "adults": [50_000, 240, 30_000]})
    write_table(frame, path)
    words = ("communes", path, "--commune", "commune", "--thon", "thon", "--adults", "adults", "--margin", "12%")
    found = rows(*words, "--beside", "2x35.5", "--beside", "20x5", "--beside", "8x5")
    assert [row["note_2x35.5"] for row in found] == ["", "more_people_than_there_are", ""]
    assert [row["note_20x5"] for row in found] == ["", "more_thon_than_there_are", ""]
    assert found[1]["margin_2x35.5"] is None
    assert "note_8x5" not in found[0]
    alone = tmp_path / "large.csv"
    write_table(frame.drop(index=1), alone)
    without = rows(words[0], alone, *words[2:], "--beside", "2x35.5")
    assert [found[0]["margin_2x35.5"], found[2]["margin_2x35.5"]] == [row["margin_2x35.5"] for row in without]
    assert "note_2x35.5" not in without[0]
    shown = run(*words, "--beside", "2x35.5").stdout
    assert "không thể (thiếu người)" in shown
    assert "2 x 35.5: không thể thực hiện ở 1 xã/phường quá nhỏ (B)" in shown
    assert "cannot be had (too few thôn)" in run(*words, "--beside", "20x5", "--lang", "en").stdout


def test_a_design_beside_that_no_commune_can_have(tmp_path: Path):
    path = tmp_path / "small.csv"
    write_table(pd.DataFrame({"commune": ["A", "B"], "thon": [9, 12], "adults": [900, 1240]}), path)
    words = ("communes", path, "--margin", "12%", "--beside", "30x5")
    found = rows(*words)
    assert [row["margin_30x5"] for row in found] == [None, None]
    assert "(2: A, B)" in run(*words, "--lang", "en").stdout


def test_only_the_city(hanoi: Path):
    found = rows("communes", hanoi, "--city-margin", "1%", "--min-thon", 2)
    assert "reached" not in found[0]
    assert min(row["n_thon"] for row in found) >= 2


def test_communes_out_of_reach_are_named(hanoi: Path):
    shown = run("communes", hanoi, "--margin", "3%", "--most-per-thon", 10, "--lang", "en").stdout
    assert "communes do not reach the margin, even from every thôn" in shown
    assert "00004" in shown


def test_columns_may_hold_what_differs_by_commune(tmp_path: Path):
    path = tmp_path / "xa.csv"
    path.write_text("xa,thon,adults,p,icc,rr,gia\nA,30,30000,0.8,0.02,0.5,8\nB,30,30000,0.5,0.1,0.9,12\n", "utf-8")
    words = ("--p", "p", "--icc", "icc", "--response", "rr", "--cost-thon", "gia", "--cost-person", "1,5")
    a, b = rows("communes", path, "--commune", "xa", "--margin", "6%", *words)
    assert a["n_completes"] < b["n_completes"]
    assert a["cost"] == a["n_thon"] * (8 + 1.5 * a["take"])


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("equal", "--total", 10, "--budget", 10), "does not look at --budget"),
        (("bethel", "--aim", "y p=p se=1%", "--total", 10), "does not look at --total"),
        (("neyman", "--sd", "dlc"), "needs exactly one of --total"),
        (("cost", "--sd", "dlc", "--total", 10, "--budget", 10), "needs exactly one of --total, --budget, --se, --cv"),
        (("neyman", "--total", 10), "needs --sd, --p"),
        (("neyman", "--total", 10, "--sd", "dlc", "--p", "p"), "stands instead of --sd"),
        (("cost", "--sd", "dlc", "--cv", "2%"), "needs --mean, --p"),
        (("power", "--sd", "dlc", "--total", 10), "--unit-cv; --p; --sd + --mean"),
        (("bethel",), "needs --aim"),
        (("bethel", "--aim", "y"), "p=COL, hoặc / or mean=COL sd=COL"),
        (("bethel", "--aim", "y sd=dlc cv=2%"), "p=COL, hoặc / or mean=COL sd=COL"),
        (("bethel", "--aim", "y p=p se=2% for=khối"), 'write "name p=COL se=2%"'),
        (("bethel", "--aim", "p=p se=2%"), 'write "name p=COL se=2%"'),
        (("bethel", "--aim", "y p=p se=1%", "--aim", "y mean=tb sd=dlc se=1%"), "stood for other columns before"),
    ],
)
def test_what_does_not_go_together_is_refused_by_the_manual(more: tuple, said: str, file: Path):
    result = run(*columns(file, *more), ok=False)
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize(
    ("more", "kind", "said"),
    [
        (("neyman", "--sd", "khối", "--total", 100), TableFileError, "column 'khối', row 2, 3, 4, 5: 'phường'"),
        (("neyman", "--sd", "sd", "--total", 100), TableFileError, "column 'sd'"),
        (("equal", "--total", 5), SamplingError, "the total 5 does not cover the minimum of the strata, which is 8"),
        (("equal", "--total", 100, "--min", "dlc"), SamplingError, "stratum '00004' .* minimum = 1.2"),
        (("equal", "--total", 100, "--take-all", "Láng"), SamplingError, "no stratum 'Láng' to take whole"),
        (("bethel", "--aim", "y p=p"), SamplingError, "exactly one of cv, se"),
        (("bethel", "--aim", "y p=p se=0.1%", "--max", "100"), SamplingError, "'y', domain '–': se = 0.001 is out of"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(more: tuple, kind: type, said: str, file: Path):
    error = run(*columns(file, *more), ok=False).exception
    with pytest.raises(kind, match=said):
        raise error


def test_a_blank_population_is_refused_with_its_stratum(tmp_path: Path):
    path = tmp_path / "xa.csv"
    path.write_text("xã,người\nA,100\nB,\n", encoding="utf-8")
    error = run(*columns(path, "equal", "--total", 50), ok=False).exception
    with pytest.raises(SamplingError, match=r"stratum 'B' \(no. 2\): population = nan is not a number"):
        raise error


def test_a_mark_that_is_neither_one_nor_zero_is_refused(file: Path):
    result = run(*columns(file, "equal", "--total", 50, "--take-all-column", "ít"), ok=False)
    assert "'00004'" in result.stderr


def test_the_refusal_is_said_in_both_languages(file: Path):
    said = in_words(run(*columns(file, "equal", "--total", 5), ok=False).exception)
    assert "tổng 5 không đủ cho mức tối thiểu của các tầng, cần ít nhất 8" in said
    assert "the total 5 does not cover the minimum of the strata, which is 8" in said


@pytest.mark.parametrize("command", [[], ["strata"], ["communes"]])
def test_every_help_has_an_example(command: list[str]):
    assert "survey allocate " in run(*command, "--help").stdout.split("\n", 1)[1]
