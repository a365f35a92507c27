"""The respondent groups of a draft: added, changed, moved, taken out."""

from __future__ import annotations

from flask import abort, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from instruments.loading import catalogue
from survey_app.access import Role, open_to
from survey_app.clock import today
from survey_app.console import audit, flash_done, reading, round_of, writing
from survey_app.models.rounds import Mode, RatingScope, RespondentGroup, SurveyRound
from survey_app.queries.rounds import UnknownGroup, group_by_code, published_forms
from survey_app.research.rounds.forms import GroupForm, choices, filled, texts_of
from survey_app.research.rounds.room import blueprint, page, refused
from survey_app.round_words import refusal_words
from survey_app.services.round_drafts import GroupFacts, move_group, remove_group, save_group
from survey_app.services.rounds import publish_instrument

CATALOGUE = "catalogue:"


@blueprint.get("/<round_code>/groups/new")
@open_to(Role.RESEARCHER)
def group_new(round_code: str) -> str:
    """An empty form for a group."""
    with reading() as session:
        form = GroupForm(formdata=None, mode=Mode.PERSONAL_LINK, anonymous=True)
        return _page(session, round_of(session, round_code), form)


@blueprint.post("/<round_code>/groups/new")
@open_to(Role.RESEARCHER)
def group_add(round_code: str) -> Response | tuple[str, int]:
    """Add a group at the end of a draft."""
    return _saved(round_code, None)


@blueprint.get("/<round_code>/groups/<group_code>")
@open_to(Role.RESEARCHER)
def group_edit(round_code: str, group_code: str) -> str:
    """What a draft says about a group."""
    with reading() as session:
        survey_round = round_of(session, round_code)
        group = _group(survey_round, group_code)
        kept = ("code", "mode", "rating_scope", "booklet_size", "anonymous", "target_ballots")
        data = {name: getattr(group, name) for name in kept} | filled({"title": group.title})
        form = GroupForm(formdata=None, data=data | {"instrument": str(group.instrument_version_id)})
        return _page(session, survey_round, form, group)


@blueprint.post("/<round_code>/groups/<group_code>")
@open_to(Role.RESEARCHER)
def group_save(round_code: str, group_code: str) -> Response | tuple[str, int]:
    """Write a group of a draft anew."""
    return _saved(round_code, group_code)


@blueprint.post("/<round_code>/groups/<group_code>/move")
@open_to(Role.RESEARCHER)
def group_move(round_code: str, group_code: str) -> Response | tuple[str, int]:
    """Let a group stand one place earlier or later."""
    by = 1 if request.form.get("to") == "later" else -1
    try:
        with writing() as session:
            survey_round = round_of(session, round_code)
            move_group(session, survey_round, _group(survey_round, group_code), by)
            audit(session, "round.group_moved", f"{round_code}/{group_code}", by=by)
    except ValueError as error:
        with reading() as session:
            return refused(session, round_of(session, round_code), error)
    return redirect(url_for("rounds.show", round_code=round_code, _anchor="groups"), 303)


@blueprint.get("/<round_code>/groups/<group_code>/remove")
@open_to(Role.RESEARCHER)
def group_ask(round_code: str, group_code: str) -> str:
    """Ask before a group is taken out."""
    with reading() as session:
        survey_round = round_of(session, round_code)
        return page("group_remove.html", session, survey_round, group=_group(survey_round, group_code))


@blueprint.post("/<round_code>/groups/<group_code>/remove")
@open_to(Role.RESEARCHER)
def group_remove(round_code: str, group_code: str) -> Response | tuple[str, int]:
    """Take a group that nobody is invited in out of a draft."""
    try:
        with writing() as session:
            survey_round = round_of(session, round_code)
            remove_group(session, survey_round, _group(survey_round, group_code))
            audit(session, "round.group_removed", f"{round_code}/{group_code}")
    except ValueError as error:
        with reading() as session:
            return refused(session, round_of(session, round_code), error)
    flash_done(_("Đã bỏ nhóm %(code)s.", code=group_code))
    return redirect(url_for("rounds.show", round_code=round_code, _anchor="groups"), 303)


def _saved(round_code: str, group_code: str | None) -> Response | tuple[str, int]:
    form = GroupForm()
    with reading() as session:
        _choices(session, form)
    if form.validate():
        try:
            with writing() as session:
                survey_round = round_of(session, round_code)
                group = _group(survey_round, group_code) if group_code else None
                save_group(session, survey_round, _facts(session, form), group)
                audit(session, "round.group_saved", f"{round_code}/{form.code.data}")
        except ValueError as error:
            form.form_errors.append(refusal_words(type(error).__name__))
        else:
            flash_done(_("Đã lưu nhóm %(code)s.", code=form.code.data))
            return redirect(url_for("rounds.show", round_code=round_code, _anchor="groups"), 303)
    with reading() as session:
        survey_round = round_of(session, round_code)
        return _page(session, survey_round, form, _group(survey_round, group_code) if group_code else None), 422


def _facts(session: Session, form: GroupForm) -> GroupFacts:
    scope = RatingScope(form.rating_scope.data)
    return GroupFacts(
        code=form.code.data,
        title=texts_of(form, "title"),
        mode=Mode(form.mode.data),
        rating_scope=scope,
        instrument_version_id=_version(session, form.instrument.data),
        booklet_size=(form.booklet_size.data or 0) if scope == RatingScope.BOOKLET else 0,
        anonymous=form.anonymous.data,
        target_ballots=form.target_ballots.data,
    )


def _version(session: Session, chosen: str) -> int:
    """The id of a questionnaire; one of the catalogue is published now."""
    if not chosen.startswith(CATALOGUE):
        return int(chosen)
    source = catalogue()[chosen.removeprefix(CATALOGUE)].read_text(encoding="utf-8")
    return publish_instrument(session, source, today()).id


def _choices(session: Session, form: GroupForm) -> None:
    """Published questionnaires, and those of the catalogue that are not published yet."""
    published = published_forms(session)
    known = {form_id for _id, form_id, _version, _day in published}
    forms = {
        str(id_): _("%(form)s, bản %(version)s (%(day)s)", form=form_id, version=version, day=f"{day:%d/%m/%Y}")
        for id_, form_id, version, day in published
    }
    forms |= {CATALOGUE + name: _("%(form)s (mẫu có sẵn)", form=name) for name in catalogue() if name not in known}
    form.instrument.choices = choices(forms)


def _group(survey_round: SurveyRound, group_code: str) -> RespondentGroup:
    try:
        return group_by_code(survey_round, group_code)
    except UnknownGroup:
        abort(404)


def _page(session: Session, survey_round: SurveyRound, form: GroupForm, group: RespondentGroup | None = None) -> str:
    _choices(session, form)
    return page("group_edit.html", session, survey_round, form=form, group=group)
