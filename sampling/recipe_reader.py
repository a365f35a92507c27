"""Sections of a mapping, read key by key: what is wrong is noted with the path of the key, and reading goes on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_REQUIRED: Any = object()
VALUE_SHOWN, LIST_SHOWN = 60, 300  # characters; a file given by mistake may hold what is nobody's business


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the path of the key (``calibrate.margins.sex.F``), a code, and its facts."""

    path: str
    code: str
    params: Mapping[str, object]


def fault_at(path: str, code: str, **params: object) -> Fault:
    """A fault whose facts are shown by their beginning; ``value`` is what the user gave."""
    facts = {name: _cut(fact, LIST_SHOWN) if isinstance(fact, str) else fact for name, fact in params.items()}
    if "value" in params:
        facts["value"] = _shown(params["value"])
    return Fault(path, code, facts)


def _shown(value: object) -> object:
    """Numbers as they are, other values as they are written; of a long one its type and how it begins."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    written = repr(value)
    return written if len(written) <= VALUE_SHOWN else f"{type(value).__name__} {_cut(written, VALUE_SHOWN)}"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length] + " …"


class Section:
    """A mapping at a path. Each reader marks its key as known; :meth:`close` notes those that nobody read."""

    def __init__(self, raw: object, path: str, faults: list[Fault]) -> None:
        self.path = path
        self.faults = faults
        self._known: set[str] = set()
        self._raw: Mapping[str, Any] = {}
        if isinstance(raw, Mapping):
            self._raw = {str(key): value for key, value in raw.items()}
        else:
            faults.append(fault_at(path or "·", "not_a_mapping", value=raw))
            self.faults = []  # what is missing in it goes without saying

    def fault(self, key: str, code: str, **params: object) -> None:
        """Note what is wrong with a key."""
        named = _cut(key, VALUE_SHOWN)
        self.faults.append(fault_at(f"{self.path}.{named}" if self.path else named, code, **params))

    def has(self, key: str) -> bool:
        """Whether the key is there with a value."""
        return self._raw.get(key) not in (None, "", [], {})

    def close(self) -> None:
        """Note keys that are none of this section."""
        for key in self._raw:
            if key not in self._known:
                self.fault(key, "unknown_key", known=", ".join(sorted(self._known)))

    def exactly_one(self, *keys: str) -> None:
        """Note if not one of the keys is given, or several."""
        given = [key for key in keys if self.has(key)]
        if len(given) != 1:
            code = "only_one_of" if given else "missing_key"
            self.fault(given[1] if given else keys[0], code, keys=", ".join(keys))

    def section(self, key: str, *, required: bool = False) -> Section:
        """A section below; an empty one where it is missing."""
        raw = self._value(key, _REQUIRED if required else {})
        named = _cut(key, VALUE_SHOWN)
        path = f"{self.path}.{named}" if self.path else named
        return Section({}, path, []) if raw is None else Section(raw, path, self.faults)

    def optional(self, key: str) -> Section | None:
        """A section below, if it is there."""
        self._known.add(key)
        return self.section(key) if self.has(key) else None

    def text(self, key: str, *, default: str | None = _REQUIRED) -> str | None:
        """A text; numbers count as their text."""
        value = self._value(key, default)
        if value is None or isinstance(value, str | int | float):
            return None if value is None else str(value).strip()
        self.fault(key, "not_a_text", value=value)
        return None

    def truth(self, key: str, *, default: bool) -> bool:
        """true or false."""
        value = self._value(key, default)
        if str(value).lower() in {"true", "false"}:
            return str(value).lower() == "true"
        self.fault(key, "not_a_truth", value=value)
        return default

    def choice(self, key: str, known: Iterable[str], *, default: str | None = _REQUIRED) -> str | None:
        """One of some words."""
        value = self.text(key, default=default)
        words = [str(word) for word in known]
        if value is None or value in words:
            return value
        self.fault(key, "not_one_of", value=value, known=", ".join(words))
        return None

    def number(self, key: str, *, default: float, least: float, whole: bool = False) -> float:
        """A finite number that is not below ``least``."""
        if not self.has(key):
            self._known.add(key)
            return default
        number = self._number(key, self._value(key, default))
        if number is None:
            return default
        if number < least or (whole and number != int(number)):
            self.fault(key, "not_whole" if whole else "number_too_small", value=number, least=least)
            return default
        return number

    def pair(self, key: str) -> tuple[float, float] | None:
        """Two numbers, the lower first."""
        if not self.has(key):
            self._known.add(key)
            return None
        value = self._value(key, None)
        if not isinstance(value, list | tuple) or len(value) != 2:
            self.fault(key, "not_a_pair", value=value)
            return None
        low, high = (self._number(key, item) for item in value)
        if low is None or high is None:
            return None
        if not low < high:
            self.fault(key, "not_a_pair", value=value)
        return low, high

    def names(self, key: str) -> tuple[str, ...]:
        """A name, or a list of names."""
        value = self._value(key, None)
        return () if value in (None, "") else self._names(key, value)

    def lists(self, key: str) -> tuple[tuple[str, ...], ...]:
        """A list of names or of lists of names; an empty list stands for no name at all."""
        value = self._value(key, None)
        if value in (None, ""):
            return ()
        if not isinstance(value, list | tuple):
            self.fault(key, "not_a_list", value=value)
            return ()
        return tuple(() if item == [] else self._names(f"{key}[{k}]", item) for k, item in enumerate(value))

    def numbers(self, key: str) -> dict[str, float]:
        """Numbers by name."""
        if not self.has(key):
            self._known.add(key)
            return {}
        below = self.section(key)
        return {name: below.number(name, default=0.0, least=-math.inf) for name in below._raw}

    def tables(self, key: str) -> dict[str, dict[str, float]]:
        """Numbers, zero or more, by two names."""
        if not self.has(key):
            self._known.add(key)
            return {}
        below = self.section(key)
        found: dict[str, dict[str, float]] = {}
        for name in below._raw:
            levels = below.section(name)
            found[name] = {level: levels._control(level) for level in levels._raw}
            if not found[name]:
                below.fault(name, "empty_margin")
        return found

    def _control(self, key: str) -> float:
        number = self._number(key, self._raw[key])
        if number is not None and number < 0:
            self.fault(key, "number_too_small", value=number, least=0)
        return number if number is not None else 0.0

    def _value(self, key: str, default: Any) -> Any:
        self._known.add(key)
        if self.has(key):
            return self._raw[key]
        if default is _REQUIRED:
            self.fault(key, "missing_key")
            return None
        return default

    def _names(self, key: str, value: object) -> tuple[str, ...]:
        items = value if isinstance(value, list | tuple) else [value]
        if not items or not all(isinstance(item, str | int | float) for item in items):
            self.fault(key, "not_a_list", value=value)
            return ()
        return tuple(str(item).strip() for item in items)

    def _number(self, key: str, value: object) -> float | None:
        try:
            number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            self.fault(key, "not_a_number", value=value)
            return None
        return number
