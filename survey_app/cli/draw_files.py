"""The files of a draw: its frame, the sample, and beside it the record from which the draw can be made again."""

from __future__ import annotations

import importlib.metadata
import json
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import pandas as pd

from sampling.draws import Draw
from sampling.faults import SamplingError
from sampling.frame import as_text
from sampling.plans import DrawPlan, plan_from
from survey_app.tables import numbers

VERSION = 1
ENGINES = ("numpy", "scipy")  # their random streams and solvers decide the draw
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


def first_row(path: Path) -> int:
    """The number by which programs show the first row: a spreadsheet counts the header, SPSS and Stata count cases."""
    return 2 if path.suffix.lower() in {".csv", ".xlsx"} else 1


def with_figures(table: pd.DataFrame, plan: DrawPlan, path: Path) -> pd.DataFrame:
    """The frame of a file, what the plan reads as numbers made numbers, whatever the decimal sign of the file."""
    wanted = plan.columns()
    figures = {name: numbers(table, name, path=path) for name in (*wanted.sizes, *wanted.numbers)}
    return table.assign(**figures) if figures else table


def sample_table(frame: pd.DataFrame, drawn: Draw) -> pd.DataFrame:
    """The drawn rows of the frame in canonical order of their ids, with what the draw says of them.

    A column that the frame has already is refused, unless it says the same.
    """
    rows = frame.iloc[drawn.positions].reset_index(drop=True)
    added = drawn.columns().reset_index(drop=True)
    for name in added.columns.intersection(rows.columns):
        if (as_text(added[name]) != as_text(rows[name])).any():
            raise SamplingError("frame_column_taken", column=name)
    found = pd.concat([rows, added[[name for name in added if name not in rows]]], axis=1)
    found.attrs = frame.attrs
    return found


def record_path(sample: Path) -> Path:
    """Where the record of a sample lies: beside it, its name with ``.draw.json`` behind."""
    return sample.with_name(sample.name + ".draw.json")


def engines() -> dict[str, str]:
    """The versions installed here."""
    return {name: importlib.metadata.version(name) for name in ENGINES}


def write_record(drawn: Draw, seed: int, sample: Path) -> Path:
    """Write the record beside the sample; the same draw gives the same bytes."""
    entry = {
        "made_by": "survey draw",
        "record_version": VERSION,
        "frame_sha256": drawn.frame_sha256,
        "n_frame": drawn.n_frame,
        "n_drawn": len(drawn.positions),
        "seed": seed,
        "generator": type(np.random.default_rng(seed).bit_generator).__name__,
        "plan": drawn.plan.as_dict(),
        "engines": engines(),
    }
    path = record_path(sample)
    path.write_text(json.dumps(entry, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
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
        )
    except FileNotFoundError as error:
        raise click.ClickException(UNREADABLE.format(path=path, reason="không có tệp / no such file")) from error
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise click.ClickException(UNREADABLE.format(path=path, reason=error)) from error
