"""Charts of units: estimates and ranks with their intervals, importance against performance, returns by day."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.dates import AutoDateLocator, DateFormatter
from matplotlib.ticker import MaxNLocator

from analysis.charts import ACCENT, FAINT, INK, SMALLEST, USUAL, Chart, Words, page, rows_named
from analysis.faults import AnalysisError

MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
DASHES = ("-", "--", "-.", ":")


def needed(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The columns a chart is made of, without rows that have nothing to show.

    Raises
    ------
    AnalysisError : a column that is not there; no row with numbers.
    """
    for column in columns:
        if column not in table:
            raise AnalysisError("unknown_column", column=column, known=", ".join(map(str, table.columns)))
    shown = table[list(columns)].dropna(subset=[columns[1]]).reset_index(drop=True)
    if shown.empty:
        raise AnalysisError("nothing_to_draw", column=columns[1])
    return shown


def dot_plot(table: pd.DataFrame, words: Words, *, digits: int = 1) -> Chart:
    """Estimates with intervals, best on top, beside the line of their mean.

    table : ``label, estimate, ci_low, ci_high``; rows without an estimate are left out.
    words : ``text`` with the fields count, best, best_value, worst, worst_value, mean.
    """
    shown = needed(table, "label", "estimate", "ci_low", "ci_high")
    shown = shown.sort_values(["estimate", "label"], ascending=[False, True]).reset_index(drop=True)
    figure, axes, size = page(len(shown), words)
    places = np.arange(len(shown))
    axes.hlines(places, shown["ci_low"], shown["ci_high"], color=ACCENT, linewidth=max(1.0, size / 4))
    axes.plot(shown["estimate"], places, "o", color=INK, markersize=max(2.5, size / 2))
    mean = float(shown["estimate"].mean())
    axes.axvline(mean, color=FAINT, linewidth=0.8, linestyle="--", label=words.name("mean"))
    for place, value in zip(places, shown["estimate"], strict=True):
        axes.annotate(
            words.number(value, digits), (1.0, place), xycoords=("axes fraction", "data"), xytext=(4, 0),
            textcoords="offset points", va="center", fontsize=size, color=INK,
        )  # fmt: skip
    rows_named(axes, [str(label) for label in shown["label"]], size)
    axes.legend(loc="lower right", fontsize=USUAL - 1, frameon=False)
    best, worst = shown.iloc[0], shown.iloc[-1]
    text = words.text.format(
        count=len(shown),
        best=best["label"],
        best_value=words.number(best["estimate"], digits),
        worst=worst["label"],
        worst_value=words.number(worst["estimate"], digits),
        mean=words.number(mean, digits),
    )
    return Chart(figure, shown, f"{words.title}. {text}")


def rank_plot(table: pd.DataFrame, words: Words) -> Chart:
    """Ranks and the ranks that cannot be ruled out, first on top.

    table : ``label, rank, rank_low, rank_high``.
    words : ``text`` with the fields count, first, first_high, certain (units with a single rank left), widest.
    """
    shown = needed(table, "label", "rank", "rank_low", "rank_high")
    shown = shown.sort_values(["rank", "rank_high", "label"]).reset_index(drop=True)
    figure, axes, size = page(len(shown), words)
    places = np.arange(len(shown))
    low, high = (shown[name].to_numpy(dtype=np.float64) for name in ("rank_low", "rank_high"))
    axes.barh(places, high - low + 1, left=low - 0.5, height=0.6, color="#cfe0f3", edgecolor=ACCENT, linewidth=0.5)
    axes.plot(shown["rank"].to_numpy(dtype=np.float64), places, "o", color=INK, markersize=max(2.5, size / 2))
    axes.set_xlim(0.3, max(high.max(), len(shown)) + 0.7)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    rows_named(axes, [str(label) for label in shown["label"]], size)
    text = words.text.format(
        count=len(shown),
        first=shown["label"].iloc[0],
        first_high=int(high[0]),
        certain=int((low == high).sum()),
        widest=int((high - low).max() + 1),
    )
    return Chart(figure, shown, f"{words.title}. {text}")


def quadrant(table: pd.DataFrame, words: Words) -> Chart:
    """Importance against performance, cut at the means: what matters and goes badly stands top left.

    table : ``label, importance, performance``.
    words : ``x`` performance, ``y`` importance; names ``act, keep, low, excess`` of the corners; ``text`` with the
        fields count, act (labels of what matters and goes badly).
    """
    shown = needed(table, "label", "importance", "performance")
    figure, axes, _ = page(24, words)
    across, up = shown["performance"], shown["importance"]
    axes.scatter(across, up, s=28, color=ACCENT, edgecolor=INK, linewidth=0.5, zorder=3)
    middle = float(across.mean()), float(up.mean())
    axes.axvline(middle[0], color=FAINT, linewidth=0.8)
    axes.axhline(middle[1], color=FAINT, linewidth=0.8)
    for label, x, y in shown.itertuples(index=False):
        axes.annotate(
            str(label), (y, x), xytext=(5, 3), textcoords="offset points", fontsize=max(SMALLEST + 1, USUAL - 2)
        )
    for key, place, side, edge in (
        ("act", (0, 1), "left", "top"), ("keep", (1, 1), "right", "top"),
        ("low", (0, 0), "left", "bottom"), ("excess", (1, 0), "right", "bottom"),
    ):  # fmt: skip
        axes.text(
            *place,
            words.name(key),
            transform=axes.transAxes,
            ha=side,
            va=edge,
            fontsize=USUAL,
            color=FAINT,
            style="italic",
        )
    axes.margins(0.14)
    act = shown[(across < middle[0]) & (up >= middle[1])].sort_values("importance", ascending=False)
    listed = ", ".join(str(label) for label in act["label"]) or "–"
    return Chart(figure, shown, f"{words.title}. {words.text.format(count=len(shown), act=listed)}")


def returns(table: pd.DataFrame, words: Words) -> Chart:
    """Ballots received by the end of each day, one line per group, with the number invited as its goal.

    table : ``day, group, received`` (by day, not cumulated) and, where it is known, ``invited``.
    words : ``text`` with the fields days, total.
    """
    shown = needed(table, "day", "received", "group")
    shown["day"] = pd.to_datetime(shown["day"])
    wide = shown.pivot_table(index="day", columns="group", values="received", aggfunc="sum").asfreq("D").fillna(0)
    reached = wide.cumsum()
    figure, axes, _ = page(16, words)
    for number, group in enumerate(reached.columns):
        line = axes.plot(
            reached.index, reached[group], color=INK if number % 2 else ACCENT, linewidth=1.5, markersize=4,
            linestyle=DASHES[number % len(DASHES)], marker=MARKS[number % len(MARKS)],
        )  # fmt: skip
        label = _goal(table, group, words)
        axes.annotate(
            f"{group} {label}".strip(), (reached.index[-1], reached[group].iloc[-1]), xytext=(6, 0),
            textcoords="offset points", va="center", fontsize=USUAL - 1, color=line[0].get_color(),
        )  # fmt: skip
    axes.xaxis.set_major_locator(AutoDateLocator(maxticks=8))
    axes.xaxis.set_major_formatter(DateFormatter("%d/%m"))
    axes.set_ylim(bottom=0)
    axes.margins(x=0.02)
    if len(reached) == 1:  # an axis needs some length
        day = reached.index[0]
        axes.set_xlim(day - pd.Timedelta(days=1), day + pd.Timedelta(days=1))
    total = int(reached.iloc[-1].sum())
    text = words.text.format(days=len(reached), total=total)
    return Chart(figure, reached.reset_index(), f"{words.title}. {text}")


def _goal(table: pd.DataFrame, group: object, words: Words) -> str:
    """How much of the goal a group has reached, where that is known."""
    if "invited" not in table:
        return ""
    own = table[table["group"] == group]
    invited = own["invited"].max()
    if not invited or pd.isna(invited):
        return ""
    return f"({words.number(100 * own['received'].sum() / invited, 0)} %)"
