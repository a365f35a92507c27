"""Do the answers of groups differ: tests of association in a two-way table, corrected for the design.

The Pearson statistic of the table of estimated shares, scaled to the number of rows, is divided by what the design
makes of it. With C the contrasts of interaction in a table of cells, D the diagonal matrix of observed shares, and V
their covariance, the generalised design effects are the eigenvalues of

    Δ = [C' D⁻¹ C / n]⁻¹ [C' D⁻¹ V D⁻¹ C].

First order: X² / mean δ on χ² with (r-1)(c-1) degrees of freedom. Second order: X² / Σ δ on F with
d = (Σ δ)² / Σ δ² and d ν degrees of freedom, ν those of the design. D holds the observed shares (not those expected
under independence) and C is orthogonal to the margins without weights: both as in R.

References: Rao, Scott (1984), Ann. Statist. 12, 46-60; Thomas, Rao (1987), JASA 82, 630-636 (Wald and its adjustment);
Lumley (2010), Complex Surveys, s. 2.4. Agrees with R survey 4.1.1, svychisq.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analysis.design import SurveyDesign
from analysis.domain_covariance import domain_errors
from analysis.domains import domains_of
from analysis.estimate import totals
from analysis.faults import AnalysisError
from analysis.influence_covariance import rows_degrees_of_freedom
from analysis.items import answers_of
from analysis.options import Options
from analysis.sums import Bools, Floats, Ints

KEPT = Options(covariances=True)
MOST_CELLS = 1_000
WELL_CONDITIONED = 1e-10
"""Smallest over largest eigenvalue of a correlation matrix that is still inverted."""


class Statistic(StrEnum):
    """How the design enters a test of association (R: ``statistic`` of svychisq)."""

    F = "F"  # Rao and Scott's second-order correction
    CHISQ = "Chisq"  # their first-order correction
    WALD = "Wald"
    ADJUSTED_WALD = "adjWald"


class Adjustment(StrEnum):
    """How p-values of several tests are set against each other."""

    HOLM = "holm"  # the chance of any false alarm stays below the level
    BENJAMINI_HOCHBERG = "bh"  # the expected share of false alarms among alarms does
    NONE = "none"


@dataclass(frozen=True)
class Association:
    """A test of association between the answers to an item and groups.

    ``statistic`` has ``df1`` and, where it is an F, ``df2`` degrees of freedom (NaN for χ²). ``design_effects`` are the
    generalised ones (NaN, none, for Wald tests); ``pearson`` is X² of the estimated shares, of n rows.
    """

    item: str
    by: str
    how: Statistic
    statistic: float
    df1: float
    df2: float
    p: float
    n: int  # rows with both answers and a positive weight
    shares: pd.DataFrame  # levels of the item × groups, of all people
    pearson: float = np.nan
    design_effects: tuple[float, ...] = ()


@dataclass(frozen=True)
class _Table:
    """The cells of a two-way table by row: 0.. for a row that is in a cell, -1 elsewhere."""

    code: Ints  # (n,)
    levels: list[str]
    groups: list[str]
    df: int
    n: int

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.levels), len(self.groups)


def association(
    design: SurveyDesign,
    frame: pd.DataFrame,
    item: str,
    by: str,
    *,
    how: Statistic = Statistic.F,
    where: Any = None,
    missing: int | None = None,
) -> Association:
    """Whether the answers to an item depend on the group.

    Parameters
    ----------
    frame : one row per row of the design; ``item`` and ``by`` hold numbers, text or categories. Rows without one of
        them are outside the table, and stay in the design.
    how : the correction; F is the usual one.
    where : (n,) true or false; the rows to count.
    missing : a code of numeric items that is no answer.

    Returns
    -------
    Association
        Degrees of freedom are those of the rows in the table.

    Raises
    ------
    AnalysisError : ``one_answer`` or ``one_group`` for fewer than two levels; ``test_without_df``; ``singular_test``;
        columns that are not there.
    """
    how = Statistic(how)
    table = _table(design, frame, item, by, where=where, missing=missing)
    if how in (Statistic.WALD, Statistic.ADJUSTED_WALD):
        return _wald(design, table, item, by, how)
    return _rao_scott(design, table, item, by, how)


def _table(design: SurveyDesign, frame: pd.DataFrame, item: str, by: str, *, where: Any, missing: int | None) -> _Table:
    if item == by:
        raise AnalysisError("same_column", column=item)
    if len(frame) != design.n_rows:
        raise AnalysisError("row_count", name="items", found=len(frame), expected=design.n_rows)
    domains = domains_of(frame, [by], where)
    answers, labels = answers_of(frame, [item], missing=missing)
    values = answers.values[:, 0]
    inside = ~answers.lacks(values) & (domains.code >= 0) & (design.estimation_weights > 0)
    levels, row = np.unique(values[inside], return_inverse=True)
    groups, column = np.unique(domains.code[inside], return_inverse=True)
    names = labels.get(item)
    level_names = [names[int(level)] if names else f"{level:g}" for level in levels]
    group_names = [str(domains.labels[by].iloc[int(place)]) for place in groups]
    if len(levels) < 2:
        raise AnalysisError("one_answer", item=item, count=len(levels), levels=", ".join(level_names))
    if len(groups) < 2:
        raise AnalysisError("one_group", item=item, column=by, count=len(groups), groups=", ".join(group_names))
    if len(levels) * len(groups) > MOST_CELLS:
        count = len(levels) * len(groups)
        raise AnalysisError("too_many_cells", item=item, column=by, count=count, limit=MOST_CELLS)
    code = np.full(design.n_rows, -1, dtype=np.intp)
    code[inside] = row * len(groups) + column
    df = rows_degrees_of_freedom(design, inside)
    return _Table(code, level_names, group_names, df, int(inside.sum()))


def _rao_scott(design: SurveyDesign, table: _Table, item: str, by: str, how: Statistic) -> Association:
    n_rows, n_columns = table.shape
    freedom = (n_rows - 1) * (n_columns - 1)
    if table.df < 1:
        raise AnalysisError("test_without_df", item=item, column=by, df=table.df, needed=1)
    shares, covariance = _shares(*_cells(design, table))
    pearson = _pearson(shares.reshape(table.shape), table.n)
    effects = _design_effects(table, shares, covariance)
    total = effects.sum()
    if not total > 0:
        raise AnalysisError("singular_test", item=item, column=by)
    if how is Statistic.F:
        statistic, df1 = pearson / total, total**2 / np.sum(effects**2)
        df2, p = df1 * table.df, stats.f.sf(statistic, df1, df1 * table.df)
    else:
        statistic, df1, df2 = pearson, float(freedom), np.nan
        p = stats.chi2.sf(pearson / effects.mean(), freedom)
    grid = pd.DataFrame(shares.reshape(table.shape), index=table.levels, columns=table.groups)
    return Association(
        item, by, how, float(statistic), float(df1), float(df2), float(p), table.n, grid, float(pearson),
        tuple(map(float, effects)),
    )  # fmt: skip


def _cells(design: SurveyDesign, table: _Table) -> tuple[Floats, Floats]:
    """Totals of all cells (cells,) and their covariance; an empty cell has none of either."""
    frame = pd.DataFrame({"people": 1.0, "cell": np.where(table.code >= 0, table.code, np.nan)})
    found = totals(design, frame, ["people"], by=["cell"], options=KEPT)
    occurring = found.domains["cell"].to_numpy(dtype=np.intp)
    count = table.shape[0] * table.shape[1]
    people, covariance = np.zeros(count), np.zeros((count, count))
    people[occurring] = found.estimate[:, 0]
    covariance[np.ix_(occurring, occurring)] = domain_errors(found).covariance
    return people, covariance


def _shares(people: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Shares of cells with known totals, and their covariance: those of ratios to the sum."""
    whole = people.sum()
    shares = people / whole
    slope = (np.eye(len(people)) - shares[:, None]) / whole
    return shares, slope @ covariance @ slope.T


def _pearson(shares: Floats, n: int) -> float:
    expected = np.outer(shares.sum(axis=1), shares.sum(axis=0))
    return float(n * np.sum((shares - expected) ** 2 / expected))


def _design_effects(table: _Table, shares: Floats, covariance: Floats) -> Floats:
    """Eigenvalues of Δ, descending."""
    rows, columns = (_centred(count) for count in table.shape)
    contrasts = np.kron(rows, columns)
    inverse = np.divide(1.0, shares, out=np.zeros_like(shares), where=shares > 0)
    scaled = inverse[:, None] * contrasts
    simple = contrasts.T @ scaled / table.n
    found = np.linalg.eigvals(np.linalg.lstsq(simple, scaled.T @ covariance @ scaled, rcond=None)[0])
    return np.sort(np.real(found))[::-1]


def _centred(count: int) -> Floats:
    """A basis (count, count - 1) of the contrasts among levels; any basis gives the same eigenvalues."""
    return np.eye(count)[:, 1:] - 1 / count


def _wald(design: SurveyDesign, table: _Table, item: str, by: str, how: Statistic) -> Association:
    """The Wald test of cell totals against the products of their margins."""
    n_rows, n_columns = table.shape
    freedom = (n_rows - 1) * (n_columns - 1)
    needed = freedom if how is Statistic.ADJUSTED_WALD else 1
    if table.df < needed:
        raise AnalysisError("test_without_df", item=item, column=by, df=table.df, needed=needed)
    observed, of_cells = _cells(design, table)
    gap, slope = _departure(observed.reshape(table.shape))
    covariance = slope @ of_cells @ slope.T
    used = np.arange(n_rows * n_columns).reshape(table.shape)[1:, 1:].ravel()
    squared = quadratic_form(gap[used], covariance[np.ix_(used, used)], item=item, by=by)
    df2 = table.df - freedom + 1 if how is Statistic.ADJUSTED_WALD else table.df
    statistic = squared / freedom * (df2 / table.df)
    grid = pd.DataFrame((observed / observed.sum()).reshape(table.shape), index=table.levels, columns=table.groups)
    p = float(stats.f.sf(statistic, freedom, df2))
    return Association(item, by, how, float(statistic), float(freedom), float(df2), p, table.n, grid)


def _departure(cells: Floats) -> tuple[Floats, Floats]:
    """Cells less the product of their margins over the total (cells,), and the derivative by each cell."""
    across, down, total = cells.sum(axis=1), cells.sum(axis=0), cells.sum()
    gap = (cells - np.outer(across, down) / total).ravel()
    rows, columns = np.indices(cells.shape).reshape(2, -1)
    same_row = (rows[:, None] == rows) * down[columns][:, None] / total
    same_column = (columns[:, None] == columns) * across[rows][:, None] / total
    product = (across[rows] * down[columns])[:, None] / total**2
    return gap, np.eye(cells.size) - same_row - same_column + product


def quadratic_form(gap: Floats, covariance: Floats, *, item: str, by: str) -> float:
    """gap' covariance⁻¹ gap; refused where the covariance cannot be inverted."""
    spread = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    if not (spread > 0).all():
        raise AnalysisError("singular_test", item=item, column=by)
    correlation = covariance / np.outer(spread, spread)
    values = np.linalg.eigvalsh(correlation)
    if values[0] < WELL_CONDITIONED * values[-1]:
        raise AnalysisError("singular_test", item=item, column=by)
    scaled = gap / spread
    return float(scaled @ np.linalg.solve(correlation, scaled))


def adjusted_p(p: npt.ArrayLike, method: Adjustment = Adjustment.HOLM) -> Floats:
    """p-values of m tests (m,), each raised for the others; blank ones are refused, they would thin out the family.

    References
    ----------
    Holm (1979), Scand. J. Statist. 6, 65-70; Benjamini, Hochberg (1995), JRSS B 57, 289-300. R: ``p.adjust``.
    """
    values = np.asarray(p, dtype=np.float64)
    bad: Bools = ~((values >= 0) & (values <= 1))
    if bad.any():
        raise AnalysisError("bad_p_value", value=values[bad][0])
    chosen = Adjustment(method)
    if chosen is Adjustment.NONE or not len(values):
        return values
    order, m = np.argsort(values), len(values)
    place = np.arange(1, m + 1)
    if chosen is Adjustment.HOLM:
        raised = np.maximum.accumulate(values[order] * (m - place + 1))
    else:
        raised = np.minimum.accumulate((values[order] * m / place)[::-1])[::-1]
    found = np.empty(m)
    found[order] = np.minimum(raised, 1.0)
    return found
