"""What booklets and cells must keep to, and why it cannot be had: people, units, numbers that would do."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from sampling.assignment import AssignmentError
from sampling.block_design import Counts, Incidence
from sampling.dealing import Kinds, Seats

MAX_RATINGS = 120  # units x questions that one person answers
MOST_NAMES = 12  # in a refusal


class AreaRule(StrEnum):
    """What the area of an invitee decides."""

    ONLY = "only"  # the booklet holds units of the own area only
    INCLUDE = "include"  # the booklet holds at least one unit of the own area


@dataclass(frozen=True, slots=True)
class Invitee:
    """A person to be given a booklet."""

    ref: str
    own: str | None = None  # the code of the own unit; None: belongs to none of the units
    area: str | None = None


@dataclass(frozen=True, slots=True)
class RatedUnit:
    """A unit to be rated."""

    code: str
    area: str | None = None
    target: float = 1.0  # ratings wanted, in proportion to those of the other units


@dataclass(frozen=True, slots=True, kw_only=True)
class BookletRules:
    """What every booklet and every cell must keep to."""

    size: int  # units in a booklet, at most
    min_cell: int = 10  # people who share a booklet, at least
    not_own: bool = False
    area_rule: AreaRule | None = None
    max_load: int | None = None  # units that a person may be asked about
    questions: int = 1  # asked about each unit; units x questions <= MAX_RATINGS
    per_unit: int = 0  # ratings of each unit, at least, if all answer
    largest_share: float = 0.5  # of a booklet's people, for those of one unit
    n_booklets: int | None = None  # in each area, if the area decides; None: as many as the people fill well


@dataclass(frozen=True, slots=True)
class Part:
    """Invitees and units among whom booklets are dealt: all, or those of one area."""

    where: str  # the beginning of a refusal
    units: tuple[RatedUnit, ...]
    people: Counts  # positions of its invitees
    invitees: tuple[Invitee, ...]

    @property
    def codes(self) -> list[str]:
        return [unit.code for unit in self.units]

    @property
    def homes(self) -> Counter[str]:
        """People by own unit."""
        return Counter(invitee.own for invitee in self.invitees if invitee.own is not None)


def check_lists(invitees: Sequence[Invitee], units: Sequence[RatedUnit], rules: BookletRules) -> None:
    """Refuse lists that are empty, hold a name twice, or do not know each other's units and areas."""
    for what, names in (("ref", [one.ref for one in invitees]), ("unit", [unit.code for unit in units])):
        if not names:
            raise AssignmentError("nobody_to_assign", what=what)
        twice = [name for name, times in Counter(names).items() if times > 1]
        if twice:
            raise AssignmentError("stands_twice", what=what, names=listed(twice))
    for unit in units:
        if not (math.isfinite(unit.target) and unit.target > 0):
            raise AssignmentError("target_not_positive", unit=unit.code, value=unit.target)
    unknown = sorted({one.own for one in invitees if one.own is not None} - {unit.code for unit in units})
    if unknown:
        raise AssignmentError("unknown_own_unit", units=unknown, names=listed(map(repr, unknown)))
    if rules.area_rule is None:
        return
    asked, there = {str(one.area) for one in invitees}, {str(unit.area) for unit in units}
    if asked - there:
        raise AssignmentError("unknown_area", areas=listed(sorted(asked - there)))
    if rules.area_rule == AreaRule.ONLY and there - asked:
        raise AssignmentError("area_without_invitees", areas=listed(sorted(there - asked)))


def check_load(rules: BookletRules) -> None:
    """Refuse rules that are no counts, and booklets that are more than a person can bear."""
    least = {"size": 1, "min_cell": 1, "questions": 1, "per_unit": 0, "max_load": 1, "n_booklets": 1}
    for name, smallest in least.items():
        value = getattr(rules, name)
        if value is not None and (type(value) is not int or value < smallest):
            raise AssignmentError("not_a_count", name=name, value=value, least=smallest)
    if not 0 < rules.largest_share <= 1:
        raise AssignmentError("largest_share_out_of_range", value=rules.largest_share)
    if rules.max_load is not None and rules.size > rules.max_load:
        raise AssignmentError("booklet_too_long", size=rules.size, most=rules.max_load)
    if rules.size * rules.questions > MAX_RATINGS:
        raise AssignmentError(
            "too_many_ratings",
            size=rules.size,
            questions=rules.questions,
            ratings=rules.size * rules.questions,
            most=MAX_RATINGS,
            fitting=MAX_RATINGS // rules.questions,
        )


def check_part(part: Part, rules: BookletRules, size: int) -> None:
    """Refuse what no booklets of this size could keep, whatever is in them."""
    n, n_units, homes = len(part.people), len(part.units), part.homes
    inside = sorted(set(homes) & set(part.codes))
    if rules.not_own and inside and size >= n_units > 1:
        raise AssignmentError(
            "own_unit_in_every_booklet",
            where=part.where,
            size=size,
            units=n_units,
            homes=listed(inside),
            fitting=max(n_units - math.ceil(1 / rules.largest_share), 1),
        )
    for home, people in homes.items():
        if people > rules.largest_share * n:
            raise AssignmentError(
                "one_unit_dominates", where=part.where, home=home, people=people, total=n, share=rules.largest_share
            )
    if n * size < rules.per_unit * n_units:
        raise AssignmentError(
            "too_few_ratings",
            where=part.where,
            invitees=n,
            size=size,
            ratings=n * size,
            per_unit=rules.per_unit,
            units=n_units,
            needed=math.ceil(rules.per_unit * n_units / size),
        )
    total = sum(unit.target for unit in part.units)
    for unit in part.units:
        if 1 < size < n_units and unit.target * size > total * (1 + 1e-9):
            raise AssignmentError(
                "target_too_large",
                where=part.where,
                unit=unit.code,
                wanted=n * size * unit.target / total,
                invitees=n,
                fitting=(total - unit.target) / (size - 1),
            )


def reason(part: Part, rules: BookletRules, held: Incidence, kinds: Kinds, found: Seats) -> AssignmentError:
    """The refusal of a deal that cannot be completed: whose people, which booklet, which units."""
    if found.without.any():
        return AssignmentError(
            "invitees_without_booklet",
            where=part.where,
            people=int(found.without.sum()),
            homes=_counted(_names_of_kinds(part, kinds), found.without),
            share=rules.largest_share,
        )
    if found.missing.any():
        worst = int(found.missing.argmax())
        return AssignmentError(
            "booklets_lack_people",
            where=part.where,
            booklets=f"booklet {worst + 1:02}",
            min_cell=rules.min_cell,
            eligible=int(kinds.sizes[kinds.allowed[:, worst]].sum()),
            share=rules.largest_share,
            missing=int(found.missing[worst]),
            units=listed(np.array(part.codes)[held[:, worst]].tolist()),
        )
    fewest = int(held.sum(axis=1).min())
    return AssignmentError(
        "units_lack_ratings",
        where=part.where,
        per_unit=rules.per_unit,
        units=_counted(part.codes, found.short, rules.per_unit),
        needed=math.ceil(rules.per_unit / fewest) * held.shape[1],
    )


def _names_of_kinds(part: Part, kinds: Kinds) -> list[str]:
    homes = sorted(part.homes)
    return [homes[home] if home >= 0 else "–" for home in kinds.home]


def _counted(names: Sequence[str], counts: Counts, less_from: int = 0) -> str:
    """Names with their counts where these are not zero: "A (3), B (1)"; or with what is left of a number."""
    shown = [
        (name, less_from - count if less_from else count) for name, count in zip(names, counts, strict=True) if count
    ]
    return listed([f"{name} ({count})" for name, count in shown])


def listed(names: Iterable[str]) -> str:
    """The names, the first ones if they are many."""
    found = list(names)
    more = f", … ({len(found)})" if len(found) > MOST_NAMES else ""
    return ", ".join(found[:MOST_NAMES]) + more
