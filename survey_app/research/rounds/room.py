"""What the pages of rounds share: the blueprint, who may read, who may change."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from survey_app.access import Role
from survey_app.models.rounds import SurveyRound
from survey_app.result_tables import shortest
from survey_app.round_words import MODES, SCOPES, refusal_words

blueprint = Blueprint("rounds", __name__, url_prefix="/rounds")
blueprint.add_app_template_filter(shortest)

READERS = (
    Role.RESEARCHER,
    Role.ADMINISTRATOR,
    Role.SUPERVISOR,
    Role.FIELD_SUPERVISOR,
    Role.APPRAISER,
)
SEES_SCORES = (Role.RESEARCHER, Role.APPRAISER)


def page(template: str, session: Session, survey_round: SurveyRound, **values: Any) -> str:
    """A page of a round; rendered while the session is there."""
    kept = {"survey_round": survey_round, "tab": "timeline", "mode_words": MODES, "scope_words": SCOPES}
    with session.no_autoflush:  # a page reads only
        return render_template(f"console/rounds/{template}", **kept | values)


def refused(session: Session, survey_round: SurveyRound, error: ValueError) -> tuple[str, int]:
    """A page that says why nothing was done."""
    return page("refused.html", session, survey_round, fault=refusal_words(type(error).__name__)), 422


def left_in_words(working_days: int | None) -> str:
    """How many working days are left, or how late it is."""
    if working_days is None:
        return ""
    if working_days == 0:
        return _("hết hạn trong hôm nay")
    if working_days < 0:
        return _("chậm %(n)s ngày làm việc", n=-working_days)
    return _("còn %(n)s ngày làm việc", n=working_days)


blueprint.add_app_template_filter(left_in_words)
