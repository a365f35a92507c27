"""Scores as tables for a page: blocks of units by rank, criteria of a unit by respondent group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scoring.method import Kind, ScoringMethod
from scoring.rank_sets import tied_groups
from scoring.results import Scores
from scoring.standing import rounded_half_up
from survey_app.i18n import number
from survey_app.services.scores import ScoredRound

MOST_DECIMALS = 6


def shortest(value: float) -> str:
    """A number with as many decimals as it has: 12 or 0,5."""
    exact = rounded_half_up(value, MOST_DECIMALS)
    return number(value, next(n for n in range(MOST_DECIMALS + 1) if rounded_half_up(value, n) == exact))


@dataclass(frozen=True, slots=True)
class BlockTable:
    """The units of one ranking block, best first, those that are not ranked last."""

    title: Mapping[str, str]
    rows: list[dict[str, Any]]
    tied: list[list[str]]  # groups of units that cannot be told apart, best first


@dataclass(frozen=True, slots=True)
class CriterionTable:
    """A criterion of one unit, with the groups that rated it."""

    title: Mapping[str, str]
    row: dict[str, Any]
    groups: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class UnitPart:
    """What one method found about a unit."""

    method: ScoringMethod
    scores: Scores
    criteria: list[CriterionTable]

    @property
    def is_sipas(self) -> bool:
        return self.method.kind is Kind.SIPAS


@dataclass(frozen=True, slots=True)
class MethodTables:
    """What one method found, block by block."""

    method: ScoringMethod
    scores: Scores
    blocks: list[BlockTable]

    @property
    def is_sipas(self) -> bool:
        return self.method.kind is Kind.SIPAS


def method_tables(scored: ScoredRound) -> list[MethodTables]:
    """What each method of a round found."""
    return [_tables(method, scores) for method, scores in scored.runs]


def unit_parts(scored: ScoredRound, unit: str) -> list[UnitPart]:
    """What each method of a round found about a unit."""
    return [UnitPart(method, scores, _criteria(method, scores, unit)) for method, scores in scored.runs]


def _tables(method: ScoringMethod, scores: Scores) -> MethodTables:
    ranked = scores.by_unit.sort_values(["rank", "unit"], na_position="last")
    blocks = [
        BlockTable(method.ranking.blocks.get(str(block), {}), _rows(rows), tied_groups(rows))
        for block, rows in ranked.groupby("block", sort=False)
    ]
    return MethodTables(method, scores, blocks)


def _criteria(method: ScoringMethod, scores: Scores, unit: str) -> list[CriterionTable]:
    titles = {leaf.code: leaf.title for top in method.criteria for leaf in (top, *top.leaves)}
    groups = _rows(scores.by_group[scores.by_group["unit"] == unit])
    return [
        CriterionTable(titles[row["criterion"]], row, [g for g in groups if g["criterion"] == row["criterion"]])
        for row in _rows(scores.by_criterion[scores.by_criterion["unit"] == unit])
    ]


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows for a template: a missing value is None."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")
