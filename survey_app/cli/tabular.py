"""Results as tables: on screen in a language, as CSV and JSON in full precision, to files of any format."""

from __future__ import annotations

import functools
import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd

from scoring.standing import rounded_half_up
from survey_app.tables import SUFFIXES, without_infinity, write_table

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
OUTPUT_FILE = click.Path(dir_okay=False, path_type=Path)
WRITTEN = {
    "vi": "Đã ghi {rows} dòng vào {path} (SHA-256 {digest})",
    "en": "{rows} rows written to {path} (SHA-256 {digest})",
}
NO_INFINITY = (
    "Loại tệp này không có vô cực: các giá trị vô cực của cột {columns} được ghi là thiếu",
    "This kind of file has no infinity: infinite values of {columns} are written as missing",
)
ENDINGS = (".csv", ".json", *SUFFIXES[1:])
YES_NO = {"vi": ("có", "không"), "en": ("yes", "no")}
DASH = "–"
SCREEN_DIGITS = 4
QUIET_SECONDS = 2.0

Words = tuple[str, str]  # Vietnamese, English


@dataclass(frozen=True, slots=True)
class Output:
    """How and where a command shows its result."""

    format: str  # table, csv or json
    out: Path | None
    lang: str  # vi or en


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--format``, ``--out`` and ``--lang`` to a command, which gets them as one argument ``output``."""

    @click.option(
        "--format", "format_", type=click.Choice(["table", "csv", "json"]), help="On screen: table (default)."
    )
    @click.option("--out", type=OUTPUT_FILE, callback=_known_ending, help=f"File to write: {', '.join(ENDINGS)}.")
    @click.option("--lang", type=click.Choice(["vi", "en"]), default="vi", show_default=True)
    @functools.wraps(command)
    def with_output(*args: object, format_: str | None, out: Path | None, lang: str, **kwargs: object) -> object:
        if out is not None and format_ in ("csv", "json") and out.suffix.lower() != f".{format_}":
            raise click.UsageError(f"--format {format_} does not go with --out {out}: the suffix says the format")
        return command(*args, output=Output(format_ or "table", out, lang), **kwargs)

    return with_output


def _known_ending(_context: click.Context, _option: click.Parameter, out: Path | None) -> Path | None:
    """Refused before any work is done."""
    if out is not None and out.suffix.lower() not in ENDINGS:
        raise click.BadParameter(f"{out.suffix!r} is none of {', '.join(ENDINGS)}")
    return out


def text(words: Words, lang: str, **facts: object) -> str:
    """The sentence of the language, with its facts filled in."""
    return words[0 if lang == "vi" else 1].format_map(facts)


def emit(
    frame: pd.DataFrame,
    output: Output,
    *,
    notes: Sequence[str] = (),
    headings: Mapping[str, Words] | None = None,
    digits: Mapping[str, int] | None = None,
) -> None:
    """Show a table as the options ask.

    On screen numbers are rounded to ``digits`` (by column; four, and none for whole numbers) and columns are named by
    ``headings``; CSV, JSON and files have every digit under the names of the frame. Notes stand below the table and
    in JSON under ``notes``; beside CSV and files they go to standard error.
    """
    if output.out is not None:
        _write(frame, output.out, notes, output.lang)
    elif output.format == "json":
        click.echo(as_json(frame, notes))
    elif output.format == "csv":
        click.echo(as_csv(frame), nl=False)
    else:
        _show(frame, output.lang, headings or {}, digits or {})
    if output.out is None and output.format == "table" and notes:
        click.echo("\n" + "\n".join(notes))
    elif output.format != "json" and not (output.out and output.out.suffix.lower() == ".json"):
        for note in notes:
            click.echo(note, err=True)


def as_csv(frame: pd.DataFrame) -> str:
    """The table as CSV; floats in the shortest form that reads back as the same number."""
    return frame.to_csv(index=False, lineterminator="\n")


def as_json(frame: pd.DataFrame, notes: Sequence[str]) -> str:
    """``{"rows": [{column: value}], "notes": [text]}`` in the order of the frame; missing is null, infinity "inf"."""
    columns = [[_plain(value) for value in frame[name]] for name in frame]
    rows = [dict(zip(map(str, frame.columns), row, strict=True)) for row in zip(*columns, strict=True)]
    return json.dumps({"rows": rows, "notes": list(notes)}, ensure_ascii=False, indent=1, allow_nan=False)


def _plain(value: Any) -> object:
    """A value that JSON knows."""
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    native = value.item() if isinstance(value, np.generic) else value
    if isinstance(native, float) and np.isinf(native):
        return str(native)
    return native if isinstance(native, bool | int | float | str) else str(native)


def _write(frame: pd.DataFrame, out: Path, notes: Sequence[str], lang: str) -> None:
    if out.suffix.lower() == ".json":
        out.write_text(as_json(frame, notes) + "\n", encoding="utf-8")
    else:
        write_table(frame, out)
        if lost := without_infinity(frame, out):
            click.echo(text(NO_INFINITY, lang, columns=", ".join(lost)), err=True)
    tell_written(out, len(frame), lang)


def tell_written(out: Path, rows: int, lang: str) -> None:
    """Say which bytes a file has."""
    with out.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    click.echo(WRITTEN[lang].format(rows=rows, path=out, digest=digest), err=True)


def _show(frame: pd.DataFrame, lang: str, headings: Mapping[str, Words], digits: Mapping[str, int]) -> None:
    header = [text(headings[name], lang) if name in headings else name for name in map(str, frame)]
    columns = [_cells(frame[name], digits.get(str(name)), lang) for name in frame]
    figures = [_is_figures(frame[name]) for name in frame]
    print_table(header, [list(row) for row in zip(*columns, strict=True)], figures)


def _is_figures(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype)


def _cells(column: pd.Series, digits: int | None, lang: str) -> list[str]:
    if _is_figures(column):
        whole = not pd.api.types.is_float_dtype(column.dtype)
        shown = digits if digits is not None else 0 if whole else SCREEN_DIGITS
        return [number(value, shown, lang) for value in column]
    yes, no = YES_NO[lang]
    return [
        DASH if pd.isna(value) else (yes if value else no) if isinstance(value, bool | np.bool_) else str(value)
        for value in column
    ]


def number(value: Any, digits: int, lang: str) -> str:
    """A number half up with the decimal sign of the language; a dash where there is none."""
    if pd.isna(value):
        return DASH
    if np.isinf(value):
        return "∞" if value > 0 else "-∞"
    shown = f"{rounded_half_up(float(value), digits):.{digits}f}"
    return shown.replace(".", ",") if lang == "vi" else shown


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]], figures: Sequence[bool] | None = None) -> None:
    """Columns padded to their widest cell; figures and their headings to the right.

    ``figures`` says which columns are; without it, those that look like it.
    """
    columns = [[name, "", *cells] for name, *cells in zip(header, *rows, strict=True)]
    to_the_right = figures if figures is not None else [_looks_like_figures(column[2:]) for column in columns]
    padded = [_padded(column, right) for column, right in zip(columns, to_the_right, strict=True)]
    for line in zip(*padded, strict=True):
        click.echo("  ".join(line).rstrip())


def _looks_like_figures(cells: Sequence[str]) -> bool:
    return any("," in cell or "." in cell or cell.isdigit() for cell in cells) or DASH in cells


def _padded(column: Sequence[str], right: bool) -> list[str]:
    width = max(len(cell) for cell in column)
    ruled = [column[0], "-" * width, *column[2:]]
    return [cell.rjust(width) if right else cell.ljust(width) for cell in ruled]


@contextmanager
def progress(total: int, label: str) -> Iterator[Callable[[int], None]]:
    """Give a function to be called with the number of steps done since; after two seconds a terminal shows a bar.

    >>> with progress(len(chunks), "Đang tính") as done:
    ...     for chunk in chunks:
    ...         work(chunk)
    ...         done(1)
    """
    started = time.monotonic()
    bar = click.progressbar(length=total, label=label, file=sys.stderr)
    waiting = 0

    def done(steps: int) -> None:
        nonlocal waiting
        waiting += steps
        if sys.stderr.isatty() and time.monotonic() - started > QUIET_SECONDS:
            bar.update(waiting)
            waiting = 0

    try:
        yield done
    finally:
        if bar.pos:
            bar.render_finish()
