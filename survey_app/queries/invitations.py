"""Who was invited, and how they can be reached: counts by group, the people of a group. Never who answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.orm import Session

from survey_app.models.base import Texts
from survey_app.models.jobs import StoredFile
from survey_app.models.people import Contact, Mailing
from survey_app.models.roll import DesignCell, Invitee
from survey_app.models.rounds import RespondentGroup, SurveyRound

NOBODY = dict.fromkeys(("n_invited", "n_email", "n_phone", "n_reserve", "n_revoked"), 0)
FILE_KINDS = ("letters", "cards", "merge", "posters")


@dataclass(frozen=True, slots=True)
class GroupCount:
    """A group with its invitations, counted. People in reserve and those whose link was withdrawn are not invited."""

    code: str
    title: Texts
    mode: str
    n_cells: int
    n_invited: int
    n_email: int
    n_phone: int
    n_reserve: int
    n_revoked: int
    released_wave: int
    n_mailings: int


@dataclass(frozen=True, slots=True)
class Invitation:
    """One person on the roll: nothing of names, nothing of answers."""

    invitee_id: UUID
    ref: str
    cell_code: str
    wave: int
    revoked_on: date | None
    in_reserve: bool


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file of letters or links that the platform keeps for now."""

    file_id: UUID
    kind: str
    name: str
    holds_codes: bool
    made_on: date
    expires_on: date | None


def group_counts(session: Session, survey_round: SurveyRound) -> list[GroupCount]:
    """Every group of the round, in its order."""
    people = {row.pop("group_id"): row for row in map(dict, session.execute(_counts(survey_round.id)).mappings())}
    cells = dict(
        session.execute(
            select(DesignCell.respondent_group_id, func.count()).group_by(DesignCell.respondent_group_id)
        ).all()
    )
    mailings = dict(
        session.execute(select(Mailing.respondent_group_id, func.count()).group_by(Mailing.respondent_group_id)).all()
    )
    return [
        GroupCount(
            code=group.code,
            title=group.title,
            mode=group.mode,
            n_cells=cells.get(group.id, 0),
            released_wave=group.released_wave,
            n_mailings=mailings.get(group.id, 0),
            **people.get(group.id, NOBODY),
        )
        for group in survey_round.groups
    ]


def _counts(survey_round_id: int) -> Select[Any]:
    asked = and_(Invitee.revoked_on.is_(None), Invitee.wave <= RespondentGroup.released_wave)
    reserve = and_(Invitee.revoked_on.is_(None), Invitee.wave > RespondentGroup.released_wave)

    def count(condition: Any, name: str) -> Any:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0).label(name)

    return (
        select(
            RespondentGroup.id.label("group_id"),
            count(asked, "n_invited"),
            count(and_(asked, Contact.has_email), "n_email"),
            count(and_(asked, Contact.has_phone), "n_phone"),
            count(reserve, "n_reserve"),
            count(Invitee.revoked_on.is_not(None), "n_revoked"),
        )
        .select_from(Invitee)
        .join(DesignCell, DesignCell.id == Invitee.design_cell_id)
        .join(RespondentGroup, RespondentGroup.id == DesignCell.respondent_group_id)
        .outerjoin(Contact, Contact.invitee_id == Invitee.id)
        .where(Invitee.survey_round_id == survey_round_id)
        .group_by(RespondentGroup.id)
    )


def invitees_of(group: RespondentGroup) -> Select[Any]:
    """A statement: everybody on the roll of a group, for a table to choose columns, order and page."""
    return (
        select(Invitee.id)
        .join(DesignCell, DesignCell.id == Invitee.design_cell_id)
        .outerjoin(Contact, Contact.invitee_id == Invitee.id)
        .where(DesignCell.respondent_group_id == group.id)
    )


def sealed_contacts(session: Session, group: RespondentGroup) -> list[tuple[UUID, bytes]]:
    """The sealed contacts of a group, to be searched in memory."""
    found = session.execute(invitees_of(group).with_only_columns(Invitee.id, Contact.sealed))
    return [(invitee_id, sealed) for invitee_id, sealed in found if sealed is not None]


def refs_of_round(session: Session, survey_round: SurveyRound) -> frozenset[str]:
    """The numbers that people of the round have already."""
    return frozenset(session.scalars(select(Invitee.ref).where(Invitee.survey_round_id == survey_round.id)))


def invitation(session: Session, group: RespondentGroup, invitee_id: UUID) -> Invitation | None:
    """Somebody on the roll of a group, or None."""
    found = session.execute(
        invitees_of(group)
        .with_only_columns(Invitee.id, Invitee.ref, DesignCell.code, Invitee.wave, Invitee.revoked_on)
        .where(Invitee.id == invitee_id)
    ).one_or_none()
    return Invitation(*found, in_reserve=found[3] > group.released_wave) if found else None


def made_files(session: Session, survey_round: SurveyRound) -> list[MadeFile]:
    """The files of letters, cards, posters and links of a round that are still there, the newest first."""
    found = session.scalars(
        select(StoredFile)
        .where(
            StoredFile.survey_round_id == survey_round.id,
            StoredFile.kind.in_(FILE_KINDS),
            StoredFile.destroyed_on.is_(None),
        )
        .order_by(StoredFile.made_on.desc(), StoredFile.name)
    )
    return [MadeFile(file.id, file.kind, file.name, file.holds_codes, file.made_on, file.expires_on) for file in found]
