"""``survey model``: linear, logistic, Poisson and ordinal regression by the design, and drivers of satisfaction."""

from __future__ import annotations

import functools
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd

from analysis.drivers import Drivers
from analysis.drivers import drivers as drivers_of
from analysis.model_result import Family, Model
from analysis.ordinal import ordinal as ordinal_model
from analysis.regression import linear as linear_model
from analysis.regression import logistic as logistic_model
from analysis.regression import poisson as poisson_model
from analysis.replicate_weights import canty_davison, jkn, rao_wu
from analysis.replicates import Replicates
from analysis.unit_charts import quadrant
from survey_app.cli import model_words as words
from survey_app.cli.design_notes import Sample, read_sample
from survey_app.cli.design_options import (
    DESIGN_FLAGS,
    Command,
    design_plan,
    missing_option,
    sample_options,
    with_options,
)
from survey_app.cli.estimate_data import Condition, listed_values, parse_conditions
from survey_app.cli.parts import Part, show_parts
from survey_app.cli.plotting import chart_words, plot_option, save_chart
from survey_app.cli.tabular import EXISTING, Output, emit, number, output_options, text
from survey_app.table_text import tidy

SEEDS = 10**12
MOST_JACKKNIFE = 1_000
"""First-stage units up to which drivers have their errors from the jackknife, if nothing else is said."""

USUAL_REPLICATES = 500
DIGITS = {"df": 0, "df1": 0, "df2": 0, "share": 3, "performance": 1}


@dataclass(frozen=True)
class Asked:
    """What was asked on the command line, and the sample it is asked of."""

    sample: Sample
    outcome: str
    predictors: tuple[str, ...]
    references: Mapping[str, str]
    level: float
    output: Output

    @property
    def frame(self) -> pd.DataFrame:
        """The columns of the model; numbers as numbers, all else as labels."""
        file = self.sample.file
        names = [self.outcome]
        for term in self.predictors:
            pieces = [term] if term in file.frame.columns else term.split(":")
            names += [re.sub(r"^C\((.+)\)$", r"\1", piece.strip()).strip() for piece in pieces]
        return pd.DataFrame({name: file.answers(name) for name in dict.fromkeys(names)})

    @property
    def given(self) -> dict[str, Any]:
        """The arguments that all models take."""
        sample = self.sample
        return {"references": self.references, "where": sample.where, "missing": sample.plan.missing}


def _references(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """``COL=LEVEL``."""
    found = {}
    for written in given:
        column, sign, level = written.partition("=")
        if not sign or not column.strip() or not level.strip():
            raise click.BadParameter(words.REFERENCE.format(text=written))
        found[tidy(column)] = tidy(level)
    return found


def model_options(command: Command) -> Command:
    """FILE, outcome, predictors and the design; given to the command as one ``asked``."""

    @functools.wraps(command)
    def with_asked(
        *,
        file: Path,
        outcome: str,
        predictors: tuple[str, ...],
        factor: tuple[str, ...],
        reference: dict[str, str],
        where: tuple[Condition, ...],
        missing: int | None,
        level: float,
        output: Output,
        **rest: Any,
    ) -> Any:
        if not 0 < level < 1:
            raise click.BadParameter(f"{level:g} is not between 0 and 1", param_hint="--level")
        plan = design_plan(missing=missing, **{name: rest.pop(name) for name in (*DESIGN_FLAGS, "design_file")})
        if plan.replicates is not None:
            refusal = words.DRIVER_REPLICATES if "replicates" in rest else words.NO_REPLICATES
            raise click.UsageError(refusal)
        coded, terms = {tidy(name) for name in factor}, [tidy(name) for name in predictors]
        if unknown := sorted(coded - {piece for term in terms for piece in (term, *term.split(":"))}):
            raise click.BadParameter(f"{', '.join(unknown)}: not among the predictors", param_hint="--factor")
        written = tuple(_declared(term, coded) for term in terms)
        sample = read_sample(file, plan, where)
        return command(Asked(sample, tidy(outcome), written, reference, level, output), **rest)

    options: list[Command] = [
        click.argument("file", type=EXISTING),
        click.argument("outcome"),
        click.argument("predictors", nargs=-1, required=True, metavar="PREDICTOR..."),
        click.option("--factor", multiple=True, metavar="COL", help="A column of numbers that are codes of groups."),
        click.option(
            "--reference", multiple=True, metavar="COL=LEVEL", callback=_references,
            help="The level that others are compared with; default: the first.",
        ),
        click.option(
            "--where", multiple=True, metavar="COL=VALUE", callback=parse_conditions,
            help="Only these rows (the rest stays in the design); as in survey estimate.",
        ),
        missing_option,
        click.option("--level", type=float, default=0.95, show_default=True, help="Of the intervals."),
    ]  # fmt: skip
    return with_options(sample_options(output_options(with_asked)), options)


def _declared(term: str, coded: set[str]) -> str:
    """A predictor with its factors written as ``C(column)``."""
    pieces = [term] if term in coded else term.split(":")
    return ":".join(f"C({piece})" if piece in coded else piece for piece in pieces)


@click.group("model")
def model() -> None:
    """Regression with the errors of the design, and drivers of satisfaction.

    \b
    survey model linear FILE satisfaction staff time cost --weights w --strata s --psu village
    survey model logistic FILE q1 age sex --event 4,5 --reference sex=F --design design.yaml
    survey model ordinal FILE q1 age sex sex:age --missing 9
    survey model drivers FILE q_overall q1 q2 q3 q4 --scale 1:5 --plot quadrant.svg

    Columns of text are factors; so is a column of numbers named in --factor, or written "C(col)". a:b is an
    interaction. Rows that lack an answer are dropped from the model and counted; they stay in the design.
    """


show_option = click.option("--show", type=click.Choice(["coefficients", "terms"]), help="One table.")


@model.command("linear")
@show_option
@model_options
def linear(asked: Asked, show: str | None) -> None:
    """A numeric outcome: differences in its mean.

    \b
    Example:
      survey model linear ballots.csv q_overall q1 q2 commune --weights w --strata commune --psu village
    """
    found = linear_model(asked.sample.design, asked.frame, asked.outcome, asked.predictors, **asked.given)
    _show(asked, found, show)


@model.command("logistic")
@click.option("--event", default="", metavar="LEVEL[,LEVEL]", help="Levels that count as 1, against all others.")
@show_option
@model_options
def logistic(asked: Asked, event: str, show: str | None) -> None:
    """An outcome of 0 and 1, or some levels against the others: odds ratios.

    \b
    Example:
      survey model logistic ballots.csv q1 age sex --event 4,5 --weights w --psu village
    """
    levels = [value for value in listed_values(event) if value]
    found = logistic_model(
        asked.sample.design, asked.frame, asked.outcome, asked.predictors, event=levels, **asked.given
    )
    _show(asked, found, show)


@model.command("poisson")
@show_option
@model_options
def poisson(asked: Asked, show: str | None) -> None:
    """A count: ratios of its mean.

    \b
    Example:
      survey model poisson ballots.csv visits age commune --weights w --psu village
    """
    found = poisson_model(asked.sample.design, asked.frame, asked.outcome, asked.predictors, **asked.given)
    _show(asked, found, show)


@model.command("ordinal")
@click.option("--order", default="", metavar="LEVEL,LEVEL,…", help="Levels of a text outcome, lowest first.")
@show_option
@model_options
def ordinal(asked: Asked, order: str, show: str | None) -> None:
    """Ordered levels of an outcome: proportional odds.

    \b
    Example:
      survey model ordinal ballots.csv q1 age sex --missing 9 --weights w --psu village
    """
    levels = [value for value in listed_values(order) if value]
    found = ordinal_model(
        asked.sample.design, asked.frame, asked.outcome, asked.predictors, order=levels, **asked.given
    )
    _show(asked, found, show)


def _show(asked: Asked, found: Model, show: str | None) -> None:
    """Coefficients, tests of factors, and what there is to know of the rows."""
    output = asked.output
    parts = [Part("coefficients", words.TITLES["coefficients"], found.table(asked.level), ("df",), DIGITS)]
    several = [term for place, term in enumerate(found.terms) if (found.term == place).sum() > 1]
    if several or show == "terms":
        tests = [found.term_test(term) for term in several or found.terms]
        table = pd.DataFrame([{"term": t.term, "f": t.f, "df1": t.df1, "df2": t.df2, "p": t.p} for t in tests])
        parts.append(Part("terms", words.TITLES["terms"], table, (), DIGITS))
    headings = words.HEADINGS | {"ratio": words.RATIOS.get(found.family.value, words.HEADINGS["ratio"])}
    show_parts(parts, show, output, [*asked.sample.notes(output.lang), *_notes(found, output.lang)], headings)


def _notes(found: Model, lang: str) -> list[str]:
    name = "R²" if found.family is Family.LINEAR else "R² (McFadden)"
    facts = {"n": found.n, "dropped": found.n_rows - found.n, "df": found.df}
    notes = [text(words.NOTES["n"], lang, **facts, name=name, r=number(found.r_squared, 4, lang))]
    if found.references:
        levels = ", ".join(f"{column} = {level}" for column, level in found.references.items())
        notes.append(text(words.NOTES["references"], lang, levels=levels))
    if found.family is Family.LOGISTIC:
        notes.append(text(words.NOTES["event"], lang, outcome=found.outcome, event=found.event))
    if found.levels:
        notes.append(text(words.NOTES["levels"], lang, outcome=found.outcome, levels=" < ".join(found.levels)))
    return notes


def _scale(_context: click.Context, _option: click.Parameter, given: str) -> tuple[float, float]:
    """``LOW:HIGH``."""
    low, _, high = given.partition(":")
    try:
        return float(low), float(high)
    except ValueError:
        raise click.BadParameter(words.SCALE.format(text=given)) from None


@model.command("drivers")
@click.option("--scale", required=True, metavar="LOW:HIGH", callback=_scale, help="Lowest and highest answer.")
@click.option(
    "--replicates", type=click.Choice(["jackknife", "bootstrap"]),
    help=f"Errors of importance; default: jackknife up to {MOST_JACKKNIFE} sampling units.",
)  # fmt: skip
@click.option("--n-replicates", type=click.IntRange(min=2), help=f"Of the bootstrap; default: {USUAL_REPLICATES}.")
@click.option("--seed", type=click.IntRange(min=0), help="Of the bootstrap; made and printed if not given.")
@plot_option
@model_options
def drivers(
    asked: Asked,
    *,
    scale: tuple[float, float],
    replicates: str | None,
    n_replicates: int | None,
    seed: int | None,
    plot: Path | None,
) -> None:
    """What goes with satisfaction, and how well it is done: importance (LMG) and performance (0..100).

    \b
    Example:
      survey model drivers ballots.csv q_overall q1 q2 q3 q4 --scale 1:5 --weights w --psu village --plot quadrant.svg

    Importance is each predictor's part of R², averaged over all orders in which predictors may enter. Performance is
    its weighted mean on the scale, 0 to 100.
    """
    lang, design = asked.output.lang, asked.sample.design
    made, note = _replicates(asked.sample, replicates, n_replicates, seed, lang=lang)
    found = drivers_of(
        design, asked.frame, asked.outcome, asked.predictors,
        scale=scale, replicates=made, level=asked.level, **asked.given,
    )  # fmt: skip
    table = found.table()
    facts = {"n": found.n, "dropped": found.n_rows - found.n, "df": int(found.df)}
    explained = text(words.NOTES["n"], lang, **facts, name="R²", r=number(found.r_squared, 4, lang))
    notes = [*asked.sample.notes(lang), explained, note, text(words.NOTES["no_cause"], lang)]
    if factors := ", ".join(table.loc[table["performance"].isna(), "label"]):
        notes.append(text(words.NOTES["no_performance"], lang, names=factors))
    emit(table, asked.output, notes=notes, headings=words.HEADINGS, digits=DIGITS)
    if plot is not None:
        save_chart(quadrant(_drawn(found), chart_words("quadrant", lang)), plot)


def _drawn(found: Drivers) -> pd.DataFrame:
    """The drivers with a performance; importance as a share in percent."""
    table = found.table()
    kept = table[np.isfinite(table["performance"])]
    return pd.DataFrame({**kept[["label", "performance"]], "importance": 100 * kept["share"]})


def _replicates(
    sample: Sample, asked: str | None, count: int | None, seed: int | None, *, lang: str
) -> tuple[Replicates, str]:
    """The jackknife or a bootstrap; Canty and Davison's where the sizes of the population are known."""
    design = sample.design
    units = len(design.clusters.stages[0].stratum)
    way = asked or ("bootstrap" if count or seed is not None or units > MOST_JACKKNIFE else "jackknife")
    if way == "jackknife":
        if count or seed is not None:
            raise click.UsageError("--n-replicates and --seed go with --replicates bootstrap")
        jackknife = jkn(design)
        return jackknife, text(words.NOTES["jackknife"], lang, n=jackknife.count)
    made = seed if seed is not None else secrets.randbelow(SEEDS)
    name, bootstrap = ("Canty–Davison", canty_davison) if any(sample.plan.fpc) else ("Rao–Wu", rao_wu)
    drawn = bootstrap(design, count or USUAL_REPLICATES, np.random.default_rng(made))
    return drawn, text(words.NOTES["bootstrap"], lang, n=drawn.count, seed=made, name=name)
