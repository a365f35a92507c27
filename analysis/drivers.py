"""What drives satisfaction: how much of its variance each predictor explains, and how well each is done.

The importance of a predictor is the increase of R² when it enters the linear model, averaged over all orders in which
predictors may enter (LMG; the Shapley value of R²). Importances are not negative and add up to R². With R²(S) of the
predictors in S and p predictors,

    LMG_j = Σ_S |S|! (p - 1 - |S|)! / p! (R²(S + j) - R²(S)),   over all S without j.

All 2^p subsets are worked out on the weighted covariance matrix by one sweep each. Importance is association given the
other predictors, not an effect: nothing here says that a change of the predictor changes the outcome.

References: Lindeman, Merenda, Gold (1980), Introduction to Bivariate and Multivariate Analysis, p. 119; Grömping
(2006), J. Stat. Softw. 17(1) (R relaimpo); Grömping (2007), Am. Stat. 61, 139-147. Importance and performance:
Martilla, James (1977), J. Marketing 41, 77-79.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import comb
from typing import Any

import numpy as np
import pandas as pd

from analysis.design import SurveyDesign
from analysis.faults import AnalysisError
from analysis.intervals import mean_interval
from analysis.model_frame import ModelFrame, answers_in, model_frame
from analysis.replicate import covariance_of, replicate_function
from analysis.replicates import Replicates
from analysis.sums import Floats

MOST_DRIVERS = 12
EXHAUSTED = 1e-12
"""Share of its variance that is left of a column which those before it explain; its pivot is rounding."""


@dataclass(frozen=True)
class Drivers:
    """Importance and performance of p predictors of an outcome; arrays are (p,).

    ``importance`` (LMG) adds up to ``r_squared``. ``low`` and ``high`` are its t interval cut to 0..1; errors are NaN
    without replicates. ``performance`` is the weighted mean on the scale 0..100; NaN for a factor, which has no mean.
    ``coefficient`` is the standardised one, in standard deviations of the outcome per standard deviation; NaN for a
    factor.
    """

    outcome: str
    names: tuple[str, ...]
    importance: Floats
    se: Floats
    low: Floats
    high: Floats
    coefficient: Floats
    performance: Floats
    r_squared: float
    n: int  # complete rows
    n_rows: int  # rows with a positive weight
    df: float  # of the replicates; NaN without
    level: float
    replicates: Replicates | None

    @property
    def share(self) -> Floats:
        """Importance as a share of what is explained; adds up to 1."""
        return self.importance / self.r_squared

    def table(self) -> pd.DataFrame:
        """One row for each predictor, most important first."""
        table = pd.DataFrame(
            {
                "label": self.names, "importance": self.importance, "share": self.share, "se": self.se,
                "ci_low": self.low, "ci_high": self.high, "coefficient": self.coefficient,
                "performance": self.performance,
            }
        )  # fmt: skip
        return table.sort_values("importance", ascending=False, kind="stable").reset_index(drop=True)


def drivers(
    design: SurveyDesign,
    frame: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    scale: tuple[float, float],
    replicates: Replicates | None = None,
    references: Mapping[str, str] | None = None,
    where: Any = None,
    missing: int | None = None,
    level: float = 0.95,
) -> Drivers:
    """Importance and performance of each predictor of a numeric outcome.

    Parameters
    ----------
    predictors : at most 12 columns; text or ``C(column)`` counts as one predictor with all its levels.
    scale : lowest and highest answer of the numeric predictors, to which performance 0 and 100 belong.
    replicates : of the design, see :mod:`analysis.replicate_weights`; errors of importance come from them. None: no
        errors.
    Others as for :func:`analysis.regression.linear`.

    Raises
    ------
    AnalysisError : ``too_many_drivers``; ``driver_interaction``; ``out_of_scale`` for an answer outside the scale; what
        :func:`analysis.model_frame.model_frame` refuses.
    """
    low, high = scale
    if not low < high:
        raise AnalysisError("bad_scale", low=low, high=high)
    if not 0 < level < 1:
        raise AnalysisError("bad_level", level=level)
    if not predictors:
        raise AnalysisError("no_predictors")
    if len(predictors) > MOST_DRIVERS:
        raise AnalysisError("too_many_drivers", count=len(predictors), limit=MOST_DRIVERS)
    read = answers_in(frame, outcome, missing)
    if read.labels:
        raise AnalysisError("not_numeric", column=outcome, value=read.labels[0])
    made = model_frame(design, frame, read, predictors, references=references, where=where, missing=missing)
    crossed = [term for term in predictors if term not in frame.columns and ":" in term]
    if crossed:
        raise AnalysisError("driver_interaction", term=crossed[0])
    y = read.values[made.rows]
    if (y == y[0]).all():
        raise AnalysisError("constant_outcome", column=outcome, level=f"{y[0]:g}", n=len(y))
    performance = _performance(design, made, scale)
    standard = _standardised(design, made, y)
    groups = [np.flatnonzero(made.term[1:] == place) for place in range(len(predictors))]
    whole = _correlation(standard, design.estimation_weights[made.rows])
    importance = lmg(whole, groups)
    se, ends, df = np.full(len(groups), np.nan), (np.full(len(groups), np.nan),) * 2, np.nan
    if replicates is not None:
        se, df = _replicated(design, made, standard, groups, replicates)
        ends = mean_interval(importance, se, np.full(len(groups), df), level=level)
    beta = np.linalg.solve(whole[:-1, :-1], whole[:-1, -1])
    single = np.where(np.isfinite(performance), beta[[group[0] for group in groups]], np.nan)
    return Drivers(
        outcome=outcome,
        names=tuple(predictors),
        importance=importance,
        se=se,
        low=np.maximum(ends[0], 0.0),
        high=np.minimum(ends[1], 1.0),
        coefficient=single,
        performance=performance,
        r_squared=float(importance.sum()),
        n=made.n,
        n_rows=made.n_rows,
        df=df,
        level=level,
        replicates=replicates,
    )


def _performance(design: SurveyDesign, made: ModelFrame, scale: tuple[float, float]) -> Floats:
    """Weighted means of the complete rows on 0..100; NaN for factors."""
    low, high = scale
    row_weights, found = design.estimation_weights[made.rows], []
    for place, name in enumerate(made.terms):
        if name.removeprefix("C(").removesuffix(")") in made.references or name in made.references:
            found.append(np.nan)
            continue
        column = made.matrix[:, made.term == place][:, 0]
        outside = (column < low) | (column > high)
        if outside.any():
            raise AnalysisError("out_of_scale", column=name, value=f"{column[outside][0]:g}", low=low, high=high)
        found.append(100 * (row_weights @ column / row_weights.sum() - low) / (high - low))
    return np.array(found)


def _standardised(design: SurveyDesign, made: ModelFrame, y: Floats) -> Floats:
    """Predictors and the outcome, last, with mean 0 and spread 1 (m, k): products of them lose no digits."""
    row_weights = design.estimation_weights[made.rows]
    centred = y - row_weights @ y / row_weights.sum()
    spread = np.sqrt(row_weights @ centred**2 / row_weights.sum())
    return np.column_stack([made.standardised(row_weights)[0], centred / spread])


def _correlation(standard: Floats, row_weights: Floats) -> Floats:
    return np.asarray(standard.T @ (standard * row_weights[:, None]) / row_weights.sum())


def _replicated(
    design: SurveyDesign, made: ModelFrame, standard: Floats, groups: Sequence[Any], replicates: Replicates
) -> tuple[Floats, float]:
    """Standard errors of the importances, from the moments of the columns under each replicate; and df."""
    width = standard.shape[1]
    pairs = np.array(list(combinations_with_replacement(range(width), 2)))
    moments = np.zeros((design.n_rows, width + len(pairs)))
    moments[made.rows] = np.hstack([standard, standard[:, pairs[:, 0]] * standard[:, pairs[:, 1]]])
    frame = pd.DataFrame(moments).set_axis([f"moment {place}" for place in range(moments.shape[1])], axis=1)
    found = replicate_function(
        lambda estimates: estimates.ravel(),
        design,
        frame,
        frame.columns.tolist(),
        replicates=replicates,
        where=made.rows,
    )
    values = np.vstack([found.estimate, found.values])
    means, products = values[:, :width], values[:, width:]
    covariances = np.empty((len(values), width, width))
    covariances[:, pairs[:, 0], pairs[:, 1]] = products
    covariances[:, pairs[:, 1], pairs[:, 0]] = products
    covariances -= means[:, :, None] * means[:, None, :]
    importance = lmg(covariances, groups)
    covariance = covariance_of(importance[1:] - importance[0], replicates)
    return np.sqrt(np.maximum(np.diag(covariance), 0.0)), found.df


def lmg(covariance: Floats, groups: Sequence[Any]) -> Floats:
    """Importances (…, p) of p groups of predictors, from covariances (…, k + 1, k + 1) with the outcome last.

    groups : the columns of each predictor. Columns that repeat others add nothing.
    """
    count = len(groups)
    explained = dict(_explained(covariance, groups))
    total = covariance[..., -1, -1]
    found = np.zeros((*covariance.shape[:-2], count))
    for subset, here in explained.items():
        size = subset.bit_count()
        for place in range(count):
            if not subset >> place & 1:
                gain = explained[subset | 1 << place] - here
                found[..., place] += gain / (total * count * comb(count - 1, size))
    return found


def _explained(covariance: Floats, groups: Sequence[Any]) -> Iterator[tuple[int, Floats]]:
    """The variance of the outcome that each subset of the groups explains; subsets as bits."""
    order = np.concatenate([np.concatenate(groups), [covariance.shape[-1] - 1]]).astype(np.intp)
    sizes = [len(group) for group in groups]
    ordered = covariance[..., order[:, None], order]
    variances = np.diagonal(ordered, axis1=-2, axis2=-1)
    todo = [(0, 0, ordered, variances)]
    while todo:
        subset, first, left, own = todo.pop()
        yield subset, covariance[..., -1, -1] - left[..., -1, -1]
        for place in range(first, len(groups)):  # groups before are settled: their columns are not needed any more
            before = sum(sizes[first:place])
            rest, spread = left[..., before:, before:], own[..., before:]
            for _ in range(sizes[place]):
                rest, spread = _swept(rest, spread), spread[..., 1:]
            todo.append((subset | 1 << place, place + 1, rest, spread))


def _swept(left: Floats, own: Floats) -> Floats:
    """What is left of the covariances when the first column is explained away."""
    pivot = left[..., :1, :1]
    sound = pivot > EXHAUSTED * own[..., :1, None]
    inverse = np.divide(1.0, pivot, out=np.zeros_like(pivot), where=sound)
    return np.asarray(left[..., 1:, 1:] - left[..., 1:, :1] * inverse * left[..., :1, 1:])
