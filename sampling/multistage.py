"""Draws in stages: communes, in them thôn, in them households, in them people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sampling.faults import SamplingError
from sampling.frame import CanonicalFrame, Labels, codes_of, sorted_order
from sampling.inclusion import Floats, Positions
from sampling.selection import ORDERED, UNEQUAL, Auxiliaries, Method, select

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: which units, how many from each unit of the stage before (at the first stage: from each stratum)."""

    unit: str  # column that names the unit; names need only differ within a unit of the stage before
    method: Method
    n: int | None = None
    sizes: Mapping[str, int] | None = None  # first stage with strata: stratum -> number, instead of one ``n``
    size: str | None = None  # measure of size, one value a unit; without it, pps counts the unit's rows of the frame
    strata: tuple[str, ...] = ()  # first stage only
    sort: tuple[str, ...] = ()  # for systematic draws, one value a unit; ties and default: by name
    take_all_if_fewer: bool = False  # a unit with fewer than n is taken completely, instead of refused


@dataclass(frozen=True, slots=True)
class StageDraw:
    """What a stage did, for each row of the sample."""

    unit: str
    labels: npt.NDArray[np.object_]  # the drawn unit the row belongs to
    probability: Floats  # of that unit within the unit of the stage before


@dataclass(frozen=True, slots=True)
class StagedSelection:
    """Rows of the canonical frame that were drawn, ascending; their probability is the product over the stages."""

    positions: Positions
    probabilities: Floats
    stages: tuple[StageDraw, ...]


@dataclass(frozen=True, slots=True)
class SelfWeighting:
    """How far design weights differ: not at all in a self-weighting sample."""

    least: float
    greatest: float
    kish_deff: float  # 1 + squared coefficient of variation: the price of unequal weights
    holds: bool  # least = greatest, to rounding


def self_weighting(design_weight: npt.ArrayLike) -> SelfWeighting:
    """Whether everybody drawn stands for the same number of people (PPS, then a fixed take from each unit drawn).

    References
    ----------
    Kish (1965), Survey Sampling, ch. 7 and s. 11.7.
    """
    found = np.asarray(design_weight, dtype=np.float64)
    if found.ndim != 1 or not found.size or not (np.isfinite(found) & (found > 0)).all():
        raise SamplingError("weights_not_positive")
    least, greatest = float(found.min()), float(found.max())
    deff = float(len(found) * (found @ found) / found.sum() ** 2)
    return SelfWeighting(least, greatest, deff, greatest <= least * (1 + 1e-9))


def select_in_stages(frame: CanonicalFrame, stages: Sequence[Stage], rng: np.random.Generator) -> StagedSelection:
    """Draw stage by stage; after the last stage all rows of the units drawn are in the sample.

    Parameters
    ----------
    frame : a row per unit of the lowest level that is listed, with a column for the unit of every stage
    stages : first to last
    rng : the generator; units are drawn from in canonical order of their names

    Raises
    ------
    SamplingError : no stage; a size or a sort key that differs within a unit; a unit that has fewer than n; each names
        the unit with those above it. What :func:`sampling.selection.select` refuses.
    """
    if not stages:
        raise SamplingError("stages_missing")
    for number, stage in enumerate(stages, start=1):
        _refuse_stage(stage, number)
    units = _Units.first(frame, stages[0])
    done: list[tuple[str, Floats]] = []
    kept = np.ones(len(frame), dtype=bool)
    for stage in stages:
        units = units if not done else _Units.within(units, stage, kept)
        chance = units.draw(rng)[units.unit_of_row]
        kept = chance > 0
        done = [*((unit, earlier[kept]) for unit, earlier in done), (stage.unit, chance[kept])]
    rows = units.rows[kept]
    drawn = tuple(StageDraw(unit, frame.texts[unit][rows], chance) for unit, chance in done)
    return StagedSelection(rows, np.prod([chance for _unit, chance in done], axis=0), drawn)


def _refuse_stage(stage: Stage, number: int) -> None:
    if stage.method is Method.CUBE:
        raise SamplingError("stage_cube", unit=stage.unit)
    if number > 1 and (stage.strata or stage.sizes is not None):
        raise SamplingError("stage_strata", unit=stage.unit, stage=number)
    if stage.sizes is not None and not stage.strata:
        raise SamplingError("sizes_need_strata")
    if (stage.n is None) == (stage.sizes is None):
        raise SamplingError("stage_n", unit=stage.unit, stage=number)
    if stage.size is not None and stage.method not in UNEQUAL:
        raise SamplingError("method_without_size", method=stage.method)
    if stage.sort and stage.method not in ORDERED:
        raise SamplingError("sort_without_order", method=stage.method)


class _Units:
    """The units a stage may draw, in canonical order within the lists it draws from."""

    def __init__(self, frame: CanonicalFrame, stage: Stage, rows: Positions, lists: Codes) -> None:
        self.frame, self.stage, self.rows = frame, stage, rows
        self.strata: list[str] = []
        self.above: tuple[str, ...] = ()  # the stages before, to say where a unit lies
        names, _labels = codes_of(frame.texts[stage.unit][rows])
        pairs = lists * (names.max() + 1) + names
        _pairs, first, self.unit_of_row, self.n_rows = np.unique(
            pairs, return_index=True, return_inverse=True, return_counts=True
        )
        self.first_row = rows[first]
        self.list_of_unit = lists[first]

    @classmethod
    def first(cls, frame: CanonicalFrame, stage: Stage) -> _Units:
        """All units of the frame; the lists to draw from are the strata, if there are any."""
        rows = np.arange(len(frame))
        if not stage.strata:
            return cls(frame, stage, rows, np.zeros(len(frame), dtype=np.int64))
        codes, labels = codes_of(frame.stratum(stage.strata))
        found = cls(frame, stage, rows, codes)
        found.strata = labels
        found._refuse_straddling(codes)
        strange = sorted(set(stage.sizes or {}) - set(labels))
        if strange:
            raise SamplingError("stratum_not_in_frame", stratum=strange[0], strata=len(strange))
        return found

    @classmethod
    def within(cls, before: _Units, stage: Stage, drawn: npt.NDArray[np.bool_]) -> _Units:
        """The units of the next stage within the rows drawn; the lists are the units of the stage before."""
        found = cls(before.frame, stage, before.rows[drawn], before.unit_of_row[drawn])
        found.above = (*before.above, before.stage.unit)
        return found

    def draw(self, rng: np.random.Generator) -> Floats:
        """Inclusion probability of each unit drawn, 0 for the others."""
        chances = np.zeros(len(self.first_row))
        order = self._order()
        measure = self._measure()
        for members in np.split(order, np.flatnonzero(np.diff(self.list_of_unit[order])) + 1):
            n = self._n_of(members)
            known = Auxiliaries(None if measure is None else measure[members])
            drawn = select(self.stage.method, len(members), n, rng, known=known)
            chances[members[drawn.positions]] = drawn.probabilities
        return chances

    def _order(self) -> Positions:
        keys: list[Labels | Floats] = [np.asarray(self.list_of_unit, dtype=np.float64)]
        for name in self.stage.sort:
            column = self.frame.column(name)
            self._refuse_differing(name, column)
            keys.append(column[self.first_row])
        return sorted_order(keys)

    def _measure(self) -> Floats | None:
        if self.stage.method not in UNEQUAL:
            return None
        if self.stage.size is None:
            return self.n_rows.astype(np.float64)
        column = self.frame.numbers[self.stage.size]
        self._refuse_differing(self.stage.size, column)
        return column[self.first_row]

    def _n_of(self, members: Positions) -> int:
        """How many to draw from this list; the list is named where it has too few."""
        asked = self.stage.n
        place = self._place(members[0])
        if self.stage.sizes is not None:
            if place not in self.stage.sizes:
                raise SamplingError("stratum_without_size", stratum=place, strata=1)
            asked = self.stage.sizes[place]
        if asked is None or asked < 1:
            raise SamplingError("n_not_positive", n=asked)
        if asked > len(members) and not self.stage.take_all_if_fewer:
            raise SamplingError("stage_too_few", place=place, unit=self.stage.unit, n=asked, units=len(members))
        return min(asked, len(members))

    def _place(self, unit: int) -> str:
        """The list a unit is drawn from, in words: its stratum, or where the first row of it lies."""
        if self.strata:
            return self.strata[int(self.list_of_unit[unit])]
        row = self.first_row[unit]
        return ", ".join(f"{column} {self.frame.texts[column][row]}" for column in self.above) or "–"

    def _refuse_differing(self, name: str, column: Labels | Floats) -> None:
        """A measure of a unit has one value in all its rows."""
        wrong = np.flatnonzero(column[self.rows] != column[self.first_row][self.unit_of_row])
        if wrong.size:
            unit = self.frame.texts[self.stage.unit][self.rows[wrong[0]]]
            raise SamplingError("stage_value_differs", column=name, unit=self.stage.unit, label=unit)

    def _refuse_straddling(self, strata: Codes) -> None:
        """At the first stage a name is one unit, so it lies in one stratum."""
        table = pd.DataFrame({"unit": self.frame.texts[self.stage.unit][self.rows], "stratum": strata})
        several = table.drop_duplicates().groupby("unit").size()
        if (several > 1).any():
            raise SamplingError("stage_straddles", unit=self.stage.unit, label=several.index[several > 1][0])
