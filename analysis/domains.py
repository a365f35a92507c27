"""Domains: the groups of rows for which an estimate is wanted, such as communes, or men and women in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.faults import AnalysisError
from analysis.items import category_codes
from analysis.sums import Ints, numbered


@dataclass(frozen=True)
class Domains:
    """The domain of every row; -1 for a row that is in none."""

    code: Ints  # (n,)
    labels: pd.DataFrame  # one row per domain, one column per variable; no column for the whole

    @property
    def count(self) -> int:
        return len(self.labels)


def domains_of(frame: pd.DataFrame, by: Sequence[str] = (), where: Any = None) -> Domains:
    """The combinations of ``by`` that occur in the frame, in ascending order, among rows where ``where`` holds.

    A row with a blank in ``by`` is in no domain. A combination whose rows ``where`` leaves out stays, without rows;
    so does an unused level of a single categorical column.
    """
    count = len(frame)
    twice = [name for name in dict.fromkeys(by) if list(by).count(name) > 1]
    if twice:
        raise AnalysisError("repeated_columns", columns=", ".join(twice))
    if not by:
        return Domains(_filtered(np.zeros(count, dtype=np.intp), where), pd.DataFrame(index=[0]))
    parts = [_codes(frame, name) for name in by]
    if len(parts) == 1:
        codes, levels = parts[0]
        return Domains(_filtered(codes, where), pd.DataFrame({by[0]: levels}))
    present = np.all([codes >= 0 for codes, _ in parts], axis=0)
    number, of_level = numbered(*((codes[present], len(levels)) for codes, levels in parts))
    code = np.full(count, -1, dtype=np.intp)
    code[present] = number
    columns = zip(by, of_level, parts, strict=True)
    labels = pd.DataFrame({name: pd.Index(levels).take(places) for name, places, (_, levels) in columns})
    return Domains(_filtered(code, where), labels)


def _codes(frame: pd.DataFrame, name: str) -> tuple[Ints, Sequence[Any]]:
    if name not in frame.columns:
        raise AnalysisError("unknown_column", column=name, known=", ".join(map(str, frame.columns)))
    return category_codes(frame[name])


def _filtered(code: Ints, where: Any) -> Ints:
    if where is None:
        return code
    mask: npt.NDArray[Any] = np.asarray(where)
    if len(mask) != len(code):
        raise AnalysisError("row_count", name="where", found=len(mask), expected=len(code))
    if mask.dtype != np.bool_:
        raise AnalysisError("where_not_boolean")
    return np.where(mask, code, -1)
