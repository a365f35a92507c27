"""Results of rehearsals on screen and as CSV, for trials. Those of real rounds are in the workplace."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, render_template, url_for

from survey_app.access import Role, open_to
from survey_app.db import Database
from survey_app.models.rounds import Purpose, Status
from survey_app.queries.ratings import BallotsSealed
from survey_app.queries.rounds import UnknownRound, round_by_code, rounds_with_counts
from survey_app.result_tables import method_tables, shortest, unit_parts
from survey_app.services.scores import ScoredRound, score_round

blueprint = Blueprint("results", __name__, url_prefix="/rehearsals")
blueprint.add_app_template_filter(shortest)


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

    def unit_address(unit: str) -> str:
        return url_for("results.unit_results", code=code, unit=unit)

    tables = method_tables(scored)
    return render_template("results/results.html", scored=scored, tables=tables, unit_address=unit_address)


@blueprint.get("/<code>/units/<unit>")
@open_to(Role.ANYONE)
def unit_results(code: str, unit: str) -> str:
    """What a unit's points are made of: criteria by respondent group."""
    scored = _scored(code)
    if unit not in scored.unit_names:
        abort(404)
    return render_template("results/unit.html", scored=scored, unit=unit, parts=unit_parts(scored, unit))


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


def _database() -> Database:
    found: Database = current_app.extensions["database"]
    return found
