"""Rotated loadings: varimax, oblimin, promax."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from statsmodels.multivariate.factor_rotation import rotate_factors  # type: ignore[import-untyped]

from analysis.faults import AnalysisError
from analysis.sums import Floats

PROMAX_POWER = 4
STEPS = 2000
TOLERANCE = 1e-6  # of the projected slope; below 1e-7 its gains drown in rounding
SETTLED = 1e-5


class Rotation(StrEnum):
    """How factors are turned."""

    NONE = "none"
    VARIMAX = "varimax"  # uncorrelated factors; rows are scaled to length 1 first (Kaiser)
    OBLIMIN = "oblimin"  # correlated factors: direct oblimin with gamma 0 (quartimin), rows as they are
    PROMAX = "promax"  # correlated factors: varimax with Kaiser's scaling, then towards its fourth powers


@dataclass(frozen=True, slots=True)
class Rotated:
    """Loadings after rotation.

    Attributes
    ----------
    loadings : (K, k) pattern: regressions of the items on the factors; columns in descending order of the variance
        they explain, each with a sum that is not negative.
    correlation : (k, k) of the factors.
    """

    loadings: Floats
    correlation: Floats


def rotate(loadings: Floats, method: Rotation) -> Rotated:
    """Rotate loadings (K, k); a single factor stays as it is.

    Raises
    ------
    AnalysisError : ``rotation_no_convergence``.

    Notes
    -----
    The search starts from the unrotated axes, as in psych, and finds a local minimum. Varimax and promax scale each
    item to a communality of one and back; oblimin does not, as in psych and GPArotation.

    References
    ----------
    Kaiser (1958), Psychometrika 23, 187–200; Jennrich and Sampson (1966), Psychometrika 31, 313–323; Hendrickson and
    White (1964), Br. J. Stat. Psychol. 17, 65–70; Bernaards and Jennrich (2005), Educ. Psychol. Meas. 65, 676–696
    (the gradient projection of statsmodels). R: psych 2.2.9 ``fa``.
    """
    k = loadings.shape[1]
    if k == 1 or method is Rotation.NONE:
        return _ordered(loadings, np.eye(k))
    if method is Rotation.OBLIMIN:
        return _oblimin(loadings)
    length = np.sqrt((loadings**2).sum(axis=1, keepdims=True))
    length[length == 0] = 1.0
    scaled = _turned(loadings / length, "varimax")[0]
    if method is Rotation.VARIMAX:
        return _ordered(scaled * length, np.eye(k))
    pattern, correlation = _towards_powers(scaled)
    return _ordered(pattern * length, correlation)


def _oblimin(loadings: Floats) -> Rotated:
    pattern, turn = _turned(loadings, "oblimin", 0, "oblique")
    return _ordered(pattern, turn.T @ turn)


def _turned(loadings: Floats, criterion: str, *arguments: object) -> tuple[Floats, Floats]:
    """The rotated loadings and the matrix that turns them; one more step must change nothing."""
    found, turn = rotate_factors(loadings, criterion, *arguments, max_tries=STEPS, tol=TOLERANCE)
    _again, further = rotate_factors(loadings, criterion, *arguments, max_tries=1, tol=TOLERANCE, T=turn)
    if np.abs(further - turn).max() > SETTLED:
        raise AnalysisError("rotation_no_convergence", method=criterion, factors=loadings.shape[1])
    return found, turn


def _towards_powers(loadings: Floats) -> tuple[Floats, Floats]:
    """Oblique factors that come nearest to loadings whose small values are made smaller by a power."""
    target = loadings * np.abs(loadings) ** (PROMAX_POWER - 1)
    turn = np.linalg.lstsq(loadings, target, rcond=None)[0]
    turn = turn * np.sqrt(np.diag(np.linalg.inv(turn.T @ turn)))  # factors of variance 1
    back = np.linalg.inv(turn)
    return loadings @ turn, back @ back.T


def _ordered(loadings: Floats, correlation: Floats) -> Rotated:
    """Columns by the variance they explain, and with signs that make their sums positive."""
    signs = np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    pattern, between = loadings * signs, correlation * np.outer(signs, signs)
    order = np.argsort(-explained(pattern, between), kind="stable")
    return Rotated(pattern[:, order], between[np.ix_(order, order)])


def explained(loadings: Floats, correlation: Floats) -> Floats:
    """Variance of the items that goes with each factor (k,): they sum to that of all communalities."""
    return np.asarray(np.diag(correlation @ loadings.T @ loadings))
