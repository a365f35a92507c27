"""Statements that go to the driver as they are: the same rows, the same refusals, the same recovery."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, bindparam, select, text, update
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from survey_app.db import Database
from survey_app.models.ballots import Ballot, Draft
from survey_app.statements import Statement

BALLOT, DRAFT = Ballot.__table__, Draft.__table__
ONE = select(BALLOT.c.id, BALLOT.c.day, BALLOT.c.sealed, BALLOT.c.answers).where(
    BALLOT.c.ballot_key == bindparam("key")
)
RAISE = (
    update(DRAFT)
    .where(DRAFT.c.draft_key == bindparam("key"), DRAFT.c.revision == bindparam("before"))
    .values(revision=bindparam("before") + 1)
)
KEY, SECRET = b"\x00\xff" * 16, b"a secret answer"


@pytest.fixture
def kept(session: Session) -> UUID:
    """The identity of a ballot in the box; a draft lies beside it."""
    ballot = Ballot(
        id=uuid4(), design_cell_id=1, instrument_version_id=1, ballot_key=KEY, day=date(2026, 11, 22), sealed=SECRET
    )
    session.add_all([ballot, Draft(draft_key=KEY, survey_round_id=1, ciphertext=SECRET)])
    session.commit()
    return ballot.id


def test_a_row_has_the_types_of_its_columns(engine: Engine, kept: UUID):
    statement = Statement(lambda _dialect: ONE)
    with Database(engine).connect() as connection:
        assert statement.row(connection, key=KEY) == (kept, date(2026, 11, 22), SECRET, None)
        assert statement.row(connection, key=bytes(32)) is None


@pytest.mark.usefixtures("kept")
def test_a_write_tells_how_many_rows_it_changed_and_lasts_at_once(engine: Engine):
    database, statement = Database(engine), Statement(lambda _dialect: RAISE)
    with database.connect() as connection:
        assert statement.changed(connection, key=KEY, before=1) == 1
        assert statement.changed(connection, key=KEY, before=1) == 0
    with database.statements() as session:
        assert session.scalar(select(Draft.revision)) == 2


@pytest.mark.usefixtures("kept")
def test_in_a_transaction_it_counts_with_the_rest_or_not_at_all(engine: Engine):
    database, statement = Database(engine), Statement(lambda _dialect: RAISE)
    with database.transaction() as session:
        assert statement.changed(session, key=KEY, before=1) == 1
    with database.statements() as session:
        assert session.scalar(select(Draft.revision)) == 1


def test_a_refusal_names_no_value(engine: Engine):
    statement = Statement(lambda _dialect: text("INSERT INTO nowhere VALUES (:key)").bindparams(key=b""))
    with (
        Database(engine).connect() as connection,
        pytest.raises((OperationalError, ProgrammingError), match="nowhere") as refused,
    ):
        statement.changed(connection, key=SECRET)
    assert "secret" not in str(refused.value)
    assert refused.value.hide_parameters


@pytest.mark.usefixtures("kept")
def test_connections_that_the_database_ended_are_not_used_again(engine: Engine):
    if engine.dialect.name != "postgresql":
        return  # a file ends no connection
    database, statement = Database(engine), Statement(lambda _dialect: ONE)
    with database.connect() as one, database.connect() as other:
        ours = [connection.scalar(text("SELECT pg_backend_pid()")) for connection in (one, other)]
    with engine.connect() as connection:
        for process in ours:
            connection.execute(text("SELECT pg_terminate_backend(:process)"), {"process": process})
    with database.connect() as connection, pytest.raises(DBAPIError) as lost:
        statement.row(connection, key=KEY)
    assert lost.value.connection_invalidated
    for _time in range(2):
        with database.connect() as connection:
            assert statement.row(connection, key=KEY)
