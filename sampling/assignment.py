"""Who rates which units: invitees into cells that share everything a ballot shows of its maker.

A cell is what can be read off a ballot: the units rated, and so the units left out. Cells below ``min_cell`` people
would name their members (DESIGN: the anonymity cell), hence pools and shared booklets.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


class AssignmentError(ValueError):
    """The units cannot be shared out as asked; ``code`` and ``params`` say why."""

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        self.params = params
        super().__init__(f"{code}: {params}")


@dataclass(frozen=True, slots=True)
class Cell:
    """People who rate the same units."""

    code: str
    rated_units: tuple[str, ...]
    members: tuple[int, ...]  # positions in the list of invitees


def one_cell(units: Sequence[str], n_invitees: int) -> list[Cell]:
    """Everybody rates every unit."""
    return [Cell("all", tuple(units), tuple(range(n_invitees)))]


def own_cells(units: Sequence[str], own: Sequence[str]) -> list[Cell]:
    """Everybody rates the unit they belong to.

    own: the unit code of each invitee.
    """
    members = _members_by_unit(units, own)
    return [Cell(unit, (unit,), tuple(members[unit])) for unit in units if members[unit]]


def all_but_own_cells(units: Sequence[str], own: Sequence[str], *, min_cell: int) -> list[Cell]:
    """Everybody rates all units but their own; the few people of a small unit are pooled with the next units.

    A pool omits the units of all its members, so that a ballot does not tell which of them its maker belongs to.
    """
    members = _members_by_unit(units, own)
    cells = []
    for pool in _pools(units, {unit: len(found) for unit, found in members.items()}, min_cell):
        rated = tuple(unit for unit in units if unit not in pool)
        if not rated:
            raise AssignmentError("pool_leaves_no_unit", invitees=len(own), min_cell=min_cell, pool=list(pool))
        cells.append(Cell("not " + "+".join(pool), rated, tuple(i for unit in pool for i in members[unit])))
    return cells


def booklet_cells(
    units: Sequence[str], n_invitees: int, *, size: int, min_cell: int, rng: np.random.Generator
) -> list[Cell]:
    """Booklets of ``size`` units, each shared by at least ``min_cell`` invitees, every unit in as many as any other.

    The units are put in random order and dealt round the table, so neighbouring booklets overlap wherever there are
    more places than units; the numbers of booklets that hold any two units differ by at most one.
    """
    size = min(size, len(units))
    n_booklets = min(n_invitees // min_cell, len(units))
    if n_booklets * size < len(units):
        needed = math.ceil(len(units) / size) * min_cell
        raise AssignmentError("too_few_for_booklets", invitees=n_invitees, needed=needed, units=len(units), size=size)
    order = rng.permutation(len(units))
    people = np.array_split(rng.permutation(n_invitees), n_booklets)
    starts = np.linspace(0, len(units), n_booklets, endpoint=False).astype(int)
    cells = []
    for number, (start, members) in enumerate(zip(starts, people, strict=True), 1):
        held = sorted(order[(start + np.arange(size)) % len(units)])
        cells.append(Cell(f"booklet {number:02}", tuple(units[i] for i in held), tuple(sorted(map(int, members)))))
    return cells


def _members_by_unit(units: Sequence[str], own: Sequence[str]) -> dict[str, list[int]]:
    unknown = sorted(set(own) - set(units))
    if unknown:
        raise AssignmentError("unknown_own_unit", units=unknown)
    members: dict[str, list[int]] = defaultdict(list)
    for position, unit in enumerate(own):
        members[unit].append(position)
    return members


def _pools(units: Sequence[str], sizes: dict[str, int], min_cell: int) -> list[tuple[str, ...]]:
    """Neighbouring units joined until each pool has ``min_cell`` people; a small rest joins the last pool."""
    pools: list[tuple[str, ...]] = []
    pool: tuple[str, ...] = ()
    for unit in (unit for unit in units if sizes.get(unit)):
        pool = (*pool, unit)
        if sum(sizes[u] for u in pool) >= min_cell:
            pools.append(pool)
            pool = ()
    if pool:
        pools = [*pools[:-1], (*pools[-1], *pool)] if pools else [pool]
    return pools
