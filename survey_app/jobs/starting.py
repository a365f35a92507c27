"""Starting a job from a page: the row in the page's transaction, the word to the queue once it is committed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import current_app
from sqlalchemy.orm import Session

from survey_app.console import acting_or_none, now
from survey_app.jobs.queue import Queue
from survey_app.models.base import Facts
from survey_app.services.afterwards import when_decided
from survey_app.services.jobs import add_job


def start_job(
    session: Session,
    kind: str,
    survey_round_id: int | None,
    params: Facts,
    *,
    account_id: int | None = None,
    at: datetime | None = None,
) -> UUID:
    """Queue a job of this kind and give its id; it starts when the session is committed.

    Without an account it belongs to who acts in this request. params: ids and settings; no code, no name, no answer.
    """
    who = acting_or_none()
    owner = account_id or (who.account_id if who else None)
    job_id = add_job(session, kind, survey_round_id=survey_round_id, params=params, account_id=owner, now=at or now())
    announce_after_commit(session, current_app.extensions["queue"], job_id)
    return job_id


def announce_after_commit(session: Session, queue: Queue, job_id: UUID) -> None:
    """Tell the queue of a job when its row is there for others; never if the transaction is undone."""
    when_decided(session, kept=lambda: queue.announce(job_id))
