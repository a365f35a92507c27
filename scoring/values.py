"""Ratings as they come from the ballots, and the value 0..1 of every answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from instruments.model import Instrument, Measure, Question, QuestionType
from scoring.faults import Fault, TableError
from scoring.method import Counts, DontKnowRule, OtherLists, ScoringMethod

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

KEYS = ("ballot", "respondent_group", "unit")
SCALED = (QuestionType.SELECT_ONE, QuestionType.RANGE)


@dataclass(frozen=True, slots=True)
class Item:
    """One question as one respondent group is asked it."""

    question: str
    respondent_group: str
    criterion: str
    measure: str
    list_name: str
    levels: tuple[str, ...]  # choice names, worst to best as printed, without "don't know"
    dont_know: tuple[str, ...] = ()  # choice names that mean "no basis to judge"
    reverse: bool = False  # the last level is the worst for the unit


@dataclass(frozen=True)
class Ratings:
    """All ratings of a round.

    Attributes
    ----------
    frame : one row per (ballot, rated unit): ``ballot`` (int, within the snapshot), ``respondent_group``, ``unit``,
        ``design_cell`` (optional, not used here), and one column per question holding choice names (text or
        categories; NaN: not asked or not answered). Columns of questions that are no item are ignored.
    items : the questions that may feed a criterion.
    open_groups : respondent groups that anybody could join through an open link; a convenience sample.
    invited : people invited to rate, by (respondent group, unit), of groups that were asked in full.
    """

    frame: pd.DataFrame
    items: tuple[Item, ...]
    open_groups: frozenset[str] = frozenset()
    invited: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lacking = [name for name in KEYS if name not in self.frame.columns]
        if lacking:
            params = {"expected": ", ".join(KEYS)}
            raise TableError(Fault(f"ratings.{name}", "missing_column", params) for name in lacking)
        self._check_invited()
        twice = self.frame.duplicated(["ballot", "unit"])
        if twice.any():
            first = self.frame.loc[twice, ["ballot", "unit"]].iloc[0]
            pair = f"{first['ballot']}, {first['unit']}"
            raise TableError([Fault("ratings", "two_ballots", {"value": pair})])

    def _check_invited(self) -> None:
        """No unit has more ballots of a group than people were invited there."""
        if not self.invited:
            return
        cells = self.frame.groupby([self.frame["respondent_group"].astype(str), self.frame["unit"].astype(str)])
        faults = [
            Fault("invited", "more_ballots_than_invited", {"group": group, "unit": unit, "n": n, "invited": most})
            for (group, unit), most in self.invited.items()
            if (n := len(cells.groups.get((group, unit), ()))) > most
        ]
        if faults:
            raise TableError(faults)


def items_of(instrument: Instrument, group: str, method: ScoringMethod | None = None) -> tuple[Item, ...]:
    """The ratings a questionnaire asks of a group, in the order of the form.

    With ``method``: only those that count there (criterion known, kind of question counted).
    """
    items = tuple(
        _item(instrument, question, group)
        for question in instrument.questions
        if question.criterion and question.type in SCALED
    )
    return items if method is None else counted_items(items, method)


def counted_items(items: Iterable[Item], method: ScoringMethod) -> tuple[Item, ...]:
    """The items that feed a criterion of the method, in one order whatever order they came in."""
    codes = {leaf.code for leaf in method.rated}
    measures = method.answers.measures if method.answers is not None else ()
    counted = (item for item in items if item.criterion in codes and item.measure in measures)
    return tuple(sorted(counted, key=lambda item: (item.respondent_group, item.question)))


def _item(instrument: Instrument, question: Question, group: str) -> Item:
    choices = instrument.choices.get(question.list_name or "", ())
    levels = tuple(choice.name for choice in choices if not choice.dont_know)
    return Item(
        question=question.name,
        respondent_group=group,
        criterion=question.criterion or "",
        measure=question.measure or Measure.ASSESSMENT,
        list_name=question.list_name or question.name,
        levels=levels or _range_levels(question),
        dont_know=tuple(choice.name for choice in choices if choice.dont_know),
        reverse=question.reverse,
    )


def _range_levels(question: Question) -> tuple[str, ...]:
    """The numbers a range question offers, as they are stored: 0, 1, … 10."""
    if question.start is None or question.end is None:
        return ()
    step = question.step or 1.0
    count = round((question.end - question.start) / step) + 1
    return tuple(f"{question.start + step * k:g}" for k in range(count))


def level_values(method: ScoringMethod, item: Item) -> dict[str, float]:
    """What each level of an item is worth: 0 (worst for the unit) .. 1 (best); 0 or 1 where top levels count.

    Percentages come from the method's table of the choice list; without one, K levels are worth 0, 1/(K-1), … 1
    if the method says so. A reversed item is worth 1 minus that.
    """
    satisfaction = method.satisfaction
    if satisfaction is not None and satisfaction.counts is Counts.TOP_LEVELS:
        return _top_values(item, satisfaction.top_levels)
    values = _fractions(method, item)
    return {name: 1.0 - value for name, value in values.items()} if item.reverse else values


def _top_values(item: Item, top_levels: Mapping[int, int]) -> dict[str, float]:
    count = len(item.levels)
    if count not in top_levels:
        facts = {"levels": count, "list_name": item.list_name}
        raise TableError([Fault("satisfaction.top_levels", "no_top_levels", facts)])
    worst_first = item.levels[::-1] if item.reverse else item.levels
    return {name: float(place >= count - top_levels[count]) for place, name in enumerate(worst_first)}


def _fractions(method: ScoringMethod, item: Item) -> dict[str, float]:
    table = method.fractions.get(item.list_name)
    facts = {"list_name": item.list_name, "question": item.question, "group": item.respondent_group}
    if table is not None:
        lacking = [name for name in item.levels if name not in table.fractions]
        if lacking:
            raise TableError(Fault("percent_tables", "table_lacks_choice", facts | {"choice": c}) for c in lacking)
        return {name: table.fractions[name] for name in item.levels}
    if method.answers is None or method.answers.other_lists is OtherLists.REFUSE:
        raise TableError([Fault("percent_tables", "no_percent_table", facts)])
    steps = max(len(item.levels) - 1, 1)
    return {name: place / steps for place, name in enumerate(item.levels)}


def answer_values(method: ScoringMethod, item: Item, answers: pd.Series) -> tuple[Floats, Bools]:
    """The value of each answer (rows,), NaN where there is no valid one, and where it is "don't know" (rows,).

    Works on category codes, so it costs one pass over small integers. Raises TableError for an answer that is
    no level of the item.
    """
    codes, names = _codes(answers)
    worth = level_values(method, item)
    unsure = np.array([name in item.dont_know for name in names], dtype=np.bool_)
    rule = method.dont_know
    as_value = rule.value if rule is not None and rule.rule is DontKnowRule.AS_VALUE else None
    value_of_unsure = np.nan if as_value is None else as_value
    _refuse_unknown(item, answers, [n for n in names if n not in worth and n not in item.dont_know])
    values = np.array([worth.get(name, value_of_unsure) for name in names], dtype=np.float64)
    return np.append(values, np.nan)[codes], np.append(unsure, False)[codes]


def _codes(answers: pd.Series) -> tuple[npt.NDArray[np.intp], list[str]]:
    """Category codes (-1: missing) and the names of the categories that occur, numbers without a decimal tail."""
    factor = pd.Categorical(answers).remove_unused_categories()
    codes: npt.NDArray[np.intp] = np.asarray(factor.codes, dtype=np.intp)
    return codes, [f"{name:g}" if isinstance(name, float) else str(name) for name in factor.categories]


def _refuse_unknown(item: Item, answers: pd.Series, unknown: list[str]) -> None:
    known = ", ".join((*item.levels, *item.dont_know))
    if unknown:
        place = f"ratings.{answers.name}"
        params = {"scale": item.list_name, "known": known}
        raise TableError(Fault(place, "unknown_answer", params | {"value": name}) for name in unknown)
