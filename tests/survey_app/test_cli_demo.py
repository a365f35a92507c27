"""The trial on this machine: what was interrupted is taken up again the next time."""

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.cli.demo import _load_once
from survey_app.cli.setup import Instance, instance
from survey_app.config import Config
from survey_app.db import upgrade
from survey_app.demo import ROUNDS
from survey_app.models.rounds import SurveyRound


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
    assert not list(trial.keys.folder.iterdir())
    _load_once(trial)
    with trial.database.statements() as session:
        assert session.scalars(select(SurveyRound.code)).all() == list(ROUNDS)
    assert all(trial.keys.read(code) for code in ROUNDS)
