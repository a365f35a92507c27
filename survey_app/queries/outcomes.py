"""What became of invitations: who can have an outcome, and who has which."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from survey_app.models.accounts import Account
from survey_app.models.people import Outcome
from survey_app.models.roll import DesignCell, Invitee
from survey_app.models.rounds import RespondentGroup


def asked_people(session: Session, group: RespondentGroup) -> dict[str, UUID]:
    """Who of a group is invited now, by number: neither in reserve nor withdrawn."""
    return {ref: person for ref, person in session.execute(_asked(group, Invitee.ref, Invitee.id))}  # noqa: C416 (a typed row is no pair)


def outcomes_by_person(session: Session, group: RespondentGroup) -> dict[UUID, Outcome]:
    """The outcomes that are noted in a group."""
    found = session.scalars(_asked(group, Outcome).join(Outcome, Outcome.invitee_id == Invitee.id))
    return {outcome.invitee_id: outcome for outcome in found}


def codes_by_ref(session: Session, group: RespondentGroup) -> list[tuple[str, str | None]]:
    """(number, code) of everybody who is invited, by number; None where nothing is noted."""
    found = _asked(group, Invitee.ref, Outcome.code).outerjoin(Outcome, Outcome.invitee_id == Invitee.id)
    return [(ref, code) for ref, code in session.execute(found.order_by(Invitee.ref))]


def noted_outcomes(group: RespondentGroup) -> Select[Any]:
    """A statement: the outcomes of a group, for a table to choose columns, order and page."""
    return (
        _asked(group, Invitee.ref)
        .join(Outcome, Outcome.invitee_id == Invitee.id)
        .outerjoin(Account, Account.id == Outcome.noted_by)
    )


def _asked(group: RespondentGroup, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Invitee)
        .join(DesignCell, DesignCell.id == Invitee.design_cell_id)
        .where(
            DesignCell.respondent_group_id == group.id,
            Invitee.revoked_on.is_(None),
            Invitee.wave <= group.released_wave,
        )
    )
