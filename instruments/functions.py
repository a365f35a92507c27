"""The functions that ODK adds to XPath 1.0, and its conversions, as lxml extension functions."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from instruments.pattern_cost import LONGEST
from instruments.patterns import compiled

NAMESPACE = "urn:survey:functions"

_NUMBER = re.compile(r"[ \t\r\n]*(-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))[ \t\r\n]*")
_DATE = re.compile(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}")
_EPOCH = date(1970, 1, 1)


def string_to_number(text: str) -> float:
    """The number that a string writes; days since 1970 for a date; else NaN."""
    match = _NUMBER.fullmatch(text)
    if match:
        return float(match.group(1))
    if _DATE.fullmatch(text):
        try:
            return float((date.fromisoformat(text) - _EPOCH).days)
        except ValueError:
            return math.nan
    return math.nan


def number_to_string(number: float) -> str:
    """A number in plain decimals, the shortest that read back the same."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    return format(Decimal(repr(float(number))).normalize(), "f")


def rounded(number: float, digits: float = 0.0) -> float:
    """The nearest number with so many decimals, halves up; digits are cut to -9 … 9."""
    if math.isnan(digits):
        return math.nan
    if not math.isfinite(number):
        return number
    places = int(max(-9.0, min(9.0, digits)))
    scale = 10.0 ** abs(places)
    scaled = number * scale if places >= 0 else number / scale
    if not math.isfinite(scaled):
        return number
    low = math.floor(scaled)
    nearest = float(low + 1 if scaled - low >= 0.5 else low)
    return (nearest / scale if places >= 0 else nearest * scale) + 0.0


def truncated(number: float) -> float:
    """The number without its decimals."""
    return float(math.trunc(number)) + 0.0 if math.isfinite(number) else number


def _extension(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda _context, *arguments: function(*arguments)


def _if(condition: bool, then: Any, otherwise: Any) -> Any:
    return then if condition else otherwise


def _selected(answer: str, name: str) -> bool:
    return name in answer.split(" ")


def _count_selected(answer: str) -> float:
    return float(len(answer.split()))


def _coalesce(first: str, second: str) -> str:
    return first or second


def _regex(answer: str, pattern: str) -> bool:
    return len(answer) <= LONGEST and compiled(pattern).fullmatch(answer) is not None


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "num": string_to_number,
    "str": number_to_string,
    "round": rounded,
    "int": truncated,
    "if": _if,
    "coalesce": _coalesce,
    "selected": _selected,
    "count-selected": _count_selected,
    "regex": _regex,
}
EXTENSIONS = {(NAMESPACE, name): _extension(function) for name, function in _FUNCTIONS.items()}
