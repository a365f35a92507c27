"""Lists of officials put on the roll with how to reach them; links that are withdrawn and restored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from survey_app.models.designs import Draw, Frame
from survey_app.models.people import Contact
from survey_app.models.roll import DesignCell, Invitee
from survey_app.models.rounds import RespondentGroup, Status, SurveyRound
from survey_app.services import roll
from survey_app.services.contacts import save_contacts
from survey_app.services.opening import SmallCell, small_cells
from survey_app.services.roll import Person


class InvitationRefused(ValueError):
    """Nothing was changed; ``code`` says why."""

    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        self.params = params
        super().__init__(f"{code} {params}")


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody to invite: one line of a list of officials."""

    ref: str
    own_unit: str = ""
    contact: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CellCount:
    """An anonymity cell as it was dealt."""

    code: str
    n_invited: int
    n_units: int


@dataclass(frozen=True, slots=True)
class Dealt:
    """What inviting a list makes of it."""

    n_invited: int
    cells: tuple[CellCount, ...]
    small: tuple[SmallCell, ...]


def invite_list(
    session: Session,
    survey_round: SurveyRound,
    group: RespondentGroup,
    guests: Sequence[Guest],
    *,
    round_key: bytes,
    contact_key: bytes,
    seed: int,
) -> Dealt:
    """Put a list of people on the roll with how to reach them, and say what their anonymity cells are."""
    people = [Person(guest.ref, guest.own_unit) for guest in guests]
    n_invited = roll.invite(session, survey_round, group, people, round_key=round_key, seed=seed)
    ids = dict(session.execute(_members(group, Invitee.ref, Invitee.id)).all())
    save_contacts(session, contact_key, {ids[guest.ref]: guest.contact for guest in guests if guest.contact})
    small = tuple(cell for cell in small_cells(session, survey_round) if cell.group_code == group.code)
    return Dealt(n_invited, cells_of(session, group), small)


def try_list(
    session: Session, survey_round: SurveyRound, group: RespondentGroup, guests: Sequence[Guest], *, seed: int
) -> Dealt:
    """What inviting the list would make of it; nothing stays."""
    attempt = session.begin_nested()
    try:
        return invite_list(session, survey_round, group, guests, round_key=bytes(32), contact_key=bytes(32), seed=seed)
    finally:
        attempt.rollback()


def cells_of(session: Session, group: RespondentGroup) -> tuple[CellCount, ...]:
    """The anonymity cells of a group in the order they were dealt."""
    found = session.execute(
        select(DesignCell.code, DesignCell.n_invited, DesignCell.rated_units)
        .where(DesignCell.respondent_group_id == group.id)
        .order_by(DesignCell.id)
    )
    return tuple(CellCount(code, n_invited, len(rated)) for code, n_invited, rated in found)


def clear_group(session: Session, survey_round: SurveyRound, group: RespondentGroup) -> int:
    """Take everybody of a group off the roll again, while nobody could have been written to; how many they were."""
    if survey_round.status != Status.DRAFT:
        raise InvitationRefused("not_a_draft")
    drawn = select(Draw.id).join(Frame).where(Frame.respondent_group_id == group.id, Draw.invited_on.is_not(None))
    if session.scalar(drawn.limit(1)) is not None:
        raise InvitationRefused("drawn")
    members = list(session.scalars(_members(group, Invitee.id)))
    cells = select(DesignCell.id).where(DesignCell.respondent_group_id == group.id)
    session.execute(delete(Contact).where(Contact.invitee_id.in_(_members(group, Invitee.id))))
    session.execute(delete(Invitee).where(Invitee.design_cell_id.in_(cells)))
    session.execute(delete(DesignCell).where(DesignCell.respondent_group_id == group.id))
    group.draw_seed = group.list_sha256 = None
    session.flush()
    return len(members)


def revoke(session: Session, survey_round: SurveyRound, invitee_id: UUID, today: date) -> str:
    """Withdraw a link: it opens nothing any more. Gives the person's number.

    Refused in an open round if too few people were left who look alike on a ballot: theirs were promised to be hidden.
    What the person sent before stays in the box; nobody could tell which ballot it is.
    """
    invitee, cell, group = _invitation(session, survey_round, invitee_id)
    if survey_round.status == Status.CLOSED:
        raise InvitationRefused("closed")
    if invitee.revoked_on is not None:
        raise InvitationRefused("revoked_already", ref=invitee.ref)
    if invitee.wave > group.released_wave:
        raise InvitationRefused("in_reserve", ref=invitee.ref)
    before = small_cells(session, survey_round)
    invitee.revoked_on = today
    cell.n_invited -= 1
    session.flush()
    if survey_round.status == Status.OPEN:
        _refuse_smaller(before, small_cells(session, survey_round), invitee.ref)
    return invitee.ref


def restore(session: Session, survey_round: SurveyRound, invitee_id: UUID) -> str:
    """Let a withdrawn link open again; the code in the letter is still the same. Gives the person's number."""
    invitee, cell, _group = _invitation(session, survey_round, invitee_id)
    if survey_round.status == Status.CLOSED:
        raise InvitationRefused("closed")
    if invitee.revoked_on is None:
        raise InvitationRefused("not_revoked", ref=invitee.ref)
    invitee.revoked_on = None
    cell.n_invited += 1
    session.flush()
    return invitee.ref


def _refuse_smaller(before: Sequence[SmallCell], after: Sequence[SmallCell], ref: str) -> None:
    known = {(cell.group_code, cell.cell_code): cell.n_invited for cell in before}
    for cell in after:
        if cell.n_invited != known.get((cell.group_code, cell.cell_code)):
            raise InvitationRefused(
                "cell_too_small", ref=ref, cell=cell.cell_code, left=cell.n_invited, min_cell=cell.min_cell
            )


def _invitation(
    session: Session, survey_round: SurveyRound, invitee_id: UUID
) -> tuple[Invitee, DesignCell, RespondentGroup]:
    """The invitation; of several that change a cell at once, each counts its people after the one before."""
    found = session.execute(
        select(Invitee, DesignCell, RespondentGroup)
        .join(DesignCell, DesignCell.id == Invitee.design_cell_id)
        .join(RespondentGroup, RespondentGroup.id == DesignCell.respondent_group_id)
        .where(Invitee.id == invitee_id, Invitee.survey_round_id == survey_round.id)
        .with_for_update(of=DesignCell),
        execution_options={"populate_existing": True},
    ).one_or_none()
    if found is None:
        raise InvitationRefused("unknown_invitee")
    return found[0], found[1], found[2]


def _members(group: RespondentGroup, *columns: Any) -> Any:
    """These columns of everybody on the roll of a group."""
    return (
        select(*columns)
        .select_from(Invitee)
        .join(DesignCell, DesignCell.id == Invitee.design_cell_id)
        .where(DesignCell.respondent_group_id == group.id)
    )
