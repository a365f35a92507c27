"""Estimates as they are read on a screen: labels beside codes, as many decimals as the errors bear."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from survey_app.cli import estimate_words as words
from survey_app.cli.tabular import Words, text
from survey_app.table_text import shown

FIGURES = 3  # of the smallest standard error
MOST_DECIMALS = 6
IN_ONE_UNIT = ("estimate", "se", "ci_low", "ci_high")
ValueLabels = Mapping[str, Mapping[Any, str]]


def on_screen(
    table: pd.DataFrame, what: str, level: float, lang: str, value_labels: ValueLabels
) -> tuple[pd.DataFrame, dict[str, Words], dict[str, int]]:
    """The table to be shown, its headings, and the decimals of its columns."""
    screen = table.copy()
    names = list(screen.columns)
    for name in names[: min(names.index(first) for first in ("item", "contrast") if first in names)]:
        screen[name] = [_labelled(value, value_labels.get(name.removeprefix("by_"), {})) for value in screen[name]]
    if what == "proportion":
        screen["item"] = [_with_label(item, value_labels) for item in screen["item"]]
    if "cv" in screen:
        screen["cv"] *= 100
    screen["note"] = [text(words.SHORT[code], lang) if code else "" for code in screen["note"]]
    if not (screen["note"] != "").any():
        screen = screen.drop(columns="note")
    share = shown(round(100 * level, 10)).replace(".", "," if lang == "vi" else ".")
    headings = words.HEADINGS | {
        "estimate": words.ESTIMATE[what],
        "ci_low": (words.FROM[0].format(level=share), words.FROM[1].format(level=share)),
        "ci_high": words.TO,
    }
    if what == "ratio":
        headings["size"] = words.DENOMINATORS
    digits = {"cv": 1, "size": 1, "df": 0, "deff": 2, "q": 2} | dict.fromkeys(IN_ONE_UNIT, _decimals(table))
    return screen, headings, digits


def _decimals(table: pd.DataFrame) -> int:
    """Decimals that show the smallest error to three figures; of the estimates where there is no error."""
    for name in ("se", "estimate"):
        sizes = table[name].abs().to_numpy(dtype=np.float64)
        sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
        if len(sizes):
            return int(np.clip(FIGURES - 1 - np.floor(np.log10(sizes.min())), 0, MOST_DECIMALS))
    return FIGURES


def _labelled(value: Any, labels: Mapping[Any, str]) -> str:
    written = shown(value)
    label = next((label for code, label in labels.items() if shown(code) == written), "")
    return f"{written} {label}".strip()


def _with_label(item: str, value_labels: ValueLabels) -> str:
    """``q1=5`` with the label of the level."""
    name, _, level = item.partition("=")
    return f"{name}={_labelled(level, value_labels.get(name, {}))}"
