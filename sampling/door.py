"""Columns as they come in, looked at before anything is computed from them. Data rows are counted from 1."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from sampling.faults import SamplingError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]

SHOWN = 5  # rows or levels that a sentence names before it counts the rest


def shown(items: list[str] | npt.NDArray[np.object_]) -> str:
    """The first items in a line, and how many there are."""
    named = ", ".join(str(item) for item in items[:SHOWN])
    return named if len(items) <= SHOWN else f"{named}, … ({len(items)})"


def row_list(rows: Bools) -> str:
    """The data rows where the mask holds, counted from 1."""
    return shown([str(row + 1) for row in np.flatnonzero(rows)])


def numbers(values: npt.ArrayLike, name: str, *, expected: int | None = None) -> Floats:
    """The column as finite numbers; refused are text, blanks, infinities, an empty column, another length."""
    try:
        column = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        parsed = pd.to_numeric(pd.Series(np.asarray(values, dtype=object).ravel()), errors="coerce")
        raise SamplingError("column_not_numbers", name=name, rows=row_list(parsed.isna().to_numpy())) from error
    if column.ndim == 0 or len(column) == 0:
        raise SamplingError("column_without_rows", name=name)
    if expected is not None and len(column) != expected:
        raise SamplingError("column_rows_differ", name=name, found=len(column), expected=expected)
    _refuse("column_not_numbers", name, ~np.isfinite(column))
    return column


def positive(values: npt.ArrayLike, name: str, *, expected: int | None = None) -> Floats:
    """The column as numbers above zero; a weight of zero or less stands for nobody."""
    column = numbers(values, name, expected=expected)
    _refuse("column_not_positive", name, column <= 0)
    return column


def _refuse(code: str, name: str, wrong: Bools) -> None:
    if wrong.any():
        rows = np.asarray(wrong.reshape(len(wrong), -1).any(axis=1), dtype=np.bool_)
        raise SamplingError(code, name=name, rows=row_list(rows))
