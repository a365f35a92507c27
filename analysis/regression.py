"""Linear, logistic and Poisson regression with the errors of the design.

The coefficients solve the weighted score equations Σ w x (y - μ) = 0 with the canonical link. With I = Σ w μ' x x' the
influence of a row is z = I⁻¹ x (y - μ), and the covariance that of Σ w z over the design (linearisation, the sandwich).
No likelihood of the population is assumed: overdispersion, clustering and strata are in the errors, so logistic and
Poisson are R's quasibinomial and quasipoisson. t has the degrees of freedom of the design less the slopes.

References: Binder (1983), Int. Stat. Rev. 51, 279-292; Lumley, Scott (2017), Statist. Sci. 32, 265-278. Agrees with R
survey 4.1.1, svyglm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from analysis.design import SurveyDesign
from analysis.faults import AnalysisError
from analysis.influence_covariance import influence_covariance
from analysis.model_frame import Answers, ModelFrame, answers_in, model_frame, rows_that_count
from analysis.model_result import Family, Model
from analysis.separation import refuse_separation
from analysis.sums import Bools, Floats

ROUNDS = 60
STILL = 1e-10
"""A step in units of the spread of the linear predictor below which the next one changes no digit."""

NOISE, SHORTEST = 1e-12, 1e-8
"""Of a likelihood: a fall that is rounding; the shortest share of a step that is tried."""


def linear(
    design: SurveyDesign,
    frame: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    references: Mapping[str, str] | None = None,
    where: Any = None,
    missing: int | None = None,
) -> Model:
    """Weighted least squares of a numeric outcome.

    Parameters
    ----------
    frame : one row per row of the design. Rows that lack the outcome or a predictor are dropped, and stay in the
        design as zeros; ``n`` and ``n_rows`` of the result say how many.
    predictors : see :mod:`analysis.model_frame`; none: the intercept alone, which is the mean.
    references : reference level by factor; the first level where none is given.
    where : (n,) true or false; the rows to count.
    missing : a code of numeric columns that is no answer.

    Returns
    -------
    Model
        Coefficients with covariance; ``r_squared`` is 1 - Σ w e² / Σ w (y - ȳ)².

    Raises
    ------
    AnalysisError : an outcome without variation (``constant_outcome``); what :func:`analysis.model_frame.model_frame`
        refuses: collinear columns, lost levels, too few degrees of freedom.
    """
    read = _numeric(frame, outcome, missing)
    made = model_frame(design, frame, read, predictors, references=references, where=where, missing=missing)
    return _fitted(design, made, outcome, _varying(read, made), family=Family.LINEAR)


def logistic(
    design: SurveyDesign,
    frame: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    event: Sequence[str] = (),
    references: Mapping[str, str] | None = None,
    where: Any = None,
    missing: int | None = None,
) -> Model:
    """Logistic regression of a 0/1 outcome, or of the levels ``event`` against all others.

    The rest is as for :func:`linear`; ``r_squared`` is McFadden's, 1 - deviance / deviance of the intercept alone.

    Raises
    ------
    AnalysisError : an outcome that is not 0/1 and no ``event``; ``separation`` where predictors tell the event without
        fail, so that no finite estimate exists.
    """
    read = _binary(design, frame, outcome, event, where=where, missing=missing)
    made = model_frame(design, frame, read, predictors, references=references, where=where, missing=missing)
    return _fitted(design, made, outcome, _varying(read, made), family=Family.LOGISTIC, event=", ".join(event) or "1")


def poisson(
    design: SurveyDesign,
    frame: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    references: Mapping[str, str] | None = None,
    where: Any = None,
    missing: int | None = None,
) -> Model:
    """Log-linear regression of a count, zero or more; the rest as for :func:`logistic`."""
    read = _numeric(frame, outcome, missing)
    made = model_frame(design, frame, read, predictors, references=references, where=where, missing=missing)
    y = _varying(read, made)
    if (y < 0).any():
        raise AnalysisError("negative_outcome", column=outcome, value=f"{y.min():g}")
    return _fitted(design, made, outcome, y, family=Family.POISSON)


def _numeric(frame: pd.DataFrame, outcome: str, missing: int | None) -> Answers:
    read = answers_in(frame, outcome, missing)
    if read.labels:
        raise AnalysisError("not_numeric", column=outcome, value=read.labels[0])
    return read


def _binary(
    design: SurveyDesign, frame: pd.DataFrame, outcome: str, event: Sequence[str], *, where: Any, missing: int | None
) -> Answers:
    read = answers_in(frame, outcome, missing)
    levels = read.levels(rows_that_count(design, frame, where))
    names = ", ".join(levels.values())
    if not event:
        if len(levels) > 2:
            shown = ", ".join([*levels.values()][:6]) + (", …" if len(levels) > 6 else "")
            raise AnalysisError("not_binary", column=outcome, count=len(levels), levels=shown)
        if read.labels or not set(levels) <= {0.0, 1.0}:
            raise AnalysisError("text_outcome", column=outcome, levels=names)
        return read
    for named in event:
        if named not in levels.values():
            raise AnalysisError("unknown_event", column=outcome, event=named, levels=names)
    hit = np.isin(read.values, [level for level, name in levels.items() if name in event])
    return Answers(outcome, np.where(read.given, hit.astype(np.float64), np.nan), None)


def _varying(read: Answers, made: ModelFrame) -> Floats:
    """The outcome over the complete rows; refused where it does not vary."""
    y = read.values[made.rows]
    if (y == y[0]).all():
        raise AnalysisError("constant_outcome", column=read.name, level=f"{y[0]:g}", n=len(y))
    return y


def _fitted(
    design: SurveyDesign, made: ModelFrame, outcome: str, y: Floats, *, family: Family, event: str = ""
) -> Model:
    row_weights = design.estimation_weights[made.rows]
    scaled = row_weights / row_weights.mean()
    slopes, centre, spread = made.standardised(scaled)
    unit = np.column_stack([np.ones(made.n), slopes])
    back = np.diag(np.concatenate([[1.0], 1 / spread]))
    back[0, 1:] = -centre / spread
    if family is Family.LINEAR:
        beta, information, mean = _least_squares(unit, y, scaled)
    else:
        beta, information, mean = _iterated(unit, y, scaled, family, names=made.names, outcome=outcome)
    z = np.linalg.solve(information, (unit * (scaled * (y - mean))[:, None]).T).T @ back.T
    return Model(
        family=family,
        outcome=outcome,
        event=event,
        names=made.names,
        estimate=back @ beta,
        covariance=influence_covariance(design, _spread(made.rows, z)),
        df=made.df - made.slopes,
        n=made.n,
        n_rows=made.n_rows,
        terms=made.terms,
        term=made.term,
        references=made.references,
        r_squared=_explained(y, mean, scaled, family),
    )


def _spread(rows: Bools, values: Floats) -> Floats:
    """Values of the complete rows among zeros (n, q)."""
    whole = np.zeros((len(rows), values.shape[1]))
    whole[rows] = values
    return whole


def _least_squares(unit: Floats, y: Floats, row_weights: Floats) -> tuple[Floats, Floats, Floats]:
    root = np.sqrt(row_weights)
    beta = np.asarray(np.linalg.lstsq(unit * root[:, None], y * root, rcond=None)[0])
    return beta, _information(unit, row_weights), unit @ beta


def _information(matrix: Floats, row_weights: Floats) -> Floats:
    return np.asarray(matrix.T @ (matrix * row_weights[:, None]))


def _iterated(
    unit: Floats, y: Floats, row_weights: Floats, family: Family, *, names: tuple[str, ...], outcome: str
) -> tuple[Floats, Floats, Floats]:
    """Newton's steps, halved where the likelihood would fall."""
    start = row_weights @ y / row_weights.sum()
    beta = np.zeros(unit.shape[1])
    beta[0] = np.log(start / (1 - start)) if family is Family.LOGISTIC else np.log(start)
    mean, likelihood = _mean_and_likelihood(unit @ beta, y, row_weights, family)
    for _ in range(ROUNDS):
        information = _information(unit, row_weights * _slope(mean, family))
        score = unit.T @ (row_weights * (y - mean))
        step = np.asarray(np.linalg.lstsq(information, score, rcond=None)[0], dtype=np.float64)
        size, share = float(np.abs(unit @ step).max()), 1.0
        tried, found = _mean_and_likelihood(unit @ (beta + step), y, row_weights, family)
        while not found >= likelihood - NOISE * abs(likelihood) and share > SHORTEST:
            share /= 2
            tried, found = _mean_and_likelihood(unit @ (beta + share * step), y, row_weights, family)
        beta, mean, likelihood = beta + share * step, tried, found
        if size < STILL:
            return beta, _information(unit, row_weights * _slope(mean, family)), mean
        if family is Family.LOGISTIC:
            refuse_separation(unit * (2 * y - 1)[:, None], step, size, names=names, outcome=outcome)
        else:  # rows without any count are better and better explained as their mean goes to zero
            refuse_separation(-unit[y == 0], step, size, names=names, outcome=outcome, fixed=unit[y > 0])
    raise AnalysisError("model_diverged", outcome=outcome, rounds=ROUNDS)


def _slope(mean: Floats, family: Family) -> Floats:
    """Of the mean by the linear predictor."""
    return mean * (1 - mean) if family is Family.LOGISTIC else mean


def _mean_and_likelihood(eta: Floats, y: Floats, row_weights: Floats, family: Family) -> tuple[Floats, float]:
    if family is Family.LOGISTIC:
        return expit(eta), float(row_weights @ (y * eta - np.logaddexp(0.0, eta)))
    mean = np.exp(np.minimum(eta, 700.0))
    return mean, float(row_weights @ (y * eta - mean))


def _explained(y: Floats, mean: Floats, row_weights: Floats, family: Family) -> float:
    """1 - what is left of the deviance, with the model, over that with the intercept alone."""
    centre = np.full_like(y, row_weights @ y / row_weights.sum())
    return 1 - _deviance(y, mean, row_weights, family) / _deviance(y, centre, row_weights, family)


def _deviance(y: Floats, mean: Floats, row_weights: Floats, family: Family) -> float:
    if family is Family.LINEAR:
        return float(row_weights @ (y - mean) ** 2)
    tiny = np.finfo(np.float64).tiny
    if family is Family.LOGISTIC:
        hit = np.where(y > 0, mean, 1 - mean)
        return float(-2 * row_weights @ np.log(np.maximum(hit, tiny)))
    ratio = np.where(y > 0, y / mean, 1.0)
    return float(2 * row_weights @ (y * np.log(ratio) - (y - mean)))
