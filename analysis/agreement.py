"""Intraclass correlations of raters (columns) over targets (rows), in the six forms of Shrout and Fleiss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import fdtrc, fdtri

from analysis.faults import AnalysisError
from analysis.items import Items
from analysis.moments import item_moments


@dataclass(frozen=True, slots=True)
class Icc:
    """One form of the intraclass correlation with its F test against zero and its interval."""

    form: str  # ICC1, ICC2, ICC3: of one rater; ICC1k, ICC2k, ICC3k: of the mean of the k raters
    value: float
    f: float
    df1: float
    df2: float
    p: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """The six intraclass correlations.

    Attributes
    ----------
    n : targets (rows) rated by all raters; n_rows : rows that were read.
    n_raters : columns.
    forms : ICC1 (raters differ from target to target), ICC2 (a sample of raters, absolute agreement), ICC3 (these
        raters, consistency), then the same of their mean; ICC3k is Cronbach's alpha.
    """

    names: tuple[str, ...]
    n: int
    n_rows: int
    n_raters: int
    level: float
    forms: tuple[Icc, ...]

    def table(self) -> pd.DataFrame:
        """A row for each form."""
        return pd.DataFrame([{name: getattr(form, name) for name in Icc.__slots__} for form in self.forms])


def agreement(
    frame: pd.DataFrame | Items, names: Sequence[str], *, missing: int | None = None, level: float = 0.95
) -> Agreement:
    """Intraclass correlations of the named columns over the rows that hold them all.

    Parameters
    ----------
    frame, names, missing : two or more raters (or items); NaN means no rating. Rows with one are left out.
    level : of the intervals.

    Raises
    ------
    AnalysisError : see :func:`analysis.moments.item_moments`; ``bad_level``; ``perfect_agreement`` (no residual is
        left to compare with).

    References
    ----------
    Shrout and Fleiss (1979), Psychol. Bull. 86, 420–428; McGraw and Wong (1996), Psychol. Methods 1, 30–46.
    R: psych 2.2.9 ``ICC(lmer = FALSE)``.
    """
    if not 0 < level < 1:
        raise AnalysisError("bad_level", level=level)
    moments = item_moments(frame, names, missing=missing)
    n, k = moments.n, len(moments.names)
    total = (n - 1) * float(np.trace(moments.covariance))  # within raters
    between_targets = (n - 1) * float(moments.covariance.sum()) / k
    raters = n * float(((moments.means - moments.means.mean()) ** 2).sum())
    msb, msj = between_targets / (n - 1), raters / (k - 1)
    mse = (total - between_targets) / ((n - 1) * (k - 1))
    msw = (total - between_targets + raters) / (n * (k - 1))
    if mse <= 1e-12 * (msb + mse):
        raise AnalysisError("perfect_agreement", n=n)
    forms = _oneway(msb, msw, n, k, level), _random((msb, msj, mse), n, k, level), _fixed(msb, mse, n, k, level)
    single, mean = zip(*forms, strict=True)
    return Agreement(moments.names, n, moments.n_rows, k, level, (*single, *mean))


def _oneway(msb: float, msw: float, n: int, k: int, level: float) -> tuple[Icc, Icc]:
    f, df1, df2 = msb / msw, n - 1.0, n * (k - 1.0)
    low, high = _f_limits(f, df1, df2, level)
    test = f, df1, df2, float(fdtrc(df1, df2, f))
    single = Icc(
        "ICC1", (msb - msw) / (msb + (k - 1) * msw), *test, (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)
    )
    return single, Icc("ICC1k", (msb - msw) / msb, *test, 1 - 1 / low, 1 - 1 / high)


def _fixed(msb: float, mse: float, n: int, k: int, level: float) -> tuple[Icc, Icc]:
    f, df1, df2 = msb / mse, n - 1.0, (n - 1.0) * (k - 1)
    low, high = _f_limits(f, df1, df2, level)
    test = f, df1, df2, float(fdtrc(df1, df2, f))
    single = Icc(
        "ICC3", (msb - mse) / (msb + (k - 1) * mse), *test, (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)
    )
    return single, Icc("ICC3k", (msb - mse) / msb, *test, 1 - 1 / low, 1 - 1 / high)


def _random(squares: tuple[float, float, float], n: int, k: int, level: float) -> tuple[Icc, Icc]:
    """Limits by Satterthwaite's degrees of freedom of the raters' and residual mean squares."""
    msb, msj, mse = squares
    icc = (msb - mse) / (msb + (k - 1) * mse + k * (msj - mse) / n)
    f, df1, df2 = msb / mse, n - 1.0, (n - 1.0) * (k - 1)
    test = f, df1, df2, float(fdtrc(df1, df2, f))
    rest = n * (1 + (k - 1) * icc) - k * icc
    v = df2 * (k * icc * msj / mse + rest) ** 2 / ((n - 1) * (k * icc * msj / mse) ** 2 + rest**2)
    share = 0.5 + level / 2
    above, below = float(fdtri(n - 1, v, share)), float(fdtri(v, n - 1, share))
    spread = k * msj + (k * n - k - n) * mse
    low = n * (msb - above * mse) / (above * spread + n * msb)
    high = n * (below * msb - mse) / (spread + n * below * msb)
    single = Icc("ICC2", icc, *test, low, high)
    of_mean = [value * k / (1 + value * (k - 1)) for value in (low, high)]
    return single, Icc("ICC2k", (msb - mse) / (msb + (msj - mse) / n), *test, *of_mean)


def _f_limits(f: float, df1: float, df2: float, level: float) -> tuple[float, float]:
    share = 0.5 + level / 2
    return f / float(fdtri(df1, df2, share)), f * float(fdtri(df2, df1, share)) if math.isfinite(f) else math.inf
