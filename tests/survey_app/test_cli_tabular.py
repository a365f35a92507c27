"""Results on screen, as CSV, JSON and files: rounded for eyes only."""

import hashlib
import io
import json
import math
from pathlib import Path

import click
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from survey_app.cli import tabular
from survey_app.cli.tabular import Output, emit, output_options, print_table, progress, text
from survey_app.tables import read_table

FRAME = pd.DataFrame(
    {
        "commune": ["Ba Đình", "Cửa Nam, phường", None],
        "n": [12, 7, 1000],
        "mean": [1 / 3, 2.5, np.nan],
        "df": [3.0, math.inf, 1.0],
        "lonely": [True, False, False],
    }
)
HEADINGS = {"commune": ("Xã", "Commune"), "mean": ("Trung bình", "Mean")}


@click.command()
@output_options
def shown(output: Output) -> None:
    """Show the table."""
    emit(FRAME, output, notes=["ghi chú"], headings=HEADINGS, digits={"df": 0, "mean": 2})


def run(*words: object) -> Result:
    return CliRunner().invoke(shown, [str(word) for word in words])


def test_the_screen_rounds_and_speaks_vietnamese():
    assert run().stdout.splitlines() == [
        "Xã                  n  Trung bình  df  lonely",
        "---------------  ----  ----------  --  ------",
        "Ba Đình            12        0,33   3  có",
        "Cửa Nam, phường     7        2,50   ∞  không",
        "–                1000           –   1  không",
        "",
        "ghi chú",
    ]


def test_the_screen_speaks_english():
    assert run("--lang", "en").stdout.splitlines()[2] == "Ba Đình            12  0.33   3  yes"


def test_csv_has_every_digit_and_the_names_of_the_frame():
    result = run("--format", "csv")
    assert result.stdout.splitlines()[:2] == ["commune,n,mean,df,lonely", "Ba Đình,12,0.3333333333333333,3.0,True"]
    assert result.stderr == "ghi chú\n"


def test_json_has_every_digit_null_for_missing_and_a_stable_order():
    shown_twice = {run("--format", "json").stdout for _time in range(2)}
    assert len(shown_twice) == 1
    told = json.loads(shown_twice.pop())
    assert list(told) == ["rows", "notes"]
    assert told["notes"] == ["ghi chú"]
    assert list(told["rows"][0]) == list(FRAME)
    assert told["rows"][0]["mean"] == 1 / 3
    assert told["rows"][1]["df"] == "inf"
    assert told["rows"][2] == {"commune": None, "n": 1000, "mean": None, "df": 1.0, "lonely": False}


@pytest.mark.parametrize("suffix", [".csv", ".json", ".xlsx", ".sav", ".dta", ".parquet"])
def test_a_file_is_written_by_its_suffix_and_named_with_its_hash(suffix: str, tmp_path: Path):
    out = tmp_path / f"result{suffix}"
    result = run("--out", out)
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert f"Đã ghi 3 dòng vào {out} (SHA-256 {hashlib.sha256(out.read_bytes()).hexdigest()})" in result.stderr
    if suffix == ".json":
        assert json.loads(out.read_text())["notes"] == ["ghi chú"]
    else:
        assert read_table(out)["mean"][0] == 1 / 3
        assert "ghi chú" in result.stderr
        assert ("các giá trị vô cực của cột df" in result.stderr) is (suffix in {".sav", ".dta"})


def test_a_suffix_that_cannot_be_written_is_refused_before_the_work():
    refused = run("--out", "result.docx")
    assert refused.exit_code == 2
    assert "'.docx' is none of .csv, .json, .sav" in refused.stderr


def test_a_format_that_the_suffix_contradicts_is_refused(tmp_path: Path):
    refused = run("--format", "json", "--out", tmp_path / "a.csv")
    assert refused.exit_code == 2
    assert "the suffix says the format" in refused.stderr


def test_an_empty_table_has_its_header():
    @click.command()
    @output_options
    def nothing(output: Output) -> None:
        emit(FRAME.iloc[:0], output)

    runner = CliRunner()
    assert runner.invoke(nothing).stdout.startswith("commune  n  mean  df  lonely")
    assert json.loads(runner.invoke(nothing, ["--format", "json"]).stdout) == {"rows": [], "notes": []}


def test_without_being_told_columns_that_look_like_figures_go_right(capsys: pytest.CaptureFixture):
    print_table(["name", "figure"], [["a", "1,5"], ["bcdef", "–"]])
    assert capsys.readouterr().out == "name   figure\n-----  ------\na         1,5\nbcdef       –\n"


def test_a_sentence_takes_its_facts():
    assert [text(("{n} phiếu", "{n} ballots"), lang, n=3) for lang in ("vi", "en")] == ["3 phiếu", "3 ballots"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("terminal", "seconds", "drawn"), [(Terminal, 0.0, True), (Terminal, 9.0, False)])
def test_a_bar_is_drawn_on_a_terminal_when_work_takes_long(
    terminal: type[io.StringIO], seconds: float, drawn: bool, monkeypatch: pytest.MonkeyPatch
):
    screen = terminal()
    monkeypatch.setattr(tabular.sys, "stderr", screen)
    monkeypatch.setattr(tabular, "QUIET_SECONDS", seconds)
    with progress(4, "Đang tính") as done:
        for _step in range(4):
            done(1)
    assert ("Đang tính" in screen.getvalue()) is drawn
    assert screen.getvalue().endswith("\n") is drawn


def test_no_bar_is_drawn_into_a_file(monkeypatch: pytest.MonkeyPatch):
    file = io.StringIO()
    monkeypatch.setattr(tabular.sys, "stderr", file)
    monkeypatch.setattr(tabular, "QUIET_SECONDS", 0.0)
    with progress(2, "Đang tính") as done:
        done(2)
    assert file.getvalue() == ""
