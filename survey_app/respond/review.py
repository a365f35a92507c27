"""What is shown before sending: every answer in words, each page with its way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from instruments.compiled import OTHER_CHOICE
from instruments.model import OTHER, RATED_UNITS, QuestionType
from instruments.routing import Item, Page, shown_items
from survey_app.clock import today
from survey_app.i18n import words
from survey_app.respond.rows import INPUTS, item_label, saved, shown_value
from survey_app.respond.visits import Visit


@dataclass(frozen=True, slots=True)
class ReviewPage:
    title: str
    address: str
    lines: tuple[tuple[str, str], ...]  # (question or unit, answer in words)
    faults: int


@dataclass(frozen=True, slots=True)
class Review:
    pages: tuple[ReviewPage, ...]

    @property
    def missing(self) -> bool:
        """Whether something must still be answered before the ballot can be sent."""
        return any(page.faults for page in self.pages)


def written_lines(visit: Visit, page: Page, answers: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Each question that is shown on the page (each unit, on a page about one question), with its answer in words."""
    raw = saved(page, answers)
    items = shown_items(visit.instrument, page, visit.units, answers, today())
    return tuple(
        (item_label(page, item), _written(visit, item, raw))
        for item in items
        if item.question.type is not QuestionType.NOTE
    )


def _written(visit: Visit, item: Item, raw: Mapping[str, Sequence[str]]) -> str:
    given = raw.get(item.field, ())
    if item.question.type not in INPUTS:
        return shown_value(item.question, given[0]) if given else ""
    other = "".join(raw.get(item.other_field, ()))
    chosen = [_choice_words(visit, item, name) for name in given if not (other and name == OTHER)]
    return "; ".join([*chosen, _("Khác: %(words)s", words=other)] if other else chosen)


def _choice_words(visit: Visit, item: Item, name: str) -> str:
    if item.question.list_name == RATED_UNITS:
        return next((unit.name for unit in visit.units if unit.code == name), name)
    choices = visit.instrument.choices[item.question.list_name or ""]
    return next((words(choice.label) for choice in (*choices, OTHER_CHOICE) if choice.name == name), name)
