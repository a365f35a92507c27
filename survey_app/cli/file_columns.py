"""Columns and controls of files, as a weighting recipe asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from sampling.faults import SamplingError
from survey_app.tables import filled_numbers, labels, numbers, read_table

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class FileColumns:
    """Columns of a file; what is wrong is said with the row of the file."""

    frame: pd.DataFrame
    path: Path

    @property
    def count(self) -> int:
        """Rows of the file."""
        return len(self.frame)

    def numbers(self, name: str, rows: Bools) -> npt.NDArray[np.float64]:
        """A column as numbers; blanks are refused in the rows that are asked for."""
        return filled_numbers(self.frame, name, path=self.path, rows=rows)

    def labels(self, name: str, rows: Bools) -> npt.NDArray[np.object_]:
        """A column as text; blanks are refused in the rows that are asked for."""
        if rows.all() or name not in self.frame:
            return labels(self.frame, name, path=self.path).to_numpy(dtype=object)
        asked = self.frame[[name]].astype(object)
        asked.loc[~rows, name] = "–"
        return labels(asked, name, path=self.path).to_numpy(dtype=object)


def read_controls(path: Path) -> dict[str, dict[str, float]]:
    """Margins from a table of columns margin, level, total."""
    table = read_table(path)
    margins: dict[str, dict[str, float]] = {}
    rows = zip(
        labels(table, "margin", path=path),
        labels(table, "level", path=path),
        numbers(table, "total", path=path),
        strict=True,
    )
    for margin, level, total in rows:
        if level in margins.setdefault(margin, {}):
            raise SamplingError("control_twice", margin=margin, level=level)
        margins[margin][level] = float(total)
    return margins
