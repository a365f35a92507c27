"""Ranks with their intervals, and the groups of units that cannot be told apart, block by block."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.ranking import RankSets, rank_sets
from analysis.sums import Floats
from scoring.differences import EXTRA_RATERS, influence_by_rater
from scoring.results import Scores
from scoring.standing import RANKED

SEED = 2026
"""Of the simulation behind the intervals: the same scores give the same bytes, on any day."""

COLUMNS = ["rank_low", "rank_high", "tied_groups"]


def with_rank_sets(scores: Scores) -> Scores:
    """The scores with the ranks that 95 % confidence leaves open to each unit, all units of a block together.

    ``by_unit`` gains ``rank_low`` and ``rank_high`` (missing where a unit is not ranked, or no unit of its block has a
    standard error) and ``tied_groups``, the numbers of the groups of its block in which it cannot be told apart from
    the others, best group first.
    """
    frame = scores.by_unit.copy()
    frame["rank_low"] = frame["rank_high"] = pd.array([pd.NA] * len(frame), dtype="Int64")
    frame["tied_groups"] = ""
    ranked = frame[(frame["status"] == RANKED) & frame["index"].notna()]
    for _block, units in ranked.groupby("block", sort=True):
        if units["se"].notna().all():
            found = _of_block(scores, units)
            frame.loc[units.index, "rank_low"], frame.loc[units.index, "rank_high"] = found.low, found.high
            frame.loc[units.index, "tied_groups"] = _group_numbers(found)
    return replace(scores, by_unit=frame)


def tied_groups(units: pd.DataFrame) -> list[list[str]]:
    """The units of one block by tied group, groups and units best first; ``units`` are rows of ``by_unit``."""
    members: dict[int, list[str]] = {}
    for _, row in units.sort_values(["rank", "unit"]).iterrows():
        for number in str(row["tied_groups"]).split():
            members.setdefault(int(number), []).append(str(row["unit"]))
    return [members[number] for number in sorted(members)]


def _of_block(scores: Scores, units: pd.DataFrame) -> RankSets:
    index = units["index"].to_numpy(dtype=np.float64)
    covariance = index_covariance(scores, list(units["unit"]), units["se"].to_numpy(dtype=np.float64))
    return rank_sets(index, covariance, rng=np.random.default_rng(SEED))


def index_covariance(scores: Scores, units: list[str], se: Floats) -> Floats:
    """Covariance (p, p) of the indices of units: what their shared raters say, and on the diagonal all of the error.

    Covariances are lessened as if four more raters had cancelled nothing (:mod:`scoring.differences`).
    """
    shared = np.zeros((len(units), len(units)))
    if len(scores.influence):
        values = influence_by_rater(scores.influence, units).fillna(0.0).to_numpy(dtype=np.float64)
        shared = values.T @ values
        shared += (np.diag(np.diag(shared)) - shared) * EXTRA_RATERS / (len(values) + EXTRA_RATERS)
    return np.asarray(shared + np.diag(np.maximum(se**2 - np.diag(shared), 0.0)))


def _group_numbers(found: RankSets) -> list[str]:
    standing: list[list[str]] = [[] for _ in found.rank]
    for number, group in enumerate(found.groups, 1):
        for place in group:
            standing[place].append(str(number))
    return [" ".join(numbers) for numbers in standing]
