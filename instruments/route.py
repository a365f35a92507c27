"""What counts among the answers, worked out in the order of the form: an answer off the route counts for nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from instruments.compiled import Asked, Compiled, Part
from instruments.expressions import Expression, Value, value_text
from instruments.functions import number_to_string
from instruments.model import RatedUnit

Answers = Mapping[str, Any]


def answer_text(value: Any) -> str:
    """A stored answer as expressions see it."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return " ".join(str(one) for one in value)
    if isinstance(value, bool | int | float):
        return number_to_string(float(value))
    return ""


def stored(value: Value) -> str | int | float | None:
    """A calculated value as it is stored: nothing for an empty string or what is no number."""
    if isinstance(value, bool):
        return value_text(value)
    if isinstance(value, str):
        return value or None
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


class Route:
    """Answers seen through the routing: asks each condition when it is needed, and once.

    An expression reads only questions before its own; anything else, and any question that is not shown, is empty.
    """

    __slots__ = ("_calculated", "_known", "_rated", "_values", "answers", "compiled", "today", "units")

    def __init__(self, compiled: Compiled, units: Sequence[RatedUnit], answers: Answers, today: date) -> None:
        self.compiled = compiled
        self.units = units
        self.answers = answers
        self.today = today.isoformat()
        self._known: dict[tuple[int, str | None], bool] = {}
        self._calculated: dict[tuple[int, str | None], str] = {}
        self._rated: dict[int, dict[str, RatedUnit]] = {}
        self._values: dict[tuple[int, tuple[str, ...]], Value] = {}

    def part_relevant(self, part: Part) -> bool:
        """Whether a section is on the route."""
        if part.relevant is None:
            return True
        key = (-1 - part.index, None)
        if key not in self._known:
            self._known[key] = self._holds(part.relevant, part.position, None)
        return self._known[key]

    def rated(self, part: Part) -> Sequence[RatedUnit]:
        """The units that a repeat runs over."""
        return self.units if part.units_from is None else tuple(self._chosen(part, part.units_from).values())

    def _chosen(self, part: Part, units_from: str) -> dict[str, RatedUnit]:
        """The units chosen in a question, by code, in the order of all units."""
        if part.index not in self._rated:
            codes = set(self.text(units_from, None, part.position).split(" "))
            self._rated[part.index] = {unit.code: unit for unit in self.units if unit.code in codes}
        return self._rated[part.index]

    def relevant(self, asked: Asked, unit: str | None) -> bool:
        """Whether a question is shown, for this unit if it stands in a repeat."""
        part = self.compiled.parts[asked.section]
        if not self.part_relevant(part):
            return False
        if part.units_from is not None and unit not in self._chosen(part, part.units_from):
            return False
        if asked.relevant is None:
            return True
        key = (asked.position, unit if asked.per_unit else None)
        if key not in self._known:
            self._known[key] = self._holds(asked.relevant, asked.position, unit)
        return self._known[key]

    def text(self, name: str, unit: str | None, before: int) -> str:
        """The answer to a question that stands before a position, if it counts; else an empty string."""
        asked = self.compiled.asked.get(name)
        if asked is None or asked.position >= before or (asked.in_repeat and unit is None):
            return ""
        own_unit = unit if asked.in_repeat else None
        if not self.relevant(asked, own_unit):
            return ""
        if asked.calculation is not None and asked.calculated:
            key = (asked.position, own_unit)
            if key not in self._calculated:
                self._calculated[key] = answer_text(stored(self.calculated(asked, own_unit)))
            return self._calculated[key]
        return answer_text(self.raw(asked, own_unit))

    def raw(self, asked: Asked, unit: str | None) -> Any:
        """The stored answer, whether it counts or not."""
        value = self.answers.get(asked.question.name)
        if unit is None:
            return value
        return value.get(unit) if isinstance(value, Mapping) else None

    def calculated(self, asked: Asked, unit: str | None) -> Value:
        """The value of a calculation."""
        return self._value(asked.calculation, asked.position, unit) if asked.calculation else ""

    def accepts(self, asked: Asked, unit: str | None, own: str) -> bool:
        """Whether an answer, as text, meets the question's constraint."""
        if asked.constraint is None:
            return True
        answers = self._read(asked.constraint, asked.position, unit)
        return asked.constraint.holds(answers, today=self.today, own=own)

    def offered(self, asked: Asked, unit: str | None) -> frozenset[str]:
        """The names of the choices that the question offers under its choice filter."""
        if asked.choice_filter is None:
            return frozenset(asked.order)
        answers = self._read(asked.choice_filter, asked.position, unit)
        return frozenset(
            choice.name
            for choice in asked.choices
            if asked.choice_filter.holds(answers, today=self.today, columns={**choice.filters, "name": choice.name})
        )

    def _read(self, expression: Expression, position: int, unit: str | None) -> dict[str, str]:
        return {name: self.text(name, self._unit_for(name, position, unit), position) for name in expression.refs}

    def _unit_for(self, name: str, position: int, unit: str | None) -> str | None:
        """The unit, if the question read stands in the same repeat as the one that reads."""
        asked = self.compiled.asked.get(name)
        if asked is None or unit is None:
            return None
        part = self.compiled.parts[asked.section]
        return unit if part.position <= position < part.position + len(part.section.questions) else None

    def _holds(self, expression: Expression, position: int, unit: str | None) -> bool:
        value = self._value(expression, position, unit)
        return bool(value) and not (isinstance(value, float) and math.isnan(value))

    def _value(self, expression: Expression, position: int, unit: str | None) -> Value:
        answers = self._read(expression, position, unit)
        key = (id(expression), tuple(answers.values()))
        if key not in self._values:
            self._values[key] = expression.value(answers, today=self.today)
        return self._values[key]
