"""The two ways into the database: reading and writing. SQLite and PostgreSQL behave the same behind them."""

from __future__ import annotations

from typing import Any

from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # an acknowledged ballot survives a power cut, not only a crash
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # a deleted draft leaves no bytes behind
    "PRAGMA busy_timeout = 20000",
)


Executor = Session | Connection
"""What a named read or write needs: a session, or on the respondents' path a bare connection."""


class Database:
    """The two manners of use, each with its own connections: switching one to and fro costs more than a query."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._alone = _autocommitting(engine)

    def connect(self) -> Connection:
        """As ``statements``, without a session: for the few statements of every respondent's request."""
        return self._alone.connect()

    def statements(self) -> Session:
        """A session in which each statement is a transaction of its own: reads, and writes of one statement."""
        return Session(self._alone)

    def transaction(self) -> Session:
        """A session whose statements count together or not at all; the caller commits, once.

        On SQLite it takes the write lock at the start, so that it waits for its turn and never has to be retried.
        """
        return Session(self.engine.execution_options(sqlite_begin="BEGIN IMMEDIATE"))


def make_engine(url: str, *, pool_size: int = 8) -> Engine:
    """An engine for SQLite or PostgreSQL whose errors and logs show no parameters (answers, keys)."""
    if url.startswith("postgres://"):
        url = "postgresql" + url.removeprefix("postgres")
    if url.startswith("postgresql://"):
        url = "postgresql+psycopg" + url.removeprefix("postgresql")
    engine = create_engine(url, hide_parameters=True, pool_size=pool_size, max_overflow=0)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _autocommitting(engine: Engine) -> Engine:
    """An engine on the same database whose connections commit every statement; it ends with the other one."""
    alone = create_engine(
        engine.url,
        hide_parameters=True,
        isolation_level="AUTOCOMMIT",
        pool_size=engine.pool.size(),  # type: ignore[attr-defined]
        max_overflow=0,
        pool_reset_on_return=None,  # there is no transaction to roll back
    )
    if alone.dialect.name == "sqlite":
        event.listen(alone, "connect", _set_up_sqlite)
    event.listen(engine, "engine_disposed", lambda _engine: alone.dispose())
    return alone


def upgrade(engine: Engine) -> None:
    """Bring the schema to the newest migration."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":  # to change a table, SQLite makes it anew: what points to it must wait
            _without_foreign_keys(connection)
            return
        with connection.begin():
            command.upgrade(alembic_config(connection), "head")


def _without_foreign_keys(connection: Connection) -> None:
    """Migrate an SQLite file, then check what its foreign keys would have held."""
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        with connection.begin():
            command.upgrade(alembic_config(connection), "head")
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if broken:
                raise RuntimeError(f"the migration would break references of {sorted({row[0] for row in broken})}")
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


def alembic_config(connection: Connection) -> AlembicConfig:
    """Alembic's settings, bound to a connection that the caller owns."""
    config = AlembicConfig()
    config.set_main_option("script_location", "survey_app:migrations")
    config.attributes["connection"] = connection
    return config


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    for pragma in SQLITE_PRAGMAS:
        connection.execute(pragma)
    # Its own lower() knows the letters of English only: who looks for "ủy ban" would not find "Ủy ban".
    connection.create_function("lower", 1, _lower, deterministic=True)


def _lower(text: Any) -> Any:
    return text.lower() if isinstance(text, str) else text


def _begin_sqlite(connection: Connection) -> None:
    begin = connection.get_execution_options().get("sqlite_begin", "BEGIN")
    if begin:
        connection.exec_driver_sql(begin)
