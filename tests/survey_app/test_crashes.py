"""Workers, the whole server and the database are killed while people answer: what was acknowledged is there, once."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from http.client import HTTPException
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError

import psutil
import pytest
from databases import PostgresCluster, running_postgres
from rounds import Browser, Sheet, Voter, make_round, people, voters
from serving import free_port, stop_group, wait_until_healthy
from sqlalchemy import select

from survey_app.config import Config
from survey_app.db import Database, make_engine, upgrade
from survey_app.models.ballots import Ballot, Draft
from survey_app.security import KeyRing, open_ballot

N_PEOPLE = 60
N_AT_ONCE = 6
PATIENCE = 120  # seconds for everybody to be through

pytestmark = pytest.mark.slow


class WebBrowser(Browser):
    """The browser without JavaScript, over a real connection."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def go(self, address: str, fields: dict[str, str] | None = None) -> Sheet:
        data = None if fields is None else urllib.parse.urlencode(fields).encode()
        with self.opener.open(self.site + address, data, timeout=20) as response:
            return Sheet(urllib.parse.urlsplit(response.url).path, response.status, response.read().decode())


@dataclass
class Served:
    """`survey serve` with two workers on a port of its own, which can be killed and started again."""

    config: Config
    log: Path
    port: int
    process: subprocess.Popen | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        survey = Path(sys.executable).with_name("survey")
        command = [survey, "serve", "--port", str(self.port), "--workers", "2", "--no-worker"]
        env = os.environ | self.config.environment() | {"INSTANCE_DIR": str(self.log.parent / "instance")}
        with self.log.open("ab") as lines:
            self.process = subprocess.Popen(
                command, env=env, stdin=subprocess.DEVNULL, stdout=lines, stderr=lines, start_new_session=True
            )
        wait_until_healthy(f"{self.address}/health", self.process, self.log)

    def kill_a_worker(self) -> None:
        """The oldest: a server whose new workers die within seconds gives up, and is its keeper's to start again."""
        children = [p for p in psutil.Process(self.process.pid).children() if p.status() != psutil.STATUS_ZOMBIE]
        workers = [p for p in children if "resource_tracker" not in str(p.cmdline())]
        if workers:
            min(workers, key=psutil.Process.create_time).kill()

    def kill_and_restart(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.start()


@contextlib.contextmanager
def served(config: Config, log: Path) -> Iterator[Served]:
    server = Served(config, log, free_port())
    server.start()
    try:
        yield server
    finally:
        stop_group(server.process)


@dataclass
class Outcome:
    """What the senders saw, and how often somebody was in their way."""

    acknowledged: dict[str, str]  # ref -> the receipt's page
    troubles: int
    kills: int


def settle(config: Config, n_people: int) -> list[Voter]:
    """An open round in this database."""
    database = Database(make_engine(config.database_url))
    upgrade(database.engine)
    keys = KeyRing(config.key_dir)
    with database.transaction() as session:
        survey_round = make_round(session, keys, invited={"staff": people(n_people)})
        found = voters(session, survey_round, keys.read("small"))
        session.commit()
    database.engine.dispose()
    return found


def everybody_answers(server: Served, asked: list[Voter], disasters: list[Callable[[], None]]) -> Outcome:
    """Each person tries until the receipt is there, while one disaster after another strikes."""
    deadline = time.monotonic() + PATIENCE
    acknowledged, troubles, kills = {}, [], 0

    def answer(voter: Voter) -> None:
        browser = WebBrowser(server.address)
        while voter.ref not in acknowledged:
            assert time.monotonic() < deadline, server.log.read_text()[-2000:]
            try:
                acknowledged[voter.ref] = browser.answer(f"/p/{voter.code}", comment=f"said by {voter.ref}").text
            except HTTPError as error:
                if error.code < 500:
                    raise
                troubles.append(error.code)
                time.sleep(0.05)
            except (OSError, HTTPException) as error:
                troubles.append(type(error).__name__)
                time.sleep(0.05)

    with ThreadPoolExecutor(N_AT_ONCE) as pool:
        walks = [pool.submit(answer, voter) for voter in asked]
        while any(not walk.done() for walk in walks) and kills < len(disasters):
            time.sleep(0.3)
            disasters[kills]()
            kills += 1
        for walk in walks:
            walk.result()
    return Outcome(acknowledged, len(troubles), kills)


def assert_each_once(config: Config, asked: list[Voter], outcome: Outcome) -> None:
    database = Database(make_engine(config.database_url))
    key = KeyRing(config.key_dir).read("small")
    with database.statements() as session:
        ballots = session.execute(select(Ballot.ballot_key, Ballot.sealed)).all()
        drafts = session.scalars(select(Draft.draft_key)).all()
    database.engine.dispose()
    said = {ballot_key: open_ballot(key, ballot_key, sealed)["comment"] for ballot_key, sealed in ballots}
    missing = [voter.ref for voter in asked if voter.ref in outcome.acknowledged and voter.ballot_key not in said]
    assert missing == []
    assert len(ballots) == len(asked) == len(outcome.acknowledged)
    assert all(said[voter.ballot_key] == f"said by {voter.ref}" for voter in asked)
    assert drafts == []


def development(tmp_path: Path, url: str) -> Config:
    return Config(url, "a secret that only the tests know, long enough", tmp_path / "keys", production=False)


def test_workers_and_the_whole_server_are_killed(engine_url: str, tmp_path: Path):
    config = development(tmp_path, engine_url)
    asked = settle(config, N_PEOPLE)
    with served(config, tmp_path / "server.log") as server:
        disasters = [server.kill_a_worker, server.kill_a_worker, server.kill_and_restart]
        outcome = everybody_answers(server, asked, disasters * 2)
    assert outcome.kills >= 3
    assert outcome.troubles > 0
    assert_each_once(config, asked, outcome)


@pytest.fixture
def own_postgres() -> Iterator[PostgresCluster]:
    with running_postgres() as cluster:
        yield cluster


def test_the_database_is_killed_and_started_again(own_postgres: PostgresCluster, tmp_path: Path):
    config = replace(development(tmp_path, own_postgres.create_database("crash")), pool_size=4)
    asked = settle(config, N_PEOPLE)

    def disaster() -> None:
        own_postgres.crash()
        own_postgres.start()

    with served(config, tmp_path / "server.log") as server:
        outcome = everybody_answers(server, asked, [disaster, server.kill_a_worker, disaster])
    assert outcome.kills >= 2
    assert outcome.troubles > 0
    assert_each_once(config, asked, outcome)


def test_a_send_repeated_after_a_lost_answer_is_one_ballot(engine_url: str, tmp_path: Path):
    """The server stored the ballot and died before it could say so: the same form is sent again, and again at once."""
    config = development(tmp_path, engine_url)
    (voter, *_others) = asked = settle(config, 3)
    ready = threading.Barrier(4)
    with served(config, tmp_path / "server.log") as server:
        browsers = [WebBrowser(server.address) for _phone in range(4)]
        landings = [browser.go(f"/p/{voter.code}") for browser in browsers]
        sheet = landings[0]
        while not sheet.path.endswith("/review"):
            sheet = browsers[0].go(*sheet.filled_in(f"said by {voter.ref}"))
        sheets = [browser.go(sheet.path) for browser in browsers]
        forms = [sheet.filled_in("") for sheet in sheets]

        def send(number: int) -> bool:
            """Whether the receipt is shown: on its own page, or where the form went if the ballot was there already."""
            ready.wait()
            return 'class="receipt"' in browsers[number].go(*forms[number]).text

        with ThreadPoolExecutor(4) as pool:
            receipts = list(pool.map(send, range(4)))
    assert receipts == [True] * 4
    assert_each_once(config, asked[:1], Outcome({voter.ref: ""}, 0, 0))
