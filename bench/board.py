"""The fieldwork board with 100,000 invitees and 50,000 ballots: `python -m bench.board`.

It reports the page, the part that keeps itself fresh and the counts alone, on both engines, with ratios in one run: the
counts are three statements, and what the page takes beyond them is arithmetic and HTML.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from uuid import uuid4

import numpy as np
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the private PostgreSQL and the signed-in browser

from databases import running_postgres
from rounds import a_group, a_plan, make_round, people
from staff import signed_in

from survey_app.access import Role
from survey_app.app import create_app
from survey_app.clock import today
from survey_app.config import Config
from survey_app.db import make_engine, upgrade
from survey_app.models.ballots import Ballot
from survey_app.models.roll import DesignCell, Invitee
from survey_app.models.rounds import RatingScope
from survey_app.queries.board import ballots_by_cell_and_day, cells_with_invited, outcomes_by_cell
from survey_app.security import KeyRing

UNITS = [f"{10000 + i}" for i in range(126)]
INVITED, BALLOTS, DAYS = 100_000, 50_000, 30
AT_A_TIME = 5000
TIMES = 15


def fill(url: str, keys: KeyRing) -> None:
    """A round of 126 communes, its people, and half of them with a ballot of two kilobytes."""
    engine = make_engine(url)
    upgrade(engine)
    with engine.begin() as connection, Session(connection) as session:
        plan = a_plan(a_group(scope=RatingScope.OWN))
        survey_round = make_round(session, keys, plan, {"staff": people(126, *UNITS)}, units=UNITS, opened=False)
        survey_round.status = "open"
        session.flush()
        cells = session.scalars(select(DesignCell.id).order_by(DesignCell.id)).all()
        version = survey_round.groups[0].instrument_version_id
        for chunk in _batched(_invitees(survey_round.id, cells), AT_A_TIME):
            session.execute(insert(Invitee), chunk)
        for chunk in _batched(_ballots(version, cells), AT_A_TIME):
            session.execute(insert(Ballot), chunk)
        session.execute(update(DesignCell).values(n_invited=INVITED // len(cells)))
    engine.dispose()


def _batched(rows: Iterator[dict], size: int) -> Iterator[list[dict]]:
    while chunk := list(islice(rows, size)):
        yield chunk


def _invitees(round_id: int, cells: list[int]) -> Iterator[dict]:
    for i in range(INVITED):
        secret = uuid4().bytes * 2
        yield {
            "id": uuid4(),
            "survey_round_id": round_id,
            "design_cell_id": cells[i % len(cells)],
            "ref": f"n{i}",
            "code_hash": secret,
            "wave": 0,
        }


def _ballots(version: int, cells: list[int]) -> Iterator[dict]:
    rng = np.random.default_rng(7)
    for i in range(BALLOTS):
        yield {
            "id": uuid4(),
            "design_cell_id": cells[i % len(cells)],
            "instrument_version_id": version,
            "ballot_key": rng.bytes(32),
            "day": today() - timedelta(days=1 + int(rng.integers(DAYS))),
            "sealed": rng.bytes(2048),
        }


def measure(url: str, keys: Path) -> dict[str, float]:
    """Milliseconds, the median of some turns, each after one that is not counted."""
    app = create_app(Config(database_url=url, secret_key="x" * 40, key_dir=keys, production=False))
    client = signed_in(app, Role.RESEARCHER)
    database = app.extensions["database"]

    def counts() -> None:
        with database.statements() as session:
            for count in (cells_with_invited, ballots_by_cell_and_day, outcomes_by_cell):
                count(session, 1)

    found = {
        "page": _timed(lambda: _ok(client.get("/rounds/small/board/"))),
        "fresh part": _timed(lambda: _ok(client.get("/rounds/small/board/groups"))),
        "the three counts": _timed(counts),
    }
    database.engine.dispose()
    return found


def _ok(response) -> None:
    assert response.status_code == 200, response.status


def _timed(act: Callable[[], None]) -> float:
    act()
    taken = []
    for _turn in range(TIMES):
        start = time.perf_counter()
        act()
        taken.append(1000 * (time.perf_counter() - start))
    return median(taken)


def main() -> int:
    with tempfile.TemporaryDirectory() as home, running_postgres() as cluster:
        urls = {"SQLite": f"sqlite:///{home}/board.db", "PostgreSQL": cluster.create_database("board")}
        for engine, url in urls.items():
            keys = Path(home) / f"keys-{engine}"
            fill(url, KeyRing(keys))
            found = measure(url, keys)
            floor = found["the three counts"]
            print(f"{engine}: {INVITED} invitees, {BALLOTS} ballots")
            for what, ms in found.items():
                print(f"  {what:18} {ms:7.1f} ms  {ms / floor:5.2f} x the counts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
