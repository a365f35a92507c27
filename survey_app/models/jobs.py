"""Long work and the files it reads and makes."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.accounts import Account
from survey_app.models.base import Base, Facts
from survey_app.models.rounds import SurveyRound, one_of


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(Base):
    """A piece of long work. This row is the truth; the queue only says that somebody should look at it."""

    __tablename__ = "job"
    __table_args__ = (
        one_of("state", JobState),
        CheckConstraint("done >= 0 AND (total IS NULL OR done <= total)", name="done_within_total"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    survey_round_id: Mapped[int | None] = mapped_column(ForeignKey(SurveyRound.id), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    params: Mapped[Facts]  # ids and settings only: no code, no name, no answer
    state: Mapped[str] = mapped_column(default=JobState.QUEUED)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    outcome: Mapped[Facts]  # of a finished job: counts and ids; of a failed one: code and parameters of the refusal
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(default=0)  # how often a worker took it up: a worker that died is replaced
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]  # the worker's last sign of life
    finished_at: Mapped[datetime | None]


class StoredFile(Base):
    """A file kept by the platform, sealed on disk under its id; deleted, with its row noted, when it expires."""

    __tablename__ = "stored_file"
    __table_args__ = (CheckConstraint("made_on <= expires_on", name="expires_after_it_was_made"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    survey_round_id: Mapped[int | None] = mapped_column(ForeignKey(SurveyRound.id), index=True)
    kind: Mapped[str]  # frame, letters, mail_merge, sample, certificate, …
    name: Mapped[str]  # as it is downloaded
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]  # of the content in clear
    holds_codes: Mapped[bool] = mapped_column(default=False)  # names people beside their codes
    made_on: Mapped[date]
    made_by: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    expires_on: Mapped[date | None]  # None: as long as the round's contacts
    destroyed_on: Mapped[date | None]
