"""What ``survey estimate`` reads: columns of a file, conditions on rows, and the design that was declared."""

from __future__ import annotations

import csv
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
import pandas as pd
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from scipy.sparse import csr_array

from analysis.design import SurveyDesign, survey_design
from analysis.design_plan import DesignFault, DesignPlan, parse_design
from sampling.calibration import Calibration
from sampling.recipe import CalibrateStep
from sampling.recipe_calibration import calibrated
from survey_app.cli.file_columns import FileColumns, read_controls
from survey_app.table_faults import TableFileError, listed
from survey_app.table_text import shown, tidy
from survey_app.tables import file_rows, filled_numbers, labels, numbers

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
ORDERS: Mapping[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt
}  # fmt: skip
VALUES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Condition:
    """``COL=VALUE[,VALUE]``, or with one of != >= <= > <."""

    column: str
    sign: str
    values: tuple[str, ...]


def parse_conditions(
    _context: click.Context, _option: click.Parameter, given: tuple[str, ...]
) -> tuple[Condition, ...]:
    """The conditions of ``--where``, refused before any file is read."""
    return tuple(_condition(text) for text in given)


def _condition(text: str) -> Condition:
    found = re.fullmatch(r"\s*(.+?)\s*(!=|>=|<=|=|>|<)\s*(.*)", text, flags=re.DOTALL)
    if not found:
        raise click.BadParameter(f"{text!r}: COL=VALUE, COL=VALUE,VALUE, COL!=VALUE, COL>=NUMBER …")
    column, sign, rest = found.groups()
    values = (rest.strip(),) if sign in ORDERS else listed_values(rest)
    if sign in ORDERS and not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", values[0]):
        raise click.BadParameter(f"{text!r}: {values[0]!r} is not a number")
    return Condition(tidy(column), sign, values)


def listed_values(text: str) -> tuple[str, ...]:
    """Values between commas; one that holds a comma stands in double quotes."""
    return tuple(tidy(value) for value in next(csv.reader([text], skipinitialspace=True), [""]))


@dataclass(frozen=True)
class SurveyFile:
    """The table of a file; every fault is said with the column and the row of the file."""

    path: Path
    frame: pd.DataFrame

    def measures(self, name: str) -> pd.Series:
        """A column of numbers; small integers stay what they are."""
        read = numbers(self.frame, name, path=self.path)
        column = self.frame[tidy(name)]
        return column if column.dtype.kind in "iu" else pd.Series(read, index=self.frame.index)

    def answers(self, name: str) -> pd.Series:
        """A column of numbers or of text."""
        column = self._column(name)
        return self.measures(name) if pd.api.types.is_numeric_dtype(column.dtype) else column

    def groups(self, name: str) -> pd.Series:
        """A column that makes domains: whole numbers without decimals, blank where a row is in none."""
        column = self._column(name)
        if pd.api.types.is_float_dtype(column.dtype) and (column.dropna() % 1 == 0).all():
            return column.astype("Int64")
        return column

    def labels(self, name: str) -> pd.Series:
        return labels(self.frame, name, path=self.path)

    def amounts(self, name: str, *, above_zero: bool = False) -> Floats:
        """A column of numbers, zero or more (or above zero), nowhere blank."""
        kind = "blank_size" if above_zero else "blank_amount"
        column = filled_numbers(self.frame, name, path=self.path, code=kind)
        wrong = column <= 0 if above_zero else column < 0
        if wrong.any():
            rows, first = listed(file_rows(wrong, self.path)), shown(float(column[wrong][0]))
            code = "not_positive" if above_zero else "negative"
            raise TableFileError(self.path, code, column=name, rows=rows, value=first)
        return column

    def where(self, conditions: tuple[Condition, ...]) -> Bools | None:
        """Rows where all conditions hold; a blank cell holds none."""
        if not conditions:
            return None
        return np.asarray(np.all([self._holds(condition) for condition in conditions], axis=0), dtype=np.bool_)

    def blank(self, name: str) -> Bools:
        """Rows without a value."""
        return np.asarray(self._texts(name)[0] == "", dtype=np.bool_)

    def value_named(self, name: str, text: str) -> object:
        """The value of a column that is written so."""
        column = self.groups(name)
        written = {shown(value): value for value in column.dropna().unique()}
        if text not in written:
            known = sorted(written)
            more = f" … (+{len(known) - VALUES_SHOWN})" if len(known) > VALUES_SHOWN else ""
            raise TableFileError(
                self.path, "no_such_value", column=name, value=text, known=", ".join(known[:VALUES_SHOWN]) + more
            )
        return written[text]

    def _holds(self, condition: Condition) -> Bools:
        if condition.sign in ORDERS:
            read = numbers(self.frame, condition.column, path=self.path)
            held: Bools = ORDERS[condition.sign](read, float(condition.values[0]))
            return held
        texts, _ = self._texts(condition.column)
        for value in condition.values:
            self.value_named(condition.column, value)
        among = np.isin(texts, condition.values)
        return np.asarray(among if condition.sign == "=" else ~among & (texts != ""), dtype=np.bool_)

    def _texts(self, name: str) -> tuple[npt.NDArray[Any], list[str]]:
        places, levels = pd.factorize(self._column(name))
        names = [shown(level) for level in levels]
        return np.array([*names, ""], dtype=str)[places], names

    def _column(self, name: str) -> pd.Series:
        if tidy(name) not in self.frame.columns:
            known = ", ".join(map(str, self.frame.columns))
            raise TableFileError(self.path, "missing_column", column=name, known=known)
        column: pd.Series = self.frame[tidy(name)]
        return column


def read_design(path: Path) -> DesignPlan:
    """The plan in a design file."""
    try:
        raw = YAML(typ="base", pure=True).load(path.read_text(encoding="utf-8-sig"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise DesignFault("design_unreadable", path=path, reason=" ".join(str(error).split())) from error
    calibrate = raw.get("calibrate") if isinstance(raw, Mapping) else None
    named = calibrate.get("controls") if isinstance(calibrate, Mapping) else None
    return parse_design(raw, controls=read_controls(path.parent / str(named)) if named else None)


def design_of(file: SurveyFile, plan: DesignPlan) -> SurveyDesign:
    """The design of the rows of a file."""
    base = np.ones(len(file.frame)) if plan.estimation_weights is None else file.amounts(plan.estimation_weights)
    step = plan.calibration.calibrate if plan.calibration else None
    calibration = None if step is None else _calibrated(file, step, base)
    return survey_design(
        base if calibration is None else calibration.calibrated_weights,
        strata=[name and file.labels(name) for name in plan.strata] or None,
        psu=[name and file.labels(name) for name in plan.psu] or None,
        fpc=[name and file.amounts(name, above_zero=True) for name in plan.fpc] or None,
        nest=plan.nest,
        lonely_psu=plan.lonely_psu,
        calibration=calibration,
    )


@dataclass(frozen=True)
class _RowsThatCount:
    """The columns of the rows with a positive weight, for a recipe that weights them."""

    columns: FileColumns
    kept: Bools

    @property
    def count(self) -> int:
        return int(self.kept.sum())

    def numbers(self, name: str, rows: Bools) -> Floats:
        return self.columns.numbers(name, self._of_file(rows))[self.kept]

    def labels(self, name: str, rows: Bools) -> npt.NDArray[np.object_]:
        return self.columns.labels(name, self._of_file(rows))[self.kept]

    def _of_file(self, rows: Bools) -> Bools:
        whole = np.zeros(len(self.kept), dtype=np.bool_)
        whole[self.kept] = rows
        return whole


def _calibrated(file: SurveyFile, step: CalibrateStep, base: Floats) -> Calibration:
    """The calibration of the rows with a positive weight; the others keep their zero."""
    kept = base > 0
    rows = _RowsThatCount(FileColumns(file.frame, file.path), kept)
    made = calibrated(step, rows, np.ones(rows.count, dtype=np.bool_), base[kept])
    if made.n_negative:
        raise DesignFault("negative_calibrated", count=made.n_negative)
    spread = csr_array(
        (np.ones(int(kept.sum())), (np.flatnonzero(kept), np.arange(kept.sum()))), shape=(len(base), kept.sum())
    )
    return replace(
        made,
        calibrated_weights=spread @ made.calibrated_weights,
        g=spread @ made.g,
        base_weights=spread @ made.base_weights,
        auxiliary=spread @ csr_array(made.auxiliary),
    )
