"""XLSForm expressions (``relevant``, ``constraint``, ``calculation``, ``choice_filter``) and their values.

An expression is parsed into a tree (``grammar``), written out as XPath 1.0 with every conversion made explicit, and
evaluated by lxml; the browser evaluates the same tree (``survey_app/static/expressions.js``). Both follow XPath 1.0 for
untyped answers, with what ODK adds: an unanswered question is ``""``; a select_multiple is its choice names with
spaces between; a date is ``YYYY-MM-DD`` and counts as days since 1 January 1970 where a number is needed.

Conversions
-----------
* to number: a boolean is 0 or 1; a string is a number if it looks like ``-12.5`` (spaces around allowed), a number of
  days if it is a date, else NaN.
* to string: numbers in plain decimals without exponent, the shortest digits that read back the same; ``NaN``,
  ``Infinity``, ``-Infinity``; negative zero is ``0``; ``true`` or ``false``.
* to boolean: ``""``, 0 and NaN are false.
* ``=`` and ``!=``: as booleans if either side is one, else as numbers if either side is one, else as strings; the other
  comparisons as numbers.
* ``round`` takes halves up, ``int`` cuts; neither gives a negative zero. ``regex`` matches the whole answer,
  and nothing of more than 2000 characters, such as many answers joined.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias, cast

from lxml import etree

from instruments.functions import EXTENSIONS, NAMESPACE, number_to_string
from instruments.grammar import DEEPEST, FUNCTIONS, LEVELS, ExpressionError, Kind, Tree, kind_of, leaves, parse
from instruments.rows import without_control_signs

__all__ = ["Expression", "ExpressionError", "Value", "compile_expression", "to_json", "value_text"]

Value: TypeAlias = str | float | bool

_NOWHERE = etree.Element("answers")
_EXACT = 2**53
_LEVEL: dict[Tree, int] = {operator: level for level, operators in enumerate(LEVELS) for operator in operators}
_NATIVE = {"not", "true", "false", "boolean", "string-length", "contains", "starts-with", "concat"}
_CONVERSIONS = {
    (Kind.STRING, Kind.NUMBER): "f:num({})",
    (Kind.BOOLEAN, Kind.NUMBER): "number({})",
    (Kind.NUMBER, Kind.STRING): "f:str({})",
    (Kind.BOOLEAN, Kind.STRING): "string({})",
    (Kind.STRING, Kind.BOOLEAN): "boolean({})",
    (Kind.NUMBER, Kind.BOOLEAN): "boolean({})",
}


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """One expression, ready to be evaluated many times."""

    text: str
    tree: Tree
    refs: tuple[str, ...]  # questions it reads, in order
    columns: tuple[str, ...]  # columns of the filtered choice it reads
    uses_self: bool
    _xpath: etree.XPath
    _constants: Mapping[str, float]

    def value(
        self, answers: Mapping[str, str], *, today: str, own: str = "", columns: Mapping[str, str] | None = None
    ) -> Value:
        """What the expression gives for these answers; ``own`` is the answer that ``.`` stands for."""
        variables: dict[str, str | float] = {"today": today, "self": without_control_signs(own), **self._constants}
        for name in self.refs:
            variables["r." + name] = without_control_signs(answers.get(name, ""))
        for name in self.columns:
            variables["c." + name] = (columns or {}).get(name, "")
        return cast(Value, self._xpath(_NOWHERE, **cast(Any, variables)))

    def holds(
        self, answers: Mapping[str, str], *, today: str, own: str = "", columns: Mapping[str, str] | None = None
    ) -> bool:
        """Whether the expression is true for these answers."""
        value = self.value(answers, today=today, own=own, columns=columns)
        return bool(value) and not (isinstance(value, float) and math.isnan(value))


@lru_cache(maxsize=4096)
def compile_expression(text: str) -> Expression:
    """The expression, parsed and compiled once.

    Raises
    ------
    ExpressionError
        With a code and parameters.
    """
    return compile_tree(parse(text), text)


def compile_tree(tree: Tree, text: str) -> Expression:
    """An expression from its tree; ``text`` only names it."""
    constants: dict[str, float] = {}
    try:
        xpath = etree.XPath(
            _xpath(tree, constants), namespaces={"f": NAMESPACE}, extensions=EXTENSIONS, smart_strings=False
        )
    except etree.XPathSyntaxError as error:  # the grammar lets nothing else through than what is nested too deep
        raise ExpressionError("expression_deep", most=DEEPEST) from error
    return Expression(
        text=text,
        tree=tree,
        refs=tuple(leaves(tree, "ref")),
        columns=tuple(leaves(tree, "col")),
        uses_self=bool(leaves(tree, "self")),
        _xpath=xpath,
        _constants=constants,
    )


def to_json(tree: Tree) -> Any:
    """A tree for the browser: nested lists ``[head, …]``, strings and numbers, as ``grammar`` describes them."""
    if isinstance(tree, tuple):
        return [to_json(part) for part in tree]
    if isinstance(tree, float) and tree.is_integer() and abs(tree) < _EXACT:
        return int(tree)
    return tree


def value_text(value: Value) -> str:
    """A value as a string, by the rules of conversion."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else number_to_string(value)


def _xpath(tree: Tree, constants: dict[str, float]) -> str:
    if not isinstance(tree, tuple):
        return _literal(tree, constants)
    head = str(tree[0])
    if head in ("ref", "col"):
        return f"${head[0]}.{tree[1]}"
    if head == "self":
        return "$self"
    if head == "neg":
        return f"(- {_as(Kind.NUMBER, tree[1], constants)})"
    if head in FUNCTIONS:
        return _call(head, tree[1:], constants)
    return _binary(head, tree[1], tree[2], constants)


def _literal(value: float | str, constants: dict[str, float]) -> str:
    """Fractions are handed over as values: libxml2 reads decimal fractions with a rounding error."""
    if isinstance(value, str):
        return f"'{value}'" if '"' in value else f'"{value}"'
    number = float(value)
    if number.is_integer() and abs(number) < _EXACT:
        return str(int(number))
    name = f"n{len(constants)}"
    constants[name] = number
    return f"${name}"


def _as(kind: Kind | None, tree: Tree, constants: dict[str, float]) -> str:
    source = _xpath(tree, constants)
    own = kind_of(tree)
    return source if kind is None or kind is own else _CONVERSIONS[own, kind].format(source)


def _binary(operator: str, left: Tree, right: Tree, constants: dict[str, float]) -> str:
    kinds = {kind_of(left), kind_of(right)}
    if operator in ("and", "or"):
        kind = Kind.BOOLEAN
    elif operator in ("=", "!="):
        kind = next(kind for kind in (Kind.BOOLEAN, Kind.NUMBER, Kind.STRING) if kind in kinds)
    else:
        kind = Kind.NUMBER
    first = _as(kind, left, constants)
    if isinstance(left, tuple) and _LEVEL.get(left[0]) == _LEVEL[operator] and kind_of(left) is kind:
        first = first[1:-1]  # a chain such as a or b or c: parentheses would soon be too deep for libxml2
    return f"({first} {operator} {_as(kind, right, constants)})"


def _call(name: str, arguments: tuple[Tree, ...], constants: dict[str, float]) -> str:
    if name == "today":
        return "$today"
    function = FUNCTIONS[name]
    takes = [*function.takes, *function.takes[-1:] * len(arguments)]
    sources = [_as(kind, argument, constants) for kind, argument in zip(takes, arguments, strict=False)]
    if name in ("string", "number", "date"):
        return sources[0]
    prefix = "" if name in _NATIVE else "f:"
    return f"{prefix}{name}({', '.join(sources)})"
