"""Proportional odds: an ordered outcome by predictors, with the errors of the design.

With K levels, P(Y ≤ k) = F(θ_k - x'β), F logistic; a positive coefficient means higher levels. The weighted log
likelihood is concave in (β, θ), so that Newton's steps, halved where needed, end in its one maximum. The influence of a
row is H⁻¹ times its score, and the covariance that of their weighted sums over the design.

References: McCullagh (1980), JRSS B 42, 109-142; Pratt (1981), JASA 76, 103-106 (concavity); Lumley (2010), Complex
Surveys, s. 6.4. Agrees with R survey 4.1.1, svyolr.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, log_expit

from analysis.design import SurveyDesign
from analysis.faults import AnalysisError
from analysis.influence_covariance import influence_covariance
from analysis.model_frame import MOST_LEVELS, Answers, answers_in, model_frame, rows_that_count
from analysis.model_result import Family, Model
from analysis.regression import NOISE, ROUNDS, SHORTEST, STILL
from analysis.separation import refuse_separation
from analysis.sums import Floats, Ints

LEAST_LEVELS = 3


def ordinal(
    design: SurveyDesign,
    frame: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    order: Sequence[str] = (),
    references: Mapping[str, str] | None = None,
    where: Any = None,
    missing: int | None = None,
) -> Model:
    """Proportional-odds regression of an ordered outcome with three levels or more.

    Parameters
    ----------
    outcome : numbers, in ascending order; ordered categories, in theirs; text needs ``order``.
    order : all levels of the outcome, lowest first.
    Others as for :func:`analysis.regression.linear`.

    Returns
    -------
    Model
        Coefficients, then the thresholds ``a|b`` between neighbouring levels; ``r_squared`` is McFadden's.

    Raises
    ------
    AnalysisError : text without ``order``; fewer than three levels; a level that is lost with the incomplete rows;
        ``separation``; what :func:`analysis.model_frame.model_frame` refuses.
    """
    read, names = _ordered(design, frame, outcome, order, where=where, missing=missing)
    if not predictors:
        raise AnalysisError("no_predictors")
    made = model_frame(design, frame, read, predictors, references=references, where=where, missing=missing)
    y = read.values[made.rows].astype(np.intp)
    present = set(np.unique(y).tolist())
    if lost := [name for place, name in enumerate(names) if place not in present]:
        raise AnalysisError("level_lost", column=outcome, level=", ".join(lost))
    row_weights = design.estimation_weights[made.rows]
    slopes, centre, spread = made.standardised(row_weights)
    fit = _Fit(slopes, y, row_weights / row_weights.mean(), len(names))
    unit, likelihood = fit.maximum(made.names[1:], outcome)
    back = np.diag(np.concatenate([1 / spread, np.ones(len(names) - 1)]))
    back[len(spread) :, : len(spread)] = centre / spread
    influence = np.zeros((design.n_rows, len(unit)))
    influence[made.rows] = np.linalg.solve(fit.hessian(unit), fit.score(unit).T).T @ back.T
    shares = np.bincount(y, fit.row_weights) / fit.row_weights.sum()
    null = float(fit.row_weights.sum() * np.sum(shares * np.log(shares)))
    thresholds = [f"{low}|{high}" for low, high in pairwise(names)]
    return Model(
        family=Family.ORDINAL,
        outcome=outcome,
        event="",
        names=(*made.names[1:], *thresholds),
        estimate=back @ unit,
        covariance=influence_covariance(design, influence),
        df=made.df - made.slopes,
        n=made.n,
        n_rows=made.n_rows,
        terms=made.terms,
        term=np.concatenate([made.term[1:], np.full(len(thresholds), -1)]),
        references=made.references,
        r_squared=1 - likelihood / null,
        levels=tuple(names),
    )


def _ordered(
    design: SurveyDesign, frame: pd.DataFrame, outcome: str, order: Sequence[str], *, where: Any, missing: int | None
) -> tuple[Answers, list[str]]:
    """The outcome numbered from 0 in its order, and the names of its levels."""
    read = answers_in(frame, outcome, missing)
    counted = rows_that_count(design, frame, where)
    levels = read.levels(counted)
    names = list(levels.values())
    shown = ", ".join(names[:12])
    if len(names) < LEAST_LEVELS:
        raise AnalysisError("few_ordinal_levels", column=outcome, count=len(names), levels=shown)
    if len(names) > MOST_LEVELS:
        raise AnalysisError("too_many_levels", column=outcome, count=len(names), limit=MOST_LEVELS)
    if order:
        if sorted(order) != sorted(names):
            raise AnalysisError("bad_order", column=outcome, levels=shown)
        names = list(order)
    elif read.labels and not isinstance(frame[outcome].dtype, pd.CategoricalDtype):
        raise AnalysisError("unordered_outcome", column=outcome, levels=shown)
    code = np.full(len(read.values), np.nan)
    for level, name in levels.items():
        code[read.values == level] = names.index(name)
    return Answers(outcome, code, None), names


@dataclass(frozen=True)
class _Fit:
    """The likelihood of m rows with p predictors and K levels; parameters are (β, θ), together (p + K - 1,)."""

    matrix: Floats  # (m, p)
    y: Ints  # (m,) 0..K-1
    row_weights: Floats
    n_levels: int

    def likelihood(self, parameters: Floats) -> float:
        """-inf where thresholds are not ascending."""
        upper, lower = self._limits(parameters)
        if not (upper > lower).all():
            return -np.inf
        # log(F(u) - F(l)) without loss of digits: F(u) (1 - F(l)) (1 - e^(l - u))
        probability = log_expit(upper) + log_expit(-lower) + np.log(-np.expm1(lower - upper))
        return float(self.row_weights @ probability)

    def _limits(self, parameters: Floats) -> tuple[Floats, Floats]:
        """Where the level of each row ends and begins, on the scale of the logistic variable (m,) each."""
        p = self.matrix.shape[1]
        eta, theta = self.matrix @ parameters[:p], parameters[p:]
        ends = np.concatenate([[-np.inf], theta, [np.inf]])
        return ends[self.y + 1] - eta, ends[self.y] - eta

    def _parts(self, parameters: Floats) -> tuple[Floats, ...]:
        """Derivatives of the log probability by the upper and the lower limit: first, and second with the mixed one."""
        upper, lower = self._limits(parameters)
        # with d = u - l: the derivative by u is 1 - F(u) + 1/(e^d - 1), and by l it is -F(l) - 1/(e^d - 1)
        apart = 1 / np.expm1(np.minimum(upper - lower, 700.0))
        apart = np.where(np.isinf(upper - lower), 0.0, apart)
        first_upper = np.where(np.isinf(upper), 0.0, expit(-upper) + apart)
        first_lower = np.where(np.isinf(lower), 0.0, -expit(lower) - apart)
        mixed = apart * (1 + apart)
        second_upper = -expit(upper) * expit(-upper) - mixed
        second_lower = -expit(lower) * expit(-lower) - mixed
        return first_upper, first_lower, second_upper, second_lower, mixed

    def _indicators(self) -> tuple[Floats, Floats]:
        """Which threshold ends the level of each row, and which begins it (m, K - 1) each."""
        places = np.arange(self.n_levels - 1)
        return (self.y[:, None] == places).astype(np.float64), (self.y[:, None] == places + 1).astype(np.float64)

    def score(self, parameters: Floats) -> Floats:
        """Weighted scores by row (m, p + K - 1)."""
        upper, lower, *_ = self._parts(parameters)
        ends, begins = self._indicators()
        slopes = -self.matrix * (upper + lower)[:, None]
        return self.row_weights[:, None] * np.hstack([slopes, ends * upper[:, None] + begins * lower[:, None]])

    def hessian(self, parameters: Floats) -> Floats:
        """Minus the second derivatives of the log likelihood, positive definite at its maximum."""
        _, _, upper, lower, mixed = self._parts(parameters)
        ends, begins = self._indicators()
        of_upper, of_lower = (np.hstack([-self.matrix, indicator]) for indicator in (ends, begins))
        along = of_upper.T @ (of_upper * (self.row_weights * upper)[:, None])
        along += of_lower.T @ (of_lower * (self.row_weights * lower)[:, None])
        across = of_upper.T @ (of_lower * (self.row_weights * mixed)[:, None])
        return -(along + across + across.T)

    def maximum(self, columns: tuple[str, ...], outcome: str) -> tuple[Floats, float]:
        """The parameters at the maximum, and the log likelihood there."""
        shares = np.cumsum(np.bincount(self.y, self.row_weights))[:-1] / self.row_weights.sum()
        parameters = np.concatenate([np.zeros(len(columns)), np.log(shares / (1 - shares))])
        likelihood = self.likelihood(parameters)
        for _ in range(ROUNDS):
            score, hessian = self.score(parameters).sum(axis=0), self.hessian(parameters)
            step = np.linalg.lstsq(hessian, score, rcond=None)[0]
            share, found = 1.0, self.likelihood(parameters + step)
            while not found >= likelihood - NOISE * abs(likelihood) and share > SHORTEST:
                share /= 2
                found = self.likelihood(parameters + share * step)
            parameters, likelihood = parameters + share * step, found
            size = float(np.abs(step).max())
            if size < STILL:
                return parameters, likelihood
            refuse_separation(self._gains(), step, size, names=columns, outcome=outcome)
        raise AnalysisError("model_diverged", outcome=outcome, rounds=ROUNDS)

    def _gains(self) -> Floats:
        """Rows whose product with a step says how far the end of a level moves away from its rows, or its beginning."""
        ends, begins = self._indicators()
        ending, beginning = self.y < self.n_levels - 1, self.y > 0
        above = np.hstack([-self.matrix, ends])[ending]
        below = -np.hstack([-self.matrix, begins])[beginning]
        return np.vstack([above, below])
