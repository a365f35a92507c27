"""What cannot be read is refused with its place and a remedy, all of it at once."""

from __future__ import annotations

import ast
import io
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

import instruments
from instruments.checking import check_document
from instruments.faults import Fault, InstrumentErrors, Severity, place, render, sentence
from instruments.messages import MESSAGES, PLACES
from instruments.refusals import METADATA, UNSUPPORTED_TYPES
from instruments.xlsform import parse_xlsx, parse_yaml, read_document

CHOICES = [["list_name", "name", "label::vi"], ["l", "a", "A"]]
SETTINGS = [["form_title", "form_id", "version"], ["Thử", "thu", "1"]]
HEADER = ["type", "name", "label::vi"]


def workbook(survey, choices=CHOICES, settings=SETTINGS, **sheets):
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in {"survey": survey, "choices": choices, "settings": settings, **sheets}.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def faults_of(survey, **others):
    with pytest.raises(InstrumentErrors) as caught:
        parse_xlsx(workbook(survey, **others), "x.xlsx")
    return [(fault.code, fault.sheet, fault.row, fault.column, fault.name) for fault in caught.value.faults]


def in_group(*rows, header=HEADER):
    return [header, ["begin_group", "g", "Nhóm"], *rows, ["end_group"]]


def yaml_faults(text):
    with pytest.raises(InstrumentErrors) as caught:
        parse_yaml(text, "x.yaml")
    return [(fault.code, fault.row, fault.path) for fault in caught.value.faults]


def test_all_faults_are_told_at_once_with_sheet_row_column_and_name():
    survey = [
        [*HEADER, "image", "label::English", "required"],
        ["integer", "n0", "Số"],
        ["begin_group", "g", "Nhóm"],
        ["geopoint", "where", "Đâu"],
        ["select_one", "q", "Câu", None, None, "maybe"],
        ["begin_repeat", "r", "Lặp"],
        ["integr", "n", "Số", "anh.png", "Number"],
        ["end_repeat"],
    ]
    assert faults_of(survey) == [
        ("question_outside_section", "survey", 2, "type", "n0"),
        ("section_not_ended", "survey", 3, "type", "g"),
        ("unsupported_type", "survey", 4, "type", "where"),
        ("missing_list", "survey", 5, "type", "q"),
        ("not_yes_no", "survey", 5, "required", "q"),
        ("nested_section", "survey", 6, "type", "r"),
        ("unknown_column", "survey", 7, "image", "n"),
        ("unknown_type", "survey", 7, "type", "n"),
        ("language_code", "survey", 7, "label::English", "n"),
    ]


@pytest.mark.parametrize("kind", sorted(METADATA))
def test_metadata_is_refused_because_it_would_say_who_or_when(kind):
    assert faults_of(in_group([kind, "m", None])) == [(METADATA[kind], "survey", 3, "type", "m")]


@pytest.mark.parametrize("kind", sorted(UNSUPPORTED_TYPES))
def test_a_type_that_is_not_supported_is_refused(kind):
    assert faults_of(in_group([f"{kind} x.csv", "m", "x"])) == [("unsupported_type", "survey", 3, "type", "m")]


def test_a_column_without_values_does_no_harm():
    survey = in_group(["integer", "n", "Số"], header=[*HEADER, "media::image", "guidance_hint"])
    assert parse_xlsx(workbook(survey), "x.xlsx").form_id == "thu"


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("repeat_count", "3", "repeat_count"),
        ("layout", "matrix", "column_not_here"),
        ("default", "1", "unknown_column"),
        ("parameters", "start=0", "unsupported_parameter"),
        ("measure", "liking", "not_one_of"),
        ("media::image", "a.png", "unknown_column"),
    ],
)
def test_a_cell_that_has_no_place_in_the_model_is_refused(column, value, code):
    survey = in_group(["integer", "n", "Số", value], header=[*HEADER, column])
    assert [fault[0] for fault in faults_of(survey)] == [code]


def test_sections_must_begin_and_end_in_turn():
    survey = [HEADER, ["begin_group", "g", "x"], ["end_repeat"], ["end_group"], ["begin_repeat", "r", "x"]]
    assert [(fault[0], fault[2]) for fault in faults_of(survey)] == [
        ("end_mismatch", 3),
        ("end_without_begin", 4),
        ("section_not_ended", 5),
    ]


def test_a_formula_a_nameless_column_and_a_second_settings_row_are_refused():
    survey = in_group(["integer", "n", "=1+1"], ["integer", "k", "x", "lạc"])
    found = faults_of(survey, settings=[*SETTINGS, ["b", "c", "2"]])
    assert {fault[:3] for fault in found} == {
        ("formula_cell", "survey", 3),
        ("no_header", "survey", 4),
        ("second_settings_row", "settings", 3),
    }


def test_sheets_that_would_be_ignored_are_refused_unless_their_name_begins_with_an_underscore():
    survey = in_group(["integer", "n", "Số"])
    assert faults_of(survey, external_choices=[["a"]], notes=[["b"]], _mine=[["c"]]) == [
        ("unsupported_sheet", "external_choices", None, "", ""),
        ("unknown_sheet", "notes", None, "", ""),
    ]


def test_settings_of_other_systems_and_misspelt_ones_are_refused():
    settings = [["form_title", "form_id", "version", "submission_url", "sorce"], ["Thử", "thu", "1", "http://x", "y"]]
    found = faults_of(in_group(["integer", "n", "Số"]), settings=settings)
    assert [fault[0] for fault in found] == ["unsupported_setting", "misspelt_setting"]


def test_the_built_in_list_cannot_be_filled_and_pictures_of_choices_are_refused():
    choices = [["list_name", "name", "label::vi", "image"], ["rated_units", "x", "X"], ["l", "a", "A", "a.png"]]
    found = faults_of(in_group(["integer", "n", "Số"]), choices=choices)
    assert [fault[0] for fault in found] == ["reserved_list", "unsupported_choice_column"]


def test_a_label_given_twice_for_a_language_and_a_column_given_twice_are_refused():
    survey = in_group(["integer", "n", "Số", "Lại", "hint"], header=[*HEADER, "label::Tiếng Việt (vi)", "name"])
    assert {fault[0] for fault in faults_of(survey)} == {"column_twice"}
    survey = in_group(["integer", "n", "Số", "Lại"], header=[*HEADER, "label"])
    assert {fault[0] for fault in faults_of(survey)} == {"language_twice"}


def test_ranges_groups_and_choices_are_read_strictly():
    survey = [
        [*HEADER, "parameters", "appearance"],
        ["begin_group", None, "Nhóm", None, "table-list"],
        ["range", "r", "Từ", "start=a end=inf end=1"],
        ["integer", None, "Số"],
        ["end_group"],
    ]
    choices = [*CHOICES, ["l", None, "Thiếu tên"], [None, "x", "Thiếu danh sách"]]
    assert [fault[0] for fault in faults_of(survey, choices=choices)] == [
        "missing_choice_name",
        "missing_choice_name",
        "missing_name",
        "group_appearance",
        "not_a_parameter_number",
        "not_a_parameter_number",
        "missing_name",
    ]


def test_dates_and_truth_values_of_a_sheet_become_text():
    survey = in_group(["integer", "n", "Số", True], header=[*HEADER, "required"])
    settings = [[*SETTINGS[0], "from", "until"], ["Thử", "thu", 1.0, datetime(2026, 7, 1), date(2026, 8, 1)]]  # noqa: DTZ001
    instrument = parse_xlsx(workbook(survey, settings=settings), "x.xlsx")
    assert instrument.settings == {"from": "2026-07-01", "until": "2026-08-01"}
    assert (instrument.version, instrument.sections[0].questions[0].required) == ("1", True)


def test_a_workbook_without_the_sheets_of_a_form_is_refused():
    book = openpyxl.Workbook()
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(InstrumentErrors) as caught:
        parse_xlsx(out.getvalue(), "x.xlsx")
    codes = [fault.code for fault in caught.value.faults]
    assert codes.count("missing_sheet") == 2


def test_nothing_else_is_said_of_a_file_that_cannot_be_opened(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("a: [", encoding="utf-8")
    assert [fault.code for fault in check_document(read_document(path), anonymous=True)] == ["yaml_syntax"]


def test_a_damaged_workbook_is_refused():
    with pytest.raises(InstrumentErrors, match="does not open as an"):
        parse_xlsx(b"PK no workbook", "x.xlsx")


def test_yaml_faults_name_line_and_path():
    text = """
settings: {form_id: x, form_id: y, title: T}
choices:
  l: []
  m: {a: b}
extras: 1
survey:
  - group: g
    pages: 2
    questions:
      - {type: integer, name: n, label: {tiếng việt: x}, colour: red}
      - [a]
  - name: g
"""
    assert yaml_faults(text) == [
        ("unknown_key", 6, "extras"),
        ("duplicate_key", 2, "settings"),
        ("missing_setting", 2, "settings"),
        ("empty_list", 4, "choices.l"),
        ("not_a_list", 5, "choices.m"),
        ("unknown_column", 9, "survey[0].pages"),
        ("unknown_column", 11, "survey[0].questions[0].colour"),
        ("language_code", 11, "survey[0].questions[0].label.tiếng việt"),
        ("not_a_mapping", 12, "survey[0].questions[1]"),
        ("missing_name", 12, "survey[0].questions[1]"),
        ("missing_type", 12, "survey[0].questions[1]"),
        ("not_a_section", 13, "survey[1]"),
    ]


def test_yaml_that_cannot_be_parsed_names_its_line():
    assert yaml_faults("settings:\n  a: [1\nsurvey: 2\n")[0][:2] == ("yaml_syntax", 3)


def test_yaml_aliases_are_refused_so_that_a_small_file_cannot_grow():
    text = "settings: {form_id: x, version: 1, title: T}\nsurvey: [&a {group: g, questions: []}, *a]\n"
    assert ("yaml_alias", 2, "survey[1]") in yaml_faults(text)


def test_an_empty_file_is_refused_politely():
    assert "not_a_mapping" in [fault[0] for fault in yaml_faults("")]


def test_faults_of_reading_and_of_checking_come_together(tmp_path):
    survey = in_group(
        ["geopoint", "where", "Đâu"],
        ["integer", "n", "Số", "${where} > 1 and ${ghost} > 1"],
        header=[*HEADER, "relevant"],
    )
    path = tmp_path / "x.xlsx"
    path.write_bytes(workbook(survey))
    faults = [fault for fault in check_document(read_document(path), anonymous=True) if fault.is_error]
    assert [(fault.code, fault.row, fault.column) for fault in faults] == [
        ("unsupported_type", 3, "type"),
        ("unknown_reference", 4, "relevant"),
    ]


def test_a_sentence_begins_with_the_place_in_the_language_asked_for():
    fault = Fault("missing_name", sheet="survey", row=7, column="name", name="q", severity=Severity.WARNING)
    assert sentence(fault) == (
        "trang tính survey, hàng 7, cột name, tên q: cảnh báo: thiếu tên (name); hãy đặt một tên ngắn không dấu"
    )
    assert sentence(fault, "en").startswith("sheet survey, row 7, column name, name q: warning: the name is missing")
    assert place(Fault("no_sections"), "en") == "file"
    assert place(Fault("x", row=3, path="survey[0].name"), "en") == "line 3, survey[0].name"


def test_a_parameter_that_is_missing_shows_as_its_name():
    assert render("unknown_type", {"type": "x"}, "en") == "there is no type “x”; use {supported}"


def test_every_message_is_there_in_both_languages_with_the_same_parameters():
    for code, texts in MESSAGES.items():
        assert set(texts) == {"vi", "en"}, code
        fields = [{part.split("}")[0] for part in text.replace("{{", "").split("{")[1:]} for text in texts.values()]
        assert fields[0] == fields[1], code
    assert PLACES["vi"].keys() == PLACES["en"].keys()


def test_every_code_in_use_has_a_message():
    used: set[str] = set()
    for path in Path(instruments.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and _makes_faults(node.func):
                first = node.args[0]
                used |= {first.value} if isinstance(first, ast.Constant) and isinstance(first.value, str) else set()
    assert len(used) > 60
    assert sorted(used - set(MESSAGES)) == []


def _makes_faults(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in {"Fault", "AnswerFault", "fault", "_warning", "RefusedError", "ExpressionError", "PatternError"}
