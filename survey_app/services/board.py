"""The fieldwork board: how far a round has come, shown so that nobody's answering can be seen.

Of groups that answer anonymously, ballots count up to yesterday and in whole steps of k, the round's smallest anonymity
cell: whoever looks twice sees no single ballot arrive. Rows with fewer than k people show no count at all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from sampling.disposition import DispositionCounts, OutcomeRates, count_dispositions, dispositions, outcome_rates
from sampling.size import Conditions, margin_of_proportion
from survey_app.models.base import Texts
from survey_app.models.rounds import Mode, RespondentGroup, Status, SurveyRound
from survey_app.queries.board import (
    CellCount,
    adopted_outcomes,
    ballots_by_cell_and_day,
    cells_with_invited,
    outcomes_by_cell,
)
from survey_app.queries.rounds import round_units

CONFIDENCE = 0.95
REFUSALS = "2.1"  # refusal and break-off, whatever comes after


@dataclass(frozen=True, slots=True)
class UnitProgress:
    """One unit of one group. ``ballots`` is None where it may not be shown."""

    group_code: str
    group_title: Texts
    unit_code: str
    unit_name: str
    step: int  # counts are whole multiples of it
    invited: int | None  # None: an open link
    ballots: int | None
    refused: int | None
    target: int | None
    margin: float | None  # half the interval of a proportion of one half; None without a sample

    @property
    def reached(self) -> float | None:
        """Share of the target, else of those invited."""
        goal = self.target or self.invited
        return self.ballots / goal if goal and self.ballots is not None else None


@dataclass(frozen=True, slots=True)
class GroupProgress:
    """One respondent group."""

    code: str
    title: Texts
    mode: str
    anonymous: bool
    step: int  # counts are whole multiples of it
    invited: int | None
    ballots: int | None
    target: int | None
    rates: OutcomeRates | None
    refused: int | None
    margin: float | None
    days: Sequence[tuple[date, int]] = ()  # ballots shown by the end of each day

    @property
    def reached(self) -> float | None:
        """Share of the target, else of those invited; None below the first step."""
        goal = self.target or self.invited
        hidden = self.ballots is None or (self.step > 1 and not self.ballots)
        return None if hidden or not goal else (self.ballots or 0) / goal


@dataclass(frozen=True, slots=True)
class Board:
    """A round's fieldwork as it may be shown."""

    until: date  # the last day that counts of anonymous groups hold
    groups: Sequence[GroupProgress]
    units: Sequence[UnitProgress]  # slow ones first


@dataclass(slots=True)
class _Tally:
    """What was counted for a group or for a unit in it, before anything is hidden."""

    invited: int = 0
    population: int = 0
    by_day: Counter[date] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)

    def add(self, other: _Tally) -> None:
        self.invited += other.invited
        self.population += other.population
        self.by_day += other.by_day
        self.outcomes += other.outcomes


def fieldwork(session: Session, survey_round: SurveyRound, today: date) -> Board:
    """The board of a round: three counts, each one statement, whatever the number of people."""
    groups = {group.id: group for group in survey_round.groups}
    cells = cells_with_invited(session, survey_round.id)
    tallies = _tallies(session, survey_round.id, cells)
    plans = adopted_outcomes(session, survey_round.id)
    names = {unit.code: unit.name for unit in round_units(session, survey_round.id)}
    by_group, by_unit = _added_up(cells, tallies)
    before = today if survey_round.status != Status.CLOSED else date.max  # a closed box does not fill any more
    rule = _Rule(min_cell=survey_round.min_cell, before=before)
    progress = [_group(group, by_group[group.id], plans.get(group.id), rule) for group in groups.values()]
    units = [
        _unit(groups[group_id], (unit, names.get(unit, unit)), tally, plans.get(group_id), rule)
        for (group_id, unit), tally in by_unit.items()
    ]
    until = today - timedelta(days=1) if survey_round.status != Status.CLOSED else survey_round.closes_on
    return Board(until, progress, sorted(units, key=_slow_first))


def _slow_first(unit: UnitProgress) -> tuple[float, str, str]:
    return (unit.reached if unit.reached is not None else 2.0, unit.group_code, unit.unit_code)


@dataclass(frozen=True, slots=True)
class _Rule:
    """What may be shown of a count."""

    min_cell: int
    before: date  # ballots of anonymous groups count that came before this day

    def step(self, group: RespondentGroup) -> int:
        """Groups whose members have names are counted in steps; a poster has no members."""
        return self.min_cell if group.anonymous and group.mode == Mode.PERSONAL_LINK else 1

    def shown(self, group: RespondentGroup, tally: _Tally) -> int | None:
        """The ballots that may be shown, None where the crowd is too small."""
        step = self.step(group)
        if step > 1 and tally.invited < self.min_cell:
            return None
        counted = sum(n for day, n in tally.by_day.items() if step == 1 or day < self.before)
        return self._stepped(counted, tally.invited, step)

    @staticmethod
    def _stepped(counted: int, invited: int, step: int) -> int:
        """Whole steps; the last one never says that everybody answered."""
        return counted if step == 1 else min(counted, invited - 1) // step * step

    def days(self, group: RespondentGroup, tally: _Tally) -> list[tuple[date, int]]:
        """Ballots shown by the end of each day on which that number grew: other days tell of single ballots."""
        step = self.step(group)
        if self.shown(group, tally) is None:
            return []
        reached, so_far = [], 0
        for day in sorted(tally.by_day):
            if step == 1 or day < self.before:
                before, so_far = so_far, so_far + tally.by_day[day]
                shown = self._stepped(so_far, tally.invited, step)
                if shown > self._stepped(before, tally.invited, step):
                    reached.append((day, shown))
        return reached


def _tallies(session: Session, survey_round_id: int, cells: Iterable[CellCount]) -> dict[int, _Tally]:
    tallies = {cell.cell_id: _Tally(cell.invited, cell.population or 0) for cell in cells}
    for cell_id, day, n in ballots_by_cell_and_day(session, survey_round_id):
        tallies[cell_id].by_day[day] += n
    for cell_id, code, n in outcomes_by_cell(session, survey_round_id):
        tallies[cell_id].outcomes[code] += n
    return tallies


def _added_up(
    cells: Iterable[CellCount], tallies: Mapping[int, _Tally]
) -> tuple[dict[int, _Tally], dict[tuple[int, str], _Tally]]:
    """Cells added up to groups, and to the units that their people rate where there is just one."""
    by_group: dict[int, _Tally] = defaultdict(_Tally)
    by_unit: dict[tuple[int, str], _Tally] = defaultdict(_Tally)
    for cell in cells:
        by_group[cell.group_id].add(tallies[cell.cell_id])
        if cell.unit is not None:
            by_unit[cell.group_id, cell.unit].add(tallies[cell.cell_id])
    return by_group, by_unit


def _group(group: RespondentGroup, tally: _Tally, plan: Mapping[str, Any] | None, rule: _Rule) -> GroupProgress:
    ballots = rule.shown(group, tally)
    invited = tally.invited if group.mode == Mode.PERSONAL_LINK else None
    return GroupProgress(
        code=group.code,
        title=group.title,
        mode=group.mode,
        anonymous=group.anonymous,
        step=rule.step(group),
        invited=invited,
        ballots=ballots,
        target=group.target_ballots or (plan or {}).get("total"),
        rates=None if invited is None or ballots is None else _rates(invited, ballots, tally.outcomes),
        refused=_refused(group, tally),
        margin=_margin(invited, ballots, tally, plan),
        days=rule.days(group, tally),
    )


def _unit(
    group: RespondentGroup, unit: tuple[str, str], tally: _Tally, plan: Mapping[str, Any] | None, rule: _Rule
) -> UnitProgress:
    """``unit``: code and name."""
    ballots = rule.shown(group, tally)
    invited = tally.invited if group.mode == Mode.PERSONAL_LINK else None
    strata = {stratum["code"]: stratum for stratum in (plan or {}).get("strata", ())}
    return UnitProgress(
        group_code=group.code,
        group_title=group.title,
        unit_code=unit[0],
        unit_name=unit[1],
        step=rule.step(group),
        invited=invited,
        ballots=ballots,
        refused=_refused(group, tally),
        target=strata.get(unit[0], {}).get("completes"),
        margin=_margin(invited, ballots, tally, plan),
    )


def _refused(group: RespondentGroup, tally: _Tally) -> int | None:
    """How many refused; where answers are anonymous nobody notes it."""
    if group.anonymous:
        return None
    return sum(n for code, n in tally.outcomes.items() if code.startswith(REFUSALS))


def _rates(invited: int, ballots: int, outcomes: Mapping[str, int]) -> OutcomeRates:
    """AAPOR's rates as they stand: ballots are completes; who neither answered nor has an outcome is unknown.

    Outcomes noted as complete by staff are left out: the ballot counts, not the note.
    """
    noted = {code: n for code, n in outcomes.items() if not code.startswith("1")}
    letters = list(dispositions(list(noted))) if noted else []
    counted = count_dispositions([*letters], [*noted.values()]) if noted else DispositionCounts()
    rest = max(0, invited - ballots - sum(noted.values()))
    values = {name: getattr(counted, name) for name in ("p", "r", "nc", "o", "uh", "ur", "ne")}
    return outcome_rates(DispositionCounts(i=ballots, uo=counted.uo + rest, **values), e=1.0)


def _margin(invited: int | None, ballots: int | None, tally: _Tally, plan: Mapping[str, Any] | None) -> float | None:
    """Half the interval of a proportion of one half from the ballots shown; an open link has none.

    The design effect is the adopted plan's; without a plan, people count as drawn directly.
    """
    if invited is None or not ballots:
        return None
    people = max(tally.population or invited, ballots)
    under = Conditions(confidence=CONFIDENCE, population=people, deff=float((plan or {}).get("deff") or 1))
    return margin_of_proportion(ballots, under=under).margin
