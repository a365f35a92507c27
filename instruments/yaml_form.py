"""A questionnaire as YAML: one readable file with the columns of XLSForm, sections holding their questions."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.composer import Composer, ComposerError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from instruments.faults import Fault
from instruments.rows import CHOICES, SETTINGS, SURVEY, TRANSLATED, Cell, Document, Row, clean

_SECTIONS = ("group", "repeat")
_DEEPEST = 20
_COMPOSED = 8
_PLAIN = re.compile(r"[^\W\d_][\w ().-]*")


class _ShallowComposer(Composer):
    """Refuses brackets within brackets before they are too many: a form has six levels."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.depth >= _DEEPEST:
            raise ComposerError(None, None, "brackets within brackets, too deep", self.parser.peek_event().start_mark)
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


@lru_cache(_COMPOSED)
def composed(text: str) -> Node | None:
    """The nodes of a YAML text; they are only read, so that an edit needs not take apart what was just read."""
    yaml = YAML(typ="rt", pure=True)
    yaml.Composer = _ShallowComposer
    root: Node | None = yaml.compose(io.StringIO(text))
    return root


def read_document(text: str, source: str) -> Document:
    """The rows of a YAML questionnaire. Scalars stay as they were written: ``yes``, ``010`` and ``1.10`` are text."""
    try:
        root = composed(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        return _unreadable(source, str(error.problem or error.context), line)
    except YAMLError as error:
        return _unreadable(source, str(error), None)
    return _Reader().document(root, source)


def _unreadable(source: str, detail: str, line: int | None) -> Document:
    fault = Fault("yaml_syntax", {"detail": detail}, row=line, path="yaml")
    return Document(source, Row(SETTINGS, 1, {}), (), (), (fault,))


@dataclass(slots=True)
class _Reader:
    """Walks the YAML nodes and keeps every fault that it meets."""

    faults: list[Fault] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)

    def document(self, root: Node | None, source: str) -> Document:
        parts = {key: (node, value) for key, node, value in self.items(root, "")}
        for key, (node, _) in parts.items():
            if key not in (SETTINGS, CHOICES, SURVEY):
                self.fault("unknown_key", node, key, key=key, known="settings, choices, survey")
        settings = self.row(SETTINGS, parts[SETTINGS][1], SETTINGS) if SETTINGS in parts else None
        choices = list(self.choices(parts[CHOICES][1])) if CHOICES in parts else []
        survey = list(self.survey(parts[SURVEY][1])) if SURVEY in parts else []
        empty = Row(SETTINGS, 1, {}, SETTINGS)
        return Document(source, settings or empty, tuple(choices), tuple(survey), tuple(self.faults))

    def choices(self, node: Node) -> Iterator[Row]:
        for name, key, rows in self.items(node, CHOICES):
            path = f"{CHOICES}.{name}"
            list_cell = Cell(name, _line(key), "list_name", path)
            entries = list(self.entries(rows, path))
            if isinstance(rows, SequenceNode) and not entries:
                self.fault("empty_list", key, path, list=name)
            for entry, entry_path in entries:
                row = self.row(CHOICES, entry, entry_path)
                yield Row(CHOICES, row.row, {"list_name": list_cell, **row.cells}, entry_path)

    def survey(self, node: Node) -> Iterator[Row]:
        for entry, path in self.entries(node, SURVEY):
            yield from self.section(entry, path)

    def section(self, node: Node, path: str) -> Iterator[Row]:
        items = list(self.items(node, path))
        kind = next((key for key, _, _ in items if key in _SECTIONS), None)
        if kind is None:
            self.fault("not_a_section", node, path)
            return
        cells = self.cells([item for item in items if item[0] != "questions"], path)
        name = cells.pop(kind, Cell("", _line(node), kind, path))
        cells |= {"type": Cell(f"begin_{kind}", _line(node), kind, path), "name": name}
        yield Row(SURVEY, _line(node), cells, path)
        for key, _, value in items:
            if key == "questions":
                for entry, entry_path in self.entries(value, f"{path}.questions"):
                    yield self.row(SURVEY, entry, entry_path)
        yield Row(SURVEY, _line(node), {"type": Cell(f"end_{kind}", _line(node), kind, path)}, path)

    def row(self, sheet: str, node: Node, path: str) -> Row:
        return Row(sheet, _line(node), self.cells(self.items(node, path), path), path)

    def cells(self, items: Iterable[tuple[str, Node, Node]], path: str) -> dict[str, Cell]:
        cells: dict[str, Cell] = {}
        for key, key_node, value in items:
            here = f"{path}.{key}"
            if isinstance(value, MappingNode) and (key in TRANSLATED or key == "title"):
                for language, node, words in self.items(value, here):
                    self.put(cells, f"{key}::{language}", node, words, f"{here}.{language}")
            else:
                self.put(cells, key, key_node, value, here)
        return cells

    def put(self, cells: dict[str, Cell], column: str, key: Node, value: Node, path: str) -> None:
        if not isinstance(value, ScalarNode):
            self.fault("not_text", value, path, column=column)
        elif text := _text(value):
            cells[column] = Cell(text, _line(key), column, path)

    def items(self, node: Node | None, path: str) -> Iterator[tuple[str, Node, Node]]:
        """The entries of a mapping; refuses what is none, keys given twice, and aliases."""
        if not isinstance(node, MappingNode):
            self.fault("not_a_mapping", node, path)
            return
        known: set[str] = set()
        for key, value in node.value if self.first_visit(node, path) else ():
            name = clean(str(key.value)) if isinstance(key, ScalarNode) else ""
            if not name or name in known:
                self.fault("duplicate_key" if name else "not_a_mapping", key, path, key=name)
                continue
            known.add(name)
            yield name, key, value

    def entries(self, node: Node, path: str) -> Iterator[tuple[Node, str]]:
        if not isinstance(node, SequenceNode):
            self.fault("not_a_list", node, path)
        elif self.first_visit(node, path):
            yield from ((entry, f"{path}[{index}]") for index, entry in enumerate(node.value))

    def first_visit(self, node: Node, path: str) -> bool:
        if id(node) in self.seen:
            self.fault("yaml_alias", node, path)
            return False
        self.seen.add(id(node))
        return True

    def fault(self, code: str, node: Node | None, path: str, **params: object) -> None:
        line = _line(node) if node is not None else 1
        self.faults.append(Fault(code, params, sheet=re.split(r"[.\[]", path)[0], row=line, path=path or "yaml"))


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _text(node: ScalarNode) -> str:
    plain_null = str(node.tag).endswith(":null")
    return "" if plain_null else clean(str(node.value))


def write_document(document: Document) -> str:
    """The YAML text of a questionnaire's rows."""
    yaml = YAML(typ="rt", pure=True)
    yaml.width = 100_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    yaml.dump(_tree(document), out)
    return out.getvalue()


def _tree(document: Document) -> CommentedMap:
    tree = CommentedMap({SETTINGS: _map(document.settings), CHOICES: CommentedMap(), SURVEY: CommentedSeq()})
    for row in document.choices:
        entry = _map(row, without=("list_name",), flow=True)
        tree[CHOICES].setdefault(row.text("list_name"), CommentedSeq()).append(entry)
    for row in document.survey:
        kind = row.text("type").removeprefix("begin_")
        if row.text("type").startswith("end_"):
            continue
        if kind in _SECTIONS:
            section = CommentedMap({kind: row.text("name")}) | _map(row, without=("type", "name"))
            tree[SURVEY].append(section | {"questions": CommentedSeq()})
        else:
            tree[SURVEY][-1]["questions"].append(_map(row))
    return tree


def _scalar(text: str) -> str:
    """Text in double quotes unless it is plain words: the emitter leaves ``?0`` bare, which its reader refuses."""
    return text if _PLAIN.fullmatch(text) else DoubleQuotedScalarString(text)


def _map(row: Row, without: tuple[str, ...] = (), *, flow: bool = False) -> CommentedMap:
    entry = CommentedMap()
    for column, cell in row.cells.items():
        if column in without:
            continue
        name, _, language = column.partition("::")
        if language:
            entry.setdefault(name, CommentedMap())[language] = _scalar(cell.text)
        else:
            entry[column] = _scalar(cell.text)
    if flow:
        entry.fa.set_flow_style()
    return entry
