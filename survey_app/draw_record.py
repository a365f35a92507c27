"""The record of a draw, from which it can be made again: the same words on the command line and in the console."""

from __future__ import annotations

import importlib.metadata
import json

import numpy as np
import pandas as pd

from sampling.draws import Draw
from sampling.faults import SamplingError
from sampling.frame import as_text
from sampling.waves import WavePlan

VERSION = 1
ENGINES = ("numpy", "scipy")  # their random streams and solvers decide the draw
SUFFIX = ".draw.json"  # behind the name of the sample


def engines() -> dict[str, str]:
    """The versions installed here."""
    return {name: importlib.metadata.version(name) for name in ENGINES}


def record_text(drawn: Draw, seed: int, waves: WavePlan | None = None) -> str:
    """The record as JSON; the same draw gives the same text."""
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
    if waves is not None:
        entry["waves"] = waves.as_dict()
    return json.dumps(entry, ensure_ascii=False, indent=1) + "\n"


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
