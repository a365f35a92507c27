"""Regular expressions that mean the same to Python and to a browser, and end soon: nothing else is let through."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from instruments.pattern_cost import (
    DEEPEST,
    EDGE,
    PatternError,
    Piece,
    affordable,
    either,
    in_a_row,
    one_sign,
    repeated,
)

__all__ = ["PatternError", "compiled", "portable_pattern"]

_SPACE = " \t\r\n"
_TOKEN = re.compile(
    r"""(?P<escape>\\[dDwWs.\\/()\[\]{}+*?|^$-])
    | (?P<set>\[\^?(?:\\[dDwWs.\\/()\[\]{}+*?|^$-]|[^\[\]\\])+\])
    | (?P<open>\((?:\?:)?(?!\?)) | (?P<close>\))
    | (?P<times>(?:[*+?]|\{\d+(?:,\d*)?\})\??)
    | (?P<or>\|) | (?P<edge>[\^$]) | (?P<plain>[^\\\[\](){}*+?|^$])""",
    re.VERBOSE | re.DOTALL,
)
_SET_FAULT = re.compile(r"\\[dDwWs]-[^\]]|[^\[^]-\\[dDwWs]|--|&&|\|\||~~")
_TIMES = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_UNREPEATABLE = ("open", "or", "edge", "times")


@dataclass(slots=True)
class _Brackets:
    """What stands in open brackets so far."""

    start: int
    options: list[list[Piece]] = field(default_factory=list)  # the alternatives before the last |
    row: list[Piece] = field(default_factory=list)
    last: int = 0  # where the last part of the row begins

    def closed(self, *, ends: bool = False) -> Piece:
        return either([in_a_row(row, ends=ends) for row in (*self.options, self.row)])


def portable_pattern(pattern: str) -> str:
    r"""The pattern in a form both engines read alike: ``\s`` and ``.`` spelt out, ``\-`` outside a set as ``-``.

    Raises
    ------
    PatternError
        Naming the part that only one engine knows, or that could take for ever on a long answer.
    """
    parts: list[str] = []
    brackets = [_Brackets(0)]
    before = "open"
    position = 0
    while position < len(pattern):
        match = _TOKEN.match(pattern, position)
        kind = str(match.lastgroup) if match else ""
        if match is None or (kind == "times" and before in _UNREPEATABLE):
            raise PatternError("regex_not_supported", pattern[position : position + 5])
        parts.append(_spelt(kind, match.group()))
        _follow(brackets, kind, parts[-1], pattern[: match.end()], position)
        before = kind
        position = match.end()
    ready = _compiling("".join(parts))
    affordable(brackets[0].closed(ends=True), pattern)
    return ready


def _follow(brackets: list[_Brackets], kind: str, text: str, so_far: str, position: int) -> None:
    """Add one part to what stands in the innermost brackets."""
    now = brackets[-1]
    if kind == "open":
        if len(brackets) > DEEPEST:
            raise PatternError("regex_not_supported", so_far[-5:])
        brackets.append(_Brackets(position))
    elif kind == "close":
        if len(brackets) == 1:
            raise PatternError("regex_not_supported", text)
        brackets.pop()
        brackets[-1].row.append(now.closed())
        brackets[-1].last = now.start
    elif kind == "times":
        now.row[-1] = repeated(now.row[-1], *_times(text), so_far[now.last :])
    elif kind == "or":
        now.options.append(now.row)
        now.row = []
    else:
        now.row.append(EDGE if kind == "edge" else one_sign(text))
        now.last = position


def _times(text: str) -> tuple[int, int | None]:
    if text[0] != "{":
        return _TIMES[text[0]]
    least, comma, most = text.rstrip("?").strip("{}").partition(",")
    return int(least[:9]), (int(most[:9]) if most else None) if comma else int(least[:9])


def _spelt(kind: str, text: str) -> str:
    if kind == "set" and _SET_FAULT.search(text):
        raise PatternError("regex_not_supported", text)
    if kind == "set":
        return re.sub(r"\\(.)", lambda m: _SPACE if m.group(1) == "s" else m.group(), text)
    if text == r"\s":
        return f"[{_SPACE}]"
    return {r"\-": "-", ".": r"[\d\D]"}.get(text, text)


def _compiling(pattern: str) -> str:
    try:
        compiled(pattern)
    except (re.error, OverflowError) as error:
        raise PatternError("regex_not_supported", str(error)) from error
    return pattern


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern ready for use, ASCII classes as in a browser."""
    return re.compile(pattern, re.ASCII)
