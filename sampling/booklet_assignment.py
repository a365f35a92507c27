"""Booklets under rules: nobody rates the own unit, only (or also) the own area, no more than a person can bear.

What a ballot tells. It shows its booklet, so its maker is one of the people who share the booklet: the cell, at least
``min_cell``. Where nobody may rate the own unit, the booklet also tells that its maker belongs to none of its units;
where the area decides, that he or she is of that area. Both follow from membership in the cell and add nothing to it.

Guaranteed, even to a reader who has the list, the seed and this code: every booklet is shared by at least ``min_cell``
invitees, and of these at most ``largest_share`` belong to one unit, so that neither the maker nor the maker's unit can
be named better than by drawing lots in the cell (1 in ``min_cell``, and ``largest_share``). This is l-diversity of the
own unit (Machanavajjhala and others 2007), with l = 1 / ``largest_share``.

Not guaranteed: anything against a reader who knows what somebody answered, or who did not answer; against other things
on the ballot (group, mode, day, language, background answers divide the cell further: checked before a round opens);
against the booklets of one person in two rounds, read together; where everybody in a cell says the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sampling.assignment import AssignmentError, Cell, booklet_cell, number_of_booklets
from sampling.block_design import Counts, DesignProperties, Incidence, design_properties
from sampling.booklet_rules import (
    AreaRule,
    BookletRules,
    Invitee,
    Part,
    RatedUnit,
    check_lists,
    check_load,
    check_part,
    reason,
)
from sampling.booklets import booklet_design, fewest_booklets, proportional_replications
from sampling.dealing import Kinds, Limits, by_lot, seats

SHRINKINGS = 5  # how often fewer booklets are tried where the rules cannot be kept


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who rates which units."""

    cells: tuple[Cell, ...]  # the booklets, with positions in the list of invitees
    designs: Mapping[str, DesignProperties]  # area -> its design counted in people; "": all, if areas do not divide

    def table(self, invitees: Sequence[Invitee]) -> pd.DataFrame:
        """One row per invitee, in the order of the list: ref, booklet, units (codes apart by a space)."""
        rows = [(i, cell.code, " ".join(cell.rated_units)) for cell in self.cells for i in cell.members]
        rows.sort()
        refs = [invitees[i].ref for i, _code, _units in rows]
        return pd.DataFrame({"ref": refs, "booklet": [row[1] for row in rows], "units": [row[2] for row in rows]})


def assign_booklets(
    invitees: Sequence[Invitee], units: Sequence[RatedUnit], rules: BookletRules, *, rng: np.random.Generator
) -> Assignment:
    """Give every invitee exactly one booklet so that all rules are kept and the units can be compared.

    Parameters
    ----------
    invitees, units : sequences
        Refs and codes must be unique. The order of the invitees does not matter: they are dealt in order of ref.
    rules : BookletRules
    rng : numpy.random.Generator
        The same lists, rules and generator state give the same assignment (with one version of numpy and scipy).

    Returns
    -------
    Assignment
        Cells numbered through, and the properties of the design of each area. With ``AreaRule.ONLY`` units of
        different areas have no raters in common and cannot be compared through these booklets.

    Raises
    ------
    SamplingError
        Where a rule cannot be kept: which, for whom, and what would do. The refusal names invitees by own unit.

    Notes
    -----
    Booklets come from :func:`sampling.booklets.booklet_design`; people into booklets is an integer program
    (:mod:`sampling.dealing`), then lots. Where it has no solution, it is asked again with fewer booklets.
    """
    check_lists(invitees, units, rules)
    check_load(rules)
    cells: list[Cell] = []
    designs: dict[str, DesignProperties] = {}
    for area, part in _parts(invitees, units, rules):
        held, booklet_of = _dealt(part, rules, rng)
        groups = [part.people[booklet_of == number] for number in range(held.shape[1])]
        cells += [
            booklet_cell(len(cells) + number, part.codes, np.flatnonzero(column), members)
            for number, (column, members) in enumerate(zip(held.T, groups, strict=True), 1)
        ]
        designs[area] = design_properties(held, [len(members) for members in groups])
    return Assignment(tuple(cells), designs)


def _parts(invitees: Sequence[Invitee], units: Sequence[RatedUnit], rules: BookletRules) -> Iterator[tuple[str, Part]]:
    """The areas in the order of the units, or everybody; people in order of ref."""
    ordered = sorted(range(len(invitees)), key=lambda i: invitees[i].ref)
    if rules.area_rule != AreaRule.ONLY:
        yield "", Part("", tuple(units), np.array(ordered), tuple(invitees[i] for i in ordered))
        return
    for area in dict.fromkeys(str(unit.area) for unit in units):
        inside = [i for i in ordered if str(invitees[i].area) == area]
        theirs = tuple(unit for unit in units if str(unit.area) == area)
        yield area, Part(f"{area}: ", theirs, np.array(inside), tuple(invitees[i] for i in inside))


def _dealt(part: Part, rules: BookletRules, rng: np.random.Generator) -> tuple[Incidence, Counts]:
    """The booklets of a part and the booklet of each of its people, or the reason why there are none."""
    size = min(rules.size, len(part.units))
    check_part(part, rules, size)
    limits = Limits(rules.min_cell, rules.largest_share, rules.per_unit)
    refusals: list[tuple[int, AssignmentError]] = []
    for n_booklets in _numbers(part, rules, size):
        held = _design(part, n_booklets, size, rng)
        kinds, kind_of = _kinds(part, rules, held)
        if _unruled(kinds, held, limits):
            return held, _even(len(part.people), n_booklets, rng)
        found = seats(kinds, held, limits)
        if not found.broken:
            return held, by_lot(kind_of, kinds, found.people, limits, rng)
        refusals.append((found.broken, reason(part, rules, held, kinds, found)))
    raise min(refusals, key=lambda refusal: refusal[0])[1]


def _numbers(part: Part, rules: BookletRules, size: int) -> list[int]:
    """The numbers of booklets to try: the wanted one, or the best and then fewer, which leave people more choice."""
    n = len(part.people)
    most = number_of_booklets(len(part.units), n, size=size, min_cell=rules.min_cell, where=part.where)
    least = fewest_booklets(len(part.units), size)
    if rules.n_booklets is None:
        fewer = {most, least, *np.geomspace(most, least, SHRINKINGS).astype(int).tolist()}
        enough = [number for number in range(most, least - 1, -1) if _evenly_enough(part, rules, size, number)]
        return [*enough[:SHRINKINGS], *sorted(fewer - set(enough[:SHRINKINGS]), reverse=True)]
    possible = n // rules.min_cell
    if not least <= rules.n_booklets <= possible:
        raise AssignmentError(
            "booklets_out_of_range",
            where=part.where,
            booklets=rules.n_booklets,
            least=least,
            most=possible,
            min_cell=rules.min_cell,
        )
    return [rules.n_booklets]


def _evenly_enough(part: Part, rules: BookletRules, size: int, n_booklets: int) -> bool:
    """Whether equal numbers of people give every unit its ratings, all units being as often in booklets."""
    return (n_booklets * size // len(part.units)) * (len(part.people) // n_booklets) >= rules.per_unit


def _design(part: Part, n_booklets: int, size: int, rng: np.random.Generator) -> Incidence:
    targets = np.array([unit.target for unit in part.units])
    wanted = proportional_replications(targets, n_booklets, size) if np.ptp(targets) else None
    return booklet_design(len(part.units), n_booklets, size, rng=rng, replications=wanted)


def _kinds(part: Part, rules: BookletRules, held: Incidence) -> tuple[Kinds, Counts]:
    """People of one own unit (and area, if it matters) may get the same booklets; and the kind of each person."""
    by_area = rules.area_rule == AreaRule.INCLUDE
    keys = [(one.own, str(one.area) if by_area else "") for one in part.invitees]
    kinds = sorted(set(keys), key=lambda kind: (kind[0] is not None, kind))
    number = {kind: i for i, kind in enumerate(kinds)}
    kind_of = np.array([number[key] for key in keys])
    allowed = np.ones((len(kinds), held.shape[1]), dtype=bool)
    place = {code: i for i, code in enumerate(part.codes)}
    areas = np.array([str(unit.area) for unit in part.units])
    for i, (own, area) in enumerate(kinds):
        if rules.not_own and own in place:
            allowed[i] &= ~held[place[own]]
        if by_area:
            allowed[i] &= held[areas == area].any(axis=0)
    homes = {own: i for i, own in enumerate(sorted(part.homes))}
    home = np.array([-1 if own is None else homes[own] for own, _area in kinds])
    return Kinds(np.bincount(kind_of, minlength=len(kinds)), allowed, home), kind_of


def _unruled(kinds: Kinds, held: Incidence, limits: Limits) -> bool:
    """Whether any even deal keeps the rules, so that plain lots may decide."""
    per_booklet = int(kinds.sizes.sum()) // held.shape[1]
    homes = np.bincount(kinds.home[kinds.home >= 0], weights=kinds.sizes[kinds.home >= 0])
    return bool(
        kinds.allowed.all()
        and held.sum(axis=1).min() * per_booklet >= limits.per_unit
        and (homes <= math.floor(limits.largest_share * per_booklet)).all()
    )


def _even(n_people: int, n_booklets: int, rng: np.random.Generator) -> Counts:
    booklet_of = np.empty(n_people, dtype=np.int64)
    for number, members in enumerate(np.array_split(rng.permutation(n_people), n_booklets)):
        booklet_of[members] = number
    return booklet_of
