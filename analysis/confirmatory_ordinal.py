"""Confirmatory factor analysis of ordered answers: weighted least squares on polychoric correlations (WLSMV)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.confirmatory import Confirmatory
from analysis.covariance_structure import Matrices, Structure, structure
from analysis.descent import Point
from analysis.faults import AnalysisError
from analysis.fit_indices import model_fit
from analysis.items import Items, items_of
from analysis.measurement import MeasurementModel, known_items, measurement_model
from analysis.model_search import Discrepancy, solved
from analysis.model_solution import composite, estimate_table, proper
from analysis.polychoric import Polychoric, asymptotic_covariance, ordinal_answers, polychoric
from analysis.sums import Floats


def confirm_ordinal(
    frame: pd.DataFrame | Items,
    model: str | Mapping[str, Sequence[str]] | MeasurementModel,
    *,
    missing: int | None = None,
) -> Confirmatory:
    """Fit a measurement model to the polychoric correlations of ordered answers.

    Parameters
    ----------
    frame, missing : the answers, see :func:`analysis.items.items_of`; every value that occurs is a level.
    model : see :func:`analysis.measurement.measurement_model`.

    Raises
    ------
    AnalysisError : as :func:`analysis.confirmatory.confirm`; also ``not_ordinal``, ``polychoric_degenerate``.

    Notes
    -----
    Each squared residual correlation is divided by its sampling variance (diagonally weighted least squares).
    Standard errors and the chi-square of ``scaled_fit`` use the full covariance of the correlations: the chi-square is
    scaled and shifted so that its mean and variance are those of the reference distribution. That of ``fit`` is the
    plain discrepancy, whose p says little. As in lavaan, n - 1 stands for n throughout. The unobserved variables behind
    the answers have variance one, so that residual variances are what loadings leave; composite reliability is of
    their sum, not of the answers'.

    References
    ----------
    Muthén, du Toit and Spisic (1997), Robust inference using weighted least squares; Asparouhov and Muthén (2010),
    Simple second order chi-square correction. R: lavaan 0.6-14 ``cfa(ordered =)``, estimator WLSMV.
    """
    parsed = measurement_model(model)
    names = frame.names if isinstance(frame, Items) else list(frame.columns)
    wanted = known_items(parsed, names)
    items = frame.taken(wanted) if isinstance(frame, Items) else items_of(frame, wanted, missing=missing)
    answers = ordinal_answers(items, wanted)
    if len(answers.codes) <= len(wanted):
        raise AnalysisError("rows_below_items", n=len(answers.codes), items=len(wanted))
    return _fitted(parsed, polychoric(answers))


def _fitted(model: MeasurementModel, observed: Polychoric) -> Confirmatory:
    pairs, n = (observed.first, observed.second), observed.n - 1
    df = len(observed.first) - structure(model, residuals=False).n_free
    if df < 0:
        raise AnalysisError("no_degrees_left", free=len(observed.first) - df, moments=len(observed.first))
    spread = asymptotic_covariance(observed)
    precision = 1 / np.diag(spread)

    def squares(shape: Structure) -> Discrepancy:
        def at(values: Floats) -> Point:
            matrices = shape.filled(values)
            residual = observed.by_pair - matrices.covariance(0)[pairs]
            slope = shape.slopes(matrices, 0)[0][:, pairs[0], pairs[1]]
            weighed = slope * precision
            return Point(n * float(precision @ residual**2), n * (weighed @ residual), n * (weighed @ slope.T))

        return at

    def built(of: MeasurementModel) -> Structure:
        return structure(of, residuals=False)

    shape, values, point = solved(model, built, squares, [observed.correlation], [np.zeros(len(model.items))])
    matrices = shape.filled(values)
    proper(shape, matrices, 0)
    weighed = shape.slopes(matrices, 0)[0][:, pairs[0], pairs[1]] * precision
    inverse = np.linalg.inv(point.information)
    estimates = estimate_table(shape, values, inverse @ (n * weighed @ spread @ weighed.T) @ inverse)
    projected = np.diag(precision) - n * weighed.T @ inverse @ weighed
    baseline = n * float(precision @ observed.by_pair**2)
    srmr = _srmr(observed, matrices)
    adjusted = _adjusted(point.value, df, projected @ spread)
    adjusted_baseline = _adjusted(baseline, len(precision), precision[:, None] * spread)
    plain = model_fit((point.value, df), (baseline, len(precision)), n, srmr)
    scaled = model_fit((adjusted, df), (adjusted_baseline, len(precision)), n, srmr)
    rows = observed.n, observed.answers.n_rows
    return Confirmatory(model, *rows, "WLSMV", estimates, plain, scaled, *composite(model, matrices))


def _adjusted(chi_square: float, df: int, product: Floats) -> float:
    """The chi-square scaled and shifted to the mean and variance of df degrees; ``product`` is U times Gamma."""
    if df == 0:
        return chi_square
    scale = math.sqrt(df / float((product * product.T).sum()))
    return chi_square * scale + df - scale * float(np.trace(product))


def _srmr(observed: Polychoric, matrices: Matrices) -> float:
    """The diagonal, which fits by definition, counts, as in lavaan."""
    residual = observed.by_pair - matrices.covariance(0)[observed.first, observed.second]
    return math.sqrt(float((residual**2).sum()) / (len(residual) + len(observed.correlation)))
