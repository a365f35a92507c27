"""Pages that look the same for everybody but for what was ticked: rendered once, then filled in.

A page of a hundred choices takes a template some milliseconds and a join of strings some microseconds. What differs
between visitors has a slot: the visit's handle, the form's token, and the mark of each choice.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Hashable, Mapping, Sequence

from flask import current_app
from flask_wtf.csrf import generate_csrf

HANDLE = "HANDLE0SLOT"
TOKEN = "TOKEN0SLOT"  # noqa: S105
MOST = 1000  # pages kept by each process
_SLOTS = re.compile(rf'({HANDLE}|{TOKEN}|<input[^>]*\btype="(?:radio|checkbox)"[^>]*)')
_NAME = re.compile(r'\bname="([^"]*)"')
_VALUE = re.compile(r'\bvalue="([^"]*)"')

Piece = str | tuple[str, str]  # words as they are, or (field, choice): where its mark goes


def filled(key: Hashable, render: Callable[[str, str], str], handle: str, ticked: Mapping[str, Sequence[str]]) -> str:
    """The page ``key`` for one visitor; ``render(handle, token)`` makes it when it is not there yet, nothing ticked."""
    pages: dict[Hashable, tuple[Piece, ...]] = current_app.extensions.setdefault("prepared_pages", {})
    if key not in pages:
        if len(pages) >= MOST:
            pages.clear()
        pages[key] = _pieces(render(HANDLE, TOKEN))
    slots = {HANDLE: handle, TOKEN: generate_csrf()}
    return "".join(slots.get(piece, piece) if isinstance(piece, str) else _mark(piece, ticked) for piece in pages[key])


def _mark(choice: tuple[str, str], ticked: Mapping[str, Sequence[str]]) -> str:
    field, value = choice
    return " checked" if value in ticked.get(field, ()) else ""


def _pieces(page: str) -> tuple[Piece, ...]:
    """The page cut at its slots; what lies between two slots stays in one piece."""
    pieces: list[Piece] = []
    words = ""
    for part in _SLOTS.split(page):
        if part in (HANDLE, TOKEN):
            pieces += [words, part]
            words = ""
        elif part.startswith("<input"):
            pieces += [words + part, (_attribute(_NAME, part), _attribute(_VALUE, part))]
            words = ""
        else:
            words += part
    return (*pieces, words)


def _attribute(pattern: re.Pattern[str], tag: str) -> str:
    found = pattern.search(tag)
    return html.unescape(found[1]) if found else ""
