"""Reading rounds and what belongs to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from survey_app.models.ballots import Ballot
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
        RoundCount(r.code, r.purpose, r.status, r.opens_on, r.closes_on, n_invited, n // r.min_cell * r.min_cell)
        for r, n_invited, n in found
    ]


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
