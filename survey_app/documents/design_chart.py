"""The margins that a design gives its units, drawn: unit by unit where they are few, counted where they are many."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from analysis.charts import ACCENT, FAINT, INK, USUAL, Chart, Words, page, rows_named

NAMED_UNITS = 24  # up to so many stand with their names
BARS = 25  # from zero to the largest margin, so that each can be seen
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)


def margins_chart(margins: Sequence[tuple[str, float]], words: Words, *, target: float | None = None) -> Chart:
    """A chart of (unit, margin) pairs; margins are finite and in the unit that is read, as is the target.

    words : ``text`` is used as it stands; names ``target``.
    """
    table = pd.DataFrame(list(margins), columns=["unit", "margin"])
    return _named(table, words, target) if len(table) <= NAMED_UNITS else _counted(table, words, target)


def margin_bins(margins: Sequence[float]) -> pd.DataFrame:
    """How many margins lie in steps of a round width: columns low, high, count. A step ends with its high."""
    highest = max(margins)
    lowest = min(margins)
    width = next((step for step in STEPS if highest / step <= BARS), STEPS[-1])
    first = math.floor(lowest / width + 1e-9)
    last = max(first + 1, math.ceil(highest / width - 1e-9))
    edges = [round(k * width, 6) for k in range(first, last + 1)]
    places = pd.cut(pd.Series(list(margins)), edges, include_lowest=True)
    counts = places.value_counts(sort=False).to_list()
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "count": counts})


def _named(table: pd.DataFrame, words: Words, target: float | None) -> Chart:
    shown = table.sort_values(["margin", "unit"], ascending=[False, True]).reset_index(drop=True)
    figure, axes, size = page(len(shown), words)
    axes.barh(range(len(shown)), shown["margin"], height=0.6, color="#cfe0f3", edgecolor=ACCENT, linewidth=0.8)
    for place, value in enumerate(shown["margin"]):
        axes.annotate(
            words.number(value, 1), (value, place), xytext=(4, 0), textcoords="offset points", va="center",
            fontsize=size, color=INK,
        )  # fmt: skip
    rows_named(axes, shown["unit"].to_list(), size)
    _aim(axes, words, target)
    return Chart(figure, shown, f"{words.title}. {words.text}")


def _counted(table: pd.DataFrame, words: Words, target: float | None) -> Chart:
    bins = margin_bins(table["margin"].to_list())
    figure, axes, _size = page(10, words)
    bars = axes.bar(
        bins["low"], bins["count"], width=bins["high"] - bins["low"], align="edge", color="#cfe0f3", edgecolor=ACCENT
    )
    axes.bar_label(bars, labels=[str(n) if n else "" for n in bins["count"]], fontsize=USUAL, color=INK, padding=2)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    _aim(axes, words, target)
    return Chart(figure, bins, f"{words.title}. {words.text}")


def _aim(axes: Axes, words: Words, target: float | None) -> None:
    axes.set_xlim(left=0)
    if target is not None:
        axes.axvline(target, color=FAINT, linewidth=1.2, linestyle="--", label=words.name("target"))
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), fontsize=USUAL - 1, frameon=False)
