"""The real server as a process of its own, for browser tests and benchmarks."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from survey_app.config import Config

PATIENCE = 30  # seconds until the server must answer


@contextlib.contextmanager
def running_site(config: Config, *, log: Path, jobs: bool = False) -> Iterator[str]:
    """Start `survey serve` on a free port; end it with all its workers, and show what it said, with the block.

    Only with ``jobs`` is work done in the background: that process takes a second of a core to start.
    """
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with log.open("wb") as lines:
        server = subprocess.Popen(
            [
                *(Path(sys.executable).with_name("survey"), "serve", "--port", str(port), "--workers", "1"),
                "--worker" if jobs else "--no-worker",
            ],
            env=os.environ | config.environment(),
            stdin=subprocess.DEVNULL,
            stdout=lines,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a process group of its own, so that no worker is left behind
        )
    try:
        wait_until_healthy(f"{address}/health", server, log)
        yield address
    finally:
        stop_group(server)
        print(log.read_text(errors="replace"))  # pytest shows it when the test fails


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_healthy(url: str, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(URLError, ConnectionError), urlopen(url, timeout=5):
            return
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the server did not start:\n{log.read_text()}")
        time.sleep(0.05)


def stop_group(server: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(10)
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()
