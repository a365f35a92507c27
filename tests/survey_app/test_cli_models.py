"""`survey test` and `survey model` on real files: R's numbers in every format, in words of both languages."""

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from model_cases import prepared
from survey_samples import assert_close, references

from survey_app.cli import survey
from survey_app.tables import write_table

R = references("models")
DESIGNS = {
    "apistrat": ("--weights", "pw", "--strata", "stype", "--fpc", "fpc"),
    "apiclus1": ("--weights", "pw", "--psu", "dnum", "--fpc", "fpc"),
}


def schools(folder: Path, suffix: str = ".csv", name: str = "apistrat", **changes: object) -> Path:
    """The sample in a file of any kind; names without points, which SPSS does not take."""
    frame = prepared(name).assign(**changes)
    frame["level"] = frame["level"].astype(str)
    frame.columns = [str(column).replace(".", "_") for column in frame.columns]
    write_table(frame, folder / f"schools{suffix}")
    return folder / f"schools{suffix}"


def run(*words: object) -> Result:
    return CliRunner().invoke(survey, list(map(str, words)))


def rows(*words: object) -> list[dict]:
    """What `--format json` says."""
    result = run(*words, "--format", "json")
    assert result.exception is None, result.output
    return json.loads(result.stdout)["rows"]


def column(found: list[dict], name: str) -> list:
    return [row[name] for row in found]


def plain(name: str) -> str:
    return name.replace(".", "_")


@pytest.mark.parametrize("suffix", [".csv", ".sav", ".dta", ".xlsx", ".parquet"])
def test_chi_square_of_every_kind_of_file_is_that_of_r(tmp_path: Path, suffix: str):
    case = next(c for c in R["chisq"] if (c["design"], c["columns"], c["how"]) == ("apistrat", "sch.wide", "F"))
    found = rows("test", "chisq", schools(tmp_path, suffix), "comp_imp", "--by", "sch_wide", *DESIGNS["apistrat"])
    assert_close([found[0]["statistic"], found[0]["p"]], [case["statistic"], case["p"]])


@pytest.mark.parametrize("how", ["F", "Chisq", "Wald", "adjWald"])
def test_each_statistic_is_that_of_r(tmp_path: Path, how: str):
    case = next(c for c in R["chisq"] if (c["design"], c["columns"], c["how"]) == ("apiclus1", "level", how))
    path = schools(tmp_path, name="apiclus1")
    found = rows("test", "chisq", path, "stype", "--by", "level", "--statistic", how, *DESIGNS["apiclus1"])
    assert_close([found[0]["statistic"], found[0]["p"]], [case["statistic"], case["p"]])


def test_t_and_wald_tests_are_those_of_r(tmp_path: Path):
    case = next(c for c in R["ttest"] if (c["design"], c["item"]) == ("apistrat", "api00"))
    path = schools(tmp_path)
    found = rows("test", "ttest", path, "api00", "--by", "comp_imp", "--pair", "Yes,No", *DESIGNS["apistrat"])
    assert_close([found[0]["t"], found[0]["df"], found[0]["p"]], [case["t"], case["df"], case["p"]])
    assert_close([found[0]["ci_low"], found[0]["ci_high"]], case["interval"])
    case = next(c for c in R["wald"] if (c["design"], c["item"]) == ("apistrat", "api00"))
    found = rows("test", "wald", path, "api00", "--by", "stype", *DESIGNS["apistrat"])
    assert_close([found[0]["f"], found[0]["df2"], found[0]["p"]], [case["f"], case["df2"], case["p"]])


def test_all_pairs_and_items_make_one_family(tmp_path: Path):
    path = schools(tmp_path)
    holm = rows("test", "ttest", path, "api00:api99", "--by", "stype", *DESIGNS["apistrat"])
    none = rows("test", "ttest", path, "api00:api99", "--by", "stype", *DESIGNS["apistrat"], "--adjust", "none")
    assert len(holm) == 6
    assert_close(min(column(holm, "p_adjusted")), 6 * min(column(holm, "p")))
    assert column(none, "p_adjusted") == column(none, "p")


def test_an_item_that_cannot_be_tested_is_named_and_stops_no_other(tmp_path: Path):
    path = schools(tmp_path, flat=1)
    result = run("test", "wald", path, "flat", "api00", "--by", "stype", *DESIGNS["apistrat"], "--lang", "en")
    assert result.exit_code == 0
    assert "flat: flat by stype: the covariance of the estimates is singular" in result.output
    assert "Adjusted for 1 tests (holm)" in result.output
    alone = run("test", "chisq", path, "flat", "--by", "stype", *DESIGNS["apistrat"])
    assert alone.exit_code == 1
    assert "flat has 1 levels" in str(alone.exception.message("en"))


MODELS = [case for case in R["models"] if case["design"] in DESIGNS and not any("." in p for p in case["predictors"])]


@pytest.mark.parametrize("case", MODELS, ids=lambda c: "-".join([c["design"], c["family"], *c["predictors"]]))
def test_models_are_those_of_r(tmp_path: Path, case: dict):
    event = ("--event", "Yes") if case["family"] == "logistic" else ()
    path = schools(tmp_path, name=case["design"])
    found = rows(
        "model", case["family"], path, plain(case["outcome"]), *case["predictors"], *event, *DESIGNS[case["design"]]
    )
    assert_close(column(found, "estimate"), case["estimate"], 1e-7)
    assert_close(column(found, "se"), [case["vcov"][k][k] ** 0.5 for k in range(len(found))], 1e-7)
    assert column(found, "df") == [case["df"]] * len(found)


@pytest.mark.parametrize("suffix", [".csv", ".sav"])
def test_ordinal_models_are_those_of_r(tmp_path: Path, suffix: str):
    case = R["ordinal"][0]
    path = schools(tmp_path, suffix)
    found = rows("model", "ordinal", path, "level", "ell", "big", "--order", "a,b,c,d", *DESIGNS["apistrat"])
    assert_close(column(found, "estimate"), case["estimate"], 1e-6)
    assert column(found, "term") == ["ell", "big", "a|b", "b|c", "c|d"]
    assert column(found, "ratio")[2:] == [None] * 3


def test_numbers_that_are_codes_become_factors(tmp_path: Path):
    path = schools(tmp_path, code=prepared("apistrat")["stype"].map({"E": 1, "H": 2, "M": 3}))
    wanted = rows("model", "linear", path, "api00", "stype", "ell", *DESIGNS["apistrat"])
    for words in (("code", "ell", "--factor", "code"), ("C(code)", "ell")):
        found = rows("model", "linear", path, "api00", *words, *DESIGNS["apistrat"])
        assert_close(column(found, "estimate"), column(wanted, "estimate"))
    assert column(found, "term") == ["(intercept)", "code=2", "code=3", "ell"]
    turned = rows("model", "linear", path, "api00", "stype", "--reference", "stype=M", *DESIGNS["apistrat"])
    assert column(turned, "term") == ["(intercept)", "stype=E", "stype=H"]


def test_the_screen_speaks_both_languages(tmp_path: Path):
    path = schools(tmp_path)
    said = run("model", "logistic", path, "awards", "stype", "ell", "--event", "Yes", *DESIGNS["apistrat"]).output
    assert "Tỷ số odds" in said
    assert "Kiểm định Wald từng biến phân loại" in said
    assert "Kết quả được tính là 1: awards = Yes." in said
    assert "0," in said
    said = run(
        "model", "ordinal", path, "level", "ell", "--order", "d,c,b,a", *DESIGNS["apistrat"], "--lang", "en"
    ).output
    assert "Order of level: d < c < b < a." in said
    said = run("test", "chisq", path, "awards", "--by", "stype", *DESIGNS["apistrat"], "--lang", "en").output
    assert "Rao–Scott, second order" in said
    assert "Rows: 200; first-stage units: 200; strata: 3;" in said


def test_missing_rows_and_conditions_are_told(tmp_path: Path):
    path = schools(tmp_path)
    said = run("model", "linear", path, "api00", "acs_k3", *DESIGNS["apistrat"], "--lang", "en").output
    case = next(c for c in R["models"] if c["predictors"][0] == "acs.k3")
    assert f"n = {case['n']} complete rows; {200 - case['n']} incomplete ones were dropped" in said
    said = run(
        "model", "linear", path, "api00", "ell", "--where", "stype=E", *DESIGNS["apistrat"], "--lang", "en"
    ).output
    assert "n = 100 complete rows; 0 incomplete" in said


def test_drivers_have_shares_errors_and_a_chart(tmp_path: Path):
    case = R["drivers"][0]
    path = schools(tmp_path)
    words = (
        "model",
        "drivers",
        path,
        "api00",
        "ell",
        "meals",
        "mobility",
        "big",
        "--scale",
        "0:100",
        *DESIGNS["apistrat"],
    )
    found = rows(*words)
    importance = dict(zip(column(found, "label"), column(found, "importance"), strict=True))
    assert_close([importance[name] for name in case["predictors"]], case["lmg"])
    assert column(found, "label")[0] == "meals"
    assert all(row["se"] > 0 for row in found)
    for name in ("drivers.svg", "drivers.png"):
        result = run(*words, "--plot", tmp_path / name)
        assert result.exit_code == 0, result.output
        assert (tmp_path / name).stat().st_size > 5000
        assert "Tầm quan trọng và mức độ thực hiện. 4 yếu tố" in result.stderr


def test_a_bootstrap_of_drivers_says_its_seed_and_comes_again(tmp_path: Path):
    path = schools(tmp_path, name="apiclus1")
    words = ("model", "drivers", path, "api00", "ell", "meals", "stype", "--scale", "0:100", *DESIGNS["apiclus1"][:4])
    one, again = (rows(*words, "--seed", 7, "--n-replicates", 50) for _ in range(2))
    assert one == again
    said = run(*words, "--seed", 7, "--n-replicates", 50, "--lang", "en").output
    assert "Rao–Wu bootstrap, 50 replicates, seed 7" in said
    assert "stype: factors, which have no performance" in said
    sized = run(*words, "--fpc", "fpc", "--seed", 7, "--n-replicates", 50, "--lang", "en").output
    assert "Canty–Davison bootstrap, 50 replicates, seed 7" in sized
    made = run(*words, "--replicates", "bootstrap", "--n-replicates", 20, "--lang", "en").output
    seed = made.split("seed ")[1].split(".")[0]
    assert made == run(*words, "--seed", seed, "--n-replicates", 20, "--lang", "en").output


def test_a_design_file_calibrates(tmp_path: Path):
    path = schools(tmp_path, name="apiclus1")
    plan = tmp_path / "design.yaml"
    plan.write_text(
        "weights: pw\npsu: dnum\nfpc: fpc\ncalibrate:\n  method: poststratify\n"
        "  margins: {stype: {E: 4421, H: 755, M: 1018}}\n"
    )
    case = next(c for c in R["models"] if (c["design"], c["family"]) == ("post", "linear"))
    found = rows("model", "linear", path, "api00", "ell", "meals", "--design", plan)
    assert_close(column(found, "se"), [case["vcov"][k][k] ** 0.5 for k in range(3)], 1e-7)
    case = next(c for c in R["ttest"] if c["design"] == "post")
    found = rows("test", "ttest", path, "api00", "--by", "comp_imp", "--pair", "Yes,No", "--design", plan)
    assert_close(found[0]["t"], case["t"])
    plan.write_text("weights: pw\npsu: dnum\nreplicates: {method: jkn}\n")
    for words in (("test", "wald", path, "api00", "--by", "stype"), ("model", "linear", path, "api00", "ell")):
        refused = run(*words, "--design", plan)
        assert refused.exit_code == 2
        assert "never from replicates" in refused.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("test", "ttest", "FILE", "api00", "--by", "stype", "--pair", "E"), "'E': A,B"),
        (("test", "ttest", "FILE", "api00", "--by", "stype", "--level", "2"), "2 is not between 0 and 1"),
        (("test", "wald", "FILE", "api00"), "--by"),
        (("model", "linear", "FILE", "api00", "ell", "--factor", "stype"), "stype: not among the predictors"),
        (("model", "linear", "FILE", "api00", "ell", "--reference", "stype"), "'stype': COL=LEVEL"),
        (("model", "linear", "FILE", "api00"), "PREDICTOR"),
        (("model", "drivers", "FILE", "api00", "ell", "--scale", "high"), "'high': LOW:HIGH"),
        (("model", "drivers", "FILE", "api00", "ell"), "--scale"),
        (("model", "drivers", "FILE", "api00", "ell", "--scale", "0:100", "--replicates", "jackknife", "--seed", "1"),
         "go with --replicates bootstrap"),
        (("model", "drivers", "FILE", "api00", "ell", "--scale", "0:100", "--plot", "x.gif"), ".svg, .png"),
    ],
)  # fmt: skip
def test_words_that_are_not_understood_are_refused_before_any_work(tmp_path: Path, words: tuple[str, ...], said: str):
    path = schools(tmp_path)
    result = run(*(path if word == "FILE" else word for word in words))
    assert result.exit_code == 2
    assert said in result.output


def test_faults_name_column_and_remedy(tmp_path: Path):
    path = schools(tmp_path)
    for words, said in (
        (("model", "linear", path, "api00", "nobody"), "nobody"),
        (("model", "logistic", path, "awards", "ell"), "say which level counts as 1 (event), one of: No, Yes"),
        (("model", "ordinal", path, "level", "ell"), "say the order of: a, b, c, d"),
        (("model", "drivers", path, "api00", "enroll", "--scale", "0:100"), "outside the scale"),
    ):
        result = run(*words, *DESIGNS["apistrat"])
        assert result.exit_code == 1
        assert said in result.exception.message("en")


@pytest.mark.parametrize("command", ["test chisq", "test ttest", "test wald", "model linear", "model logistic",
                                     "model poisson", "model ordinal", "model drivers"])  # fmt: skip
def test_every_help_has_an_example(command: str):
    result = run(*command.split(), "--help")
    assert "Example:" in result.output
    assert f"survey {command}" in result.output


def test_tables_are_written_to_files(tmp_path: Path):
    path, out = schools(tmp_path), tmp_path / "model.csv"
    result = run(
        "model", "linear", path, "api00", "stype", "ell", *DESIGNS["apistrat"], "--out", out, "--show", "terms"
    )
    assert result.exit_code == 0, result.output
    assert list(pd.read_csv(out)["term"]) == ["stype"]
