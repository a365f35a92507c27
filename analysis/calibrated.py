"""The error of estimates from calibrated weights.

The linearised variable z is replaced by its residual from the regression on the auxiliary variables, base-weighted
over the whole sample (Deville, Särndal 1992, JASA 87, s. 3; R survey 4.1.1 calibrate), so a total of anything that was
calibrated on has no error.

With c the totals of w z by unit, U those of w times the auxiliary variables, B the coefficients and M the quadratic
form of the design's variance, the variance of a domain's estimate is

    (c - U B)' M (c - U B) = c'Mc - 2 (U'Mc)'B + B'(U'MU) B.

On the right only units with a row in the domain count, and few auxiliary variables touch a unit, so that thousands of
domains cost little. Where the right side cancels, the left is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import csc_array, csr_array

from analysis.cells import CellIndex, blocks
from analysis.clusters import Clusters, DomainStage, Stage
from analysis.design import SurveyDesign
from analysis.items import Columns
from analysis.linearised import Influence
from analysis.sums import Bools, Floats, Ints, sum_by
from sampling.calibration import Calibration

COLLINEAR = 1e-12
"""An eigenvalue below this share of the largest is rounding: one margin sums to the same total as another."""

UNIT_BYTES = 2**26
"""Influences of all units on some estimates of a domain."""

CANCELLED = 1e-3
"""A variance below this share of its terms has lost digits to their difference."""


@dataclass(frozen=True)
class Auxiliary:
    """The calibration variables: totals by finest unit, and the inverse of their base-weighted cross product."""

    rows: csr_array  # (n, p)
    base_weights: Floats  # (n,)
    unit_totals: csr_array  # (F, p), with the final weights
    inverse: Floats  # (p, p); a pseudo-inverse, since margins repeat each other

    @property
    def count(self) -> int:
        return int(self.rows.shape[1])


def auxiliary_of(design: SurveyDesign, calibration: Calibration) -> Auxiliary:
    """The calibration variables of a design, summed by its finest units."""
    rows, base = csr_array(calibration.auxiliary, dtype=np.float64), calibration.base_weights
    picks = (design.estimation_weights, (design.row_unit, np.arange(design.n_rows)))
    by_unit = csr_array(picks, shape=(design.clusters.n_finest, design.n_rows))
    cross = (rows.T @ _scaled(rows, base)).toarray()
    return Auxiliary(rows, base, csr_array(by_unit @ rows), _pseudo_inverse(cross))


def _pseudo_inverse(cross: Floats) -> Floats:
    """Of a cross product whose columns may repeat each other; in units of each column, since margins count to 1 and
    quantities may reach millions.
    """
    length = np.sqrt(np.diag(cross))
    unit = np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)
    inverse = np.linalg.pinv(unit[:, None] * cross * unit, rcond=COLLINEAR, hermitian=True)
    return np.asarray(unit[:, None] * inverse * unit, dtype=np.float64)


def _scaled(rows: csr_array, factors: Floats) -> csr_array:
    """Each row times its factor."""
    return csr_array((rows.data * np.repeat(factors, np.diff(rows.indptr)), rows.indices, rows.indptr), rows.shape)


def _picker(rows: csr_array, domain: Ints, n_domains: int) -> csc_array:
    """The matrix (domains × p, m) that takes values (m, K) to the sums of row ⊗ values by domain."""
    p = rows.shape[1]
    code = rows.indices + np.repeat(domain, np.diff(rows.indptr)) * p
    return csc_array((rows.data, code, rows.indptr), shape=(n_domains * p, rows.shape[0]))


def cross_products(
    auxiliary: Auxiliary, index: CellIndex, columns: Columns, chosen: slice, n_domains: int
) -> tuple[Floats, Floats]:
    """Σ d x y and Σ d x (denominator) by domain: (domains, p, K) each, with the base weights d.

    The second is (domains, p, 1) where it is the same for all columns.
    """
    p, width = auxiliary.count, len(range(*chosen.indices(columns.shape[1])))
    plain = columns.complete and not columns.has_denominator
    above, below = np.zeros((n_domains * p, width)), np.zeros((n_domains * p, 1 if plain else width))
    for place, block in blocks(index, columns, chosen):
        here = place if index.rows is None else index.rows[place]
        domain = index.row_domain[place]
        low, high = int(domain.min()), int(domain.max()) + 1
        picker = _picker(_scaled(auxiliary.rows[here], auxiliary.base_weights[here]), domain - low, high - low)
        x = block.valid if block.x is None else block.x
        above[low * p : high * p] += picker @ block.y
        below[low * p : high * p] += picker @ (np.ones((len(domain), 1)) if plain else x)
    return above.reshape(n_domains, p, width), below.reshape(n_domains, p, -1)


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
class CalibratedInfluence(Influence):
    """Influence of the finest units through the residuals of z from its regression on the calibration variables."""

    auxiliary: Auxiliary
    coefficients: Floats  # (D, p, K)

    def variances(self) -> Floats:
        n_domains = len(self.coefficients)
        if any(stage.average is not None for stage in self.clusters.stages):  # its factor differs between domains
            return self._variances_by_unit(np.ones((n_domains, self.cells.shape[1]), dtype=np.bool_))
        plain, twice, square = super().variances(), *self._terms()
        found = plain - 2 * twice + square
        cancelled = found < CANCELLED * (plain + square)
        return np.where(cancelled, self._variances_by_unit(cancelled), found)

    def combined(self, loads: Floats) -> Floats:
        regressed: Floats = self.auxiliary.unit_totals @ np.einsum("dpk,dkq->pq", self.coefficients, loads)
        return super().combined(loads) - regressed

    def _terms(self) -> tuple[Floats, Floats]:
        """(U'Mc)'B and B'(U'MU)B, each (D, K)."""
        crossed, squared = np.zeros_like(self.coefficients), np.zeros((self.auxiliary.count,) * 2)
        for stage, by_domain in zip(self.clusters.stages, self.stages, strict=True):
            totals = _of_stage(stage, self.auxiliary.unit_totals)
            means = _stratum_means(stage, totals)
            squared += _square(stage, totals, means)
            crossed += _crossed(by_domain, totals, means, self.cells)
        twice = np.einsum("dpk,dpk->dk", crossed, self.coefficients)
        return twice, np.einsum("dpk,dpk->dk", squared @ self.coefficients, self.coefficients)

    def _variances_by_unit(self, asked: Bools) -> Floats:
        """Variances (D, K) from the influence of every unit on each estimate that is asked for."""
        order = np.argsort(self.index.domain, kind="stable")
        ends = np.searchsorted(self.index.domain[order], np.arange(len(asked) + 1))
        variances = np.zeros(asked.shape)
        for domain, (low, high) in enumerate(pairwise(ends)):
            for column in _column_blocks(np.flatnonzero(asked[domain]), self.clusters.n_finest):
                influence = -(self.auxiliary.unit_totals @ self.coefficients[domain][:, column])
                cells = order[low:high]
                influence[self.index.unit[cells]] += self.cells[cells][:, column]
                variances[domain, column] = self.clusters.variance(influence)
        return variances


def _column_blocks(columns: Ints, n_units: int) -> list[Ints]:
    step = max(1, UNIT_BYTES // (8 * n_units))
    return [columns[start : start + step] for start in range(0, len(columns), step)]


def _of_stage(stage: Stage, totals: csr_array) -> csr_array:
    """Totals of the units of a stage (U, p)."""
    return totals if stage.is_finest else _merged(stage.unit, totals, len(stage.stratum))


def _merged(code: Ints, rows: csr_array, count: int) -> csr_array:
    return csr_array(csr_array((np.ones(len(code)), (code, np.arange(len(code)))), shape=(count, len(code))) @ rows)


def _stratum_means(stage: Stage, totals: csr_array) -> csr_array:
    """(H, p); zero in strata whose deviations are taken from zero."""
    return _scaled(_merged(stage.stratum, totals, len(stage.drawn)), stage.centred / stage.drawn)


def _square(stage: Stage, totals: csr_array, means: csr_array) -> Floats:
    """U'MU of one stage (p, p)."""
    of_units = totals.T @ _scaled(totals, stage.factor[stage.stratum])
    of_strata = means.T @ _scaled(means, stage.factor * stage.drawn)
    return np.asarray((of_units - of_strata).toarray())


def sparse_covariance(clusters: Clusters, totals: csr_array) -> Floats:
    """Covariance matrix (q, q) of sums of ``totals`` (finest units, q), of which few are not zero."""
    whole = np.zeros((totals.shape[1],) * 2)
    for stage in clusters.stages:
        of_units = _of_stage(stage, totals)
        whole += _square(stage, of_units, _stratum_means(stage, of_units))
    return whole


def _crossed(by_domain: DomainStage, totals: csr_array, means: csr_array, cells: Floats) -> Floats:
    """U'Mc of one stage (D, p, K)."""
    stage, domain, stratum = by_domain.stage, by_domain.domain, by_domain.stratum
    of_unit, n_domains = by_domain.merged(cells), by_domain.n_domains
    of_group = sum_by(by_domain.group, of_unit, len(stratum))
    units = _scaled(totals[by_domain.unit], stage.factor[stratum[by_domain.group]])
    strata = _scaled(means[stratum], stage.factor[stratum])
    summed = (
        _picker(units, domain[by_domain.group], n_domains) @ of_unit - _picker(strata, domain, n_domains) @ of_group
    )
    return np.asarray(summed).reshape(n_domains, totals.shape[1], -1)
