"""Polychoric correlations: those of the normal variables that ordered answers are taken to be cut from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr, ndtri, owens_t

from analysis.faults import AnalysisError
from analysis.items import Items, items_of
from analysis.moments import LEAST_ROWS, Moments, complete_rows, cross_products
from analysis.sums import Floats, Ints

MOST_LEVELS = 20
FAR = 8.5  # a threshold beyond which a double knows no probability
NEAR_ONE = 0.9999
STEPS = 100
SETTLED = 1e-10
BLOCK = 4096

Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class OrdinalAnswers:
    """Complete rows of K ordered items.

    Attributes
    ----------
    names : of the items; n_rows : rows that were read, before incomplete ones were dropped.
    levels : the values that occur in each item, ascending.
    codes : (n, K) place of each answer among the levels of its item.
    """

    names: tuple[str, ...]
    n_rows: int
    levels: tuple[tuple[float, ...], ...]
    codes: Codes

    @property
    def most_levels(self) -> int:
        return max(len(values) for values in self.levels)


@dataclass(frozen=True, slots=True)
class Polychoric:
    """Polychoric correlations of K items.

    Attributes
    ----------
    n : complete rows.
    thresholds : of each item (K, L + 1): -8.5, the thresholds between its levels, then 8.5 to the end.
    correlation : (K, K).
    first, second : (P,) the items of each pair, second after first; ``by_pair`` their correlations.
    cells : (P, L, L) rows with each pair of answers.
    """

    answers: OrdinalAnswers
    thresholds: Floats
    correlation: Floats
    first: Ints
    second: Ints
    cells: Floats

    @property
    def n(self) -> int:
        return len(self.answers.codes)

    @property
    def by_pair(self) -> Floats:
        return np.asarray(self.correlation[self.first, self.second])

    def moments(self) -> Moments:
        """As moments of standardised items, for exploratory analysis."""
        matrix, names = self.correlation, self.answers.names
        return Moments(names, self.n, self.answers.n_rows, np.zeros(len(names)), matrix, matrix)

    def threshold_table(self) -> pd.DataFrame:
        """A row for each threshold: the item, the level below it, its place on the normal scale."""
        rows = [
            {"item": name, "level": level, "threshold": self.thresholds[place, number + 1]}
            for place, (name, values) in enumerate(zip(self.answers.names, self.answers.levels, strict=True))
            for number, level in enumerate(values[:-1])
        ]
        return pd.DataFrame(rows)


def ordinal_answers(frame: pd.DataFrame | Items, names: Sequence[str], *, missing: int | None = None) -> OrdinalAnswers:
    """The complete rows of ordered items; each value that occurs is a level.

    Raises
    ------
    AnalysisError : unknown or text columns; fewer than two items; fewer than three complete rows; ``constant_item``;
        ``not_ordinal`` (over twenty values: such an item is not ordinal but continuous).
    """
    items = items_of(frame, names, missing=missing)
    if items.shape[1] < 2:
        raise AnalysisError("too_few_items", names=", ".join(items.names), least=2)
    kept = complete_rows(items)
    if len(kept) < LEAST_ROWS:
        raise AnalysisError("too_few_complete", n=len(kept), rows=items.shape[0], least=LEAST_ROWS)
    values = items.rows(kept)
    codes, levels = np.empty(values.shape, dtype=np.uint8), []
    for place, name in enumerate(items.names):
        found = np.unique(values[:, place])
        if len(found) > MOST_LEVELS:
            raise AnalysisError("not_ordinal", item=name, levels=len(found), most=MOST_LEVELS)
        if len(found) == 1:
            raise AnalysisError("constant_item", item=name, value=f"{found[0]:g}", n=len(kept))
        codes[:, place] = np.searchsorted(found, values[:, place])
        levels.append(tuple(float(value) for value in found))
    return OrdinalAnswers(items.names, items.shape[0], tuple(levels), codes)


def polychoric(answers: OrdinalAnswers) -> Polychoric:
    """Polychoric correlations in two steps: thresholds from each item, then each correlation by maximum likelihood.

    Raises
    ------
    AnalysisError : ``polychoric_degenerate`` where the answers to two items determine each other, so that the
        correlation runs to one.

    Notes
    -----
    Empty cells need no correction in tables of more than two levels, and get none. In a table of two by two with one
    empty cell the likelihood has no maximum: half a row is then put into the empty cell and its opposite and taken
    from the others, so that the margins stay, as lavaan does (psych adds 0.5 to
    every empty cell, but only with ``global = FALSE``).

    References
    ----------
    Olsson (1979), Psychometrika 44, 443–460; Owen (1956), Ann. Math. Stat. 27, 1075–1090 (bivariate normal
    probabilities). R: lavaan 0.6-14 ``lavCor(ordered =)``.
    """
    first, second = (np.asarray(places, dtype=np.intp) for places in np.triu_indices(len(answers.names), 1))
    cells = _pair_cells(answers, first, second)
    thresholds = _thresholds(answers)
    start = _pearson(cells)
    found = _likeliest(_kept_apart(cells, answers, first, second), thresholds[first], thresholds[second], start)
    at_end = np.abs(found) > NEAR_ONE
    if at_end.any():
        pair = int(at_end.argmax())
        one, other = answers.names[first[pair]], answers.names[second[pair]]
        raise AnalysisError("polychoric_degenerate", first=one, second=other)
    correlation = np.eye(len(answers.names))
    correlation[first, second] = correlation[second, first] = found
    return Polychoric(answers, thresholds, correlation, first, second, cells)


def asymptotic_covariance(estimate: Polychoric) -> Floats:
    """n times the covariance (P, P) of the polychoric correlations, without any assumption on their model.

    A row adds to a correlation what the cell of its two answers says: the slope of the likelihood there, less what the
    estimated thresholds take away. Muthén (1984), Psychometrika 49, 115–132; R: lavaan 0.6-14, NACOV.
    """
    answers, levels = estimate.answers, estimate.answers.most_levels
    influence = pair_influence(estimate).reshape(len(estimate.first), -1)
    size, n = len(influence), estimate.n
    total = np.zeros((size, size))
    for start in range(0, n, BLOCK):
        codes = answers.codes[start : start + BLOCK].astype(np.intp)
        of_row = np.empty((len(codes), size))
        for pair, (one, other) in enumerate(zip(estimate.first, estimate.second, strict=True)):
            np.take(influence[pair], codes[:, one] * levels + codes[:, other], out=of_row[:, pair])
        total += of_row.T @ of_row
    return total * n


def pair_influence(estimate: Polychoric) -> Floats:
    """What a row with each pair of answers adds to the correlation of the pair (P, L, L)."""
    one, other = estimate.thresholds[estimate.first], estimate.thresholds[estimate.second]
    rho = estimate.by_pair
    probability, slope = _cell_probabilities(one, other, rho)
    score = _quotient(slope, probability)
    information = (estimate.cells * score**2).sum(axis=(1, 2))
    weighed = estimate.cells * score
    of_first = _threshold_correction(estimate, one, weighed, probability, _edge_slopes(one, other, rho), rows=True)
    turned = _edge_slopes(other, one, rho).transpose(0, 2, 1)
    of_second = _threshold_correction(estimate, other, weighed, probability, turned, rows=False)
    corrected = score - of_first[:, :, None] - of_second[:, None, :]
    return np.asarray(corrected / information[:, None, None])


def _threshold_correction(
    estimate: Polychoric, thresholds: Floats, weighed: Floats, probability: Floats, slopes: Floats, *, rows: bool
) -> Floats:
    """What each answer (P, L) to one item of the pairs takes away through its thresholds.

    slopes : of the probability up to each inner threshold, by answer to the other item; (P, L - 1, L) along rows.
    """
    quotient = _quotient(weighed, probability)  # cells × score / probability
    if rows:
        crossed = ((quotient[:, :-1, :] - quotient[:, 1:, :]) * slopes).sum(axis=2)
    else:
        crossed = ((quotient[:, :, :-1] - quotient[:, :, 1:]) * slopes).sum(axis=1)
    counts = estimate.cells.sum(axis=2 if rows else 1)  # (P, L) answers
    share = counts / estimate.n
    density = _density(thresholds[:, 1:-1])
    levels = share.shape[1]
    score = np.zeros((len(share), levels, levels - 1))  # of each answer for each threshold
    inner = np.arange(levels - 1)
    score[:, inner, inner] = _quotient(density, share[:, :-1])
    score[:, inner + 1, inner] = -_quotient(density, share[:, 1:])
    information = np.einsum("pc,pca,pcb->pab", counts, score, score)
    unused = information[:, inner, inner] == 0  # items with fewer levels than others
    information[:, inner, inner] += unused
    solved = np.linalg.solve(information, crossed[:, :, None])
    return np.asarray((score @ solved)[:, :, 0])


def _edge_slopes(one: Floats, other: Floats, rho: Floats) -> Floats:
    """Slope of the probability below each inner threshold of ``one`` in that threshold, by answer to ``other``."""
    spread = np.sqrt(1 - rho**2)[:, None, None]
    inner = one[:, 1:-1, None]
    below = ndtr((other[:, None, :] - rho[:, None, None] * inner) / spread)
    return np.asarray(_density(inner) * np.diff(below, axis=2))


def _pair_cells(answers: OrdinalAnswers, first: Ints, second: Ints) -> Floats:
    """Rows with each pair of answers (P, L, L), from one product of indicators."""
    n, k = answers.codes.shape
    levels = answers.most_levels
    places = np.arange(k) * levels
    counts = np.zeros((k * levels, k * levels))
    for start in range(0, n, BLOCK):
        codes = answers.codes[start : start + BLOCK]
        indicator = np.zeros((len(codes), k * levels), dtype=np.float32)
        indicator[np.arange(len(codes))[:, None], places + codes] = 1
        counts += cross_products(indicator)
    return np.asarray(counts.reshape(k, levels, k, levels)[first, :, second, :])


def _thresholds(answers: OrdinalAnswers) -> Floats:
    thresholds = np.full((len(answers.names), answers.most_levels + 1), FAR)
    thresholds[:, 0] = -FAR
    for place, values in enumerate(answers.levels):
        share = np.cumsum(np.bincount(answers.codes[:, place], minlength=len(values))) / len(answers.codes)
        thresholds[place, 1 : len(values)] = ndtri(share[:-1])
    return thresholds


def _kept_apart(cells: Floats, answers: OrdinalAnswers, first: Ints, second: Ints) -> Floats:
    """The cells, with half a row moved into the one empty cell of a table of two by two."""
    two = np.array([len(values) == 2 for values in answers.levels])
    tables = cells.copy()
    for pair in np.flatnonzero(two[first] & two[second]):
        table = tables[pair, :2, :2]
        empty = np.argwhere(table == 0)
        if len(empty) == 1:
            sign = 1 if empty[0][0] == empty[0][1] else -1
            table += sign * np.array([[0.5, -0.5], [-0.5, 0.5]])
    return tables


def _pearson(cells: Floats) -> Floats:
    """Correlation of the codes, to start from."""
    places, n = np.arange(cells.shape[1]), cells.sum(axis=(1, 2))
    one, other = cells.sum(axis=2) @ places / n, cells.sum(axis=1) @ places / n
    spread = [cells.sum(axis=axis) @ places**2 / n - mean**2 for axis, mean in ((2, one), (1, other))]
    joint = np.einsum("pij,i,j->p", cells, places, places) / n - one * other
    return np.asarray(np.clip(joint / np.sqrt(spread[0] * spread[1]), -0.95, 0.95))


def _likeliest(cells: Floats, one: Floats, other: Floats, start: Floats) -> Floats:
    """Correlations (P,) of the largest likelihood: steps of Fisher on the scale of atanh, halved where they lose."""
    place = np.arctanh(start)
    best, step = np.full(len(start), -np.inf), np.zeros(len(start))
    for _ in range(STEPS):
        rho = np.tanh(place + step)
        probability, slope = _cell_probabilities(one, other, rho)
        likelihood = (cells * np.log(np.where(cells > 0, np.maximum(probability, 1e-300), 1.0))).sum(axis=(1, 2))
        better = likelihood >= best - 1e-9 * np.abs(best)
        place, best = np.where(better, place + step, place), np.where(better, likelihood, best)
        score = (cells * _quotient(slope, probability)).sum(axis=(1, 2))
        information = cells.sum(axis=(1, 2)) * (slope * _quotient(slope, probability)).sum(axis=(1, 2))
        forward = np.clip(score / information / (1 - rho**2), -0.5, 0.5)
        step = np.where(better, forward, step / 2)
        step = np.where(np.abs(np.tanh(place)) > NEAR_ONE, 0.0, step)
        if np.abs(step).max() < SETTLED:
            break
    return np.asarray(np.tanh(place))


def _cell_probabilities(one: Floats, other: Floats, rho: Floats) -> tuple[Floats, Floats]:
    """Probability of each cell (P, L, L) and its slope in rho."""
    h, k, r = one[:, :, None], other[:, None, :], rho[:, None, None]
    left = 1 - r**2
    density = np.exp(-(h**2 - 2 * r * h * k + k**2) / (2 * left)) / (2 * np.pi * np.sqrt(left))
    return _cells_between(bivariate_normal(h, k, r)), _cells_between(density)


def _cells_between(corners: Floats) -> Floats:
    return np.asarray(np.diff(np.diff(corners, axis=1), axis=2))


def bivariate_normal(h: npt.ArrayLike, k: npt.ArrayLike, rho: npt.ArrayLike) -> Floats:
    """Probability that two standard normal variables of correlation ``rho`` lie below ``h`` and ``k``.

    By Owen's T function; accurate to about 1e-15.
    """
    upper, right = (np.where(np.abs(at) < 1e-300, np.copysign(1e-300, at), at) for at in (h, k))
    spread = np.sqrt(1 - np.asarray(rho) ** 2)
    with np.errstate(over="ignore"):  # a slope beyond the largest double is as good as infinite
        first = owens_t(upper, (right - rho * upper) / (upper * spread))
        second = owens_t(right, (upper - rho * right) / (right * spread))
    apart = 0.5 * (np.sign(upper) != np.sign(right))
    return np.asarray((ndtr(upper) + ndtr(right)) / 2 - first - second - apart)


def _density(at: Floats) -> Floats:
    return np.asarray(np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi))


def _quotient(above: Floats, below: Floats) -> Floats:
    """The quotient; zero where there is nothing to divide by (cells outside an item's levels)."""
    return np.divide(above, below, out=np.zeros(np.broadcast_shapes(above.shape, below.shape)), where=below > 1e-14)
