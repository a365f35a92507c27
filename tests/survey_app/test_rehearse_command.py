"""``survey rehearse`` as it is called: its own server, words in two languages, figures in a file, the round closed."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner, Result
from rounds import a_plan, make_round, people
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from survey_app.cli.rehearse import rehearse
from survey_app.config import Config
from survey_app.models.rounds import Purpose, Status
from survey_app.queries.ratings import ratings_frame
from survey_app.queries.rounds import round_by_code
from survey_app.security import KeyRing, RoundKeyMissing

pytestmark = pytest.mark.slow


@pytest.fixture
def small_round(engine: Engine, config: Config) -> str:
    with Session(engine) as session:
        made = make_round(session, KeyRing(config.key_dir), a_plan(), {"staff": people(40)})
        session.commit()
        return made.code


def command(config: Config, *arguments: str) -> Result:
    return CliRunner(env=config.environment()).invoke(rehearse, arguments)


def test_it_plays_says_what_it_found_and_closes(small_round: str, config: Config, session: Session, tmp_path: Path):
    out = tmp_path / "out.json"
    options = ["--respondents", "12", "--concurrency", "4", "--workers", "1", "--json", str(out), "--close"]
    result = command(config, small_round, *options)
    assert result.exit_code == 0, result.output
    assert "small-dien-tap-1" in result.output
    assert "ĐẠT / PASSED" in result.output
    assert re.search(r"server CPU per completed ballot: [\d.]+ ms", result.output)
    figures = json.loads(out.read_text())
    assert (figures["completed"], figures["passed"], figures["check"]["stored"]) == (12, True, 12)
    rehearsal = round_by_code(session, "small-dien-tap-1")
    assert (rehearsal.purpose, rehearsal.status) == (Purpose.REHEARSAL, Status.CLOSED)
    assert ratings_frame(session, rehearsal.id)["ballot"].nunique() == 12
    with pytest.raises(RoundKeyMissing):
        KeyRing(config.key_dir).read("small-dien-tap-1")


def test_a_server_on_another_database_fails_the_check(small_round: str, config: Config, site: str, tmp_path: Path):
    elsewhere = Config(config.database_url, config.secret_key, tmp_path / "other keys", production=False)
    KeyRing(elsewhere.key_dir).make(small_round)
    result = command(elsewhere, small_round, "--respondents", "4", "--url", site)
    assert result.exit_code == 1, result.output
    assert "KHÔNG ĐẠT / FAILED" in result.output
    assert "bỏ cuộc / gave up 4" in result.output


def test_more_respondents_than_people_are_refused_in_words(small_round: str, config: Config):
    result = command(config, small_round, "--respondents", "41")
    assert result.exit_code == 1, "".join(traceback.format_exception(*result.exc_info))
    assert "not so many people are invited: 41 > 40" in result.output


def test_when_it_is_ended_its_server_ends_too(small_round: str, config: Config):
    arguments = ["rehearse", small_round, "--respondents", "40", "--concurrency", "1", "--workers", "1"]
    process = subprocess.Popen(
        [Path(sys.executable).with_name("survey"), *arguments],
        env=os.environ | config.environment(),
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 30
    while not (servers := psutil.Process(process.pid).children(recursive=True)) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) != 0
    assert servers
    assert not psutil.wait_procs(servers, timeout=10)[1]
