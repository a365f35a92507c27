"""``survey estimate`` at work: from what was asked to the tables that are shown."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.contrasts import ITEM, contrast_table
from analysis.design import SurveyDesign
from analysis.design_plan import RANDOM, DesignPlan, ReplicateMethod, ReplicatePlan
from analysis.domain_quantiles import quantiles
from analysis.estimate import means, proportions, ratios, totals
from analysis.intervals import ProportionInterval
from analysis.options import DesignEffect, Options
from analysis.quantiles import QuantileRule
from analysis.replicate import replicate_estimates
from analysis.replicate_weights import brr, canty_davison, jk1, jkn, rao_wu
from analysis.replicates import Replicates
from analysis.results import Estimates, Kind
from survey_app.cli import estimate_words as words
from survey_app.cli.design_notes import design_notes, n_blank
from survey_app.cli.estimate_covariance import write_covariance
from survey_app.cli.estimate_data import Condition, SurveyFile, design_of
from survey_app.cli.estimate_given import GivenWeights
from survey_app.cli.estimate_options import ClosedGroup, Guard
from survey_app.cli.estimate_partitions import Reader, Source, partition_estimates
from survey_app.cli.estimate_screen import on_screen
from survey_app.cli.tabular import Output, emit, progress, text
from survey_app.tables import read_table

SEEDS = 10**12
Pairs = Sequence[tuple[str, str]]  # numerator, denominator
DEFF = {
    "without": DesignEffect.WITHOUT_REPLACEMENT,
    "with": DesignEffect.WITH_REPLACEMENT,
    "none": None,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Loads of some values of a column, or of items where the column is ``item``."""

    column: str
    loads: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked on the command line."""

    file: Path
    items: tuple[str, ...]
    by: tuple[str, ...]
    where: tuple[Condition, ...]
    plan: DesignPlan
    level: float
    comparison: Comparison | None
    deff: str | None
    output: Output
    closed_group: ClosedGroup | None = None  # instead of the plan's design
    guard: Guard | None = None
    source: Source | None = None  # the file, or several, in partitions; None: it is read whole
    given: GivenWeights | None = None  # replicate weights of the file
    covariance: Path | None = None  # file to write

    @property
    def is_replicated(self) -> bool:
        """Errors come from replicates."""
        return self.plan.replicates is not None or self.given is not None

    @property
    def domains(self) -> tuple[str, ...]:
        """The columns of ``--by``, and that of a comparison."""
        compared = self.comparison.column if self.comparison else ITEM
        return self.by if compared in (*self.by, ITEM) else (*self.by, compared)

    @property
    def columns(self) -> tuple[str, ...]:
        """Those of the file that are needed besides the items."""
        design = self.plan.columns if self.closed_group is None else (self.closed_group.cell,)
        return (*self.domains, *(condition.column for condition in self.where), *design)


@dataclass(frozen=True)
class Ready:
    """The columns that the estimates need, and the design."""

    file: SurveyFile
    frame: pd.DataFrame
    design: SurveyDesign
    where: Any
    notes: tuple[str, ...]


def show_estimates(
    asked: Asked,
    kind: Kind,
    pairs: Pairs = (),
    *,
    interval: ProportionInterval = ProportionInterval.BETA,
) -> None:
    """Means, totals, ratios or proportions, or their comparison, as the options ask."""
    names = [name for pair in pairs for name in pair] if pairs else list(asked.items)
    options = Options(
        level=asked.level,
        proportion_interval=interval,
        deff=_deff(asked),
        covariances=asked.comparison is not None or asked.covariance is not None,
        missing=asked.plan.missing,
    )
    if asked.source is None:
        found, file, notes = _of_rows(asked, kind, names, pairs, options)
    else:
        reader = Reader(tuple(dict.fromkeys(names)), asked.domains, asked.where, asked.plan, kind is Kind.PROPORTION)
        found, notes = partition_estimates(
            asked.source, reader, kind, pairs=pairs, options=options, lang=asked.output.lang
        )
        file = SurveyFile(asked.file, found.domains)
    if asked.covariance is not None:
        notes = [*notes, write_covariance(found, asked.covariance, asked.output.lang)]
    if asked.guard is not None:
        found, methods, told = asked.guard.applied(found, kind, asked.output.lang)
        _show(found.table().assign(se_method=methods), kind.value, asked, file, [*notes, told])
    elif asked.comparison is None:
        _show(found.table(), kind.value, asked, file, notes)
    else:
        _show(_compared(found, asked.comparison, file), "contrast", asked, file, notes)


def _of_rows(
    asked: Asked, kind: Kind, names: Sequence[str], pairs: Pairs, options: Options
) -> tuple[Estimates, SurveyFile, list[str]]:
    """The estimates of a file that is read whole, and what there is to know of it."""
    with progress(len(set(names)) + 3, text(words.PROGRESS, asked.output.lang)) as done:
        ready = _ready(asked, names, done, answers=kind is Kind.PROPORTION)
        replicates, told = _replicates(ready, asked)
        found = _estimates(ready, kind, asked, pairs=pairs, options=options, replicates=replicates)
        done(1)
    return found, ready.file, [*ready.notes, *told]


def _deff(asked: Asked) -> DesignEffect | None:
    """Against sampling without replacement, as R does; with replacement where nothing tells the population."""
    if asked.is_replicated or asked.comparison is not None:
        return None
    counted = asked.plan.estimation_weights is not None or asked.plan.calibration is not None
    counted |= asked.closed_group is not None
    return DEFF[asked.deff or ("without" if counted else "with")]


def show_quantiles(asked: Asked, q: Sequence[float], rule: QuantileRule, interval: ProportionInterval) -> None:
    """Quantiles as the options ask."""
    options = Options(level=asked.level, missing=asked.plan.missing)
    with progress(len(set(asked.items)) + 3, text(words.PROGRESS, asked.output.lang)) as done:
        ready = _ready(asked, asked.items, done)
        found = quantiles(
            ready.design, ready.frame, asked.items, q,
            by=asked.by, where=ready.where, rule=rule, interval=interval, options=options,
        )  # fmt: skip
        done(1)
    _show(found.table(), "quantile", asked, ready.file, ready.notes)


def _ready(asked: Asked, names: Sequence[str], done: Callable[[int], None], *, answers: bool = False) -> Ready:
    """The file read and checked, column by column."""
    # columns of replicate weights may be named by what they begin with
    wanted = None if asked.given is not None else [*names, *asked.columns]
    file = SurveyFile(asked.file, read_table(asked.file, wanted))
    done(1)
    columns = {}
    for name in dict.fromkeys(names):
        columns[name] = file.answers(name) if answers else file.measures(name)
        done(1)
    for name in asked.domains:
        columns.setdefault(name, file.groups(name))
    where = file.where(asked.where)
    closed = asked.closed_group
    design = design_of(file, asked.plan) if closed is None else closed.design(file)
    done(1)
    frame = pd.DataFrame(columns)
    return Ready(file, frame, design, where, tuple(_notes(asked, file, design)))


def _estimates(
    ready: Ready, kind: Kind, asked: Asked, *, pairs: Pairs, options: Options, replicates: Replicates | None
) -> Estimates:
    above, below = [y for y, _ in pairs], [x for _, x in pairs]
    common: dict[str, Any] = {"by": asked.domains, "where": ready.where, "options": options}
    if replicates is not None:
        items = above or list(asked.items)
        return replicate_estimates(
            ready.design, ready.frame, items, replicates=replicates, statistic=kind, denominators=below, **common
        )
    if kind is Kind.RATIO:
        return ratios(ready.design, ready.frame, above, below, **common)
    call = {Kind.MEAN: means, Kind.TOTAL: totals, Kind.PROPORTION: proportions}[kind]
    return call(ready.design, ready.frame, asked.items, **common)


def _replicates(ready: Ready, asked: Asked) -> tuple[Replicates | None, list[str]]:
    """The replicates that were asked for, and what there is to say of them."""
    if asked.given is not None:
        given, note = asked.given.replicates(ready.file, asked.plan, ready.design, asked.output.lang)
        return given, [note]
    plan = asked.plan.replicates
    if plan is None:
        return None, []
    seed = plan.seed if plan.seed is not None else secrets.randbelow(SEEDS)
    made = _made(ready.design, plan, np.random.default_rng(seed))
    lang = asked.output.lang
    notes = [text(words.NOTES["replicates"], lang, n=made.count, method=plan.method.value)]
    return made, [*notes, text(words.NOTES["seed"], lang, seed=seed)] if plan.method in RANDOM else notes


def _made(design: SurveyDesign, plan: ReplicatePlan, rng: np.random.Generator) -> Replicates:
    match plan.method:
        case ReplicateMethod.JK1:
            return jk1(design)
        case ReplicateMethod.JKN:
            return jkn(design)
        case ReplicateMethod.BOOTSTRAP:
            return rao_wu(design, plan.n, rng)
        case ReplicateMethod.CANTY_DAVISON:
            return canty_davison(design, plan.n, rng)
    return brr(design, fay_rho=plan.rho)


def _compared(found: Estimates, comparison: Comparison, file: SurveyFile) -> pd.DataFrame:
    loads: dict[Any, float] = dict(comparison.loads)
    if comparison.column != ITEM:
        loads = {file.value_named(comparison.column, value): load for value, load in comparison.loads}
    return contrast_table(found, comparison.column, loads)


def _notes(asked: Asked, file: SurveyFile, design: SurveyDesign) -> Iterator[str]:
    """What there is to know of the design and of the rows that are left out."""
    lang = asked.output.lang
    if asked.closed_group is not None:
        yield asked.closed_group.note(file, lang)
    else:
        yield from design_notes(asked.plan, design, lang)
    if asked.domains and (blank := n_blank(file, asked.domains)):
        yield text(words.NOTES["blank_group"], lang, n=blank, columns=", ".join(asked.domains))
    if asked.where and (blank := n_blank(file, [condition.column for condition in asked.where])):
        yield text(words.NOTES["blank_condition"], lang, n=blank)


def _show(table: pd.DataFrame, what: str, asked: Asked, file: SurveyFile, notes: Sequence[str]) -> None:
    """The table with the reasons that stand in it; on screen in words."""
    output, lang = asked.output, asked.output.lang
    said = list(notes)
    if not len(table):
        said.append(text(words.NOTES["no_domain"], lang))
    if "deff" in table and (table["deff"].isna() & (table["note"].isin(["", "zero_error"]))).any():
        said.append(text(words.NOTES["deff"], lang))
    said += [
        text(words.REASONS[code], lang) for code in words.REASONS if (table.get("note", pd.Series()) == code).any()
    ]
    if output.out is None and output.format == "table":
        screen, headings, digits = on_screen(table, what, asked.level, lang, file.frame.attrs.get("value_labels", {}))
        emit(screen, output, notes=said, headings=headings, digits=digits)
    else:
        emit(table, output, notes=said)
