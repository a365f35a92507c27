"""The two writes a respondent causes: a draft on every page, and one ballot."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from sqlalchemy import Date, Insert, LargeBinary, Uuid, delete, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from survey_app.models.ballots import Ballot, Draft
from survey_app.models.rounds import Status, SurveyRound

INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def store_ballot(
    session: Session,
    *,
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
        "design_cell_id": literal(design_cell_id),
        "instrument_version_id": literal(instrument_version_id),
        "ballot_key": literal(ballot_key, LargeBinary()),
        "day": literal(day, Date()),
        "answers": literal(answers, Ballot.answers.type),
    }
    is_open = (
        SurveyRound.id == survey_round_id,
        SurveyRound.status == Status.OPEN,
        literal(day, Date()).between(SurveyRound.opens_on, SurveyRound.closes_on),
    )
    statement = _insert(session, Ballot).from_select(list(row), select(*row.values()).where(*is_open))
    stored = session.execute(statement.on_conflict_do_nothing(index_elements=["ballot_key"]))
    return bool(stored.rowcount == 1)


def save_draft(
    session: Session, *, survey_round_id: int, draft_key: bytes, ciphertext: bytes, after_revision: int
) -> bool:
    """Keep unsent answers. False if another tab saved since ``after_revision`` was read (0: there was no draft)."""
    statement = _insert(session, Draft).values(
        draft_key=draft_key, survey_round_id=survey_round_id, ciphertext=ciphertext, revision=1
    )
    saved = session.execute(
        statement.on_conflict_do_update(
            index_elements=["draft_key"],
            set_={"ciphertext": ciphertext, "revision": after_revision + 1},
            where=Draft.revision == after_revision,
        )
    )
    return bool(saved.rowcount == 1)


def discard_draft(session: Session, draft_key: bytes) -> None:
    """Forget unsent answers."""
    session.execute(delete(Draft).where(Draft.draft_key == draft_key))


def _insert(session: Session, table: type[Ballot] | type[Draft]) -> Any:
    """The dialect's own insert: both engines know ON CONFLICT."""
    insert: Any = INSERTS[session.get_bind().dialect.name]
    statement: Insert = insert(table)
    return statement
