"""What each finest unit adds to the error of each estimate, and the variances that follow.

An estimate is a smooth function of weighted totals. Its linearised variable z turns its variance into that of a
plain total (Taylor; Särndal, Swensson, Wretman 1992, s. 5.5). Where weights were calibrated, z is replaced by its
residual from the regression on the auxiliary variables, base-weighted over the whole sample (Deville, Särndal 1992,
JASA 87, s. 3; R survey 4.1.1 calibrate), so a total of anything that was calibrated on has no error.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import csc_array, csr_array

from analysis.cells import CellIndex, blocks
from analysis.clusters import Clusters, DomainStage
from analysis.design import SurveyDesign
from analysis.items import Columns
from analysis.sums import Floats, Ints, sum_by
from sampling.calibration import Calibration

COLLINEAR = 1e-12
"""An eigenvalue below this share of the largest is rounding: one margin sums to the same total as another."""


@dataclass(frozen=True)
class Auxiliary:
    """The calibration variables: totals by finest unit, and the inverse of their base-weighted cross product."""

    rows: csr_array  # (n, p)
    base_weights: Floats  # (n,)
    unit_totals: Floats  # (F, p), with the final weights
    inverse: Floats  # (p, p); a pseudo-inverse, since margins repeat each other

    @property
    def count(self) -> int:
        return int(self.rows.shape[1])


def auxiliary_of(design: SurveyDesign, calibration: Calibration) -> Auxiliary:
    """The calibration variables of a design, summed by its finest units."""
    rows, base = csr_array(calibration.auxiliary, dtype=np.float64), calibration.base_weights
    picks = (design.estimation_weights, (design.row_unit, np.arange(design.n_rows)))
    by_unit = csr_array(picks, shape=(design.clusters.n_finest, design.n_rows))
    cross = (rows.T @ rows.multiply(base[:, None]).tocsr()).toarray()
    return Auxiliary(rows, base, (by_unit @ rows).toarray(), _pseudo_inverse(cross))


def _pseudo_inverse(cross: Floats) -> Floats:
    """Of a cross product whose columns may repeat each other; in units of each column, since margins count to 1 and
    quantities may reach millions.
    """
    length = np.sqrt(np.diag(cross))
    unit = np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)
    inverse = np.linalg.pinv(unit[:, None] * cross * unit, rcond=COLLINEAR, hermitian=True)
    return np.asarray(unit[:, None] * inverse * unit, dtype=np.float64)


def cross_products(auxiliary: Auxiliary, index: CellIndex, columns: Columns, chosen: slice, n_domains: int) -> Floats:
    """Σ d x y and Σ d x (denominator) by domain: (2, domains, p, K), with the base weights d."""
    p, width = auxiliary.count, len(range(*chosen.indices(columns.shape[1])))
    summed = np.zeros((2, n_domains * p, width))
    for place, block in blocks(index, columns, chosen):
        rows = auxiliary.rows[place if index.rows is None else index.rows[place]]
        entries = np.diff(rows.indptr)
        own = auxiliary.base_weights[place if index.rows is None else index.rows[place]]
        code = rows.indices + np.repeat(index.row_domain[place], entries) * p
        selector = csc_array((rows.data * np.repeat(own, entries), code, rows.indptr), shape=(n_domains * p, len(own)))
        summed[0] += selector @ block.y
        summed[1] += selector @ (block.valid if block.x is None else block.x)
    return summed.reshape(2, n_domains, p, width)


@dataclass(frozen=True)
class Regression:
    """The regression of linearised variables on the calibration variables, over all rows of the sample."""

    auxiliary: Auxiliary
    index: CellIndex
    columns: Columns
    n_domains: int

    def coefficients(self, chosen: slice, centre: Floats, scale: Floats) -> Floats:
        """(D, p, K) of z = (y - centre x) scale in each domain; ``centre`` (D, K), ``scale`` (D, K or 1)."""
        above, below = cross_products(self.auxiliary, self.index, self.columns, chosen, self.n_domains)
        cross = (above - centre[:, None, :] * below) * scale[:, None, :]
        return np.asarray(self.auxiliary.inverse @ cross)


@dataclass(frozen=True)
class Influence:
    """Influence of the finest units on D × K estimates: sums over a unit of w z."""

    clusters: Clusters
    stages: tuple[DomainStage, ...]
    index: CellIndex
    cells: Floats  # (C, K) w z by cell

    def variances(self) -> Floats:
        """(D, K)"""
        return np.asarray(np.sum([stage.variance(self.cells) for stage in self.stages], axis=0))

    def combined(self, loads: Floats) -> Floats:
        """Influences (F, q) on q linear combinations; ``loads`` (D, K, q) holds their coefficients."""
        terms = np.einsum("ck,ckq->cq", self.cells, loads[self.index.domain])
        return sum_by(self.index.unit, terms, self.clusters.n_finest)


@dataclass(frozen=True)
class CalibratedInfluence(Influence):
    """The same, of the residuals of z from its regression on the calibration variables."""

    auxiliary: Auxiliary
    coefficients: Floats  # (D, p, K)

    def variances(self) -> Floats:
        order = np.argsort(self.index.domain, kind="stable")
        ends = np.searchsorted(self.index.domain[order], np.arange(len(self.coefficients) + 1))
        cells = [order[low:high] for low, high in pairwise(ends)]
        return np.array([self.clusters.variance(self._of_domain(d, here)) for d, here in enumerate(cells)])

    def combined(self, loads: Floats) -> Floats:
        regressed: Floats = self.auxiliary.unit_totals @ np.einsum("dpk,dkq->pq", self.coefficients, loads)
        return super().combined(loads) - regressed

    def _of_domain(self, domain: int, cells: Ints) -> Floats:
        """Influences (F, K) on the K estimates of a domain."""
        influence: Floats = -self.auxiliary.unit_totals @ self.coefficients[domain]
        influence[self.index.unit[cells]] += self.cells[cells]
        return influence
