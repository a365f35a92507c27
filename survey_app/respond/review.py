"""What is shown before sending: every answer in words, each page with its way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from instruments.routing import Page
from survey_app.respond.rows import Row, page_rows
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
    """Each question that is shown on the page, with its answer in words."""
    rows = page_rows(visit, page, answers)
    return tuple((row.label, _written(row)) for row in rows if not row.hidden and row.kind != "note")


def _written(row: Row) -> str:
    if row.kind != "choice":
        return row.value
    chosen = [option.label for option in row.options if option.checked]
    if row.other:
        chosen.append(_("ghi rõ: %(words)s", words=row.other))
    return "; ".join(chosen)
