"""A worker: threads that take up jobs as the queue tells of them, and a sweep for what the queue lost."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from uuid import UUID

from huey import crontab
from huey.consumer import Consumer

from survey_app.instance import Instance
from survey_app.jobs.queue import Queue
from survey_app.jobs.running import now, run_job
from survey_app.services.jobs import take_up_lost_jobs

LONGEST_WAIT = 0.5  # seconds until a worker sees a new job in a SQLite queue; Redis tells at once
NIGHT = crontab(hour="19", minute="10")  # UTC: ten past two in Việt Nam
GOODBYE = 10.0  # seconds that jobs get to stop at their next step
log = logging.getLogger("survey.worker")


class Worker:
    """Runs jobs in this process until it is told to stop."""

    def __init__(self, instance: Instance, *, nightly: Callable[[Instance], object] | None = None) -> None:
        self.instance = instance
        self.stopping = threading.Event()
        self.queue = Queue(instance.config, self._act)
        self._nightly = nightly

    def run(self, *, threads: int = 2, parent: int | None = None) -> None:
        """Work until a signal comes. ``parent``: a process without which this one is not needed any more."""
        huey = self.queue.huey
        huey.periodic_task(crontab(minute="*"), name="sweep")(self.sweep)
        if self._nightly:
            huey.periodic_task(NIGHT, name="nightly")(self._at_night)
        self.sweep()
        _Consumer(huey, self.stopping, parent, threads).run()

    def sweep(self) -> None:
        """Bring back the jobs that the queue lost and those whose worker died."""
        with self.instance.database.transaction() as session:
            waiting = take_up_lost_jobs(session, now())
            session.commit()
        self.queue.announce_again(waiting)

    def _act(self, job_id: UUID) -> None:
        if not self.stopping.is_set():  # else it stays queued; the next worker's sweep finds it
            run_job(self.instance, job_id, self.stopping)

    def _at_night(self) -> None:
        if self._nightly:
            self._nightly(self.instance)


class _Consumer(Consumer):
    """Huey's consumer, which tells the jobs when it stops, and stops when the process it belongs to is gone."""

    def __init__(self, huey: object, stopping: threading.Event, parent: int | None, threads: int) -> None:
        super().__init__(huey, workers=threads, max_delay=LONGEST_WAIT, shutdown_timeout=GOODBYE)
        self._signal_actions[signal.SIGTERM] = self._signal_actions[signal.SIGINT]  # both let jobs come to a step
        self._stopping = stopping
        self._parent = parent

    def loop(self, health_check_ts: float | None = None) -> float | None:
        if self._parent is not None and os.getppid() != self._parent:
            self._signum = signal.SIGTERM
        return super().loop(health_check_ts)

    def stop(self, graceful: bool = False) -> None:
        self._stopping.set()
        super().stop(graceful=graceful)
