"""`survey estimate` with replicate weights of a file, and covariance matrices: R's numbers from the command line."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from survey_samples import sample

from analysis.faults import AnalysisError
from survey_app.cli import survey
from survey_app.table_faults import TableFileError
from survey_app.tables import read_table, write_table

R = json.loads((Path(__file__).parents[1] / "references" / "replicate.json").read_text("utf-8"))["refs"]
NAMES = ["subbootstrap_clus", "bootstrap_clus", "bootstrap_clus_mse"]


def bought(folder: Path, name: str = "subbootstrap_clus", suffix: str = ".csv", **changes: object) -> Path:
    """The cluster sample with R's replicate weights, as they come with files that others made."""
    frame, reference = sample("apiclus1"), R[name]
    frame.columns = [str(column).replace(".", "_") for column in frame.columns]
    place = {psu: number for number, psu in enumerate(reference["psu"])}
    factors = np.array(reference["factors"])[[place[psu] for psu in frame["dnum"]]]
    repeated = pd.DataFrame(factors * frame[["pw"]].to_numpy())
    repeated.columns = [f"rep{number + 1}" for number in repeated]
    path = folder / f"bought{suffix}"
    write_table(pd.concat([frame.assign(**changes), repeated[repeated.columns[::-1]]], axis=1), path)
    return path


def run(*words: object) -> Result:
    return CliRunner().invoke(survey, ["estimate", *map(str, words)])


def rows(*words: object) -> list[dict]:
    result = run(*words, "--format", "json")
    assert result.exception is None, result.output
    return json.loads(result.stdout)["rows"]


def options(name: str) -> tuple[object, ...]:
    words = ("--weights", "pw", "--replicate-weights", "rep", "--replicate-scale", R[name]["scale"])
    return (*words, "--replicate-mse") if name.endswith("mse") else words


@pytest.mark.parametrize("name", NAMES)
def test_errors_from_replicate_weights_of_a_file_are_those_of_r(tmp_path: Path, name: str):
    path, wanted = bought(tmp_path, name), R[name]
    means = rows("mean", path, "api00", "api99", *options(name))
    assert [row["estimate"] for row in means] == pytest.approx(wanted["mean"], rel=1e-12)
    assert [row["se"] for row in means] == pytest.approx(wanted["mean_se"], rel=1e-10)
    totals = rows("total", path, "api00", "enroll", *options(name))
    assert [row["se"] for row in totals] == pytest.approx(wanted["total_se"], rel=1e-10)
    (ratio,) = rows("ratio", path, "api00/api99", *options(name))
    assert ratio["se"] == pytest.approx(wanted["ratio_se"], rel=1e-10)
    shares = rows("proportion", path, "stype", *options(name))
    assert [row["se"] for row in shares] == pytest.approx(wanted["share_se"], rel=1e-10)


@pytest.mark.parametrize("suffix", [".sav", ".dta", ".xlsx", ".parquet"])
def test_every_kind_of_file_and_columns_one_by_one(tmp_path: Path, suffix: str):
    path = bought(tmp_path, suffix=suffix)
    (whole,) = rows("mean", path, "api00", *options("subbootstrap_clus"))
    assert whole["se"] == pytest.approx(R["subbootstrap_clus"]["mean_se"][0], rel=1e-10)
    few = [word for number in range(1, 9) for word in ("--replicate-weights", f"rep{number}")]
    words = ("--weights", "pw", "--replicate-scale", 1, "--replicate-rscales", ",".join(["0.125"] * 8))
    (found,) = rows("mean", path, "api00", *words, *few)
    repeated = read_table(path)
    means = [np.average(repeated["api00"], weights=repeated[f"rep{number}"]) for number in range(1, 9)]
    assert found["se"] == pytest.approx(np.std(means))


def test_rows_of_weight_zero_have_the_factors_of_their_unit(tmp_path: Path):
    plain = bought(tmp_path)
    (with_units,) = rows("mean", plain, "api00", "--psu", "dnum", *options("subbootstrap_clus"))
    assert with_units["se"] == pytest.approx(R["subbootstrap_clus"]["mean_se"][0], rel=1e-10)
    frame = read_table(plain)
    repeated = [name for name in frame if name.startswith("rep")]
    frame.loc[3, ["pw", *repeated]] = 0.0
    write_table(frame, tmp_path / "zero.csv")
    write_table(frame.drop(index=3), tmp_path / "without.csv")
    words = ("api00", "--psu", "dnum", *options("subbootstrap_clus"))
    (zero,), (without,) = (rows("mean", tmp_path / name, *words) for name in ("zero.csv", "without.csv"))
    assert zero["se"] == pytest.approx(without["se"], rel=1e-12)
    frame.loc[3, "rep7"] = 2.0
    write_table(frame, tmp_path / "strange.csv")
    with pytest.raises(AnalysisError, match="row 4 has the weight 0"):
        raise run("mean", tmp_path / "strange.csv", *words).exception


def test_the_screen_says_which_weights_were_used(tmp_path: Path):
    shown = run("mean", bought(tmp_path), "api00", *options("subbootstrap_clus")).stdout
    count = len(R["subbootstrap_clus"]["factors"][0])
    assert f"Sai số từ {count} quyền số lặp có sẵn trong tệp (rep1 … rep{count})" in shown


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--replicate-weights", "rep", "--replicate-scale", "1"), "needs the weights themselves"),
        (("--weights", "pw", "--replicate-weights", "rep"), "needs --replicate-scale"),
        (("--weights", "pw", "--replicate-scale", "1"), "only with --replicate-weights"),
        ((*options(NAMES[0]), "--replicates", "jk1"), "leave out --replicates"),
        ((*options(NAMES[0]), "--deff", "with"), "--deff does not go with replicates"),
        ((*options(NAMES[0]), "--guard", "1", "5"), "--guard is for means"),
        ((*options(NAMES[0]), "--scheduler", "tcp://x:1"), "need all rows together"),
        ((*options(NAMES[0]), "--replicate-rscales", "1,x"), "1,x"),
    ],
)
def test_options_that_do_not_go_together_are_refused(tmp_path: Path, words: tuple, message: str):
    result = run("mean", bought(tmp_path), "api00", *words)
    assert result.exit_code == 2
    assert message in " ".join(result.output.replace("│", " ").split())


def test_faults_of_replicate_weights_are_named(tmp_path: Path):
    words = ("--weights", "pw", "--replicate-scale", "1")
    with pytest.raises(TableFileError, match="nosuch"):
        raise run("mean", bought(tmp_path), "api00", *words, "--replicate-weights", "nosuch").exception
    with pytest.raises(AnalysisError, match="one rscale for each"):
        raise run("mean", bought(tmp_path), "api00", *options(NAMES[0]), "--replicate-rscales", "1,1").exception


def test_the_covariance_matrix_is_that_of_r(tmp_path: Path):
    path, out = bought(tmp_path), tmp_path / "covariance.csv"
    shown = run("mean", path, "api00", "api99", *options(NAMES[0]), "--covariance", out).stdout
    assert "Ma trận hiệp phương sai của 2 ước lượng" in shown
    matrix = read_table(out).set_index("estimate")
    assert matrix.index.tolist() == matrix.columns.tolist() == ["api00", "api99"]
    np.testing.assert_allclose(matrix.to_numpy(), R[NAMES[0]]["mean_cov"], rtol=1e-10)


@pytest.mark.parametrize(
    ("words", "n"),
    [(("total", "enroll", "api00"), 6), (("ratio", "api00/api99"), 3), (("proportion", "sch_wide"), 6)],
)
def test_the_diagonal_holds_the_squares_of_the_errors(tmp_path: Path, words: tuple, n: int):
    out, path = tmp_path / "covariance.xlsx", bought(tmp_path)
    statistic, *items = words
    found = rows(statistic, path, *items, "--by", "stype", "--weights", "pw", "--psu", "dnum", "--covariance", out)
    matrix = read_table(out).set_index("estimate")
    assert len(matrix) == n
    assert matrix.index[0] == f"stype={found[0]['stype']} {found[0]['item']}"
    np.testing.assert_allclose(np.diag(matrix), [row["se"] ** 2 for row in found], rtol=1e-10, atol=1e-20)


def test_a_covariance_gives_the_error_of_a_difference(tmp_path: Path):
    out, path = tmp_path / "covariance.csv", bought(tmp_path)
    words = ("mean", path, "api00", "--weights", "pw", "--psu", "dnum")
    rows(*words, "--by", "stype", "--covariance", out)
    (difference,) = rows(*words, "--compare", "stype=E,H")
    matrix = read_table(out).set_index("estimate")
    loads = pd.Series(0.0, index=matrix.index)
    loads["stype=E api00"], loads["stype=H api00"] = 1.0, -1.0
    assert loads @ matrix @ loads == pytest.approx(difference["se"] ** 2)


def test_what_has_no_error_is_left_out_of_the_matrix_and_counted(tmp_path: Path):
    path, out = bought(tmp_path), tmp_path / "covariance.csv"
    frame = read_table(path)
    frame.loc[frame["stype"] == "H", "api00"] = np.nan
    write_table(frame, path)
    words = ("mean", path, "api00", "--by", "stype", "--weights", "pw", "--covariance", out, "--lang", "en")
    assert "Covariance matrix of the estimates (2)" in (shown := run(*words).stdout)
    assert "; left out, as they have no error: 1." in shown


def test_a_matrix_that_is_too_large_or_of_another_kind_of_file_is_refused(tmp_path: Path):
    assert run("mean", bought(tmp_path), "api00", "--covariance", tmp_path / "c.sav").exit_code == 2
    many = tmp_path / "many.csv"
    write_table(pd.DataFrame({"x": np.arange(4002) % 7, "g": np.arange(4002) // 2}), many)
    with pytest.raises(AnalysisError, match="2001"):
        raise run("mean", many, "x", "--by", "g", "--covariance", tmp_path / "c.csv").exception


def test_help_has_examples_of_both():
    shown = run("mean", "--help").stdout
    assert "--covariance covariance.csv" in shown
    assert "--replicate-weights rep --replicate-scale" in shown
