"""The queue: huey on a SQLite file, or on Redis. It holds ids of jobs and nothing else."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

import redis
from huey import Huey, RedisHuey, SqliteHuey
from huey.api import TaskWrapper
from huey.serializer import SignedSerializer

from survey_app.config import Config

REDIS = ("redis://", "rediss://", "unix://")
UNREACHABLE = (OSError, sqlite3.Error, redis.RedisError)
log = logging.getLogger("survey.jobs")


class Queue:
    """Where jobs are announced. ``act``: what a worker does about one; pages announce only."""

    def __init__(self, config: Config, act: Callable[[UUID], object] | None = None) -> None:
        self._config = config
        self._act = act

    @cached_property
    def huey(self) -> Huey:
        """Connected when it is first used. Messages are signed: who writes into the store makes no worker act."""
        settings: dict[str, Any] = {
            "name": "survey",
            "results": False,
            "serializer": SignedSerializer(secret=self._config.secret_key, salt="survey jobs"),
        }
        if self._config.queue_url.startswith(REDIS):
            return RedisHuey(url=self._config.queue_url, **settings)
        Path(self._config.queue_url).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return SqliteHuey(filename=self._config.queue_url, **settings)

    @cached_property
    def _task(self) -> TaskWrapper:
        def run_job(job_id: str) -> None:
            if self._act:
                self._act(UUID(job_id))

        return self.huey.task(name="run_job")(run_job)

    def announce(self, job_id: UUID) -> None:
        """Say that a job waits. If the queue cannot be reached nothing is lost: the sweep finds the job."""
        try:
            self._task(str(job_id))
        except UNREACHABLE as error:
            log.warning("the queue cannot be reached (%s); job %s waits for the sweep", type(error).__name__, job_id)

    def held(self) -> set[str]:
        """The ids of the jobs that the queue tells workers of."""
        self._task  # noqa: B018 (the queue must know it before it reads messages)
        return {task.args[0] for task in self.huey.pending() if task.args}

    def announce_again(self, job_ids: Iterable[UUID]) -> None:
        """Say it again of the jobs that the queue does not hold any more."""
        try:
            held = self.held()
        except UNREACHABLE as error:
            log.warning("the queue cannot be reached (%s)", type(error).__name__)
            return
        for job_id in job_ids:
            if str(job_id) not in held:
                self.announce(job_id)
