"""Letters by e-mail: who gets one, what became of each. Neither address nor link is written down here."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any
from uuid import UUID

from ruamel.yaml import YAML
from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from survey_app.models.base import Texts
from survey_app.models.people import Contact, Mailing, MailItem, MailState, Outcome
from survey_app.models.roll import DesignCell, Invitee
from survey_app.models.rounds import Mode, RespondentGroup, Status, SurveyRound
from survey_app.services.letter_words import PLACE, PLACES

MAIL_PLACES = (*PLACES["message"], "anonymity")
LONGEST_SUBJECT, LONGEST_BODY = 200, 6000
MOST_ATTEMPTS = 4
TOKEN_BYTES = 12


class MailKind(StrEnum):
    INVITATION = "invitation"
    REMINDER = "reminder"


class MailRefused(ValueError):
    """No letter was sent; ``code`` says why."""

    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        self.params = params
        super().__init__(f"{code} {params}")


@dataclass(frozen=True, slots=True)
class MailWords:
    """Subject and body as they were written, with places in braces."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A letter that is still to be sent."""

    invitee_id: UUID
    attempts: int
    bounce_token: str
    sealed: bytes


@cache
def shipped() -> dict[str, dict[str, Texts]]:
    """The words to start from, by kind and part."""
    source = resources.files("survey_app").joinpath("data", "letters", "mail.yaml").read_text("utf-8")
    words: dict[str, dict[str, Texts]] = YAML(typ="safe").load(source)
    return words


def check_words(words: MailWords) -> None:
    """Refuse words that no letter could be made of."""
    if not words.subject.strip() or not words.body.strip():
        raise MailRefused("empty")
    if "\n" in words.subject or len(words.subject) > LONGEST_SUBJECT or len(words.body) > LONGEST_BODY:
        raise MailRefused("too_long", subject=LONGEST_SUBJECT, body=LONGEST_BODY)
    found = PLACE.findall(words.body)
    unknown = [place for place in (*found, *PLACE.findall(words.subject)) if place not in MAIL_PLACES]
    if unknown:
        raise MailRefused("unknown_place", place=unknown[0], known=", ".join(MAIL_PLACES))
    if "link" not in found:
        raise MailRefused("missing_place", place="link")
    if {"link", "code", "name"} & set(PLACE.findall(words.subject)):
        raise MailRefused("person_in_subject")  # subjects are shown on locked phones and kept in logs
    if re.search(r"[{}]", PLACE.sub("", words.subject + words.body)):
        raise MailRefused("loose_brace")


def new_mailing(
    session: Session,
    survey_round: SurveyRound,
    group: RespondentGroup,
    kind: MailKind,
    words: MailWords,
    *,
    today: date,
    account_id: int | None,
) -> Mailing:
    """A mailing with a letter for each who gets one; nothing is sent yet.

    Reminders go to everybody where answers are anonymous, since nobody knows who answered; elsewhere to those without
    an outcome. A group gets one mailing of a kind a day, so that a second click sends nothing twice.
    """
    check_words(words)
    if survey_round.status != Status.OPEN:
        raise MailRefused("not_open")
    if group.mode != Mode.PERSONAL_LINK:
        raise MailRefused("no_personal_links")
    same = (Mailing.respondent_group_id == group.id, Mailing.kind == kind, Mailing.made_on == today)
    if session.scalar(select(Mailing.id).where(*same).limit(1)) is not None:
        raise MailRefused("already_today")
    people = list(session.scalars(select(Invitee.id).join(Contact).where(*_gets_one(group, kind))))
    if not people:
        raise MailRefused("nobody")
    mailing = Mailing(
        respondent_group_id=group.id,
        kind=kind,
        subject=words.subject.strip(),
        body=words.body.strip(),
        made_on=today,
        made_by=account_id,
    )
    session.add(mailing)
    session.flush()
    session.add_all(
        MailItem(mailing_id=mailing.id, invitee_id=invitee_id, bounce_token=secrets.token_hex(TOKEN_BYTES))
        for invitee_id in sorted(people)
    )
    session.flush()
    return mailing


def count_recipients(session: Session, group: RespondentGroup, kind: MailKind) -> int:
    """How many would get a letter of this kind now."""
    found = select(func.count()).select_from(Invitee).join(Contact).where(*_gets_one(group, kind))
    return session.scalar(found) or 0


def _gets_one(group: RespondentGroup, kind: MailKind) -> Sequence[Any]:
    in_group = Invitee.design_cell_id.in_(select(DesignCell.id).where(DesignCell.respondent_group_id == group.id))
    asked = (in_group, Invitee.revoked_on.is_(None), Invitee.wave <= group.released_wave, Contact.has_email)
    if kind == MailKind.INVITATION or group.anonymous:
        return asked
    return (*asked, ~exists().where(Outcome.invitee_id == Invitee.id))


def waiting(session: Session, mailing_id: int, *, most: int) -> list[Waiting]:
    """Letters that are still to be sent, the least tried first."""
    found = session.execute(
        select(MailItem.invitee_id, MailItem.attempts, MailItem.bounce_token, Contact.sealed)
        .join(Contact, Contact.invitee_id == MailItem.invitee_id)
        .join(Invitee, Invitee.id == MailItem.invitee_id)
        .where(
            MailItem.mailing_id == mailing_id,
            MailItem.state == MailState.QUEUED,
            MailItem.attempts < MOST_ATTEMPTS,
            Invitee.revoked_on.is_(None),
        )
        .order_by(MailItem.attempts, MailItem.bounce_token)
        .limit(most)
    )
    return [Waiting(*row) for row in found]


def note_sent(session: Session, mailing_id: int, invitee_id: UUID) -> None:
    """A server took the letter."""
    _item(session, mailing_id, invitee_id, state=MailState.SENT, attempts=MailItem.attempts + 1, refusal=None)


def note_refused(session: Session, mailing_id: int, invitee_id: UUID, status: str, *, for_good: bool) -> bool:
    """A server refused the letter: for good, or for now; too often for now is for good. Whether it was."""
    tried = session.scalar(
        select(MailItem.attempts).where(MailItem.mailing_id == mailing_id, MailItem.invitee_id == invitee_id)
    )
    over = for_good or (tried or 0) + 1 >= MOST_ATTEMPTS
    state = MailState.FAILED if over else MailState.QUEUED
    _item(session, mailing_id, invitee_id, state=state, attempts=MailItem.attempts + 1, refusal=status)
    return over


def try_again(session: Session, mailing_id: int) -> int:
    """Put the letters that were refused back into the queue; how many."""
    found = session.execute(
        update(MailItem)
        .where(MailItem.mailing_id == mailing_id, MailItem.state == MailState.FAILED)
        .values(state=MailState.QUEUED, attempts=0)
    )
    return int(found.rowcount)  # type: ignore[attr-defined]


def note_bounces(session: Session, statuses: Iterable[tuple[str, str]], survey_round: SurveyRound | None = None) -> int:
    """Note letters that came back, of one round or of all: (bounce token, status); how many were letters of ours.

    A bounce says something of an address, nothing of a person's answering.
    """
    n = 0
    of_round = _of_round(survey_round) if survey_round else ()
    for token, status in statuses:
        found = session.execute(
            update(MailItem)
            .where(MailItem.bounce_token == token, MailItem.state.in_((MailState.SENT, MailState.BOUNCED)), *of_round)
            .values(state=MailState.BOUNCED, refusal=status)
        )
        n += int(found.rowcount)  # type: ignore[attr-defined]
    return n


def _of_round(survey_round: SurveyRound) -> Sequence[Any]:
    groups = select(RespondentGroup.id).where(RespondentGroup.survey_round_id == survey_round.id)
    mailings = select(Mailing.id).where(Mailing.respondent_group_id.in_(groups))
    return (MailItem.mailing_id.in_(mailings),)


def _item(session: Session, mailing_id: int, invitee_id: UUID, **values: Any) -> None:
    session.execute(
        update(MailItem).where(MailItem.mailing_id == mailing_id, MailItem.invitee_id == invitee_id).values(**values)
    )
