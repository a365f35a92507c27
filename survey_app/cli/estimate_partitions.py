"""``survey estimate`` of many Parquet files, or of one with more rows than are read at once; here or on a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import click
import pandas as pd

from analysis.cell_plan import CellPlan
from analysis.cell_tables import CellTable
from analysis.design_plan import DesignPlan
from analysis.loading import ROWS as ROWS_AT_ONCE
from analysis.loading import Partition, columns_of, parquet_partitions, read_partition
from analysis.options import Options
from analysis.partitions import cells_from, design_of_cells, estimates_from_cells
from analysis.results import Estimates, Kind
from survey_app.cli import estimate_words as words
from survey_app.cli.design_notes import design_notes
from survey_app.cli.estimate_data import Condition, SurveyFile
from survey_app.cli.tabular import progress, text
from survey_app.table_faults import TableFileError
from survey_app.table_text import tidy

FILE_OR_FOLDER = click.Path(exists=True, path_type=Path)
ROWS_ASIDE, WEIGHTS_ASIDE = "(rows)", "(weights)"
"""Columns made beside those of the files; no tidy name of a file is put in brackets."""


@dataclass(frozen=True)
class Source:
    """Files in partitions, and where the work is done."""

    files: tuple[Path, ...]
    scheduler: str | None = None

    @property
    def is_many(self) -> bool:
        """More than one file."""
        return len(self.files) > 1 or self.files[0].is_dir()


def leading_files(first: Path, after: tuple[str, ...]) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """The Parquet files that stand before the items, as a shell writes them out for ``part-*.parquet``; the items."""
    more: list[str] = []
    if first.suffix.lower() == ".parquet":
        more = list(takewhile(lambda word: word.lower().endswith(".parquet") and Path(word).is_file(), after))
    if len(more) == len(after):
        raise click.UsageError("Missing argument 'ITEM...'.")
    return (first, *map(Path, more)), after[len(more) :]


def source_of(files: tuple[Path, ...], scheduler: str | None, plan: DesignPlan) -> Source | None:
    """The files as a source of partitions, or None where they are one table that is read whole."""
    one_by_one = plan.replicates is not None or plan.calibration is not None
    source = Source(files, scheduler)
    if source.is_many or scheduler is not None:
        if one_by_one:
            raise click.UsageError(words.NOT_IN_PARTITIONS)
        return source
    if one_by_one or files[0].suffix.lower() != ".parquet" or len(parquet_partitions(files, ROWS_AT_ONCE)) == 1:
        return None
    return source


@dataclass(frozen=True)
class Reader:
    """The columns of a partition, checked as those of a file that is read whole."""

    items: tuple[str, ...]
    domains: tuple[str, ...]
    where: tuple[Condition, ...]
    plan: DesignPlan
    shares: bool  # items may be text

    def cell_plan(self, kind: Kind, pairs: Sequence[tuple[str, str]], *, deff: bool) -> CellPlan:
        """What is added up, by the columns of :meth:`__call__`."""
        stages = {
            role: [None if name is None else f"{role}[{stage}]" for stage, name in enumerate(names, start=1)]
            for role, names in self._stages.items()
        }
        return CellPlan(
            kind=kind,
            items=[above for above, _ in pairs] if pairs else self.items,
            denominators=[below for _, below in pairs],
            estimation_weights=None if self.plan.estimation_weights is None else WEIGHTS_ASIDE,
            nest=self.plan.nest,
            by=self.domains,
            where=ROWS_ASIDE if self.where else None,
            missing=self.plan.missing,
            deff=deff,
            **stages,
        )

    def __call__(self, partition: Partition, _columns: Sequence[str] | None) -> pd.DataFrame:
        file = self._file(partition)
        columns: dict[str, pd.Series] = {
            name: file.answers(name) if self.shares else file.measures(name) for name in self.items
        }
        for name in self.domains:
            columns.setdefault(name, file.groups(name))
        for role, names in self._stages.items():
            for stage, label in enumerate(names, start=1):
                if label is not None:
                    made = file.amounts(label, above_zero=True) if role == "fpc" else file.labels(label)
                    columns[f"{role}[{stage}]"] = pd.Series(made)
        if self.plan.estimation_weights is not None:
            columns[WEIGHTS_ASIDE] = pd.Series(file.amounts(self.plan.estimation_weights))
        chosen = file.where(self.where)
        if chosen is not None:
            columns[ROWS_ASIDE] = pd.Series(chosen)
        return pd.DataFrame(columns)

    @property
    def _stages(self) -> dict[str, tuple[str | None, ...]]:
        return {"strata": self.plan.strata, "psu": self.plan.psu, "fpc": self.plan.fpc}

    def _file(self, partition: Partition) -> SurveyFile:
        """The columns that are needed, under tidy names."""
        stored = {tidy(name): name for name in columns_of(partition)}
        design = [name for names in self._stages.values() for name in names]
        conditions = [condition.column for condition in self.where]
        needed = [*self.items, *self.domains, *conditions, *design, self.plan.estimation_weights]
        wanted = list(dict.fromkeys(tidy(name) for name in needed if name is not None))
        path = Path(str(partition))
        for name in wanted:
            if name not in stored:
                raise TableFileError(path, "missing_column", column=name, known=", ".join(stored))
        frame = read_partition(partition, [stored[name] for name in wanted])
        return SurveyFile(path, frame.set_axis(wanted, axis=1))


def partition_estimates(
    source: Source,
    reader: Reader,
    kind: Kind,
    *,
    pairs: Sequence[tuple[str, str]],
    options: Options,
    lang: str,
) -> tuple[Estimates, list[str]]:
    """The estimates, and what there is to know of the design and of the rows that are left out."""
    partitions = parquet_partitions(source.files, ROWS_AT_ONCE)
    plan = reader.cell_plan(kind, pairs, deff=options.deff is not None)
    with progress(len(partitions) + 1, text(words.PROGRESS, lang)) as done:
        table = cells_from(partitions, plan, read=reader, scheduler=source.scheduler, advance=lambda _rows: done(1))
        found = estimates_from_cells(table, lonely_psu=reader.plan.lonely_psu, options=options)
        done(1)
    return found, list(_notes(table, reader, len(partitions), lang))


def _notes(table: CellTable, reader: Reader, n_partitions: int, lang: str) -> Iterator[str]:
    design = design_of_cells(table, reader.plan.lonely_psu)
    yield text(words.NOTES["partitions"], lang, n=n_partitions, rows=table.n_rows)
    yield from design_notes(reader.plan, design, lang, n_rows=table.n_rows, n_zero=table.n_without_weight)
    if table.n_without_domain:
        yield text(words.NOTES["blank_group"], lang, n=table.n_without_domain, columns=", ".join(reader.domains))
