"""Reading rounds and what belongs to them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from survey_app.models.ballots import Ballot
from survey_app.models.roll import DesignCell
from survey_app.models.rounds import RespondentGroup, RoundUnit, SurveyRound
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
    found = session.scalars(
        select(Unit.code)
        .join(RoundUnit, RoundUnit.unit_id == Unit.id)
        .where(RoundUnit.survey_round_id == survey_round_id)
        .order_by(Unit.id)
    )
    return list(found)


def ballots_of_round(survey_round_id: int) -> Select[tuple[UUID]]:
    """A subquery: the ids of the round's ballots."""
    return (
        select(Ballot.id)
        .join(DesignCell, DesignCell.id == Ballot.design_cell_id)
        .join(RespondentGroup, RespondentGroup.id == DesignCell.respondent_group_id)
        .where(RespondentGroup.survey_round_id == survey_round_id)
    )
