"""``survey quality``: signs of careless or invented answers, by ballot and by cluster; it flags, it never decides."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import pandas as pd

from analysis.answer_charts import quality_overview
from analysis.charts import Chart
from analysis.cluster_quality import LEAST_FOR_SPREAD, ClusterSigns, cluster_signs
from analysis.interviewers import cluster_icc
from analysis.items import Items, items_of
from analysis.quality import Look, Review, review
from analysis.sums import Floats
from survey_app.cli import quality_words as words
from survey_app.cli.design_options import missing_option
from survey_app.cli.estimate_data import SurveyFile
from survey_app.cli.item_names import answers_of, named_items
from survey_app.cli.parts import Part, show_parts
from survey_app.cli.plotting import chart_words, plot_option, save_chart
from survey_app.cli.tabular import EXISTING, Output, number, output_options, text
from survey_app.table_faults import TableFileError, listed
from survey_app.table_text import shown, tidy
from survey_app.tables import file_rows, read_table

SEEDS = 10**12
SHOWN = ("signs", "clusters", "all-clusters", "icc", "ballots", "pairs")
RATE = click.FloatRange(min=0, max=0.5, min_open=True, max_open=True)
DIGITS = {"share": 2, "expected_share": 2, "low": 3, "high": 3, "value": 3, "expected": 3, "size": 1}


@click.command("quality")
@click.argument("file", type=EXISTING)
@click.argument("items", nargs=-1, required=True, metavar="ITEM...")
@click.option("--cluster", "clusters", multiple=True, metavar="COL", help="Interviewer, office, mode …; repeatable.")
@click.option(
    "--duration", metavar="COL", help="Seconds that a ballot took; only where its group's rules allow a time."
)
@click.option("--reverse", "reverse", multiple=True, metavar="ITEM", help="Where a high answer is bad; repeatable.")
@click.option("--scale", "scales", multiple=True, metavar="ITEMS", help="q1:q5, for even-odd consistency; repeatable.")
@click.option("--false-alarm", type=RATE, default=0.01, show_default=True, help="Honest ballots that a sign may flag.")
@click.option("--false-discovery", type=RATE, default=0.05, show_default=True, help="Chance among clusters named.")
@click.option(
    "--different", type=click.IntRange(min=0), default=3, show_default=True, help="Answers of near-duplicates."
)
@click.option("--least", type=click.IntRange(min=2), default=8, show_default=True, help="Ballots that a cluster needs.")
@missing_option
@click.option("--seed", type=click.IntRange(min=0), help="Of the simulated ballots; made and printed if not given.")
@click.option("--show", type=click.Choice(SHOWN), help="One table (--out: ballots if not given; csv and json: signs).")
@plot_option
@output_options
def quality(
    *,
    file: Path,
    items: tuple[str, ...],
    clusters: tuple[str, ...],
    duration: str | None,
    reverse: tuple[str, ...],
    scales: tuple[str, ...],
    false_alarm: float,
    false_discovery: float,
    different: int,
    least: int,
    missing: int | None,
    seed: int | None,
    show: str | None,
    plot: Path | None,
    output: Output,
) -> None:
    """Signs that ballots were filled in carelessly or made up, beside what honest ballots would show.

    \b
    survey quality ballots.csv q1:q20
    survey quality ballots.sav q1:q20 --cluster interviewer --cluster office --missing 98
    survey quality ballots.csv q1:q20 --scale q1:q10 --scale q11:q20 --duration seconds --out signs.csv

    q1:q20 are the columns from q1 to q20 as they stand in the file, which should be the order in which they were
    asked. --out writes the index values and flags of every ballot with its row. Nothing is dropped: this command flags
    ballots and clusters for people to look at, and never decides.
    """
    table = SurveyFile(file, read_table(file))
    names = named_items(table, items)
    if show in ("clusters", "all-clusters", "icc") and not clusters:
        raise click.UsageError(f"--show {show}: --cluster COL")
    answers = items_of(answers_of(table, names), names, missing=missing)
    made = seed if seed is not None else secrets.randbelow(SEEDS)
    rng = np.random.default_rng(made)
    look = Look(
        false_alarm=false_alarm,
        scales=tuple(tuple(named_items(table, [scale])) for scale in scales),
        reversed_items=tuple(named_items(table, reverse)),
        most_different=different,
    )
    seconds = None if duration is None else _seconds(table, duration)
    found = review(answers, rng, look, seconds=seconds)
    labels = {tidy(column): table.groups(column) for column in clusters}
    signs = cluster_signs(found, labels, rng, least=least, false_discovery=false_discovery) if labels else None
    parts = [_signs_part(found, output.lang), *_cluster_parts(signs, output.lang)]
    if show == "icc":
        parts.append(_icc_part(answers, labels))
    parts += _row_parts(found, file_rows(np.ones(found.n, dtype=np.bool_), file))
    notes = [*_notes(found, signs, output.lang), text(words.NOTES["seed"], output.lang, seed=made)]
    if output.out is not None and show is None:  # the tables to look at, the ballots to keep
        show_parts(parts, None, replace(output, out=None, format="table"), notes, words.HEADINGS)
        show, notes = "ballots", []
    show_parts(parts, show, output, notes, words.HEADINGS)
    if plot is not None:
        save_chart(_chart(found, output.lang), plot)


def _seconds(table: SurveyFile, column: str) -> Floats:
    seconds = np.asarray(table.measures(column), dtype=np.float64)
    wrong = seconds <= 0
    if wrong.any():
        rows = listed(file_rows(wrong, table.path))
        raise TableFileError(
            table.path, "not_positive", column=column, rows=rows, value=shown(float(seconds[wrong][0]))
        )
    return seconds


def _signs_part(found: Review, lang: str) -> Part:
    table = found.table().rename(columns={"expected": "expected_share"})
    table["share"], table["expected_share"] = 100 * table["share"], 100 * table["expected_share"]
    table.insert(1, "meaning", [text(words.SIGNS[sign], lang) for sign in table["sign"]])
    return Part("signs", words.TITLES["signs"], table, (), DIGITS)


def _cluster_parts(signs: ClusterSigns | None, lang: str) -> Iterator[Part]:
    if signs is None:
        return
    for name, rows in (("clusters", signs.standing_out()), ("all-clusters", signs.rows)):
        table = rows.assign(cluster=[shown(label) for label in rows["cluster"]])
        table.insert(4, "reason", [text(words.TESTS[test], lang) for test in table["test"]])
        hidden = ("test", "stands_out")
        yield Part(name, words.TITLES[name], table, hidden, DIGITS, on_request=name == "all-clusters")


def _icc_part(answers: Items, labels: Mapping[str, pd.Series]) -> Part:
    tables = []
    for column, label in labels.items():
        table = cluster_icc(answers, label, column=column).table()
        table.insert(0, "column", column)
        tables.append(table.rename(columns={"low": "ci_low", "high": "ci_high"}))
    return Part("icc", words.TITLES["icc"], pd.concat(tables, ignore_index=True), (), DIGITS, on_request=True)


def _row_parts(found: Review, rows: Sequence[int]) -> Iterator[Part]:
    """Tables whose rows are those of the file."""
    of_file, pairs = np.asarray(rows), found.pairs.at_least(found.look.most_different + 1)
    distinctive = np.minimum(pairs.distinctive[pairs.first], pairs.distinctive[pairs.second])
    yield Part("ballots", words.TITLES["ballots"], found.ballots().assign(row=of_file), on_request=True)
    twins = {"row": of_file[pairs.first], "twin": of_file[pairs.second], "differing": pairs.differing}
    twins["beyond_chance"] = distinctive >= found.duplicates.least_distinctive
    yield Part("pairs", words.TITLES["pairs"], pd.DataFrame(twins), on_request=True)


def _notes(found: Review, signs: ClusterSigns | None, lang: str) -> Iterator[str]:
    look, pairs = found.look, found.duplicates
    yield text(words.NOTES["decides"], lang)
    yield text(words.NOTES["rate"], lang, rate=_percent(look.false_alarm, lang))
    facts = {"different": pairs.most_different, "compared": pairs.n_compared, "least": pairs.least_distinctive}
    yield text(words.NOTES["duplicates"], lang, **facts)
    for sign, reason in found.absent.items():
        if reason == "no_scales":
            yield text(words.NOTES["no_scales"], lang)
        elif reason == "no_pairs":
            name, critical = text(words.SIGNS[sign], lang).lower(), number(look.critical, 1, lang)
            yield text(words.NOTES["no_pairs"], lang, sign=name, critical=critical)
    if signs is not None:
        rate, small = _percent(signs.false_discovery, lang), sum(signs.too_small.values())
        yield text(words.NOTES["clusters"], lang, tests=len(signs.rows), rate=rate, small=small, least=signs.least)
        for column, tested in signs.rows.groupby("column")["cluster"].nunique().items():
            if tested < LEAST_FOR_SPREAD:
                yield text(words.NOTES["few_clusters"], lang, column=column)


def _percent(share: float, lang: str) -> str:
    percent = 100 * share
    return number(percent, 0 if round(percent, 6) % 1 == 0 else 1, lang)


def _chart(found: Review, lang: str) -> Chart:
    table = found.table()
    labels = [text(words.SIGNS[sign], lang) for sign in table["sign"]]
    return quality_overview(
        table.assign(label=labels, flagged=table["share"])[["label", "flagged", "expected"]],
        chart_words("quality", lang),
    )
