"""What is held of people, by round: counts and days, never a name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from survey_app.models.base import Texts
from survey_app.models.jobs import StoredFile
from survey_app.models.people import Contact, DataRequest, Mailing, MailItem, PaymentLine, PaymentList
from survey_app.models.roll import Invitee, OutgoingFile
from survey_app.models.rounds import RespondentGroup, Stage, SurveyRound


@dataclass(frozen=True, slots=True)
class Held:
    """A round and how much it knows of people."""

    round_id: int
    code: str
    city: str
    title: Texts
    legal_basis: Texts
    stage: Stage
    closes_on: date
    ended_on: date | None  # published, else closed
    purged_on: date | None
    n_contacts: int
    n_files: int
    n_letters: int
    n_payments: int
    n_open_payment_lists: int
    n_open_requests: int

    @property
    def holds_nothing(self) -> bool:
        return not (self.n_contacts or self.n_files or self.n_letters or self.n_payments)


def held_by_rounds(session: Session, code: str | None = None) -> list[Held]:
    """Every round (or the one of this code) with what it holds, the newest first."""
    counts = [column.scalar_subquery() for column in _counts()]
    found = select(SurveyRound, *counts).order_by(SurveyRound.id.desc())
    if code is not None:
        found = found.where(SurveyRound.code == code)
    return [
        Held(
            row.id,
            row.code,
            row.city,
            row.title,
            row.legal_basis,
            row.stage,
            row.closes_on,
            row.published_on or row.closed_on,
            row.purged_on,
            *numbers,
        )
        for row, *numbers in session.execute(found)
    ]


def _counts() -> list[Select[Any]]:
    """For each round: contacts, files, letters that can be traced, payment lines, open payment lists, open requests."""
    of_round = SurveyRound.id
    outside = select(func.count(OutgoingFile.id)).where(
        OutgoingFile.survey_round_id == of_round, OutgoingFile.destroyed_on.is_(None)
    )
    stored = select(func.count(StoredFile.id) + outside.correlate(SurveyRound).scalar_subquery()).where(
        StoredFile.survey_round_id == of_round, StoredFile.destroyed_on.is_(None)
    )
    return [
        select(func.count(Contact.invitee_id)).join(Invitee).where(Invitee.survey_round_id == of_round),
        stored,
        select(func.count(MailItem.invitee_id))
        .join(Mailing)
        .join(RespondentGroup)
        .where(RespondentGroup.survey_round_id == of_round, SurveyRound.purged_on.is_(None)),
        select(func.count(PaymentLine.id))
        .join(PaymentList)
        .where(PaymentList.survey_round_id == of_round, func.length(PaymentLine.sealed) > 0),
        select(func.count(PaymentList.id)).where(
            PaymentList.survey_round_id == of_round, PaymentList.closed_on.is_(None)
        ),
        select(func.count(DataRequest.id)).where(
            DataRequest.survey_round_id == of_round, DataRequest.resolved_on.is_(None)
        ),
    ]


def requests_seen(round_codes: set[str] | None) -> Select[Any]:
    """The requests about data of these rounds (None: of every round, and those that name no round)."""
    found = select(DataRequest.id).outerjoin(SurveyRound, SurveyRound.id == DataRequest.survey_round_id)
    if round_codes is None:
        return found
    return found.where(or_(SurveyRound.code.in_(round_codes)))
