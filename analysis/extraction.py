"""Loadings of k common factors from a correlation matrix: minimum residuals and maximum likelihood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from analysis.faults import AnalysisError
from analysis.moments import SINGULAR
from analysis.sums import Bools, Floats

LEAST_UNIQUENESS = 0.005  # as psych and factanal bound it: a communality above 0.995 is a Heywood case
STEPS, HALVINGS = 200, 30
SETTLED = 1e-10  # of a slope, on the scale of correlations
TOLERANCE = 1e-6  # where the search can go no further
RIDGE = 1e-8


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
    unexplained = 1 - squared_multiple_correlations(correlation)
    found = _least(_METHODS[method], unexplained, correlation, n_factors)
    if found is None or (found.uniqueness <= LEAST_UNIQUENESS).any():  # at a bound there may be other minima
        others = [_least(_METHODS[method], start, correlation, n_factors) for start in _other_starts(unexplained)]
        found = min((end for end in (found, *others) if end is not None), key=lambda end: end.value, default=None)
    if found is None:
        raise AnalysisError("extraction_no_convergence", factors=n_factors, method=method.value)
    loadings = found.loadings * np.where(found.loadings.sum(axis=0) < 0, -1.0, 1.0)
    heywood = found.uniqueness <= LEAST_UNIQUENESS * (1 + 1e-6)
    return Extracted(loadings, 1 - (loadings**2).sum(axis=1), heywood)


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


def _other_starts(unexplained: Floats) -> list[Floats]:
    return [unexplained / 2, np.full(len(unexplained), 0.5), np.sqrt(unexplained)]


@dataclass(frozen=True, slots=True)
class _At:
    """A discrepancy at some uniquenesses, its slope and approximate curvature in the coordinate of the method."""

    uniqueness: Floats
    loadings: Floats
    value: float
    slope: Floats
    curvature: Floats


def _minres(uniqueness: Floats, correlation: Floats, k: int) -> _At:
    """Half the squared residuals with the diagonal in, by uniqueness: at the minimum the diagonal is fitted."""
    values, vectors = np.linalg.eigh(correlation - np.diag(uniqueness))
    left, rest = len(values) - k, np.minimum(values, 0)
    rest[:left] = values[:left]
    loadings = vectors[:, : left - 1 : -1] * np.sqrt(np.maximum(values[: left - 1 : -1], 0))
    between = vectors[:, :left] @ vectors[:, :left].T
    return _At(uniqueness, loadings, float((rest**2).sum() / 2), -(vectors**2) @ rest, between**2)


def _likelihood(uniqueness: Floats, correlation: Floats, k: int) -> _At:
    """The discrepancy from the eigenvalues that are left over, by the logarithm of the uniqueness."""
    root = np.sqrt(uniqueness)
    values, vectors = np.linalg.eigh(correlation / np.outer(root, root))
    left, rest = len(values) - k, np.minimum(values, 1)
    rest[:left] = values[:left]
    loadings = root[:, None] * vectors[:, : left - 1 : -1] * np.sqrt(np.maximum(values[: left - 1 : -1] - 1, 0))
    between = vectors[:, :left] @ vectors[:, :left].T
    value = float((rest - np.log(np.maximum(rest, 1e-300)) - 1).sum())
    return _At(uniqueness, loadings, value, (vectors**2) @ (1 - rest), between**2)


_Method = Callable[[Floats, Floats, int], _At]
_METHODS: dict[Extraction, _Method] = {Extraction.MINRES: _minres, Extraction.ML: _likelihood}


def _least(method: _Method, start: Floats, correlation: Floats, k: int) -> _At | None:
    """Uniquenesses within their bounds where the discrepancy is least; None where the search does not settle.

    Newton's steps with the curvature of Jöreskog, on those that no bound stops, halved where they do not descend.
    """
    in_logarithms = method is _likelihood
    here = method(np.clip(start, LEAST_UNIQUENESS, 1.0), correlation, k)
    for _ in range(STEPS):
        at_floor, at_ceiling = here.uniqueness <= LEAST_UNIQUENESS, here.uniqueness >= 1
        free = ~((at_floor & (here.slope > 0)) | (at_ceiling & (here.slope < 0)))
        if not free.any() or np.abs(here.slope[free]).max() < SETTLED:
            return here
        curvature = here.curvature[np.ix_(free, free)] + RIDGE * np.eye(int(free.sum()))
        step = np.zeros(len(start))
        step[free] = -np.linalg.solve(curvature, here.slope[free])
        for halving in range(HALVINGS):
            moved = step / 2**halving
            there = here.uniqueness * np.exp(np.clip(moved, -3, 3)) if in_logarithms else here.uniqueness + moved
            tried = method(np.clip(there, LEAST_UNIQUENESS, 1.0), correlation, k)
            if tried.value < here.value:
                break
        else:  # nothing is left to gain but rounding
            return here if np.abs(here.slope[free]).max() < TOLERANCE else None
        here = tried
    return here if np.abs(here.slope[free]).max() < TOLERANCE else None
