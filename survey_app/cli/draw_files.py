"""The files of a draw: its frame, the sample, and beside it the record from which the draw can be made again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import click
import pandas as pd

from sampling.draws import Draw
from sampling.plans import DrawPlan, plan_from
from sampling.waves import WavePlan, wave_plan_from
from survey_app.draw_record import SUFFIX, VERSION, record_text
from survey_app.tables import numbers

UNREADABLE = (
    "{path}: không phải là bản ghi của một lần chọn mẫu (tệp .draw.json do survey draw viết) / "
    "not the record of a draw (the .draw.json that survey draw writes): {reason}"
)


@dataclass(frozen=True, slots=True)
class Record:
    """A draw in words: which frame, which plan, which seed."""

    plan: DrawPlan
    seed: int
    frame_sha256: str
    n_frame: int
    n_drawn: int
    engines: dict[str, str]
    waves: WavePlan | None = None  # of a draw with replacements


def first_row(path: Path) -> int:
    """The number by which programs show the first row: a spreadsheet counts the header, SPSS and Stata count cases."""
    return 2 if path.suffix.lower() in {".csv", ".xlsx"} else 1


def with_figures(table: pd.DataFrame, plan: DrawPlan, path: Path) -> pd.DataFrame:
    """The frame of a file, what the plan reads as numbers made numbers, whatever the decimal sign of the file."""
    wanted = plan.columns()
    figures = {name: numbers(table, name, path=path) for name in (*wanted.sizes, *wanted.numbers)}
    return table.assign(**figures) if figures else table


def record_path(sample: Path) -> Path:
    """Where the record of a sample lies: beside it, its name with ``.draw.json`` behind."""
    return sample.with_name(sample.name + SUFFIX)


def write_record(drawn: Draw, seed: int, sample: Path) -> Path:
    """Write the record beside the sample; the same draw gives the same bytes."""
    path = record_path(sample)
    path.write_text(record_text(drawn, seed), encoding="utf-8")
    return path


def read_record(path: Path) -> Record:
    """The record in a file; a file that is none is refused."""
    try:
        entry = json.loads(path.read_text(encoding="utf-8"))
        if entry["record_version"] != VERSION:
            raise click.ClickException(UNREADABLE.format(path=path, reason=f"version {entry['record_version']}"))
        return Record(
            plan=plan_from(entry["plan"]),
            seed=int(entry["seed"]),
            frame_sha256=str(entry["frame_sha256"]),
            n_frame=int(entry["n_frame"]),
            n_drawn=int(entry["n_drawn"]),
            engines=dict(entry["engines"]),
            waves=wave_plan_from(entry["waves"]) if "waves" in entry else None,
        )
    except FileNotFoundError as error:
        raise click.ClickException(UNREADABLE.format(path=path, reason="không có tệp / no such file")) from error
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise click.ClickException(UNREADABLE.format(path=path, reason=error)) from error
