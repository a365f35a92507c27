"""Confirmatory factor analysis by maximum likelihood: estimates, standardised solution, fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.covariance_structure import Matrices, Structure, structure
from analysis.descent import Point
from analysis.faults import AnalysisError
from analysis.fit_indices import ModelFit, model_fit
from analysis.items import Items, items_of
from analysis.measurement import MeasurementModel, known_items, measurement_model
from analysis.model_search import solved
from analysis.model_solution import composite, estimate_table, proper
from analysis.moments import Moments, correlated, item_moments, refuse_dependent
from analysis.sums import Floats


@dataclass(frozen=True, slots=True)
class Confirmatory:
    """A fitted measurement model.

    Attributes
    ----------
    n, n_rows : complete rows that entered; rows that were read.
    estimates : a row for each parameter: ``factor``, ``kind`` (loading, covariance, residual), ``item`` (or the other
        factor), ``estimate``, ``se``, ``z``, ``p``, ``standardized``, ``standardized_se``; a loading fixed to 1 has a
        standard error of 0, and z and p NaN, as does everything that is a constant.
    fit : of the estimator; ``scaled_fit`` : of the mean-and-variance adjusted chi-square (ordinal items), else None.
    composite_reliability, average_variance : of each factor, from the standardised solution.
    """

    model: MeasurementModel
    n: int
    n_rows: int
    estimator: str
    estimates: pd.DataFrame
    fit: ModelFit
    scaled_fit: ModelFit | None
    composite_reliability: Floats
    average_variance: Floats

    def factors(self) -> pd.DataFrame:
        """A row for each factor: items, composite reliability, average variance extracted, correlations."""
        between = self.estimates[self.estimates["kind"] == "covariance"]
        names = self.model.factors
        matrix = pd.DataFrame(np.eye(len(names)), index=names, columns=names)
        for one, other, value in zip(between["factor"], between["item"], between["standardized"], strict=True):
            matrix.loc[one, other] = matrix.loc[other, one] = value
        frame = pd.DataFrame({"factor": names, "items": [len(items) for items in self.model.loads]})
        frame["composite_reliability"], frame["average_variance"] = self.composite_reliability, self.average_variance
        return pd.concat([frame, matrix.reset_index(drop=True).add_prefix("r_")], axis=1)


def confirm(
    frame: pd.DataFrame | Items,
    model: str | Mapping[str, Sequence[str]] | MeasurementModel,
    *,
    missing: int | None = None,
) -> Confirmatory:
    """Fit a measurement model to complete rows by maximum likelihood.

    Parameters
    ----------
    frame, missing : the answers, see :func:`analysis.items.items_of`.
    model : see :func:`analysis.measurement.measurement_model`.

    Raises
    ------
    AnalysisError : a model that cannot be read; ``unknown_item``; too few or constant items;
        ``rows_below_items``; ``items_dependent``; ``no_degrees_left``; ``not_identified``; ``no_convergence``;
        ``negative_residual`` (a Heywood case); ``negative_factor_variance``; ``factors_coincide``.

    Notes
    -----
    Items are taken as continuous and normal, rows as a simple random sample; covariances have divisor n and the
    chi-square is n times the discrepancy. Standard errors come from the expected information; those of the
    standardised solution by the delta method. Composite reliability and average variance extracted follow Fornell and
    Larcker (1981) from standardised loadings: of the sum of standardised items.

    References
    ----------
    Jöreskog (1969), Psychometrika 34, 183–202; Bollen (1989), Structural Equations with Latent Variables, ch. 4 and 7.
    R: lavaan 0.6-14 ``cfa``.
    """
    parsed = measurement_model(model)
    names = frame.names if isinstance(frame, Items) else list(frame.columns)
    wanted = known_items(parsed, names)
    items = frame.taken(wanted) if isinstance(frame, Items) else items_of(frame, wanted, missing=missing)
    return confirm_moments(item_moments(items, wanted), parsed)


def confirm_moments(moments: Moments, model: str | Mapping[str, Sequence[str]] | MeasurementModel) -> Confirmatory:
    """The same from moments; see :func:`confirm`."""
    parsed = measurement_model(model)
    chosen = moments.at(known_items(parsed, moments.names))
    if chosen.weighted:
        raise AnalysisError("weighted_model")
    shape, values, point = likeliest(parsed, structure, [chosen])
    matrices = shape.filled(values)
    proper(shape, matrices, 0)
    estimates = estimate_table(shape, values, np.asarray(np.linalg.inv(point.information), dtype=np.float64))
    fit = Likelihood(shape, [chosen]).fit(point.value, matrices)
    return Confirmatory(parsed, chosen.n, chosen.n_rows, "ML", estimates, fit, None, *composite(parsed, matrices))


class Likelihood:
    """The normal likelihood of groups with a structure; its discrepancy is the chi-square."""

    def __init__(self, shape: Structure, groups: Sequence[Moments]) -> None:
        self.shape = shape
        self.sizes = [group.n for group in groups]
        self.covariances = [group.covariance * ((group.n - 1) / group.n) for group in groups]
        self.means = [group.means for group in groups]
        self.log_dets = [log_determinant(group) for group in groups]
        p = len(shape.model.items)
        entries = len(groups) * (p * (p + 1) // 2 + (p if shape.has_means else 0))
        self.df = entries - shape.n_free
        if self.df < 0:
            raise AnalysisError("no_degrees_left", free=shape.n_free, moments=entries)

    def at(self, values: Floats) -> Point | None:
        """The chi-square at values of the parameters; None where a covariance matrix is not positive definite."""
        matrices, q = self.shape.filled(values), self.shape.n_free
        chi_square, downhill, information = 0.0, np.zeros(q), np.zeros((q, q))
        for group, (n, observed, mean, log_det) in enumerate(
            zip(self.sizes, self.covariances, self.means, self.log_dets, strict=True)
        ):
            implied = matrices.covariance(group)
            try:
                root = np.linalg.cholesky(implied)
            except np.linalg.LinAlgError:
                return None
            whiten = np.linalg.inv(root)
            off = mean - matrices.mean(group) if self.shape.has_means else np.zeros(len(mean))
            left = whiten @ (observed + np.outer(off, off)) @ whiten.T
            chi_square += n * (2 * np.log(np.diag(root)).sum() - log_det + np.trace(left) - len(mean))
            of_covariance, of_mean = self.shape.slopes(matrices, group)
            turned = (whiten @ of_covariance @ whiten.T).reshape(q, -1)
            shifted = of_mean @ whiten.T
            downhill += n * (turned @ (left - np.eye(len(mean))).ravel() / 2 + shifted @ (whiten @ off))
            information += n * (turned @ turned.T / 2 + shifted @ shifted.T)
        return Point(float(chi_square), downhill, information)

    def fit(self, chi_square: float, matrices: Matrices) -> ModelFit:
        baseline = -sum(
            n * float(np.linalg.slogdet(correlated(observed))[1])
            for n, observed in zip(self.sizes, self.covariances, strict=True)
        )
        p, groups = len(self.shape.model.items), len(self.sizes)
        pairs = groups * p * (p - 1) // 2
        return model_fit((chi_square, self.df), (baseline, pairs), sum(self.sizes), self._srmr(matrices), groups=groups)

    def _srmr(self, matrices: Matrices) -> float:
        """Residuals over observed standard deviations (Bentler), those of means too where they are modelled."""
        total = 0.0
        for group, (n, observed, mean) in enumerate(zip(self.sizes, self.covariances, self.means, strict=True)):
            spread = np.sqrt(np.diag(observed))
            residual = (observed - matrices.covariance(group)) / np.outer(spread, spread)
            squares = residual[np.tril_indices(len(spread))] ** 2
            if self.shape.has_means:
                squares = np.append(squares, ((mean - matrices.mean(group)) / spread) ** 2)
            total += n / sum(self.sizes) * math.sqrt(float(squares.mean()))
        return total


def likeliest(
    model: MeasurementModel, built: Callable[[MeasurementModel], Structure], groups: Sequence[Moments]
) -> tuple[Structure, Floats, Point]:
    """The structure, the parameters of largest likelihood, and the chi-square there."""
    covariances = [group.covariance * ((group.n - 1) / group.n) for group in groups]
    means = [group.means for group in groups]
    return solved(model, built, lambda shape: Likelihood(shape, groups).at, covariances, means)


def log_determinant(group: Moments) -> float:
    """Of the covariance matrix with divisor n; refuses one that cannot be inverted."""
    refuse_dependent(group)
    return float(np.linalg.slogdet(group.covariance * ((group.n - 1) / group.n))[1])
