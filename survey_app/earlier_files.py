"""Files of past years as tables: Excel and CSV, SPSS and Stata. What is inside decides, never the name alone."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time
from pathlib import Path, PurePath

import pandas as pd
import pyreadstat

from survey_app.tables import STATISTICAL_ERRORS, TableFileError, read_table
from survey_app.uploads import CONTROL, MOJIBAKE, TCVN3, Sheet, read_sheet, shown, tidied
from survey_app.uploads.faults import CellFault, UploadRefused, refused

STATISTICAL = {".sav": (b"$FL2", b"$FL3"), ".dta": (b"<stata_dta>", *(bytes([mark]) for mark in range(104, 116)))}
MOST_ROWS = 100_000
MOST_COLUMNS = 2_000
MOST_CELLS = 20_000_000
READERS = {".sav": pyreadstat.read_sav, ".dta": pyreadstat.read_dta}


@dataclass(frozen=True, slots=True)
class PastSheet(Sheet):
    """A table of a past year; of SPSS and Stata files also what their codes and columns mean."""

    value_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # column -> code -> label
    column_labels: Mapping[str, str] = field(default_factory=dict)
    by_case: bool = False  # rows are cases, columns have names and no letters

    def cell(self, i: int, column: str | int) -> str:
        """The address of a cell; in files without letters ``column:case``."""
        if not self.by_case:
            return Sheet.cell(self, i, column)
        name = column if isinstance(column, str) else self.header[column]
        return f"{name}:{self.row_numbers[i]}"

    def texts(self, column: str) -> list[str]:
        """The cells of a column as text, by their labels where they have some."""
        known = self.value_labels.get(column, {})
        return [known.get(text, text) for text in map(shown, self.column(column))]

    def title(self, column: str) -> str:
        """What a column is called: its label, else its heading."""
        return self.column_labels.get(column, column)


def read_past(data: bytes, filename: str) -> PastSheet:
    """The table of an .xlsx, .csv, .sav or .dta file.

    Raises
    ------
    UploadRefused
        With all faults of the file, by cell.
    """
    suffix = PurePath(filename).suffix.lower()
    if suffix in STATISTICAL:
        return _statistical(data, suffix, PurePath(filename).stem)
    sheet = read_sheet(data, filename, max_rows=MOST_ROWS)
    return PastSheet(*(getattr(sheet, part.name) for part in fields(Sheet)))


def _statistical(data: bytes, suffix: str, name: str) -> PastSheet:
    if not data:
        raise refused("empty_file")
    if not data.startswith(STATISTICAL[suffix]):
        raise refused("not_statistical", suffix=suffix)
    with tempfile.TemporaryDirectory(prefix="past") as folder:  # only this account may look into it
        path = Path(folder, f"table{suffix}")
        path.write_bytes(data)
        try:
            _require_bounded(path, suffix)
            frame = read_table(path)
        except TableFileError as error:
            raise refused("no_rows" if error.code == "no_rows" else "unreadable", kind=suffix) from error
        except (*STATISTICAL_ERRORS, UnicodeError, OverflowError) as error:
            raise refused("unreadable", kind=suffix) from error
    return _sheet_of(frame, name)


def _require_bounded(path: Path, suffix: str) -> None:
    """Refuse what unpacks to more than a survey ever has; a file that does not say how many rows it has is counted."""
    read = READERS[suffix]
    _none, about = read(str(path), metadataonly=True)
    columns, rows = about.number_columns or 0, about.number_rows
    if columns > MOST_COLUMNS:
        raise refused("too_wide", columns=columns)
    if rows is None or rows < 0:
        first, _about = read(str(path), usecols=about.column_names[:1], row_limit=MOST_ROWS + 1)
        rows = len(first)
    if rows > MOST_ROWS or rows * columns > MOST_CELLS:
        raise refused("too_many_rows", rows=rows, most=MOST_ROWS)


def _sheet_of(frame: pd.DataFrame, name: str) -> PastSheet:
    faults: list[CellFault] = []
    columns = {tidied(str(column)): _cells(frame[column], str(column), faults) for column in frame}
    labels = {
        tidied(str(column)): {shown(_plain(code)): _label(label, str(column), faults) for code, label in known.items()}
        for column, known in frame.attrs.get("value_labels", {}).items()
    }
    described = frame.attrs.get("column_labels", {})
    titles = {tidied(str(column)): _label(text, str(column), faults) for column, text in described.items()}
    if faults:
        raise UploadRefused(faults)
    rows = list(zip(*columns.values(), strict=True))
    header = tuple(columns)
    places, numbers = tuple(range(len(header))), range(1, len(rows) + 1)
    return PastSheet(name, header, rows, 1, places, numbers, labels, titles, by_case=True)


def _cells(column: pd.Series, name: str, faults: list[CellFault]) -> list[object]:
    found = [_plain(cell) for cell in column.astype(object).where(column.notna(), None)]
    for i, cell in enumerate(found, start=1):
        if isinstance(cell, str) and (code := _fault(cell)):
            faults.append(CellFault(f"{name}:{i}", code, {"value": CONTROL.sub("?", cell[:60])}))
    return [tidied(cell) or None if isinstance(cell, str) else cell for cell in found]


def _label(label: object, column: str, faults: list[CellFault]) -> str:
    text = str(label)
    if code := _fault(text):
        faults.append(CellFault(column, code, {"value": CONTROL.sub("?", text[:60])}))
    return tidied(text)


def _fault(text: str) -> str:
    """The code of what is wrong with a text, or ""."""
    if CONTROL.search(" ".join(text.split())):
        return "control_character"
    if text.isascii() and "?" not in text:
        return ""
    return "mojibake" if MOJIBAKE.search(text) else "tcvn3" if TCVN3.search(text) else ""


def _plain(cell: object) -> object:
    """Whole numbers without decimals, moments at midnight as days."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 10**15:
        return int(cell)
    if isinstance(cell, datetime):
        return cell.date() if cell.time() == time.min else cell
    return cell if isinstance(cell, str | int | float | bool | date | None) else str(cell)


def column_values(sheet: PastSheet, column: str) -> Sequence[str]:
    """The different answers of a column as text, numbers in their order."""
    found = {text for text in map(shown, sheet.column(column)) if text} | set(sheet.value_labels.get(column, {}))
    return sorted(found, key=lambda text: (not _is_number(text), float(text) if _is_number(text) else 0.0, text))


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdecimal()
