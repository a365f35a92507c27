"""The two statements of every respondent's request, handed to the database driver as they are.

SQLAlchemy takes longer over so small a statement than the database does. What it knows of the database is still asked:
once for the text, the order of the values and their types, and again whenever something goes wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError

from survey_app.db import Executor

Change = Callable[[Any], Any] | None  # from our value to the driver's, or back; nothing where they are the same


@dataclass(frozen=True)
class _Ready:
    """A statement in the words of one database."""

    dialect: Dialect
    statement: Any

    @cached_property
    def compiled(self) -> Any:
        return self.statement.compile(dialect=self.dialect)

    @cached_property
    def text(self) -> str:
        return str(self.compiled)

    @cached_property
    def order(self) -> tuple[str, ...] | None:
        """The names of the values in their places; None where the driver takes them by name."""
        return tuple(self.compiled.positiontup) if self.compiled.positional else None

    @cached_property
    def constants(self) -> dict[str, Any]:
        """The values that stand in the statement itself."""
        return {name: value for name, value in self.compiled.params.items() if value is not None}

    @cached_property
    def inwards(self) -> dict[str, Change]:
        return {name: self._impl(bind.type).bind_processor(self.dialect) for name, bind in self.compiled.binds.items()}

    @cached_property
    def outwards(self) -> tuple[Change, ...]:
        columns = getattr(self.statement, "selected_columns", ())
        return tuple(self._impl(column.type).result_processor(self.dialect, None) for column in columns)

    def _impl(self, kind: Any) -> Any:
        return kind.dialect_impl(self.dialect)

    def values(self, given: Mapping[str, Any]) -> Any:
        """What the driver gets beside the text."""
        values = dict(self.constants)
        for name, value in given.items():
            change = self.inwards[name]
            values[name] = change(value) if change else value
        return values if self.order is None else [values[name] for name in self.order]


class Statement:
    """A statement that is made once; ``build`` gets the name of the dialect, since an insert differs."""

    def __init__(self, build: Callable[[str], Any]) -> None:
        self._build = build
        self._ready: dict[Dialect, _Ready] = {}

    def row(self, executor: Executor, **values: Any) -> tuple[Any, ...] | None:
        """The first row that it finds."""
        ready, found, _count = self._run(executor, values, reads=True)
        if found is None:
            return None
        return tuple(change(cell) if change else cell for change, cell in zip(ready.outwards, found, strict=True))

    def changed(self, executor: Executor, **values: Any) -> int:
        """The number of rows that it wrote."""
        return self._run(executor, values, reads=False)[2]

    def _run(self, executor: Executor, values: Mapping[str, Any], *, reads: bool) -> tuple[_Ready, Any, int]:
        connection = executor if isinstance(executor, Connection) else executor.connection()
        ready = self._in_words_of(connection.dialect)
        driver = connection.connection
        cursor = driver.cursor()
        try:
            cursor.execute(ready.text, ready.values(values))
            return ready, cursor.fetchone() if reads else None, cursor.rowcount
        except connection.dialect.loaded_dbapi.Error as error:
            raise _refused(connection, ready, error) from error
        finally:
            cursor.close()

    def _in_words_of(self, dialect: Dialect) -> _Ready:
        found = self._ready.get(dialect)
        if found is None:
            found = self._ready[dialect] = _Ready(dialect, self._build(dialect.name))
        return found


def _refused(connection: Connection, ready: _Ready, error: Any) -> BaseException:
    """The error as SQLAlchemy words it, without values; connections that the database gave up are given up here too."""
    dialect = connection.dialect
    lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
    if lost:
        connection.invalidate(error)
        connection.engine.dispose()  # the others of the pool went with it
    refused: BaseException = DBAPIError.instance(
        ready.text,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=lost,
        dialect=dialect,
    )
    return refused
