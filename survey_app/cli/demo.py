"""``survey demo``: the rounds of Hà Nội 2026 on this machine, with a rehearsal already played."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import click

from survey_app.cli.setup import Instance, instance
from survey_app.clock import today
from survey_app.config import Config
from survey_app.db import upgrade
from survey_app.demo import ROUNDS, load_demo
from survey_app.letters import cards
from survey_app.queries.rounds import round_by_code, rounds_with_counts

PATIENCE = 60  # seconds until the server must answer
REHEARSALS = {"hanoi-2026-so": 300, "hanoi-2026-xa": 240}  # respondents


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), default=Path("instance/demo"), show_default=True)
@click.option("--port", default=8000, show_default=True, envvar="PORT")
@click.option(
    "--rehearse/--no-rehearse", default=True, help="Play a rehearsal the first time, to have results to show."
)
def demo(folder: Path, port: int, rehearse: bool) -> None:
    """Load Hà Nội 2026 (sở; xã, phường and SIPAS) with a made-up roll, rehearse it, and serve it on this machine."""
    found = instance(Config.for_development(folder))
    os.environ.update(found.config.environment())
    upgrade(found.database.engine)
    _load_once(found)
    with _server(port) as address:
        if rehearse:
            _rehearse_once(found, address)
        _print_links(found, address)
        signal.sigwait([signal.SIGINT, signal.SIGTERM])


def _load_once(found: Instance) -> None:
    with found.database.transaction() as session:
        if not rounds_with_counts(session):
            load_demo(session, found.keys, today())
            session.commit()


@contextlib.contextmanager
def _server(port: int) -> Iterator[str]:
    """The production server as a child process."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])
    address = f"http://127.0.0.1:{port}"
    log = Path(os.environ["KEY_DIR"]).parent / "server.log"
    with log.open("wb") as lines:
        command = [Path(sys.argv[0]).resolve(), "serve", "--port", str(port)]
        server = subprocess.Popen(command, stdout=lines, stderr=lines, start_new_session=True)  # noqa: S603
    try:
        _wait_until_healthy(address, server, log)
        yield address
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)


def _wait_until_healthy(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(URLError, ConnectionError), urlopen(f"{address}/health", timeout=5):  # noqa: S310
            return
        if server.poll() is not None or time.monotonic() > deadline:
            raise click.ClickException(f"Máy chủ không khởi động được / the server did not start:\n{log.read_text()}")
        time.sleep(0.1)


def _rehearse_once(found: Instance, address: str) -> None:
    """Play a rehearsal of each round, unless one was played before."""


def _print_links(found: Instance, address: str) -> None:
    click.secho(f"\nHệ thống đang chạy / running: {address}", bold=True)
    with found.database.statements() as session:
        for code in ROUNDS:
            survey_round = round_by_code(session, code)
            click.echo(f"\n{survey_round.title['vi']}")
            shown = set()
            for card in cards(session, survey_round, found.keys.read(code), address):
                if card.group not in shown:
                    click.echo(f"  {card.group:12} {card.url}")
                shown.add(card.group)
    click.echo(f"\nKết quả diễn tập / rehearsal results: {address}/rehearsals/")
    click.echo("Ctrl-C để dừng / to stop.")
