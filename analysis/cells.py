"""Totals by cell, finest unit × domain: one pass over the rows, after which nothing touches the rows again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.design import SurveyDesign
from analysis.items import Block, Columns
from analysis.sums import Floats, Ints, numbered, sum_by

BLOCK_BYTES = 4 * 2**20
"""A block of rows in float64 stays within the cache of a core."""

ROUNDING = 1e-12
"""Share of a sum of squares that rounding may leave of none."""


@dataclass(frozen=True)
class CellIndex:
    """The rows that lie in a domain, in the order of their units, and the cell of each."""

    rows: Ints | None  # (m,) positions; None: all rows in their order
    cell: Ints  # (m,)
    unit: Ints  # (C,) finest unit of each cell
    domain: Ints  # (C,) domain of each cell
    row_weights: Floats  # (m,)
    row_domain: Ints  # (m,)

    @property
    def n_cells(self) -> int:
        return len(self.unit)


def cell_index(design: SurveyDesign, domain: Ints, n_domains: int) -> CellIndex:
    """The cells of rows that lie in a domain (``domain`` (n,), -1: none) and have a positive weight."""
    units = design.row_unit, design.clusters.n_finest
    return index_of_rows(design.estimation_weights, units, (domain, n_domains), design.order)


def index_of_rows(
    row_weights: Floats, units: tuple[Ints, int], domains: tuple[Ints, int], order: Ints | None
) -> CellIndex:
    """The same from the unit and the domain of each row, each with how many there are; ``order``: rows by unit."""
    (row_unit, n_units), (domain, n_domains) = units, domains
    inside = (domain >= 0) & (row_weights > 0)
    rows = order
    if not inside.all():
        rows = np.flatnonzero(inside) if rows is None else rows[inside[rows]]
    unit, row_domain = (row_unit, domain) if rows is None else (row_unit[rows], domain[rows])
    cell, (of_unit, of_domain) = numbered((unit, n_units), (row_domain, n_domains))
    picked = row_weights if rows is None else row_weights[rows]
    return CellIndex(rows, cell, of_unit, of_domain, picked, row_domain)


@dataclass(frozen=True)
class CellSums:
    """Weighted totals of the valid rows of each cell, and how many there are.

    Arrays are (cells, K); ``size`` and ``count`` may be (cells, 1) where they are the same for all columns.
    """

    total: Floats  # Σ w y
    size: Floats  # Σ w x; x = 1 but for ratios
    count: Floats  # valid rows


@dataclass(frozen=True)
class DomainMoments:
    """Weighted second moments by domain, (domains, K); for the variance among people."""

    yy: Floats  # Σ w y²
    xy: Floats  # Σ w x y
    xx: Floats  # Σ w x²
    people: Floats  # Σ w

    @property
    def mean(self) -> Floats:
        """Σ w y / Σ w, where x = 1."""
        return self.xy / self.people

    def squares(self, centre: Floats) -> Floats:
        """Σ w (y - centre x)²; zero where only rounding is left of it."""
        found = self.yy - 2 * centre * self.xy + centre**2 * self.xx
        return np.where(found > ROUNDING * self.yy, found, 0.0)


@dataclass(frozen=True)
class CentredMoments(DomainMoments):
    """The same of y - pivot x instead of y, so that a large mean does not drown the spread around it."""

    pivot: Floats  # (K,)

    @property
    def mean(self) -> Floats:
        return np.asarray(self.pivot + self.xy / self.people)

    def squares(self, centre: Floats) -> Floats:
        shift = centre - self.pivot
        found = self.yy - 2 * shift * self.xy + shift**2 * self.xx
        return np.where(found > ROUNDING * self.yy + (ROUNDING * self.pivot) ** 2 * self.xx, found, 0.0)


def blocks(index: CellIndex, columns: Columns, chosen: slice) -> Iterator[tuple[slice, Block]]:
    """The rows of the index, block by block: their place in the index and their values."""
    width = max(len(range(*chosen.indices(columns.shape[1]))), 1)
    length = max(BLOCK_BYTES // (8 * width), 256)
    for start in range(0, len(index.cell), length):
        place = slice(start, min(start + length, len(index.cell)))
        rows = place if index.rows is None else index.rows[place]
        yield place, columns.read(rows, chosen)


def cell_sums(index: CellIndex, columns: Columns, chosen: slice = slice(None)) -> CellSums:
    """Totals of all cells in one pass over the rows."""
    shape = index.n_cells, len(range(*chosen.indices(columns.shape[1])))
    total = np.zeros(shape)
    plain = columns.complete and not columns.has_denominator
    size = _rows_by_cell(index, index.row_weights) if plain else np.zeros(shape)
    count = _rows_by_cell(index) if columns.complete else np.zeros(shape)
    for place, block in blocks(index, columns, chosen):
        cells, span, here = _local(index, place)
        own = index.row_weights[place]
        total[here] += sum_by(cells, block.y, span, own)
        if not plain:
            size[here] += sum_by(cells, block.valid if block.x is None else block.x, span, own)
        if not columns.complete:
            count[here] += sum_by(cells, block.valid, span)
    return CellSums(total, size, count)


def _rows_by_cell(index: CellIndex, factors: Floats | None = None) -> Floats:
    """Rows of each cell, or the sum of their factors: (cells, 1)."""
    summed = np.bincount(index.cell, weights=factors, minlength=index.n_cells)
    return summed.astype(np.float64)[:, None]


def _local(index: CellIndex, place: slice) -> tuple[Ints, int, slice]:
    """Cells of a block counted from its lowest, how many that spans, and where they lie."""
    cells = index.cell[place]
    low, high = int(cells.min()), int(cells.max()) + 1
    return cells - low, high - low, slice(low, high)


def domain_moments(index: CellIndex, columns: Columns, n_domains: int, chosen: slice, sums: CellSums) -> DomainMoments:
    """Second moments by domain, to be added up with others; only what cells do not hold takes a pass over the rows."""
    if columns.has_denominator:
        return _moments_of_pairs(index, columns, n_domains, chosen)
    xy, xx = (sum_by(index.domain, cells, n_domains) for cells in (sums.total, sums.size))
    if columns.is_binary:
        return DomainMoments(xy, xy, xx, xx)
    yy = _squares(index, columns, n_domains, chosen, np.zeros(sums.total.shape[1]))
    return DomainMoments(yy, xy, xx, xx)


def centred_moments(index: CellIndex, columns: Columns, n_domains: int, chosen: slice, sums: CellSums) -> DomainMoments:
    """The same around the mean, or the ratio, of all domains together."""
    if columns.is_binary:
        return domain_moments(index, columns, n_domains, chosen, sums)
    total, size = sums.total.sum(axis=0), np.broadcast_to(sums.size, sums.total.shape).sum(axis=0)
    pivot = np.divide(total, size, out=np.zeros_like(total), where=size != 0)
    if columns.has_denominator:
        raw = _moments_of_pairs(index, columns, n_domains, chosen, pivot)
        return CentredMoments(raw.yy, raw.xy, raw.xx, raw.people, pivot)
    xy, xx = (sum_by(index.domain, cells, n_domains) for cells in (sums.total - pivot * sums.size, sums.size))
    return CentredMoments(_squares(index, columns, n_domains, chosen, pivot), xy, xx, xx, pivot)


def _squares(index: CellIndex, columns: Columns, n_domains: int, chosen: slice, pivot: Floats) -> Floats:
    """Σ w (y - pivot)² of the valid rows of each domain."""
    summed = np.zeros((n_domains, len(pivot)))
    for place, block in blocks(index, columns, chosen):
        deviations = block.y - pivot * block.valid if pivot.any() else block.y
        summed += sum_by(index.row_domain[place], deviations**2, n_domains, index.row_weights[place])
    return summed


def _moments_of_pairs(
    index: CellIndex, columns: Columns, n_domains: int, chosen: slice, pivot: Floats | float = 0.0
) -> DomainMoments:
    """Of y - pivot x and x."""
    width = len(range(*chosen.indices(columns.shape[1])))
    moments = DomainMoments(*(np.zeros((n_domains, width)) for _ in range(4)))
    for place, block in blocks(index, columns, chosen):
        domain, own = index.row_domain[place], index.row_weights[place]
        x = block.valid if block.x is None else block.x
        y = block.y - pivot * x
        moments.yy[:] += sum_by(domain, y**2, n_domains, own)
        moments.xy[:] += sum_by(domain, x * y, n_domains, own)
        moments.xx[:] += sum_by(domain, x**2, n_domains, own)
        moments.people[:] += sum_by(domain, block.valid, n_domains, own)
    return moments
