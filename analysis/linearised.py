"""What each finest unit adds to the error of each estimate, and the variances that follow.

An estimate is a smooth function of weighted totals. Its linearised variable z turns its variance into that of a
plain total (Taylor; Särndal, Swensson, Wretman 1992, s. 5.5). :mod:`analysis.calibrated` has the same for calibrated
weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.cells import CellIndex
from analysis.clusters import Clusters, DomainStage
from analysis.sums import Floats, sum_by


@dataclass(frozen=True)
class Influence:
    """Influence of the finest units on D × K estimates: sums over a unit of w z."""

    clusters: Clusters
    stages: tuple[DomainStage, ...]
    index: CellIndex
    cells: Floats  # (C, K) w z by cell
    answered: Floats  # (C, K), or (C, 1) where it is the same for all: valid rows

    def variances(self) -> Floats:
        """(D, K)"""
        return np.asarray(np.sum([stage.variance(self.cells) for stage in self.stages], axis=0))

    def joint_df(self, keys: Sequence[tuple[int, int]]) -> float:
        """First-stage units less strata with a valid answer to any of the estimates at ``keys`` (domain, item)."""
        answered, first = np.broadcast_to(self.answered, self.cells.shape), self.clusters.stages[0]
        has = [self.index.unit[(self.index.domain == domain) & (answered[:, item] > 0)] for domain, item in keys]
        units = np.unique(first.unit[np.concatenate(has)]) if has else np.zeros(0, dtype=np.intp)
        return float(len(units) - len(np.unique(first.stratum[units])))

    def combined(self, loads: Floats) -> Floats:
        """Influences (F, q) on q linear combinations; ``loads`` (D, K, q) holds their coefficients."""
        terms = np.zeros((len(self.cells), loads.shape[2]))
        for item in np.flatnonzero(loads.any(axis=(0, 2))):  # item by item, or cells × items × q would stand at once
            terms += self.cells[:, [item]] * loads[self.index.domain, item]
        return sum_by(self.index.unit, terms, self.clusters.n_finest)
