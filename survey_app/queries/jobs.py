"""Reading jobs and stored files for those who may see them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, or_, select, true
from sqlalchemy.orm import Session

from survey_app.models.accounts import Account
from survey_app.models.base import Facts
from survey_app.models.jobs import Job, JobState, StoredFile
from survey_app.models.roll import OutgoingFile
from survey_app.models.rounds import SurveyRound


@dataclass(frozen=True, slots=True)
class JobShown:
    """A job as its page shows it."""

    id: UUID
    kind: str
    round_code: str | None
    account_id: int | None
    account_name: str | None
    state: JobState
    done: int
    total: int | None
    outcome: Facts
    cancel_asked: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def is_over(self) -> bool:
        return self.state in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


def job_shown(session: Session, job_id: UUID) -> JobShown | None:
    """The job of this id."""
    found = session.execute(
        select(Job, SurveyRound.code, Account.display_name)
        .outerjoin(SurveyRound, SurveyRound.id == Job.survey_round_id)
        .outerjoin(Account, Account.id == Job.account_id)
        .where(Job.id == job_id)
    ).one_or_none()
    if found is None:
        return None
    job, round_code, account_name = found
    return JobShown(
        job.id,
        job.kind,
        round_code,
        job.account_id,
        account_name,
        JobState(job.state),
        job.done,
        job.total,
        job.outcome,
        job.cancel_asked,
        job.created_at,
        job.started_at,
        job.finished_at,
    )


def jobs_seen_by(account_id: int, round_codes: Collection[str] | None, *, everything: bool) -> Select[Any]:
    """The jobs that an account started, those of these rounds (None: of every round), or all."""
    mine = Job.account_id == account_id
    return (
        select(Job.id)
        .outerjoin(SurveyRound, SurveyRound.id == Job.survey_round_id)
        .outerjoin(Account, Account.id == Job.account_id)
        .where(or_(mine, true() if everything else _of_rounds(round_codes)))
    )


def _of_rounds(round_codes: Collection[str] | None) -> ColumnElement[bool]:
    if round_codes is None:
        return SurveyRound.id.is_not(None)
    return SurveyRound.code.in_(round_codes) if round_codes else false()


def files_seen_by(account_id: int, round_codes: Collection[str] | None) -> Select[Any]:
    """The files that are kept: those of these rounds (None: of every round), and one's own that belong to none."""
    own = SurveyRound.id.is_(None) & (StoredFile.made_by == account_id)
    return (
        select(StoredFile.id)
        .outerjoin(SurveyRound, SurveyRound.id == StoredFile.survey_round_id)
        .outerjoin(Account, Account.id == StoredFile.made_by)
        .where(StoredFile.destroyed_on.is_(None), or_(own, _of_rounds(round_codes)))
    )


@dataclass(frozen=True, slots=True)
class FileShown:
    """A stored file without its content."""

    id: UUID
    name: str
    kind: str
    media_type: str
    round_code: str | None
    made_by: int | None
    holds_codes: bool
    expires_on: date | None


def file_shown(session: Session, file_id: UUID) -> FileShown | None:
    """The file of this id, unless it was destroyed."""
    found = session.execute(
        select(StoredFile, SurveyRound.code)
        .outerjoin(SurveyRound, SurveyRound.id == StoredFile.survey_round_id)
        .where(StoredFile.id == file_id, StoredFile.destroyed_on.is_(None))
    ).one_or_none()
    if found is None:
        return None
    stored, round_code = found
    return FileShown(
        stored.id,
        stored.name,
        stored.kind,
        stored.media_type,
        round_code,
        stored.made_by,
        stored.holds_codes,
        stored.expires_on,
    )


def outgoing_files_seen(session: Session, round_codes: Collection[str] | None) -> list[dict[str, Any]]:
    """Files with links that were written from the terminal and are not destroyed yet."""
    found = session.execute(
        select(OutgoingFile.path, OutgoingFile.made_on, OutgoingFile.expires_on, SurveyRound.code)
        .join(SurveyRound, SurveyRound.id == OutgoingFile.survey_round_id)
        .where(OutgoingFile.destroyed_on.is_(None), _of_rounds(round_codes))
        .order_by(OutgoingFile.expires_on)
    )
    return [
        {"path": path, "made_on": made, "expires_on": expires, "round_code": code}
        for path, made, expires, code in found
    ]
