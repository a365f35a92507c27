"""Lists of units: what a list would change is shown first, and exactly that is done, or nothing.

A code stays with its unit. What older rounds say of a unit (name, type, block) stands once a round that assesses it
was opened; what it has in people may always be brought up to date.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, fields

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey_app.models.units import Unit
from survey_app.queries.units import codes_spoken_of, units_of_city

NEEDED = ("name", "unit_type", "block")  # of a new unit
FIXED = frozenset(NEEDED)  # once a round that assesses the unit was opened


class UnitsMoved(ValueError):
    """The units are not any more as they were when the change was shown."""


class UnitInUse(ValueError):
    """A round, a crosswalk or an account speaks of the unit: it cannot be removed."""


class UnitsFixed(ValueError):
    """A list changes the name, type or block of units that opened rounds speak of."""

    def __init__(self, faults: Collection[tuple[str, str]]) -> None:
        self.faults = tuple(faults)  # (code, field)
        super().__init__(", ".join(f"{code}: {name}" for code, name in self.faults))


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A line of a list of units. None: the list says nothing of it, what is known stays."""

    code: str
    name: str | None = None
    unit_type: str | None = None
    block: str | None = None
    population: int | None = None
    population_source: str | None = None
    source_note: str | None = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    field: str
    old: str | int | None
    new: str | int | None


@dataclass(frozen=True, slots=True)
class UnitDifference:
    """What a list says differently of a unit that is known."""

    code: str
    name: str
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class UnitsPlan:
    """What a list of units would do. ``digest`` names this very change of these very units."""

    city: str
    new: tuple[UnitLine, ...]
    changed: tuple[UnitDifference, ...]
    n_unchanged: int
    missing: tuple[tuple[str, str], ...]  # (code, name) of known units that are not on the list: they stay
    digest: str

    @property
    def is_empty(self) -> bool:
        return not (self.new or self.changed)


def plan_units(session: Session, city: str, lines: Sequence[UnitLine]) -> UnitsPlan:
    """What the list would do to the units of the city; refuses what it may not do.

    Raises
    ------
    UnitsFixed
        The list changes what opened rounds say of a unit.
    """
    known = units_of_city(session, city)
    new = tuple(line for line in lines if line.code not in known)
    compared = [_difference(known[line.code], line) for line in lines if line.code in known]
    changed = tuple(difference for difference in compared if difference.changes)
    _require_free(session, city, changed)
    listed = {line.code for line in lines}
    missing = tuple((unit.code, unit.name) for unit in known.values() if unit.code not in listed)
    return UnitsPlan(
        city=city,
        new=new,
        changed=changed,
        n_unchanged=len(compared) - len(changed),
        missing=missing,
        digest=_digest(city, lines, known.values()),
    )


def apply_units(session: Session, city: str, lines: Sequence[UnitLine], digest: str) -> UnitsPlan:
    """Do what was shown under this digest; nothing if the list or the units are others by now."""
    plan = plan_units(session, city, lines)
    if plan.digest != digest:
        raise UnitsMoved(city)
    known = units_of_city(session, city)
    for difference in plan.changed:
        for change in difference.changes:
            setattr(known[difference.code], change.field, change.new)
    session.add_all(_unit(city, line) for line in plan.new)
    try:
        session.flush()
    except IntegrityError:  # somebody else added the same code in this moment
        raise UnitsMoved(city) from None
    return plan


def remove_unit(session: Session, city: str, code: str) -> None:
    """Forget a unit that nothing speaks of yet, such as one that was imported by mistake."""
    session.delete(units_of_city(session, city)[code])
    try:
        session.flush()
    except IntegrityError:
        raise UnitInUse(code) from None


def _unit(city: str, line: UnitLine) -> Unit:
    texts = {name: getattr(line, name) or "" for name in (*NEEDED, "population_source", "source_note")}
    return Unit(city=city, code=line.code, population=line.population, **texts)


def _difference(unit: Unit, line: UnitLine) -> UnitDifference:
    said = {name: value for name, value in asdict(line).items() if value is not None and name != "code"}
    changes = tuple(
        FieldChange(name, getattr(unit, name), value) for name, value in said.items() if getattr(unit, name) != value
    )
    return UnitDifference(unit.code, unit.name, changes)


def _require_free(session: Session, city: str, changed: Sequence[UnitDifference]) -> None:
    spoken_of = codes_spoken_of(session, city)
    faults = [
        (difference.code, change.field)
        for difference in changed
        for change in difference.changes
        if change.field in FIXED and difference.code in spoken_of
    ]
    if faults:
        raise UnitsFixed(faults)


def _digest(city: str, lines: Sequence[UnitLine], known: Collection[Unit]) -> str:
    """The SHA-256 of the list and of the units as they are."""
    names = [field.name for field in fields(UnitLine)]
    state = [tuple(getattr(unit, name) for name in names) for unit in known]
    listed = [tuple(getattr(line, name) for name in names) for line in lines]
    return hashlib.sha256(repr((city, listed, sorted(state, key=repr))).encode()).hexdigest()
