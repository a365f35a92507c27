"""Differences and other combinations of estimates: between the values of a domain column, or between items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.faults import AnalysisError
from analysis.results import NO_ANSWERS, Combination, Estimates, Key, labels_apart

ITEM = "item"
"""Instead of a column: items are compared with each other, in each domain."""

COLUMNS = (ITEM, "contrast", "estimate", "se", "ci_low", "ci_high", "df", "note")


def contrast_table(estimates: Estimates, column: str, loads: Mapping[Any, float]) -> pd.DataFrame:
    """Σ load × estimate over the values of a column, for each item and each combination of the other domain columns.

    Parameters
    ----------
    estimates : made with ``covariances``, so that the same people in two domains, or asked two items, count.
    column : one of the domain columns, or :data:`ITEM` for loads by the name of an item.
    loads : by value; ``{"A": 1, "B": -1}`` is the difference of A and B.

    Returns
    -------
    DataFrame
        Other domain columns, item (but for a contrast of items), contrast, estimate, se, ci_low, ci_high, df, note.
        A combination of the other columns without one of the values has no estimate: its note is ``no_answers``.

    Raises
    ------
    AnalysisError : ``unknown_contrast`` for a column or a value that is not there; ``no_covariances``.
    """
    known = list(estimates.items) if column == ITEM else list(estimates.domains.get(column, pd.Series()).unique())
    if column != ITEM and column not in estimates.domains.columns:
        columns = ", ".join([*map(str, estimates.domains.columns), ITEM])
        raise AnalysisError("unknown_contrast", name=column, known=columns)
    for value in loads:
        if value not in known:
            raise AnalysisError("unknown_contrast", name=value, known=", ".join(map(str, known)))
    label = contrast_label(loads)
    rows = []
    for labels, item, keys in _places(estimates, column, list(loads)):
        own = dict(zip(labels_apart(labels, COLUMNS), labels.values(), strict=True))
        rows.append({**own, **item, "contrast": label, **_figures(estimates, keys, loads)})
    return pd.DataFrame(rows)


def contrast_label(loads: Mapping[Any, float]) -> str:
    """A combination as it is written: ``A - 0.5 B``."""
    parts = [
        f"{'-' if load < 0 else '+'} {'' if abs(load) == 1 else f'{abs(load):g} '}{v}" for v, load in loads.items()
    ]
    return " ".join(parts).removeprefix("+ ")


def _places(
    estimates: Estimates, column: str, values: list[Any]
) -> Iterator[tuple[dict[str, Any], dict[str, str], list[Key | None]]]:
    """The labels and the item of each row, and where the estimates of the values stand; None: nowhere."""
    domains = estimates.domains
    if column == ITEM:
        for place, record in enumerate(domains.to_dict("records")):
            labels = {str(name): value for name, value in record.items()}
            keys: list[Key | None] = [(place, estimates.items.index(item)) for item in values]
            yield labels, {}, keys
        return
    names = [str(name) for name in domains.columns]
    groups: dict[tuple[Any, ...], dict[Any, int]] = {}
    for place, row in enumerate(domains.itertuples(index=False, name=None)):
        labelled = dict(zip(names, row, strict=True))
        value = labelled.pop(column)
        groups.setdefault(tuple(labelled.items()), {})[value] = place
    for others, at in groups.items():
        for item, name in enumerate(estimates.items):
            yield dict(others), {ITEM: name}, [(at[value], item) if value in at else None for value in values]


def _figures(estimates: Estimates, keys: list[Key | None], loads: Mapping[Any, float]) -> dict[str, Any]:
    if None in keys:
        found = Combination(np.nan, np.nan, np.nan, np.nan, 0.0, NO_ANSWERS)
    else:
        found = estimates.contrast(dict(zip((key for key in keys if key), loads.values(), strict=True)))
    return {
        "estimate": found.estimate, "se": found.se, "ci_low": found.low, "ci_high": found.high,
        "df": found.df, "note": found.note,
    }  # fmt: skip
