"""The `survey` command as a process: quick to say what it can do, and in words when it cannot."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from survey_app.cli import COMMANDS

SURVEY = Path(sys.executable).with_name("survey")
SECRETS = {"DATABASE_URL": "sqlite:///x.db", "SECRET_KEY": "k" * 32, "KEY_DIR": "keys"}
HEAVY = ("flask", "pandas", "numpy", "scipy", "matplotlib", "granian", "survey_app.app", "survey_app.models")


def survey(*words: str, folder: Path, **env: str) -> subprocess.CompletedProcess:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [SURVEY, *words], cwd=folder, env=inherited | env, capture_output=True, text=True, timeout=60, check=False
    )


def test_help_lists_every_command_within_half_a_second_of_cpu(tmp_path: Path):
    def spent() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    before = spent()
    shown = survey("--help", folder=tmp_path)
    assert spent() - before < 0.5
    assert shown.returncode == 0
    assert all(name in shown.stdout for name in COMMANDS)


def test_help_loads_neither_the_web_nor_statistics(tmp_path: Path):
    script = (
        "import sys; sys.argv = ['survey', '--help']\n"
        "from survey_app.cli import main\n"
        "try: main()\n"
        f"finally: print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_explains_itself(command: str, tmp_path: Path):
    shown = survey(command, "--help", folder=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "Usage: survey" in shown.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["nothing"], ["round", "nothing"], ["serve", "--port", "x"], ["round", "open"]])
def test_what_is_no_command_is_refused_by_the_manual(words: list[str], tmp_path: Path):
    shown = survey(*words, folder=tmp_path, **SECRETS)
    assert shown.returncode == 2
    assert "Usage: survey" in shown.stderr
    assert "Traceback" not in shown.stderr


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({}, "DATABASE_URL, SECRET_KEY, KEY_DIR"),
        (SECRETS | {"SECRET_KEY": ""}, "SECRET_KEY"),
        (SECRETS | {"SECRET_KEY": "short"}, "32"),
        (SECRETS, "survey migrate"),
        (SECRETS | {"DATABASE_URL": "nonsense"}, "DATABASE_URL"),
        (SECRETS | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "database"),
        (SECRETS | {"DATABASE_URL": "sqlite:////nowhere/at/all/x.db"}, "database"),
    ],
)
def test_the_server_does_not_start_without_its_settings_and_its_schema(env: dict, said: str, tmp_path: Path):
    shown = survey("serve", "--port", "1", folder=tmp_path, **env)
    assert shown.returncode == 1
    assert said in shown.stderr
    assert "Traceback" not in shown.stderr
    assert "k" * 32 not in shown.stderr


def test_a_refusal_ends_with_one(tmp_path: Path):
    shown = survey("round", "create", "none.yaml", folder=tmp_path, SURVEY_ENV="development")
    assert shown.returncode == 1
    assert "none.yaml" in shown.stderr
    assert "Traceback" not in shown.stderr
