"""Settings: production refuses to start without its secrets, and a child process reads what its parent read."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.config import Config, MissingSetting

SECRET = "s" * 32
WHOLE = {"DATABASE_URL": "postgresql://db/survey", "SECRET_KEY": SECRET, "KEY_DIR": "keys"}


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("left", [None, ""])
def test_production_does_not_start_without(name: str, left: str | None):
    env = {key: value for key, value in WHOLE.items() if key != name} | ({} if left is None else {name: left})
    with pytest.raises(MissingSetting, match=name):
        Config.from_environment(env)


def test_what_is_missing_is_said_all_at_once():
    with pytest.raises(MissingSetting, match="DATABASE_URL, SECRET_KEY, KEY_DIR"):
        Config.from_environment({})


def test_a_short_secret_is_refused():
    with pytest.raises(MissingSetting, match="shorter than 32"):
        Config.from_environment(WHOLE | {"SECRET_KEY": SECRET[1:]})


def test_production_is_what_is_meant_when_nothing_is_said():
    assert Config.from_environment(WHOLE).production
    assert Config.from_environment(WHOLE | {"SURVEY_ENV": "staging"}).production


@given(production=st.booleans(), hops=st.integers(0, 3), pool_size=st.integers(1, 50))
def test_another_process_reads_the_same_settings(tmp_path_factory, production: bool, hops: int, pool_size: int):
    folder = tmp_path_factory.getbasetemp()
    config = Config("sqlite:///a.db", SECRET, folder / "keys", production, hops, pool_size)
    assert Config.from_environment(config.environment() | {"INSTANCE_DIR": str(folder / "instance")}) == config


def test_development_keeps_its_secret_for_itself(tmp_path: Path):
    env = {"SURVEY_ENV": "development", "INSTANCE_DIR": str(tmp_path / "instance")}
    first, second = Config.from_environment(env), Config.from_environment(env)
    assert first == second
    assert len(first.secret_key) == 64
    assert stat.S_IMODE((tmp_path / "instance").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "instance" / "secret_key").stat().st_mode) == 0o600
    assert first.database_url == f"sqlite:///{tmp_path / 'instance' / 'survey.db'}"


def test_the_command_says_what_is_missing_and_stops(tmp_path: Path):
    command = [Path(sys.executable).with_name("survey"), "serve"]
    ended = subprocess.run(command, env={}, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "SECRET_KEY" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_every_setting_stands_in_the_manual_of_production(tmp_path: Path):
    manual = (Path(__file__).parents[2] / "docs" / "production.md").read_text("utf-8")
    settings = Config.for_development(tmp_path).environment()
    assert [name for name in settings if f"`{name}" not in manual] == []
