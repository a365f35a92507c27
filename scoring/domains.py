"""Means of ratings by (unit, respondent group, criterion), and what each ballot contributes to their error.

Every mean is a ratio of totals over ballots, R = Σ y / Σ m, with y the sum and m the number of a ballot's valid
answers. Several questions of one ballot on one criterion and unit are one cluster: they are summed before all else.
The linearised contribution of ballot i is z_i = (y_i - R m_i) / Σ m, so that Σ z = 0, and the variance of R under
simple random sampling with replacement within the group is n/(n-1) Σ z². No finite population correction: what is
estimated is how the unit performs, the raters could have been others.

Reference: Särndal, Swensson, Wretman (1992), Model Assisted Survey Sampling, s. 5.6–5.7; Cochran (1977) s. 6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.method import DontKnowRule, ScoringMethod
from scoring.values import Bools, Floats, Item, Ratings, answer_values

Ints = npt.NDArray[np.intp]


@dataclass(frozen=True)
class BallotSums:
    """Sums within the ballot: one row per (ballot, unit), K columns (criteria, or items).

    Rows stand in an order that depends on their content alone, so that sums over them do not depend on the
    order or the numbering of the ballots, to the last bit.
    """

    units: tuple[str, ...]
    groups: tuple[str, ...]
    unit: Ints  # (rows,) position in units
    group: Ints  # (rows,) position in groups
    ballot: Ints  # (rows,) respondent number within the snapshot
    total: Floats  # (rows, K) sum of the values of valid answers
    answers: Floats  # (rows, K) number of valid answers
    unsure: Floats  # (rows, K) number of "don't know"
    unsure_counts: bool = False  # "don't know" is worth a value, and so among the answers

    def by_cell(self, values: Floats) -> Floats:
        """Sums of row values (rows, K) over the ballots of each cell: (units, groups, K)."""
        cell = self.unit * len(self.groups) + self.group
        summed = sums_by(cell, values, len(self.units) * len(self.groups))
        return summed.reshape(len(self.units), len(self.groups), values.shape[1])

    def at_rows(self, values: Floats) -> Floats:
        """Cell values (units, groups, K) handed back to the rows of the cell: (rows, K)."""
        picked: Floats = values[self.unit, self.group]
        return picked

    def gathered(self, member: Floats) -> BallotSums:
        """Columns added up into others: ``member`` (K, L) is 1 where column k belongs to column l."""
        return replace(self, total=self.total @ member, answers=self.answers @ member, unsure=self.unsure @ member)

    def restricted(self, kept: Bools) -> BallotSums:
        """Without the answers of cells that do not count; ``kept`` (units, groups, K)."""
        counts = self.at_rows(kept.astype(np.float64))
        return replace(self, total=self.total * counts, answers=self.answers * counts, unsure=self.unsure * counts)

    def respondent_shares(self) -> BallotSums:
        """Each ballot's own mean in place of its sum, so that every ballot counts once."""
        means = np.divide(self.total, self.answers, out=np.zeros_like(self.total), where=self.answers > 0)
        once = (self.answers > 0).astype(np.float64)
        only = self.only_unsure.astype(np.float64)
        return replace(self, total=means, answers=once, unsure=only)

    def pooled_units(self, name: str) -> BallotSums:
        """All units taken as one; the ratings of one ballot become one row."""
        numbers, row = np.unique(self.ballot, return_inverse=True)
        first = np.full(len(numbers), len(row))
        np.minimum.at(first, row, np.arange(len(row)))
        sums = BallotSums(
            units=(name,),
            groups=self.groups,
            unit=np.zeros(len(numbers), dtype=np.intp),
            group=self.group[first],
            ballot=numbers,
            total=sums_by(row, self.total, len(numbers)),
            answers=sums_by(row, self.answers, len(numbers)),
            unsure=sums_by(row, self.unsure, len(numbers)),
            unsure_counts=self.unsure_counts,
        )
        return sums.in_canonical_order()

    def in_canonical_order(self) -> BallotSums:
        """The rows sorted by unit, group and content; the numbering of ballots plays no part."""
        keys = [*self.unsure.T, *self.answers.T, *self.total.T, self.group, self.unit]
        order = np.lexsort(keys)
        return replace(
            self,
            unit=self.unit[order],
            group=self.group[order],
            ballot=self.ballot[order],
            total=self.total[order],
            answers=self.answers[order],
            unsure=self.unsure[order],
        )

    @property
    def only_unsure(self) -> Bools:
        """(rows, K): answered, and with "don't know" throughout."""
        worth_something = self.unsure if self.unsure_counts else np.zeros_like(self.unsure)
        only: Bools = (self.unsure > 0) & (self.answers == worth_something)
        return only


def sums_by(place: Ints, values: Floats, places: int) -> Floats:
    """Rows of ``values`` (rows, K) summed by place: (places, K); always in the order of the rows."""
    width = values.shape[1]
    flat = place[:, None] * width + np.arange(width)
    summed = np.bincount(flat.ravel(), weights=values.ravel(), minlength=places * width)
    return summed.astype(np.float64).reshape(places, width)


def ballot_sums(
    method: ScoringMethod,
    ratings: Ratings,
    items: Sequence[Item],
    *,
    units: tuple[str, ...],
    columns: Mapping[str, int] | None = None,
) -> BallotSums:
    """The answers of a snapshot, summed within ballot and unit.

    Parameters
    ----------
    items : the items that count, in their canonical order (:func:`scoring.values.counted_items`).
    units : all units that are scored, rated or not; every rated unit is among them.
    columns : criterion -> column. None: a column for each item.
    """
    frame = ratings.frame
    group_names = frame["respondent_group"].astype(str)
    groups = tuple(sorted({*method.respondent_groups, *group_names}))
    group_codes = pd.Index(groups).get_indexer(pd.Index(group_names))
    unit_codes = pd.Index(units).get_indexer(pd.Index(frame["unit"].astype(str)))
    width = len(items) if columns is None else len(columns)
    total, answers, unsure = (np.zeros((len(frame), width)) for _ in range(3))
    for place, item in enumerate(items):
        if item.question not in frame.columns or item.respondent_group not in groups:
            continue
        rows = np.flatnonzero(group_codes == groups.index(item.respondent_group))
        values, dont_know = answer_values(method, item, frame[item.question].iloc[rows])
        column = place if columns is None else columns[item.criterion]
        total[rows, column] += np.nan_to_num(values)
        answers[rows, column] += ~np.isnan(values)
        unsure[rows, column] += dont_know
    ballot = frame["ballot"].to_numpy(dtype=np.intp)
    as_value = method.dont_know is not None and method.dont_know.rule is DontKnowRule.AS_VALUE
    sums = BallotSums(units, groups, unit_codes, group_codes, ballot, total, answers, unsure, as_value)
    return sums.in_canonical_order()


@dataclass(frozen=True)
class DomainMeans:
    """Ratio means of all cells; arrays are (units, groups, K) unless said otherwise."""

    n: Floats  # ballots with at least one valid answer
    n_dont_know: Floats  # ballots that answered, with "don't know" throughout
    n_answers: Floats  # valid answers
    value: Floats  # 0..1; NaN without a valid answer
    variance: Floats  # linearised; 0 for n = 1 (the guard sees to that)
    influence: Floats  # (rows, K); its squares over the ballots of a cell sum to ``variance``, less what a guard added

    def withheld(self, cells: Bools) -> DomainMeans:
        """Without the values of the cells (units, groups, K)."""
        return replace(self, value=np.where(cells, np.nan, self.value))


def domain_means(sums: BallotSums) -> DomainMeans:
    """Mean value of the valid answers in every cell, with the influence of every ballot on it.

    Assumes ballots independent within the group; an interviewer, an office or a drawn thôn that shapes several
    ballots makes the true variance larger.
    """
    valid = sums.answers > 0
    n = sums.by_cell(valid.astype(np.float64))
    n_answers = sums.by_cell(sums.answers)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = sums.by_cell(sums.total) / n_answers
        residual = np.where(valid, (sums.total - sums.at_rows(value) * sums.answers) / sums.at_rows(n_answers), 0.0)
        influence = residual * sums.at_rows(_small_sample_factor(n))
    influence[np.abs(influence) < ROUNDING_NOISE] = 0.0
    return DomainMeans(
        n=n,
        n_dont_know=sums.by_cell(sums.only_unsure.astype(np.float64)),
        n_answers=n_answers,
        value=value,
        variance=sums.by_cell(influence**2),
        influence=influence,
    )


ROUNDING_NOISE = 1e-15


def _small_sample_factor(n: Floats) -> Floats:
    """The square root of n/(n-1); 1 where n < 2, where the squares are zero anyhow."""
    return np.where(n > 1, np.sqrt(n / np.maximum(n - 1, 1)), 1.0)


def mean_of_columns(means: DomainMeans, sums: BallotSums, member: Floats, *, extra: Floats) -> DomainMeans:
    """The plain mean of several columns (items) of each cell, column l over the k with ``member[k, l] == 1``.

    An item that nobody of the cell answered is left out of the cell's mean. Covariances between items answered
    by the same ballots are in the influence; ``extra`` (units, groups, K) is what is added to the variance of an item.
    """
    present = (means.n > 0).astype(np.float64)
    count = present @ member
    with np.errstate(invalid="ignore", divide="ignore"):
        value = (np.nan_to_num(means.value) @ member) / count
    influence = (means.influence @ member) / np.maximum(sums.at_rows(count), 1)
    gathered = sums.gathered(member)
    base = domain_means(gathered)
    return DomainMeans(
        n=base.n,
        n_dont_know=base.n_dont_know,
        n_answers=base.n_answers,
        value=value,
        variance=sums.by_cell(influence**2) + (extra @ member) / np.maximum(count, 1) ** 2,
        influence=influence,
    )


LINEARISED, POOLED, AGRESTI_COULL, NONE = "linearised", "pooled", "agresti_coull", ""


def guarded_variance(
    variance: Floats, n: Floats, value: Floats, block: Ints, *, below: int
) -> tuple[Floats, npt.NDArray[np.str_]]:
    """Variances that do not take the unanimity of a few for certainty, and how each was obtained.

    Where n < ``below``, or where all ballots agree, the variance is at least the one that ballots of the same group
    show on the same criterion over all units of the block, s²/n (``pooled``). If they agree in all units, it is
    that of Agresti and Coull for an answer that is all or nothing, p(1-p)/(n+4) with p = (n·value + 2)/(n + 4):
    the largest that a mean of values in 0..1 can have.

    Parameters
    ----------
    variance, n, value : (units, groups, K); value in 0..1; NaN without ballots
    block : (units,) number of the ranking block of each unit
    below : ballots under which the pooled variance is the least that is accepted

    References
    ----------
    Agresti, Coull (1998), The American Statistician 52(2), 119–126.
    """
    pooled = _pooled_spread(variance, n, block) / np.maximum(n, 1)
    use_pooled = ((n < below) | (variance == 0)) & (pooled > variance)
    result = np.where(use_pooled, pooled, variance)
    p = (n * np.nan_to_num(value) + 2) / (n + 4)
    agreed = (result == 0) & (n > 0)
    result = np.where(agreed, p * (1 - p) / (n + 4), result)
    names = np.where(agreed, AGRESTI_COULL, np.where(use_pooled, POOLED, LINEARISED))
    return np.where(n > 0, result, np.nan), np.where(n > 0, names, NONE)


def _pooled_spread(variance: Floats, n: Floats, block: Ints) -> Floats:
    """Variance between ballots within a unit, pooled over the units of the block: Σ (n-1) s² / Σ (n-1)."""
    freedom: Floats = np.clip(n - 1, 0, None)
    squares: Floats = np.asarray(freedom * n * variance)
    spread: Floats = np.zeros(variance.shape)
    for number in np.unique(block):
        here = block == number
        spread[here] = squares[here].sum(axis=0) / np.maximum(freedom[here].sum(axis=0), 1)
    return spread


def valid_in(sums: BallotSums, columns: Bools) -> Floats:
    """Ballots of each cell with a valid answer in at least one of the columns that count there: (units, groups).

    ``columns`` : (units, groups, K), True where the column counts.
    """
    counted = ((sums.answers > 0) & sums.at_rows(columns.astype(np.float64)).astype(np.bool_)).any(axis=1)
    rows: Floats = np.asarray(counted, dtype=np.float64).reshape(-1, 1)
    return sums.by_cell(rows)[:, :, 0]
