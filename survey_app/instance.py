"""All that a command or a job works with: settings, database, keys, files."""

from __future__ import annotations

from dataclasses import dataclass

from survey_app.config import Config
from survey_app.db import Database, make_engine
from survey_app.security import KeyRing, derive
from survey_app.services.files import FileStore


@dataclass(frozen=True, slots=True)
class Instance:
    """The platform on this machine, without the web."""

    config: Config
    database: Database
    keys: KeyRing  # links and ballots of rounds
    contact_keys: KeyRing  # names, telephone numbers, files of rounds
    files: FileStore


def instance_of(config: Config, database: Database | None = None) -> Instance:
    """The instance of these settings, on a database that is there already or on connections of its own."""
    return Instance(
        config,
        database or Database(make_engine(config.database_url, pool_size=config.pool_size)),
        KeyRing(config.key_dir),
        KeyRing(config.contact_key_dir),
        file_store(config),
    )


def file_store(config: Config) -> FileStore:
    """The folder of sealed files of these settings."""
    return FileStore(config.files_dir, derive(config.secret_key.encode(), "files", b""))
