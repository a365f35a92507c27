"""The search for a measurement model: where it begins, and in which scale.

It begins with one factor for each set of items, and ends in a minimum, which for a model far from the data need not be
the lowest. It is made in the scale of the strongest item of each factor: in that of an item that hardly loads the
variance of the factor is near zero, all loadings are huge, and steps go astray. The solution is then rescaled to the
item that the model names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from analysis.covariance_structure import Matrices, Structure
from analysis.descent import Point, minimum
from analysis.faults import AnalysisError
from analysis.measurement import MeasurementModel
from analysis.moments import correlated
from analysis.sums import Floats

LEAST_UNIQUE = 0.1
FAINTER = 0.3  # of an item's loading on the factors that follow its first
NO_SCALE = 1e-4  # a standardised loading so near zero that it gives no scale

Discrepancy = Callable[[Floats], Point | None]


def solved(
    model: MeasurementModel,
    built: Callable[[MeasurementModel], Structure],
    discrepancy: Callable[[Structure], Discrepancy],
    covariances: Sequence[Floats],
    means: Sequence[Floats],
) -> tuple[Structure, Floats, Point]:
    """The structure, values of its free parameters at the minimum, and the point there.

    Raises
    ------
    AnalysisError : see :func:`analysis.descent.minimum`; ``scale_item_without_loading``.
    """
    starts = [_one_factor_each(model, correlated(covariance)) for covariance in covariances]
    strongest = np.abs(starts).mean(axis=0).argmax(axis=0)
    inner = built(replace(model, scale_items=tuple(model.items[place] for place in strongest)))
    start = inner.values(_start(inner, starts, covariances, means))
    found, _point = minimum(discrepancy(inner), start)
    shape = built(model)
    values = shape.values(_rescaled(shape, inner.filled(found)))
    point = discrepancy(shape)(values)
    if point is None:
        raise AnalysisError("no_convergence", steps=0)
    return shape, values, point


def _rescaled(shape: Structure, found: Matrices) -> Matrices:
    """The same covariances and means in the scale of the model's own items."""
    factors = np.arange(len(shape.model.factors))
    scale = found.loadings[:, shape.model.markers(), factors]  # (G, m)
    items = np.sqrt([np.diag(found.covariance(group)) for group in range(shape.n_groups)])
    spread = np.sqrt(np.abs(np.einsum("gmm->gm", found.factor_covariance)))
    weak = np.abs(scale) * spread < NO_SCALE * items[:, shape.model.markers()]
    if weak.any():
        factor = int(weak.any(axis=0).argmax())
        item = shape.model.items[shape.model.markers()[factor]]
        raise AnalysisError("scale_item_without_loading", item=item, factor=shape.model.factors[factor])
    return Matrices(
        found.loadings / scale[:, None, :],
        found.factor_covariance * scale[:, :, None] * scale[:, None, :],
        found.residual,
        found.intercept,
        found.factor_mean * scale,
    )


def _start(
    shape: Structure, loadings: Sequence[Floats], covariances: Sequence[Floats], means: Sequence[Floats]
) -> Matrices:
    groups = [_of_group(shape, *both) for both in zip(loadings, covariances, strict=True)]
    size = len(shape.model.factors)
    return Matrices(
        np.array([group[0] for group in groups]),
        np.array([group[1] for group in groups]),
        np.array([group[2] for group in groups]),
        np.array(means),
        np.zeros((len(groups), size)),
    )


def _of_group(shape: Structure, standard: Floats, covariance: Floats) -> tuple[Floats, Floats, Floats]:
    """Loadings, factor covariances and residual variances to begin with, in the unit of the items."""
    correlation, spread = correlated(covariance), np.sqrt(np.diag(covariance))
    markers = shape.model.markers()
    size = standard[markers, np.arange(len(markers))]
    fainter = np.where(np.cumsum(shape.model.pattern(), axis=1) * shape.model.pattern() > 1, FAINTER, 1.0)
    common = standard.T @ correlation @ standard
    own = np.sqrt(np.diag(common))
    between = 0.8 * common / np.outer(own, own)
    np.fill_diagonal(between, 1.0)
    residual = np.maximum(1 - (standard**2).max(axis=1), LEAST_UNIQUE) * spread**2
    loadings = standard * fainter / size * spread[:, None] / spread[markers]
    scale = size * spread[markers]
    return loadings, between * np.outer(scale, scale), residual


def _one_factor_each(model: MeasurementModel, correlation: Floats) -> Floats:
    """Standardised loadings (p, m), each factor by itself."""
    pattern = model.pattern()
    standard = np.zeros(pattern.shape)
    for factor in range(pattern.shape[1]):
        places = np.flatnonzero(pattern[:, factor])
        standard[places, factor] = _one_factor(correlation[np.ix_(places, places)])
    return standard


def _one_factor(correlation: Floats) -> Floats:
    """Loadings on one factor, with the largest correlation of each item for its communality (Thurstone)."""
    reduced = np.abs(correlation)
    np.fill_diagonal(reduced, 0.0)
    shared = np.maximum(reduced.max(axis=0), 0.05)
    reduced = correlation - np.diag(1 - shared)
    values, vectors = np.linalg.eigh(reduced)
    return np.asarray(vectors[:, -1] * np.sqrt(max(values[-1], 0.05)))
