"""`survey weight` on real files: rows in, weights out, and refusals by file, column, row and key."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from sampling.calibration import rake
from survey_app.cli import survey
from survey_app.cli.refusals import in_words
from survey_app.tables import read_table, write_table

SCHOOLS = pd.DataFrame(
    json.loads((Path(__file__).parents[1] / "references" / "calibration.json").read_text("utf-8"))["data"]
).rename(columns={"sch.wide": "wide"})
RECIPE = """
title: Trường học
design: {column: uneven}
outcome:
  column: outcome
  respondent: respondent
  nonrespondent: nonrespondent
  ineligible: ineligible
  unknown: unknown
eligibility: {classes: stype, min_cases: 5}
nonresponse: {method: classes, classes: [stype, half], collapse: [[stype]], min_cases: 4}
calibrate:
  method: rake
  margins:
    stype: {E: 4421, H: 755, M: 1018}
    wide: {No: 1072, Yes: 5122}
trim: {upper: 150}
"""


def weigh(folder: Path, *words: str, file: str = "sample.csv", recipe: str = RECIPE) -> Result:
    (folder / "recipe.yaml").write_text(recipe, "utf-8")
    arguments = ["weight", str(folder / file), "--recipe", str(folder / "recipe.yaml")]
    return CliRunner().invoke(survey, [*arguments, "--out", str(folder / "weighted.csv"), *words])


def sample(folder: Path, suffix: str = ".csv", **changes: object) -> pd.DataFrame:
    """Rows of which the answers (wide) are known only of those who answered."""
    half = np.where(np.arange(len(SCHOOLS)) % 2, "a", "b")
    frame = SCHOOLS.assign(half=half, code=[f"{i:05d}" for i in range(len(SCHOOLS))]).assign(**changes)
    frame["wide"] = frame["wide"].where(frame["outcome"] == "respondent")
    write_table(frame, folder / f"sample{suffix}")
    return frame


def words_of(result: Result) -> str:
    assert result.exception is not None, result.output
    return in_words(result.exception)


@pytest.mark.parametrize("suffix", [".csv", ".sav", ".dta", ".xlsx", ".parquet"])
def test_every_row_comes_back_with_its_weights(tmp_path: Path, suffix: str):
    before = sample(tmp_path, suffix)
    result = weigh(tmp_path, "--lang", "en", file=f"sample{suffix}")
    assert result.exit_code == 0, result.exception
    after = read_table(tmp_path / "weighted.csv")
    assert len(after) == len(before)
    assert after["code"].tolist() == before["code"].tolist()
    answered = after["weighting_status"] == "respondent"
    for control, totals in {"stype": {"E": 4421, "H": 755, "M": 1018}, "wide": {"No": 1072, "Yes": 5122}}.items():
        for name in ("calibrated_weight", "trimmed_weight"):
            reached = after.loc[answered, name].groupby(after[control]).sum()
            assert reached.to_dict() == pytest.approx(totals, rel=1e-8)
    assert after["trimmed_weight"].max() <= 150 * (1 + 1e-9)
    assert (after.loc[~answered, "trimmed_weight"] == 0).all()
    assert "Gap to controls" in result.output
    assert "Final weight: trimmed_weight; effective sample size" in result.output


def test_the_result_can_be_written_to_other_formats_and_to_respondents_only(tmp_path: Path):
    sample(tmp_path)
    result = weigh(tmp_path, "--out", str(tmp_path / "weighted.sav"), "--respondents-only")
    assert result.exit_code == 0, result.exception
    kept = read_table(tmp_path / "weighted.sav")
    assert len(kept) == (SCHOOLS["outcome"] == "respondent").sum()
    assert (kept["trimmed_weight"] > 0).all()


def test_the_report_says_what_was_done_and_with_which_recipe(tmp_path: Path):
    sample(tmp_path)
    assert weigh(tmp_path, "--report", str(tmp_path / "report.json")).exit_code == 0
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert report["title"] == "Trường học"
    assert [step["step"] for step in report["steps"]] == ["design", "eligibility", "nonresponse", "calibrate", "trim"]
    for control in report["calibration"]["controls"]:
        assert control["reached"] == pytest.approx(control["wanted"], rel=1e-8)
    assert len(report["recipe"]["sha256"]) == len(report["file"]["sha256"]) == 64
    assert report["statuses"] == SCHOOLS["outcome"].value_counts().to_dict()
    assert weigh(tmp_path, "--report", str(tmp_path / "again.json")).exit_code == 0
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "report.json").read_bytes()


def test_the_steps_are_a_table_in_either_language_or_json(tmp_path: Path):
    sample(tmp_path)
    shown = weigh(tmp_path).stdout
    assert "Tổng quyền số" in shown
    assert "10771,81" in shown
    assert "không trả lời" in shown
    rows = json.loads(weigh(tmp_path, "--format", "json").stdout)["rows"]
    assert rows[0]["total"] == pytest.approx(SCHOOLS["uneven"].sum(), rel=1e-12)
    assert rows[0]["largest_gap"] is None


def test_collapsed_classes_are_told(tmp_path: Path):
    sample(tmp_path)
    thin = RECIPE.replace("min_cases: 4", "min_cases: 5")
    shown = weigh(tmp_path, "--lang", "en", recipe=thin).stdout
    assert "nonresponse: 2 classes were collapsed in the declared order: H, M" in shown
    assert (
        "collapsed" not in weigh(tmp_path, "--lang", "en", recipe=RECIPE.replace("min_cases: 4", "min_cases: 1")).stdout
    )


def test_controls_may_stand_in_a_table_and_codes_keep_their_zeros(tmp_path: Path):
    frame = sample(tmp_path, stype=SCHOOLS["stype"].map({"E": "001", "H": "002", "M": "1"}))
    controls = pd.DataFrame({"margin": "stype", "level": ["001", "002", "1"], "total": [4421, 755, 1018]})
    controls.to_csv(tmp_path / "controls.csv", index=False)
    recipe = "design: {column: pw}\ncalibrate: {method: rake, controls: controls.csv}"
    result = weigh(tmp_path, recipe=recipe)
    assert result.exit_code == 0, result.exception
    made = read_table(tmp_path / "weighted.csv")["calibrated_weight"]
    expected = rake(frame, {"stype": {"001": 4421, "002": 755, "1": 1018}}, frame["pw"])
    np.testing.assert_allclose(made, expected.calibrated_weights)
    inline = "design: {column: pw}\ncalibrate: {method: rake, margins: {stype: {001: 4421, 002: 755, 1: 1018}}}"
    assert weigh(tmp_path, recipe=inline).exit_code == 0
    np.testing.assert_allclose(read_table(tmp_path / "weighted.csv")["calibrated_weight"], made)


def test_a_control_that_stands_twice_in_the_table_is_refused(tmp_path: Path):
    sample(tmp_path)
    (tmp_path / "controls.csv").write_text("margin,level,total\nstype,E,1\nstype,E,2\n", "utf-8")
    recipe = "design: {column: pw}\ncalibrate: {method: rake, controls: controls.csv}"
    assert "stype = E: there are two controls" in words_of(weigh(tmp_path, recipe=recipe))


def test_weights_below_zero_are_told(tmp_path: Path):
    sample(tmp_path)
    margins = "margins: {stype: {E: 4421, H: 755, M: 1018}}"
    recipe = f"design: {{column: pw}}\ncalibrate: {{method: linear, {margins}, totals: {{api99: 4500000}}}}"
    shown = weigh(tmp_path, "--lang", "en", recipe=recipe)
    assert "rows have a weight below zero" in shown.stdout
    assert json.loads(weigh(tmp_path, "--format", "json", recipe=recipe).stdout)["rows"][1]["deff_w"] > 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("column: uneven", "colum: uneven", "design.colum: there is no such key; keys: column, factors"),
        ("trim: {upper: 150}", "trim: {upper: lots}", "trim.upper: 'lots' must be a number"),
        ("min_cases: 4", "min_cases: 40", "class E: 57 cases receive weight|class H: 7 cases receive weight"),
        ("upper: 150", "upper: 90", "within the bounds"),
        ("No: 1072", "No: 1073", "the controls of stype sum to 6194, those of wide to 6195"),
        ("H: 755", "H: 755, X: 3", "stype = X: the control is 3 but there are no rows"),
        ("column: uneven", "column: nothing", "there is no column 'nothing'"),
        ("column: uneven", "column: stype", "is not a number"),
        ("stype: {E", "stype: {E: 3, E", "the weighting recipe cannot be read"),
        ("design: {", "design: [", "the weighting recipe cannot be read"),
    ],
)
def test_refusals_say_where_and_what(tmp_path: Path, old: str, new: str, message: str):
    sample(tmp_path)
    assert old in RECIPE
    said = words_of(weigh(tmp_path, recipe=RECIPE.replace(old, new)))
    assert any(part in said for part in message.split("|")), said
    assert not (tmp_path / "weighted.csv").exists()


def test_a_blank_answer_of_a_respondent_is_named_by_its_row(tmp_path: Path):
    frame = sample(tmp_path)
    row = int(np.flatnonzero(frame["outcome"] == "respondent")[3])
    frame.loc[row, "wide"] = None
    frame.to_csv(tmp_path / "sample.csv", index=False)
    said = words_of(weigh(tmp_path))
    assert "sample.csv" in said
    assert f"row {row + 2}" in said
    assert "wide" in said


def test_a_blank_number_of_a_respondent_is_named_by_its_row(tmp_path: Path):
    frame = sample(tmp_path)
    frame.loc[7, "uneven"] = np.nan
    frame.to_csv(tmp_path / "sample.csv", index=False)
    said = words_of(weigh(tmp_path))
    assert "row 9" in said
    assert "uneven" in said


def test_a_column_of_the_file_is_not_written_over(tmp_path: Path):
    sample(tmp_path, calibrated_weight=1.0)
    assert "has a column calibrated_weight of other values" in words_of(weigh(tmp_path))
    sample(tmp_path, design_weight=SCHOOLS["uneven"])
    assert weigh(tmp_path, recipe=RECIPE.replace("column: uneven", "column: design_weight")).exit_code == 0
    assert read_table(tmp_path / "weighted.csv").columns.tolist().count("design_weight") == 1


def test_the_suffix_of_the_result_is_looked_at_first(tmp_path: Path):
    sample(tmp_path)
    result = weigh(tmp_path, "--out", str(tmp_path / "weighted.json"))
    assert result.exit_code == 2
    assert "'.json' is none of .csv" in result.output


def test_the_file_itself_is_not_written_over(tmp_path: Path):
    sample(tmp_path)
    before = (tmp_path / "sample.csv").read_bytes()
    result = weigh(tmp_path, "--out", str(tmp_path / "sample.csv"))
    assert result.exit_code == 2
    assert "is the file itself" in result.output
    assert (tmp_path / "sample.csv").read_bytes() == before


def test_the_help_carries_an_example():
    shown = CliRunner().invoke(survey, ["weight", "--help"]).output
    assert "survey weight sample.csv --recipe recipe.yaml --out weighted.csv" in shown


def test_the_price_of_unequal_weights_by_domain(tmp_path: Path):
    sample(tmp_path)
    words = ("--by", "stype", "--by", "half", "--report", str(tmp_path / "report.json"))
    result = weigh(tmp_path, *words, "--format", "json")
    assert result.exit_code == 0, result.exception
    found = json.loads(result.stdout)["rows"]
    assert [(row["column"], row["domain"]) for row in found] == [
        ("stype", "E"), ("stype", "H"), ("stype", "M"), ("half", "a"), ("half", "b"),
    ]  # fmt: skip
    after = read_table(tmp_path / "weighted.csv")
    final = after.loc[(after["weighting_status"] == "respondent") & (after["stype"] == "H"), "trimmed_weight"]
    assert found[1]["n"] == len(final)
    assert found[1]["effective_n"] == pytest.approx(final.sum() ** 2 / (final**2).sum())
    assert found[1]["deff_w"] == pytest.approx(len(final) / found[1]["effective_n"])
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["domains"] == found


def test_domains_stand_below_the_steps_on_screen(tmp_path: Path):
    sample(tmp_path)
    shown = weigh(tmp_path, "--by", "stype", "--lang", "en").stdout
    assert shown.index("calibrate") < shown.index("Effective n") < shown.index("the price of unequal weights")
    assert "n hiệu dụng" in weigh(tmp_path, "--by", "stype").stdout
    assert "nosuch" in words_of(weigh(tmp_path, "--by", "nosuch"))
    assert "--by commune" in CliRunner().invoke(survey, ["weight", "--help"]).stdout
