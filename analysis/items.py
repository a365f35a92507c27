"""The columns to estimate, read in blocks of rows: small integers stay small until the moment they are added up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.faults import AnalysisError
from analysis.sums import Bools, Floats, Ints

Numbers = npt.NDArray[Any]

LINE_BYTES, ROWS_AT_ONCE = 64, 8192
"""Of the cache."""

SMALL_BYTES = 2
"""Of an answer that is kept as a whole number though there are gaps."""

MOST_LEVELS = 1_000
"""Of one question; more are a measurement, of which shares say nothing."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of K columns, ready to be added up."""

    y: Floats  # (m, K) 0 where not valid
    valid: Floats  # (m, K) 1 or 0
    x: Floats | None = None  # (m, K) denominators, 0 where not valid; None: 1 where valid


class Columns(Protocol):
    """K columns of n rows."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def shape(self) -> tuple[int, int]: ...

    @property
    def has_denominator(self) -> bool: ...

    @property
    def is_binary(self) -> bool:
        """Values are 0 or 1."""
        ...

    @property
    def complete(self) -> bool:
        """Every row is valid in every column."""
        ...

    def read(self, rows: Any, columns: slice) -> Block:
        """The rows (a slice or positions) of some of the columns."""
        ...


@dataclass(frozen=True)
class Items:
    """Answers to K questions, one row per ballot: numbers, with NaN or ``missing`` where there is no valid answer."""

    names: tuple[str, ...]
    values: Numbers  # (n, K), row by row in memory
    missing: int | None = None
    has_denominator: bool = False
    is_binary: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        return self.values.shape[0], self.values.shape[1]

    @cached_property
    def complete(self) -> bool:
        """Every row is valid in every column."""
        return (self._is_whole and self.missing is None) or not self.lacks(self.values).any()

    def taken(self, names: Sequence[str]) -> Items:
        """The named columns, in that order; one may stand several times."""
        places = [self.names.index(name) for name in names]
        return Items(tuple(names), np.ascontiguousarray(self.values[:, places]), self.missing)

    def read(self, rows: Any, columns: slice) -> Block:
        part = self.rows(rows)[:, columns]
        y = part.astype(np.float64, order="C")
        if self.complete:
            return Block(y, np.broadcast_to(np.float64(1.0), y.shape))
        lacking = self.lacks(part)
        y[lacking] = 0.0
        return Block(y, (~lacking).astype(np.float64))

    def rows(self, rows: Any) -> Numbers:
        """The answers of some rows (a slice or positions)."""
        return self.values[rows] if isinstance(rows, slice) else np.take(self.values, rows, axis=0)

    @property
    def _is_whole(self) -> bool:
        return self.values.dtype.kind in "iub"

    def lacks(self, part: Numbers) -> Bools:
        """Which answers are not valid."""
        lacking = np.zeros(part.shape, dtype=np.bool_) if self._is_whole else np.isnan(part)
        return lacking if self.missing is None else lacking | (part == self.missing)


@dataclass(frozen=True)
class Levels:
    """One 0/1 column for each (question, level): whose means are the proportions of answers."""

    items: Items
    item: tuple[int, ...]  # of each column
    level: tuple[float, ...]
    names: tuple[str, ...]
    has_denominator: bool = False
    is_binary: bool = True

    @property
    def shape(self) -> tuple[int, int]:
        return self.items.shape[0], len(self.item)

    def read(self, rows: Any, columns: slice) -> Block:
        chosen, part = list(self.item[columns]), self.items.rows(rows)
        level = np.array(self.level[columns]).astype(part.dtype)  # bytes are compared eight times as fast as floats
        y = (np.take(part, chosen, axis=1) == level).astype(np.float64)
        if self.complete:
            return Block(y, np.broadcast_to(np.float64(1.0), y.shape))
        return Block(y, np.take(~self.items.lacks(part), chosen, axis=1).astype(np.float64))

    @property
    def complete(self) -> bool:
        return self.items.complete


@dataclass(frozen=True)
class Pairs:
    """Numerators and denominators of K ratios; a row counts where both are valid."""

    numerator: Items
    denominator: Items
    names: tuple[str, ...]
    has_denominator: bool = True
    is_binary: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        return self.numerator.shape

    def read(self, rows: Any, columns: slice) -> Block:
        above, below = self.numerator.read(rows, columns), self.denominator.read(rows, columns)
        both = above.valid * below.valid
        return Block(above.y * both, both, below.y * both)

    @property
    def complete(self) -> bool:
        return self.numerator.complete and self.denominator.complete


def items_of(frame: pd.DataFrame | Items, names: Sequence[str], *, missing: int | None = None) -> Items:
    """Columns of a frame as one matrix in their smallest common type.

    Blank (NaN, NA) means no valid answer; ``missing`` is a code that means the same in integer columns.

    Raises
    ------
    AnalysisError : columns that do not exist, stand twice, are not numeric, or hold an infinite value.
    """
    if isinstance(frame, Items):
        return frame
    _check_names(frame, names)
    small = _small_with_gaps(frame, names, missing)
    if small is not None:
        return small
    dtype = np.result_type(*(_dtype(frame[name]) for name in names))
    return Items(
        tuple(names), _by_row((numeric_column(frame[name]) for name in names), (len(frame), len(names)), dtype), missing
    )


def _by_row(columns: Iterator[Numbers], shape: tuple[int, int], dtype: np.dtype[Any]) -> Numbers:
    """The columns side by side, row by row in memory."""
    values = np.empty(shape, dtype=dtype)
    step = max(1, LINE_BYTES // dtype.itemsize)
    for place in range(0, shape[1], step):  # columns that share a line of the cache, and some thousand rows of them
        group = list(islice(columns, step))
        for start in range(0, shape[0], ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            for offset, column in enumerate(group):
                values[rows, place + offset] = column[rows]
    return values


def _dtype(series: pd.Series) -> np.dtype[Any]:
    """What :func:`numeric_column` makes of it."""
    if isinstance(series.dtype, np.dtype) and series.dtype.kind in "iub":
        return np.dtype(np.int8) if series.dtype.kind == "b" else series.dtype
    return np.dtype(np.float64)


def _small_with_gaps(frame: pd.DataFrame, names: Sequence[str], missing: int | None) -> Items | None:
    """Nullable whole numbers of one or two bytes as they are, with a code for the gaps that no answer has.

    None where there is no such column, or another beside it: the gaps then need floats of eight bytes.
    """
    dtypes = [frame[name].dtype for name in names]
    bare = [getattr(dtype, "numpy_dtype", dtype) for dtype in dtypes]
    stored = [each for each in bare if isinstance(each, np.dtype) and each.kind in "iu"]
    if len(stored) < len(names) or stored == dtypes:
        return None
    whole = np.result_type(*stored)
    limits = np.iinfo(whole)
    gap = missing if missing is not None else (limits.min if limits.min < 0 else limits.max)
    if whole.itemsize > SMALL_BYTES or not limits.min <= gap <= limits.max:
        return None
    columns = [frame[name].to_numpy(dtype=whole, na_value=gap) for name in names]
    if missing is None and any(
        (column == gap).sum() > frame[name].isna().sum() for column, name in zip(columns, names, strict=True)
    ):
        return None
    return Items(tuple(names), _by_row(iter(columns), (len(frame), len(names)), whole), gap)


def pairs_of(
    frame: pd.DataFrame, numerators: Sequence[str], denominators: Sequence[str], *, missing: int | None = None
) -> Pairs:
    """Numerators with their denominators, named ``numerator/denominator``; a column may stand in several pairs."""
    if len(numerators) != len(denominators):
        raise AnalysisError("unpaired_ratio", numerators=len(numerators), denominators=len(denominators))
    above = items_of(frame, list(dict.fromkeys(numerators)), missing=missing).taken(numerators)
    below = items_of(frame, list(dict.fromkeys(denominators)), missing=missing).taken(denominators)
    names = tuple(f"{y}/{x}" for y, x in zip(numerators, denominators, strict=True))
    return Pairs(above, below, names)


def answers_of(
    frame: pd.DataFrame, names: Sequence[str], *, missing: int | None = None
) -> tuple[Items, dict[str, list[str]]]:
    """Columns as by :func:`items_of`, but text and categories are numbered from 0; and the labels of those columns.

    All categories of a categorical column have a label, also those that nobody chose.
    """
    _check_names(frame, names)
    texts = {name: category_codes(frame[name]) for name in names if _is_text(frame[name])}
    if not texts:
        return items_of(frame, names, missing=missing), {}
    columns = {}
    for name in names:  # the code for "missing" would be a level of a text column
        codes = texts[name][0] if name in texts else numeric_column(frame[name])
        absent = codes < 0 if name in texts else codes == missing
        columns[name] = np.where(absent, np.nan, codes) if absent.any() else codes
    labels = {name: [str(level) for level in levels] for name, (_codes, levels) in texts.items()}
    return items_of(pd.DataFrame(columns), names), labels


def category_codes(column: pd.Series) -> tuple[Ints, list[Any]]:
    """The values of a column numbered in ascending order (categories in theirs), -1 for blank; and the values."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy().astype(np.intp), list(column.cat.categories)
    codes, levels = pd.factorize(column, sort=True)
    return codes.astype(np.intp), list(levels)


def _is_text(column: pd.Series) -> bool:
    """Whether a column holds labels, and not numbers or numbers written as text."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return True
    if pd.api.types.is_numeric_dtype(column.dtype):
        return False
    return bool((pd.to_numeric(column.astype(object), errors="coerce").isna() & column.notna()).any())


def levels_of(items: Items, labels: Mapping[str, Sequence[str]] | None = None) -> Levels:
    """The levels of each question, ascending: those that occur, or as many as it has ``labels``.

    Raises
    ------
    AnalysisError : ``measurement_levels`` for a measurement.
    """
    columns: list[tuple[int, float, str]] = []
    for place, (name, occurring) in enumerate(zip(items.names, _occurring(items), strict=True)):
        named = (labels or {}).get(name)
        levels = occurring if named is None else list(np.arange(len(named), dtype=np.float64))
        if len(levels) > MOST_LEVELS:
            count = len(levels) if named else len(np.unique(items.values[:, place]))
            raise AnalysisError("measurement_levels", column=name, count=count, limit=MOST_LEVELS)
        shown = named or [level_name(level) for level in levels]
        columns += [(place, level, f"{name}={label}") for level, label in zip(levels, shown, strict=True)]
    places, values, names = (tuple(part) for part in zip(*columns, strict=True)) if columns else ((), (), ())
    return Levels(items, places, values, names)


def levels_in(frame: pd.DataFrame, items: Sequence[str] | Items, *, missing: int | None = None) -> Levels:
    """The levels of columns of a frame, which may hold text; refused where a column has none."""
    answers = (items,) if isinstance(items, Items) else answers_of(frame, items, missing=missing)
    levels = levels_of(*answers)
    if blank := [name for place, name in enumerate(levels.items.names) if place not in levels.item]:
        raise AnalysisError("no_levels", columns=", ".join(blank))
    return levels


def level_name(level: float) -> str:
    """A level as it is written after its question: whole numbers without a point, others with all digits."""
    return str(int(level)) if level.is_integer() else str(level)


def _occurring(items: Items) -> list[list[float]]:
    """The levels of each question that occur, ascending; of a measurement only too many, not all."""
    found = [items.values[:0, place] for place in range(items.shape[1])]
    for start in range(0, items.shape[0], ROWS_AT_ONCE):
        block = np.ascontiguousarray(items.values[start : start + ROWS_AT_ONCE].T)
        for place, column in enumerate(block):
            if len(found[place]) <= MOST_LEVELS + 2:  # blank and missing are none
                found[place] = pd.unique(np.concatenate([found[place], pd.unique(column)]))
    valid = [np.sort(levels[~items.lacks(levels)]) for levels in found]
    return [[float(level) for level in levels] for levels in valid]


def _check_names(frame: pd.DataFrame, names: Sequence[str]) -> None:
    if not names:
        raise AnalysisError("no_items")
    for name in names:
        if name not in frame.columns:
            raise AnalysisError("unknown_column", column=name, known=", ".join(map(str, frame.columns)))
    twice = [name for name in dict.fromkeys(names) if list(names).count(name) > 1]
    if twice:
        raise AnalysisError("repeated_columns", columns=", ".join(twice))


def numeric_column(series: pd.Series) -> Numbers:
    """The column as a numpy array of integers or floats, NaN for blank."""
    if isinstance(series.dtype, np.dtype) and series.dtype.kind in "iub":
        return np.asarray(series.to_numpy().view(np.int8) if series.dtype.kind == "b" else series.to_numpy())
    if isinstance(series.dtype, pd.CategoricalDtype) or not pd.api.types.is_numeric_dtype(series):
        numbers = pd.to_numeric(series.astype(object), errors="coerce")
        bad = numbers.isna() & series.notna()
        if bad.any():
            raise AnalysisError("not_numeric", column=str(series.name), value=series[bad].iloc[0])
        series = numbers
    values = np.asarray(series if series.dtype == np.float64 else series.to_numpy(dtype=np.float64, na_value=np.nan))
    if np.isinf(values).any():
        rows = ", ".join(str(row + 1) for row in np.flatnonzero(np.isinf(values))[:5])
        raise AnalysisError("infinite_value", column=str(series.name), rows=rows)
    return values
