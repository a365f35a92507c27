"""Edits of one mapping in a YAML text: only the values that change are written anew."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, overload

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from instruments.rows import clean

Cells = Mapping[str, str]
"""Column -> text, a translated column as ``label::vi``; an empty text removes the cell."""

Edit = tuple[int, int, str]
"""Replace the characters from here to there."""

Wanted = dict[str, str | dict[str, str]]
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*( [A-Za-z0-9_.-]+)*")
_FLAGS = {"required", "reverse", "background", "dont_know"}
_CODES = _FLAGS | {"type", "name", "appearance", "criterion", "measure", "layout"}
_CONSTANTS = {"null", "yes", "no", "true", "false", "on", "off"}  # a choice of this name is text, not a truth value
_BREAKS = re.compile("[\x85\u2028\u2029\ufeff]")


def pairs(node: Node | None) -> Iterator[tuple[str, Node, Node]]:
    """The entries of a mapping: the key's text, its node, the value's node."""
    for key, value in node.value if isinstance(node, MappingNode) else ():
        yield clean(str(key.value)), key, value


def is_flow(node: Node) -> bool:
    """Whether a mapping or a sequence is written in brackets."""
    return isinstance(node, MappingNode | SequenceNode) and bool(node.flow_style)


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits, which do not overlap."""
    for start, end, new in sorted(edits, key=lambda edit: edit[:2], reverse=True):
        text = text[:start] + new + text[end:]
    return text


def start_of_line(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


def start_of_next_line(text: str, index: int) -> int:
    found = text.find("\n", index)
    return len(text) if found < 0 else found + 1


def end_of_lines(text: str, node: Node) -> int:
    """Where the lines of a node end, comments and blank lines below it left out."""
    last = _content_end(node)
    return last if last and text[last - 1] == "\n" else start_of_next_line(text, last)


def _content_end(node: Node) -> int:
    if isinstance(node, ScalarNode) or is_flow(node) or not node.value:
        return int(node.end_mark.index)
    if isinstance(node, SequenceNode):
        return max(_content_end(entry) for entry in node.value)
    ends = [int(key.end_mark.index) for key, _ in node.value]
    filled = (value for _, value in node.value if value.start_mark.index < value.end_mark.index)
    return max([*ends, *(_content_end(value) for value in filled)])


def map_edits(text: str, node: Node, cells: Cells, language: str) -> Iterator[Edit]:
    """The edits that give a mapping these cells; plain words count as words in ``language``."""
    wanted = {key: value for key, value in _grouped(cells).items() if _differs(node, key, value, language)}
    if not wanted:
        return
    if is_flow(node):
        yield node.start_mark.index, node.end_mark.index, _flow(text, node, wanted, language)
        return
    present = {key: (key_node, value) for key, key_node, value in pairs(node)}
    for key, value in wanted.items():
        if key in present:
            yield from _block_edits(text, *present[key], value, key, language)
    added = [f"{key}: {_raw(key, value)}" for key, value in wanted.items() if key not in present]
    if added:
        at, indent = _place_for_more(text, node), " " * node.start_mark.column
        yield at, at, "".join(f"{indent}{line}\n" for line in added)


def _place_for_more(text: str, node: Node) -> int:
    """Where a block mapping takes further keys: above its questions, or at its end."""
    for key, key_node, _ in pairs(node):
        start = start_of_line(text, key_node.start_mark.index)
        if key == "questions" and not text[start : key_node.start_mark.index].strip():
            return start
    return end_of_lines(text, node)


def _grouped(cells: Cells) -> Wanted:
    wanted: Wanted = {}
    for column, text in cells.items():
        key, _, language = column.partition("::")
        if language:
            words = wanted.setdefault(key, {})
            assert isinstance(words, dict)  # noqa: S101
            words[language] = clean(text)
        else:
            wanted[key] = clean(text)
    return wanted


def _written(node: Node) -> dict[str, str] | str:
    """What a value holds now: words by language, or a text."""
    if isinstance(node, MappingNode):
        return {key: clean(str(value.value)) for key, _, value in pairs(node)}
    return "" if str(node.tag).endswith(":null") else clean(str(node.value))


def _differs(node: Node, key: str, wanted: str | dict[str, str], language: str) -> bool:
    found = next((value for name, _, value in pairs(node) if name == key), None)
    now = _written(found) if found is not None else ""
    if isinstance(wanted, str):
        return now != wanted
    words = now if isinstance(now, dict) else {language: now}
    return any(words.get(code, "") != text for code, text in wanted.items())


def _merged(node: Node, wanted: dict[str, str], language: str) -> dict[str, str]:
    """All words of a value after the edit, the empty ones left out."""
    now = _written(node)
    words = now if isinstance(now, dict) else {language: now}
    return {code: text for code, text in (words | wanted).items() if text}


def _block_edits(  # noqa: PLR0917 (the text, one entry of the mapping, and what it is to hold)
    text: str, key_node: Node, node: Node, wanted: str | dict[str, str], key: str, language: str
) -> Iterator[Edit]:
    start, end = int(node.start_mark.index), int(node.end_mark.index)
    merged = _merged(node, wanted, language) if isinstance(wanted, dict) else wanted
    if not merged:
        yield start_of_line(text, key_node.start_mark.index), end_of_lines(text, node), ""
    elif isinstance(wanted, dict) and isinstance(node, MappingNode):
        yield from map_edits(text, node, wanted, language)
    else:
        if start == end:  # nothing after the colon; the node's own mark stands before the next word, wherever that is
            start = end = text.index(":", key_node.end_mark.index) + 1
        yield start, end, (" " if text[start - 1] == ":" else "") + _raw(key, merged)


def _flow(text: str, node: Node, wanted: Wanted, language: str) -> str:
    """A mapping on one line: what does not change, as it was written."""
    parts: list[str] = []
    for key, key_node, value in pairs(node):
        before = f"{text[key_node.start_mark.index : key_node.end_mark.index]}: "
        if key not in wanted:
            parts.append(before + text[value.start_mark.index : value.end_mark.index])
        elif new := _flow_value(text, value, wanted[key], key, language):
            parts.append(before + new)
    present = {key for key, _, _ in pairs(node)}
    added = [f"{key}: {_raw(key, value)}" for key, value in wanted.items() if key not in present and _some(value)]
    return "{" + ", ".join([*parts, *added]) + "}"


def _flow_value(text: str, node: Node, wanted: str | dict[str, str], key: str, language: str) -> str:
    if isinstance(wanted, str):
        return _raw(key, wanted) if wanted else ""
    merged = _merged(node, wanted, language)
    if not merged:
        return ""
    if isinstance(node, MappingNode) and is_flow(node):
        changed: Wanted = {code: words for code, words in wanted.items() if merged.get(code) != _written_in(node, code)}
        return _flow(text, node, changed, language)
    return _raw(key, merged)


def _written_in(node: Node, code: str) -> str | None:
    return next((clean(str(value.value)) for key, _, value in pairs(node) if key == code), None)


def _some(value: str | dict[str, str]) -> bool:
    return any(value.values()) if isinstance(value, dict) else bool(value)


def _raw(key: str, value: str | dict[str, str]) -> str:
    """A value as YAML on one line; words in quotes, codes without."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{code}: {_quoted(words)}" for code, words in value.items() if words) + "}"
    plain = key in _CODES and _PLAIN.fullmatch(value) and (value.lower() not in _CONSTANTS or key in _FLAGS)
    return value if plain else _quoted(value)


def _quoted(text: str) -> str:
    return _BREAKS.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


@overload
def flow_text(cells: Cells) -> str: ...
@overload
def flow_text(cells: Cells, *, lines: Literal[True]) -> list[str]: ...
def flow_text(cells: Cells, *, lines: bool = False) -> str | list[str]:
    """New cells as a mapping on one line, or as the lines of a block."""
    parts = [f"{key}: {_raw(key, value)}" for key, value in _grouped(cells).items() if _some(value)]
    return parts if lines else "{" + ", ".join(parts) + "}"
