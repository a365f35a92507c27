"""Frames: faults named by row, one order whatever the order of the file, and a hash of what a draw rests on.

The canonical order of a frame is that of its ids as text: shorter ids first, ids of one length letter by letter (in
UTF-8). So 9 comes before 10, codes of fixed width stand as in a directory, and sorting the file or shuffling it
changes neither a hash nor a draw.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sampling.faults import SamplingError
from sampling.inclusion import Floats, Positions, first_few

Labels = npt.NDArray[np.object_]
Bytes = npt.NDArray[np.bytes_]
HEADER = b"survey frame 1\n"
JOINT = " / "  # between the columns of a stratum


@dataclass(frozen=True, slots=True)
class Columns:
    """What a draw reads of a frame, by its role."""

    id: str
    labels: tuple[str, ...] = ()  # strata, units of stages, person keys: text
    sizes: tuple[str, ...] = ()  # above 0
    numbers: tuple[str, ...] = ()  # any number
    sort: tuple[str, ...] = ()  # numbers where the column holds numbers, else text
    updated: str | None = None  # when the row was last known to be right (a date)
    not_before: pd.Timestamp | None = None  # rows last updated earlier are stale


@dataclass(frozen=True, slots=True)
class CanonicalFrame:
    """What a draw reads of a frame, checked, its rows in canonical order."""

    columns: Columns
    positions: Positions  # of each row in the frame as it was given
    texts: Mapping[str, Labels]
    numbers: Mapping[str, Floats]
    sha256: str

    def __len__(self) -> int:
        return len(self.positions)

    def column(self, name: str) -> Labels | Floats:
        """A column that was read, as what it was read."""
        return self.numbers[name] if name in self.numbers else self.texts[name]

    def stratum(self, columns: Sequence[str]) -> Labels:
        """One label a row from several columns: "Ba Đình / Hộ tịch"."""
        if len(columns) == 1:
            return self.texts[columns[0]]
        rows = zip(*(self.texts[column] for column in columns), strict=True)
        return np.array([JOINT.join(row) for row in rows], dtype=object)


def canonical(frame: pd.DataFrame, columns: Columns, *, first_row: int = 2) -> CanonicalFrame:
    """The columns of a frame in canonical order; a frame that no draw should be made from is refused.

    Parameters
    ----------
    frame : a row per unit of the lowest level
    columns : the columns that are read
    first_row : the number by which the first row is named (2: a file whose row 1 is the header)

    Raises
    ------
    SamplingError : no row; a column is missing; ids missing or standing twice; blank labels; numbers that are blank or
        no numbers; sizes that are 0 or negative; stale rows. Each names column and rows.

    Notes
    -----
    ``sha256`` covers the columns read, so that names and telephone numbers may be taken out of a frame without
    changing it. Its bytes: a header; then each column once, the id first, other texts and then numbers by name: the
    name in UTF-8, a zero byte, ``t`` and the texts each followed by a zero byte, or ``n`` and the numbers as
    little-endian IEEE 754 doubles (minus zero as zero); a column read as both stands in both. A CSV file and an SPSS
    file of one table have one hash.
    """
    if frame.empty:
        raise SamplingError("frame_empty")
    named = (columns.id, *columns.labels, *columns.sizes, *columns.numbers, *columns.sort)
    for column in (*named, *((columns.updated,) if columns.updated else ())):
        if column not in frame.columns:
            raise SamplingError("missing_column", column=column, known=", ".join(map(str, frame.columns)))
    _refuse_stale(frame, columns, first_row)
    sort_figures = {key for key in columns.sort if _is_number(frame[key])}
    words = {columns.id, *columns.labels, *columns.sort} - (sort_figures - {columns.id, *columns.labels})
    texts = {name: _texts(frame[name], name, first_row) for name in sorted(words)}
    figures = {*columns.sizes, *columns.numbers, *sort_figures}
    numbers = {name: _numbers(frame[name], name, first_row, name in columns.sizes) for name in sorted(figures)}
    order = _order_of_ids(texts[columns.id], columns.id, first_row)
    texts = {name: texts[name][order] for name in (columns.id, *(other for other in texts if other != columns.id))}
    numbers = {name: values[order] + 0.0 for name, values in numbers.items()}
    return CanonicalFrame(columns, order, texts, numbers, _sha256(texts, numbers))


def _texts(column: pd.Series, name: str, first_row: int) -> Labels:
    found = as_text(column)
    _refuse(found == "", "frame_blank", name, first_row)
    return found


def _numbers(column: pd.Series, name: str, first_row: int, positive: bool) -> Floats:
    if not _is_number(column):
        raise SamplingError("frame_text", column=name)
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    _refuse(~np.isfinite(values), "frame_no_number", name, first_row)
    if positive:
        _refuse(values <= 0, "frame_size_not_positive", name, first_row, value=float(values.min()))
    return values


def _order_of_ids(ids: Labels, column: str, first_row: int) -> Positions:
    order = canonical_order(ids)
    ordered = ids[order]
    twice = np.flatnonzero(ordered[1:] == ordered[:-1])
    if twice.size:
        rows = first_few(np.sort(order[ordered == ordered[twice[0]]]), start=first_row)
        raise SamplingError("frame_id_repeated", column=column, id=ordered[twice[0]], rows=rows, repeated=len(twice))
    return order


def _sha256(texts: Mapping[str, Labels], numbers: Mapping[str, Floats]) -> str:
    digest = hashlib.sha256(HEADER)
    for name, words in texts.items():
        digest.update(name.encode() + b"\0t" + "\0".join([*words.tolist(), ""]).encode())
    for name, values in numbers.items():
        digest.update(name.encode() + b"\0n" + values.astype("<f8").tobytes())
    return digest.hexdigest()


def _refuse(wrong: npt.ArrayLike, code: str, column: str, first_row: int, **facts: object) -> None:
    found = np.flatnonzero(wrong)
    if found.size:
        raise SamplingError(code, column=column, rows=first_few(found, start=first_row), **facts)


def _refuse_stale(frame: pd.DataFrame, columns: Columns, first_row: int) -> None:
    if columns.updated is None or columns.not_before is None:
        return
    dates = pd.to_datetime(frame[columns.updated], errors="coerce", format="ISO8601")
    _refuse(dates.isna(), "frame_no_date", columns.updated, first_row)
    limit = columns.not_before.date().isoformat()
    _refuse(dates < columns.not_before, "frame_stale", columns.updated, first_row, limit=limit)


def as_text(column: pd.Series) -> Labels:
    """The column as text in composed letters, whole numbers without a decimal point; blank stays blank."""
    values = column
    if pd.api.types.is_float_dtype(values.dtype) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    texts = values.astype("str").to_numpy(dtype=object, na_value="")
    if "".join(texts).isascii():
        return texts
    return np.array([unicodedata.normalize("NFC", text) for text in texts], dtype=object)


def canonical_order(ids: Iterable[str]) -> Positions:
    """Positions of the ids in canonical order: shorter first, then letter by letter."""
    letters = _in_bytes(ids)
    return np.lexsort((letters, np.strings.str_len(letters)))


def _in_bytes(texts: Iterable[str]) -> Bytes:
    found = list(texts)
    if "".join(found).isascii():
        return np.array(found, dtype=np.bytes_)
    return np.array([text.encode() for text in found], dtype=np.bytes_)


def codes_of(labels: Labels) -> tuple[npt.NDArray[np.int64], list[str]]:
    """A number for each label, and the labels in canonical order: labels[code]."""
    found, levels = pd.factorize(labels)
    order = canonical_order(levels)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[found], [str(levels[place]) for place in order]


def sorted_order(keys: Sequence[Labels | Floats], *, serpentine: bool = False) -> Positions:
    """Positions of the rows sorted by the keys (at least one); rows that tie stay in the order given.

    Numbers ascend; text is compared letter by letter. ``serpentine``: every second group of the keys before runs
    backwards, so that neighbours across a border resemble each other (the order of an ox that ploughs).
    """
    groups = np.zeros(len(keys[0]), dtype=np.int64)  # number of the group of the keys so far, by row
    order = np.arange(len(groups))
    for key in keys:
        codes = _ranked(key)
        if serpentine:
            codes = np.where(groups % 2 == 1, codes.max() - codes, codes)
        order = np.lexsort((codes, groups))
        pairs = np.stack([groups[order], codes[order]])
        groups[order] = np.append(0, np.cumsum((pairs[:, 1:] != pairs[:, :-1]).any(axis=0)))
    return order


def _ranked(key: Labels | Floats) -> npt.NDArray[np.int64]:
    if key.dtype != object:
        return np.unique(key, return_inverse=True)[1].astype(np.int64)
    found, levels = pd.factorize(key)
    return np.argsort(np.argsort(_in_bytes(levels)))[found].astype(np.int64)


def _is_number(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column.dtype))
