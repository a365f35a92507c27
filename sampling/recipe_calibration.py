"""The step ``calibrate`` of a recipe by itself: controls by name, and columns that hold their levels and quantities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sampling.calibration import Calibration, calibrate_margins, poststratify, rake
from sampling.distance import Distance
from sampling.door import Bools, Floats
from sampling.margins import CROSSING, rescaled
from sampling.recipe import CalibrateStep, CalibrationMethod


class Columns(Protocol):
    """The columns of a sample. Blank cells are refused only in the rows that are asked for."""

    @property
    def count(self) -> int:
        """Rows of the table."""
        ...

    def numbers(self, name: str, rows: Bools) -> Floats:
        """The column as numbers (n,), anything outside the rows."""
        ...

    def labels(self, name: str, rows: Bools) -> npt.NDArray[np.object_]:
        """The column as text (n,), anything outside the rows."""
        ...


def calibrated(step: CalibrateStep, source: Columns, rows: Bools, base: Floats) -> Calibration:
    """The weights ``base`` of some rows of a table calibrated. Refuses what the method of calibration refuses."""
    controls = rescaled(step.margins, step.population) if step.population else step.margins
    labels = {name: source.labels(name, rows)[rows] for name in margin_columns(step)}
    if step.method is CalibrationMethod.POSTSTRATIFY:
        return poststratify(labels, controls, base)
    if step.method is CalibrationMethod.RAKE:
        return rake(labels, controls, base)
    quantities = {name: source.numbers(name, rows)[rows] for name in step.totals}
    return calibrate_margins(
        labels,
        controls,
        base,
        quantities=quantities,
        quantity_totals=step.totals,
        distance=Distance(step.method.value),
        bounds=step.bounds,
    )


def margin_columns(step: CalibrateStep) -> Sequence[str]:
    """The columns whose levels the margins are of; those of a crossing one by one."""
    return list(dict.fromkeys(part.strip() for name in step.margins for part in name.split(CROSSING)))
