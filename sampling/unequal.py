"""Draws of fixed size with unequal probabilities, unit by unit: systematic, Brewer, Tillé (elimination).

All take the inclusion probabilities (which sum to a whole number) and the generator, and return the positions drawn,
ascending. Units with probability 1 are always in.
"""

from __future__ import annotations

import numpy as np

from sampling.faults import SamplingError
from sampling.inclusion import Floats, Ladder, Numbers, Positions, split

BREWER_LIMIT = 10**10  # units x draws; about a minute


def systematic(probabilities: Numbers, rng: np.random.Generator) -> Positions:
    """Systematic draw with unequal probabilities, in the order given.

    One random start u in [0, 1); a unit is drawn where one of u, u + 1, u + 2, ... falls on its stretch of the
    cumulated probabilities. Neighbours exclude each other: many joint probabilities are 0, so no unbiased
    variance estimator exists.

    References
    ----------
    Madow (1949), Annals of Mathematical Statistics 20: 333-354; Tillé (2006) ch. 7. R: sampling::UPsystematic.
    """
    part = split(probabilities)
    ends = np.cumsum(part.probabilities)
    if part.n_open:
        ends[-1] = part.n_open  # rounding must not let the last unit end short of the last point
    points = np.minimum(rng.random() + np.arange(part.n_open), np.nextafter(part.n_open, 0))
    return part.with_certain(np.searchsorted(ends, points, side="right"))


def randomised_systematic(probabilities: Numbers, rng: np.random.Generator) -> Positions:
    """Systematic draw after the units were put in random order.

    References
    ----------
    Hartley, Rao (1962), Annals of Mathematical Statistics 33: 350-374. R: sampling::UPrandomsystematic.
    """
    part = split(probabilities)
    order = rng.permutation(len(part.open))
    if not part.n_open:
        return part.certain
    return part.with_certain(order[systematic(part.probabilities[order], rng)])


def brewer(probabilities: Numbers, rng: np.random.Generator) -> Positions:
    """Brewer's draw: n steps, each taking one unit, with exactly the inclusion probabilities asked for.

    At step i, with A the probabilities of the units already drawn, a unit is taken with probability proportional to
    p (n - A - p) / (n - A - p (n - i + 1)). The time grows with units x draws.

    References
    ----------
    Brewer (1975), Australian Journal of Statistics 17: 166-172; Tillé (2006) ch. 6. R: UPbrewer.
    """
    part = split(probabilities)
    p, n = part.probabilities, part.n_open
    if n * len(p) > BREWER_LIMIT:
        raise SamplingError("brewer_too_large", units=len(p), n=n)
    free = np.ones(len(p), dtype=bool)
    left = float(n)
    for to_draw, chance in zip(range(n, 0, -1), rng.random(n), strict=True):
        odds = np.where(free, p * (left - p) / (left - p * to_draw), 0.0) if to_draw > 1 else np.where(free, p, 0.0)
        taken = _one_of(odds, chance)
        free[taken] = False
        left -= p[taken]
    return part.with_certain(np.flatnonzero(~free))


def _one_of(odds: Floats, chance: float) -> int:
    """The position that ``chance`` in [0, 1) falls on; never one with odds of 0."""
    ends = np.cumsum(odds)
    return int(np.searchsorted(ends, min(chance * ends[-1], np.nextafter(ends[-1], 0)), side="right"))


def tille(probabilities: Numbers, rng: np.random.Generator) -> Positions:
    """Tillé's eliminatory draw: from the whole frame, N - n steps each leave one unit out.

    At the step from m + 1 units to m, a unit that is left is eliminated with probability
    1 - pi(m) / pi(m + 1), where pi(m) are its inclusion probabilities in a sample of m.

    Notes
    -----
    The probabilities of a step depend on the unit only while it passes from certain to uncertain; afterwards all
    uncertain units share one. So a step needs the units that pass and one draw among the rest: N log N in all where
    the textbook algorithm needs N squared.

    References
    ----------
    Tillé (1996), Biometrika 83: 238-241; Tillé (2006) ch. 6. R: sampling::UPtille.
    """
    part = split(probabilities)
    if not part.n_open:
        return part.certain
    steps = Elimination.of(part.probabilities, part.n_open)
    left_out = steps.left_out(rng.random(len(steps.slope) - 1), rng.random(len(steps.slope) - 1))
    kept = np.ones(len(part.open), dtype=bool)
    kept[left_out] = False
    return part.with_certain(np.flatnonzero(kept))


class Elimination:
    """What the steps of Tillé's draw need, for every sample size m from n to N."""

    def __init__(self, p: Floats, n: int, ladder: Ladder) -> None:
        sizes = np.arange(n, len(p) + 1)
        self.n, self.order, self.down = n, ladder.order, p[ladder.order]
        self.n_certain = np.searchsorted(ladder.bound, sizes, side="right")
        self.n_certain[-1] = len(p)
        rest = ladder.rest[self.n_certain]
        self.slope = np.divide(sizes - self.n_certain, rest, out=np.ones(len(sizes)), where=rest > 0)

    @classmethod
    def of(cls, p: Floats, n: int) -> Elimination:
        return cls(p, n, Ladder.of(p, n))

    def left_out(self, chances: Floats, picks: Floats) -> list[int]:
        """The positions eliminated, given two random numbers in [0, 1) for each step."""
        gone: list[int] = []
        pool: list[int] = []  # places (by descending size) of the uncertain units that are left
        certain = self.n_certain.tolist()
        for step in range(len(self.slope) - 2, -1, -1):
            chance, pick = chances[step], picks[step]
            passing = range(certain[step], certain[step + 1])
            place = self._passing_out(passing, chance, self.slope[step]) if passing else None
            pool.extend(other for other in passing if other != place)
            if place is None:
                # those that pass joined at the end: the pick is among the units that were in the pool before
                at = int(pick * (len(pool) - len(passing)))
                place, pool[at] = pool[at], pool[-1]
                pool.pop()
            gone.append(int(self.order[place]))
        return gone

    def _passing_out(self, passing: range, chance: float, slope: float) -> int | None:
        ends = np.cumsum(1.0 - self.down[passing.start : passing.stop] * slope)
        at = int(np.searchsorted(ends, chance, side="right"))
        return passing[at] if at < len(ends) else None
