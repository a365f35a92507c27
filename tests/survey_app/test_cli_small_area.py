"""`survey small-area`: sae's milk example from files of every kind, areas without a sample, what it refuses."""

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from repository import ROOT

from survey_app.cli import survey
from survey_app.table_faults import TableFileError
from survey_app.tables import write_table

MILK = pd.read_csv(ROOT / "tests" / "references" / "published" / "milk_sae.csv")
OF_MILK = ("--area", "small_area", "--estimate", "yi", "--se", "sd", "--category", "major_area")


def run(*words: object) -> Result:
    return CliRunner().invoke(survey, ["small-area", *map(str, words)])


def milk(folder: Path, suffix: str = ".csv", *more: dict) -> Path:
    path = folder / f"milk{suffix}"
    write_table(pd.concat([MILK, pd.DataFrame(more)], ignore_index=True) if more else MILK, path)
    return path


def rows(*words: object) -> pd.DataFrame:
    result = run(*words, "--format", "json")
    assert result.exception is None, result.output
    return pd.DataFrame(json.loads(result.stdout)["rows"])


@pytest.mark.parametrize("suffix", [".csv", ".sav", ".dta", ".xlsx", ".parquet"])
@pytest.mark.parametrize("method", ["reml", "ml"])
def test_milk_of_every_kind_of_file_has_the_printed_numbers(tmp_path: Path, suffix: str, method: str):
    found = rows(milk(tmp_path, suffix), *OF_MILK, "--method", method)
    assert found["estimate"].to_numpy() == pytest.approx(MILK[method], abs=1e-6)
    assert found["se"].to_numpy() ** 2 == pytest.approx(MILK[f"{method}_mse"], abs=1e-7)
    assert found["borrowed"].all()
    assert (found["cv"] < found["direct_cv"]).all()


def test_variances_are_squares_of_errors(tmp_path: Path):
    table = MILK.assign(v=MILK["sd"] ** 2, x=(MILK["major_area"] == 4).astype(int))
    write_table(table, tmp_path / "m.csv")
    common = (tmp_path / "m.csv", "x", "--area", "small_area", "--estimate", "yi")
    one, other = rows(*common, "--variance", "v"), rows(*common, "--se", "sd")
    assert one["estimate"].to_numpy() == pytest.approx(other["estimate"])


def test_an_area_without_a_sample_is_flagged_synthetic(tmp_path: Path):
    path = milk(tmp_path, ".csv", {"small_area": 99, "ni": 0, "major_area": 3})
    found = rows(path, *OF_MILK)
    assert found["source"].iloc[-1] == "synthetic"
    assert found["estimate"].iloc[-1] == pytest.approx(0.9681890 + 0.2269462, abs=1e-6)
    screen = run(path, *OF_MILK).stdout
    assert "chỉ hồi quy, không có mẫu" in screen
    assert "không dùng để tính điểm hay xếp hạng" in screen
    assert "Phần dư không giống phân phối chuẩn" in screen


def test_benchmarked_estimates_have_the_direct_mean(tmp_path: Path):
    found = rows(milk(tmp_path), *OF_MILK, "--benchmark", "ni")
    assert found["estimate"] @ MILK["ni"] == pytest.approx(MILK["yi"] @ MILK["ni"])


def test_a_figure_and_a_file(tmp_path: Path):
    result = run(milk(tmp_path), *OF_MILK, "--plot", tmp_path / "m.png", "--out", tmp_path / "m.xlsx")
    assert result.exception is None
    assert (tmp_path / "m.png").stat().st_size > 3000
    assert "43 dòng" in result.stderr
    assert "vay thông tin từ địa bàn khác" in result.stderr
    assert (tmp_path / "m.xlsx").exists()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("a,y,v,x\n1,2,0.5,1\n2,3,,2\n3,3,1,4\n", "rows 3: of estimate and variance"),
        ("a,y,v,x\n1,2,0.5,1\n2,3,0,2\n3,3,1,4\n", "rows 3: a variance must be above zero"),
        ("a,y,v,x\n1,2,0.5,1\n2,3,1,\n3,3,1,4\n", "rows 3: covariate x is missing"),
        ("a,y,v,x\n1,2,0.5,1\n1,3,1,2\n3,3,1,4\n", "unit 1 stands in several rows .2, 3."),
        ("a,y,v,x\n1,2,0.5,1\n2,3,1,2\n3,3,1,4\n", "only 3 areas"),
    ],
)
def test_faults_name_the_rows_of_the_file(tmp_path: Path, table: str, said: str):
    (tmp_path / "t.csv").write_text(table, encoding="utf-8")
    result = run(tmp_path / "t.csv", "x", "--area", "a", "--estimate", "y", "--variance", "v")
    with pytest.raises(type(result.exception), match=said):
        raise result.exception


def test_a_negative_error_and_blank_shares_are_refused(tmp_path: Path):
    write_table(MILK.assign(sd=-MILK["sd"]), tmp_path / "m.csv")
    assert "must be above zero" in run(tmp_path / "m.csv", *OF_MILK).exception.message("en")
    path = milk(tmp_path, ".csv", {"small_area": 99, "major_area": 3})
    assert isinstance(run(path, *OF_MILK, "--benchmark", "ni").exception, TableFileError)


def test_one_kind_of_error_is_needed(tmp_path: Path):
    result = run(milk(tmp_path), *OF_MILK, "--variance", "sd")
    assert result.exit_code == 2
    assert "one of --variance and --se" in result.output
