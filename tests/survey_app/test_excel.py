"""Workbooks that leave the platform: every text stays a text, every number a number, templates guide the hand."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import numpy as np
import openpyxl
import pytest

from survey_app.documents import excel
from survey_app.documents.excel import Kind, Table, sheet_name, write_workbook
from survey_app.uploads import read_sheet

DANGEROUS = ("=1+1", "+84912345678", "-2+3", "@SUM(A1)", "=HYPERLINK(1)", "http://example.org", "00101", "\t=1", "<b>")


def opened(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


@pytest.mark.parametrize("large", [20_000, 5])  # in memory, and row by row
def test_no_text_becomes_a_formula_a_link_or_a_number(monkeypatch: pytest.MonkeyPatch, large: int):
    monkeypatch.setattr(excel, "LARGE", large)
    data = write_workbook({"list": Table(("text", "n"), [(text, 1) for text in DANGEROUS], ("text", "whole"))})
    sheet = opened(data).active
    cells = [sheet.cell(row, 1) for row in range(2, 2 + len(DANGEROUS))]
    assert [(cell.value, cell.data_type, cell.hyperlink) for cell in cells] == [(t, "s", None) for t in DANGEROUS]
    assert [cell.value for cell in sheet["B"][1:3]] == [1, 1]
    assert read_sheet(data, "a.xlsx").frame()["text"].tolist()[:7] == list(DANGEROUS[:7])


def test_codes_of_links_never_touch_the_disk(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(excel, "LARGE", 1)
    monkeypatch.setattr("tempfile.mkstemp", None)
    table = Table(("name", "code"), [("Bình", "ABCD")])
    with pytest.raises(TypeError):
        write_workbook({"list": table})
    assert opened(write_workbook({"list": table}, holds_codes=True)).active["B2"].value == "ABCD"


def test_a_table_keeps_the_kinds_of_its_columns_and_its_headings_in_view():
    rows = [
        ("00101", np.int64(1200), np.float64(1.5), 0.25, date(2026, 7, 1)),
        (None, float("nan"), None, None, None),
        ("a\x01b" + "x" * 40_000, 10**18, "text", True, datetime(2026, 7, 1, 8, 30, tzinfo=UTC)),
    ]
    kinds = (Kind.TEXT, Kind.WHOLE, Kind.NUMBER, Kind.PERCENT, Kind.DAY)
    data = write_workbook({"Đơn vị/2026": Table(("a", "b", "c", "d", "e"), rows, kinds, note="Title\nSource")})
    sheet = opened(data)["Đơn vị 2026"]
    assert [cell.value for cell in sheet[1]][:1] == ["Title"]
    assert sheet.freeze_panes == "A4"
    assert sheet.auto_filter.ref == "A3:E6"
    first, empty, odd = ([cell.value for cell in row] for row in sheet.iter_rows(min_row=4))
    assert first == ["00101", 1200, 1.5, 0.25, datetime(2026, 7, 1)]  # noqa: DTZ001 (Excel has no zones)
    assert [cell.number_format for cell in sheet[4]] == ["@", "#,##0", "#,##0.00", "0.0%", "dd/mm/yyyy"]
    assert empty == [None] * 5
    assert odd == ["a\ufffdb" + "x" * (32_767 - 3), str(10**18), "text", 1, "01/07/2026 08:30"]


def test_a_template_offers_its_lists_short_ones_in_the_cell_and_long_ones_from_a_hidden_sheet():
    names = [f"Phường số {i}" for i in range(126)]
    table = Table(("block", "unit"), choices={"block": ("phuong", "xa"), "unit": names}, template=True)
    book = opened(write_workbook({"Danh sách": table, "Notes": Table(("a", "b"), [("x", "y")])}))
    short, long = book["Danh sách"].data_validations.dataValidation
    assert (short.formula1, str(short.sqref)) == ('"phuong,xa"', "A2:A2001")
    assert (long.formula1, str(long.sqref)) == ("'lists'!$A$1:$A$126", "B2:B2001")
    assert book["lists"].sheet_state == "hidden"
    assert book["Danh sách"].column_dimensions["A"].number_format == "@"  # a code typed below keeps its zeros


def test_names_of_sheets_are_those_that_excel_takes():
    assert sheet_name("a[b]:c*?/\\d" + "e" * 40) == ("a b  c    d" + "e" * 40)[:31]
    assert sheet_name(" '' ") == "Sheet"
