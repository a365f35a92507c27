"""The results of a scored round: on screen for those who may see them, and as the kept CSV."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from flask import Response, abort, current_app, url_for
from sqlalchemy.orm import Session

from survey_app.access import open_to
from survey_app.console import audit, reading, round_of, send_file_bytes, writing
from survey_app.models.history import ScoreRun
from survey_app.models.rounds import SurveyRound
from survey_app.research.rounds.room import SEES_SCORES, blueprint, page
from survey_app.result_tables import method_tables, unit_parts
from survey_app.services.scores import ScoredRound, score_round
from survey_app.services.stages import latest_run, results_of


@dataclass(frozen=True, slots=True)
class KeptScores:
    """The scores of a round as this version of the program computes them, beside those that were kept."""

    run_id: int
    scored: ScoredRound
    is_as_kept: bool  # the same bytes: nothing was changed since


@blueprint.get("/<round_code>/results")
@open_to(*SEES_SCORES)
def results(round_code: str) -> str | tuple[str, int]:
    """Points, indices and ranks of a scored round, every rule that is not approved marked."""
    with reading() as session:
        survey_round = round_of(session, round_code)
        run = latest_run(session, survey_round)
        if run is None or survey_round.scored_on is None:
            return page("not_scored.html", session, survey_round), 404
        kept = _kept(session, survey_round, run)

        def unit_address(unit: str) -> str:
            return url_for("rounds.unit_results", round_code=round_code, unit=unit)

        tables = method_tables(kept.scored)
        return page("results.html", session, survey_round, kept=kept, run=run, tables=tables, unit_address=unit_address)


@blueprint.get("/<round_code>/results/<unit>")
@open_to(*SEES_SCORES)
def unit_results(round_code: str, unit: str) -> str:
    """What a unit's points are made of: criteria by respondent group."""
    with reading() as session:
        survey_round = round_of(session, round_code)
        kept = _kept(session, survey_round, _run(session, survey_round))
        if unit not in kept.scored.unit_names:
            abort(404)
        parts = unit_parts(kept.scored, unit)
        return page("unit_results.html", session, survey_round, kept=kept, unit=unit, parts=parts)


@blueprint.get("/<round_code>/results.csv")
@open_to(*SEES_SCORES)
def results_csv(round_code: str) -> Response:
    """The results as they were kept, in full precision."""
    with writing() as session:
        survey_round = round_of(session, round_code)
        data = results_of(_run(session, survey_round))
        audit(session, "round.results_downloaded", round_code)
    return send_file_bytes(data, f"{round_code}.csv")


def _run(session: Session, survey_round: SurveyRound) -> ScoreRun:
    run = latest_run(session, survey_round)
    if run is None or survey_round.scored_on is None:
        abort(404)
    return run


def _kept(session: Session, survey_round: SurveyRound, run: ScoreRun) -> KeptScores:
    """The scores of a kept run, computed once by each process: a closed box does not change."""
    known: dict[str, KeptScores] = current_app.extensions.setdefault("kept_scores", {})
    found = known.get(survey_round.code)
    if found is None or found.run_id != run.id:
        scored = score_round(session, survey_round.code)
        sha256 = hashlib.sha256(scored.canonical_csv()).hexdigest()
        found = known[survey_round.code] = KeptScores(run.id, scored, sha256 == run.results_sha256)
    return found
