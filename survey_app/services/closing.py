"""Closing a round and opening its box, so that no ballot can be led back to a person.

The caller commits after each of the two steps, then destroys the round's key and clears the database's own traces. A
close that was interrupted goes on where it stopped: nothing is lost as long as the key is there, and once no ballot is
sealed any more the rest needs no key.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine, Select, delete, func, insert, select, text
from sqlalchemy.orm import Session

from survey_app.models.ballots import Ballot, Draft
from survey_app.models.roll import DesignCell
from survey_app.models.rounds import Status, SurveyRound
from survey_app.queries.rounds import ballots_of_round
from survey_app.security import open_ballot
from survey_app.services.pilots import SECONDS

AT_A_TIME = 1000  # ballots in memory


class RoundNotOpen(ValueError):
    """Only an open round can be closed."""


class RoundNotClosed(ValueError):
    """The box of a round that still takes ballots cannot be opened."""


def close_round(session: Session, survey_round: SurveyRound) -> None:
    """Stop taking ballots and forget what was not sent. Those on their way are waited for, so none is half counted."""
    if survey_round.status != Status.OPEN:
        raise RoundNotOpen(survey_round.code)
    if session.get_bind().dialect.name == "postgresql":  # SQLite's write lock does it already
        session.execute(text("LOCK TABLE ballot, draft IN SHARE ROW EXCLUSIVE MODE"))
    survey_round.status = Status.CLOSED
    session.flush()
    session.execute(delete(Draft).where(Draft.survey_round_id == survey_round.id))


def is_sealed(session: Session, survey_round: SurveyRound) -> bool:
    """Whether the box still holds ballots that only the round's key opens."""
    return session.scalar(_sealed(survey_round).limit(1)) is not None


def open_box(session: Session, survey_round: SurveyRound, round_key: bytes) -> int:
    """Put the sealed ballots of a closed round in clear: new rows without a key, in random order; how many.

    The day on a ballot is made as coarse as it must be for k ballots of its cell to share it.
    """
    if survey_round.status != Status.CLOSED:
        raise RoundNotClosed(survey_round.code)
    session.execute(select(SurveyRound.id).where(SurveyRound.id == survey_round.id).with_for_update())  # one at a time
    sealed = session.scalars(_sealed(survey_round)).all()
    new_ids = sorted((uuid4(), old_id) for old_id in sealed)  # a random order: that of new ids
    days = _days_on_ballots(session, survey_round)
    for start in range(0, len(new_ids), AT_A_TIME):
        _open_some(session, new_ids[start : start + AT_A_TIME], round_key, days)
    return len(new_ids)


def _sealed(survey_round: SurveyRound) -> Select[UUID]:
    return ballots_of_round(survey_round.id).where(Ballot.sealed.is_not(None))


def shared_days(n_ballots: Mapping[date, int], at_least: int) -> dict[date, date]:
    """The day to write for each day: the first of neighbouring days that have so many ballots together."""
    runs: list[list[date]] = []
    n_in_run = at_least
    for day in sorted(n_ballots):
        if n_in_run >= at_least:
            runs.append([])
            n_in_run = 0
        runs[-1].append(day)
        n_in_run += n_ballots[day]
    if n_in_run < at_least and len(runs) > 1:
        rest = runs.pop()
        runs[-1] += rest
    return {day: run[0] for run in runs for day in run}


def _days_on_ballots(session: Session, survey_round: SurveyRound) -> dict[tuple[int, date], date]:
    """(design cell, day a ballot came) -> the day to write on it."""
    in_round = Ballot.id.in_(ballots_of_round(survey_round.id))
    found = session.execute(
        select(Ballot.design_cell_id, Ballot.day, func.count())
        .where(in_round)
        .group_by(Ballot.design_cell_id, Ballot.day)
    )
    counts: dict[int, Counter[date]] = defaultdict(Counter)
    for cell_id, day, n_ballots in found:
        counts[cell_id][day] = n_ballots
    return {
        (cell_id, day): shared
        for cell_id, n_ballots in counts.items()
        for day, shared in shared_days(n_ballots, survey_round.min_cell).items()
    }


def _open_some(
    session: Session, ids: Sequence[tuple[UUID, UUID]], round_key: bytes, days: Mapping[tuple[int, date], date]
) -> None:
    """ids: (new, old) of each ballot; days: see ``_days_on_ballots``."""
    old_ids = [old_id for _new_id, old_id in ids]
    found = {ballot.id: ballot for ballot in session.execute(select(Ballot.__table__).where(Ballot.id.in_(old_ids)))}
    rows = []
    for new_id, old_id in ids:
        ballot = found[old_id]
        rows.append(
            {
                "id": new_id,
                "design_cell_id": ballot.design_cell_id,
                "instrument_version_id": ballot.instrument_version_id,
                "day": days[ballot.design_cell_id, ballot.day],
                "answers": open_ballot(round_key, ballot.ballot_key, ballot.sealed),
            }
        )
    _part_times_from_answers(session, rows)
    session.execute(insert(Ballot), rows)
    session.execute(delete(Ballot).where(Ballot.id.in_(old_ids)).execution_options(synchronize_session=False))


def _part_times_from_answers(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Deal how long answering took (pilots) anew among the ballots of each group.

    The server's log says when pages were asked for: a time that fits there would lead from a ballot to a moment.
    """
    timed: dict[int, list[dict[str, Any]]] = defaultdict(list)
    cells = {row["design_cell_id"] for row in rows if SECONDS in row["answers"]}
    groups = session.execute(select(DesignCell.id, DesignCell.respondent_group_id).where(DesignCell.id.in_(cells)))
    group_of = dict(groups.all()) if cells else {}
    for row in rows:
        if SECONDS in row["answers"]:
            timed[group_of[row["design_cell_id"]]].append(row["answers"])
    for answers in timed.values():
        times = [each[SECONDS] for each in answers]
        random.SystemRandom().shuffle(times)
        for each, seconds in zip(answers, times, strict=True):
            each[SECONDS] = seconds


def clear_traces(engine: Engine) -> None:
    """Rewrite the files of the database without the remains of deleted rows; after the commit, on its own."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT", sqlite_begin="") as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("VACUUM"))
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        else:
            connection.execute(text("VACUUM (ANALYZE) ballot, draft"))
            connection.execute(text("CHECKPOINT"))
