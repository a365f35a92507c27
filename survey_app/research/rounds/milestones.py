"""What is due in a round: changed, added, ticked off."""

from __future__ import annotations

from datetime import date

from flask import abort, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey_app.access import Role, open_to
from survey_app.clock import today
from survey_app.console import audit, flash_done, reading, round_of, writing
from survey_app.models.rounds import Milestone, SurveyRound
from survey_app.research.rounds.forms import MilestoneForm, filled, texts_of
from survey_app.research.rounds.room import blueprint, page
from survey_app.services.milestones import (
    MilestonePlan,
    UnknownMilestone,
    milestone_of,
    remove_milestone,
    save_milestone,
    tick,
)

TEXTS = ("title", "responsible", "product", "due_words")


@blueprint.get("/<round_code>/milestones/new")
@open_to(Role.RESEARCHER)
def milestone_new(round_code: str) -> str:
    """An empty form for a milestone."""
    with reading() as session:
        return page("milestone.html", session, round_of(session, round_code), form=MilestoneForm(formdata=None))


@blueprint.post("/<round_code>/milestones/new")
@open_to(Role.RESEARCHER)
def milestone_add(round_code: str) -> Response | tuple[str, int]:
    """Add a milestone at the end of the plan."""
    return _saved(round_code, None)


@blueprint.get("/<round_code>/milestones/<int:milestone_id>")
@open_to(Role.RESEARCHER)
def milestone_edit(round_code: str, milestone_id: int) -> str:
    """A milestone as it stands."""
    with reading() as session:
        survey_round = round_of(session, round_code)
        row = _milestone(session, survey_round, milestone_id)
        data = filled({name: getattr(row, name) for name in TEXTS})
        data |= {name: getattr(row, name) for name in ("due_on", "source", "done_on")}
        form = MilestoneForm(formdata=None, data=data)
        return page("milestone.html", session, survey_round, form=form, milestone_id=milestone_id)


@blueprint.post("/<round_code>/milestones/<int:milestone_id>")
@open_to(Role.RESEARCHER)
def milestone_save(round_code: str, milestone_id: int) -> Response | tuple[str, int]:
    """Write a milestone anew."""
    return _saved(round_code, milestone_id)


@blueprint.post("/<round_code>/milestones/<int:milestone_id>/tick")
@open_to(Role.RESEARCHER)
def milestone_tick(round_code: str, milestone_id: int) -> Response:
    """Note today as the day on which a milestone was reached, or that it is not reached after all."""
    done_on: date | None = None if request.form.get("undo") else today()
    with writing() as session:
        row = _milestone(session, round_of(session, round_code), milestone_id)
        tick(session, row, done_on)
        audit(session, "round.milestone_ticked", f"{round_code}/{milestone_id}", done_on=str(done_on or ""))
    return redirect(url_for("rounds.show", round_code=round_code, _anchor="timeline"), 303)


@blueprint.post("/<round_code>/milestones/<int:milestone_id>/remove")
@open_to(Role.RESEARCHER)
def milestone_remove(round_code: str, milestone_id: int) -> Response:
    """Take a milestone off the plan."""
    with writing() as session:
        row = _milestone(session, round_of(session, round_code), milestone_id)
        audit(session, "round.milestone_removed", f"{round_code}/{milestone_id}", title=row.title["vi"])
        remove_milestone(session, row)
    flash_done(_("Đã bỏ một mốc khỏi kế hoạch."))
    return redirect(url_for("rounds.show", round_code=round_code, _anchor="timeline"), 303)


def _saved(round_code: str, milestone_id: int | None) -> Response | tuple[str, int]:
    form = MilestoneForm()
    if not form.validate():
        with reading() as session:
            survey_round = round_of(session, round_code)
            return page("milestone.html", session, survey_round, form=form, milestone_id=milestone_id), 422
    plan = MilestonePlan(
        **{name: texts_of(form, name) for name in TEXTS}, source=form.source.data or "", due_on=form.due_on.data
    )
    with writing() as session:
        survey_round = round_of(session, round_code)
        if milestone_id is not None:
            _milestone(session, survey_round, milestone_id)
        milestone_id = save_milestone(session, survey_round, plan, milestone_id)
        tick(session, _milestone(session, survey_round, milestone_id), form.done_on.data)
        audit(session, "round.milestone_saved", f"{round_code}/{milestone_id}")
    flash_done(_("Đã lưu mốc của kế hoạch."))
    return redirect(url_for("rounds.show", round_code=round_code, _anchor="timeline"), 303)


def _milestone(session: Session, survey_round: SurveyRound, milestone_id: int) -> Milestone:
    try:
        return milestone_of(session, survey_round, milestone_id)
    except UnknownMilestone:
        abort(404)
