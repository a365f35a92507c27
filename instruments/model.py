"""The questionnaire as a value: what an author wrote, and nothing about who answers or where it is kept.

Column names follow XLSForm (xlsform.org); ``criterion``, ``measure``, ``reverse``, ``background``, ``dont_know``
and ``rated_units`` are ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

Text = Mapping[str, str]
"""The same words in several languages: language code -> words, e.g. ``{"vi": "…", "en": "…"}``."""

NO_TEXT: Text = MappingProxyType({})


def no_text() -> Text:
    """No words in any language; a factory, because dataclasses take no mapping as a default."""
    return NO_TEXT


RATED_UNITS = "rated_units"
"""The built-in choice list: the units this respondent may rate, filled in when the form is answered."""

OTHER = "other"
"""The choice that ``or_other`` adds; its free text is answered under ``<question>_other``."""


class QuestionType(StrEnum):
    SELECT_ONE = "select_one"
    SELECT_MULTIPLE = "select_multiple"
    INTEGER = "integer"
    DECIMAL = "decimal"
    TEXT = "text"
    NOTE = "note"
    DATE = "date"
    RANGE = "range"
    CALCULATE = "calculate"


class Measure(StrEnum):
    """What a rating measures: the three kinds of SIPAS question, and facts."""

    ASSESSMENT = "assessment"  # nhận định
    SATISFACTION = "satisfaction"  # hài lòng
    EXPECTATION = "expectation"  # mong đợi
    FACT = "fact"  # background, filters


class Layout(StrEnum):
    """How a repeat over rated units is shown."""

    UNIT_PAGES = "unit_pages"  # a page per unit, all questions on it
    MATRIX = "matrix"  # a page per question, the units as rows


@dataclass(frozen=True, slots=True)
class RatedUnit:
    """A unit as a respondent sees it: its code and its proper name, the same in every language."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    name: str
    label: Text
    dont_know: bool = False  # "Không biết / không có cơ sở đánh giá": an answer, but not a level of the scale
    filters: Mapping[str, str] = field(default_factory=dict)  # extra columns that choice_filter reads


@dataclass(frozen=True, slots=True)
class Question:
    """One item of a questionnaire, as the author wrote it."""

    name: str  # stable key in stored answers and exports
    type: QuestionType
    label: Text
    hint: Text = field(default_factory=no_text)
    list_name: str | None = None  # select_*: the choice list, or RATED_UNITS
    or_other: bool = False
    required: bool = False
    required_message: Text = field(default_factory=no_text)
    relevant: str = ""  # XLSForm expression; empty: always asked
    constraint: str = ""
    constraint_message: Text = field(default_factory=no_text)
    choice_filter: str = ""
    calculation: str = ""
    appearance: str = ""
    start: float | None = None  # range: parameters start, end, step
    end: float | None = None
    step: float | None = None
    criterion: str | None = None  # the criterion or SIPAS item that this rating feeds
    measure: Measure | None = None
    reverse: bool = False  # a high level of the scale is bad news for the unit
    background: bool = False  # its answer is visible on the ballot and narrows the anonymity cell


@dataclass(frozen=True, slots=True)
class Repeat:
    """Questions asked once for each rated unit."""

    name: str
    label: Text
    questions: tuple[Question, ...]
    layout: Layout = Layout.UNIT_PAGES
    relevant: str = ""
    units_from: str | None = None  # a select question over RATED_UNITS: only the units chosen there; None: all
    hint: Text = field(default_factory=no_text)


@dataclass(frozen=True, slots=True)
class Group:
    """A section: one page."""

    name: str
    label: Text
    questions: tuple[Question, ...]
    relevant: str = ""
    hint: Text = field(default_factory=no_text)


@dataclass(frozen=True, slots=True)
class Instrument:
    """One questionnaire in one version."""

    form_id: str
    version: str
    title: Text
    sections: tuple[Group | Repeat, ...]
    choices: Mapping[str, tuple[Choice, ...]]  # list name -> choices, worst level first, "don't know" last
    default_language: str = "vi"
    settings: Mapping[str, str] = field(default_factory=dict)  # status, source, minutes and other settings columns

    @property
    def questions(self) -> Iterator[Question]:
        """Every question in the order of the form."""
        for section in self.sections:
            yield from section.questions

    @property
    def languages(self) -> tuple[str, ...]:
        """Language codes of the title, the default one first."""
        return tuple(sorted(self.title, key=lambda code: code != self.default_language))
