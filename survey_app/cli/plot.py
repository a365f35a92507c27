"""``survey plot``: charts from tables, such as those that the other commands write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import pandas as pd

from analysis.answer_charts import likert, loadings_map, quality_overview, scree
from analysis.charts import Chart, Words
from analysis.unit_charts import dot_plot, quadrant, rank_plot, returns
from survey_app.cli.plotting import WORDS, chart_words, save_chart
from survey_app.cli.tabular import EXISTING
from survey_app.tables import labels, numbers, read_table

# kind -> columns of numbers it needs; each may be named otherwise with --column
NUMBERS = {
    "dots": ("estimate", "ci_low", "ci_high"),
    "ranks": ("rank", "rank_low", "rank_high"),
    "quadrant": ("importance", "performance"),
    "scree": ("factor", "eigenvalue", "reference"),
    "quality": ("flagged", "expected"),
    "returns": ("received",),
}
DRAWN: dict[str, Callable[[pd.DataFrame, Words], Chart]] = {
    "dots": dot_plot,
    "ranks": rank_plot,
    "quadrant": quadrant,
    "scree": scree,
    "quality": quality_overview,
    "returns": returns,
}


@click.command()
@click.argument("kind", type=click.Choice(list(WORDS)))
@click.argument("file", type=EXISTING)
@click.argument("figure", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--label", default="label", show_default=True, help="The column that names the rows.")
@click.option(
    "--column",
    "renamed",
    multiple=True,
    metavar="NAME=COLUMN",
    help="Where a number stands, if not under its own name.",
)
@click.option("--title", default="", help="The title, in place of the usual one.")
@click.option("--lang", type=click.Choice(["vi", "en"]), default="vi", show_default=True)
def plot(*, kind: str, file: Path, figure: Path, label: str, renamed: tuple[str, ...], title: str, lang: str) -> None:
    """Draw a chart of KIND from the table FILE into FIGURE (.svg or .png), and say on screen what it shows.

    \b
    dots      label, estimate, ci_low, ci_high       estimates with their intervals
    ranks     label, rank, rank_low, rank_high       ranks that cannot be ruled out
    likert    label, then one column for each level, from worst to best; shares or counts
    quadrant  label, importance, performance         what matters and goes badly
    scree     factor, eigenvalue, reference          how many factors to keep
    loadings  label, then one column for each factor
    quality   label, flagged, expected               shares of flagged ballots
    returns   day, group, received[, invited]        ballots by day

    Example: survey plot ranks results.csv ranks.svg --label unit --title "Hạng của các sở"
    """
    if figure.suffix.lower() not in (".svg", ".png"):
        raise click.BadParameter(f"{figure}: .svg, .png", param_hint="FIGURE")
    frame = read_table(file)
    words = chart_words(kind, lang, title=title)
    if kind == "likert":
        chart = likert(_shares(frame, label, file), words)
    elif kind == "loadings":
        chart = loadings_map(_wide(frame, label, file), words)
    else:
        chart = DRAWN[kind](
            _long(frame, kind, label, dict(pair.split("=", 1) for pair in _pairs(renamed)), file), words
        )
    save_chart(chart, figure)


def _pairs(renamed: tuple[str, ...]) -> tuple[str, ...]:
    for pair in renamed:
        if "=" not in pair:
            raise click.BadParameter(f"{pair}: NAME=COLUMN", param_hint="--column")
    return renamed


def _long(frame: pd.DataFrame, kind: str, label: str, renamed: dict[str, str], file: Path) -> pd.DataFrame:
    """The numbers of a chart under the names it knows; rows of other levels (a scores file) are left out."""
    if kind == "ranks" and "level" in frame and "rank_low" in frame:
        frame = frame[frame["level"] == "unit"].reset_index(drop=True)
    wanted = {name: numbers(frame, renamed.get(name, name), path=file) for name in NUMBERS[kind]}
    if kind == "returns":
        extra = {"invited": numbers(frame, "invited", path=file)} if "invited" in frame else {}
        days = labels(frame, renamed.get("day", "day"), path=file)
        return pd.DataFrame(
            {"day": days, "group": labels(frame, renamed.get("group", "group"), path=file), **wanted, **extra}
        )
    if kind == "scree":
        return pd.DataFrame(wanted)
    return pd.DataFrame({"label": labels(frame, label, path=file), **wanted})


def _wide(frame: pd.DataFrame, label: str, file: Path) -> pd.DataFrame:
    """Every column but the label, as numbers."""
    names = labels(frame, label, path=file)
    columns = [column for column in frame.columns if column != label]
    return pd.DataFrame({column: numbers(frame, column, path=file) for column in columns}).set_axis(names, axis=0)


def _shares(frame: pd.DataFrame, label: str, file: Path) -> pd.DataFrame:
    """Shares of levels; counts and percentages are divided by their sum."""
    wide = _wide(frame, label, file).fillna(0.0)
    total = wide.sum(axis=1)
    return wide.div(total.where(total > 0, np.nan), axis=0)
