"""What survives kill -9: `python -m bench.crashes`.

While respondents answer, workers, the database and the whole server are killed and started again; people reload what
did not come. In the end what was acknowledged is compared with what is stored: nothing may be missing, nothing double.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import IO

import numpy as np
import psutil

from bench.places import ENGINES, Place, place
from bench.rounds import plans
from survey_app.db import Database, make_engine
from survey_app.rehearsal import Report, Script
from survey_app.rehearsal.playing import RunningServer, measure, prepare
from survey_app.rehearsal.server import Server, free_port, start, stop
from survey_app.security import KeyRing

PATIENCE = 120.0  # seconds for which a respondent reloads


@dataclass(slots=True)
class Site:
    """The server, whichever process it is just now."""

    at: Place
    log: IO[bytes]
    rng: np.random.Generator
    port: int = field(default_factory=free_port)
    server: Server | None = None
    killed: list[str] = field(default_factory=list)

    def begin(self) -> None:
        self.server = start(self.at.config, self.log, port=self.port, workers=2)

    def kill_a_worker(self) -> None:
        """One of the processes that answer, whichever; its master starts another."""
        workers = [child for child in self._master().children() if child.num_threads() > 1]
        if workers:
            self._kill([workers[int(self.rng.integers(len(workers)))]], "a worker")

    def kill_everything(self) -> None:
        """The master and all its workers at once; then started again."""
        master = self._master()
        self._kill([master, *master.children(recursive=True)], "the server")
        self.server.process.wait()
        self.begin()

    def kill_the_database(self) -> None:
        """Every process of PostgreSQL; then started again. SQLite lives in the server and dies with it."""
        if self.at.cluster:
            self.killed.append("the database")
            self.at.cluster.crash()
            self.at.cluster.start()

    def _kill(self, processes: Sequence[psutil.Process], words: str) -> None:
        self.killed.append(words)
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def _master(self) -> psutil.Process:
        return psutil.Process(self.server.process.pid)


def main(arguments: Sequence[str]) -> int:
    """Play, kill, compare; 1 if anything acknowledged is missing, or anything counted twice."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m bench.crashes")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--form", choices=list(plans()), default="yardstick")
    parser.add_argument("--respondents", type=int, default=600)
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--seed", type=int, default=2026)
    asked = parser.parse_args(arguments)
    script = Script(asked.respondents, asked.concurrency, retry=0.2, seed=asked.seed, patience=PATIENCE)
    passed = True
    for engine in asked.engines:
        with place(engine) as at, tempfile.TemporaryFile() as log:
            report, killed = crash(Site(at, log, np.random.default_rng(asked.seed)), asked.form, script)
        passed &= report.passed and bool(killed)
        print(line(report, killed), flush=True)
        print("".join(f"  - {fault}\n" for fault in (*report.check.faults, *report.stuck[:5])), end="")
    return 0 if passed else 1


def crash(site: Site, form: str, script: Script) -> tuple[Report, list[str]]:
    """A rehearsal with accidents, and the list of them."""
    site.begin()
    database = Database(make_engine(site.at.config.database_url))
    rehearsal = prepare(database, KeyRing(site.at.config.key_dir), form, script)
    database.engine.dispose()  # its connections will not survive
    done = threading.Event()
    counts = [0]

    def progress(n_done: int, of: int) -> None:
        counts[0] = n_done
        if n_done == of:
            done.set()

    accidents = threading.Thread(target=_accidents, args=(site, counts, script.respondents, done))
    accidents.start()
    try:
        report = measure(database, rehearsal, script, RunningServer(f"http://127.0.0.1:{site.port}", None), progress)
    finally:
        done.set()
        accidents.join()
        stop(site.server)
        database.engine.dispose()
    return report, site.killed


def _accidents(site: Site, counts: list[int], of: int, done: threading.Event) -> None:
    """Kill something at each tenth of the ballots: workers first, then the database, then everything."""
    plan: list[Callable[[], None]] = [
        *(site.kill_a_worker for _time in range(4)),
        site.kill_the_database,
        site.kill_a_worker,
        site.kill_the_database,
        site.kill_everything,
        site.kill_everything,
    ]
    for tenth, accident in enumerate(plan, 1):
        while counts[0] < of * tenth / 10 and not done.is_set():
            time.sleep(0.02)
        if done.is_set():
            return
        accident()


def line(report: Report, killed: Sequence[str]) -> str:
    """What was killed, and what it did."""
    found = report.check
    counted = ", ".join(f"{times} × {what}" for what, times in Counter(killed).items())
    lost = sum(n for _problem, n in report.lost)
    return (
        f"{report.engine}: killed {counted}; {report.concurrency} at once, {found.acknowledged} acknowledged, "
        f"{found.stored} stored; {lost} requests were lost and made again; gave up: {len(report.stuck)}; "
        f"acknowledged but missing: {found.missing}, counted twice: {found.doubled}, altered: {found.altered}, "
        f"unsent: {found.unsent} ({'ok' if report.passed else 'FAILED'})"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
