"""What must not be shown of few ballots, and what else must not be shown since they could be reckoned from it.

A cell with fewer ballots than the minimum is hidden, its counts too. If a sum is shown beside all its terms but one,
that one comes back by subtraction: then a second term is hidden, or the sum.

Reference: Hundepool et al. (2012), Statistical Disclosure Control, s. 4.4 (secondary cell suppression).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from scoring.domains import Ints
from scoring.method import ScoringMethod
from scoring.results import Scores
from scoring.thin_items import ITEM_OUT
from scoring.values import Bools

COUNTS = ("n", "n_dont_know", "n_answers")
VALUES = ("value", "index", "se", "se_raters", "df", "points", "points_se", "ci_low", "ci_high")
WITHHELD = "withheld"
CELL = ["unit", "respondent_group"]


def withheld(method: ScoringMethod, scores: Scores) -> Scores:
    """The scores as they may be shown."""
    least = method.few_ballots.min_ballots if method.few_ballots else 0
    groups, items = _few(scores.by_group, "value", least), _few(scores.by_item, "value", least)
    more_groups, more_items = groups.copy(), items.copy()
    if len(scores.by_item):
        _within_units(method, scores, more_groups, more_items, least)
    criteria, units = _few(scores.by_criterion, "value", least), _few(scores.by_unit, "index", least)
    more_criteria = criteria | _same_cells(scores.by_criterion, scores.by_group[more_groups & ~groups])
    whole = _few(scores.overall, "value", least)
    if len(scores.overall):
        whole |= _open_sums(method, scores, more_groups, units, least)
    return replace(
        scores,
        by_unit=_hidden(scores.by_unit, units, units),
        by_criterion=_hidden(scores.by_criterion, criteria, more_criteria),
        by_group=_hidden(scores.by_group, groups, more_groups),
        by_item=_hidden(scores.by_item, items, more_items),
        overall=_hidden(scores.overall, whole, whole, values=True),
    )


def _few(frame: pd.DataFrame, value: str, least: int) -> Bools:
    """Rows of few ballots, or whose value is not shown: with the other groups' counts theirs would be known, too."""
    if frame.empty:
        return np.zeros(0, dtype=np.bool_)
    return np.array((frame["n"] < least) | frame[value].isna(), dtype=np.bool_)


def _hidden(frame: pd.DataFrame, few: Bools, more: Bools, *, values: bool = False) -> pd.DataFrame:
    """Without the counts of few ballots; what is hidden for the sake of others loses its values and says so."""
    if frame.empty:
        return frame
    second = more & ~few
    result = frame.assign(**{name: frame[name].astype("Int64").mask(more) for name in COUNTS if name in frame})
    gone = more if values else second
    result = result.assign(**{name: result[name].mask(gone) for name in VALUES if name in result})
    words = {"se_method": "", "rule": WITHHELD}
    return result.assign(**{name: result[name].mask(second, word) for name, word in words.items() if name in result})


def _same_cells(frame: pd.DataFrame, cells: pd.DataFrame) -> Bools:
    keys = ["unit", "criterion"]
    if frame.empty or cells.empty:
        return np.zeros(len(frame), dtype=np.bool_)
    return np.asarray(pd.MultiIndex.from_frame(frame[keys]).isin(pd.MultiIndex.from_frame(cells[keys])))


def _within_units(method: ScoringMethod, scores: Scores, groups: Bools, items: Bools, least: int) -> None:
    """Hide second criteria of parts and second items of criteria within units and groups, until none is open."""
    rows, asked = scores.by_group.reset_index(drop=True), scores.by_item.reset_index(drop=True)
    counts = (asked["n"] > 0) & (asked["rule"] != ITEM_OUT)
    part_of = {leaf.code: part.code for part in method.criteria for leaf in part.leaves if leaf is not part}
    places: dict[Any, int] = {
        key: place for place, key in enumerate(zip(*(rows[c] for c in [*CELL, "criterion"]), strict=True))
    }
    leaves = rows[rows["criterion"].isin(list(part_of)) & (rows["n"] > 0)]
    to_parts = [leaves[c] for c in CELL] + [leaves["criterion"].map(part_of).rename("criterion")]
    terms: dict[Any, pd.Index] = dict(leaves.groupby(to_parts).groups)
    item_terms: dict[Any, pd.Index] = dict(asked[counts].groupby([*CELL, "criterion"]).groups)
    n_rows, n_items = rows["n"].to_numpy(), asked["n"].to_numpy()
    before = -1
    while before != (before := int(groups.sum() + items.sum())):
        for key, found in terms.items():
            _hide_second(groups, places.get(key), groups, found.to_numpy(), n=n_rows, least=least)
        for key, found in item_terms.items():
            place = places.get(key)
            if place is not None and groups[place]:
                items[found] = True
            _hide_second(groups, place, items, found.to_numpy(), n=n_items, least=least)


def _hide_second(sums: Bools, place: int | None, cells: Bools, terms: Ints, *, n: Ints, least: int) -> None:
    """Hide the smallest terms of a shown sum until what is hidden of it is safe; else the sum."""
    if place is None or sums[place]:
        return
    for term in sorted(terms[~cells[terms]], key=lambda term: (n[term], term)):
        if not _is_open(cells[terms], n[terms], least):
            return
        cells[term] = True
    if _is_open(cells[terms], n[terms], least):
        sums[place] = True


def _is_open(hidden: Bools, n: Ints, least: int) -> bool:
    """Whether a sum gives away what is hidden of it: a single cell, or too few ballots in all."""
    cells = hidden & (n > 0)
    return bool(cells.any() and (cells.sum() == 1 or n[cells].sum() < least))


def _open_sums(method: ScoringMethod, scores: Scores, groups: Bools, units: Bools, least: int) -> Bools:
    """The rows of the whole from which a hidden cell of a unit could be reckoned."""
    codes = list(scores.overall["criterion"])
    lost = {code for code in codes if any(_is_open(h, n, least) for h, n in _terms(scores.by_group, groups, code))}
    for part in method.criteria:
        leaves = [leaf.code for leaf in part.leaves if leaf is not part]
        if len(lost.intersection(leaves)) == 1:
            lost.add(part.code)
    if lost.intersection(part.code for part in method.criteria):
        lost.add("")
    if _is_open(units, scores.by_unit["n"].to_numpy(), least):
        lost.add("")
    return np.array([code in lost for code in codes])


def _terms(rows: pd.DataFrame, hidden: Bools, code: str) -> Iterator[tuple[Bools, Ints]]:
    """What is hidden and how many ballots there are of a criterion, over the units, for each group."""
    own = (rows["criterion"] == code).to_numpy()
    found = pd.DataFrame({"group": rows["respondent_group"][own], "hidden": hidden[own], "n": rows["n"][own]})
    for _group, cells in found.groupby("group"):
        yield cells["hidden"].to_numpy(), cells["n"].to_numpy()
