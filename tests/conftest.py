"""What the tests stand on: a fresh database of each engine, the app, the real server.

The app is imported where it is asked for, so that the four packages are tested even while it cannot start.
"""

import itertools
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import flask
import pytest
from databases import PostgresCluster, running_postgres
from flask.testing import FlaskClient
from hypothesis import settings
from serving import running_site
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from survey_app.config import Config
from survey_app.db import make_engine, upgrade

# Speed is measured in bench/; a test that takes its time on a busy machine is not wrong.
settings.register_profile("survey", deadline=None)
settings.load_profile("survey")

ENGINES = ["sqlite", "postgresql"]
SECRET_KEY = "a secret that only the tests know, long enough"


@pytest.fixture
def now() -> datetime:
    """A morning in the middle of a survey round, in Vietnam still the same day."""
    return datetime(2026, 10, 15, 2, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresCluster]:
    """This worker's own PostgreSQL; a test that wants to crash one starts its own (`running_postgres`)."""
    with running_postgres() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def database_names() -> Iterator[str]:
    return (f"test_{number}" for number in itertools.count())


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresCluster) -> str:
    """The name of a database with the newest schema and no rows."""
    migrate(postgres.create_database("migrated"))
    return "migrated"


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the newest schema and no rows."""
    path = tmp_path_factory.mktemp("migrated") / "survey.db"
    migrate(f"sqlite:///{path}")
    return path


def migrate(url: str) -> None:
    engine = make_engine(url)
    upgrade(engine)
    engine.dispose()


@pytest.fixture(params=ENGINES)
def engine_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of this test's own migrated database; the test runs once on each engine."""
    if request.param == "sqlite":
        path = shutil.copyfile(request.getfixturevalue("migrated_sqlite"), tmp_path / "survey.db")
        yield f"sqlite:///{path}"
    else:
        template = request.getfixturevalue("migrated_postgres")
        yield from fresh_postgres(request, template)


@pytest.fixture(params=ENGINES)
def empty_engine_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of this test's own database without any table: for tests of the migrations themselves."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        yield from fresh_postgres(request, "template0")


def fresh_postgres(request: pytest.FixtureRequest, template: str) -> Iterator[str]:
    cluster = request.getfixturevalue("postgres")
    name = next(request.getfixturevalue("database_names"))
    yield cluster.create_database(name, template=template)
    cluster.drop_database(name)


@pytest.fixture
def engine(engine_url: str) -> Iterator[Engine]:
    engine = make_engine(engine_url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session that may commit. End its transaction before a request is to see or to change the data."""
    with Session(engine) as session:
        yield session


@pytest.fixture
def config(engine_url: str, tmp_path: Path) -> Config:
    return Config(
        database_url=engine_url,
        secret_key=SECRET_KEY,
        key_dir=tmp_path / "keys",
        production=False,
        pool_size=4,
    )


@pytest.fixture
def app(config: Config) -> Iterator[flask.Flask]:
    from survey_app.app import create_app  # noqa: PLC0415

    app = create_app(config)
    app.testing = True
    yield app
    app.extensions["database"].engine.dispose()


@pytest.fixture
def client(app: flask.Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def site(config: Config, tmp_path: Path) -> Iterator[str]:
    """The address of the real server, as `survey serve` starts it in production, on this test's database."""
    with running_site(config, log=tmp_path / "server.log") as address:
        yield address
