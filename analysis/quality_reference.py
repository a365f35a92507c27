"""Honest ballots of a questionnaire, simulated: what the indices of careless answering do when nobody is careless."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from analysis.careless import covariance_of, mahalanobis, spread_of
from analysis.faults import AnalysisError
from analysis.items import Items
from analysis.sums import Bools, Floats

TERMS = 200
HALVINGS = 40
MOST_CORRELATED = 0.98
LEAST_ROOT = 1e-6
MOST_LEVELS = 50
STYLES = np.arange(0.0, 0.61, 0.1)
STYLE_BALLOTS = 4000
NODES, SHARES = np.polynomial.hermite_e.hermegauss(21)
FARTHEST = 12.0


@dataclass(frozen=True, slots=True)
class HonestModel:
    """Ordered answers cut from correlated normal variables.

    Attributes
    ----------
    levels : of each item, ascending; shares : of its answers; thresholds : one fewer than levels.
    correlation : (K, K) of the latent variables.
    style : how much people differ in how their answers vary about their own level: the standard deviation of the
        logarithm of the scale; 0: all alike, and the latent variables are normal.
    blanks : (m, K) patterns of answers that are missing, drawn from at random; None: none is.
    """

    names: tuple[str, ...]
    levels: tuple[Floats, ...]
    shares: tuple[Floats, ...]
    thresholds: tuple[Floats, ...]
    correlation: Floats
    blanks: Bools | None
    style: float = 0.0

    def draw(self, n: int, rng: np.random.Generator) -> Items:
        """n honest ballots; NaN where an answer is missing."""
        roots, axes = np.linalg.eigh(self.correlation)
        factor = axes * np.sqrt(np.maximum(roots, 0.0))
        score = rng.standard_normal((n, len(self.names)))
        # the last factor is a person's level; about it, some people vary more than others
        score[:, :-1] *= np.exp(self.style * rng.standard_normal((n, 1)) - self.style**2)
        latent = score @ factor.T
        answers = np.empty_like(latent)
        for place, (levels, cuts) in enumerate(zip(self.levels, self.thresholds, strict=True)):
            answers[:, place] = levels[np.searchsorted(cuts, latent[:, place])]
        if self.blanks is not None:
            answers[self.blanks[rng.integers(len(self.blanks), size=n)]] = np.nan
        return Items(self.names, answers)

    def styled(self, style: float) -> HonestModel:
        """The same answers and correlations of people who differ so much in style."""
        roots, axes = np.linalg.eigh(self.correlation)
        level = axes[:, -1] ** 2 * max(float(roots[-1]), 0.0)
        scale = np.exp(2 * style * NODES - 2 * style**2)
        thresholds = tuple(
            _mixture_quantiles(np.cumsum(part)[:-1], np.sqrt(own + scale * (1 - own)))
            for part, own in zip(self.shares, np.minimum(level, 1.0), strict=True)
        )
        return replace(self, thresholds=thresholds, style=style)


def honest_model(items: Items, rng: np.random.Generator) -> HonestModel:
    """Honest respondents who answer with the frequencies and correlations of these ballots.

    Each item keeps its own distribution of answers; the correlations of the normal variables are those that give the
    items the correlations which they have (over the ballots that answered both). So straight lines of satisfied people
    come out as often as such answers bring them about. People differ in style, some answering all items alike, some
    not, as much as makes the quartiles of the distances from the centre lie as far apart as in these ballots; a few
    careless ones do not move quartiles. Which items are blank is drawn from the ballots.

    Parameters
    ----------
    items : n ballots; careless ones among them make the model a little more tolerant.
    rng : draws the ballots by which the style is found.

    Raises
    ------
    AnalysisError : ``item_not_graded``; ``unanswered_item``; ``ballots_all_alike``.

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
            raise AnalysisError("item_not_graded", item=name, levels=len(found), most=MOST_LEVELS)
        levels.append(found.astype(np.float64))
        shares.append(counts / counts.sum())
    _means, covariance = covariance_of(items)
    thresholds = tuple(ndtri(np.cumsum(part)[:-1]) for part in shares)
    correlation = _latent(tuple(levels), thresholds, tuple(shares), covariance)
    lacking = items.lacks(items.values)
    blanks = lacking if bool(lacking.any()) else None
    plain = HonestModel(items.names, tuple(levels), tuple(shares), thresholds, correlation, blanks)
    return plain.styled(_style(items, plain, rng))


def _style(items: Items, plain: HonestModel, rng: np.random.Generator) -> float:
    """The style at which distances of honest ballots spread as those of the ballots do."""
    n = min(items.shape[0], STYLE_BALLOTS)
    sets = -(-STYLE_BALLOTS // n)
    spread = []
    for style in STYLES:
        model = plain.styled(float(style))
        spread.append(np.mean([_quartiles_apart(model.draw(n, rng)) for _set in range(sets)]))
    return float(np.interp(_quartiles_apart(items), np.maximum.accumulate(spread), STYLES))


def _quartiles_apart(items: Items) -> float:
    distance = mahalanobis(items, spread_of(items))
    low, high = np.quantile(distance[distance > 0], [0.25, 0.75])
    return float(np.log(high / low))


def _mixture_quantiles(shares: Floats, scales: Floats) -> Floats:
    """Where a mixture of normal variables of these standard deviations has these shares below."""
    low, high = np.full(len(shares), -FARTHEST), np.full(len(shares), FARTHEST)
    for _halving in range(HALVINGS):
        middle = (low + high) / 2
        below = ndtr(middle[:, None] / scales) @ (SHARES / SHARES.sum()) < shares
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2)


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
