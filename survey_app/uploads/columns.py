"""Columns of an uploaded table as codes, days and whole numbers, with a fault for each cell that is none.

Each reader gives one value per row and the faults; a cell with a fault gives None.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from datetime import date, datetime

from survey_app.uploads.faults import CellFault
from survey_app.uploads.sheet import Sheet, shown

DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")


def codes(
    sheet: Sheet, column: str, known: Collection[str] = (), width: int | None = None
) -> tuple[list[str], list[CellFault]]:
    """The codes of a column as text, and a fault for each that lost its leading zeros.

    Digits alone lost them if they are shorter than ``width``, else than most codes that are ``known`` with a
    leading zero, else than most of those that the column has as text.
    The code that was meant is suggested, never put in silently.
    """
    cells = sheet.column(column)
    texts = [shown(cell) for cell in cells]
    width = width or _usual_width(known) or _usual_width([cell for cell in cells if isinstance(cell, str)])
    faults = []
    for i, text in enumerate(texts):
        if text.isdecimal() and text not in known and width and len(text) < width:
            params = {"value": text, "suggested": text.zfill(width)}
            faults.append(CellFault(sheet.cell(i, column), "leading_zero_lost", params))
    return texts, faults


def _usual_width(found: Collection[str]) -> int | None:
    """The length that most codes of digits with a leading zero have; None if there are none, or no one length."""
    led = [code for code in found if code.isdecimal() and code.startswith("0")]
    length, times = Counter(map(len, led)).most_common(1)[0] if led else (0, 0)
    return length if times * 2 > len(led) else None


def days(sheet: Sheet, column: str) -> tuple[list[date | None], list[CellFault]]:
    """The days of a column: cells that are dates, or text as 2026-07-01; other text is a fault."""
    found: list[date | None] = []
    faults = []
    for i, cell in enumerate(sheet.column(column)):
        day = _day(cell)
        if day is None and cell is not None:
            faults.append(CellFault(sheet.cell(i, column), *_no_day(shown(cell))))
        found.append(day)
    return found, faults


def _day(cell: object) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell):
        return _calendar_day(cell)
    return None


def _calendar_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _no_day(text: str) -> tuple[str, dict[str, object]]:
    """The fault of a text where a day should be; what was probably meant is suggested, day before month."""
    if written := DAY_FIRST.fullmatch(text):
        day, month, year = map(int, written.groups())
        if meant := _calendar_day(f"{year:04}-{month:02}-{day:02}"):
            return "date_as_text", {"value": text, "suggested": meant.isoformat()}
    return "not_a_day", {"value": text[:60]}


def wholes(sheet: Sheet, column: str) -> tuple[list[int | None], list[CellFault]]:
    """The whole numbers of a column, none below 0; empty cells are None."""
    found: list[int | None] = []
    faults = []
    for i, cell in enumerate(sheet.column(column)):
        text = shown(cell)
        whole = int(text) if re.fullmatch(r"\d{1,15}", text) else None
        if whole is None and cell is not None:
            faults.append(CellFault(sheet.cell(i, column), "not_a_whole_number", {"value": text[:60]}))
        found.append(whole)
    return found, faults


def shares(sheet: Sheet, column: str) -> tuple[list[float | None], list[CellFault]]:
    """Shares above 0 up to 1, written as a number, with a decimal comma, or as a percentage."""
    found: list[float | None] = []
    faults = []
    for i, cell in enumerate(sheet.column(column)):
        share = _share(shown(cell).replace(",", "."))
        if share is None and cell is not None:
            faults.append(CellFault(sheet.cell(i, column), "not_a_share", {"value": shown(cell)[:60]}))
        found.append(share)
    return found, faults


def _share(text: str) -> float | None:
    written = re.fullmatch(r"(\d{1,3}(?:\.\d{1,15})?)\s*(%?)", text)
    if written is None:
        return None
    share = float(written[1]) / (100 if written[2] else 1)
    return share if 0 < share <= 1 else None


def required(sheet: Sheet, column: str) -> list[CellFault]:
    """A fault for each empty cell of a column."""
    return [
        CellFault(sheet.cell(i, column), "empty_cell", {"column": column})
        for i, cell in enumerate(sheet.column(column))
        if cell is None
    ]


def one_of(sheet: Sheet, column: str, values: Collection[str]) -> list[CellFault]:
    """A fault for each filled cell that holds none of the values."""
    known = "; ".join(values)
    return [
        CellFault(sheet.cell(i, column), "not_one_of", {"value": shown(cell)[:60], "known": known})
        for i, cell in enumerate(sheet.column(column))
        if cell is not None and shown(cell) not in values
    ]


def repeated(sheet: Sheet, column: str) -> list[CellFault]:
    """A fault for each cell that says what a cell above it says."""
    first: dict[str, int] = {}
    faults = []
    for i, cell in enumerate(sheet.column(column)):
        text = shown(cell)
        if text and (other := first.setdefault(text, i)) != i:
            params = {"value": text[:60], "other": sheet.cell(other, column)}
            faults.append(CellFault(sheet.cell(i, column), "repeated_value", params))
    return faults
