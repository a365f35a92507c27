"""QR codes as drawings of their dark modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

import qrcode

QUIET = 4  # modules of white around a QR code, as its standard asks
MASK = 3  # of the eight; to compare them for each code takes four times as long, and these scan as well


def svg(content: str, *, sturdy: bool = False) -> str:
    """A drawing as a file of its own."""
    size, path = drawing(content, sturdy=sturdy)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}"><path d="{path}"/></svg>'


def drawing(content: str, *, sturdy: bool = False) -> tuple[int, str]:
    """The width in modules, and a path: in each row one stroke for each run of dark modules.

    ``sturdy``: for posters, which the sun bleaches: a quarter of it may be spoilt, and the best of all masks is found.
    """
    level = qrcode.constants.ERROR_CORRECT_Q if sturdy else qrcode.constants.ERROR_CORRECT_M
    code = qrcode.QRCode(border=QUIET, error_correction=level, mask_pattern=None if sturdy else MASK)
    code.add_data(content)
    rows = code.get_matrix()
    return len(rows), "".join(f"M{x} {y}h{n}v1h-{n}z" for y, row in enumerate(rows) for x, n in _runs(row))


def _runs(row: Iterable[bool]) -> Iterator[tuple[int, int]]:
    """Where each run of dark modules begins, and how long it is."""
    start = 0
    for dark, modules in groupby(row):
        length = len(list(modules))
        if dark:
            yield start, length
        start += length
