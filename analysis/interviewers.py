"""How much the answers of one interviewer, office or first-stage unit are alike: intraclass correlations by item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import fdtrc, fdtri

from analysis.careless import blocks
from analysis.faults import AnalysisError
from analysis.items import Items
from analysis.sums import Floats, Ints, sum_by

ROUNDING = 1e-12
"""Of a sum of squares; less is what computing with doubles leaves of nothing."""


@dataclass(frozen=True, slots=True)
class ClusterIcc:
    """Intraclass correlation of K items within clusters, with its F test and interval.

    Attributes
    ----------
    n, n_clusters : (K,) answers and clusters that have any.
    size : (K,) the mean size that stands for unequal ones (n0).
    icc, low, high, p : (K,); NaN for an item without variation, or with one answer in each cluster.
    design_effect : (K,) 1 + (n0 - 1) icc: by how much the variance of a mean is larger than without clusters;
        design_effect_low, design_effect_high: the same at the ends of the interval.
    """

    names: tuple[str, ...]
    level: float
    n: Ints
    n_clusters: Ints
    size: Floats
    icc: Floats
    low: Floats
    high: Floats
    p: Floats

    @property
    def design_effect(self) -> Floats:
        return np.asarray(1 + (self.size - 1) * self.icc)

    @property
    def design_effect_low(self) -> Floats:
        return np.asarray(1 + (self.size - 1) * self.low)

    @property
    def design_effect_high(self) -> Floats:
        return np.asarray(1 + (self.size - 1) * self.high)

    def table(self) -> pd.DataFrame:
        """A row for each item."""
        fields = ("n", "n_clusters", "size", "icc", "low", "high", "p", "design_effect")
        return pd.DataFrame({"item": self.names, **{name: getattr(self, name) for name in fields}})


def cluster_icc(
    items: Items,
    clusters: Sequence[object] | pd.Series,
    *,
    strata: Sequence[object] | pd.Series | None = None,
    column: str = "cluster",
    level: float = 0.95,
) -> ClusterIcc:
    """Analysis of variance of each item by cluster, for clusters of any size.

    Parameters
    ----------
    clusters : (n,) labels; a ballot without one is left out.
    strata : (n,) labels. Clusters are nested in them (the same label in two strata is two clusters), and what strata
        differ by is taken out: the correlation is that within clusters of one stratum, as a stratified two-stage
        design needs it. A ballot without one is left out.
    level : of the interval, exact for clusters of one size and Searle's approximation for others.

    Notes
    -----
    ICC = (MSB - MSW) / (MSB + (n0 - 1) MSW), which may be negative; MSB has k - H degrees of freedom for k clusters in
    H strata, n0 = (n - Σ n_c² / n_h) / (k - H). Interviewers who work in different places carry
    the differences of the places: only ballots shared out at random among interviewers tell the two apart.

    Raises
    ------
    AnalysisError : ``row_labels``, ``too_few_clusters``, ``bad_level``.

    References
    ----------
    Donner (1986), Int. Stat. Rev. 54, 67–82; Searle (1971), Linear Models, ch. 9; Kish (1962), JASA 57, 92–115.
    R: ``anova(lm(y ~ cluster))``, ``anova(lm(y ~ stratum / cluster))``, ICC 2.4.0 ``ICCest(CI.type = "S")``; equal
    sizes: psych ``ICC`` (ICC1).
    """
    if not 0 < level < 1:
        raise AnalysisError("bad_level", level=level)
    codes, stratum_of = _nested(clusters, strata)
    if len(codes) != items.shape[0]:
        raise AnalysisError("row_labels", found=len(codes), expected=items.shape[0])
    count, sums, squares = _sums(items, codes, stratum_of)
    filled = (count > 0).sum(axis=0)
    if filled.max(initial=0) < 2:
        raise AnalysisError("too_few_clusters", column=column, found=int(filled.max(initial=0)))
    n, k = count.sum(axis=0), filled
    in_stratum = sum_by(stratum_of, count, int(stratum_of.max(initial=0)) + 1)
    n_strata = (in_stratum > 0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        between = (sums**2 / np.maximum(count, 1)).sum(axis=0)  # answers are centred: the mean of a stratum is zero
        within = np.where(squares - between > ROUNDING * squares, squares - between, 0.0)
        msb, msw = between / (k - n_strata), within / (n - k)
        size = (n - (count**2 / np.maximum(in_stratum[stratum_of], 1)).sum(axis=0)) / (k - n_strata)
        known = (k > n_strata) & (n > k) & (squares > 0) & (msb + msw > 0)
        icc = np.where(known, (msb - msw) / (msb + (size - 1) * msw), np.nan)
        f, tail = msb / msw, (1 - level) / 2
        low, high = f / fdtri(k - n_strata, n - k, 1 - tail), f / fdtri(k - n_strata, n - k, tail)
        limits = [np.where(known, np.where(np.isinf(f), 1.0, (v - 1) / (v + size - 1)), np.nan) for v in (low, high)]
        p = np.where(known, fdtrc(k - n_strata, n - k, f), np.nan)
    return ClusterIcc(items.names, level, n.astype(np.intp), k, size, icc, limits[0], limits[1], p)


def _nested(clusters: Sequence[object] | pd.Series, strata: Sequence[object] | pd.Series | None) -> tuple[Ints, Ints]:
    """The cluster of each row (-1: none), numbered through all strata, and the stratum of each cluster."""
    codes, labels = pd.factorize(pd.Series(clusters).reset_index(drop=True))
    if strata is None:
        return codes, np.zeros(len(labels), dtype=np.intp)
    above, names = pd.factorize(pd.Series(strata).reset_index(drop=True))
    if len(above) != len(codes):
        raise AnalysisError("row_labels", found=len(above), expected=len(codes))
    pairs = np.where((codes < 0) | (above < 0), -1, codes * len(names) + above)
    found, nested = np.unique(pairs[pairs >= 0], return_inverse=True)
    placed = np.full(len(codes), -1, dtype=np.intp)
    placed[pairs >= 0] = nested
    return placed, (found % max(len(names), 1)).astype(np.intp)


def _sums(items: Items, codes: Ints, stratum_of: Ints) -> tuple[Floats, Floats, Floats]:
    """Answers and their sum by cluster (C, K), and the sum of squares (K,), about each item's mean in the stratum."""
    n_clusters, n_items = len(stratum_of), items.shape[1]
    count, sums = np.zeros((n_clusters + 1, n_items)), np.zeros((n_clusters + 1, n_items))
    place = np.where(codes < 0, n_clusters, codes)
    for rows, y, valid in blocks(items):
        count += sum_by(place[rows], np.ascontiguousarray(valid), n_clusters + 1)
        sums += sum_by(place[rows], y, n_clusters + 1)
    n_strata = int(stratum_of.max(initial=0)) + 1
    totals, sizes = (sum_by(stratum_of, part[:-1], n_strata) for part in (sums, count))
    means = np.vstack([(totals / np.maximum(sizes, 1))[stratum_of], np.zeros(n_items)])  # by cluster; none: not used
    squares, about_zero = np.zeros(n_items), np.zeros(n_items)
    for rows, y, valid in blocks(items):
        about_zero += (y**2 * (codes[rows] >= 0)[:, None]).sum(axis=0)
        away = (y - means[place[rows]]) * valid * (codes[rows] >= 0)[:, None]
        squares += (away**2).sum(axis=0)
    squares = np.where(squares > ROUNDING**2 * about_zero, squares, 0.0)
    return count[:-1], sums[:-1] - count[:-1] * means[:-1], squares
