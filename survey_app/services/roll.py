"""Filling the roll: people into cells, links from the round's key, files that leave the house."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sampling import assignment
from survey_app.models.roll import DesignCell, Invitee, OutgoingFile
from survey_app.models.rounds import Mode, RatingScope, RespondentGroup, SurveyRound
from survey_app.queries.rounds import round_unit_codes
from survey_app.security import code_hash, link_secret, write_code

LINKS_LIVE = timedelta(days=30)


class RollClosed(ValueError):
    """People can be invited only while the round is a draft: afterwards the cells are what people were told."""


class RollFilled(ValueError):
    """This group was invited already; its cells cannot be dealt again."""


class NobodyToInvite(ValueError):
    """The list of people is empty."""


class RefTaken(ValueError):
    """A number stands twice among the people of a round."""


class WrongMode(ValueError):
    """Personal invitations belong to groups with personal links, posters to groups with open links."""


@dataclass(frozen=True, slots=True)
class Person:
    """One line of a list of invitees."""

    ref: str  # the researcher's own number
    own_unit: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    ref: str
    group_code: str
    code: str


class Fate(StrEnum):
    """What became of a file with links that was to be destroyed."""

    DESTROYED = "destroyed"
    NOT_FOUND = "not_found"  # it was moved or removed: nobody here can say that it is gone
    STILL_THERE = "still_there"


@dataclass(frozen=True, slots=True)
class Removal:
    """What became of one file; ``reason`` is the system's, if the file is still there."""

    path: Path
    fate: Fate
    reason: str = ""


def invite(
    session: Session,
    survey_round: SurveyRound,
    group: RespondentGroup,
    people: Sequence[Person],
    *,
    round_key: bytes,
    seed: int,
) -> int:
    """Put people on the roll, in an order that tells nothing, each in the cell that decides whom they rate.

    The same list and seed give the same cells; both are noted with the group, the list by its hash.
    """
    _require_empty_draft(session, survey_round, group, Mode.PERSONAL_LINK)
    if not people:
        raise NobodyToInvite(group.code)
    rng = np.random.default_rng(seed)
    group.draw_seed, group.list_sha256 = seed, list_sha256(people)
    rows = []
    for cell in _cells(session, survey_round, group, people, rng):
        row = DesignCell(
            respondent_group_id=group.id,
            code=cell.code,
            rated_units=list(cell.rated_units),
            n_invited=len(cell.members),
        )
        session.add(row)
        session.flush()
        rows += [new_invitee(survey_round.id, row.id, people[i].ref, round_key) for i in cell.members]
    try:
        session.execute(insert(Invitee), sorted(rows, key=lambda invitee: str(invitee["id"])))
    except IntegrityError:
        raise RefTaken(group.code) from None
    return len(rows)


def list_sha256(people: Iterable[Person]) -> str:
    """The SHA-256 of a list in the order given: a line for each person in UTF-8, ref, tab, own unit."""
    return hashlib.sha256("".join(f"{person.ref}\t{person.own_unit}\n" for person in people).encode()).hexdigest()


def open_posters(session: Session, survey_round: SurveyRound, group: RespondentGroup) -> int:
    """One public link per unit (or one for all, when the respondent chooses the unit); how many were made."""
    _require_empty_draft(session, survey_round, group, Mode.OPEN_LINK)
    units = round_unit_codes(session, survey_round.id)
    own = group.rating_scope == RatingScope.OWN
    cells = [(unit, [unit]) for unit in units] if own else [("all", units)]
    session.add_all(
        DesignCell(respondent_group_id=group.id, code=code, rated_units=rated, public_code=secrets.token_hex(4))
        for code, rated in cells
    )
    session.flush()
    return len(cells)


def links(session: Session, survey_round: SurveyRound, round_key: bytes) -> Iterator[Link]:
    """The personal links of a round, derived anew each time; writing them out is the caller's to account for."""
    found = session.execute(
        select(Invitee.id, Invitee.ref, RespondentGroup.code)
        .join(DesignCell, DesignCell.id == Invitee.design_cell_id)
        .join(RespondentGroup, RespondentGroup.id == DesignCell.respondent_group_id)
        .where(Invitee.survey_round_id == survey_round.id)
        .order_by(RespondentGroup.position, Invitee.ref)
    )
    for invitee_id, ref, group_code in found:
        yield Link(ref=ref, group_code=group_code, code=write_code(link_secret(round_key, invitee_id)))


def note_outgoing_file(session: Session, survey_round: SurveyRound, path: Path, today: date) -> OutgoingFile:
    """Remember a file with links until it is destroyed."""
    noted = session.scalar(select(OutgoingFile).where(OutgoingFile.path == str(path)))
    if noted is None:
        noted = OutgoingFile(path=str(path))
    noted.survey_round_id = survey_round.id  # a file that was overwritten belongs to the round whose links it holds
    noted.made_on, noted.expires_on, noted.destroyed_on = today, today + LINKS_LIVE, None
    session.add(noted)
    session.flush()
    return noted


def take_back_outgoing_file(session: Session, path: Path) -> None:
    """Remove a file that could not be written whole, and the note of it. It stays noted if it cannot be removed."""
    path.unlink(missing_ok=True)
    session.execute(delete(OutgoingFile).where(OutgoingFile.path == str(path)))


def destroy_outgoing_files(session: Session, today: date, *, survey_round: SurveyRound | None = None) -> list[Removal]:
    """Remove the files with links that have expired, or all of one round; what became of each.

    Only a file that was removed here counts as destroyed. One that is elsewhere now, or stays, is tried again.
    """
    due = select(OutgoingFile).where(OutgoingFile.destroyed_on.is_(None)).order_by(OutgoingFile.id)
    if survey_round is None:
        due = due.where(OutgoingFile.expires_on <= today)
    else:
        due = due.where(OutgoingFile.survey_round_id == survey_round.id)
    removals = []
    for noted in session.scalars(due):
        removal = _remove(Path(noted.path))
        if removal.fate == Fate.DESTROYED:
            noted.destroyed_on = today
        removals.append(removal)
    session.flush()
    return removals


def _remove(path: Path) -> Removal:
    try:
        path.unlink()
    except FileNotFoundError:
        return Removal(path, Fate.NOT_FOUND)
    except OSError as error:
        return Removal(path, Fate.STILL_THERE, error.strerror or str(error))
    return Removal(path, Fate.DESTROYED)


def _require_empty_draft(session: Session, survey_round: SurveyRound, group: RespondentGroup, mode: Mode) -> None:
    if survey_round.status != "draft":
        raise RollClosed(survey_round.code)
    if group.mode != mode:
        raise WrongMode(f"{group.code}: {group.mode}")
    if session.scalar(select(DesignCell.id).where(DesignCell.respondent_group_id == group.id).limit(1)):
        raise RollFilled(group.code)


def _cells(
    session: Session,
    survey_round: SurveyRound,
    group: RespondentGroup,
    people: Sequence[Person],
    rng: np.random.Generator,
) -> list[assignment.Cell]:
    units = round_unit_codes(session, survey_round.id)
    own = [person.own_unit for person in people]
    match RatingScope(group.rating_scope):
        case RatingScope.ALL_UNITS:
            return assignment.one_cell(units, len(people))
        case RatingScope.OWN:
            return assignment.own_cells(units, own)
        case RatingScope.ALL_BUT_OWN:
            return assignment.all_but_own_cells(units, own, min_cell=survey_round.min_cell)
        case RatingScope.BOOKLET:
            return assignment.booklet_cells(
                units, len(people), size=group.booklet_size, min_cell=survey_round.min_cell, rng=rng
            )
        case RatingScope.CHOSEN:
            raise WrongMode(group.code)


def new_invitee(round_id: int, cell_id: int, ref: str, round_key: bytes) -> dict[str, object]:
    """A row of the roll, with an identity drawn now and the hash of the link that follows from it."""
    invitee_id: UUID = uuid4()
    return {
        "id": invitee_id,
        "survey_round_id": round_id,
        "design_cell_id": cell_id,
        "ref": ref,
        "code_hash": code_hash(link_secret(round_key, invitee_id)),
    }
