"""How well a model of covariances fits: RMSEA with its interval, CFI, TLI."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from scipy.optimize import brentq
from scipy.special import chdtrc, chndtr

RMSEA_LEVEL = 0.9


class Rmsea(NamedTuple):
    """Root mean square error of approximation with its 90 % interval."""

    value: float
    low: float
    high: float


def tail(chi_square: float, df: float) -> float:
    """The probability of a larger chi-square; 1 where no degree of freedom is left to test."""
    return float(chdtrc(df, max(chi_square, 0.0))) if df > 0 else 1.0


def rmsea_limits(chi_square: float, df: float, n: float, *, level: float = RMSEA_LEVEL) -> tuple[float, float]:
    """The interval of the RMSEA: noncentralities under which the chi-square is as large or small as the level allows.

    ``n`` multiplies the discrepancy to the chi-square. Steiger (1990), Multivar. Behav. Res. 25, 173–180.
    """
    if df <= 0:
        return 0.0, 0.0

    def noncentrality(share: float) -> float:
        def beyond(centre: float) -> float:
            return float(chndtr(chi_square, df, centre)) - share

        return _root_above_zero(beyond, chi_square)

    outside = (1 - level) / 2
    low, high = noncentrality(1 - outside), noncentrality(outside)
    return math.sqrt(low / (n * df)), math.sqrt(high / (n * df))


def _root_above_zero(falling: Callable[[float], float], scale: float) -> float:
    """Where a falling function crosses zero; 0 if it is below zero from the start."""
    if falling(0.0) <= 0:
        return 0.0
    upper = max(scale, 1.0)
    while falling(upper) > 0:
        upper *= 2
    return float(brentq(falling, 0.0, upper, xtol=1e-10, rtol=1e-13))


def comparative_fit(chi_square: float, df: float, baseline: float, baseline_df: float) -> float:
    """CFI: the share of the baseline's misfit that the model takes away; 1 where neither misfits. Bentler (1990)."""
    misfit, before = max(chi_square - df, 0.0), max(chi_square - df, baseline - baseline_df, 0.0)
    return 1.0 if before == 0 else 1 - misfit / before


def tucker_lewis(chi_square: float, df: float, baseline: float, baseline_df: float) -> float:
    """TLI (NNFI): as CFI, per degree of freedom; may leave 0..1; 1 without degrees of freedom. Tucker, Lewis (1973)."""
    before = (baseline - baseline_df) * df
    return 1.0 if before == 0 else 1 - (chi_square - df) * baseline_df / before
