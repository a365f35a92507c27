"""The steps of a round: opened, closed, scored, published; a rehearsal before."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey_app.access import Role, open_to
from survey_app.clock import today
from survey_app.console import audit, flash_done, reading, round_of, writing
from survey_app.i18n import words
from survey_app.jobs import start_job
from survey_app.models.rounds import Purpose, Stage, SurveyRound
from survey_app.research.rounds.forms import PublishForm
from survey_app.research.rounds.mending import mendings
from survey_app.research.rounds.room import blueprint, page, refused
from survey_app.round_words import refusal_words
from survey_app.services import stages
from survey_app.services.closing import RoundNotOpen
from survey_app.services.stages import NotInStage, SilentGroupsUnseen, StepRefused


class NothingToRehearse(ValueError):
    """A rehearsal or a pilot is not rehearsed."""


FEWEST, MOST = 10, 500  # respondents of a rehearsal from a page


@blueprint.get("/<round_code>/open")
@open_to(Role.RESEARCHER)
def open(round_code: str) -> str:
    """What stands in the way of opening; if nothing does, ask."""
    with reading() as session:
        return _opening(session, round_of(session, round_code))


@blueprint.post("/<round_code>/open")
@open_to(Role.RESEARCHER)
def open_now(round_code: str) -> Response | tuple[str, int]:
    """Let people answer, unless somebody could be told apart."""
    try:
        with writing() as session:
            stages.open_stage(session, round_of(session, round_code), today())
            audit(session, "round.opened", round_code)
    except (StepRefused, NotInStage):
        with reading() as session:
            return _opening(session, round_of(session, round_code)), 422
    flash_done(_("Đợt đã mở: các đường liên kết nhận phiếu từ bây giờ, trong thời gian của đợt."))
    return redirect(url_for("rounds.show", round_code=round_code), 303)


def _opening(session: Session, survey_round: SurveyRound) -> str:
    is_draft = survey_round.stage == Stage.DRAFT
    found = stages.obstacles(session, survey_round, today()) if is_draft else ()
    return page("open.html", session, survey_round, is_draft=is_draft, obstacles=mendings(found, survey_round))


@blueprint.get("/<round_code>/close")
@open_to(Role.RESEARCHER)
def close(round_code: str) -> str:
    """Say what closing destroys, and ask."""
    with reading() as session:
        survey_round = round_of(session, round_code)
        n_files = stages.n_outgoing(session, survey_round)
        silent = _silent(session, survey_round)
        return page("close.html", session, survey_round, n_files=n_files, now_day=today(), silent=silent)


@blueprint.post("/<round_code>/close")
@open_to(Role.RESEARCHER)
def close_now(round_code: str) -> Response | tuple[str, int]:
    """Close in the background; a close that was interrupted goes on."""
    with writing() as session:
        survey_round = round_of(session, round_code)
        if not stages.may_close(session, survey_round):
            return refused(session, survey_round, RoundNotOpen(round_code))
        audit(session, "round.close_asked", round_code)
        job_id = start_job(session, "close", survey_round.id, {"round_code": round_code})
    return redirect(url_for("jobs.job", job_id=job_id), 303)


@blueprint.get("/<round_code>/score")
@open_to(Role.RESEARCHER)
def score(round_code: str) -> str:
    """Say what will be computed and under which rules, and ask."""
    with reading() as session:
        survey_round = round_of(session, round_code)
        ready = survey_round.stage in (Stage.CLOSED, Stage.SCORED)
        shown = {"methods": stages.method_names(survey_round), "silent": _silent(session, survey_round)}
        return page("score.html", session, survey_round, ready=ready, **shown)


@blueprint.post("/<round_code>/score")
@open_to(Role.RESEARCHER)
def score_now(round_code: str) -> Response | tuple[str, int]:
    """Compute points, indices and ranks in the background."""
    try:
        with writing() as session:
            survey_round = round_of(session, round_code)
            stages.require_scorable(session, survey_round)
            audit(session, "round.score_asked", round_code)
            job_id = start_job(session, "score", survey_round.id, {"round_code": round_code})
    except ValueError as error:
        with reading() as session:
            return refused(session, round_of(session, round_code), error)
    return redirect(url_for("jobs.job", job_id=job_id), 303)


@blueprint.get("/<round_code>/publish")
@open_to(Role.RESEARCHER)
def publish(round_code: str) -> str:
    """Ask for the decision under which results are published."""
    with reading() as session:
        return _publishing(session, round_of(session, round_code), PublishForm(formdata=None))


@blueprint.post("/<round_code>/publish")
@open_to(Role.RESEARCHER)
def publish_now(round_code: str) -> Response | tuple[str, int]:
    """Note the decision and let everybody know the results."""
    form = PublishForm()
    if form.validate():
        decision, day = form.decision.data.strip(), form.decided_on.data
        try:
            with writing() as session:
                survey_round, seen = round_of(session, round_code), form.silence_seen.data
                stages.publish(session, survey_round, decision=decision, today=today(), silence_seen=seen)
                audit(session, "round.published", round_code, decision=decision, decided_on=str(day))
        except SilentGroupsUnseen as error:
            form.silence_seen.errors = [refusal_words(type(error).__name__)]
        except ValueError as error:
            form.form_errors.append(refusal_words(type(error).__name__))
        else:
            flash_done(_("Đã ghi việc công bố theo quyết định %(decision)s.", decision=decision))
            return redirect(url_for("rounds.show", round_code=round_code), 303)
    with reading() as session:
        return _publishing(session, round_of(session, round_code), form), 422


def _publishing(session: Session, survey_round: SurveyRound, form: PublishForm) -> str:
    return page("publish.html", session, survey_round, form=form, silent=_silent(session, survey_round))


def _silent(session: Session, survey_round: SurveyRound) -> list[str]:
    """Titles of the groups that said nothing, as far as it may be known."""
    return [words(group.title) for group in stages.silent_groups(session, survey_round, today())]


@blueprint.post("/<round_code>/rehearse")
@open_to(Role.RESEARCHER)
def rehearse(round_code: str) -> Response | tuple[str, int]:
    """Let a program play respondents into a copy of the round."""
    asked = request.form.get("respondents", type=int) or 50
    with writing() as session:
        survey_round = round_of(session, round_code)
        if survey_round.purpose != Purpose.REAL:
            return refused(session, survey_round, NothingToRehearse(round_code))
        params = {"round_code": round_code, "respondents": min(max(asked, FEWEST), MOST)}
        audit(session, "round.rehearsal_asked", round_code, respondents=params["respondents"])
        job_id = start_job(session, "rehearse", survey_round.id, params)
    return redirect(url_for("jobs.job", job_id=job_id), 303)
