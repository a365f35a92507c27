"""Reading rounds and what belongs to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from survey_app.models.ballots import Ballot
from survey_app.models.base import Texts
from survey_app.models.roll import DesignCell
from survey_app.models.rounds import InstrumentVersion, RespondentGroup, RoundUnit, SurveyRound
from survey_app.models.units import Unit


class UnknownRound(LookupError):
    """No round has this code."""


class UnknownGroup(LookupError):
    """The round has no group with this code."""


def round_by_code(session: Session, code: str) -> SurveyRound:
    """The round with this code."""
    found = session.scalar(select(SurveyRound).where(SurveyRound.code == code))
    if found is None:
        raise UnknownRound(code)
    return found


def group_by_code(survey_round: SurveyRound, code: str) -> RespondentGroup:
    """A group of the round."""
    for group in survey_round.groups:
        if group.code == code:
            return group
    raise UnknownGroup(f"{survey_round.code}: {code}; there are {', '.join(g.code for g in survey_round.groups)}")


def round_unit_codes(session: Session, survey_round_id: int) -> list[str]:
    """The codes of the round's units in the order of the city's list."""
    return [unit.code for unit in round_units(session, survey_round_id)]


def ballots_of_round(survey_round_id: int) -> Select[UUID]:
    """A subquery: the ids of the round's ballots."""
    return (
        select(Ballot.id)
        .join(DesignCell, DesignCell.id == Ballot.design_cell_id)
        .join(RespondentGroup, RespondentGroup.id == DesignCell.respondent_group_id)
        .where(RespondentGroup.survey_round_id == survey_round_id)
    )


def instrument_source(session: Session, version_id: int) -> str:
    """The text of a published questionnaire."""
    return session.scalars(select(InstrumentVersion.source).where(InstrumentVersion.id == version_id)).one()


@dataclass(frozen=True, slots=True)
class RoundCount:
    """A round with its people and ballots; ``n_ballots`` is rounded down to steps of k, so no single ballot shows."""

    code: str
    purpose: str
    status: str
    opens_on: date
    closes_on: date
    n_invited: int
    n_ballots: int
    survey_round_id: int = 0
    title: Texts = field(default_factory=dict)
    stage: str = ""


def rounds_with_counts(session: Session) -> list[RoundCount]:
    """Every round, with counts in steps of its smallest anonymity cell."""
    invited = (
        select(RespondentGroup.survey_round_id, func.sum(DesignCell.n_invited).label("n"))
        .join(DesignCell, DesignCell.respondent_group_id == RespondentGroup.id)
        .group_by(RespondentGroup.survey_round_id)
        .subquery()
    )
    ballots = (
        select(RespondentGroup.survey_round_id, func.count(Ballot.id).label("n"))
        .join(DesignCell, DesignCell.respondent_group_id == RespondentGroup.id)
        .join(Ballot, Ballot.design_cell_id == DesignCell.id)
        .group_by(RespondentGroup.survey_round_id)
        .subquery()
    )
    found = session.execute(
        select(SurveyRound, func.coalesce(invited.c.n, 0), func.coalesce(ballots.c.n, 0))
        .outerjoin(invited, invited.c.survey_round_id == SurveyRound.id)
        .outerjoin(ballots, ballots.c.survey_round_id == SurveyRound.id)
        .order_by(SurveyRound.id)
    )
    return [
        RoundCount(
            r.code,
            r.purpose,
            r.status,
            r.opens_on,
            r.closes_on,
            n_invited,
            in_steps(n, r.min_cell),
            survey_round_id=r.id,
            title=r.title,
            stage=r.stage,
        )
        for r, n_invited, n in found
    ]


def in_steps(n: int, step: int) -> int:
    """A count rounded down to steps of k, so that no single ballot shows."""
    return n // step * step


@dataclass(frozen=True, slots=True)
class GroupCount:
    """A respondent group with its people and ballots; ``n_ballots`` is rounded down to steps of k."""

    code: str
    title: Texts
    mode: str
    rating_scope: str
    booklet_size: int
    anonymous: bool
    target_ballots: int | None
    form_id: str
    version: str
    n_cells: int
    n_invited: int
    n_ballots: int


def groups_with_counts(session: Session, survey_round: SurveyRound) -> list[GroupCount]:
    """The groups of a round in their order, with counts in steps of its smallest anonymity cell."""
    cells = _counts_of_cells(session, survey_round.id)
    forms = {
        row.id: (row.form_id, row.version)
        for row in session.execute(
            select(InstrumentVersion.id, InstrumentVersion.form_id, InstrumentVersion.version).where(
                InstrumentVersion.id.in_([group.instrument_version_id for group in survey_round.groups])
            )
        )
    }
    made = []
    for group in survey_round.groups:
        n_cells, n_invited, n_ballots = cells.get(group.id, (0, 0, 0))
        form_id, version = forms[group.instrument_version_id]
        kept = ("code", "title", "mode", "rating_scope", "booklet_size", "anonymous", "target_ballots")
        made.append(
            GroupCount(
                **{name: getattr(group, name) for name in kept},
                form_id=form_id,
                version=version,
                n_cells=n_cells,
                n_invited=n_invited,
                n_ballots=in_steps(n_ballots, survey_round.min_cell),
            )
        )
    return made


def _counts_of_cells(session: Session, survey_round_id: int) -> dict[int, tuple[int, int, int]]:
    """Cells, people and ballots of each group, by its id."""
    ballots = (
        select(Ballot.design_cell_id, func.count().label("n"))
        .where(
            Ballot.design_cell_id.in_(
                select(DesignCell.id)
                .join(RespondentGroup, RespondentGroup.id == DesignCell.respondent_group_id)
                .where(RespondentGroup.survey_round_id == survey_round_id)
            )
        )
        .group_by(Ballot.design_cell_id)
        .subquery()
    )
    found = session.execute(
        select(
            DesignCell.respondent_group_id,
            func.count(DesignCell.id),
            func.sum(DesignCell.n_invited),
            func.coalesce(func.sum(ballots.c.n), 0),
        )
        .join(RespondentGroup, RespondentGroup.id == DesignCell.respondent_group_id)
        .outerjoin(ballots, ballots.c.design_cell_id == DesignCell.id)
        .where(RespondentGroup.survey_round_id == survey_round_id)
        .group_by(DesignCell.respondent_group_id)
    )
    return {group: (n_cells, n_invited, int(n_ballots)) for group, n_cells, n_invited, n_ballots in found}


@dataclass(frozen=True, slots=True)
class CityUnit:
    """A unit of a round's city, and whether the round assesses it."""

    id: int
    code: str
    name: str
    unit_type: str
    block: str
    is_chosen: bool


def city_units(session: Session, survey_round: SurveyRound) -> list[CityUnit]:
    """The units of a round's city in the order of its list."""
    chosen = set(session.scalars(select(RoundUnit.unit_id).where(RoundUnit.survey_round_id == survey_round.id)))
    found = session.scalars(select(Unit).where(Unit.city == survey_round.city).order_by(Unit.block, Unit.id))
    return [CityUnit(u.id, u.code, u.name, u.unit_type, u.block, u.id in chosen) for u in found]


def cities(session: Session) -> list[str]:
    """The cities whose units are known."""
    return list(session.scalars(select(Unit.city).distinct().order_by(Unit.city)))


def published_forms(session: Session) -> list[tuple[int, str, str, date]]:
    """(id, form, version, day) of every published questionnaire, the newest of each form first."""
    found = session.execute(
        select(
            InstrumentVersion.id, InstrumentVersion.form_id, InstrumentVersion.version, InstrumentVersion.published_on
        ).order_by(InstrumentVersion.form_id, InstrumentVersion.id.desc())
    )
    return [(row.id, row.form_id, row.version, row.published_on) for row in found]


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A public link: on the posters of one unit, or of the whole round."""

    group_code: str
    unit_name: str
    public_code: str


def open_links(session: Session, survey_round_id: int) -> list[OpenLink]:
    """The public links of a round."""
    found = session.execute(
        select(RespondentGroup.code, func.coalesce(Unit.name, DesignCell.code), DesignCell.public_code)
        .join(DesignCell, DesignCell.respondent_group_id == RespondentGroup.id)
        .join(SurveyRound, SurveyRound.id == RespondentGroup.survey_round_id)
        .outerjoin(Unit, and_(Unit.code == DesignCell.code, Unit.city == SurveyRound.city))
        .where(SurveyRound.id == survey_round_id, DesignCell.public_code.is_not(None))
        .order_by(RespondentGroup.position, DesignCell.id)
    )
    return [OpenLink(group_code, unit_name, public_code or "") for group_code, unit_name, public_code in found]


def round_units(session: Session, survey_round_id: int) -> list[Unit]:
    """The round's units in the order of the city's list."""
    found = session.scalars(
        select(Unit)
        .join(RoundUnit, RoundUnit.unit_id == Unit.id)
        .where(RoundUnit.survey_round_id == survey_round_id)
        .order_by(Unit.id)
    )
    return list(found)
