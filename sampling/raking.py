"""Raking (iterative proportional fitting) on cells: rows are read once to make the cells and once to apply factors.

Deming & Stephan (1940); Deville, Särndal & Sautory (1993), JASA 88, 1013-1020, for raking as calibration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from sampling.door import Floats, Ints, numbers
from sampling.faults import SamplingError

Codes = Sequence[npt.NDArray[np.integer]]

TOLERANCE = 1e-10  # relative to the control
MAX_ITERATIONS = 2000
ROWS_PER_CELL = 2  # a full table of cells is kept as long as it has no more than two cells a row


@dataclass(frozen=True, slots=True)
class RakedCells:
    """Factors that bring cell totals to the controls.

    factors : (cells,) or (cells, R), as the totals that were given.
    iterations : of the slowest replicate.
    largest_gap : |reached - wanted| / wanted, the largest of all controls and replicates.
    """

    factors: Floats
    iterations: int
    largest_gap: float


@dataclass(frozen=True, slots=True)
class Names:
    """What margins and levels are called in a refusal; numbers where nobody said."""

    margins: tuple[str, ...] = ()
    levels: tuple[tuple[str, ...], ...] = ()

    def of(self, margin: int, level: int) -> dict[str, object]:
        named = bool(self.margins)
        return {
            "margin": self.margins[margin] if named else margin + 1,
            "level": self.levels[margin][level] if named else level,
        }


def rake_cells(
    cell_totals: npt.ArrayLike,
    cell_codes: Codes,
    controls: Sequence[npt.ArrayLike],
    *,
    names: Names | None = None,
    tolerance: float = TOLERANCE,
    max_iterations: int = MAX_ITERATIONS,
) -> RakedCells:
    """Factors by cell that rake the totals of cells to the margins.

    Parameters
    ----------
    cell_totals : (cells,) or (cells, R) sums of base weights, zero or more; a column for each replicate.
    cell_codes : for each margin the level (cells,) of each cell, counted from 0.
    controls : for each margin the totals (levels,).

    Raises
    ------
    SamplingError : a level with a control and no weight (in some replicate), weight where the control is zero, margins
        of different totals, and raking that has not converged after ``max_iterations``: it names the margin and the
        level that is furthest off, with the total reached and the total wanted.

    Notes
    -----
    Margin by margin, each cell is multiplied by wanted / reached. The margin with most levels is kept apart from the
    crossing of all others, so that a round costs two products of the table with a vector.
    """
    table = numbers(cell_totals, "cell_totals")
    if table.min() < 0:
        raise SamplingError("negative_cells")
    wanted = [numbers(totals, "controls") for totals in controls]
    plan = _plan(cell_codes, wanted, names or Names())
    columns = np.asfortranarray(table.reshape(len(table), -1))  # each replicate in one piece of memory
    factors = np.empty_like(columns)
    iterations, gap = 0, 0.0
    for r in range(columns.shape[1]):
        replicate = r + 1 if table.ndim > 1 else None
        fitted = _fit(plan, columns[:, r], replicate, tolerance, max_iterations)
        np.multiply(fitted.lead[plan.lead_code], fitted.rest[plan.rest_code], out=factors[:, r])
        iterations, gap = max(iterations, fitted.iterations), max(gap, fitted.gap)
    return RakedCells(factors.reshape(table.shape), iterations, gap)


def number_cells(codes: Codes, sizes: Sequence[int]) -> tuple[Ints, list[Ints]]:
    """The cell of each row, and the level in each margin of each cell.

    codes : for each margin the level (n,) of each row. sizes : levels of each margin.
    """
    cell = np.asarray(codes[0]).astype(np.intp)
    levels: list[Ints] = [np.arange(sizes[0])]
    for code, size in zip(codes[1:], sizes[1:], strict=True):
        known = len(levels[0])
        cell *= size
        np.add(cell, code, out=cell, casting="unsafe")
        levels = [*(np.repeat(one, size) for one in levels), np.tile(np.arange(size), known)]
        if known * size > ROWS_PER_CELL * len(cell) + 1000:  # most of the table is empty: keep the cells that occur
            present, cell = np.unique(cell, return_inverse=True)
            levels = [one[present] for one in levels]
    return cell, levels


def rake_many(
    codes: Codes,
    base_weights: npt.ArrayLike,
    controls: Sequence[npt.ArrayLike],
    *,
    names: Names | None = None,
    tolerance: float = TOLERANCE,
    max_iterations: int = MAX_ITERATIONS,
) -> Floats:
    """Base weights (n,), or many columns of them (n, R), raked to the same margins.

    codes : for each margin the level (n,) of each row as integers from 0. Columns in Fortran order are read faster.
    Zero base weights (units that a replicate leaves out) stay zero. Refuses what :func:`rake_cells` refuses.
    """
    weighed = numbers(base_weights, "base_weights")
    sizes = [len(np.asarray(totals)) for totals in controls]
    _check_codes(codes, sizes, len(weighed))
    cell, levels = number_cells(codes, sizes)
    columns = weighed.reshape(len(weighed), -1)
    if columns.min() < 0:
        raise SamplingError("negative_cells")
    n_cells = len(levels[0])
    totals = np.stack([np.bincount(cell, column, n_cells) for column in columns.T], axis=-1)
    raked = rake_cells(
        totals if weighed.ndim > 1 else totals[:, 0],
        levels,
        controls,
        names=names,
        tolerance=tolerance,
        max_iterations=max_iterations,
    )
    factors = raked.factors.reshape(n_cells, -1)
    result = np.empty_like(columns)
    for r in range(columns.shape[1]):
        np.multiply(np.ascontiguousarray(factors[:, r])[cell], columns[:, r], out=result[:, r])
    return result.reshape(weighed.shape)


@dataclass(frozen=True, slots=True)
class _Plan:
    """The cells as a table: levels of the leading margin x combinations of all others."""

    names: Names
    order: tuple[int, ...]  # margins as they are fitted, the leading one first
    wanted: tuple[Floats, ...]  # in that order
    lead_code: Ints  # (cells,)
    rest_code: Ints  # (cells,)
    rest_levels: tuple[Ints, ...]  # for each margin but the leading one, the level of each combination
    by_lead: tuple[csr_array, Ints]  # the table, and which cell each of its entries is
    by_rest: tuple[csr_array, Ints]  # its transpose


@dataclass(frozen=True, slots=True)
class _Fitted:
    lead: Floats
    rest: Floats
    iterations: int
    gap: float


def _plan(cell_codes: Codes, wanted: Sequence[Floats], names: Names) -> _Plan:
    _check_codes(cell_codes, [len(totals) for totals in wanted], len(cell_codes[0]))
    sums = [float(totals.sum()) for totals in wanted]
    if max(sums) - min(sums) > 1e-9 * max(sums):
        low, high = int(np.argmin(sums)), int(np.argmax(sums))
        one, two = names.of(low, 0)["margin"], names.of(high, 0)["margin"]
        raise SamplingError("margins_disagree", one=one, sum_one=sums[low], two=two, sum_two=sums[high])
    lead = int(np.argmax([len(totals) for totals in wanted]))
    order = (lead, *(k for k in range(len(wanted)) if k != lead))
    lead_code = np.asarray(cell_codes[lead], dtype=np.intp)
    rest_code: Ints = np.zeros(len(lead_code), dtype=np.intp)
    levels: list[Ints] = []
    if len(order) > 1:
        rest_code, levels = number_cells([cell_codes[k] for k in order[1:]], [len(wanted[k]) for k in order[1:]])
    shape = (len(wanted[lead]), len(levels[0]) if levels else 1)
    return _Plan(
        names,
        order,
        tuple(wanted[k] for k in order),
        lead_code,
        rest_code,
        tuple(levels),
        _table(lead_code, rest_code, shape),
        _table(rest_code, lead_code, shape[::-1]),
    )


def _table(row: Ints, column: Ints, shape: tuple[int, int]) -> tuple[csr_array, Ints]:
    """A sparse table with an entry for each cell, sorted by row, and the cell of each entry."""
    cell = np.lexsort((column, row))
    starts = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=shape[0]))])
    return csr_array((np.zeros(len(row)), column[cell], starts), shape=shape), cell


def _fit(plan: _Plan, totals: Floats, replicate: int | None, tolerance: float, max_iterations: int) -> _Fitted:
    """The factors of one column of cell totals."""
    by_lead, by_rest = (_filled(table, totals) for table in (plan.by_lead, plan.by_rest))
    rest = np.ones(by_rest.shape[0])
    lead_sums = by_lead @ rest
    _check_support(plan, lead_sums, by_rest @ np.ones(by_lead.shape[0]), replicate)
    gaps: list[Floats] = []
    for iteration in range(1, max_iterations + 1):
        lead = _ratio(plan.wanted[0], lead_sums)
        table = (by_rest @ lead) * rest
        for level, wanted in zip(plan.rest_levels, plan.wanted[1:], strict=True):
            step = _ratio(wanted, _sum_by(level, table, len(wanted)))[level]
            table *= step
            rest *= step
        lead_sums = by_lead @ rest
        reached = [lead * lead_sums, *_sums(plan, table)]
        gaps = [_relative(one, wanted) for one, wanted in zip(reached, plan.wanted, strict=True)]
        largest = max(float(gap.max()) for gap in gaps)
        if largest <= tolerance:
            return _Fitted(lead, rest, iteration, largest)
    worst = int(np.argmax([gap.max() for gap in gaps]))
    furthest = int(np.argmax(gaps[worst]))
    raise SamplingError(
        "raking_not_converged",
        **plan.names.of(plan.order[worst], furthest),
        iterations=max_iterations,
        reached=float(reached[worst][furthest]),
        wanted=float(plan.wanted[worst][furthest]),
        replicate=_of_replicate(replicate),
    )


def _sum_by(code: Ints, values: Floats, size: int) -> Floats:
    return np.asarray(np.bincount(code, values, size), dtype=np.float64)


def _sums(plan: _Plan, table: Floats) -> list[Floats]:
    """Totals of the levels of all margins but the leading one, from totals of their combinations."""
    others = zip(plan.rest_levels, plan.wanted[1:], strict=True)
    return [_sum_by(level, table, len(wanted)) for level, wanted in others]


def _filled(table: tuple[csr_array, Ints], totals: Floats) -> csr_array:
    matrix, cell = table
    matrix.data = totals[cell]
    return matrix


def _ratio(wanted: Floats, reached: Floats) -> Floats:
    """What levels are multiplied by; 1 where both sides are zero."""
    return np.divide(wanted, reached, out=np.ones_like(wanted), where=reached > 0)


def _relative(reached: Floats, wanted: Floats) -> Floats:
    return np.divide(np.abs(reached - wanted), wanted, out=np.zeros_like(wanted), where=wanted > 0)


def _check_codes(codes: Codes, sizes: Sequence[int], count: int) -> None:
    if len(codes) != len(sizes) or not sizes:
        raise SamplingError("margins_and_controls", margins=len(codes), controls=len(sizes))
    for k, (code, size) in enumerate(zip(codes, sizes, strict=True)):
        if len(code) != count:
            raise SamplingError("column_rows_differ", name=f"codes[{k}]", found=len(code), expected=count)
        if not np.issubdtype(code.dtype, np.integer) or code.min() < 0 or code.max() >= size:
            raise SamplingError("bad_codes", margin=k + 1, levels=size)


def _check_support(plan: _Plan, lead_sums: Floats, rest_sums: Floats, replicate: int | None) -> None:
    """Refuses levels that have a control and no weight, or weight and a control of zero."""
    for k, (sums, wanted) in enumerate(zip([lead_sums, *_sums(plan, rest_sums)], plan.wanted, strict=True)):
        for wrong, fault in (((wanted > 0) & (sums == 0), "empty_level"), ((wanted == 0) & (sums > 0), "zero_level")):
            if wrong.any():
                level = int(np.argmax(wrong))
                where = plan.names.of(plan.order[k], level)
                raise SamplingError(fault, **where, total=float(wanted[level]), replicate=_of_replicate(replicate))


def _of_replicate(replicate: int | None) -> str:
    return "" if replicate is None else f" [#{replicate}]"
