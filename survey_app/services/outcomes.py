"""What became of invitations, as staff noted it, for groups whose people were told that it is noted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from sampling.disposition import CODES
from sampling.disposition import Mode as AskedBy
from survey_app.models.base import Texts
from survey_app.models.people import Outcome
from survey_app.models.rounds import RespondentGroup, Stage, SurveyRound
from survey_app.queries.outcomes import asked_people, outcomes_by_person

TAKEN_BACK = ""  # instead of a code: nothing is noted about the person any more


class OutcomeRefused(ValueError):
    """Nothing was changed; ``code`` says why."""

    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        self.params = params
        super().__init__(f"{code} {params}")


@dataclass(frozen=True, slots=True)
class Noted:
    """How many outcomes were noted or changed, and how many were taken back."""

    n_noted: int
    n_taken_back: int


def outcome_codes() -> dict[str, Texts]:
    """The codes that people with a link of their own can have, in order, with their words."""
    return {code: {"vi": vi, "en": en} for code, (vi, en, modes) in CODES.items() if AskedBy.WEB in modes}


def note_outcomes(
    session: Session,
    survey_round: SurveyRound,
    group: RespondentGroup,
    codes: Mapping[str, str],
    *,
    account_id: int | None,
    today: date,
) -> Noted:
    """Note the code of each of these people by number, or take it back; all of them or none.

    Only people who are invited now can have one: nobody wrote to those in reserve, a withdrawn link counts nowhere.
    """
    _require(survey_round, group)
    session.execute(select(RespondentGroup.id).where(RespondentGroup.id == group.id).with_for_update())  # one at a time
    _refuse_unknown(codes, people := asked_people(session, group))
    noted = outcomes_by_person(session, group)
    new = {people[ref]: code for ref, code in codes.items()}
    changed = {person: code for person, code in new.items() if code != _code(noted.get(person))}
    for person, code in changed.items():
        outcome = noted.get(person)
        if code == TAKEN_BACK:
            session.delete(outcome)
            continue
        outcome = outcome or Outcome(invitee_id=person)
        outcome.code, outcome.noted_on, outcome.noted_by = code, today, account_id
        session.add(outcome)
    session.flush()
    n_taken_back = sum(code == TAKEN_BACK for code in changed.values())
    return Noted(len(changed) - n_taken_back, n_taken_back)


def _require(survey_round: SurveyRound, group: RespondentGroup) -> None:
    if group.anonymous:
        raise OutcomeRefused("anonymous_group")
    if survey_round.stage == Stage.DRAFT:
        raise OutcomeRefused("not_open_yet")
    if survey_round.stage == Stage.PUBLISHED:
        raise OutcomeRefused("published_already")


def _refuse_unknown(codes: Mapping[str, str], people: Mapping[str, UUID]) -> None:
    known = outcome_codes()
    for ref, code in codes.items():
        if ref not in people:
            raise OutcomeRefused("unknown_person", value=ref)
        if code != TAKEN_BACK and code not in known:
            raise OutcomeRefused("unknown_outcome", value=code)


def _code(outcome: Outcome | None) -> str:
    return outcome.code if outcome else TAKEN_BACK
