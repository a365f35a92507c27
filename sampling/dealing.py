"""People into booklets under rules: an integer program says how many of whom, lots say who."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from sampling.block_design import Counts, Incidence

EXPOSED = 100_000.0  # cost of a person without a booklet, or lacking in a cell; an uneven booklet costs 1 a person
UNRATED = 1000.0  # cost of a rating that a unit lacks
MOST_NODES = 500  # of the integer program: counted, so that the same question has the same answer
NODES_OF_A_REFUSAL = 5
TINY = 1e-6
SWAPS_PER_PERSON = 20
MOST_SWAPS = 400_000


@dataclass(frozen=True, slots=True)
class Kinds:
    """People of one kind may get the same booklets and count as one for the mixture of a booklet."""

    sizes: Counts  # people of each kind
    allowed: npt.NDArray[np.bool_]  # kinds x booklets
    home: Counts  # the own unit of each kind, -1: none


@dataclass(frozen=True, slots=True)
class Limits:
    """What the cells must keep to."""

    min_cell: int
    largest_share: float  # of a booklet's people, for those of one own unit
    per_unit: int  # ratings of each unit


@dataclass(frozen=True, slots=True)
class Seats:
    """How many people of each kind get each booklet, and what stands in the way of the rest."""

    people: Counts  # kinds x booklets
    without: Counts  # people of each kind for whom there is no place
    missing: Counts  # people that each booklet lacks
    short: Counts  # ratings that each unit lacks

    @property
    def broken(self) -> int:
        """By how many people or ratings rules are broken; 0 if every rule is kept."""
        return int(self.without.sum() + self.missing.sum() + self.short.sum())


def seats(kinds: Kinds, held: Incidence, limits: Limits) -> Seats:
    """Places for people of each kind in booklets as evenly filled as the rules allow.

    Booklets of equal numbers (or one more) are a transport problem, whose corners are whole numbers: a linear program
    finds them. Only where there are none, an integer program lets booklets differ, and rules be broken at a cost so
    high that none is broken unless it must be; those that are show the cause. Both are solved by HiGHS.

    Parameters
    ----------
    held : array of bool, units x booklets
    """
    model = _Program(kinds, held)
    even = model.even(limits)
    if even is not None:
        return even
    program = {"c": model.costs(), "constraints": model.rules(limits), "bounds": Bounds(0, np.inf)}
    relaxed = milp(**program)  # where even parts of people cannot be dealt, whole ones cannot
    nodes = MOST_NODES if relaxed.x is not None and model.broken(relaxed.x) < TINY else NODES_OF_A_REFUSAL
    solved = milp(**program, integrality=model.integers(), options={"node_limit": nodes, "mip_rel_gap": 0.02})
    if solved.x is None:
        raise RuntimeError(f"the integer program has a solution by its making, but: {solved.message}")
    return model.read(np.rint(solved.x).astype(np.int64))


class _Program:
    """Variables: places of kind x booklet; people, over, under, missing by booklet; without by kind; short by unit."""

    def __init__(self, kinds: Kinds, held: Incidence) -> None:
        self.kinds, self.held = kinds, held
        self.kind, self.booklet = np.nonzero(kinds.allowed)
        n_units, n_booklets = held.shape
        counts = (len(self.kind), *[n_booklets] * 4, len(kinds.sizes), n_units)
        self.places, self.people, self.over, self.under, self.missing, self.without, self.short = (
            np.arange(end - count, end) for count, end in zip(counts, np.cumsum(counts), strict=True)
        )
        self.n = int(sum(counts))

    def costs(self) -> npt.NDArray[np.float64]:
        costs = np.zeros(self.n)
        costs[np.concatenate([self.over, self.under])] = 1
        costs[np.concatenate([self.missing, self.without])] = EXPOSED
        costs[self.short] = UNRATED
        return costs

    def integers(self) -> npt.NDArray[np.int64]:
        found = np.zeros(self.n, dtype=np.int64)
        found[self.places] = 1
        return found

    def even(self, limits: Limits) -> Seats | None:
        """Equal numbers in all booklets and no rule broken, or None if that cannot be had."""
        low, rest = divmod(int(self.kinds.sizes.sum()), self.held.shape[1])
        if not len(self.places) or low < limits.min_cell or self.held.sum(axis=1).min() * low < limits.per_unit:
            return None
        n = len(self.places)
        counted = self._entries(self.booklet, self.places, self.held.shape[1])[:, :n]
        of_homes = [self._of_home(home)[:, :n] for home in self._large_homes(limits)]
        most = math.floor(limits.largest_share * low + TINY)
        solved = linprog(
            np.zeros(n),
            A_ub=sparse.vstack([counted, -counted, *of_homes]),
            b_ub=np.repeat([low + (rest > 0), -low, most], self.held.shape[1] * np.array([1, 1, len(of_homes)])),
            A_eq=self._entries(self.kind, self.places, len(self.kinds.sizes))[:, :n],
            b_eq=self.kinds.sizes,
            method="highs-ds",
        )
        if solved.x is None or np.abs(solved.x - np.rint(solved.x)).max(initial=0) > TINY:
            return None
        x = np.zeros(self.n, dtype=np.int64)
        x[self.places] = np.rint(solved.x).astype(np.int64)
        return self.read(x)

    def rules(self, limits: Limits) -> list[LinearConstraint]:
        sizes, n_booklets = self.kinds.sizes, self.held.shape[1]
        low, rest = divmod(int(sizes.sum()), n_booklets)
        filled = self._one(self.people)
        counted = self._entries(self.booklet, self.places, n_booklets) - filled
        everybody = self._entries(self.kind, self.places, len(sizes)) + self._one(self.without)
        unit, booklet = np.nonzero(self.held)
        rated = self._entries(unit, self.people[booklet], len(self.held)) + self._one(self.short)
        found = [
            LinearConstraint(counted, 0, 0),
            LinearConstraint(everybody, sizes, sizes),
            LinearConstraint(filled + self._one(self.missing), limits.min_cell, np.inf),
            LinearConstraint(filled + self._one(self.under), low, np.inf),
            LinearConstraint(filled - self._one(self.over), -np.inf, low + (rest > 0)),
            LinearConstraint(rated, limits.per_unit, np.inf),
        ]
        mixed = self._mixture(limits)
        return [*found, LinearConstraint(mixed, -np.inf, 0)] if mixed.shape[0] else found

    def _mixture(self, limits: Limits) -> sparse.csr_array:
        """Rows home x booklet: people of the home less the share of the booklet's people."""
        share = limits.largest_share * self._one(self.people)
        rows = [self._of_home(home) - share for home in self._large_homes(limits)]
        return sparse.csr_array(sparse.vstack([sparse.csr_array((0, self.n)), *rows]))

    def _large_homes(self, limits: Limits) -> list[int]:
        """Those that could be too many in a booklet; of the others all people may share the smallest."""
        enough = math.floor(limits.largest_share * limits.min_cell + TINY)
        homes = range(int(self.kinds.home.max(initial=-1)) + 1)
        return [home for home in homes if self.kinds.sizes[self.kinds.home == home].sum() > enough]

    def _of_home(self, home: int) -> sparse.csr_array:
        theirs = np.flatnonzero(self.kinds.home[self.kind] == home)
        return self._entries(self.booklet[theirs], self.places[theirs], self.held.shape[1])

    def _entries(self, rows: Counts, variables: Counts, n_rows: int) -> sparse.csr_array:
        return sparse.csr_array((np.ones(len(rows)), (rows, variables)), shape=(n_rows, self.n))

    def _one(self, variables: Counts) -> sparse.csr_array:
        return self._entries(np.arange(len(variables)), variables, len(variables))

    def broken(self, x: npt.NDArray[np.float64]) -> float:
        return float(x[self.missing].sum() + x[self.without].sum() + x[self.short].sum())

    def read(self, x: Counts) -> Seats:
        people = np.zeros(self.kinds.allowed.shape, dtype=np.int64)
        people[self.kind, self.booklet] = x[self.places]
        return Seats(people, x[self.without], x[self.missing], x[self.short])


def by_lot(kind_of: Counts, kinds: Kinds, people: Counts, limits: Limits, rng: np.random.Generator) -> Counts:
    """The booklet of each person: lots within each kind, then exchanges at random that keep to the rules.

    Every deal that exchanges of two or three people can reach becomes equally likely, so that the corner at which the
    program stopped does not matter.

    Parameters
    ----------
    kind_of : array
        The kind of each person.
    people : array, kinds x booklets
        Places as found by :func:`seats`.
    """
    booklet_of = np.empty(len(kind_of), dtype=np.int64)
    for kind in range(len(people)):
        members = rng.permutation(np.flatnonzero(kind_of == kind))
        booklet_of[members] = np.repeat(np.arange(people.shape[1]), people[kind])
    return _mixed(booklet_of, kind_of, kinds, np.floor(limits.largest_share * people.sum(axis=0) + TINY), rng)


def _mixed(
    booklet_of: Counts, kind_of: Counts, kinds: Kinds, most: npt.NDArray[np.float64], rng: np.random.Generator
) -> Counts:
    """Two or three people at random pass their booklets on in a ring, if the rules allow it, very many times."""
    n = len(kind_of)
    rings = rng.integers(n, size=(min(SWAPS_PER_PERSON * n, MOST_SWAPS), 3)).tolist()
    booklets, allowed, limit = booklet_of.tolist(), kinds.allowed.tolist(), most.tolist()
    kind, home = kind_of.tolist(), kinds.home[kind_of].tolist()
    at_home = np.zeros((int(kinds.home.max()) + 2, kinds.allowed.shape[1]), dtype=np.int64)
    np.add.at(at_home, (kinds.home[kind_of], booklet_of), 1)
    counts = at_home.tolist()
    limits = [limit] * (len(counts) - 1) + [[math.inf] * len(limit)]  # the last row: people without a home
    for turn, ring in enumerate(rings):
        people = ring[: 2 + turn % 2]
        old = [booklets[i] for i in people]
        new = old[1:] + old[:1]
        if len(set(old)) < len(old) or not all(allowed[kind[i]][p] for i, p in zip(people, new, strict=True)):
            continue
        _move(counts, [home[i] for i in people], old, new)
        if all(counts[home[i]][p] <= limits[home[i]][p] for i, p in zip(people, new, strict=True)):
            for i, p in zip(people, new, strict=True):
                booklets[i] = p
        else:
            _move(counts, [home[i] for i in people], new, old)
    return np.array(booklets, dtype=np.int64)


def _move(counts: list[list[int]], homes: list[int], old: list[int], new: list[int]) -> None:
    for home, p, q in zip(homes, old, new, strict=True):
        counts[home][p] -= 1
        counts[home][q] += 1
