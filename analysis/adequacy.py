"""Whether correlations are fit for factor analysis: Kaiser–Meyer–Olkin and Bartlett's test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.extraction import squared_multiple_correlations
from analysis.fit_indices import tail
from analysis.sums import Floats


@dataclass(frozen=True, slots=True)
class Adequacy:
    """Sampling adequacy of K items.

    Attributes
    ----------
    kmo : 0..1; Kaiser (1974) calls below 0.5 unacceptable, from 0.8 meritorious.
    item_kmo : (K,) the same of each item.
    chi_square, df, p : Bartlett's test that no items correlate; ``p`` is 0 where it is below the smallest double.
    """

    kmo: float
    item_kmo: Floats
    chi_square: float
    df: int
    p: float


def adequacy(correlation: Floats, n: int) -> Adequacy:
    """KMO and Bartlett's test of a correlation matrix of ``n`` rows.

    Raises
    ------
    AnalysisError : ``not_positive_definite``.

    References
    ----------
    Kaiser and Rice (1974), Educ. Psychol. Meas. 34, 111–117; Bartlett (1951), Biometrika 38, 337–344. R: psych 2.2.9
    ``KMO``, ``cortest.bartlett``.
    """
    squared_multiple_correlations(correlation)  # refuses a matrix that cannot be inverted
    size = len(correlation)
    inverse = np.linalg.inv(correlation)
    spread = np.sqrt(np.diag(inverse))
    shared, partial = correlation**2, (inverse / np.outer(spread, spread)) ** 2
    np.fill_diagonal(shared, 0.0)
    np.fill_diagonal(partial, 0.0)
    df = size * (size - 1) // 2
    chi_square = -(n - 1 - (2 * size + 5) / 6) * float(np.linalg.slogdet(correlation)[1])
    together = shared.sum(axis=0) + partial.sum(axis=0)
    of_item = np.divide(shared.sum(axis=0), together, out=np.zeros(size), where=together > 0)
    overall = float(shared.sum() / together.sum()) if together.sum() > 0 else 0.0
    return Adequacy(overall, of_item, chi_square, df, tail(chi_square, df))
