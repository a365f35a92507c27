"""Measurement invariance: does a scale measure the same in several groups of respondents?"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr

from analysis.confirmatory import Likelihood, likeliest, log_determinant
from analysis.covariance_structure import FIXED, Matrices, Structure, structure
from analysis.faults import AnalysisError
from analysis.fit_indices import ModelFit, tail
from analysis.items import items_of
from analysis.measurement import MeasurementModel, known_items, measurement_model
from analysis.model_solution import estimate_table, proper
from analysis.moments import Moments, item_moments
from analysis.sums import Floats


class Invariance(StrEnum):
    """What is the same in all groups."""

    CONFIGURAL = "configural"  # which items belong to which factor
    METRIC = "metric"  # the loadings too: relations to other things may be compared
    SCALAR = "scalar"  # the intercepts too: means may be compared


@dataclass(frozen=True, slots=True)
class InvarianceLevel:
    """The fit of one level, and what its equalities cost against the level before.

    Attributes
    ----------
    chi_square_difference, df_difference, p_difference : likelihood ratio against the level before; None for the first.
    cfi_difference : CFI less that of the level before. Below -0.01 the equalities are commonly given up.
    estimates : as in :class:`analysis.confirmatory.Confirmatory`, with a column ``group``.
    """

    level: Invariance
    fit: ModelFit
    chi_square_difference: float | None
    df_difference: int | None
    p_difference: float | None
    cfi_difference: float | None
    estimates: pd.DataFrame


@dataclass(frozen=True, slots=True)
class InvarianceTest:
    """Configural, metric and scalar invariance over groups.

    Attributes
    ----------
    groups : label and complete rows of each group, in the order of the labels.
    dropped : rows left out for want of an answer or of a group.
    levels : configural, metric, scalar.
    factor_means : of the scalar model, a row for each group and factor: ``mean`` less that of the first group in the
        unit of the factor's first item, ``se``, ``z``, ``p``; 0 and no error for the first group. They mean something
        only where scalar invariance holds.
    """

    model: MeasurementModel
    groups: tuple[tuple[str, int], ...]
    dropped: int
    levels: tuple[InvarianceLevel, ...]
    factor_means: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """A row for each level."""
        rows = []
        for step in self.levels:
            fit = step.fit
            rows.append(
                {
                    "level": step.level.value,
                    "chi_square": fit.chi_square,
                    "df": fit.df,
                    "p": fit.p,
                    "cfi": fit.cfi,
                    "tli": fit.tli,
                    "rmsea": fit.rmsea.value,
                    "rmsea_low": fit.rmsea.low,
                    "rmsea_high": fit.rmsea.high,
                    "srmr": fit.srmr,
                    "chi_square_difference": step.chi_square_difference,
                    "df_difference": step.df_difference,
                    "p_difference": step.p_difference,
                    "cfi_difference": step.cfi_difference,
                }
            )
        return pd.DataFrame(rows)


def measurement_invariance(
    frame: pd.DataFrame,
    model: str | Mapping[str, Sequence[str]] | MeasurementModel,
    by: pd.Series | Sequence[Hashable] | npt.NDArray[np.object_],
    *,
    missing: int | None = None,
) -> InvarianceTest:
    """Fit the model in all groups at once with more and more held equal.

    Parameters
    ----------
    frame, missing : the answers, see :func:`analysis.items.items_of`.
    model : see :func:`analysis.measurement.measurement_model`.
    by : (n,) group of each row; a row without one is left out.

    Raises
    ------
    AnalysisError : as :func:`analysis.confirmatory.confirm`, naming the group where it lies in one; ``single_group``.

    Notes
    -----
    Items are taken as continuous (maximum likelihood). The RMSEA is multiplied by the root of the number of groups
    (Steiger 1998), as in lavaan.

    References
    ----------
    Meredith (1993), Psychometrika 58, 525–543; Cheung and Rensvold (2002), Struct. Equ. Model. 9, 233–255 (the limit
    of 0.01). R: lavaan 0.6-14 ``cfa(group =, group.equal = c("loadings", "intercepts"))``.
    """
    parsed = measurement_model(model)
    wanted = known_items(parsed, list(frame.columns))
    labels, moments = _by_group(frame, wanted, by, missing)
    levels: list[InvarianceLevel] = []
    for level in Invariance:
        found, means = _fitted(parsed, moments, labels, level, levels[-1] if levels else None)
        levels.append(found)
    sizes = tuple((label, group.n) for label, group in zip(labels, moments, strict=True))
    dropped = len(frame) - sum(size for _label, size in sizes)
    return InvarianceTest(parsed, sizes, dropped, tuple(levels), means)


def _by_group(
    frame: pd.DataFrame, wanted: Sequence[str], by: object, missing: int | None
) -> tuple[list[str], list[Moments]]:
    codes, found = pd.factorize(pd.Series(by).reset_index(drop=True), sort=True)
    if len(codes) != len(frame):
        raise AnalysisError("row_count", name="by", found=len(codes), expected=len(frame))
    if len(found) < 2:
        raise AnalysisError("single_group", groups=", ".join(map(str, found)))
    moments = []
    for code, label in enumerate(found):
        items = items_of(frame.loc[codes == code], wanted, missing=missing)
        with _naming(label):
            moments.append(item_moments(items, wanted))
            log_determinant(moments[-1])
    return [str(label) for label in found], moments


@contextmanager
def _naming(group: Hashable) -> Iterator[None]:
    """Faults met here are told with the group they lie in."""
    try:
        yield
    except AnalysisError as fault:
        told = {"reason": fault.message("vi"), "reason_en": fault.message("en")}
        raise AnalysisError("in_group", group=group, **told) from fault


def _fitted(
    model: MeasurementModel,
    moments: Sequence[Moments],
    labels: Sequence[str],
    level: Invariance,
    before: InvarianceLevel | None,
) -> tuple[InvarianceLevel, pd.DataFrame]:
    def built(of: MeasurementModel) -> Structure:
        return structure(
            of,
            n_groups=len(moments),
            means=True,
            equal_loadings=level is not Invariance.CONFIGURAL,
            equal_intercepts=level is Invariance.SCALAR,
        )

    shape, values, point = likeliest(model, built, moments)
    matrices = shape.filled(values)
    for group, label in enumerate(labels):
        with _naming(label):
            proper(shape, matrices, group)
    covariance = np.asarray(np.linalg.inv(point.information), dtype=np.float64)
    tables = [
        estimate_table(shape, values, covariance, group).assign(group=label) for group, label in enumerate(labels)
    ]
    fit = Likelihood(shape, moments).fit(point.value, matrices)
    difference = fit.chi_square - before.fit.chi_square if before else None
    df = fit.df - before.fit.df if before else None
    found = InvarianceLevel(
        level=level,
        fit=fit,
        chi_square_difference=difference,
        df_difference=df,
        p_difference=None if difference is None or df is None else tail(difference, df),
        cfi_difference=fit.cfi - before.fit.cfi if before else None,
        estimates=pd.concat(tables, ignore_index=True),
    )
    return found, _factor_means(shape, labels, matrices, covariance)


def _factor_means(shape: Structure, labels: Sequence[str], matrices: Matrices, covariance: Floats) -> pd.DataFrame:
    numbers = shape.factor_mean.ravel()
    se = np.where(numbers == FIXED, 0.0, np.sqrt(np.diag(covariance))[numbers])
    mean = matrices.factor_mean.ravel()
    z = np.divide(mean, se, out=np.full(len(se), np.nan), where=se > 0)
    factors = shape.model.factors
    return pd.DataFrame(
        {
            "group": np.repeat(np.array(labels, dtype=object), len(factors)),
            "factor": list(factors) * len(labels),
            "mean": mean,
            "se": se,
            "z": z,
            "p": 2 * ndtr(-np.abs(z)),
        }
    )
