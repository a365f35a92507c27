"""Files of past years as tables: Excel and CSV, SPSS and Stata. What is inside decides, never the name alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path, PurePath

from survey_app.uploads import Sheet, read_sheet, shown
from survey_app.uploads.faults import CellFault, UploadRefused, refused

STATISTICAL = {".sav": (b"$FL2", b"$FL3"), ".dta": (b"<stata_dta>", *(bytes([mark]) for mark in range(104, 116)))}
MOST_ROWS = 100_000
PATIENCE = 120  # seconds for a file of SPSS or Stata


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
    if data.startswith(b"<stata_dta>") and b"<strls></strls>" not in data:
        raise refused("long_texts")  # one text of megabytes may stand in every cell
    with tempfile.TemporaryDirectory(prefix="past") as folder:  # only this account may look into it
        source, target = Path(folder, f"table{suffix}"), Path(folder, "table.json")
        source.write_bytes(data)
        _read_apart(source, target)
        found = json.loads(target.read_text(encoding="utf-8"))
    if "faults" in found:
        raise UploadRefused([CellFault(*fault) for fault in found["faults"]])
    rows = list(zip(*found["columns"].values(), strict=True))
    header, labels, titles = tuple(found["columns"]), found["value_labels"], found["column_labels"]
    return PastSheet(
        name, header, rows, 1, tuple(range(len(header))), range(1, len(rows) + 1), labels, titles, by_case=True
    )


def _read_apart(source: Path, target: Path) -> None:
    """Let a process of its own read the file: a damaged one ends that process, not this one."""
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    known = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "LC_ALL", "TMPDIR", "HOME"}}
    command = [sys.executable, "-m", "survey_app.earlier.reader", str(source), str(target)]
    try:
        subprocess.run(  # noqa: S603 (our own command)
            command,
            env={**known, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"},
            check=True,
            capture_output=True,
            timeout=PATIENCE,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise refused("unreadable", kind=source.suffix) from error


def column_values(sheet: PastSheet, column: str) -> Sequence[str]:
    """The different answers of a column as text, numbers in their order."""
    found = {text for text in map(shown, sheet.column(column)) if text} | set(sheet.value_labels.get(column, {}))
    return sorted(found, key=lambda text: (not _is_number(text), float(text) if _is_number(text) else 0.0, text))


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdecimal()
