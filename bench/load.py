"""How fast respondents get through: `python -m bench.load`. One table over engines, forms and numbers of respondents.

The server runs as `survey serve` does in production, with two workers; the respondents are played by this process, on
the same machine. Commits are durable. Each cell is repeated; the middle one by processor time is shown with the range.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.places import ENGINES, Place, place
from bench.priority import undisturbed
from bench.rounds import plans
from survey_app.db import Database, make_engine
from survey_app.rehearsal import Report, Script, processes
from survey_app.rehearsal.playing import RunningServer, measure, prepare, process_of
from survey_app.rehearsal.server import running_server
from survey_app.security import KeyRing

YARDSTICKS = """
Yardsticks on this class of machine (2 cores, PostgreSQL, durable commits, 29 questions):
LimeSurvey 6.13, page by page (8 requests): 230-270 ms of server CPU per ballot, 8 ballots/s at best, p99 1400 ms at 64
LimeSurvey 6.13, on one page:               110 ms, 17 ballots/s at best
ONS eq-questionnaire-runner:                550 ms
"""
HEADER = (
    f"{'engine':11}{'form':10}{'at once':>8}{'ballots':>8}{'/s':>7}{'requests':>9}{'static':>7}{'CPU ms':>8}"
    f"{'granian':>8}{'postgres':>9}{'range':>12}{'p50':>7}{'p95':>7}{'p99':>7}{'max':>7}{'check':>7}"
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One line of the table: the middle run, and the range of processor time over all runs."""

    form: str
    middle: Report
    lowest_ms: float
    highest_ms: float


def main(arguments: Sequence[str]) -> int:
    """Measure what was asked for; 1 if any check failed."""
    asked = _parser().parse_args(arguments)
    cells = []
    print(f"machine: {speed_of_this_machine():.1f} ms for the fixed piece of work (see docs/performance.md)")
    print(HEADER)
    for engine in asked.engines:
        for cell in _cells(engine, asked):
            cells.append(cell)
            print(line(cell), flush=True)
    print(f"machine: {speed_of_this_machine():.1f} ms for the fixed piece of work")
    print(YARDSTICKS)
    if asked.json:
        asked.json.write_text(json.dumps([cell.middle.as_json() for cell in cells], indent=1) + "\n")
    return 0 if all(cell.middle.passed for cell in cells) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m bench.load")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--forms", nargs="+", choices=list(plans()), default=["yardstick"])
    parser.add_argument("--concurrency", nargs="+", type=int, default=[1, 8, 32, 64])
    parser.add_argument("--respondents", type=int, default=400)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=None, help="per worker; without it, what survey serve takes")
    parser.add_argument("--habits", action="store_true", help="with respondents who forget, leave and send twice")
    parser.add_argument("--no-static", action="store_true", help="do not fetch style sheets and scripts")
    parser.add_argument("--undisturbed", action="store_true", help="go before all other processes (needs root)")
    parser.add_argument("--database-url", default="", help="an empty PostgreSQL database to use instead of our own")
    parser.add_argument("--json", type=Path)
    return parser


def _cells(engine: str, asked: argparse.Namespace) -> Iterator[Cell]:
    share = 0.1 if asked.habits else 0.0
    with (
        place(engine, database_url=asked.database_url) as at,
        running_server(at.config, workers=asked.workers, threads=asked.threads) as server,
    ):
        running = RunningServer(server.url, process_of(server))
        for form in asked.forms:
            play(at, running, form, Script(60, 8))  # both workers read the questionnaire once
            for concurrency in asked.concurrency:
                number = asked.respondents if concurrency > 1 else max(20, asked.respondents // 4)
                script = Script(number, concurrency, share, share, share, static=not asked.no_static)
                reports = [play(at, running, form, script, alone=asked.undisturbed) for _run in range(asked.repeat)]
                yield _cell(form, reports)


def play(at: Place, running: RunningServer, form: str, script: Script, *, alone: bool = False) -> Report:
    """One rehearsal of a form at a server that runs; ``alone``: with the machine to itself."""
    database = Database(make_engine(at.config.database_url))
    try:
        rehearsal = prepare(database, KeyRing(at.config.key_dir), form, script)
        roots = (running.process, processes.postmaster(database.engine))
        with undisturbed(*roots) if alone else contextlib.nullcontext():
            return measure(database, rehearsal, script, running)
    finally:
        database.engine.dispose()


def _cell(form: str, reports: list[Report]) -> Cell:
    by_cpu = sorted(reports, key=lambda report: report.processor.total_ms or 0.0)
    ends = [report.processor.total_ms or 0.0 for report in (by_cpu[0], by_cpu[-1])]
    failed = [report for report in reports if not report.passed]
    return Cell(form, failed[0] if failed else by_cpu[len(by_cpu) // 2], *ends)


def line(cell: Cell) -> str:
    """A line of the table."""
    report, used = cell.middle, cell.middle.processor
    times = report.all_times
    postgres = "" if used.database_ms is None else f"{used.database_ms:.1f}"
    return (
        f"{report.engine:11}{cell.form:10}{report.concurrency:8}{report.completed:8}"
        f"{report.completes_per_second:7.1f}{report.requests_per_ballot:9.1f}{report.static_per_ballot:7.1f}"
        f"{used.total_ms or 0:8.1f}{used.server_ms or 0:8.1f}{postgres:>9}"
        f"{f'{cell.lowest_ms:.1f}-{cell.highest_ms:.1f}':>12}"
        f"{times.p50:7.1f}{times.p95:7.1f}{times.p99:7.1f}{times.longest:7.0f}"
        f"{'ok' if report.passed else 'FAILED':>7}"
    )


def speed_of_this_machine() -> float:
    """Processor milliseconds for a fixed piece of work: tells a slow machine, or a shared one, from slow code."""
    took = []
    for _time in range(5):
        started = time.process_time()
        sum(hash(str(number)) & 1 for number in range(100_000))
        took.append(1000 * (time.process_time() - started))
    return statistics.median(took)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
