"""Reading past years: rounds that were held elsewhere, their numbers, and rounds that were scored here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import pandas as pd
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from survey_app.models.accounts import Account
from survey_app.models.history import EarlierResult, EarlierRound, ScoreRun
from survey_app.models.jobs import StoredFile
from survey_app.models.rounds import Purpose, SurveyRound

YEAR = re.compile(r"[-_ ]?(?:19|20)\d\d(?!\d)")


class UnknownEarlierRound(LookupError):
    """There is no earlier round of this number."""


@dataclass(frozen=True, slots=True)
class EarlierShown:
    """An earlier round as it is shown."""

    id: int
    city: str
    programme: str
    year: int
    title: str
    source_note: str
    method_note: str
    scale_max: float | None
    imported_on: date
    imported_by: str
    n_results: int
    n_units: int
    criteria: tuple[str, ...]
    n_with_se: int
    ballots_file_id: UUID | None
    ballots_name: str


def programme_key(programme: str) -> str:
    """A programme without its year: rounds of ``hanoi-2026-so`` and ``hanoi-2027-so`` are one series."""
    return YEAR.sub("", programme).strip().casefold()


def earlier_round(session: Session, city: str, programme: str, year: int) -> EarlierRound | None:
    """The round of this city, programme and year, if it was imported; the year in a programme's name is no part."""
    found = session.scalars(select(EarlierRound).where(EarlierRound.city == city, EarlierRound.year == year))
    return next((row for row in found if programme_key(row.programme) == programme_key(programme)), None)


def earlier_row(session: Session, earlier_id: int) -> EarlierRound:
    """The row of an earlier round."""
    found = session.get(EarlierRound, earlier_id)
    if found is None:
        raise UnknownEarlierRound(str(earlier_id))
    return found


def earlier_shown(session: Session, earlier_id: int) -> EarlierShown:
    """An earlier round with what was imported of it."""
    row = earlier_row(session, earlier_id)
    results = results_of_earlier(session, row.id)
    account = session.get(Account, row.imported_by) if row.imported_by else None
    stored = session.get(StoredFile, row.ballots_file_id) if row.ballots_file_id else None
    kept = stored if stored is not None and stored.destroyed_on is None else None
    return EarlierShown(
        **{
            name: getattr(row, name)
            for name in EarlierShown.__annotations__
            if hasattr(row, name) and name not in {"imported_by", "ballots_file_id"}
        },
        imported_by=account.display_name if account else "",
        n_results=len(results),
        n_units=len({result.unit_code for result in results}),
        criteria=tuple(sorted({result.criterion for result in results})),
        n_with_se=sum(result.se is not None for result in results),
        ballots_file_id=kept.id if kept else None,
        ballots_name=kept.name if kept else "",
    )


def results_of_earlier(session: Session, earlier_id: int) -> Sequence[EarlierResult]:
    """The numbers of an earlier round by unit and criterion."""
    statement = select(EarlierResult).where(EarlierResult.earlier_round_id == earlier_id)
    return session.scalars(statement.order_by(EarlierResult.unit_code, EarlierResult.criterion)).all()


def select_results(earlier_id: int) -> Select[Any]:
    """A statement for a listing of an earlier round's numbers."""
    return select(EarlierResult).where(EarlierResult.earlier_round_id == earlier_id)


def select_earlier() -> Select[Any]:
    """A statement for a listing of the earlier rounds."""
    return select(EarlierRound)


def n_units_of_earlier() -> ColumnElement[int]:
    """How many units an earlier round has numbers of; a column for a listing."""
    units = func.count(func.distinct(EarlierResult.unit_code))
    return (
        select(units).where(EarlierResult.earlier_round_id == EarlierRound.id).correlate(EarlierRound).scalar_subquery()
    )


def earlier_years(session: Session, city: str, programme: str) -> list[EarlierRound]:
    """The earlier rounds of a programme in a city by year."""
    found = session.scalars(select(EarlierRound).where(EarlierRound.city == city).order_by(EarlierRound.year))
    return [row for row in found if programme_key(row.programme) == programme_key(programme)]


def scored_rounds(session: Session, city: str, programme: str) -> list[tuple[SurveyRound, ScoreRun]]:
    """The real rounds of a programme that were scored here, each with its newest results, by the day of opening."""
    newest = select(func.max(ScoreRun.id)).group_by(ScoreRun.survey_round_id)
    found = session.execute(
        select(SurveyRound, ScoreRun)
        .join(ScoreRun, ScoreRun.survey_round_id == SurveyRound.id)
        .where(
            ScoreRun.id.in_(newest),
            SurveyRound.city == city,
            SurveyRound.purpose == Purpose.REAL,
            SurveyRound.scored_on.is_not(None),
        )
        .order_by(SurveyRound.opens_on, SurveyRound.id)
    )
    return [(row, run) for row, run in found if programme_key(row.programme) == programme_key(programme)]


def programmes_by_city(session: Session) -> Mapping[str, dict[str, str]]:
    """What has trends to be drawn: city -> key of a programme -> the name of its newest round."""
    found: dict[str, dict[str, str]] = {}
    imported = select(EarlierRound.city, EarlierRound.programme, EarlierRound.year).order_by(EarlierRound.year)
    for city, programme, _year in session.execute(imported):
        found.setdefault(city, {})[programme_key(programme)] = programme
    scored = select(SurveyRound.city, SurveyRound.programme).where(
        SurveyRound.purpose == Purpose.REAL, SurveyRound.scored_on.is_not(None), SurveyRound.programme != ""
    )
    for city, programme in session.execute(scored.order_by(SurveyRound.opens_on)):
        found.setdefault(city, {})[programme_key(programme)] = programme
    return found


def known_programmes(session: Session) -> set[str]:
    """The programmes of rounds, held here or earlier."""
    here = session.scalars(select(SurveyRound.programme).where(SurveyRound.programme != "").distinct())
    return {*here, *session.scalars(select(EarlierRound.programme).distinct())}


def values_frame(results: Sequence[EarlierResult], criterion: str) -> pd.DataFrame:
    """The numbers of one criterion for ``carry_over``: old_code, name, value, se, n."""
    rows = [(r.unit_code, r.unit_name, r.value, r.se, r.n) for r in results if r.criterion == criterion]
    frame = pd.DataFrame(rows, columns=["old_code", "name", "value", "se", "n"])
    return frame.astype({"old_code": "str", "name": "str", "value": "float64", "se": "float64", "n": "float64"})
