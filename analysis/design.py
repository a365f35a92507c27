"""The sample design: how the rows were drawn and what each stands for, apart from what they answered.

>>> design = survey_design(frame["calibrated_weight"], strata=frame["commune"], psu=frame["village"])

A stage is given by the label of its units, the label of the strata they were drawn in, and the number of units in the
stratum's population (or the sampling fraction); each of ``psu``, ``strata``, ``fpc`` is one column, or a list with
one column for each stage. Without ``psu`` every row was drawn by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.clusters import Average, Clusters, Stage, strata_over_sound
from analysis.faults import AnalysisError
from analysis.sums import Bools, Floats, Ints, numbered
from sampling.calibration import Calibration

Column = Sequence[Any] | npt.NDArray[Any] | pd.Series
SHOWN = 5


class LonelyPsu(StrEnum):
    """What a stratum with a single sampled unit, of several, adds to the variance (R: ``survey.lonely.psu``)."""

    FAIL = "fail"  # nothing: the design is refused
    CERTAINTY = "certainty"  # nothing: the unit is taken as drawn for certain
    ADJUST = "adjust"  # its squared influence: for a mean its deviation from the whole; R 4.1.1 does so for totals too
    AVERAGE = "average"  # the average of the other strata: in a domain, of those it reaches; in a covariance, of all


@dataclass(frozen=True)
class SurveyDesign:
    """Strata, stages, weights and calibration of a sample of n rows.

    Attributes
    ----------
    estimation_weights : (n,) people (or files, …) a row stands for. Rows of weight zero add nothing to any sum, but
        their units were drawn: they count in n/(n-1), in the fraction drawn and for the lonely rule, with a total of
        zero, as in R and as for a domain.
    row_unit : (n,) the finest unit each row lies in.
    clusters : the units and stages the variance is computed over.
    order : (n,) the rows in the order of their units; None where they stand so already.
    calibration : what the weights were calibrated on, if they were; the variance is then that of residuals.
    lonely_psu : the rule for strata with one sampled unit of several; replication needs to know it.
    """

    estimation_weights: Floats
    row_unit: Ints
    clusters: Clusters
    order: Ints | None
    calibration: Calibration | None = None
    lonely_psu: LonelyPsu = LonelyPsu.FAIL

    @property
    def n_rows(self) -> int:
        return len(self.estimation_weights)

    def expect_rows(self, **found: int) -> None:
        """Refuse what has not as many rows as the design, by its name."""
        for name, count in found.items():
            _same_length(name, count, self.n_rows)

    @property
    def degrees_of_freedom(self) -> int:
        """First-stage units less first-stage strata, among rows with a positive weight."""
        first = self.clusters.stages[0]
        units = np.unique(first.unit[self.row_unit[self.estimation_weights > 0]])
        return len(units) - len(np.unique(first.stratum[units]))


def survey_design(
    estimation_weights: Column,
    *,
    psu: Column | Sequence[Column] | None = None,
    strata: Column | Sequence[Column] | None = None,
    fpc: Column | Sequence[Column] | None = None,
    nest: bool = False,
    lonely_psu: LonelyPsu = LonelyPsu.FAIL,
    calibration: Calibration | None = None,
) -> SurveyDesign:
    """The design of a sample, checked.

    Parameters
    ----------
    estimation_weights : (n,) zero or more, not all zero; a unit of weight zero is drawn, with a total of zero.
    psu, strata, fpc : (n,) a column, or a list of columns by stage; ``fpc`` holds the units of the stratum's
        population, or the fraction of them that was drawn. A later stage counts only where the stages before it have
        an ``fpc``.
    nest : labels of first-stage units start anew in each stratum.
    lonely_psu : the rule for strata with one sampled unit of several.
    calibration : the result of :mod:`sampling.calibration` whose ``calibrated_weights`` are given here.

    Raises
    ------
    AnalysisError : weights that are missing or negative, blank labels, a unit in two strata (unless ``nest``), an
        ``fpc`` that varies within a stratum or is below the units drawn, a lonely unit under ``fail``.
    """
    row_weights = weights_of_rows(estimation_weights)
    if not len(row_weights):
        raise AnalysisError("no_rows")
    if not row_weights.any():
        raise AnalysisError("all_weights_zero")
    count = len(row_weights)
    columns = [_by_stage(column) for column in (psu, strata, fpc)]
    n_stages = max(1, *(len(stages) for stages in columns))
    units, stratas, populations = ([*stages, *[None] * (n_stages - len(stages))] for stages in columns)
    drawn_rows = [_stage_rows(units[0], stratas[0], None, count, nest=nest, stage=1)]
    for k in range(1, n_stages):
        if populations[k - 1] is None:
            if populations[k] is not None:
                raise AnalysisError("stage_without_fpc", stage=k + 1)
            break
        drawn_rows.append(_stage_rows(units[k], stratas[k], drawn_rows[-1], count, nest=True, stage=k + 1))
    finest = drawn_rows[-1].unit
    stages = _stages(drawn_rows, populations, lonely_psu)
    order = None if bool((np.diff(finest) >= 0).all()) else np.argsort(finest, kind="stable")
    if calibration is not None:
        _same_length("calibration", len(calibration.base_weights), count)
    return SurveyDesign(row_weights, finest, Clusters(stages), order, calibration, lonely_psu)


@dataclass(frozen=True)
class _StageRows:
    """Units and strata of one stage by row, numbered; units in the order of their strata."""

    unit: Ints  # (n,)
    stratum: Ints  # (U,) of each unit
    parent: Ints  # (U,) unit of the stage before
    names: Sequence[object]  # (H,) label of each stratum

    @property
    def drawn(self) -> Ints:
        return np.bincount(self.stratum, minlength=len(self.names))


def _stage_rows(
    unit: Column | None, strata: Column | None, before: _StageRows | None, count: int, *, nest: bool, stage: int
) -> _StageRows:
    """Number the units and strata of a stage; those of a later stage lie within the units of the stage before."""
    label = np.zeros(count, dtype=np.intp) if strata is None else None
    names: Sequence[object] = ["1"]
    if label is None:
        label, names = label_numbers(strata, f"strata[{stage}]", count)
    parent = np.zeros(count, dtype=np.intp) if before is None else before.unit
    n_parents = 1 if before is None else len(before.stratum)
    stratum, (of_parent, of_label) = numbered((parent, n_parents), (label, len(names)))
    strata_names = [names[int(place)] for place in of_label]
    if unit is None:  # the rows themselves
        order = np.argsort(stratum, kind="stable")
        numbers = np.empty(count, dtype=np.intp)
        numbers[order] = np.arange(count)
        return _StageRows(numbers, stratum[order], of_parent[stratum[order]], strata_names)
    labels, unit_names = label_numbers(unit, f"psu[{stage}]", count)
    number, (of_stratum, of_unit) = numbered((stratum, len(strata_names)), (labels, len(unit_names)))
    if not nest and len(of_unit) > len(unit_names):
        twice = int(np.flatnonzero(np.bincount(of_unit) > 1)[0])
        where = _some(strata_names[int(place)] for place in of_stratum[of_unit == twice])
        raise AnalysisError("psu_in_two_strata", psu=unit_names[twice], strata=where)
    return _StageRows(number, of_stratum, of_parent[of_stratum], strata_names)


def _stages(rows: list[_StageRows], populations: Sequence[Column | None], rule: LonelyPsu) -> tuple[Stage, ...]:
    """The stages with the factor of each stratum; fractions of earlier stages multiply into later ones."""
    finest = rows[-1]
    first_row = np.zeros(len(finest.stratum), dtype=np.intp)
    first_row[finest.unit] = np.arange(len(finest.unit))  # some row of each finest unit
    reached = np.ones(1)  # product of the sampling fractions of the stages before, by unit of the stage before
    stages = []
    for number, stage in enumerate(rows):
        size = _population(populations[number], stage)
        of_parent = np.zeros(len(stage.names), dtype=np.intp)
        of_parent[stage.stratum] = stage.parent if number else 0
        share, drawn = reached[of_parent], stage.drawn
        remaining = 1 - drawn / size
        lonely = (drawn == 1) & (remaining > 0) & (share > 0)
        if rule is LonelyPsu.FAIL and lonely.any():
            raise AnalysisError("lonely_psu", strata=_some(stage.names[int(place)] for place in np.flatnonzero(lonely)))
        factor = share * remaining * drawn / np.maximum(drawn - 1, 1)
        average = _average_rule(stage, of_parent, lonely) if rule is LonelyPsu.AVERAGE else None
        if average is not None:
            factor = np.where(lonely, 0.0, factor * average.inflation)
        centred = ~lonely | (rule is not LonelyPsu.ADJUST)
        stages.append(Stage(stage.unit[first_row], stage.stratum, drawn, factor, centred, average))
        reached = (share * drawn / size)[stage.stratum]
    return tuple(stages)


def _average_rule(stage: _StageRows, parent: Ints, lonely: Bools) -> Average | None:
    """Lonely strata are given the average of the others of their parent; refused where there are none."""
    if not lonely.any():
        return None
    alone = lonely & (np.bincount(parent, weights=~lonely)[parent] == 0)
    if alone.any():
        strata = _some(stage.names[int(place)] for place in np.flatnonzero(alone))
        raise AnalysisError("nothing_to_average", strata=strata)
    return Average(parent, lonely, strata_over_sound(parent, lonely))


def _population(fpc: Column | None, stage: _StageRows) -> Floats:
    """Units in the population of each stratum (H,); infinite without an ``fpc``."""
    drawn = stage.drawn
    if fpc is None:
        return np.full(len(drawn), np.inf)
    values = pd.to_numeric(pd.Series(np.asarray(fpc)), errors="coerce").to_numpy(dtype=np.float64)
    _same_length("fpc", len(values), len(stage.unit))
    bad = ~(values > 0) | ((values > 1).any() & (values < 1))
    if bad.any():
        raise AnalysisError("bad_fpc", rows=_rows(bad), values=_some(np.asarray(fpc)[bad]))
    of_row = stage.stratum[stage.unit]
    given = np.zeros(len(drawn))
    given[of_row] = values
    varies = ~np.isclose(given[of_row], values, rtol=1e-9)
    if varies.any():
        where = int(of_row[varies][0])
        shown = _some(np.unique(values[of_row == where]))
        raise AnalysisError("fpc_varies", stratum=stage.names[where], values=shown)
    size: Floats = drawn / given if (values <= 1).all() else given
    short = size < drawn * (1 - 1e-9)
    if short.any():
        where = int(np.flatnonzero(short)[0])
        raise AnalysisError(
            "fpc_too_small", stratum=stage.names[where], drawn=int(drawn[where]), population=f"{size[where]:g}"
        )
    return np.maximum(size, drawn)


def weights_of_rows(column: Column) -> Floats:
    """The column as numbers, zero or more."""
    given = column if _is_plain(column) else pd.to_numeric(pd.Series(np.asarray(column)), errors="coerce")
    values = np.asarray(given, dtype=np.float64)
    bad = ~(values >= 0) | np.isinf(values)
    if bad.any():
        raise AnalysisError("bad_weights", rows=_rows(bad), values=_some(np.asarray(column)[bad]))
    return values


def _is_plain(column: Any) -> TypeGuard[npt.NDArray[Any] | pd.Series]:
    """Numbers as they are; a series of them would copy an array."""
    return (
        isinstance(column, np.ndarray | pd.Series) and isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf"
    )


def _by_stage(given: Column | Sequence[Column] | None) -> list[Column | None]:
    """One column for each stage."""
    if given is None:
        return []
    is_list = isinstance(given, list | tuple) and all(np.ndim(part) == 1 or part is None for part in given)
    return list(given) if is_list else [given]


def label_numbers(column: Column | None, name: str, count: int) -> tuple[Ints, list[object]]:
    """Labels numbered in ascending order, and the labels."""
    labels = column if _is_plain(column) or isinstance(column, pd.Series) else pd.Series(column)
    _same_length(name, len(labels), count)
    codes, names = pd.factorize(labels, sort=True)
    if (codes < 0).any():
        raise AnalysisError("blank_label", name=name, rows=_rows(codes < 0))
    return codes.astype(np.intp), list(names)


def _same_length(name: str, found: int, expected: int) -> None:
    if found != expected:
        raise AnalysisError("row_count", name=name, found=found, expected=expected)


def _rows(mask: Bools) -> str:
    """The first rows of a mask, counted from 1."""
    return _some(np.flatnonzero(mask) + 1)


def _some(values: Any) -> str:
    listed = list(dict.fromkeys(str(value) for value in values))
    return ", ".join(listed[:SHOWN]) + (", …" if len(listed) > SHOWN else "")
