"""What the pages of invitations share: the round, the group, the keys."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, abort, render_template, request
from sqlalchemy.orm import Session

from survey_app.clock import today
from survey_app.console import config, contact_keys, public_address, round_of
from survey_app.i18n import LANGUAGES
from survey_app.invitation_letters import Voice, voice_of
from survey_app.models.rounds import Mode, RespondentGroup, Status, SurveyRound
from survey_app.queries.personal_data import held_by_rounds
from survey_app.queries.rounds import UnknownGroup, group_by_code, round_units
from survey_app.security import RoundKeyMissing
from survey_app.services.keys import made_key

blueprint = Blueprint("invitations", __name__, url_prefix="/rounds/<round_code>/invitations")


@dataclass(frozen=True, slots=True)
class Place:
    """A round and one of its groups, as the address names them."""

    survey_round: SurveyRound
    group: RespondentGroup

    @property
    def subject(self) -> str:
        """How the audit log names it."""
        return f"{self.survey_round.code}/{self.group.code}"


def place_of(session: Session, round_code: str, group_code: str, mode: Mode | None = None) -> Place:
    """The round and group of an address; a group that is not there, or is reached otherwise, is no page."""
    survey_round = round_of(session, round_code)
    try:
        group = group_by_code(survey_round, group_code)
    except UnknownGroup:
        abort(404)
    if mode is not None and group.mode != mode:
        abort(404)
    return Place(survey_round, group)


def page(template: str, survey_round: SurveyRound, **shown: Any) -> str:
    """A page of the room of invitations."""
    return render_template(f"console/invitations/{template}", survey_round=survey_round, tab="invitations", **shown)


def contact_key(session: Session, survey_round: SurveyRound) -> bytes:
    """The key of the round's contacts; a round that never had one gets it now.

    One that was purged does not, nor one that holds anything under a key that is not here: beside a new key it would
    stay shut when the old one is restored.
    """
    try:
        return contact_keys().read(survey_round.code)
    except RoundKeyMissing:
        (held,) = held_by_rounds(session, survey_round.code)
        if survey_round.purged_on is not None or survey_round.status == Status.CLOSED or not held.holds_nothing:
            raise
        return made_key(session, contact_keys(), survey_round.code)


def unit_names(session: Session, survey_round: SurveyRound) -> dict[str, str]:
    """The names of the round's units by code, in the order of the city's list."""
    return {unit.code: unit.name for unit in round_units(session, survey_round.id)}


def chosen_language() -> str:
    """The language that a form asks letters in."""
    asked = request.values.get("language", "vi")
    return asked if asked in LANGUAGES else "vi"


def fonts() -> tuple[Path, ...]:
    """Folders of fonts beside those that the typesetter brings."""
    return config().font_dirs


def voice(session: Session, place: Place, language: str) -> Voice:
    """The round's words for the group."""
    return voice_of(
        session, place.survey_round, place.group, language=language, base_url=public_address(), today=today()
    )
