"""Means of ratings by (unit, respondent group, criterion), and what each ballot contributes to their error.

Every mean is a ratio of totals over ballots, R = Σ w y / Σ w m, with y the sum and m the number of a ballot's valid
answers and w its weight. Several questions of one ballot on one criterion and unit are one cluster: they are summed
before all else. The linearised contribution of ballot i is z_i = w_i (y_i - R m_i) / Σ w m, so that Σ z = 0, and the
variance of R under simple random sampling with replacement within the group is n/(n-1) Σ z²; where people were drawn
in strata and first-stage units, it is that of the units' sums of z (:mod:`analysis.clusters`). No finite population
correction: what is estimated is how the unit performs, the raters could have been others.

Reference: Särndal, Swensson, Wretman (1992), Model Assisted Survey Sampling, s. 5.6–5.7; Cochran (1977) s. 6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.sums import sum_by
from scoring.drawn import Drawn, drawn_of
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
    invited: Floats | None = None  # (units, groups) people invited to rate; NaN: not known, or not a closed group
    drawn: Drawn | None = None  # weights, strata and first-stage units; None: every ballot counts once, by itself

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.units), len(self.groups)

    @property
    def cell(self) -> Ints:
        """(rows,) number of the (unit, group) cell."""
        return self.unit * len(self.groups) + self.group

    def by_cell(self, values: Floats) -> Floats:
        """Sums of row values (rows, K) over the ballots of each cell: (units, groups, K)."""
        summed = sum_by(self.cell, values, len(self.units) * len(self.groups))
        return summed.reshape(*self.shape, values.shape[1])

    def weighted(self, values: Floats) -> Floats:
        """Row values (rows, K) times the weights of the ballots."""
        return values if self.drawn is None else values * self.drawn.ballot_weight[:, None]

    def variance(self, influence: Floats) -> Floats:
        """Variances (units, groups, K) from the influence of the ballots (rows, K)."""
        if self.drawn is None:
            return self.by_cell(influence**2)
        return self.drawn.variance(self.cell, influence, len(self.units) * len(self.groups)).reshape(*self.shape, -1)

    def degrees_of_freedom(self, valid: Floats, n: Floats) -> Floats:
        """First-stage units less strata of each cell (units, groups, K); ``valid`` (rows, K), ``n`` ballots."""
        if self.drawn is None:
            return np.clip(n - 1, 0, None)
        freedom = self.drawn.degrees_of_freedom(self.cell, valid, len(self.units) * len(self.groups))
        return freedom.reshape(*self.shape, -1)

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
            total=sum_by(row, self.total, len(numbers)),
            answers=sum_by(row, self.answers, len(numbers)),
            unsure=sum_by(row, self.unsure, len(numbers)),
            unsure_counts=self.unsure_counts,
            drawn=None if self.drawn is None else self.drawn.taken(first),
        )
        return sums.in_canonical_order()

    def in_canonical_order(self) -> BallotSums:
        """The rows sorted by unit, group and content; the numbering of ballots plays no part."""
        keys = [*self.unsure.T, *self.answers.T, *self.total.T, *self._drawn_keys, self.group, self.unit]
        order = np.lexsort(keys)
        return replace(
            self,
            unit=self.unit[order],
            group=self.group[order],
            ballot=self.ballot[order],
            total=self.total[order],
            answers=self.answers[order],
            unsure=self.unsure[order],
            drawn=None if self.drawn is None else self.drawn.taken(order),
        )

    @property
    def _drawn_keys(self) -> list[npt.NDArray[np.generic]]:
        return [] if self.drawn is None else [self.drawn.ballot_weight, self.drawn.psu, self.drawn.stratum]

    @property
    def only_unsure(self) -> Bools:
        """(rows, K): answered, and with "don't know" throughout."""
        worth_something = self.unsure if self.unsure_counts else np.zeros_like(self.unsure)
        only: Bools = (self.unsure > 0) & (self.answers == worth_something)
        return only


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
    drawn = drawn_of(frame, group_codes)
    known = [[ratings.invited.get((group, unit), np.nan) for group in groups] for unit in units]
    invited = np.array(known, dtype=np.float64).reshape(len(units), len(groups))
    sums = BallotSums(units, groups, unit_codes, group_codes, ballot, total, answers, unsure, as_value, invited, drawn)
    return sums.in_canonical_order()


@dataclass(frozen=True)
class DomainMeans:
    """Ratio means of all cells; arrays are (units, groups, K) unless said otherwise."""

    n: Floats  # ballots with at least one valid answer
    n_dont_know: Floats  # ballots that answered, with "don't know" throughout
    n_answers: Floats  # valid answers
    value: Floats  # 0..1; NaN without a valid answer
    variance: Floats  # linearised; 0 for a single first-stage unit (the guard sees to that)
    df: Floats  # first-stage units less strata
    influence: Floats  # (rows, K); :meth:`BallotSums.variance` of it is ``variance``, less what a guard added

    def withheld(self, cells: Bools) -> DomainMeans:
        """Without the values of the cells (units, groups, K)."""
        return replace(self, value=np.where(cells, np.nan, self.value))


def domain_means(sums: BallotSums) -> DomainMeans:
    """Mean value of the valid answers in every cell, with the influence of every ballot on it.

    Without a sample design, assumes ballots independent within the group; an interviewer, an office or a drawn thôn
    that shapes several ballots makes the true variance larger.
    """
    valid = (sums.answers > 0).astype(np.float64)
    n = sums.by_cell(valid)
    size = sums.by_cell(sums.weighted(sums.answers))
    with np.errstate(invalid="ignore", divide="ignore"):
        value = sums.by_cell(sums.weighted(sums.total)) / size
        residual = (sums.total - sums.at_rows(value) * sums.answers) / sums.at_rows(size)
        influence = np.where(valid > 0, sums.weighted(residual), 0.0)
    if sums.drawn is None:
        influence *= sums.at_rows(_small_sample_factor(n))
    influence[np.abs(influence) < ROUNDING_NOISE] = 0.0
    return DomainMeans(
        n=n,
        n_dont_know=sums.by_cell(sums.only_unsure.astype(np.float64)),
        n_answers=sums.by_cell(sums.answers),
        value=value,
        variance=sums.variance(influence),
        df=sums.degrees_of_freedom(valid, n),
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
        variance=sums.variance(influence) + (extra @ member) / np.maximum(count, 1) ** 2,
        df=base.df,
        influence=influence,
    )


def counts_in(sums: BallotSums, columns: Bools) -> Bools:
    """Rows (rows,) with a valid answer in at least one of the columns that count for their cell.

    ``columns`` : (units, groups, K), True where the column counts.
    """
    return np.asarray(((sums.answers > 0) & sums.at_rows(columns.astype(np.float64)).astype(np.bool_)).any(axis=1))


def valid_in(sums: BallotSums, columns: Bools) -> Floats:
    """Ballots of each cell with a valid answer in at least one of the columns that count there: (units, groups)."""
    return sums.by_cell(counts_in(sums, columns).astype(np.float64)[:, None])[:, :, 0]
