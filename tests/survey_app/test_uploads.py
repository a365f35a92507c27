"""Uploaded tables: what people really send is read, or refused with the cell and what to do."""

from __future__ import annotations

import contextlib
import unicodedata
from datetime import date, datetime

import openpyxl
import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from workbooks import (
    HEADER,
    ROWS,
    SHEET_1,
    good,
    lying_about_a_size,
    saved,
    sheet_xml,
    with_error_cell,
    with_part,
    workbook,
)

from survey_app.documents.excel import Table, write_workbook
from survey_app.uploads import CellFault, UploadRefused, csv_file, named, read_sheet
from survey_app.uploads.columns import codes, days, shares, wholes
from survey_app.uploads.faults import MOST_FAULTS, column_letters
from survey_app.uploads.words import WORDS, fault_words

VIETNAMESE = "unit_code,name,note\n00001,Phường Ô Chợ Dừa,đã nhận\n00002,Xã Ứng Hòa,Nguyễn Thị Ỷ\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BOMB = b"<worksheet>" + b" " * 50_000_000
ENTITIES = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'


def refusal(data: bytes, filename: str = "units.xlsx", **options: object) -> list[tuple[str, str]]:
    with pytest.raises(UploadRefused) as refused:
        read_sheet(data, filename, **options)
    return [(fault.cell, fault.code) for fault in refused.value.faults]


def cp1258(text: str) -> bytes:
    """As Windows writes it: a circumflex, breve or horn stays with its vowel, a tone stands behind."""
    written = []
    for sign in text:
        parts = unicodedata.normalize("NFD", sign)
        tone = "".join(mark for mark in parts[1:] if mark in "\u0300\u0301\u0303\u0309\u0323")
        vowel = unicodedata.normalize("NFC", "".join(mark for mark in parts if mark not in tone))
        written.append((vowel + tone).encode("cp1258") if tone else sign.encode("cp1258"))
    return b"".join(written)


MORNING = datetime.fromisoformat("2026-07-01T08:30")  # as Excel keeps it: no zone
GOOD = good()  # once: it holds the time it was made
A1 = '<row r="1"><c r="A1"><v>1</v></c></row>'
BAD = {
    "merged cells in the table": (
        workbook(HEADER, *ROWS, merged=["A2:A3", "B3:C3"]),
        "a.xlsx A2:A3 B3:C3 merged_cells",
    ),
    "an error in a cell": (with_error_cell(), "a.xlsx C2 error_cell"),
    "a formula never computed": (workbook(HEADER, *ROWS, formula=("C3", "=1+1")), "a.xlsx C3 formula_not_computed"),
    "two columns of one name": (workbook(("a", "b", "A"), (1, 2, 3)), "a.xlsx C1 repeated_heading"),
    "a column without a name": (workbook(("a", "b", "c", None), ("x", 2, 3, 4)), "a.xlsx D1 unnamed_column"),
    "figures where names should be": (workbook((1, 2, 3), (4, 5, 6)), "a.xlsx no_header"),
    "a header alone": (workbook(HEADER), "a.xlsx no_rows"),
    "an empty sheet": (workbook(), "a.xlsx empty_file"),
    "no bytes": (b"", "a.xlsx empty_file"),
    "too many rows": (workbook(HEADER, *ROWS * 50), "a.xlsx too_many_rows"),
    "a control character": (b"code,name\n1,a\x07b\n2,c\n3,\xe2\x80\xaed\n", "a.csv B2 B4 control_character"),
    "broken letters": ("name,n\nHÃ Ná»™i,1\nPh??ng,2\nHà Nội?,3\n".encode(), "a.csv A2 A3 mojibake"),
    "letters of an old font": ("name,n\nHµ Néi,1\n".encode(), "a.csv A2 tcvn3"),
    "a number too long": (workbook(("a", "b"), ("x", 1234567890123456789)), "a.xlsx B2 digits_lost"),
    "macros": (with_part("xl/vbaProject.bin", b"\xd0\xcf"), "a.xlsx macros"),
    "macros, and the name says so": (good(), "a.xlsm macros"),
    "Excel of 2003": (OLE + b"\0" * 600, "a.xlsx old_format"),
    "OpenDocument": (good(), "a.ods old_format"),
    "a password": (OLE + "EncryptedPackage".encode("utf-16-le"), "a.xlsx password"),
    "a zip bomb": (with_part("xl/media/a.bin", BOMB), "a.xlsx zip_bomb"),
    "a part longer than it says": (lying_about_a_size(), "a.xlsx zip_bomb"),
    "entities": (with_part("xl/styles.xml", ENTITIES), "a.xlsx entities"),
    "two cells a memory apart": (
        with_part(SHEET_1, sheet_xml(f'{A1}<row r="9"><c r="XFDXFD9"><v>1</v></c></row>')),
        "a.xlsx too_wide",
    ),
    "a last row far away": (
        with_part(SHEET_1, sheet_xml(f'{A1}<row r="9"><c  r = "B1048576"><v>1</v></c></row>')),
        "a.xlsx too_many_rows",
    ),
    "a broken workbook": (
        with_part(SHEET_1, sheet_xml('<row r="1"><c r="A1" t="s"><v>999</v></c></row>')),
        "a.xlsx unreadable",
    ),
    "text with the name of a workbook": (VIETNAMESE.encode(), "a.xlsx not_xlsx"),
    "a workbook without a book": (with_part("xl/workbook.xml", ""), "a.xlsx unreadable"),
    "a workbook with the name of text": (good(), "a.csv not_csv"),
    "text of commas alone": (b"a" + b"," * 20_000 + b"b\n", "a.csv too_wide"),
    "a web page": (b"<html><table><tr><td>1</td></tr></table></html>", "a.csv html_file"),
    "an unknown kind": (b"%PDF-1.7", "a.pdf unknown_suffix"),
    "bytes that are no text": (b"\0\0\1\2" * 300, "a.csv not_text"),
    "letters of no Vietnamese encoding": ("имя,n\nИван,1\n".encode("cp1251"), "a.csv encoding"),
    "letters that can be read in two ways": (b"name,n\ngi\xf2,1\n", "a.csv encoding_ambiguous"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_with_the_cell_and_what_to_do(app_words: Flask, case: str):
    data, expected = BAD[case]
    filename, *cells, code = expected.split()
    with pytest.raises(UploadRefused) as refused:
        read_sheet(data, filename, max_rows=60)
    assert [(fault.cell, fault.code) for fault in refused.value.faults] == [(cell, code) for cell in cells or [""]]
    with app_words.test_request_context():
        assert all(len(fault_words(fault)) > 20 for fault in refused.value.faults)


@pytest.fixture(scope="module")
def app_words() -> Flask:
    """An app that knows nothing but languages."""
    from survey_app import i18n  # noqa: PLC0415

    app = Flask("survey_app")
    i18n.init_app(app)
    return app


def test_a_sheet_is_read_from_below_its_title_with_the_addresses_that_excel_shows():
    book = openpyxl.Workbook()
    sheet = book.active
    for row in [
        ("UBND THÀNH PHỐ", None, None, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
        ("DANH SÁCH  ĐƠN VỊ",),
        (),
        ("Mã đơn vị", " Tên\nđơn vị ", None, "Dân số", "Ngày", "Tỷ lệ"),
        ("(1)", "(2)", None, "(3)", "(4)", "(5)"),
        ("00101", "Phường  <b>Ba\u200b Đình</b>", None, 1200.0, date(2026, 7, 1), 0.25),
        (),
        (101, unicodedata.normalize("NFD", "Xã Sóc Sơn"), None, None, MORNING, True),
        (" ", None),
    ]:
        sheet.append(row)
    sheet.merge_cells("A2:F2")
    book.create_sheet("other").append(("a", "b"))
    read = read_sheet(saved(book), "units.XLSX")
    assert read.header == ("Mã đơn vị", "Tên đơn vị", "Dân số", "Ngày", "Tỷ lệ")
    assert read.rows == [
        ("00101", "Phường <b>Ba Đình</b>", 1200, date(2026, 7, 1), 0.25),
        (101, "Xã Sóc Sơn", None, MORNING, True),
    ]
    assert (read.first_row, read.cell(0, "Tên đơn vị"), read.cell(1, 2)) == (6, "B6", "D8")
    assert read.frame().iloc[1].tolist() == ["101", "Xã Sóc Sơn", "", "2026-07-01 08:30:00", "TRUE"]
    assert refusal(saved(book), sheet="third") == [("", "no_such_sheet")]
    ours = named(read, {"unit_code": ("Mã đơn vị",), "name": ("ten don vi",)}, ["unit_code", "name"])
    assert ours.header[:2] == ("unit_code", "name")
    with pytest.raises(UploadRefused, match="missing_column"):
        named(read, {"block": ("Khối",)}, ["block"])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1258"])
def test_a_csv_file_is_read_in_each_encoding_and_with_each_delimiter(encoding: str, delimiter: str):
    text = VIETNAMESE.replace(",", delimiter)
    read = read_sheet(cp1258(text) if encoding == "cp1258" else text.encode(encoding), "units.csv")
    assert read.rows == [("00001", "Phường Ô Chợ Dừa", "đã nhận"), ("00002", "Xã Ứng Hòa", "Nguyễn Thị Ỷ")]


def test_a_file_in_windows_1252_is_read_where_that_is_the_only_sense_of_it():
    assert read_sheet("tên,mã\nBình,1\nThì,2\n".encode("cp1252"), "a.csv").rows == [("Bình", "1"), ("Thì", "2")]


def test_text_of_more_cells_than_the_memory_holds_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(csv_file, "MOST_CELLS", 5)
    assert read_sheet(b"a,b\n1,2\n", "a.csv").rows == [("1", "2")]
    with pytest.raises(UploadRefused, match="too_wide"):
        read_sheet(b"a,b\n1,2\n3,4\n", "a.csv")


def test_numbers_of_rows_hold_where_a_csv_file_has_empty_lines_and_line_breaks_in_cells():
    read = read_sheet(b'sep=;\r\na;b\r\n\r\n"x\ny";1\r\nz;=1+1\r\n', "a.csv")
    assert read.rows == [("x y", "1"), ("z", "=1+1")]
    assert [read.cell(i, "b") for i in range(2)] == ["B3", "B4"]


def test_codes_days_numbers_and_shares_are_taken_or_named_with_their_cell():
    columns = ("code", "day", "n", "share")
    rows = [
        ("00101", date(2026, 7, 1), 5, 0.25),
        (102, "2026-07-02", "12", "25%"),
        ("103", "01/07/2026", "1.234", "0,5"),
        ("SNV", "31/02/2026", -1, 0),
        ("00106", None, None, None),
    ]
    read = read_sheet(workbook(columns, *rows), "a.xlsx")
    lost = [
        CellFault(f"A{row}", "leading_zero_lost", {"value": f"10{row - 1}", "suggested": f"0010{row - 1}"})
        for row in (3, 4)
    ]
    assert codes(read, "code") == (["00101", "102", "103", "SNV", "00106"], lost)
    assert codes(read, "code", known={"102", "103"})[1] == []
    found, faults = days(read, "day")
    assert found == [date(2026, 7, 1), date(2026, 7, 2), None, None, None]
    suggestion = {"value": "01/07/2026", "suggested": "2026-07-01"}
    assert faults == [
        CellFault("B4", "date_as_text", suggestion),
        CellFault("B5", "not_a_day", {"value": "31/02/2026"}),
    ]
    assert wholes(read, "n")[0] == [5, 12, None, None, None]
    assert [fault.cell for fault in wholes(read, "n")[1]] == ["C4", "C5"]
    assert shares(read, "share")[0] == [0.25, 0.25, 0.5, None, None]
    assert [fault.cell for fault in shares(read, "share")[1]] == ["D5"]


def test_of_very_many_faults_the_first_are_shown_and_the_rest_counted():
    faults = refusal(("a,b\n" + "x,\x01\n" * 5000).encode(), "a.csv")
    assert len(faults) == MOST_FAULTS + 1
    assert (faults[0], faults[-1]) == (("B2", "control_character"), ("", "more_faults"))


def test_five_thousand_rows_with_quotes_and_html_come_through_as_they_are():
    rows = [(f"{i:05}", f'<script>"{i}"</script>', "=cmd|' /C calc'!A0") for i in range(5000)]
    data = write_workbook({"list": Table(("code", "name", "note"), rows)})
    assert read_sheet(data, "a.xlsx").rows == rows


@settings(max_examples=50)
@given(st.data())
def test_no_broken_workbook_does_more_than_to_be_refused(data: st.DataObject):
    """Bytes of a workbook changed at random, and sheets of random cells: a table, or a refusal."""
    broken = bytearray(GOOD)
    for place in data.draw(st.lists(st.integers(0, len(broken) - 1), min_size=1, max_size=4)):
        broken[place] = data.draw(st.integers(0, 255))
    cell = st.builds(
        '<c r="{}{}" t="{}"><v>{}</v></c>'.format,
        st.sampled_from(["A", "b", "ZZ", "XFD", ""]),
        st.sampled_from(["1", "3", "0", "", "99999999999"]),
        st.sampled_from(["s", "n", "e", "str", "b", "d", "inlineStr", "?"]),
        st.sampled_from(["0", "x", "", "-5", "1e400", "45000"]),
    )
    sheet = with_part(SHEET_1, sheet_xml("<row>" + "".join(data.draw(st.lists(cell, max_size=4))) + "</row>"))
    for upload in (bytes(broken), sheet):
        with contextlib.suppress(UploadRefused):
            assert read_sheet(upload, "a.xlsx").rows


def test_every_code_of_a_fault_has_words_and_columns_have_letters():
    assert [column_letters(place) for place in (0, 25, 26, 701, 702, 16383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]
    assert all(str(words) for words in WORDS.values())
