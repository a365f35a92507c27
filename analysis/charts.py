"""What a chart is here: a figure made without global state, the numbers it shows, and the same in a sentence.

Colours are told apart by the colour-blind, and by their lightness or hatching in grey print. Every figure fits A4; rows
that are many get smaller type, down to 126 on a page. Words come from the caller, in the caller's language.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from analysis.faults import AnalysisError

A4_WIDTH, A4_HEIGHT = 8.27, 11.69  # inches
MARGIN = 1.6  # inches for title, axis and legend
ROW = 0.24  # inches of a row where there is room
SMALLEST, USUAL = 5.5, 9.0  # points
MOST_ROWS = 130

INK, FAINT, GRID = "#1a1a1a", "#6b6b6b", "#d9d9d9"
ACCENT = "#0b5394"
WORST_TO_BEST = ("#b35806", "#f1a340", "#e6e6e6", "#998ec3", "#542788")
"""Orange to purple through grey (ColorBrewer PuOr): told apart by all common kinds of colour vision."""

STYLE = {
    "font.family": "DejaVu Sans",  # comes with matplotlib and has every Vietnamese letter
    "svg.fonttype": "path",
    "svg.hashsalt": "survey",  # the same numbers give the same bytes
    "hatch.linewidth": 0.4,
}


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a chart in one language.

    ``text`` is the sentence that stands for the figure, with the fields each chart names; ``number`` writes a number.
    """

    title: str
    text: str
    x: str = ""
    y: str = ""
    names: Mapping[str, str] | None = None  # of lines and marks, by the key each chart names
    number: Callable[[float, int], str] = "{:.{}f}".format

    def plain(self, value: float) -> str:
        """A number with as many decimals as it has, with the decimal sign of the language."""
        return f"{value:g}".replace(".", self.number(0.5, 1)[1])

    def name(self, key: str) -> str:
        """The word for a line or a mark; its key where there is none."""
        return (self.names or {}).get(key, key)


@dataclass(frozen=True)
class Chart:
    """A figure, the table of what it shows, and a sentence that says the same to those who cannot see it."""

    figure: Figure
    table: pd.DataFrame
    text: str

    def svg(self) -> bytes:
        """The figure as SVG; letters are outlines, so that it looks alike everywhere."""
        return self._written("svg", {"Date": None, "Title": _first_line(self.text), "Description": self.text})

    def png(self, dots_per_inch: int = 200) -> bytes:
        """The figure as PNG."""
        return self._written("png", {"Software": None, "Description": self.text}, dots_per_inch)

    def _written(self, kind: str, metadata: dict[str, str | None], dots_per_inch: int = 72) -> bytes:
        canvas = FigureCanvasSVG if kind == "svg" else FigureCanvasAgg
        target = io.BytesIO()
        with mpl.rc_context(STYLE):
            canvas(self.figure)
            self.figure.savefig(target, format=kind, metadata=metadata, dpi=dots_per_inch)
        return target.getvalue()


def _first_line(text: str) -> str:
    return text.split(". ", maxsplit=1)[0]


def page(rows: int, words: Words, *, width: float = A4_WIDTH) -> tuple[Figure, Axes, float]:
    """An empty figure for so many rows, its axes, and the size of type in points that fits them.

    Raises
    ------
    AnalysisError : no row, or more rows than a page of A4 can show.
    """
    if not 0 < rows <= MOST_ROWS:
        raise AnalysisError("rows_of_chart", rows=rows, most=MOST_ROWS)
    height = min(A4_HEIGHT, MARGIN + ROW * rows)
    size = max(SMALLEST, min(USUAL, 0.78 * 72 * (height - MARGIN) / rows))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.add_subplot()
    figure.suptitle(words.title, fontsize=11, color=INK, x=0.01, ha="left", wrap=True)
    return figure, quiet(axes, words), size


def quiet(axes: Axes, words: Words) -> Axes:
    """Axes without what carries no information."""
    axes.set_xlabel(words.x, fontsize=USUAL, color=FAINT)
    axes.set_ylabel(words.y, fontsize=USUAL, color=FAINT)
    axes.tick_params(labelsize=USUAL, colors=INK, length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GRID)
    axes.set_axisbelow(True)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _place: words.plain(value)))
    return axes


def rows_named(axes: Axes, labels: Sequence[str], size: float) -> None:
    """One row per label, the first on top, with a line to lead the eye."""
    axes.set_yticks(range(len(labels)), labels=list(labels), fontsize=size)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.grid(axis="y", color=GRID, linewidth=0.4)
    axes.grid(axis="x", color=GRID, linewidth=0.4, linestyle=(0, (1, 3)))
