"""A result of several tables: all on the screen one below the other, one of them as CSV, JSON or a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import click
import pandas as pd

from survey_app.cli.tabular import Output, Words, emit, text


@dataclass(frozen=True, slots=True)
class Part:
    """A table with its title; ``hidden`` columns are for files, and not for the screen."""

    name: str
    title: Words
    table: pd.DataFrame
    hidden: tuple[str, ...] = ()
    digits: Mapping[str, int] | None = None
    on_request: bool = False  # shown only if it is named


def show_parts(
    parts: Sequence[Part], chosen: str | None, output: Output, notes: Sequence[str], headings: Mapping[str, Words]
) -> None:
    """The chosen part; without a choice all on the screen, and the first elsewhere."""
    named = [part for part in parts if part.name == chosen]
    if chosen is not None and not named:
        known = ", ".join(part.name for part in parts)
        raise click.UsageError(f"--show {chosen}: {known}")
    if output.out is not None or output.format != "table":
        emit((named or list(parts))[0].table, output, notes=notes)
        return
    shown = named or [part for part in parts if not part.on_request]
    quiet = replace(output, format="table")
    for place, part in enumerate(shown):
        click.echo(("\n" if place else "") + text(part.title, output.lang))
        screen = part.table.drop(columns=[name for name in part.hidden if name in part.table])
        last = place == len(shown) - 1
        emit(screen, quiet, notes=notes if last else (), headings=headings, digits=part.digits)
