"""How fast the estimation is: `python -m bench.statistics`. One table: seconds, the floor, R.

Every line is measured in a process of its own, on one thread, in processor seconds, the best of some runs in which ours
and the floor (bench/floor.py, the barest code for the same numbers) take turns. R (bench/statistics.R, package survey)
does the same with the same ballots at a size that it can do. Each line also compares the numbers.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bench.ballots import MARGINS, ballots
from bench.statistics_cases import CASES, REPEATED

ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
R_ROWS, R_REPLICATES = 100_000, 20
CLOSE = 1e-6
HEADER = f"{'':36}{'ballots':>12}{'repl.':>7}{'seconds':>10}{'floor':>9}{'ratio':>7}{'peak MB':>9}{'agrees':>8}"
HEADER_OF_R = f"{'':36}{'ballots':>12}{'repl.':>7}{'seconds':>10}{'R':>9}{'ratio':>7}{'':9}{'agrees':>8}"


@dataclass(frozen=True, slots=True)
class Line:
    """Processor seconds of ours and of the other's, memory at the peak of ours, the largest relative difference."""

    name: str
    rows: int
    replicates: int
    seconds: float
    floor_s: float | None
    peak_mb: float
    difference: float | None

    @property
    def agrees(self) -> bool:
        return self.difference is None or self.difference < CLOSE


def main(arguments: Sequence[str]) -> int:
    """Measure what was asked for; 1 if any number differs from the floor's or R's."""
    asked = _parser().parse_args(arguments)
    print(HEADER)
    lines = []
    for rows in asked.rows:
        for name in asked.cases:
            lines.append(measured(name, rows, asked.replicates, asked.repeat))
            print(in_words(lines[-1]), flush=True)
    if shutil.which("Rscript") is not None and asked.r_rows:
        print(HEADER_OF_R)
        for line in against_r(asked.r_rows, asked.r_replicates):
            lines.append(line)
            print(in_words(line), flush=True)
    if asked.json:
        asked.json.write_text(json.dumps([{name: getattr(line, name) for name in Line.__slots__} for line in lines]))
    return 0 if all(line.agrees for line in lines) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m bench.statistics")
    parser.add_argument("--rows", nargs="+", type=int, default=[100_000, 1_000_000], help="ballots, to 10000000")
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES), metavar="CASE")
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--r-rows", type=int, default=R_ROWS, help="0: without R")
    parser.add_argument("--r-replicates", type=int, default=R_REPLICATES)
    parser.add_argument("--json", type=Path)
    return parser


def measured(name: str, rows: int, replicates: int, repeat: int, save: Path | None = None) -> Line:
    """One case in a process of its own."""
    asked = {"name": name, "rows": rows, "replicates": replicates, "repeat": repeat}
    command = [sys.executable, "-m", "bench.statistics_cases", json.dumps(asked | {"save": save and str(save)})]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | ONE_THREAD)
    return Line(name, rows, replicates if name in REPEATED else 0, **json.loads(done.stdout))


def in_words(line: Line) -> str:
    """A line of the table."""
    floor, ratio = "–", "–"
    if line.floor_s is not None:
        floor, ratio = f"{line.floor_s:.3f}", f"{line.seconds / line.floor_s:.1f}"
        if line.seconds < line.floor_s / 10:
            ratio = f"1/{line.floor_s / line.seconds:.0f}"
    agrees = "–" if line.difference is None else "yes" if line.agrees else f"{line.difference:.0e}"
    return (
        f"{line.name:36}{line.rows:12,}{line.replicates or '–':>7}{line.seconds:10.3f}{floor:>9}{ratio:>7}"
        f"{line.peak_mb:9.0f}{agrees:>8}"
    )


def against_r(rows: int, replicates: int) -> list[Line]:
    """The same cases by R's survey on the same ballots; random replicates are not the same, and not compared."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        data = ballots(rows)
        data.frame().to_csv(folder / "ballots.csv", index=False)
        for margin in MARGINS:
            totals = pd.Series(data.controls[margin], name="Freq").rename_axis(margin)
            totals.to_csv(folder / f"{margin}.csv")
        script = Path(__file__).with_suffix(".R")
        subprocess.run(["Rscript", str(script), name, str(replicates)], check=True, env=os.environ | ONE_THREAD)
        times = dict(line.split() for line in (folder / "times.txt").read_text().splitlines())
        return [_beside_r(case, float(spent), rows, replicates, folder) for case, spent in times.items()]


def _beside_r(function: str, spent: float, rows: int, replicates: int, folder: Path) -> Line:
    name = next(name for name, made in CASES.items() if made.__name__ == function)
    ours = measured(name, rows, replicates, 5, save=folder / "ours.npy")
    theirs, difference = folder / f"{function}.txt", None
    if theirs.exists():
        found = np.load(folder / "ours.npy").ravel()
        difference = float(np.max(np.abs(found / np.loadtxt(theirs).ravel() - 1)))
    return Line(name, rows, ours.replicates, ours.seconds, spent, ours.peak_mb, difference)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
