"""Settings and database for a command."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.orm import Session

from survey_app.config import Config
from survey_app.instance import Instance, instance_of

__all__ = ["Instance", "committing", "instance"]


def instance(config: Config | None = None) -> Instance:
    """The instance of these settings; without any, of the environment's. Its connections end with the command."""
    found = instance_of(config or Config.from_environment(os.environ))
    if command := click.get_current_context(silent=True):
        command.call_on_close(found.database.engine.dispose)
    return found


@contextmanager
def committing(found: Instance) -> Iterator[Session]:
    """A session that is committed at the end of the command, or not at all."""
    with found.database.transaction() as session:
        yield session
        session.commit()
