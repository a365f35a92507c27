"""A database and keys for a measurement, on the engine asked for, gone afterwards."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.rounds import load
from survey_app.config import Config
from tests.databases import PostgresCluster, running_postgres

ENGINES = ("sqlite", "postgresql")
SECRET_KEY = "a secret key for measurements only, long enough"


@dataclass(frozen=True, slots=True)
class Place:
    config: Config
    cluster: PostgresCluster | None = None  # when it is ours to kill


@contextlib.contextmanager
def place(engine: str, *, database_url: str = "", folder: Path | None = None) -> Iterator[Place]:
    """An instance with the rounds of ``bench.rounds``. Commits are durable: fsync is on.

    ``database_url``: an empty PostgreSQL database to use instead of a cluster of our own. ``folder``: where the SQLite
    file is to lie, if its disk matters; PostgreSQL of our own lies under the temporary directory.
    """
    with contextlib.ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=folder)))
        cluster = None
        if engine == "sqlite":
            database_url = f"sqlite:///{home / 'survey.db'}"
        elif not database_url:
            cluster = stack.enter_context(running_postgres(durable=True))
            database_url = cluster.create_database("bench")
        config = Config(database_url, SECRET_KEY, home / "keys", production=True)
        load(config)
        yield Place(config, cluster)
