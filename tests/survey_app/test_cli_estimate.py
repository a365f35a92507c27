"""`survey estimate` on real files: R's numbers in every format, words of both languages, full precision."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from survey_samples import KEEP, assert_close, design_of, references, refs, sample, weights_of_two_stages

from analysis.estimate import means
from sampling.calibration import rake
from survey_app.cli import estimate_run, survey
from survey_app.tables import read_table, write_table

STRATIFIED = ("--weights", "pw", "--strata", "stype", "--fpc", "fpc")
SUFFIXES = [".csv", ".sav", ".dta", ".xlsx", ".parquet"]


def schools(folder: Path, suffix: str = ".csv", name: str = "apistrat", **changes: object) -> Path:
    """The sample in a file of any kind; names without points, which SPSS does not take."""
    frame = sample(name).assign(**changes)
    frame.columns = [str(column).replace(".", "_") for column in frame.columns]
    write_table(frame, folder / f"schools{suffix}")
    return folder / f"schools{suffix}"


def run(*words: object) -> Result:
    return CliRunner().invoke(survey, ["estimate", *map(str, words)])


def rows(*words: object) -> list[dict]:
    """What `--format json` says."""
    result = run(*words, "--format", "json")
    assert result.exception is None, result.output
    return json.loads(result.stdout)["rows"]


def column(found: list[dict], name: str) -> list:
    return [row[name] for row in found]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_means_of_every_kind_of_file_are_those_of_r(tmp_path: Path, suffix: str):
    found = rows("mean", schools(tmp_path, suffix), "api00", "api99", "enroll", *STRATIFIED)
    wanted = refs("taylor_survey45", "dstrat.mean")
    assert_close(column(found, "estimate"), wanted["est"])
    assert_close(column(found, "se"), wanted["se"])
    assert column(found, "df") == [197] * 3


@pytest.mark.parametrize("suffix", [".csv", ".sav", ".dta"])
def test_totals_ratios_and_proportions_by_domain_are_those_of_r(tmp_path: Path, suffix: str):
    path = schools(tmp_path, suffix)
    totals, wanted = (
        rows("total", path, "enroll", *STRATIFIED, "--by", "stype"),
        refs("taylor_survey45", "dstrat.bytotal"),
    )
    assert column(totals, "stype") == ["E", "H", "M"]
    assert_close(column(totals, "estimate"), wanted["est"])
    assert_close(column(totals, "se"), wanted["se"])
    ratios = rows("ratio", path, "api_stu/enroll", *STRATIFIED, "--by", "stype")
    assert_close(column(ratios, "se"), refs("taylor_survey45", "dstrat.byratio")["se"])
    clusters = schools(tmp_path, suffix, "apiclus1")
    shares = rows("proportion", clusters, "stype", "--weights", "pw", "--psu", "dnum", "--fpc", "fpc")
    assert column(shares, "item") == ["stype=E", "stype=H", "stype=M"]
    assert_close(column(shares, "se"), refs("taylor_survey45", "dclus1.factor")["se"])
    assert all(0 <= row["ci_low"] < row["estimate"] < row["ci_high"] <= 1 for row in shares)


def test_two_stages_by_flags_and_by_a_design_file(tmp_path: Path):
    path = schools(tmp_path, ".csv", "apiclus2", w=weights_of_two_stages(sample("apiclus2")))
    flags = ["--weights", "w", "--psu", "dnum", "--psu", "snum", "--fpc", "fpc1", "--fpc", "fpc2"]
    (tmp_path / "d.yaml").write_text("weights: w\npsu: [dnum, snum]\nfpc: [fpc1, fpc2]\n", "utf-8")
    for words in (flags, ["--design", tmp_path / "d.yaml"]):
        found = rows("mean", path, "api00", *words)
        assert_close(found[0]["se"], refs("taylor_stages", "clus2.mean")["se"][0])
    assert run("mean", path, "api00", "--design", tmp_path / "d.yaml", "--nest").exit_code == 2


def test_nested_labels_missing_answers_and_a_filter(tmp_path: Path):
    write_table(sample("nhanes"), tmp_path / "n.dta")
    flags = ["--weights", "WTMEC2YR", "--strata", "SDMVSTRA", "--psu", "SDMVPSU", "--nest"]
    found = rows("mean", tmp_path / "n.dta", "HI_CHOL", *flags, "--where", "race=2", "--where", "RIAGENDR<=1")
    wanted = refs("taylor_stages", "nhanes.where")
    assert_close([found[0]["estimate"], found[0]["se"]], [wanted["est"], wanted["se"]])
    by_race = rows("mean", tmp_path / "n.dta", "HI_CHOL", *flags, "--by", "race")
    assert column(by_race, "race") == [1, 2, 3, 4]
    assert column(by_race, "n") == refs("taylor_stages", "nhanes.n")
    assert column(by_race, "df") == refs("taylor_stages", "nhanes.degf")[1:]


def test_json_and_csv_hold_every_digit(tmp_path: Path):
    path = schools(tmp_path)
    expected = means(design_of("apistrat"), sample("apistrat"), ["api00"], by=["stype"])
    found = rows("mean", path, "api00", "--by", "stype", *STRATIFIED)
    for name, values in {"estimate": expected.estimate, "se": expected.se, "ci_low": expected.low}.items():
        assert column(found, name) == values.ravel().tolist()
    result = run("mean", path, "api00", "--by", "stype", *STRATIFIED, "--out", tmp_path / "out.csv")
    assert result.exception is None
    written = pd.read_csv(tmp_path / "out.csv")
    assert written["se"].tolist() == expected.se.ravel().tolist()
    assert list(written.columns) == [
        "stype", "item", "estimate", "se", "cv", "ci_low", "ci_high", "n", "size", "df", "deff", "note"
    ]  # fmt: skip


def test_the_screen_speaks_vietnamese_with_a_decimal_comma_and_english_with_a_point(tmp_path: Path):
    path = schools(tmp_path)
    shown = run("mean", path, "api00", *STRATIFIED).stdout
    heading = shown.splitlines()[0]
    assert all(word in heading for word in ("Biến", "Trung bình", "SE", "KTC 95 %: từ", "đến", "Bậc tự do", "Deff"))
    assert "662,29" in shown
    assert "9,41" in shown
    assert "200 đơn vị mẫu giai đoạn một trong 3 tầng" in shown
    english = run("mean", path, "api00", *STRATIFIED, "--lang", "en", "--level", "0.9").stdout
    assert "662.29" in english
    assert "90% CI: from" in english
    assert "first-stage units: 200; strata: 3;" in english


@pytest.mark.parametrize(
    ("words", "vi", "en"),
    [
        ((), "Mỗi dòng tính một lần: không khai báo", "Every row counts once; no design was given."),
        (("--strata", "stype"), "Không khai báo quyền số", "No weights were given: every row counts once."),
        (("--weights", "pw"), "từng dòng được chọn độc lập", "errors are those of rows drawn independently"),
    ],
)
def test_what_was_not_given_is_said(tmp_path: Path, words: tuple, vi: str, en: str):
    path = schools(tmp_path)
    assert vi in run("mean", path, "api00", *words).stdout
    assert en in run("mean", path, "api00", *words, "--lang", "en").stdout
    said = json.loads(run("mean", path, "api00", *words, "--lang", "en", "--format", "json").stdout)["notes"]
    assert any(en in note for note in said)


def test_reasons_stand_in_the_table_and_are_explained_in_both_languages(tmp_path: Path):
    frame = pd.DataFrame({"g": ["a", "a", "b", "b", "c", "d"], "y": [1.0, 2, 3, 3, 4, np.nan], "x": [1, 2, 0, 0, 1, 1]})
    write_table(frame, tmp_path / "s.csv")
    vi, en = (run("mean", tmp_path / "s.csv", "y", "--by", "g", "--lang", lang).stdout for lang in ("vi", "en"))
    assert "không có trả lời: không có câu trả lời hợp lệ nào" in vi
    assert "vài người trả lời giống nhau thì không" in vi
    assert "no degrees of freedom: the answers come from a single sampling unit" in en
    assert "error is zero: all sampling units gave the same result" in en
    codes = column(rows("mean", tmp_path / "s.csv", "y", "--by", "g"), "note")
    assert codes == ["", "zero_error", "no_degrees_of_freedom", "no_answers"]
    assert "denominators add up to zero" in run("ratio", tmp_path / "s.csv", "y/x", "--by", "g", "--lang", "en").stdout


def test_blank_groups_blank_conditions_and_zero_weights_are_counted(tmp_path: Path):
    frame = pd.DataFrame(
        {"g": ["a", "a", None, "b", "b"], "y": [1, 2, 3, 4, 5], "w": [1, 1, 1, 0, 2], "h": [*list("xxxx"), None]}
    )
    write_table(frame, tmp_path / "s.csv")
    shown = run("mean", tmp_path / "s.csv", "y", "--by", "g", "--weights", "w", "--where", "h=x", "--lang", "en").stdout
    assert "Rows blank in g: 1; they are in no domain." in shown
    assert "Rows blank in a column of --where: 1;" in shown
    assert "Rows with the weight 0: 1. They add nothing to estimates, but their sampling units count as drawn" in shown


def test_differences_have_their_error_through_the_covariance(tmp_path: Path):
    path = schools(tmp_path)
    found = rows("mean", path, "api00", *STRATIFIED, "--compare", "stype=E,H")
    wanted = refs("taylor_survey45", "dstrat.contrast")
    assert_close([found[0]["estimate"], found[0]["se"]], [wanted["est"], wanted["se"]])
    assert found[0]["contrast"] == "E - H"
    items = rows("mean", path, "api00", "api99", *STRATIFIED, "--compare", "item=api00,api99")
    wanted = refs("taylor_stages", "strat.contrast_items")
    assert_close([items[0]["estimate"], items[0]["se"]], [wanted["est"], wanted["se"]])
    clusters = schools(tmp_path, ".dta", "apiclus1")
    combined = rows(
        "mean", clusters, "api00", "--weights", "pw", "--psu", "dnum", "--fpc", "fpc",
        "--contrast", "stype=E:1,H:-0.5,M:-.5",
    )  # fmt: skip
    assert_close(combined[0]["se"], refs("taylor_stages", "clus1.contrast")["E_HM"]["se"])
    by_both = rows("mean", path, "api00", *STRATIFIED, "--by", "comp_imp", "--compare", "stype=E,H")
    assert column(by_both, "comp_imp") == ["No", "Yes"]


@pytest.mark.parametrize("suffix", [".csv", ".sav"])
def test_quantiles_are_those_of_r(tmp_path: Path, suffix: str):
    wanted = ("apistrat", "api00", "beta", "Yes")
    cases = references("domain_quantiles")["cases"]
    (case,) = [case for case in cases if tuple(case[key] for key in ("design", "variable", "type", "where")) == wanted]
    found = rows(
        "quantile", schools(tmp_path, suffix), "api00", *STRATIFIED, "--where", "comp_imp=Yes", "--interval", "beta"
    )
    assert column(found, "q") == [0.25, 0.5, 0.75]
    for ours, theirs in {"estimate": "estimate", "ci_low": "low", "ci_high": "high", "se": "se"}.items():
        assert_close(column(found, ours), case[theirs])


def test_replicates_take_the_place_of_taylor(tmp_path: Path):
    path = schools(tmp_path)
    taylor = rows("total", path, "enroll", *STRATIFIED)
    jackknife = rows("total", path, "enroll", *STRATIFIED, "--replicates", "jkn")
    assert_close(column(jackknife, "se"), column(taylor, "se"))
    assert "deff" not in jackknife[0]
    flags = ("--weights", "pw", "--strata", "stype", "--replicates", "bootstrap", "--n-replicates", "40")
    one, again, other = (rows("mean", path, "api00", *flags, "--seed", seed) for seed in (7, 7, 8))
    assert one == again != other
    shown = run("mean", path, "api00", *flags, "--seed", 7, "--lang", "en").stdout
    assert "Errors from 40 replicates (bootstrap).\nSeed: 7" in shown
    made = run("mean", path, "api00", *flags, "--lang", "en").stdout
    seed = made.split("Seed: ")[1].split()[0]
    assert rows("mean", path, "api00", *flags, "--seed", seed)[0]["se"] > 0
    difference = rows("mean", path, "api00", *flags, "--seed", 7, "--compare", "stype=E,H")
    assert difference[0]["se"] > 0


def test_a_calibration_in_the_design_file_is_known_to_the_variance(tmp_path: Path):
    frame = sample("apistrat")
    margins = {"sch.wide": {"No": 1072.0, "Yes": 5122.0}, "awards": {"No": 2027.0, "Yes": 4167.0}}
    (tmp_path / "d.yaml").write_text(
        "weights: pw\nstrata: stype\nfpc: fpc\ncalibrate:\n  method: rake\n  margins:\n"
        "    sch_wide: {No: 1072, Yes: 5122}\n    awards: {No: 2027, Yes: 4167}\n",
        "utf-8",
    )
    found = rows("mean", schools(tmp_path), "api00", "api99", "--design", tmp_path / "d.yaml")
    assert_close(column(found, "se"), refs("taylor_calibrated", "raking")["mean"]["se"])
    with_zero = frame.assign(pw=frame["pw"].where(frame["cds"] != frame["cds"][3], 0), awards=frame["awards"])
    path = schools(tmp_path, ".csv", pw=with_zero["pw"])
    kept = with_zero[with_zero["pw"] > 0]
    raked = rake(kept, margins, kept["pw"])
    found = rows("mean", path, "api00", "--design", tmp_path / "d.yaml")
    assert_close(found[0]["estimate"], np.average(kept["api00"], weights=raked.calibrated_weights))
    assert "Controls that the weights were calibrated to: 4" in run(
        "mean", path, "api00", "--design", tmp_path / "d.yaml", "--lang", "en"
    ).stdout  # fmt: skip


def test_labels_of_spss_stand_beside_codes_on_screen_and_codes_in_files(tmp_path: Path):
    frame = pd.DataFrame({"sex": [1.0, 1, 2, 2], "q1": [5, 4, 5, 9]})
    frame.attrs["value_labels"] = {"sex": {1.0: "Nam", 2.0: "Nữ"}, "q1": {4: "Hài lòng", 5: "Rất hài lòng"}}
    write_table(frame, tmp_path / "s.sav")
    shown = run("proportion", tmp_path / "s.sav", "q1", "--by", "sex", "--missing", "9").stdout
    assert "1 Nam" in shown
    assert "q1=5 Rất hài lòng" in shown
    found = rows("proportion", tmp_path / "s.sav", "q1", "--by", "sex", "--missing", "9")
    assert column(found, "item") == ["q1=4", "q1=5"] * 2
    assert column(found, "sex") == [1, 1, 2, 2]
    assert column(found, "n") == [2, 2, 1, 1]


def test_the_estimate_is_the_engine_s(tmp_path: Path):
    found = means(design_of("apistrat"), sample("apistrat"), ["api00"], by=["stype"], options=KEEP)
    difference = found.contrast({found.place("api00", stype="E"): 1, found.place("api00", stype="M"): -1})
    one = rows("mean", schools(tmp_path), "api00", *STRATIFIED, "--compare", "stype=E,M")[0]
    assert [one["estimate"], one["se"], one["ci_low"]] == [difference.estimate, difference.se, difference.low]


def test_the_command_starts_without_the_libraries_that_only_models_need():
    loaded = "import survey_app.cli.estimate, sys; print('statsmodels' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_of_a_wide_parquet_file_only_what_the_estimate_needs_is_read(tmp_path: Path, monkeypatch):
    path = schools(tmp_path, ".parquet")
    read: list[list[str]] = []
    whole = read_table(path)
    monkeypatch.setattr(estimate_run, "read_table", lambda path, columns: read.append(list(columns)) or whole)
    rows("mean", path, "api00", "--by", "sch_wide", "--where", "api99>300", *STRATIFIED)
    assert sorted(read[0]) == ["api00", "api99", "fpc", "pw", "sch_wide", "stype"]
