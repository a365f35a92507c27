"""What changed from one version of a questionnaire to the next, and which trends it breaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from instruments.flattening import question_row, section_row, settings_row
from instruments.model import Choice, Group, Instrument, Question, Repeat


class Kind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    CHANGED = "changed"


class Trend(StrEnum):
    """Whether answers to the old and the new version can stand in one line of a chart."""

    KEPT = "kept"
    REWORDED = "reworded"  # same criterion and scale, other words: to be judged by somebody who knows the subject
    BROKEN = "broken"  # another criterion, scale or direction
    ENDED = "ended"  # no longer asked
    STARTED = "started"  # not asked before


@dataclass(frozen=True, slots=True)
class Change:
    """One cell that differs; a column as in XLSForm, ``label::vi``."""

    column: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question stands: its section, and its number in the form from 1."""

    section: str
    number: int


@dataclass(frozen=True, slots=True)
class QuestionDifference:
    """A question that is not the same in both versions, or not at the same place."""

    name: str
    kinds: tuple[Kind, ...]
    old: Question | None
    new: Question | None
    old_place: Place | None
    new_place: Place | None
    changes: tuple[Change, ...] = ()
    options: tuple[Change, ...] = ()  # of its choice list: column is the choice's name
    renamed_from: str = ""  # a question that went has the same words
    trend: Trend = Trend.KEPT


@dataclass(frozen=True, slots=True)
class SectionDifference:
    name: str
    kinds: tuple[Kind, ...]
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class CriterionTrend:
    """What becomes of the line of a criterion: the worst among its questions."""

    criterion: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    trend: Trend


@dataclass(frozen=True, slots=True)
class Difference:
    settings: tuple[Change, ...]
    sections: tuple[SectionDifference, ...]
    questions: tuple[QuestionDifference, ...]
    criteria: tuple[CriterionTrend, ...]

    @property
    def nothing(self) -> bool:
        """Whether both versions ask the same; a new version number alone is no difference."""
        return not (self.sections or self.questions) and all(change.column == "version" for change in self.settings)

    def of_kind(self, kind: Kind) -> tuple[QuestionDifference, ...]:
        return tuple(question for question in self.questions if kind in question.kinds)


def compare(old: Instrument, new: Instrument) -> Difference:
    """All differences, in the order of the new form; what was removed last."""
    return Difference(
        settings=_changes(settings_row(old), settings_row(new)),
        sections=tuple(_sections(old, new)),
        questions=tuple(_questions(old, new)),
        criteria=tuple(_criteria(old, new)),
    )


def _changes(old: dict[str, str], new: dict[str, str]) -> tuple[Change, ...]:
    columns = dict.fromkeys([*new, *old])
    found = (Change(column, old.get(column, ""), new.get(column, "")) for column in columns)
    return tuple(change for change in found if change.old != change.new)


def _moved(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """The fewest names whose moving explains the new order."""
    old_common = [name for name in old if name in set(new)]
    new_common = [name for name in new if name in set(old)]
    blocks = SequenceMatcher(None, old_common, new_common, autojunk=False).get_matching_blocks()
    stayed = {name for block in blocks for name in old_common[block.a : block.a + block.size]}
    return set(old_common) - stayed


def _sections(old: Instrument, new: Instrument) -> Iterator[SectionDifference]:
    before = {section.name: section for section in old.sections}
    after = {section.name: section for section in new.sections}
    moved = _moved(list(before), list(after))
    for name, section in after.items():
        if name not in before:
            yield SectionDifference(name, (Kind.ADDED,))
            continue
        changes = _changes(section_row(before[name]), section_row(section))
        kinds = _kinds(moved=name in moved, changed=bool(changes))
        if kinds:
            yield SectionDifference(name, kinds, changes)
    for name in before:
        if name not in after:
            yield SectionDifference(name, (Kind.REMOVED,))


def _kinds(*, moved: bool, changed: bool) -> tuple[Kind, ...]:
    return tuple(kind for kind, is_so in ((Kind.MOVED, moved), (Kind.CHANGED, changed)) if is_so)


# --- questions -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question with its place and its choices."""

    question: Question
    section: Group | Repeat
    place: Place
    choices: tuple[Choice, ...]


def _asked(form: Instrument) -> dict[str, _Asked]:
    placed = ((section, question) for section in form.sections for question in section.questions)
    return {
        question.name: _Asked(
            question, section, Place(section.name, number), form.choices.get(question.list_name or "", ())
        )
        for number, (section, question) in enumerate(placed, start=1)
    }


def _questions(old: Instrument, new: Instrument) -> Iterator[QuestionDifference]:
    before, after = _asked(old), _asked(new)
    moved = _moved(list(before), list(after))
    gone = {name: asked for name, asked in before.items() if name not in after}
    for name, asked in after.items():
        if name not in before:
            yield _added(new, asked, gone)
        elif difference := _changed(before[name], asked, moved=name in moved):
            yield difference
    for name, asked in gone.items():
        yield QuestionDifference(name, (Kind.REMOVED,), asked.question, None, asked.place, None, trend=Trend.ENDED)


def _added(new: Instrument, asked: _Asked, gone: dict[str, _Asked]) -> QuestionDifference:
    words = asked.question.label.get(new.default_language)
    same = (name for name, other in gone.items() if words and other.question.label.get(new.default_language) == words)
    return QuestionDifference(
        asked.question.name,
        (Kind.ADDED,),
        None,
        asked.question,
        None,
        asked.place,
        renamed_from=next(same, ""),
        trend=Trend.STARTED,
    )


def _changed(old: _Asked, new: _Asked, *, moved: bool) -> QuestionDifference | None:
    changes = _changes(question_row(old.question), question_row(new.question))
    options = _options(old.choices, new.choices)
    moved = moved or old.place.section != new.place.section
    kinds = _kinds(moved=moved, changed=bool(changes or options))
    if not kinds:
        return None
    return QuestionDifference(
        new.question.name,
        kinds,
        old.question,
        new.question,
        old.place,
        new.place,
        changes,
        options,
        trend=_trend(old, new),
    )


def _options(old: Sequence[Choice], new: Sequence[Choice]) -> tuple[Change, ...]:
    before, after = ({choice.name: _option_words(choice) for choice in choices} for choices in (old, new))
    changes = list(_changes(before, after))
    if [name for name in before if name in after] != [name for name in after if name in before]:
        changes.append(Change("", " · ".join(before), " · ".join(after)))  # the order
    return tuple(changes)


def _option_words(choice: Choice) -> str:
    parts = [*choice.label.values(), *(f"{key}={text}" for key, text in choice.filters.items())]
    return " / ".join([*parts, *(["dont_know"] if choice.dont_know else [])])


# --- trends ----------------------------------------------------------------------------------------------------------

_MEANING = ("type", "criterion", "measure", "reverse", "start", "end", "step")


def _trend(old: _Asked, new: _Asked) -> Trend:
    if any(getattr(old.question, name) != getattr(new.question, name) for name in _MEANING):
        return Trend.BROKEN
    if isinstance(old.section, Repeat) != isinstance(new.section, Repeat):
        return Trend.BROKEN  # about each unit, or about none
    if _levels(old.choices) != _levels(new.choices):
        return Trend.BROKEN
    asks_whom = ("relevant", "required", "choice_filter", "constraint", "calculation")
    same_people = all(getattr(old.question, name) == getattr(new.question, name) for name in asks_whom)
    same_words = old.question.label == new.question.label and old.question.hint == new.question.hint
    same_section = old.section.relevant == new.section.relevant and old.section.label == new.section.label
    same_options = [_option_words(choice) for choice in old.choices] == [
        _option_words(choice) for choice in new.choices
    ]
    return Trend.KEPT if same_words and same_people and same_section and same_options else Trend.REWORDED


def _levels(choices: Iterable[Choice]) -> list[tuple[str, bool]]:
    """The scale by its stored codes, worst first; its words are compared apart."""
    return [(choice.name, choice.dont_know) for choice in choices]


def _criteria(old: Instrument, new: Instrument) -> Iterator[CriterionTrend]:
    before, after = _asked(old), _asked(new)
    names = dict.fromkeys(
        asked.question.criterion for form in (after, before) for asked in form.values() if asked.question.criterion
    )
    for criterion in names:
        was, now = (
            tuple(name for name, asked in form.items() if asked.question.criterion == criterion)
            for form in (before, after)
        )
        yield CriterionTrend(criterion, was, now, _criterion_trend(before, after, was, now))


def _criterion_trend(
    before: dict[str, _Asked], after: dict[str, _Asked], was: tuple[str, ...], now: tuple[str, ...]
) -> Trend:
    if not was or not now:
        return Trend.STARTED if now else Trend.ENDED
    if set(was) != set(now):
        return Trend.BROKEN
    found = {_trend(before[name], after[name]) for name in now}
    return next((trend for trend in (Trend.BROKEN, Trend.REWORDED) if trend in found), Trend.KEPT)
