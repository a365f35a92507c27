"""Past years: numbers that others published are planned, shown, and taken over as shown, or not at all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from survey_app.models.base import Facts
from survey_app.models.designs import ColumnMapping
from survey_app.models.history import EarlierResult, EarlierRound
from survey_app.queries.earlier import earlier_round, earlier_row, results_of_earlier
from survey_app.queries.units import changes_of_city, units_of_city
from survey_app.services.files import FileStore, destroy_file
from survey_app.uploads import heading_key

TYPE_WORDS = re.compile(r"^(phuong|xa|thitran|dackhu|so|quan|huyen|thixa|tinh|thanhpho|tp)(?=\w\w)")
MAPPING_KIND = "earlier results"


class EarlierRefused(ValueError):
    """A past year cannot be taken over; ``code`` says why."""

    def __init__(self, code: str, **params: object) -> None:
        self.code, self.params = code, params
        super().__init__(f"{code} {params}")


class EarlierMoved(ValueError):
    """What is kept is no longer what was previewed."""


@dataclass(frozen=True, slots=True)
class EarlierFacts:
    """Which round of which year it was, and where its numbers come from."""

    city: str
    programme: str
    year: int
    title: str
    source_note: str
    method_note: str = ""
    scale_max: float | None = 100.0


@dataclass(frozen=True, slots=True)
class ResultLine:
    """A number of a unit; ``criterion`` empty: the index itself."""

    unit_code: str
    unit_name: str
    criterion: str
    value: float
    se: float | None = None
    n: int | None = None


@dataclass(frozen=True, slots=True)
class ResultsPlan:
    """What a table of numbers would do to what is kept of that year."""

    facts: EarlierFacts
    lines: tuple[ResultLine, ...]
    new: tuple[ResultLine, ...]
    changed: tuple[tuple[ResultLine, ResultLine], ...]  # as it is, as it would be
    n_unchanged: int
    is_known: bool  # something of this year is kept already
    digest: str


def plan_results(session: Session, facts: EarlierFacts, lines: Sequence[ResultLine]) -> ResultsPlan:
    """What the numbers would do; numbers of the year that are not among them stay.

    :raise EarlierRefused: the year is kept on another scale.
    """
    row = earlier_round(session, facts.city, facts.programme, facts.year)
    if row is not None and row.scale_max != facts.scale_max:
        raise EarlierRefused("scale_differs", year=facts.year, scale=row.scale_max)
    known = _kept(session, row)
    pairs = [(known.get((line.unit_code, line.criterion)), line) for line in lines]
    return ResultsPlan(
        facts=facts,
        lines=tuple(lines),
        new=tuple(line for old, line in pairs if old is None),
        changed=tuple((old, line) for old, line in pairs if old is not None and old != line),
        n_unchanged=sum(old == line for old, line in pairs),
        is_known=row is not None,
        digest=_digest(facts, lines, known.values()),
    )


def apply_results(
    session: Session,
    facts: EarlierFacts,
    lines: Sequence[ResultLine],
    digest: str | None,
    *,
    today: date,
    account_id: int | None,
) -> tuple[EarlierRound, ResultsPlan]:
    """Take over the numbers that were shown under this digest, all or none of them; None: they were not shown."""
    plan = plan_results(session, facts, lines)
    if digest is not None and plan.digest != digest:
        raise EarlierMoved(facts.title)
    row = _described(session, facts, today, account_id)
    known = {(result.unit_code, result.criterion): result for result in results_of_earlier(session, row.id)}
    for line in lines:
        result = known.get((line.unit_code, line.criterion))
        if result is None:
            session.add(EarlierResult(earlier_round_id=row.id, **asdict(line)))
        else:
            result.unit_name, result.value, result.se, result.n = line.unit_name, line.value, line.se, line.n
    session.flush()
    return row, plan


def remove_earlier(session: Session, files: FileStore, earlier_id: int, today: date) -> EarlierFacts:
    """Forget a past year: its numbers, and its ballots if there are any."""
    row = earlier_row(session, earlier_id)
    facts = facts_of(row)
    file_id = row.ballots_file_id
    session.execute(delete(EarlierResult).where(EarlierResult.earlier_round_id == earlier_id))
    session.delete(row)
    session.flush()
    if file_id is not None:
        destroy_file(session, files, file_id, today)
    return facts


def facts_of(row: EarlierRound) -> EarlierFacts:
    """What is known of an earlier round."""
    return EarlierFacts(**{name: getattr(row, name) for name in EarlierFacts.__annotations__})


def _described(session: Session, facts: EarlierFacts, today: date, account_id: int | None) -> EarlierRound:
    row = earlier_round(session, facts.city, facts.programme, facts.year)
    if row is None:
        row = EarlierRound(**asdict(facts), imported_on=today, imported_by=account_id)
        session.add(row)
    for name in ("title", "source_note", "method_note"):
        setattr(row, name, getattr(facts, name))
    row.imported_on, row.imported_by = today, account_id
    session.flush()
    return row


def _kept(session: Session, row: EarlierRound | None) -> dict[tuple[str, str], ResultLine]:
    found = results_of_earlier(session, row.id) if row is not None else []
    lines = [ResultLine(**{name: getattr(r, name) for name in ResultLine.__annotations__}) for r in found]
    return {(line.unit_code, line.criterion): line for line in lines}


def _digest(facts: EarlierFacts, lines: Sequence[ResultLine], known: Iterable[ResultLine]) -> str:
    return hashlib.sha256(repr((facts, list(lines), list(known))).encode()).hexdigest()


# --- which unit is meant ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Meant:
    """The unit that a cell means: by its code, by its name, or nobody's that is known (its code is then its name)."""

    code: str
    name: str
    is_known: bool


class AmbiguousUnit(ValueError):
    """A name that several units bear or bore."""

    def __init__(self, codes: Sequence[str]) -> None:
        self.codes = codes
        super().__init__(", ".join(codes))


@dataclass(frozen=True, slots=True)
class KnownUnits:
    """The units of a city, today's and earlier ones, as they are looked up for a past year."""

    names: Mapping[str, str]  # code -> name
    by_name: tuple[Mapping[str, frozenset[str]], ...]  # name -> codes: first those of that time

    def meant(self, code: str, name: str) -> Meant:
        """The unit of a code, or where there is none, of a name.

        :raise AmbiguousUnit: several units have the name.
        """
        if code:
            return Meant(code, name or self.names.get(code, code), code in self.names)
        keys = (heading_key(name), _bare(name))
        for of_time in self.by_name:
            for key in keys:
                found = of_time.get(key, frozenset())
                if len(found) > 1:
                    raise AmbiguousUnit(sorted(found))
                if found:
                    return Meant(next(iter(found)), name, is_known=True)
        return Meant(name, name, is_known=False)

    def has_name(self, name: str) -> bool:
        """Whether a unit bears or bore the name."""
        keys = {heading_key(name), _bare(name)}
        return any(not keys.isdisjoint(of_time) for of_time in self.by_name)


def known_units(session: Session, city: str, year: int) -> KnownUnits:
    """The units that a table of that year can speak of: those that changed later under their earlier codes first."""
    today = {code: unit.name for code, unit in units_of_city(session, city).items()}
    changes = [(row.old_code, row.old_name, row.effective_on.year) for row, _code in changes_of_city(session, city)]
    later = [(code, name) for code, name, when in changes if when > year]
    same = [(code, name) for code, name, when in changes if when == year]
    before = [(code, name) for code, name, when in changes if when < year]
    of_time = (later, [*today.items(), *same], before)
    return KnownUnits(
        names={code: name for code, name, _when in changes} | today,
        by_name=tuple(map(_by_name, of_time)),
    )


def _by_name(units: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """Codes by the name of the unit, with the word for its kind and without."""
    found: dict[str, set[str]] = {}
    for code, name in units:
        for key in {heading_key(name), _bare(name)}:
            found.setdefault(key, set()).add(code)
    return {key: frozenset(codes) for key, codes in found.items()}


def _bare(name: str) -> str:
    return TYPE_WORDS.sub("", heading_key(name))


# --- what columns mean -----------------------------------------------------------------------------------------------


def remembered_columns(session: Session, headings: Sequence[str], kind: str = MAPPING_KIND) -> Facts | None:
    """What these columns meant the last time, or None."""
    found = session.scalar(_mapping_of(headings, kind))
    return dict(found.mapping) if found else None


def remember_columns(
    session: Session, headings: Sequence[str], mapping: Facts, today: date, kind: str = MAPPING_KIND
) -> None:
    """Keep what these columns mean for the next file with the same header."""
    found = session.scalar(_mapping_of(headings, kind))
    found = found or ColumnMapping(kind=kind, header_sha256=_header_sha256(headings))
    found.mapping, found.used_on = dict(mapping), today
    session.add(found)
    session.flush()


def _mapping_of(headings: Sequence[str], kind: str) -> Any:
    return select(ColumnMapping).where(
        ColumnMapping.kind == kind, ColumnMapping.header_sha256 == _header_sha256(headings)
    )


def _header_sha256(headings: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(headings).encode()).hexdigest()
