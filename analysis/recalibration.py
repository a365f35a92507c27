"""Calibration repeated in each replicate, so that the variance knows what the calibration made certain.

In replicate r the base weights d of the rows are multiplied by the factors of their units, and calibrated again to the
same controls. The calibration factor of a row depends on its calibration variables alone, so it is found for each
*pattern* of them that occurs: (M, R) for M patterns.

References: Valliant (1993), JASA 88, 89–96; Rao, Wu, Yue (1992), Survey Methodology 18, s. 4; R survey 4.1.1
(postStratify, rake and calibrate of a svyrep.design).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.sparse import csr_array, issparse

from analysis.design import SurveyDesign
from analysis.faults import AnalysisError
from analysis.sums import Floats, Ints, numbered
from sampling import distance as distances
from sampling.calibration import CONTRADICTION, NEWTON_ROUNDS, Calibration
from sampling.distance import Curve, Distance, Equations, Matrix
from sampling.faults import SamplingError
from sampling.raking import TOLERANCE, rake_cells

SAME = 1e-4
"""Relative; how closely a repetition on the whole sample must come to the calibration that was made."""


class _Solver(Protocol):
    def solve(self, base: Floats, first: int) -> Floats:
        """Factors (M, r) for base weights by pattern (M, r); replicates are counted from ``first``."""
        ...


@dataclass(frozen=True, eq=False)
class Recalibration:
    """The calibration of a design, ready to be repeated.

    pattern : (n,) pattern of each row.
    by_unit : (M, U) base weights added up by pattern and first-stage unit.
    whole : (M,) factors of the calibration that was made.
    variables : (M, p) calibration variables.
    """

    calibration: Calibration
    pattern: Ints
    by_unit: csr_array
    whole: Floats
    variables: Matrix
    solver: _Solver

    @property
    def n_patterns(self) -> int:
        return len(self.whole)

    def factors(self, unit_factors: Floats, first: int) -> Floats:
        """Calibration factors (M, r) of replicates with ``unit_factors`` (U, r), counted from ``first``.

        Raises
        ------
        AnalysisError : a replicate in which nobody is left of a control, or that does not reach its controls, with
            the replicate and the control.
        """
        base = self.by_unit @ unit_factors
        self._refuse_lost(base, first)
        return self.solver.solve(base, first)

    def _refuse_lost(self, base: Floats, first: int) -> None:
        wanted = self.calibration.totals
        lost = (abs(self.variables).T @ base == 0) & (wanted != 0)[:, None]
        if lost.any():
            replicate = int(np.argmax(lost.any(axis=0)))
            column = int(np.argmax(lost[:, replicate]))
            name, total = self.calibration.columns[column], float(wanted[column])
            raise AnalysisError("replicate_lost_level", replicate=first + replicate, column=name, total=total)


def recalibration_of(design: SurveyDesign, calibration: Calibration) -> Recalibration:
    """What is needed to repeat the calibration of a design.

    Raises
    ------
    AnalysisError : the weights of the design are other than a repetition gives (bounds on weights, trimming), so that
        replicates would vary about something else.
    """
    starts = _margin_starts(calibration)
    pattern, n_patterns = _patterns(calibration, starts)
    stage = design.clusters.stages[0]
    some_row = np.empty(n_patterns, dtype=np.intp)
    some_row[pattern] = np.arange(len(pattern))
    place = pattern, stage.unit[design.row_unit]
    by_unit = csr_array((calibration.base_weights, place), shape=(n_patterns, len(stage.stratum)))
    by_unit.sum_duplicates()
    variables = calibration.auxiliary[some_row]
    solver: _Solver = _Newton(calibration, variables)
    if starts is not None and calibration.distance is Distance.RAKING and calibration.bounds is None:
        solver = _Raking(calibration, variables.indices.reshape(n_patterns, -1) - starts, starts)
    whole = (design.estimation_weights / calibration.base_weights)[some_row]
    found = Recalibration(calibration, pattern, by_unit, whole, variables, solver)
    _refuse_unlike(design, found)
    return found


def _refuse_unlike(design: SurveyDesign, found: Recalibration) -> None:
    again = found.factors(np.ones((found.by_unit.shape[1], 1)), 0)[:, 0]
    repeated, given = again[found.pattern] * found.calibration.base_weights, design.estimation_weights
    unlike = ~np.isclose(given, repeated, rtol=SAME, atol=SAME * given.mean())
    if unlike.any():
        row = int(np.argmax(unlike))
        facts = {"row": row + 1, "given": float(given[row]), "repeated": float(repeated[row])}
        raise AnalysisError("calibration_not_repeated", **facts)


def _margin_starts(calibration: Calibration) -> Ints | None:
    """First column of each margin, if the calibration variables are the indicators of margins and nothing else."""
    auxiliary = calibration.auxiliary
    width, left = divmod(auxiliary.nnz, auxiliary.shape[0]) if issparse(auxiliary) else (0, 0)
    if not width or left or (np.diff(auxiliary.indptr) != width).any() or (auxiliary.data != 1).any():
        return None
    places = auxiliary.indices.reshape(-1, width)
    starts, ends = places.min(axis=0).astype(np.intp), places.max(axis=0) + 1
    apart = np.array_equal(np.append(starts, auxiliary.shape[1]), np.append(0, ends))
    return starts if apart else None


def _patterns(calibration: Calibration, starts: Ints | None) -> tuple[Ints, int]:
    """The pattern of calibration variables of each row, and how many there are."""
    auxiliary, count = calibration.auxiliary, len(calibration.base_weights)
    if starts is not None:
        sizes = np.diff(np.append(starts, auxiliary.shape[1]))
        codes = auxiliary.indices.reshape(count, -1) - starts
        pattern, (level, *_) = numbered(*((codes[:, k], int(size)) for k, size in enumerate(sizes)))
        return pattern, len(level)
    # equal rows have equal products; that rows with equal products are equal is seen to
    product = auxiliary @ np.sin(1.0 + np.arange(auxiliary.shape[1]))
    _, some_row, pattern = np.unique(product, return_index=True, return_inverse=True)
    if abs(auxiliary[some_row[pattern]] - auxiliary).max() > 0:
        return np.arange(count), count
    return pattern.astype(np.intp), len(some_row)


@dataclass(frozen=True, eq=False)
class _Raking:
    """Raking on the table of patterns."""

    calibration: Calibration
    codes: Ints  # (M, margins)
    starts: Ints

    def solve(self, base: Floats, first: int) -> Floats:
        controls = np.split(self.calibration.totals, self.starts[1:])
        try:
            with np.errstate(over="ignore", invalid="ignore"):  # factors without bound, where the controls exclude it
                return rake_cells(base, list(self.codes.T), controls).factors
        except SamplingError as error:
            if error.code != "raking_not_converged":
                raise
            facts = error.params
            replicate = re.search(r"\d+", str(facts["replicate"]))
            column = self.starts[int(str(facts["margin"])) - 1] + int(str(facts["level"]))
            raise AnalysisError(
                "replicate_not_calibrated",
                replicate=first + int(replicate[0]) - 1 if replicate else first,
                column=self.calibration.columns[column],
                reached=facts["reached"],
                wanted=facts["wanted"],
            ) from error


@dataclass(frozen=True, eq=False)
class _Newton:
    """Any distance, replicate by replicate."""

    calibration: Calibration
    variables: Matrix

    def solve(self, base: Floats, first: int) -> Floats:
        shape = _curve(self.calibration)
        return np.stack([self._one(base[:, r], shape, first + r) for r in range(base.shape[1])], axis=1)

    def _one(self, base: Floats, shape: Curve, replicate: int) -> Floats:
        equations = Equations(self.variables, self.calibration.totals, base, self.calibration.columns)
        kept = distances.independent_columns(distances.weighted_square(self.variables, base))
        found = distances.solve(equations.only(kept), shape, tolerance=TOLERANCE, max_iterations=NEWTON_ROUNDS)
        reached = equations.reached(found.factors)
        gaps = np.abs(reached - equations.totals) / equations.scale()
        if not gaps.max() <= CONTRADICTION:
            worst = int(np.argmax(gaps))
            raise AnalysisError(
                "replicate_not_calibrated",
                replicate=replicate,
                column=equations.names[worst],
                reached=float(reached[worst]),
                wanted=float(equations.totals[worst]),
            )
        return found.factors


def _curve(calibration: Calibration) -> Curve:
    least = 0.0 if calibration.distance is Distance.RAKING else -np.inf
    lower, upper = calibration.bounds if calibration.bounds is not None else (least, np.inf)
    return distances.curve(calibration.distance, lower, upper)
