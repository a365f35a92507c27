"""``survey rank``: ranks with the ranks that cannot be ruled out, tied groups, chances that one is above another."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd

from analysis.design_plan import DesignPlan
from analysis.ranking import RankSets, among_best, chance_above, joint_interval_ranks, rank_sets
from analysis.unit_charts import rank_plot
from survey_app.cli import rank_words as words
from survey_app.cli.design_options import DESIGN_FLAGS, design_plan, missing_option, sample_options
from survey_app.cli.estimate_data import Condition, SurveyFile, parse_conditions
from survey_app.cli.plotting import chart_words, plot_option, save_chart
from survey_app.cli.rank_units import Contest, Contests, named, of_answers, of_raters, of_table
from survey_app.cli.tabular import EXISTING, Output, emit, number, output_options, text
from survey_app.tables import read_table

SEEDS = 10**12
MOST_MEMBERS = 40  # of groups that are listed
ONE_OF = "say what to rank: --estimate (a table), --mean (answers) or --harshness (ratings)"
HIDDEN = ("interval_low", "interval_high")


@dataclass(frozen=True, slots=True)
class _Ways:
    """How sets are made."""

    coverage: float
    draws: int
    seed: int
    top: int | None
    lowest_first: bool
    lang: str

    @property
    def sign(self) -> int:
        return -1 if self.lowest_first else 1


@click.command()
@click.argument("file", type=EXISTING)
@click.option("--label", metavar="COL", help="A table: the column that names the units.")
@click.option("--estimate", metavar="COL", help="A table: the estimates.")
@click.option("--se", metavar="COL", help="A table: their standard errors (independent estimates).")
@click.option("--covariance", type=EXISTING, help="A table: the covariance matrix, a column for each unit.")
@click.option("--mean", metavar="ITEM", help="Answers: the question whose means are ranked.")
@click.option("--by", multiple=True, metavar="COL", help="A table: the block. Answers: the unit (or block, then unit).")
@click.option(
    "--where", multiple=True, metavar="COL=VALUE", callback=parse_conditions, help="Answers: only these rows."
)
@click.option("--harshness", is_flag=True, help="Ratings: set apart from the harshness of their raters.")
@click.option("--respondent", metavar="COL", help="Ratings: who rated.")
@click.option("--unit", metavar="COL", help="Ratings: what was rated.")
@click.option("--rating", metavar="COL", help="Ratings: the rating.")
@click.option("--random", is_flag=True, help="Ratings: raters as random effects; fixed without it.")
@sample_options
@missing_option
@click.option("--coverage", type=float, default=0.95, show_default=True, help="Of the sets.")
@click.option("--draws", type=click.IntRange(min=100), default=4000, show_default=True, help="Simulated.")
@click.option("--seed", type=click.IntRange(min=0), help="Of the simulation; made and printed if not given.")
@click.option("--top", type=click.IntRange(min=1), metavar="N", help="Also which units may be among the N best.")
@click.option("--lowest-first", is_flag=True, help="Rank 1 is the lowest (days of waiting, complaints).")
@click.option("--chances", is_flag=True, help="The matrix of chances that the row is above the column.")
@plot_option
@output_options
def rank(
    *,
    file: Path,
    by: tuple[str, ...],
    where: tuple[Condition, ...],
    coverage: float,
    draws: int,
    seed: int | None,
    top: int | None,
    lowest_first: bool,
    chances: bool,
    plot: Path | None,
    output: Output,
    **asked: Any,
) -> None:
    """Ranks, and the ranks that chance leaves open: for all units at once, for each by itself, by plain intervals.

    \b
    survey rank results.csv --label unit --estimate index --se se --by block --top 5
    survey rank results.xlsx --label unit --estimate days --covariance cov.csv --lowest-first
    survey rank ratings.sav --mean q1 --by commune --weights w --psu respondent --seed 7 --plot ranks.svg
    survey rank ratings.csv --harshness --respondent person --unit office --rating q1

    Ratings stand one a row. Where the same people rated several units, --psu (answers) or --covariance (a table) says
    so. Sets: Mogstad, Romano, Shaikh, Wilhelm (2024); by intervals: Klein, Wright, Wieczorek (2020).
    """
    if not 0 < coverage < 1:
        raise click.BadParameter(f"{coverage:g} is not between 0 and 1", param_hint="--coverage")
    plan = design_plan(missing=asked["missing"], **{name: asked[name] for name in (*DESIGN_FLAGS, "design_file")})
    contests = _contests(file, by, where, plan, asked)
    if plot is not None and len(contests.blocks) != 1:
        raise click.UsageError("--plot draws one block: choose it first, with its rows in a table of their own")
    made = secrets.randbelow(SEEDS) if seed is None else seed
    ways = _Ways(coverage, draws, made, top, lowest_first, output.lang)
    found = [_sets(contest, ways) for contest in contests.blocks]
    table = pd.concat([_rows(one, sets, ways) for one, sets in zip(contests.blocks, found, strict=True)])
    table = table.sort_values(["block", "rank", "unit"]).reset_index(drop=True)
    if len(contests.blocks) == 1 and not contests.blocks[0].block:
        table = table.drop(columns="block")
    notes = list(_notes(contests, found, table, ways))
    _show(table, _chances(contests, ways) if chances else None, output, notes)
    if plot is not None:
        title = text(words.CHART_OF_RATERS, output.lang) if asked["harshness"] else ""
        chart = chart_words("ranks", output.lang, title=title, level=coverage)
        save_chart(rank_plot(table.rename(columns={"unit": "label"}), chart), plot)


def _contests(
    file: Path, by: tuple[str, ...], where: tuple[Condition, ...], plan: DesignPlan, asked: dict[str, Any]
) -> Contests:
    """The units, by what was asked for; options that do not go together are refused before the file is read."""
    ways = [bool(asked[name]) for name in ("estimate", "mean", "harshness")]
    if sum(ways) != 1:
        raise click.UsageError(ONE_OF)
    if asked["mean"]:
        _only(asked, "--mean", ("label", "se", "covariance", "respondent", "unit", "rating", "random"))
        if not 1 <= len(by) <= 2:
            raise click.UsageError("--mean needs --by UNIT, or --by BLOCK --by UNIT")
        if plan.replicates is not None:
            raise click.UsageError("ranks have no errors from replicates; leave replicates out of the design file")
        return of_answers(SurveyFile(file, read_table(file)), asked["mean"], by, plan, where)
    if where:
        raise click.UsageError("--where goes with --mean")
    if asked["harshness"]:
        _only(asked, "--harshness", ("label", "se", "covariance"))
        if by or plan != DesignPlan(plan.estimation_weights, missing=plan.missing):
            raise click.UsageError("--harshness goes without --by and a design, but for --weights")
        if not all(asked[name] for name in ("respondent", "unit", "rating")):
            raise click.UsageError("--harshness needs --respondent, --unit and --rating")
        return of_raters(
            SurveyFile(file, read_table(file)), asked["respondent"], asked["unit"], asked["rating"],
            random=asked["random"], plan=plan,
        )  # fmt: skip
    _only(asked, "--estimate", ("respondent", "unit", "rating", "random"))
    if not plan.is_plain or plan.missing is not None:
        raise click.UsageError("--estimate ranks a table; a design and --missing go with --mean")
    if not asked["label"] or (asked["se"] is None) == (asked["covariance"] is None) or len(by) > 1:
        raise click.UsageError("--estimate needs --label, one of --se and --covariance, and at most one --by")
    table = SurveyFile(file, read_table(file))
    return of_table(
        table, asked["label"], asked["estimate"], se=asked["se"], covariance=asked["covariance"], block="".join(by)
    )


def _only(asked: dict[str, Any], way: str, others: tuple[str, ...]) -> None:
    given = [f"--{name}" for name in others if asked[name]]
    if given:
        raise click.UsageError(f"{way} goes without {', '.join(given)}")


def _sets(contest: Contest, ways: _Ways) -> RankSets:
    """Every block has draws of its own seed, so that it gets the same sets by itself."""
    rng = np.random.default_rng(ways.seed)
    return rank_sets(
        ways.sign * contest.estimate, contest.covariance, rng=rng, coverage=ways.coverage, draws=ways.draws
    )


def _rows(contest: Contest, sets: RankSets, ways: _Ways) -> pd.DataFrame:
    """One row per unit of a block."""
    se = np.sqrt(np.clip(np.diag(contest.covariance), 0.0, None))
    low, high = joint_interval_ranks(ways.sign * contest.estimate, se, coverage=ways.coverage)
    groups = [
        " ".join(str(number) for number, group in enumerate(sets.groups, 1) if place in group)
        for place in range(len(contest.units))
    ]
    columns: dict[str, Any] = {"block": contest.block, "unit": contest.units, **contest.beside}
    columns |= {"estimate": contest.estimate, "se": se, "rank": sets.rank}
    if "plain_rank" in contest.beside:
        before = pd.Series(ways.sign * np.asarray(contest.beside["plain"])).rank(ascending=False, method="min")
        columns["plain_rank"] = before.astype(np.int64)
        columns["rank_change"] = before.astype(np.int64) - sets.rank
    columns |= {"rank_low": sets.low, "rank_high": sets.high, "own_low": sets.own_low, "own_high": sets.own_high}
    columns |= {"interval_low": low, "interval_high": high, "groups": groups}
    if ways.top is not None:
        columns["among_best"] = among_best(sets, ways.top)
    return pd.DataFrame(columns)


def _chances(contests: Contests, ways: _Ways) -> pd.DataFrame:
    """Rows and columns by unit, blocks one below the other."""
    parts = []
    for contest in contests.blocks:
        order = np.argsort(-ways.sign * contest.estimate, kind="stable")
        chance = chance_above(ways.sign * contest.estimate, contest.covariance)[np.ix_(order, order)]
        units = [contest.units[place] for place in order]
        part = pd.DataFrame(chance, columns=units)
        part.insert(0, "unit", units, allow_duplicates=True)
        if contest.block:
            part.insert(0, "block", contest.block, allow_duplicates=True)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _notes(contests: Contests, found: list[RankSets], table: pd.DataFrame, ways: _Ways) -> Iterator[str]:
    """What there is to know: how the sets came about, and who cannot be told from whom."""
    lang = ways.lang
    for sentence, facts in contests.notes:
        said = {name: number(fact, 3, lang) if isinstance(fact, float) else fact for name, fact in facts.items()}
        yield text(sentence, lang, **said)
    if "rank_change" in table:
        moved = table["rank_change"].abs()
        facts = {"moved": int((moved > 0).sum()), "units": len(table), "most": int(moved.max())}
        yield text(words.NOTES["rank_changes"], lang, **facts)
    if ways.lowest_first:
        yield text(words.NOTES["lowest"], lang)
    level = number(100 * ways.coverage, 0 if 100 * ways.coverage % 1 == 0 else 1, lang)
    yield text(words.NOTES["simulated"], lang, level=level, draws=ways.draws, seed=ways.seed)
    for contest, sets in zip(contests.blocks, found, strict=True):
        head, count = f"{contest.block}: " if contest.block else "", len(contest.units)
        pairs = count * (count - 1) // 2
        yield text(words.NOTES["undecided"], lang, head=head, undecided=sets.undecided, pairs=pairs)
        if ways.top is not None:
            order = np.argsort(sets.rank, kind="stable")
            best = [contest.units[place] for place in order if among_best(sets, ways.top)[place]]
            facts = {"head": head, "count": len(best), "top": ways.top, "members": named(best)}
            yield text(words.NOTES["best"], lang, **facts)
        if sum(map(len, sets.groups)) <= MOST_MEMBERS:
            for place, group in enumerate(sets.groups, 1):
                members = ", ".join(contest.units[unit] for unit in group)
                yield text(words.NOTES["group"], lang, head=head, number=place, members=members)


def _show(table: pd.DataFrame, chances: pd.DataFrame | None, output: Output, notes: list[str]) -> None:
    """On screen the ranks and below them the chances; in a file or as CSV and JSON the chances, if asked for."""
    if output.out is not None or output.format != "table":
        emit(table if chances is None else chances, output, notes=notes)
        return
    emit(table.drop(columns=list(HIDDEN)), output, notes=() if chances is not None else notes, headings=words.HEADINGS)
    if chances is not None:
        click.echo("\n" + text(words.CHANCES, output.lang))
        figures = [str(name) for name in chances if name not in ("block", "unit")]
        screen = chances.copy()
        screen[figures] *= 100
        emit(screen, output, notes=notes, headings=words.HEADINGS, digits=dict.fromkeys(figures, 1))
