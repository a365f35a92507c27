"""Distances of calibration: the factor g = F(u) of a row whose auxiliary values give u = x'λ, and the equation solved.

Deville & Särndal (1992), JASA 87, 376-382: cases 1 (linear), 2 (raking), 6 (logit) and 7 (truncated linear). Calibrated
totals are the controls where Φ(λ) = Σ d P(x'λ) - λ't is least, P being the integral of F: a convex function, so that
Newton steps with a line search find the weights if there are any, and run off to infinity if there are none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from scipy import linalg
from scipy.sparse import diags_array, issparse
from scipy.special import expit

from sampling.door import Floats, Ints

Matrix = Any  # (n, p), a numpy array or a scipy sparse array
Bound = Floats | float

DEPENDENT = 1e-11  # share of a column's sum of squares that is left when it is explained by the others
SMALLEST_STEP = 2.0**-40


class Distance(StrEnum):
    """How far a calibrated weight is from the weight before."""

    LINEAR = "linear"
    RAKING = "raking"
    LOGIT = "logit"


@dataclass(frozen=True, slots=True)
class Curve:
    """F, its slope and its integral as functions of u, (n,) each."""

    factor: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]
    potential: Callable[[Floats], Floats]


def curve(distance: Distance, lower: Bound, upper: Bound) -> Curve:
    """The curve of a distance; ``lower`` and ``upper`` bound the factor, for all rows or row by row."""
    return {Distance.LINEAR: _linear, Distance.RAKING: _raking, Distance.LOGIT: _logit}[distance](lower, upper)


def _linear(lower: Bound, upper: Bound) -> Curve:
    low, high = np.asarray(lower) - 1, np.asarray(upper) - 1

    def potential(u: Floats) -> Floats:
        inside = np.clip(u, low, high)
        return inside + inside**2 / 2 + (1 + inside) * (u - inside)

    return Curve(
        factor=lambda u: 1 + np.clip(u, low, high),
        slope=lambda u: ((u > low) & (u < high)).astype(np.float64),
        potential=potential,
    )


def _raking(lower: Bound, upper: Bound) -> Curve:
    with np.errstate(divide="ignore"):
        low, high = np.log(np.maximum(lower, 0.0)), np.log(upper)

    def potential(u: Floats) -> Floats:
        inside = np.clip(u, low, high)
        return np.exp(inside) * (1 + u - inside)

    return Curve(
        factor=lambda u: np.exp(np.clip(u, low, high)),
        slope=lambda u: np.where((u > low) & (u < high), np.exp(np.clip(u, low, high)), 0.0),
        potential=potential,
    )


def _logit(lower: Bound, upper: Bound) -> Curve:
    """F is a logistic curve from ``lower`` to ``upper`` with F(0) = 1 and F'(0) = 1; so lower < 1 < upper."""
    low, high = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
    steepness = (high - low) / ((1 - low) * (high - 1))
    shift = np.log((1 - low) / (high - 1))

    def slope(u: Floats) -> Floats:
        share = expit(steepness * u + shift)
        return np.asarray((high - low) * steepness * share * (1 - share))

    return Curve(
        factor=lambda u: low + (high - low) * expit(steepness * u + shift),
        slope=slope,
        potential=lambda u: low * u + (high - low) / steepness * np.logaddexp(0.0, steepness * u + shift),
    )


@dataclass(frozen=True, slots=True)
class Equations:
    """Totals of columns to be reached: X' (d g) = t.

    auxiliary : (n, p) X. totals : (p,) t. base_weights : (n,) d. names : (p,) of the columns.
    """

    auxiliary: Matrix
    totals: Floats
    base_weights: Floats
    names: tuple[str, ...]

    def reached(self, factors: Floats) -> Floats:
        """Totals (p,) under factors (n,)."""
        return np.asarray(self.auxiliary.T @ (self.base_weights * factors))

    def scale(self) -> Floats:
        """What the gap of a column is compared with: its control, or its sum of absolute values if that is more."""
        sizes = np.asarray(abs(self.auxiliary).T @ self.base_weights)
        return np.where(sizes > 0, np.maximum(np.abs(self.totals), sizes), 1.0)

    def only(self, columns: Ints) -> Equations:
        """Some of the columns."""
        names = tuple(self.names[k] for k in columns)
        return Equations(self.auxiliary[:, columns], self.totals[columns], self.base_weights, names)


@dataclass(frozen=True, slots=True)
class Solution:
    """Factors (n,), rounds, and whether every total is within the tolerance."""

    factors: Floats
    iterations: int
    converged: bool


@dataclass(frozen=True, slots=True)
class _Point:
    lam: Floats
    u: Floats
    value: float


def solve(equations: Equations, shape: Curve, *, tolerance: float, max_iterations: int) -> Solution:
    """Factors that bring the totals of independent columns to the controls, by damped Newton steps.

    The caller judges a solution that has not converged.
    """
    scale = equations.scale()
    start = np.zeros(len(equations.totals))
    u = equations.auxiliary @ start
    at = _Point(start, u, float(equations.base_weights @ shape.potential(u)))
    for iteration in range(max_iterations + 1):
        factors = shape.factor(at.u)
        gap = equations.reached(factors) - equations.totals
        if (np.abs(gap) <= tolerance * scale).all():
            return Solution(factors, iteration, True)
        square = weighted_square(equations.auxiliary, equations.base_weights * shape.slope(at.u))
        moved = _line_search(equations, shape, at, step=-_newton_step(square, gap, scale), gap=gap)
        if moved is None:
            break
        at = moved
    return Solution(factors, iteration, False)


def weighted_square(auxiliary: Matrix, row_weights: Floats) -> Floats:
    """X' diag(w) X as a dense matrix (p, p)."""
    if issparse(auxiliary):
        return np.asarray((auxiliary.T @ (diags_array(row_weights) @ auxiliary)).toarray())
    return np.asarray((auxiliary * row_weights[:, None]).T @ auxiliary)


def independent_columns(square: Floats) -> Ints:
    """Columns that the others do not explain, ascending: a pivoted Cholesky decomposition of X'X, scaled."""
    size = np.sqrt(np.diag(square))
    scaled = square / np.outer(np.where(size > 0, size, 1), np.where(size > 0, size, 1))
    _, pivots, rank, _ = linalg.lapack.dpstrf(scaled, tol=DEPENDENT, lower=1)
    return np.sort(pivots[:rank] - 1).astype(np.intp)


def _newton_step(square: Floats, gap: Floats, scale: Floats) -> Floats:
    """square⁻¹ gap in scaled columns; with a ridge where bounds leave too few free rows."""
    scaled = square / np.outer(scale, scale)
    ridge = 0.0
    for _ in range(20):
        try:
            factor = linalg.cho_factor(scaled + ridge * np.eye(len(scaled)), check_finite=False)
        except linalg.LinAlgError:
            ridge = max(10 * ridge, 1e-12 * max(float(np.trace(scaled)) / len(scaled), 1e-12))
        else:
            return np.asarray(linalg.cho_solve(factor, gap / scale, check_finite=False)) / scale
    return gap / scale**2


def _line_search(equations: Equations, shape: Curve, at: _Point, *, step: Floats, gap: Floats) -> _Point | None:
    """The longest of the steps 1, 1/2, 1/4 … that brings Φ down (Armijo); None if rounding leaves none."""
    along = equations.auxiliary @ step
    slope = float(gap @ step)
    total = float(equations.base_weights.sum())
    noise = 1e-14 * (abs(at.value) + abs(float(at.lam @ equations.totals)) + total)
    length = 1.0
    while length > SMALLEST_STEP:
        lam, u = at.lam + length * step, at.u + length * along
        with np.errstate(over="ignore", invalid="ignore"):
            value = float(equations.base_weights @ shape.potential(u)) - float(lam @ equations.totals)
        if np.isfinite(value) and value <= at.value + 1e-4 * length * slope + noise:
            return _Point(lam, u, value)
        length /= 2
    return None


def reachable(equations: Equations, lower: Bound, upper: Bound) -> tuple[Floats, Floats]:
    """The least and the greatest total (p,) of each column alone that factors within the bounds can reach."""
    matrix = equations.auxiliary
    low, high = equations.base_weights * lower, equations.base_weights * upper
    above = matrix.maximum(0) if issparse(matrix) else np.maximum(matrix, 0)
    below = matrix.minimum(0) if issparse(matrix) else np.minimum(matrix, 0)
    return above.T @ low + below.T @ high, above.T @ high + below.T @ low
