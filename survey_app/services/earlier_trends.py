"""Trends: what units reached year by year, earlier values carried over to the units of today, with their errors."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from analysis.intervals import mean_interval
from survey_app.models.history import EarlierRound, ScoreRun
from survey_app.models.rounds import SurveyRound
from survey_app.queries.earlier import (
    earlier_years,
    results_of_earlier,
    scored_rounds,
    values_frame,
)
from survey_app.queries.units import changes_frame, changes_of_city, units_of_city
from survey_app.services.unit_changes import carry_over

UP, DOWN, SAME, NO_ERROR = "up", "down", "same", "no_error"
NOT_COMPARABLE, PARTLY = "not_comparable", "partly"  # other scales; one of the years knows only parts of the unit
WHOLE = 0.999999  # of a unit's parts


@dataclass(frozen=True, slots=True)
class Year:
    """Where the numbers of a year come from."""

    year: int
    title: str
    source_note: str
    method_note: str
    scale_max: float | None
    round_code: str  # of a round that was scored here, else empty
    is_published: bool
    n_units: int  # with a number of this criterion, as the units were then
    n_carried: int  # units of today that got one
    has_errors: bool


@dataclass(frozen=True, slots=True)
class Point:
    """What a unit of today reached in a year, and how that differs from the year before."""

    value: float
    se: float | None
    low: float | None
    high: float | None
    n: float | None
    covered: float  # the part of its earlier units for which there was a number
    is_part: bool  # it took over only a part of an earlier unit, whose number it bears
    change: float | None = None  # None: no year before, or nothing to be compared with
    change_se: float | None = None
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class UnitTrend:
    """A unit of today through the years."""

    code: str
    name: str
    points: Mapping[int, Point]


@dataclass(frozen=True, slots=True)
class Trends:
    """All units of a city in one programme and criterion."""

    years: tuple[Year, ...]
    units: tuple[UnitTrend, ...]
    criteria: tuple[str, ...]  # of any year; "" is the index
    lacking: tuple[int, ...]  # years without this criterion
    doubled: tuple[int, ...]  # years that were scored here and imported: what was scored here is shown
    unplaced: tuple[tuple[int, str, str], ...]  # (year, code, name) of units that lead to none of today


@dataclass(frozen=True, slots=True)
class _Held:
    """The numbers of a year before they are carried over."""

    year: Year
    tables: Mapping[str, pd.DataFrame]  # criterion -> old_code, name, value, se, n
    after: date | None  # changes of units after this day are still to be applied; None: see _due_changes


def trends(
    session: Session, city: str, programme: str, criterion: str, may_see: Callable[[str], bool] = lambda _code: True
) -> Trends:
    """The years of a programme side by side. may_see: whether the scores of a round here may be shown."""
    imported = [_of_earlier(session, row) for row in earlier_years(session, city, programme)]
    scored = [_of_run(*found) for found in scored_rounds(session, city, programme) if may_see(found[0].code)]
    by_year = {held.year.year: held for held in imported}
    doubled = sorted({held.year.year for held in scored} & set(by_year))
    by_year |= {held.year.year: held for held in scored}
    held_years = [by_year[year] for year in sorted(by_year)]
    today = _units_of_today(session, city)
    carried = [(held, *_carried(session, city, held, criterion, today)) for held in held_years]
    with_numbers = [(held, table) for held, table, _lost in carried if len(table)]
    return Trends(
        years=tuple(_year(held, criterion, table) for held, table in with_numbers),
        units=tuple(_units(with_numbers, today)),
        criteria=tuple(sorted({name for held in held_years for name in held.tables})),
        lacking=tuple(held.year.year for held in held_years if criterion not in held.tables),
        doubled=tuple(doubled),
        unplaced=tuple((held.year.year, code, name) for held, _table, lost in carried for code, name in lost),
    )


def _units_of_today(session: Session, city: str) -> dict[str, str]:
    """Code -> name of the units that are not gone by the crosswalk."""
    changes = changes_of_city(session, city)
    gone = {row.old_code for row, _code in changes} - {code for _row, code in changes}
    return {code: unit.name for code, unit in units_of_city(session, city).items() if code not in gone}


def _of_earlier(session: Session, row: EarlierRound) -> _Held:
    results = results_of_earlier(session, row.id)
    tables = {name: values_frame(results, name) for name in {result.criterion for result in results}}
    year = Year(row.year, row.title, row.source_note, row.method_note, row.scale_max, "", True, 0, 0, False)
    return _Held(year, tables, None)


def _of_run(survey_round: SurveyRound, run: ScoreRun) -> _Held:
    """The kept results of a round: the index of its last method, its criteria, the indices of the methods before."""
    table = pd.read_csv(io.BytesIO(gzip.decompress(run.results)), dtype={"unit": "str", "criterion": "str"})
    methods = [f"{method['id']} {method['version']}" for method in run.inputs.get("methods", [])]
    ids = list(dict.fromkeys(table["method_id"]))
    tables: dict[str, pd.DataFrame] = {}
    for method_id in ids:
        own = table[table["method_id"] == method_id]
        units = own[own["level"] == "unit"]
        tables["" if method_id == ids[-1] else method_id] = _scored(units, units["index"], units["se"])
        if method_id == ids[-1]:
            rows = own[(own["level"] == "criterion") & own["criterion"].notna()]
            for code, part in rows.groupby("criterion"):
                tables[str(code)] = _scored(part, 100 * part["value"], 100 * part["se"])
    title = survey_round.title.get("vi", survey_round.code)
    published = survey_round.published_on is not None
    opened = survey_round.opens_on
    year = Year(opened.year, title, "", ", ".join(methods), 100.0, survey_round.code, published, 0, 0, False)
    return _Held(year, {name: held for name, held in tables.items() if len(held)}, opened)


def _scored(rows: pd.DataFrame, value: pd.Series, se: pd.Series) -> pd.DataFrame:
    columns = {"old_code": rows["unit"], "name": rows["unit"], "value": value, "se": se, "n": rows["n"]}
    found = pd.DataFrame(columns).dropna(subset=["value"]).astype(dict.fromkeys(("value", "se", "n"), "float64"))
    return found.drop_duplicates("old_code").reset_index(drop=True)


# --- to the units of today -------------------------------------------------------------------------------------------


def _carried(
    session: Session, city: str, held: _Held, criterion: str, today: Mapping[str, str]
) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
    """By unit of today value, se, n, covered, is_part; and the units that lead to none of today."""
    values = held.tables.get(criterion)
    if values is None:
        return pd.DataFrame(), []
    changes = _due_changes(session, city, held, set(values["old_code"]), set(today))
    table = carry_over(values, changes).set_index("new_code")
    reached = _reached(values["old_code"], changes)
    table["se"] = _errors(values, changes, reached)
    uncounted = set().union(*(reached[code] for code in values.loc[values["n"].isna(), "old_code"]))
    table["n"] = table["n"].mask(table.index.isin(list(uncounted)))
    parts = set(changes.loc[changes["share"] < WHOLE, "new_code"])
    table["is_part"] = [code in parts for code in table.index]
    table = table[table.index.isin(list(today)) & table["value"].notna()]
    names = zip(values["old_code"], values["name"], strict=True)
    return table, [(code, name) for code, name in names if not reached[code] & set(today)]


def _due_changes(session: Session, city: str, held: _Held, used: set[str], today: set[str]) -> pd.DataFrame:
    """The changes after a round. Of the round's own year they are due if its table names units that are gone since."""
    if held.after is not None:
        return changes_frame(session, city, after=held.after)
    year = held.year.year
    later = changes_frame(session, city, after=date(year, 12, 31))
    same = changes_frame(session, city, after=date(year - 1, 12, 31)).iloc[: -len(later) or None]
    names_gone_units = bool((used - today) & set(same["old_code"]))
    return changes_frame(session, city, after=date(year - 1, 12, 31)) if names_gone_units else later


def _reached(codes: Iterable[str], changes: pd.DataFrame) -> dict[str, set[str]]:
    """The units of today that each earlier unit went to."""
    found = {code: {code} for code in codes}
    for _day, step in changes.groupby("effective_on", sort=True):
        after = step.groupby("old_code")["new_code"].agg(set).to_dict()
        found = {code: set().union(*(after.get(unit, {unit}) for unit in units)) for code, units in found.items()}
    return found


def _errors(values: pd.DataFrame, changes: pd.DataFrame, reached: Mapping[str, set[str]]) -> pd.Series:
    """Standard errors of what was carried over, NaN where one of the parts has none.

    The value of a new unit is Σ a v over its parts, whose errors are independent: its variance is Σ a² se². Each a is
    read off ``carry_over`` itself, from values that are 1 for one part of a new unit and 0 for its others.
    """
    turn = _turns(values["old_code"], reached)
    probes = pd.concat(
        [
            values.assign(value=(values["old_code"].map(turn) == t).astype(float), turn=t)
            for t in range(max(turn.values()) + 1)
        ]
    )
    loads = carry_over(probes, changes, by=["turn"]).set_index(["new_code", "turn"])["value"]
    se = values.set_index("old_code")["se"]
    variance: dict[str, float] = {}
    for code, units in reached.items():
        for unit in units:
            load = float(loads.get((unit, turn[code]), 0.0))
            variance[unit] = variance.get(unit, 0.0) + (load * float(se[code])) ** 2
    return pd.Series(variance, dtype="float64") ** 0.5


def _turns(codes: Iterable[str], reached: Mapping[str, set[str]]) -> dict[str, int]:
    """A number for each earlier unit, such that no two that went to one new unit have the same."""
    taken: dict[str, set[int]] = {}
    found = {}
    for code in codes:
        used = set().union(*(taken.get(unit, set()) for unit in reached[code]))
        found[code] = next(number for number in range(len(used) + 1) if number not in used)
        for unit in reached[code]:
            taken.setdefault(unit, set()).add(found[code])
    return found


# --- from year to year -----------------------------------------------------------------------------------------------


def _year(held: _Held, criterion: str, table: pd.DataFrame) -> Year:
    kept = {name: getattr(held.year, name) for name in Year.__annotations__}
    counted = {"n_units": len(held.tables[criterion]), "n_carried": len(table)}
    return Year(**kept | counted | {"has_errors": bool(table["se"].notna().any())})


def _units(years: Sequence[tuple[_Held, pd.DataFrame]], today: Mapping[str, str]) -> Iterable[UnitTrend]:
    tables = [(held.year, table.to_dict("index")) for held, table in years]
    for code, name in today.items():
        points: dict[int, Point] = {}
        before: tuple[Year, Point] | None = None
        for year, rows in tables:
            if code in rows:
                point = _point(rows[code], None if before is None else before[1], _comparable(before, year))
                points[year.year] = point
                before = year, point
        if points:
            yield UnitTrend(code, name, points)


def _comparable(before: tuple[Year, Point] | None, year: Year) -> bool:
    """Whether two years are on one known scale."""
    return before is not None and before[0].scale_max is not None and before[0].scale_max == year.scale_max


def _point(row: Mapping[Any, Any], before: Point | None, comparable: bool) -> Point:
    value, se, n = float(row["value"]), _known(row["se"]), _known(row["n"])
    low, high = _interval(value, se)
    change, change_se, verdict = None, None, ""
    if before is not None and not comparable:
        verdict = NOT_COMPARABLE
    elif before is not None:
        change, verdict = value - before.value, NO_ERROR
        if min(before.covered, float(row["covered"])) < WHOLE:
            verdict = PARTLY
        elif se is not None and before.se is not None:
            change_se = float(np.hypot(se, before.se))
            least, most = _interval(change, change_se)
            verdict = UP if (least or 0) > 0 else DOWN if (most or 0) < 0 else SAME
    covered = min(1.0, float(row["covered"]))
    return Point(value, se, low, high, n, covered, bool(row["is_part"]), change, change_se, verdict)


def _interval(value: float, se: float | None) -> tuple[float | None, float | None]:
    """95 %, by the normal law: degrees of freedom of past years are not known."""
    if se is None:
        return None, None
    low, high = mean_interval(value, se, np.inf)
    return float(low), float(high)


def _known(value: Any) -> float | None:
    return None if value is None or np.isnan(value) else float(value)
