"""The rows of a questionnaire as both file forms have them: settings, choices and survey, column by column."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from instruments.faults import Fault, Place, Places

SURVEY, CHOICES, SETTINGS = "survey", "choices", "settings"

TRANSLATED = ("label", "hint", "constraint_message", "required_message")
SURVEY_COLUMNS = (
    "type",
    "name",
    "label",
    "hint",
    "required",
    "required_message",
    "relevant",
    "constraint",
    "constraint_message",
    "choice_filter",
    "calculation",
    "appearance",
    "parameters",
    "criterion",
    "measure",
    "reverse",
    "background",
    "layout",
    "units_from",
)
REPEAT_ONLY = frozenset({"layout", "units_from"})
SECTION_COLUMNS = frozenset({"type", "name", "label", "hint", "relevant"})
LANGUAGE_NAMES = {"vi": "Tiếng Việt", "en": "English", "fr": "Français"}

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    row: int
    header: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row; cells by column, a translated column as ``label::vi``; blank cells are left out."""

    sheet: str
    row: int
    cells: Mapping[str, Cell]
    path: str = ""

    def text(self, column: str) -> str:
        """The words of a cell, or nothing."""
        cell = self.cells.get(column)
        return cell.text if cell else ""


@dataclass(frozen=True, slots=True)
class Document:
    """A questionnaire file taken apart, before anything is understood."""

    source: str
    settings: Row
    choices: tuple[Row, ...]
    survey: tuple[Row, ...]
    faults: tuple[Fault, ...] = field(default=())

    @property
    def places(self) -> Places:
        """Where each named row stands; a choice is known as ``list/choice``, a list by its first row."""
        found: dict[tuple[str, str], tuple[Place, ...]] = {}
        for key, row in self._named_rows():
            found[key] = (*found.get(key, ()), _place(row))
        return found

    def _named_rows(self) -> list[tuple[tuple[str, str], Row]]:
        rows = [((SETTINGS, ""), self.settings)]
        rows += [((SURVEY, row.text("name")), row) for row in self.survey if row.text("name")]
        for row in self.choices:
            rows.append(((CHOICES, row.text("list_name")), row))
            rows.append(((CHOICES, f"{row.text('list_name')}/{row.text('name')}"), row))
        return rows


def _place(row: Row) -> Place:
    cells = {column: (cell.row, cell.header, cell.path) for column, cell in row.cells.items()}
    return Place(row.row, row.path, cells)


def clean(text: str) -> str:
    """Text as it is kept: composed letters (NFC), one kind of line end, no control signs, no space around."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", without_control_signs(text)).strip()


def without_control_signs(text: str) -> str:
    """Text without what neither XML nor a spreadsheet can hold."""
    return text if text.isprintable() else _UNPRINTABLE.sub("", text)


def number_text(number: float) -> str:
    """A number in its shortest writing: 1, 0.5."""
    return str(int(number)) if number == int(number) else repr(float(number))
