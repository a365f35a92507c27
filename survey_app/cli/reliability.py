"""``survey reliability``: alpha, omega and item statistics of a scale, and intraclass correlations of raters."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd

from analysis.agreement import agreement
from analysis.design import SurveyDesign
from analysis.design_plan import DesignPlan
from analysis.faults import AnalysisError
from analysis.moments import Missing
from analysis.reliability import Reliability, bootstrap_interval
from analysis.reliability import reliability as reliability_of
from survey_app.cli import scale_words as words
from survey_app.cli.design_options import DESIGN_FLAGS, design_plan, missing_option, sample_options
from survey_app.cli.estimate_data import SurveyFile, design_of
from survey_app.cli.item_names import answers_of, named_items
from survey_app.cli.parts import Part, show_parts
from survey_app.cli.tabular import EXISTING, Output, number, output_options, text
from survey_app.table_text import shown, tidy
from survey_app.tables import read_table

SEEDS = 10**12
SCREEN_HIDDEN = ("se", "median_r", "signal_to_noise", "mean", "sd", "level")
ITEMS_HIDDEN = ("raw_r", "standardized_r", "standardized_without", "lambda6_without")
DIGITS = {"mean": 2, "sd": 2, "df1": 0, "df2": 0, "f": 2}


@dataclass(frozen=True, slots=True)
class _Ways:
    """How alpha is asked for."""

    missing: int | None
    rule: Missing
    level: float
    n_sets: int
    rng: np.random.Generator


@click.command("reliability")
@click.argument("file", type=EXISTING)
@click.argument("items", nargs=-1, required=True, metavar="ITEM...")
@click.option("--by", metavar="COL", help="The scale in each group of this column.")
@sample_options
@missing_option
@click.option("--pairwise", is_flag=True, help="Covariances of each pair's own rows; without it, complete rows.")
@click.option("--level", type=float, default=0.95, show_default=True, help="Of the intervals.")
@click.option("--bootstrap", "n_sets", type=click.IntRange(min=20), help="Also a percentile interval of so many sets.")
@click.option("--seed", type=click.IntRange(min=0), help="Of the bootstrap; made and printed if not given.")
@click.option("--icc", is_flag=True, help="Columns are raters, rows what they rated: the six intraclass correlations.")
@click.option("--show", type=click.Choice(["scale", "items"]), help="One table; csv and json show scale if not told.")
@output_options
def reliability(
    *,
    file: Path,
    items: tuple[str, ...],
    by: str | None,
    missing: int | None,
    pairwise: bool,
    level: float,
    n_sets: int | None,
    seed: int | None,
    icc: bool,
    show: str | None,
    output: Output,
    **flags: Any,
) -> None:
    """Cronbach's alpha with its interval, omega, lambda 6, and what each item adds.

    \b
    survey reliability ballots.csv q1 q2 q3 q4
    survey reliability ballots.sav q1:q12 --by commune --missing 9
    survey reliability ballots.csv q1:q12 --weights w --psu village --strata commune
    survey reliability ratings.xlsx judge1:judge4 --icc

    q1:q12 are the columns from q1 to q12 as they stand in the file. Items count as they are coded: one that goes
    against the others is named, never turned. With weights or a design, covariances are weighted and the interval is
    that of the design; without, it is Feldt's.
    """
    if not 0 < level < 1:
        raise click.BadParameter(f"{level:g} is not between 0 and 1", param_hint="--level")
    if seed is not None and n_sets is None:
        raise click.UsageError("--seed goes with --bootstrap")
    plan = design_plan(missing=missing, **{name: flags[name] for name in (*DESIGN_FLAGS, "design_file")})
    if plan.replicates is not None:
        raise click.UsageError("alpha has no errors from replicates; leave replicates out of the design file")
    table = SurveyFile(file, read_table(file))
    names = named_items(table, items)
    answers = answers_of(table, names)
    if icc:
        if by or n_sets or pairwise or show or not plan.is_plain:
            raise click.UsageError("--icc goes without --by, --bootstrap, --pairwise, --show and a design")
        _show_icc(answers, names, plan.missing, level, output)
        return
    if n_sets is not None and not plan.is_plain:
        raise click.UsageError("--bootstrap goes without weights and design")
    made = seed if seed is not None else secrets.randbelow(SEEDS)
    rule = Missing.PAIRWISE if pairwise else Missing.LISTWISE
    ways = _Ways(plan.missing, rule, level, n_sets or 0, np.random.default_rng(made))
    design = None if plan.is_plain else design_of(table, plan)
    found = list(_by_group(table, answers, by, design, ways))
    parts = [_scale_part(found, by), _items_part(found, by)]
    notes = [*_notes(found, plan, ways, output.lang)]
    if n_sets:
        notes.append(text(words.NOTES["seed"], output.lang, seed=made))
    show_parts(parts, show, output, notes, words.HEADINGS)


@dataclass(frozen=True, slots=True)
class _Found:
    """The scale in a group, or why it has none."""

    group: str
    rows: int
    scale: Reliability | None
    bootstrap: tuple[float, float] | None = None
    fault: AnalysisError | None = None


def _by_group(
    table: SurveyFile, answers: pd.DataFrame, by: str | None, design: SurveyDesign | None, ways: _Ways
) -> Iterator[_Found]:
    """The scale of all rows, or of each group; what one group lacks does not stop the others."""
    if by is None:
        yield _of_rows("", answers, np.ones(len(answers), dtype=np.bool_), design, ways)
        return
    groups = table.groups(tidy(by))
    for value in sorted(groups.dropna().unique()):
        inside = np.asarray((groups == value).fillna(False), dtype=np.bool_)
        try:
            yield _of_rows(shown(value), answers, inside, design, ways)
        except AnalysisError as fault:
            yield _Found(shown(value), int(inside.sum()), None, fault=fault)


def _of_rows(group: str, answers: pd.DataFrame, inside: np.ndarray, design: SurveyDesign | None, ways: _Ways) -> _Found:
    names = list(map(str, answers))
    rows = int(inside.sum())
    if design is None:
        chosen = answers.loc[inside]
    else:  # the rest of the sample stays in the design
        chosen = answers if inside.all() else answers.where(pd.Series(inside, index=answers.index))
    scale = reliability_of(chosen, names, missing=ways.missing, rule=ways.rule, design=design, level=ways.level)
    drawn = None
    if ways.n_sets:
        drawn = bootstrap_interval(chosen, names, ways.rng, missing=ways.missing, level=ways.level, n_sets=ways.n_sets)
    return _Found(group, rows, scale, drawn)


def _scale_part(found: list[_Found], by: str | None) -> Part:
    rows = []
    for one in found:
        row: dict[str, object] = {"group": one.group} if by else {}
        scale = one.scale
        row |= {"items": len(scale.names) if scale else None, "n": scale.n if scale else None}
        row["dropped"] = one.rows - scale.n if scale else None
        for name in ("alpha", "se", "low", "high"):
            row[name] = getattr(scale, name, None)
        if any(other.bootstrap for other in found):
            row["boot_low"], row["boot_high"] = one.bootstrap or (None, None)
        row["standardized_alpha"] = scale.standardized if scale else None
        for name in ("lambda6", "omega", "average_r", "median_r", "signal_to_noise", "mean", "sd", "level"):
            row[name] = getattr(scale, name, None)
        if any(other.fault for other in found):
            row["note"] = one.fault.code if one.fault else ""
        rows.append(row)
    frame = pd.DataFrame(rows)
    counts = dict.fromkeys(("items", "n", "dropped"), "Int64")
    floats = {name: "float64" for name in frame.columns if name not in {*counts, "group", "note"}}
    return Part("scale", words.TITLES["scale"], frame.astype(counts | floats), SCREEN_HIDDEN, DIGITS)


def _items_part(found: list[_Found], by: str | None) -> Part:
    tables = []
    for one in found:
        if one.scale is not None:
            table = one.scale.table()
            if by:
                table.insert(0, "group", one.group)
            tables.append(table)
    frame = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame({"item": []})
    return Part("items", words.TITLES["items"], frame, ITEMS_HIDDEN, DIGITS, on_request=by is not None)


def _notes(found: list[_Found], plan: DesignPlan, ways: _Ways, lang: str) -> Iterator[str]:
    scales = [(one, one.scale) for one in found if one.scale is not None]
    share = number(100 * ways.level, 0 if 100 * ways.level % 1 == 0 else 1, lang)
    dropped = sum(one.rows - scale.n for one, scale in scales)
    if ways.rule is Missing.PAIRWISE:
        yield text(words.NOTES["pairwise"], lang)
    elif dropped:
        yield text(words.NOTES["dropped"], lang, dropped=dropped, rows=sum(one.rows for one, _scale in scales))
    yield text(words.NOTES["feldt" if plan.is_plain else "by_design"], lang, level=share)
    for one, scale in scales:
        head = f"{one.group}: " if one.group else ""
        if scale.reversed_items:
            yield head + text(words.NOTES["reversed"], lang, items=", ".join(scale.reversed_items))
        if scale.on_different_scales:
            yield head + text(words.NOTES["scales_differ"], lang)
    if any(len(scale.names) == 2 for _one, scale in scales):
        yield text(words.NOTES["two_items"], lang)
    for one in found:
        if one.fault is not None:
            yield text(words.NOTES["failed"], lang, group=one.group, reason=one.fault.message(lang))


def _show_icc(answers: pd.DataFrame, names: list[str], missing: int | None, level: float, output: Output) -> None:
    found = agreement(answers, names, missing=missing, level=level)
    frame = found.table().assign(n=found.n, raters=found.n_raters)
    notes = []
    if found.n < found.n_rows:
        facts = {"dropped": found.n_rows - found.n, "rows": found.n_rows}
        notes.append(text(words.NOTES["dropped"], output.lang, **facts))
    part = Part("icc", words.TITLES["icc"], frame, ("n", "raters"), DIGITS)
    show_parts([part], None, output, notes, words.HEADINGS)
