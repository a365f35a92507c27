"""Indices of careless answering, ballot by ballot: runs, spread, distance, and agreement of a ballot with itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.faults import AnalysisError
from analysis.items import Items
from analysis.sums import Bools, Floats, Ints

ROWS_AT_ONCE = 8192
NEGLIGIBLE = 1e-9
"""Of the largest eigenvalue: a direction in which answers do not vary."""
LEAST_PAIRS = 3

Filled = tuple[slice, Floats, Floats]


@dataclass(frozen=True, slots=True)
class Runs:
    """Strings of the same answer in a row.

    Attributes
    ----------
    longest : (n,) answers in the longest string; NaN where nothing was answered.
    average : (n,) mean length of the strings.
    """

    longest: Floats
    average: Floats


@dataclass(frozen=True, slots=True)
class Spread:
    """Where answers lie and how they vary together, for distances.

    Attributes
    ----------
    means : (K,) of the answers to each item.
    inverse : (K, K) generalised inverse of the covariance; zero for items that do not vary.
    rank : directions in which answers vary: the degrees of freedom of the distance.
    constant : items that do not vary and so tell nothing.
    """

    means: Floats
    inverse: Floats
    rank: int
    constant: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ItemPairs:
    """Pairs of items that go together (synonyms) or against each other (antonyms) in all ballots.

    first, second : (P,) places of the items of each pair, second after first; r : (P,) their correlations.
    """

    first: Ints
    second: Ints
    r: Floats


def blocks(items: Items) -> Iterator[Filled]:
    """Some thousand rows at a time: which rows, their answers (0 where there is none), 1 where there is one."""
    for start in range(0, items.shape[0], ROWS_AT_ONCE):
        rows = slice(start, min(start + ROWS_AT_ONCE, items.shape[0]))
        block = items.read(rows, slice(None))
        yield rows, block.y, np.ascontiguousarray(block.valid)  # a broadcast one takes products the slow way


def answered(items: Items) -> Ints:
    """(n,) items that each ballot answered."""
    counts = np.empty(items.shape[0], dtype=np.intp)
    for rows, _y, valid in blocks(items):
        counts[rows] = valid.sum(axis=1)
    return counts


def runs(items: Items) -> Runs:
    """Longest and average string of identical consecutive answers, in the order of the items.

    A blank ends a string and is a string of length one, as in R's ``rle``.

    References
    ----------
    Johnson (2005), J. Res. Personality 39, 103–129. R: careless 1.2.2 ``longstring(avg = TRUE)``.
    """
    n, n_items = items.shape
    values = np.ascontiguousarray(items.values.T)
    lacking = items.lacks(values)
    length, longest, strings = (np.ones(n, dtype=np.int16) for _ in range(3))
    for place in range(1, n_items):
        same = (values[place] == values[place - 1]) & ~lacking[place]
        length = length * same + np.int16(1)
        np.maximum(longest, length, out=longest)
        strings += ~same
    silent = lacking.all(axis=0)
    return Runs(np.where(silent, np.nan, longest), np.where(silent, np.nan, n_items / strings))


def response_variability(items: Items) -> Floats:
    """Standard deviation (n - 1) of each ballot's answers (IRV): zero just for a straight line.

    (n,); blanks are left out, and fewer than two answers give NaN.

    References
    ----------
    Dunn, Heggestad, Shanock, Theilgard (2018), J. Bus. Psychol. 33, 105–121. R: careless 1.2.2 ``irv(na.rm = TRUE)``.
    """
    found = np.full(items.shape[0], np.nan)
    for rows, y, valid in blocks(items):
        start = y[np.arange(len(y)), valid.argmax(axis=1)]  # so that equal answers leave exact zeros
        away = (y - start[:, None]) * valid
        count = valid.sum(axis=1)
        squares = np.einsum("ij,ij->i", away, away) - away.sum(axis=1) ** 2 / np.maximum(count, 1)
        enough = count > 1
        found[rows][enough] = np.sqrt(np.maximum(squares[enough], 0) / (count[enough] - 1))
    return found


def covariance_of(items: Items) -> tuple[Floats, Floats]:
    """Means of the items, and covariances of each pair over the rows that answered both: zero where fewer than two."""
    n_items = items.shape[1]
    sums, counts = np.zeros(n_items), np.zeros(n_items)
    for _rows, y, valid in blocks(items):
        sums += y.sum(axis=0)
        counts += valid.sum(axis=0)
    means = sums / np.maximum(counts, 1)
    both, single, product = (np.zeros((n_items, n_items)) for _ in range(3))
    for _rows, y, valid in blocks(items):
        away = (y - means) * valid
        product += away.T @ away
        if not items.complete:
            both += valid.T @ valid
            single += away.T @ valid
    if items.complete:
        both += items.shape[0]
    covariance = product - single * single.T / np.maximum(both, 1)
    return means, np.where(both > 1, covariance / np.maximum(both - 1, 1), 0.0)


def spread_of(items: Items, covariance: Floats | None = None) -> Spread:
    """What :func:`mahalanobis` measures distances by.

    Items that never vary are left out, and of items that determine each other only the directions that vary count, so
    that a singular covariance is no obstacle.

    Raises
    ------
    AnalysisError : ``ballots_all_alike``.
    """
    means, own = covariance_of(items)
    matrix = own if covariance is None else covariance
    scale = np.sqrt(np.diag(matrix))
    varies = scale > NEGLIGIBLE * (1 + np.abs(means))
    if not varies.any():
        raise AnalysisError("ballots_all_alike", items=", ".join(items.names))
    kept = np.ix_(varies, varies)
    roots, axes = np.linalg.eigh(matrix[kept] / np.outer(scale[varies], scale[varies]))
    used = roots > NEGLIGIBLE * roots[-1]
    inverse = np.zeros_like(matrix)
    inverse[kept] = (axes[:, used] / roots[used]) @ axes[:, used].T / np.outer(scale[varies], scale[varies])
    constant = tuple(name for name, moves in zip(items.names, varies, strict=True) if not moves)
    return Spread(means, inverse, int(used.sum()), constant)


def mahalanobis(items: Items, spread: Spread) -> Floats:
    """Squared distance of each ballot from the centre of all (n,); NaN where nothing was answered.

    A blank counts as the mean of its item, as in ``psych::outlier``. Extreme ballots lie far from the centre by
    nature: compare with simulated honest ballots, not with a chi-square.

    References
    ----------
    Meade and Craig (2012), Psychol. Methods 17, 437–455. R: careless 1.2.2 ``mahad`` = psych 2.2.9 ``outlier``.
    """
    found = np.full(items.shape[0], np.nan)
    for rows, y, valid in blocks(items):
        away = (y - spread.means) * valid
        distance = np.einsum("ij,ij->i", away @ spread.inverse, away)
        found[rows] = np.where(valid.any(axis=1), np.maximum(distance, 0.0), np.nan)
    return found


def even_odd(items: Items, lengths: Sequence[int]) -> Floats:
    """Correlation of a ballot's means of even and of odd items over scales, stepped up by Spearman–Brown.

    Parameters
    ----------
    lengths : items of each scale, which stand one after the other; they sum to K.

    Returns
    -------
    (n,) in [-1, 1], low for careless ballots; NaN where fewer than two scales have both halves or a half does not vary.
    careless before 1.2.1 returns this number, since then its negative.

    Raises
    ------
    AnalysisError : ``scale_lengths``; ``too_few_scales`` (two at least, of two items or more).

    References
    ----------
    Johnson (2005), J. Res. Personality 39, 103–129. R: careless ``evenodd``.
    """
    if sum(lengths) != items.shape[1] or min(lengths, default=0) < 1:
        raise AnalysisError("scale_lengths", total=sum(lengths), items=items.shape[1])
    if sum(length > 1 for length in lengths) < 2:
        raise AnalysisError("too_few_scales", scales=len(lengths))
    scale = np.repeat(np.arange(len(lengths)), lengths)
    within = np.concatenate([np.arange(length) for length in lengths])
    halves = [np.equal.outer(scale, np.arange(len(lengths))) * (within % 2 == half)[:, None] for half in (0, 1)]
    found = np.empty(items.shape[0])
    for rows, y, valid in blocks(items):
        counts = [valid @ half for half in halves]
        odd, even = (y @ half / np.maximum(n, 1) for half, n in zip(halves, counts, strict=True))
        found[rows] = _stepped_up(_row_correlation(odd, even, (counts[0] > 0) & (counts[1] > 0), 2))
    return found


def _stepped_up(r: Floats) -> Floats:
    doubled = np.divide(2 * r, 1 + r, out=np.full_like(r, -1.0), where=~(np.abs(1 + r) < NEGLIGIBLE))
    return np.asarray(np.maximum(doubled, -1.0))


def _row_correlation(a: Floats, b: Floats, both: Bools, least: int) -> Floats:
    """Pearson correlation of each row over the columns that have both."""
    count = both.sum(axis=1)
    sums = [np.where(both, part, 0.0) for part in (a, b)]
    away = [
        np.where(both, part - (total.sum(axis=1) / np.maximum(count, 1))[:, None], 0.0)
        for part, total in zip((a, b), sums, strict=True)
    ]
    squares = [np.einsum("ij,ij->i", part, part) for part in away]
    defined = (count >= least) & (squares[0] > NEGLIGIBLE) & (squares[1] > NEGLIGIBLE)
    r = np.full(len(a), np.nan)
    cross = np.einsum("ij,ij->i", away[0], away[1])
    r[defined] = cross[defined] / np.sqrt(squares[0][defined] * squares[1][defined])
    return np.asarray(np.clip(r, -1.0, 1.0))


def item_pairs(items: Items, critical: float = 0.6, *, antonyms: bool = False) -> ItemPairs:
    """Pairs of items correlated above ``critical`` (antonyms: below its negative) over the ballots that have both."""
    _means, covariance = covariance_of(items)
    scale = np.sqrt(np.diag(covariance))
    bound = np.outer(scale, scale)
    r = np.divide(covariance, bound, out=np.zeros_like(bound), where=bound > 0)
    first, second = np.triu_indices(len(r), 1)
    chosen = r[first, second] < -abs(critical) if antonyms else r[first, second] > abs(critical)
    return ItemPairs(first[chosen], second[chosen], r[first[chosen], second[chosen]])


def pair_consistency(items: Items, pairs: ItemPairs) -> Floats:
    """Correlation over pairs of synonyms (or antonyms) within each ballot.

    (n,) in [-1, 1]: careless ballots are low on synonyms and high on antonyms. NaN where fewer than three pairs are
    answered or one side does not vary, so a straight line gets none (careless 1.2.1 swaps sides at random to find a
    number for it; this does not).

    References
    ----------
    Meade and Craig (2012), Psychol. Methods 17, 437–455. R: careless 1.1.3 ``psychsyn``, ``psychant``.
    """
    n_items = items.shape[1]
    matrix = np.zeros((n_items, n_items))
    matrix[pairs.first, pairs.second] = 1.0
    found = np.full(items.shape[0], np.nan)
    for rows, y, valid in blocks(items):
        count, sum_a, sum_b, sum_aa, sum_bb, cross = _pair_sums(y, valid, matrix)
        n = np.maximum(count, 1)
        spread_a, spread_b = sum_aa - sum_a**2 / n, sum_bb - sum_b**2 / n
        defined = (count >= LEAST_PAIRS) & (np.minimum(spread_a, spread_b) > NEGLIGIBLE)
        root = np.sqrt(np.where(defined, spread_a * spread_b, 1.0))
        found[rows] = np.where(defined, np.clip((cross - sum_a * sum_b / n) / root, -1.0, 1.0), np.nan)
    return found


def _pair_sums(y: Floats, valid: Floats, matrix: Floats) -> tuple[npt.NDArray[np.float64], ...]:
    """Of each row over its answered pairs: how many, Σa, Σb, Σa², Σb², Σab."""
    second_valid, first_valid = valid @ matrix.T, valid @ matrix
    dot = "ij,ij->i"
    return (
        np.einsum(dot, first_valid, valid),
        np.einsum(dot, y, second_valid),
        np.einsum(dot, y, first_valid),
        np.einsum(dot, y * y, second_valid),
        np.einsum(dot, y * y, first_valid),
        np.einsum(dot, y @ matrix, y),
    )
