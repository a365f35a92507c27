"""What the server must know to show a respondent the right page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, exists, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from survey_app.db import Executor
from survey_app.models.ballots import Ballot, Draft
from survey_app.models.base import Texts
from survey_app.models.roll import DesignCell, Invitee
from survey_app.models.rounds import RespondentGroup, SurveyRound
from survey_app.models.units import Unit
from survey_app.statements import Statement


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
    withdrawn: bool = False  # the invitation that this visit came by


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
    )
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


_ROUND, _DRAFT, _BALLOT = SurveyRound.__table__.c, Draft.__table__.c, Ballot.__table__.c
_INVITEE = Invitee.__table__.c

_VISIT_STATE = (
    select(
        _ROUND.status,
        _ROUND.opens_on,
        _ROUND.closes_on,
        _DRAFT.ciphertext,
        _DRAFT.revision,
        exists().where(_BALLOT.ballot_key == bindparam("ballot_key")),
        exists().where(_INVITEE.code_hash == bindparam("code_hash"), _INVITEE.revoked_on.is_not(None)),
    )
    .select_from(SurveyRound.__table__.outerjoin(Draft.__table__, _DRAFT.draft_key == bindparam("draft_key")))
    .where(_ROUND.id == bindparam("survey_round_id"))
)
_visit_state = Statement(lambda _dialect: _VISIT_STATE)


def visit_state(
    session: Executor, *, survey_round_id: int, draft_key: bytes, ballot_key: bytes, code_hash: bytes
) -> VisitState:
    """The round's state, this visit's draft, whether its ballot is in the box and its link stands: one statement.

    code_hash: of the link's secret; that of an open link is nobody's.
    """
    keys = {"draft_key": draft_key, "ballot_key": ballot_key, "code_hash": code_hash}
    found = _visit_state.row(session, survey_round_id=survey_round_id, **keys)
    if found is None:
        raise NoResultFound(f"there is no round {survey_round_id}")
    status, opens_on, closes_on, ciphertext, revision, sent, withdrawn = found
    return VisitState(status, opens_on, closes_on, ciphertext, revision or 0, sent, withdrawn)


_BY_CODE_HASH = select(_INVITEE.id, _INVITEE.design_cell_id).where(
    _INVITEE.code_hash == bindparam("code_hash"), _INVITEE.revoked_on.is_(None)
)


def invitee_by_code_hash(session: Executor, hashed: bytes) -> tuple[UUID, int] | None:
    """(invitee, design cell) of a personal link, or None if there is none or it was withdrawn.

    Works after the round's key is gone.
    """
    found = session.execute(_BY_CODE_HASH, {"code_hash": hashed}).one_or_none()
    return (found[0], found[1]) if found else None


def was_withdrawn(session: Executor, hashed: bytes) -> bool:
    """Whether there was an invitation with this link, and it was withdrawn."""
    revoked = exists().where(_INVITEE.code_hash == hashed, _INVITEE.revoked_on.is_not(None))
    return bool(session.execute(select(revoked)).scalar_one())


def cell_by_public_code(session: Executor, public_code: str) -> int | None:
    """The design cell of an open link, or None."""
    return session.execute(select(DesignCell.id).where(DesignCell.public_code == public_code)).scalar_one_or_none()
