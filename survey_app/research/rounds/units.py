"""Which units a draft assesses."""

from __future__ import annotations

from itertools import groupby

from flask import redirect, request, url_for
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey_app.access import Role, open_to
from survey_app.console import audit, flash_done, reading, round_of, writing
from survey_app.models.rounds import SurveyRound
from survey_app.queries.rounds import city_units
from survey_app.research.rounds.room import READERS, blueprint, page
from survey_app.round_words import refusal_words
from survey_app.services.round_drafts import choose_units


@blueprint.get("/<round_code>/units")
@open_to(*READERS)
def units(round_code: str) -> str:
    """The units of the city by block, those that the round assesses ticked."""
    with reading() as session:
        return _page(session, round_of(session, round_code))


@blueprint.post("/<round_code>/units")
@open_to(Role.RESEARCHER)
def units_save(round_code: str) -> Response | tuple[str, int]:
    """Let a draft assess the units that are ticked."""
    ids = {int(one) for one in request.form.getlist("unit") if one.isdecimal() and len(one) < 10}
    try:
        with writing() as session:
            n = choose_units(session, round_of(session, round_code), ids)
            audit(session, "round.units_chosen", round_code, n=n)
    except ValueError as error:
        with reading() as session:
            return _page(session, round_of(session, round_code), refusal_words(type(error).__name__)), 422
    flash_done(ngettext("Đợt đánh giá %(num)s đơn vị.", "Đợt đánh giá %(num)s đơn vị.", n))
    return redirect(url_for("rounds.show", round_code=round_code), 303)


def _page(session: Session, survey_round: SurveyRound, fault: str = "") -> str:
    found = city_units(session, survey_round)
    blocks = [(block, list(rows)) for block, rows in groupby(found, key=lambda unit: unit.block)]
    return page("units.html", session, survey_round, blocks=blocks, fault=fault)
