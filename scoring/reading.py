"""Reading nested mappings key by key: every fault is noted by its path, none stops the reading."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from math import inf, isfinite, nan
from typing import TypeVar

from scoring.faults import Fault

E = TypeVar("E", bound=StrEnum)

EXPECTED = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "a mapping",
    date: "a date YYYY-MM-DD",
}


class Section:
    """One mapping of a method file. Whatever is wrong is noted in ``faults`` and replaced by an empty value."""

    def __init__(self, raw: object, path: str, faults: list[Fault]) -> None:
        self.path = path
        self.faults = faults
        self.known: list[str] = []
        self.raw: Mapping[object, object] = raw if isinstance(raw, Mapping) else {}
        if not isinstance(raw, Mapping):
            self.note("", "wrong_type", value=raw, expected=EXPECTED[dict])

    def at(self, key: str) -> str:
        """The path of a key of this mapping."""
        return f"{self.path}.{key}" if self.path and key else self.path or key

    def note(self, key: str, code: str, **params: object) -> None:
        self.faults.append(Fault(self.at(key) or "(file)", code, params))

    def has(self, key: str) -> bool:
        """Whether an optional key is given; it counts as known from now on."""
        self.known.append(key)
        return self.raw.get(key) is not None

    def _take(self, key: str, expected: type) -> object | None:
        """The value of a key if it is there and of the type; else None, and a fault."""
        if not self.has(key):
            self.note(key, "missing_key", expected=EXPECTED[expected])
            return None
        value = self.raw[key]
        allowed = (int, float) if expected is float else expected
        if not isinstance(value, allowed) or (isinstance(value, bool) and expected is not bool):
            self.note(key, "wrong_type", value=value, expected=EXPECTED[expected])
            return None
        return value

    def text(self, key: str) -> str:
        value = self._take(key, str)
        return value.strip() if isinstance(value, str) else ""

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._take(key, list)
        items = value if isinstance(value, list) else []
        for place, item in enumerate(items):
            if not isinstance(item, str):
                self.note(f"{key}[{place}]", "wrong_type", value=item, expected=EXPECTED[str])
        return tuple(item for item in items if isinstance(item, str))

    def translations(self, key: str) -> dict[str, str]:
        """Words in Vietnamese and English: both are needed, no other language."""
        inner = self.section(key)
        words = {lang: inner.text(lang) for lang in ("vi", "en")}
        inner.close()
        return words

    def number(self, key: str, low: float = -inf, high: float = inf) -> float:
        """A finite number within bounds; NaN after a fault."""
        value = self._take(key, float)
        return self._within(key, value, low, high) if isinstance(value, int | float) else nan

    def integer(self, key: str, low: float = -inf, high: float = inf) -> int:
        """A whole number within bounds; 0 after a fault."""
        value = self._take(key, int)
        if not isinstance(value, int):
            return 0
        self._within(key, value, low, high)
        return value

    def numbers(self, key: str, low: float = -inf, high: float = inf) -> dict[str, float]:
        """A mapping name -> number; names that look like numbers are kept as written."""
        inner = self.section(key)
        if not inner.raw and isinstance(self.raw.get(key), Mapping):
            self.note(key, "empty")
        return {str(name): inner.named_number(name, low, high) for name in inner.raw}

    def named_number(self, name: object, low: float, high: float) -> float:
        value = self.raw[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.note(str(name), "wrong_type", value=value, expected=EXPECTED[float])
            return nan
        return self._within(str(name), value, low, high)

    def _within(self, key: str, value: float, low: float, high: float) -> float:
        if isfinite(value) and low <= value <= high:
            return float(value)
        self.note(key, "out_of_range", value=value, low=low, high=high)
        return nan

    def one_of(self, key: str, kinds: type[E]) -> E:
        """A member of an enum; its first member after a fault."""
        known = [kind.value for kind in kinds]
        value = self._take(key, str)
        if value is not None and value not in known:
            self.note(key, "not_one_of", value=value, known=", ".join(known))
        return kinds(value) if value in known else next(iter(kinds))

    def day(self, key: str) -> date | None:
        value = self._take(key, date)
        return value if isinstance(value, date) else None

    def section(self, key: str) -> Section:
        """A mapping within this one; an empty one after a fault, which is noted once and not for each key inside."""
        value = self._take(key, dict)
        return Section(value or {}, self.at(key), self.faults if isinstance(value, dict) else [])

    def sections(self, key: str) -> list[Section]:
        """A list of mappings within this one."""
        value = self._take(key, list)
        items = value if isinstance(value, list) else []
        return [Section(item, f"{self.at(key)}[{place}]", self.faults) for place, item in enumerate(items)]

    def refuse(self, kind: str, *keys: str) -> None:
        """Note keys that have no meaning in this kind of method."""
        for key in keys:
            if self.has(key):
                self.note(key, "not_in_kind", kind=kind)

    def close(self) -> None:
        """Note the keys that nobody asked for."""
        for key in self.raw:
            if key not in self.known:
                self.note(str(key), "unknown_key", known=", ".join(dict.fromkeys(self.known)))
