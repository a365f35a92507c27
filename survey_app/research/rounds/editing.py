"""The facts of a draft: names, days, legal basis, k."""

from __future__ import annotations

from flask import redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.access import Role, open_to
from survey_app.console import audit, flash_done, reading, round_of, writing
from survey_app.models.rounds import SurveyRound
from survey_app.research.rounds.forms import TEXTS, RoundForm, filled, texts_of
from survey_app.research.rounds.room import blueprint, page
from survey_app.round_words import refusal_words
from survey_app.services.round_drafts import RoundFacts, change_round


@blueprint.get("/<round_code>/edit")
@open_to(Role.RESEARCHER)
def edit(round_code: str) -> str:
    """What a draft says about itself; a round that was opened can be read here, not changed."""
    with reading() as session:
        survey_round = round_of(session, round_code)
        form = RoundForm(formdata=None, data=_data(survey_round))
        return page("edit.html", session, survey_round, form=form)


@blueprint.post("/<round_code>/edit")
@open_to(Role.RESEARCHER)
def save(round_code: str) -> Response | tuple[str, int]:
    """Write the facts of a draft anew."""
    form = RoundForm()
    if form.validate():
        try:
            with writing() as session:
                survey_round = round_of(session, round_code)
                change_round(session, survey_round, _facts(form))
                audit(session, "round.changed", round_code)
        except ValueError as error:
            form.form_errors.append(refusal_words(type(error).__name__))
        else:
            flash_done(_("Đã lưu thông tin của đợt."))
            return redirect(url_for("rounds.show", round_code=round_code), 303)
    with reading() as session:
        return page("edit.html", session, round_of(session, round_code), form=form), 422


def _data(survey_round: SurveyRound) -> dict[str, object]:
    texts = filled({name: getattr(survey_round, name) for name in TEXTS})
    return texts | {name: getattr(survey_round, name) for name in ("opens_on", "closes_on", "min_cell")}


def _facts(form: RoundForm) -> RoundFacts:
    texts = {name: texts_of(form, name) for name in TEXTS}
    days = {name: form[name].data for name in ("opens_on", "closes_on", "min_cell")}
    return RoundFacts(**texts, **days)
