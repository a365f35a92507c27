"""The propensity to answer of each sampled case: a logistic regression on what is known of all of them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import statsmodels.api as sm  # type: ignore[import-untyped]
from statsmodels.tools.sm_exceptions import PerfectSeparationWarning  # type: ignore[import-untyped]

from sampling.door import Bools, Floats, numbers, positive
from sampling.faults import SamplingError
from sampling.margins import level_codes

EXPLAINED = 1e-9  # share of a column's length that is left when the columns before explain it
ALMOST_SURE = 1e-8  # a fitted propensity nearer to 0 or 1 means that a group answered as one


@dataclass(frozen=True, eq=False)
class Propensities:
    """Fitted chances to answer.

    propensities : (n,) in (0, 1). coefficients : on the logit scale, by column; levels against the first of their
    column in sorting order (``stype[H]``).
    """

    propensities: Floats
    coefficients: pd.Series


def response_propensities(
    covariates: pd.DataFrame,
    responded: npt.ArrayLike,
    *,
    design_weights: npt.ArrayLike | None = None,
    categories: Sequence[str] = (),
) -> Propensities:
    """Chances to answer by logistic regression, with all covariates as main effects.

    Parameters
    ----------
    covariates : (n, k) known of respondents and nonrespondents alike; text columns are levels, others numbers.
    responded : (n,) truth values, of eligible cases only.
    design_weights : (n,) above zero; without them the fit is unweighted, as is usual where the covariates hold what
        the design depends on (Little & Vartivarian 2003, Stat. Med. 22, 1589-1599).
    categories : numeric columns whose numbers are codes.

    Raises
    ------
    SamplingError : blanks with column and rows, everybody or nobody answered, a column that others explain, a group
        that answered as one (so that its propensity runs to 0 or 1).

    References
    ----------
    R: ``glm(family = binomial)``, weighted ``glm(family = quasibinomial, weights =)``.
    """
    answered = np.asarray(responded, dtype=np.float64)
    columns = _columns(covariates, categories, len(answered))
    if not 0 < answered.mean() < 1:
        raise SamplingError("all_or_none_responded", rate=float(answered.mean()))
    matrix = np.column_stack(list(columns.values()))
    _refuse_explained(matrix, list(columns))
    row_weights = None
    if design_weights is not None:
        row_weights = positive(design_weights, "design_weights", expected=len(answered))
        row_weights = row_weights / row_weights.mean()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PerfectSeparationWarning)  # found below, by the column it comes from
        model = sm.GLM(answered, matrix, family=sm.families.Binomial(), freq_weights=row_weights)
        fitted = model.fit(maxiter=100, tol=1e-12, tol_criterion="params")
    chances = np.asarray(fitted.fittedvalues, dtype=np.float64)
    _refuse_separated(chances, covariates)
    return Propensities(chances, pd.Series(fitted.params, index=list(columns)))


def _columns(covariates: pd.DataFrame, categories: Sequence[str], count: int) -> dict[str, Floats]:
    """The constant, numbers as they are, and an indicator for each level but the first."""
    if not len(covariates.columns):
        raise SamplingError("no_covariates")
    columns: dict[str, Floats] = {"constant": np.ones(count)}
    for name in covariates.columns:
        values = covariates[name]
        if pd.api.types.is_numeric_dtype(values) and name not in categories:
            columns[str(name)] = numbers(values, str(name), expected=count)
            continue
        codes, levels = level_codes(values, str(name))
        for level in sorted(levels)[1:]:
            columns[f"{name}[{level}]"] = (codes == levels.index(level)).astype(np.float64)
    return columns


def _refuse_explained(matrix: Floats, names: list[str]) -> None:
    """A column that those before it explain has no coefficient of its own."""
    lengths = np.linalg.norm(matrix, axis=0)
    left = np.abs(np.diag(np.linalg.qr(matrix / np.where(lengths > 0, lengths, 1), mode="r")))
    if len(matrix) < len(names) or (left < EXPLAINED).any():
        worst = int(np.argmin(left)) if len(left) == len(names) else len(names) - 1
        raise SamplingError("covariate_explained", column=names[worst])


def _refuse_separated(chances: Floats, covariates: pd.DataFrame) -> None:
    sure: Bools = (chances < ALMOST_SURE) | (chances > 1 - ALMOST_SURE)
    if sure.any():
        row = int(np.flatnonzero(sure)[0])
        values = ", ".join(f"{name} = {covariates[name].iloc[row]}" for name in covariates.columns)
        raise SamplingError("covariates_separate", values=values, rows=int(sure.sum()))
