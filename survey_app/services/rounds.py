"""Making rounds and publishing questionnaires."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.xlsform import parse_yaml
from survey_app.models.base import Texts
from survey_app.models.rounds import (
    InstrumentVersion,
    Mode,
    Purpose,
    RatingScope,
    RespondentGroup,
    RoundUnit,
    SurveyRound,
)
from survey_app.models.units import Unit


class RoundExists(ValueError):
    """A round with this code is there already."""


class UnitsMissing(ValueError):
    """The city has no units in the blocks that the round assesses."""


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """A respondent group as a round definition describes it; ``instrument`` is the YAML text to publish."""

    code: str
    title: Texts
    mode: Mode
    rating_scope: RatingScope
    instrument: str
    booklet_size: int = 0


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """A round as its definition file describes it."""

    code: str
    city: str
    title: Texts
    asked_by: Texts
    contact: Texts
    legal_basis: Texts
    results_when: Texts
    opens_on: date
    closes_on: date
    blocks: tuple[str, ...]
    methods: tuple[str, ...]
    groups: tuple[GroupPlan, ...]
    purpose: Purpose = Purpose.REAL
    min_cell: int = 10


def add_units(session: Session, city: str, units: pd.DataFrame) -> int:
    """Add those units of a city that are not there yet; how many were added.

    units: columns unit_code, name, unit_type, block, source_note, all text.
    """
    known = set(session.scalars(select(Unit.code).where(Unit.city == city)))
    new = units[~units["unit_code"].isin(known)]
    session.add_all(
        Unit(
            city=city,
            code=row.unit_code,
            name=row.name,
            unit_type=row.unit_type,
            block=row.block,
            source_note=row.source_note,
        )
        for row in new.itertuples(index=False)
    )
    session.flush()
    return len(new)


def publish_instrument(session: Session, source: str, today: date) -> InstrumentVersion:
    """The frozen version with exactly this text, made now if it is new."""
    sha256 = hashlib.sha256(source.encode()).hexdigest()
    published = session.scalar(select(InstrumentVersion).where(InstrumentVersion.sha256 == sha256))
    if published is None:
        form = parse_yaml(source, "instrument")
        published = InstrumentVersion(
            form_id=form.form_id, version=form.version, sha256=sha256, source=source, published_on=today
        )
        session.add(published)
        session.flush()
    return published


def create_round(session: Session, plan: RoundPlan, today: date) -> SurveyRound:
    """A round in draft with its units, groups and published questionnaires."""
    if session.scalar(select(SurveyRound.id).where(SurveyRound.code == plan.code)):
        raise RoundExists(plan.code)
    fields = (
        "code",
        "city",
        "title",
        "asked_by",
        "contact",
        "legal_basis",
        "results_when",
        "opens_on",
        "closes_on",
    )
    survey_round = SurveyRound(
        **{name: getattr(plan, name) for name in (*fields, "purpose", "min_cell")},
        methods=list(plan.methods),
    )
    session.add(survey_round)
    session.flush()
    _add_round_units(session, survey_round, plan.blocks)
    for position, group in enumerate(plan.groups):
        _add_group(session, survey_round, position, group, today)
    session.flush()
    return survey_round


def _add_round_units(session: Session, survey_round: SurveyRound, blocks: tuple[str, ...]) -> None:
    found = session.scalars(select(Unit.id).where(Unit.city == survey_round.city, Unit.block.in_(blocks))).all()
    if not found:
        raise UnitsMissing(f"{survey_round.city}: no units in {', '.join(blocks)}; load the city's units first")
    session.add_all(RoundUnit(survey_round_id=survey_round.id, unit_id=unit_id) for unit_id in found)


def _add_group(session: Session, survey_round: SurveyRound, position: int, group: GroupPlan, today: date) -> None:
    session.add(
        RespondentGroup(
            survey_round_id=survey_round.id,
            code=group.code,
            position=position,
            title=group.title,
            mode=group.mode,
            rating_scope=group.rating_scope,
            booklet_size=group.booklet_size,
            instrument_version_id=publish_instrument(session, group.instrument, today).id,
        )
    )
