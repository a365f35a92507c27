"""Charts of answers: diverging bars of a scale, scree with its reference, loadings, signs of poor quality."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.ticker import MaxNLocator

from analysis.charts import A4_WIDTH, ACCENT, FAINT, INK, SMALLEST, USUAL, WORST_TO_BEST, Chart, Words, page, rows_named
from analysis.faults import AnalysisError
from analysis.sums import Floats
from analysis.unit_charts import needed

SEEN = 0.04
"""A share below this has no room for its number."""


def likert(shares: pd.DataFrame, words: Words, *, n: pd.Series | None = None, digits: int = 0) -> Chart:
    """Bars of a scale around its middle: dissatisfied to the left, satisfied to the right, half of the middle each way.

    Parameters
    ----------
    shares : rows are questions (index: labels), columns the levels from worst to best; each row sums to 1
    n : valid answers of each question
    words : ``text`` with the fields count, best, best_share, worst, worst_share: levels above the middle

    Raises
    ------
    AnalysisError : fewer than two levels, or a row that does not sum to 1.
    """
    if shares.shape[1] < 2 or not np.allclose(shares.sum(axis=1), 1, atol=1e-6):
        raise AnalysisError("not_shares", levels=shares.shape[1])
    values, levels = shares.to_numpy(dtype=np.float64), [str(level) for level in shares.columns]
    order = np.argsort(-_satisfied(values), kind="stable")
    figure, axes, size = page(len(shares) + 2, words)
    starts = np.cumsum(values[order], axis=1) - values[order] - _below(values[order])[:, None]
    for place, level in enumerate(levels):
        colour = _colour(place, len(levels))
        hatch = "////" if place < (len(levels) - 1) / 2 else None  # tells the two ends apart in grey print
        width, start = values[order, place], starts[:, place]
        axes.barh(
            range(len(order)), width, left=start, height=0.72, color=colour, edgecolor="white", linewidth=0.5,
            hatch=hatch, label=level,
        )  # fmt: skip
        for row in map(int, np.flatnonzero(width >= SEEN)):
            axes.text(
                start[row] + width[row] / 2, row, words.number(100 * width[row], digits), ha="center", va="center",
                fontsize=max(SMALLEST, size - 1.5), color=_ink_on(colour),
                bbox={"boxstyle": "square,pad=0.12", "facecolor": colour, "edgecolor": "none"},
            )  # fmt: skip
    axes.axvline(0, color=INK, linewidth=0.8)
    labels = [f"{label}  (n = {int(n.loc[label])})" if n is not None else str(label) for label in shares.index[order]]
    rows_named(axes, labels, size)
    axes.set_xlim(min(starts.min(), -0.1), max((starts[:, -1] + values[order, -1]).max(), 0.1))
    axes.set_xticks([])
    figure.legend(loc="outside lower center", ncols=min(len(levels), 5), fontsize=USUAL - 1, frameon=False)
    satisfied = pd.Series(_satisfied(values)[order], index=shares.index[order])
    text = words.text.format(
        count=len(shares),
        best=satisfied.index[0],
        best_share=words.number(100 * satisfied.iloc[0], digits),
        worst=satisfied.index[-1],
        worst_share=words.number(100 * satisfied.iloc[-1], digits),
    )
    return Chart(figure, shares.iloc[order].reset_index(names="label"), f"{words.title}. {text}")


def _below(values: Floats) -> Floats:
    """Share left of the middle of the scale."""
    count = values.shape[1]
    below: Floats = values[:, : count // 2].sum(axis=1)
    return below + values[:, count // 2] / 2 if count % 2 else below


def _satisfied(values: Floats) -> Floats:
    """Share of the levels above the middle."""
    return np.asarray(values[:, (values.shape[1] + 1) // 2 :].sum(axis=1), dtype=np.float64)


def _colour(place: int, count: int) -> str | tuple[float, float, float, float]:
    """Of a level on a scale of ``count``; the ends of every scale look alike."""
    if count == len(WORST_TO_BEST):
        return WORST_TO_BEST[place]
    return LinearSegmentedColormap.from_list("scale", WORST_TO_BEST)(place / max(count - 1, 1))


def _ink_on(colour: str | tuple[float, ...]) -> str:
    red, green, blue = to_rgb(colour if isinstance(colour, str) else colour[:3])
    return "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.5 else INK


def scree(table: pd.DataFrame, words: Words, *, digits: int = 2) -> Chart:
    """Eigenvalues beside those of answers without structure: factors above the reference are worth keeping.

    table : ``factor`` (1, 2, …), ``eigenvalue``, ``reference``.
    words : names ``observed, reference``; ``text`` with the fields count, kept, first.
    """
    shown = needed(table, "factor", "eigenvalue", "reference")
    figure, axes, _ = page(16, words)
    axes.plot(shown["factor"], shown["eigenvalue"], "o-", color=INK, linewidth=1.4, label=words.name("observed"))
    axes.plot(
        shown["factor"],
        shown["reference"],
        "s--",
        color=ACCENT,
        linewidth=1.2,
        markersize=4,
        label=words.name("reference"),
    )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(fontsize=USUAL, frameon=False)
    above = (shown["eigenvalue"] > shown["reference"]).to_numpy()
    kept = int(np.argmin(above)) if not above.all() else len(above)
    text = words.text.format(count=len(shown), kept=kept, first=words.number(shown["eigenvalue"].iloc[0], digits))
    return Chart(figure, shown, f"{words.title}. {text}")


def loadings_map(loadings: pd.DataFrame, words: Words, *, digits: int = 2) -> Chart:
    """Loadings as shades with their numbers; rows are questions, columns factors.

    words : ``text`` with the fields count, factors, strongest (question of the largest loading).
    """
    if loadings.empty:
        raise AnalysisError("nothing_to_draw", column="loadings")
    values = loadings.to_numpy(dtype=np.float64)
    width = min(A4_WIDTH, 3.2 + 0.9 * values.shape[1])
    figure, axes, size = page(len(loadings), words, width=width)
    shades = LinearSegmentedColormap.from_list("loadings", [WORST_TO_BEST[0], "white", WORST_TO_BEST[-1]])
    axes.imshow(values, cmap=shades, vmin=-1, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            shown = words.number(float(value), digits)
            axes.text(
                column, row, shown, ha="center", va="center", fontsize=size,
                color="white" if abs(value) > 0.6 else INK, fontweight="bold" if abs(value) >= 0.4 else "normal",
            )  # fmt: skip
    rows_named(axes, [str(label) for label in loadings.index], size)
    axes.grid(visible=False)
    axes.set_xticks(range(values.shape[1]), labels=[str(name) for name in loadings.columns], fontsize=USUAL)
    axes.xaxis.tick_top()
    axes.spines["bottom"].set_visible(False)
    strongest = loadings.index[int(np.nanargmax(np.abs(values)) // values.shape[1])]
    text = words.text.format(count=len(loadings), factors=values.shape[1], strongest=strongest)
    return Chart(figure, loadings.reset_index(names="label"), f"{words.title}. {text}")


def quality_overview(table: pd.DataFrame, words: Words, *, digits: int = 1) -> Chart:
    """Share of flagged ballots by sign, beside the share that honest answers would give.

    table : ``label, flagged, expected`` (shares 0..1).
    words : names ``flagged, expected``; ``text`` with the fields count, most, most_share, above (signs above expected).
    """
    shown = needed(table, "label", "flagged", "expected")
    shown = shown.sort_values(["flagged", "label"], ascending=[False, True]).reset_index(drop=True)
    figure, axes, size = page(len(shown), words)
    places = np.arange(len(shown))
    axes.barh(
        places, 100 * shown["flagged"], height=0.6, color="#cfe0f3", edgecolor=ACCENT, label=words.name("flagged")
    )
    axes.plot(
        100 * shown["expected"], places, "|", color=INK, markersize=14, markeredgewidth=2, label=words.name("expected")
    )
    for place, value in zip(places, shown["flagged"], strict=True):
        axes.annotate(
            f"{words.number(100 * value, digits)} %", (100 * value, place), xytext=(4, 0), textcoords="offset points",
            va="center", fontsize=size, color=FAINT,
        )  # fmt: skip
    rows_named(axes, [str(label) for label in shown["label"]], size)
    axes.legend(fontsize=USUAL - 1, frameon=False, loc="lower right")
    text = words.text.format(
        count=len(shown),
        most=shown["label"].iloc[0],
        most_share=words.number(100 * shown["flagged"].iloc[0], digits),
        above=int((shown["flagged"] > shown["expected"]).sum()),
    )
    return Chart(figure, shown, f"{words.title}. {text}")
