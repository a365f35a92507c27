"""The plan of a draw, as a value and as plain data (for a record, from a design file)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType

import pandas as pd

from sampling.faults import SamplingError
from sampling.frame import Columns
from sampling.households import Within
from sampling.multistage import Stage
from sampling.selection import ORDERED, Method


@dataclass(frozen=True, slots=True)
class DrawPlan:
    """What is drawn and how; with the frame and the seed it determines the sample."""

    id: str  # column of the frame that names its rows, each once
    method: Method | None = None  # None where there are stages
    n: int | None = None
    strata: tuple[str, ...] = ()
    sizes: Mapping[str, int] | None = None  # stratum -> number to draw
    size: str | None = None  # measure of size
    balance: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()  # systematic draws: implicit stratification, first key first; ties by id
    serpentine: bool = False
    stages: tuple[Stage, ...] = ()
    given: str | None = None  # column with the inclusion probability of earlier draws, which led to this frame
    multiplicity_key: str | None = None  # column that names the person behind a file: multiplicity counted in the frame
    multiplicity: str | None = None  # column with the number of files of the person, as reported
    adults: str | None = None  # column with the number of adults of a household, one of whom is to be asked
    within: Within = Within.UNIFORM
    adults_cap: float | None = None

    def columns(self, updated: str | None = None, not_before: pd.Timestamp | None = None) -> Columns:
        """The columns of the frame that the draw reads."""
        staged = [column for stage in self.stages for column in (stage.unit, *stage.strata)]
        staged_sizes = [stage.size for stage in self.stages]
        return Columns(
            id=self.id,
            labels=_named(*staged, *self.strata, self.multiplicity_key),
            sizes=_named(*staged_sizes, self.size, self.given, self.multiplicity, self.adults),
            numbers=_named(*self.balance),
            sort=_named(*self.sort, *(key for stage in self.stages for key in stage.sort)),
            updated=updated,
            not_before=not_before,
        )

    def refuse_contradictions(self) -> None:
        """SamplingError where something is missing or would be passed over in silence."""
        if self.multiplicity_key and self.multiplicity:
            raise SamplingError("multiplicity_twice")
        if not self.adults and (self.within is not Within.UNIFORM or self.adults_cap is not None):
            raise SamplingError("adults_missing")
        if self.stages:
            self._refuse_beside_stages()
            return
        if self.strata and self.sizes is None:
            raise SamplingError("strata_need_sizes", strata=", ".join(self.strata))
        if not self.strata and self.sizes is not None:
            raise SamplingError("sizes_need_strata")
        if (self.n is None) == (self.sizes is None):
            raise SamplingError("n_or_sizes")
        if self.method and (self.sort or self.serpentine) and self.method not in ORDERED:
            raise SamplingError("sort_without_order", method=self.method)
        if self.serpentine and len(self.sort) < 2:
            raise SamplingError("serpentine_needs_keys")

    def _refuse_beside_stages(self) -> None:
        alone = (self.method, self.n, self.sizes, self.size, *self.strata, *self.balance, *self.sort)
        if self.serpentine or any(value is not None for value in alone):
            raise SamplingError("stages_alone")

    def as_dict(self) -> dict[str, object]:
        """Plain data without what is left at its default; :func:`plan_from` reads it."""
        return _plain(self, {"stages": [_plain(stage) for stage in self.stages]} if self.stages else {})


def _named(*columns: str | None) -> tuple[str, ...]:
    """Each column once, in order."""
    return tuple(dict.fromkeys(column for column in columns if column is not None))


def _plain(value: DrawPlan | Stage, nested: Mapping[str, object] = MappingProxyType({})) -> dict[str, object]:
    found: dict[str, object] = {}
    for field in fields(value):
        entry = nested.get(field.name, getattr(value, field.name))
        if entry != field.default:
            found[field.name] = _json_value(entry)
    return found


def _json_value(entry: object) -> object:
    if isinstance(entry, Mapping):
        return dict(entry)
    if isinstance(entry, tuple):
        return list(entry)
    return str(entry) if isinstance(entry, Method | Within) else entry


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_counts(value: object) -> bool:
    return isinstance(value, Mapping) and all(_is_count(count) for count in value.values())


def _is_columns(value: object) -> bool:
    return _is_text(value) or (isinstance(value, list) and all(_is_text(part) for part in value))


def _columns_of(value: object) -> tuple[str, ...]:
    return tuple(str(part) for part in value) if isinstance(value, list) else (str(value),)


# what a key of a plan or a stage may hold: (test, in words of both languages, reading)
Reader = tuple[Callable[[object], bool], tuple[str, str], Callable[..., object]]
TEXT: Reader = (_is_text, ("tên cột", "the name of a column"), str)
COLUMNS: Reader = (_is_columns, ("tên cột hoặc danh sách cột", "a column or a list of columns"), _columns_of)
COUNT: Reader = (_is_count, ("số nguyên từ 1", "a whole number from 1"), int)
COUNTS: Reader = (
    _is_counts,
    ("danh sách tầng: số nguyên từ 1", "a list of stratum: whole number from 1"),
    lambda value: {str(stratum): int(n) for stratum, n in value.items()},
)
YES_NO: Reader = (lambda value: isinstance(value, bool), ("true hoặc false", "true or false"), bool)
METHOD: Reader = (lambda value: value in list(Method), (" | ".join(Method),) * 2, Method)
STAGE_KEYS: Mapping[str, Reader] = {
    "unit": TEXT,
    "method": METHOD,
    "n": COUNT,
    "sizes": COUNTS,
    "size": TEXT,
    "strata": COLUMNS,
    "sort": COLUMNS,
    "take_all_if_fewer": YES_NO,
}


def stages_from(entries: object) -> tuple[Stage, ...]:
    """The stages of a design file: a list of ``unit``, ``method``, ``n`` and so on; faults by stage and key."""
    if not isinstance(entries, Sequence) or isinstance(entries, str) or not entries:
        raise SamplingError("stages_missing")
    return tuple(
        Stage(**_read(entry, STAGE_KEYS, str(number), ("unit", "method")))  # type: ignore[arg-type]
        for number, entry in enumerate(entries, start=1)
    )


PLAN_KEYS: Mapping[str, Reader] = {
    "id": TEXT,
    "method": METHOD,
    "n": COUNT,
    "strata": COLUMNS,
    "sizes": COUNTS,
    "size": TEXT,
    "balance": COLUMNS,
    "sort": COLUMNS,
    "serpentine": YES_NO,
    "stages": (lambda value: isinstance(value, list), ("danh sách giai đoạn", "a list of stages"), stages_from),
    "given": TEXT,
    "multiplicity_key": TEXT,
    "multiplicity": TEXT,
    "adults": TEXT,
    "within": (lambda value: value in list(Within), (" | ".join(Within),) * 2, Within),
    "adults_cap": (lambda value: isinstance(value, int | float) and value >= 1, ("số từ 1", "a number from 1"), float),
}


def plan_from(entry: object) -> DrawPlan:
    """The plan that :meth:`DrawPlan.as_dict` wrote."""
    return DrawPlan(**_read(entry, PLAN_KEYS, "–", ("id",)))  # type: ignore[arg-type]


def _read(entry: object, keys: Mapping[str, Reader], stage: str, needed: tuple[str, ...]) -> dict[str, object]:
    if not isinstance(entry, Mapping):
        known = ", ".join(keys)
        raise SamplingError("stage_bad_value", stage=stage, key="–", value=entry, vi=known, en=known)
    found: dict[str, object] = {}
    for key, value in {**dict.fromkeys(needed), **entry}.items():
        if key not in keys:
            raise SamplingError("stage_unknown_key", stage=stage, key=key, known=", ".join(keys))
        test, (vietnamese, english), reading = keys[key]
        if not test(value):
            raise SamplingError("stage_bad_value", stage=stage, key=key, value=value, vi=vietnamese, en=english)
        found[str(key)] = reading(value)
    return found
