"""``survey instrument``: check a questionnaire, convert it between YAML and .xlsx."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from instruments.checking import check_document
from instruments.faults import Fault, InstrumentErrors, sentence
from instruments.xlsform import read_document, read_instrument, write_instrument

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_LANGUAGE = click.option(
    "--lang", type=click.Choice(["vi", "en"]), default="vi", show_default=True, help="Language of the messages."
)
_SUMMARY = {
    "vi": "{name}: {errors} lỗi, {warnings} cảnh báo",
    "en": "{name}: {errors} errors, {warnings} warnings",
}
_WRITTEN = {"vi": "Đã ghi {name}", "en": "Written to {name}"}


@click.group()
def instrument() -> None:
    """Check and convert questionnaires (.yaml, .xlsx)."""


@instrument.command()
@click.argument("file", type=_FILE)
@click.option("--anonymous/--open", default=True, show_default=True, help="The group is promised anonymity, or not.")
@click.option("--units", type=click.IntRange(min=1), default=1, show_default=True, help="Units that one person rates.")
@_LANGUAGE
def check(file: Path, anonymous: bool, units: int, lang: str) -> None:
    """Print everything wrong with FILE, place first; exit with 1 if there are errors."""
    try:
        faults = check_document(read_document(file), anonymous=anonymous, n_units=units)
    except InstrumentErrors as errors:
        faults = errors.faults
    _print(faults, lang, to_errors=False)
    errors_found = sum(fault.is_error for fault in faults)
    counts = {"errors": errors_found, "warnings": len(faults) - errors_found}
    click.echo(_SUMMARY[lang].format(name=file.name, **counts))
    if errors_found:
        sys.exit(1)


@instrument.command()
@click.argument("source", metavar="IN", type=_FILE)
@click.argument("target", metavar="OUT", type=click.Path(dir_okay=False, path_type=Path))
@_LANGUAGE
def convert(source: Path, target: Path, lang: str) -> None:
    """Write the questionnaire IN as OUT; the suffixes (.yaml, .xlsx) say which form."""
    try:
        write_instrument(read_instrument(source), target)
    except InstrumentErrors as errors:
        _print(errors.faults, lang, to_errors=True)
        sys.exit(1)
    click.echo(_WRITTEN[lang].format(name=target))


def _print(faults: tuple[Fault, ...], lang: str, *, to_errors: bool) -> None:
    for fault in faults:
        click.echo(sentence(fault, lang), err=to_errors)
