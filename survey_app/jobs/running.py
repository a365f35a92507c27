"""Running one job: from the claim to how it ended."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from survey_app.clock import today
from survey_app.config import Config
from survey_app.db import Database
from survey_app.instance import Instance
from survey_app.jobs.registry import kind_of
from survey_app.models.accounts import Account
from survey_app.models.base import Facts
from survey_app.models.jobs import JobState
from survey_app.security import KeyRing
from survey_app.services.audit import record
from survey_app.services.files import FileStore
from survey_app.services.jobs import Claim, JobTaken, claim_job, end_job, give_back, is_to_stop, note_progress

STEP = 0.5  # seconds between two notes of progress
HEARTBEAT = 20.0  # seconds between two signs of life of a job that notes no progress
OURS = {"survey_app", "scoring", "analysis", "sampling", "instruments"}
log = logging.getLogger("survey.jobs")


class Cancelled(Exception):
    """Somebody asked to cancel the job; it goes through the job's code up to the worker."""


class Stopping(Exception):
    """The worker must stop; the job goes back into the queue."""


@dataclass(slots=True)
class Run:
    """A job that is being run, with what it works with."""

    instance: Instance
    claim: Claim
    stopping: threading.Event
    today: date = field(default_factory=today)
    _noted_at: float = 0.0
    _writers: int = 0  # open sessions of the job itself: on SQLite they hold the lock of writing

    @property
    def params(self) -> Facts:
        return self.claim.params

    @property
    def account_id(self) -> int | None:
        return self.claim.account_id

    @property
    def survey_round_id(self) -> int | None:
        return self.claim.survey_round_id

    @property
    def config(self) -> Config:
        return self.instance.config

    @property
    def database(self) -> Database:
        return self.instance.database

    @property
    def keys(self) -> KeyRing:
        return self.instance.keys

    @property
    def contact_keys(self) -> KeyRing:
        return self.instance.contact_keys

    @property
    def files(self) -> FileStore:
        return self.instance.files

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session to write in; commit it yourself. On SQLite nobody else writes meanwhile, so keep it short."""
        with self.database.transaction() as session:
            event.listen(session, "before_commit", self._note_life)
            self._writers += 1
            try:
                yield session
            finally:
                self._writers -= 1

    def audit(self, session: Session, action: str, subject: str, **details: Any) -> None:
        """Log what is done in this transaction under the account that asked for the job."""
        account = session.get(Account, self.account_id) if self.account_id else None
        name = account.username if account else ""
        record(session, action, subject, at=now(), account_id=self.account_id, account_name=name, details=details)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads and holds no lock, however long."""
        with self.database.statements() as session:
            yield session

    def progress(self, done: int, total: int) -> None:
        """Say how far the job has come, as often as you like. Raises ``Cancelled`` if it is to stop."""
        if self.stopping.is_set():
            raise Stopping
        if time.monotonic() - self._noted_at < STEP and done < total:
            return
        self._noted_at = time.monotonic()
        if self._note(done, total):
            raise Cancelled

    def _note(self, done: int, total: int) -> bool:
        if self._writers and self.database.engine.dialect.name == "sqlite":
            with self.database.statements() as session:
                return is_to_stop(session, self.claim)
        with self.database.transaction() as session:
            asked = note_progress(session, self.claim, now(), min(done, total), total)
            session.commit()
        return asked

    def _note_life(self, session: Session) -> None:
        """With every commit: nobody who waited for the lock of writing may take a job that is alive for dead."""
        note_progress(session, self.claim, now())


def now() -> datetime:
    return datetime.now(UTC)


def run_job(instance: Instance, job_id: UUID, stopping: threading.Event | None = None) -> JobState | None:
    """Run a job if it is queued; how it ended, or None if somebody else has it."""
    with instance.database.transaction() as session:
        claim = claim_job(session, job_id, now())
        session.commit()
    if claim is None:
        return None
    run = Run(instance, claim, stopping or threading.Event())
    with _heartbeat(run), suppress(JobTaken):
        return _ended(run)
    return None


def _ended(run: Run) -> JobState | None:
    """Do the work and note how it ended. What no one foresaw is noted, and goes on to the log."""
    kind = kind_of(run.claim.kind)
    if kind is None:
        return _end(run, JobState.FAILED, {"code": "unknown_kind", "params": {}})
    try:
        outcome = kind.work(run) or {}
    except Cancelled:
        return _end(run, JobState.CANCELLED, {})
    except JobTaken:
        raise
    except (Stopping, KeyboardInterrupt):
        with run.database.transaction() as session:
            give_back(session, run.claim)
            session.commit()
        return JobState.QUEUED
    except (ValueError, LookupError) as error:
        if not _is_refusal(error):
            _end(run, JobState.FAILED, {"code": "internal", "params": {}})
            raise
        return _end(run, JobState.FAILED, {"code": _code(error), "params": _params(error)})
    except BaseException:
        _end(run, JobState.FAILED, {"code": "internal", "params": {}})
        raise
    return _end(run, JobState.DONE, outcome)


def _end(run: Run, state: JobState, outcome: Facts) -> JobState:
    with run.database.transaction() as session:
        end_job(session, run.claim, state, outcome, now())
        session.commit()
    log.info("job %s %s: %s", run.claim.kind, run.claim.job_id, state)
    return state


def _is_refusal(error: Exception) -> bool:
    """Whether a service or a pure package refuses in its own words; other errors are faults of the program."""
    return type(error).__module__.partition(".")[0] in OURS


def _code(error: Exception) -> str:
    return str(getattr(error, "code", "") or type(error).__name__)


def _params(error: Exception) -> Facts:
    """The parameters of a refusal, as JSON knows them; of a refusal without a code, what it says."""
    params = getattr(error, "params", None)
    return _plain(params) if isinstance(params, dict) else {"said": str(error)[:500]}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


@contextmanager
def _heartbeat(run: Run) -> Iterator[None]:
    """Signs of life while the block runs: a job that takes long over one step is not dead."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(HEARTBEAT):
            with suppress(SQLAlchemyError, JobTaken), run.database.transaction() as session:
                note_progress(session, run.claim, now())
                session.commit()

    thread = threading.Thread(target=beat, name="job heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
