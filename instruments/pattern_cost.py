"""How long a regular expression can keep an engine busy at worst, counted in steps before it is ever used.

Python and browsers try one way after another. So a part is described by the ways in which it can match from one
place, and by the steps to try them all; parts in a row multiply the ways. A repetition that is followed only
by signs that it never takes itself (``[^@]+@``), or by the end, can stop in one place, and multiplies nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

LONGEST = 2000  # characters that an answer has at most (values.TEXT_LIMIT)
MOST_STEPS = 20_000_000  # under a second
DEEPEST = 20  # brackets within each other
_ENDLESS = LONGEST + 1


class PatternError(ValueError):
    """A pattern that is refused; ``code`` says why, ``part`` where."""

    def __init__(self, code: str, part: str) -> None:
        self.code = code
        self.part = part
        super().__init__(f"{code} {part}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a pattern, and what it can cost."""

    steps: int = 1
    ways: int = 1
    length: int | None = 1  # None: not always the same
    signs: str = ""  # the set of signs, if this is one sign or a repetition of one
    first: frozenset[str] = frozenset()  # the sets of signs that it can begin with
    empty: bool = False  # it can match nothing at all


EDGE = Piece(length=0, empty=True)


def one_sign(signs: str) -> Piece:
    """A sign, or a set of which one is taken."""
    return Piece(signs=signs, first=frozenset({signs}))


def in_a_row(pieces: Sequence[Piece], *, ends: bool = False) -> Piece:
    """The cost of parts that follow each other; ``ends``: after them the answer has to end."""
    steps, ways, length = 1, 1, 0
    fixed = True
    first: frozenset[str] | None = frozenset() if ends else None  # what can come next; None: anything
    for piece in reversed(pieces):
        one_end = first is not None and bool(piece.signs) and not any(_overlap(piece.signs, one) for one in first)
        tries = len(first) if one_end and first else 0
        own = 1 if one_end else piece.ways
        steps, ways = piece.steps * (1 + tries) + own * steps, ways * own
        fixed = fixed and piece.length is not None
        length += piece.length or 0
        if not piece.empty:
            first = piece.first
        elif first is not None:
            first |= piece.first
    return Piece(
        steps, ways, length if fixed else None, "", _beginning(pieces), empty=all(piece.empty for piece in pieces)
    )


def _beginning(pieces: Sequence[Piece]) -> frozenset[str]:
    first: frozenset[str] = frozenset()
    for piece in pieces:
        first |= piece.first
        if not piece.empty:
            break
    return first


def either(options: Sequence[Piece]) -> Piece:
    """The cost of alternatives; a single one is itself."""
    if len(options) == 1:
        return options[0]
    steps, ways = sum(one.steps for one in options), sum(one.ways for one in options)
    first = frozenset(signs for one in options for signs in one.first)
    return Piece(steps, ways, None, "", first, empty=any(one.empty for one in options))


def repeated(piece: Piece, least: int, most: int | None, part: str) -> Piece:
    """The cost of a repetition; ``most`` is None if it is unbounded.

    Raises
    ------
    PatternError
        If what is repeated can itself match in several ways or lengths: every round would multiply them.
    """
    if least == most == 1:
        return piece
    if most == 1:
        return replace(piece, steps=piece.steps + 1, ways=piece.ways + 1, length=None, empty=True)
    if piece.ways > 1 or not piece.length:
        raise PatternError("regex_repeated", part)
    if least * piece.length > LONGEST:
        raise PatternError("regex_slow", part)
    rounds = _ENDLESS if most is None else min(most, _ENDLESS)
    return replace(
        piece,
        steps=rounds * (piece.steps + 1),
        ways=max(rounds - least, 0) + 1,
        length=piece.length * least if least == most else None,
        empty=least == 0,
    )


def affordable(piece: Piece, pattern: str) -> None:
    """Refuse a whole pattern that could take too long.

    Raises
    ------
    PatternError
        If it could.
    """
    if piece.steps > MOST_STEPS:
        raise PatternError("regex_slow", pattern)


@lru_cache(maxsize=256)
def _overlap(one: str, other: str) -> bool:
    """Whether some sign is in both sets: it is then the end of a range in one of them, or next to one, or plain."""
    near = {ord(sign) + step for sign in one + other for step in (-1, 0, 1)}
    tried = (chr(code) for code in {*range(128), *near, 0x10FFFF} if 0 <= code <= 0x10FFFF)
    first, second = re.compile(one, re.ASCII), re.compile(other, re.ASCII)
    return any(first.fullmatch(sign) and second.fullmatch(sign) for sign in tried)
