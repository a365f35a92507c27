"""SPSS and Stata files, read in a process of their own: what breaks the reader does not break the server.

``python -m survey_app.earlier.reader in.sav out.json`` writes the table as JSON, or its faults.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
from datetime import datetime, time
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat

from survey_app.tables import STATISTICAL_ERRORS, TableFileError, read_table
from survey_app.uploads import CONTROL, MOJIBAKE, TCVN3, UploadRefused, shown, tidied
from survey_app.uploads.faults import CellFault, refused

MEMORY = 3 << 30  # bytes; of addresses, more than is ever used
SECONDS = 60
MOST_ROWS = 100_000
MOST_COLUMNS = 2_000
MOST_CELLS = 6_000_000
MOST_BYTES = 300 << 20  # of all cells, texts at their full width
READERS: dict[str, Callable[..., Any]] = {".sav": pyreadstat.read_sav, ".dta": pyreadstat.read_dta}


def main(source: str, target: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        found = _table(Path(source))
    except UploadRefused as refusal:
        found = {"faults": [(fault.cell, fault.code, dict(fault.params)) for fault in refusal.faults]}
    Path(target).write_text(json.dumps(found, ensure_ascii=False, allow_nan=False), encoding="utf-8")


def _table(path: Path) -> dict[str, Any]:
    suffix = path.suffix
    try:
        _require_bounded(path, suffix)
        frame = read_table(path)
    except TableFileError as error:
        raise refused("no_rows" if error.code == "no_rows" else "unreadable", kind=suffix) from error
    except (*STATISTICAL_ERRORS, UnicodeError, OverflowError) as error:
        raise refused("unreadable", kind=suffix) from error
    return _plain_table(frame)


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
    widths = sum(max(8, width) for width in about.variable_storage_width.values())
    if rows > MOST_ROWS or rows * columns > MOST_CELLS or rows * widths > MOST_BYTES:
        raise refused("too_many_rows", rows=rows, most=MOST_ROWS)


def _plain_table(frame: pd.DataFrame) -> dict[str, Any]:
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
    return {"columns": columns, "value_labels": labels, "column_labels": titles}


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


def _plain(cell: object) -> str | int | float | None:
    """Numbers and text; whole numbers without decimals, days and moments as text, infinity as nothing."""
    if isinstance(cell, bool):
        return int(cell)
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < 10**15:
            return int(cell)
        return cell if abs(cell) < float("inf") else None
    if isinstance(cell, datetime):
        return shown(cell.date() if cell.time() == time.min else cell)
    return cell if isinstance(cell, str | int | None) else str(cell)


if __name__ == "__main__":
    main(*sys.argv[1:])
