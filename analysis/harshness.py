"""Units as all raters would have rated them: respondent and unit effects, to see what harsh raters do to a ranking.

A rating is the harshness of its respondent, the level of its unit, and an error. Respondents are fixed (nothing is
assumed of them; only those who rated two units or more tell anything) or random (drawn alike for all units). It is a
sensitivity of the plain means: it informs, and no point or rank is made of it (a contract in setup.cfg).

Sources: Searle (1987), Linear Models for Unbalanced Data, ch. 4; Abowd, Kramarz, Margolis (1999), Econometrica 67,
251–333 (connection); Liang, Zeger (1986), Biometrika 73, 13–22 (errors by cluster); Patterson, Thompson (1971),
Biometrika 58, 545–554 (REML).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_array
from scipy.stats import rankdata

from analysis.faults import AnalysisError
from analysis.sums import Floats, Ints
from sampling.block_design import connected_components

FARTHEST = 1e4
"""The largest ratio of the variance of raters to that of errors that is looked at."""


@dataclass(frozen=True)
class Harshness:
    """Levels of p units; arrays are (p,) in the order of ``units``."""

    units: tuple[str, ...]
    random: bool  # respondents random, or fixed
    ratings: Ints  # rows of each unit
    plain: Floats  # means as rated
    adjusted: Floats  # what the mean would be, had all respondents rated the unit
    effect: Floats  # adjusted less its mean over the units
    covariance: Floats  # (p, p) of the effects, by clusters of respondents
    model_covariance: Floats  # (p, p) with independent errors of one variance
    error_variance: float
    rater_variance: float  # of harshness; NaN for fixed respondents
    n_respondents: int
    n_comparing: int  # respondents of two units or more

    @property
    def se(self) -> Floats:
        """Of the effects, by clusters of respondents."""
        return np.sqrt(np.clip(np.diag(self.covariance), 0.0, None))

    @property
    def rank_change(self) -> Ints:
        """Places a unit gains (positive) or loses by the adjustment."""
        return _ranks(self.plain) - _ranks(self.adjusted)

    def table(self) -> pd.DataFrame:
        """One row per unit, in the order given."""
        columns = {
            "unit": np.array(self.units, dtype=object), "ratings": self.ratings, "plain": self.plain,
            "adjusted": self.adjusted, "shift": self.adjusted - self.plain, "effect": self.effect, "se": self.se,
            "plain_rank": _ranks(self.plain), "adjusted_rank": _ranks(self.adjusted), "rank_change": self.rank_change,
        }  # fmt: skip
        return pd.DataFrame(columns)


def harshness(
    respondents: pd.Series,
    units: pd.Series,
    ratings: Floats,
    *,
    random: bool = False,
    rating_weights: Floats | None = None,
) -> Harshness:
    """Levels of units set apart from the harshness of those who rated them.

    Parameters
    ----------
    respondents, units : (n,) labels, none missing
    ratings : (n,) finite; a higher one is better
    random : respondents as random effects (REML) in place of fixed ones; needs ratings without weights
    rating_weights : (n,) above zero; without them every rating counts once

    Notes
    -----
    Fixed: least squares on what is left of ratings after each respondent's mean. Errors by clusters of respondents,
    times G/(G - 1) for G respondents who tell something; ``model_covariance`` is that of ``lm`` or ``lmer`` in R.
    Adjusted means average harshness over all respondents (by their mean weight).

    Raises
    ------
    AnalysisError : unequal lengths; a rating or weight that is none; one unit; nobody rated two units; units in groups
        without a common respondent (fixed); nothing left for errors.
    """
    table = _Ratings.read(respondents, units, ratings, rating_weights)
    if random and rating_weights is not None:
        raise AnalysisError("random_weighted")
    solved = _random(table) if random else _fixed(table)
    p = len(table.names)
    centre = np.eye(p) - 1 / p
    return Harshness(
        units=table.names, random=random, ratings=np.bincount(table.unit, minlength=p).astype(np.intp),
        plain=table.by_unit(table.y) / table.by_unit(np.ones_like(table.y)), adjusted=solved.adjusted,
        effect=centre @ solved.adjusted, covariance=centre @ solved.clustered @ centre,
        model_covariance=centre @ solved.model @ centre, error_variance=solved.error_variance,
        rater_variance=solved.rater_variance, n_respondents=table.count, n_comparing=table.comparing,
    )  # fmt: skip


@dataclass(frozen=True)
class _Ratings:
    """Ratings as codes of respondents (R) and units (p)."""

    respondent: Ints
    unit: Ints
    y: Floats
    w: Floats
    names: tuple[str, ...]
    count: int  # R

    @classmethod
    def read(cls, respondents: pd.Series, units: pd.Series, ratings: Floats, rating_weights: Floats | None) -> _Ratings:
        y = np.asarray(ratings, dtype=np.float64)
        w = np.ones_like(y) if rating_weights is None else np.asarray(rating_weights, dtype=np.float64)
        for name, column in (("respondents", respondents), ("units", units), ("weights", w)):
            if len(column) != len(y):
                raise AnalysisError("row_count", name=name, found=len(column), expected=len(y))
        respondent, people = pd.factorize(np.asarray(respondents, dtype=object))
        unit, levels = pd.factorize(np.asarray(units, dtype=object))
        bad = ~np.isfinite(y) | ~(w > 0) | ~np.isfinite(w) | (respondent < 0) | (unit < 0)
        if bad.any():
            rows = np.flatnonzero(bad)
            raise AnalysisError("ratings_blank", rows=", ".join(str(row + 1) for row in rows[:5]))
        if len(levels) < 2:
            raise AnalysisError("too_few_units", units=len(levels))
        return cls(respondent, unit, y, w, tuple(map(str, levels)), len(people))

    def cells(self, values: Floats) -> csr_array:
        """(R, p) sums of values by respondent and unit."""
        return csr_array((values, (self.respondent, self.unit)), shape=(self.count, len(self.names)))

    def by_unit(self, values: Floats) -> Floats:
        return np.asarray(np.bincount(self.unit, self.w * values, minlength=len(self.names)), dtype=np.float64)

    def by_respondent(self, values: Floats) -> Floats:
        return np.asarray(np.bincount(self.respondent, self.w * values, minlength=self.count), dtype=np.float64)

    @property
    def comparing(self) -> int:
        held = self.cells(self.w)
        return int((np.diff(held.indptr) > 1).sum())


@dataclass(frozen=True)
class _Solved:
    adjusted: Floats
    clustered: Floats
    model: Floats
    error_variance: float
    rater_variance: float


def _fixed(table: _Ratings) -> _Solved:
    _connected(table)
    held, total = table.cells(table.w), table.by_respondent(np.ones_like(table.y))
    p = len(table.names)
    mean = table.by_respondent(table.y) / total
    normal = np.diag(table.by_unit(np.ones_like(table.y))) - (held.T @ held.multiply(1 / total[:, None])).toarray()
    # normal is singular along a constant, which cancels in all differences of units
    inverse = np.linalg.inv(normal + normal.max() / p) - 1 / (normal.max() * p)
    level = inverse @ (table.by_unit(table.y) - held.T @ mean)
    harsh = mean - (held @ level) / total
    residual = table.y - harsh[table.respondent] - level[table.unit]
    freedom = len(table.y) - table.count - p + 1
    if freedom < 1 or table.comparing < 2:
        raise AnalysisError("no_residual_freedom", ratings=len(table.y), parameters=table.count + p - 1)
    variance = float(table.w @ residual**2) / freedom
    scores = table.cells(table.w * residual)
    meat = (scores.T @ scores).toarray() * table.comparing / (table.comparing - 1)
    each = total / np.bincount(table.respondent, minlength=table.count)
    average = float(each @ harsh / each.sum())
    return _Solved(level + average, inverse @ meat @ inverse, variance * inverse, variance, np.nan)


def _random(table: _Ratings) -> _Solved:
    n, p = len(table.y), len(table.names)
    if n <= p or table.count < 2:
        raise AnalysisError("no_residual_freedom", ratings=n, parameters=p + 1)
    if table.comparing == 0:
        raise AnalysisError("nobody_compares")
    middle = float(table.y.mean())
    table = replace(table, y=table.y - middle)  # sums of squares keep their digits
    system = _system(table)
    ratio = _best_ratio(lambda value: system(value)[0])
    _height, level, inverse, squares = system(ratio)
    variance = squares / (n - p)
    size = table.by_respondent(np.ones_like(table.y))
    residual = table.y - level[table.unit]
    shrunk = (ratio / (1 + size * ratio)) * table.by_respondent(residual)
    scores = table.cells(residual - shrunk[table.respondent])
    meat = (scores.T @ scores).toarray() * table.count / (table.count - 1)
    return _Solved(level + middle, inverse @ meat @ inverse, variance * inverse, variance, ratio * variance)


def _system(table: _Ratings) -> Callable[[float], tuple[float, Floats, Floats, float]]:
    """For a ratio of variances: restricted log-likelihood, unit levels, inverse of their equations, squares left.

    Respondents of equally many ratings share a factor, so that each ratio costs p × p work only.
    """
    n, p = len(table.y), len(table.names)
    held, sums = table.cells(np.ones_like(table.y)), table.by_respondent(table.y)
    size = table.by_respondent(np.ones_like(table.y))
    sizes = np.unique(size)
    crossed, loads, squared, counts = [], [], [], []
    for one in sizes:
        rows = np.flatnonzero(size == one)
        part = held[rows]
        crossed.append((part.T @ part).toarray())
        loads.append(part.T @ sums[rows])
        squared.append(float(sums[rows] @ sums[rows]))
        counts.append(len(rows))
    whole, own = np.diag(table.by_unit(np.ones_like(table.y))), table.by_unit(table.y)
    squares = float(table.y @ table.y)

    def at(ratio: float) -> tuple[float, Floats, Floats, float]:
        factor = ratio / (1 + sizes * ratio)
        normal = whole - np.tensordot(factor, np.array(crossed), 1)
        inverse = np.linalg.inv(normal)
        load = own - factor @ np.array(loads)
        level = inverse @ load
        left = squares - float(factor @ np.array(squared)) - float(load @ level)
        spread = float(np.array(counts) @ np.log1p(sizes * ratio)) + float(np.linalg.slogdet(normal)[1])
        height = -0.5 * ((n - p) * float(np.log(max(left, np.finfo(float).tiny))) + spread)
        return height, np.asarray(level), np.asarray(inverse), left

    return at


def _best_ratio(height: Callable[[float], float]) -> float:
    """The ratio of the highest likelihood, zero or more."""
    grid = np.geomspace(1e-6, FARTHEST, 25)
    best = int(np.argmax([height(value) for value in grid]))
    ends = np.log(grid[[max(best - 1, 0), min(best + 1, len(grid) - 1)]])
    found = minimize_scalar(
        lambda value: -height(np.exp(value)), bounds=ends, method="bounded", options={"xatol": 1e-12}
    )
    ratio = float(np.exp(found.x))
    return 0.0 if height(0.0) >= height(ratio) else ratio


def _connected(table: _Ratings) -> None:
    """Refuse units that no chain of common respondents joins."""
    if table.comparing == 0:
        raise AnalysisError("nobody_compares")
    parts = connected_components(table.cells(np.ones_like(table.y)).T)
    if not parts.connected:
        smallest = np.bincount(parts.of_unit).argmin()
        names = [name for name, part in zip(table.names, parts.of_unit, strict=True) if part == smallest]
        listed = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
        raise AnalysisError("units_not_connected", groups=parts.n, example=listed)


def _ranks(values: Floats) -> Ints:
    return np.asarray(rankdata(-values, method="min"), dtype=np.intp)
