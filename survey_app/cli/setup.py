"""Settings and database for a command."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click
from sqlalchemy.orm import Session

from survey_app.config import Config
from survey_app.db import Database, make_engine
from survey_app.security import KeyRing


@dataclass(frozen=True, slots=True)
class Instance:
    """The database and the keys that the environment names."""

    config: Config
    database: Database
    keys: KeyRing


def instance(config: Config | None = None) -> Instance:
    """The instance of these settings; without any, of the environment's. Its connections end with the command."""
    config = config or Config.from_environment(os.environ)
    found = Instance(config, Database(make_engine(config.database_url)), KeyRing(config.key_dir))
    if command := click.get_current_context(silent=True):
        command.call_on_close(found.database.engine.dispose)
    return found


@contextmanager
def committing(found: Instance) -> Iterator[Session]:
    """A session that is committed at the end of the command, or not at all."""
    with found.database.transaction() as session:
        yield session
        session.commit()
