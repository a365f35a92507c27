"""Totals of domains under replicate weights, from cells: the rows are read once, however many replicates there are.

The weight of a row in replicate r is its base weight, times the factor of its first-stage unit, times the calibration
factor of its pattern (:mod:`analysis.recalibration`; 1 without calibration). All rows of a cell, unit × domain ×
pattern, share both factors, so the totals of all replicates are products of matrices over the cells of a domain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from analysis.cells import CellIndex, CellSums, cell_index, cell_sums
from analysis.design import SurveyDesign
from analysis.domains import Domains
from analysis.items import Columns
from analysis.recalibration import Recalibration, recalibration_of
from analysis.replicates import Replicates
from analysis.sums import Floats, Ints, numbered, sum_by

CELL_BYTES = 2**28
"""Totals of a block of columns, in float64."""

BLOCK_VALUES = 2**23
"""Factors of a block of replicates, or their estimates."""

CHUNK_VALUES = 2**16
"""Weights of a chunk of cells; they stay within the cache of a core."""


@dataclass(frozen=True)
class Totals:
    """Weighted totals of domains under r replicates, (D, r, K); ``size`` may be (D, r, 1)."""

    total: Floats
    size: Floats


@dataclass(frozen=True, eq=False)
class ReplicateCells:
    """The cells of a sample, and what multiplies the base weights in each of them.

    unit, domain : (C,) first-stage unit and domain of each cell.
    pattern : (C,) of the calibration variables; None without calibration.
    """

    columns: Columns
    index: CellIndex
    unit: Ints
    domain: Ints
    pattern: Ints | None
    n_domains: int
    recalibration: Recalibration | None

    def sums(self, chosen: slice) -> CellSums:
        """Totals of the cells; those of all columns are kept, if they come in one block."""
        return self._all_sums if len(self.column_blocks()) == 1 else cell_sums(self.index, self.columns, chosen)

    @cached_property
    def _all_sums(self) -> CellSums:
        return cell_sums(self.index, self.columns)

    def column_blocks(self) -> list[slice]:
        width = self.columns.shape[1]
        arrays = 1 if self.columns.complete and not self.columns.has_denominator else 3
        step = max(1, min(width, CELL_BYTES // (8 * arrays * max(self.index.n_cells, 1))))
        return [slice(start, min(start + step, width)) for start in range(0, width, step)]

    def replicate_blocks(self, replicates: Replicates) -> Iterator[slice]:
        """Replicates in blocks that keep their factors and estimates within memory."""
        patterns = 0 if self.recalibration is None else self.recalibration.n_patterns
        largest = max(replicates.n_units, patterns, self.n_domains * self.columns.shape[1])
        step = max(1, BLOCK_VALUES // largest)
        yield from (slice(r, min(r + step, replicates.count)) for r in range(0, replicates.count, step))

    def by_domain(self, cells: Floats) -> Floats:
        """Sums over the cells of each domain (D, K), with the calibration that was made."""
        factors = None
        if self.pattern is not None and self.recalibration is not None:
            factors = self.recalibration.whole[self.pattern]
        return sum_by(self.domain, cells, self.n_domains, factors)

    def counted(self, count: Floats) -> Floats:
        """Rows of each domain (D, K)."""
        return sum_by(self.domain, count, self.n_domains)

    def replicated(self, sums: CellSums, factors: Floats, calibrated: Floats | None) -> Totals:
        """Totals under replicates with unit factors (U, r) and calibration factors (M, r)."""
        count = factors.shape[1]
        found = Totals(*(np.zeros((self.n_domains, count, part.shape[1])) for part in (sums.total, sums.size)))
        step = max(1, CHUNK_VALUES // count)
        for domain, of_domain in enumerate(self._cells_by_domain):
            for start in range(0, len(of_domain), step):
                cells = of_domain[start : start + step]
                row_factors = factors[self.unit[cells]]
                if calibrated is not None and self.pattern is not None:
                    row_factors *= calibrated[self.pattern[cells]]
                found.total[domain] += row_factors.T @ sums.total[cells]
                found.size[domain] += row_factors.T @ sums.size[cells]
        return found

    @cached_property
    def _cells_by_domain(self) -> list[Ints]:
        order = np.argsort(self.domain, kind="stable")
        ends = np.searchsorted(self.domain[order], np.arange(self.n_domains + 1))
        return [order[low:high] for low, high in pairwise(ends)]


def replicate_cells(design: SurveyDesign, columns: Columns, domains: Domains) -> ReplicateCells:
    """The cells of a sample in its domains; where its weights were calibrated, with the calibration to repeat."""
    first = design.clusters.stages[0]
    if design.calibration is None:
        index = cell_index(design, domains.code, domains.count)
        return ReplicateCells(columns, index, first.unit[index.unit], index.domain, None, domains.count, None)
    recalibration = recalibration_of(design, design.calibration)
    before = replace(design, estimation_weights=design.calibration.base_weights, calibration=None)
    inside = domains.code >= 0  # also where the calibration gave zero: a replicate may give more
    code = np.full(design.n_rows, -1, dtype=np.intp)
    keys = (domains.code[inside], domains.count), (recalibration.pattern[inside], recalibration.n_patterns)
    code[inside], (domain, pattern) = numbered(*keys)
    index = cell_index(before, code, len(domain))
    return ReplicateCells(
        columns,
        index,
        first.unit[index.unit],
        domain[index.domain],
        pattern[index.domain],
        domains.count,
        recalibration,
    )
