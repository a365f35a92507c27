"""From a posted page to answers, and from all answers to the ballot: the only judge of what an answer is."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from instruments.compiled import Asked, Compiled, Part, compiled
from instruments.faults import render
from instruments.layout import Item, Page, is_shown, laid_out, narrow, part_of, part_pages
from instruments.model import (
    OTHER,
    Group,
    Instrument,
    Measure,
    Question,
    QuestionType,
    RatedUnit,
    Repeat,
    Text,
    no_text,
)
from instruments.route import Answers, Route, answer_text, stored
from instruments.values import RefusedError, as_posted, read_other, read_value

__all__ = ["AnswerFault", "Finished", "PageAnswers", "finish", "merge", "rating_count", "read_page"]

Form = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class AnswerFault:
    """Why an answer cannot be taken, beside the field it was given in."""

    field: str
    code: str
    params: Mapping[str, object] = dataclasses.field(default_factory=dict)
    own_message: Text = dataclasses.field(default_factory=no_text)  # the author's words, which go first

    def message(self, language: str = "vi") -> str:
        """The words for the respondent: the author's if there are any in this language."""
        if language in self.own_message:
            return self.own_message[language]
        params = {key: _in(language, value) for key, value in self.params.items()}
        return render(self.code, params, language)


def _in(language: str, value: object) -> object:
    return value.get(language, "") if isinstance(value, Mapping) else value


@dataclass(frozen=True, slots=True)
class PageAnswers:
    """What a posted page holds."""

    values: Mapping[str, Any]  # every valid answer in the form in which answers are stored, faulty fields left out
    faults: tuple[AnswerFault, ...]
    raw: Mapping[str, list[str]]  # field -> what was typed, so that nothing is lost when the page is shown again
    revealed: tuple[Item, ...]  # questions that these answers brought up and that are not answered yet; no notes


@dataclass(frozen=True, slots=True)
class Finished:
    """All answers of one respondent as they go into the ballot, and what is still missing."""

    answers: Mapping[str, Any]
    faults_by_page: Mapping[str, tuple[AnswerFault, ...]]

    @property
    def complete(self) -> bool:
        return not self.faults_by_page


def read_page(  # noqa: PLR0917 (the order is the story: this page, what was posted, by whom, when)
    instrument: Instrument, page: Page, form: Form, answers: Answers, units: Sequence[RatedUnit], today: date
) -> PageAnswers:
    """The answers on a posted page, judged in the order of the form."""
    reading = _Reading(page, form, Route(compiled(instrument), units, answers, today), today)
    reading.read()
    return PageAnswers(reading.values, tuple(reading.faults), reading.raw, reading.revealed())


class _Reading:
    """One pass over a page; each answer counts for the conditions of those after it."""

    def __init__(self, page: Page, form: Form, before: Route, today: date) -> None:
        self.ready: Compiled = before.compiled
        self.page = page
        self.form = form
        self.before = before
        self.part: Part = part_of(self.ready, page)
        self.now = _without(before.answers, page) if self.part.needs_route else {}
        self.route = Route(self.ready, before.units, self.now, today)
        self.values: dict[str, Any] = {}
        self.faults: list[AnswerFault] = []
        self.raw: dict[str, list[str]] = {}

    def read(self) -> None:
        for item in self.page.items:
            asked = self.ready.asked[item.question.name]
            posted = self.form.get(item.field, ())
            if posted:
                self.raw[item.field] = list(posted)
            if asked.question.or_other and self.form.get(item.other_field):
                self.raw[item.other_field] = list(self.form[item.other_field])
            if asked.question.type is not QuestionType.NOTE and self.shown(asked, item):
                self.read_item(asked, item, posted)

    def shown(self, asked: Asked, item: Item) -> bool:
        if not self.part.needs_route:
            return True
        return self.route.relevant(asked, item.unit.code if item.unit else None)

    def read_item(self, asked: Asked, item: Item, posted: Sequence[str]) -> None:
        try:
            value = read_value(asked, posted, self.offered(asked, item))
            other = self.other(asked, item, value)
        except RefusedError as refused:
            place = item.other_field if refused.code == "text_too_long" and asked.question.or_other else item.field
            self.faults.append(AnswerFault(place, refused.code, refused.params))
            return
        if value is None:
            if asked.question.required:
                self.faults.append(AnswerFault(item.field, "required", {}, asked.question.required_message))
        elif not self.accepted(asked, item, value):
            self.faults.append(AnswerFault(item.field, "constraint", {}, asked.question.constraint_message))
        else:
            self.keep(item, asked.question.name, value)
            if other is not None:
                self.keep(item, f"{asked.question.name}_other", other)

    def offered(self, asked: Asked, item: Item) -> Collection[str]:
        if asked.rated_units:
            return [unit.code for unit in self.route.units]
        if asked.choice_filter is None:
            return asked.order
        return self.route.offered(asked, item.unit.code if item.unit else None)

    def other(self, asked: Asked, item: Item, value: Any) -> str | None:
        """The words under "other"; words without a choice are refused, words beside another choice left out."""
        if not asked.question.or_other:
            return None
        words = read_other(self.form.get(item.other_field, ()))
        if words and value is None:
            raise RefusedError("other_not_chosen")
        return words if value is not None and OTHER in answer_text(value).split(" ") else None

    def accepted(self, asked: Asked, item: Item, value: Any) -> bool:
        if asked.constraint is None:
            return True
        return self.route.accepts(asked, item.unit.code if item.unit else None, answer_text(value))

    def keep(self, item: Item, name: str, value: Any) -> None:
        for answers in (self.values, self.now) if self.part.needs_route else (self.values,):
            if item.unit is None:
                answers[name] = value
            else:
                answers.setdefault(name, {})[item.unit.code] = value

    def revealed(self) -> tuple[Item, ...]:
        if not self.part.same_page:
            return ()
        return tuple(
            item
            for item in self.page.items
            if item.field not in self.raw
            and item.question.type is not QuestionType.NOTE
            and is_shown(self.ready, self.route, item)
            and not is_shown(self.ready, self.before, item)
        )


def merge(answers: Answers, page: Page, values: Mapping[str, Any]) -> dict[str, Any]:
    """The answers with those of one page replaced; what is not among ``values`` is cleared."""
    merged = _without(answers, page)
    for name, value in values.items():
        merged[name] = {**merged.get(name, {}), **value} if isinstance(value, Mapping) else value
    return merged


def _without(answers: Answers, page: Page) -> dict[str, Any]:
    """A copy of the answers that leaves out those of a page, and can be written to."""
    kept = dict(answers)
    copied: set[str] = set()
    for item in page.items:
        for name in _names(item):
            if item.unit is None:
                kept.pop(name, None)
            elif isinstance(kept.get(name), Mapping):
                if name not in copied:
                    kept[name] = dict(kept[name])
                    copied.add(name)
                kept[name].pop(item.unit.code, None)
                if not kept[name]:
                    del kept[name]
            else:
                kept.pop(name, None)
    return kept


def _names(item: Item) -> tuple[str, ...]:
    name = item.question.name
    return (name, f"{name}_other") if item.question.or_other else (name,)


def finish(instrument: Instrument, answers: Answers, units: Sequence[RatedUnit], today: date) -> Finished:
    """What goes into the ballot: only answers on the route, calculations done, in the order of the form.

    Every answer is judged again, so a draft that was tampered with, or begun on another version, cannot slip through.
    """
    ready = compiled(instrument)
    kept: dict[str, Any] = {}
    faults: dict[str, tuple[AnswerFault, ...]] = {}
    for page in _pages_as_answered(ready, units, kept, today):
        read = read_page(instrument, page, _as_form(page, answers), kept, units, today)
        for name, value in read.values.items():
            if isinstance(value, Mapping):
                kept.setdefault(name, {}).update(value)
            else:
                kept[name] = value
        if read.faults:
            faults[page.key] = read.faults
    return Finished(_in_form_order(ready, Route(ready, units, kept, today)), faults)


def _pages_as_answered(
    ready: Compiled, units: Sequence[RatedUnit], kept: Mapping[str, Any], today: date
) -> Iterator[Page]:
    """The pages on the route; each is laid out when the answers of those before it are in ``kept``."""
    for part in ready.parts:
        if not part.conditional:
            yield from part_pages(ready, part, Route(ready, units, kept, today))
            continue
        route = Route(ready, units, kept, today)
        rated = tuple(route.rated(part)) if route.part_relevant(part) else None
        for page in laid_out(ready, part, rated) if rated is not None else ():
            narrowed = narrow(ready, part, page, Route(ready, units, kept, today))
            if narrowed.items:
                yield narrowed


def _as_form(page: Page, answers: Answers) -> dict[str, list[str]]:
    form: dict[str, list[str]] = {}
    for item in page.items:
        for name in _names(item):
            value = answers.get(name)
            if item.unit is not None:
                value = value.get(item.unit.code) if isinstance(value, Mapping) else None
            if value is not None:
                form[item.field if name == item.question.name else item.other_field] = as_posted(value)
    return form


def _in_form_order(ready: Compiled, route: Route) -> dict[str, Any]:
    ordered: dict[str, Any] = {}
    for name, asked in ready.asked.items():
        if asked.calculated:
            value = _calculated(ready, asked, route)
            if value is not None and value != {}:
                ordered[name] = value
        for key in (name, f"{name}_other") if asked.question.or_other else (name,):
            if key in route.answers:
                ordered[key] = _in_unit_order(route.answers[key], route.units)
    return ordered


def _in_unit_order(value: Any, units: Sequence[RatedUnit]) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {unit.code: value[unit.code] for unit in units if unit.code in value}


def _calculated(ready: Compiled, asked: Asked, route: Route) -> Any:
    if not asked.in_repeat:
        return stored(route.calculated(asked, None)) if route.relevant(asked, None) else None
    part = ready.parts[asked.section]
    found: dict[str, Any] = {}
    for unit in route.rated(part) if route.part_relevant(part) else ():
        value = stored(route.calculated(asked, unit.code)) if route.relevant(asked, unit.code) else None
        if value is not None:
            found[unit.code] = value
    return found


def rating_count(instrument: Instrument, n_units: int) -> int:
    """The number of ratings that a person is asked at most: questions in repeats count once per unit."""
    return sum(
        _ratings(section) * (_most_units(instrument, section, n_units) if isinstance(section, Repeat) else 1)
        for section in instrument.sections
    )


def _ratings(section: Group | Repeat) -> int:
    return sum(is_rating(question, repeated=isinstance(section, Repeat)) for question in section.questions)


def is_rating(question: Question, *, repeated: bool) -> bool:
    """Whether a question asks for a rating: on a scale, no fact, and about a unit or feeding a criterion."""
    if question.type not in (QuestionType.SELECT_ONE, QuestionType.RANGE) or question.measure is Measure.FACT:
        return False
    return repeated or bool(question.criterion) or question.measure is not None


def _most_units(instrument: Instrument, repeat: Repeat, n_units: int) -> int:
    chosen = (question for question in instrument.questions if question.name == repeat.units_from)
    one = any(question.type is QuestionType.SELECT_ONE for question in chosen)
    return min(1, n_units) if one else n_units
