"""The files of this repository, for the tests that read it."""

from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PURE = ("instruments", "sampling", "analysis", "scoring")
PRODUCT = (*PURE, "survey_app")
TEMPLATES = ROOT / "survey_app" / "templates"

TEXT = (".py", ".sh", ".md", ".yaml", ".yml", ".html", ".css", ".js", ".po", ".cfg", ".toml", ".txt", ".csv")
TEXT += (".lock", ".ini", ".mako", ".svg", ".json", "Makefile", "run", ".gitignore")

Rule = Callable[[str], Iterator[str]]  # from the text of a file to its faults, each with its line


@cache
def files() -> tuple[Path, ...]:
    """Every file, those left out that .gitignore names. Git itself may be absent where the tests run."""
    ignored = {line.rstrip("/") for line in (ROOT / ".gitignore").read_text("utf-8").split()} | {".git"}
    return tuple(_walk(ROOT, ignored))


def _walk(folder: Path, ignored: set[str]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if any(fnmatch(path.name, pattern) for pattern in ignored):
            continue
        if path.is_dir():
            yield from _walk(path, ignored)
        else:
            yield path


def text_files() -> list[Path]:
    return [path for path in files() if path.name.endswith(TEXT)]


def code_of(*folders: str) -> list[Path]:
    """The Python files below these top folders."""
    return [path for path in files() if path.suffix == ".py" and place(path).split("/")[0] in folders]


def templates() -> list[Path]:
    return [path for path in files() if path.is_relative_to(TEMPLATES)]


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def faults(paths: Iterable[Path], rule: Rule) -> list[str]:
    """What a rule finds in these files, with the place."""
    return [f"{place(path)}:{fault}" for path in paths for fault in rule(path.read_text("utf-8"))]
