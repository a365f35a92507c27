"""``survey instrument`` says what is wrong with a file, and converts it."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from instruments.loading import catalogue, load_catalogue
from instruments.xlsform import read_instrument
from survey_app.cli.instrument import instrument

FAULTY = """settings: {form_id: x, version: "1", title: {vi: Thử}}
survey:
  - group: g
    label: {vi: Nhóm}
    questions:
      - {type: geopoint, name: where, label: {vi: Đâu}}
      - {type: text, name: words, label: {vi: Ý kiến}, relevant: "${ghost} = 1"}
"""


@pytest.fixture
def faulty(tmp_path):
    path = tmp_path / "faulty.yaml"
    path.write_text(FAULTY, encoding="utf-8")
    return str(path)


def run(*arguments):
    return CliRunner().invoke(instrument, arguments)


def test_a_sound_file_passes():
    done = run("check", str(catalogue()["so_2026_hdnd"]), "--units", "16")
    assert (done.exit_code, done.output) == (0, "so_2026_hdnd.yaml: 0 lỗi, 0 cảnh báo\n")


def test_all_faults_are_printed_place_first_in_vietnamese(faulty):
    done = run("check", faulty)
    assert done.exit_code == 1
    first, second, third, summary = done.output.splitlines()
    assert first.startswith("dòng 6, survey[0].questions[0].type, tên where: loại “geopoint”")
    assert second.startswith("dòng 7, survey[0].questions[1].relevant, tên words: không có câu hỏi “ghost”")
    assert third.startswith("dòng 7, survey[0].questions[1].type, tên words: cảnh báo:")
    assert summary == "faulty.yaml: 2 lỗi, 1 cảnh báo"


def test_english_is_an_option_and_open_groups_may_be_asked_in_free_text(faulty):
    done = run("check", faulty, "--lang", "en", "--open")
    assert done.exit_code == 1
    assert "there is no question “ghost”" in done.output
    assert done.output.splitlines()[-1] == "faulty.yaml: 2 errors, 0 warnings"


def test_too_many_units_are_an_error():
    done = run("check", str(catalogue()["so_2026_hdnd"]), "--units", "60", "--lang", "en")
    assert done.exit_code == 1
    assert "up to 300 ratings with 60 units, 120 at most" in done.output


def test_a_file_that_is_no_questionnaire_is_refused(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("x", encoding="utf-8")
    done = run("check", str(path))
    assert done.exit_code == 1
    assert "hãy dùng .yaml hoặc .xlsx" in done.output


def test_converting_there_and_back_keeps_everything(tmp_path):
    source = str(catalogue()["sipas_2026_nguoi_dan"])
    assert run("convert", source, str(tmp_path / "x.xlsx")).exit_code == 0
    done = run("convert", str(tmp_path / "x.xlsx"), str(tmp_path / "y.yaml"), "--lang", "en")
    assert done.output.startswith("Written to ")
    assert read_instrument(tmp_path / "y.yaml") == load_catalogue("sipas_2026_nguoi_dan")


def test_a_faulty_file_is_not_converted(faulty, tmp_path):
    done = run("convert", faulty, str(tmp_path / "x.xlsx"))
    assert done.exit_code == 1
    assert "geopoint" in done.output
    assert not (tmp_path / "x.xlsx").exists()
