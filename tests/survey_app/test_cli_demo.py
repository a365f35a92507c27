"""The trial on this machine: what was interrupted is taken up again the next time."""

from pathlib import Path

import pytest
from rounds import a_plan, make_round, people, vote, voters
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.cli.demo import _finish_closing, _load_once
from survey_app.cli.setup import Instance, instance
from survey_app.config import Config
from survey_app.db import upgrade
from survey_app.demo import ROUNDS
from survey_app.models.rounds import Purpose, SurveyRound
from survey_app.queries.ratings import ratings_frame
from survey_app.services.closing import close_round


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A trial instance with a schema and no rows, named by the environment."""
    config = Config.for_development(tmp_path / "demo")
    for name, value in config.environment().items():
        monkeypatch.setenv(name, value)
    found = instance(config)
    upgrade(found.database.engine)
    yield found
    found.database.engine.dispose()


def interrupted(_session: Session) -> None:
    raise KeyboardInterrupt


def test_a_load_that_was_interrupted_can_be_made_again(trial: Instance, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as failing:
        failing.setattr(Session, "commit", interrupted)
        with pytest.raises(KeyboardInterrupt):
            _load_once(trial)
    assert not list(trial.keys.folder.rglob("*.key"))
    _load_once(trial)
    with trial.database.statements() as session:
        assert session.scalars(select(SurveyRound.code)).all() == list(ROUNDS)
    assert all(trial.keys.read(code) for code in ROUNDS)


def test_a_rehearsal_whose_close_was_interrupted_is_closed_at_the_next_start(trial: Instance):
    keys = trial.keys
    with trial.database.transaction() as session:
        half = make_round(session, keys, a_plan(code="half", purpose=Purpose.REHEARSAL))
        for voter in voters(session, half, keys.read("half")):
            vote(session, voter, keys.read("half"))
        close_round(session, half)
        close_round(session, make_round(session, keys, a_plan(code="real"), {"staff": people(9)}))
        make_round(session, keys, a_plan(code="being-played", purpose=Purpose.REHEARSAL))
        half_id = half.id
        session.commit()
    for _start in range(2):
        _finish_closing(trial)
        with trial.database.statements() as session:
            assert ratings_frame(session, half_id)["ballot"].nunique() == 12
        assert sorted(path.stem for path in keys.folder.iterdir()) == ["being-played", "real"]
