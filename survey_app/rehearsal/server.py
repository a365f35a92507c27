"""A server of one's own for a rehearsal: ``survey serve`` on a free port."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.error import URLError
from urllib.request import urlopen

from survey_app.config import Config

PATIENCE = 60  # seconds until the server must answer
GOODBYE = 15  # seconds that it gets to end by itself


class ServerDidNotStart(ValueError):
    """The rehearsal's own server ended, or did not answer; the message quotes its last words."""


@dataclass(frozen=True, slots=True)
class Server:
    url: str
    process: subprocess.Popen[bytes]


@contextlib.contextmanager
def running_server(
    config: Config, *, port: int = 0, workers: int = 2, threads: int | None = None, jobs: bool = False
) -> Iterator[Server]:
    """``survey serve`` with these settings while the block runs; it ends with all its workers.

    Without ``jobs`` nothing works in the background: the processor time of respondents is measured.
    """
    with tempfile.TemporaryFile() as log:
        server = start(config, log, port=port or free_port(), workers=workers, threads=threads, jobs=jobs)
        try:
            yield server
        finally:
            stop(server)


def start(
    config: Config, log: IO[bytes], *, port: int, workers: int = 2, threads: int | None = None, jobs: bool = False
) -> Server:
    """Start the server and wait until it answers."""
    command = [str(Path(sys.executable).with_name("survey")), "serve", "--port", str(port), "--workers", str(workers)]
    command.append("--worker" if jobs else "--no-worker")
    process = subprocess.Popen(  # noqa: S603 (our own command)
        command if threads is None else [*command, "--threads", str(threads)],
        env=os.environ | config.environment(),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # a process group of its own, so that no worker is left behind
    )
    server = Server(f"http://127.0.0.1:{port}", process)
    try:
        _wait_until_healthy(server, log)
    except BaseException:
        stop(server)
        raise
    return server


def stop(server: Server) -> None:
    """End the server, gently if it lets us."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.process.wait(GOODBYE)
        os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_healthy(server: Server, log: IO[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        if _answers(f"{server.url}/health"):
            return
        if server.process.poll() is not None or time.monotonic() > deadline:
            log.seek(0)
            raise ServerDidNotStart(log.read().decode(errors="replace")[-2000:])
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5):  # noqa: S310 (an address of our own)
            return True
    except (URLError, ConnectionError, TimeoutError):
        return False
