"""Cell totals with their labels: what a partition of the data adds to the estimates, and the sum of many partitions.

Units and domains are known by their labels, so that tables made apart, of parts of the same sample, can be added: a
sampling unit may lie in several of them. Once added up, labels are numbered and the design is made from the units as
it would be from rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from analysis.calibrated import Regression
from analysis.cell_plan import CellPlan
from analysis.cells import CellIndex, CellSums, DomainMoments
from analysis.clusters import Clusters
from analysis.design import label_numbers
from analysis.items import level_name
from analysis.results import Kind
from analysis.sums import Floats, Ints, numbered, sum_by

Level = tuple[int, float | str]
"""Place of a question, and one of its levels: a number, or a text or category."""


@dataclass(frozen=True)
class CellTable:
    """Totals of K columns by cell of sampling unit × domain.

    For shares of levels, ``total`` has a column for each level that occurs, ``size`` and ``count`` one for each
    question; either of these may have a single column where it is the same for all.
    """

    plan: CellPlan
    units: pd.DataFrame  # (U rows) labels of strata and units, and population sizes, by stage; ascending
    unit_weights: Floats  # (U,) Σ w of all rows
    domains: pd.DataFrame  # (D rows) labels, ascending; no column for the whole
    unit: Ints  # (C,) of each cell
    domain: Ints  # (C,)
    sums: CellSums
    levels: tuple[Level, ...] | None  # of the columns of ``total``
    moments: DomainMoments | None  # (D, K) what the design effect of means and ratios needs
    n_rows: int
    n_without_weight: int  # rows of weight zero
    n_without_domain: int  # rows with a blank in a column of domains

    @property
    def names(self) -> tuple[str, ...]:
        """Of the estimates."""
        items = self.plan.items
        if self.levels is not None:
            shown = [level if isinstance(level, str) else level_name(level) for _place, level in self.levels]
            return tuple(f"{items[place]}={level}" for (place, _level), level in zip(self.levels, shown, strict=True))
        if self.plan.kind is Kind.RATIO:
            return tuple(f"{y}/{x}" for y, x in zip(items, self.plan.denominators, strict=True))
        return tuple(items)

    @property
    def nbytes(self) -> int:
        """Memory of the totals."""
        return self.sums.total.nbytes + self.sums.size.nbytes + self.sums.count.nbytes


def added_up(tables: Sequence[CellTable]) -> CellTable:
    """The table of all the rows of several; added in their order, so that the same tables give the same bytes."""
    first = tables[0]
    if len(tables) == 1:
        return first
    units, unit_of = _joined([table.units for table in tables], apart=first.plan.units_are_rows)
    domains, domain_of = _joined([table.domains for table in tables])
    levels = first.levels
    if any(table.levels != levels for table in tables):
        levels = tuple(sorted({level for table in tables for level in table.levels or ()}))
    unit_codes = np.concatenate([codes[table.unit] for codes, table in zip(unit_of, tables, strict=True)])
    domain_codes = np.concatenate([codes[table.domain] for codes, table in zip(domain_of, tables, strict=True)])
    cell, (unit, domain) = numbered((unit_codes, len(units)), (domain_codes, len(domains)))
    cells = np.split(cell, np.cumsum([len(table.unit) for table in tables])[:-1])
    unit_weights = np.zeros(len(units))
    for codes, table in zip(unit_of, tables, strict=True):
        unit_weights[codes] += table.unit_weights
    totals = [_by_level(table, levels) for table in tables]
    return CellTable(
        plan=first.plan,
        units=units,
        unit_weights=unit_weights,
        domains=domains,
        unit=unit,
        domain=domain,
        sums=CellSums(
            _placed(totals, cells, len(unit)),
            _placed([table.sums.size for table in tables], cells, len(unit)),
            _placed([table.sums.count for table in tables], cells, len(unit)),
        ),
        levels=levels,
        moments=_added_moments([table.moments for table in tables], domain_of, len(domains)),
        n_rows=sum(table.n_rows for table in tables),
        n_without_weight=sum(table.n_without_weight for table in tables),
        n_without_domain=sum(table.n_without_domain for table in tables),
    )


def _joined(frames: Sequence[pd.DataFrame], *, apart: bool = False) -> tuple[pd.DataFrame, list[Ints]]:
    """The distinct rows of label frames, ascending, and where the rows of each frame stand among them.

    apart : no row is the same as another; they stay in their order.
    """
    whole = pd.concat(frames, ignore_index=True)
    ends = np.cumsum([len(frame) for frame in frames])[:-1]
    if apart:
        return whole, np.split(np.arange(len(whole)), ends)
    if not len(whole.columns):  # the whole is the only domain, or no labels tell units apart
        return frames[0], [np.zeros(len(frame), dtype=np.intp) for frame in frames]
    parts = [label_numbers(whole[name], str(name), len(whole)) for name in whole.columns]
    place, codes = numbered(*((code, len(labels)) for code, labels in parts))
    columns = zip(whole.columns, codes, parts, strict=True)
    distinct = pd.DataFrame({name: pd.Index(labels).take(code) for name, code, (_, labels) in columns})
    return distinct, np.split(place, ends)


def _by_level(table: CellTable, levels: tuple[Level, ...] | None) -> Floats:
    """The totals with a column for each of the levels; nobody chose those that the table lacks."""
    if levels is None or levels == table.levels:
        return table.sums.total
    widened = np.zeros((len(table.unit), len(levels)))
    widened[:, [levels.index(level) for level in table.levels or ()]] = table.sums.total
    return widened


def _placed(arrays: Sequence[Floats], places: Sequence[Ints], count: int) -> Floats:
    """Rows of the arrays added up where they belong; an array places no two of its rows together."""
    summed = np.zeros((count, max(array.shape[1] for array in arrays)))
    for array, place in zip(arrays, places, strict=True):
        summed[place] += array
    return summed


def _added_moments(
    moments: Sequence[DomainMoments | None], domain_of: Sequence[Ints], n_domains: int
) -> DomainMoments | None:
    given = [part for part in moments if part is not None]
    if not given:
        return None
    return DomainMoments(
        *(_placed([getattr(part, field.name) for part in given], domain_of, n_domains) for field in fields(given[0]))
    )


@dataclass(frozen=True)
class TableSource:
    """A table of cells as what estimates are made from."""

    names: tuple[str, ...]
    clusters: Clusters
    index: CellIndex
    n_domains: int
    whole: CellSums
    table: CellTable
    regression: Regression | None = None

    def sums(self, chosen: slice) -> CellSums:
        return CellSums(*(_columns(values, chosen) for values in (self.whole.total, self.whole.size, self.whole.count)))

    def moments(self, chosen: slice, sums: CellSums) -> DomainMoments:
        if self.table.moments is not None:
            moments = self.table.moments
            return DomainMoments(*(_columns(getattr(moments, field.name), chosen) for field in fields(moments)))
        xy, xx = (sum_by(self.index.domain, cells, self.n_domains) for cells in (sums.total, sums.size))
        return DomainMoments(xy, xy, xx, xx)  # of 0 and 1


def _columns(values: Floats, chosen: slice) -> Floats:
    return values if values.shape[1] == 1 else values[:, chosen]


def source_of_table(table: CellTable, clusters: Clusters, row_unit: Ints) -> TableSource:
    """The cells numbered by the finest units of a design whose rows are the units of the table."""
    n_domains, finest = len(table.domains), row_unit[table.unit]
    cell, (unit, domain) = numbered((finest, clusters.n_finest), (table.domain, n_domains))
    ones, n_cells = np.ones(len(unit)), len(unit)
    index = CellIndex(None, np.arange(n_cells), unit, domain, ones, domain)
    asked = None if table.levels is None else [place for place, _level in table.levels]
    of_level = [
        values if asked is None or values.shape[1] == 1 else values[:, asked]
        for values in (table.sums.size, table.sums.count)
    ]
    whole = CellSums(*(sum_by(cell, values, n_cells) for values in (table.sums.total, *of_level)))
    return TableSource(table.names, clusters, index, n_domains, whole, table)
