"""A questionnaire as an XLSForm workbook: sheets survey, choices and settings, readable by other XLSForm tools."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from instruments.building import PLACEHOLDER
from instruments.faults import Fault
from instruments.model import RATED_UNITS
from instruments.refusals import REFUSED_SHEETS
from instruments.rows import (
    CHOICES,
    LANGUAGE_NAMES,
    SETTINGS,
    SURVEY,
    SURVEY_COLUMNS,
    TRANSLATED,
    Cell,
    Document,
    Row,
    clean,
    number_text,
)

_SHEETS = (SURVEY, CHOICES, SETTINGS)
_NAMED_LANGUAGE = re.compile(r".*\(([^()]+)\)")
_MOST_CELLS = 1_000_000  # of the rectangle around all cells; a form of 200 questions fills some thousands
_ALIASES = {
    "list name": "list_name",
    "id_string": "form_id",
    "form_title": "title",
    "relevance": "relevant",
    "constraint message": "constraint_message",
    "required message": "required_message",
}


def read_document(data: bytes, source: str) -> Document:
    """The rows of an .xlsx questionnaire."""
    try:
        book = load_workbook(io.BytesIO(data))
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        fault = Fault("not_a_workbook", {"detail": str(error)})
        return Document(source, Row(SETTINGS, 1, {}), (), (), (fault,))
    return _Reader().document(book, source)


@dataclass(slots=True)
class _Reader:
    """Reads sheet by sheet and keeps every fault that it meets."""

    faults: list[Fault] = field(default_factory=list)

    def document(self, book: Workbook, source: str) -> Document:
        sheets = {sheet.title.strip().lower(): sheet for sheet in book.worksheets}
        for name in sheets:
            if name not in _SHEETS and not name.startswith("_"):
                code = "unsupported_sheet" if name in REFUSED_SHEETS else "unknown_sheet"
                self.faults.append(Fault(code, {"sheet": name}, sheet=name))
        for name in (SURVEY, SETTINGS):
            if name not in sheets:
                self.faults.append(Fault("missing_sheet", {"sheet": name}, sheet=name))
        rows = {name: list(self.rows(name, sheets[name])) if name in sheets else [] for name in _SHEETS}
        for extra in rows[SETTINGS][1:]:
            self.faults.append(Fault("second_settings_row", sheet=SETTINGS, row=extra.row))
        settings = rows[SETTINGS][0] if rows[SETTINGS] else Row(SETTINGS, 2, {})
        return Document(source, settings, tuple(rows[CHOICES]), tuple(rows[SURVEY]), tuple(self.faults))

    def rows(self, name: str, sheet: Worksheet) -> Iterator[Row]:
        if sheet.max_row * sheet.max_column > _MOST_CELLS:
            self.faults.append(Fault("sheet_too_large", {"rows": sheet.max_row, "columns": sheet.max_column}, name))
            return
        lines = enumerate(sheet.iter_rows(), start=1)
        headers: list[str] = []
        columns: list[str] = []
        for number, line in lines:
            texts = [self.text(name, number, cell) for cell in line]
            if not any(texts):
                continue
            if not headers:
                headers, columns = texts, self.columns(name, number, texts)
                continue
            cells = self.cells(name, number, zip(headers, columns, texts, strict=True))
            yield Row(name, number, {column: cell for column, cell in cells if column})

    def cells(self, sheet: str, row: int, line: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, Cell]]:
        for header, column, text in line:
            if text and not header:
                self.faults.append(Fault("no_header", {"value": text[:40]}, sheet=sheet, row=row))
            elif text:
                yield column, Cell(text, row, header)

    def columns(self, sheet: str, row: int, headers: Sequence[str]) -> list[str]:
        """The column keys of a header line: ``label::Tiếng Việt (vi)`` becomes ``label::vi``."""
        columns = [_column(sheet, header) for header in headers]
        for index, column in enumerate(columns):
            if column and column in columns[:index]:
                fault = Fault("column_twice", {"column": headers[index]}, sheet=sheet, row=row)
                self.faults.append(fault)
                columns[index] = ""
        return columns

    def text(self, sheet: str, row: int, cell: Any) -> str:
        value = cell.value
        if value is None:
            return ""
        if cell.data_type in ("f", "e"):
            where = {"sheet": sheet, "row": row, "column": cell.column_letter}
            self.faults.append(Fault("formula_cell", {"value": str(value)}, **where))
            return ""
        return clean(_value_text(value))


def _value_text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _column(sheet: str, header: str) -> str:
    base, _, language = header.partition("::")
    name = base.strip()
    known = name.lower()
    if sheet != CHOICES or known in ("list_name", "list name", "name", "label", "dont_know"):
        name = _ALIASES.get(known, known)
    if sheet == SETTINGS and (match := re.fullmatch(r"form_title_(.+)", base.strip())):
        return f"title::{match.group(1)}"
    named = _NAMED_LANGUAGE.fullmatch(language.strip())
    code = named.group(1).strip() if named else language.strip()
    return f"{name}::{code}" if language else name


def write_document(document: Document) -> bytes:
    """The .xlsx of a questionnaire's rows; every cell is text, so that no program takes one for a formula."""
    book = Workbook()
    book.remove(book.worksheets[0])
    languages = _languages(document)
    _write(book, SURVEY, [*_survey_columns(document, languages)], _with_field_lists(document.survey))
    _write(book, CHOICES, _choice_columns(document, languages), _with_rated_units(document, languages))
    settings = _settings_cells(document.settings)
    _write(book, SETTINGS, list(settings), [Row(SETTINGS, 0, settings)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _languages(document: Document) -> list[str]:
    """Every language in use, the default one first."""
    keys = (key for row in (document.settings, *document.choices, *document.survey) for key in row.cells)
    found = {key.partition("::")[2]: None for key in keys if "::" in key}
    default = document.settings.text("default_language")
    return sorted(found, key=lambda code: code != default)


def _survey_columns(document: Document, languages: list[str]) -> Iterator[str]:
    used = {key.partition("::")[0] for row in document.survey for key in row.cells} | {"label"}
    for column in SURVEY_COLUMNS:
        if column in TRANSLATED and column in used:
            yield from (f"{column}::{language}" for language in languages)
        elif column not in TRANSLATED and (column in used or column == "appearance"):
            yield column


def _choice_columns(document: Document, languages: list[str]) -> list[str]:
    first = ["list_name", "name", *(f"label::{language}" for language in languages), "dont_know"]
    extra = {key: None for row in document.choices for key in row.cells if key not in first}
    return [*first, *extra]


def _with_field_lists(rows: Iterable[Row]) -> Iterator[Row]:
    """Groups marked so that other XLSForm tools too show one on a page."""
    for row in rows:
        if row.text("type") == "begin_group":
            yield Row(SURVEY, 0, {**row.cells, "appearance": Cell("field-list", 0, "appearance")})
        else:
            yield row


def _with_rated_units(document: Document, languages: list[str]) -> Iterator[Row]:
    yield from document.choices
    if any(RATED_UNITS in row.text("type").split() for row in document.survey):
        texts = {"list_name": RATED_UNITS, "name": PLACEHOLDER}
        texts |= {f"label::{language}": RATED_UNITS for language in languages}
        yield Row(CHOICES, 0, {column: Cell(text, 0, column) for column, text in texts.items()})


def _settings_cells(row: Row) -> dict[str, Cell]:
    """Settings under the names that XLSForm gives them; a translated title gets a column of its own."""
    default = row.text("default_language")
    cells: dict[str, Cell] = {}
    for column, cell in row.cells.items():
        name, _, language = column.partition("::")
        title = "form_title" if language == default else f"form_title_{language}"
        header = title if name == "title" else column
        text = _language_name(cell.text) if column == "default_language" else cell.text
        cells[header] = Cell(text, 0, header)
    return cells


def _language_name(code: str) -> str:
    return f"{LANGUAGE_NAMES.get(code, code)} ({code})"


def _header(column: str) -> str:
    name, _, language = column.partition("::")
    return f"{name}::{_language_name(language)}" if language else name


def _write(book: Workbook, title: str, columns: list[str], rows: Iterable[Row]) -> None:
    sheet = book.create_sheet(title)
    for index, column in enumerate(columns, start=1):
        _put(sheet, 1, index, _header(column)).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(index)].width = 40 if "::" in column else 16
    for number, row in enumerate(rows, start=2):
        for index, column in enumerate(columns, start=1):
            if text := row.text(column):
                _put(sheet, number, index, text).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A2"


def _put(sheet: Worksheet, row: int, column: int, text: str) -> Any:
    cell = sheet.cell(row, column)
    cell.value = text
    cell.data_type = "s"
    return cell
