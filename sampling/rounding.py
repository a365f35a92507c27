"""From exact sizes to people: rounded once, at the end, within the bounds and to the total that was promised."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sampling.quantities import FloatArray
from sampling.strata import Strata

IntArray = npt.NDArray[np.int64]

TINY = 1e-12
NOISE = 1e-9  # what sums and roots add to a whole number; 400.0000000001 people are 400


def rounded_up(exact: float) -> int:
    """The next whole number, where a whole number with the noise of floating point counts as itself."""
    nearest = round(exact)
    return nearest if abs(exact - nearest) <= NOISE * max(1.0, abs(exact)) else math.ceil(exact)


def largest_remainder(exact: FloatArray, total: int, names: Sequence[str]) -> IntArray:
    """Whole numbers that add up to ``total``, each the floor of the exact one or one more (Hamilton's method).

    Whole bounds that hold for the exact numbers hold for these. Equal remainders go to the larger number, then to
    the first name, so that the order of the strata does not matter.
    """
    base = np.floor(exact + NOISE * np.maximum(1.0, exact)).astype(np.int64)
    left = total - int(base.sum())
    remainders = np.round(exact - base, 9).tolist()
    order = sorted(range(len(names)), key=lambda h: (-remainders[h], -exact[h], names[h]))
    base[order[:left]] += 1
    return base


def optimum_integers(spread: FloatArray, strata: Strata, total: int) -> IntArray:
    """The whole numbers n within the bounds, of sum ``total``, that make ``sum(spread**2 / n)`` smallest.

    spread: population x standard deviation of each stratum, not negative.
    Exact, not a heuristic: the gain of each further person falls, so taking the largest gains first is optimal.
    A threshold on the gain finds almost all of them at once.

    References: Wright (2012), The American Statistician 66, 217-224; Wright (2017), Statistics and Probability
    Letters 129, 50-57.
    """
    lower, upper, names = strata.lower, strata.upper, strata.names
    low, high = 0.0, float(np.max(spread) ** 2) + 1.0  # a gain of high is reached by nobody, of 0 by everybody
    for _ in range(200):
        middle = (low + high) / 2
        if _people_worth(middle, spread, lower, upper).sum() > total:
            low = middle
        else:
            high = middle
    n = _people_worth(high, spread, lower, upper)
    queue = [
        (-_gain(float(spread[h]), int(n[h])), n[h] / upper[h], names[h], h)
        for h in range(len(names))
        if n[h] < upper[h]
    ]
    heapq.heapify(queue)
    for _ in range(total - int(n.sum())):
        _negative_gain, _filled, name, h = heapq.heappop(queue)
        n[h] += 1
        if n[h] < upper[h]:
            heapq.heappush(queue, (-_gain(float(spread[h]), int(n[h])), n[h] / upper[h], name, h))
    return n


def _gain(spread: float, n: int) -> float:
    """What the variance loses when the stratum gets one person more than n."""
    return spread**2 / (n * (n + 1))


def _people_worth(gain: float, spread: FloatArray, lower: FloatArray, upper: FloatArray) -> IntArray:
    """How many people of each stratum bring at least this gain: the largest n with spread**2 / (n (n-1)) >= gain."""
    n = np.floor((1 + np.sqrt(1 + 4 * spread**2 / gain)) / 2) if gain > 0 else upper
    return np.clip(n, lower, upper).astype(np.int64)


def given_back(exact: FloatArray, strata: Strata, needs: FloatArray) -> IntArray:
    """Rounded up, then people less one at a time, each where it costs the aims least for its price.

    needs: aims x strata; the aims hold where ``needs @ (1 / n) <= 1``, as they do for the exact numbers. What rounding
    errors of floating point add to that, the share 1e-12 of it, does not count. With one aim and one price no whole
    numbers that keep the aim have a smaller sum; with several the result is near the cheapest, not proved to be it,
    and nobody more can be given back.
    """
    n = _risen_to_aims(np.ceil(exact).astype(np.int64), strata, needs)
    for least in (np.floor(exact), strata.lower):  # near the exact numbers first
        while (h := _least_missed(n, np.maximum(least, strata.lower), strata, needs)) is not None:
            n[h] -= 1
    return _fewest(n, strata, needs) if len(needs) == 1 and np.ptp(strata.cost) == 0 else n


def _risen_to_aims(n: IntArray, strata: Strata, needs: FloatArray) -> IntArray:
    """People more where the exact numbers miss an aim by their own last digits."""
    while (load := needs @ (1 / n)).max() > 1 + TINY:
        gains = np.where(n < strata.upper, needs[int(np.argmax(load))] / (n * (n + 1)) / strata.cost, 0.0)
        if not gains.any():
            break
        n[int(np.argmax(gains))] += 1
    return n


def _least_missed(n: IntArray, lower: FloatArray, strata: Strata, needs: FloatArray) -> int | None:
    """The stratum whose next person takes the smallest part of what the aims have to spare, for the price.

    None where nobody can go. Taking all that one stratum can spare would take it far below its exact size.
    """
    spare = 1 + TINY - needs @ (1 / n)
    more = needs / (n * np.maximum(n - 1, 1))
    open_to = (n > np.maximum(lower, 1)) & np.all(more <= spare[:, np.newaxis], axis=0)
    if not open_to.any():
        return None
    part = np.sum(more / np.maximum(spare, TINY)[:, np.newaxis], axis=0) / strata.cost
    least = float(part[open_to].min())
    alike = np.flatnonzero(open_to & (part <= least * (1 + NOISE)))
    return int(min(alike, key=lambda h: (-strata.cost[h], strata.names[h])))


def _fewest(n: IntArray, strata: Strata, needs: FloatArray) -> IntArray:
    """Numbers of a smaller sum that keep the one aim, if the best of that sum do."""
    spread = np.sqrt(needs[0])
    while (total := int(n.sum()) - 1) >= strata.lower.sum():
        fewer = optimum_integers(spread, strata, total)
        if float(needs[0] @ (1 / fewer)) > 1 + TINY:
            break
        n = fewer
    return n


def within_budget(exact: FloatArray, strata: Strata, spread: FloatArray, budget: float) -> IntArray:
    """Rounded down, then one person more where it helps most for its cost, as long as the budget allows.

    The budget is never passed. The result is near the whole-number optimum, not proved to be it.
    """
    cost, names = strata.cost, strata.names
    n = np.floor(exact + NOISE * np.maximum(1.0, exact)).astype(np.int64)
    left = budget * (1 + TINY) - float(cost @ n)
    while True:
        open_to = [h for h in range(len(names)) if n[h] < strata.upper[h] and cost[h] <= left]
        if not open_to:
            return n
        best = min(open_to, key=lambda h: (-_gain(float(spread[h]), int(n[h])) / cost[h], names[h]))
        n[best] += 1
        left -= cost[best]
