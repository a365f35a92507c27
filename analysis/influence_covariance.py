"""The covariance of any estimates that are known by the influence of each row: models and their coefficients."""

from __future__ import annotations

import numpy as np

from analysis.calibrated import auxiliary_of
from analysis.design import SurveyDesign
from analysis.sums import Bools, Floats, sum_by


def influence_covariance(design: SurveyDesign, influence: Floats) -> Floats:
    """Covariance matrix (q, q) of q estimates over the stages of the design.

    influence : (n, q) w z by row, weights included; zero for rows that take no part. With calibrated weights z is
        replaced by its residual from the regression on the calibration variables, as for means.
    """
    by_unit = sum_by(design.row_unit, influence, design.clusters.n_finest)
    if design.calibration is None:
        return design.clusters.covariance(by_unit)
    auxiliary = auxiliary_of(design, design.calibration)
    counted = design.estimation_weights[:, None]
    linearised = np.divide(influence, counted, out=np.zeros_like(influence), where=counted > 0)
    coefficients = auxiliary.inverse @ (auxiliary.rows.T @ (auxiliary.base_weights[:, None] * linearised))
    return design.clusters.covariance(by_unit - auxiliary.unit_totals @ coefficients)


def rows_degrees_of_freedom(design: SurveyDesign, rows: Bools) -> int:
    """First-stage units less first-stage strata among some rows (n,)."""
    first = design.clusters.stages[0]
    units = np.unique(first.unit[design.row_unit[rows]])
    return len(units) - len(np.unique(first.stratum[units]))
