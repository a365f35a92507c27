"""Making rounds and publishing questionnaires."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.checking import check
from instruments.faults import InstrumentErrors
from instruments.xlsform import parse_yaml
from scoring.checking import check_fed
from scoring.faults import MethodError
from scoring.loading import parse_method
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
from survey_app.services.milestones import MilestonePlan, add_milestones

UNIT_FIELDS = {  # column of a list of units -> field
    "unit_code": "code",
    "name": "name",
    "unit_type": "unit_type",
    "block": "block",
    "source_note": "source_note",
}


class RoundExists(ValueError):
    """A round with this code is there already."""


class UnitsMissing(ValueError):
    """The city has no units in a block that the round assesses."""


class UnitsDiffer(ValueError):
    """A list of units says something else of a unit than what is known of it."""


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """A respondent group as a round definition describes it; ``instrument`` is the YAML text to publish."""

    code: str
    title: Texts
    mode: Mode
    rating_scope: RatingScope
    instrument: str
    booklet_size: int = 0
    anonymous: bool = True
    target_ballots: int | None = None


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
    methods: tuple[str, ...]  # YAML texts, in the order they are applied
    groups: tuple[GroupPlan, ...]
    purpose: Purpose = Purpose.REAL
    min_cell: int = 10
    programme: str = ""  # the template it was made from
    milestones: tuple[MilestonePlan, ...] = ()


def add_units(session: Session, city: str, units: pd.DataFrame) -> int:
    """Add those units of a city that are not there yet; how many were added.

    units: columns unit_code, name, unit_type, block, source_note, all text. A unit that is there under another name or
    in another block is refused: older rounds speak of it.
    """
    known = {unit.code: unit for unit in session.scalars(select(Unit).where(Unit.city == city))}
    cells = units[list(UNIT_FIELDS)].itertuples(index=False, name=None)
    rows = [Unit(city=city, **dict(zip(UNIT_FIELDS.values(), row, strict=True))) for row in cells]
    changed = [row.code for row in rows if row.code in known and _differs(row, known[row.code])]
    if changed:
        raise UnitsDiffer(f"{city}: {', '.join(changed)}")
    new = [row for row in rows if row.code not in known]
    session.add_all(new)
    session.flush()
    return len(new)


def _differs(unit: Unit, known: Unit) -> bool:
    return (unit.name, unit.unit_type, unit.block) != (known.name, known.unit_type, known.block)


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
        **{name: getattr(plan, name) for name in (*fields, "purpose", "min_cell", "programme")},
        methods=list(plan.methods),
    )
    session.add(survey_round)
    session.flush()
    n_units = _add_round_units(session, survey_round, plan.blocks)
    require_sound(plan, n_units)
    for position, group in enumerate(plan.groups):
        _add_group(session, survey_round, position, group, today)
    add_milestones(session, survey_round, plan.milestones)
    session.flush()
    return survey_round


def require_sound(plan: RoundPlan, n_units: int) -> None:
    """Refuse a round whose questionnaires have faults, or do not feed its scoring methods.

    After the close it would be too late: nobody can be asked again.
    """
    forms = {group.code: parse_yaml(group.instrument, group.code) for group in plan.groups}
    for group in plan.groups:
        rated = _most_units(group, n_units)
        faults = check(forms[group.code], anonymous=group.mode == Mode.PERSONAL_LINK, n_units=rated)
        errors = [fault for fault in faults if fault.is_error]
        if errors:
            raise InstrumentErrors(f"{group.code} ({forms[group.code].form_id})", errors)
    unfed = [fault for text in plan.methods for fault in check_fed(parse_method(text), forms)]
    if unfed:
        raise MethodError(unfed)


def _most_units(group: GroupPlan, n_units: int) -> int:
    """How many units somebody of the group rates at most."""
    if group.rating_scope == RatingScope.BOOKLET:
        return min(group.booklet_size, n_units)
    return 1 if group.rating_scope == RatingScope.OWN else n_units


def _add_round_units(session: Session, survey_round: SurveyRound, blocks: tuple[str, ...]) -> int:
    in_blocks = (Unit.city == survey_round.city, Unit.block.in_(blocks))
    found = session.execute(select(Unit.id, Unit.block).where(*in_blocks)).all()
    empty = sorted(set(blocks) - {block for _id, block in found})
    if empty:
        raise UnitsMissing(f"{survey_round.city}: {', '.join(empty)}")
    session.add_all(RoundUnit(survey_round_id=survey_round.id, unit_id=unit_id) for unit_id, _block in found)
    return len(found)


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
            anonymous=group.anonymous,
            target_ballots=group.target_ballots,
        )
    )
