"""Confidence intervals of means and proportions from an estimate, its standard error and its degrees of freedom.

All arguments may be arrays of shapes that go together; the interval has their common shape. What an interval cannot
know it does not hide: no degrees of freedom (``df`` = 0) give the whole line, or 0 to 1; NaN in ``estimate`` or ``se``
gives NaN and has its reason where it was made.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, expit, logit, ndtri, stdtrit

from analysis.faults import AnalysisError

Floats = npt.NDArray[np.float64]
Numbers = npt.ArrayLike

ROUNDING = 1e-12
"""How far from 0 or 1 a share may be rounded that is a quotient of two sums; nearer than any sample can tell."""


class Interval(NamedTuple):
    """Lower and upper limits."""

    low: Floats
    high: Floats


class ProportionInterval(StrEnum):
    """How an interval of a proportion is made; the names are those of R's svyciprop."""

    BETA = "beta"  # Clopper–Pearson with the effective sample size
    WILSON = "wilson"  # score interval with the effective sample size
    LOGIT = "logit"
    XLOGIT = "xlogit"  # the same: R refits a model for "logit" and transforms the mean for "xlogit"
    ASIN = "asin"  # on the scale of arcsin √p
    MEAN = "mean"  # symmetric, may leave 0..1


class BinomialInterval(StrEnum):
    """How an interval of a plain binomial proportion is made."""

    EXACT = "exact"  # Clopper–Pearson
    WILSON = "wilson"


def mean_interval(estimate: Numbers, se: Numbers, df: Numbers, *, level: float = 0.95) -> Interval:
    """``estimate`` ± t ``se``.

    Parameters
    ----------
    estimate : in any unit.
    se : standard error in that unit, zero or more.
    df : degrees of freedom of ``se``; infinity takes the normal quantile, zero gives an interval without limits.
    level : the probability that the interval covers, between 0 and 1.

    Raises
    ------
    AnalysisError : ``bad_level``; ``bad_quantity`` for a negative or infinite ``se``, a negative or missing ``df``.

    Notes
    -----
    R: ``confint(svymean(...), df = degf(design))``; R's own default is ``df = Inf``.
    """
    centre, error, freedom = _floats(estimate, se, df)
    _check(level, se=error, df=freedom)
    margin = _margin(_t(freedom, level), error)
    return Interval(centre - margin, centre + margin)


def proportion_interval(
    p: Numbers,
    se: Numbers,
    n: Numbers,
    df: Numbers,
    *,
    level: float = 0.95,
    method: ProportionInterval = ProportionInterval.BETA,
    cap_at_n: bool = False,
) -> Interval:
    """An interval of a proportion of a complex sample.

    Parameters
    ----------
    p : estimated proportion, 0..1.
    se : its standard error, zero or more.
    n : respondents behind ``p`` (rows of the domain with an answer), not weighted.
    df : degrees of freedom of ``se``; infinity for the normal quantile, zero gives 0 to 1.
    level : the probability that the interval covers, between 0 and 1.
    method : see Notes.
    cap_at_n : whether a design that is better than simple random sampling (design effect below 1) counts as simple
        random sampling in ``BETA`` and ``WILSON``. Without it the gain is used, as R does.

    Returns
    -------
    Interval
        NaN where ``p`` or ``se`` is NaN. With p = 0 or 1 a standard error says nothing (it is zero, and the logit is
        infinite): the effective sample size is then n, and ``LOGIT``, ``XLOGIT``, ``ASIN`` and ``MEAN`` give the
        interval of ``BETA``. With ``se`` = 0 elsewhere both limits are p, which is right for a census alone.

    Raises
    ------
    AnalysisError : ``bad_level``; ``bad_proportion``; ``bad_quantity`` for a negative or infinite ``se``, a negative
        or missing ``n`` or ``df``.

    Notes
    -----
    With t the quantile of Student's distribution and n_eff = p (1 - p) / se²:

    - ``BETA``: limits of Clopper and Pearson with n_eff (t[n-1] / t[df])² in the place of n.
    - ``WILSON``: the score interval with n_eff in the place of n and t[df] in that of the normal quantile.
    - ``LOGIT``, ``XLOGIT``, ``ASIN``: symmetric after the transformation, se by its derivative. Where the angle of
      ``ASIN`` leaves 0..π/2 the limit is 0 or 1; R squares the sine of a negative angle, so that its limit turns back.
    - ``MEAN``: p ± t[df] se.

    Where ``df`` exceeds n - 1 (asked for as infinity), n_eff is not raised by the quotient of the t.

    References
    ----------
    Korn and Graubard (1998), Survey Methodology 24, 193–201; Brown, Cai and DasGupta (2001), Statistical Science 16,
    101–133. R survey 4.5 ``svyciprop``.
    """
    share, error, size, freedom = _floats(p, se, n, df)
    _check(level, se=error, n=size, df=freedom)
    share = _within(share)
    edge = (share == 0) | (share == 1)
    n_eff = _effective(share, error, size, edge, cap_at_n)
    t = _t(freedom, level)
    if method is ProportionInterval.WILSON:
        low, high = _wilson(share, n_eff, t)
    elif method is ProportionInterval.BETA:
        low, high = _beta(share, _lessened(n_eff, size, freedom, level), level)
    else:
        low, high = _transformed(share, error, t, method)
        if edge.any():
            exact = _beta(share, _lessened(n_eff, size, freedom, level), level)
            low, high = np.where(edge, exact.low, low), np.where(edge, exact.high, high)
    unknown = np.isnan(share) | np.isnan(error)
    low, high = np.fmin(low, share), np.fmax(high, share)
    return Interval(np.where(unknown, np.nan, low), np.where(unknown, np.nan, high))


def binomial_interval(
    count: Numbers, n: Numbers, *, level: float = 0.95, method: BinomialInterval = BinomialInterval.EXACT
) -> Interval:
    """An interval of a proportion from ``count`` of ``n`` independent answers, for any n; 0 to 1 where n is 0.

    Raises
    ------
    AnalysisError : ``bad_level``; ``bad_count`` where ``count`` and ``n`` are not whole numbers with 0 ≤ count ≤ n.

    References
    ----------
    Clopper and Pearson (1934), Biometrika 26, 404–413; Wilson (1927), JASA 22, 209–212. R ``binom.test``.
    """
    found, size = _floats(count, n)
    _check(level)
    whole = (found == np.floor(found)) & (size == np.floor(size)) & np.isfinite(size)
    wrong = ~((found >= 0) & (found <= size) & whole)
    if wrong.any():
        raise AnalysisError("bad_count", count=_first(found, wrong), n=_first(size, wrong))
    share = np.divide(found, size, out=np.full(size.shape, 0.5), where=size > 0)
    if method is BinomialInterval.WILSON:
        return _wilson(share, size, _t(np.full(size.shape, np.inf), level))
    return _beta(share, size, level)


def _within(share: Floats) -> Floats:
    """Shares of which rounding is taken away at 0 and at 1; refuses what is no share."""
    wrong = (share < -ROUNDING) | (share > 1 + ROUNDING)
    if wrong.any():
        raise AnalysisError("bad_proportion", value=_first(share, wrong))
    return np.where(share < ROUNDING, 0.0, np.where(share > 1 - ROUNDING, 1.0, share))


def _effective(share: Floats, error: Floats, size: Floats, edge: npt.NDArray[np.bool_], cap_at_n: bool) -> Floats:
    """The size of a simple random sample with this standard error; n where there is no spread to tell."""
    with np.errstate(divide="ignore", invalid="ignore"):
        n_eff = np.where(edge, size, share * (1 - share) / error**2)
    return np.minimum(n_eff, size) if cap_at_n else n_eff


def _lessened(n_eff: Floats, size: Floats, freedom: Floats, level: float) -> Floats:
    """Times (t[n-1] / t[df])²: few first-stage units tell less than many people (Korn and Graubard 1998)."""
    with np.errstate(invalid="ignore"):
        quotient = _t(np.maximum(size - 1, 0), level) / _t(freedom, level)
    factor = np.where(freedom == 0, 0.0, np.minimum(quotient, 1.0) ** 2)
    with np.errstate(invalid="ignore"):
        return np.where(factor == 0, 0.0, n_eff * factor)


def _beta(share: Floats, n_eff: Floats, level: float) -> Interval:
    """Limits of Clopper and Pearson for a size that need not be whole; 0 to 1 where it is zero."""
    tail = (1 - level) / 2
    sure = np.isinf(n_eff)
    size = np.where(sure, 1.0, n_eff)
    yes, no = size * share, size * (1 - share)
    low = np.where(yes > 0, betaincinv(np.where(yes > 0, yes, 1.0), no + 1, tail), 0.0)
    high = np.where(no > 0, betaincinv(yes + 1, np.where(no > 0, no, 1.0), 1 - tail), 1.0)
    return Interval(np.where(sure, share, low), np.where(sure, share, high))


def _wilson(share: Floats, n_eff: Floats, t: Floats) -> Interval:
    """The shares that a score test does not reject; 0 to 1 where there is nothing to test with."""
    blind = np.isinf(t) | (n_eff == 0)
    with np.errstate(divide="ignore"):
        ratio = np.where(blind, 1.0, t) ** 2 / np.where(blind, 1.0, n_eff)
    centre = (share + ratio / 2) / (1 + ratio)
    half = np.sqrt(ratio * share * (1 - share) + ratio**2 / 4) / (1 + ratio)
    low = np.where(share == 0, 0.0, np.maximum(centre - half, 0.0))
    high = np.where(share == 1, 1.0, np.minimum(centre + half, 1.0))
    return Interval(np.where(blind, 0.0, low), np.where(blind, 1.0, high))


def _transformed(share: Floats, error: Floats, t: Floats, method: ProportionInterval) -> Interval:
    """Symmetric on the scale of the method. Limits at the edges of 0..1 are not meant to be used."""
    inner = np.where((share > 0) & (share < 1), share, 0.5)
    if method is ProportionInterval.MEAN:
        margin = _margin(t, error)
        return Interval(
            np.where(np.isinf(margin), 0.0, share - margin), np.where(np.isinf(margin), 1.0, share + margin)
        )
    if method is ProportionInterval.ASIN:
        angle, margin = np.arcsin(np.sqrt(inner)), _margin(t, error / (2 * np.sqrt(inner * (1 - inner))))
        return Interval(
            np.sin(np.maximum(angle - margin, 0.0)) ** 2, np.sin(np.minimum(angle + margin, np.pi / 2)) ** 2
        )
    margin = _margin(t, error / (inner * (1 - inner)))
    return Interval(expit(logit(inner) - margin), expit(logit(inner) + margin))


def _margin(t: Floats, error: Floats) -> Floats:
    """t times the standard error; without degrees of freedom no margin is wide enough, also where the error is 0."""
    with np.errstate(invalid="ignore"):
        product: Floats = np.where(np.isinf(t) & (error == 0), np.inf, t * error)
    return product


def _t(freedom: Floats, level: float) -> Floats:
    """The two-sided quantile: normal for infinity, infinite for zero."""
    upper = 0.5 + level / 2
    usual = (freedom > 0) & np.isfinite(freedom)
    quantile = stdtrit(np.where(usual, freedom, 1.0), upper)
    return np.where(usual, quantile, np.where(freedom == 0, np.inf, ndtri(upper)))


def _floats(*values: Numbers) -> list[Floats]:
    return [
        np.array(value) for value in np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in values))
    ]


def _check(level: float, **quantities: Floats) -> None:
    if not 0 < level < 1:
        raise AnalysisError("bad_level", level=level)
    for name, values in quantities.items():
        # a standard error may be unknown; how many people and units there are is known
        wrong = (values < 0) | (np.isinf(values) if name == "se" else np.isnan(values))
        if wrong.any():
            raise AnalysisError("bad_quantity", name=name, value=_first(values, wrong))


def _first(values: Floats, wrong: npt.NDArray[np.bool_]) -> float:
    return float(values[wrong].flat[0])
