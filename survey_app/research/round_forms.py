"""Which form each group of a round answers, and whether it fits the group and the scoring methods."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from instruments.answering import rating_count
from scoring.faults import MethodError
from survey_app.access import Role, open_to
from survey_app.console import audit, flash_done, reading, round_of, writing
from survey_app.i18n import language, words
from survey_app.models.rounds import Stage, SurveyRound
from survey_app.queries.forms import (
    GroupForm,
    UnknownForm,
    VersionShown,
    group_forms,
    n_units_of_round,
    versions_shown,
)
from survey_app.queries.rounds import UnknownGroup, group_by_code
from survey_app.research.forms.words import shown_faults
from survey_app.round_words import MODES, SCOPES
from survey_app.services.forms import choose_form, group_faults, most_units, parsed, parsed_method, unfed
from survey_app.services.round_drafts import NotADraft

blueprint = Blueprint("round_forms", __name__, url_prefix="/rounds/<round_code>/forms")


@blueprint.get("/")
@open_to(Role.RESEARCHER)
def index(round_code: str) -> str:
    """The groups of a round with their forms, and what is wrong with them here."""
    with reading() as session:
        return _page(session, round_of(session, round_code))


@blueprint.post("/<group_code>")
@open_to(Role.RESEARCHER)
def choose(round_code: str, group_code: str) -> Response | tuple[str, int]:
    """Another published form for a group of a draft."""
    chosen = request.form.get("version", "")
    if not chosen.isdecimal() or len(chosen) > 9:
        abort(404)
    try:
        with writing() as session:
            survey_round = round_of(session, round_code)
            group = group_by_code(survey_round, group_code)
            choose_form(session, survey_round, group, int(chosen))
            audit(session, "round.form_chosen", round_code, group=group_code, version_id=int(chosen))
    except (UnknownForm, UnknownGroup):
        abort(404)
    except NotADraft:
        with reading() as session:
            refused = _("Đợt điều tra đã mở nên mẫu phiếu không đổi được nữa.")
            return _page(session, round_of(session, round_code), refused=refused), 409
    flash_done(_("Đã chọn mẫu phiếu cho nhóm %(group)s.", group=group_code))
    return redirect(url_for(".index", round_code=round_code, _anchor=f"group-{group_code}"), 303)


def _page(session: Session, survey_round: SurveyRound, *, refused: str = "") -> str:
    groups = group_forms(session, survey_round.id)
    n_units = n_units_of_round(session, survey_round.id)
    versions = versions_shown(session)
    return render_template(
        "console/forms/round.html",
        survey_round=survey_round,
        tab="forms",
        groups=[_group(group, n_units, versions) for group in groups],
        methods=list(_methods(survey_round, groups)),
        may_choose=survey_round.stage == Stage.DRAFT,
        refused=refused,
    )


def _group(group: GroupForm, n_units: int, versions: list[VersionShown]) -> dict[str, Any]:
    form = parsed(group.source)
    units = most_units(group, n_units)
    ordered = sorted(versions, key=lambda version: version.form_id != group.form_id)  # its own form first
    return {
        "code": group.code,
        "title": words(group.title),
        "mode": MODES[group.mode],
        "scope": SCOPES[group.rating_scope],
        "version_id": group.version_id,
        "form_title": words(form.title),
        "form_id": group.form_id,
        "version": group.version,
        "units": units,
        "ratings": rating_count(form, units),
        "faults": shown_faults(group_faults(group, n_units)),
        "choices": [(version.id, f"{version.form_id} {version.version}") for version in ordered],
    }


def _methods(survey_round: SurveyRound, groups: list[GroupForm]) -> Any:
    """Each scoring method of the round, with what the forms do not feed."""
    forms = {group.code: group.source for group in groups}
    for source in survey_round.methods:
        try:
            method = parsed_method(source)
            faults = unfed([source], forms)
        except MethodError as unreadable:
            yield {"title": _("Cách tính điểm có lỗi"), "id": "", "faults": unreadable.text(language()).splitlines()}
        else:
            told = [fault.text(language()) for fault in faults]
            yield {"title": words(method.title), "id": f"{method.id} {method.version}", "faults": told}
