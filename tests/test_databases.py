"""The ground the database tests stand on."""

import subprocess
import sys
import time
from pathlib import Path

import psycopg
from databases import running_postgres
from sqlalchemy import Engine, inspect, text

from survey_app.db import make_engine


def test_each_test_has_the_newest_schema(engine: Engine):
    assert "alembic_version" in inspect(engine).get_table_names()


def test_an_empty_database_has_no_table(empty_engine_url: str):
    engine = make_engine(empty_engine_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_what_a_test_writes_is_its_own(engine: Engine, empty_engine_url: str):
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE mine (id INTEGER)"))
    other = make_engine(empty_engine_url)
    assert not inspect(other).has_table("mine")
    other.dispose()


def test_a_commit_survives_the_death_of_every_postgres_process():
    with running_postgres() as cluster:
        with psycopg.connect(host=str(cluster.home), user="postgres") as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        cluster.crash()
        cluster.start()
        with psycopg.connect(host=str(cluster.home), user="postgres") as connection:
            assert connection.execute("TABLE kept").fetchall() == [(1,)]


def test_no_server_and_no_file_is_left_when_the_tests_are_killed():
    program = "from databases import running_postgres as run\nwith run() as c: print(c.home, flush=True); input()"
    command = [sys.executable, "-c", program]
    with subprocess.Popen(
        command, cwd=Path(__file__).parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as tests:
        home = Path(tests.stdout.readline().strip())
        postmaster = home / "data" / "postmaster.pid"
        assert postmaster.exists()
        tests.kill()
    deadline = time.monotonic() + 10
    while home.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not home.exists()
