"""``survey estimate``: means, totals, ratios, proportions and quantiles of a file, with their errors."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np

from analysis.design_plan import RANDOM, USUAL_REPLICATES, DesignPlan, ReplicateMethod, ReplicatePlan
from analysis.intervals import ProportionInterval
from analysis.quantiles import QuantileRule
from analysis.results import Kind
from survey_app.cli import estimate_words as words
from survey_app.cli.design_options import (
    DESIGN_FLAGS,
    TWICE,
    Command,
    design_plan,
    missing_option,
    sample_options,
    with_options,
)
from survey_app.cli.estimate_covariance import covariance_option
from survey_app.cli.estimate_data import Condition, listed_values, parse_conditions
from survey_app.cli.estimate_given import OPTIONS as GIVEN_OPTIONS
from survey_app.cli.estimate_given import GivenWeights, given_weight_options, given_weights_of
from survey_app.cli.estimate_options import closed_group_of, guard_of, small_number_options
from survey_app.cli.estimate_partitions import FILE_OR_FOLDER, Source, leading_files, source_of
from survey_app.cli.estimate_run import Asked, Comparison, show_estimates, show_quantiles
from survey_app.cli.tabular import Output, output_options
from survey_app.table_text import tidy

INTERVALS = [method.value for method in ProportionInterval]


def _comparison(_context: click.Context, _option: click.Parameter, given: str | None) -> Comparison | None:
    """``COL=A,B``: A less B."""
    if given is None:
        return None
    column, sign, rest = given.partition("=")
    values = listed_values(rest)
    if not sign or len(values) != 2 or not all(values):
        raise click.BadParameter(words.COMPARE.format(text=given))
    return Comparison(tidy(column), ((values[0], 1.0), (values[1], -1.0)))


def _contrast(_context: click.Context, _option: click.Parameter, given: str | None) -> Comparison | None:
    """``COL=A:1,B:-0.5,C:-0.5``."""
    if given is None:
        return None
    column, sign, rest = given.partition("=")
    parts = [re.fullmatch(r"(.+):\s*([+-]?(?:\d+\.?\d*|\.\d+))", value) for value in listed_values(rest)]
    if not sign or not all(parts):
        raise click.BadParameter(words.CONTRAST.format(text=given))
    loads = tuple((tidy(part[1]), float(part[2])) for part in parts if part)
    if len(dict(loads)) < len(loads):
        raise click.BadParameter(words.CONTRAST.format(text=given))
    return Comparison(tidy(column), loads)


def design_options(command: Command) -> Command:
    """How the rows were drawn, and which of them count."""
    of_rows: list[Command] = [
        click.option("--by", multiple=True, metavar="COL", help="Domains: an estimate for each value; repeatable."),
        click.option(
            "--where", multiple=True, metavar="COL=VALUE", callback=parse_conditions,
            help="Only these rows (the rest stays in the design): = != >= <= > <; several values by commas.",
        ),
        missing_option,
        click.option("--level", type=float, default=0.95, show_default=True, help="Of the intervals."),
    ]  # fmt: skip
    return sample_options(with_options(command, of_rows))


def error_options(command: Command) -> Command:
    """How errors are found, and what they are compared with."""
    return with_options(
        given_weight_options(covariance_option(command)),
        [
            click.option(
                "--compare", metavar="COL=A,B", callback=_comparison,
                help='The difference A - B, through the covariance; COL "item" compares items.',
            ),
            click.option(
                "--contrast", metavar="COL=A:1,B:-1", callback=_contrast, help="Any linear combination, by loads."
            ),
            click.option(
                "--deff", type=click.Choice(["without", "with", "none"]),
                help="Design effect against sampling without replacement (default, if there are weights) or with it.",
            ),
            click.option(
                "--replicates", type=click.Choice([method.value for method in ReplicateMethod]),
                help="Errors from replicates instead of Taylor; bootstrap is Rao and Wu's.",
            ),
            click.option("--n-replicates", type=click.IntRange(min=2), help=f"Default: {USUAL_REPLICATES}."),
            click.option("--seed", type=click.IntRange(min=0), help="Of a bootstrap; made and printed if not given."),
            click.option("--fay-rho", type=click.FloatRange(0, 1, min_open=True, max_open=True), help="For fay."),
            click.option("--scheduler", metavar="ADDRESS", help="Of a Dask cluster that reads the Parquet files."),
        ],
    )  # fmt: skip


def asks(command: Command) -> Command:
    """Give a command what was asked as one argument ``asked``."""

    @functools.wraps(command)
    def with_asked(
        *,
        file: Path,
        items: tuple[str, ...],
        by: tuple[str, ...],
        where: tuple[Condition, ...],
        level: float,
        missing: int | None,
        output: Output,
        **rest: Any,
    ) -> Any:
        if not 0 < level < 1:
            raise click.BadParameter(f"{level:g} is not between 0 and 1", param_hint="--level")
        plan = design_plan(missing=missing, **{name: rest.pop(name) for name in (*DESIGN_FLAGS, "design_file")})
        flags = {name: rest.pop(name, None) for name in ("replicates", "n_replicates", "seed", "fay_rho")}
        comparison = _one_of(compare=rest.pop("compare", None), contrast=rest.pop("contrast", None))
        plan = _with_replicates(plan, **flags)
        given = given_weights_of({name: rest.pop(name, None) for name in GIVEN_OPTIONS}, plan)
        covariance = rest.pop("covariance", None)
        files, items = leading_files(file, items)
        replicated = plan.replicates is not None or given is not None
        plain = plan.is_plain and not replicated
        source = _source(files, rest.pop("scheduler", None), plan, given)
        closed = {name: rest.pop(name, None) for name in ("closed_group", "invited", "estimand")}
        ends, within, below = (rest.pop(name, None) for name in ("guard", "guard_within", "guard_below"))
        asked = Asked(
            file=file,
            items=tuple(tidy(item) for item in items),
            by=tuple(tidy(name) for name in by),
            where=where,
            plan=plan,
            level=level,
            comparison=comparison,
            deff=rest.pop("deff", None),
            output=output,
            source=None if closed["closed_group"] else source,
            given=given,
            covariance=covariance,
            closed_group=closed_group_of(
                **closed, lonely_psu=plan.lonely_psu, other_design=not plain or _is_many(source)
            ),
            guard=guard_of(ends, within, below, by=by, alone=not (comparison or replicated or covariance)),
        )
        if asked.deff not in (None, "none") and (asked.is_replicated or asked.comparison is not None):
            raise click.UsageError(words.NO_DEFF)
        return command(asked, **rest)

    return with_asked


def _source(
    files: tuple[Path, ...], scheduler: str | None, plan: DesignPlan, given: GivenWeights | None
) -> Source | None:
    """Replicate weights of a file need all its rows together."""
    if given is None:
        return source_of(files, scheduler, plan)
    if Source(files).is_many or scheduler is not None:
        raise click.UsageError(words.NOT_IN_PARTITIONS)
    return None


def _is_many(source: Source | None) -> bool:
    return source is not None and source.is_many


def _one_of(**given: Comparison | None) -> Comparison | None:
    named = {name: value for name, value in given.items() if value is not None}
    if len(named) > 1:
        raise click.UsageError("--compare and --contrast: give one of them")
    return next(iter(named.values()), None)


def _with_replicates(
    plan: DesignPlan, *, replicates: str | None, n_replicates: int | None, seed: int | None, fay_rho: float | None
) -> DesignPlan:
    if replicates is None:
        if n_replicates is not None or seed is not None:
            raise click.UsageError(words.RANDOM_ONLY)
        if fay_rho is not None:
            raise click.UsageError(words.FAY_ONLY)
        return plan
    if plan.replicates is not None:
        raise click.UsageError(TWICE.format(what="replicates", given="--replicates"))
    method = ReplicateMethod(replicates)
    if method not in RANDOM and (n_replicates is not None or seed is not None):
        raise click.UsageError(words.RANDOM_ONLY)
    if (method is ReplicateMethod.FAY) != (fay_rho is not None):
        raise click.UsageError(words.FAY_ONLY)
    made = ReplicatePlan(method, n_replicates or USUAL_REPLICATES, seed, fay_rho or 0.0)
    return replace(plan, replicates=made)


@click.group("estimate")
def estimate() -> None:
    """Means, totals, ratios, proportions and quantiles with their standard errors.

    \b
    survey estimate mean FILE q1 q2 --by commune --weights w --strata s --psu p
    survey estimate total FILE cost --design design.yaml --where "year=2026"
    survey estimate ratio FILE cost/people --by commune --compare commune=00001,00004
    survey estimate proportion FILE q1 --weights w --interval wilson --format json
    survey estimate quantile FILE income --q 0.5 --q 0.9 --weights w

    FILE is .csv, .sav, .dta, .xlsx or .parquet; or several .parquet, or a folder of them, which need not fit into
    memory. Every estimate has its standard error, interval, n, degrees of
    freedom of its domain, design effect and coefficient of variation; the reason stands beside what cannot be had.

    \b
    design.yaml (all keys may be left out):
      weights: design_weight             # without it every row counts once
      strata: [region]                   # a column, or one for each stage ("-": none)
      psu: [commune, household]          # units of each stage
      fpc: [n_communes, n_households]    # units in the stratum's population, or the fraction drawn
      nest: true                         # labels of units start anew in each stratum
      lonely_psu: fail                   # fail, certainty, adjust, average
      missing: 9                         # a code that is no answer
      calibrate:                         # as in survey weight; the weights above are those before
        method: rake                     # poststratify, rake, linear, raking, logit
        margins: {sex: {F: 3120, M: 3074}}
      replicates: {method: bootstrap, n: 500, seed: 20261015}   # jk1, jkn, brr, fay (rho), canty-davison
    """


def _of_file(items: str) -> Callable[[Command], Command]:
    def add(command: Command) -> Command:
        command = click.argument("items", nargs=-1, required=True, metavar=items)(command)
        return click.argument("file", type=FILE_OR_FOLDER)(command)

    return add


@estimate.command("mean")
@_of_file("ITEM...")
@design_options
@error_options
@small_number_options
@output_options
@asks
def mean(asked: Asked) -> None:
    """Means of numeric columns.

    \b
    Example:
      survey estimate mean ballots.sav q1 q2 --by commune --weights w --strata s --psu village
      survey estimate mean part-*.parquet q1 q2 --weights w --scheduler tcp://10.0.0.5:8786
      survey estimate mean ballots.csv q1 q2 --by commune --weights w --covariance covariance.csv
      survey estimate mean bought.sav q1 --weights w --replicate-weights rep --replicate-scale 0.0125 --replicate-mse
      survey estimate mean ballots.csv q1 --by commune --strata commune --psu thon --guard 1 5
      survey estimate mean delegates.csv q1 --closed-group cell --invited invited.csv --estimand raters
    """
    show_estimates(asked, Kind.MEAN)


@estimate.command("total")
@_of_file("ITEM...")
@design_options
@error_options
@output_options
@asks
def total(asked: Asked) -> None:
    """Population totals of numeric columns.

    \b
    Example:
      survey estimate total files.csv minutes --weights w --strata s --fpc n_files
    """
    show_estimates(asked, Kind.TOTAL)


@estimate.command("ratio")
@_of_file("Y/X...")
@design_options
@error_options
@output_options
@asks
def ratio(asked: Asked) -> None:
    """Ratios of totals, y/x; a row counts where both are answered.

    \b
    Example:
      survey estimate ratio households.dta spending/members --by commune --design design.yaml
    """
    pairs = [item.partition("/") for item in asked.items]
    for item, (above, _, below) in zip(asked.items, pairs, strict=True):
        if not above.strip() or not below.strip():
            raise click.BadParameter(words.PAIR.format(text=item), param_hint="Y/X")
    show_estimates(asked, Kind.RATIO, [(tidy(above), tidy(below)) for above, _, below in pairs])


@estimate.command("proportion")
@_of_file("ITEM...")
@design_options
@error_options
@small_number_options
@click.option("--interval", type=click.Choice(INTERVALS), default="beta", show_default=True)
@output_options
@asks
def proportion(asked: Asked, interval: str) -> None:
    """Shares of all levels of columns of numbers or text.

    \b
    Example:
      survey estimate proportion ballots.csv q1 --missing 9 --by commune --compare commune=00001,00004
    """
    show_estimates(asked, Kind.PROPORTION, interval=ProportionInterval(interval))


@estimate.command("quantile")
@_of_file("ITEM...")
@design_options
@click.option(
    "--q", multiple=True, type=float, default=(0.25, 0.5, 0.75), show_default=True, help="A share; repeatable."
)
@click.option(
    "--rule", type=click.Choice([rule.value for rule in QuantileRule]), default="math", show_default=True,
    help="Which value is the quantile, as in R.",
)  # fmt: skip
@click.option("--interval", type=click.Choice(INTERVALS), default="mean", show_default=True, help="Of the share below.")
@output_options
@asks
def quantile(asked: Asked, q: tuple[float, ...], rule: str, interval: str) -> None:
    """Quantiles with Woodruff's intervals.

    \b
    Example:
      survey estimate quantile households.dta income --q 0.5 --by commune --weights w --psu village
    """
    if asked.plan.replicates is not None:
        raise click.UsageError(words.NO_REPLICATES)
    if not all(0 <= share <= 1 for share in np.array(q)):
        raise click.BadParameter(f"{', '.join(map(str, q))}: shares lie between 0 and 1", param_hint="--q")
    if _is_many(asked.source):
        raise click.UsageError(words.NOT_IN_PARTITIONS)
    show_quantiles(asked, q, QuantileRule(rule), ProportionInterval(interval))
