"""E-mail from the terminal: letters that came back, as the mail server hands them over."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from survey_app.cli.setup import committing, instance
from survey_app.services.bounces import read_bounce
from survey_app.services.mailings import note_bounces

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def mail() -> None:
    """Letters by e-mail."""


@mail.command()
@click.argument("messages", type=FILE, nargs=-1)
def bounces(messages: tuple[Path, ...]) -> None:
    """Note undelivered letters: one returned message in each file, or one on standard input.

    A mail server can pipe what arrives at BOUNCES_TO into this command. Example: survey mail bounces < returned.eml
    """
    raw = [path.read_bytes() for path in messages] or [sys.stdin.buffer.read()]
    found = [bounce for bounce in map(read_bounce, raw) if bounce]
    with committing(instance()) as session:
        n = note_bounces(session, [(bounce.token, bounce.status) for bounce in found])
    click.echo(f"{n} thư bị trả lại / letters that came back")
