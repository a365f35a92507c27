"""Large weights trimmed: the sum kept by redistribution, or every control of a calibration kept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from sampling.calibration import Calibration, within_weight_bounds
from sampling.door import Floats, positive
from sampling.faults import SamplingError
from sampling.margins import level_codes

MAX_ROUNDS = 1000
HELD = 1e-9  # relative; what a weight may stand over its bound by rounding


class TrimRule(StrEnum):
    """How the bounds of weights are found."""

    FIXED = "fixed"  # as given
    MEDIAN = "median"  # median x factor, and median / factor
    IQR = "iqr"  # quartiles -/+ factor x interquartile range around the median


class Sharing(StrEnum):
    """Who receives what was trimmed."""

    PROPORTIONAL = "proportional"  # rows inside the bounds, in proportion to their weights
    EQUAL = "equal"  # rows inside the bounds, the same amount each, round by round as R survey::trimWeights(strict)


@dataclass(frozen=True, eq=False)
class Trimming:
    """Weights within bounds.

    trimmed_weights : (n,). n_low, n_high : rows at the lower and at the upper bound.
    calibration : the controls under the trimmed weights, if there were any.
    """

    trimmed_weights: Floats
    lower: float
    upper: float
    n_low: int
    n_high: int
    calibration: Calibration | None = None


def trim_bounds(row_weights: npt.ArrayLike, rule: TrimRule, factor: float) -> tuple[float, float]:
    """Bounds from the weights themselves.

    median: (median / factor, median x factor). iqr: (0, median + factor x IQR), with no lower bound, since the weights
    are skewed to the right. Quartiles by linear interpolation (R type 7).

    References
    ----------
    Potter & Zheng (2015), Methods and Issues in Trimming Extreme Weights in Sample Surveys, JSM Proceedings. The factor
    is the researcher's: declare it before the answers are seen.
    """
    column = positive(row_weights, "row_weights")
    quarter, median, three = (float(q) for q in np.quantile(column, (0.25, 0.5, 0.75)))
    if rule is TrimRule.MEDIAN and factor > 1:
        return median / factor, median * factor
    if rule is TrimRule.IQR and factor > 0:
        if three <= quarter:
            raise SamplingError("iqr_is_zero", median=median)
        return 0.0, median + factor * (three - quarter)
    raise SamplingError("bad_trim_rule", rule=str(rule), factor=factor)


def trim(
    row_weights: npt.ArrayLike,
    *,
    lower: float = 0.0,
    upper: float = np.inf,
    within: npt.ArrayLike | None = None,
    sharing: Sharing = Sharing.PROPORTIONAL,
) -> Trimming:
    """Weights cut to [lower, upper], what was cut shared among the others until all are inside; the sum is kept.

    Parameters
    ----------
    row_weights : (n,) above zero.
    within : (n,) domains whose sums are kept, each on its own; none: the sum of all.

    Raises
    ------
    SamplingError : bounds that do not allow for the sum (with the domain), bounds in disorder.

    References
    ----------
    R: ``survey::trimWeights(strict = TRUE)`` for equal sharing; Valliant, Dever & Kreuter (2018), s. 14.4.
    """
    column = positive(row_weights, "row_weights")
    if not 0 <= lower < upper:
        raise SamplingError("bad_trim_bounds", lower=lower, upper=upper)
    codes, names = (np.zeros(len(column), dtype=np.intp), [""]) if within is None else level_codes(within, "within")
    if len(codes) != len(column):
        raise SamplingError("column_rows_differ", name="within", found=len(codes), expected=len(column))
    trimmed = column.copy()
    for k, name in enumerate(names):
        inside = codes == k
        trimmed[inside] = _trimmed(column[inside], lower, upper, sharing, name)
    return _result(trimmed, lower, upper)


def trim_calibrated(calibration: Calibration, *, lower: float = 0.0, upper: float = np.inf) -> Trimming:
    """Weights in [lower, upper] that reach the controls of a calibration.

    Trimming and calibrating in turn would end at weights that keep both, where there are any; they are computed at
    once, as a calibration of the base weights with bounds on the weights, and looked at again before they are returned.

    Raises
    ------
    SamplingError : bounds within which the controls cannot be held, with the margin and level that is furthest off and
        the bound to move.

    References
    ----------
    R: ``survey::calibrate(..., bounds = list(lower, upper), bounds.const = TRUE)``. Folsom & Singh (2000), JSM Proc.
    Survey Research Methods, 598-603, on bounded weights as calibration.
    """
    if not 0 <= lower < upper:
        raise SamplingError("bad_trim_bounds", lower=lower, upper=upper)
    held = within_weight_bounds(calibration, lower, upper)
    return _result(held.calibrated_weights, lower, upper, held)


def _trimmed(column: Floats, lower: float, upper: float, sharing: Sharing, name: str) -> Floats:
    total, n = float(column.sum()), len(column)
    if not lower * n * (1 - HELD) <= total <= upper * n * (1 + HELD):
        raise SamplingError("trim_out_of_reach", domain=name, total=total, n=n, lower=lower, upper=upper)
    if sharing is Sharing.PROPORTIONAL:
        return _scaled_into(column, lower, upper, total)
    return _shared_in_rounds(column, lower, upper, name)


def _scaled_into(column: Floats, lower: float, upper: float, total: float) -> Floats:
    """clip(c x weight, lower, upper) for the one c that keeps the sum, which rises in c in straight pieces."""
    if column.min() >= lower and column.max() <= upper:
        return column
    breaks = np.unique(np.concatenate([bound / column for bound in (lower, upper) if 0 < bound < np.inf]))
    low, high = 0, len(breaks) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if float(np.clip(breaks[middle] * column, lower, upper).sum()) <= total:
            low = middle
        else:
            high = middle
    inside = (breaks[low] + breaks[high]) / 2
    free = (inside * column > lower) & (inside * column < upper)
    fixed = float(np.clip(inside * column, lower, upper)[~free].sum())
    c = (total - fixed) / float(column[free].sum()) if free.any() else inside
    return np.clip(c * column, lower, upper)


def _shared_in_rounds(column: Floats, lower: float, upper: float, name: str) -> Floats:
    """Cut, and give the same to every row that was inside; again until none is outside (what R's recursion does)."""
    weighted = column.copy()
    slack = 1e-13 * float(column.max())
    for _ in range(MAX_ROUNDS):
        outside = (weighted < lower - slack) | (weighted > upper + slack)
        if not outside.any():
            return np.clip(weighted, lower, upper)
        if outside.all():
            break
        cut = np.clip(weighted, lower, upper)
        rest = float((weighted - cut).sum())
        weighted = np.where(outside, cut, weighted + rest / (~outside).sum())
    raise SamplingError("trim_not_settled", domain=name, lower=lower, upper=upper)


def _result(trimmed: Floats, lower: float, upper: float, calibration: Calibration | None = None) -> Trimming:
    slack = HELD * float(np.abs(trimmed).max())
    if trimmed.min() < lower - slack or trimmed.max() > upper + slack:
        raise SamplingError("trim_not_settled", domain="", lower=lower, upper=upper)
    low = int((trimmed <= lower + slack).sum()) if lower > 0 else 0
    return Trimming(trimmed, lower, upper, low, int((trimmed >= upper - slack).sum()), calibration)
