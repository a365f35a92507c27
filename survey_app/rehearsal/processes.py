"""Processor time of the server and of its database, every process counted, the dead ones too."""

from __future__ import annotations

import time

import psutil
from sqlalchemy import Engine, text

LOCAL = {"", "localhost", "127.0.0.1", "::1"}


def tree_seconds(root: psutil.Process | None) -> float | None:
    """User and system time of a process, of all below it, and of those below it that ended; None if it is gone."""
    if root is None:
        return None
    try:
        return sum(map(_seconds, [root, *root.children(recursive=True)]))
    except psutil.NoSuchProcess:
        return None


def spent(root: psutil.Process | None, since: float | None) -> float | None:
    """The seconds that a tree of processes used since it had used ``since``."""
    now = tree_seconds(root)
    return None if now is None or since is None else now - since


def wait_until_calm(root: psutil.Process | None, *, at_most: float = 20.0) -> None:
    """Wait until the server does nothing any more: one worker may answer while another still starts."""
    deadline = time.monotonic() + at_most
    used, calm_since = tree_seconds(root), time.monotonic()
    while root and time.monotonic() < min(deadline, calm_since + 0.5):
        time.sleep(0.1)
        if (spent(root, used) or 0) > 0.01:
            used, calm_since = tree_seconds(root), time.monotonic()


def server_behind(host: str, port: int) -> psutil.Process | None:
    """The topmost process that listens at an address of this machine; None if it cannot be seen."""
    if host not in LOCAL:
        return None
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
            return _topmost(psutil.Process(connection.pid), port)
    return None


def postmaster(engine: Engine) -> psutil.Process | None:
    """The first process of a PostgreSQL on this machine: the parent of the one that serves our connection.

    None for SQLite, for another machine, and where its processes cannot be seen.
    """
    if engine.dialect.name != "postgresql" or not _is_local(_host(engine)):
        return None
    with engine.connect() as connection:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
        try:
            backend = psutil.Process(pid)
            parent = backend.parent()
            ours = parent is not None and {backend.name(), parent.name()} == {"postgres"}
        except psutil.Error:
            return None
    return parent if ours else None


def _host(engine: Engine) -> str:
    """Where the database listens: a name, an address, a folder with a socket."""
    return str(engine.url.query.get("host", engine.url.host or ""))


def _is_local(host: str) -> bool:
    return host in LOCAL or host.startswith("/")


def _topmost(process: psutil.Process, port: int) -> psutil.Process:
    while (parent := process.parent()) and _listens(parent, port):
        process = parent
    return process


def _listens(process: psutil.Process, port: int) -> bool:
    try:
        found = process.net_connections("tcp")
    except psutil.AccessDenied:
        return False
    return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in found)


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)
