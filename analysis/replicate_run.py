"""One kind of estimate of the cells of a sample: with the weights as they are, and under each replicate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.clusters import Clusters, Stage, domain_stages
from analysis.replicate_cells import ReplicateCells
from analysis.replicate_moments import Moments, left_out, moments_of, point
from analysis.replicates import Jackknife, Replicates
from analysis.results import Kind
from analysis.sums import Bools, Floats, Ints, numbered, sum_by


@dataclass(frozen=True, eq=False)
class Run:
    """One kind of estimate of the cells of a sample, under replicates."""

    cells: ReplicateCells
    replicates: Replicates
    kind: Kind

    def whole(self) -> dict[str, Floats]:
        """The estimates with the weights as they are, and what stands beside them: arrays (D, K) by name."""
        found = [self._whole_of(chosen) for chosen in self.cells.column_blocks()]
        return {name: np.concatenate([part[name] for part in found], axis=1) for name in found[0]}

    def _whole_of(self, chosen: slice) -> dict[str, Floats]:
        sums = self.cells.sums(chosen)
        total, size, count = self.cells.by_domain(sums.total), self.cells.by_domain(sums.size), sums.count
        n = np.broadcast_to(self.cells.counted(count), total.shape)
        estimate = np.where(n > 0, self._point(total, size), np.nan)
        df = np.broadcast_to(self.freedom(count), total.shape)
        return {"estimate": estimate, "size": np.broadcast_to(size, total.shape), "n": n, "df": df}

    def estimates(self) -> Iterator[tuple[slice, Floats]]:
        """Estimates (D, r, K) of blocks of replicates."""
        cells = self.cells
        for chosen in cells.replicate_blocks(self.replicates):
            factors = self.replicates.block(chosen)
            calibrated = None
            if cells.recalibration is not None:
                calibrated = cells.recalibration.factors(factors, chosen.start + 1)
            found = np.empty((cells.n_domains, factors.shape[1], cells.columns.shape[1]))
            for columns in cells.column_blocks():
                totals = cells.replicated(cells.sums(columns), factors, calibrated)
                found[:, :, columns] = self._point(totals.total, totals.size)
            yield chosen, found

    def moments(self, estimate: Floats, kept: list[Floats] | None) -> Moments:
        """Moments of all replicates about the estimate (D, K); their deviations (D, r, K) are added to ``kept``."""
        replicates = self.replicates
        if isinstance(replicates, Jackknife) and self._without_replicates and kept is None:
            return self._jackknife_moments(replicates, estimate)
        moments = Moments(*np.zeros((4, *estimate.shape)))
        for chosen, estimates in self.estimates():
            deviations = estimates - estimate[:, None, :]
            moments = moments + moments_of(deviations, replicates.rscales[chosen])
            if kept is not None:
                kept.append(deviations)
        return moments

    @property
    def _without_replicates(self) -> bool:
        jackknife = self.replicates
        return isinstance(jackknife, Jackknife) and not jackknife.adjusted.any() and self.cells.recalibration is None

    def _jackknife_moments(self, jackknife: Jackknife, estimate: Floats) -> Moments:
        without = left_out(jackknife, *self._occurring, self.cells.n_domains)
        found = []
        for chosen in self.cells.column_blocks():
            sums = self.cells.sums(chosen)
            size = None if self.kind is Kind.TOTAL else sums.size
            found.append(without.moments(sums.total, size, estimate[:, chosen]))
        return Moments.side_by_side(found)

    def _point(self, total: Floats, size: Floats) -> Floats:
        return point(total, None if self.kind is Kind.TOTAL else size)

    def units_in_domains(self) -> tuple[Ints, Ints]:
        """First-stage units with rows in each domain: units (q,) and domains (q,)."""
        return self._occurring[1], self._occurring[2]

    def answered(self) -> Bools:
        """Whether any row of these has an answer (q, K)."""
        number, unit, _ = self._occurring
        width = self.cells.columns.shape[1]
        blocks = self.cells.column_blocks()
        counts = [sum_by(number, self.cells.sums(chosen).count, len(unit)) for chosen in blocks]
        found = [
            np.broadcast_to(count, (len(unit), len(range(width)[chosen])))
            for count, chosen in zip(counts, blocks, strict=True)
        ]
        return np.concatenate(found, axis=1) > 0

    @cached_property
    def _occurring(self) -> tuple[Ints, Ints, Ints]:
        """Units × domains that occur: number of each cell, and their unit and domain."""
        keys = (self.cells.unit, self.replicates.n_units), (self.cells.domain, self.cells.n_domains)
        number, (unit, domain) = numbered(*keys)
        return number, unit, domain

    def freedom(self, count: Floats) -> Floats:
        """Units less groups with an answer in the domain (D, K), at most those of the replicates."""
        number, unit, domain = self._occurring
        answered = sum_by(number, count, len(unit))
        groups, group = np.unique(self.replicates.group, return_inverse=True)
        drawn = np.bincount(group, minlength=len(groups))
        none = np.zeros(len(groups))
        stage = Stage(np.arange(len(group)), group.astype(np.intp), drawn, none, none.astype(np.bool_))
        found = domain_stages(Clusters((stage,)), unit, domain, self.cells.n_domains)[0].degrees_of_freedom(answered)
        return np.minimum(found, self.replicates.degrees_of_freedom)
