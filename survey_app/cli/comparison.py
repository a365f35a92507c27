"""``survey test``: do groups differ, by the design of the sample."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd

from analysis.comparison import Adjustment, Association, Statistic, adjusted_p, association
from analysis.faults import AnalysisError
from analysis.mean_tests import equal_means_tests, pair_tests
from analysis.options import Options
from survey_app.cli import estimate_words
from survey_app.cli import model_words as words
from survey_app.cli.design_notes import Sample, n_blank, read_sample
from survey_app.cli.design_options import (
    DESIGN_FLAGS,
    Command,
    design_plan,
    missing_option,
    sample_options,
    with_options,
)
from survey_app.cli.estimate_data import Condition, listed_values, parse_conditions
from survey_app.cli.item_names import named_items
from survey_app.cli.tabular import EXISTING, Output, emit, output_options, text
from survey_app.table_text import shown, tidy

DIGITS = {"df": 0, "df1": 2, "df2": 1, "pearson": 2, "deff": 2}
Record = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """What was asked on the command line, and the sample it is asked of."""

    sample: Sample
    items: tuple[str, ...]
    by: str
    options: Options
    adjustment: Adjustment
    output: Output

    def frame(self, item: str, *, numeric: bool) -> pd.DataFrame:
        """The item and the groups."""
        file = self.sample.file
        return pd.DataFrame(
            {item: file.measures(item) if numeric else file.answers(item), self.by: file.groups(self.by)}
        )


def comparison_options(command: Command) -> Command:
    """FILE, items, groups, the design, and how p-values are set against each other; given as one ``asked``."""

    @functools.wraps(command)
    def with_asked(
        *,
        file: Path,
        items: tuple[str, ...],
        by: str,
        where: tuple[Condition, ...],
        missing: int | None,
        adjust: str,
        output: Output,
        level: float = 0.95,
        **rest: Any,
    ) -> Any:
        if not 0 < level < 1:
            raise click.BadParameter(f"{level:g} is not between 0 and 1", param_hint="--level")
        plan = design_plan(missing=missing, **{name: rest.pop(name) for name in (*DESIGN_FLAGS, "design_file")})
        if plan.replicates is not None:
            raise click.UsageError(words.NO_REPLICATES)
        sample = read_sample(file, plan, where)
        names = tuple(named_items(sample.file, items))
        options = Options(level=level, missing=plan.missing)
        asked = Asked(sample, names, tidy(by), options, Adjustment(adjust), output)
        return command(asked, **rest)

    options: list[Command] = [
        click.argument("file", type=EXISTING),
        click.argument("items", nargs=-1, required=True, metavar="ITEM..."),
        click.option("--by", required=True, metavar="COL", help="The groups to compare."),
        click.option(
            "--where", multiple=True, metavar="COL=VALUE", callback=parse_conditions,
            help="Only these rows (the rest stays in the design); as in survey estimate.",
        ),
        missing_option,
        click.option(
            "--adjust", type=click.Choice([method.value for method in Adjustment]), default="holm", show_default=True,
            help="p-values for as many tests: Holm, Benjamini-Hochberg, or as they are.",
        ),
    ]  # fmt: skip
    return with_options(sample_options(output_options(with_asked)), options)


@click.group("test")
def test() -> None:
    """Do groups differ: chi-square, t and Wald tests with the errors of the design.

    \b
    survey test chisq FILE q1 q2 --by commune --weights w --strata s --psu village
    survey test ttest FILE q1:q8 --by sex --weights w --adjust bh
    survey test wald FILE q1:q8 --by commune --design design.yaml

    Several items, or all pairs of several groups, are several tests: some p-values are small by luck. The column of
    adjusted p-values allows for that (Holm, or Benjamini-Hochberg with --adjust bh).
    """


test.__test__ = False  # type: ignore[attr-defined]  # the word is the command's; pytest would take it for its own


@test.command("chisq")
@click.option(
    "--statistic", type=click.Choice([how.value for how in Statistic]), default="F", show_default=True,
    help="Rao-Scott of second (F) or first order, Wald, or Wald adjusted for few degrees of freedom.",
)  # fmt: skip
@comparison_options
def chisq(asked: Asked, statistic: str) -> None:
    """Do the shares of answers differ between groups: chi-square with Rao and Scott's correction.

    \b
    Example:
      survey test chisq ballots.csv q1 q2 --by commune --missing 9 --weights w --psu village --strata commune
    """
    how = Statistic(statistic)

    def tested(item: str) -> list[Record]:
        found = association(
            asked.sample.design, asked.frame(item, numeric=False), item, asked.by,
            how=how, where=asked.sample.where, missing=asked.options.missing,
        )  # fmt: skip
        return [_record(found)]

    notes = {Statistic.F: "second_order", Statistic.CHISQ: "first_order"}
    _show(asked, tested, [text(words.NOTES[notes[how]], asked.output.lang)] if how in notes else [])


def _record(found: Association) -> Record:
    effects = found.design_effects
    return {
        "item": found.item, "by": found.by, "statistic": found.statistic, "df1": found.df1, "df2": found.df2,
        "p": found.p, "n": found.n, "pearson": found.pearson, "deff": float(np.mean(effects)) if effects else np.nan,
    }  # fmt: skip


def _pairs(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> list[tuple[str, str]]:
    """``A,B``."""
    pairs = []
    for written in given:
        values = listed_values(written)
        if len(values) != 2 or not all(values) or values[0] == values[1]:
            raise click.BadParameter(words.PAIR.format(text=written))
        pairs.append((values[0], values[1]))
    return pairs


@test.command("ttest")
@click.option("--level", type=float, default=0.95, show_default=True, help="Of the intervals.")
@click.option("--pair", "pairs", multiple=True, metavar="A,B", callback=_pairs, help="Groups to compare; default: all.")
@comparison_options
def ttest(asked: Asked, pairs: list[tuple[str, str]]) -> None:
    """Do means differ between two groups: design-based t tests of each pair.

    \b
    Example:
      survey test ttest ballots.csv q1:q8 --by sex --weights w --psu village --strata commune
    """
    file = asked.sample.file
    chosen = [(file.value_named(asked.by, one), file.value_named(asked.by, other)) for one, other in pairs] or None

    def tested(item: str) -> list[Record]:
        found = pair_tests(
            asked.sample.design, asked.frame(item, numeric=True), [item], asked.by,
            pairs=chosen, where=asked.sample.where, options=asked.options,
        )  # fmt: skip
        return [
            {
                "item": one.item, "first": shown(one.first), "second": shown(one.second),
                "difference": one.difference, "se": one.se, "ci_low": one.low, "ci_high": one.high, "t": one.t,
                "df": one.df, "p": one.p,
            }
            for one in found
        ]  # fmt: skip

    _show(asked, tested)


@test.command("wald")
@comparison_options
def wald(asked: Asked) -> None:
    """Do all groups have the same mean: one Wald test of each item.

    \b
    Example:
      survey test wald ballots.sav q1:q8 --by commune --design design.yaml --adjust bh
    """

    def tested(item: str) -> list[Record]:
        found = equal_means_tests(
            asked.sample.design, asked.frame(item, numeric=True), [item], asked.by,
            where=asked.sample.where, options=asked.options,
        )  # fmt: skip
        return [
            {
                "item": one.item, "by": one.by, "groups": len(one.groups), "f": one.f, "df1": one.df1, "df2": one.df2,
                "p": one.p,
            }
            for one in found
        ]  # fmt: skip

    _show(asked, tested)


def _show(asked: Asked, tested: Callable[[str], list[Record]], more: Sequence[str] = ()) -> None:
    """The tests of all items with their adjusted p; an item that cannot be tested is named and stops no other."""
    rows: list[Record] = []
    faults: dict[str, AnalysisError] = {}
    for item in asked.items:
        try:
            rows += tested(item)
        except AnalysisError as fault:
            faults[item] = fault
    if not rows:
        raise next(iter(faults.values()))
    lang = asked.output.lang
    table = pd.DataFrame(rows)
    table.insert(list(table.columns).index("p") + 1, "p_adjusted", adjusted_p(table["p"], asked.adjustment))
    notes = [*asked.sample.notes(lang), *more]
    if blank := n_blank(asked.sample.file, [asked.by]):
        notes.append(text(estimate_words.NOTES["blank_group"], lang, n=blank, columns=asked.by))
    if asked.adjustment is not Adjustment.NONE:
        notes.append(text(words.NOTES["family"], lang, count=len(table), method=asked.adjustment.value))
    for item, refused in faults.items():
        notes.append(text(words.NOTES["failed"], lang, item=item, reason=refused.message(lang)))
    emit(table, asked.output, notes=notes, headings=words.HEADINGS, digits=DIGITS)
