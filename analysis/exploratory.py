"""Exploratory factor analysis: loadings, communalities, correlations of factors, fit and score coefficients."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.extraction import Extraction, extract
from analysis.faults import AnalysisError
from analysis.fit_indices import Rmsea, rmsea_limits, tail
from analysis.moments import Moments, refuse_dependent
from analysis.rotation import Rotation, explained, rotate
from analysis.sums import Floats


@dataclass(frozen=True, slots=True)
class FactorFit:
    """Fit of k factors, as psych reports it.

    Attributes
    ----------
    chi_square, df, p : likelihood ratio against any correlations, with Bartlett's correction.
    null_chi_square, null_df : the same of no factor.
    rms : root mean square of the residual correlations; ``rms_corrected`` per degree of freedom (NaN with none left).
    rmsea, tli, bic : NaN where no degree of freedom is left.
    """

    chi_square: float
    df: int
    p: float
    null_chi_square: float
    null_df: int
    rms: float
    rms_corrected: float
    rmsea: Rmsea
    tli: float
    bic: float


@dataclass(frozen=True, slots=True)
class FactorSolution:
    """Common factors of K items.

    Attributes
    ----------
    names : of the items; n : rows behind their correlations.
    loadings : (K, k) pattern; columns by the variance they explain, signs such that column sums are not negative.
    correlation : (k, k) of the factors.
    communality : (K,) share of each item's variance that the factors explain.
    explained : (k,) variance that goes with each factor, in items; over K it is a share.
    score_coefficients : (K, k) regression scores of standardised items (Thurstone).
    heywood : items whose communality stands at its bound 0.995: take fewer factors, or leave the item out.
    fit : see :class:`FactorFit`.
    """

    names: tuple[str, ...]
    n: int
    extraction: Extraction
    rotation: Rotation
    loadings: Floats
    correlation: Floats
    communality: Floats
    explained: Floats
    score_coefficients: Floats
    heywood: tuple[str, ...]
    fit: FactorFit

    @property
    def n_factors(self) -> int:
        return len(self.explained)

    @property
    def factor_names(self) -> tuple[str, ...]:
        return tuple(f"F{number}" for number in range(1, self.n_factors + 1))

    def table(self) -> pd.DataFrame:
        """A row for each item: loadings, communality, uniqueness."""
        frame = pd.DataFrame({"item": self.names})
        for place, name in enumerate(self.factor_names):
            frame[name] = self.loadings[:, place]
        return frame.assign(communality=self.communality, uniqueness=1 - self.communality)

    def scores(self, standardized: Floats) -> Floats:
        """Regression scores (rows, k) of standardised answers (rows, K)."""
        return standardized @ self.score_coefficients


def explore(
    moments: Moments,
    n_factors: int,
    *,
    extraction: Extraction = Extraction.MINRES,
    rotation: Rotation = Rotation.OBLIMIN,
) -> FactorSolution:
    """Factors of the items' correlations.

    Parameters
    ----------
    moments : of the items (:func:`analysis.moments.item_moments`), or with polychoric correlations in their place.
    n_factors : how many; :mod:`analysis.parallel` suggests a number.
    extraction, rotation : see there.

    Raises
    ------
    AnalysisError : ``rows_below_items``; ``items_dependent``; ``too_many_factors``; ``extraction_no_convergence``;
        ``rotation_no_convergence``; ``communality_above_one``.

    Notes
    -----
    Chi-square, RMSEA and TLI come from the discrepancy of maximum likelihood at the loadings found, as in psych, also
    for minres. They suppose continuous items and a simple random sample; with weights or polychoric correlations they
    describe, and test nothing. Communalities do not depend on the rotation.

    References
    ----------
    R: psych 2.2.9 ``fa`` and ``factor.stats``; Thurstone (1935), The Vectors of Mind.
    """
    refuse_dependent(moments)
    found = extract(moments.correlation, n_factors, extraction)
    turned = rotate(found.loadings, rotation)
    structure = turned.loadings @ turned.correlation
    return FactorSolution(
        names=moments.names,
        n=moments.n,
        extraction=extraction,
        rotation=rotation,
        loadings=turned.loadings,
        correlation=turned.correlation,
        communality=1 - found.uniqueness,
        explained=explained(turned.loadings, turned.correlation),
        score_coefficients=np.asarray(np.linalg.solve(moments.correlation, structure), dtype=np.float64),
        heywood=tuple(name for name, at_bound in zip(moments.names, found.heywood, strict=True) if at_bound),
        fit=_fit(moments, found.loadings),
    )


def _fit(moments: Moments, loadings: Floats) -> FactorFit:
    observed, (size, k), n = moments.correlation, loadings.shape, moments.n
    implied = loadings @ loadings.T
    beyond = np.diag(implied) >= 1
    if beyond.any():
        items = ", ".join(name for name, over in zip(moments.names, beyond, strict=True) if over)
        raise AnalysisError("communality_above_one", items=items, factors=k)
    np.fill_diagonal(implied, 1.0)
    residual = observed - implied
    df, null_df = ((size - k) ** 2 - size - k) // 2, size * (size - 1) // 2
    log_observed = float(np.linalg.slogdet(observed)[1])
    discrepancy = float(np.trace(np.linalg.solve(implied, observed))) - log_observed - size
    discrepancy += float(np.linalg.slogdet(implied)[1])
    corrected = n - 1 - (2 * size + 5) / 6 - 2 * k / 3  # Bartlett's multiplier
    chi_square = max(discrepancy * corrected, 0.0)
    squares = float((residual**2).sum())
    rmsea, tli, bic, rms_corrected = Rmsea(math.nan, math.nan, math.nan), math.nan, math.nan, math.nan
    if df > 0:
        low, high = rmsea_limits(chi_square, df, n - 1)
        rmsea = Rmsea(math.sqrt(max(chi_square / (df * n) - 1 / (n - 1), 0.0)), low, high)
        null_ratio = -log_observed / null_df
        tli = (null_ratio - discrepancy / df) / (null_ratio - 1 / corrected)
        bic = chi_square - df * math.log(n)
        rms_corrected = math.sqrt(squares / (2 * df))
    return FactorFit(
        chi_square=chi_square,
        df=df,
        p=tail(chi_square, df),
        null_chi_square=-log_observed * (n - 1 - (2 * size + 5) / 6),
        null_df=null_df,
        rms=math.sqrt(squares / (size * (size - 1))),
        rms_corrected=rms_corrected,
        rmsea=rmsea,
        tli=tli,
        bic=bic,
    )
