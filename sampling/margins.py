"""Margins: the known totals of a population by the levels of some columns, checked against the rows they are for.

Nothing is mended here. A level without a control, a control without respondents, margins of different totals: each is
refused with its name, since every mending (lumping rare levels, dropping a control, rescaling) changes what the
weights stand for and is the researcher's to declare.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from sampling.door import Floats, Ints, row_list, shown
from sampling.faults import SamplingError

Controls = Mapping[str, Mapping[Any, float]]
Labels = Mapping[str, npt.ArrayLike] | pd.DataFrame

CROSSING = "*"  # a margin "commune*service" crosses two columns; its levels are written "00001*land"
SUMS_AGREE = 1e-9  # relative; what rounding of controls in double precision may leave


@dataclass(frozen=True, slots=True)
class Margin:
    """One margin: its levels with their totals, and the level of each row.

    name : column, or columns joined by ``*``.
    levels : as text, in the order of the controls; levels that are zero on both sides are left out.
    totals : (levels,) of the population.
    codes : (n,) position in ``levels`` of each row.
    """

    name: str
    levels: tuple[str, ...]
    totals: Floats
    codes: Ints

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the controls, ``sex=F``."""
        return tuple(f"{self.name}={level}" for level in self.levels)


def level_text(level: object) -> str:
    """A level as it is compared: 1, 1.0 and "1" are one level, "01" is another; accents are composed."""
    if isinstance(level, float | np.floating) and float(level).is_integer():
        return str(int(level))
    return unicodedata.normalize("NFC", str(level)).strip()


def coded_margins(labels: Labels, controls: Controls) -> tuple[Margin, ...]:
    """The margins of the controls with the rows coded, every fault of data or controls named.

    Parameters
    ----------
    labels : columns (n,) of levels, by name; text, whole numbers or categories.
    controls : margin -> level -> total of the population. The same total for every margin.

    Raises
    ------
    SamplingError : a missing column, blank levels (with rows), a level without control, a control that is no number,
        is negative, is zero although there are respondents or positive although there are none, and margins that
        sum to different totals.
    """
    if not controls:
        raise SamplingError("no_margins")
    margins = tuple(_coded(name, labels, totals) for name, totals in controls.items())
    if len({len(margin.codes) for margin in margins}) > 1:
        raise SamplingError(
            "margins_of_unequal_length", margins=", ".join(f"{m.name}: {len(m.codes)}" for m in margins)
        )
    _same_sums(margins)
    return margins


def rescaled(controls: Controls, population: float) -> dict[str, dict[Any, float]]:
    """The controls of each margin in proportion, so that every margin sums to ``population``: shares become totals."""
    scaled = {}
    for name, totals in controls.items():
        levels = _totals(name, totals)
        whole = sum(levels.values())
        if whole <= 0:
            raise SamplingError("margin_sums_to_zero", margin=name)
        scaled[name] = {level: float(total) * population / whole for level, total in totals.items()}
    return scaled


def indicators(margins: Sequence[Margin]) -> tuple[csr_array, Floats, tuple[str, ...]]:
    """Indicator columns of all levels (n, p) in sparse rows, with their totals (p,) and names."""
    starts = np.concatenate([[0], np.cumsum([len(margin.levels) for margin in margins])])
    count, width = len(margins[0].codes), len(margins)
    kind = np.int32 if count * width < np.iinfo(np.int32).max else np.int64
    places = np.empty((count, width), dtype=kind)
    for k, margin in enumerate(margins):
        np.add(margin.codes, starts[k], out=places[:, k], casting="unsafe")
    rows = np.arange(0, count * width + 1, width, dtype=kind)
    matrix = csr_array((np.ones(count * width), places.ravel(), rows), shape=(count, int(starts[-1])))
    names = tuple(name for margin in margins for name in margin.columns)
    return matrix, np.concatenate([margin.totals for margin in margins]), names


def level_codes(values: npt.ArrayLike, name: str) -> tuple[Ints, list[str]]:
    """The level of each row as a number, and the levels as text; blank levels are refused with their rows."""
    column = values if isinstance(values, np.ndarray | pd.Series) else pd.Series(values)  # a series copies its array
    codes, found = pd.factorize(column)
    texts = [level_text(level) for level in found]
    blank = codes < 0
    if "" in texts:
        blank |= np.isin(codes, [i for i, text in enumerate(texts) if not text])
    if blank.any():
        raise SamplingError("blank_levels", margin=name, rows=row_list(blank))
    if len(codes) == 0:
        raise SamplingError("column_without_rows", name=name)
    levels = list(dict.fromkeys(texts))
    if len(levels) == len(texts):
        return codes.astype(np.intp, copy=False), levels
    where = {text: i for i, text in enumerate(levels)}
    return np.asarray([where[text] for text in texts], dtype=np.intp)[codes], levels


def crossed_codes(labels: Labels, name: str) -> tuple[Ints, list[str]]:
    """Like :func:`level_codes` for the column ``name``, or the columns that ``name`` joins by ``*``."""
    if name in labels:
        return level_codes(labels[name], name)
    parts = [part.strip() for part in name.split(CROSSING)]
    for part in parts:
        if part not in labels:
            raise SamplingError("missing_column", column=part, known=", ".join(map(str, labels.keys())))
    columns = [level_codes(labels[part], part) for part in parts]
    flat = np.ravel_multi_index([codes for codes, _ in columns], [len(levels) for _, levels in columns])
    distinct, codes = np.unique(flat, return_inverse=True)
    places = np.unravel_index(distinct, [len(levels) for _, levels in columns])
    texts = [CROSSING.join(columns[k][1][at] for k, at in enumerate(cell)) for cell in zip(*places, strict=True)]
    return codes.astype(np.intp), texts


def _coded(name: str, labels: Labels, totals: Mapping[Any, float]) -> Margin:
    wanted = _totals(name, totals)
    codes, levels = crossed_codes(labels, name)
    counts = dict(zip(levels, np.bincount(codes, minlength=len(levels)).tolist(), strict=True))
    unknown = [level for level in levels if level not in wanted]
    if unknown:
        rows = sum(counts[level] for level in unknown)
        raise SamplingError(
            "level_without_control", margin=name, levels=shown(unknown), rows=rows, known=shown(list(wanted))
        )
    for level, total in wanted.items():
        present = counts.get(level, 0)
        if total > 0 and not present:
            raise SamplingError("empty_cell", margin=name, level=level, total=total)
        if total == 0 and present:
            raise SamplingError("control_zero", margin=name, level=level, rows=present)
    kept = {level: i for i, level in enumerate(level for level, total in wanted.items() if total > 0)}
    place = np.asarray([kept[level] for level in levels], dtype=np.intp)
    return Margin(name, tuple(kept), np.asarray([wanted[level] for level in kept]), place[codes])


def _totals(name: str, totals: Mapping[Any, float]) -> dict[str, float]:
    """The controls of a margin by level as text, each zero or more."""
    wanted: dict[str, float] = {}
    for given, total in totals.items():
        level = level_text(given)
        if level in wanted:
            raise SamplingError("control_twice", margin=name, level=level)
        try:
            number = float(total)
        except (TypeError, ValueError):
            number = np.nan
        if not np.isfinite(number) or number < 0:
            raise SamplingError("bad_control", margin=name, level=level, total=total)
        wanted[level] = number
    if not any(wanted.values()):
        raise SamplingError("margin_sums_to_zero", margin=name)
    return wanted


def _same_sums(margins: Sequence[Margin]) -> None:
    first = margins[0]
    for other in margins[1:]:
        one, two = float(first.totals.sum()), float(other.totals.sum())
        if abs(one - two) > SUMS_AGREE * max(one, two):
            raise SamplingError("margins_disagree", one=first.name, sum_one=one, two=other.name, sum_two=two)
