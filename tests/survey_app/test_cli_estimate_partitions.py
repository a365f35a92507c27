"""`survey estimate` of several Parquet files, or one with many rows, says what it says of one table."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from distributed import LocalCluster

from survey_app.cli import estimate_partitions, survey
from survey_app.table_faults import TableFileError
from survey_app.tables import write_table

DESIGN = ("--weights", "w", "--strata", "commune", "--psu", "village", "--fpc", "villages")
GROUPS = ("--by", "sex", "--where", "age>=30", "--where", "commune=00001,00004")


def ballots(rows: int = 900) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    commune = rng.integers(0, 4, rows)
    return pd.DataFrame(
        {
            "commune": np.array(["00001", "00004", "00007", "00010"])[commune],
            "village": [f"{one}.{other}" for one, other in zip(commune, rng.integers(0, 5, rows), strict=True)],
            "villages": 30 + commune,
            "sex": rng.choice(["F", "M", None], rows, p=[0.5, 0.48, 0.02]),
            "age": rng.integers(18, 80, rows),
            "w": np.where(rng.random(rows) < 0.02, 0, rng.uniform(0.5, 3, rows)),
            "q1": pd.array(rng.integers(1, 6, rows), dtype="Int8"),
            "q2": np.where(rng.random(rows) < 0.1, np.nan, rng.integers(1, 10, rows)),
            "word": rng.choice(["kém", "tốt"], rows),
        }
    )


def files(folder: Path, frame: pd.DataFrame) -> list[Path]:
    paths = [folder / f"part-{number}.parquet" for number in range(4)]
    for path, part in zip(paths, np.array_split(np.arange(len(frame)), 4), strict=True):
        frame.iloc[part].to_parquet(path, index=False, row_group_size=100)
    return paths


def run(*words: object, **options: bool) -> Result:
    return CliRunner().invoke(survey, ["estimate", *map(str, words), "--lang", "en"], **options)


def rows(*words: object) -> pd.DataFrame:
    result = run(*words, "--format", "json")
    assert result.exception is None, result.output
    return pd.DataFrame(json.loads(result.stdout)["rows"])


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    (tmp_path / "one").mkdir()
    write_table(ballots(), tmp_path / "one" / "ballots.parquet")
    return tmp_path / "one" / "ballots.parquet"


@pytest.mark.parametrize(
    ("command", "items", "options"),
    [
        ("mean", ["q1", "q2"], []),
        ("total", ["q1", "q2"], ["--deff", "with"]),
        ("ratio", ["q1/q2"], []),
        ("proportion", ["word", "q1"], ["--missing", "3"]),
        ("mean", ["q1", "q2"], ["--compare", "sex=F,M"]),
        ("mean", ["q1", "q2"], ["--compare", "item=q1,q2"]),
    ],
)
def test_files_say_what_one_table_says(tmp_path: Path, whole: Path, command: str, items: list[str], options: list[str]):
    found = rows(command, *files(tmp_path, ballots()), *items, *DESIGN, *GROUPS, *options)
    expected = rows(command, whole, *items, *DESIGN, *GROUPS, *options)
    pd.testing.assert_frame_equal(found, expected, rtol=1e-11)


def test_a_folder_may_be_given_and_one_file_with_many_rows(tmp_path: Path, whole: Path, monkeypatch):
    expected = rows("mean", whole, "q1", *DESIGN, "--by", "commune")
    for path in files(tmp_path, ballots()):
        assert path.exists()
    pd.testing.assert_frame_equal(rows("mean", tmp_path, "q1", *DESIGN, "--by", "commune"), expected, rtol=1e-11)
    ballots().to_parquet(tmp_path / "long.parquet", row_group_size=200)
    monkeypatch.setattr(estimate_partitions, "ROWS_AT_ONCE", 200)
    result = run("mean", tmp_path / "long.parquet", "q1", *DESIGN, "--by", "commune", "--by", "sex")
    assert "Rows: 900, added up over the partitions of the data (5)" in result.output
    assert "Rows blank in commune, sex: " in result.output
    assert "Rows with the weight 0: " in result.output


def test_a_fault_names_the_file_the_column_and_the_row(tmp_path: Path):
    paths = files(tmp_path, ballots())
    broken = pd.read_parquet(paths[2])
    broken.loc[7, "w"] = -2.0
    broken.to_parquet(paths[2])
    with pytest.raises(TableFileError, match=r"part-2\.parquet: column 'w', row 8: -2"):
        run("mean", tmp_path, "q1", *DESIGN, catch_exceptions=False)
    with pytest.raises(TableFileError, match=r"part-0\.parquet: there is no column 'q7'"):
        run("mean", tmp_path, "q7", *DESIGN, catch_exceptions=False)


@pytest.mark.parametrize("words", [["quantile", "q1"], ["mean", "q1", "--replicates", "jkn"]])
def test_what_needs_all_rows_together_is_refused(tmp_path: Path, words: list[str]):
    command, *rest = words
    result = run(command, *files(tmp_path, ballots()), *rest)
    assert result.exit_code == 2
    assert "need all rows together" in result.output


def test_files_alone_are_no_items(tmp_path: Path):
    result = run("mean", *files(tmp_path, ballots()))
    assert result.exit_code == 2
    assert "Missing argument" in result.output


def test_a_cluster_says_the_same(tmp_path: Path):
    paths = files(tmp_path, ballots())
    asked = ("proportion", *paths, "word", "q1", *DESIGN, *GROUPS, "--format", "json")
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", dashboard_address=None) as up:
        scheduler = ("--scheduler", up.scheduler_address)
        there, refused = run(*asked, *scheduler), run("mean", *paths, "word", *scheduler)
    assert json.loads(there.stdout) == json.loads(run(*asked).stdout)
    assert isinstance(refused.exception, TableFileError)
    assert "part-0.parquet: column 'word', row 1" in refused.exception.message("en")
