"""Tables that people upload, Excel or CSV: read safely and cleaned; every fault named with its cell.

Texts come without spaces around and doubled inside, accents composed; whole numbers without decimals; a column keeps
the kinds of its cells. HTML in a text is text. Nothing is guessed: what could be read in two ways is a fault.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import PurePath

import pandas as pd

from survey_app.uploads.csv_file import csv_rows
from survey_app.uploads.faults import CellFault, UploadRefused, cell_name, refused
from survey_app.uploads.xlsx_file import RawSheet, read_workbook

MOST_ROWS = 250_000
HEADER_WITHIN = 30  # rows; titles and notes stand above it
HEADER_FILLED = 0.75  # of the cells of the fullest row
CSV_SUFFIXES = (".csv", ".txt", ".tsv")
OLD_SUFFIXES = (".xls", ".xlsm", ".xlsb", ".xltx", ".xltm", ".ods")
ENOUGH_FAULTS = 10_000  # after so many the rest is not looked at
EXACT_DIGITS = 10**15  # of a whole number that Excel keeps

INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
# UTF-8 that was once read as windows-1252: “Hà Nội” as “HÃ  Ná»™i”; letters that were lost on the way: “N?i”
MOJIBAKE = re.compile(
    "\ufffd|á[º»]|Ã[\u00a0-\u00bf ]|Ä[‘ƒ\u0090]|Æ[°¡¯\u00a0]"
    "|(?<![/.=&?\\w])[^\\W\\d_]{1,3}\\?{1,2}[^\\W\\d_]{1,3}(?!\\w)"
)
# TCVN3 (fonts .VnTime): “Hà Nội” as “Hµ Néi”
TCVN3 = re.compile("[^\\W\\d_][µ¸¶¹¨»¾¼½Æ©®][^\\W\\d_]|[^\\W\\d_][µ¸¶¹](?=\\s|$)")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as it was uploaded: text, int, float, bool, date, datetime or None in each cell."""

    name: str
    header: tuple[str, ...]
    rows: list[tuple[object, ...]]
    first_row: int  # of the data, as Excel numbers it
    positions: tuple[int, ...]  # where each column stands in the file, from 0
    row_numbers: Sequence[int]  # of each row in the file; empty rows are left out

    def cell(self, i: int, column: str | int) -> str:
        """The address in the file of row ``i`` (from 0) of ``rows`` in a column, by heading or place: ``C5``."""
        place = self.header.index(column) if isinstance(column, str) else column
        return cell_name(self.row_numbers[i], self.positions[place])

    def column(self, name: str) -> list[object]:
        """The cells of a column from top to bottom."""
        place = self.header.index(name)
        return [row[place] for row in self.rows]

    def frame(self) -> pd.DataFrame:
        """All cells as text, "" where there is none; row ``i`` of the frame is row ``i`` of ``rows``."""
        columns = zip(*self.rows, strict=True) if self.rows else [()] * len(self.header)
        texts = {name: list(map(shown, cells)) for name, cells in zip(self.header, columns, strict=True)}
        return pd.DataFrame(texts, dtype="str")


def read_sheet(data: bytes, filename: str, *, max_rows: int = MOST_ROWS, sheet: str | None = None) -> Sheet:
    """The table of an .xlsx or .csv file: of the sheet named, or of the first visible one that is not empty.

    Raises
    ------
    UploadRefused
        With all faults of the file, by cell.
    """
    raw = _raw(data, filename, max_rows + HEADER_WITHIN + 1, sheet)
    top = _header_row(raw.rows)
    if top is None:
        raise UploadRefused([*raw.faults, CellFault("", "no_header")])
    columns, faults = _columns(raw.rows, top)
    faults = [*raw.faults, *faults, *_merged(raw, top, columns)]
    table = _cleaned(raw, top, columns, faults)
    if len(table.rows) > max_rows:
        faults.append(CellFault("", "too_many_rows", {"rows": len(table.rows), "most": max_rows}))
    if not table.rows:
        faults.append(CellFault("", "no_rows"))
    if faults:
        raise UploadRefused(faults)
    return table


def named(sheet: Sheet, names: Mapping[str, Sequence[str]], required: Sequence[str]) -> Sheet:
    """The sheet with our names for the columns that are found under one of their headings; other columns stay.

    names: our name -> headings in any language; spaces, capitals and accents do not matter. A column that is required
    and not there is refused with the headings that are.
    """
    keys = {heading_key(heading): name for name, known in names.items() for heading in (name, *known)}
    header = tuple(keys.get(heading_key(heading), heading) for heading in sheet.header)
    there = ", ".join(sheet.header)
    faults = [
        CellFault("", "missing_column", {"column": next(iter(names[name]), name), "known": there})
        for name in required
        if name not in header
    ]
    twice = sorted({name for name in header if header.count(name) > 1})
    faults += [CellFault("", "repeated_column", {"column": next(iter(names[name]), name)}) for name in twice]
    if faults:
        raise UploadRefused(faults)
    return replace(sheet, header=header)


def heading_key(heading: str) -> str:
    """A heading without what people write in many ways: “Mã đơn vị” and “MA_DON_VI” are one."""
    plain = unicodedata.normalize("NFD", heading.casefold().replace("đ", "d"))
    return re.sub(r"[\W_]+", "", "".join(sign for sign in plain if not unicodedata.combining(sign)))


def shown(cell: object) -> str:
    """A cell as text: whole numbers without decimals, days as 2026-07-01, nothing as ""."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return f"{cell:.15g}"
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def _raw(data: bytes, filename: str, most: int, sheet: str | None) -> RawSheet:
    suffix = PurePath(filename).suffix.lower()
    if suffix in OLD_SUFFIXES:
        raise refused("old_format" if suffix != ".xlsm" else "macros")
    if not data:
        raise refused("empty_file")
    if suffix == ".xlsx":
        return read_workbook(data, most, sheet)
    if suffix not in CSV_SUFFIXES:
        raise refused("unknown_suffix", suffix=suffix or filename[-20:])
    if data.startswith((b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0")):
        raise refused("not_csv")
    rows: list[list[object]] = [list(row) for row in csv_rows(data, most)]
    return RawSheet(PurePath(filename).stem, rows)


def _filled(row: Sequence[object]) -> int:
    return sum(not _blank(cell) for cell in row)


def _blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _header_row(rows: Sequence[Sequence[object]]) -> int | None:
    """The first row that is nearly as full as the fullest and made of words."""
    top = rows[:HEADER_WITHIN]
    fullest = max(map(_filled, top), default=0)
    for place, row in enumerate(top):
        filled = _filled(row)
        if filled and filled >= HEADER_FILLED * fullest:
            words = sum(isinstance(cell, str) and re.search(r"[^\W\d_]", cell) is not None for cell in row)
            return place if words * 2 >= filled else None
    return None


def _columns(rows: Sequence[Sequence[object]], top: int) -> tuple[dict[int, str], list[CellFault]]:
    """The heading of each column by its place, and what is wrong with the headings."""
    headings = {place: tidied(shown(cell)) for place, cell in enumerate(rows[top])}
    named_columns = {place: heading for place, heading in headings.items() if heading}
    faults = []
    first: dict[str, int] = {}
    for place, heading in named_columns.items():
        if (other := first.setdefault(heading.casefold(), place)) != place:
            params = {"heading": heading, "other": cell_name(top + 1, other)}
            faults.append(CellFault(cell_name(top + 1, place), "repeated_heading", params))
    for place in sorted(_filled_places(rows[top + 1 :]) - set(named_columns)):
        faults.append(CellFault(cell_name(top + 1, place), "unnamed_column"))
    return named_columns, faults


def _filled_places(rows: Sequence[Sequence[object]]) -> set[int]:
    """The places of the columns that hold anything."""
    open_places = set(range(max(map(len, rows), default=0)))
    found: set[int] = set()
    for row in rows:
        found |= {place for place in open_places if place < len(row) and not _blank(row[place])}
        open_places -= found
        if not open_places:
            break
    return found


def _merged(raw: RawSheet, top: int, columns: Mapping[int, str]) -> Iterator[CellFault]:
    """Merged cells from the header on; a merged title above it does no harm."""
    for (row, column), (last_row, last_column) in sorted(raw.merged):
        if last_row >= top and column <= max(columns):
            cells = f"{cell_name(row + 1, column)}:{cell_name(last_row + 1, last_column)}"
            yield CellFault(cells, "merged_cells")


def _cleaned(raw: RawSheet, top: int, columns: Mapping[int, str], faults: list[CellFault]) -> Sheet:
    """The rows below the header; what is wrong with single cells is added to the faults."""
    places = tuple(columns)
    known: dict[str, str] = {}
    rows: list[tuple[object, ...]] = []
    numbers = []
    for number, row in enumerate(raw.rows[top + 1 :], start=top + 2):
        cells: list[object] = []
        for place in places:
            cell = row[place] if place < len(row) else None
            text: object = known.get(cell) if isinstance(cell, str) else None
            if text is None:
                text, fault = _clean(cell)
                if fault:
                    faults.append(CellFault(cell_name(number, place), fault, {"value": _quoted(cell)}))
                elif isinstance(cell, str) and isinstance(text, str):
                    known[cell] = text
            cells.append(text)
        if any(cell is not None for cell in cells) and not _numbers_the_columns(cells):
            rows.append(tuple(cells))
            numbers.append(number)
        if len(faults) > ENOUGH_FAULTS:
            break
    return Sheet(raw.name, tuple(columns.values()), rows, numbers[0] if numbers else top + 2, places, numbers)


def _numbers_the_columns(cells: Sequence[object]) -> bool:
    """Whether a row is the (1) (2) (3) that official tables have below the header."""
    return all(isinstance(cell, str) and re.fullmatch(r"\(\d{1,2}\)", cell) for cell in cells if cell is not None)


def _clean(cell: object) -> tuple[object, str]:
    """A cell as it is kept, and the code of its fault or ""."""
    if isinstance(cell, str):
        text, fault = _checked(cell)
        return text or None, fault
    if isinstance(cell, float):
        if math.isnan(cell):
            return None, ""
        lost = abs(cell) >= EXACT_DIGITS
        return int(cell) if cell.is_integer() else cell, "digits_lost" if lost else ""
    if isinstance(cell, datetime) and cell.time() == time.min:
        return cell.date(), ""
    return str(cell) if isinstance(cell, timedelta) else cell, ""


def tidied(text: str) -> str:
    """Text with composed accents and single spaces, without signs that nobody sees."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", INVISIBLE.sub("", text))
    return " ".join(text.split())


def _checked(text: str) -> tuple[str, str]:
    """The text tidied, and the code of its fault or ""."""
    if CONTROL.search(text):
        return "", "control_character"
    found = tidied(text)
    if found.isascii() and "?" not in found:
        return found, ""
    if MOJIBAKE.search(found):
        return found, "mojibake"
    return found, "tcvn3" if TCVN3.search(found) else ""


def _quoted(cell: object) -> str:
    """The beginning of a text, with a sign for each that cannot be shown."""
    return CONTROL.sub("\N{SYMBOL FOR SUBSTITUTE}", f"{cell:.0f}" if isinstance(cell, float) else str(cell)[:60])
