"""Tables that sort, filter and page on the server, and go to Excel as they are seen.

The state of a table is in its address: ``sort=-name``, ``page=2``, ``f_name=…``; a second table on a page has a prefix.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Response, request, url_for
from sqlalchemy import ColumnElement, Select, String, cast, func, select
from sqlalchemy.orm import Session

from survey_app.console import send_file_bytes
from survey_app.documents.excel import Kind, Table, write_workbook

PAGE = 50  # rows
MOST_EXPORTED = 100_000
NUMBERS = {"number", "percent", "decimal"}
KINDS = {"number": Kind.WHOLE, "decimal": Kind.NUMBER, "percent": Kind.PERCENT, "day": Kind.DAY}

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, where its values come from, what can be done with it."""

    key: str
    heading: Any  # text, or text that is put into the reader's language when it is shown
    expression: Any = None  # of a statement; lists in memory need none
    kind: str = "text"  # text, number (whole), decimal, percent (a fraction), day, moment
    filter: bool = False
    choices: Sequence[tuple[str, Any]] = ()  # (value, words) of a filter that is chosen, not typed
    sort: bool = True
    href: Callable[[Row], str | None] | None = None
    show: Callable[[Row], Any] | None = None  # words for a value that is a code

    @property
    def is_number(self) -> bool:
        return self.kind in NUMBERS

    def words(self, row: Row) -> Any:
        """What stands in the cell."""
        return self.show(row) if self.show else row[self.key]


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a table, and how it was asked for."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    total: int
    page: int
    sort: str
    descending: bool
    filters: Mapping[str, str]
    prefix: str = ""
    rest: Mapping[str, str] = field(default_factory=dict)  # what else the address asks for

    @property
    def pages(self) -> int:
        return max(1, math.ceil(self.total / PAGE))

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.page * PAGE, self.total)

    @property
    def filterable(self) -> list[Column]:
        return [column for column in self.columns if column.filter]

    def address(self, **changes: Any) -> str:
        """The address of this table with something changed: sort, page or format."""
        state = {f"f_{key}": value for key, value in self.filters.items()}
        state |= {"sort": f"{'-' if self.descending else ''}{self.sort}", "page": str(self.page)}
        state |= {key: str(value) for key, value in changes.items()}
        asked = dict(self.rest) | {self.prefix + key: value for key, value in state.items()}
        place: dict[str, Any] = {**(request.view_args or {}), **asked}
        return url_for(request.endpoint or "", **place)

    def sorted_by(self, column: Column) -> str:
        """The address that sorts by a column; a second time, the other way round."""
        turned = column.key == self.sort and not self.descending
        return self.address(sort=f"-{column.key}" if turned else column.key, page=1)


@dataclass(frozen=True, slots=True)
class _Asked:
    sort: str
    descending: bool
    page: int
    filters: dict[str, str]
    whole: bool  # all rows, to export them
    rest: dict[str, str]


def listing_of(
    session: Session,
    statement: Select[Any],
    columns: Sequence[Column],
    args: Mapping[str, str],
    *,
    default_sort: str,
    prefix: str = "",
) -> Listing:
    """One page of what a statement selects; its columns are replaced by those of the table."""
    asked = _asked(columns, args, default_sort, prefix)
    labelled = [column.expression.label(column.key) for column in columns if column.expression is not None]
    found = statement.with_only_columns(*labelled)
    for column in columns:
        if value := asked.filters.get(column.key):
            found = found.where(_matches(column, value))
    total = session.scalar(select(func.count()).select_from(found.order_by(None).subquery())) or 0
    page = _within(asked.page, total)
    by = next(column.expression for column in columns if column.key == asked.sort)
    first = next(column.expression for column in columns if column.expression is not None)
    found = found.order_by(by.desc() if asked.descending else by.asc(), first)
    found = found.limit(MOST_EXPORTED) if asked.whole else found.limit(PAGE).offset((page - 1) * PAGE)
    rows = [dict(row) for row in session.execute(found).mappings()]
    return _listing(asked, columns, rows, total=total, page=page, prefix=prefix)


def listing_of_rows(
    rows: Sequence[Row], columns: Sequence[Column], args: Mapping[str, str], *, default_sort: str, prefix: str = ""
) -> Listing:
    """One page of rows that are in memory already."""
    asked = _asked(columns, args, default_sort, prefix)
    by_key = {column.key: column for column in columns}
    for key, value in asked.filters.items():
        rows = [row for row in rows if _row_matches(by_key[key], row, value)]
    present = [row for row in rows if row[asked.sort] is not None]
    missing = [row for row in rows if row[asked.sort] is None]
    rows = sorted(present, key=lambda row: _order(row[asked.sort]), reverse=asked.descending) + missing
    page = _within(asked.page, len(rows))
    shown = rows if asked.whole else rows[(page - 1) * PAGE : page * PAGE]
    return _listing(asked, columns, shown, total=len(rows), page=page, prefix=prefix)


def listing_xlsx(listing: Listing, name: str) -> Response:
    """The table as it is seen, all pages of it, as an Excel file."""
    shown = [column for column in listing.columns if column.heading]
    table = Table(
        headings=[str(column.heading) for column in shown],
        rows=[[_exported(column, row) for column in shown] for row in listing.rows],
        kinds=[KINDS.get(column.kind, Kind.TEXT) for column in shown],
    )
    return send_file_bytes(write_workbook({name.removesuffix(".xlsx")[:31]: table}), name)


def _asked(columns: Sequence[Column], args: Mapping[str, str], default_sort: str, prefix: str) -> _Asked:
    sortable = {column.key for column in columns if column.sort}
    wanted = args.get(f"{prefix}sort", default_sort)
    if wanted.lstrip("-") not in sortable:
        wanted = default_sort
    page = args.get(f"{prefix}page", "1")
    filters = {c.key: args.get(f"{prefix}f_{c.key}", "").strip() for c in columns if c.filter}
    own = {f"{prefix}{name}" for name in ("sort", "page", "format")} | {f"{prefix}f_{c.key}" for c in columns}
    return _Asked(
        sort=wanted.lstrip("-"),
        descending=wanted.startswith("-"),
        page=int(page) if page.isdecimal() and len(page) < 7 else 1,
        filters={key: value for key, value in filters.items() if value},
        whole=args.get(f"{prefix}format") == "xlsx",
        rest={key: value for key, value in args.items() if key not in own},
    )


def _listing(
    asked: _Asked, columns: Sequence[Column], rows: Sequence[Row], *, total: int, page: int, prefix: str
) -> Listing:
    return Listing(columns, rows, total, page, asked.sort, asked.descending, asked.filters, prefix, asked.rest)


def _within(page: int, total: int) -> int:
    return min(max(page, 1), max(1, math.ceil(total / PAGE)))


def _matches(column: Column, value: str) -> ColumnElement[bool]:
    if column.choices:
        return cast(column.expression, String) == value
    return func.lower(cast(column.expression, String)).contains(value.lower(), autoescape=True)


def _row_matches(column: Column, row: Row, value: str) -> bool:
    if column.choices:
        return str(row[column.key]) == value
    return value.casefold() in str(column.words(row) or "").casefold()


def _order(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _exported(column: Column, row: Row) -> Any:
    """A number or a day as such, anything else in the words that are seen."""
    return row[column.key] if column.is_number or column.kind == "day" else column.words(row)
