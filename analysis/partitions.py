"""Estimates from data in partitions, too large for memory or spread over machines.

Totals by cell of sampling unit × domain are additive: each partition becomes a small table of cells, here or on a
cluster, the tables are added up in the order of the partitions, and the estimates follow from the sum by the same
step as from rows (:mod:`analysis.estimate`). A sampling unit may be spread over several partitions.

>>> plan = CellPlan(items=names, estimation_weights="calibrated_weight", strata="commune", psu="village", by="commune")
>>> estimates = estimates_from_cells(cells_from(parquet_partitions([folder]), plan))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

from analysis.cell_plan import CellPlan
from analysis.cell_tables import CellTable, Level, added_up, source_of_table
from analysis.cells import CellIndex, CellSums, DomainMoments, cell_sums, domain_moments, index_of_rows
from analysis.design import LonelyPsu, SurveyDesign, label_numbers, survey_design, weights_of_rows
from analysis.domains import domains_of
from analysis.estimate import estimates_of
from analysis.faults import AnalysisError, PartitionError
from analysis.items import Columns, Levels, answers_of, items_of, levels_of, numeric_column, pairs_of
from analysis.loading import read_partition
from analysis.options import Options
from analysis.results import Estimates, Kind
from analysis.sums import Ints, numbered

PENDING_BYTES = 2**28
"""Tables wait until they hold as much before they are added up."""

PLAIN = Options()
Reader = Callable[[Any, Sequence[str] | None], pd.DataFrame]


def cells_from(
    partitions: Iterable[Any],
    plan: CellPlan,
    *,
    read: Reader = read_partition,
    scheduler: str | None = None,
    advance: Callable[[int], None] | None = None,
) -> CellTable:
    """The cells of all partitions, in one pass over the data.

    Parameters
    ----------
    partitions : data frames, or whatever ``read`` takes: :func:`analysis.loading.parquet_partitions` by default.
    read : the frame of a partition, given the columns that are needed (None: all).
    scheduler : the address of a Dask scheduler, whose workers then do the work; None: this process, one partition
        in memory at a time. Both give the same bytes.
    advance : called with the number of rows of each partition that is done.

    Raises
    ------
    PartitionError : a partition that cannot be read, lacks a column, or holds what its column may not; with its name.
    AnalysisError : no partition, none with a row, or a cluster that does not answer.
    """
    listed = list(partitions)
    if not listed:
        raise AnalysisError("no_partitions")
    work = partial(_cells_of, plan=plan, read=read)
    tasks = list(enumerate(listed, start=1))
    if scheduler is None:
        tables: Iterable[CellTable] = map(work, tasks)
    else:
        tables = _workers()(work, tasks, scheduler)
    return _sum_of(tables, [_name(task) for task in tasks], advance)


def estimates_from_cells(
    table: CellTable,
    kind: Kind | None = None,
    *,
    lonely_psu: LonelyPsu = LonelyPsu.FAIL,
    options: Options = PLAIN,
) -> Estimates:
    """What :mod:`analysis.estimate` gives for the rows of all partitions together, from their cells.

    Parameters
    ----------
    kind : that of the plan; or the total where the plan says mean, and the reverse.
    options : without ``missing``, which the plan has said.

    Raises
    ------
    AnalysisError : what :func:`analysis.design.survey_design` refuses of the design as a whole, such as a lonely
        unit; cells that were made for another kind, or without what ``deff`` needs.
    """
    plan = table.plan
    kind = plan.kind if kind is None else kind
    if kind is not plan.kind and not {kind, plan.kind} <= {Kind.MEAN, Kind.TOTAL}:
        raise AnalysisError("cells_of_another_kind", kind=kind, made=plan.kind)
    if options.deff is not None and not plan.deff:
        raise AnalysisError("cells_without_deff")
    if table.levels is not None:
        chosen = {place for place, _level in table.levels}
        if blank := [name for place, name in enumerate(plan.items) if place not in chosen]:
            raise AnalysisError("no_levels", columns=", ".join(blank))
    design = design_of_cells(table, lonely_psu)
    source = source_of_table(table, design.clusters, design.row_unit)
    return estimates_of(source, table.domains, kind, options)


def design_of_cells(table: CellTable, lonely_psu: LonelyPsu = LonelyPsu.FAIL) -> SurveyDesign:
    """The design of the whole, whose rows are the sampling units of the table with the weights of their ballots."""
    psu, strata, fpc = (
        [None if name is None else table.units[name] for name in table.plan.stages[role]]
        for role in ("psu", "strata", "fpc")
    )
    return survey_design(
        table.unit_weights, psu=psu, strata=strata, fpc=fpc, nest=table.plan.nest, lonely_psu=lonely_psu
    )


def cells_of_frame(frame: pd.DataFrame, plan: CellPlan) -> CellTable:
    """The cells of rows in memory.

    Raises
    ------
    AnalysisError : a column that is missing, a blank label, a weight below zero, an answer that is no number.
    """
    frame = _checked(frame, plan)
    row_weights = np.ones(len(frame))
    if plan.estimation_weights is not None:
        row_weights = weights_of_rows(frame[plan.estimation_weights])
    units, row_unit = _units(frame, plan)
    domains = domains_of(frame, plan.domain_columns, _chosen(frame, plan))
    order = None if bool((np.diff(row_unit) >= 0).all()) else np.argsort(row_unit, kind="stable")
    index = index_of_rows(row_weights, (row_unit, len(units)), (domains.code, domains.count), order)
    sums, moments, levels = _sums(frame, plan, index, domains.count)
    return CellTable(
        plan=plan,
        units=units,
        unit_weights=np.bincount(row_unit, row_weights, len(units)).astype(np.float64),
        domains=domains.labels,
        unit=index.unit,
        domain=index.domain,
        sums=sums,
        levels=levels,
        moments=moments,
        n_rows=len(frame),
        n_without_weight=int((row_weights == 0).sum()),
        n_without_domain=int(frame[plan.domain_columns].isna().any(axis=1).sum()),
    )


def _checked(frame: pd.DataFrame, plan: CellPlan) -> pd.DataFrame:
    """The frame with numeric population sizes and categories as plain labels."""
    labels = [*plan.labels, *plan.domain_columns]
    one = [name for name in (plan.estimation_weights, plan.where) if isinstance(name, str)]
    for name in [*labels, *one]:
        if name not in frame.columns:
            raise AnalysisError("unknown_column", column=name, known=", ".join(map(str, frame.columns)))
    plain: dict[str, Any] = {name: numeric_column(frame[name]) for name in plan.stages["fpc"] if name is not None}
    for name in dict.fromkeys(labels):
        if name not in plain and isinstance(frame[name].dtype, pd.CategoricalDtype):
            plain[name] = frame[name].astype(frame[name].cat.categories.dtype)
    return frame.assign(**plain) if plain else frame


def _units(frame: pd.DataFrame, plan: CellPlan) -> tuple[pd.DataFrame, Ints]:
    """The labels of each sampling unit, ascending, and the unit of each row."""
    parts = [label_numbers(frame[name], name, len(frame)) for name in plan.labels]
    if plan.units_are_rows:
        return frame[plan.labels].reset_index(drop=True), np.arange(len(frame))
    row_unit, codes = numbered(*((code, len(labels)) for code, labels in parts))
    columns = zip(plan.labels, codes, parts, strict=True)
    return pd.DataFrame({name: pd.Index(labels).take(code) for name, code, (_, labels) in columns}), row_unit


def _chosen(frame: pd.DataFrame, plan: CellPlan) -> Any:
    if plan.where is None:
        return None
    return frame[plan.where] if isinstance(plan.where, str) else plan.where(frame)


def _sums(
    frame: pd.DataFrame, plan: CellPlan, index: CellIndex, n_domains: int
) -> tuple[CellSums, DomainMoments | None, tuple[Level, ...] | None]:
    if plan.kind is Kind.PROPORTION:
        items, labels = answers_of(frame, plan.items, missing=plan.missing)
        levels = levels_of(items, labels)
        return _sums_of_levels(levels, index), None, _named(levels, labels)
    columns: Columns = items_of(frame, plan.items, missing=plan.missing)
    if plan.kind is Kind.RATIO:
        columns = pairs_of(frame, plan.items, plan.denominators, missing=plan.missing)
    sums = cell_sums(index, columns)
    moments = domain_moments(index, columns, n_domains, slice(None), sums) if plan.deff else None
    return sums, moments, None


def _named(levels: Levels, labels: Mapping[str, Sequence[str]]) -> tuple[Level, ...]:
    """Levels that mean the same in every partition: text itself, not its number among the texts of this one."""
    named = [labels.get(levels.items.names[place]) for place in levels.item]
    values = (level if texts is None else texts[int(level)] for level, texts in zip(levels.level, named, strict=True))
    return tuple(zip(levels.item, values, strict=True))


def _sums_of_levels(levels: Levels, index: CellIndex) -> CellSums:
    """Totals by level; sizes and counts by question, since all levels of a question share them."""
    sums = cell_sums(index, levels)
    if levels.complete:
        return sums
    shape = index.n_cells, levels.items.shape[1]
    size, count = np.zeros(shape), np.zeros(shape)
    size[:, levels.item] = sums.size
    count[:, levels.item] = sums.count
    return CellSums(sums.total, size, count)


def _cells_of(task: tuple[int, Any], *, plan: CellPlan, read: Reader) -> CellTable:
    """The cells of one partition; faults carry its name."""
    partition = task[1]
    try:
        return cells_of_frame(partition if isinstance(partition, pd.DataFrame) else read(partition, plan.columns), plan)
    except PartitionError:
        raise
    except AnalysisError as fault:
        raise PartitionError(_name(task), fault) from fault


def _name(task: tuple[int, Any]) -> str:
    number, partition = task
    return f"[{number}]" if isinstance(partition, pd.DataFrame) else str(partition)


def _workers() -> Any:
    """The cluster is an extra: its package is looked for when it is asked for."""
    try:
        return import_module("analysis.cluster").mapped_on_cluster
    except ModuleNotFoundError as error:
        raise AnalysisError("no_distributed") from error


def _sum_of(tables: Iterable[CellTable], names: Sequence[str], advance: Callable[[int], None] | None) -> CellTable:
    """The sum of tables that come in the order of ``names``; memory holds a few at a time."""
    waiting: list[CellTable] = []
    first, held = "", 0
    for name, table in zip(names, tables, strict=True):
        if advance is not None:
            advance(table.n_rows)
        if not table.n_rows:
            continue
        if waiting:
            _same_types(waiting[0], first, table, name)
        first, held = first or name, held + table.nbytes
        waiting.append(table)
        if held > PENDING_BYTES:
            waiting, held = [added_up(waiting)], 0
    if not waiting:
        raise AnalysisError("no_rows")
    return added_up(waiting)


def _same_types(before: CellTable, first: str, table: CellTable, name: str) -> None:
    known, found = _types(before), _types(table)
    for column in known.keys() & found.keys():
        if known[column] != found[column]:
            raise PartitionError(name, AnalysisError("partition_types", column=column, first=first))


def _types(table: CellTable) -> dict[str, str]:
    """What each column of labels holds, and the levels of each question."""
    frames = [frame for frame in (table.units, table.domains) if len(frame)]
    columns = {str(name): _type(frame[name]) for frame in frames for name in frame.columns}
    levels = {table.plan.items[place]: level for place, level in table.levels or ()}
    return columns | {name: "text" if isinstance(level, str) else "number" for name, level in levels.items()}


def _type(labels: pd.Series) -> str:
    if pd.api.types.is_numeric_dtype(labels.dtype):
        return "number"
    return "date" if pd.api.types.is_datetime64_any_dtype(labels.dtype) else "text"
