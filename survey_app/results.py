"""Results on screen and as CSV. For now of rehearsals only: real results wait for accounts and publication."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from flask import Blueprint, Response, abort, current_app, render_template

from scoring.method import Kind, ScoringMethod
from scoring.rank_sets import tied_groups
from scoring.results import Scores
from scoring.standing import rounded_half_up
from survey_app.access import Role, open_to
from survey_app.db import Database
from survey_app.i18n import number
from survey_app.models.rounds import Purpose, Status
from survey_app.queries.ratings import BallotsSealed
from survey_app.queries.rounds import UnknownRound, round_by_code, rounds_with_counts
from survey_app.services.scores import ScoredRound, score_round

blueprint = Blueprint("results", __name__, url_prefix="/rehearsals")

MOST_DECIMALS = 6


@blueprint.app_template_filter()
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
    method: ScoringMethod
    scores: Scores
    blocks: list[BlockTable]

    @property
    def is_sipas(self) -> bool:
        return self.method.kind is Kind.SIPAS


@blueprint.get("/")
@open_to(Role.ANYONE)
def rehearsals() -> str:
    """The rehearsals that were played, newest first."""
    with _database().statements() as session:
        found = [row for row in rounds_with_counts(session) if row.purpose == Purpose.REHEARSAL]
    return render_template("results/rehearsals.html", rehearsals=found[::-1])


@blueprint.get("/<code>/")
@open_to(Role.ANYONE)
def results(code: str) -> str:
    """Points, indices and ranks of a closed rehearsal."""
    scored = _scored(code)
    return render_template("results/results.html", scored=scored, tables=[_tables(*run) for run in scored.runs])


@blueprint.get("/<code>/units/<unit>")
@open_to(Role.ANYONE)
def unit_results(code: str, unit: str) -> str:
    """What a unit's points are made of: criteria by respondent group."""
    scored = _scored(code)
    if unit not in scored.unit_names:
        abort(404)
    parts = [UnitPart(method, scores, _criteria(method, scores, unit)) for method, scores in scored.runs]
    return render_template("results/unit.html", scored=scored, unit=unit, parts=parts)


@blueprint.get("/<code>/results.csv")
@open_to(Role.ANYONE)
def results_csv(code: str) -> Response:
    """Every number of a closed rehearsal in full precision; the same ballots give the same bytes."""
    headers = {"Content-Disposition": f'attachment; filename="{code}.csv"'}
    return Response(_scored(code).canonical_csv(), mimetype="text/csv", headers=headers)


def _scored(code: str) -> ScoredRound:
    """The scores of a closed rehearsal, computed once by each process: a closed box does not change."""
    known: dict[str, ScoredRound] = current_app.extensions.setdefault("scored_rounds", {})
    if code not in known:
        if "\0" in code:
            abort(404)  # PostgreSQL does not even look for it
        with _database().statements() as session:
            try:
                survey_round = round_by_code(session, code)
                if survey_round.purpose != Purpose.REHEARSAL or survey_round.status != Status.CLOSED:
                    abort(404)
                scored = score_round(session, code)
            except (UnknownRound, BallotsSealed):
                abort(404)
        known[code] = scored
    return known[code]


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


def _database() -> Database:
    found: Database = current_app.extensions["database"]
    return found
