"""A round of another year: dates and years are moved, decisions keep their dates, and nobody is copied."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.models.base import Texts
from survey_app.models.rounds import Mode, Purpose, RatingScope, RoundUnit, SurveyRound
from survey_app.models.units import Unit
from survey_app.queries.rounds import instrument_source
from survey_app.services.milestones import MilestonePlan, milestones_of
from survey_app.services.rounds import GroupPlan, RoundPlan

FULL_DATE = r"\d{1,2}/\d{1,2}/|\d{1,2} [A-Z][a-z]+ "  # 17/11/2025, 17 November 2025: a decision's, it stays
YEAR = re.compile(rf"({FULL_DATE})?(?<!\d)(20\d\d)(?!\d)")


def moved_to(plan: RoundPlan, year: int) -> RoundPlan:
    """The plan for the year in which it opens."""
    by = year - plan.opens_on.year
    if by == 0:
        return plan
    return replace(
        plan,
        opens_on=_moved_day(plan.opens_on, by),
        closes_on=_moved_day(plan.closes_on, by),
        milestones=tuple(_moved_milestone(milestone, by) for milestone in plan.milestones),
        title=_moved_texts(plan.title, by),
        results_when=_moved_texts(plan.results_when, by),  # the legal basis names decisions: it stays
    )


def plan_of(session: Session, survey_round: SurveyRound) -> RoundPlan:
    """The plan that a round was made from, as it stands now: groups, forms, methods, milestones; nobody of its roll."""
    groups = tuple(
        GroupPlan(
            code=group.code,
            title=group.title,
            mode=Mode(group.mode),
            rating_scope=RatingScope(group.rating_scope),
            instrument=instrument_source(session, group.instrument_version_id),
            booklet_size=group.booklet_size,
            anonymous=group.anonymous,
            target_ballots=group.target_ballots,
        )
        for group in survey_round.groups
    )
    kept = ("code", "city", "title", "asked_by", "contact", "legal_basis", "results_when", "opens_on", "closes_on")
    return RoundPlan(
        **{name: getattr(survey_round, name) for name in (*kept, "min_cell", "programme")},
        purpose=Purpose.REAL,
        blocks=_blocks_of(session, survey_round),
        methods=tuple(survey_round.methods),
        groups=groups,
        milestones=tuple(_plan_of_milestones(session, survey_round)),
    )


def copy_units(session: Session, source: SurveyRound, target: SurveyRound) -> None:
    """Let a new round assess exactly the units that another one did."""
    chosen = select(RoundUnit.unit_id).where(RoundUnit.survey_round_id == source.id)
    for row in session.scalars(select(RoundUnit).where(RoundUnit.survey_round_id == target.id)).all():
        session.delete(row)
    session.flush()
    session.add_all(RoundUnit(survey_round_id=target.id, unit_id=unit_id) for unit_id in session.scalars(chosen).all())
    session.flush()


def _plan_of_milestones(session: Session, survey_round: SurveyRound) -> Iterable[MilestonePlan]:
    for row in milestones_of(session, survey_round):
        yield MilestonePlan(row.title, row.responsible, row.product, row.due_words, row.source, row.due_on)


def _blocks_of(session: Session, survey_round: SurveyRound) -> tuple[str, ...]:
    found = session.scalars(
        select(Unit.block)
        .join(RoundUnit, RoundUnit.unit_id == Unit.id)
        .where(RoundUnit.survey_round_id == survey_round.id)
        .group_by(Unit.block)
        .order_by(Unit.block)
    )
    return tuple(found)


def _moved_day(day: date, by: int) -> date:
    if (day.month, day.day) == (2, 29):
        day = date(day.year, 2, 28)
    moved = day.replace(year=day.year + by)
    is_month_end = (day.month, day.day) == (2, 28) and day == _february_end(day.year)
    return _february_end(moved.year) if is_month_end else moved


def _february_end(year: int) -> date:
    return date.fromordinal(date(year, 3, 1).toordinal() - 1)


def _moved_milestone(milestone: MilestonePlan, by: int) -> MilestonePlan:
    return replace(
        milestone,
        title=_moved_texts(milestone.title, by),
        due_words={language: _every_year(words, by) for language, words in milestone.due_words.items()},
        due_on=_moved_day(milestone.due_on, by) if milestone.due_on else None,
    )


def _moved_texts(texts: Texts, by: int) -> Texts:
    """Years moved, but not those of full dates."""
    return {language: YEAR.sub(lambda found: _moved(found, by), words) for language, words in texts.items()}


def _moved(found: re.Match[str], by: int) -> str:
    dated, year = found.groups()
    return found.group() if dated else str(int(year) + by)


def _every_year(words: str, by: int) -> str:
    """Every year moved: what is due has no decisions in it."""
    return re.sub(r"(?<!\d)20\d\d(?!\d)", lambda found: str(int(found.group()) + by), words)


def blank_plan(code: str, city: str, title: Texts, year: int) -> RoundPlan:
    """A plan without units, groups, methods and milestones."""
    nothing: Texts = {"vi": "", "en": ""}
    return RoundPlan(
        code=code,
        city=city,
        title=title,
        asked_by=nothing,
        contact=nothing,
        legal_basis=nothing,
        results_when=nothing,
        opens_on=date(year, 11, 1),
        closes_on=date(year, 12, 31),
        blocks=(),
        methods=(),
        groups=(),
    )
