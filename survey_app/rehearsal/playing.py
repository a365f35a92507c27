"""The whole rehearsal: a copy of the round, respondents at its links, measures, and the check of what is stored."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np
import psutil

from instruments.model import QuestionType
from instruments.xlsform import parse_yaml
from survey_app.clock import today
from survey_app.config import Config
from survey_app.db import Database, make_engine
from survey_app.queries.ratings import group_instruments
from survey_app.queries.rehearsals import sealed_ballots
from survey_app.queries.rounds import round_by_code
from survey_app.rehearsal import processes
from survey_app.rehearsal.browser import Browser, Notes
from survey_app.rehearsal.casting import Part, cast
from survey_app.rehearsal.checking import Check, check
from survey_app.rehearsal.opinions import Opinions, Person
from survey_app.rehearsal.report import (
    STATIC,
    Processor,
    Report,
    first_visit,
    plain_requests,
    times,
    times_by_kind,
)
from survey_app.rehearsal.respondent import Outcome, Respondent, draw_habits
from survey_app.rehearsal.server import Server, running_server
from survey_app.security import KeyRing
from survey_app.services.keys import made_key
from survey_app.services.rehearsals import next_rehearsal_code, rehearsal_of

Progress = Callable[[int, int], None]  # respondents done, of how many


@dataclass(frozen=True, slots=True)
class Script:
    """How a rehearsal is played."""

    respondents: int
    concurrency: int = 8
    abandon: float = 0.1  # share that leaves the form and resumes it by the same link, on another device if it may
    retry: float = 0.1  # share that sends pages and the ballot twice
    forget: float = 0.1  # share that leaves a required item out
    seed: int = 2026
    patience: float = 20.0  # seconds for which a request that gets no answer is made again
    static: bool = True  # fetch style sheets and scripts, as a browser with an empty cache does


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The copy of a round that is played into."""

    code: str
    source_code: str
    round_key: bytes
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server to play at, and its first process if it can be seen."""

    url: str
    process: psutil.Process | None


def run(
    config: Config,
    round_code: str,
    script: Script,
    *,
    url: str = "",
    workers: int = 2,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Report:
    """Rehearse a round: copy it, play respondents at the copy over HTTP, measure, check.

    Without ``url`` a server of our own is started; the server at ``url`` must share the database, the key folder and
    the secret key of ``config``. The rehearsal stays open; closing it is the caller's.
    """
    database = Database(make_engine(config.database_url))
    try:
        rehearsal = prepare(database, KeyRing(config.key_dir), round_code, script)
        with _server(config, url, workers, threads) as server:
            return measure(database, rehearsal, script, server, progress)
    finally:
        database.engine.dispose()


def process_of(server: Server) -> psutil.Process:
    """The first process of a server that was started here."""
    return psutil.Process(server.process.pid)


def prepare(database: Database, keys: KeyRing, round_code: str, script: Script) -> Rehearsal:
    """The rehearsal copy of a round, written for good, with the parts to play."""
    rng = np.random.default_rng([script.seed, 0])
    with database.transaction() as session:
        source = round_by_code(session, round_code)
        code = next_rehearsal_code(session, source)
        round_key = made_key(session, keys, code)
        copy = rehearsal_of(session, source, code, round_key, today())
        parts = cast(session, copy, round_key, script.respondents, rng)
        session.commit()
    return Rehearsal(code, round_code, round_key, tuple(parts))


def measure(
    database: Database,
    rehearsal: Rehearsal,
    script: Script,
    at: RunningServer,
    progress: Progress | None = None,
) -> Report:
    """Play all parts at a running server and check what it stored."""
    stage = _Stage(at.url, script, Opinions(script.seed), notes := Notes())
    watched = (at.process, processes.postmaster(database.engine))
    processes.wait_until_calm(at.process)
    before = [processes.tree_seconds(process) for process in watched]
    started, client = time.perf_counter(), time.process_time()
    made = asyncio.run(stage.play(rehearsal.parts, progress))
    seconds, client = time.perf_counter() - started, time.process_time() - client
    used = [processes.spent(process, since) for process, since in zip(watched, before, strict=True)]
    outcomes = [outcome for outcome, _n in made]
    completed = sum(any(outcome.receipts) for outcome in outcomes)
    apart = database.engine.dialect.name != "sqlite"
    dynamic = [request for request in notes.requests if request.kind != STATIC]
    return Report(
        round_code=rehearsal.code,
        source_code=rehearsal.source_code,
        engine=database.engine.dialect.name,
        respondents=len(outcomes),
        concurrency=script.concurrency,
        seed=script.seed,
        seconds=seconds,
        completed=completed,
        resumed=sum(outcome.resumed for outcome in outcomes),
        retried=sum(outcome.habits.sends_twice_at_once or outcome.habits.sends_again_later for outcome in outcomes),
        corrected=sum(outcome.corrected for outcome in outcomes),
        stuck=tuple(outcome.stuck for outcome in outcomes if outcome.stuck),
        lost=tuple(notes.lost.most_common()),
        lost_answers=tuple(name for outcome in outcomes for name in outcome.lost_answers),
        requests=len(notes.requests),
        requests_per_ballot=len(dynamic) / max(completed, 1),
        static_per_ballot=(len(notes.requests) - len(dynamic)) / max(completed, 1),
        plain_requests=plain_requests(made),
        times=times_by_kind(notes),
        all_times=times("all", dynamic),
        first_visit=first_visit(notes),
        processor=_processor((*used, client), completed, apart=apart),
        check=_checked(database, rehearsal, outcomes),
    )


@contextlib.contextmanager
def _server(config: Config, url: str, workers: int, threads: int | None) -> Iterator[RunningServer]:
    if url:
        parts = urlsplit(url)
        yield RunningServer(url, processes.server_behind(parts.hostname or "", parts.port or 80))
        return
    with running_server(config, workers=workers, threads=threads) as server:
        yield RunningServer(server.url, process_of(server))


@dataclass(frozen=True, slots=True)
class _Stage:
    """Where everybody plays."""

    url: str
    script: Script
    opinions: Opinions
    notes: Notes

    async def play(self, parts: Sequence[Part], progress: Progress | None) -> list[tuple[Outcome, int]]:
        """Each respondent's outcome with the number of requests it took, static files left out."""
        waiting = iter(enumerate(parts, 1))
        made: list[tuple[Outcome, int]] = []

        async def take_turns() -> None:
            for number, part in waiting:
                made.append(await self.play_one(number, part))
                if progress:
                    progress(len(made), len(parts))

        await asyncio.gather(*(take_turns() for _place in range(self.script.concurrency)))
        return made

    async def play_one(self, number: int, part: Part) -> tuple[Outcome, int]:
        rng = np.random.default_rng([self.script.seed, number])
        script = self.script
        habits = draw_habits(rng, abandon=script.abandon, retry=script.retry, forget=script.forget)
        devices: list[Browser] = []

        def new_browser() -> Browser:
            devices.append(Browser(self.url, self.notes, patience=script.patience, static=script.static))
            return devices[-1]

        outcome = await Respondent(part, habits, Person(self.opinions, part.group, rng), new_browser).play()
        return outcome, sum(request.kind != STATIC for device in devices for request in device.made)


def _processor(seconds: Sequence[float | None], completed: int, *, apart: bool) -> Processor:
    """seconds: of the server, of PostgreSQL, of this process."""
    server, store, client = (None if one is None else 1000 * one / max(completed, 1) for one in seconds)
    return Processor(server_ms=server, database_ms=store, client_ms=client or 0.0, database_is_apart=apart)


def _checked(database: Database, rehearsal: Rehearsal, outcomes: Sequence[Outcome]) -> Check:
    with database.statements() as session:
        copy = round_by_code(session, rehearsal.code)
        ballots = sealed_ballots(session, copy)
        forms = {group: parse_yaml(source, group) for group, source in group_instruments(session, copy.id).items()}
    calculated = {
        group: {question.name for question in form.questions if question.type is QuestionType.CALCULATE}
        for group, form in forms.items()
    }
    return check(outcomes, ballots, rehearsal.round_key, calculated)
