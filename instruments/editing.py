"""Edits of a questionnaire's YAML text that leave all else as its author wrote it: comments, order, quotes.

Each function takes the text and gives the new one. Cells are those of XLSForm (``label::vi``, ``required``); an empty
text removes a cell. Sections and questions are named by their place, from 0. The text is one that could be read
(``instruments.xlsform.parse_yaml``); where its style leaves no room for an edit (everything on one line), it is first
written out in the style of ``yaml_form.write_document``, which keeps the content and loses the comments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from instruments.editing_maps import (
    Cells,
    Edit,
    applied,
    end_of_lines,
    flow_text,
    is_flow,
    map_edits,
    pairs,
    start_of_line,
    start_of_next_line,
)
from instruments.model import QuestionType
from instruments.rows import CHOICES, SETTINGS, SURVEY
from instruments.yaml_form import composed, read_document, write_document

__all__ = [
    "SIMPLE_TYPES",
    "Cells",
    "ChoiceRow",
    "LastQuestion",
    "NoSuchPlace",
    "add_list",
    "add_question",
    "add_section",
    "move_question",
    "move_section",
    "question_cells",
    "remove_list",
    "remove_question",
    "remove_section",
    "set_list",
    "set_question",
    "set_section",
    "set_settings",
]

SIMPLE_TYPES = (
    QuestionType.SELECT_ONE,
    QuestionType.SELECT_MULTIPLE,
    QuestionType.TEXT,
    QuestionType.INTEGER,
    QuestionType.DATE,
    QuestionType.NOTE,
)
"""The kinds of question that can be added on the screen."""


class NoSuchPlace(LookupError):
    """The form has no section, question or list there: another edit moved it."""


class LastQuestion(ValueError):
    """A section keeps at least one question; the whole section can be removed."""


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """A choice of a list after an edit: the place it had before, None for a new one, and its cells."""

    was: int | None
    cells: Cells


@dataclass(frozen=True, slots=True)
class _Rows:
    """The entries of a block sequence as ranges of whole lines, each with the comments above it."""

    nodes: tuple[Node, ...]
    ranges: tuple[tuple[int, int], ...]
    indent: int  # column of the dash

    def end(self) -> int:
        return self.ranges[-1][1]


class _Form:
    """The text with its nodes, as far as the edits need them."""

    def __init__(self, source: str) -> None:
        self.text = source if source.endswith("\n") else source + "\n"
        self.parts = {key: (node, value) for key, node, value in pairs(composed(self.text))}
        settings = self.parts[SETTINGS][1]
        self.language = next((str(v.value) for k, _, v in pairs(settings) if k == "default_language"), "vi")
        if self.language not in ("vi", "en"):
            self.language = self.language.rpartition("(")[2].rstrip(") ") or "vi"

    def sections(self) -> _Rows:
        key, node = self.parts[SURVEY]
        return self.rows(key, node)

    def section(self, section: int) -> Node:
        return _at(self.parts[SURVEY][1].value, section)

    def questions(self, section: int) -> _Rows:
        for key, node, value in pairs(self.section(section)):
            if key == "questions":
                return self.rows(node, value)
        raise NoSuchPlace(section)

    def choices(self, name: str) -> _Rows:
        for key, node, value in pairs(self.parts[CHOICES][1]) if CHOICES in self.parts else ():
            if key == name:
                return self.rows(node, value)
        raise NoSuchPlace(name)

    def rows(self, key: Node, node: Node) -> _Rows:
        assert isinstance(node, SequenceNode)  # noqa: S101 (the text could be read)
        start = start_of_next_line(self.text, key.end_mark.index)
        ranges: list[tuple[int, int]] = []
        for entry in node.value:
            end = end_of_lines(self.text, entry)
            ranges.append((start, end))
            start = end
        first = node.value[0].start_mark.index if node.value else start
        dash = self.text.rfind("-", start_of_line(self.text, first), first)
        return _Rows(tuple(node.value), tuple(ranges), dash - start_of_line(self.text, first))

    def put(self, edits: Iterable[Edit]) -> str:
        return applied(self.text, edits)


def _at(nodes: Sequence[Node], place: int) -> Node:
    if not 0 <= place < len(nodes):
        raise NoSuchPlace(place)
    return nodes[place]


def _form(source: str) -> _Form:
    """The form, written out first if one of its sequences stands on one line."""
    form = _Form(source)
    return form if _roomy(form) else _Form(write_document(read_document(source, "form")))


def _roomy(form: _Form) -> bool:
    """Whether every sequence is in block style, an entry to a line or more."""
    survey = form.parts[SURVEY][1]
    lists = [value for _, _, value in pairs(form.parts[CHOICES][1])] if CHOICES in form.parts else []
    held = [value for section in survey.value for key, _, value in pairs(section) if key == "questions"]
    maps = [form.parts[CHOICES][1]] if CHOICES in form.parts and lists else []
    return not any(is_flow(node) for node in (survey, *maps, *survey.value, *held, *lists))


# --- settings, sections ----------------------------------------------------------------------------------------------


def set_settings(source: str, cells: Cells) -> str:
    """The form with other settings: ``title::vi``, ``version``, ``minutes``."""
    form = _form(source)
    return form.put(map_edits(form.text, form.parts[SETTINGS][1], cells, form.language))


def set_section(source: str, section: int, cells: Cells) -> str:
    """The form with other words above a section."""
    form = _form(source)
    return form.put(map_edits(form.text, form.section(section), cells, form.language))


def add_section(source: str, name: str, cells: Cells, first_question: Cells) -> str:
    """The form with a new section at its end; a section holds at least one question."""
    form = _form(source)
    rows = form.sections()
    dash, more, deep = (" " * (rows.indent + extra) for extra in (0, 2, 4))
    head = [f"{dash}- group: {name}", *(f"{more}{part}" for part in flow_text(cells, lines=True))]
    text = "\n".join([*head, f"{more}questions:", f"{deep}- {flow_text(first_question)}", ""])
    return form.put([(rows.end(), rows.end(), text)])


def remove_section(source: str, section: int) -> str:
    """The form without a section and its questions."""
    form = _form(source)
    rows = form.sections()
    _at(rows.nodes, section)
    if len(rows.nodes) == 1:
        raise LastQuestion
    return form.put([(*rows.ranges[section], "")])


def move_section(source: str, section: int, by: int) -> str:
    """The form with a section ``by`` places further down (up, if negative); at the border it stays."""
    form = _form(source)
    return _moved(form, form.sections(), section, by)


def _moved(form: _Form, rows: _Rows, place: int, by: int) -> str:
    _at(rows.nodes, place)
    to = min(max(place + by, 0), len(rows.nodes) - 1)
    blocks = [form.text[start:end] for start, end in rows.ranges]
    blocks.insert(to, blocks.pop(place))
    return form.put([(rows.ranges[0][0], rows.end(), "".join(blocks))])


# --- questions -------------------------------------------------------------------------------------------------------


def set_question(source: str, section: int, place: int, cells: Cells) -> str:
    """The form with other cells of a question."""
    form = _form(source)
    question = _at(form.questions(section).nodes, place)
    return form.put(map_edits(form.text, question, cells, form.language))


def add_question(source: str, section: int, cells: Cells) -> str:
    """The form with a new question at the end of a section."""
    form = _form(source)
    rows = form.questions(section)
    return form.put([(rows.end(), rows.end(), f"{' ' * rows.indent}- {flow_text(cells)}\n")])


def remove_question(source: str, section: int, place: int) -> str:
    """The form without a question."""
    form = _form(source)
    rows = form.questions(section)
    _at(rows.nodes, place)
    if len(rows.nodes) == 1:
        raise LastQuestion
    return form.put([(*rows.ranges[place], "")])


def move_question(source: str, section: int, place: int, by: int) -> tuple[str, int, int]:
    """The form with a question one place further (``by`` 1) or before (-1), and the place it has then.

    Over the border it goes into the neighbouring section; the first and the last of the form stay. The last question of
    a section stays too: a section keeps at least one.
    """
    form = _form(source)
    rows = form.questions(section)
    _at(rows.nodes, place)
    if 0 <= place + by < len(rows.nodes):
        return _moved(form, rows, place, by), section, place + by
    neighbour = section + by
    if not 0 <= neighbour < len(form.parts[SURVEY][1].value) or len(rows.nodes) == 1:
        return form.text, section, place
    there = form.questions(neighbour)
    at = there.ranges[0][0] if by > 0 else there.end()
    block = _indented(form.text[slice(*rows.ranges[place])], there.indent - rows.indent)
    moved = form.put([(*rows.ranges[place], ""), (at, at, block)])
    return moved, neighbour, 0 if by > 0 else len(there.nodes)


def _indented(block: str, by: int) -> str:
    if by >= 0:
        return "".join((" " * by if line.strip() else "") + line for line in block.splitlines(keepends=True))
    return "".join(line[-by:] if not line[:-by].strip() else line for line in block.splitlines(keepends=True))


# --- choice lists ----------------------------------------------------------------------------------------------------


def set_list(source: str, name: str, choices: Sequence[ChoiceRow]) -> str:
    """The form with these choices in a list, in this order; those not named by their former place are gone."""
    form = _form(source)
    rows = form.choices(name)
    blocks = [
        f"{' ' * rows.indent}- {flow_text(row.cells)}\n" if row.was is None else _choice(form, rows, row.was, row.cells)
        for row in choices
    ]
    return form.put([(rows.ranges[0][0], rows.end(), "".join(blocks))])


def _choice(form: _Form, rows: _Rows, was: int, cells: Cells) -> str:
    node = _at(rows.nodes, was)
    start, end = rows.ranges[was]
    edits = map_edits(form.text, node, cells, form.language)
    return applied(form.text[start:end], ((a - start, b - start, new) for a, b, new in edits))


def add_list(source: str, name: str, choices: Iterable[Cells]) -> str:
    """The form with a new choice list."""
    form = _form(source)
    entries = "".join(f"    - {flow_text(cells)}\n" for cells in choices)
    if CHOICES not in form.parts:
        at = start_of_line(form.text, form.parts[SURVEY][0].start_mark.index)
        return form.put([(at, at, f"choices:\n  {name}:\n{entries}")])
    node = form.parts[CHOICES][1]
    if not node.value:
        start, end = node.start_mark.index, node.end_mark.index
        return form.put([(start, end, f"\n  {name}:\n{entries}".rstrip("\n"))])
    at = end_of_lines(form.text, node)
    indent = " " * node.start_mark.column
    return form.put([(at, at, f"{indent}{name}:\n{entries}")])


def remove_list(source: str, name: str) -> str:
    """The form without a choice list."""
    form = _form(source)
    node = form.parts[CHOICES][1] if CHOICES in form.parts else None
    found = {key: (key_node, value) for key, key_node, value in pairs(node)} if isinstance(node, MappingNode) else {}
    if name not in found:
        raise NoSuchPlace(name)
    key_node, value = found[name]
    start = start_of_line(form.text, key_node.start_mark.index)
    if len(found) == 1:
        start = start_of_line(form.text, form.parts[CHOICES][0].start_mark.index)
    return form.put([(start, end_of_lines(form.text, value), "")])


def question_cells(kind: str, name: str, label: Mapping[str, str], **more: str) -> dict[str, str]:
    """The cells of a new question."""
    return {"type": kind, "name": name, **{f"label::{code}": words for code, words in label.items()}, **more}
