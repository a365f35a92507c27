"""Who plays: as many respondents as asked for, dealt to the links of a rehearsal.

Groups get respondents in proportion to the people invited, a poster counting as twelve people, but at least eight
each where the number allows. Within a group of several cells (own units, booklets) one cell after another gets about
ten respondents, so that the units that are covered pass the minimum of ballots and the others are plainly empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from sqlalchemy.orm import Session

from survey_app.models.rounds import SurveyRound
from survey_app.queries.rehearsals import invited
from survey_app.queries.rounds import open_links
from survey_app.security import personal_ballot_key
from survey_app.services.roll import links

PER_CELL = 10
LEAST_PER_GROUP = 8
PER_POSTER = 12


class TooFewInvited(ValueError):
    """More respondents were asked for than the round has invited, and it has no open link."""


@dataclass(frozen=True, slots=True)
class Part:
    """One respondent to play."""

    group: str
    path: str  # of the link
    ballot_key: bytes | None  # None: an open link, whose key only the visitor's cookie holds


Seats = Mapping[str, Sequence[Sequence[Part]]]
"""Group code -> cells -> parts that can be played there."""


def cast(session: Session, rehearsal: SurveyRound, round_key: bytes, n: int, rng: np.random.Generator) -> list[Part]:
    """The parts of n respondents, in the order in which they come."""
    seats = _seats(session, rehearsal, round_key, n)
    sizes = {group: sum(map(len, cells)) for group, cells in seats.items()}
    if sum(sizes.values()) < n:
        raise TooFewInvited(f"{n} > {sum(sizes.values())}")
    chosen = [part for group, share in shares(sizes, n).items() for part in _fill(seats[group], share, rng)]
    return [chosen[i] for i in rng.permutation(len(chosen))]


def shares(sizes: Mapping[str, int], n: int) -> dict[str, int]:
    """n split over groups in proportion to their sizes, by largest remainders, with a floor for small groups."""
    total = sum(sizes.values())
    exact = {group: n * size / total for group, size in sizes.items()}
    found = {group: int(quota) for group, quota in exact.items()}
    by_remainder = sorted(exact, key=lambda group: found[group] - exact[group])
    for group in by_remainder[: n - sum(found.values())]:
        found[group] += 1
    if n >= 2 * LEAST_PER_GROUP * len(sizes):
        for group, size in sizes.items():
            missing = min(LEAST_PER_GROUP, size) - found[group]
            if missing > 0:
                found[group] += missing
                found[max(found, key=found.__getitem__)] -= missing
    return found


def _seats(session: Session, rehearsal: SurveyRound, round_key: bytes, n: int) -> Seats:
    people = invited(session, rehearsal)
    seats: dict[str, dict[object, list[Part]]] = {}
    for link in links(session, rehearsal, round_key):
        invitee_id, cell_id = people[link.ref]
        part = Part(link.group_code, f"/p/{link.code}", personal_ballot_key(round_key, invitee_id))
        seats.setdefault(link.group_code, {}).setdefault(cell_id, []).append(part)
    posters = open_links(session, rehearsal.id)
    each = max(PER_POSTER, ceil((n - len(people)) / len(posters))) if posters else 0
    for poster in posters:
        part = Part(poster.group_code, f"/o/{poster.public_code}", None)
        seats.setdefault(poster.group_code, {})[poster.public_code] = [part] * each
    return {group: list(cells.values()) for group, cells in seats.items()}


def _fill(cells: Sequence[Sequence[Part]], n: int, rng: np.random.Generator) -> list[Part]:
    """n parts from one cell after another, about ten from each; what finds no seat there goes to the next seats."""
    if not n:
        return []
    covered = min(len(cells), max(1, round(n / PER_CELL)))
    shuffled = [[cell[i] for i in rng.permutation(len(cell))] for cell in cells]
    wanted = [n // covered + (i < n % covered) for i in range(covered)]
    chosen = [part for cell, want in zip(shuffled, wanted, strict=False) for part in cell[:want]]
    left = [part for i, cell in enumerate(shuffled) for part in cell[wanted[i] if i < covered else 0 :]]
    return chosen + left[: n - len(chosen)]
