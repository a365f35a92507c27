"""The two writes a respondent causes: a draft on every page, and one ballot."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from sqlalchemy import Date, Insert, Integer, LargeBinary, Uuid, delete, exists, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from survey_app.models.ballots import Ballot, Draft
from survey_app.models.roll import DesignCell
from survey_app.models.rounds import InstrumentVersion, RespondentGroup, Status, SurveyRound
from survey_app.security import seal_ballot

INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def store_ballot(
    session: Session,
    *,
    round_key: bytes,
    survey_round_id: int,
    design_cell_id: int,
    instrument_version_id: int,
    ballot_key: bytes,
    day: date,
    answers: dict[str, Any],
) -> bool:
    """Put one ballot into the box; the same ``ballot_key`` again, or a round that is not open, changes nothing.

    Returns True if this call stored it. One statement, so neither a crash nor a twin request can leave half of it,
    and a round that closes at the same moment either counts it or refuses it.
    """
    row: dict[str, Any] = {
        "id": literal(uuid4(), Uuid()),
        "design_cell_id": DesignCell.id,
        "instrument_version_id": literal(instrument_version_id),
        "ballot_key": literal(ballot_key, LargeBinary()),
        "day": literal(day, Date()),
        "sealed": literal(seal_ballot(round_key, ballot_key, answers), LargeBinary()),
    }
    may_be_stored = (
        SurveyRound.id == survey_round_id,
        SurveyRound.status == Status.OPEN,
        literal(day, Date()).between(SurveyRound.opens_on, SurveyRound.closes_on),
        RespondentGroup.survey_round_id == SurveyRound.id,
        DesignCell.respondent_group_id == RespondentGroup.id,
        DesignCell.id == design_cell_id,
        exists().where(InstrumentVersion.id == instrument_version_id),
    )
    statement = _insert(session, Ballot).from_select(list(row), select(*row.values()).where(*may_be_stored))
    return _one_row(session, statement.on_conflict_do_nothing(index_elements=["ballot_key"]))


def save_draft(
    session: Session, *, survey_round_id: int, draft_key: bytes, ciphertext: bytes, after_revision: int
) -> bool:
    """Keep unsent answers, which were read at ``after_revision`` (0: there were none).

    False if they are not any more as they were read: another tab saved, sent or discarded them, or the round closed.
    """
    if after_revision:
        changed = update(Draft).where(Draft.draft_key == draft_key, Draft.revision == after_revision)
        return _one_row(session, changed.values(ciphertext=ciphertext, revision=after_revision + 1))
    row: dict[str, Any] = {
        "draft_key": literal(draft_key, LargeBinary()),
        "survey_round_id": SurveyRound.id,
        "ciphertext": literal(ciphertext, LargeBinary()),
        "revision": literal(1, Integer()),
    }
    is_open = (SurveyRound.id == survey_round_id, SurveyRound.status == Status.OPEN)
    statement = _insert(session, Draft).from_select(list(row), select(*row.values()).where(*is_open))
    return _one_row(session, statement.on_conflict_do_nothing(index_elements=["draft_key"]))


def discard_draft(session: Session, draft_key: bytes) -> None:
    """Forget unsent answers."""
    session.execute(delete(Draft).where(Draft.draft_key == draft_key))


def _one_row(session: Session, statement: Any) -> bool:
    """Execute a write; whether it wrote its row."""
    done: Any = session.execute(statement)
    return bool(done.rowcount == 1)


def _insert(session: Session, table: type[Ballot] | type[Draft]) -> Any:
    """The dialect's own insert: both engines know ON CONFLICT."""
    insert: Any = INSERTS[session.get_bind().dialect.name]
    statement: Insert = insert(table)
    return statement
