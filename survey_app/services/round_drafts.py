"""Changing a round that is a draft: its facts, its groups, its units. Nothing of an open round changes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey_app.models.base import Texts
from survey_app.models.roll import DesignCell, Invitee
from survey_app.models.rounds import Mode, RatingScope, RespondentGroup, RoundUnit, Status, SurveyRound
from survey_app.models.units import Unit
from survey_app.services.roll import open_posters

ROLL_FIELDS = ("mode", "rating_scope", "booklet_size")  # what the roll of a group was dealt by


class NotADraft(ValueError):
    """The round was opened: what people were told cannot change any more."""


class GroupTaken(ValueError):
    """The round has a group of this code."""


class GroupInUse(ValueError):
    """The group has people on its roll, a list or a draw; they go first."""


class DaysOutOfOrder(ValueError):
    """A round closes before it opens."""


@dataclass(frozen=True, slots=True)
class RoundFacts:
    """What a draft says about itself."""

    title: Texts
    asked_by: Texts
    contact: Texts
    legal_basis: Texts
    results_when: Texts
    opens_on: date
    closes_on: date
    min_cell: int


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """What a draft says about one of its groups."""

    code: str
    title: Texts
    mode: Mode
    rating_scope: RatingScope
    instrument_version_id: int
    booklet_size: int = 0
    anonymous: bool = True
    target_ballots: int | None = None


def change_round(session: Session, survey_round: SurveyRound, facts: RoundFacts) -> None:
    """Write the facts of a draft anew. Its code stays: the key lies under it."""
    require_draft(survey_round)
    if facts.closes_on < facts.opens_on:
        raise DaysOutOfOrder(survey_round.code)
    for name in RoundFacts.__slots__:
        setattr(survey_round, name, getattr(facts, name))
    session.flush()


def save_group(
    session: Session, survey_round: SurveyRound, facts: GroupFacts, group: RespondentGroup | None = None
) -> RespondentGroup:
    """Write a group anew, or add one at the end; an open group has its posters at once."""
    require_draft(survey_round)
    if group is None:
        group = RespondentGroup(survey_round_id=survey_round.id, position=len(survey_round.groups))
    elif any(getattr(group, name) != getattr(facts, name) for name in ROLL_FIELDS):
        clear_cells(session, group)
    for name in GroupFacts.__slots__:
        setattr(group, name, getattr(facts, name))
    session.add(group)
    try:
        with session.begin_nested():
            session.flush()
    except IntegrityError:
        raise GroupTaken(facts.code) from None
    session.refresh(survey_round, ["groups"])
    hang_posters(session, survey_round, group)
    return group


def remove_group(session: Session, survey_round: SurveyRound, group: RespondentGroup) -> None:
    """Take a group without people out of a draft."""
    require_draft(survey_round)
    clear_cells(session, group)
    try:
        with session.begin_nested():
            session.delete(group)
    except IntegrityError:  # a list or a draw belongs to it
        raise GroupInUse(group.code) from None
    session.refresh(survey_round, ["groups"])
    _number(survey_round.groups)
    session.flush()


def move_group(session: Session, survey_round: SurveyRound, group: RespondentGroup, by: int) -> None:
    """Let a group stand so many places later (earlier, if negative) in the round."""
    require_draft(survey_round)
    ordered = list(survey_round.groups)
    place = ordered.index(group)
    ordered.insert(min(max(place + by, 0), len(ordered) - 1), ordered.pop(place))
    _number(ordered)
    session.flush()
    session.refresh(survey_round, ["groups"])


def choose_units(session: Session, survey_round: SurveyRound, unit_ids: Collection[int]) -> int:
    """Let a draft assess exactly these units of its city; how many. Posters are made anew.

    A roll was dealt over the units there were: with people on it they do not change.
    """
    require_draft(survey_round)
    in_city = select(Unit.id).where(Unit.city == survey_round.city, Unit.id.in_(unit_ids))
    chosen = set(session.scalars(in_city))
    now = set(session.scalars(select(RoundUnit.unit_id).where(RoundUnit.survey_round_id == survey_round.id)))
    if chosen == now:
        return len(chosen)
    for group in survey_round.groups:
        clear_cells(session, group)
    session.execute(delete(RoundUnit).where(RoundUnit.survey_round_id == survey_round.id))
    session.add_all(RoundUnit(survey_round_id=survey_round.id, unit_id=unit_id) for unit_id in sorted(chosen))
    session.flush()
    for group in survey_round.groups:
        hang_posters(session, survey_round, group)
    return len(chosen)


def hang_posters(session: Session, survey_round: SurveyRound, group: RespondentGroup) -> None:
    """Give an open group without posters its public links, if the round has units."""
    has_cells = session.scalar(select(DesignCell.id).where(DesignCell.respondent_group_id == group.id).limit(1))
    has_units = session.scalar(select(RoundUnit.unit_id).where(RoundUnit.survey_round_id == survey_round.id).limit(1))
    if group.mode == Mode.OPEN_LINK and not has_cells and has_units:
        open_posters(session, survey_round, group)


def clear_cells(session: Session, group: RespondentGroup) -> None:
    """Remove the cells of a group that nobody is invited in."""
    in_group = DesignCell.respondent_group_id == group.id
    n_people = session.scalar(
        select(func.count())
        .select_from(Invitee)
        .join(DesignCell, DesignCell.id == Invitee.design_cell_id)
        .where(in_group)
    )
    if n_people:
        raise GroupInUse(group.code)
    session.execute(delete(DesignCell).where(in_group))
    session.execute(
        update(RespondentGroup).where(RespondentGroup.id == group.id).values(draw_seed=None, list_sha256=None)
    )


def require_draft(survey_round: SurveyRound) -> None:
    """Refuse to change what people were told."""
    if survey_round.status != Status.DRAFT:
        raise NotADraft(survey_round.code)


def _number(groups: Collection[RespondentGroup]) -> None:
    for position, group in enumerate(groups):
        group.position = position
