"""XLSForm expressions parsed into a small typed tree, which is the one meaning that server and browser share.

A tree is a number, a string, or a tuple ``(head, *arguments)``:

===================================  =============================================================
``("ref", name)``                    ``${name}``, always a string
``("self",)``                        ``.``, the answer being checked, a string
``("col", name)``                    a column of the choice being filtered, a string
``("neg", a)``                       unary minus
``("or" | "and", a, b)``             booleans
``("=" | "!=" | "<" …, a, b)``       comparisons, as XPath 1.0
``("+" "-" "*" "div" "mod", a, b)``  arithmetic on IEEE doubles
``(function, *arguments)``           one of ``FUNCTIONS``
===================================  =============================================================

Every node has a static type. ``if`` with branches of different types has both turned into strings here, so that
an interpreter never meets a value of unknown type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from instruments.patterns import PatternError, portable_pattern

Tree: TypeAlias = float | str | tuple["Tree", ...]


class Kind(StrEnum):
    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class Function:
    """What a function takes and gives; ``least`` arguments at least, the last type repeating up to ``most``."""

    gives: Kind
    takes: tuple[Kind | None, ...] = ()  # None: any type
    least: int = 0
    most: int = 0


def _function(gives: Kind, *takes: Kind | None, least: int | None = None, most: int | None = None) -> Function:
    count = len(takes)
    return Function(gives, takes, count if least is None else least, count if most is None else most)


_S, _N, _B = Kind.STRING, Kind.NUMBER, Kind.BOOLEAN
FUNCTIONS = {
    "not": _function(_B, _B),
    "true": _function(_B),
    "false": _function(_B),
    "boolean": _function(_B, _B),
    "string": _function(_S, _S),
    "number": _function(_N, _N),
    "int": _function(_N, _N),
    "round": _function(_N, _N, _N, least=1),
    "string-length": _function(_N, _S),
    "contains": _function(_B, _S, _S),
    "starts-with": _function(_B, _S, _S),
    "concat": _function(_S, _S, least=2, most=50),
    "selected": _function(_B, _S, _S),
    "count-selected": _function(_N, _S),
    "coalesce": _function(_S, _S, _S),
    "if": _function(_S, _B, None, None),
    "regex": _function(_B, _S, _S),
    "today": _function(_S),
    "date": _function(_S, _S),
}

LEVELS = (("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "div", "mod"))
_COMPARISONS = frozenset({"or", "and", "=", "!=", "<", "<=", ">", ">="})
DEEPEST = 30  # parentheses and arguments within each other
_LONGEST = 400  # words and signs
_TOKEN = re.compile(
    r"""(?P<space>\s+) | (?P<string>"[^"]*"|'[^']*') | \$\{\s*(?P<ref>[A-Za-z_][\w.-]*)\s*\}
    | (?P<number>\d+(?:\.\d*)?|\.\d+) | (?P<name>[A-Za-z_][\w.-]*) | (?P<sign><=|>=|!=|\.\.|//|::|[-=<>+*(),.])
    | (?P<path>[/\[\]@|:$])""",
    re.VERBOSE | re.ASCII,
)


class ExpressionError(ValueError):
    """An expression that cannot be understood; ``code`` and ``params`` say where and why."""

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        self.params = params
        super().__init__(f"{code} {params}")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int  # from 1


def parse(text: str) -> Tree:
    """The tree of an expression.

    Raises
    ------
    ExpressionError
        At the first sign that does not fit.
    """
    tokens = list(_tokens(text))
    if len(tokens) > _LONGEST:
        raise ExpressionError("expression_long", most=_LONGEST)
    parser = _Parser(tokens)
    tree = parser.binary(0)
    if parser.now.kind != "end":
        raise parser.unexpected()
    return tree


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ExpressionError("expression_syntax", found=text[position], position=position + 1)
        kind = str(match.lastgroup)
        found = match.group(kind)
        if kind == "path" or found in ("..", "//", "::"):
            raise ExpressionError("expression_path", found=found, position=position + 1)
        if kind != "space":
            yield _Token(kind, found, position + 1)
        position = match.end()
    yield _Token("end", "", len(text) + 1)


class _Parser:
    """Precedence climbing; in operator position ``and``, ``or``, ``div``, ``mod`` are operators, elsewhere names."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.index = 0
        self.depth = 0

    @property
    def now(self) -> _Token:
        return self.tokens[self.index]

    def take(self) -> _Token:
        token = self.now
        self.index += 1
        return token

    def accept(self, sign: str) -> bool:
        if self.now.kind == "sign" and self.now.text == sign:
            self.index += 1
            return True
        return False

    def expect(self, sign: str) -> None:
        if not self.accept(sign):
            raise self.unexpected()

    def unexpected(self) -> ExpressionError:
        if self.now.kind == "end":
            return ExpressionError("expression_ends", position=self.now.position)
        return ExpressionError("expression_syntax", found=self.now.text, position=self.now.position)

    def binary(self, level: int) -> Tree:
        if level == len(LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while self.now.kind in ("sign", "name") and self.now.text in LEVELS[level]:
            operator = self.take().text
            left = (operator, left, self.binary(level + 1))
        return left

    def unary(self) -> Tree:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ExpressionError("expression_deep", most=DEEPEST)
        tree: Tree = ("neg", self.unary()) if self.accept("-") else self.primary()
        self.depth -= 1
        return tree

    def primary(self) -> Tree:
        token = self.now
        if token.kind in ("string", "number", "ref", "name"):
            self.index += 1
            return self.word(token)
        if self.accept("("):
            tree = self.binary(0)
            self.expect(")")
            return tree
        if self.accept("."):
            return ("self",)
        raise self.unexpected()

    def word(self, token: _Token) -> Tree:
        if token.kind == "string":
            return token.text[1:-1]
        if token.kind == "number":
            return float(token.text)
        if token.kind == "ref":
            return ("ref", token.text)
        return self.call(token) if self.accept("(") else ("col", token.text)

    def call(self, token: _Token) -> Tree:
        arguments: list[Tree] = []
        if not self.accept(")"):
            arguments.append(self.binary(0))
            while self.accept(","):
                arguments.append(self.binary(0))
            self.expect(")")
        return _call(token.text, arguments)


def _call(name: str, arguments: list[Tree]) -> Tree:
    function = FUNCTIONS.get(name)
    if function is None:
        raise ExpressionError("unknown_function", function=name, known=", ".join(FUNCTIONS))
    if not function.least <= len(arguments) <= function.most:
        takes = str(function.least) if function.least == function.most else f"{function.least}–{function.most}"
        raise ExpressionError("wrong_arguments", function=name, given=len(arguments), takes=takes)
    if name == "regex":
        arguments[1] = _pattern(arguments[1])
    if name == "if" and kind_of(arguments[1]) is not kind_of(arguments[2]):
        arguments[1:] = [("string", branch) for branch in arguments[1:]]
    return (name, *arguments)


def _pattern(tree: Tree) -> str:
    if not isinstance(tree, str):
        raise ExpressionError("regex_not_literal")
    try:
        return portable_pattern(tree)
    except PatternError as error:
        raise ExpressionError(error.code, pattern=tree, part=error.part) from error


def kind_of(tree: Tree) -> Kind:
    """The static type of a tree."""
    if not isinstance(tree, tuple):
        return Kind.STRING if isinstance(tree, str) else Kind.NUMBER
    head = str(tree[0])
    if head in ("ref", "self", "col"):
        return Kind.STRING
    if head == "if":
        return kind_of(tree[2])
    if head in FUNCTIONS:
        return FUNCTIONS[head].gives
    return Kind.BOOLEAN if head in _COMPARISONS else Kind.NUMBER


def leaves(tree: Tree, head: str) -> list[str]:
    """The names under ``ref`` or ``col`` (or ``""`` for each ``self`` or ``today``) in a tree, in order, each once."""
    found: dict[str, None] = {}
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, tuple):
            if node[0] == head:
                found[str(node[1]) if len(node) > 1 else ""] = None
            pending.extend(reversed(node[1:]))
    return list(found)
