"""How well a model of covariances fits: RMSEA with its interval, CFI, TLI."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from scipy.optimize import brentq
from scipy.special import chdtrc, chndtr

RMSEA_LEVEL = 0.9


class Rmsea(NamedTuple):
    """Root mean square error of approximation with its 90 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ModelFit:
    """Fit of a measurement model.

    Attributes
    ----------
    chi_square, df, p : against any covariances; ``p`` is 1 where no degree of freedom is left.
    baseline_chi_square, baseline_df : of items that do not covary.
    cfi, tli : 1 is no misfit beyond chance; rmsea : with its 90 % interval, 0 is none.
    srmr : root mean square of the standardised residuals.
    """

    chi_square: float
    df: int
    p: float
    baseline_chi_square: float
    baseline_df: int
    cfi: float
    tli: float
    rmsea: Rmsea
    srmr: float


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


def model_fit(
    against_any: tuple[float, int], baseline: tuple[float, int], n: int, srmr: float, *, groups: int = 1
) -> ModelFit:
    """The indices of a chi-square and its df, those of the baseline, and the rows that multiply a discrepancy."""
    chi_square, df = max(against_any[0], 0.0), against_any[1]
    square = max(chi_square / df - 1, 0.0) / n if df else 0.0
    errors = math.sqrt(square), *rmsea_limits(chi_square, df, n)
    return ModelFit(
        chi_square=chi_square,
        df=df,
        p=tail(chi_square, df),
        baseline_chi_square=baseline[0],
        baseline_df=baseline[1],
        cfi=comparative_fit(chi_square, df, *baseline),
        tli=tucker_lewis(chi_square, df, *baseline),
        rmsea=Rmsea(*(value * math.sqrt(groups) for value in errors)),
        srmr=srmr,
    )
