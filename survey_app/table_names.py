"""Column names as SPSS and Stata allow them: short, ASCII, unlike in more than case."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

SPSS_LENGTH = 64
STATA_LENGTH = 32
SPSS_WORDS = {"all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with"}
STATA_WORDS = {"byte", "double", "float", "if", "in", "int", "long", "strl", "using", "with"}  # and some with _ before
RESERVED = SPSS_WORDS | STATA_WORDS


def program_names(columns: Iterable[str], length: int) -> list[str]:
    """A name for each column that the program takes, in their order; the original becomes the label of the column."""
    taken: set[str] = set()
    names = []
    for column in columns:
        name = _unlike(_plain(column, length), taken, length)
        taken.add(name.lower())
        names.append(name)
    return names


def _plain(column: str, length: int) -> str:
    """Letters without accents, digits and underscores, a letter first."""
    without_stroke = column.replace("đ", "d").replace("Đ", "D")
    letters = "".join(sign for sign in unicodedata.normalize("NFD", without_stroke) if not unicodedata.combining(sign))
    name = re.sub(r"[^A-Za-z0-9_]+", "_", letters).rstrip("_")
    if not re.match(r"[A-Za-z]", name):
        name = f"v_{name.lstrip('_')}"
    if name.lower() in RESERVED or re.fullmatch(r"str\d+", name.lower()):
        name += "_"
    return name[:length]


def _unlike(name: str, taken: set[str], length: int) -> str:
    if name.lower() not in taken:
        return name
    number = 2
    while (other := f"{name[: length - len(str(number)) - 1]}_{number}").lower() in taken:
        number += 1
    return other
