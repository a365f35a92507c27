"""Counts of fieldwork: who was invited, what came back, by design cell. Never who."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.models.ballots import Ballot
from survey_app.models.designs import SamplePlan
from survey_app.models.people import Outcome
from survey_app.models.roll import DesignCell, Invitee
from survey_app.models.rounds import RespondentGroup


@dataclass(frozen=True, slots=True)
class CellCount:
    """A design cell with its numbers; ``unit`` is the one unit that its people rate, if there is just one."""

    cell_id: int
    group_id: int
    unit: str | None
    population: int | None
    invited: int  # in the waves that are released, without revoked links


def cells_with_invited(session: Session, survey_round_id: int) -> list[CellCount]:
    """The design cells of a round and how many people were invited to each."""
    found = session.execute(
        select(
            DesignCell.id,
            DesignCell.respondent_group_id,
            DesignCell.rated_units,
            DesignCell.population,
            DesignCell.n_invited,
        )
        .join(RespondentGroup, RespondentGroup.id == DesignCell.respondent_group_id)
        .where(RespondentGroup.survey_round_id == survey_round_id)
        .order_by(RespondentGroup.position, DesignCell.id)
    )
    return [
        CellCount(cell, group, units[0] if len(units) == 1 else None, people, n)
        for cell, group, units, people, n in found
    ]


def ballots_by_cell_and_day(session: Session, survey_round_id: int) -> list[tuple[int, date, int]]:
    """(design cell, day, ballots) of a round."""
    found = session.execute(
        select(Ballot.design_cell_id, Ballot.day, func.count())
        .where(Ballot.design_cell_id.in_(_cells_of(survey_round_id)))
        .group_by(Ballot.design_cell_id, Ballot.day)
    )
    return [(cell, day, n) for cell, day, n in found]


def outcomes_by_cell(session: Session, survey_round_id: int) -> list[tuple[int, str, int]]:
    """(design cell, outcome code, people) as staff noted them; a link that was withdrawn counts nowhere."""
    # "+ 0": by an index SQLite would else go through everybody on the roll, to find the few with an outcome
    cell, of_round = Invitee.design_cell_id + 0, Invitee.survey_round_id + 0
    found = session.execute(
        select(cell, Outcome.code, func.count())
        .join(Invitee, Invitee.id == Outcome.invitee_id)
        .where(of_round == survey_round_id, Invitee.revoked_on.is_(None))
        .group_by(cell, Outcome.code)
    )
    return [(cell, code, n) for cell, code, n in found]


def adopted_outcomes(session: Session, survey_round_id: int) -> dict[int, dict[str, Any]]:
    """The numbers of the adopted sample plan of each group, by group id."""
    found = session.execute(
        select(SamplePlan.respondent_group_id, SamplePlan.outcome)
        .where(SamplePlan.survey_round_id == survey_round_id, SamplePlan.adopted_on.is_not(None))
        .order_by(SamplePlan.adopted_on, SamplePlan.id)
    )
    return {group_id: outcome for group_id, outcome in found}  # noqa: C416 (a typed row is no pair)


def _cells_of(survey_round_id: int) -> Any:
    return (
        select(DesignCell.id)
        .join(RespondentGroup, RespondentGroup.id == DesignCell.respondent_group_id)
        .where(RespondentGroup.survey_round_id == survey_round_id)
    )
