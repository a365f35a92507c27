"""The rules of one page for the browser: conditions as trees over the page's own fields, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from instruments.compiled import Asked, Compiled, compiled
from instruments.expressions import Expression, to_json
from instruments.grammar import Tree
from instruments.layout import Item, Page
from instruments.model import Instrument, RatedUnit
from instruments.route import Answers, Route

__all__ = ["live_rules"]


def live_rules(
    instrument: Instrument, page: Page, units: Sequence[RatedUnit], answers: Answers, today: date
) -> list[dict[str, Any]]:
    """A rule for each item whose showing or choices depend on this page, or which has a constraint; ready for JSON.

    ``field``; ``relevant``, ``constraint`` and ``choices`` (choice name -> tree) where there are any; ``answers``: the
    answers of other pages that the trees read, by field. In the trees ``["ref", field]`` is a field of this page, or
    one of ``answers``; a field that is hidden counts as an empty string. A calculation over the page stands once among
    ``answers``, as ``["calculation", tree]`` or ``["calculation", tree, relevant]``: the browser works it out.
    """
    ready = compiled(instrument)
    route = Route(ready, units, answers, today)
    fields = {item.field for item in page.items}
    rules = (_rule(ready, route, fields, item) for item in page.items)
    return [rule for rule in rules if rule is not None]


def _rule(ready: Compiled, route: Route, fields: set[str], item: Item) -> dict[str, Any] | None:
    asked = ready.asked[item.question.name]
    localized = _Localized(ready, route, fields, asked, item.unit.code if item.unit else None)
    rule: dict[str, Any] = {}
    if asked.relevant and localized.reads_page(asked.relevant):
        rule["relevant"] = to_json(localized.tree(asked.relevant.tree))
    if asked.constraint:
        rule["constraint"] = to_json(localized.tree(asked.constraint.tree))
    if asked.choice_filter and localized.reads_page(asked.choice_filter):
        rule["choices"] = {
            choice.name: to_json(localized.tree(asked.choice_filter.tree, {**choice.filters, "name": choice.name}))
            for choice in asked.choices
        }
    return {"field": item.field, **rule, "answers": localized.answers} if rule else None


@dataclass(slots=True)
class _Localized:
    """Rewrites trees to fields; collects what they read besides: answers of other pages, calculations."""

    ready: Compiled
    route: Route
    fields: set[str]
    reader: Asked
    unit: str | None
    answers: dict[str, str | list[Any]] = field(default_factory=dict)

    def name(self, asked: Asked) -> str:
        return f"{asked.question.name}:{self.unit}" if asked.in_repeat else asked.question.name

    def reads_page(self, expression: Expression) -> bool:
        return any(self.on_page(name) for name in expression.refs)

    def on_page(self, name: str) -> bool:
        """Whether the answer to a question rests on fields of this page."""
        asked = self.ready.asked.get(name)
        if asked is None or asked.position >= self.reader.position or asked.section != self.reader.section:
            return False
        if asked.calculated:
            return any(self.on_page(other) for other in asked.depends)
        return self.name(asked) in self.fields

    def tree(self, tree: Tree, columns: dict[str, str] | None = None) -> Tree:
        if not isinstance(tree, tuple):
            return tree
        if tree[0] == "col":
            return (columns or {}).get(str(tree[1]), "")
        if tree[0] == "ref":
            return self.reference(str(tree[1]))
        return (tree[0], *(self.tree(part, columns) for part in tree[1:]))

    def reference(self, name: str) -> Tree:
        asked = self.ready.asked.get(name)
        if asked is None or asked.position >= self.reader.position:
            return ""
        if not self.on_page(name):
            same_repeat = asked.in_repeat and asked.section == self.reader.section
            text = self.route.text(name, self.unit if same_repeat else None, self.reader.position)
            self.answers[self.name(asked)] = text
        elif asked.calculated and self.name(asked) not in self.answers:
            self.answers[self.name(asked)] = self.calculation(asked)
        return ("ref", self.name(asked))

    def calculation(self, asked: Asked) -> str | list[Any]:
        """A calculation for the browser; it counts as empty where it is not asked or gives no finite number."""
        if asked.calculation is None:
            return ""
        parts = [asked.calculation, *([asked.relevant] if asked.relevant else [])]
        return ["calculation", *(to_json(self.tree(part.tree)) for part in parts)]
