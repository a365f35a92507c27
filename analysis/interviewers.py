"""How much the answers of one interviewer (or office) are alike: intraclass correlations by item."""

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


@dataclass(frozen=True, slots=True)
class ClusterIcc:
    """Intraclass correlation of K items within clusters, with its F test and interval.

    Attributes
    ----------
    n, n_clusters : (K,) answers and clusters that have any.
    size : (K,) the mean size that stands for unequal ones (n0).
    icc, low, high, p : (K,); NaN for an item without variation, or with one answer in each cluster.
    design_effect : (K,) 1 + (n0 - 1) icc: by how much the variance of a mean is larger than without interviewers.
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

    def table(self) -> pd.DataFrame:
        """A row for each item."""
        fields = ("n", "n_clusters", "size", "icc", "low", "high", "p", "design_effect")
        return pd.DataFrame({"item": self.names, **{name: getattr(self, name) for name in fields}})


def cluster_icc(
    items: Items, clusters: Sequence[object] | pd.Series, *, column: str = "cluster", level: float = 0.95
) -> ClusterIcc:
    """One-way analysis of variance of each item by cluster, for clusters of any size.

    Parameters
    ----------
    clusters : (n,) labels; a ballot without one is left out.
    level : of the interval, exact for clusters of one size and Searle's approximation for others.

    Notes
    -----
    ICC = (MSB - MSW) / (MSB + (n0 - 1) MSW), which may be negative. Interviewers who work in different places carry
    the differences of the places: only ballots shared out at random among interviewers tell the two apart.

    Raises
    ------
    AnalysisError : ``row_labels``, ``too_few_clusters``, ``bad_level``.

    References
    ----------
    Donner (1986), Int. Stat. Rev. 54, 67–82; Searle (1971), Linear Models, ch. 9; Kish (1962), JASA 57, 92–115.
    R: ``anova(lm(y ~ cluster))``, ICC 2.4.0 ``ICCest(CI.type = "S")``; equal sizes: psych ``ICC`` (ICC1).
    """
    if not 0 < level < 1:
        raise AnalysisError("bad_level", level=level)
    codes, labels = pd.factorize(pd.Series(clusters).reset_index(drop=True))
    if len(codes) != items.shape[0]:
        raise AnalysisError("row_labels", found=len(codes), expected=items.shape[0])
    count, sums, squares = _sums(items, codes, len(labels))
    filled = (count > 0).sum(axis=0)
    if filled.max(initial=0) < 2:
        raise AnalysisError("too_few_clusters", column=column, found=int(filled.max(initial=0)))
    n, k = count.sum(axis=0), filled
    with np.errstate(invalid="ignore", divide="ignore"):
        between = (sums**2 / np.maximum(count, 1)).sum(axis=0)  # answers are centred: the grand mean is zero
        msb, msw = between / (k - 1), np.maximum(squares - between, 0.0) / (n - k)
        size = (n - (count**2).sum(axis=0) / n) / (k - 1)
        known = (k > 1) & (n > k) & (msb + msw > 0)
        icc = np.where(known, (msb - msw) / (msb + (size - 1) * msw), np.nan)
        f, tail = msb / msw, (1 - level) / 2
        low, high = f / fdtri(k - 1, n - k, 1 - tail), f / fdtri(k - 1, n - k, tail)
        limits = [np.where(known, np.where(np.isinf(f), 1.0, (v - 1) / (v + size - 1)), np.nan) for v in (low, high)]
        p = np.where(known, fdtrc(k - 1, n - k, f), np.nan)
    return ClusterIcc(items.names, level, n.astype(np.intp), k, size, icc, limits[0], limits[1], p)


def _sums(items: Items, codes: Ints, n_clusters: int) -> tuple[Floats, Floats, Floats]:
    """Answers and their sum by cluster (C, K), and the sum of squares (K,), about the mean of each item."""
    n_items = items.shape[1]
    count, sums = np.zeros((n_clusters + 1, n_items)), np.zeros((n_clusters + 1, n_items))
    place = np.where(codes < 0, n_clusters, codes)
    for rows, y, valid in blocks(items):
        count += sum_by(place[rows], np.ascontiguousarray(valid), n_clusters + 1)
        sums += sum_by(place[rows], y, n_clusters + 1)
    means = sums[:-1].sum(axis=0) / np.maximum(count[:-1].sum(axis=0), 1)
    squares = np.zeros(n_items)
    for rows, y, valid in blocks(items):
        away = (y - means) * valid * (codes[rows] >= 0)[:, None]
        squares += (away**2).sum(axis=0)
    return count[:-1], sums[:-1] - count[:-1] * means, squares
