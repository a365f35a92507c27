"""Means, covariances and correlations of items in one pass over the rows; exact for answers in single bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.design import SurveyDesign
from analysis.faults import AnalysisError
from analysis.items import Items, items_of
from analysis.sums import Floats, Ints

LEAST_ROWS = 3
ROWS = 128  # of one product: so few that BLAS starts no threads, whose waiting costs more than they save on K x K
STACKED = 32  # products made at once
CONSTANT = 1e-12  # of the mean square: a variance below it is rounding
SINGULAR = 1e-10  # of the largest eigenvalue
INVOLVED = 0.1  # of the combination of items that does not vary


class Missing(StrEnum):
    """Which rows count where some answers are missing."""

    LISTWISE = "listwise"  # those that answered every item
    PAIRWISE = "pairwise"  # for each pair of items those that answered both


@dataclass(frozen=True, slots=True)
class Moments:
    """First and second moments of K items.

    Attributes
    ----------
    names : of the items.
    n : rows behind them: complete rows, or the answers to the pair with fewest (pairwise).
    n_rows : rows that were read, before any was dropped.
    means : (K,) in the unit of the items.
    covariance : (K, K) with divisor n - 1; with weights the divisor is their sum times (n - 1) / n, as in R's svyvar.
    correlation : (K, K); pairwise, each has the standard deviations of its own rows.
    weighted : whether rows counted by estimation weights.
    """

    names: tuple[str, ...]
    n: int
    n_rows: int
    means: Floats
    covariance: Floats
    correlation: Floats
    weighted: bool = False

    def taken(self, places: Sequence[int]) -> Moments:
        """Those of some of the items."""
        part = np.ix_(places, places)
        return replace(
            self,
            names=tuple(self.names[place] for place in places),
            means=self.means[list(places)],
            covariance=self.covariance[part],
            correlation=self.correlation[part],
        )

    def at(self, names: Sequence[str]) -> Moments:
        """Those of the named items, in that order."""
        return self.taken([self.names.index(name) for name in names])


def item_moments(
    frame: pd.DataFrame | Items,
    names: Sequence[str],
    *,
    missing: int | None = None,
    rule: Missing = Missing.LISTWISE,
    design: SurveyDesign | None = None,
) -> Moments:
    """Moments of the items over the rows that ``rule`` keeps.

    Parameters
    ----------
    frame, names, missing : the items, see :func:`analysis.items.items_of`; NaN means no answer.
    rule : which rows count.
    design : its estimation weights weight the rows; rows of weight zero take no part. Listwise only.

    Raises
    ------
    AnalysisError : unknown or text columns; fewer than two items; fewer than three rows left (``too_few_complete``);
        an item with one answer only (``constant_item``); weights with pairwise rows.
    """
    items = items_of(frame, names, missing=missing)
    if items.shape[1] < 2:
        raise AnalysisError("too_few_items", names=", ".join(items.names), least=2)
    if design is not None:
        return _weighted_moments(items, rule, design)
    return _pairwise(items) if rule is Missing.PAIRWISE and not items.complete else _listwise(items)


def moments_from(
    names: Sequence[str], covariance: npt.ArrayLike, n: int, means: npt.ArrayLike | None = None
) -> Moments:
    """Moments known from elsewhere: a covariance (or correlation) matrix of n rows.

    Raises
    ------
    AnalysisError : a matrix that is not symmetric of the items' size, or holds a variance that is not positive.
    """
    matrix = np.array(covariance, dtype=np.float64)
    size = len(names)
    if matrix.shape != (size, size) or not np.allclose(matrix, matrix.T, rtol=1e-9, atol=1e-12):
        raise AnalysisError("bad_covariance", size=size, shape=" × ".join(map(str, matrix.shape)))
    centre = np.zeros(size) if means is None else np.array(means, dtype=np.float64)
    return _checked(Moments(tuple(names), n, n, centre, matrix, matrix, weighted=False))


def correlated(covariance: Floats) -> Floats:
    """The correlation matrix of a covariance matrix."""
    spread = np.sqrt(np.diag(covariance))
    scaled: Floats = covariance / np.outer(spread, spread)
    np.fill_diagonal(scaled, 1.0)
    return scaled


def refuse_dependent(moments: Moments) -> None:
    """Raise where fewer rows than items, or items that are combinations of others, leave no inverse."""
    size = len(moments.names)
    if moments.n <= size:
        raise AnalysisError("rows_below_items", n=moments.n, items=size)
    values, vectors = np.linalg.eigh(moments.correlation)
    if values[0] < SINGULAR * values[-1]:
        involved = [name for name, part in zip(moments.names, vectors[:, 0], strict=True) if abs(part) > INVOLVED]
        raise AnalysisError("items_dependent", items=", ".join(involved))


def complete_rows(items: Items) -> Ints:
    """The rows that have an answer to every item."""
    count = items.shape[0]
    kept = np.ones(count, dtype=np.bool_)
    if not items.complete:
        for rows in _blocks(count):
            kept[rows] = items.read(rows, slice(None)).valid.all(axis=1)
    return np.flatnonzero(kept)


def cross_products(values: npt.NDArray[np.floating]) -> Floats:
    """``values.T @ values`` of many rows and few columns, added up in doubles.

    Single precision is exact as long as ``ROWS`` times the largest square stays below 2^24.
    """
    whole = len(values) // ROWS * ROWS
    stack = values[:whole].reshape(-1, ROWS, values.shape[1])
    products: Floats = np.matmul(stack.transpose(0, 2, 1), stack).sum(axis=0, dtype=np.float64)
    rest = values[whole:]
    return products + rest.T @ rest


def _blocks(count: int) -> list[slice]:
    step = ROWS * STACKED
    return [slice(start, min(start + step, count)) for start in range(0, count, step)]


def _shift(items: Items) -> Floats:
    """A whole number near the middle of each item: subtracting it loses nothing of integers and much of rounding."""
    block = items.read(slice(0, ROWS * STACKED), slice(None))
    return np.asarray(np.rint(block.y.sum(axis=0) / np.maximum(block.valid.sum(axis=0), 1)))


def _listwise(items: Items) -> Moments:
    shift, k = _shift(items), items.shape[1]
    sums, products, n = np.zeros(k), np.zeros((k, k)), 0
    small = items.complete and items.values.dtype.itemsize == 1
    narrow = shift.astype(np.float32)
    for rows in _blocks(items.shape[0]):
        part: npt.NDArray[np.floating]
        if small:
            part = items.values[rows].astype(np.float32)
            part -= narrow
        else:
            block = items.read(rows, slice(None))
            part = block.y - shift
            if not items.complete:
                part = part[block.valid.all(axis=1)]
        sums += part.sum(axis=0, dtype=np.float64)
        products += cross_products(part)
        n += len(part)
    _enough(n, items)
    covariance = (products - np.outer(sums, sums) / n) / (n - 1)
    return _checked(Moments(items.names, n, items.shape[0], shift + sums / n, covariance, covariance))


def _weighted_moments(items: Items, rule: Missing, design: SurveyDesign) -> Moments:
    if rule is Missing.PAIRWISE:
        raise AnalysisError("weighted_pairwise")
    row_weights, count, k = design.estimation_weights, items.shape[0], items.shape[1]
    if len(row_weights) != count:
        raise AnalysisError("row_count", name=items.names[0], found=count, expected=len(row_weights))
    shift = _shift(items)
    total, n, sums, products = 0.0, 0, np.zeros(k), np.zeros((k, k))
    for rows in _blocks(count):
        block = items.read(rows, slice(None))
        kept = block.valid.all(axis=1) & (row_weights[rows] > 0)
        part, of_row = block.y[kept] - shift, row_weights[rows][kept]
        total += of_row.sum()
        sums += of_row @ part
        products += cross_products(part * np.sqrt(of_row)[:, None])
        n += len(part)
    _enough(n, items)
    covariance = (products - np.outer(sums, sums) / total) / total * (n / (n - 1))
    return _checked(Moments(items.names, n, count, shift + sums / total, covariance, covariance, weighted=True))


def _pairwise(items: Items) -> Moments:
    """Sums over the rows of each pair: of one item, of its squares, and of products."""
    shift, k = _shift(items), items.shape[1]
    pair_n, sums, squares, products = (np.zeros((k, k)) for _ in range(4))
    for rows in _blocks(items.shape[0]):
        block = items.read(rows, slice(None))
        part = (block.y - shift) * block.valid
        pair_n += block.valid.T @ block.valid
        sums += part.T @ block.valid  # (i, j): sum of item i where j is answered
        squares += (part**2).T @ block.valid
        products += part.T @ part
    n = int(pair_n.min())
    if n < LEAST_ROWS:
        one, other = (items.names[place] for place in np.unravel_index(pair_n.argmin(), pair_n.shape))
        raise AnalysisError("too_few_pairs", first=one, second=other, n=n, least=LEAST_ROWS)
    covariance = (products - sums * sums.T / pair_n) / (pair_n - 1)
    own = np.maximum(squares - sums**2 / pair_n, 0) / (pair_n - 1)  # variance of item i where j is answered
    whole = _checked(
        Moments(items.names, n, items.shape[0], shift + np.diag(sums) / np.diag(pair_n), covariance, covariance)
    )
    lacking = own <= 0
    if lacking.any():
        one, other = (items.names[place] for place in np.argwhere(lacking)[0])
        raise AnalysisError("constant_in_pair", first=one, second=other)
    return replace(whole, correlation=covariance / np.sqrt(own * own.T))


def _enough(n: int, items: Items) -> None:
    if n < LEAST_ROWS:
        raise AnalysisError("too_few_complete", n=n, rows=items.shape[0], least=LEAST_ROWS)


def _checked(moments: Moments) -> Moments:
    """With correlations, once every item is known to vary."""
    variances = np.diag(moments.covariance)
    constant = ~(variances > CONSTANT * (variances + moments.means**2))
    if constant.any():
        place = int(constant.argmax())
        raise AnalysisError("constant_item", item=moments.names[place], value=f"{moments.means[place]:g}", n=moments.n)
    return replace(moments, correlation=correlated(moments.covariance))
