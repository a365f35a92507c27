"""Charts: what they show is in their table and their sentence, they fit a page, and they read in grey print."""

import itertools
import re
import unicodedata
from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font

from analysis.answer_charts import likert, loadings_map, quality_overview, scree
from analysis.charts import A4_HEIGHT, A4_WIDTH, SMALLEST, STYLE, WORST_TO_BEST, Chart
from analysis.faults import AnalysisError
from analysis.unit_charts import dot_plot, quadrant, rank_plot, returns
from survey_app.cli.plotting import WORDS, chart_words

LEVELS = ["Rất không hài lòng", "Không hài lòng", "Bình thường", "Hài lòng", "Rất hài lòng"]


def units(count):
    rng = np.random.default_rng(count)
    estimate = rng.normal(80, 4, count)
    names = [f"Xã Đông Ngạc {place}" for place in range(count)]
    return pd.DataFrame({"label": names, "estimate": estimate, "ci_low": estimate - 2, "ci_high": estimate + 2})


def ranks(count):
    rank = np.arange(1, count + 1)
    low, high = np.maximum(rank - 3, 1), np.minimum(rank + 4, count)
    return pd.DataFrame({"label": units(count)["label"], "rank": rank, "rank_low": low, "rank_high": high})


def shares(count, levels=5):
    return pd.DataFrame(
        np.random.default_rng(count).dirichlet(np.arange(1, levels + 1), count),
        index=[f"Câu {place}" for place in range(count)],
        columns=LEVELS[:levels],
    )


FACTORS = pd.DataFrame({"label": list("ABCD"), "importance": [0.4, 0.1, 0.3, 0.2], "performance": [70, 60, 90, 80]})
EIGEN = pd.DataFrame({"factor": [1, 2, 3, 4], "eigenvalue": [3.0, 1.6, 0.9, 0.5], "reference": [1.3, 1.1, 1.0, 0.9]})
LOADINGS = pd.DataFrame([[0.81, -0.1], [0.05, -0.9]], index=["Q1", "Q2"], columns=["N1", "N2"])
SIGNS = pd.DataFrame({"label": ["Thẳng hàng", "Quá nhanh"], "flagged": [0.08, 0.005], "expected": [0.01, 0.01]})
DAYS = pd.DataFrame(
    {
        "day": ["2026-09-01", "2026-09-03", "2026-09-01"],
        "group": ["Sở", "Sở", "Dân"],
        "received": [3, 4, 9],
        "invited": [14, 14, 20],
    }
)
MADE: dict[str, Callable[[str], Chart]] = {
    "dots": lambda lang: dot_plot(units(12), chart_words("dots", lang)),
    "ranks": lambda lang: rank_plot(ranks(9), chart_words("ranks", lang)),
    "likert": lambda lang: likert(shares(6), chart_words("likert", lang), n=pd.Series(40, index=shares(6).index)),
    "quadrant": lambda lang: quadrant(FACTORS, chart_words("quadrant", lang)),
    "scree": lambda lang: scree(EIGEN, chart_words("scree", lang)),
    "loadings": lambda lang: loadings_map(LOADINGS, chart_words("loadings", lang)),
    "quality": lambda lang: quality_overview(SIGNS, chart_words("quality", lang)),
    "returns": lambda lang: returns(DAYS, chart_words("returns", lang)),
}
every_chart = pytest.mark.parametrize("kind", list(WORDS))


@every_chart
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_chart_is_drawn_in_both_languages_with_its_numbers_beside(kind, lang):
    chart = MADE[kind](lang)
    assert ElementTree.fromstring(chart.svg()).tag.endswith("svg")
    assert chart.png(40).startswith(b"\x89PNG")
    assert len(chart.table) > 0
    assert "{" not in chart.text
    assert chart.text.startswith(chart_words(kind, lang).title)


@every_chart
def test_the_same_numbers_give_the_same_bytes(kind):
    assert MADE[kind]("vi").svg() == MADE[kind]("vi").svg()


@every_chart
def test_the_sentence_travels_with_the_file(kind):
    chart = MADE[kind]("vi")
    assert chart.text.split(". ", 1)[1][:20] in chart.svg().decode()


@pytest.mark.parametrize("count", [1, 12, 126])
def test_units_fit_a_page_with_letters_that_can_be_read(count):
    chart = dot_plot(units(count), chart_words("dots", "vi"))
    width, height = chart.figure.get_size_inches()
    assert width <= A4_WIDTH
    assert height <= A4_HEIGHT
    labels = chart.figure.axes[0].get_yticklabels()
    assert len(labels) == count
    assert min(label.get_fontsize() for label in labels) >= SMALLEST
    chart.figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in labels]
    assert all(above.y0 >= below.y1 - 1 for above, below in itertools.pairwise(boxes))  # none on another


def test_more_rows_than_a_page_holds_are_refused():
    with pytest.raises(AnalysisError, match="131 rows"):
        dot_plot(units(131), chart_words("dots", "vi"))


def test_what_is_best_stands_on_top_and_in_the_sentence():
    table = units(5).sample(frac=1, random_state=np.random.default_rng(1))
    chart = dot_plot(table, chart_words("dots", "en"))
    assert chart.table["estimate"].is_monotonic_decreasing
    best = table.loc[table["estimate"].idxmax()]
    assert f"highest {best['label']} ({best['estimate']:.1f})" in chart.text


def test_units_without_an_estimate_are_left_out_and_none_at_all_is_an_error():
    table = units(3)
    table.loc[1, "estimate"] = np.nan
    assert len(dot_plot(table, chart_words("dots", "vi")).table) == 2
    with pytest.raises(AnalysisError, match="no number to draw"):
        dot_plot(table.assign(estimate=np.nan), chart_words("dots", "vi"))
    with pytest.raises(AnalysisError, match="ci_low"):
        dot_plot(table.drop(columns="ci_low"), chart_words("dots", "vi"))


@pytest.mark.parametrize("levels", [2, 3, 4, 5])
def test_bars_of_a_scale_meet_at_its_middle(levels):
    table = shares(4, levels)
    chart = likert(table, chart_words("likert", "vi"))
    bars = [patch for patch in chart.figure.axes[0].patches if patch.get_height() == 0.72]
    left = {round(bar.get_y() + 0.36): bar.get_x() for bar in bars[:4]}  # the worst level of each question
    values = table.loc[chart.table["label"]].to_numpy()
    middle = values[:, : levels // 2].sum(axis=1) + (values[:, levels // 2] / 2 if levels % 2 else 0)
    assert [left[row] for row in range(4)] == pytest.approx(list(-middle))


def test_shares_that_are_no_shares_are_refused():
    with pytest.raises(AnalysisError, match="summing to 1"):
        likert(shares(3) * 100, chart_words("likert", "vi"))


def test_the_two_ends_of_a_scale_are_told_apart_without_colour():
    """Lightness runs dark, light, dark; hatching marks the worse half."""
    light = [0.299 * r + 0.587 * g + 0.114 * b for r, g, b in map(to_rgb, WORST_TO_BEST)]
    assert min(np.abs(np.diff(light))) > 0.15
    chart = likert(shares(2), chart_words("likert", "vi"))
    hatched = [bool(bar.get_hatch()) for bar in chart.figure.axes[0].patches if bar.get_height() == 0.72]
    assert hatched == [True] * 4 + [False] * 6


def test_what_matters_and_goes_badly_is_named():
    assert "not yet good: A." in quadrant(FACTORS, chart_words("quadrant", "en")).text


def test_factors_above_the_reference_are_kept():
    assert "2 to keep" in scree(EIGEN, chart_words("scree", "en")).text


def test_returns_are_cumulated_over_days_without_any():
    chart = returns(DAYS, chart_words("returns", "en"))
    assert chart.table["Sở"].tolist() == [3, 3, 7]
    assert "3 days, 16 ballots" in chart.text


def test_numbers_on_axes_have_the_decimal_sign_of_the_language():
    for lang, sign in (("vi", ","), ("en", ".")):
        figure = MADE["quadrant"](lang).figure
        figure.draw_without_rendering()
        shown = " ".join(label.get_text() for label in figure.axes[0].get_yticklabels())
        assert re.search(rf"0\{sign}\d", shown)


def test_the_font_has_every_vietnamese_letter():
    vowels = "aăâeêioôơuưy"
    letters = {vowel + mark for vowel in vowels for mark in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")}
    composed = {unicodedata.normalize("NFC", letter) for letter in letters} | {"đ"}
    characters = FT2Font(findfont(FontProperties(family=STYLE["font.family"]))).get_charmap()
    assert all(ord(letter) in characters and ord(letter.upper()) in characters for letter in composed)
