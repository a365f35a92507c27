"""Who rates which units: invitees into cells that share everything a ballot shows of its maker.

A cell is what can be read off a ballot: the units rated, and so the units left out. Cells below ``min_cell`` people
would name their members (DESIGN: the anonymity cell), hence pools and shared booklets. Booklets under rules (own unit,
own area, load, ratings per unit) are dealt by :mod:`sampling.booklet_assignment`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sampling.booklets import booklet_design, fewest_booklets, good_number_of_booklets
from sampling.faults import SamplingError


class AssignmentError(SamplingError):
    """The units cannot be shared out as asked; ``code`` and ``params`` say why."""


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
            raise AssignmentError("pool_leaves_no_unit", invitees=len(own), min_cell=min_cell, pool=", ".join(pool))
        cells.append(Cell("not " + "+".join(pool), rated, tuple(i for unit in pool for i in members[unit])))
    return cells


def booklet_cells(
    units: Sequence[str], n_invitees: int, *, size: int, min_cell: int, rng: np.random.Generator
) -> list[Cell]:
    """Booklets of ``size`` units, each shared by at least ``min_cell`` invitees, balanced so that units compare.

    Any two units are joined by a chain of booklets, every unit stands in as many booklets as any other (or one more),
    and any two units stand together as equally often as can be (:func:`sampling.booklets.booklet_design`). People and
    units are drawn by lot: the same generator state gives the same cells. If a booklet can hold every unit, there is
    one cell.
    """
    size = min(size, len(units))
    n_booklets = number_of_booklets(len(units), n_invitees, size=size, min_cell=min_cell)
    design = booklet_design(len(units), n_booklets, size, rng=rng)
    people = np.array_split(rng.permutation(n_invitees), n_booklets)
    return [
        booklet_cell(number, units, np.flatnonzero(held), members)
        for number, (held, members) in enumerate(zip(design.T, people, strict=True), 1)
    ]


def number_of_booklets(n_units: int, n_invitees: int, *, size: int, min_cell: int, where: str = "") -> int:
    """How many booklets the invitees fill well; refused where they cannot fill enough to connect the units."""
    least, possible = fewest_booklets(n_units, size), n_invitees // min_cell
    if possible < 1:
        raise AssignmentError("too_few_for_a_cell", where=where, invitees=n_invitees, needed=least * min_cell)
    if possible < least:
        raise AssignmentError(
            "too_few_for_booklets",
            where=where,
            invitees=n_invitees,
            possible=possible,
            min_cell=min_cell,
            units=n_units,
            size=size,
            booklets=least,
            needed=least * min_cell,
            fitting=math.ceil((n_units - 1) / possible) + 1,
        )
    return good_number_of_booklets(n_units, size, possible)


def booklet_cell(number: int, units: Sequence[str], held: Sequence[int] | np.ndarray, members: np.ndarray) -> Cell:
    """The cell of the people (positions) who share a booklet, units in the order of the list."""
    return Cell(f"booklet {number:02}", tuple(units[i] for i in held), tuple(sorted(map(int, members))))


def _members_by_unit(units: Sequence[str], own: Sequence[str]) -> dict[str, list[int]]:
    unknown = sorted(set(own) - set(units))
    if unknown:
        raise AssignmentError("unknown_own_unit", units=unknown, names=", ".join(map(repr, unknown)))
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
