"""Pages that look the same for everybody but for what was ticked: rendered once, then filled in.

A page of a hundred choices takes a template some milliseconds and a join of strings some microseconds. What differs
between visitors has a slot: the visit's handle, the form's token, and the mark of each choice.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

from flask import current_app

HANDLE = "HANDLE0SLOT"
TOKEN = "TOKEN0SLOT"  # noqa: S105
MOST = 1000  # pages kept by each process
_SLOTS = re.compile(rf'({HANDLE}|{TOKEN}|<input[^>]*\btype="(?:radio|checkbox)"[^>]*)')
_NAME = re.compile(r'\bname="([^"]*)"')
_VALUE = re.compile(r'\bvalue="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Prepared:
    """A page cut into pieces: those with words in them, and empty ones where something goes."""

    pieces: tuple[str, ...]
    handles: tuple[int, ...]  # places of the handle
    tokens: tuple[int, ...]
    marks: Mapping[tuple[str, str], int]  # (field, choice) -> place of its mark


def filled(
    key: Hashable,
    render: Callable[[str, str], str],
    *,
    handle: str,
    token: str,
    ticked: Mapping[str, Sequence[str]],
) -> str:
    """The page ``key`` for one visitor; ``render(handle, token)`` makes it when it is not there yet, nothing ticked."""
    pages: dict[Hashable, Prepared] = current_app.extensions.setdefault("prepared_pages", {})
    page = pages.get(key)
    if page is None:
        if len(pages) >= MOST:
            pages.clear()
        page = pages[key] = prepare(render(HANDLE, TOKEN))
    return fill(page, handle, token, ticked)


def fill(page: Prepared, handle: str, token: str, ticked: Mapping[str, Sequence[str]]) -> str:
    """The page with everything in its place."""
    pieces = list(page.pieces)
    for place in page.handles:
        pieces[place] = handle
    for place in page.tokens:
        pieces[place] = token
    for field, chosen in ticked.items():
        for value in chosen:
            if (place := page.marks.get((field, value), -1)) >= 0:
                pieces[place] = " checked"
    return "".join(pieces)


def prepare(page: str) -> Prepared:
    """A rendered page, cut at its slots."""
    pieces: list[str] = []
    places: dict[str, list[int]] = {HANDLE: [], TOKEN: []}
    marks: dict[tuple[str, str], int] = {}
    for part in _SLOTS.split(page):
        if part in places:
            places[part].append(len(pieces))
            pieces.append("")
        elif part.startswith("<input"):
            marks[_attribute(_NAME, part), _attribute(_VALUE, part)] = len(pieces) + 1
            pieces += [part, ""]
        else:
            pieces.append(part)
    return Prepared(tuple(pieces), tuple(places[HANDLE]), tuple(places[TOKEN]), marks)


def _attribute(pattern: re.Pattern[str], tag: str) -> str:
    found = pattern.search(tag)
    return html.unescape(found[1]) if found else ""
