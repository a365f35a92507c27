"""The solution of a measurement model: estimates with their errors, standardised, and whether it is one at all."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.special import ndtr

from analysis.covariance_structure import Matrices, Structure
from analysis.faults import AnalysisError
from analysis.measurement import MeasurementModel
from analysis.moments import correlated
from analysis.sums import Floats

STEP = 1e-5  # of a difference quotient, as a share of the parameter
NO_ERROR = 1e-10


def proper(shape: Structure, matrices: Matrices, group: int) -> None:
    """Refuse a solution that no population can have (a Heywood case)."""
    residual = matrices.residual[group]
    if (residual <= 0).any():
        place = int(residual.argmin())
        raise AnalysisError("negative_residual", item=shape.model.items[place], value=f"{residual[place]:.3g}")
    psi, names = matrices.factor_covariance[group], shape.model.factors
    spread = np.diag(psi)
    if (spread <= 0).any():
        raise AnalysisError("negative_factor_variance", factor=names[int(spread.argmin())])
    between = correlated(psi)
    if np.linalg.eigvalsh(between)[0] <= 1e-8:
        np.fill_diagonal(between, 0.0)
        one, other = np.unravel_index(np.abs(between).argmax(), between.shape)
        raise AnalysisError("factors_coincide", first=names[one], second=names[other])


def standardized(matrices: Matrices, group: int = 0) -> Matrices:
    """The solution of one group for items and factors of variance one and mean zero."""
    spread = np.sqrt(np.diag(matrices.factor_covariance[group]))
    items = np.sqrt(np.diag(matrices.covariance(group)))
    return Matrices(
        (matrices.loadings[group] * spread / items[:, None])[None],
        correlated(matrices.factor_covariance[group])[None],
        (matrices.residual[group] / items**2)[None],
        np.zeros((1, len(items))),
        np.zeros((1, len(spread))),
    )


def composite(model: MeasurementModel, matrices: Matrices) -> tuple[Floats, Floats]:
    """Composite reliability and average variance extracted of each factor (m,), from standardised loadings."""
    standard, pattern = standardized(matrices), model.pattern()
    loadings = standard.loadings[0]
    unique = standard.residual[0] @ pattern
    common, squares = loadings.sum(axis=0) ** 2, (loadings**2).sum(axis=0)
    return np.asarray(common / (common + unique)), np.asarray(squares / (squares + unique))


def estimate_table(shape: Structure, values: Floats, covariance: Floats, group: int = 0) -> pd.DataFrame:
    """A row for each parameter of a group, with its standard error; the standardised one by the delta method.

    values, covariance : (q,), (q, q) of the free parameters.
    """
    plain, standard = _solution(shape, values, group)
    width = STEP * np.maximum(np.abs(values), 0.1)
    slopes = [
        (np.array(_solution(shape, values + step, group)) - np.array(_solution(shape, values - step, group))) / 2
        for step in np.diag(width)
    ]
    slope = np.array(slopes) / width[:, None, None]  # (q, 2, parameters)
    se, standard_se = np.sqrt(np.maximum(np.einsum("qwk,qr,rwk->wk", slope, covariance, slope), 0.0))
    fixed = se < NO_ERROR
    z = np.divide(plain, se, out=np.full(len(se), math.nan), where=~fixed)
    return pd.DataFrame(_labels(shape.model), columns=["factor", "kind", "item"]).assign(
        estimate=plain,
        se=np.where(fixed, 0.0, se),
        z=z,
        p=2 * ndtr(-np.abs(z)),
        standardized=standard,
        standardized_se=np.where(standard_se < NO_ERROR, 0.0, standard_se),
    )


def _labels(model: MeasurementModel) -> list[tuple[str, str, str]]:
    """Loadings factor by factor, covariances of factors, residual variances."""
    factors = model.factors
    loadings = [(name, "loading", item) for name, items in zip(factors, model.loads, strict=True) for item in items]
    between = [
        (factors[one], "covariance", factors[other]) for one, other in zip(*np.triu_indices(len(factors)), strict=True)
    ]
    return [*loadings, *between, *(("", "residual", item) for item in model.items)]


def _solution(shape: Structure, values: Floats, group: int) -> tuple[Floats, Floats]:
    matrices = shape.filled(values)
    standard = standardized(matrices, group)
    return _vector(shape.model, matrices, group), _vector(shape.model, standard, 0)


def _vector(model: MeasurementModel, matrices: Matrices, group: int) -> Floats:
    loadings = [
        matrices.loadings[group, model.items.index(item), factor]
        for factor, items in enumerate(model.loads)
        for item in items
    ]
    between = matrices.factor_covariance[group][np.triu_indices(len(model.factors))]
    return np.concatenate([loadings, between, matrices.residual[group]])
