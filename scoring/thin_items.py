"""Items with few valid answers in a mean of items: there an item answered once weighs as much as one answered forty
times, and whoever knows the other items can read the one answer back by subtraction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.small_samples import guarded_variance
from scoring.combining import COUNTED, TOO_FEW
from scoring.domains import BallotSums, DomainMeans, Ints, domain_means, mean_of_columns
from scoring.method import FewBallots
from scoring.values import Bools, Floats

ITEM_OUT = "item_left_out_of_block"


@dataclass(frozen=True)
class ItemDecision:
    """Which items count in the mean of their part; arrays (units, groups, items)."""

    kept: Bools  # counts in the unit's block
    thin: Bools  # counts, but has too few ballots in the unit

    @property
    def rule(self) -> npt.NDArray[np.str_]:
        """What was done with the item."""
        return np.where(~self.kept, ITEM_OUT, np.where(self.thin, TOO_FEW, COUNTED))


def all_items(by_item: BallotSums) -> ItemDecision:
    """Every item counts, for orders of aggregation in which an answer weighs as much as any other."""
    shape = (len(by_item.units), len(by_item.groups), by_item.answers.shape[1])
    return ItemDecision(np.ones(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_))


def decide_items(by_item: BallotSums, parts: Floats, block: Ints, few: FewBallots) -> ItemDecision:
    """Apply the rule for few ballots to the items, block by block, so that the units of a block stay comparable.

    An item short in more than ``thin_units_share`` of the units that the group reaches leaves the block; if it is short
    in fewer, it stays and those units are not scored. Units where the whole group is short have no say.

    Parameters
    ----------
    parts : (items, parts), 1 where the item belongs to the part
    block : (units,) number of the ranking block
    """
    n = domain_means(by_item).n
    reached = (domain_means(by_item.gathered(parts)).n >= few.min_ballots)[:, :, parts.argmax(axis=1)]
    short = n < few.min_ballots
    kept = np.zeros_like(short)
    for number in np.unique(block):
        here = block == number
        judged = reached[here].sum(axis=0)
        share = (short & reached)[here].sum(axis=0) / np.maximum(judged, 1)
        kept[here] = (n[here] > 0).any(axis=0) & (share <= few.thin_units_share)
    return ItemDecision(kept, kept & short & reached)


def mean_of_counted_items(
    by_item: BallotSums, member: Floats, decision: ItemDecision, block: Ints
) -> tuple[DomainMeans, BallotSums, Bools]:
    """The plain mean of the items that count, for nodes made of items; the sums it is made of; the hollow cells.

    Withheld (NaN) where an item that counts has too few ballots, and in hollow cells: those whose items have all left.
    A hollow cell keeps its numbers of ballots. An item on which the few agree lends the mean no certainty: its
    variance is guarded as that of a group is.

    Parameters
    ----------
    member : (items, nodes)
    """
    hollow = (decision.kept @ member) == 0
    counted = by_item.restricted(decision.kept | ((hollow @ member.T) > 0))
    items = domain_means(counted)
    means = mean_of_columns(items, counted, member, extra=_extra_variance(items, block))
    withheld = hollow | ((decision.thin @ member) > 0)
    return means.withheld(withheld), counted, hollow


def _extra_variance(items: DomainMeans, block: Ints) -> Floats:
    """What the guard adds to the variance of items on which all ballots agree."""
    guarded = guarded_variance(items.variance, items.n, items.value, block, below=2, df=items.df)
    return np.nan_to_num(guarded.variance) - np.where(items.n > 0, items.variance, 0.0)
