"""Tables whose cells are text, or may be: CSV files and Excel sheets. What is a number is decided by whole columns.

A column is numeric if each of its cells is a number or blank ("", "NA", "NaN"). It stays text as soon as one cell has
a leading zero before a digit or is a whole number of more than 15 digits: those are codes, and a float would change
them. In a column of text "NA" stays "NA": it may well be a code (Nghệ An); only the empty cell is missing there.
"""

from __future__ import annotations

import csv
import re
import unicodedata
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from openpyxl.utils.exceptions import InvalidFileException

from survey_app.table_faults import TableFileError, listed

SEPARATORS = ",;\t"
ABSENT = ("", "NA", "NaN", "nan")
POINT = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
COMMA = POINT.replace(r"\.", ",")
WITH_COMMA = r"^[+-]?\d+,\d+$"
WITH_POINT = r"^[+-]?\d+\.\d+$"
WHOLE = r"^[+-]?\d+$"
CODE = r"^[+-]?(0\d.*|\d{16,})$"
# 12.345 in a file separated by semicolons: twelve thousand in Việt Nam, twelve and a bit elsewhere
GROUPED = r"^[+-]?[1-9]\d{0,2}(\.\d{3})+$"
WHOLE_OR_GROUPED = f"{WHOLE}|{GROUPED}"
BLOCK = 1 << 24  # bytes; a row must fit into it
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def tidy(text: str) -> str:
    """Without spaces around it, accents composed: "Hà Nội " typed on two systems is one name."""
    return unicodedata.normalize("NFC", text).strip()


def read_csv(path: Path) -> pd.DataFrame:
    """A CSV file in UTF-8, separated by comma, semicolon or tab, whichever the header has most of."""
    data = path.read_bytes().removeprefix(BYTE_ORDER_MARK)
    text_of_header = _header(data, path)
    separator = max(SEPARATORS, key=re.sub(r'"(?:[^"]|"")*"', "", text_of_header).count)
    cells = _cells(data, separator, len(next(csv.reader([text_of_header], delimiter=separator))), path)
    names = [str(column[0]) for column in cells]
    columns = _without_tail([_Texts(column.slice(1)) for column in cells])
    mark = _decimal_mark(columns) if separator == ";" else "."
    table = framed(names, [column.typed(mark) for column in columns], path)
    table.attrs["decimal_mark"] = mark
    return table


def _decimal_mark(columns: Sequence[_Texts]) -> str:
    """Of a file separated by semicolons: the comma, or "" for a point that may also stand between thousands."""
    commas, points, grouped = (
        sum(column.count(sign) for column in columns) for sign in (WITH_COMMA, WITH_POINT, GROUPED)
    )
    return "," if commas and commas >= points - grouped else ""


def _header(data: bytes, path: Path) -> str:
    """The header, quoted line breaks included; refuses a file that is empty or not in UTF-8."""
    if not data.strip():
        raise TableFileError(path, "empty")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as problem:
        row = data.count(b"\n", 0, problem.start) + 1
        raise TableFileError(path, "encoding", row=row, byte=problem.start + 1) from problem
    header = re.match(rb'(?:[^"\r\n]|"(?:[^"]|"")*"?)*', data)
    return header[0].decode("utf-8") if header else ""


def _cells(data: bytes, separator: str, n_columns: int, path: Path) -> list[pa.Array]:
    """The cells by column, the header among them, all as text."""
    ragged: list[int] = []

    def noted(row: pyarrow.csv.InvalidRow) -> str:
        ragged.append(int(row.number))
        return "skip"

    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(data),
            read_options=pyarrow.csv.ReadOptions(use_threads=False, autogenerate_column_names=True, block_size=BLOCK),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=separator, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=noted
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types={f"f{place}": pa.string() for place in range(n_columns)}, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as problem:
        raise TableFileError(path, "unreadable", suffix=".csv", reason=problem) from problem
    if ragged:
        raise TableFileError(path, "ragged", rows=listed(ragged), expected=n_columns)
    return [column.combine_chunks() for column in table.columns]


class _Texts:
    """A column of text: its distinct values, and which of them stands in each row."""

    def __init__(self, cells: pa.Array) -> None:
        encoded = cells.dictionary_encode()
        self.levels = pc.utf8_normalize(pc.utf8_trim_whitespace(encoded.dictionary), form="NFC")
        self.places: np.ndarray = encoded.indices.to_numpy()
        self._figures = self.levels.filter(pc.invert(pc.is_in(self.levels, value_set=pa.array(ABSENT))))

    def last_filled(self) -> int:
        """The number of rows up to the last that is not empty."""
        filled = pc.not_equal(self.levels, "").to_numpy(zero_copy_only=False)[self.places]
        return int(filled.size - filled[::-1].argmax()) if filled.any() else 0

    def count(self, pattern: str) -> int:
        """How many distinct values look like this."""
        return int(pc.sum(pc.match_substring_regex(self.levels, pattern), min_count=0).as_py())

    def typed(self, decimal_mark: str) -> pd.Series:
        """Whole numbers, numbers, or text, as the distinct values allow."""
        in_two_ways = not decimal_mark and self._all(WHOLE_OR_GROUPED) and self._any(GROUPED)
        if not self._all(COMMA if decimal_mark == "," else POINT) or self._any(CODE) or in_two_ways:
            cells = self.levels.to_numpy(zero_copy_only=False).astype(object)
            cells[cells == ""] = None
            return pd.Series(cells[self.places], dtype="str")
        texts = self.levels.to_pylist()
        if len(self._figures) == len(self.levels) and self._all(WHOLE):
            return pd.Series(np.array([int(text) for text in texts], dtype=np.int64)[self.places])
        of_level = [np.nan if text in ABSENT else float(text.replace(",", ".")) for text in texts]
        return pd.Series(np.array(of_level, dtype=np.float64)[self.places])

    def _all(self, pattern: str) -> bool:
        return bool(pc.all(pc.match_substring_regex(self._figures, pattern), min_count=0).as_py())

    def _any(self, pattern: str) -> bool:
        return bool(pc.any(pc.match_substring_regex(self._figures, pattern), min_count=0).as_py())


def _without_tail(columns: Sequence[_Texts]) -> Sequence[_Texts]:
    """Without the empty lines at the end of the file; one in the middle stays a row, so that row numbers hold."""
    last = max((column.last_filled() for column in columns), default=0)
    for column in columns:
        column.places = column.places[:last]
    return columns


def framed(names: Iterable[str], columns: Iterable[pd.Series], path: Path) -> pd.DataFrame:
    """The columns under their names; columns with neither name nor content are left out."""
    named = [(tidy(name), column) for name, column in zip(names, columns, strict=True)]
    for place, (name, column) in enumerate(named, start=1):
        if not name and column.notna().any():
            raise TableFileError(path, "unnamed_column", position=place)
    kept = [(name, column) for name, column in named if name]
    if not kept:
        raise TableFileError(path, "empty")
    name, times = Counter(name for name, _column in kept).most_common(1)[0]
    if times > 1:
        raise TableFileError(path, "repeated_column", column=name, times=times)
    if not len(kept[0][1]):
        raise TableFileError(path, "no_rows")
    return pd.DataFrame(dict(kept))


def read_xlsx(path: Path) -> pd.DataFrame:
    """The first sheet of an Excel workbook; formulas count with the values Excel last computed."""
    try:
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore", UserWarning)  # styles and extensions that openpyxl does not keep
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # some programs write a wrong one
            rows = [list(row) for row in sheet.iter_rows(values_only=True)]
            book.close()
    except (InvalidFileException, zipfile.BadZipFile, KeyError, IndexError) as problem:
        raise TableFileError(path, "unreadable", suffix=".xlsx", reason=problem) from problem
    while rows and not any(shown(cell) for cell in rows[-1]):
        rows.pop()
    if not rows:
        raise TableFileError(path, "empty")
    width = max(map(len, rows))
    header, *body = [row + [None] * (width - len(row)) for row in rows]
    columns = list(zip(*body, strict=True)) or [()] * width
    return framed((shown(name) for name in header), map(_typed, columns), path)


def _typed(cells: Sequence[object]) -> pd.Series:
    """A column of Excel cells; figures kept as text count as figures, unless they are codes."""
    if any(isinstance(cell, str) for cell in cells):
        return _Texts(pa.array([shown(cell) for cell in cells], pa.string())).typed(".")
    if all(cell is None for cell in cells):
        return pd.Series(np.full(len(cells), np.nan))
    return pd.Series(list(cells)).infer_objects()


def shown(cell: object) -> str:
    """A cell as a code or a name: no decimals on whole numbers, no midnight on dates."""
    if cell is None or cell is pd.NaT or (isinstance(cell, float) and np.isnan(cell)):
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime) and cell.time() == time.min:
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return tidy(str(cell))
