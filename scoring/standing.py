"""The last steps, the same for every kind of score: index on 100, bonus and penalty, interval, band and rank."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from statistics import NormalDist

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from scoring.method import Adjustments, Bands, Compare, IndexRule, ScoringMethod
from scoring.values import Floats

SIGNIFICANT = 12
"""Digits after which a difference is the noise of binary fractions and not a difference."""

RANKED, NOT_RANKED, CONVENIENCE = "ranked", "not_ranked", "convenience"
Z95 = NormalDist().inv_cdf(0.975)


def rounded_half_up(value: float, digits: int) -> float:
    """The number as it is printed: 82.125 -> 82.13, 82.124999 -> 82.12; NaN stays NaN.

    Half goes away from zero, as in administrative practice, not to the even digit. What lies beyond the twelfth
    significant digit is dropped first, so that 0.1 + 0.2 rounds as 0.3.
    """
    if not np.isfinite(value):
        return value
    exact = Decimal(f"{value:.{SIGNIFICANT}g}")
    return float(exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP))


def rounded(values: Iterable[float], digits: int) -> Floats:
    """Each number half up; see :func:`rounded_half_up`."""
    return np.array([rounded_half_up(value, digits) for value in values], dtype=np.float64)


def with_standing(method: ScoringMethod, units: pd.DataFrame, changes: pd.DataFrame | None = None) -> pd.DataFrame:
    """The units with index, its standard error and interval, band and rank within block.

    Parameters
    ----------
    units : ``unit, block, points, points_se, max_points, n, reason``; points NaN: not scored, with the reason.
    changes : ``unit, block, component, value`` with the bonus and penalty points of the units, if there are any.

    Returns
    -------
    DataFrame, one row per unit: ``unit, block, points, points_se, max_points, index, se, se_raters, df, ci_low,
    ci_high, n, bonus, penalty, index_rounded, rank, band, status, reason``. The interval is index ± t(df) se, 1.96 se
    without df, cut to what is possible; ``se`` is of how the unit performs, ``se_raters`` of what this year's raters
    said (NaN: not known).
    """
    result = units.copy()
    factor = index_factor(method, result["max_points"].to_numpy(dtype=np.float64))
    result["bonus"], result["penalty"] = _changes(method.adjustments, result, changes)
    cap = method.adjustments.cap if method.adjustments is not None else 100.0
    raw = result["points"] * factor + result["bonus"] - result["penalty"]
    result["index"] = raw.clip(0.0, cap)
    result["se"] = (result["points_se"] * factor).where(result["index"].notna())
    raters = result["points_se_raters"] if "points_se_raters" in result else pd.Series(np.nan, index=result.index)
    result["se_raters"] = (raters * factor).where(result["index"].notna())
    result["df"] = result.get("df", np.nan)
    margin = half_width(result["se"], result["df"])
    result["ci_low"] = (result["index"] - margin).clip(0.0, cap)
    result["ci_high"] = (result["index"] + margin).clip(0.0, cap)
    result["index_rounded"] = rounded(result["index"], method.rounding.digits)
    shown = _compared(method, result)
    result["rank"] = _ranks(method, result["block"], shown)
    result["band"] = [_band(method.bands, value) for value in shown]
    result["status"] = np.where(result["index"].notna(), RANKED, NOT_RANKED)
    return result[COLUMNS].sort_values(["block", "unit"], kind="stable").reset_index(drop=True)


def half_width(se: pd.Series, df: pd.Series) -> pd.Series:
    """Half of a 95 % interval: t with ``df`` degrees of freedom, or normal where they are not known."""
    quantile = np.where(df.notna(), stdtrit(df.astype(np.float64).fillna(1.0), 0.975), Z95)
    return se * quantile


COLUMNS = [
    "unit", "block", "points", "points_se", "max_points", "index", "se", "se_raters", "df", "ci_low", "ci_high", "n",
    "bonus", "penalty", "index_rounded", "rank", "band", "status", "reason",
]  # fmt: skip


def index_factor(method: ScoringMethod, applicable: Floats) -> Floats:
    """What a point is worth on the index (units,), given the points that apply to each; NaN where nothing applies."""
    whole = method.index.rule is IndexRule.FULL_MAX
    most = np.full_like(applicable, method.full_max) if whole else applicable
    return 100.0 / np.where(most > 0, most, np.nan)


def _changes(
    rule: Adjustments | None, units: pd.DataFrame, changes: pd.DataFrame | None
) -> tuple[pd.Series, pd.Series]:
    """Bonus and penalty points of each unit, each column up to its maximum; 0 where none is given."""
    nothing = pd.Series(0.0, index=units.index)
    if rule is None or changes is None:
        return nothing, nothing
    keys = pd.MultiIndex.from_frame(units[["block", "unit"]])
    sums = []
    for limits in (rule.bonus, rule.penalty):
        own = changes[changes["component"].isin(list(limits))]
        points = own["value"].clip(0.0, own["component"].map(dict(limits)).astype(float))
        summed = points.groupby([own["block"], own["unit"]]).sum().reindex(keys)
        sums.append(pd.Series(summed.fillna(0.0).to_numpy(dtype=np.float64), index=units.index))
    return sums[0], sums[1]


def _compared(method: ScoringMethod, units: pd.DataFrame) -> Floats:
    """The index that ranks and bands look at."""
    if method.ranking.compare is Compare.ROUNDED:
        return units["index_rounded"].to_numpy(dtype=np.float64)
    return np.array([float(f"{value:.{SIGNIFICANT}g}") for value in units["index"]])


def _ranks(method: ScoringMethod, block: pd.Series, shown: Floats) -> pd.Series:
    """1 for the best of the block; units that compare equal share a rank; missing where there is no index."""
    index = pd.Series(shown, index=block.index)
    ranks = index.groupby(block).rank(method=method.ranking.ties.value, ascending=False)
    return ranks.astype("Int64")


def ranked_anew(method: ScoringMethod, units: pd.DataFrame, takes_part: pd.Series) -> pd.DataFrame:
    """The units with ranks among those that take part."""
    compared = np.where(takes_part, _compared(method, units), np.nan)
    return units.assign(rank=_ranks(method, units["block"], compared))


def _band(bands: Bands | None, index: float) -> str:
    """The band an index falls in, lower bound included; empty without bands or without index."""
    if bands is None or not np.isfinite(index):
        return ""
    return next((band.code for band in bands.bands if index >= band.low), bands.bands[-1].code)
