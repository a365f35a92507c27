"""``survey demo``: the rounds of Hà Nội 2026 on this machine, with a rehearsal already played."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import click

from survey_app.cli.round import close_and_forget
from survey_app.cli.setup import Instance, committing, instance
from survey_app.clock import today
from survey_app.config import Config
from survey_app.db import upgrade
from survey_app.demo import ROUNDS, load_accounts, load_demo
from survey_app.letters import cards
from survey_app.models.rounds import Purpose, Status
from survey_app.queries.rounds import round_by_code, rounds_with_counts
from survey_app.rehearsal import Script, run
from survey_app.rehearsal.server import running_server
from survey_app.security import RoundKeyMissing
from survey_app.services.keys import made_key
from survey_app.services.passwords import Passwords

REHEARSALS = {"hanoi-2026-so": 400, "hanoi-2026-xa": 300}  # respondents


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), default=Path("instance/demo"), show_default=True)
@click.option("--port", default=8000, show_default=True, envvar="PORT")
@click.option("--rehearse/--no-rehearse", default=True, help="Play a rehearsal first, to have results to show.")
def demo(folder: Path, port: int, rehearse: bool) -> None:
    """Load Hà Nội 2026 (sở; xã, phường and SIPAS) with a made-up roll, rehearse it, and serve it on this machine.

    Everything is kept in FOLDER; the second time, what is there is served again.
    """
    _require_free(port)
    signal.signal(signal.SIGTERM, _leave)
    found = instance(Config.for_development(folder))
    os.environ.update(found.config.environment())
    upgrade(found.database.engine)
    _load_once(found)
    _finish_closing(found)
    passwords = _accounts(found)
    with running_server(found.config, port=port, jobs=True) as server:
        if rehearse:
            _rehearse_once(found, server.url)
        _print_links(found, server.url)
        _print_accounts(passwords, server.url)
        try:
            server.process.wait()
        except KeyboardInterrupt:
            click.echo("Đã dừng / stopped.")


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise click.ClickException(
                f"Cổng {port} đang bận; dùng cổng khác / the port is in use; take another: PORT={port + 1} make demo"
            ) from error


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _load_once(found: Instance) -> None:
    with committing(found) as session:
        if not rounds_with_counts(session):
            for made in load_demo(session, found.keys, today()):
                made_key(session, found.contact_keys, made.code)


def _finish_closing(found: Instance) -> None:
    """Open the boxes of rehearsals whose close was interrupted: the last time's Ctrl-C, for instance."""
    with found.database.statements() as session:
        rounds = rounds_with_counts(session)
    for row in rounds:
        if row.purpose == Purpose.REHEARSAL and row.status == Status.CLOSED and _has_key(found, row.code):
            close_and_forget(row.code)


def _has_key(found: Instance, code: str) -> bool:
    try:
        found.keys.read(code)
    except RoundKeyMissing:
        return False
    return True


def _rehearse_once(found: Instance, address: str) -> None:
    """Play a rehearsal of each round and close it, unless that was done before."""
    with found.database.statements() as session:
        rounds = rounds_with_counts(session)
    done = [row.code for row in rounds if row.purpose == Purpose.REHEARSAL and row.status == Status.CLOSED]
    for code, respondents in REHEARSALS.items():
        if any(rehearsal.startswith(code) for rehearsal in done):
            continue
        click.echo(f"Diễn tập / rehearsing {code}: {respondents} người trả lời / respondents …")
        report = run(found.config, code, Script(respondents), url=address)
        close_and_forget(report.round_code)
        click.echo(f"  {report.completed} phiếu / ballots, {report.seconds:.0f} s")


def _print_links(found: Instance, address: str) -> None:
    """The address of the first link of each group, and of the results."""
    click.secho(f"\nHệ thống đang chạy / running: {address}", bold=True)
    with found.database.statements() as session:
        for code in ROUNDS:
            survey_round = round_by_code(session, code)
            click.echo(f"\n{survey_round.title['vi']}")
            found_cards = list(cards(session, survey_round, found.keys.read(code), address))
            first = {card.group: card for card in reversed(found_cards)}
            for group in survey_round.groups:
                click.echo(f"  {group.title['vi']}\n    {first[group.code].url}")
    click.echo(f"\nKết quả diễn tập / rehearsal results:\n    {address}/rehearsals/")


def _accounts(found: Instance) -> dict[str, str]:
    """The accounts of the trial and their passwords; for this machine only."""
    with committing(found) as session:
        return load_accounts(session, Passwords(), found.config.secret_key, datetime.now(UTC))


def _print_accounts(passwords: Mapping[str, str], address: str) -> None:
    click.echo(f"\nĐăng nhập / sign in: {address}/account/sign-in")
    for username, password in passwords.items():
        click.echo(f"  {username:12} {password}")
    click.echo("\nCtrl-C để dừng / to stop.")
