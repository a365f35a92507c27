"""Weighted quantiles of one variable in one domain, with intervals after Woodruff.

The interval of a quantile is that of the proportion below it, taken back to the scale of the variable through the
weighted distribution. What the design has to say is in the standard error of that proportion, which the caller gives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from analysis.faults import AnalysisError
from analysis.intervals import Floats, ProportionInterval, mean_interval, proportion_interval

ProportionBelow = Callable[[Floats], tuple[Floats, Floats]]

ROUNDING = 1e-12
"""A cumulated share this near to the one asked for has reached it: sums of weights are rounded."""


class QuantileRule(StrEnum):
    """Which value is the quantile; the names are those of R's svyquantile (qrule)."""

    MATH = "math"  # the smallest value with at least the share q at or below it; Hyndman and Fan's type 1
    SCHOOL = "school"  # the same, but half way to the next value where the share is met exactly; type 2
    HF5 = "hf5"
    HF6 = "hf6"
    HF7 = "hf7"
    HF8 = "hf8"
    HF9 = "hf9"


# Position of each value between the shares before (0) and after (1) it; Hyndman and Fan's types 5 to 9
POSITION = {
    QuantileRule.HF5: 1 / 2,
    QuantileRule.HF6: 1.0,
    QuantileRule.HF7: 0.0,
    QuantileRule.HF8: 2 / 3,
    QuantileRule.HF9: 5 / 8,
}


@dataclass(frozen=True, slots=True, eq=False)
class Quantiles:
    """Estimated quantiles; every array has the shape of ``q``.

    A limit is infinite where the sample sets none: the proportion's interval reaches 0 or 1. R's svyquantile has NaN
    there. ``se`` is then infinite too.
    """

    q: Floats
    estimate: Floats  # in the unit of the variable
    se: Floats  # width of the interval over 2 t
    low: Floats
    high: Floats
    df: float
    level: float


def weighted_quantile(
    values: npt.ArrayLike, base_weights: npt.ArrayLike, q: npt.ArrayLike, rule: QuantileRule = QuantileRule.MATH
) -> Floats:
    """Quantiles of ``values`` where each value stands for as many units as its weight says.

    Parameters
    ----------
    values : (n,) no missing values.
    base_weights : (n,) the weights of the estimate, zero or more; rows of weight zero do not count.
    q : shares 0..1, any shape.
    rule : see :class:`QuantileRule`. The types 5 to 9 interpolate and mean something for measurements only.

    Returns
    -------
    array of the shape of ``q``

    Raises
    ------
    AnalysisError : ``quantile_values`` for missing or infinite values or weights below zero, by row; ``no_quantile``
        if no row has a positive weight; ``bad_quantile`` for q outside 0..1.

    Notes
    -----
    With cumulated weights C_i of the sorted values and W their sum, the types 5 to 9 interpolate linearly between
    the points ((1 - b) C_{i-1} + b C_i) / (W + (2 b - 1) w_n), with b = 1/2, 1, 0, 2/3, 5/8. With equal weights they
    are those of Hyndman and Fan. Equal values are ordered by weight, so that the order of rows does not matter; R
    takes them as they come. For q below the share of the smallest value, R 4.1.1 gives the second smallest under
    "math" and "school"; here it is the smallest.

    References
    ----------
    Hyndman and Fan (1996), The American Statistician 50, 361–365. R survey 4.1.1 ``svyquantile``.
    """
    sorted_values, own = _sorted(values, base_weights)
    shares = np.asarray(q, dtype=np.float64)
    if not np.all((shares >= 0) & (shares <= 1)):
        raise AnalysisError("bad_quantile", q=float(shares[~((shares >= 0) & (shares <= 1))].flat[0]))
    return _at(sorted_values, own, shares, rule)


def woodruff(
    values: npt.ArrayLike,
    base_weights: npt.ArrayLike,
    q: npt.ArrayLike,
    proportion_below: ProportionBelow,
    *,
    n: int,
    df: float,
    level: float = 0.95,
    rule: QuantileRule = QuantileRule.MATH,
    method: ProportionInterval = ProportionInterval.MEAN,
) -> Quantiles:
    """Quantiles with Woodruff's intervals.

    Parameters
    ----------
    values, base_weights, q, rule : as in :func:`weighted_quantile`; the rows of the domain that have an answer.
    proportion_below : given candidate quantiles (of the shape of ``q``), the estimated proportion of the domain at or
        below each, and its standard error under the design.
    n : respondents in the domain.
    df : degrees of freedom of those standard errors.
    level : the probability that the interval covers.
    method : the interval of the proportion. R's interval.type "mean" (its default), "beta", "xlogit" or "asin".

    Raises
    ------
    AnalysisError : as :func:`weighted_quantile` and :func:`analysis.intervals.proportion_interval`.

    Notes
    -----
    As R does, the interval is centred at the estimated proportion at or below the quantile, not at q. Where answers
    take few values (a five-point scale) the two differ much and the interval means little: estimate the proportion of
    each level instead. A quantile that is the largest answer has a proportion of 1 with a standard error of 0; its
    interval is then that of ``BETA``, while R gives one without width.

    References
    ----------
    Woodruff (1952), JASA 47, 635–646; Francisco and Fuller (1991), Annals of Statistics 19, 454–469.
    R survey 4.1.1 ``svyquantile``.
    """
    shares = np.asarray(q, dtype=np.float64)
    estimate = weighted_quantile(values, base_weights, shares, rule)
    below, se = proportion_below(estimate)
    limits = proportion_interval(below, se, n, df, level=level, method=method)
    ordered = _sorted(values, base_weights)
    low = np.where(limits.low <= 0, -np.inf, _at(*ordered, limits.low, rule))
    high = np.where(limits.high >= 1, np.inf, _at(*ordered, limits.high, rule))
    low, high = (np.where(np.isnan(limit), np.nan, side) for limit, side in zip(limits, (low, high), strict=True))
    t = mean_interval(0.0, 1.0, df, level=level).high
    with np.errstate(invalid="ignore"):
        width = np.where(np.isinf(low) | np.isinf(high), np.inf, (high - low) / (2 * t))
    return Quantiles(q=shares, estimate=estimate, se=width, low=low, high=high, df=df, level=level)


def _sorted(values: npt.ArrayLike, base_weights: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Values in ascending order with their weights, those of weight zero left out."""
    of_row, own = (np.asarray(given, dtype=np.float64) for given in (values, base_weights))
    if of_row.shape != own.shape or of_row.ndim != 1:
        raise AnalysisError("row_count", name="base_weights", found=own.size, expected=of_row.size)
    wrong = np.flatnonzero(~np.isfinite(of_row) | ~np.isfinite(own) | (own < 0))
    if wrong.size:
        raise AnalysisError("quantile_values", rows=", ".join(str(row + 1) for row in wrong[:5]))
    counted = own > 0
    if not counted.any():
        raise AnalysisError("no_quantile")
    order = np.lexsort((own[counted], of_row[counted]))
    return of_row[counted][order], own[counted][order]


def _at(values: Floats, own: Floats, shares: Floats, rule: QuantileRule) -> Floats:
    """The quantiles of sorted values."""
    after = np.cumsum(own)
    total = after[-1]
    if rule in POSITION:
        b = POSITION[rule]
        if len(values) == 1:
            return np.full(shares.shape, values[0])
        points = (after - (1 - b) * own) / (total + (2 * b - 1) * own[-1])
        return np.asarray(np.interp(shares, points, values))
    slack = ROUNDING * total
    place = np.minimum(np.searchsorted(after, shares * total - slack), len(values) - 1)
    reached = np.asarray(values[place])
    if rule is QuantileRule.MATH:
        return reached
    met = np.abs(after[place] - shares * total) <= slack
    following = values[np.minimum(place + 1, len(values) - 1)]
    return np.where(met, (reached + following) / 2, reached)
