"""Inclusion probabilities: proportional to size with take-alls, and what every unequal draw asks of them."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sampling.faults import SamplingError

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]
Words = tuple[str, str]  # Vietnamese, English
Numbers = Sequence[float] | npt.NDArray[np.floating] | npt.NDArray[np.integer]

CERTAIN = 1e-12  # nearer to 0 or 1 than this is 0 or 1
WHOLE = 1e-6  # a sum of given probabilities may miss a whole number by this much


def first_few(positions: npt.ArrayLike, *, start: int = 1, shown: int = 8) -> str:
    """The first positions as people count them, and how many there are in all."""
    found = np.asarray(positions)
    listed = ", ".join(str(position + start) for position in found[:shown].tolist())
    return listed if len(found) <= shown else f"{listed}, … ({len(found)})"


def numbers_of(what: Words, values: Numbers) -> Floats:
    """A vector of finite numbers; anything else is refused with the unit (counted from 1) where it stands."""
    vietnamese, english = what
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise SamplingError("not_numbers", vi=vietnamese, en=english) from error
    if found.ndim != 1 or not found.size:
        raise SamplingError("not_a_vector", vi=vietnamese, en=english, shape=found.shape)
    unknown = np.flatnonzero(~np.isfinite(found))
    if unknown.size:
        raise SamplingError("missing_numbers", vi=vietnamese, en=english, units=first_few(unknown))
    return found


def inclusion_probabilities(sizes: Numbers, n: int) -> Floats:
    """Inclusion probabilities proportional to size for a sample of n units; what would exceed 1 is taken for certain.

    Parameters
    ----------
    sizes : measure of size of each unit of the frame (or of the stratum), positive, any unit
    n : number of units to draw, 1 <= n <= number of units

    Returns
    -------
    array of the length of ``sizes``; sums to n; exactly 1 for take-all units.

    Raises
    ------
    SamplingError : a size is missing, zero or negative (a unit of size 0 could never be drawn, so the frame would not
        be covered: drop it or give it a size); n is not a whole number between 1 and the number of units

    Notes
    -----
    Taking the t largest units for certain leaves n - t for the others. In descending order of size x, unit t is
    taken for certain exactly where x_t (n - t) >= sum of the sizes from t on, which holds for a prefix of the units:
    one sort gives what the usual iteration arrives at.

    References
    ----------
    Särndal, Swensson, Wretman (1992), Model Assisted Survey Sampling, s. 3.6.2; Tillé (2006), Sampling Algorithms,
    ch. 2. R: sampling::inclusionprobabilities.
    """
    x = numbers_of(("quy mô", "size"), sizes)
    unusable = np.flatnonzero(x <= 0)
    if unusable.size:
        raise SamplingError("size_not_positive", units=first_few(unusable), value=float(x[unusable[0]]))
    ladder = Ladder.of(x, checked_n(n, len(x)))
    probabilities = np.minimum(x * ladder.slope(ladder.n), 1.0)
    probabilities[ladder.order[: ladder.n_certain(ladder.n)]] = 1.0
    return probabilities


@dataclass(frozen=True, slots=True)
class Ladder:
    """Sizes in descending order, with what gives the inclusion probabilities for any sample size at once."""

    n: int
    order: Positions  # positions by descending size
    rest: Floats  # sum of the sizes from this place on; one more place, 0
    bound: Floats  # the place is taken for certain once the sample size reaches this; ascending

    @classmethod
    def of(cls, x: Floats, n: int) -> Ladder:
        order = np.argsort(-x, kind="stable")
        down = x[order]
        rest = np.append(np.cumsum(down[::-1])[::-1], 0.0)
        # a whole n that equals the bound but for rounding means probability 1
        bound = np.maximum.accumulate(np.arange(len(x)) + rest[:-1] / down) - CERTAIN * len(x)
        return cls(n, order, rest, bound)

    def n_certain(self, n: int) -> int:
        """How many units are taken for certain in a sample of n."""
        return int(np.searchsorted(self.bound, n, side="right"))

    def slope(self, n: int) -> float:
        """Probability per unit of size for the units that are not certain."""
        taken = self.n_certain(n)
        return float((n - taken) / self.rest[taken]) if taken < len(self.order) else 0.0


def checked_n(n: int, n_units: int) -> int:
    """The number of units to draw, a whole number between 1 and the number there is."""
    try:
        whole = operator.index(n)
    except TypeError as error:
        raise SamplingError("n_not_whole", n=n) from error
    if whole < 1:
        raise SamplingError("n_not_positive", n=whole)
    if whole > n_units:
        raise SamplingError("n_exceeds_frame", n=whole, units=n_units)
    return whole


@dataclass(frozen=True, slots=True)
class Split:
    """The units taken for certain, and those left to chance with their probabilities, which sum to ``n_open``."""

    certain: Positions
    open: Positions
    probabilities: Floats
    n_open: int

    def with_certain(self, drawn: npt.ArrayLike) -> Positions:
        """Positions in the frame of the certain units and of the ``drawn`` ones among the open, ascending."""
        return np.sort(np.concatenate([self.certain, self.open[np.asarray(drawn, dtype=np.int64)]]))


def split(probabilities: Numbers) -> Split:
    """Split off what chance does not decide; refuse what is no set of probabilities of a sample of fixed size."""
    found = checked_probabilities(probabilities)
    certain = np.flatnonzero(found >= 1 - CERTAIN)
    undecided = np.flatnonzero((found > CERTAIN) & (found < 1 - CERTAIN))
    total = float(found[undecided].sum())
    n_open = round(total)
    if abs(total - n_open) > WHOLE or (len(undecided) and not n_open):
        raise SamplingError("sum_not_whole", total=float(found.sum()))
    scaled = found[undecided] * (n_open / total) if n_open else found[undecided]
    return Split(certain, undecided, scaled, n_open)


def checked_probabilities(probabilities: Numbers) -> Floats:
    """Numbers between 0 and 1."""
    found = numbers_of(("xác suất chọn", "inclusion probability"), probabilities)
    outside = np.flatnonzero((found < 0) | (found > 1 + CERTAIN))
    if outside.size:
        raise SamplingError("not_a_probability", units=first_few(outside), value=float(found[outside[0]]))
    return found
