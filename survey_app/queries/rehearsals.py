"""What a rehearsal must know of its own round: whom to play, and what came into the box."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.models.ballots import Ballot
from survey_app.models.roll import DesignCell, Invitee
from survey_app.models.rounds import Purpose, RespondentGroup, SurveyRound


class NotARehearsal(ValueError):
    """Who sent which ballot may be asked of a rehearsal only."""


@dataclass(frozen=True, slots=True)
class SealedBallot:
    """A ballot of an open round, with the key that leads from its sender to it."""

    group_code: str
    ballot_key: bytes
    sealed: bytes


def invited(session: Session, survey_round: SurveyRound) -> dict[str, tuple[UUID, int]]:
    """(invitee, design cell) of everybody on the roll of a rehearsal, by ref."""
    _require_rehearsal(survey_round)
    found = session.execute(
        select(Invitee.ref, Invitee.id, Invitee.design_cell_id).where(Invitee.survey_round_id == survey_round.id)
    )
    return {ref: (invitee_id, cell_id) for ref, invitee_id, cell_id in found}


def sealed_ballots(session: Session, survey_round: SurveyRound) -> list[SealedBallot]:
    """Every ballot in the box of a rehearsal that is not closed yet."""
    _require_rehearsal(survey_round)
    found = session.execute(
        select(RespondentGroup.code, Ballot.ballot_key, Ballot.sealed)
        .join(DesignCell, DesignCell.id == Ballot.design_cell_id)
        .join(RespondentGroup, RespondentGroup.id == DesignCell.respondent_group_id)
        .where(RespondentGroup.survey_round_id == survey_round.id)
        .order_by(Ballot.id)
    )
    return [SealedBallot(group_code, key or b"", sealed or b"") for group_code, key, sealed in found]


def _require_rehearsal(survey_round: SurveyRound) -> None:
    if survey_round.purpose != Purpose.REHEARSAL:
        raise NotARehearsal(survey_round.code)
