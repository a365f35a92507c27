"""Files that a console form sends: what came, and what is wrong with it in words."""

from __future__ import annotations

from collections.abc import Callable

from flask import request

from survey_app.uploads.faults import CellFault, UploadRefused, refused
from survey_app.uploads.words import fault_words

MOST_BYTES = 60 << 20


def uploaded(field: str = "file") -> tuple[bytes, str]:
    """The content and the name of the file in this request; no file, or too large a one, is refused."""
    file = request.files.get(field)
    if file is None or not file.filename:
        raise refused("no_file")
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise refused("too_large", megabytes=MOST_BYTES >> 20)
    return data, file.filename


def fault_lines(refusal: UploadRefused, said: Callable[[CellFault], str] = fault_words) -> list[tuple[str, str]]:
    """(cell, words) of each fault, for the macro ``faults``; ``said``: the words of a room that knows more faults."""
    return [(fault.cell, said(fault)) for fault in refusal.faults]
