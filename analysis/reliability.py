"""Reliability of a scale: alpha with its interval, Guttman's lambda 6, omega, item statistics."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import fdtri, ndtri, stdtrit

from analysis.calibrated import auxiliary_of
from analysis.design import SurveyDesign
from analysis.extraction import Extraction, extract, squared_multiple_correlations
from analysis.faults import AnalysisError
from analysis.items import Items, items_of
from analysis.moments import Missing, Moments, complete_rows, correlated, item_moments, refuse_dependent
from analysis.sums import Floats, sum_by

SPREAD_RATIO = 2.0  # of standard deviations, from which items are taken to stand on different scales


@dataclass(frozen=True, slots=True)
class ItemStatistics:
    """Of each item (K,); correlations with a scale that a reversed item spoils are negative.

    Attributes
    ----------
    mean, sd : in the unit of the item.
    raw_r : with the sum of all items, itself included.
    standardized_r : the same of standardised items.
    corrected_r : with the scale, corrected for overlap by the item's squared multiple correlation (psych's r.cor); NaN
        where the items have no variance in common.
    rest_r : with the sum of the other items (psych's r.drop; the corrected item–total correlation of SPSS).
    alpha_without, standardized_without, lambda6_without : of the scale without the item; NaN where that leaves one
        item, or items that cancel out.
    """

    mean: Floats
    sd: Floats
    raw_r: Floats
    standardized_r: Floats
    corrected_r: Floats
    rest_r: Floats
    alpha_without: Floats
    standardized_without: Floats
    lambda6_without: Floats


@dataclass(frozen=True, slots=True)
class Reliability:
    """Reliability of the sum (or mean) of K items.

    Attributes
    ----------
    n, n_rows : rows that entered, after others were dropped; rows that were read.
    alpha : Cronbach's; se, low, high : its standard error and interval.
    level : of the interval.
    by_design : whether rows were weighted and the error is that of the design.
    standardized : alpha of standardised items.
    lambda6 : Guttman's lambda 6 (psych's G6).
    omega : omega total of one factor; NaN with two items, of which one factor cannot be told.
    average_r, median_r : of the correlations between items.
    signal_to_noise : k r / (1 - r) with the average correlation r.
    mean, sd : of the mean of the items.
    """

    names: tuple[str, ...]
    n: int
    n_rows: int
    alpha: float
    se: float
    low: float
    high: float
    level: float
    by_design: bool
    standardized: float
    lambda6: float
    omega: float
    average_r: float
    median_r: float
    signal_to_noise: float
    mean: float
    sd: float
    items: ItemStatistics

    @property
    def reversed_items(self) -> tuple[str, ...]:
        """Items that go against the rest: reverse-coded ones that were not turned, or ones that do not belong."""
        return tuple(name for name, r in zip(self.names, self.items.rest_r, strict=True) if r < 0)

    @property
    def on_different_scales(self) -> bool:
        """One item spreads over twice as far as another: the sum is mostly the former; see ``standardized``."""
        return bool(self.items.sd.max() > SPREAD_RATIO * self.items.sd.min())

    def table(self) -> pd.DataFrame:
        """A row for each item."""
        statistics = {name: getattr(self.items, name) for name in ItemStatistics.__slots__}
        return pd.DataFrame({"item": self.names, **statistics})


def reliability(
    frame: pd.DataFrame | Items,
    names: Sequence[str],
    *,
    missing: int | None = None,
    rule: Missing = Missing.LISTWISE,
    design: SurveyDesign | None = None,
    level: float = 0.95,
) -> Reliability:
    """Reliability of the items as they are coded; none is ever turned round.

    Parameters
    ----------
    frame, names, missing : at least two items, see :func:`analysis.items.items_of`; NaN means no answer.
    rule : listwise (rows that answered every item), or pairwise covariances with n of the pair with fewest answers.
    design : weights the covariances, and gives the standard error of the design; listwise only. Without it rows are
        taken as a simple random sample.
    level : of the interval.

    Raises
    ------
    AnalysisError : see :func:`analysis.moments.item_moments`; ``bad_level``; ``no_total_variance`` (items that cancel
        out); ``items_dependent`` (combinations of others); ``rows_below_items``;
        ``no_degrees_of_freedom``.

    Notes
    -----
    Without a design the interval is Feldt's (normal items, parallel as regards covariance) and the standard error that
    of Duhachek and Iacobucci (normal items). With a design alpha is linearised: each row's influence on it follows
    from its deviations, and their total has the variance of the design; it supposes no normality. The interval is
    that of log(1 - alpha) ± t, so that it stays below one.

    References
    ----------
    Cronbach (1951), Psychometrika 16, 297–334; Guttman (1945), Psychometrika 10, 255–282; Feldt, Woodruff and Salih
    (1987), Appl. Psychol. Meas. 11, 93–103; Duhachek and Iacobucci (2004), J. Appl. Psychol. 89, 792–808; McDonald
    (1999), Test Theory, ch. 6; Maydeu-Olivares, Coffman and Hartmann (2007), Psychol. Methods 12, 157–176 (influence).
    R: psych 2.2.9 ``alpha``, ``alpha.ci``.
    """
    if not 0 < level < 1:
        raise AnalysisError("bad_level", level=level)
    items = items_of(frame, names, missing=missing)
    moments = item_moments(items, names, rule=rule, design=design)
    refuse_dependent(moments)
    alpha = alpha_of(moments.covariance)
    if design is None:
        se = math.sqrt(_normal_variance(moments.covariance) / moments.n)
        limits = feldt_interval(alpha, moments.n, len(moments.names), level=level)
    else:
        se, df = _design_error(items, moments, design)
        limits = _log_interval(alpha, se, df, level)
    return _described(moments, alpha, se, limits, level)


def alpha_of(covariance: Floats) -> float:
    """Cronbach's alpha of a covariance matrix; of a correlation matrix it is the standardised alpha."""
    size, total = len(covariance), float(covariance.sum())
    if total <= 1e-12 * float(np.trace(covariance)):
        raise AnalysisError("no_total_variance")
    return size / (size - 1) * (1 - float(np.trace(covariance)) / total)


def feldt_interval(alpha: float, n: int, n_items: int, *, level: float = 0.95) -> tuple[float, float]:
    """Feldt's interval of alpha from n complete rows."""
    outside, df, between = (1 - level) / 2, n - 1, (n - 1) * (n_items - 1)
    quantile = [float(fdtri(df, between, share)) for share in (1 - outside, outside)]
    return 1 - (1 - alpha) * quantile[0], 1 - (1 - alpha) * quantile[1]


def bootstrap_interval(
    frame: pd.DataFrame | Items,
    names: Sequence[str],
    rng: np.random.Generator,
    *,
    missing: int | None = None,
    level: float = 0.95,
    n_sets: int = 1000,
) -> tuple[float, float]:
    """Percentile interval of alpha over samples of complete rows with replacement; for a simple random sample.

    Raises
    ------
    AnalysisError : see :func:`reliability`; ``too_few_sets``.

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, ch. 13.
    """
    if n_sets < 20:
        raise AnalysisError("too_few_sets", n=n_sets, least=20)
    items = items_of(frame, names, missing=missing)
    centre = item_moments(items, names).means
    rows = items.read(complete_rows(items), slice(None)).y - centre
    n = len(rows)
    drawn = np.empty(n_sets)
    for number in range(n_sets):
        times = np.bincount(rng.integers(n, size=n), minlength=n)
        sums = times @ rows
        drawn[number] = alpha_of((rows * times[:, None]).T @ rows - np.outer(sums, sums) / n)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _described(moments: Moments, alpha: float, se: float, limits: tuple[float, float], level: float) -> Reliability:
    covariance, size = moments.covariance, len(moments.names)
    correlation = correlated(covariance)
    between = correlation[np.tril_indices(size, -1)]
    average = float(between.mean())
    return Reliability(
        names=moments.names,
        n=moments.n,
        n_rows=moments.n_rows,
        alpha=alpha,
        se=se,
        low=limits[0],
        high=limits[1],
        level=level,
        by_design=moments.weighted,
        standardized=alpha_of(correlation),
        lambda6=_lambda6(correlation),
        omega=omega_total(correlation),
        average_r=average,
        median_r=float(np.median(between)),
        signal_to_noise=size * average / (1 - average),
        mean=float(moments.means.mean()),
        sd=math.sqrt(float(covariance.sum())) / size,
        items=_item_statistics(moments, correlation),
    )


def omega_total(correlation: Floats) -> float:
    """Share of the variance of the sum of standardised items that one factor (minres) explains; NaN with two items."""
    if len(correlation) < 3:
        return math.nan
    loadings = extract(correlation, 1, Extraction.MINRES).loadings[:, 0]
    common = float(loadings.sum()) ** 2
    return common / (common + float((1 - loadings**2).sum()))


def _lambda6(correlation: Floats) -> float:
    unexplained = 1 - squared_multiple_correlations(correlation)
    return 1 - float(unexplained.sum()) / float(correlation.sum())


def _item_statistics(moments: Moments, correlation: Floats) -> ItemStatistics:
    covariance, size = moments.covariance, len(moments.names)
    sd, with_sum = np.sqrt(np.diag(covariance)), covariance.sum(axis=0)
    rest_variance = covariance.sum() - 2 * with_sum + sd**2
    own = squared_multiple_correlations(correlation)
    corrected = correlation.sum(axis=0) - 1 + own
    common = float(corrected.sum())
    return ItemStatistics(
        mean=moments.means,
        sd=sd,
        raw_r=with_sum / (sd * math.sqrt(float(covariance.sum()))),
        standardized_r=correlation.sum(axis=0) / math.sqrt(float(correlation.sum())),
        corrected_r=corrected / math.sqrt(common) if common > 0 else np.full(size, math.nan),
        rest_r=(with_sum - sd**2) / (sd * np.sqrt(rest_variance)),
        alpha_without=_alphas_without(covariance),
        standardized_without=_alphas_without(correlation),
        lambda6_without=_lambda6_without(correlation),
    )


def _alphas_without(covariance: Floats) -> Floats:
    """Alpha of the other items, for each item (K,)."""
    size, own = len(covariance), np.diag(covariance)
    if size == 2:
        return np.full(2, math.nan)
    total = covariance.sum() - 2 * covariance.sum(axis=0) + own
    share = np.divide(np.trace(covariance) - own, total, out=np.full(size, math.nan), where=total > 0)
    return np.asarray((size - 1) / (size - 2) * (1 - share))


def _lambda6_without(correlation: Floats) -> Floats:
    """Lambda 6 of the other items, for each item (K,); their inverse follows from that of all."""
    size = len(correlation)
    if size == 2:
        return np.full(2, math.nan)
    inverse = np.linalg.inv(correlation)
    of_others = np.diag(inverse) - inverse**2 / np.diag(inverse)[:, None]  # (left out, other)
    np.fill_diagonal(of_others, np.inf)
    total = correlation.sum() - 2 * correlation.sum(axis=0) + 1
    return np.asarray(1 - np.divide((1 / of_others).sum(axis=1), total, out=np.full(size, math.nan), where=total > 0))


def _normal_variance(covariance: Floats) -> float:
    """n times the variance of alpha of normal items."""
    size, total, trace = len(covariance), float(covariance.sum()), float(np.trace(covariance))
    squared = covariance @ covariance
    inner = total * (float(np.trace(squared)) + trace**2) - 2 * trace * float(squared.sum())
    return max(2 * size**2 / ((size - 1) ** 2 * total**3) * inner, 0.0)


def _design_error(items: Items, moments: Moments, design: SurveyDesign) -> tuple[float, float]:
    """Standard error of alpha under the design, and its degrees of freedom."""
    size = len(moments.names)
    total, trace = float(moments.covariance.sum()), float(np.trace(moments.covariance))
    kept = complete_rows(items)
    row_weights = np.zeros(design.n_rows)
    row_weights[kept] = design.estimation_weights[kept]
    deviations = items.read(kept, slice(None)).y - moments.means
    own, of_sum = (deviations**2).sum(axis=1), deviations.sum(axis=1) ** 2
    z = -size / (size - 1) * (own / total - trace * of_sum / total**2)  # its weighted sum is zero
    influence = np.zeros(design.n_rows)
    influence[kept] = z / row_weights.sum()
    totals = sum_by(design.row_unit, (design.estimation_weights * influence)[:, None], design.clusters.n_finest)
    if design.calibration is not None:  # the error of calibrated weights is that of the residuals
        auxiliary = auxiliary_of(design, design.calibration)
        crossed = auxiliary.rows.T @ (auxiliary.base_weights * influence)
        totals -= (auxiliary.unit_totals @ (auxiliary.inverse @ crossed))[:, None]
    first = design.clusters.stages[0]
    units = np.unique(first.unit[design.row_unit[row_weights > 0]])
    df = len(units) - len(np.unique(first.stratum[units]))
    if df < 1:
        raise AnalysisError("no_degrees_of_freedom")
    return math.sqrt(float(design.clusters.variance(totals)[0])), float(df)


def _log_interval(alpha: float, se: float, df: float, level: float) -> tuple[float, float]:
    """Symmetric for the logarithm of 1 - alpha. Bonett (2002), J. Educ. Behav. Stat. 27, 335–340."""
    share = 0.5 + level / 2
    times = float(stdtrit(df, share)) if math.isfinite(df) else float(ndtri(share))
    margin = times * se / (1 - alpha)
    return 1 - (1 - alpha) * math.exp(margin), 1 - (1 - alpha) * math.exp(-margin)
