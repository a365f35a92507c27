"""What is wrong with an uploaded table, cell by cell; the words stand in ``words``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

MOST_FAULTS = 200  # nobody mends more of them in one go


@dataclass(frozen=True, slots=True)
class CellFault:
    """A fault in one cell (``C5``), in a range of cells (``B2:C3``), or in the whole file (no cell)."""

    cell: str
    code: str
    params: Mapping[str, object] = field(default_factory=dict)


class UploadRefused(ValueError):
    """An uploaded file is not taken; ``faults`` by row, of more than 200 the rest is only counted."""

    def __init__(self, faults: Sequence[CellFault]) -> None:
        shown = sorted(faults, key=_place)[:MOST_FAULTS]
        if len(faults) > MOST_FAULTS:
            shown.append(CellFault("", "more_faults", {"n": len(faults) - MOST_FAULTS}))
        self.faults = tuple(shown)
        super().__init__("; ".join(f"{fault.cell} {fault.code}".strip() for fault in shown[:10]))


def _place(fault: CellFault) -> tuple[int, int, str]:
    """Where a fault stands among the others: the file's first, then by row and column."""
    letters, digits = re.match(r"([A-Z]*)(\d*)", fault.cell).groups()  # type: ignore[union-attr]
    return int(digits or 0), len(letters), letters


def refused(code: str, cell: str = "", **params: object) -> UploadRefused:
    """The refusal of a file for one fault."""
    return UploadRefused([CellFault(cell, code, params)])


def column_letters(position: int) -> str:
    """``A`` for the first column, 0; ``AB`` for the 28th."""
    letters = ""
    number = position + 1
    while number:
        number, place = divmod(number - 1, 26)
        letters = chr(ord("A") + place) + letters
    return letters


def cell_name(row: int, position: int) -> str:
    """``C5`` for row number 5 and the third column, 2."""
    return f"{column_letters(position)}{row}"
