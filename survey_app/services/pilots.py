"""Pilots: a small round beside a real one, with people, links and ballots of its own, that never count."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import count

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.models.accounts import RoleGrant
from survey_app.models.base import Texts
from survey_app.models.rounds import Purpose, SurveyRound
from survey_app.security import KeyRing
from survey_app.services.round_drafts import DaysOutOfOrder
from survey_app.services.round_making import make_round
from survey_app.services.round_templates import plan_of

LASTS = timedelta(days=14)
SECONDS = "_seconds"  # on a ballot of a pilot: how long it took; no question can have this name

TITLE: Texts = {"vi": "Điều tra thử: ", "en": "Pilot: "}
RESULTS_WHEN: Texts = {
    "vi": "Câu trả lời chỉ dùng để hoàn thiện phiếu khảo sát và phương án mẫu, không được công bố.",
    "en": "The answers serve to improve the questionnaire and the sample design only; they are not published.",
}


class NoPilotOfThis(ValueError):
    """Only a real round has pilots; a pilot or a rehearsal has none."""


def next_pilot_code(session: Session, source: SurveyRound) -> str:
    """The code of a round's next pilot: <code>-thu, <code>-thu2, …"""
    stem = f"{source.code}-thu"
    taken = set(session.scalars(select(SurveyRound.code).where(SurveyRound.code.startswith(stem, autoescape=True))))
    return next(code for n in count(1) if (code := stem if n == 1 else f"{stem}{n}") not in taken)


def make_pilot(
    session: Session,
    source: SurveyRound,
    *,
    opens_on: date,
    closes_on: date,
    today: date,
    keys: KeyRing,
    contact_keys: KeyRing,
) -> SurveyRound:
    """A draft with the groups, forms, methods and units of a real round, and nobody of its roll; with its own keys.

    Whoever was given a part of the work on the round has the same part of its pilot.
    """
    if source.purpose != Purpose.REAL:
        raise NoPilotOfThis(source.code)
    if closes_on < opens_on:
        raise DaysOutOfOrder(source.code)
    plan = plan_of(session, source)
    plan = replace(
        plan,
        code=next_pilot_code(session, source),
        purpose=Purpose.PILOT,
        title={language: TITLE.get(language, TITLE["en"]) + words for language, words in source.title.items()},
        results_when=RESULTS_WHEN,
        opens_on=opens_on,
        closes_on=closes_on,
        groups=tuple(replace(group, target_ballots=None) for group in plan.groups),
        milestones=(),
    )
    made = make_round(session, plan, today, keys=keys, contact_keys=contact_keys, like=source)
    made.pilot_of_id = source.id
    grants = select(RoleGrant).where(RoleGrant.survey_round_id == source.id, RoleGrant.unit_id.is_(None))
    for grant in session.scalars(grants).all():
        session.add(RoleGrant(account_id=grant.account_id, role=grant.role, survey_round_id=made.id))
    session.flush()
    return made
