"""The codebook of a questionnaire: one row per variable, as analysts and SPSS users expect it."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from instruments.compiled import OTHER_CHOICE
from instruments.model import RATED_UNITS, Choice, Group, Instrument, Question, QuestionType, Repeat

COLUMNS = (
    "name",
    "section",
    "per_unit",
    "label",
    "type",
    "list",
    "codes",
    "dont_know",
    "criterion",
    "measure",
    "reverse",
    "background",
)


def codebook(instrument: Instrument, language: str | None = None) -> pd.DataFrame:
    """One row per variable; ``codes`` reads ``1 = …; 2 = …`` in the language asked for, else the default one."""
    spoken = language or instrument.default_language
    rows = [
        row
        for section in instrument.sections
        for question in section.questions
        if question.type is not QuestionType.NOTE
        for row in _rows(instrument, section, question, spoken)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(
    instrument: Instrument, section: Group | Repeat, question: Question, language: str
) -> Iterator[dict[str, object]]:
    choices = instrument.choices.get(question.list_name or "", ())
    if question.or_other:
        choices = (*choices, OTHER_CHOICE)
    common = {"section": section.name, "per_unit": isinstance(section, Repeat), "reverse": False, "background": False}
    label = question.label.get(language, "")
    yield common | {
        "name": question.name,
        "label": label,
        "type": str(question.type),
        "list": question.list_name or "",
        "codes": _codes(question, choices, language),
        "dont_know": ", ".join(choice.name for choice in choices if choice.dont_know),
        "criterion": question.criterion or "",
        "measure": str(question.measure or ""),
        "reverse": question.reverse,
        "background": question.background,
    }
    if question.or_other:
        empty = dict.fromkeys(("list", "codes", "dont_know", "criterion", "measure"), "")
        other = OTHER_CHOICE.label.get(language, "other")
        yield common | empty | {"name": f"{question.name}_other", "label": f"{label} – {other}", "type": "text"}


def _codes(question: Question, choices: tuple[Choice, ...], language: str) -> str:
    if question.list_name == RATED_UNITS:
        return RATED_UNITS
    if question.type is QuestionType.RANGE:
        return f"{question.start:g} … {question.end:g} ({question.step:g})"
    return "; ".join(f"{choice.name} = {choice.label.get(language, choice.name)}" for choice in choices)
