"""Regular expressions that mean the same to Python and to a browser: the common part of both, nothing else."""

from __future__ import annotations

import re
from functools import lru_cache

_SPACE = " \t\r\n"
_TOKEN = re.compile(
    r"""(?P<escape>\\[dDwWs.\\/()\[\]{}+*?|^$-])
    | (?P<set>\[\^?(?:\\[dDwWs.\\/()\[\]{}+*?|^$-]|[^\[\]\\])+\])
    | (?P<open>\((?:\?:)?(?!\?)) | (?P<close>\))
    | (?P<many>(?:[*+]|\{\d+,\})\??) | (?P<few>(?:\?|\{\d+(?:,\d+)?\})\??)
    | (?P<edge>[\^$|]) | (?P<plain>[^\\\[\](){}*+?|^$])""",
    re.VERBOSE | re.DOTALL,
)
_SET_FAULT = re.compile(r"\\[dDwWs]-[^\]]|[^\[^]-\\[dDwWs]|--|&&|\|\||~~")


def portable_pattern(pattern: str) -> str:
    r"""The pattern in a form both engines read alike: ``\s`` and ``.`` spelt out, ``\-`` outside a set as ``-``.

    Raises
    ------
    ValueError
        Naming the part that only one engine knows, or that could take for ever (a repeated repetition).
    """
    parts: list[str] = []
    unbounded = [False]  # per open parenthesis: holds a * or + inside
    before = "open"
    position = 0
    while position < len(pattern):
        match = _TOKEN.match(pattern, position)
        kind = str(match.lastgroup) if match else ""
        if match is None or (kind in ("many", "few") and before in ("open", "edge", "many", "few")):
            raise ValueError(pattern[position : position + 5])
        _follow(kind, match.group(), unbounded, before)
        parts.append(_spelt(kind, match.group()))
        before = "loop" if kind == "close" and unbounded.pop() else kind
        position = match.end()
    return _compiling("".join(parts))


def _follow(kind: str, text: str, unbounded: list[bool], before: str) -> None:
    """Keep track of repetitions; one around another can take for ever on a long answer."""
    if kind == "open":
        unbounded.append(False)
    elif kind == "close" and len(unbounded) == 1:
        raise ValueError(text)
    elif kind == "many":
        if before == "loop":
            raise ValueError(text)
        unbounded[:] = [True] * len(unbounded)
    elif before == "loop":
        unbounded[:] = [True] * len(unbounded)


def _spelt(kind: str, text: str) -> str:
    if kind == "set" and _SET_FAULT.search(text):
        raise ValueError(text)
    if kind == "set":
        return re.sub(r"\\(.)", lambda m: _SPACE if m.group(1) == "s" else m.group(), text)
    if text == r"\s":
        return f"[{_SPACE}]"
    return {r"\-": "-", ".": r"[\d\D]"}.get(text, text)


def _compiling(pattern: str) -> str:
    try:
        compiled(pattern)
    except (re.error, OverflowError) as error:
        raise ValueError(str(error)) from error
    return pattern


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern ready for use, ASCII classes as in a browser."""
    return re.compile(pattern, re.ASCII)
