"""From rows to an Instrument: every cell is understood or refused with its place, none is dropped."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from instruments.faults import Fault
from instruments.model import (
    NO_TEXT,
    RATED_UNITS,
    Choice,
    Group,
    Instrument,
    Layout,
    Measure,
    Question,
    QuestionType,
    Repeat,
    Text,
)
from instruments.refusals import METADATA, OTHER_FORMS_SETTINGS, REFUSED_CHOICE_COLUMNS, UNSUPPORTED_TYPES
from instruments.rows import (
    CHOICES,
    REPEAT_ONLY,
    SECTION_COLUMNS,
    SETTINGS,
    SURVEY_COLUMNS,
    TRANSLATED,
    Cell,
    Document,
    Row,
)

_YES = {"yes", "true", "true()", "1"}
_NO = {"no", "false", "false()", "0", ""}
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_BEGIN_OR_END = re.compile(r"(begin|end)[ _](group|repeat)")
_SELECT = re.compile(r"(select_one|select_multiple)(?:\s+(\S+))?(\s+or_other)?")
_FILTER_COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_OWN_SETTINGS = ("form_id", "version", "default_language")
_COMMON_SETTINGS = (*_OWN_SETTINGS, "title", "status", "source", "minutes")
PLACEHOLDER = "rated_unit"
"""The one choice that an .xlsx shows for the built-in list, so that other XLSForm tools accept it."""


@dataclass(frozen=True, slots=True)
class Built:
    """What could be made of a file. With faults it only serves to look for more of them."""

    instrument: Instrument
    faults: tuple[Fault, ...]


def build(document: Document) -> Built:
    """The instrument that the rows describe, and all that was wrong with them."""
    reading = _Reading(default_language=_default_language(document.settings), faults=list(document.faults))
    settings = reading.settings(document.settings) if document.survey or not document.faults else {}
    choices = reading.choices(document.choices)
    survey = _Survey(reading)
    for row in document.survey:
        survey.take(row)
    survey.close()
    instrument = Instrument(
        sections=tuple(section.made() for section in survey.sections), choices=choices, **_settings(settings)
    )
    return Built(instrument, tuple(sorted(reading.faults, key=_order)))


def _order(fault: Fault) -> tuple[int, int]:
    sheets = (SETTINGS, CHOICES, "survey")
    return (sheets.index(fault.sheet) if fault.sheet in sheets else -1, fault.row or 0)


def _default_language(row: Row) -> str:
    """``vi`` for both ``vi`` and ``Tiếng Việt (vi)``."""
    text = row.text("default_language") or "vi"
    named = re.fullmatch(r".*\(([^()]+)\)", text)
    return named.group(1).strip() if named else text


def _settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    own = ("form_id", "version", "default_language", "title")
    kept = {key: text for key, text in settings.items() if key not in own}
    empty: dict[str, Any] = {"form_id": "", "version": "", "default_language": "vi", "title": NO_TEXT}
    return empty | {key: settings[key] for key in own if key in settings} | {"settings": kept}


@dataclass(slots=True)
class _Reading:
    """Understands cells and keeps the faults."""

    default_language: str
    faults: list[Fault] = field(default_factory=list)

    def fault(self, code: str, row: Row, at: str = "", /, **params: object) -> None:
        cell = row.cells.get(at) or Cell("", row.row, at, row.path)
        name = (
            row.text("name")
            if row.sheet != CHOICES
            else "/".join(filter(None, [row.text("list_name"), row.text("name")]))
        )
        place = {"sheet": row.sheet, "row": cell.row, "column": cell.header, "path": cell.path}
        self.faults.append(Fault(code, params, name=name, **place))  # type: ignore[arg-type]

    def words(self, row: Row, column: str) -> Text:
        """The translations of a column; plain words are in the default language."""
        found: dict[str, str] = {}
        for key, cell in row.cells.items():
            name, _, language = key.partition("::")
            if name != column:
                continue
            code = language or self.default_language
            if not _LANGUAGE.fullmatch(code):
                self.fault("language_code", row, key, language=code)
            elif code in found:
                self.fault("language_twice", row, key, language=code)
            else:
                found[code] = cell.text
        return found or NO_TEXT

    def flag(self, row: Row, column: str) -> bool:
        text = row.text(column).lower()
        if text not in _YES | _NO:
            self.fault("not_yes_no", row, column, value=row.text(column), column=column)
        return text in _YES

    def one_of(self, row: Row, column: str, known: type[StrEnum]) -> str | None:
        text = row.text(column)
        if text and text not in list(known):
            self.fault("not_one_of", row, column, value=text, known=", ".join(known))
            return None
        return text or None

    def only_columns(self, row: Row, known: frozenset[str], kind: str) -> None:
        for column, cell in row.cells.items():
            name, _, language = column.partition("::")
            if name not in known or (language and name not in TRANSLATED):
                code = "column_not_here" if name in SURVEY_COLUMNS and not language else "unknown_column"
                code = "repeat_count" if name == "repeat_count" else code
                self.fault(code, row, column, column=cell.header, kind=kind, known=", ".join(sorted(known)))

    def settings(self, row: Row) -> dict[str, Any]:
        for column in _OWN_SETTINGS[:2]:
            if not row.text(column):
                self.fault("missing_setting", row, column, setting=column)
        found: dict[str, Any] = {"default_language": self.default_language, "title": self.words(row, "title")}
        if not found["title"]:
            self.fault("missing_setting", row, "title", setting="title")
        for column, cell in row.cells.items():
            if column.partition("::")[0] == "title" or column == "default_language":
                continue
            likely = get_close_matches(column, _COMMON_SETTINGS, n=1, cutoff=0.8)
            if column in OTHER_FORMS_SETTINGS or not _FILTER_COLUMN.fullmatch(column):
                self.fault("unsupported_setting", row, column, setting=cell.header)
            elif likely and likely[0] != column:
                self.fault("misspelt_setting", row, column, setting=cell.header, likely=likely[0])
            else:
                found[column] = cell.text
        return found

    def choices(self, rows: tuple[Row, ...]) -> dict[str, tuple[Choice, ...]]:
        lists: dict[str, list[Choice]] = {}
        for row in rows:
            name = row.text("list_name")
            if name == RATED_UNITS:
                if row.text("name") != PLACEHOLDER:
                    self.fault("reserved_list", row, "list_name", list=name)
            elif not name or not row.text("name"):
                self.fault("missing_choice_name", row, "name" if name else "list_name")
            else:
                lists.setdefault(name, []).append(self.choice(row))
        return {name: tuple(found) for name, found in lists.items()}

    def choice(self, row: Row) -> Choice:
        own = {"list_name", "name", "label", "dont_know"}
        filters: dict[str, str] = {}
        for column, cell in row.cells.items():
            name, _, language = column.partition("::")
            if name in own and (name == "label" or not language):
                continue
            if language or column in REFUSED_CHOICE_COLUMNS or not _FILTER_COLUMN.fullmatch(column):
                self.fault("unsupported_choice_column", row, column, column=cell.header)
            else:
                filters[column] = cell.text
        label = self.words(row, "label")
        return Choice(row.text("name"), label, dont_know=self.flag(row, "dont_know"), filters=filters)

    def question(self, row: Row) -> Question:
        self.only_columns(row, frozenset(SURVEY_COLUMNS) - REPEAT_ONLY, "question")
        if not row.text("name"):
            self.fault("missing_name", row, "name")
        kind, list_name, or_other = self.type(row)
        measure = self.one_of(row, "measure", Measure)
        texts = ("relevant", "constraint", "choice_filter", "calculation", "appearance")
        flags = ("required", "reverse", "background")
        cells: dict[str, Any] = {column: self.words(row, column) for column in TRANSLATED}
        cells |= {column: row.text(column) for column in texts}
        cells |= {column: self.flag(row, column) for column in flags}
        cells |= self.parameters(row, kind)
        cells |= {"criterion": row.text("criterion") or None, "measure": Measure(measure) if measure else None}
        return Question(name=row.text("name"), type=kind, list_name=list_name, or_other=or_other, **cells)

    def type(self, row: Row) -> tuple[QuestionType, str | None, bool]:
        """The question type; what is refused stands in as text, so that its name stays known."""
        text = " ".join(row.text("type").split())
        select = _SELECT.fullmatch(text)
        if select:
            if not select.group(2):
                self.fault("missing_list", row, "type", type=text)
            return QuestionType(select.group(1)), select.group(2), bool(select.group(3))
        if text in list(QuestionType) and not text.startswith("select_"):
            return QuestionType(text), None, False
        self.refuse_type(row, text)
        return QuestionType.TEXT, None, False

    def refuse_type(self, row: Row, text: str) -> None:
        supported = ", ".join(QuestionType)
        word = text.split(" ", maxsplit=1)[0]
        likely = get_close_matches(text.replace(" ", "_"), list(QuestionType), n=1, cutoff=0.75)
        if not text:
            self.fault("missing_type", row, "type", supported=supported)
        elif text in METADATA:
            self.fault(METADATA[text], row, "type", type=text)
        elif word in UNSUPPORTED_TYPES:
            self.fault("unsupported_type", row, "type", type=text, supported=supported)
        else:
            hint = likely[0] if likely else supported
            self.fault("unknown_type", row, "type", type=text, supported=hint)

    def parameters(self, row: Row, kind: QuestionType) -> dict[str, float]:
        """start, end and step of a range, as ``start=0 end=10 step=1``."""
        found: dict[str, float] = {}
        for part in row.text("parameters").replace(",", " ").replace(";", " ").split():
            key, _, value = part.partition("=")
            number = _number(value)
            if kind is not QuestionType.RANGE or key not in ("start", "end", "step") or key in found:
                self.fault("unsupported_parameter", row, "parameters", parameter=part)
            elif number is None:
                self.fault("not_a_parameter_number", row, "parameters", parameter=part)
            else:
                found[key] = number
        return found


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


@dataclass(slots=True)
class _Section:
    kind: str
    name: str
    common: Mapping[str, Any]
    questions: list[Question] = field(default_factory=list)

    def made(self) -> Group | Repeat:
        make: type[Group | Repeat] = Repeat if self.kind == "repeat" else Group
        return make(name=self.name, questions=tuple(self.questions), **self.common)


@dataclass(slots=True)
class _Survey:
    """Follows begin and end through the rows. What is nested wrongly is refused, its questions kept for checking."""

    reading: _Reading
    sections: list[_Section] = field(default_factory=list)
    open: list[tuple[str, Row]] = field(default_factory=list)
    outside: bool = False  # the last section only holds questions that stand outside any

    def take(self, row: Row) -> None:
        text = " ".join(row.text("type").lower().split())
        bracket = _BEGIN_OR_END.fullmatch(text)
        if bracket is None:
            self.question(row)
        elif bracket.group(1) == "begin":
            self.begin(bracket.group(2), row)
        else:
            self.end(bracket.group(2), row)

    def question(self, row: Row) -> None:
        if not self.open:
            self.reading.fault("question_outside_section", row, "type")
            if not self.outside:
                self.sections.append(_Section("group", "", {"label": NO_TEXT}))
                self.outside = True
        self.sections[-1].questions.append(self.reading.question(row))

    def begin(self, kind: str, row: Row) -> None:
        nested = bool(self.open)
        if nested:
            outer = self.open[-1][0]
            self.reading.fault("nested_section", row, "type", inner=kind, outer=outer)
        self.open.append((kind, row))
        section = self.section(kind, row)
        if not nested:
            self.outside = False
            self.sections.append(section)

    def section(self, kind: str, row: Row) -> _Section:
        reading = self.reading
        own = REPEAT_ONLY if kind == "repeat" else {"appearance"}
        reading.only_columns(row, SECTION_COLUMNS | own, kind)
        if not row.text("name"):
            reading.fault("missing_name", row, "name")
        if kind == "group" and row.text("appearance") not in ("", "field-list"):
            reading.fault("group_appearance", row, "appearance", value=row.text("appearance"))
        common: dict[str, Any] = {
            "label": reading.words(row, "label"),
            "hint": reading.words(row, "hint"),
            "relevant": row.text("relevant"),
        }
        if kind == "repeat":
            common["layout"] = Layout(reading.one_of(row, "layout", Layout) or Layout.UNIT_PAGES)
            common["units_from"] = row.text("units_from") or None
        return _Section(kind, row.text("name"), common)

    def end(self, kind: str, row: Row) -> None:
        self.reading.only_columns(row, frozenset({"type", "name"}), f"end_{kind}")
        if not self.open:
            self.reading.fault("end_without_begin", row, "type", kind=kind)
        elif self.open.pop()[0] != kind:
            self.reading.fault("end_mismatch", row, "type", kind=kind)

    def close(self) -> None:
        for kind, row in self.open:
            self.reading.fault("section_not_ended", row, "type", kind=kind)
