"""What a pilot tells of each question: who answered it, who did not know, how the answers spread, whether it fits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from analysis.faults import AnalysisError
from analysis.reliability import Reliability, reliability
from instruments.compiled import compiled
from instruments.layout import is_shown, part_pages
from instruments.model import RATED_UNITS, Choice, Instrument, Question, QuestionType, RatedUnit, Repeat
from instruments.route import Route
from scoring.values import Item, items_of
from survey_app.models.base import Texts

FEWEST = 5  # ballots that a figure needs to be shown (assumed, as wherever results appear)
NOT_ANSWERED = (QuestionType.NOTE, QuestionType.CALCULATE)
CHOSEN = (QuestionType.SELECT_ONE, QuestionType.SELECT_MULTIPLE)

# From where on a question is to be looked at again: all assumed.
MOST_DONT_KNOW = 0.30
MOST_MISSING = 0.10
MOST_AT_ONE_END = 0.80
LEAST_REST_R = 0.30
GAIN_WITHOUT = 0.01  # of alpha


@dataclass(frozen=True, slots=True)
class LevelShare:
    """How often an answer was given, of all answers to the question."""

    name: str
    label: Texts
    n: int
    share: float
    dont_know: bool


@dataclass(frozen=True, slots=True)
class QuestionFindings:
    """A question as a group answered it; figures are None where there is nothing to say, or too few said it.

    Counts are of answers: in a repeat one for each rated unit. ``missing`` is of those who were asked, ``dont_know`` of
    those who answered. ``mean`` and ``sd`` run from 0 (worst for the unit) to 100; ``floor`` and ``ceiling`` are the
    shares of valid answers at the ends.
    """

    group_code: str
    name: str
    label: Texts
    criterion: str
    asked: int | None = None
    valid: int | None = None
    dont_know: float | None = None
    missing: float | None = None
    mean: float | None = None
    sd: float | None = None
    floor: float | None = None
    ceiling: float | None = None
    rest_r: float | None = None
    alpha_without: float | None = None
    levels: tuple[LevelShare, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class GroupAnswers:
    """The ballots of one group with what was asked on them.

    rows: one for each (ballot, rated unit), numbered from 0. asked: question -> the rows in which it was on the route,
    the first of the ballot for a question outside repeats. values: rows x questions of a criterion, 0–100.
    """

    code: str
    form: Instrument
    rows: pd.DataFrame
    asked: Mapping[str, Sequence[int]]
    items: Mapping[str, Item]
    values: pd.DataFrame
    in_repeats: frozenset[str]
    scales: Mapping[str, Reliability] = field(default_factory=dict)  # criterion -> its scale, where it is one

    @property
    def n_ballots(self) -> int:
        return int(self.rows["ballot"].nunique())

    def said(self, question: str) -> pd.Series:
        """What those who were asked answered; None where nothing."""
        asked = list(self.asked[question])
        if question not in self.rows:
            return pd.Series(None, index=asked, dtype=object)
        return self.rows.loc[asked, question].map(_named)

    def n_ballots_in(self, rows: pd.Index) -> int:
        """How many ballots these rows belong to."""
        return int(self.rows.loc[rows, "ballot"].nunique())

    def by_criterion(self) -> dict[str, list[str]]:
        """Criterion -> its questions, in the order of the form."""
        found: dict[str, list[str]] = {}
        for name, item in self.items.items():
            found.setdefault(item.criterion, []).append(name)
        return found


def group_answers(code: str, form: Instrument, rows: pd.DataFrame, day: date) -> GroupAnswers:
    """The answers of a group, with the way of each respondent through the form walked again."""
    rows = rows.reset_index(drop=True)
    repeated = frozenset(q.name for s in form.sections if isinstance(s, Repeat) for q in s.questions)
    items = {item.question: item for item in items_of(form, code) if len(item.levels) > 1}
    asked = _asked(form, rows, repeated, day)
    plain = GroupAnswers(code, form, rows, asked, items, pd.DataFrame(index=rows.index), repeated)
    values = pd.DataFrame({name: _values(plain, item) for name, item in items.items()}, index=rows.index)
    scales = {criterion: scale for criterion, names in plain.by_criterion().items() if (scale := _scale(values, names))}
    return GroupAnswers(code, form, rows, asked, items, values, repeated, scales)


def question_findings(group: GroupAnswers) -> Iterator[QuestionFindings]:
    """Every question of the form but notes and calculations."""
    for question in group.form.questions:
        if question.type not in NOT_ANSWERED:
            yield _question(group, question)


def _asked(form: Instrument, rows: pd.DataFrame, repeated: frozenset[str], day: date) -> dict[str, list[int]]:
    ready = compiled(form)
    found: dict[str, list[int]] = {question.name: [] for question in form.questions}
    columns = {name: rows[name].tolist() for name in found if name in rows}
    units = rows["unit"].tolist()
    for own in rows.groupby("ballot", sort=False).indices.values():
        place = {units[row]: int(row) for row in own}
        answers = _answers(columns, place, repeated)
        route = Route(ready, tuple(RatedUnit(code, code) for code in place), answers, day)  # asks each condition once
        for item in (item for part in ready.parts for page in part_pages(ready, part, route) for item in page.items):
            if is_shown(ready, route, item):
                found[item.question.name].append(place[item.unit.code] if item.unit else int(own[0]))
    return found


def _answers(
    columns: Mapping[str, Sequence[Any]], place: Mapping[str, int], repeated: frozenset[str]
) -> dict[str, Any]:
    """A ballot as it was stored; its rows by rated unit."""
    answers: dict[str, Any] = {}
    for name, column in columns.items():
        said = {unit: column[row] for unit, row in place.items() if _is_said(column[row])}
        if said:
            answers[name] = said if name in repeated else next(iter(said.values()))
    return answers


def _is_said(value: Any) -> bool:
    return isinstance(value, list) or not (value is None or (isinstance(value, float) and math.isnan(value)))


def _named(value: Any) -> Any:
    """An answer as choices are named; numbers without a decimal tail."""
    if not _is_said(value):
        return None
    return f"{value:g}" if isinstance(value, float) else value if isinstance(value, list) else str(value)


def _values(group: GroupAnswers, item: Item) -> pd.Series:
    worth = {name: 100 * place / (len(item.levels) - 1) for place, name in enumerate(item.levels)}
    if item.reverse:
        worth = {name: 100 - value for name, value in worth.items()}
    return group.said(item.question).map(worth).astype(float).reindex(group.rows.index)


def _scale(values: pd.DataFrame, names: Sequence[str]) -> Reliability | None:
    """The questions of a criterion as a scale; one that everybody answers alike is left out."""
    spread = [name for name in names if values[name].std() > 0]
    if len(spread) < 2 or len(values[spread].dropna()) < FEWEST:
        return None
    try:
        return reliability(values, spread)
    except AnalysisError:  # items that repeat one another, or too few complete rows
        return None


def _question(group: GroupAnswers, question: Question) -> QuestionFindings:
    item = group.items.get(question.name)
    told = QuestionFindings(group.code, question.name, dict(question.label), item.criterion if item else "")
    said = group.said(question.name)
    if group.n_ballots_in(said.index) < FEWEST:
        return told
    answered = said.dropna()
    choices = _choices(group.form, question)
    unsure = {choice.name for choice in choices if choice.dont_know}
    n_unsure = int(answered.map(lambda name: isinstance(name, str) and name in unsure).sum())
    facts: dict[str, Any] = {
        "asked": len(said),
        "valid": len(answered) - n_unsure,
        "missing": 1 - len(answered) / len(said),
        "dont_know": n_unsure / len(answered) if unsure and len(answered) else None,
    }
    if group.n_ballots_in(answered.index) >= FEWEST:
        facts["levels"] = tuple(_levels(choices, answered))
    if item is not None:
        facts |= _scale_facts(group, item)
    return QuestionFindings(
        told.group_code, told.name, told.label, told.criterion, **facts, flags=tuple(_flags(group, question, facts))
    )


def _choices(form: Instrument, question: Question) -> tuple[Choice, ...]:
    if question.type not in CHOSEN or question.list_name == RATED_UNITS:
        return ()
    return form.choices.get(question.list_name or "", ())


def _levels(choices: Sequence[Choice], answered: pd.Series) -> Iterator[LevelShare]:
    for choice in choices:
        n = int(
            answered.map(lambda said, name=choice.name: name in said if isinstance(said, list) else said == name).sum()
        )
        yield LevelShare(choice.name, dict(choice.label), n, n / len(answered), choice.dont_know)


def _scale_facts(group: GroupAnswers, item: Item) -> dict[str, Any]:
    """Figures on the scale of 0 to 100, and how the question goes with the others of its criterion."""
    values = group.values[item.question].dropna()
    if group.n_ballots_in(values.index) < FEWEST:
        return {}
    facts: dict[str, Any] = {
        "mean": float(values.mean()),
        "sd": float(values.std()),
        "floor": float((values == 0).mean()),
        "ceiling": float((values == 100).mean()),
    }
    scale = group.scales.get(item.criterion)
    if scale is not None and item.question in scale.names:
        place = scale.names.index(item.question)
        facts["rest_r"] = float(scale.items.rest_r[place])
        without = float(scale.items.alpha_without[place])
        facts["alpha_without"] = None if math.isnan(without) else without
    return facts


def _flags(group: GroupAnswers, question: Question, facts: Mapping[str, Any]) -> Iterator[str]:
    """Codes of what is to be looked at again; nobody has to write a text."""
    if (facts["dont_know"] or 0) > MOST_DONT_KNOW:
        yield "dont_know"
    if facts["missing"] > MOST_MISSING and question.type is not QuestionType.TEXT:
        yield "missing"
    for end in ("floor", "ceiling"):
        if facts.get(end, 0) > MOST_AT_ONE_END:
            yield end
    rest_r = facts.get("rest_r")
    if rest_r is not None and rest_r < LEAST_REST_R:
        yield "against_the_rest" if rest_r < 0 else "low_rest_r"
    without = facts.get("alpha_without")
    if without is not None and without > group.scales[question.criterion or ""].alpha + GAIN_WITHOUT:
        yield "better_without"
