"""Which scoring methods a round applies, and the choice of another version while that is still fair."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from scoring.faults import MethodError
from scoring.loading import parse_method
from survey_app.access import Role, open_to
from survey_app.console import audit, flash_done, reading, round_of, writing
from survey_app.i18n import language
from survey_app.models.drafts import MethodStage
from survey_app.models.rounds import Stage
from survey_app.research.method_words import explanation, formula
from survey_app.research.methods import READERS, STAGES, refusal_sentence
from survey_app.services.methods import MethodRefused, apply_methods, choices, source_of

blueprint = Blueprint("round_method", __name__, url_prefix="/rounds/<round_code>/method")


@blueprint.get("/")
@open_to(*READERS)
def index(round_code: str) -> str:
    """The round's methods in words, and versions that could take their place."""
    return _page(round_code, [])


@blueprint.post("/choose")
@open_to(Role.RESEARCHER)
def choose(round_code: str) -> AnyResponse | tuple[str, int]:
    """Put another version in the place of one of the round's methods."""
    key, place = request.form.get("key", ""), request.form.get("place", "")
    try:
        with writing() as session:
            survey_round = round_of(session, round_code)
            texts = list(survey_round.methods)
            source = source_of(session, key)
            if not place.isdecimal() or int(place) >= len(texts):
                texts.append(source)
            else:
                texts[int(place)] = source
            apply_methods(session, survey_round, texts)
            audit(session, "round.method_chosen", round_code, method=parse_method(source).id, version=key)
    except MethodRefused as refused:
        return _page(round_code, [("", refusal_sentence(refused))]), 422
    except MethodError as error:
        return _page(round_code, [(fault.path, fault.text(language())) for fault in error.faults]), 422
    flash_done(_("Đợt điều tra dùng phương pháp vừa chọn."))
    return redirect(url_for(".index", round_code=round_code), 303)


def _page(round_code: str, faults: list[tuple[str, str]]) -> str:
    with reading() as session:
        survey_round = round_of(session, round_code)
        groups = {group.code: group.title for group in survey_round.groups}
        applied = []
        known = [one for one in choices(session) if one.stage != MethodStage.WITHDRAWN]
        for text in survey_round.methods:
            method = parse_method(text)
            formulas = [(c, formula(method, c, groups)) for c in (*method.scored, *method.components)]
            versions = [one for one in known if one.method_id == method.id]
            applied.append((method, list(explanation(method)), formulas, versions))
        return render_template(
            "console/methods/round.html",
            survey_round=survey_round,
            applied=applied,
            known=known,
            stages=STAGES,
            faults=faults,
            can_change=survey_round.stage not in (Stage.SCORED, Stage.PUBLISHED),
        )
