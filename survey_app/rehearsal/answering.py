"""Filling in a page: what a respondent puts into each field that is shown."""

from __future__ import annotations

from collections.abc import Sequence

from survey_app.rehearsal.opinions import Person
from survey_app.rehearsal.reading import Control

NUMBERS = ("3", "30", "65", "1", "0", "100", "1990")  # one after another, if the form refuses
TEXTS = ("Diễn tập: xin rút ngắn thời gian giải quyết.", "15/10/1985", "15/10/2026")
OTHER = "other"


def fill(controls: Sequence[Control], person: Person, *, tries: int) -> dict[str, tuple[str, ...]]:
    """The values for each field name; what is hidden, or answered and not refused, stays. ``tries`` counts from 1."""
    filled: dict[str, tuple[str, ...]] = {}
    for control in controls:
        if control.hidden or (control.value and not control.faulty):
            filled[control.name] = control.value
        elif control.kind == "radio":
            filled[control.name] = _one(control, person)
        elif control.kind == "checkbox":
            filled[control.name] = _several(control, person)
        else:
            filled[control.name] = _typed(control, filled, person, tries)
    return filled


def _one(control: Control, person: Person) -> tuple[str, ...]:
    if control.optional and not person.willing(0.85):
        return ()
    question, _colon, unit = control.name.partition(":")
    if control.dont_know and (not control.options or not person.knows()):
        return control.dont_know[:1]
    n = len(control.options)
    return (control.options[person.level(question, unit, n) if unit else person.pick(n)],)


def _several(control: Control, person: Person) -> tuple[str, ...]:
    if control.optional and not person.willing(0.85):
        return ()
    return tuple(control.options[i] for i in person.several(len(control.options)))


def _typed(control: Control, filled: dict[str, tuple[str, ...]], person: Person, tries: int) -> tuple[str, ...]:
    question, colon, unit = control.name.partition(":")
    if (
        question.endswith("_other")
        and (chosen := filled.get(question.removesuffix("_other") + colon + unit)) is not None
    ):
        return (TEXTS[0],) if OTHER in chosen else ("",)
    if control.optional and tries == 1 and not person.willing(0.3):
        return ("",)
    options = NUMBERS if control.number else TEXTS
    return (options[(tries - 1) % len(options)],)
