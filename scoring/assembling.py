"""Tidy tables from the arrays of a scoring run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.blocks import Blocks
from scoring.combining import NO_WEIGHT, Combination, Decision
from scoring.composite import common_rules
from scoring.domains import BallotSums, DomainMeans, Ints
from scoring.method import Basis, ScoringMethod
from scoring.standing import index_factor
from scoring.values import Floats, Item

Names = npt.NDArray[np.str_]


def cell_frame(blocks: Blocks, groups: tuple[str, ...], columns: Sequence[str]) -> pd.DataFrame:
    """The keys ``block, unit, criterion, respondent_group`` of all (unit, group, column) cells, in array order."""
    units = np.array(blocks.units, dtype=object)
    names = np.array(blocks.names, dtype=object)
    unit, group, column = (a.ravel() for a in np.indices((len(units), len(groups), len(columns))))
    return pd.DataFrame(
        {
            "block": names[unit],
            "unit": units[unit],
            "criterion": np.array(columns, dtype=object)[column],
            "respondent_group": np.array(groups, dtype=object)[group],
        }
    )


def with_means(
    keys: pd.DataFrame, means: DomainMeans, se: Floats, se_method: Names, *, min_ballots: int
) -> pd.DataFrame:
    """The cells with n, value and standard error; withheld below the minimum of ballots."""
    frame = keys.assign(
        n=means.n.ravel().astype(int),
        n_dont_know=means.n_dont_know.ravel().astype(int),
        n_answers=means.n_answers.ravel().astype(int),
        value=means.value.ravel(),
        se=se.ravel(),
        se_method=se_method.ravel(),
    )
    few = (frame["n"] < min_ballots) | frame["value"].isna()
    frame.loc[few, ["value", "se"]] = np.nan
    frame.loc[few, "se_method"] = ""
    return frame


def group_rows(
    blocks: Blocks,
    sums: BallotSums,
    codes: Sequence[str],
    *,
    means: DomainMeans,
    decision: Decision,
    combination: Combination,
    min_ballots: int,
) -> pd.DataFrame:
    """``Scores.by_group``: every group with weight or with ballots, for every unit and criterion."""
    frame = cell_frame(blocks, sums.groups, codes)
    frame = with_means(frame, means, combination.group_se, combination.se_method, min_ballots=min_ballots)
    frame["group_weight"] = decision.shares.ravel()
    frame["rule"] = decision.rule.ravel()
    idle = (frame["rule"] == NO_WEIGHT) & (frame["n"] + frame["n_dont_know"] == 0)
    return sorted_rows(frame[~idle], codes)


def criterion_rows(
    blocks: Blocks, codes: Sequence[str], decision: Decision, combination: Combination, n: Floats
) -> pd.DataFrame:
    """``Scores.by_criterion`` of the criteria with group weights; ``n`` (units, K) counts the ballots that count."""
    frame = cell_frame(blocks, ("",), codes).drop(columns="respondent_group")
    frame["n"] = n.ravel().astype(int)
    frame["points"] = combination.points.ravel()
    frame["points_se"] = combination.points_se.ravel()
    frame["max_points"] = combination.max_points.ravel()
    frame["value"] = frame["points"] / frame["max_points"]
    frame["se"] = frame["points_se"] / frame["max_points"]
    short = decision.short.any(axis=1).ravel()
    applies = decision.applicable.ravel()
    frame["rule"] = np.select([~applies, short], ["criterion_left_out_of_block", "below_min_ballots"], "counted")
    return sorted_rows(frame, codes)


def unit_rows(blocks: Blocks, means: DomainMeans, decision: Decision, combination: Combination) -> pd.DataFrame:
    """The units before index and rank: ``unit, block, points, points_se, points_se_raters, max_points, n, reason``."""
    ballots = np.where(decision.rule == NO_WEIGHT, 0.0, means.n).sum(axis=(1, 2))
    reason = np.where(ballots == 0, "no_ballots", "below_min_ballots")
    reason = np.where(decision.applicable.any(axis=1), reason, "nothing_scored")
    return pd.DataFrame(
        {
            "unit": np.array(blocks.units, dtype=object),
            "block": np.array(blocks.names, dtype=object),
            "points": combination.total,
            "points_se": combination.total_se,
            "points_se_raters": combination.total_se_raters,
            "df": combination.total_df,
            "max_points": np.nansum(combination.max_points, axis=1),
            "n": combination.n.astype(int),
            "reason": np.where(np.isnan(combination.total), reason, ""),
        }
    )


def influence_rows(
    method: ScoringMethod, sums: BallotSums, combination: Combination, units: pd.DataFrame
) -> pd.DataFrame:
    """``Scores.influence``: what each ballot, or first-stage unit, adds to the error of the index of a scored unit.

    ``units`` : ``unit, points, max_points`` in the order of ``sums.units``.
    """
    factor = np.nan_to_num(index_factor(method, units["max_points"].to_numpy(dtype=np.float64)))
    unit, group, ballot, influence = _error_shares(sums, combination.influence * factor[sums.unit])
    scored = units["points"].notna().to_numpy()[unit]
    frame = pd.DataFrame(
        {
            "unit": np.array(sums.units, dtype=object)[unit[scored]],
            "respondent_group": np.array(sums.groups, dtype=object)[group[scored]],
            "ballot": ballot[scored],
            "influence": influence[scored],
        }
    )
    return frame.sort_values(["unit", "respondent_group", "ballot"]).reset_index(drop=True)


def _error_shares(sums: BallotSums, influence: Floats) -> tuple[Ints, Ints, Ints, Floats]:
    """(unit, group, ballot or first-stage unit, influence) of whatever is independent: ballots, else drawn units."""
    if sums.drawn is None:
        return sums.unit, sums.group, sums.ballot, influence
    cell, psu, shares = sums.drawn.shares(sums.cell, influence)
    unit, group = np.divmod(cell, len(sums.groups))
    return unit, group, psu, shares


def sorted_rows(frame: pd.DataFrame, codes: Sequence[str]) -> pd.DataFrame:
    """Rows by block, unit, criterion in the order of the file, and group."""
    keys = [key for key in ("block", "unit", "criterion", "respondent_group", "question") if key in frame]
    order = {code: place for place, code in enumerate(codes)}
    placed = frame.sort_values(keys, key=lambda c: c.map(order) if c.name == "criterion" else c, kind="stable")
    return placed.reset_index(drop=True)


def rating_rules(
    method: ScoringMethod, items: Sequence[Item], sums: BallotSums, se_methods: Names
) -> Iterator[tuple[str, Basis]]:
    """The rules that took part in scoring ratings, with the places where they stand."""
    yield from common_rules(method)
    lists = {item.list_name for item in items}
    for place, table in enumerate(method.percent_tables):
        if table.list_name in lists:
            yield f"percent_tables[{place}] {table.list_name}", table.basis
    named = {
        "answers": method.answers,
        "group_weights": method.group_weights,
        "few_ballots": method.few_ballots,
        "satisfaction": method.satisfaction,
        "aggregation": method.aggregation,
        "parts": method.parts,
        "dont_know": method.dont_know if sums.unsure.any() else None,
        "small_samples": method.small_samples if np.isin(se_methods, ["pooled", "agresti_coull"]).any() else None,
    }
    yield from ((path, rule.basis) for path, rule in named.items() if rule is not None)
