"""The life of a job: queued, taken up by one worker, done, failed or cancelled; taken up again if its worker died.

The row is the truth. Every change of state names the state it starts from, so of two that come at the same moment one
changes nothing. A worker holds a ``Claim``: once somebody else took the job up, it can write nothing any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, case, select, update
from sqlalchemy.orm import Session

from survey_app.models.base import Facts
from survey_app.models.jobs import Job, JobState

SILENT = timedelta(minutes=2)  # a worker that gave no sign of life for so long is dead
LOST = timedelta(minutes=1)  # a job that waits for so long may have been lost by the queue
MOST_ATTEMPTS = 5  # a job whose workers die again and again is given up


class JobTaken(ValueError):
    """Another worker took the job up, or somebody ended it."""


class JobOver(ValueError):
    """The job has ended: there is nothing to stop."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A job as one worker holds it."""

    job_id: UUID
    attempt: int
    kind: str
    survey_round_id: int | None
    account_id: int | None
    params: Facts


def add_job(
    session: Session, kind: str, *, survey_round_id: int | None, params: Facts, account_id: int | None, now: datetime
) -> UUID:
    """A new job, queued. ``params``: ids and settings; no code, no name, no answer."""
    job = Job(
        id=uuid4(),
        kind=kind,
        survey_round_id=survey_round_id,
        account_id=account_id,
        params=params,
        outcome={},
        created_at=now,
    )
    session.add(job)
    session.flush()
    return job.id


def claim_job(session: Session, job_id: UUID, now: datetime) -> Claim | None:
    """Take a queued job up; None if it is not queued (any more). Of two workers one gets it."""
    taken = session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == JobState.QUEUED)
        .values(state=JobState.RUNNING, attempts=Job.attempts + 1, done=0, total=None, started_at=now, seen_at=now)
        .returning(Job.id, Job.attempts, Job.kind, Job.survey_round_id, Job.account_id, Job.params)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return Claim(*taken) if taken else None


def note_progress(
    session: Session, claim: Claim, now: datetime, done: int | None = None, total: int | None = None
) -> bool:
    """Give a sign of life, and how far the job has come if that is known; whether somebody asked to cancel it."""
    counted = {} if done is None else {"done": done, "total": total}
    asked = session.scalar(
        update(Job)
        .where(_held(claim))
        .values(seen_at=now, **counted)
        .returning(Job.cancel_asked)
        .execution_options(synchronize_session=False)
    )
    if asked is None:
        raise JobTaken(str(claim.job_id))
    return asked


def is_to_stop(session: Session, claim: Claim) -> bool:
    """Whether somebody asked to cancel the job; a read, for where nothing can be written."""
    asked = session.scalar(select(Job.cancel_asked).where(_held(claim)))
    if asked is None:
        raise JobTaken(str(claim.job_id))
    return asked


def end_job(session: Session, claim: Claim, state: JobState, outcome: Facts, now: datetime) -> None:
    """Note how the job ended: done, failed or cancelled."""
    ended = {"state": state, "outcome": outcome, "seen_at": now, "finished_at": now}
    if state == JobState.DONE:
        ended["done"] = case((Job.total.is_(None), Job.done), else_=Job.total)
    _change(session, claim, ended)


def give_back(session: Session, claim: Claim) -> None:
    """Put a job whose worker must stop back into the queue."""
    _change(session, claim, {"state": JobState.QUEUED, "seen_at": None})


def cancel_job(session: Session, job_id: UUID, now: datetime) -> None:
    """Cancel a queued job at once; ask a running one to stop at its next step."""
    cancelled = {"state": JobState.CANCELLED, "cancel_asked": True, "finished_at": now}
    asked: dict[str, object] = {"cancel_asked": True}
    for state, values in ((JobState.QUEUED, cancelled), (JobState.RUNNING, asked), (JobState.QUEUED, cancelled)):
        if _changed(session, and_(Job.id == job_id, Job.state == state), values):
            return
    raise JobOver(str(job_id))


def take_up_lost_jobs(session: Session, now: datetime) -> list[UUID]:
    """The jobs that somebody should look at again: those the queue may have lost, and those whose worker died."""
    silent = and_(Job.state == JobState.RUNNING, Job.seen_at < now - SILENT)
    _changed(session, and_(silent, Job.cancel_asked), {"state": JobState.CANCELLED, "finished_at": now})
    gave_up = {"state": JobState.FAILED, "outcome": {"code": "workers_died", "params": {}}, "finished_at": now}
    _changed(session, and_(silent, Job.attempts >= MOST_ATTEMPTS), gave_up)
    _changed(session, silent, {"state": JobState.QUEUED, "seen_at": None})
    waiting = select(Job.id).where(Job.state == JobState.QUEUED, Job.created_at < now - LOST)
    return list(session.scalars(waiting.order_by(Job.created_at)))


def _held(claim: Claim) -> ColumnElement[bool]:
    return and_(Job.id == claim.job_id, Job.state == JobState.RUNNING, Job.attempts == claim.attempt)


def _change(session: Session, claim: Claim, values: dict[str, object]) -> None:
    if not _changed(session, _held(claim), values):
        raise JobTaken(str(claim.job_id))


def _changed(session: Session, which: ColumnElement[bool], values: dict[str, object]) -> int:
    changed = session.execute(update(Job).where(which).values(**values).execution_options(synchronize_session=False))
    return changed.rowcount  # type: ignore[attr-defined, no-any-return]
