"""The two writes a respondent causes: a draft on every page, and one ballot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any
from uuid import uuid4

from sqlalchemy import Date, bindparam, delete, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite

from survey_app.db import Executor, dialect_of
from survey_app.models.ballots import Ballot, Draft
from survey_app.models.rounds import Status, SurveyRound

INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def store_ballot(
    session: Executor,
    *,
    survey_round_id: int,
    design_cell_id: int,
    instrument_version_id: int,
    ballot_key: bytes,
    day: date,
    answers: Mapping[str, Any],
) -> bool:
    """Put one ballot into the box; the same ``ballot_key`` again, or a round that is not open, changes nothing.

    Returns True if this call stored it. One statement, so neither a crash nor a twin request can leave half of it,
    and a round that closes at the same moment either counts it or refuses it.
    """
    row = {
        "id": uuid4(),
        "survey_round_id": survey_round_id,
        "design_cell_id": design_cell_id,
        "instrument_version_id": instrument_version_id,
        "ballot_key": ballot_key,
        "day": day,
        "answers": answers,
    }
    return bool(session.execute(_store_statement(dialect_of(session)), row).rowcount == 1)


def save_draft(
    session: Executor, *, survey_round_id: int, draft_key: bytes, ciphertext: bytes, after_revision: int
) -> bool:
    """Keep unsent answers. False if another tab saved since ``after_revision`` was read (0: there was no draft)."""
    row = {
        "survey_round_id": survey_round_id,
        "draft_key": draft_key,
        "ciphertext": ciphertext,
        "revision": after_revision + 1,
        "after_revision": after_revision,
    }
    return bool(session.execute(_save_statement(dialect_of(session)), row).rowcount == 1)


def discard_draft(session: Executor, draft_key: bytes) -> None:
    """Forget unsent answers."""
    session.execute(_DISCARD, {"draft_key": draft_key})


# Statements are built once for each dialect: building one costs more than running it.


@cache
def _store_statement(dialect: str) -> Any:
    """Insert where the round is open on that day, unless the key is there already."""
    ballot, survey_round = Ballot.__table__.c, SurveyRound.__table__.c
    columns = ("id", "design_cell_id", "instrument_version_id", "ballot_key", "day", "answers")
    values = select(*(bindparam(name, type_=ballot[name].type) for name in columns)).where(
        survey_round.id == bindparam("survey_round_id"),
        survey_round.status == literal_column(f"'{Status.OPEN}'"),
        bindparam("day", type_=Date()).between(survey_round.opens_on, survey_round.closes_on),
    )
    statement = INSERTS[dialect](Ballot.__table__).from_select(columns, values)
    return statement.on_conflict_do_nothing(index_elements=["ballot_key"])


@cache
def _save_statement(dialect: str) -> Any:
    """Insert a first draft; replace the one whose revision was read."""
    draft = Draft.__table__.c
    columns = ("survey_round_id", "draft_key", "ciphertext", "revision")
    statement = INSERTS[dialect](Draft.__table__).values({name: bindparam(name) for name in columns})
    return statement.on_conflict_do_update(
        index_elements=["draft_key"],
        set_={"ciphertext": statement.excluded.ciphertext, "revision": statement.excluded.revision},
        where=draft.revision == bindparam("after_revision"),
    )


_DISCARD = delete(Draft.__table__).where(Draft.__table__.c.draft_key == bindparam("draft_key"))
