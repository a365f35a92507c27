"""The columns of a model: numbers, indicators for the levels of factors, products for interactions.

A predictor is a column, ``C(column)`` for a column of numbers that is a factor, or ``a:b`` for an interaction of two
that stand in the model by themselves. Text and categories are always factors. A factor has an indicator for each level
but its reference, the first unless another is declared (treatment coding).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.design import SurveyDesign
from analysis.domains import domains_of
from analysis.faults import AnalysisError
from analysis.influence_covariance import rows_degrees_of_freedom
from analysis.items import answers_of, level_name
from analysis.sums import Bools, Floats, Ints

INTERCEPT = "(intercept)"
MOST_LEVELS = 200
DEPENDENT = 1e-9
"""A column whose part apart from those before it is below this share of its length follows from them."""


@dataclass(frozen=True)
class Answers:
    """A column as codes of its levels, or as numbers; NaN where there is no answer."""

    name: str
    values: Floats  # (n,) numbers; codes of ``labels`` where it has them
    labels: tuple[str, ...] | None

    @property
    def given(self) -> Bools:
        return ~np.isnan(self.values)

    def levels(self, rows: Bools) -> dict[float, str]:
        """The levels that occur among some rows, ascending, with their names."""
        return {float(level): self.named(float(level)) for level in np.unique(self.values[rows & self.given])}

    def named(self, level: float) -> str:
        return self.labels[int(level)] if self.labels else level_name(level)


@dataclass(frozen=True)
class ModelFrame:
    """The matrix of a model over its complete rows.

    Attributes
    ----------
    rows : (n,) complete rows with a positive weight.
    n_rows : rows with a positive weight, before incomplete ones were dropped.
    matrix : (m, k) over the complete rows; the first column is the intercept.
    names : (k,) such as ``age``, ``region=N``, ``region=N:age``.
    terms : the predictors as they were named; ``term`` (k,) says to which a column belongs, -1 for the intercept.
    references : the reference level of each factor.
    df : first-stage units less strata among the complete rows.
    """

    rows: Bools
    n_rows: int
    matrix: Floats
    names: tuple[str, ...]
    terms: tuple[str, ...]
    term: Ints
    references: Mapping[str, str]
    df: int

    @property
    def n(self) -> int:
        return len(self.matrix)

    @property
    def slopes(self) -> int:
        return len(self.names) - 1

    def standardised(self, row_weights: Floats) -> tuple[Floats, Floats, Floats]:
        """The slopes' columns (m, k - 1) with mean 0 and spread 1, and those means and spreads (k - 1,).

        Models are solved in these units, so that a column like a year or an amount in đồng costs no digits.
        """
        columns = self.matrix[:, 1:]
        mean = row_weights @ columns / row_weights.sum()
        centred = columns - mean
        spread = np.sqrt(row_weights @ centred**2 / row_weights.sum())
        return centred / spread, mean, spread


@dataclass(frozen=True)
class _Part:
    """Columns (n, q) of one predictor, with their names."""

    columns: Floats
    names: tuple[str, ...]


def answers_in(frame: pd.DataFrame, name: str, missing: int | None = None) -> Answers:
    """A column as numbers, or as codes of labels in ascending order (categories in theirs).

    Text is never read as numbers: a code such as ``00001`` is a label.
    """
    if name not in frame.columns:
        raise AnalysisError("unknown_column", column=name, known=", ".join(map(str, frame.columns)))
    column = frame[[name]]
    if not pd.api.types.is_numeric_dtype(frame[name]):
        column = column.astype({name: "category"})
    items, labels = answers_of(column, [name], missing=missing)
    values = items.values[:, 0].astype(np.float64)
    values[items.lacks(items.values[:, 0])] = np.nan
    return Answers(name, values, tuple(labels[name]) if name in labels else None)


def rows_that_count(design: SurveyDesign, frame: pd.DataFrame, where: Any) -> Bools:
    """Rows with a positive weight where the condition holds."""
    if len(frame) != design.n_rows:
        raise AnalysisError("row_count", name="items", found=len(frame), expected=design.n_rows)
    inside: Bools = (domains_of(frame, (), where).code >= 0) & (design.estimation_weights > 0)
    return inside


def model_frame(
    design: SurveyDesign,
    frame: pd.DataFrame,
    outcome: Answers,
    predictors: Sequence[str],
    *,
    references: Mapping[str, str] | None = None,
    where: Any = None,
    missing: int | None = None,
) -> ModelFrame:
    """The matrix of the predictors over rows that lack nothing.

    Raises
    ------
    AnalysisError : terms that are not understood or stand twice; a factor with one level, or one that loses a level
        with the incomplete rows; collinear columns, by name; fewer degrees of freedom than slopes.
    """
    counted = rows_that_count(design, frame, where)
    terms = _terms(frame, predictors, outcome.name)
    singles = list(dict.fromkeys(name for parts in terms for name, _factor in parts))
    factors = {name for parts in terms for name, factor in parts if factor}
    columns = {name: answers_in(frame, name, missing) for name in singles}
    rows = np.all([counted, outcome.given, *(column.given for column in columns.values())], axis=0)
    if not rows.any():
        raise AnalysisError("no_complete_rows", rows=int(counted.sum()))
    factors |= {name for name, column in columns.items() if column.labels}
    chosen = _references(columns, factors, references or {}, counted, rows)
    coded = {name: _coded(columns[name], rows, chosen.get(name)) for name in singles}
    parts = [_product([coded[name] for name, _factor in term]) for term in terms]
    matrix = np.column_stack([np.ones(int(rows.sum())), *(part.columns for part in parts)])
    names = (INTERCEPT, *(name for part in parts for name in part.names))
    term = np.repeat(np.arange(-1, len(parts)), [1, *(len(part.names) for part in parts)])
    made = ModelFrame(
        rows, int(counted.sum()), matrix, names, tuple(predictors), term, chosen, rows_degrees_of_freedom(design, rows)
    )
    _refuse_collinear(made, design.estimation_weights[rows])
    if made.df - made.slopes < 1:
        raise AnalysisError("model_without_df", design_df=made.df, slopes=made.slopes)
    return made


def _terms(frame: pd.DataFrame, predictors: Sequence[str], outcome: str) -> list[tuple[tuple[str, bool], ...]]:
    """Each predictor as its columns, and whether they were declared factors."""
    terms = [_parsed(frame, text) for text in predictors]
    plain = [frozenset(name for name, _factor in parts) for parts in terms]
    twice = [text for place, text in enumerate(predictors) if plain[place] in plain[:place]]
    if twice:
        raise AnalysisError("repeated_terms", terms=", ".join(twice))
    if any(outcome in names for names in plain):
        raise AnalysisError("outcome_among_predictors", column=outcome)
    for text, names in zip(predictors, plain, strict=True):
        alone = [name for name in names if frozenset([name]) not in plain]
        if len(names) > 1 and alone:
            raise AnalysisError("interaction_alone", term=text, columns=", ".join(sorted(alone)))
    return terms


def _parsed(frame: pd.DataFrame, text: str) -> tuple[tuple[str, bool], ...]:
    known = set(map(str, frame.columns))
    pieces = [text] if text in known else text.split(":")
    parts = []
    for piece in pieces:
        declared = re.fullmatch(r"C\((.+)\)", piece.strip()) if piece not in known else None
        name = declared[1].strip() if declared else piece.strip()
        if not name or (len(pieces) > 1 and pieces.count(piece) > 1):
            raise AnalysisError("bad_term", term=text)
        if name not in known:
            raise AnalysisError("unknown_column", column=name, known=", ".join(map(str, frame.columns)))
        parts.append((name, declared is not None))
    return tuple(parts)


def _references(
    columns: Mapping[str, Answers], factors: set[str], given: Mapping[str, str], counted: Bools, rows: Bools
) -> dict[str, str]:
    """The reference level of each factor."""
    for name in given:
        if name not in columns:
            raise AnalysisError("unknown_column", column=name, known=", ".join(columns))
        if name not in factors:
            raise AnalysisError("reference_of_number", column=name)
    chosen = {}
    for name in (name for name in columns if name in factors):
        here, kept = (list(columns[name].levels(among).values()) for among in (counted, rows))
        if len(here) > MOST_LEVELS:
            raise AnalysisError("too_many_levels", column=name, count=len(here), limit=MOST_LEVELS)
        if lost := [level for level in here if level not in kept]:
            raise AnalysisError("level_lost", column=name, level=", ".join(lost))
        if len(kept) < 2:
            raise AnalysisError("one_level", column=name, level=", ".join(kept))
        chosen[name] = given.get(name, kept[0])
        if chosen[name] not in kept:
            raise AnalysisError("unknown_reference", column=name, level=chosen[name], known=", ".join(kept))
    return chosen


def _coded(column: Answers, rows: Bools, reference: str | None) -> _Part:
    values = column.values[rows]
    if reference is None:
        return _Part(values[:, None], (column.name,))
    levels = {level: label for level, label in column.levels(rows).items() if label != reference}
    columns = np.column_stack([(values == level).astype(np.float64) for level in levels])
    return _Part(columns, tuple(f"{column.name}={label}" for label in levels.values()))


def _product(parts: Sequence[_Part]) -> _Part:
    """All products of a column of each; levels of the first change fastest."""
    made = parts[0]
    for part in parts[1:]:
        columns = (part.columns[:, :, None] * made.columns[:, None, :]).reshape(len(made.columns), -1)
        made = _Part(columns, tuple(f"{first}:{second}" for second in part.names for first in made.names))
    return made


def _refuse_collinear(made: ModelFrame, row_weights: Floats) -> None:
    """Names the first column that follows from those before it, and from which."""
    scaled = np.sqrt(row_weights)[:, None] * made.matrix
    centred = np.array(made.matrix)
    centred[:, 1:] -= row_weights @ centred[:, 1:] / row_weights.sum()
    centred *= np.sqrt(row_weights)[:, None]
    length, whole = np.linalg.norm(centred, axis=0), np.linalg.norm(scaled, axis=0)
    for place in range(1, len(made.names)):
        if length[place] <= DEPENDENT * whole[place]:
            raise AnalysisError("collinear", column=made.names[place], others=INTERCEPT)
    unit = centred / length
    apart = np.abs(np.diag(np.linalg.qr(unit, mode="r")))
    dependent = np.flatnonzero(apart < DEPENDENT)
    if len(dependent) or made.n < len(made.names):
        place = int(dependent[0]) if len(dependent) else len(made.names) - 1
        loads = np.linalg.lstsq(unit[:, 1:place], unit[:, place], rcond=None)[0]
        others = [made.names[1 + other] for other in np.flatnonzero(np.abs(loads) > 1e-6)]
        raise AnalysisError("collinear", column=made.names[place], others=", ".join(others) or INTERCEPT)
