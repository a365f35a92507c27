"""How to reach people: sealed under the round's contact key, opened for those who write to them or hand out letters.

A row tells nothing but whether there is an e-mail address and a telephone number; its length is that of every other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from survey_app.models.people import Contact
from survey_app.models.roll import DesignCell, Invitee
from survey_app.models.rounds import RespondentGroup
from survey_app.security import SealBroken, derive, seal, unseal
from survey_app.services.ballots import INSERTS

STEP = 512  # sealed contacts are padded to a multiple of this: a length would tell a name of many letters
FIELDS = ("name", "position", "organisation", "unit", "phone", "email", "address")


@dataclass(frozen=True, slots=True)
class Addressee:
    """An invitee, and how to reach him or her; fields that nobody gave are not in ``contact``."""

    invitee_id: UUID
    ref: str
    cell_code: str
    wave: int
    revoked_on: date | None
    contact: dict[str, str]


def seal_contact(key: bytes, contact: Mapping[str, str]) -> bytes:
    """What is known of a person, sealed under the round's contact key. Empty fields are left out."""
    plain = json.dumps({field: said for field, said in contact.items() if said}, ensure_ascii=False).encode()
    return seal(_cipher_key(key), plain + b" " * (-len(plain) % STEP))


def open_contact(key: bytes, sealed: bytes) -> dict[str, str]:
    """What ``seal_contact`` sealed."""
    plain = unseal(_cipher_key(key), sealed)
    if plain is None:
        raise SealBroken("sealed contacts do not open with the key of their round: the key or the database was changed")
    contact: dict[str, str] = json.loads(plain)
    return contact


def save_contacts(session: Session, contact_key: bytes, contacts: Mapping[UUID, Mapping[str, str]]) -> int:
    """Keep how to reach these invitees, in place of what was known before; how many there are.

    FIELDS are those that letters and mailings know: ``unit`` is the code of the unit that the person belongs to.
    """
    rows = [
        {
            "invitee_id": invitee_id,
            "sealed": seal_contact(contact_key, contacts[invitee_id]),
            "has_email": bool(contacts[invitee_id].get("email")),
            "has_phone": bool(contacts[invitee_id].get("phone")),
        }
        for invitee_id in sorted(contacts)  # identities are random: the order of the list is not kept
    ]
    if rows:
        new = INSERTS[session.get_bind().dialect.name](Contact)
        changed = {name: new.excluded[name] for name in ("sealed", "has_email", "has_phone")}
        session.execute(new.on_conflict_do_update(index_elements=["invitee_id"], set_=changed), rows)
    return len(rows)


def forget_contacts(session: Session, invitee_ids: list[UUID]) -> None:
    """Delete what is known of these people; their invitations stay."""
    session.execute(delete(Contact).where(Contact.invitee_id.in_(invitee_ids)))


def contact_of(session: Session, contact_key: bytes, invitee_id: UUID) -> dict[str, str]:
    """How to reach one invitee; empty if nothing is known."""
    sealed = session.scalar(select(Contact.sealed).where(Contact.invitee_id == invitee_id))
    return open_contact(contact_key, sealed) if sealed is not None else {}


def contacts_of(
    session: Session,
    contact_key: bytes | None,
    group: RespondentGroup,
    *,
    released_only: bool = True,
) -> Iterator[Addressee]:
    """The people of a group by ref, opened one by one; without a key nothing is known of them but their numbers.

    Left out unless ``released_only`` is false: those whose link was revoked, and those in reserve whom nobody asked.
    """
    found = (
        select(Invitee.id, Invitee.ref, DesignCell.code, Invitee.wave, Invitee.revoked_on, Contact.sealed)
        .join(DesignCell, DesignCell.id == Invitee.design_cell_id)
        .outerjoin(Contact, Contact.invitee_id == Invitee.id)
        .where(DesignCell.respondent_group_id == group.id)
        .order_by(Invitee.ref)
    )
    if released_only:
        found = found.where(Invitee.revoked_on.is_(None), Invitee.wave <= group.released_wave)
    for invitee_id, ref, cell_code, wave, revoked_on, sealed in session.execute(found):
        contact = open_contact(contact_key, sealed) if contact_key and sealed is not None else {}
        yield Addressee(invitee_id, ref, cell_code, wave, revoked_on, contact)


def _cipher_key(contact_key: bytes) -> bytes:
    return derive(contact_key, "contact", b"")
