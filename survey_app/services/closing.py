"""Mixing the box, and closing a round so that no ballot can be led back to a person."""

from __future__ import annotations

from sqlalchemy import Engine, delete, text, update
from sqlalchemy.orm import Session

from survey_app.models.ballots import Ballot, Draft
from survey_app.models.rounds import Status, SurveyRound
from survey_app.queries.rounds import ballots_of_round


class RoundNotOpen(ValueError):
    """Only an open round can be closed."""


def close_round(session: Session, survey_round: SurveyRound) -> None:
    """Stop taking ballots, erase what led from links to them, forget unsent drafts, and shuffle the box.

    The caller commits, then destroys the round's key and clears the database's own traces (``clear_traces``).
    """
    if survey_round.status != Status.OPEN:
        raise RoundNotOpen(survey_round.code)
    _lock_box(session)
    survey_round.status = Status.CLOSED
    session.flush()
    session.execute(
        update(Ballot)
        .where(Ballot.id.in_(ballots_of_round(survey_round.id)))
        .values(ballot_key=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(delete(Draft).where(Draft.survey_round_id == survey_round.id))
    mix(session)


def mix(session: Session) -> None:
    """Rewrite the whole box in random order, so that neither place nor transaction tells which ballot came first.

    PostgreSQL: into a fresh file within this transaction (a row's xmin survives CLUSTER and VACUUM FULL). SQLite keeps
    the box in the order of its random keys; its free pages are cleared by ``clear_traces``.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    _lock_box(session)
    session.execute(text("CREATE TEMPORARY TABLE mixing ON COMMIT DROP AS SELECT * FROM ballot"))
    session.execute(text("TRUNCATE ballot"))
    session.execute(text("INSERT INTO ballot SELECT * FROM mixing ORDER BY random()"))


def clear_traces(engine: Engine) -> None:
    """Rewrite the files of the database without the remains of deleted rows; after the commit, on its own."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT", sqlite_begin="") as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("VACUUM"))
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        else:
            connection.execute(text("VACUUM FULL draft"))
            connection.execute(text("CHECKPOINT"))


def _lock_box(session: Session) -> None:
    """Wait for ballots under way and hold back new ones until the commit (SQLite's write lock does it already)."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE ballot IN ACCESS EXCLUSIVE MODE"))
