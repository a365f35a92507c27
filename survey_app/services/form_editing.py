"""Editing a draft on the screen: each save is one edit of its text, refused if somebody saved in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from sqlalchemy.orm import Session

from instruments import editing
from instruments.flattening import choice_row
from instruments.model import Group, Instrument, Question, Repeat
from scoring.faults import MethodError
from scoring.loading import load_method, methods
from scoring.method import Feed, ScoringMethod, Text
from survey_app.services.forms import current_draft, parsed, parsed_method, replace_draft

Edit = Callable[[str], str]


class NoSuchQuestion(LookupError):
    """The draft has no question, section or list of this name: somebody removed it."""


class NameTaken(ValueError):
    """A question, section or list of this name is there already."""


class ListInUse(ValueError):
    """Questions choose from this list: ``users``."""

    def __init__(self, users: tuple[str, ...]) -> None:
        self.users = users
        super().__init__(", ".join(users))


@dataclass(frozen=True, slots=True)
class Found:
    """A question with its place in the form, from 0."""

    section: int
    place: int
    question: Question
    of: Group | Repeat


def save_edit(
    session: Session, draft_id: int, edit: Edit, *, revision: int, account_id: int | None, today: date
) -> int:
    """Apply an edit to a draft that is still at this revision; the new revision.

    Raises
    ------
    StaleDraft
        Somebody saved meanwhile.
    InstrumentErrors
        The text would not be readable any more.
    """
    draft = current_draft(session, draft_id, revision)
    return replace_draft(session, draft_id, edit(draft.source), revision=revision, account_id=account_id, today=today)


def find_question(form: Instrument, name: str) -> Found:
    """The question of this name."""
    for number, section in enumerate(form.sections):
        for place, question in enumerate(section.questions):
            if question.name == name:
                return Found(number, place, question, section)
    raise NoSuchQuestion(name)


def find_section(form: Instrument, name: str) -> int:
    """The place of the section of this name."""
    for number, section in enumerate(form.sections):
        if section.name == name:
            return number
    raise NoSuchQuestion(name)


def users_of_list(form: Instrument, name: str) -> tuple[str, ...]:
    """The questions that choose from a list, in the order of the form."""
    return tuple(question.name for question in form.questions if question.list_name == name)


# --- edits by name ---------------------------------------------------------------------------------------------------


def question_edit(name: str, cells: editing.Cells) -> Edit:
    """Other cells for the question of this name."""

    def edit(source: str) -> str:
        found = find_question(parsed(source), name)
        return editing.set_question(source, found.section, found.place, cells)

    return edit


def section_edit(name: str, cells: editing.Cells) -> Edit:
    """Other words above the section of this name."""
    return lambda source: editing.set_section(source, find_section(parsed(source), name), cells)


def settings_edit(cells: editing.Cells) -> Edit:
    return lambda source: editing.set_settings(source, cells)


def question_move(name: str, by: int) -> Edit:
    """The question of this name one place further (1) or before (-1)."""

    def edit(source: str) -> str:
        found = find_question(parsed(source), name)
        return editing.move_question(source, found.section, found.place, by)[0]

    return edit


def section_move(name: str, by: int) -> Edit:
    return lambda source: editing.move_section(source, find_section(parsed(source), name), by)


def question_removal(name: str) -> Edit:
    def edit(source: str) -> str:
        found = find_question(parsed(source), name)
        return editing.remove_question(source, found.section, found.place)

    return edit


def section_removal(name: str) -> Edit:
    return lambda source: editing.remove_section(source, find_section(parsed(source), name))


def question_addition(section: str, cells: editing.Cells) -> Edit:
    """A new question at the end of a section."""

    def edit(source: str) -> str:
        form = parsed(source)
        _require_free(form, cells["name"])
        return editing.add_question(source, find_section(form, section), cells)

    return edit


def section_addition(name: str, cells: editing.Cells, first_question: editing.Cells) -> Edit:
    """A new section at the end of the form, with its first question."""

    def edit(source: str) -> str:
        for taken in (name, first_question["name"]):
            _require_free(parsed(source), taken)
        return editing.add_section(source, name, cells, first_question)

    return edit


def _require_free(form: Instrument, name: str) -> None:
    taken = {section.name.lower() for section in form.sections} | {question.name.lower() for question in form.questions}
    if name.lower() in taken:
        raise NameTaken(name)


def list_edit(name: str, choices: Iterable[editing.ChoiceRow]) -> Edit:
    """The choices of a list, in their new order; a list that was not there is added."""
    rows = list(choices)

    def edit(source: str) -> str:
        if name not in parsed(source).choices:
            raise NoSuchQuestion(name)
        return editing.set_list(source, name, rows)

    return edit


def list_addition(name: str, choices: Iterable[editing.Cells]) -> Edit:
    rows = list(choices)

    def edit(source: str) -> str:
        if name in parsed(source).choices:
            raise NameTaken(name)
        return editing.add_list(source, name, rows)

    return edit


def list_removal(name: str) -> Edit:
    def edit(source: str) -> str:
        users = users_of_list(parsed(source), name)
        if users:
            raise ListInUse(users)
        return editing.remove_list(source, name)

    return edit


def list_rows(form: Instrument, name: str) -> list[dict[str, str]]:
    """The cells of each choice of a list."""
    if name not in form.choices:
        raise NoSuchQuestion(name)
    return [choice_row(choice) for choice in form.choices[name]]


# --- criteria --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MethodCriteria:
    """The criteria of a scoring method that ratings feed."""

    method_id: str
    version: str
    title: Text
    criteria: tuple[tuple[str, Text], ...]  # code, title


def criteria_of_methods(sources: Iterable[str]) -> list[MethodCriteria]:
    """The criteria that a question may feed: of the shipped methods and of these texts, each method's last text."""
    found = {method.id: _criteria(method) for method in (*_shipped(), *_readable(sources))}
    return [method for method in found.values() if method.criteria]


@lru_cache(1)
def _shipped() -> tuple[ScoringMethod, ...]:
    return tuple(load_method(path) for path in methods().values())


def _readable(sources: Iterable[str]) -> Iterator[ScoringMethod]:
    """Drafts of methods may have faults: those are left out here, and shown where the method is edited."""
    for source in sources:
        try:
            yield parsed_method(source)
        except MethodError:
            continue


def _criteria(method: ScoringMethod) -> MethodCriteria:
    leaves = [leaf for criterion in method.criteria for leaf in criterion.leaves if leaf.feed is Feed.RATINGS]
    return MethodCriteria(method.id, method.version, method.title, tuple((leaf.code, leaf.title) for leaf in leaves))
