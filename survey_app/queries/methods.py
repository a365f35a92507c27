"""What methods are read with: rounds they can be tried on, the names of groups."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.models.base import Texts
from survey_app.models.rounds import RespondentGroup, Status, SurveyRound


def closed_rounds(session: Session) -> list[tuple[str, Texts]]:
    """(code, title) of the rounds whose ballots can be scored, newest first."""
    found = session.execute(
        select(SurveyRound.code, SurveyRound.title)
        .where(SurveyRound.status == Status.CLOSED)
        .order_by(SurveyRound.id.desc())
    )
    return [(code, title) for code, title in found]


def group_titles(session: Session) -> dict[str, Texts]:
    """What groups of a code are called, in the newest round that has one."""
    found = session.execute(select(RespondentGroup.code, RespondentGroup.title).order_by(RespondentGroup.id))
    return {code: title for code, title in found}  # noqa: C416 (a typed row is no pair)
