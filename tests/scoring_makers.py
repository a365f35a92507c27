"""Small scoring methods and ratings, made to be worked out by hand."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from scoring.checking import rule_faults
from scoring.faults import MethodError
from scoring.method import ScoringMethod
from scoring.parsing import method_from
from scoring.values import Item, Ratings

ASSUMED = {"status": "assumed", "source": "made for a test"}
FIVE = ("1", "2", "3", "4", "5")
TITLE = {"vi": "Thử", "en": "Test"}
DTXHH = {
    "id": "tiny",
    "version": "1",
    "kind": "dtxhh",
    "year": 2026,
    "title": TITLE,
    "ranking": {**ASSUMED, "ties": "min", "compare": "rounded"},
    "criteria": [
        {"code": "C1", "title": TITLE, **ASSUMED, "max_points": 3},
        {"code": "C2", "title": TITLE, **ASSUMED, "max_points": 2},
    ],
    "answers": {**ASSUMED, "other_lists": "linear", "measures": ["assessment"], "file_scale": "five"},
    "percent_tables": [
        {**ASSUMED, "list_name": "five", "fractions": {"1": 0, "2": 0.25, "3": 0.5, "4": 0.75, "5": 1}},
        {**ASSUMED, "list_name": "abcd", "fractions": {"D": 0, "C": 0.2, "B": 0.6, "A": 1}},
    ],
    "dont_know": {**ASSUMED, "rule": "exclude", "names": ["98"]},
    "group_weights": {**ASSUMED, "by_criterion": {"C1": {"a": 0.6, "b": 0.4}, "C2": {"a": 0.6, "b": 0.4}}},
    "few_ballots": {**ASSUMED, "min_ballots": 2, "rule": "renormalise", "thin_units_share": 0},
    "small_samples": {**ASSUMED, "rule": "pooled", "below": 2},
    "index": {**ASSUMED, "rule": "applicable_max", "blank": "not_applicable"},
    "bands": {
        **ASSUMED,
        "from_best": [
            {"code": "A", "low": 90, "high": 100},
            {"code": "B", "low": 80, "high": 90},
            {"code": "C", "low": 0, "high": 80},
        ],
    },
    "rounding": {**ASSUMED, "digits": 2},
}
SIPAS = {key: value for key, value in DTXHH.items() if key not in ("criteria", "group_weights", "bands")} | {
    "kind": "sipas",
    "criteria": [
        {
            "code": "CS",
            "title": TITLE,
            **ASSUMED,
            "children": [{"code": "CS.1", "title": TITLE}, {"code": "CS.2", "title": TITLE}],
        },
        {"code": "DV", "title": TITLE, **ASSUMED, "children": [{"code": "DV.1", "title": TITLE}]},
    ],
    "group_weights": {**ASSUMED, "by_criterion": {"CS": {"a": 1}, "DV": {"a": 0.75, "b": 0.25}}},
    "satisfaction": {**ASSUMED, "counts": "top_levels", "top_levels": {"5": 2, "3": 1}},
    "aggregation": {**ASSUMED, "order": "pooled_answers"},
    "parts": {**ASSUMED, "component_weights": {"CS": 0.6, "DV": 0.4}},
}
COMPOSITE = {
    "id": "sum",
    "version": "1",
    "kind": "composite",
    "year": 2026,
    "title": TITLE,
    "ranking": {**ASSUMED, "ties": "min", "compare": "rounded"},
    "criteria": [
        {
            "code": name.upper(),
            "title": TITLE,
            **ASSUMED,
            "max_points": points,
            "feed": "component",
            "component": name,
            "given_as": given_as,
        }
        for name, points, given_as in (("x", 60, "points"), ("y", 40, "percent"))
    ],
    "index": {**ASSUMED, "rule": "applicable_max", "blank": "not_applicable"},
    "adjustments": {**ASSUMED, "bonus": {"extra": 2}, "penalty": {"late": 5}, "cap": 100},
    "rounding": {**ASSUMED, "digits": 2},
}


def changed(raw: Mapping[str, object], changes: Mapping[str, object]) -> dict:
    """A copy of a raw method with values set by path, e.g. ``{"few_ballots.rule": "zero"}``; ``...`` deletes."""
    result = copy.deepcopy(dict(raw))
    for path, value in changes.items():
        *parents, last = [int(key) if key.isdigit() else key for key in path.split("/")]
        place = result
        for key in parents:
            place = place[key]
        if value is ...:
            del place[last]
        else:
            place[last] = value
    return result


def method_of(raw: Mapping[str, object] = DTXHH, **changes: object) -> ScoringMethod:
    """A method from a raw mapping; ``few_ballots__rule="zero"`` sets few_ballots/rule."""
    paths = {key.replace("__", "/"): value for key, value in changes.items()}
    method, faults = method_from(changed(raw, paths))
    faults += rule_faults(method)
    if faults:
        raise MethodError(faults)
    return method


def item(question: str, group: str, criterion: str, **more: object) -> Item:
    """An item on the five-level scale with 98 for "don't know"."""
    facts: dict = {"measure": "assessment", "list_name": "five", "levels": FIVE, "dont_know": ("98",)} | more
    return Item(question, group, criterion, **facts)


TINY_ITEMS = tuple(item(f"{g}_{c}", g, c.upper()) for g in "ab" for c in ("c1", "c2"))


def ratings_of(cells: Mapping[tuple[str, str], Mapping[str, Sequence[object]]], items: Sequence[Item]) -> Ratings:
    """Ratings from (group, unit) -> question -> the answers of as many ballots; every ballot rates one unit."""
    frames = []
    start = 0
    for (group, unit), answers in cells.items():
        frame = pd.DataFrame({name: pd.Series(_names(column), dtype=object) for name, column in answers.items()})
        keys = {"ballot": np.arange(start, start + len(frame)), "respondent_group": group, "unit": unit}
        frames.append(frame.assign(**keys))
        start += len(frame)
    return Ratings(pd.concat(frames, ignore_index=True), tuple(items))


def _names(answers: Sequence[object]) -> list[str | None]:
    return [None if answer is None else str(answer) for answer in answers]


def random_ratings(
    rng: np.random.Generator, *, units: int = 3, ballots: int = 8, groups: str = "ab", unsure: float = 0.1
) -> Ratings:
    """Every ballot of a group rates every unit on the two tiny criteria, with some "don't know" and blanks."""
    rows = units * ballots
    frames = []
    for number, group in enumerate(groups):
        frame = pd.DataFrame(
            {
                "ballot": np.repeat(np.arange(ballots), units) + number * ballots,
                "respondent_group": group,
                "unit": np.tile([f"U{k}" for k in range(units)], ballots),
            }
        )
        for column in ("c1", "c2"):
            answers = rng.choice(np.array([*FIVE, "98"], dtype=object), rows, p=[*[(1 - unsure) / 5] * 5, unsure])
            answers[rng.random(rows) < 0.05] = None
            frame[f"{group}_{column}"] = answers
        frames.append(frame)
    return Ratings(pd.concat(frames, ignore_index=True), TINY_ITEMS)


def unit_row(scores: object, unit: str) -> pd.Series:
    """The row of one unit in ``by_unit``."""
    return scores.by_unit.set_index("unit").loc[unit]
