"""Questionnaires survive every way through YAML and .xlsx, and other XLSForm tools accept them."""

from __future__ import annotations

import io

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from instrument_makers import cleaned, instruments, questionnaire
from pyxform.xls2xform import convert

from instruments.checking import check
from instruments.faults import InstrumentErrors
from instruments.loading import catalogue, load_catalogue
from instruments.xlsform import dump_xlsx, dump_yaml, parse_xlsx, parse_yaml, read_instrument, write_instrument

lossless = settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])


@lossless
@given(instruments())
def test_yaml_keeps_everything(instrument):
    assert parse_yaml(dump_yaml(instrument), "x.yaml") == instrument


@lossless
@given(instruments())
def test_a_workbook_keeps_everything(instrument):
    assert parse_xlsx(dump_xlsx(instrument), "x.xlsx") == instrument


@lossless
@given(instruments())
def test_made_up_questionnaires_are_sound(instrument):
    assert [fault for fault in check(instrument, anonymous=False, n_units=1) if fault.is_error] == []


@settings(lossless, max_examples=25)
@given(instruments(texts=cleaned.filter(lambda text: "${" not in text)))
def test_pyxform_accepts_the_workbook(instrument):
    assert convert(io.BytesIO(dump_xlsx(instrument)), file_type=".xlsx").xform


@pytest.mark.parametrize("form_id", sorted(catalogue()))
def test_the_catalogue_goes_to_xlsx_and_back_and_through_pyxform(form_id, tmp_path):
    instrument = load_catalogue(form_id)
    path = tmp_path / f"{form_id}.xlsx"
    write_instrument(instrument, path)
    assert read_instrument(path) == instrument
    write_instrument(read_instrument(path), tmp_path / "again.yaml")
    assert read_instrument(tmp_path / "again.yaml") == instrument
    assert convert(str(path)).xform


def test_the_built_in_list_is_written_for_other_tools_and_not_read_back():
    instrument = questionnaire("""
    - group: g
      label: {vi: Nhóm, en: Group}
      questions: [{type: select_multiple rated_units, name: where, label: {vi: Đâu, en: Where}}]
    """)
    data = dump_xlsx(instrument)
    rows = list(openpyxl.load_workbook(io.BytesIO(data))["choices"].iter_rows(values_only=True))
    assert rows[-1][:2] == ("rated_units", "rated_unit")
    assert convert(io.BytesIO(data), file_type=".xlsx").xform
    assert parse_xlsx(data, "x.xlsx") == instrument


def test_an_old_spelling_of_the_columns_is_understood():
    book = openpyxl.Workbook()
    survey = book.worksheets[0]
    survey.title = "Survey"
    survey.append(["type", "name", "label", "label::English (en)", "Required", "relevance"])
    survey.append(["begin group", "g", "Nhóm", "Group", None, None])
    survey.append(["select_one l", "q", "Câu", "Question", True, None])
    survey.append(["integer", "n", "Số", "Number", None, "${q} = '1'"])
    survey.append(["end group", None, None, None, None, None])
    choices = book.create_sheet("choices")
    choices.append(["list name", "name", "label", "label::English (en)", "vung"])
    choices.append(["l", 1, "Một", "One", 2.5])
    sheet = book.create_sheet("settings")
    sheet.append(["form_title", "form_title_en", "id_string", "version"])
    sheet.append(["Thử", "Try", "thu", 2026.1])
    out = io.BytesIO()
    book.save(out)
    instrument = parse_xlsx(out.getvalue(), "x.xlsx")
    assert instrument.title == {"vi": "Thử", "en": "Try"}
    assert (instrument.form_id, instrument.version) == ("thu", "2026.1")
    question, number = instrument.questions
    assert question.required
    assert number.relevant == "${q} = '1'"
    assert instrument.choices["l"][0].name == "1"
    assert instrument.choices["l"][0].filters == {"vung": "2.5"}


def test_scalars_of_yaml_stay_as_written():
    instrument = parse_yaml(
        """
settings: {form_id: x, version: 2026.10, title: Thử, minutes: 010}
choices: {l: [{name: no, label: Không}, {name: yes, label: Có}]}
survey:
  - group: g
    label: ~
    questions: [{type: select_one l, name: q, label: 'null', required: true}]
""",
        "x.yaml",
    )
    assert instrument.version == "2026.10"
    assert instrument.settings == {"minutes": "010"}
    assert [choice.name for choice in instrument.choices["l"]] == ["no", "yes"]
    assert instrument.sections[0].label == {}
    assert instrument.sections[0].questions[0].label == {"vi": "null"}
    assert instrument.sections[0].questions[0].required


def test_composed_letters_are_kept_composed():
    instrument = questionnaire("- {group: g, label: {vi: 'Tie\u0302\u0301ng', en: a}, questions: []}")
    assert instrument.sections[0].label["vi"] == "Tiếng"


def test_a_file_of_another_kind_is_refused(tmp_path):
    with pytest.raises(InstrumentErrors, match=r"cannot be read; use \.yaml or \.xlsx"):
        read_instrument(tmp_path / "x.docx")
    with pytest.raises(InstrumentErrors, match=r"cannot be read; use \.yaml or \.xlsx"):
        write_instrument(questionnaire("- {group: g, questions: []}"), tmp_path / "x.pdf")


def test_text_in_another_encoding_is_refused(tmp_path):
    (tmp_path / "x.yaml").write_bytes("settings: {title: Phiếu}".encode("utf-16"))
    with pytest.raises(InstrumentErrors, match="not UTF-8"):
        read_instrument(tmp_path / "x.yaml")


def test_a_text_that_looks_like_a_formula_stays_text():
    instrument = questionnaire("- {group: g, label: {vi: '=SUM(A1)', en: '=1'}, questions: []}")
    assert parse_xlsx(dump_xlsx(instrument), "x.xlsx").sections[0].label["vi"] == "=SUM(A1)"
