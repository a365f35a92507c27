"""What the templates get: a page with its rows, the review, and the addresses between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from instruments.routing import Item, Page

from instruments import routing
from instruments.model import Choice
from survey_app.clock import today
from survey_app.respond.visits import Visit


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to answer on a page, with what was answered and what is wrong with it."""

    item: Item
    choices: tuple[Choice, ...]
    raw: Sequence[str]  # as it is shown in the fields
    other: str  # the free text of or_other
    fault: str


@dataclass(frozen=True, slots=True)
class ReviewPage:
    page: Page
    address: str
    lines: tuple[tuple[str, str], ...]  # (question or unit, answer in words)
    missing: int


def find(visit: Visit, key: str) -> Page | None:
    """The page with this key, if the answers so far lead there."""
    if not visit.started:
        return None
    return next((page for page in route(visit, visit.answers) if page.key == key), None)


def route(visit: Visit, answers: Mapping[str, Any]) -> tuple[Page, ...]:
    """The pages that these answers lead to."""
    return routing.pages(visit.instrument, visit.units, answers, today())


def posted() -> dict[str, list[str]]:
    """The fields that the browser sent."""
    return request.form.to_dict(flat=False)
