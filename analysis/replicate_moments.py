"""Sums over replicates from which their variance follows; for the jackknife without going through the replicates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.replicates import Jackknife, Replicates
from analysis.sums import Floats, Ints, numbered, sum_by

BLOCK_VALUES = 2**23
"""Totals that are worked on at a time."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over replicates of their deviations δ = θ_r - θ from the estimate, (D, K)."""

    plain: Floats  # Σ δ, of replicates with an rscale above zero
    first: Floats  # Σ rscale δ
    second: Floats  # Σ rscale δ²
    lost: Floats  # replicates in which there is nothing to estimate from

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            self.plain + other.plain, self.first + other.first, self.second + other.second, self.lost + other.lost
        )

    @classmethod
    def side_by_side(cls, parts: Sequence[Moments]) -> Moments:
        """Those of blocks of columns."""
        names = ("plain", "first", "second", "lost")
        return cls(*(np.concatenate([getattr(part, name) for part in parts], axis=1) for name in names))

    def variance(self, replicates: Replicates) -> Floats:
        """scale × Σ rscale (δ - mean)², with the mean zero under ``mse``; NaN where a replicate is lost."""
        mean = np.zeros_like(self.plain) if replicates.mse else self.plain / np.count_nonzero(replicates.rscales)
        squares = self.second - 2 * mean * self.first + mean**2 * replicates.rscales.sum()
        return np.where(self.lost > 0, np.nan, replicates.scale * squares)


def point(total: Floats, size: Floats | None) -> Floats:
    """total / size, NaN where the size is zero; the total itself without a size."""
    if size is None:
        return total
    return np.asarray(np.divide(total, size, out=np.full(total.shape, np.nan), where=size != 0))


def moments_of(deviations: Floats, rscales: Floats) -> Moments:
    """Of deviations (D, r, K) of some replicates with ``rscales`` (r,); NaN: lost."""
    lost = np.isnan(deviations)
    known = np.where(lost, 0.0, deviations)
    plain = known.sum(axis=1) if rscales.all() else known[:, rscales > 0].sum(axis=1)
    first, second = rscales @ known, rscales @ known**2
    return Moments(plain, first, second, lost.sum(axis=1).astype(np.float64))


@dataclass(frozen=True, eq=False)
class LeftOut:
    """What the replicates of a jackknife give, from sums alone. Not for ``adjusted`` ones.

    Leaving out unit u of stratum h changes the total T of a domain to T + T_h/(n_h - 1) - t_u n_h/(n_h - 1), with T_h
    and t_u the shares of the stratum and the unit in it. Units of h without a row in the domain change it alike, and
    strata without one not at all. So a million units need no more than their cells.

    place : (C,) unit × domain of each cell; what follows is by unit × domain (q,), or by stratum × domain (g, 1).
    """

    place: Ints
    domain: Ints  # (q,)
    group: Ints  # (q,) stratum × domain
    domain_of_group: Ints  # (g,)
    drawn: Floats  # (g, 1)
    absent: Floats  # (g, 1) units without a row in the domain
    rscale: Floats  # (g, 1) zero where the stratum does not vary
    n_domains: int

    def moments(self, total: Floats, size: Floats | None, estimate: Floats) -> Moments:
        """Of totals and sizes of the cells (C, K), a few columns at a time; no size for totals."""
        width = total.shape[1]
        step = max(1, BLOCK_VALUES // max(len(self.domain), 1))
        parts = []
        for start in range(0, width, step):
            some = slice(start, min(start + step, width))
            own_size = size if size is None or size.shape[1] < width else size[:, some]
            parts.append(self._moments(np.ascontiguousarray(total[:, some]), own_size, estimate[:, some]))
        return Moments.side_by_side(parts)

    def _moments(self, total: Floats, size: Floats | None, estimate: Floats) -> Moments:
        with_rows, without_rows = self._totals(total)
        sizes = (None, None) if size is None else self._totals(np.ascontiguousarray(size))
        with_rows = point(with_rows, sizes[0]) - estimate[self.domain]
        without_rows = point(without_rows, sizes[1]) - estimate[self.domain_of_group]
        varies = (self.rscale > 0).astype(np.float64)
        return self._repeated(with_rows, self.domain, varies[self.group], self.rscale[self.group]) + self._repeated(
            without_rows, self.domain_of_group, varies * self.absent, self.rscale * self.absent
        )

    def _totals(self, values: Floats) -> tuple[Floats, Floats]:
        """Totals of domains without each unit (q, K), and without a unit that has no row in the domain (g, K)."""
        raised = 1 / np.maximum(self.drawn - 1, 1)
        own = sum_by(self.place, values, len(self.domain))
        whole = sum_by(self.domain, own, self.n_domains)[self.domain_of_group]
        without_rows = whole + sum_by(self.group, own, len(self.drawn)) * raised
        return without_rows[self.group] - own * (self.drawn * raised)[self.group], without_rows

    def _repeated(self, deviations: Floats, domain: Ints, times: Floats, rscales: Floats) -> Moments:
        """Of deviations (q, K) that stand for ``times`` (q, 1) replicates each, whose rscales sum to ``rscales``."""
        lost = np.isnan(deviations)
        known = np.where(lost, 0.0, deviations)
        terms = known * times, known * rscales, known**2 * rscales, lost * times
        return Moments(*(sum_by(domain, term, self.n_domains) for term in terms))


def left_out(jackknife: Jackknife, place: Ints, unit: Ints, domain: Ints, n_domains: int) -> LeftOut:
    """A jackknife of cells that lie in ``place`` (C,) among pairs of ``unit`` and ``domain`` (q,)."""
    group, (stratum, of_domain) = numbered((jackknife.stratum[unit], len(jackknife.drawn)), (domain, n_domains))
    by_stratum = np.zeros(len(jackknife.drawn))
    by_stratum[jackknife.stratum[jackknife.left_out]] = jackknife.rscales
    drawn = jackknife.drawn[stratum].astype(np.float64)[:, None]
    absent = drawn - np.bincount(group, minlength=len(stratum))[:, None]
    return LeftOut(place, domain, group, of_domain, drawn, absent, by_stratum[stratum][:, None], n_domains)
