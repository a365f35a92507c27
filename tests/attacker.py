"""Somebody with the whole database, its files, the file of links and the server's log, who wants to know who said what.

Everything is tried that needs no knowledge of the tables: values that occur on both sides, hashes of what is known
under every key that lies about, and every order in which rows of one table can be put against every order of another.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Engine, inspect, text

Row = dict[str, Any]
WINDOW = 8  # bytes in common that are no chance; of text, whose letters say less, twice as many
PURPOSES = ("", "link\0", "ballot\0", "open ballot\0", "draft\0", "draft cipher\0", "envelope\0", "code\0", "receipt\0")
POSTGRES_COLUMNS = ("ctid", "xmin", "xmax", "cmin", "cmax")


@dataclass
class Loot:
    """What was carried off: tables as they lay, with what the files tell of each row's place."""

    tables: dict[str, list[Row]]
    files: dict[str, bytes]
    keys: list[bytes] = field(default_factory=list)  # found elsewhere

    def values(self, *tables: str) -> set[bytes]:
        """Every value of these tables that could serve as a key."""
        return {
            mark
            for name in tables or self.tables
            for row in self.tables[name]
            for value in row.values()
            for mark in written(value)
            if len(mark) <= 64
        }


def steal(engine: Engine, *, since: str = "") -> Loot:
    """Everything of a database; ``since``: where PostgreSQL's log of changes stood before the answers came."""
    with engine.connect() as connection:
        names = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
        tables = {name: _rows(connection, name) for name in names}
    files = _postgres_files(engine, since) if engine.dialect.name == "postgresql" else _sqlite_files(engine)
    for name in ("invitee", "ballot", "draft"):
        for row in tables[name]:
            _note_places(row, files)
    return Loot(tables, files)


def where_the_log_stands(engine: Engine) -> str:
    """The place in PostgreSQL's write-ahead log; nothing on SQLite."""
    if engine.dialect.name != "postgresql":
        return ""
    with engine.connect() as connection:
        return connection.scalar(text("SELECT pg_current_wal_insert_lsn()::text"))


def _rows(connection: Any, name: str) -> list[Row]:
    """The rows in the order in which the engine finds them, with its own columns."""
    if connection.dialect.name == "postgresql":
        system = ", ".join(f"{column}::text AS sys_{column}" for column in POSTGRES_COLUMNS)
        found = connection.execute(text(f"SELECT {system}, t.* FROM {name} t"))
        rows = [_with_numbers(dict(row)) for row in found.mappings()]
    else:
        made = connection.scalar(text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": name})
        hidden = "" if "WITHOUT ROWID" in made else "rowid AS sys_rowid, "
        rows = [dict(row) for row in connection.execute(text(f"SELECT {hidden}* FROM {name}")).mappings()]
    for place, row in enumerate(rows):
        row["sys_place"] = place
    return rows


def _with_numbers(row: Row) -> Row:
    """ctid as (page, line), transaction ids as numbers, so that they sort as they were given out."""
    for column in POSTGRES_COLUMNS:
        value = row[f"sys_{column}"]
        row[f"sys_{column}"] = json.loads(value.replace("(", "[").replace(")", "]"))
    return row


def _sqlite_files(engine: Engine) -> dict[str, bytes]:
    path = Path(engine.url.database)
    return {suffix: Path(f"{path}{suffix}").read_bytes() for suffix in ("", "-wal") if Path(f"{path}{suffix}").exists()}


def _postgres_files(engine: Engine, since: str) -> dict[str, bytes]:
    """The files of the tables and their indexes, and what was written to the log of changes."""
    files = {}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
        data = Path(connection.scalar(text("SHOW data_directory")))
        relations = connection.execute(
            text(
                "SELECT relname, pg_relation_filepath(oid) FROM pg_class WHERE relkind IN ('r', 'i', 't') AND relname "
                "~ 'ballot|draft|invitee'"
            )
        ).all()
        if since:
            files["wal"] = _wal(connection, data / "pg_wal", since)
    for name, path in relations:
        files[name] = b"".join(part.read_bytes() for part in sorted(data.glob(f"{path}*")) if part.name[-3:] != "_vm")
    return files


def _wal(connection: Any, folder: Path, since: str) -> bytes:
    first, offset, last, end = connection.execute(
        text(
            "SELECT pg_walfile_name(CAST(:since AS pg_lsn)), CAST(:since AS pg_lsn) - '0/0', "
            "pg_walfile_name(pg_current_wal_lsn()), pg_current_wal_lsn() - '0/0'"
        ),
        {"since": since},
    ).one()
    segments = sorted(path for path in folder.iterdir() if first <= path.name <= last)
    start = int(offset) % 2**24
    return b"".join(path.read_bytes() for path in segments)[start : start + int(end - offset)]


def _note_places(row: Row, files: Mapping[str, bytes]) -> None:
    """Where each file shows this row first and last, by each of its values that are its own."""
    for column, value in list(row.items()):
        for number, mark in enumerate(written(value)):
            if len(mark) < 12:
                continue
            for name, content in files.items():
                first = content.find(mark[:64])
                if first >= 0:
                    row[f"{name} first {column} {number}"] = first
                    row[f"{name} last {column} {number}"] = content.rfind(mark[:64])


def written(value: Any) -> Iterator[bytes]:
    """The bytes of a value in the ways in which it may be written down."""
    if isinstance(value, UUID):
        yield from (value.bytes, value.hex.encode(), str(value).encode())
    elif isinstance(value, bytes | memoryview):
        yield from (bytes(value), bytes(value).hex().encode())
    elif isinstance(value, str):
        yield value.encode()
        if len(value) == 32 and set(value) <= set("0123456789abcdef"):
            yield bytes.fromhex(value)  # a UUID as SQLite keeps it
    elif isinstance(value, dict):
        yield json.dumps(value, ensure_ascii=False).encode()
        for inner in value.values():
            yield from written(inner)


# --- what he tries ---------------------------------------------------------------------------------------------------


def same_bytes(left: Sequence[Row], right: Sequence[Row]) -> set[tuple[int, int]]:
    """Pairs of rows that have bytes in common which no other row of the right side has."""
    holders = _holders(right)
    found = set()
    for i, row in enumerate(left):
        for value in row.values():
            for mark in written(value):
                for window in _windows(mark):
                    if len(holders.get(window, ())) == 1:
                        found |= {(i, j) for j in holders[window]}
    return found


def same_hashes(left: Sequence[Row], right: Sequence[Row], keys: Iterable[bytes]) -> set[tuple[int, int]]:
    """Pairs in which a hash of something on the left stands on the right: plain, or under a key.

    Keys are those given, the values of the row itself and each value of the rows on the right.
    """
    holders = _holders(right)
    shared = {b"", *keys} | {mark for row in right for mark in _short_marks(row)}
    found = set()
    for i, row in enumerate(left):
        marks = _short_marks(row)
        for message in (purpose.encode() + mark for mark in marks for purpose in PURPOSES):
            digests = [hashlib.new(name, message).digest() for name in ("sha256", "md5", "sha1")]
            digests += [hmac.digest(key, message, "sha256") for key in (*shared, *marks)]
            for digest in digests:
                for start in (digest[:WINDOW], digest[:WINDOW].hex().encode()):
                    found |= {(i, j) for j in holders.get(start, ())}
    return found


def _short_marks(row: Row) -> set[bytes]:
    """The values of a row that can be a name, a code or a key, each in its shortest form."""
    marks = {min(written(value), key=len, default=b"") for name, value in row.items() if "sys_" not in name}
    return {mark for mark in marks if 3 <= len(mark) <= 64}


def _holders(rows: Sequence[Row]) -> Mapping[bytes, set[int]]:
    """Which rows have these bytes anywhere."""
    holders = defaultdict(set)
    for j, row in enumerate(rows):
        for value in row.values():
            for mark in written(value):
                for window in _windows(mark):
                    holders[window].add(j)
    return holders


def _windows(mark: bytes) -> set[bytes]:
    size = 2 * WINDOW if mark.isascii() else WINDOW
    return {mark[i : i + size] for i in range(len(mark) - size + 1)}


def opened(ballots: Sequence[Row], keys: Iterable[bytes]) -> dict[int, bytes]:
    """The sealed ballots that open under one of these keys, used as the round's key or by itself."""
    found = {}
    candidates = set(keys)
    for j, ballot in enumerate(ballots):
        sealed = bytes(ballot["sealed"] or b"")
        own = bytes(ballot["ballot_key"] or b"")
        for key in candidates:
            for cipher in (hmac.digest(key, b"envelope\0" + own, "sha256"), hashlib.sha256(key).digest()):
                try:
                    found[j] = AESGCM(cipher).decrypt(sealed[:12], sealed[12:], None)
                except (InvalidTag, ValueError):
                    continue
    return found


def orders(rows: Sequence[Row]) -> dict[str, list[int]]:
    """Every order that a column gives to all the rows; equal values stay in the order in which they lie."""
    found = {}
    for column in {name for row in rows for name in row}:
        values = [_sortable(row.get(column)) for row in rows]
        if None not in values and len(set(map(str, values))) > 1:
            found[column] = sorted(range(len(rows)), key=lambda i, values=values: (values[i], rows[i]["sys_place"]))
    return found


def _sortable(value: Any) -> Any:
    if isinstance(value, UUID):
        return value.bytes
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


def rank_pairs(left: Sequence[Row], right: Sequence[Row]) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """For every two orders, forwards and backwards: the n-th of a cell on the left with the n-th on the right."""
    for left_name, left_order in orders(left).items():
        for right_name, right_order in orders(right).items():
            for way, order in (("", right_order), (", backwards", right_order[::-1])):
                yield f"{left_name} with {right_name}{way}", list(_in_cells(left, left_order, right, order))


def _in_cells(
    left: Sequence[Row], left_order: Sequence[int], right: Sequence[Row], right_order: Sequence[int]
) -> Iterator[tuple[int, int]]:
    by_cell = defaultdict(list)
    for j in right_order:
        by_cell[right[j]["design_cell_id"]].append(j)
    taken: dict[int, int] = defaultdict(int)
    for i in left_order:
        cell = left[i]["design_cell_id"]
        if taken[cell] < len(by_cell[cell]):
            yield i, by_cell[cell][taken[cell]]
            taken[cell] += 1


# --- how well he did -------------------------------------------------------------------------------------------------


@cache
def chance_of_hits(n: int) -> tuple[float, ...]:
    """How likely 0, 1, … n right pairs are, if n are put to n blindly (the rencontres numbers)."""
    unmatched = [1, 0]
    while len(unmatched) <= n:
        unmatched.append((len(unmatched) - 1) * (unmatched[-1] + unmatched[-2]))
    return tuple(math.comb(n, k) * unmatched[n - k] / math.factorial(n) for k in range(n + 1))


def chance_of_at_least(hits: int, cells: Iterable[int]) -> float:
    """The chance of so many right pairs or more by blind matching within cells of these sizes."""
    total = [1.0]
    for n in cells:
        one = chance_of_hits(n)
        total = [
            sum(total[i] * one[k - i] for i in range(max(0, k - n), min(k, len(total) - 1) + 1))
            for k in range(len(total) + n)
        ]
    return min(1.0, sum(total[hits:]))


@dataclass(frozen=True)
class Verdict:
    """The best of all rank attacks, and how likely luck alone does as well in so many attacks."""

    attack: str
    hits: int
    n: int
    n_attacks: int
    p_value: float


def best_ranking(left: Sequence[Row], right: Sequence[Row], truth: Mapping[int, int]) -> Verdict:
    """``truth``: which row on the right belongs to which on the left; everybody in a cell has one."""
    sizes = defaultdict(int)
    for row in right:
        sizes[row["design_cell_id"]] += 1
    attacks = {name: sum(truth.get(i) == j for i, j in pairs) for name, pairs in rank_pairs(left, right)}
    best = max(attacks, key=lambda name: attacks[name])
    chance = min(1.0, len(attacks) * chance_of_at_least(attacks[best], sizes.values()))
    return Verdict(best, attacks[best], len(truth), len(attacks), chance)


def copied_out(cluster_url: str, table: str) -> bytes:
    """A table as ``pg_dump`` writes it."""
    with psycopg.connect(cluster_url) as connection, connection.cursor().copy(f"COPY {table} TO STDOUT") as out:
        return b"".join(out)
