"""Booklets of units, as balanced as can be: by a known construction, else by exchanging units between booklets."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import ceil

import numpy as np

from sampling.balanced_blocks import balanced_blocks, smallest_balanced_number
from sampling.block_design import (
    Counts,
    Floats,
    Incidence,
    concurrences,
    connected_components,
    efficiency_bound,
    incidence_of,
)
from sampling.faults import SamplingError

MOST_PAIRS = 16_000  # pairs of booklets looked at in one search: half a second
MOST_STARTS = 20
GOOD_ENOUGH = 0.9995  # of the bound
MOST_BALANCED = 500  # booklets of a balanced design that is looked for


def fewest_booklets(n_units: int, size: int) -> int:
    """The least number of booklets of ``size`` units that can hold all units and connect them."""
    if size >= n_units:
        return 1
    if size < 2:
        raise SamplingError("booklets_of_one_unit", units=n_units)
    return ceil((n_units - 1) / (size - 1))


def good_number_of_booklets(n_units: int, size: int, most: int) -> int:
    """How many booklets to make if at most ``most`` can be filled.

    One if they hold every unit; the fewest that can be balanced, where a construction is known; else as many as can
    be filled, up to the number of units: more of them make the comparisons no better.
    """
    if size >= n_units:
        return 1
    smallest = smallest_balanced_number(n_units, size)
    for number in range(smallest, min(most, MOST_BALANCED) + 1, smallest):
        if balanced_blocks(n_units, number, size):
            return number
    return min(most, n_units)


def booklet_design(
    n_units: int,
    n_booklets: int,
    size: int,
    *,
    rng: np.random.Generator,
    replications: Counts | None = None,
) -> Incidence:
    """Booklets of ``size`` units that connect all units, any two units together as equally often as can be.

    Parameters
    ----------
    n_units, n_booklets, size : int
        Units, booklets, units in a booklet (not more than there are units).
    rng : numpy.random.Generator
        Which unit stands where, and the search. The same generator state gives the same booklets.
    replications : array of length n_units, optional
        Booklets that hold each unit, 1 to ``n_booklets``, in sum ``n_booklets * size``. Without it they differ by at
        most one.

    Returns
    -------
    array of bool, units x booklets

    Raises
    ------
    SamplingError
        ``booklets_of_one_unit``, ``booklets_do_not_connect``, ``not_a_count``, ``replications_do_not_add``.

    Notes
    -----
    Exact where :func:`sampling.balanced_blocks.balanced_blocks` knows a design. Otherwise two booklets at a time
    exchange the two units that lower the sum of squared concurrences most (with unequal replications: of their
    distances from proportionality), until none does; the most efficient of a few such designs is kept. The search
    counts its steps and looks at no clock, so that a draw can be repeated on any machine.

    References
    ----------
    Shah, K. R. and Sinha, B. K. (1989), Theory of Optimal Designs, ch. 2 ((M,S)-optimality). Nguyen, N.-K. (1994),
    Construction of optimal block designs by computer, Technometrics 36, 300-307.
    """
    for name, value in (("units", n_units), ("booklets", n_booklets), ("size", size)):
        if value < 1:
            raise SamplingError("not_a_count", name=name, value=value, least=1)
    size = min(size, n_units)
    fewest = fewest_booklets(n_units, size)
    if n_booklets < fewest:
        raise SamplingError("booklets_do_not_connect", units=n_units, size=size, booklets=n_booklets, needed=fewest)
    if n_units == 1:
        return np.ones((1, n_booklets), dtype=bool)
    if replications is None:
        blocks = balanced_blocks(n_units, n_booklets, size)
        if blocks:
            known = incidence_of(blocks, n_units)
            return np.asarray(known[rng.permutation(n_units)][:, rng.permutation(n_booklets)])
    return _searched(_replications(n_units, n_booklets, size, replications, rng), n_booklets, size, rng)


def proportional_replications(targets: Floats, n_booklets: int, size: int) -> Counts:
    """In how many booklets each unit stands if units are to be rated in proportion to ``targets``.

    At least one, at most all; the sum is ``n_booklets * size``, rounded by largest remainders.
    """
    total = n_booklets * size
    low, high = 0.0, total / float(targets.min())
    for _halving in range(80):  # the factor for which the shares, held within 1 and all, have the sum
        middle = (low + high) / 2
        if np.clip(targets * middle, 1, n_booklets).sum() < total:
            low = middle
        else:
            high = middle
    shares = np.clip(targets * high, 1, n_booklets)
    found = np.floor(shares + 1e-9).astype(np.int64)
    by_remainder = np.argsort(found - shares, kind="stable")
    found[by_remainder[: total - found.sum()]] += 1
    return np.asarray(found)


def _replications(n_units: int, n_booklets: int, size: int, wanted: Counts | None, rng: np.random.Generator) -> Counts:
    if wanted is not None:
        found = np.asarray(wanted)
        whole = found.shape == (n_units,) and bool((found == np.floor(found)).all())
        if not whole or found.sum() != n_booklets * size or found.min() < 1 or found.max() > n_booklets:
            raise SamplingError("replications_do_not_add", units=n_units, total=n_booklets * size, booklets=n_booklets)
        return found.astype(np.int64)
    low, n_high = divmod(n_booklets * size, n_units)
    found = np.full(n_units, low, dtype=np.int64)
    found[rng.permutation(n_units)[:n_high]] += 1
    return found


def _searched(replications: Counts, n_booklets: int, size: int, rng: np.random.Generator) -> Incidence:
    """The most efficient of a few designs that exchanges do not improve."""
    uneven = np.ptp(replications) > 1
    proportional = np.outer(replications, replications) * ((size - 1) / replications.sum())
    ideal = proportional if uneven else np.zeros(1)
    bound = 1.0 if uneven else efficiency_bound(len(replications), n_booklets, size)
    best, best_efficiency, looked = np.zeros((0, 0), dtype=bool), -1.0, 0
    for _start in range(MOST_STARTS):
        search = _Exchange(_dealt(replications, n_booklets, size, rng), ideal)
        looked += search.descend(rng, MOST_PAIRS - looked)
        connected = _connected(search.held, rng)
        efficiency = _efficiency(connected)
        if efficiency > best_efficiency:
            best, best_efficiency = connected, efficiency
        if efficiency > GOOD_ENOUGH * bound or looked >= MOST_PAIRS:
            break
    return best


def _efficiency(held: Incidence) -> float:
    """The A-efficiency of a connected design from the information on its booklets, a small matrix if they are few."""
    counts, n_units = held.astype(float), len(held)
    replications = counts.sum(axis=1)
    shares = counts / replications[:, None]
    booklets = np.diag(counts.sum(axis=0)) - counts.T @ shares
    seen = shares.T @ shares - np.outer(shares.sum(axis=0), shares.sum(axis=0)) / n_units
    inverse = (1 / replications).sum() * (1 - 1 / n_units) + (np.linalg.inv(booklets + 1) * seen).sum()
    return float((n_units - 1) / (replications.mean() * inverse))


def _dealt(replications: Counts, n_booklets: int, size: int, rng: np.random.Generator) -> Incidence:
    """A random design with these replications: each booklet takes the units that are wanted most often still."""
    left = replications.copy()
    held = np.zeros((len(left), n_booklets), dtype=bool)
    for number in range(n_booklets):
        taken = np.lexsort((rng.random(len(left)), -left))[:size]
        held[taken, number] = True
        left[taken] -= 1
    return held


@dataclass(slots=True)
class _Exchange:
    """A design and its concurrences less the ideal ones, kept in step."""

    held: Incidence
    excess: Floats

    def __init__(self, held: Incidence, ideal: Floats) -> None:
        self.held = held
        self.excess = concurrences(held) - ideal
        np.fill_diagonal(self.excess, 0)

    def descend(self, rng: np.random.Generator, most: int) -> int:
        """Make the best exchange in every pair of booklets until none helps; how many pairs were looked at."""
        pairs = np.array(list(combinations(range(self.held.shape[1]), 2)), dtype=np.int64).reshape(-1, 2)
        looked, better = 0, True
        while better and looked < most:
            better = False
            for one, other in pairs[rng.permutation(len(pairs))].tolist():
                better |= self._exchange(one, other)
            looked += max(len(pairs), 1)
        return looked

    def _exchange(self, one: int, other: int) -> bool:
        """Exchange the two units that lower the sum of squares most; false if none does."""
        first = np.flatnonzero(self.held[:, one] & ~self.held[:, other])
        second = np.flatnonzero(self.held[:, other] & ~self.held[:, one])
        if not first.size:
            return False
        across = self.excess[np.ix_(first, second)]
        leaving = across.sum(axis=1) - self.excess[np.ix_(first, first)].sum(axis=1)
        coming = across.sum(axis=0) - self.excess[np.ix_(second, second)].sum(axis=1)
        change = leaving[:, None] + coming[None, :] - 2 * across + (len(first) + len(second) - 2)
        row, column = divmod(int(change.argmin()), len(second))
        if change[row, column] > -1e-9:
            return False
        self._swap(first[row], one, second[column], other)
        return True

    def _swap(self, i: np.int64, one: int, j: np.int64, other: int) -> None:
        """Unit i leaves booklet one for the other, unit j comes in its place."""
        both = self.held[:, one] & self.held[:, other]
        for booklet, unit, sign in ((one, i, -1), (other, j, 1)):
            mates = self.held[:, booklet] & ~both
            mates[unit] = False
            for moved, change in ((i, sign), (j, -sign)):
                self.excess[moved, mates] += change
                self.excess[mates, moved] += change
        self.held[i, one] = self.held[j, other] = False
        self.held[i, other] = self.held[j, one] = True


def _connected(held: Incidence, rng: np.random.Generator) -> Incidence:
    """The design, its components joined: a place on a cycle changes units with a place of another component.

    The cycle keeps its component together without that place; both components hang on the unit that moved.
    """
    held = held.copy()
    while True:
        components = connected_components(held)
        if components.connected:
            return held
        unit, booklet = _place_on_a_cycle(held)
        elsewhere = np.argwhere(held & (components.of_unit != components.of_unit[unit])[:, None])
        other_unit, other_booklet = elsewhere[rng.integers(len(elsewhere))]
        held[unit, booklet] = held[other_unit, other_booklet] = False
        held[unit, other_booklet] = held[other_unit, booklet] = True


def _place_on_a_cycle(held: Incidence) -> tuple[int, int]:
    """A (unit, booklet) that closes a cycle: found when its ends are joined already by the places before it."""
    n_units = len(held)
    root = np.arange(sum(held.shape))
    for unit, booklet in np.argwhere(held).tolist():
        one, other = _root(root, unit), _root(root, n_units + booklet)
        if one == other:
            return unit, booklet
        root[one] = other
    raise AssertionError("a design with places enough that is not connected has a cycle")


def _root(root: Counts, at: int) -> int:
    while root[at] != at:
        root[at] = root[root[at]]
        at = int(root[at])
    return at
