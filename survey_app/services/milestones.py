"""What is due in a round: by whom, when, whether it is done, and how many working days are left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.models.base import Texts
from survey_app.models.rounds import Milestone, SurveyRound
from survey_app.services.calendar import add_working_days, decided_days, working_days_between

SOON = 5  # working days


class UnknownMilestone(LookupError):
    """The round has no such milestone."""


class Progress(StrEnum):
    DONE = "done"
    OVERDUE = "overdue"
    SOON = "soon"
    LATER = "later"
    NO_DAY = "no_day"  # the plan names none


@dataclass(frozen=True, slots=True)
class MilestonePlan:
    """Something that a plan orders. Where the plan counts working days, they run from another milestone's day."""

    title: Texts
    responsible: Texts
    product: Texts
    due_words: Texts
    source: str
    due_on: date | None = None  # where the plan names a month or a quarter: its last day
    after: int | None = None  # number, from 1, of the milestone before
    working_days: int = 0  # after that milestone


@dataclass(frozen=True, slots=True)
class Due:
    """A milestone as it stands on a day."""

    id: int
    number: int
    title: Texts
    responsible: Texts
    product: Texts
    due_on: date | None
    due_words: Texts
    source: str
    done_on: date | None
    progress: Progress
    working_days_left: int | None  # negative: so many days late; None: done, or no day


def add_milestones(session: Session, survey_round: SurveyRound, plans: Sequence[MilestonePlan]) -> None:
    """Note what is due in a new round, none of it done."""
    decided = decided_days(session)
    for position, (plan, due_on) in enumerate(zip(plans, due_days(plans, decided), strict=True)):
        session.add(
            Milestone(
                survey_round_id=survey_round.id,
                position=position,
                title=plan.title,
                responsible=plan.responsible,
                product=plan.product,
                due_on=due_on,
                due_words=plan.due_words,
                source=plan.source,
            )
        )
    session.flush()


def due_days(plans: Sequence[MilestonePlan], decided: Mapping[date, bool]) -> list[date | None]:
    """The day of each milestone; one that counts from another stands after it in the list."""
    days: list[date | None] = []
    for plan in plans:
        before = days[plan.after - 1] if plan.after else None
        days.append(add_working_days(before, plan.working_days, decided) if before else plan.due_on)
    return days


def milestones_of(session: Session, survey_round: SurveyRound) -> list[Milestone]:
    """The round's milestones in the order of its plan."""
    found = session.scalars(
        select(Milestone).where(Milestone.survey_round_id == survey_round.id).order_by(Milestone.position, Milestone.id)
    )
    return list(found)


def milestone_of(session: Session, survey_round: SurveyRound, milestone_id: int) -> Milestone:
    """A milestone of this round."""
    found = session.get(Milestone, milestone_id)
    if found is None or found.survey_round_id != survey_round.id:
        raise UnknownMilestone(milestone_id)
    return found


def timeline(session: Session, survey_round: SurveyRound, today: date) -> list[Due]:
    """The round's milestones as they stand today, in the order of its plan."""
    decided = decided_days(session)
    found = milestones_of(session, survey_round)
    return [as_due(row, number, today, decided) for number, row in enumerate(found, start=1)]


def as_due(row: Milestone, number: int, today: date, decided: Mapping[date, bool]) -> Due:
    """A milestone as it stands today."""
    left = None if row.done_on or row.due_on is None else working_days_between(today, row.due_on, decided)
    return Due(
        id=row.id,
        number=number,
        title=row.title,
        responsible=row.responsible,
        product=row.product,
        due_on=row.due_on,
        due_words=row.due_words,
        source=row.source,
        done_on=row.done_on,
        progress=progress(row.due_on, row.done_on, today, left),
        working_days_left=left,
    )


def progress(due_on: date | None, done_on: date | None, today: date, working_days_left: int | None) -> Progress:
    """Done, overdue, near or far; what is due today is not overdue."""
    if done_on:
        return Progress.DONE
    if due_on is None or working_days_left is None:
        return Progress.NO_DAY
    if due_on < today:
        return Progress.OVERDUE
    return Progress.SOON if working_days_left <= SOON else Progress.LATER


def next_due(dues: Iterable[Due]) -> Due | None:
    """What is due first among what is not done, overdue included."""
    open_ = [due for due in dues if due.progress not in (Progress.DONE, Progress.NO_DAY)]
    return min(open_, key=lambda due: (due.due_on or date.max, due.number), default=None)


def next_by_round(session: Session, round_ids: Sequence[int], today: date) -> dict[int, Due]:
    """What is due first in each of these rounds, where anything is."""
    decided = decided_days(session)
    found = session.scalars(
        select(Milestone)
        .where(Milestone.survey_round_id.in_(round_ids), Milestone.done_on.is_(None), Milestone.due_on.is_not(None))
        .order_by(Milestone.due_on.desc(), Milestone.position.desc())
    )
    return {row.survey_round_id: as_due(row, row.position + 1, today, decided) for row in found}  # the first stands


def tick(session: Session, milestone: Milestone, done_on: date | None) -> None:
    """Note the day on which a milestone was reached, or with None that it was not."""
    milestone.done_on = done_on
    session.flush()


def save_milestone(session: Session, survey_round: SurveyRound, plan: MilestonePlan, milestone_id: int | None) -> int:
    """Write a milestone anew, or add one at the end; its id."""
    if milestone_id is None:
        position = len(milestones_of(session, survey_round))
        row = Milestone(survey_round_id=survey_round.id, position=position)
        session.add(row)
    else:
        row = milestone_of(session, survey_round, milestone_id)
    for name in ("title", "responsible", "product", "due_words", "source", "due_on"):
        setattr(row, name, getattr(plan, name))
    session.flush()
    return row.id


def remove_milestone(session: Session, milestone: Milestone) -> None:
    """Take a milestone off the plan."""
    session.delete(milestone)
    session.flush()
