"""What the server must know to show a respondent the right page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from survey_app.models.ballots import Ballot, Draft
from survey_app.models.base import Texts
from survey_app.models.roll import DesignCell, Invitee
from survey_app.models.rounds import RespondentGroup, SurveyRound
from survey_app.models.units import Unit


@dataclass(frozen=True, slots=True)
class CellPlan:
    """All that is the same for everybody in a cell. It does not change once the round is open, so it may be cached."""

    design_cell_id: int
    survey_round_id: int
    round_code: str
    instrument_version_id: int
    mode: str
    purpose: str
    round_title: Texts
    group_title: Texts
    asked_by: Texts
    contact: Texts
    legal_basis: Texts
    results_when: Texts
    units: tuple[tuple[str, str], ...]  # (code, name) in the order they are shown


@dataclass(frozen=True, slots=True)
class VisitState:
    """What may change from one request to the next."""

    status: str
    opens_on: date
    closes_on: date
    ciphertext: bytes | None
    revision: int  # of the draft; 0 if there is none
    sent: bool  # a ballot with this visit's key is in the box


def cell_plan(session: Session, design_cell_id: int) -> CellPlan:
    """The plan of a cell; a cell that is not there is an error of ours, since only sealed cookies name cells."""
    cell, group, survey_round = session.execute(
        select(DesignCell, RespondentGroup, SurveyRound)
        .join(RespondentGroup, RespondentGroup.id == DesignCell.respondent_group_id)
        .join(SurveyRound, SurveyRound.id == RespondentGroup.survey_round_id)
        .where(DesignCell.id == design_cell_id)
    ).one()
    found = session.execute(
        select(Unit.code, Unit.name).where(Unit.city == survey_round.city, Unit.code.in_(cell.rated_units))
    ).tuples()
    names = dict(found.all())
    return CellPlan(
        design_cell_id=cell.id,
        survey_round_id=survey_round.id,
        round_code=survey_round.code,
        instrument_version_id=group.instrument_version_id,
        mode=group.mode,
        purpose=survey_round.purpose,
        round_title=survey_round.title,
        group_title=group.title,
        asked_by=survey_round.asked_by,
        contact=survey_round.contact,
        legal_basis=survey_round.legal_basis,
        results_when=survey_round.results_when,
        units=tuple((code, names[code]) for code in cell.rated_units),
    )


def visit_state(session: Session, *, survey_round_id: int, draft_key: bytes, ballot_key: bytes) -> VisitState:
    """The round's state, this visit's draft and whether its ballot is in the box: one statement."""
    sent = exists().where(Ballot.ballot_key == ballot_key)
    row = session.execute(
        select(
            SurveyRound.status,
            SurveyRound.opens_on,
            SurveyRound.closes_on,
            Draft.ciphertext,
            Draft.revision,
            sent,
        )
        .outerjoin(Draft, Draft.draft_key == draft_key)
        .where(SurveyRound.id == survey_round_id)
    ).one()
    status, opens_on, closes_on, ciphertext, revision, is_sent = row
    return VisitState(status, opens_on, closes_on, ciphertext, revision or 0, is_sent)


def invitee_by_code_hash(session: Session, hashed: bytes) -> tuple[UUID, int, str] | None:
    """(invitee, design cell, round code) of a personal link, or None. Works after the round's key is gone."""
    found = session.execute(
        select(Invitee.id, Invitee.design_cell_id, SurveyRound.code)
        .join(SurveyRound, SurveyRound.id == Invitee.survey_round_id)
        .where(Invitee.code_hash == hashed)
    ).one_or_none()
    return (found[0], found[1], found[2]) if found else None


def cell_by_public_code(session: Session, public_code: str) -> tuple[int, str] | None:
    """(design cell, round code) of an open link, or None."""
    found = session.execute(
        select(DesignCell.id, SurveyRound.code)
        .join(RespondentGroup, RespondentGroup.id == DesignCell.respondent_group_id)
        .join(SurveyRound, SurveyRound.id == RespondentGroup.survey_round_id)
        .where(DesignCell.public_code == public_code)
    ).one_or_none()
    return (found[0], found[1]) if found else None
