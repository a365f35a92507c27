"""What a letter, poster or mail would lack, said before it is made."""

from __future__ import annotations

from sqlalchemy.orm import Session

from survey_app.console import public_address
from survey_app.models.rounds import SurveyRound
from survey_app.services.letter_words import LETTERHEAD, words_of


def gaps_of(session: Session, survey_round: SurveyRound) -> dict[str, str]:
    """The number that people are told to call, and where their links lead."""
    return {"hotline": words_of(session, survey_round, LETTERHEAD).get("hotline", ""), "address": public_address()}
