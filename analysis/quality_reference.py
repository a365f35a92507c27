"""Honest ballots of a questionnaire, simulated: what the indices of careless answering do when nobody is careless."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from analysis.careless import covariance_of
from analysis.faults import AnalysisError
from analysis.items import Items
from analysis.sums import Bools, Floats

TERMS = 200
HALVINGS = 40
MOST_CORRELATED = 0.98
LEAST_ROOT = 1e-6
MOST_LEVELS = 50


@dataclass(frozen=True, slots=True)
class HonestModel:
    """Ordered answers cut from correlated normal variables.

    Attributes
    ----------
    levels : of each item, ascending; thresholds : of each item, on the normal scale, one fewer than levels.
    correlation : (K, K) of the normal variables.
    blanks : (m, K) patterns of answers that are missing, drawn from at random; None: none is.
    """

    names: tuple[str, ...]
    levels: tuple[Floats, ...]
    thresholds: tuple[Floats, ...]
    correlation: Floats
    blanks: Bools | None

    def draw(self, n: int, rng: np.random.Generator) -> Items:
        """n honest ballots; NaN where an answer is missing."""
        roots, axes = np.linalg.eigh(self.correlation)
        factor = axes * np.sqrt(np.maximum(roots, 0.0))
        latent = rng.standard_normal((n, len(self.names))) @ factor.T
        answers = np.empty_like(latent)
        for place, (levels, cuts) in enumerate(zip(self.levels, self.thresholds, strict=True)):
            answers[:, place] = levels[np.searchsorted(cuts, latent[:, place])]
        if self.blanks is not None:
            answers[self.blanks[rng.integers(len(self.blanks), size=n)]] = np.nan
        return Items(self.names, answers)


def honest_model(items: Items) -> HonestModel:
    """Honest respondents who answer with the frequencies and correlations of these ballots.

    Each item keeps its own distribution of answers; the correlations of the normal variables are those that give the
    items the correlations which they have (over the ballots that answered both). So straight lines of satisfied people
    come out as often as such answers bring them about. Which items are blank is drawn from the ballots.

    Parameters
    ----------
    items : n ballots; a share of careless ones makes the model a little more tolerant, never less.

    Raises
    ------
    AnalysisError : ``too_many_levels``; ``unanswered_item``; ``ballots_all_alike``.

    References
    ----------
    Cario and Nelson (1997), Modeling and generating random vectors with arbitrary marginal distributions and
    correlation matrix; Higham (2002), IMA J. Numer. Anal. 22, 329–343 (eigenvalues below zero are set to zero).
    """
    levels, shares = [], []
    for place, name in enumerate(items.names):
        column = items.values[:, place]
        found, counts = np.unique(column[~items.lacks(column)], return_counts=True)
        if not len(found):
            raise AnalysisError("unanswered_item", item=name)
        if len(found) > MOST_LEVELS:
            raise AnalysisError("too_many_levels", item=name, levels=len(found), most=MOST_LEVELS)
        levels.append(found.astype(np.float64))
        shares.append(counts / counts.sum())
    _means, covariance = covariance_of(items)
    thresholds = tuple(ndtri(np.cumsum(part)[:-1]) for part in shares)
    correlation = _latent(tuple(levels), thresholds, tuple(shares), covariance)
    lacking = items.lacks(items.values)
    return HonestModel(items.names, tuple(levels), thresholds, correlation, lacking if bool(lacking.any()) else None)


def _latent(
    levels: tuple[Floats, ...], thresholds: tuple[Floats, ...], shares: tuple[Floats, ...], covariance: Floats
) -> Floats:
    """Correlations of normal variables that give the cut variables the correlations that were observed."""
    own = np.array([(part * (values - part @ values) ** 2).sum() for values, part in zip(levels, shares, strict=True)])
    if not (own > 0).any():
        raise AnalysisError("ballots_all_alike", items=str(len(own)))
    observed = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    bound = np.outer(observed, observed)
    r = np.divide(covariance, bound, out=np.zeros_like(bound), where=bound > 0)
    series = np.stack([_hermite(values, cuts) for values, cuts in zip(levels, thresholds, strict=True)])
    first, second = np.triu_indices(len(own), 1)
    wanted = r[first, second] * np.sqrt(own[first] * own[second])
    matrix = np.eye(len(own))
    matrix[first, second] = _solved(series[first] * series[second], wanted)
    return _positive(matrix + np.triu(matrix, 1).T)


def _hermite(levels: Floats, cuts: Floats) -> Floats:
    """(TERMS,) coefficients of a cut normal variable in normed Hermite polynomials of degree 1, 2, …"""
    density = np.exp(-(cuts**2) / 2) / math.sqrt(2 * math.pi)
    polynomial, before = np.ones_like(cuts), np.zeros_like(cuts)
    found = np.empty(TERMS)
    for degree in range(TERMS):
        found[degree] = (np.diff(levels) * density * polynomial).sum() / math.sqrt(degree + 1)
        after = (cuts * polynomial - math.sqrt(degree) * before) / math.sqrt(degree + 1)
        polynomial, before = after, polynomial
    return found


def _solved(series: Floats, wanted: Floats) -> Floats:
    """The correlation at which each power series has the value wanted, or the nearest end; it rises all the way."""
    low, high = np.full(len(wanted), -MOST_CORRELATED), np.full(len(wanted), MOST_CORRELATED)
    for _halving in range(HALVINGS):
        middle = (low + high) / 2
        value = np.zeros_like(middle)
        for degree in range(series.shape[1] - 1, -1, -1):
            value = (value + series[:, degree]) * middle
        low, high = np.where(value < wanted, middle, low), np.where(value < wanted, high, middle)
    moves: npt.NDArray[np.bool_] = np.abs(series).sum(axis=1) > 0
    return np.where(moves, (low + high) / 2, 0.0)


def _positive(matrix: Floats) -> Floats:
    """The matrix without negative eigenvalues, with ones on its diagonal."""
    roots, axes = np.linalg.eigh(matrix)
    if roots[0] >= LEAST_ROOT:
        return matrix
    mended = (axes * np.maximum(roots, LEAST_ROOT)) @ axes.T
    scale = np.sqrt(np.diag(mended))
    return np.asarray(mended / np.outer(scale, scale))
