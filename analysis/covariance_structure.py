"""Covariances and means that a measurement model implies, in one or several groups, and their slopes.

Sigma = Lambda Psi Lambda' + Theta, mu = nu + Lambda alpha (Bollen 1989, Structural Equations with Latent Variables,
ch. 7): p items, m factors, G groups, q free parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.measurement import MeasurementModel
from analysis.sums import Bools, Floats, Ints

FIXED = -1


@dataclass(frozen=True, slots=True)
class Matrices:
    """One value for each parameter of each group."""

    loadings: Floats  # (G, p, m)
    factor_covariance: Floats  # (G, m, m)
    residual: Floats  # (G, p)
    intercept: Floats  # (G, p)
    factor_mean: Floats  # (G, m)

    def covariance(self, group: int) -> Floats:
        common = self.loadings[group] @ self.factor_covariance[group] @ self.loadings[group].T
        return np.asarray(common + np.diag(self.residual[group]))

    def mean(self, group: int) -> Floats:
        return np.asarray(self.intercept[group] + self.loadings[group] @ self.factor_mean[group])


@dataclass(frozen=True, slots=True)
class Structure:
    """Which entry of the matrices is which free parameter (its number), or is fixed (-1)."""

    model: MeasurementModel
    loadings: Ints  # (G, p, m)
    factor_covariance: Ints  # (G, m, m), symmetric
    residual: Ints  # (G, p)
    intercept: Ints  # (G, p)
    factor_mean: Ints  # (G, m)
    n_free: int

    @property
    def n_groups(self) -> int:
        return len(self.loadings)

    @property
    def has_means(self) -> bool:
        return bool((self.intercept != FIXED).any())

    @property
    def has_residuals(self) -> bool:
        """Residual variances are parameters; otherwise they are what is left of a variance of one."""
        return bool((self.residual != FIXED).any())

    def filled(self, values: Floats) -> Matrices:
        """The matrices for values of the free parameters (q,)."""
        padded = np.append(values, 0.0)  # what is fixed reads the last place
        loadings = padded[self.loadings]
        for factor, item in enumerate(self.model.markers()):
            loadings[:, item, factor] = 1.0
        factor_covariance, residual = padded[self.factor_covariance], padded[self.residual]
        if not self.has_residuals:
            residual = 1 - np.einsum("gpm,gmk,gpk->gp", loadings, factor_covariance, loadings)
        return Matrices(loadings, factor_covariance, residual, padded[self.intercept], padded[self.factor_mean])

    def values(self, matrices: Matrices) -> Floats:
        """Values of the free parameters (q,) in matrices; what entries share is their average."""
        total, times = np.zeros(self.n_free), np.zeros(self.n_free)
        for numbers, entries in (
            (self.loadings, matrices.loadings),
            (self.factor_covariance, matrices.factor_covariance),
            (self.residual, matrices.residual),
            (self.intercept, matrices.intercept),
            (self.factor_mean, matrices.factor_mean),
        ):
            free = numbers != FIXED
            np.add.at(total, numbers[free], entries[free])
            np.add.at(times, numbers[free], 1.0)
        return np.asarray(total / times)

    def slopes(self, matrices: Matrices, group: int) -> tuple[Floats, Floats]:
        """Of the covariances (q, p, p) and the means (q, p) of a group in each free parameter."""
        lam, psi = matrices.loadings[group], matrices.factor_covariance[group]
        p, m = lam.shape
        half, mean = np.zeros((self.n_free, p, p)), np.zeros((self.n_free, p))
        through = lam @ psi
        for item, factor in np.argwhere(self.loadings[group] != FIXED):
            number = self.loadings[group, item, factor]
            half[number, item] += through[:, factor]
            mean[number, item] += matrices.factor_mean[group, factor]
        for one in range(m):
            for other in range(one + 1):
                number = self.factor_covariance[group, one, other]
                if number != FIXED:
                    half[number] += np.outer(lam[:, one], lam[:, other]) * (0.5 if one == other else 1.0)
            if self.factor_mean[group, one] != FIXED:
                mean[self.factor_mean[group, one]] += lam[:, one]
        for item in range(p):
            if self.residual[group, item] != FIXED:
                half[self.residual[group, item], item, item] += 0.5
            if self.intercept[group, item] != FIXED:
                mean[self.intercept[group, item], item] += 1.0
        return half + half.transpose(0, 2, 1), mean


def structure(
    model: MeasurementModel,
    *,
    n_groups: int = 1,
    means: bool = False,
    residuals: bool = True,
    equal_loadings: bool = False,
    equal_intercepts: bool = False,
) -> Structure:
    """Number the free parameters: loadings but the first of each factor, covariances of factors, residual variances.

    means : also intercepts; factor means are zero, or free from the second group on if intercepts are equal.
    residuals : free; otherwise they are what is left of a variance of one (ordinal items).
    """
    pattern = model.pattern()
    p, m = pattern.shape
    free = pattern.copy()
    free[model.markers(), np.arange(m)] = False
    next_number = 0

    def numbered(mask: Bools, *, equal: bool = False) -> Ints:
        nonlocal next_number
        numbers = np.full((n_groups, *mask.shape), FIXED, dtype=np.intp)
        count = int(mask.sum())
        for group in range(n_groups):
            if not (equal and group):
                first, next_number = next_number, next_number + count
            numbers[group][mask] = np.arange(first, first + count)
        return numbers

    loadings = numbered(free, equal=equal_loadings)
    lower = numbered(np.tri(m, dtype=np.bool_))
    factor_covariance = np.maximum(lower, lower.transpose(0, 2, 1))
    residual = numbered(np.full(p, residuals))
    intercept = numbered(np.full(p, means), equal=equal_intercepts)
    factor_mean = numbered(np.full(m, equal_intercepts))
    if equal_intercepts:  # the first group is the origin: its numbers, the lowest, are taken back
        factor_mean = np.where(np.arange(n_groups)[:, None] == 0, FIXED, factor_mean - m)
        next_number -= m
    return Structure(model, loadings, factor_covariance, residual, intercept, factor_mean, next_number)
