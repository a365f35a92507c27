"""Sizes in fixed proportions, held between bounds, at the one level that uses up a total or reaches a variance.

Every optimum of :mod:`sampling.allocation` has the form ``clip(level * proportions, lower, upper)``. Between two
neighbouring levels at which some stratum meets a bound the equation for the level is linear, so the solution is exact.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sampling.quantities import BoolArray, FloatArray


def filled_to_total(
    proportions: FloatArray, lower: FloatArray, upper: FloatArray, total: float, cost: FloatArray
) -> FloatArray:
    """Sizes whose ``cost @ sizes`` is the total; the bounds must allow it.

    What strata of proportion 0 must take because all others are full is shared by their upper bounds.
    """
    zero = proportions <= 0
    sizes = np.where(zero, lower, upper)
    short = total - float(cost @ sizes)
    if short > 0:
        if zero.any():
            rest = short + float(cost[zero] @ lower[zero])
            sizes[zero] = filled_to_total(upper[zero], lower[zero], upper[zero], rest, cost[zero])
        return sizes
    fixed, free = _segment(proportions, lower, upper, lambda sizes: bool(cost @ sizes <= total))
    if not free.any():
        return fixed
    level = (total - float(cost[~free] @ fixed[~free])) / float(cost[free] @ proportions[free])
    return np.where(free, np.clip(level * proportions, lower, upper), fixed)


def filled_to_variance(
    proportions: FloatArray, lower: FloatArray, upper: FloatArray, spread: FloatArray, variance: float
) -> FloatArray:
    """The smallest sizes in these proportions with ``sum(spread**2 / sizes) <= variance``; upper must reach it."""
    squares = spread**2
    if float(np.sum(squares / lower)) <= variance:
        return lower.copy()
    fixed, free = _segment(proportions, lower, upper, lambda sizes: bool(np.sum(squares / sizes) >= variance))
    if not free.any():
        return fixed
    left = variance - float(np.sum(squares[~free] / fixed[~free]))
    level = float(np.sum(squares[free] / proportions[free])) / left
    return np.where(free, np.clip(level * proportions, lower, upper), fixed)


def _segment(
    proportions: FloatArray, lower: FloatArray, upper: FloatArray, below: Callable[[FloatArray], bool]
) -> tuple[FloatArray, BoolArray]:
    """Sizes of the strata at a bound where the level is sought, and which strata are free there.

    below: whether sizes are still at or below what is sought; once false it stays false as the level grows.
    """
    moving = (proportions > 0) & (lower < upper)
    safe = np.where(moving, proportions, 1.0)
    starts = np.where(moving, lower / safe, np.inf)
    ends = np.where(moving, upper / safe, np.inf)
    levels = np.unique(np.concatenate([starts[moving], ends[moving]]))
    first, last = 0, len(levels) - 1
    while first < last:  # the last of the levels that is still below
        middle = (first + last + 1) // 2
        if below(np.clip(levels[middle] * proportions, lower, upper)):
            first = middle
        else:
            last = middle - 1
    if not len(levels):
        return lower.copy(), moving
    at = levels[first]
    free = moving & (starts <= at) & (ends > at)
    return np.where(moving & (ends <= at), upper, lower), free
