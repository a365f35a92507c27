"""The pilots of a round, and the cells in which the people of one were asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.models.base import Texts
from survey_app.models.roll import DesignCell
from survey_app.models.rounds import Mode, Purpose, RespondentGroup, SurveyRound
from survey_app.queries.rounds import groups_with_counts


@dataclass(frozen=True, slots=True)
class PilotShown:
    """A pilot with its people and ballots; ``n_ballots`` in steps of k, so that no single ballot shows."""

    code: str
    title: Texts
    stage: str
    opens_on: date
    closes_on: date
    n_invited: int
    n_ballots: int


def pilots_of(session: Session, survey_round: SurveyRound) -> list[PilotShown]:
    """The pilots of a round, the newest first."""
    found = session.scalars(
        select(SurveyRound)
        .where(SurveyRound.pilot_of_id == survey_round.id, SurveyRound.purpose == Purpose.PILOT)
        .order_by(SurveyRound.id.desc())
    )
    return [_shown(session, pilot) for pilot in found.all()]


def _shown(session: Session, pilot: SurveyRound) -> PilotShown:
    counts = groups_with_counts(session, pilot)
    return PilotShown(
        code=pilot.code,
        title=pilot.title,
        stage=pilot.stage,
        opens_on=pilot.opens_on,
        closes_on=pilot.closes_on,
        n_invited=sum(group.n_invited for group in counts),
        n_ballots=sum(group.n_ballots for group in counts),
    )


def piloted_round(session: Session, pilot: SurveyRound) -> SurveyRound | None:
    """The real round that a pilot was made for."""
    return session.get(SurveyRound, pilot.pilot_of_id) if pilot.pilot_of_id else None


@dataclass(frozen=True, slots=True)
class PilotCell:
    """Where people of a group were asked; ``n_invited`` is None for an open link."""

    group_code: str
    code: str
    stratum: str | None
    psu: str | None
    n_invited: int | None


def cells_of_pilot(session: Session, survey_round_id: int) -> list[PilotCell]:
    """The design cells of a round."""
    found = session.execute(
        select(RespondentGroup.code, RespondentGroup.mode, DesignCell)
        .join(DesignCell, DesignCell.respondent_group_id == RespondentGroup.id)
        .where(RespondentGroup.survey_round_id == survey_round_id)
        .order_by(RespondentGroup.position, DesignCell.id)
    )
    return [
        PilotCell(group, cell.code, cell.stratum, cell.psu, None if mode == Mode.OPEN_LINK else cell.n_invited)
        for group, mode, cell in found
    ]
