"""Loadings of k common factors from a correlation matrix: minimum residuals and maximum likelihood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.linalg import eigh
from scipy.optimize import minimize

from analysis.faults import AnalysisError
from analysis.moments import SINGULAR
from analysis.sums import Bools, Floats

LEAST_UNIQUENESS = 0.005  # as psych and factanal bound it: a communality above 0.995 is a Heywood case
TOLERANCE = 1e-6  # of the gradient, on the scale of correlations


class Extraction(StrEnum):
    """What the loadings minimise."""

    MINRES = "minres"  # squared residuals off the diagonal (least squares; the same as iterated principal axes)
    ML = "ml"  # the discrepancy of maximum likelihood under normality


@dataclass(frozen=True, slots=True)
class Extracted:
    """Unrotated loadings.

    Attributes
    ----------
    loadings : (K, k), columns in descending order of their sums of squares, each with a sum that is not negative.
    uniqueness : (K,) 1 - communality.
    heywood : (K,) whether the uniqueness stands at its bound 0.005: the item would be explained wholly.
    """

    loadings: Floats
    uniqueness: Floats
    heywood: Bools


def extract(correlation: Floats, n_factors: int, method: Extraction = Extraction.MINRES) -> Extracted:
    """Loadings of ``n_factors`` uncorrelated factors.

    Parameters
    ----------
    correlation : (K, K) positive definite.
    n_factors : at least 1, and so few that degrees of freedom are left: (K - k)² ≥ K + k.
    method : see :class:`Extraction`.

    Raises
    ------
    AnalysisError : ``too_many_factors``; ``not_positive_definite``; ``extraction_no_convergence``.

    Notes
    -----
    The uniquenesses are the only unknowns: given them, loadings are eigenvectors of the reduced matrix (minres), or of
    the matrix scaled by the uniquenesses (ML). They lie between 0.005 and 1.

    References
    ----------
    Harman and Jones (1966), Psychometrika 31, 351–368; Jöreskog (1967), Psychometrika 32, 443–482; Lawley and Maxwell
    (1971), Factor Analysis as a Statistical Method, ch. 4. R: psych 2.2.9 ``fa``.
    """
    size = len(correlation)
    if n_factors < 1 or (size - n_factors) ** 2 < size + n_factors:
        raise AnalysisError("too_many_factors", factors=n_factors, items=size, most=most_factors(size))
    start = 1 - squared_multiple_correlations(correlation)
    objective = {Extraction.MINRES: _residuals, Extraction.ML: _discrepancy}[method]
    found = minimize(
        objective,
        np.clip(start, LEAST_UNIQUENESS, 1.0),
        args=(correlation, n_factors),
        jac=True,
        method="L-BFGS-B",
        bounds=[(LEAST_UNIQUENESS, 1.0)] * size,
        options={"maxiter": 2000, "ftol": 1e-15, "gtol": 1e-9, "maxcor": 30},
    )
    uniqueness = np.asarray(found.x)
    if _slope(objective, uniqueness, correlation, n_factors) > TOLERANCE:
        raise AnalysisError("extraction_no_convergence", factors=n_factors, method=method.value)
    loadings = {Extraction.MINRES: _reduced_loadings, Extraction.ML: _scaled_loadings}[method](
        uniqueness, correlation, n_factors
    )
    heywood = uniqueness <= LEAST_UNIQUENESS * (1 + 1e-6)
    return Extracted(loadings * _signs(loadings), 1 - (loadings**2).sum(axis=1), heywood)


def most_factors(n_items: int) -> int:
    """The largest number of factors that leaves no fewer than zero degrees of freedom."""
    return int(np.floor((2 * n_items + 1 - np.sqrt(8 * n_items + 1)) / 2 + 1e-9))


def squared_multiple_correlations(correlation: Floats) -> Floats:
    """Of each item with all others (K,): the lower bound of its communality.

    Raises AnalysisError where it has none: ``not_positive_definite``.
    """
    values = np.linalg.eigvalsh(correlation)
    if values[0] < SINGULAR * values[-1]:
        raise AnalysisError("not_positive_definite", least=f"{values[0]:.2g}")
    return np.asarray(1 - 1 / np.diag(np.linalg.inv(correlation)))


def _largest(matrix: Floats, k: int) -> tuple[Floats, Floats]:
    """The k largest eigenvalues, descending, and their vectors (K, k)."""
    size = len(matrix)
    values, vectors = eigh(matrix, subset_by_index=(size - k, size - 1))
    return values[::-1], vectors[:, ::-1]


def _reduced_loadings(uniqueness: Floats, correlation: Floats, k: int) -> Floats:
    values, vectors = _largest(correlation - np.diag(uniqueness), k)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0)))


def _scaled_loadings(uniqueness: Floats, correlation: Floats, k: int) -> Floats:
    root = np.sqrt(uniqueness)
    values, vectors = _largest(correlation / np.outer(root, root), k)
    return np.asarray(root[:, None] * vectors * np.sqrt(np.maximum(values - 1, 0)))


def _residuals(uniqueness: Floats, correlation: Floats, k: int) -> tuple[float, Floats]:
    """Half the squared residuals with the diagonal in, and their slope: at the minimum the diagonal is fitted."""
    loadings = _reduced_loadings(uniqueness, correlation, k)
    residual = correlation - np.diag(uniqueness) - loadings @ loadings.T
    return float((residual**2).sum() / 2), -np.diag(residual)


def _discrepancy(uniqueness: Floats, correlation: Floats, k: int) -> tuple[float, Floats]:
    """The discrepancy from the eigenvalues that are left over, and its slope."""
    root = np.sqrt(uniqueness)
    values = np.linalg.eigvalsh(correlation / np.outer(root, root))[: len(uniqueness) - k]
    loadings = _scaled_loadings(uniqueness, correlation, k)
    slope = (np.diag(loadings @ loadings.T - correlation) + uniqueness) / uniqueness**2
    return float((values - np.log(np.maximum(values, 1e-300)) - 1).sum()), slope


def _slope(
    objective: Callable[[Floats, Floats, int], tuple[float, Floats]], at: Floats, correlation: Floats, k: int
) -> float:
    """The largest slope that the bounds do not stop, per relative change of a uniqueness."""
    slope = objective(at, correlation, k)[1] * at
    stopped = ((at <= LEAST_UNIQUENESS) & (slope > 0)) | ((at >= 1) & (slope < 0))
    return float(np.abs(np.where(stopped, 0, slope)).max())


def _signs(loadings: Floats) -> Floats:
    return np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
