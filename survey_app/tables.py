"""Tables from and to files by their suffix: CSV, SPSS, Stata, Excel, Parquet; and columns of them as numbers or labels.

``frame.attrs`` of an SPSS or Stata file hold ``value_labels`` (column -> code -> label; the codes stay in the cells)
and ``column_labels``; they are written again. Codes that the file declares missing are missing. docs/decisions/0010.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pyreadstat
from openpyxl.cell import WriteOnlyCell

from survey_app.table_faults import TableFileError, listed
from survey_app.table_names import SPSS_LENGTH, STATA_LENGTH, program_names
from survey_app.table_text import ABSENT, COMMA, GROUPED, POINT, framed, read_csv, read_xlsx, shown, tidy

__all__ = [
    "SUFFIXES",
    "TableFileError",
    "file_rows",
    "filled_numbers",
    "labels",
    "numbers",
    "read_table",
    "without_infinity",
    "write_table",
]

STATA_LABEL_LENGTH = 80
LONGEST_NUMBER = 10**15  # a double keeps 15 digits
STATISTICAL_ERRORS = (pyreadstat.ReadstatError, pyreadstat.PyreadstatError)


def read_table(path: Path, columns: Iterable[str] | None = None) -> pd.DataFrame:
    """The table in a file. Numbers are int64 or float64, text is ``str``, missing is NaN; rows are numbered from 0.

    columns: those that are needed; of a Parquet file the others are not read.
    Raises TableFileError where the file is not what its suffix says, has no rows, or two columns of one name; and for
    a Parquet file that lacks one of ``columns``.
    """
    reader = _by_suffix(path, READERS)
    with path.open("rb") as file:  # a missing file is refused alike by all readers
        if not file.read(1):
            raise TableFileError(path, "empty")
    frame: pd.DataFrame = reader(path) if columns is None or reader is not _read_parquet else reader(path, columns)
    return frame


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write the columns (not the index) in full precision, in the format of the suffix.

    SPSS and Stata get names in ASCII of a length they take; a name that had to be changed becomes the column's label.
    They have no infinity: it becomes missing there (``without_infinity`` says whether that concerns a column).
    """
    _by_suffix(path, WRITERS)(frame, path)


def without_infinity(frame: pd.DataFrame, path: Path) -> list[str]:
    """The columns of which infinite values are missing once they are written to this file."""
    if path.suffix.lower() not in {".sav", ".dta"}:
        return []
    floats = [name for name in frame if pd.api.types.is_float_dtype(frame[name].dtype)]
    return [str(name) for name in floats if np.isinf(frame[name]).any()]


def numbers(frame: pd.DataFrame, column: str, *, path: Path) -> npt.NDArray[np.float64]:
    """A column as float64, NaN where blank. TableFileError names the rows that hold no (finite) number."""
    cells = _column(frame, column, path)
    if pd.api.types.is_numeric_dtype(cells.dtype):
        values = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        wrong = np.isinf(values)
        code = "not_a_number"
    else:
        places, levels = pd.factorize(cells)
        read = [_number(level, frame.attrs.get("decimal_mark", ".")) for level in levels]
        values = np.array([value for value, _code in read] + [np.nan])[places]
        code = next(
            (code for code in ("not_a_number", "thousands") if any(code == fault for _value, fault in read)), ""
        )
        wrong = np.array([code != "" and fault == code for _value, fault in read] + [False])[places]
    if wrong.any():
        first = shown(cells.iloc[int(wrong.argmax())])
        raise TableFileError(path, code, column=column, rows=listed(file_rows(wrong, path)), value=first)
    return values


def filled_numbers(
    frame: pd.DataFrame,
    column: str,
    *,
    path: Path,
    rows: npt.NDArray[np.bool_] | None = None,
    code: str = "blank_number",
) -> npt.NDArray[np.float64]:
    """A column as float64. TableFileError names the rows that are blank, of those that are asked for (None: all)."""
    values = numbers(frame, column, path=path)
    blank = np.isnan(values) if rows is None else np.isnan(values) & rows
    if blank.any():
        raise TableFileError(path, code, column=column, rows=listed(file_rows(blank, path)))
    return values


def labels(frame: pd.DataFrame, column: str, *, path: Path) -> pd.Series:
    """A column as codes or names: 3.0 is "3", spaces around are gone. TableFileError names the rows that are blank."""
    places, levels = pd.factorize(_column(frame, column, path))
    texts = np.array([shown(level) for level in levels] + [""], dtype=object)[places]
    blank = texts == ""
    if blank.any():
        raise TableFileError(path, "blank", column=column, rows=listed(file_rows(blank, path)))
    return pd.Series(texts, index=frame.index, name=column, dtype="str")


def _by_suffix(path: Path, known: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
    if path.suffix.lower() not in known:
        raise TableFileError(path, "unknown_suffix", suffix=path.suffix, known=" ".join(known))
    return known[path.suffix.lower()]


def _column(frame: pd.DataFrame, column: str, path: Path) -> pd.Series:
    if tidy(column) not in frame.columns:
        raise TableFileError(path, "missing_column", column=column, known=", ".join(map(str, frame.columns)))
    cells: pd.Series = frame[tidy(column)]
    return cells


def file_rows(mask: npt.NDArray[np.bool_], path: Path) -> list[int]:
    """Row numbers as the program shows them: a spreadsheet counts the header, SPSS and Stata count cases."""
    first = 2 if path.suffix.lower() in {".csv", ".xlsx"} else 1
    return [int(place) + first for place in mask.nonzero()[0]]


def _number(cell: object, decimal_mark: str) -> tuple[float, str]:
    """The number of a cell, or why it has none."""
    text = shown(cell)
    if text in ABSENT:
        return np.nan, ""
    between_thousands = "," if decimal_mark == "." else "."
    if between_thousands in text and re.match(GROUPED, text.replace(between_thousands, ".")):
        return np.nan, "thousands"
    if not re.match(COMMA if decimal_mark == "," else POINT, text):
        return np.nan, "not_a_number"
    return float(text.replace(",", ".")), ""


def _read_sav(path: Path) -> pd.DataFrame:
    return _statistical(pyreadstat.read_sav, path)


def _read_dta(path: Path) -> pd.DataFrame:
    return _statistical(pyreadstat.read_dta, path)


def _statistical(reader: Callable[..., Any], path: Path) -> pd.DataFrame:
    """A table of ReadStat with its labels; user-missing codes arrive as missing."""
    try:
        frame, meta = reader(str(path), user_missing=False, apply_value_formats=False)
    except STATISTICAL_ERRORS as problem:
        raise TableFileError(path, "unreadable", suffix=path.suffix, reason=problem) from problem
    table = framed(frame.columns, (_plain(frame[name]) for name in frame), path)
    table.attrs["value_labels"] = {tidy(name): dict(of) for name, of in meta.variable_value_labels.items()}
    described = {tidy(name): text for name, text in meta.column_names_to_labels.items() if text}
    table.attrs["column_labels"] = described
    return table


def _plain(column: pd.Series) -> pd.Series:
    """Numbers as numbers, also where some are coded missing; empty text as missing, though programs call it a value."""
    if column.dtype != object and not pd.api.types.is_string_dtype(column.dtype):
        return column
    filled = column.dropna()
    if all(isinstance(cell, int | float) for cell in filled):
        return column.astype("float64")
    if not all(isinstance(cell, str) for cell in filled):
        return column  # dates and times of day
    return column.astype("str").mask(column == "")


def _read_parquet(path: Path, columns: Iterable[str] | None = None) -> pd.DataFrame:
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            stored = [name for name in file.schema_arrow.names if not re.fullmatch(r"__index_level_\d+__", name)]
            kept = stored if columns is None else _among(stored, columns, path)
            table = file.read(columns=list(dict.fromkeys(kept)))
    except pa.ArrowException as problem:
        raise TableFileError(path, "unreadable", suffix=".parquet", reason=problem) from problem
    return framed(table.column_names, map(_plain_arrow, table.columns), path)


def _among(stored: list[str], columns: Iterable[str], path: Path) -> list[str]:
    """The stored names of the columns."""
    wanted, known = {tidy(name): name for name in columns}, {tidy(name) for name in stored}
    for name, given in wanted.items():
        if name not in known:
            raise TableFileError(path, "missing_column", column=given, known=", ".join(map(tidy, stored)))
    return [name for name in stored if tidy(name) in wanted]


def _plain_arrow(column: pa.ChunkedArray) -> pd.Series:
    """As :func:`_plain`, by the type of the column; categories as their values, decimals as floats."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        texts: pd.Series = column.to_pandas().astype("str")
        return texts.mask(texts == "")
    missing_truth = pa.types.is_boolean(kind) and column.null_count
    if pa.types.is_decimal(kind) or pa.types.is_null(kind) or missing_truth:
        column = column.cast(pa.float64())
    plain: pd.Series = column.to_pandas()
    return plain


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def _write_xlsx(frame: pd.DataFrame, path: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([str(name) for name in frame.columns])
    for row in frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None):
        sheet.append([_xlsx_cell(sheet, value) for value in row])
    book.save(path)


def _xlsx_cell(sheet: Any, value: Any) -> object:
    """Text stays text, also where it begins like a formula; numbers keep all digits (openpyxl writes 16)."""
    native = value.item() if isinstance(value, np.generic) else value
    figure = isinstance(native, int | float) and not isinstance(native, bool) and np.isfinite(native)
    cell = WriteOnlyCell(sheet, value=repr(native) if figure else str(native) if isinstance(native, float) else native)
    cell.data_type = "n" if figure else cell.data_type.replace("f", "s")
    return cell


def _write_parquet(frame: pd.DataFrame, path: Path) -> None:
    bare = frame.copy(deep=False)
    bare.attrs = {}  # labels are nothing that Parquet knows
    pyarrow.parquet.write_table(pa.Table.from_pandas(bare, preserve_index=False), path)


def _write_sav(frame: pd.DataFrame, path: Path) -> None:
    _write_statistical(pyreadstat.write_sav, frame, path, SPSS_LENGTH)


def _write_dta(frame: pd.DataFrame, path: Path) -> None:
    _write_statistical(pyreadstat.write_dta, frame, path, STATA_LENGTH)


def _write_statistical(writer: Callable[..., Any], frame: pd.DataFrame, path: Path, length: int) -> None:
    names = program_names(map(str, frame.columns), length)
    described = frame.attrs.get("column_labels", {})
    column_labels = {
        name: described.get(column, str(column) if name != column else "")[:STATA_LABEL_LENGTH]
        for name, column in zip(names, frame.columns, strict=True)
    }
    coded = frame.attrs.get("value_labels", {})
    value_labels = {
        name: {code: label for code, label in coded[column].items() if not isinstance(code, str)}  # .a is a letter
        for name, column in zip(names, frame.columns, strict=True)
        if column in coded and pd.api.types.is_numeric_dtype(frame[column].dtype)
    }
    plain = pd.DataFrame({name: _storable(frame[column]) for name, column in zip(names, frame, strict=True)})
    try:
        writer(plain, str(path), column_labels=column_labels, variable_value_labels=value_labels)
    except STATISTICAL_ERRORS as problem:
        raise TableFileError(path, "unwritable", suffix=path.suffix, reason=problem) from problem


def _storable(column: pd.Series) -> pd.Series:
    """Truth values as 0 and 1, categories and long codes as text, infinity as missing: neither program has them."""
    if pd.api.types.is_bool_dtype(column.dtype):
        return column.astype("Int8").astype("float64")
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.astype("str")
    if pd.api.types.is_integer_dtype(column.dtype) and (column.abs() >= LONGEST_NUMBER).any():
        return column.astype("str")
    if pd.api.types.is_float_dtype(column.dtype):
        return column.mask(np.isinf(column))
    return column


READERS: dict[str, Callable[..., pd.DataFrame]] = {
    ".csv": read_csv,
    ".sav": _read_sav,
    ".dta": _read_dta,
    ".xlsx": read_xlsx,
    ".parquet": _read_parquet,
}
WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    ".csv": _write_csv,
    ".sav": _write_sav,
    ".dta": _write_dta,
    ".xlsx": _write_xlsx,
    ".parquet": _write_parquet,
}
SUFFIXES = tuple(READERS)
