"""Drawn people on the roll: their cells with what they stand for, their sealed contacts, their replacements in reserve.

A cell is the finest thing that a ballot tells of its maker, so it holds no fewer people than the round promises: of a
draw in two stages small first-stage units of one stratum are put together; people who were drawn directly share the
cell of their stratum.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import pandas as pd
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey_app.models.designs import Draw, Frame
from survey_app.models.roll import DesignCell, Invitee
from survey_app.models.rounds import Mode, RatingScope, RespondentGroup, Status, SurveyRound
from survey_app.queries.rounds import round_unit_codes
from survey_app.services.contacts import save_contacts
from survey_app.services.draw_plans import CENSUS, TWO_STAGE
from survey_app.services.frame_checks import CONTACT_FIELDS
from survey_app.services.roll import Person, RefTaken, RollClosed, RollFilled, WrongMode, invite, new_invitee

EVERYBODY = "all"  # the stratum of a draw without strata
EQUAL = 1e-9  # relative difference of weights that are one


class NothingInReserve(ValueError):
    """The group has no replacements that nobody was asked to stand in for yet."""


@dataclass(frozen=True, slots=True)
class Invited:
    """What became of a draw on the roll."""

    people: int  # asked first
    reserve: int
    cells: int
    smallest: int  # people of the smallest cell


@dataclass(frozen=True, slots=True)
class _Cell:
    code: str
    strata: tuple[str, ...]
    psu: str | None
    rated_units: list[str]
    rows: pd.DataFrame  # of the sample, replacements included


@dataclass(frozen=True, slots=True)
class _Order:
    """Whom to put on the roll of which group."""

    survey_round: SurveyRound
    group: RespondentGroup
    draw: Draw
    people: pd.DataFrame
    round_key: bytes
    least: int


def invite_drawn(
    session: Session,
    survey_round: SurveyRound,
    group: RespondentGroup,
    draw: Draw,
    sample: pd.DataFrame,
    *,
    round_key: bytes,
    contact_key: bytes,
    today: date,
    least: int | None = None,
) -> Invited:
    """Put the people of a draw on the roll, those asked first and their replacements; a second time changes nothing.

    Parameters
    ----------
    sample : as :func:`survey_app.services.draws.drawn_people` gives it
    least : people in a cell at least; the round's ``min_cell`` if not given

    Raises
    ------
    RollClosed, WrongMode, RollFilled, RefTaken : as :func:`survey_app.services.roll.invite`
    """
    if draw.invited_on is None:
        _require(session, survey_round, group)
        people = _people(session, group, draw, sample)
        order = _Order(survey_round, group, draw, people, round_key, least or survey_round.min_cell)
        ids = _deal(session, order) if _is_dealt(group, draw, people) else _in_cells(session, order)
        _save_contacts(session, contact_key, people, ids)
        draw.invited_on = today
        session.flush()
    return invited(session, group)


def invited(session: Session, group: RespondentGroup) -> Invited:
    """How many people and cells a group has."""
    own = DesignCell.respondent_group_id == group.id
    waves = select(Invitee.wave, func.count()).join(DesignCell, DesignCell.id == Invitee.design_cell_id).where(own)
    n_by_wave = dict(session.execute(waves.group_by(Invitee.wave)).all())
    cells = session.scalars(select(DesignCell.n_invited).where(own)).all()
    asked = sum(n for wave, n in n_by_wave.items() if wave <= group.released_wave)
    reserve = sum(n_by_wave.values()) - asked
    return Invited(asked, reserve, len(cells), min(cells, default=0))


def release_wave(session: Session, survey_round: SurveyRound, group: RespondentGroup) -> int:
    """Let the next wave of replacements be asked beside those asked so far; how many they are.

    Together they are a larger sample of the same people, so each stands for fewer.
    """
    if survey_round.status == Status.CLOSED:
        raise RollClosed(survey_round.code)
    waiting = (
        select(Invitee.design_cell_id, func.count())
        .join(DesignCell, DesignCell.id == Invitee.design_cell_id)
        .where(DesignCell.respondent_group_id == group.id, Invitee.wave == group.released_wave + 1)
        .where(Invitee.revoked_on.is_(None))
        .group_by(Invitee.design_cell_id)
    )
    found = session.execute(waiting).all()
    if not found:
        raise NothingInReserve(group.code)
    for cell_id, n_more in found:
        cell = session.get_one(DesignCell, cell_id)
        asked = cell.n_invited + n_more
        if cell.design_weight is not None:
            cell.design_weight *= cell.n_invited / asked
        cell.n_invited = asked
    group.released_wave += 1
    session.flush()
    return sum(n_more for _cell, n_more in found)


def _require(session: Session, survey_round: SurveyRound, group: RespondentGroup) -> None:
    """A draft, personal links, and no cells but those of other draws."""
    if survey_round.status != Status.DRAFT:
        raise RollClosed(survey_round.code)
    if group.mode != Mode.PERSONAL_LINK:
        raise WrongMode(f"{group.code}: {group.mode}")
    of_a_list = select(DesignCell.id).where(
        DesignCell.respondent_group_id == group.id, DesignCell.design_weight.is_(None)
    )
    if session.scalar(of_a_list.limit(1)):
        raise RollFilled(group.code)


def _people(session: Session, group: RespondentGroup, draw: Draw, sample: pd.DataFrame) -> pd.DataFrame:
    """A row for each person and unit, with the weight for those asked first; numbers as the roll will show them."""
    label = sample["psu"] if draw.method == TWO_STAGE else sample["unit_code"] if draw.spec["sizes"] else ""
    rows = sample.assign(label=label)
    n_drawn = rows.groupby("label")["wave"].transform("size")
    n_first = (rows["wave"] == 0).groupby(rows["label"]).transform("sum")
    rows["design_weight"] = rows["base_weight"] * n_drawn / n_first
    once = rows.sort_values(["wave", "turn"], kind="stable").drop_duplicates(["person", "unit_code"])
    both = rows.groupby(["person", "unit_code"])["design_weight"].sum()  # reached through two files
    keys = pd.MultiIndex.from_frame(once[["person", "unit_code"]])
    once = once.assign(design_weight=both.reindex(keys).to_numpy())
    refs_from = session.get_one(Frame, draw.frame_id).report.get("refs", "given")
    roll_ref = once["ref"] if refs_from == "given" else f"{group.code}-" + once["ref"]
    return once.assign(roll_ref=roll_ref).sort_values("roll_ref").reset_index(drop=True)


def _is_dealt(group: RespondentGroup, draw: Draw, people: pd.DataFrame) -> bool:
    """Whether cells depend on units alone and nobody stands for more people than another."""
    if draw.method == CENSUS or group.rating_scope in (RatingScope.BOOKLET, RatingScope.ALL_BUT_OWN):
        return True
    least, greatest = people["design_weight"].min(), people["design_weight"].max()
    return group.rating_scope == RatingScope.ALL_UNITS and greatest <= least * (1 + EQUAL) and draw.method != TWO_STAGE


def _deal(session: Session, order: _Order) -> dict[str, UUID]:
    """Cells as for any list of people; replacements stay in the draw, since no booklets were dealt to them."""
    first = order.people[order.people["wave"] == 0]
    listed = [Person(ref, own) for ref, own in zip(first["roll_ref"], first["unit_code"], strict=True)]
    invite(session, order.survey_round, order.group, listed, round_key=order.round_key, seed=order.draw.seed)
    found = session.execute(
        select(Invitee.ref, Invitee.id)
        .join(DesignCell, DesignCell.id == Invitee.design_cell_id)
        .where(DesignCell.respondent_group_id == order.group.id)
    )
    return dict(found.all())


def _in_cells(session: Session, order: _Order) -> dict[str, UUID]:
    """Cells by stratum and first-stage unit, with what each of their people stands for."""
    units = round_unit_codes(session, order.survey_round.id)
    population = {entry["code"]: int(entry["population"]) for entry in order.draw.counts["strata"]}
    rows = []
    for cell in _cells(order, units):
        first = cell.rows[cell.rows["wave"] == 0]
        row = DesignCell(
            respondent_group_id=order.group.id,
            code=cell.code,
            rated_units=cell.rated_units,
            n_invited=len(first),
            stratum=" + ".join(cell.strata),
            psu=cell.psu,
            design_weight=float(first["design_weight"].mean()),
            population=sum(population.get(code, int(order.draw.counts["frame"])) for code in cell.strata),
        )
        session.add(row)
        _flush(session, RollFilled(f"{order.group.code}: {cell.code}"))
        pairs = zip(cell.rows["roll_ref"], cell.rows["wave"].tolist(), strict=True)
        rows += [
            new_invitee(order.survey_round.id, row.id, ref, order.round_key) | {"wave": wave} for ref, wave in pairs
        ]
    try:
        session.execute(insert(Invitee), sorted(rows, key=lambda invitee: str(invitee["id"])))
    except IntegrityError:
        raise RefTaken(order.group.code) from None
    return {str(row["ref"]): UUID(str(row["id"])) for row in rows}


def _flush(session: Session, refusal: ValueError) -> None:
    try:
        session.flush()
    except IntegrityError:
        raise refusal from None


def _cells(order: _Order, units: list[str]) -> Iterator[_Cell]:
    """The cells of a group that rates its own unit, or of one whose strata stand for different numbers of people."""
    own, stratified = order.group.rating_scope == RatingScope.OWN, bool(order.draw.spec["sizes"])
    staged = order.draw.method == TWO_STAGE
    if not own and not staged:
        yield from _pooled_strata(order, units)
        return
    labels = order.people["unit_code"] if own or stratified else pd.Series(EVERYBODY, index=order.people.index)
    for label, rows in order.people.groupby(labels, sort=True):
        code = str(label)
        rated, strata = [code] if own else units, (code if stratified else EVERYBODY,)
        if not staged:
            yield _Cell(code, strata, None, rated, rows)
            continue
        for number, members in enumerate(together(_counts(rows, "psu"), order.least), start=1):
            name = f"{code}.{number:02}"
            yield _Cell(name, strata, name, rated, rows[rows["psu"].isin(members)])


def _pooled_strata(order: _Order, units: list[str]) -> Iterator[_Cell]:
    """A cell for each stratum; small ones are put together."""
    for number, members in enumerate(together(_counts(order.people, "unit_code"), order.least), start=1):
        code = members[0] if len(members) == 1 else f"pool.{number:02}"
        yield _Cell(code, tuple(members), None, units, order.people[order.people["unit_code"].isin(members)])


def _counts(rows: pd.DataFrame, column: str) -> dict[str, int]:
    """People asked first, by a column."""
    return {str(label): int(n) for label, n in rows[column][rows["wave"] == 0].value_counts().items()}


def together(n_people: Mapping[str, int], least: int) -> list[list[str]]:
    """First-stage units in the order of their names, put together until each lot has enough people."""
    lots: list[list[str]] = []
    n_in_lot = least
    for name, n in sorted(n_people.items()):
        if n_in_lot >= least:
            lots.append([])
            n_in_lot = 0
        lots[-1].append(name)
        n_in_lot += n
    if n_in_lot < least and len(lots) > 1:
        rest = lots.pop()
        lots[-1] += rest
    return lots


def _save_contacts(session: Session, contact_key: bytes, people: pd.DataFrame, ids: Mapping[str, UUID]) -> None:
    fields = {**{name: name for name in CONTACT_FIELDS}, "unit": "unit_code"}
    columns = [people[column].tolist() for column in fields.values()]
    contacts = {
        ids[ref]: dict(zip(fields, row, strict=True))
        for ref, *row in zip(people["roll_ref"].tolist(), *columns, strict=True)
        if ref in ids
    }
    save_contacts(session, contact_key, contacts)
