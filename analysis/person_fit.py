"""Person fit: does a ballot praise what hardly anybody praises while it faults what nearly everybody praises?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.careless import ROWS_AT_ONCE
from analysis.faults import AnalysisError
from analysis.items import Items
from analysis.sums import Floats, Ints


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps between levels of all items, from the one that most ballots take to the one that fewest take.

    item : (S,) place of the item of each step; level : (S,) the answer that takes it; share : (S,) ballots that do.
    """

    item: Ints
    level: Floats
    share: Floats


@dataclass(frozen=True, slots=True)
class PersonFit:
    """Guttman errors.

    Attributes
    ----------
    errors : (n,) pairs of steps of which the ballot took the harder and not the easier.
    normed : (n,) errors divided by steps taken times steps not taken; 0 for a ballot that took all or none.
    taken : (n,) share of the steps taken: how favourable the ballot is. NaN where nothing was answered.
    """

    errors: Floats
    normed: Floats
    taken: Floats


def steps_of(items: Items) -> Steps:
    """The steps in their order of difficulty among these ballots.

    Raises
    ------
    AnalysisError : ``ballots_all_alike`` (no item has two levels).
    """
    place, levels, shares = [], [], []
    for number in range(items.shape[1]):
        column = items.values[:, number]
        found, counts = np.unique(column[~items.lacks(column)], return_counts=True)
        for rank in range(1, len(found)):
            place.append(number)
            levels.append(float(found[rank]))
            shares.append(counts[rank:].sum() / counts.sum())
    if not place:
        raise AnalysisError("ballots_all_alike", items=", ".join(items.names))
    order = np.argsort(-np.array(shares), kind="stable")  # equal shares keep the order of levels within an item
    return Steps(np.array(place, dtype=np.intp)[order], np.array(levels)[order], np.array(shares)[order])


def guttman_errors(items: Items, steps: Steps) -> PersonFit:
    """Guttman errors of each ballot against the order of the steps.

    A blank item has no steps. The number of errors depends on how favourable a ballot is: a ballot of nothing but
    "very satisfied" cannot make one, and is never punished; others are to be compared with ballots as favourable as
    they are (:mod:`analysis.quality` does so by bands of ``taken``). For items of two levels ``normed`` is the normed
    number of Guttman errors.

    References
    ----------
    Emons (2008), Appl. Psychol. Meas. 32, 224–247; Meijer and Sijtsma (2001), ibid. 25, 107–135.
    R: PerFit 1.4.6 ``Gpoly`` (errors).
    """
    n = items.shape[0]
    errors, taken, left = np.empty(n), np.empty(n), np.empty(n)
    for start in range(0, n, ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        errors[rows], taken[rows], left[rows] = _errors(items, rows, steps)
    both = taken * left
    normed = np.divide(errors, both, out=np.zeros(n), where=both > 0)
    known = taken + left > 0
    share = np.divide(taken, taken + left, out=np.full(n, np.nan), where=known)
    return PersonFit(errors, np.where(known, normed, np.nan), share)


def _errors(items: Items, rows: slice, steps: Steps) -> tuple[npt.NDArray[np.integer], ...]:
    """Errors, steps taken and steps not taken of some rows: easier steps not taken are counted up as harder come."""
    values = np.ascontiguousarray(items.values[rows].T)
    lacking = items.lacks(values)
    n = values.shape[1]
    errors, taken, left = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int32), np.zeros(n, dtype=np.int32)
    for item, level in zip(steps.item, steps.level, strict=True):
        takes = (values[item] >= level) & ~lacking[item]
        errors += left * takes
        taken += takes
        left += ~takes & ~lacking[item]
    return errors, taken, left
