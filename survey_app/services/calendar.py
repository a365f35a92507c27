"""Working days: the law's holidays, and the days that each year's decision swaps.

The law (Bộ luật Lao động, Điều 112) and the swaps known so far come with the package ``holidays``; what a decision says
otherwise is kept as ``CalendarDay`` and passed in as ``decided``: day -> whether it is worked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType

import holidays
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.models.calendar import CalendarDay

SATURDAY = 5
LANGUAGES = {"vi": "vi", "en": "en_US"}
FIRST_YEAR, LAST_YEAR = 2000, 2100  # what the calendar is asked for
AS_THE_LAW_SAYS: Mapping[date, bool] = MappingProxyType({})


class NotOnCalendar(ValueError):
    """Nothing was decided about this day, so nothing can be taken back."""


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day that is not what its place in the week makes it, and who says so."""

    day: date
    is_working: bool
    name: str
    source: str  # empty: the law
    is_decided: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """What a yearly decision says of one day."""

    day: date
    is_working: bool
    name: str
    source: str


@cache
def _law(year: int, language: str = "vi") -> holidays.HolidayBase:
    return holidays.country_holidays("VN", years=year, language=language, expand=False)


def is_working(day: date, decided: Mapping[date, bool] = AS_THE_LAW_SAYS) -> bool:
    """Whether offices work on this day."""
    if day in decided:
        return decided[day]
    law = _law(day.year)
    return day not in law and (day.weekday() < SATURDAY or day in law.weekend_workdays)


def add_working_days(day: date, n: int, decided: Mapping[date, bool] = AS_THE_LAW_SAYS) -> date:
    """The n-th working day after a day (before it, if n is negative); the day itself if n is 0."""
    step = timedelta(days=1 if n > 0 else -1)
    for _working_day in range(abs(n)):
        day += step
        while not is_working(day, decided):
            day += step
    return day


def working_days_between(start: date, end: date, decided: Mapping[date, bool] = AS_THE_LAW_SAYS) -> int:
    """Working days after ``start`` up to ``end``, that day included; negative if it is past.

    ``working_days_between(day, add_working_days(day, n)) == n``.
    """
    first, last, sign = (start, end, 1) if start <= end else (end, start, -1)
    days = range(1, (last - first).days + 1) if sign == 1 else range((last - first).days)
    return sign * sum(is_working(first + timedelta(days=n), decided) for n in days)


def working_days_of_month(year: int, month: int, decided: Mapping[date, bool] = AS_THE_LAW_SAYS) -> int:
    """How many working days a month has."""
    first = date(year, month, 1)
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return working_days_between(first - timedelta(days=1), last, decided)


def special_days(year: int, decisions: Iterable[CalendarDay], language: str = "vi") -> list[SpecialDay]:
    """The holidays of a year, the rest days that are worked, and what was decided of them, in order.

    language: of the holidays' names. The law has no name for a rest day that is worked.
    """
    law = _law(year, LANGUAGES[language])
    found = {
        day: SpecialDay(day, is_working=False, name=name, source="", is_decided=False) for day, name in law.items()
    }
    for day in law.weekend_workdays:
        if day.year == year:
            found[day] = SpecialDay(day, is_working=True, name="", source="", is_decided=False)
    for row in decisions:
        if row.day.year == year:
            found[row.day] = SpecialDay(row.day, row.is_working, row.name, row.source, is_decided=True)
    return [found[day] for day in sorted(found)]


def decisions_of(session: Session) -> list[CalendarDay]:
    """Every day about which something was decided, in order."""
    return list(session.scalars(select(CalendarDay).order_by(CalendarDay.day)))


def decided_days(session: Session) -> dict[date, bool]:
    """What was decided, as the functions above take it."""
    return {row.day: row.is_working for row in decisions_of(session)}


def decide(session: Session, decisions: Iterable[Decision]) -> int:
    """Note decisions; one about a day that has one takes its place. How many were noted."""
    n = 0
    for decision in decisions:
        row = session.get(CalendarDay, decision.day) or CalendarDay(day=decision.day)
        row.is_working, row.name, row.source = decision.is_working, decision.name, decision.source
        session.add(row)
        n += 1
    session.flush()
    return n


def take_back(session: Session, day: date) -> None:
    """Forget a decision: the day is what the law makes it."""
    row = session.get(CalendarDay, day)
    if row is None:
        raise NotOnCalendar(str(day))
    session.delete(row)
    session.flush()
