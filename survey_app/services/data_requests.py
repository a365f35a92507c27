"""What people may ask about their data (Luật 91/2025/QH15): to see, to correct, to delete, to withdraw consent.

Deadlines as summaries of Nghị định 356/2025/NĐ-CP give them; its text is not at hand, so they are ``assumed``. What was
sent into a box belongs to nobody any more: it can be neither shown nor taken out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from survey_app.models.base import Texts
from survey_app.models.people import Contact, DataRequest, Mailing, MailItem, Outcome, RequestKind
from survey_app.models.roll import DesignCell, Invitee
from survey_app.models.rounds import RespondentGroup, Status, SurveyRound
from survey_app.services.calendar import add_working_days, decided_days
from survey_app.services.contacts import contact_of, forget_contacts, open_contact, save_contacts, seal_contact
from survey_app.services.invitations import InvitationRefused, revoke

REPLY_WORKING_DAYS = 2  # to say that the request came and how it will be dealt with
# days until it must be carried out; assumed, see docs/personal-data.md
DAYS = {RequestKind.ACCESS: 10, RequestKind.CORRECTION: 10, RequestKind.DELETION: 20, RequestKind.WITHDRAWAL: 15}
MOST_FOUND = 50
PHONE_DIGITS = 6  # so many digits are taken for a part of a telephone number


class RequestResolved(ValueError):
    """The request was answered before."""


class Unknown(LookupError):
    """Nobody has this identity, or nothing is known of him or her."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked, how to answer him or her, and in what words it was asked."""

    name: str
    reach: str
    words: str


def reply_by(session: Session, received_on: date) -> date:
    """The day by which the person is told that the request came and how it will be dealt with."""
    return add_working_days(received_on, REPLY_WORKING_DAYS, decided_days(session))


def receive_request(
    session: Session,
    key: bytes,
    kind: RequestKind,
    asked: Asked,
    *,
    received_on: date,
    survey_round: SurveyRound | None,
) -> DataRequest:
    """Note a request, with the day by which it must be carried out. ``key``: of its round, else of the instance."""
    made = DataRequest(
        survey_round_id=survey_round.id if survey_round else None,
        kind=kind,
        sealed=seal_contact(key, {"name": asked.name, "reach": asked.reach, "words": asked.words}),
        received_on=received_on,
        due_on=received_on + timedelta(days=DAYS[kind]),
    )
    session.add(made)
    session.flush()
    return made


def what_was_asked(key: bytes, request: DataRequest) -> Asked:
    """Who asked, and in what words; nothing once the round was purged."""
    if not request.sealed:
        return Asked("", "", "")
    said = open_contact(key, request.sealed)
    return Asked(said.get("name", ""), said.get("reach", ""), said.get("words", ""))


def resolve(session: Session, request: DataRequest, resolution: str, account_id: int, today: date) -> None:
    """Note how a request was answered; no names, for the note stays when they are gone."""
    if request.resolved_on is not None:
        raise RequestResolved(str(request.id))
    request.resolution, request.resolved_on, request.resolved_by = resolution, today, account_id
    session.flush()


# --- finding people --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody whose data match what was looked for."""

    invitee_id: UUID
    ref: str
    round_code: str
    group: Texts
    contact: Mapping[str, str]


def find_people(session: Session, contact_key: bytes, survey_round: SurveyRound, words: str) -> list[Found]:
    """The people of a round whose name, telephone or e-mail match; each is opened in memory, nothing is written.

    Accents and case do not count; digits match wherever they stand in a telephone number, with 0 or +84 before it.
    """
    wanted = _folded(words).split()
    digits = _local_digits(words) if len(_local_digits(words)) >= PHONE_DIGITS else ""
    rows = session.execute(
        select(Invitee.id, Invitee.ref, RespondentGroup.title, Contact.sealed)
        .join(Contact, Contact.invitee_id == Invitee.id)
        .join(DesignCell, DesignCell.id == Invitee.design_cell_id)
        .join(RespondentGroup, RespondentGroup.id == DesignCell.respondent_group_id)
        .where(Invitee.survey_round_id == survey_round.id)
        .order_by(Invitee.ref)
    )
    found = []
    for invitee_id, ref, title, sealed in rows:
        contact = open_contact(contact_key, sealed)
        if wanted and _matches(contact, wanted, digits):
            found.append(Found(invitee_id, ref, survey_round.code, title, contact))
    return found[:MOST_FOUND]


def _matches(contact: Mapping[str, str], wanted: list[str], digits: str) -> bool:
    if digits:
        return digits in _local_digits(contact.get("phone", ""))
    said = _folded(f"{contact.get('name', '')} {contact.get('email', '')}")
    return all(word in said for word in wanted)


def _folded(text: str) -> str:
    """Small letters without accents: Nguyễn Đức and nguyen duc are one."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _local_digits(text: str) -> str:
    return re.sub(r"^(84|0)", "", re.sub(r"\D", "", text))


# --- what is held of one person --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail that was written to the person."""

    kind: str
    state: str
    made_on: date


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that is known of one person in one round. Answers are not: no ballot leads back to anybody."""

    invitee_id: UUID
    ref: str
    round_code: str
    round_title: Texts
    round_status: str
    group: Texts
    contact: Mapping[str, str]
    wave: int
    revoked_on: date | None
    outcome: str | None
    outcome_noted_on: date | None
    letters: tuple[Letter, ...]


def round_of_invitee(session: Session, invitee_id: UUID) -> SurveyRound:
    """The round that a person was invited to."""
    found = session.scalar(
        select(SurveyRound).join(Invitee, Invitee.survey_round_id == SurveyRound.id).where(Invitee.id == invitee_id)
    )
    if found is None:
        raise Unknown(str(invitee_id))
    return found


def dossier(session: Session, contact_key: bytes, invitee_id: UUID) -> Dossier:
    """What is known of a person."""
    survey_round = round_of_invitee(session, invitee_id)
    invitee, group, outcome = session.execute(
        select(Invitee, RespondentGroup, Outcome)
        .join(DesignCell, DesignCell.id == Invitee.design_cell_id)
        .join(RespondentGroup, RespondentGroup.id == DesignCell.respondent_group_id)
        .outerjoin(Outcome, Outcome.invitee_id == Invitee.id)
        .where(Invitee.id == invitee_id)
    ).one()
    return Dossier(
        invitee_id=invitee_id,
        ref=invitee.ref,
        round_code=survey_round.code,
        round_title=survey_round.title,
        round_status=survey_round.status,
        group=group.title,
        contact=contact_of(session, contact_key, invitee_id),
        wave=invitee.wave,
        revoked_on=invitee.revoked_on,
        outcome=outcome.code if outcome else None,
        outcome_noted_on=outcome.noted_on if outcome else None,
        letters=tuple(_letters(session, invitee_id)),
    )


def _letters(session: Session, invitee_id: UUID) -> Iterator[Letter]:
    rows = session.execute(
        select(Mailing.kind, MailItem.state, Mailing.made_on)
        .join(Mailing, Mailing.id == MailItem.mailing_id)
        .where(MailItem.invitee_id == invitee_id)
        .order_by(Mailing.id)
    )
    for kind, state, made_on in rows:
        yield Letter(kind, state, made_on)


def correct(session: Session, contact_key: bytes, invitee_id: UUID, contact: Mapping[str, str]) -> None:
    """Put right what is known of a person; fields that are not named stay as they are."""
    known = contact_of(session, contact_key, invitee_id)
    if not known:
        raise Unknown(str(invitee_id))
    save_contacts(session, contact_key, {invitee_id: {**known, **contact}})


def forget(session: Session, invitee_id: UUID) -> None:
    """Delete name and address of a person and the note of letters to him or her; the bare invitation stays counted."""
    forget_contacts(session, [invitee_id])
    session.execute(delete(MailItem).where(MailItem.invitee_id == invitee_id))
    session.flush()


def withdraw(session: Session, invitee_id: UUID, today: date) -> bool:
    """Delete a person's data and shut the link; whether the link is shut.

    It stays open where shutting it would leave too few people who look alike on a ballot: nobody writes to the person
    any more, and an unused link does nothing.
    """
    survey_round = round_of_invitee(session, invitee_id)
    forget(session, invitee_id)
    invitee = session.get_one(Invitee, invitee_id)
    if survey_round.status == Status.CLOSED or invitee.revoked_on is not None:
        return True
    try:
        with session.begin_nested():
            revoke(session, survey_round, invitee_id, today)
    except InvitationRefused:
        session.refresh(invitee)
        return False
    return True
