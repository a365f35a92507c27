"""How many factors: eigenvalues against those of random data of the same size (Horn's parallel analysis)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from analysis.extraction import squared_multiple_correlations
from analysis.faults import AnalysisError
from analysis.moments import Moments
from analysis.sums import Floats

AT_ONCE = 200


class Eigenvalues(StrEnum):
    """Of which matrix."""

    COMPONENTS = "components"  # the correlations
    FACTORS = "factors"  # the correlations with squared multiple correlations on the diagonal


@dataclass(frozen=True, slots=True)
class ParallelAnalysis:
    """Eigenvalues observed and of random data.

    Attributes
    ----------
    observed : (K,) descending.
    random_mean, random_quantile : (K,) mean and quantile of each eigenvalue over the random data sets.
    quantile : which one, 0..1.
    suggested : how many of the first observed eigenvalues exceed their random quantile, up to the first that does not;
        0 means that the items share no more than chance gives.
    n_sets : random data sets drawn.
    """

    kind: Eigenvalues
    observed: Floats
    random_mean: Floats
    random_quantile: Floats
    quantile: float
    suggested: int
    n_sets: int

    def table(self) -> pd.DataFrame:
        """A row for each eigenvalue."""
        return pd.DataFrame(
            {
                "number": np.arange(1, len(self.observed) + 1),
                "observed": self.observed,
                "random_mean": self.random_mean,
                "random_quantile": self.random_quantile,
                "above": self.observed > self.random_quantile,
            }
        )


def parallel_analysis(
    moments: Moments,
    rng: np.random.Generator,
    *,
    kind: Eigenvalues = Eigenvalues.COMPONENTS,
    quantile: float = 0.95,
    n_sets: int = 500,
) -> ParallelAnalysis:
    """Compare the eigenvalues of the items with those of independent normal items on the same number of rows.

    Parameters
    ----------
    moments : of the items; ``n`` is the number of rows of the random data too.
    rng : draws the random data.
    kind : components (Horn) or factors (Humphreys and Montanelli). The latter suggests more, some of them trifling.
    quantile : of the random eigenvalues that an observed one must exceed; 0.5 is near Horn's mean.
    n_sets : random data sets.

    Raises
    ------
    AnalysisError : ``bad_quantile``; ``too_few_sets``; fewer rows than items (``rows_below_items``);
        ``not_positive_definite``.

    Notes
    -----
    The covariance matrix of n normal rows is drawn at once (Wishart, by Bartlett's triangles), so that a million rows
    take no longer than a hundred. With polychoric correlations the random eigenvalues are too small: their error is
    larger than that of Pearson's, and the number suggested is an upper bound.

    References
    ----------
    Horn (1965), Psychometrika 30, 179–185; Humphreys and Montanelli (1975), Multivar. Behav. Res. 10, 193–205;
    Glorfeld (1995), Educ. Psychol. Meas. 55, 377–393 (the quantile). R: psych 2.2.9 ``fa.parallel(SMC = TRUE)``.
    """
    if not 0 < quantile < 1:
        raise AnalysisError("bad_quantile", q=quantile)
    if n_sets < 20:
        raise AnalysisError("too_few_sets", n=n_sets, least=20)
    size = len(moments.names)
    if moments.n <= size:
        raise AnalysisError("rows_below_items", n=moments.n, items=size)
    observed = _eigenvalues(_prepared(moments.correlation[None], kind))[0]
    drawn = np.concatenate(
        [
            _eigenvalues(_prepared(_random_correlations(rng, min(AT_ONCE, n_sets - start), size, moments.n), kind))
            for start in range(0, n_sets, AT_ONCE)
        ]
    )
    limit = np.quantile(drawn, quantile, axis=0)
    below = np.flatnonzero(observed <= limit)
    suggested = int(below[0]) if len(below) else size
    return ParallelAnalysis(kind, observed, drawn.mean(axis=0), limit, quantile, suggested, n_sets)


def _random_correlations(rng: np.random.Generator, count: int, size: int, n: int) -> Floats:
    """Correlation matrices (count, K, K) of n rows of independent normal items."""
    triangle = np.tril(rng.standard_normal((count, size, size)), -1)
    places = np.arange(size)
    triangle[:, places, places] = np.sqrt(rng.chisquare(n - 1 - places, size=(count, size)))
    products = triangle @ triangle.transpose(0, 2, 1)
    spread = np.sqrt(products[:, places, places])
    return np.asarray(products / (spread[:, :, None] * spread[:, None, :]))


def _prepared(correlations: Floats, kind: Eigenvalues) -> Floats:
    if kind is Eigenvalues.COMPONENTS:
        return correlations
    reduced, places = correlations.copy(), np.arange(correlations.shape[-1])
    if len(correlations) == 1:
        reduced[0, places, places] = squared_multiple_correlations(correlations[0])
    else:
        reduced[:, places, places] = 1 - 1 / np.linalg.inv(correlations)[:, places, places]
    return reduced


def _eigenvalues(matrices: Floats) -> Floats:
    """Descending."""
    return np.asarray(np.linalg.eigvalsh(matrices)[:, ::-1])
