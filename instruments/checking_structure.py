"""Names, lists, translations, and columns that do not go with a question's type."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from instruments.faults import Fault, Severity
from instruments.model import OTHER, RATED_UNITS, Group, Instrument, Question, QuestionType, Repeat, Text
from instruments.rows import CHOICES, SETTINGS, SURVEY, TRANSLATED

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_CHOICE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_FORM_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_RESERVED = {"csrf_token", "go", RATED_UNITS}  # fields of the page itself, and the built-in list
_LONGEST_NAME = 32  # Stata's limit for the name of a variable
_SELECTS = (QuestionType.SELECT_ONE, QuestionType.SELECT_MULTIPLE)
_RATED = (*_SELECTS, QuestionType.RANGE)
_UNANSWERED = (QuestionType.NOTE, QuestionType.CALCULATE)
_BACKGROUND = (*_SELECTS, QuestionType.RANGE, QuestionType.INTEGER)
_HONOURED = {"", "multiline", "minimal", "horizontal", "vertical", "likert", "numbers", "columns", "quick"}


def structure(instrument: Instrument) -> Iterator[Fault]:
    """Faults of settings, lists, names, words and types."""
    yield from _settings(instrument)
    yield from _lists(instrument)
    yield from _names(instrument)
    if not instrument.sections:
        yield Fault("no_sections", sheet=SURVEY)
    for section in instrument.sections:
        yield from _section(instrument, section)
        for question in section.questions:
            yield from _question(instrument, question, repeated=isinstance(section, Repeat))


def _settings(instrument: Instrument) -> Iterator[Fault]:
    if not _FORM_ID.fullmatch(instrument.form_id):
        yield Fault("invalid_form_id", {"form_id": instrument.form_id}, SETTINGS, column="form_id")
    if instrument.default_language not in instrument.title:
        params = {"language": instrument.default_language}
        yield Fault("title_not_in_default_language", params, SETTINGS, column="default_language")


def _lists(instrument: Instrument) -> Iterator[Fault]:
    used = {question.list_name for question in instrument.questions}
    for name, choices in instrument.choices.items():
        if name == RATED_UNITS:
            yield Fault("reserved_list", {"list": name}, CHOICES, name=name, column="list_name")
        if not _CHOICE_NAME.fullmatch(name):
            yield Fault("invalid_list_name", {"list": name}, CHOICES, name=name, column="list_name")
        if not choices:
            yield Fault("empty_list", {"list": name}, CHOICES, name=name, column="list_name")
        if name not in used:
            yield _warning("unused_list", CHOICES, name, "list_name", list=name)
        seen: set[str] = set()
        for choice in choices:
            place = f"{name}/{choice.name}"
            if not _CHOICE_NAME.fullmatch(choice.name):
                yield Fault("invalid_choice_name", {"choice": choice.name}, CHOICES, name=place, column="name")
            if choice.name in seen:
                yield Fault("duplicate_choice", {"choice": choice.name}, CHOICES, name=place, column="name")
            seen.add(choice.name)
            yield from _words(instrument, CHOICES, place, {"label": choice.label})


def _names(instrument: Instrument) -> Iterator[Fault]:
    seen: set[str] = set()
    for name, or_other in _all_names(instrument):
        if not NAME.fullmatch(name):
            yield Fault("invalid_name", {"name": name}, SURVEY, name=name, column="name")
        elif name.lower() in _RESERVED:
            yield Fault("reserved_name", {"name": name}, SURVEY, name=name, column="name")
        elif len(name) > _LONGEST_NAME:
            yield _warning("long_name", SURVEY, name, "name", length=len(name), most=_LONGEST_NAME)
        for taken in (name, f"{name}_{OTHER}") if or_other else (name,):
            if taken.lower() in seen:
                yield Fault("duplicate_name", {"name": taken}, SURVEY, name=name, column="name")
            seen.add(taken.lower())


def _all_names(instrument: Instrument) -> Iterator[tuple[str, bool]]:
    for section in instrument.sections:
        yield section.name, False
        for question in section.questions:
            yield question.name, question.or_other


def _section(instrument: Instrument, section: Group | Repeat) -> Iterator[Fault]:
    yield from _words(instrument, SURVEY, section.name, {"label": section.label, "hint": section.hint})
    if not any(question.type is not QuestionType.CALCULATE for question in section.questions):
        yield Fault("empty_section", sheet=SURVEY, name=section.name, column="name")
    if isinstance(section, Repeat) and section.units_from is not None:
        yield from _units_from(instrument, section)


def _units_from(instrument: Instrument, repeat: Repeat) -> Iterator[Fault]:
    before: list[Question] = []
    for section in instrument.sections:
        if section is repeat:
            break
        before += section.questions if isinstance(section, Group) else ()
    sources = [question for question in before if question.name == repeat.units_from]
    if not any(question.type in _SELECTS and question.list_name == RATED_UNITS for question in sources):
        yield Fault("units_from", {"question": repeat.units_from}, SURVEY, name=repeat.name, column="units_from")


def _question(instrument: Instrument, question: Question, *, repeated: bool) -> Iterator[Fault]:
    if question.type is not QuestionType.CALCULATE or question.label:
        columns = {column: getattr(question, column) for column in TRANSLATED}
        yield from _words(instrument, SURVEY, question.name, columns)
    for code, column, wrong in _mismatches(instrument, question, repeated=repeated):
        if wrong:
            params = {"type": str(question.type), "list": question.list_name or ""}
            yield Fault(code, params, SURVEY, name=question.name, column=column)
    for message, needs in (("constraint_message", "constraint"), ("required_message", "required")):
        if getattr(question, message) and not getattr(question, needs):
            yield _warning("message_unused", SURVEY, question.name, message, column=message, needs=needs)
    if question.appearance not in _HONOURED:
        yield _warning("appearance", SURVEY, question.name, "appearance", value=question.appearance)
    yield from _range(question)


def _mismatches(instrument: Instrument, question: Question, *, repeated: bool) -> Iterator[tuple[str, str, bool]]:
    kind = question.type
    select = kind in _SELECTS
    built_in = question.list_name == RATED_UNITS
    listed = question.list_name in instrument.choices
    own = {choice.name for choice in instrument.choices.get(question.list_name or "", ())}
    yield "unknown_list", "type", select and not listed and not built_in
    yield "list_not_select", "type", not select and (question.list_name is not None or question.or_other)
    yield "or_other_units", "type", question.or_other and built_in
    yield "or_other_filter", "choice_filter", question.or_other and bool(question.choice_filter)
    yield "other_taken", "type", question.or_other and OTHER in own
    yield "filter_not_select", "choice_filter", bool(question.choice_filter) and (not select or built_in)
    yield "units_in_repeat", "type", repeated and built_in
    yield "calculation_missing", "calculation", kind is QuestionType.CALCULATE and not question.calculation
    yield "calculation_not_here", "calculation", kind is not QuestionType.CALCULATE and bool(question.calculation)
    yield "not_answered", "required", kind in _UNANSWERED and question.required
    yield "not_answered", "constraint", kind in _UNANSWERED and bool(question.constraint)
    yield "criterion_not_select", "criterion", question.criterion is not None and kind not in _RATED
    yield "reverse_not_select", "reverse", question.reverse and kind not in _RATED
    yield "background_type", "background", question.background and (repeated or kind not in _BACKGROUND)
    yield "note_in_matrix", "type", kind is QuestionType.NOTE and _in_matrix(instrument, question)


def _in_matrix(instrument: Instrument, question: Question) -> bool:
    return any(
        isinstance(section, Repeat) and section.layout == "matrix" and question in section.questions
        for section in instrument.sections
    )


def _range(question: Question) -> Iterator[Fault]:
    start, end, step = question.start, question.end, question.step
    given = [limit is not None for limit in (start, end, step)]
    if question.type is not QuestionType.RANGE:
        wrong = any(given)
    elif start is None or end is None or step is None:
        wrong = True
    else:
        steps = (end - start) / step if step > 0 else 0.0
        wrong = steps < 1 or abs(steps - round(steps)) > 1e-9
    if wrong:
        yield Fault("range_limits", {"type": str(question.type)}, SURVEY, name=question.name, column="parameters")


def _words(instrument: Instrument, sheet: str, name: str, columns: Mapping[str, Text]) -> Iterator[Fault]:
    """Missing labels, missing and surplus translations."""
    languages = instrument.languages or (instrument.default_language,)
    for column, text in columns.items():
        if column == "label" and not text:
            yield Fault("missing_label", sheet=sheet, name=name, column=f"label::{languages[0]}")
            continue
        for language in languages if text else ():
            if not text.get(language):
                place = f"{column}::{language}"
                yield Fault("missing_translation", {"language": language}, sheet, name=name, column=place)
        for language in text:
            if language not in languages:
                place = f"{column}::{language}"
                yield Fault("language_not_in_title", {"language": language}, sheet, name=name, column=place)


def _warning(code: str, sheet: str, name: str, place: str, /, **params: object) -> Fault:
    return Fault(code, params, sheet, name=name, column=place, severity=Severity.WARNING)
