"""Editing the text of a method file, value by value; comments, order and quotes of the file stay as they were."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from scoring import method as rules
from scoring.faults import Fault, MethodError
from scoring.method import Status

Value = str | int | float

FIXED = frozenset({"id", "kind", "code", "list_name", "feed", "component", "file_scale", "number", "date"})
"""What questionnaires, rounds and decisions refer to by name: another name is another method."""

CHOICES: Mapping[str, type[StrEnum]] = {
    "ranking.ties": rules.Ties,
    "ranking.compare": rules.Compare,
    "answers.other_lists": rules.OtherLists,
    "dont_know.rule": rules.DontKnowRule,
    "few_ballots.rule": rules.FewBallotsRule,
    "small_samples.rule": rules.SmallSampleRule,
    "open_links.rule": rules.OpenLinksRule,
    "satisfaction.counts": rules.Counts,
    "aggregation.order": rules.Order,
    "index.rule": rules.IndexRule,
    "index.blank": rules.BlankRule,
}
UNDECIDED = (str(Status.ASSUMED), str(Status.PROPOSED))
"""A rule becomes approved by a decision about the whole method, not by an edit."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One value of a method file. ``path`` is that of the faults, e.g. ``criteria[0].max_points``."""

    path: str
    value: Value
    choices: tuple[str, ...] = ()  # empty: any number, or any words

    @property
    def is_number(self) -> bool:
        return isinstance(self.value, int | float)

    @property
    def section(self) -> str:
        """The top-level key it stands under."""
        return self.path.partition(".")[0].partition("[")[0]


def settings(text: str) -> tuple[Setting, ...]:
    """Every value of a method file that may be edited, in the order of the file."""
    return tuple(_settings(_read(text), ""))


def changed(text: str, values: Mapping[str, Value]) -> str:
    """The text with some of its values replaced; a path that is not there is an error of the caller (KeyError)."""
    raw = _read(text)
    holders = {path: (holder, key) for path, holder, key in _values(raw, "")}
    for path, value in values.items():
        holder, key = holders[path]
        holder[key] = _like(holder[key], value)
    return _written(raw)


def with_version(text: str, version: str) -> str:
    """The text as another version of the method."""
    raw = _read(text)
    raw["version"] = _like(raw["version"], version)
    return _written(raw)


def with_status(text: str, status: Status, *, number: str = "", decided_on: date | None = None) -> str:
    """The text with every rule in this status; approved rules name the number and the day of the decision."""
    raw = _read(text)
    for rule in _rules(raw):
        rule["status"] = str(status)
        for key in ("number", "date"):
            rule.pop(key, None)
        if status is Status.APPROVED:
            place = list(rule).index("source") + 1
            rule.insert(place, "number", number)
            rule.insert(place + 1, "date", decided_on)
    return _written(raw)


def _settings(raw: Any, path: str) -> Iterator[Setting]:
    for place, holder, key in _values(raw, path):
        choices = UNDECIDED if key == "status" else tuple(map(str, CHOICES.get(place, ())))
        yield Setting(place, holder[key], choices)


def _values(node: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """(path, what holds the value, its key there) of every value that may be edited."""
    items = node.items() if isinstance(node, Mapping) else enumerate(node)
    for key, value in items:
        place = f"{path}[{key}]" if isinstance(node, list) else f"{path}.{key}".lstrip(".")
        if isinstance(value, CommentedMap | CommentedSeq):
            yield from _values(value, place)
        elif isinstance(node, CommentedMap) and key not in FIXED and _is_plain(value) and place != "version":
            yield place, node, key


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _rules(node: Any) -> Iterator[CommentedMap]:
    """Everything that has a status and a source, from top to bottom."""
    if isinstance(node, CommentedMap):
        if "status" in node and "source" in node:
            yield node
        for value in node.values():
            yield from _rules(value)
    elif isinstance(node, CommentedSeq):
        for value in node:
            yield from _rules(value)


def _like(old: Any, new: Value) -> Any:
    """The new value, written as the old one was: quoted words stay quoted, whole numbers have no point."""
    if isinstance(new, str):
        return type(old)(new) if isinstance(old, str) else new
    return int(new) if float(new).is_integer() else float(new)


def _yaml() -> YAML:
    found = YAML()
    found.preserve_quotes = True
    found.width = 10**6
    found.indent(mapping=2, sequence=4, offset=2)
    return found


def _read(text: str) -> Any:
    raw = _yaml().load(text)
    if not isinstance(raw, CommentedMap):
        raise MethodError([Fault("(file)", "wrong_type", {"value": raw, "expected": "mapping"})])
    return raw


def _written(raw: Any) -> str:
    target = io.StringIO()
    _yaml().dump(raw, target)
    return target.getvalue()
