"""Sums over replicates from which their variance follows; for the jackknife without going through the replicates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.replicates import Jackknife, Replicates
from analysis.sums import Floats, Ints, numbered, sum_by


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
class UnitTotals:
    """Totals of first-stage units in domains: unit (C,), domain (C,), total and size (C, K); no size for totals."""

    unit: Ints
    domain: Ints
    total: Floats
    size: Floats | None


def jackknife_moments(jackknife: Jackknife, cells: UnitTotals, estimate: Floats) -> Moments:
    """What the replicates of a jackknife give, from sums alone; ``estimate`` (D, K). Not for ``adjusted`` ones.

    Leaving out unit u of stratum h changes the total T of a domain to T + T_h/(n_h - 1) - t_u n_h/(n_h - 1), with T_h
    and t_u the shares of the stratum and the unit in it. Units of h without a row in the domain change it alike, and
    strata without one not at all. So a million units need no more than their cells.
    """
    scale_of_stratum = np.zeros(len(jackknife.drawn))
    scale_of_stratum[jackknife.stratum[jackknife.left_out]] = jackknife.rscales
    n_domains = len(estimate)
    number, (unit, domain) = numbered((cells.unit, jackknife.n_units), (cells.domain, n_domains))
    group, (stratum, of_domain) = numbered((jackknife.stratum[unit], len(jackknife.drawn)), (domain, n_domains))
    drawn = jackknife.drawn[stratum].astype(np.float64)[:, None]
    raised = 1 / np.maximum(drawn - 1, 1)
    present = np.bincount(group, minlength=len(stratum))[:, None]

    def left_out(values: Floats) -> tuple[Floats, Floats]:
        """Totals without each unit (units × domains), and without a unit that has no row in the domain (groups)."""
        own = sum_by(number, values, len(unit))
        of_group = sum_by(group, own, len(stratum))
        without_none = sum_by(domain, own, n_domains)[of_domain] + of_group * raised
        return without_none[group] - own * (drawn * raised)[group], without_none

    with_rows, without_rows = left_out(cells.total)
    sizes = (None, None) if cells.size is None else left_out(cells.size)
    rscale = scale_of_stratum[stratum][:, None]
    varies, absent = (rscale > 0).astype(np.float64), drawn - present
    with_rows = point(with_rows, sizes[0]) - estimate[domain]
    without_rows = point(without_rows, sizes[1]) - estimate[of_domain]
    return _repeated(with_rows, domain, varies[group], rscale[group], n_domains) + _repeated(
        without_rows, of_domain, varies * absent, rscale * absent, n_domains
    )


def _repeated(deviations: Floats, domain: Ints, times: Floats, rscales: Floats, n_domains: int) -> Moments:
    """Of deviations (q, K) that stand for ``times`` (q, 1) replicates each, whose rscales add up to ``rscales``."""
    lost = np.isnan(deviations)
    known = np.where(lost, 0.0, deviations)
    terms = known * times, known * rscales, known**2 * rscales, lost * times
    return Moments(*(sum_by(domain, term, n_domains) for term in terms))
