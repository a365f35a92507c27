"""``survey plot``: charts from tables of every format, and what it refuses."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from survey_app.cli.plot import plot
from survey_app.tables import TableFileError


def drawn(tmp_path: Path, table: str, *arguments: str, figure: str = "out.svg"):
    (tmp_path / "in.csv").write_text(table, encoding="utf-8")
    arguments = (arguments[0], str(tmp_path / "in.csv"), str(tmp_path / figure), *arguments[1:])
    return CliRunner().invoke(plot, list(arguments))


@pytest.mark.parametrize("figure", ["out.svg", "out.png"])
def test_a_table_becomes_a_figure_with_a_sentence(tmp_path, figure):
    table = "commune,mean,low,high\nXã Đông Anh,81.5,80,83\nPhường Láng,79,77,81\n"
    names = ["--label", "commune", "--column", "estimate=mean", "--column", "ci_low=low", "--column", "ci_high=high"]
    result = drawn(tmp_path, table, "dots", *names, figure=figure)
    assert result.exit_code == 0, result.output
    assert (tmp_path / figure).stat().st_size > 3000
    assert "cao nhất Xã Đông Anh (81,5)" in result.stderr


def test_scores_are_drawn_with_their_ranks(tmp_path):
    table = "level,unit,rank,rank_low,rank_high\nunit,SNV,1,1,2\nunit,STP,2,1,2\ncriterion,SNV,,,\n"
    result = drawn(tmp_path, table, "ranks", "--label", "unit", "--lang", "en")
    assert result.exit_code == 0, result.output
    assert "2 units; SNV comes first and may truly rank 2" in result.stderr


def test_counts_of_levels_become_shares(tmp_path):
    result = drawn(tmp_path, "label,kém,vừa,tốt\nCâu 1,10,30,60\nCâu 2,1,1,2\n", "likert")
    assert result.exit_code == 0, result.output
    assert "cao nhất ở Câu 1 (60 %), thấp nhất ở Câu 2 (50 %)" in result.stderr


def test_returns_by_day(tmp_path):
    result = drawn(tmp_path, "day,group,received\n2026-09-01,Sở,3\n2026-09-02,Sở,4\n", "returns")
    assert result.exit_code == 0, result.output
    assert "2 ngày, tổng cộng 7 phiếu" in result.stderr


def test_a_word_for_a_number_is_refused_by_row(tmp_path):
    result = drawn(tmp_path, "label,importance,performance\nA,0.3,70\nB,nhiều,80\n", "quadrant")
    assert isinstance(result.exception, TableFileError)
    assert "importance" in str(result.exception)
    assert "3" in str(result.exception)


def test_another_kind_of_file_is_refused(tmp_path):
    result = drawn(tmp_path, "label,importance,performance\nA,0.3,70\n", "quadrant", figure="out.pdf")
    assert result.exit_code == 2
    assert ".svg, .png" in result.output
