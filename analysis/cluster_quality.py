"""Interviewers, offices or modes whose ballots stand out: more flagged, more alike, copied, or too favourable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.special import gammaincc, ndtr, ndtri, pdtrc, stdtr
from scipy.stats import hypergeom

from analysis.faults import AnalysisError
from analysis.items import Items
from analysis.near_duplicates import NearDuplicates
from analysis.quality import Review, Sign
from analysis.sums import Bools, Floats, Ints

GRID = 1.05
LEAST_FOR_SPREAD = 10
MIDDLE_LOW = 0.15865525393145707  # of a normal variable, below one standard deviation from its mean
EFFICIENCY = 0.5  # of that range as an estimate of the standard deviation
SMALLEST_P = 1e-300
LEAST_SKEW = 1e-3


class ClusterTest(StrEnum):
    """In what a cluster may stand out."""

    FLAGGED = "flagged"
    COPIES = "copies"
    VARIANCE = "variance"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class ClusterSigns:
    """Clusters and tests.

    Attributes
    ----------
    rows : column, cluster, n, test, value, expected, p, p_adjusted, stands_out; a row for each cluster and test.
    false_discovery : share of the rows that stand out which may be chance.
    too_small : column -> clusters that were not tested because they have too few ballots.
    """

    rows: pd.DataFrame
    false_discovery: float
    least: int
    too_small: Mapping[str, int]

    def standing_out(self) -> pd.DataFrame:
        """The rows that stand out, the surest first."""
        found = self.rows[self.rows["stands_out"]]
        return found.sort_values(["p_adjusted", "p", "column"], kind="stable").reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class _Found:
    """One test of C clusters; p_middle counts half of the observed value, to see how p spreads over clusters."""

    test: ClusterTest
    value: Floats
    expected: Floats
    p: Floats
    p_middle: Floats


@dataclass(frozen=True, slots=True)
class _Dealt:
    """A column of clusters: the cluster of each ballot (-1: none), and the ballots of those that are tested."""

    column: str
    names: tuple[object, ...]  # of the tested ones
    codes: Ints
    sizes: Ints  # of all
    tested: Ints
    inside: tuple[Ints, ...]


def cluster_signs(
    found: Review,
    clusters: Mapping[str, Sequence[object] | pd.Series],
    rng: np.random.Generator,
    *,
    least: int = 8,
    false_discovery: float = 0.05,
    n_sets: int = 1000,
) -> ClusterSigns:
    """Which clusters show more signs than ballots dealt out at random would.

    Parameters
    ----------
    found : of :func:`analysis.quality.review`.
    clusters : column -> (n,) labels; a ballot without one belongs to none.
    rng : draws the random sets of ballots.
    least : ballots that a cluster needs to be tested.
    false_discovery : of all clusters × tests together (Benjamini–Hochberg).
    n_sets : random sets of ballots of each size.

    Notes
    -----
    ``flagged``: ballots with a sign other than a near-duplicate, exact (hypergeometric). ``copies``: ballots that
    nearly repeat another of the cluster (pairs that close no ring, both with more answers off the common line than may
    differ), Poisson with the pairs that chance puts into it, which is an upper bound. ``variance`` (too small within
    the cluster) and ``mean`` (too high), of answers from 0 to 1: against random sets of as many ballots, their tail by
    the gamma distribution of the same three moments. Honest places differ too: where a column has ten clusters or
    more, the spread of all of them (median and middle 68 % of the normal scores, with the tail of Student's t) takes
    the place of chance if it is wider, so that a cluster must stand out from the others.

    Raises
    ------
    AnalysisError : ``row_labels``; ``too_few_clusters`` (a column without two clusters); ``bad_level``.

    References
    ----------
    Benjamini and Hochberg (1995), JRSS B 57, 289–300; Efron (2004), JASA 99, 96–104 (empirical null); Winkler et al.
    (2016), NeuroImage 141, 502–516 (gamma tail).
    """
    if not 0 < false_discovery < 1:
        raise AnalysisError("bad_level", level=false_discovery)
    unit = _unit_answers(found.turned)
    tables, too_small = [], {}
    for column, labels in clusters.items():
        dealt = _dealt(column, labels, found.n, least)
        too_small[column] = len(dealt.sizes) - len(dealt.tested)
        if len(dealt.tested):
            tables.append(_of_column(dealt, found, _by_random_sets(unit, dealt.inside, rng, n_sets)))
    rows = pd.concat(tables, ignore_index=True) if tables else _empty()
    rows["p_adjusted"] = benjamini_hochberg(rows["p"].to_numpy())
    rows["stands_out"] = rows["p_adjusted"] <= false_discovery
    return ClusterSigns(rows, false_discovery, least, too_small)


def benjamini_hochberg(p: Floats) -> Floats:
    """Adjusted p values: those at or below q have a false-discovery rate of at most q. R: ``p.adjust(p, "BH")``."""
    count = len(p)
    order = np.argsort(p)[::-1]
    scaled = np.minimum.accumulate(p[order] * count / np.arange(count, 0, -1))
    adjusted = np.empty(count)
    adjusted[order] = np.minimum(scaled, 1.0)
    return adjusted


def _empty() -> pd.DataFrame:
    names = {"column": str, "cluster": str, "n": int, "test": str, "value": float, "expected": float, "p": float}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in names.items()})


def _dealt(column: str, labels: Sequence[object] | pd.Series, n: int, least: int) -> _Dealt:
    codes, names = pd.factorize(pd.Series(labels).reset_index(drop=True))
    if len(codes) != n:
        raise AnalysisError("row_labels", found=len(codes), expected=n)
    if len(names) < 2:
        raise AnalysisError("too_few_clusters", column=column, found=len(names))
    sizes = np.bincount(codes[codes >= 0], minlength=len(names))
    tested = np.flatnonzero(sizes >= least)
    order = np.argsort(codes, kind="stable")
    starts, ends = (np.searchsorted(codes[order], tested, side=side) for side in ("left", "right"))
    inside = tuple(order[start:end] for start, end in zip(starts, ends, strict=True))
    return _Dealt(column, tuple(names[tested]), codes, sizes, tested, inside)


def _of_column(dealt: _Dealt, found: Review, by_sets: tuple[_Found, _Found]) -> pd.DataFrame:
    plain = np.logical_or.reduce([flag for sign, flag in found.flags.items() if sign is not Sign.DUPLICATE])
    parts = [
        pd.DataFrame(
            {
                "column": dealt.column,
                "cluster": dealt.names,
                "n": dealt.sizes[dealt.tested],
                "test": str(one.test),
                "value": one.value,
                "expected": one.expected,
                "p": _against_all(one),
            }
        )
        for one in (
            _flagged(plain, dealt.inside),
            _copies(found.pairs.at_least(found.look.most_different + 1), dealt),
            *by_sets,
        )
    ]
    return pd.concat(parts, ignore_index=True)


def _against_all(one: _Found) -> Floats:
    """p against the spread of all clusters where that is wider than chance."""
    if len(one.p) < LEAST_FOR_SPREAD:
        return one.p
    scores = -ndtri(np.clip(one.p_middle, SMALLEST_P, 1 - 1e-12))
    middle = float(np.median(scores))
    low, high = np.quantile(scores, [MIDDLE_LOW, 1 - MIDDLE_LOW])
    scale = max(1.0, float(high - low) / 2)
    own = -ndtri(np.clip(one.p, SMALLEST_P, 1 - 1e-12))
    freedom = EFFICIENCY * (len(scores) - 1)  # the scale is itself an estimate
    return np.asarray(np.maximum(one.p, stdtr(freedom, -(own - max(middle, 0.0)) / scale)))


def _flagged(flags: Bools, inside: Sequence[Ints]) -> _Found:
    n, total = len(flags), int(flags.sum())
    sizes = np.array([len(rows) for rows in inside])
    count = np.array([int(flags[rows].sum()) for rows in inside])
    law = hypergeom(n, total, sizes)
    p = law.sf(count - 1)
    shares = count / sizes
    return _Found(ClusterTest.FLAGGED, shares, np.full(len(sizes), total / n), p, p - law.pmf(count) / 2)


def _copies(pairs: NearDuplicates, dealt: _Dealt) -> _Found:
    codes, sizes = dealt.codes, dealt.sizes
    same = (codes[pairs.first] == codes[pairs.second]) & (codes[pairs.first] >= 0)
    first, second = pairs.first[same], pairs.second[same]
    graph = csr_array((np.ones(len(first)), (first, second)), shape=(pairs.n, pairs.n))
    _count, group = connected_components(graph, directed=False)
    involved = np.unique(np.concatenate([first, second]))
    ballots = np.bincount(codes[involved], minlength=len(sizes))
    _values, leaders = np.unique(group[involved], return_index=True)
    groups = np.bincount(codes[involved[leaders]], minlength=len(sizes))
    copies = (ballots - groups)[dealt.tested].astype(np.float64)
    size = sizes[dealt.tested].astype(np.float64)
    expected = len(pairs.first) * size * (size - 1) / (pairs.n * (pairs.n - 1.0))
    p, above = np.where(copies > 0, pdtrc(copies - 1, expected), 1.0), pdtrc(copies, expected)
    return _Found(ClusterTest.COPIES, copies, expected, p, (p + above) / 2)


def _unit_answers(items: Items) -> tuple[Floats, Bools]:
    """Answers from 0 (lowest level of the item) to 1 (highest), 0 where there is none; and where there is one."""
    valid = ~items.lacks(items.values)
    values = np.where(valid, items.values, np.nan).astype(np.float64)
    low, high = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
    return np.where(valid, (values - low) / np.where(high > low, high - low, 1.0), 0.0), valid


def _by_random_sets(
    unit: tuple[Floats, Bools], inside: Sequence[Ints], rng: np.random.Generator, n_sets: int
) -> tuple[_Found, _Found]:
    """Variance within and mean of the clusters, against random sets of about as many ballots."""
    answers, valid = unit
    table = np.concatenate([answers, answers**2, valid.astype(np.float64)], axis=1)
    sizes = np.array([len(rows) for rows in inside])
    seen = _spread_and_mean(table, inside)
    grid = np.floor(GRID ** np.floor(np.log(sizes) / np.log(GRID))).astype(np.intp)  # fewer, so that chance is wider
    expected, p = np.empty_like(seen), np.empty_like(seen)
    for size in np.unique(grid):
        drawn = [rng.choice(len(answers), size, replace=False, shuffle=False) for _set in range(n_sets)]
        chance = _spread_and_mean(table, drawn)
        at = grid == size
        expected[at] = chance.mean(axis=0)
        p[at, 0] = gamma_tail(-seen[at, 0], -chance[:, 0])
        p[at, 1] = gamma_tail(seen[at, 1], chance[:, 1])
    tests = ClusterTest.VARIANCE, ClusterTest.MEAN
    first, second = (
        _Found(test, seen[:, place], expected[:, place], p[:, place], p[:, place]) for place, test in enumerate(tests)
    )
    return first, second


def _spread_and_mean(table: Floats, sets: Sequence[Ints]) -> Floats:
    """Of each set of ballots: the mean of the variances of the items, and the mean of the means of the items."""
    ends = np.cumsum([0, *(len(rows) for rows in sets)])
    picks = csr_array((np.ones(ends[-1]), np.concatenate(sets), ends), shape=(len(sets), len(table)))
    sums, squares, count = np.split(np.asarray(picks @ table), 3, axis=1)
    some, several = count > 0, count > 1
    means = np.divide(sums, count, out=np.zeros_like(sums), where=some)
    variances = np.divide(squares - sums * means, count - 1, out=np.zeros_like(sums), where=several)
    of_set = [(variances, several), (means, some)]
    return np.stack([part.sum(axis=1) / np.maximum(known.sum(axis=1), 1) for part, known in of_set], axis=1)


def gamma_tail(seen: Floats, chance: Floats) -> Floats:
    """How often chance is at least as high as what was seen, by the gamma distribution of its three moments.

    Where chance leans the other way that distribution would end at a highest value, and whatever lies beyond it would
    count as impossible: there the normal distribution stands in, which is never shorter.
    """
    mean, sd = chance.mean(), chance.std()
    if sd <= 0:
        return np.asarray(np.where(seen > mean, 0.0, 1.0), dtype=np.float64)
    skew = float((((chance - mean) / sd) ** 3).mean())
    score = (seen - mean) / sd
    if skew < LEAST_SKEW:
        return np.asarray(ndtr(-score), dtype=np.float64)
    shape = 4 / skew**2
    return np.asarray(gammaincc(shape, np.maximum(shape + np.sqrt(shape) * score, 0.0)), dtype=np.float64)
