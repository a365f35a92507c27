"""Excel workbooks: tables with headings that stay in view, typed columns, dropdown lists.

A text is a text, whatever it begins with: "=1+1" is never a formula, an address never a link, "00101" never a number.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from numbers import Real
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

LARGE = 20_000  # rows: from here on a sheet is written row by row, not kept in memory
TEMPLATE_ROWS = 2_000  # below the heading of a template, kept as text and with dropdown lists
NARROWEST, WIDEST = 8, 60  # characters
MEASURED_ROWS = 200  # that the width of a column is taken from
LONGEST_TEXT = 32_767  # characters in a cell, Excel's limit
LONGEST_LIST = 255  # characters of a dropdown list that stands in the rule itself
EXACT_DIGITS = 10**15  # a longer whole number would lose digits: it is written as text
A4 = 9  # Excel's number of the paper
LISTS_SHEET = "lists"


class Kind(StrEnum):
    """What the cells of a column are."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    PERCENT = "percent"  # 0.25 is shown as 25,0 %
    DAY = "day"


FORMATS: Mapping[str, dict[str, Any]] = {
    Kind.TEXT: {"num_format": "@", "align": "left"},
    Kind.WHOLE: {"num_format": "#,##0", "align": "right"},
    Kind.NUMBER: {"num_format": "#,##0.00", "align": "right"},
    Kind.PERCENT: {"num_format": "0.0%", "align": "right"},
    Kind.DAY: {"num_format": "dd/mm/yyyy", "align": "center"},
}
CELL = {"font_name": "Times New Roman", "font_size": 12, "valign": "top", "text_wrap": True}
HEADING = CELL | {"bold": True, "bg_color": "#DCE6F1", "border": 1, "align": "center", "valign": "vcenter"}


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet: headings and rows, the kind of each column (text where none is given), and what stands above it.

    ``note`` is written above the headings, a line each. ``choices`` makes dropdown lists: heading -> the values.
    ``template`` keeps empty rows below as typed as those above.
    """

    headings: Sequence[str]
    rows: Iterable[Sequence[object]] = ()
    kinds: Sequence[str] = ()
    note: str = ""
    widths: Sequence[int] = ()
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    template: bool = False

    def kind(self, place: int) -> str:
        """What the cells of the column are."""
        return self.kinds[place] if place < len(self.kinds) else Kind.TEXT


def write_workbook(sheets: Mapping[str, Table], *, holds_codes: bool = False) -> bytes:
    """The workbook as a file, with a sheet for each table, in their order.

    A large one goes through the folder of temporary files, in clear; one that holds codes of links never does.
    """
    tables = {name: (table, list(table.rows)) for name, table in sheets.items()}
    large = not holds_codes and any(len(rows) >= LARGE for _table, rows in tables.values())
    out = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options | {"constant_memory": large, "in_memory": not large}) as book:
        formats = {kind: book.add_format(CELL | look) for kind, look in FORMATS.items()}
        formats |= {"heading": book.add_format(HEADING), "note": book.add_format(CELL | {"text_wrap": False})}
        for name, (table, rows) in tables.items():
            sheet = book.add_worksheet(sheet_name(name))
            _write_table(sheet, table, rows, formats)
            _add_choices(book, sheet, table, len(rows))
    return out.getvalue()


def sheet_name(name: str) -> str:
    """A name that Excel takes for a sheet: at most 31 signs, none of [ ] : * ? / \\."""
    return re.sub(r"[\[\]:*?/\\]", " ", name).strip("' ")[:31] or "Sheet"


def _write_table(sheet: Worksheet, table: Table, rows: list[Sequence[object]], formats: Mapping[str, Format]) -> None:
    notes = table.note.splitlines()
    top = len(notes)
    for place in range(len(table.headings)):
        look = formats[table.kind(place)] if table.template else None
        sheet.set_column(place, place, _width(table, place, rows), look)
    for row, line in enumerate(notes):
        sheet.write_string(row, 0, line, formats["note"])
    for place, heading in enumerate(table.headings):
        sheet.write_string(top, place, heading, formats["heading"])
    for row, cells in enumerate(rows, start=top + 1):
        for place, cell in enumerate(cells):
            kind, value = _typed(cell, table.kind(place))
            if value != "":
                _WRITERS[kind](sheet, row, place, value, formats[kind])
    sheet.freeze_panes(top + 1, 0)
    if rows and not table.template:
        sheet.autofilter(top, 0, top + len(rows), len(table.headings) - 1)
    sheet.repeat_rows(top)
    sheet.fit_to_pages(1, 0)
    sheet.set_paper(A4)
    if len(table.headings) > 6:
        sheet.set_landscape()


_WRITERS: Mapping[str, Any] = {
    Kind.TEXT: Worksheet.write_string,
    Kind.WHOLE: Worksheet.write_number,
    Kind.NUMBER: Worksheet.write_number,
    Kind.PERCENT: Worksheet.write_number,
    Kind.DAY: Worksheet.write_datetime,
}


def _typed(cell: object, kind: str) -> tuple[str, object]:
    """A value as what it is: what does not fit the kind of its column is text, nothing is an empty text."""
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return Kind.TEXT, ""
    if isinstance(cell, datetime):
        return Kind.TEXT, cell.strftime("%d/%m/%Y %H:%M")
    if isinstance(cell, date):
        return Kind.DAY, datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001
    if kind not in (Kind.TEXT, Kind.DAY) and isinstance(cell, Real) and abs(number := float(cell)) < EXACT_DIGITS:
        return kind, number
    return Kind.TEXT, _text(cell)


def _text(cell: object) -> str:
    """A text that Excel takes: no control characters, not too long."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", str(cell))[:LONGEST_TEXT]


def _width(table: Table, place: int, rows: list[Sequence[object]]) -> float:
    """Wide enough for the heading's longest word and most of the first rows."""
    if place < len(table.widths):
        return table.widths[place]
    texts = [str(row[place]) for row in rows[:MEASURED_ROWS] if place < len(row) and row[place] is not None]
    longest = max([len(word) + 2 for word in table.headings[place].split()] + [len(text) + 1 for text in texts] + [0])
    return min(max(longest, len(table.headings[place]) * 0.6, NARROWEST), WIDEST)


def _add_choices(book: xlsxwriter.Workbook, sheet: Worksheet, table: Table, n_rows: int) -> None:
    """Dropdown lists; those too long for a rule get a sheet of their own, which is hidden."""
    top = len(table.note.splitlines())
    last = top + max(n_rows, TEMPLATE_ROWS if table.template else 0)
    for heading, choices in table.choices.items():
        place = list(table.headings).index(heading)
        source: Any = list(choices)
        if len(",".join(choices)) > LONGEST_LIST or any("," in choice for choice in choices):
            source = _listed(book, choices)
        sheet.data_validation(top + 1, place, last, place, {"validate": "list", "source": source})


def _listed(book: xlsxwriter.Workbook, choices: Sequence[str]) -> str:
    """Where the choices stand on the hidden sheet."""
    lists = book.get_worksheet_by_name(LISTS_SHEET) or book.add_worksheet(LISTS_SHEET)
    place = 0 if lists.dim_colmax is None else lists.dim_colmax + 1
    for row, choice in enumerate(choices):
        lists.write_string(row, place, choice)
    lists.hide()
    letter = xlsxwriter.utility.xl_col_to_name(place, col_abs=True)
    return f"='{LISTS_SHEET}'!{letter}$1:{letter}${len(choices)}"
