"""The kinds of jobs, by name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from survey_app.models.base import Facts

if TYPE_CHECKING:
    from survey_app.jobs.running import Run

Work = Callable[["Run"], Facts | None]
RefusalWords = Callable[[str, Mapping[str, Any]], str]
OutcomeWords = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a job of this kind does, and how it is spoken of."""

    name: str
    work: Work
    title: object  # a lazy text: what the job does, in a few words
    refusal_words: RefusalWords | None
    outcome_words: OutcomeWords | None


_kinds: dict[str, Kind] = {}


def job(
    name: str,
    *,
    title: object = None,
    refusal_words: RefusalWords | None = None,
    outcome_words: OutcomeWords | None = None,
) -> Callable[[Work], Work]:
    """Register a function as the work of a kind of job.

    It gets a ``Run`` and returns the outcome: counts and ids; ``file_id`` (a stored file to download) and ``next`` (a
    path) become links on the job's page. title: lazy text; refusal_words: (code, params) of a refusal -> a sentence;
    outcome_words: the outcome -> a sentence.
    """

    def register(work: Work) -> Work:
        if name in _kinds and _kinds[name].work.__module__ != work.__module__:
            raise ValueError(f"two kinds of jobs are called {name}")
        _kinds[name] = Kind(name, work, title or name, refusal_words, outcome_words)
        return work

    return register


def kind_of(name: str) -> Kind | None:
    """The kind of this name; None if this version of the program knows none."""
    if name not in _kinds:
        load_kinds()
    return _kinds.get(name)


def load_kinds() -> None:
    """Import every module of this folder, so that all kinds are registered."""
    package = importlib.import_module("survey_app.jobs")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"survey_app.jobs.{module.name}")
