"""Reading units, their use in rounds, and what became of earlier units."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from survey_app.models.rounds import RoundUnit, Status, SurveyRound
from survey_app.models.units import Unit, UnitChange


@dataclass(frozen=True, slots=True)
class CityCount:
    """The units of a city; ``population`` of those whose population is known."""

    city: str
    n_units: int
    n_without_population: int
    population: int


def cities_with_units(session: Session) -> list[CityCount]:
    """Every city that has units, by name."""
    found = session.execute(
        select(Unit.city, func.count(), func.count(Unit.population), func.coalesce(func.sum(Unit.population), 0))
        .group_by(Unit.city)
        .order_by(Unit.city)
    )
    return [CityCount(city, n, n - n_known, int(population or 0)) for city, n, n_known, population in found]


def units_of_city(session: Session, city: str) -> dict[str, Unit]:
    """The units of a city by code, in the order in which they were added."""
    return {unit.code: unit for unit in session.scalars(select(Unit).where(Unit.city == city).order_by(Unit.id))}


def select_units(city: str) -> Select[Any]:
    """A statement for a listing of the units of a city."""
    return select(Unit).where(Unit.city == city)


def n_rounds_of_unit() -> ColumnElement[int]:
    """In how many rounds a unit is assessed; a column for a listing of units."""
    return select(func.count()).where(RoundUnit.unit_id == Unit.id).correlate(Unit).scalar_subquery()


def codes_spoken_of(session: Session, city: str) -> set[str]:
    """The codes of the units that a round which is open or closed assesses: what they are called stands."""
    found = (
        select(Unit.code)
        .join(RoundUnit, RoundUnit.unit_id == Unit.id)
        .join(SurveyRound, SurveyRound.id == RoundUnit.survey_round_id)
        .where(Unit.city == city, SurveyRound.status != Status.DRAFT)
    )
    return set(session.scalars(found))


def blocks_and_types(session: Session) -> tuple[set[str], set[str]]:
    """The blocks and the types of unit that are in use."""
    return set(session.scalars(select(Unit.block).distinct())), set(session.scalars(select(Unit.unit_type).distinct()))


def select_changes(city: str) -> Select[Any]:
    """A statement for a listing of a city's crosswalk."""
    return select(UnitChange).join(Unit, Unit.id == UnitChange.new_unit_id).where(UnitChange.city == city)


def changes_of_city(session: Session, city: str) -> list[tuple[UnitChange, str]]:
    """The crosswalk of a city, each row with the code of the unit of today, in order of day and earlier code."""
    found = session.execute(
        select(UnitChange, Unit.code)
        .join(Unit, Unit.id == UnitChange.new_unit_id)
        .where(UnitChange.city == city)
        .order_by(UnitChange.effective_on, UnitChange.old_code, Unit.code)
    )
    return [(change, code) for change, code in found]


def changes_frame(
    session: Session, city: str, after: date | None = None, old_codes: Collection[str] | None = None
) -> pd.DataFrame:
    """The crosswalk for ``carry_over``: old_code, new_code, share, old_population, effective_on.

    after: only changes that took effect later than this day, that of the results to be carried over.
    """
    rows = [
        (change.old_code, code, change.share, change.old_population, change.effective_on)
        for change, code in changes_of_city(session, city)
        if (after is None or change.effective_on > after) and (old_codes is None or change.old_code in old_codes)
    ]
    frame = pd.DataFrame(rows, columns=["old_code", "new_code", "share", "old_population", "effective_on"])
    return frame.astype({"old_code": "str", "new_code": "str", "share": "float64", "old_population": "float64"})
