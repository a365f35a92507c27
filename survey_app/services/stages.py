"""How far a round has come: draft, open, closed, scored, published; what stands in the way of the next step.

There is no way back. Closing is a job of its own (``services.closing``), because it ends with the round's key.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from instruments.checking import check
from instruments.model import Instrument
from instruments.xlsform import parse_yaml
from scoring.checking import check_fed
from scoring.loading import parse_method
from scoring.method import ScoringMethod
from survey_app.models.history import ScoreRun
from survey_app.models.jobs import StoredFile
from survey_app.models.roll import OutgoingFile
from survey_app.models.rounds import Mode, Purpose, RatingScope, RespondentGroup, Stage, SurveyRound
from survey_app.queries.ratings import group_instruments
from survey_app.queries.rounds import groups_with_ballots, round_units
from survey_app.services import opening
from survey_app.services.board import fieldwork
from survey_app.services.closing import is_sealed
from survey_app.services.opening import SmallCell
from survey_app.services.scores import ScoredRound

TOLD = ("title", "asked_by", "contact", "legal_basis", "results_when")  # what respondents must be told
WEAKEST_FIRST = ("assumed", "proposed", "approved")


class NotInStage(ValueError):
    """A step is taken from another stage: ``needed`` is the one it starts from."""

    def __init__(self, round_code: str, needed: Stage, found: Stage) -> None:
        self.round_code, self.needed, self.found = round_code, needed, found
        super().__init__(f"{round_code}: {found}, not {needed}")


class BoxSealed(ValueError):
    """The close was interrupted: the box is not open yet."""


class NoDecision(ValueError):
    """Results are published under a decision with a number."""


class SilentGroupsUnseen(ValueError):
    """Groups have no ballots at all, and whoever publishes has not said to have seen it."""


class NothingToPublish(ValueError):
    """A rehearsal or a pilot has no results to publish."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a round cannot be opened yet; the interface puts the code into words."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    cell: SmallCell | None = None


class StepRefused(ValueError):
    """Nothing was changed: these obstacles are in the way."""

    def __init__(self, obstacles: tuple[Obstacle, ...]) -> None:
        self.obstacles = obstacles
        super().__init__(", ".join(obstacle.code for obstacle in obstacles))


# --- draft -> open ---------------------------------------------------------------------------------------------------


def obstacles(session: Session, survey_round: SurveyRound, today: date) -> tuple[Obstacle, ...]:
    """Everything that stands in the way of opening, at once."""
    _require(survey_round, Stage.DRAFT)
    found = [*_facts_obstacles(survey_round, today), *_content_obstacles(session, survey_round)]
    refused = opening.refusal(session, survey_round)
    if refused is not None:
        found += [Obstacle("nobody_invited", {"group": group}) for group in refused.groups]
    cells = opening.small_cells(session, survey_round)
    return tuple(found + [Obstacle("small_cell", cell=cell) for cell in cells])


def open_stage(session: Session, survey_round: SurveyRound, today: date) -> None:
    """Let people answer, unless something is in the way."""
    found = obstacles(session, survey_round, today)
    if found:
        raise StepRefused(found)
    opening.open_round(session, survey_round)


def _facts_obstacles(survey_round: SurveyRound, today: date) -> Iterator[Obstacle]:
    if survey_round.closes_on < today:
        yield Obstacle("closed_before_today", {"day": survey_round.closes_on})
    missing = [name for name in TOLD if not getattr(survey_round, name).get("vi", "").strip()]
    if missing:
        yield Obstacle("texts_missing", {"names": missing})


def _content_obstacles(session: Session, survey_round: SurveyRound) -> Iterator[Obstacle]:
    """Missing units and groups; questionnaires with faults; methods that they do not feed, or that rank other blocks.

    After the close it would be too late: nobody can be asked again.
    """
    units = round_units(session, survey_round.id)
    if not units:
        yield Obstacle("no_units")
    if not survey_round.groups:
        yield Obstacle("no_groups")
    sources = group_instruments(session, survey_round.id)
    forms = {code: parse_yaml(source, code) for code, source in sources.items()}
    for group in survey_round.groups:
        yield from _form_obstacles(group, forms[group.code], len(units))
    for method in map(parse_method, survey_round.methods):
        yield from _method_obstacles(method, forms, {unit.block for unit in units})


def _form_obstacles(group: RespondentGroup, form: Instrument, n_units: int) -> Iterator[Obstacle]:
    rated = {RatingScope.OWN: 1, RatingScope.BOOKLET: min(group.booklet_size, n_units)}.get(
        RatingScope(group.rating_scope), n_units
    )
    faults = [
        fault for fault in check(form, anonymous=group.mode == Mode.PERSONAL_LINK, n_units=rated) if fault.is_error
    ]
    if faults:
        yield Obstacle("form_faults", {"group": group.code, "faults": "; ".join(map(str, faults))})


def _method_obstacles(method: ScoringMethod, forms: Mapping[str, Instrument], blocks: set[str]) -> Iterator[Obstacle]:
    unfed = check_fed(method, forms)
    if unfed:
        yield Obstacle("method_unfed", {"method": method.id, "faults": "; ".join(map(str, unfed))})
    unranked = sorted(blocks - set(method.ranking.blocks)) if method.ranking.blocks else []
    if unranked:
        yield Obstacle("blocks_unranked", {"method": method.id, "blocks": ", ".join(unranked)})


# --- groups that say nothing ---------------------------------------------------------------------------------------


def silent_groups(session: Session, survey_round: SurveyRound, today: date) -> tuple[RespondentGroup, ...]:
    """Groups without a single ballot, exactly once the round is closed; before, those of which the board shows none.

    The board is all that may be known while people answer: a group whose count it hides is not named.
    """
    if survey_round.stage == Stage.DRAFT:
        return ()
    if survey_round.stage == Stage.OPEN:
        silent = {group.code for group in fieldwork(session, survey_round, today).groups if group.ballots == 0}
        return tuple(group for group in survey_round.groups if group.code in silent)
    heard = groups_with_ballots(session, survey_round.id)
    return tuple(group for group in survey_round.groups if group.id not in heard)


# --- open -> closed --------------------------------------------------------------------------------------------------


def may_close(session: Session, survey_round: SurveyRound) -> bool:
    """Whether the round is open, or its close was interrupted before the box was open."""
    if survey_round.stage == Stage.OPEN:
        return True
    return survey_round.stage == Stage.CLOSED and is_sealed(session, survey_round)


def n_outgoing(session: Session, survey_round: SurveyRound) -> int:
    """Files with links that are still about; closing destroys those that lie here."""
    outside = select(func.count()).where(
        OutgoingFile.survey_round_id == survey_round.id, OutgoingFile.destroyed_on.is_(None)
    )
    kept = select(func.count()).where(
        StoredFile.survey_round_id == survey_round.id, StoredFile.holds_codes, StoredFile.destroyed_on.is_(None)
    )
    return (session.scalar(outside) or 0) + (session.scalar(kept) or 0)


# --- closed -> scored ------------------------------------------------------------------------------------------------


def require_scorable(session: Session, survey_round: SurveyRound) -> None:
    """Refuse to score what is not closed, or whose box could not be opened."""
    if survey_round.stage not in (Stage.CLOSED, Stage.SCORED):
        raise NotInStage(survey_round.code, Stage.CLOSED, survey_round.stage)
    if is_sealed(session, survey_round):
        raise BoxSealed(survey_round.code)


def store_scores(
    session: Session,
    survey_round: SurveyRound,
    scored: ScoredRound,
    *,
    today: date,
    code_version: str,
    account_id: int | None = None,
) -> ScoreRun:
    """Keep the results with all that is needed to compute them again; the same results are kept once."""
    require_scorable(session, survey_round)
    results = scored.canonical_csv()
    sha256 = hashlib.sha256(results).hexdigest()
    run = latest_run(session, survey_round)
    if run is None or run.results_sha256 != sha256:
        run = ScoreRun(
            survey_round_id=survey_round.id,
            snapshot_sha256=scored.snapshot_sha256,
            inputs=score_inputs(session, survey_round, code_version),
            rules_status=weakest_status(scored),
            results_sha256=sha256,
            results=gzip.compress(results, mtime=0),
            made_on=today,
            made_by=account_id,
        )
        session.add(run)
    survey_round.scored_on = survey_round.scored_on or today
    session.flush()
    return run


def score_inputs(session: Session, survey_round: SurveyRound, code_version: str) -> dict[str, Any]:
    """What a score is made of beside the ballots: questionnaires and methods by fingerprint, and the program."""
    forms = group_instruments(session, survey_round.id)
    methods = [(parse_method(text), text) for text in survey_round.methods]
    return {
        "instruments": {group: _sha256(source) for group, source in forms.items()},
        "methods": [{"id": method.id, "version": method.version, "sha256": _sha256(text)} for method, text in methods],
        "code_version": code_version,
    }


def method_names(survey_round: SurveyRound) -> list[tuple[str, str]]:
    """(id, version) of each scoring method of the round, in the order they are applied."""
    return [(method.id, method.version) for method in map(parse_method, survey_round.methods)]


def weakest_status(scored: ScoredRound) -> str:
    """The status of the least settled rule that took part."""
    found = {scores.rules_status for _method, scores in scored.runs}
    return next((status for status in WEAKEST_FIRST if status in found), "approved")


def latest_run(session: Session, survey_round: SurveyRound) -> ScoreRun | None:
    """The newest results that were kept of a round."""
    newest = select(ScoreRun).where(ScoreRun.survey_round_id == survey_round.id).order_by(ScoreRun.id.desc()).limit(1)
    return session.scalar(newest)


def results_of(run: ScoreRun) -> bytes:
    """The canonical CSV of kept results."""
    return gzip.decompress(run.results)


# --- scored -> published ---------------------------------------------------------------------------------------------


def publish(
    session: Session, survey_round: SurveyRound, *, decision: str, today: date, silence_seen: bool = False
) -> None:
    """Let everybody know the results, under a decision; they are not computed anew afterwards.

    Where a group said nothing at all, whoever publishes has to say that it was seen.
    """
    _require(survey_round, Stage.SCORED)
    if survey_round.purpose != Purpose.REAL:
        raise NothingToPublish(survey_round.code)
    if not decision.strip():
        raise NoDecision(survey_round.code)
    if not silence_seen and silent_groups(session, survey_round, today):
        raise SilentGroupsUnseen(survey_round.code)
    survey_round.published_on = today
    session.flush()


def _require(survey_round: SurveyRound, stage: Stage) -> None:
    if survey_round.stage != stage:
        raise NotInStage(survey_round.code, stage, survey_round.stage)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
