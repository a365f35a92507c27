"""From an Instrument back to rows, the same for both file forms; the reverse of ``building``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from instruments.model import Choice, Group, Instrument, Layout, Question, Repeat, Text
from instruments.rows import CHOICES, SETTINGS, SURVEY, Cell, Document, Row, number_text

Pairs = Iterable[tuple[str, str]]


def flatten(instrument: Instrument) -> Document:
    """The rows of an instrument, empty cells left out."""
    choices = [_row(CHOICES, _choice(name, choice)) for name, made in instrument.choices.items() for choice in made]
    survey = [row for section in instrument.sections for row in _section(section)]
    return Document(instrument.form_id, _row(SETTINGS, _settings(instrument)), tuple(choices), tuple(survey))


def settings_row(instrument: Instrument) -> dict[str, str]:
    """The filled cells of the settings, by column."""
    return {column: str(text) for column, text in _settings(instrument) if text}


def section_row(section: Group | Repeat) -> dict[str, str]:
    """The filled cells of a section, its questions left out."""
    return {column: str(text) for column, text in _heading(section) if text}


def question_row(question: Question) -> dict[str, str]:
    """The filled cells of a question, by column: ``label::vi``, ``required``."""
    return {column: str(text) for column, text in _question(question) if text}


def choice_row(choice: Choice) -> dict[str, str]:
    """The filled cells of a choice, without the list it stands in."""
    return {column: str(text) for column, text in _choice("", choice) if text}


def _row(sheet: str, pairs: Pairs) -> Row:
    return Row(sheet, 0, {column: Cell(str(text), 0, column) for column, text in pairs if text})


def _words(column: str, text: Text) -> Iterator[tuple[str, str]]:
    return ((f"{column}::{language}", words) for language, words in text.items())


def _settings(instrument: Instrument) -> Iterator[tuple[str, str]]:
    yield "form_id", instrument.form_id
    yield "version", instrument.version
    yield "default_language", instrument.default_language
    yield from _words("title", instrument.title)
    yield from instrument.settings.items()


def _choice(list_name: str, choice: Choice) -> Iterator[tuple[str, str]]:
    yield "list_name", list_name
    yield "name", choice.name
    yield from _words("label", choice.label)
    yield "dont_know", _flag(choice.dont_know)
    yield from choice.filters.items()


def _section(section: Group | Repeat) -> Iterator[Row]:
    kind = "repeat" if isinstance(section, Repeat) else "group"
    yield _row(SURVEY, [("type", f"begin_{kind}"), ("name", section.name), *_heading(section)])
    for question in section.questions:
        yield _row(SURVEY, _question(question))
    yield _row(SURVEY, [("type", f"end_{kind}")])


def _heading(section: Group | Repeat) -> Iterator[tuple[str, str]]:
    if isinstance(section, Repeat):
        yield "layout", section.layout if section.layout is not Layout.UNIT_PAGES else ""
        yield "units_from", section.units_from or ""
    yield from _words("label", section.label)
    yield from _words("hint", section.hint)
    yield "relevant", section.relevant


def _question(question: Question) -> Iterator[tuple[str, str]]:
    yield "type", _type(question)
    yield "name", question.name
    yield from _words("label", question.label)
    yield from _words("hint", question.hint)
    yield "required", _flag(question.required)
    yield from _words("required_message", question.required_message)
    yield "relevant", question.relevant
    yield "constraint", question.constraint
    yield from _words("constraint_message", question.constraint_message)
    yield "choice_filter", question.choice_filter
    yield "calculation", question.calculation
    yield "appearance", question.appearance
    yield "parameters", _parameters(question)
    yield "criterion", question.criterion or ""
    yield "measure", question.measure or ""
    yield "reverse", _flag(question.reverse)
    yield "background", _flag(question.background)


def _type(question: Question) -> str:
    words = [str(question.type), question.list_name or "", "or_other" if question.or_other else ""]
    return " ".join(word for word in words if word)


def _parameters(question: Question) -> str:
    ends = {"start": question.start, "end": question.end, "step": question.step}
    return " ".join(f"{key}={number_text(value)}" for key, value in ends.items() if value is not None)


def _flag(value: bool) -> str:
    return "yes" if value else ""
