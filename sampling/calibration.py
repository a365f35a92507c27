"""Calibration: weights whose totals of auxiliary columns are the known totals of the population.

Poststratification, raking, and calibration by linear, raking and logit distance with bounds. Sources: Deville & Särndal
(1992), JASA 87, 376-382; Deville, Särndal & Sautory (1993), JASA 88, 1013-1020; Lumley (2010), Complex Surveys, ch. 7;
R `survey` (postStratify, rake, calibrate) and `sampling` (calib) give the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array, hstack, issparse

from sampling import distance as distances
from sampling.distance import Bound, Distance, Equations, Matrix, Solution
from sampling.door import Floats, Ints, numbers, positive, row_list
from sampling.faults import SamplingError
from sampling.margins import Controls, Labels, Margin, coded_margins, indicators
from sampling.raking import MAX_ITERATIONS, TOLERANCE, Names, number_cells, rake_cells

CONTRADICTION = 1e-8  # relative; controls of columns that others explain must agree with them as closely as this
NEWTON_ROUNDS = 100


@dataclass(frozen=True, eq=False)
class Calibration:
    """Weights that reach their controls, and what the variance of an estimate needs to know of them.

    calibrated_weights : (n,) people a row stands for; the totals of ``auxiliary`` under them are ``totals``.
    g : (n,) calibrated over base weight.
    base_weights : (n,) before.
    auxiliary : (n, p) columns calibrated on: sparse rows (CSR) where margins are among them, else dense.
    totals : (p,) controls.
    columns : (p,) names of the controls, such as ``sex=F``.
    iterations : rounds of raking, or Newton steps.
    largest_gap : the greatest |reached - control|, relative to the control (to the sum of absolute values where the
        control is smaller than that).
    distance, bounds, weight_bounds : how the weights were chosen; the bounds are those of ``g``.
    """

    calibrated_weights: Floats
    g: Floats
    base_weights: Floats
    auxiliary: Matrix
    totals: Floats
    columns: tuple[str, ...]
    iterations: int
    largest_gap: float
    distance: Distance = Distance.RAKING
    bounds: tuple[float, float] | None = None
    weight_bounds: tuple[float, float] | None = None

    @property
    def n_negative(self) -> int:
        """Rows with a weight below zero, which the linear distance without bounds allows."""
        return int((self.calibrated_weights < 0).sum())


def poststratify(labels: Labels, controls: Controls, base_weights: npt.ArrayLike) -> Calibration:
    """Weights by post-stratum: base weight x (control / sum of the base weights of the stratum).

    Parameters
    ----------
    labels : columns (n,) of levels.
    controls : one margin -> level -> total; ``{"commune*sex": {"00001*F": 812, ...}}`` for a crossing.
    base_weights : (n,) above zero.

    Raises
    ------
    SamplingError : see :func:`sampling.margins.coded_margins`; weights that are not above zero; two margins.

    References
    ----------
    Holt & Smith (1979), JRSS A 142, 33-46. R: ``survey::postStratify``.
    """
    if len(controls) > 1:
        raise SamplingError("poststratify_one_margin", margins=", ".join(controls))
    return rake(labels, controls, base_weights)


def rake(
    labels: Labels,
    controls: Controls,
    base_weights: npt.ArrayLike,
    *,
    tolerance: float = TOLERANCE,
    max_iterations: int = MAX_ITERATIONS,
) -> Calibration:
    """Base weights raked to the margins (iterative proportional fitting), all margins held to ``tolerance`` at once.

    Parameters
    ----------
    labels : columns (n,) of levels; a row in every margin.
    controls : margin -> level -> total of the population; the totals of all margins agree.
    base_weights : (n,) above zero. Only their ratios matter.
    tolerance : largest |reached - control| / control.

    Raises
    ------
    SamplingError : what :func:`sampling.margins.coded_margins` refuses; weights that are not above zero; raking that
        has not converged, with the margin and level, the total reached and the total wanted.

    References
    ----------
    Deming & Stephan (1940), Ann. Math. Stat. 11, 427-444. R: ``survey::rake`` with a small ``epsilon``.
    """
    margins = coded_margins(labels, controls)
    before = positive(base_weights, "base_weights", expected=len(margins[0].codes))
    cell, levels = number_cells([margin.codes for margin in margins], [len(margin.levels) for margin in margins])
    names = Names(tuple(margin.name for margin in margins), tuple(margin.levels for margin in margins))
    raked = rake_cells(
        np.bincount(cell, before, len(levels[0])),
        levels,
        [margin.totals for margin in margins],
        names=names,
        tolerance=tolerance,
        max_iterations=max_iterations,
    )
    factors = raked.factors[cell]
    auxiliary, totals, columns = indicators(margins)
    return Calibration(
        factors * before, factors, before, auxiliary, totals, columns, raked.iterations, raked.largest_gap
    )


def calibrate(
    auxiliary: Matrix | npt.ArrayLike | pd.DataFrame,
    totals: Mapping[str, float] | npt.ArrayLike,
    base_weights: npt.ArrayLike,
    *,
    distance: Distance = Distance.LINEAR,
    bounds: tuple[float, float] | None = None,
    weight_bounds: tuple[float, float] | None = None,
    columns: Sequence[str] = (),
    tolerance: float = TOLERANCE,
    max_iterations: int = NEWTON_ROUNDS,
) -> Calibration:
    """Weights nearest to the base weights whose totals of the auxiliary columns are the controls.

    Parameters
    ----------
    auxiliary : (n, p) numbers; a data frame gives the columns their names. Columns that others explain are allowed as
        long as their controls agree.
    totals : (p,) controls of the population, or by the name of the column.
    base_weights : (n,) above zero.
    distance : linear (the general regression estimator; weights may be negative unless bounded), raking (weights stay
        above zero) or logit (needs bounds, which it never reaches).
    bounds : least and greatest factor g, with least < 1 < greatest.
    weight_bounds : least and greatest weight; linear and raking only.
    tolerance : largest gap, relative to the control.

    Raises
    ------
    SamplingError : blanks, weights that are not above zero, controls that contradict each other, bounds within which
        the controls cannot be reached (with the column and the bound to move), no convergence.

    References
    ----------
    R: ``survey::calibrate(calfun=, bounds=, bounds.const=)``, ``sampling::calib(method=)``.
    """
    matrix, names = _matrix(auxiliary, columns)
    before = positive(base_weights, "base_weights", expected=matrix.shape[0])
    equations = Equations(matrix, _wanted(totals, names), before, names)
    return _calibrated(equations, distance, bounds, weight_bounds, tolerance=tolerance, rounds=max_iterations)


def calibrate_margins(
    labels: Labels,
    controls: Controls,
    base_weights: npt.ArrayLike,
    *,
    quantities: Mapping[str, npt.ArrayLike] | pd.DataFrame | None = None,
    quantity_totals: Mapping[str, float] | None = None,
    distance: Distance = Distance.LINEAR,
    bounds: tuple[float, float] | None = None,
    weight_bounds: tuple[float, float] | None = None,
) -> Calibration:
    """Like :func:`calibrate` on the margins of columns of levels, together with totals of numeric columns.

    labels, controls : as in :func:`rake`. quantities, quantity_totals : numeric columns (n,) and their controls.
    """
    margins = coded_margins(labels, controls)
    before = positive(base_weights, "base_weights", expected=len(margins[0].codes))
    auxiliary, wanted, names = _joined(margins, quantities, quantity_totals or {})
    return _calibrated(Equations(auxiliary, wanted, before, names), distance, bounds, weight_bounds)


def within_weight_bounds(calibration: Calibration, lower: float, upper: float) -> Calibration:
    """The same controls from the same base weights with every weight in [lower, upper].

    The distance is that of the calibration (raking for a logit one, whose bounds on g are kept).
    """
    distance = Distance.RAKING if calibration.distance is Distance.LOGIT else calibration.distance
    equations = Equations(calibration.auxiliary, calibration.totals, calibration.base_weights, calibration.columns)
    return _calibrated(equations, distance, calibration.bounds, (lower, upper))


def _calibrated(
    equations: Equations,
    distance: Distance,
    bounds: tuple[float, float] | None,
    weight_bounds: tuple[float, float] | None,
    *,
    tolerance: float = TOLERANCE,
    rounds: int = NEWTON_ROUNDS,
) -> Calibration:
    before = equations.base_weights
    lower, upper = _factor_bounds(distance, bounds, weight_bounds, before)
    _refuse_out_of_reach(equations, lower, upper)
    independent = equations.only(_independent(equations))
    shape = distances.curve(distance, lower, upper)
    solution = distances.solve(independent, shape, tolerance=tolerance, max_iterations=rounds)
    if not solution.converged:
        raise _not_converged(independent, solution, lower, upper)
    gaps = np.abs(equations.reached(solution.factors) - equations.totals) / equations.scale()
    return Calibration(
        calibrated_weights=solution.factors * before,
        g=solution.factors,
        base_weights=before,
        auxiliary=equations.auxiliary,
        totals=equations.totals,
        columns=equations.names,
        iterations=solution.iterations,
        largest_gap=float(gaps.max()),
        distance=distance,
        bounds=bounds,
        weight_bounds=weight_bounds,
    )


def _matrix(auxiliary: Matrix | npt.ArrayLike | pd.DataFrame, columns: Sequence[str]) -> tuple[Matrix, tuple[str, ...]]:
    if isinstance(auxiliary, pd.DataFrame):
        columns = columns or [str(name) for name in auxiliary.columns]
        matrix = np.column_stack([numbers(auxiliary[name], str(name)) for name in auxiliary.columns])
    elif issparse(auxiliary):
        matrix = csr_array(auxiliary).astype(np.float64)
        rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        if not np.isfinite(matrix.data).all():
            wrong = np.isin(np.arange(matrix.shape[0]), rows[~np.isfinite(matrix.data)])
            raise SamplingError("column_not_numbers", name="auxiliary", rows=row_list(wrong))
    else:
        matrix = numbers(auxiliary, "auxiliary")
        matrix = matrix.reshape(len(matrix), -1)
    names = tuple(columns) or tuple(f"x{k + 1}" for k in range(matrix.shape[1]))
    if len(names) != matrix.shape[1]:
        raise SamplingError("controls_count", controls=len(names), columns=matrix.shape[1])
    return matrix, names


def _wanted(totals: Mapping[str, float] | npt.ArrayLike, names: tuple[str, ...]) -> Floats:
    if isinstance(totals, Mapping):
        without = [name for name in names if name not in totals]
        beyond = [name for name in totals if name not in names]
        if without or beyond:
            named = ", ".join([*without, *beyond])
            raise SamplingError("controls_and_columns", names=named, columns=", ".join(names))
        totals = [totals[name] for name in names]
    wanted = numbers(totals, "totals")
    if wanted.shape != (len(names),):
        raise SamplingError("controls_count", controls=len(wanted), columns=len(names))
    return wanted


def _joined(
    margins: Sequence[Margin],
    quantities: Mapping[str, npt.ArrayLike] | pd.DataFrame | None,
    quantity_totals: Mapping[str, float],
) -> tuple[Matrix, Floats, tuple[str, ...]]:
    auxiliary, totals, names = indicators(margins)
    if not quantity_totals:
        return auxiliary, totals, names
    given = {} if quantities is None else quantities
    for name in quantity_totals:
        if name not in given:
            raise SamplingError("missing_column", column=name, known=", ".join(map(str, given.keys())))
    count = auxiliary.shape[0]
    dense = np.column_stack([numbers(given[name], name, expected=count) for name in quantity_totals])
    controls = np.asarray([float(total) for total in quantity_totals.values()])
    joined = hstack([auxiliary, csr_array(dense)], format="csr")
    return joined, np.concatenate([totals, controls]), (*names, *quantity_totals)


def _factor_bounds(
    distance: Distance,
    bounds: tuple[float, float] | None,
    weight_bounds: tuple[float, float] | None,
    before: Floats,
) -> tuple[Bound, Bound]:
    """Bounds of the factors, row by row where weights are bounded."""
    unbounded = (0.0 if distance is Distance.RAKING else -np.inf, np.inf)
    low, high = bounds if bounds is not None else unbounded
    if not low < 1 < high or (bounds is not None and low < 0) or (distance is Distance.LOGIT and bounds is None):
        raise SamplingError("bounds_around_one", distance=distance.value, lower=low, upper=high)
    if distance is Distance.LOGIT and not np.isfinite(high):
        raise SamplingError("bounds_around_one", distance=distance.value, lower=low, upper=high)
    if weight_bounds is None:
        return low, high
    least, greatest = weight_bounds
    if distance is Distance.LOGIT or not 0 <= least < greatest:
        raise SamplingError("bad_weight_bounds", lower=least, upper=greatest, distance=distance.value)
    lower, upper = np.maximum(low, least / before), np.minimum(high, greatest / before)
    if (lower > upper).any():
        raise SamplingError("bounds_exclude_each_other", rows=row_list(lower > upper))
    return lower, upper


def _refuse_out_of_reach(equations: Equations, lower: Bound, upper: Bound) -> None:
    """Refuses controls that a column alone cannot reach within the bounds."""
    names, totals = equations.names, equations.totals
    zero = np.asarray(abs(equations.auxiliary).sum(axis=0)).ravel() == 0
    for k in np.flatnonzero(zero & (totals != 0)):
        raise SamplingError("column_all_zero", column=names[k], wanted=float(totals[k]))
    if np.ndim(lower) == 0 and lower == 0 and np.isinf(upper).all():
        never_negative = np.asarray((equations.auxiliary < 0).sum(axis=0)).ravel() == 0
        for k in np.flatnonzero(never_negative & ~zero & (totals <= 0)):
            raise SamplingError("raking_needs_positive", column=names[k], wanted=float(totals[k]))
    if not (np.isfinite(lower).all() and np.isfinite(upper).all()):
        return
    least, greatest = distances.reachable(equations, lower, upper)
    slack = 1e-9 * equations.scale()
    for k in np.flatnonzero(totals > greatest + slack):
        raise SamplingError("upper_bound_too_low", column=names[k], most=float(greatest[k]), wanted=float(totals[k]))
    for k in np.flatnonzero(totals < least - slack):
        raise SamplingError("lower_bound_too_high", column=names[k], least=float(least[k]), wanted=float(totals[k]))


def _independent(equations: Equations) -> Ints:
    """Columns that others do not explain; the control of one that they do is given by theirs, or refused."""
    square = distances.weighted_square(equations.auxiliary, equations.base_weights)
    kept = distances.independent_columns(square)
    explained = np.setdiff1d(np.arange(len(square)), kept)
    if not len(explained):
        return kept
    shares = np.linalg.solve(square[np.ix_(kept, kept)], square[np.ix_(kept, explained)])
    implied, wanted = shares.T @ equations.totals[kept], equations.totals[explained]
    for k in np.flatnonzero(np.abs(implied - wanted) > CONTRADICTION * equations.scale()[explained]):
        column = equations.names[int(explained[k])]
        raise SamplingError("controls_contradict", column=column, implied=float(implied[k]), wanted=float(wanted[k]))
    return kept


def _not_converged(equations: Equations, solution: Solution, lower: Bound, upper: Bound) -> SamplingError:
    """The column that is furthest off; under bounds, how many rows have run into them."""
    reached, wanted = equations.reached(solution.factors), equations.totals
    worst = int(np.argmax(np.abs(reached - wanted) / equations.scale()))
    facts = {"column": equations.names[worst], "reached": float(reached[worst]), "wanted": float(wanted[worst])}
    at_lower = int((solution.factors <= np.asarray(lower) + 1e-6).sum())
    at_upper = int((solution.factors >= np.asarray(upper) - 1e-6).sum())
    if np.isfinite(upper).all():
        return SamplingError("bounds_infeasible", **facts, at_lower=at_lower, at_upper=at_upper)
    return SamplingError("calibration_not_converged", **facts, iterations=solution.iterations)
