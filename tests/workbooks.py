"""Excel files as people send them, made quickly: good ones, and each of the bad ones."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any

import openpyxl
from xlsxwriter import Workbook

HEADER = ("unit_code", "name", "population")
ROWS = (("00001", "Phường Ba Đình", 1200), ("00002", "Xã Sóc Sơn", 3400))
SHEET_1 = "xl/worksheets/sheet1.xml"


def workbook(*rows: Sequence[Any], merged: Sequence[str] = (), formula: tuple[str, str] | None = None) -> bytes:
    """A workbook with these rows from A1 on, as Excel itself would write it."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    for cell in (cell for row in book.active.iter_rows() for cell in row if cell.data_type == "f"):
        cell.data_type = "s"  # "=1+1" as somebody typed it into a text cell
    for cells in merged:
        book.active.merge_cells(cells)
    if formula:
        book.active[formula[0]] = formula[1]
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def good() -> bytes:
    return workbook(HEADER, *ROWS)


def with_error_cell() -> bytes:
    """What a formula leaves behind when its reference is gone."""
    out = io.BytesIO()
    with Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ROWS[0])
        sheet.write_formula("C2", "=Sheet9!A1", None, "#REF!")
    return out.getvalue()


def with_part(name: str, content: bytes | str, *, of: bytes | None = None) -> bytes:
    """A workbook with one part put in or in place of the one that was there."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(of or good())) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part != name:
                new.writestr(part, old.read(part))
        new.writestr(name, content)
    return out.getvalue()


def sheet_xml(cells: str) -> str:
    return (
        '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{cells}</sheetData></worksheet>"
    )


def lying_about_a_size() -> bytes:
    """A part of 3 MB that says it has 100 bytes, in both of its headers."""
    data = bytearray(with_part("xl/media/blob.bin", b"\0" * 3_000_000))
    size = (3_000_000).to_bytes(4, "little")
    while (found := data.find(size)) >= 0:
        data[found : found + 4] = (100).to_bytes(4, "little")
    return bytes(data)
