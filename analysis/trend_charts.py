"""Charts of one unit over the years."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.charts import ACCENT, GRID, INK, USUAL, Chart, Words, page
from analysis.unit_charts import needed


def trend(table: pd.DataFrame, words: Words, *, digits: int = 1) -> Chart:
    """Values by year with their intervals; years that cannot be compared with the one before are not joined.

    table : ``year, estimate, ci_low, ci_high, joined`` (whether the line comes from the year before), one row per
        year; an interval may be missing.
    words : ``text`` with the fields count, first_year, first_value, last_year, last_value.
    """
    shown = needed(table, "year", "estimate", "ci_low", "ci_high", "joined").sort_values("year", ignore_index=True)
    figure, axes, _ = page(14, words)
    years, values = shown["year"].to_numpy(dtype=np.int64), shown["estimate"].to_numpy(dtype=np.float64)
    for place in range(1, len(shown)):
        if shown["joined"].iloc[place]:
            axes.plot(years[place - 1 : place + 1], values[place - 1 : place + 1], color=ACCENT, linewidth=1.5)
    known = shown.dropna(subset=["ci_low", "ci_high"])
    axes.vlines(known["year"], known["ci_low"], known["ci_high"], color=ACCENT, linewidth=2)
    axes.plot(years, values, "o", color=INK, markersize=5)
    for year, value in zip(years, values, strict=True):
        axes.annotate(
            words.number(value, digits), (year, value), xytext=(7, 4), textcoords="offset points", fontsize=USUAL
        )
    axes.set_xticks(years, labels=[str(year) for year in years])
    axes.set_xlim(years.min() - 0.5, years.max() + 0.8)
    axes.grid(axis="y", color=GRID, linewidth=0.4)
    axes.margins(y=0.2)
    first, last = shown.iloc[0], shown.iloc[-1]
    text = words.text.format(
        count=len(shown),
        first_year=first["year"],
        first_value=words.number(first["estimate"], digits),
        last_year=last["year"],
        last_value=words.number(last["estimate"], digits),
    )
    return Chart(figure, shown, f"{words.title}. {text}")
