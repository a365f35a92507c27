"""Balanced blocks by shifting a few base blocks round a group: the differences within them decide the balance.

Groups: the integers modulo v, the additive group of a field of v elements, the integers modulo v - 1 with one unit that
stays in its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sampling.finite_geometry import Blocks, Table, field, prime_power

MOST_NODES = 50_000  # steps of the search, after which it is given up: a few tenths of a second


@dataclass(frozen=True, slots=True)
class _Group:
    """How units shift: ``add[x, y]`` for the units that move, and perhaps one more, the last, that does not."""

    add: Table
    fixed: int  # 0 or 1

    @property
    def n_units(self) -> int:
        return len(self.add) + self.fixed

    def shifted(self, block: tuple[int, ...]) -> Blocks:
        """The block moved by every element of the group."""
        n = len(self.add)
        return tuple(tuple(sorted(x if x == n else int(self.add[x, shift]) for x in block)) for shift in range(n))

    def differences(self) -> list[list[int]]:
        """x - y for all units; n for the pairs with the unit that does not move."""
        n = len(self.add)
        opposite = np.argmin(self.add, axis=1)  # element 0 is the neutral one
        table = np.full((self.n_units, self.n_units), n)
        table[:n, :n] = self.add[:, opposite]
        return [list(map(int, row)) for row in table]


def difference_families(v: int, b: int, k: int, together: int) -> Iterator[Blocks]:
    """Candidates for a balanced design of v units in b booklets of k, any two units ``together`` times.

    References
    ----------
    Bose, R. C. (1939), On the construction of balanced incomplete block designs, Annals of Eugenics 9, 353-399.
    """
    for group in _groups(v):
        n = len(group.add)
        wanted = [0, *[together] * (n - 1), *[2 * together] * group.fixed]
        n_base, rest = divmod(b, n)
        short: Blocks = ()
        if rest:
            step = v // k
            if group.fixed or v % k or rest != step or (group.add[1] != np.roll(np.arange(v), -1)).any():
                continue
            for difference in range(step, v, step):
                wanted[difference] -= 1
            short = tuple(tuple(range(shift, v, step)) for shift in range(step))
        found = _Search(group.differences(), k, wanted).base_blocks(n_base)
        if found is not None:
            yield tuple(block for base in found for block in group.shifted(base)) + short


def _groups(v: int) -> Iterator[_Group]:
    yield _Group(_cyclic(v), 0)
    power = prime_power(v)
    if power and power[1] > 1:
        yield _Group(field(v)[0], 0)
    if v > 2:
        yield _Group(_cyclic(v - 1), 1)


def _cyclic(n: int) -> Table:
    return np.add.outer(np.arange(n), np.arange(n)) % n


class _Search:
    """Depth-first search for base blocks that use up the differences wanted, given up after ``MOST_NODES`` steps."""

    def __init__(self, differences: list[list[int]], k: int, wanted: list[int]) -> None:
        self.differences, self.k, self.wanted = differences, k, wanted
        self.nodes = 0
        self.done: list[tuple[int, ...]] = []

    def base_blocks(self, n: int) -> list[tuple[int, ...]] | None:
        """``n`` base blocks, or None if there are none or the search was given up."""
        if sum(self.wanted) != n * self.k * (self.k - 1) or min(self.wanted) < 0:
            return None
        return self.done if self._next_block(n) else None

    def _next_block(self, n: int) -> bool:
        """Some block has the first difference still wanted: shifted, it holds 0 and the unit of that difference."""
        if n == 0:
            return True
        first = next((unit for unit, left in enumerate(self.wanted) if left > 0), 0)
        if not first or not self._take(first, [0]):
            return False
        if self._grow([0, first], 1, n):
            return True
        self._give_back(first, [0])
        return False

    def _grow(self, block: list[int], start: int, n: int) -> bool:
        if len(block) == self.k:
            self.done.append(tuple(sorted(block)))
            if self._next_block(n - 1):
                return True
            self.done.pop()
            return False
        for x in range(start, len(self.differences)):
            self.nodes += 1
            if self.nodes > MOST_NODES:
                return False
            if x in block or not self._take(x, block):
                continue
            if self._grow([*block, x], x + 1, n):
                return True
            self._give_back(x, block)
        return False

    def _take(self, x: int, block: list[int]) -> bool:
        """Use the differences between x and a block, unless one is not wanted any more."""
        for i, y in enumerate(block):
            one, other = self.differences[x][y], self.differences[y][x]
            self.wanted[one] -= 1
            self.wanted[other] -= 1
            if self.wanted[one] < 0 or self.wanted[other] < 0:
                self._give_back(x, block[: i + 1])
                return False
        return True

    def _give_back(self, x: int, block: list[int]) -> None:
        for y in block:
            self.wanted[self.differences[x][y]] += 1
            self.wanted[self.differences[y][x]] += 1
