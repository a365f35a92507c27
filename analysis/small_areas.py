"""Estimates for areas with few answers, which borrow strength from the others: the model of Fay and Herriot.

A direct estimate y = x'β + u + e has a sampling error e of known variance ψ, and an area effect u of variance σ². The
model estimate weighs the direct one with γ = σ²/(σ² + ψ) and the regression x'β with the rest. It informs: it never
enters points or official ranks, and ``scoring`` may not import this module (a contract in setup.cfg).

Sources: Fay, Herriot (1979), JASA 74, 269–277; Rao, Molina (2015), Small Area Estimation, 2nd ed., s. 6.1–6.2;
Datta, Lahiri (2000), Statistica Sinica 10, 613–627.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import pandas as pd
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import norm, shapiro

from analysis.faults import AnalysisError
from analysis.sums import Bools, Floats

INTERCEPT = "(1)"
GRID = 80
FARTHEST = 100.0
"""How far beyond the variance of the direct estimates the search goes."""

EXACT = 1e-12
"""Relative width of the bracket in which the search ends."""


class Fitting(StrEnum):
    """How σ² is found."""

    REML = "reml"
    ML = "ml"


@dataclass(frozen=True)
class Checks:
    """Whether the model can be believed; residuals are (y - x'β)/se of the areas with a sample."""

    shapiro_w: float  # of the standardised residuals; NaN with fewer than 3 areas
    shapiro_p: float
    beyond_three: int  # areas whose residual lies beyond ±3
    variance_ratio: float  # σ² over the median ψ
    mean_gamma: float  # share of the direct estimate, on average over the areas with a sample
    covered: float  # share of areas whose direct 95 % interval holds the model estimate


@dataclass(frozen=True)
class SmallAreas:
    """Estimates of D areas; arrays are (D,) in the order given unless said otherwise."""

    method: Fitting
    names: tuple[str, ...]  # (k,) of the coefficients
    coefficient: Floats  # (k,)
    coefficient_se: Floats  # (k,) with σ² as known
    variance: float  # σ² between areas
    variance_se: float  # asymptotic
    direct: Floats  # NaN without a sample
    sampling_variance: Floats  # ψ; NaN without a sample
    synthetic: Floats  # x'β
    gamma: Floats  # share of the direct estimate in the model estimate; 0 without a sample
    estimate: Floats
    mse: Floats  # second-order estimate of the mean squared error
    residual: Floats  # standardised; NaN without a sample
    log_likelihood: float  # not restricted, at the fitted σ², as R's packages print it
    steps: int

    @property
    def sampled(self) -> Bools:
        return np.isfinite(self.direct)

    @property
    def borrowed(self) -> Bools:
        """Whether an estimate borrows strength from other areas: all do, but where the direct one weighs everything."""
        return np.asarray(self.gamma < 1, dtype=np.bool_)

    @property
    def zero_variance(self) -> bool:
        """Whether σ² was estimated as zero: every area then gets the regression, whatever its own answers say."""
        return self.variance == 0

    @property
    def se(self) -> Floats:
        return np.sqrt(self.mse)

    @property
    def aic(self) -> float:
        return -2 * self.log_likelihood + 2 * (len(self.names) + 1)

    def checks(self) -> Checks:
        """Checks of the model on the areas with a sample."""
        own = self.sampled
        residual, variance = self.residual[own], self.sampling_variance[own]
        normal = shapiro(residual) if own.sum() >= 3 and np.ptp(residual) > 0 else (np.nan, np.nan)
        away = np.abs(self.direct - self.estimate)[own] <= norm.ppf(0.975) * np.sqrt(variance)
        return Checks(
            float(normal[0]), float(normal[1]), int((np.abs(residual) > 3).sum()),
            float(self.variance / np.median(variance)), float(self.gamma[own].mean()), float(away.mean()),
        )  # fmt: skip

    def table(self) -> pd.DataFrame:
        """One row per area: direct and model estimate with errors and CV (se over |estimate|, NaN at zero)."""
        direct_se = np.sqrt(self.sampling_variance)
        columns = {
            "direct": self.direct, "direct_se": direct_se, "direct_cv": _cv(direct_se, self.direct),
            "synthetic": self.synthetic, "gamma": self.gamma, "estimate": self.estimate, "se": self.se,
            "cv": _cv(self.se, self.estimate), "residual": self.residual, "borrowed": self.borrowed,
        }  # fmt: skip
        return pd.DataFrame(columns | {"source": np.where(self.sampled, "model", "synthetic")})


def fay_herriot(
    direct: Floats,
    sampling_variance: Floats,
    covariates: Floats,
    *,
    names: Sequence[str],
    method: Fitting = Fitting.REML,
    rows: Sequence[int] | None = None,
) -> SmallAreas:
    """Empirical best linear unbiased predictors of area means with their mean squared errors.

    Parameters
    ----------
    direct : (D,) direct estimates; NaN where an area has no sample: it gets the regression alone
    sampling_variance : (D,) their variances, taken as known; NaN where ``direct`` is
    covariates : (D, k) known for every area; a constant is put before them
    names : (k,) of the covariates
    rows : (D,) numbers that refusals name, such as those of a file; without them from 1

    Notes
    -----
    Assumes direct estimates without bias, independent between areas, with known variances, and a linear regression.
    MSE as in R's sae: g1 + g2 + 2 g3 by REML, less the bias of σ² by ML; σ² + x'Qx without a sample. The likelihood may
    have several peaks: the highest of a grid is taken. MSE may exceed ψ where areas are few or far from the others.

    Raises
    ------
    AnalysisError : columns of unequal length; a covariate missing or collinear; an estimate without a variance; a
        variance of zero or less; fewer areas with a sample than coefficients + 2; no convergence.
    """
    numbers = range(1, len(direct) + 1) if rows is None else rows
    y, psi, x = _checked(direct, sampling_variance, covariates, names=names, rows=numbers)
    own = np.isfinite(y)
    areas = _Areas(y[own], psi[own], x[own], method)
    variance, steps = _variance(areas)
    q, beta = areas.regression(variance)
    synthetic = x @ beta
    gamma = np.where(own, variance / (variance + np.where(own, psi, 1.0)), 0.0)
    spread = np.einsum("ij,jk,ik->i", x, q, x)
    residual = np.full(len(y), np.nan)
    residual[own] = (y - synthetic)[own] / np.sqrt(variance + psi[own] - spread[own])
    return SmallAreas(
        method=method, names=(INTERCEPT, *names), coefficient=beta, coefficient_se=np.sqrt(np.diag(q)),
        variance=variance, variance_se=float(np.sqrt(areas.variance_of_variance(variance))), direct=y,
        sampling_variance=psi, synthetic=synthetic, gamma=gamma,
        estimate=np.where(own, gamma * np.where(own, y, 0.0) + (1 - gamma) * synthetic, synthetic),
        mse=_mse(areas, variance, np.where(own, psi, np.nan), spread), residual=residual,
        log_likelihood=areas.log_likelihood(variance, Fitting.ML), steps=steps,
    )  # fmt: skip


def benchmarked(found: SmallAreas, shares: Floats) -> SmallAreas:
    """Model estimates moved alike, so that their mean by ``shares`` is that of the direct ones (areas with a sample).

    shares : (D,) of the areas in the total, such as their people; zero or more. Errors stay those of the model.
    Source: Rao, Molina (2015), s. 6.4.6 (difference benchmarking).
    """
    share = np.asarray(shares, dtype=np.float64)
    if share.shape != found.estimate.shape:
        raise AnalysisError("small_area_rows", name="shares", found=len(share), expected=len(found.estimate))
    inside = np.where(found.sampled, share, 0.0)
    bad = ~np.isfinite(share) | (share < 0)
    if bad.any() or not inside.sum() > 0:
        raise AnalysisError("bad_shares", rows=_rows(bad if bad.any() else found.sampled, range(1, len(bad) + 1)))
    gap = np.where(found.sampled, found.direct - found.estimate, 0.0)
    return replace(found, estimate=found.estimate + (inside @ gap) / inside.sum())


@dataclass(frozen=True)
class _Areas:
    """The areas with a sample."""

    y: Floats  # (m,)
    psi: Floats
    x: Floats  # (m, k)
    method: Fitting

    def regression(self, variance: float) -> tuple[Floats, Floats]:
        """(X'V⁻¹X)⁻¹ and β at a variance."""
        precision = 1 / (variance + self.psi)
        q = np.linalg.inv(self.x.T @ (self.x * precision[:, None]))
        return (q + q.T) / 2, q @ (self.x.T @ (precision * self.y))

    def log_likelihood(self, variance: float, method: Fitting) -> float:
        total = variance + self.psi
        q, beta = self.regression(variance)
        residual = self.y - self.x @ beta
        value = -0.5 * float(np.log(2 * np.pi * total).sum() + (residual**2 / total).sum())
        return value + 0.5 * float(np.linalg.slogdet(q)[1]) if method is Fitting.REML else value

    def slope(self, variance: float) -> float:
        """Of the (restricted) log-likelihood in the variance."""
        precision = 1 / (variance + self.psi)
        q, beta = self.regression(variance)
        gain = 0.5 * float(((precision * (self.y - self.x @ beta)) ** 2).sum()) - 0.5 * float(precision.sum())
        if self.method is Fitting.ML:
            return gain
        return gain + 0.5 * float(np.einsum("ij,jk,ik,i->", self.x, q, self.x, precision**2))

    def variance_of_variance(self, variance: float) -> float:
        return 2 / float(((variance + self.psi) ** -2.0).sum())

    def bias(self, variance: float) -> float:
        """Of σ² by maximum likelihood (Datta, Lahiri 2000)."""
        if self.method is Fitting.REML:
            return 0.0
        precision = 1 / (variance + self.psi)
        q, _ = self.regression(variance)
        trace = float(np.trace(q @ (self.x.T @ (self.x * (precision**2)[:, None]))))
        return -trace / float((precision**2).sum())


def _variance(areas: _Areas) -> tuple[float, int]:
    """The σ² of the highest (restricted) likelihood, zero or more, and how often its slope was looked at.

    The slope is followed to zero between the neighbours of the best of a grid: scoring alone may creep or circle.
    """
    widest = FARTHEST * max(float(np.var(areas.y)), float(areas.psi.max()))
    grid = np.concatenate([[0.0], np.geomspace(1e-4 * areas.psi.min(), widest, GRID)])
    best = int(np.argmax([areas.log_likelihood(value, areas.method) for value in grid]))
    if best == 0 and areas.slope(0.0) <= 0:
        return 0.0, 1
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, GRID)]
    if areas.slope(low) > 0 > areas.slope(high):
        found, report = brentq(areas.slope, low, high, xtol=1e-14 * high, rtol=EXACT, full_output=True, disp=False)
        variance, converged, steps = float(found), report.converged, report.function_calls
    else:  # several peaks between neighbours
        peak = minimize_scalar(
            lambda value: -areas.log_likelihood(value, areas.method), bounds=(low, high), method="bounded",
            options={"xatol": EXACT * high},
        )  # fmt: skip
        variance, converged, steps = float(peak.x), peak.success, peak.nfev
    if not converged:
        raise AnalysisError("small_area_not_converged", iterations=steps)
    return variance, int(steps)


def _mse(areas: _Areas, variance: float, psi: Floats, spread: Floats) -> Floats:
    """(D,) of areas with (ψ) and without a sample (NaN); ``spread`` is x'Qx."""
    own = np.isfinite(psi)
    error = np.where(own, psi, 1.0)
    away = error / (variance + error)  # 1 - γ
    second = away**2 * areas.variance_of_variance(variance) / (variance + error)
    bias = areas.bias(variance)
    sampled = error * (1 - away) + away**2 * spread + 2 * second - bias * away**2
    return np.asarray(np.where(own, sampled, variance + spread - bias))


def _checked(
    direct: Floats, sampling_variance: Floats, covariates: Floats, *, names: Sequence[str], rows: Sequence[int]
) -> tuple[Floats, Floats, Floats]:
    y, psi = np.asarray(direct, dtype=np.float64), np.asarray(sampling_variance, dtype=np.float64)
    x = np.asarray(covariates, dtype=np.float64).reshape(len(y), -1) if len(names) else np.empty((len(y), 0))
    for name, column in (("variance", psi), ("covariates", covariates)):
        if len(column) != len(y):
            raise AnalysisError("small_area_rows", name=name, found=len(column), expected=len(y))
    for place, name in enumerate(names):
        if (bad := ~np.isfinite(x[:, place])).any():
            raise AnalysisError("small_area_blank", name=name, rows=_rows(bad, rows))
    if (half := np.isfinite(y) != np.isfinite(psi)).any():
        raise AnalysisError("small_area_half", rows=_rows(half, rows))
    if (bad := psi <= 0).any():
        raise AnalysisError("small_area_variance", rows=_rows(bad, rows))
    whole = np.column_stack([np.ones(len(y)), x])
    own, least = np.isfinite(y), whole.shape[1] + 2
    if own.sum() < least:
        raise AnalysisError("small_area_few", areas=int(own.sum()), coefficients=whole.shape[1], least=least)
    scaled = whole[own] / np.abs(whole[own]).max(axis=0).clip(min=np.finfo(float).tiny)
    for place, name in enumerate(names, 1):
        if np.linalg.matrix_rank(scaled[:, : place + 1]) <= place:
            raise AnalysisError("small_area_collinear", name=name)
    return y, psi, whole


def _cv(se: Floats, estimate: Floats) -> Floats:
    return np.divide(se, np.abs(estimate), out=np.full_like(se, np.nan), where=estimate != 0)


def _rows(bad: Bools, numbers: Sequence[int]) -> str:
    places = np.flatnonzero(bad)
    return ", ".join(str(numbers[place]) for place in places[:5]) + (" …" if len(places) > 5 else "")
