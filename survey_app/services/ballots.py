"""The two writes a respondent causes: a draft on every page, and one ballot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import uuid4

from sqlalchemy import Date, bindparam, delete, exists, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite

from survey_app.db import Executor
from survey_app.models.ballots import Ballot, Draft
from survey_app.models.roll import DesignCell
from survey_app.models.rounds import InstrumentVersion, RespondentGroup, Status, SurveyRound
from survey_app.security import seal_ballot
from survey_app.statements import Statement

INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def store_ballot(
    session: Executor,
    *,
    round_key: bytes,
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
        "survey_round": survey_round_id,
        "design_cell": design_cell_id,
        "instrument_version": instrument_version_id,
        "ballot_key": ballot_key,
        "day": day,
        "sealed": seal_ballot(round_key, ballot_key, answers),
    }
    return _ballot.changed(session, **row) == 1


def save_draft(
    session: Executor, *, survey_round_id: int, draft_key: bytes, ciphertext: bytes, after_revision: int
) -> bool:
    """Keep unsent answers, which were read at ``after_revision`` (0: there were none).

    False if they are not any more as they were read: another tab saved, sent or discarded them, or the round closed.
    """
    row = {"key": draft_key, "ciphertext": ciphertext}
    if after_revision:
        return _replace_draft.changed(session, **row, after_revision=after_revision) == 1
    return _first_draft.changed(session, **row, survey_round=survey_round_id) == 1


def discard_draft(session: Executor, draft_key: bytes) -> None:
    """Forget unsent answers."""
    session.execute(_DISCARD_DRAFT, {"key": draft_key})


def _store_statement(dialect: str) -> Any:
    """Insert where the round is open on that day and holds the cell, unless the key is in the box already."""
    ballot, cell, group, survey_round = (t.__table__.c for t in (Ballot, DesignCell, RespondentGroup, SurveyRound))
    values: dict[str, Any] = {
        "id": bindparam("id", type_=ballot.id.type),
        "design_cell_id": cell.id,
        "instrument_version_id": bindparam("instrument_version", type_=ballot.instrument_version_id.type),
        "ballot_key": bindparam("ballot_key", type_=ballot.ballot_key.type),
        "day": bindparam("day", type_=Date()),
        "sealed": bindparam("sealed", type_=ballot.sealed.type),
    }
    may_be_stored = select(*values.values()).where(
        survey_round.id == bindparam("survey_round"),
        survey_round.status == literal_column(f"'{Status.OPEN}'"),
        bindparam("day", type_=Date()).between(survey_round.opens_on, survey_round.closes_on),
        group.survey_round_id == survey_round.id,
        cell.respondent_group_id == group.id,
        cell.id == bindparam("design_cell"),
        exists().where(InstrumentVersion.__table__.c.id == bindparam("instrument_version")),
    )
    insert = INSERTS[dialect](Ballot.__table__).from_select(list(values), may_be_stored)
    return insert.on_conflict_do_nothing(index_elements=["ballot_key"])


def _first_draft_statement(dialect: str) -> Any:
    """Insert where the round is open, unless there is a draft already."""
    draft, survey_round = Draft.__table__.c, SurveyRound.__table__.c
    values: dict[str, Any] = {
        "draft_key": bindparam("key", type_=draft.draft_key.type),
        "survey_round_id": survey_round.id,
        "ciphertext": bindparam("ciphertext", type_=draft.ciphertext.type),
        "revision": literal_column("1"),
    }
    may_be_saved = select(*values.values()).where(
        survey_round.id == bindparam("survey_round"), survey_round.status == literal_column(f"'{Status.OPEN}'")
    )
    insert = INSERTS[dialect](Draft.__table__).from_select(list(values), may_be_saved)
    return insert.on_conflict_do_nothing(index_elements=["draft_key"])


_DRAFT: Any = Draft.__table__
_REPLACE_DRAFT = (
    update(_DRAFT)
    .where(_DRAFT.c.draft_key == bindparam("key"), _DRAFT.c.revision == bindparam("after_revision"))
    .values(ciphertext=bindparam("ciphertext"), revision=bindparam("after_revision") + 1)
)
_ballot, _first_draft = Statement(_store_statement), Statement(_first_draft_statement)
_replace_draft = Statement(lambda _dialect: _REPLACE_DRAFT)
_DISCARD_DRAFT = delete(_DRAFT).where(_DRAFT.c.draft_key == bindparam("key"))
