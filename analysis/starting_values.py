"""Where the search for a measurement model begins: one factor for each set of items, and how those go together."""

from __future__ import annotations

import numpy as np

from analysis.covariance_structure import FIXED, Structure
from analysis.moments import correlated
from analysis.sums import Floats

LEAST_MARKER = 0.2  # a marker whose own loading is nearer to zero would send the others off
LEAST_UNIQUE = 0.1
FAINTER = 0.3  # of an item's loading on the factors that follow its first


def starting_values(shape: Structure, covariances: list[Floats], means: list[Floats]) -> Floats:
    """Values of the free parameters (q,) near enough to the minimum; what groups share is their average."""
    total, times = np.zeros(shape.n_free), np.zeros(shape.n_free)
    for group, (covariance, mean) in enumerate(zip(covariances, means, strict=True)):
        loadings, factor_covariance, residual = _of_group(shape, covariance)
        for numbers, values in (
            (shape.loadings[group], loadings),
            (shape.residual[group], residual),
            (shape.intercept[group], mean),
            (np.tril(shape.factor_covariance[group] - FIXED) + FIXED, factor_covariance),  # each once
        ):
            free = numbers != FIXED
            np.add.at(total, numbers[free], values[free])
            np.add.at(times, numbers[free], 1.0)
    return total / np.maximum(times, 1)  # factor means start at zero


def _of_group(shape: Structure, covariance: Floats) -> tuple[Floats, Floats, Floats]:
    correlation, spread = correlated(covariance), np.sqrt(np.diag(covariance))
    pattern = shape.model.pattern()
    standard = np.zeros(pattern.shape)
    for factor in range(pattern.shape[1]):
        places = np.flatnonzero(pattern[:, factor])
        standard[places, factor] = _one_factor(correlation[np.ix_(places, places)])
    size = np.array([_bounded(standard[item, factor]) for factor, item in enumerate(shape.model.markers())])
    fainter = np.where(np.cumsum(pattern, axis=1) * pattern > 1, FAINTER, 1.0)
    common = standard.T @ correlation @ standard
    own = np.maximum(np.sqrt(np.diag(common)), 1e-6)  # zero where the items of a factor share nothing
    factor_covariance = common / np.outer(own, own) * np.outer(size, size) * 0.8
    np.fill_diagonal(factor_covariance, size**2)
    markers = spread[shape.model.markers()]
    residual = np.maximum(1 - (standard**2).max(axis=1), LEAST_UNIQUE) * spread**2
    loadings = standard * fainter / size * spread[:, None] / markers
    return loadings, factor_covariance * np.outer(markers, markers), residual


def _one_factor(correlation: Floats) -> Floats:
    """Loadings on one factor, with the largest correlation of each item for its communality (Thurstone)."""
    reduced = np.abs(correlation)
    np.fill_diagonal(reduced, 0.0)
    shared = np.maximum(reduced.max(axis=0), 0.05)
    reduced = correlation - np.diag(1 - shared)
    values, vectors = np.linalg.eigh(reduced)
    return np.asarray(vectors[:, -1] * np.sqrt(max(values[-1], 0.05)))


def _bounded(loading: float) -> float:
    return float(np.copysign(max(abs(loading), LEAST_MARKER), loading))
