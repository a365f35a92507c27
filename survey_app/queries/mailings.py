"""Mailings and how far they have come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from survey_app.models.base import Texts
from survey_app.models.people import Contact, Mailing, MailItem, MailState
from survey_app.models.roll import Invitee
from survey_app.models.rounds import RespondentGroup


@dataclass(frozen=True, slots=True)
class MailingCounts:
    """Letters of a mailing by what became of them."""

    queued: int = 0
    sent: int = 0
    failed: int = 0
    bounced: int = 0

    @property
    def total(self) -> int:
        return self.queued + self.sent + self.failed + self.bounced

    @property
    def over(self) -> int:
        """Letters with which nothing more is to be done."""
        return self.total - self.queued


@dataclass(frozen=True, slots=True)
class MailingRow:
    """A mailing in a list."""

    id: int
    group_code: str
    group_title: Texts
    kind: str
    subject: str
    body: str
    made_on: date
    counts: MailingCounts


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A letter that did not arrive, with what is needed to say whose; the contact is sealed."""

    invitee_id: UUID
    ref: str
    state: str
    refusal: str | None
    sealed: bytes | None


def mailings_of_round(session: Session, survey_round_id: int) -> list[MailingRow]:
    """The mailings of a round, newest first."""
    found = session.execute(_mailings().where(RespondentGroup.survey_round_id == survey_round_id)).all()
    counts = _counts(session, [mailing.id for mailing, _group in found])
    return [_row(mailing, group, counts) for mailing, group in found]


def mailing_of_round(session: Session, survey_round_id: int, mailing_id: int) -> MailingRow | None:
    """One mailing, if it is of this round."""
    wanted = (RespondentGroup.survey_round_id == survey_round_id, Mailing.id == mailing_id)
    found = session.execute(_mailings().where(*wanted)).one_or_none()
    return _row(found[0], found[1], _counts(session, [mailing_id])) if found else None


def counts_of(session: Session, mailing_id: int) -> MailingCounts:
    """How far a mailing has come."""
    return _counts(session, [mailing_id]).get(mailing_id, MailingCounts())


def undelivered(session: Session, mailing_id: int) -> list[Undelivered]:
    """The letters that were refused or came back."""
    found = session.execute(
        select(Invitee.id, Invitee.ref, MailItem.state, MailItem.refusal, Contact.sealed)
        .join(Invitee, Invitee.id == MailItem.invitee_id)
        .outerjoin(Contact, Contact.invitee_id == Invitee.id)
        .where(MailItem.mailing_id == mailing_id, MailItem.state.in_((MailState.FAILED, MailState.BOUNCED)))
        .order_by(Invitee.ref)
    )
    return [Undelivered(*row) for row in found]


def _mailings() -> Select[Mailing, RespondentGroup]:
    return (
        select(Mailing, RespondentGroup)
        .join(RespondentGroup, RespondentGroup.id == Mailing.respondent_group_id)
        .order_by(Mailing.id.desc())
    )


def _row(mailing: Mailing, group: RespondentGroup, counts: Mapping[int, MailingCounts]) -> MailingRow:
    return MailingRow(
        id=mailing.id,
        group_code=group.code,
        group_title=group.title,
        kind=mailing.kind,
        subject=mailing.subject,
        body=mailing.body,
        made_on=mailing.made_on,
        counts=counts.get(mailing.id, MailingCounts()),
    )


def _counts(session: Session, mailing_ids: list[int]) -> dict[int, MailingCounts]:
    found = session.execute(
        select(MailItem.mailing_id, MailItem.state, func.count())
        .where(MailItem.mailing_id.in_(mailing_ids))
        .group_by(MailItem.mailing_id, MailItem.state)
    )
    by_mailing: dict[int, dict[str, int]] = {}
    for mailing_id, state, n in found:
        by_mailing.setdefault(mailing_id, {})[state] = n
    return {mailing_id: MailingCounts(**states) for mailing_id, states in by_mailing.items()}
