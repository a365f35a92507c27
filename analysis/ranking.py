"""Ranks with their uncertainty: which ranks each unit may truly hold, and which units cannot be told apart.

Rank 1 is the highest estimate. Two units are told apart if their difference is too large for chance, judged over all
pairs at once; a unit that k others certainly surpass, and that certainly surpasses m of the p units, holds a rank
between k + 1 and p - m. The statement holds for all units together with the stated confidence (Mogstad, Romano, Shaikh,
Wilhelm 2024, Review of Economic Studies 91, 476–518, algorithm 3.1 with step-down), or for one unit by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, rankdata

from analysis.faults import AnalysisError
from analysis.sums import Bools, Floats, Ints


@dataclass(frozen=True)
class RankSets:
    """Ranks of p units; arrays are (p,) unless said otherwise, in the order the units were given."""

    rank: Ints  # by the estimates; equal estimates share the better rank
    low: Ints  # best rank that cannot be ruled out for all units together
    high: Ints  # worst
    own_low: Ints  # the same for each unit by itself
    own_high: Ints
    surpasses: Bools  # (p, p) row certainly above column, all pairs together
    groups: tuple[tuple[int, ...], ...]  # tied groups, best first: places of units that cannot be told apart
    coverage: float

    @property
    def undecided(self) -> int:
        """Pairs of units that cannot be told apart."""
        count = len(self.rank)
        return count * (count - 1) // 2 - int(self.surpasses.sum())


def rank_sets(
    estimate: Floats,
    covariance: Floats,
    *,
    rng: np.random.Generator,
    coverage: float = 0.95,
    draws: int = 4_000,
    step_down: bool = True,
) -> RankSets:
    """Confidence sets for the ranks of units, for all together and for each by itself.

    Parameters
    ----------
    estimate : (p,) higher is better
    covariance : (p, p) of the estimates, or (p,) variances of independent ones
    rng : for the distribution of the largest studentised difference, by simulation from a normal law
    step_down : after some pairs were told apart, judge the others by the pairs that remain

    Notes
    -----
    Assumes estimates that are jointly normal with the covariance as known. A unit known without error is compared
    with the errors of the others; two such units are told apart by any difference.

    Raises
    ------
    AnalysisError : estimates or variances that are missing, a covariance that is none, a coverage outside 0..1.
    """
    values, sigma = _checked(estimate, covariance, coverage)
    race = _Race(_deviates(sigma, draws, rng), difference_errors(sigma), coverage, step_down)
    statistic = _studentised(values, race.scale)
    surpasses = _told_apart(statistic, race, _all_pairs(len(values)))
    low, high = _bounds(surpasses)
    alone = [_told_apart(statistic, race, _pairs_of(place, len(values))) for place in range(len(values))]
    own = [(1 + apart[:, place].sum(), len(values) - apart[place].sum()) for place, apart in enumerate(alone)]
    own_low, own_high = np.array(own, dtype=np.intp).reshape(-1, 2).T
    rank = rankdata(-values, method="min").astype(np.intp)
    return RankSets(rank, low, high, own_low, own_high, surpasses, tied_groups(values, surpasses), coverage)


def among_best(found: RankSets, count: int) -> Bools:
    """(p,) units that may be among the ``count`` best; all that truly are stand in it with the stated coverage.

    The projection set for the τ best of Mogstad, Romano, Shaikh, Wilhelm (2024): a unit is left out only if ``count``
    others certainly surpass it, so the set may hold more than ``count`` units and never fewer.
    """
    if not 1 <= count <= len(found.rank):
        raise AnalysisError("bad_top", count=count, units=len(found.rank))
    return np.asarray(found.low <= count, dtype=np.bool_)


def joint_interval_ranks(estimate: Floats, se: Floats, *, coverage: float = 0.95) -> tuple[Ints, Ints]:
    """Ranks (low, high) from joint intervals of the estimates that do not overlap.

    Each interval has level coverage^(1/p), exact for independent estimates. Wider sets than :func:`rank_sets`, but
    anybody can check them by eye. Source: Klein, Wright, Wieczorek (2020), JRSS A 183, 589–606, theorem 1 and s. 3.
    """
    values, _ = _checked(estimate, se**2, coverage)
    margin = norm.ppf(0.5 + coverage ** (1 / len(values)) / 2) * se
    above = (values - margin)[:, None] > (values + margin)[None, :]
    return _bounds(above)


def chance_above(estimate: Floats, covariance: Floats) -> Floats:
    """(p, p) the chance that the row's unit lies above the column's, on a flat prior; 0.5 on the diagonal."""
    values, sigma = _checked(estimate, covariance, 0.95)
    scale = difference_errors(sigma)
    return np.asarray(norm.cdf(_studentised(values, scale)))


def tied_groups(estimate: Floats, surpasses: Bools) -> tuple[tuple[int, ...], ...]:
    """Runs of neighbouring units, best first, none of which is told apart from another; as long as can be.

    A unit may stand in several groups; one that is told apart from all others stands in a group of its own.
    """
    order = np.argsort(-estimate, kind="stable")
    apart = (surpasses | surpasses.T)[np.ix_(order, order)]
    ends = [_end_of_run(apart, start) for start in range(len(order))]
    starts = [start for start, end in enumerate(ends) if start == 0 or end > ends[start - 1]]
    return tuple(tuple(int(place) for place in order[start : ends[start]]) for start in starts)


def difference_errors(sigma: Floats) -> Floats:
    """(p, p) standard errors of all differences."""
    variance = np.diag(sigma)
    squares = variance[:, None] + variance[None, :] - 2 * sigma
    return np.sqrt(np.where(squares > 1e-12 * variance.max(initial=0), squares, 0.0))


def _end_of_run(apart: Bools, start: int) -> int:
    """The place after the last unit of the longest run from ``start`` without two units told apart."""
    end = start + 1
    while end < len(apart) and not apart[start:end, end].any():
        end += 1
    return end


def _studentised(values: Floats, scale: Floats) -> Floats:
    """Differences (row less column) over their standard errors; infinite where there is none."""
    difference = values[:, None] - values[None, :]
    sure = np.where(difference == 0, 0.0, np.copysign(np.inf, difference))
    return np.divide(difference, scale, out=sure, where=scale > 0)


def _told_apart(statistic: Floats, race: _Race, pairs: Bools) -> Bools:
    """(p, p) ordered pairs among ``pairs`` whose row certainly surpasses the column."""
    apart = np.zeros_like(pairs)
    while True:
        left = pairs & ~apart
        found = left & (statistic > race.critical(left))
        apart |= found
        if not (race.step_down and found.any()):
            return apart


@dataclass(frozen=True)
class _Race:
    """What chance alone makes of the differences."""

    deviates: Floats  # (p, draws)
    scale: Floats  # (p, p)
    coverage: float
    step_down: bool

    def critical(self, pairs: Bools) -> float:
        """The quantile of the largest studentised difference among the pairs; at least 0."""
        active = pairs & (self.scale > 0)
        largest = np.zeros(self.deviates.shape[1])
        for row in np.flatnonzero(active.any(axis=1)):
            others = np.flatnonzero(active[row])
            inverse = 1 / self.scale[row, others]
            for other, factor in zip(others, inverse, strict=True):
                np.maximum(largest, (self.deviates[row] - self.deviates[other]) * factor, out=largest)
        return float(np.quantile(largest, self.coverage, method="higher"))


def _all_pairs(count: int) -> Bools:
    return ~np.eye(count, dtype=np.bool_)


def _pairs_of(place: int, count: int) -> Bools:
    pairs = np.zeros((count, count), dtype=np.bool_)
    pairs[place, :] = pairs[:, place] = True
    return pairs & _all_pairs(count)


def _bounds(surpasses: Bools) -> tuple[Ints, Ints]:
    return 1 + surpasses.sum(axis=0), len(surpasses) - surpasses.sum(axis=1)


def _deviates(sigma: Floats, draws: int, rng: np.random.Generator) -> Floats:
    """(p, draws) normal with covariance ``sigma``, which may be singular."""
    size, vectors = np.linalg.eigh(sigma)
    return np.asarray(vectors * np.sqrt(np.clip(size, 0, None)) @ rng.standard_normal((len(sigma), draws)))


def _checked(estimate: Floats, covariance: Floats, coverage: float) -> tuple[Floats, Floats]:
    values, sigma = np.asarray(estimate, dtype=np.float64), np.asarray(covariance, dtype=np.float64)
    sigma = np.diag(sigma) if sigma.ndim == 1 else sigma
    if not 0 < coverage < 1:
        raise AnalysisError("bad_level", level=coverage)
    if values.ndim != 1 or sigma.shape != (len(values), len(values)):
        raise AnalysisError("row_count", name="covariance", found=len(sigma), expected=len(values))
    bad = ~np.isfinite(values) | ~np.isfinite(sigma).all(axis=1) | (np.diag(sigma) < 0)
    if bad.any():
        raise AnalysisError("not_rankable", rows=", ".join(str(row + 1) for row in np.flatnonzero(bad)[:5]))
    if not np.allclose(sigma, sigma.T) or np.linalg.eigvalsh(sigma).min(initial=0) < -1e-8 * np.abs(sigma).max(
        initial=0
    ):
        raise AnalysisError("not_a_covariance")
    return values, sigma
