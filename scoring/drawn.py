"""Ballots of people who were drawn: their weights, strata and first-stage units, for means and their errors.

The estimand is how the unit performs, seen through the people who rated it: within a (unit, group) cell the first-stage
units of each stratum are a sample with replacement, whether or not other first-stage units rate other units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.clusters import Clusters, DomainStage, Stage, domain_stages
from analysis.sums import Floats, Ints, numbered, sum_by
from scoring.faults import Fault, TableError

WEIGHT, STRATUM, PSU = "calibrated_weight", "stratum", "psu"
DESIGN_COLUMNS = (WEIGHT, STRATUM, PSU)


@dataclass(frozen=True)
class Drawn:
    """The sample design of rating rows, one of each per row."""

    ballot_weight: Floats  # people a ballot stands for, above zero
    stratum: Ints  # numbered within the snapshot, respondent groups apart
    psu: Ints  # numbered within the snapshot, strata apart

    def taken(self, rows: Ints) -> Drawn:
        """The rows at these places."""
        return Drawn(self.ballot_weight[rows], self.stratum[rows], self.psu[rows])

    def variance(self, cell: Ints, influence: Floats, n_cells: int) -> Floats:
        """Variances (cells, K) of the sums of ``influence`` (rows, K) over the rows of each cell (rows,)."""
        units, row = self._units(cell)
        return units.variance_by_cell(sum_by(row, influence, len(units.cell)), n_cells)

    def degrees_of_freedom(self, cell: Ints, valid: Floats, n_cells: int) -> Floats:
        """First-stage units less strata with a valid row, (cells, K); ``valid`` (rows, K) is 1 or 0."""
        units, row = self._units(cell)
        return units.freedom_by_cell(sum_by(row, valid, len(units.cell)), n_cells)

    def shares(self, cell: Ints, influence: Floats) -> tuple[Ints, Ints, Floats]:
        """What each first-stage unit adds to the error of its cell: (cell, psu, influence), each (units of cells,).

        The squares of a cell sum to its :meth:`variance`.
        """
        units, row = self._units(cell)
        return units.cell, units.psu, units.scaled(sum_by(row, influence[:, None], len(units.cell)))[:, 0]

    def _units(self, cell: Ints) -> tuple[_CellUnits, Ints]:
        """First-stage units within cells, and the one each row lies in."""
        count = int(cell.max(initial=0)) + 1
        strata, psus = int(self.stratum.max(initial=0)) + 1, int(self.psu.max(initial=0)) + 1
        row, (of_cell, of_stratum, psu) = numbered((cell, count), (self.stratum, strata), (self.psu, psus))
        stratum, _ = numbered((of_cell, count), (of_stratum, strata))
        return _CellUnits(of_cell, psu, stratum), row


@dataclass(frozen=True)
class _CellUnits:
    """First-stage units (U,) by cell and stratum; strata (H,) are those of a cell."""

    cell: Ints
    psu: Ints
    stratum: Ints

    def variance_by_cell(self, totals: Floats, n_cells: int) -> Floats:
        return self._stage(n_cells).variance(totals)

    def freedom_by_cell(self, answered: Floats, n_cells: int) -> Floats:
        return self._stage(n_cells).degrees_of_freedom(answered)

    def scaled(self, totals: Floats) -> Floats:
        """Deviations from the stratum's mean, scaled so that their squares sum to the variance."""
        drawn, factor = self._drawn, self._factor
        means = sum_by(self.stratum, totals, len(drawn)) / drawn[:, None]
        return np.asarray((totals - means[self.stratum]) * np.sqrt(factor)[self.stratum][:, None])

    @property
    def _drawn(self) -> Ints:
        return np.bincount(self.stratum)

    @property
    def _factor(self) -> Floats:
        """n/(n-1); a single unit adds nothing, and the guard against unanimity sees to it."""
        return self._drawn / np.maximum(self._drawn - 1, 1)

    def _stage(self, n_cells: int) -> DomainStage:
        own = np.arange(len(self.cell))
        stage = Stage(own, self.stratum, self._drawn, self._factor, np.ones(len(self._drawn), dtype=np.bool_))
        return domain_stages(Clusters((stage,)), own, self.cell, n_cells)[0]


def drawn_of(frame: pd.DataFrame, group: Ints) -> Drawn | None:
    """The sample design of a ratings frame; None where it has none of the columns ``calibrated_weight, stratum, psu``.

    A missing weight column means one for every ballot, a missing stratum the respondent group, a missing unit the
    ballot. Raises TableError for weights that are not above zero, and for blank labels.
    """
    given = [name for name in DESIGN_COLUMNS if name in frame]
    if not given:
        return None
    faults = [Fault(f"ratings.{name}", "blank", {"expected": name}) for name in given if frame[name].isna().any()]
    weights = np.ones(len(frame))
    if WEIGHT in frame:
        weights = pd.to_numeric(frame[WEIGHT], errors="coerce").to_numpy(dtype=np.float64)
        bad = frame[WEIGHT][~((weights > 0) & np.isfinite(weights))].unique()
        faults += [Fault(f"ratings.{WEIGHT}", "not_positive", {"value": value}) for value in bad]
    if faults:
        raise TableError(faults)
    stratum = _within(group, frame[STRATUM]) if STRATUM in frame else group
    psu = _within(stratum, frame[PSU] if PSU in frame else frame["ballot"])
    return Drawn(weights, stratum, psu)


def _within(outer: Ints, labels: pd.Series) -> Ints:
    """Labels numbered in ascending order within an outer numbering."""
    codes, names = pd.factorize(labels, sort=True)
    number, _ = numbered((outer, int(outer.max(initial=0)) + 1), (codes, len(names)))
    return number
