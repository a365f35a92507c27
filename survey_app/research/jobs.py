"""Long work on screen: what runs, how far it has come, what came of it; leaving the page stops nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from survey_app.access import Role, open_to
from survey_app.console import acting, audit, flash_done, now, reading, writing
from survey_app.jobs.registry import kind_of
from survey_app.listing import Column, listing_of, listing_xlsx
from survey_app.models.accounts import Account
from survey_app.models.jobs import Job, JobState
from survey_app.models.rounds import SurveyRound
from survey_app.queries.jobs import JobShown, job_shown, jobs_seen_by
from survey_app.research.scope import covered_rounds
from survey_app.services.jobs import JobOver, cancel_job

blueprint = Blueprint("jobs", __name__, url_prefix="/jobs")

STATES = {
    JobState.QUEUED: _l("đang chờ"),
    JobState.RUNNING: _l("đang chạy"),
    JobState.DONE: _l("đã xong"),
    JobState.FAILED: _l("không thành"),
    JobState.CANCELLED: _l("đã dừng"),
}


def kind_words(name: str) -> str:
    """What a kind of job does, in a few words."""
    kind = kind_of(name)
    return str(kind.title) if kind else name


def _progress(row: Any) -> str:
    return f"{100 * row['done'] // row['total']} %" if row["total"] else ""


COLUMNS = (
    Column(
        "kind",
        _l("Công việc"),
        Job.kind,
        show=lambda row: kind_words(row["kind"]),
        href=lambda row: url_for("jobs.job", job_id=row["id"]),
    ),
    Column("round_code", _l("Đợt điều tra"), SurveyRound.code, filter=True),
    Column("account_name", _l("Người giao"), Account.display_name, filter=True),
    Column(
        "state",
        _l("Tình trạng"),
        Job.state,
        filter=True,
        choices=tuple((str(state), words) for state, words in STATES.items()),
        show=lambda row: STATES[row["state"]],
    ),
    Column("done", _l("Tiến độ"), Job.done, sort=False, show=_progress),
    Column("created_at", _l("Giao lúc"), Job.created_at, kind="moment"),
    Column("finished_at", _l("Kết thúc lúc"), Job.finished_at, kind="moment"),
)
HIDDEN = (Column("id", "", Job.id), Column("total", "", Job.total))


@blueprint.get("/")
@open_to(Role.STAFF)
def index() -> str | Response:
    """One's own jobs and those of one's rounds, newest first."""
    who = acting()
    seen = jobs_seen_by(who.account_id, covered_rounds(), everything=Role.ADMINISTRATOR in who.roles)
    with reading() as session:
        listing = listing_of(session, seen, (*COLUMNS, *HIDDEN), request.args, default_sort="-created_at")
    listing = replace(listing, columns=COLUMNS)
    if request.args.get("format") == "xlsx":
        return listing_xlsx(listing, "jobs.xlsx")
    return render_template("console/jobs/index.html", listing=listing)


@blueprint.get("/<uuid:job_id>")
@open_to(Role.STAFF)
def job(job_id: UUID) -> str:
    """What the job does, how far it has come, what came of it."""
    with reading() as session:
        return render_template("console/jobs/job.html", **_facts(_seen(session, job_id)))


@blueprint.get("/<uuid:job_id>/fragment")
@open_to(Role.STAFF)
def fragment(job_id: UUID) -> str:
    """The part of the page that is renewed while the job runs."""
    with reading() as session:
        return render_template("console/jobs/fragment.html", **_facts(_seen(session, job_id)))


@blueprint.post("/<uuid:job_id>/cancel")
@open_to(Role.STAFF)
def cancel(job_id: UUID) -> AnyResponse:
    """Stop the job at its next step."""
    with writing() as session:
        found = _seen(session, job_id)
        try:
            cancel_job(session, job_id, now())
        except JobOver:
            flash_done(_("Công việc đã kết thúc từ trước, không còn gì để dừng."))
        else:
            audit(session, "job.cancelled", str(job_id), kind=found.kind)
            flash_done(_("Đã yêu cầu dừng. Công việc dừng ở bước kế tiếp."))
    return redirect(url_for("jobs.job", job_id=job_id), 303)


def _seen(session: Session, job_id: UUID) -> JobShown:
    """The job, if who acts may see it."""
    found = job_shown(session, job_id)
    if found is None or not (_is_theirs(found) or Role.ADMINISTRATOR in acting().roles):
        abort(404)
    return found


def _is_theirs(found: JobShown) -> bool:
    who = acting()
    researchers = frozenset({Role.RESEARCHER})
    of_their_round = found.round_code is not None and who.may(researchers, found.round_code)
    return found.account_id == who.account_id or of_their_round


def _facts(found: JobShown) -> dict[str, Any]:
    """The job in words; an administrator who has no part in it sees that it runs, not what came of it."""
    theirs = _is_theirs(found)
    return {
        "job": found,
        "title": kind_words(found.kind),
        "state": STATES[found.state],
        "refusal": _refusal(found) if found.state == JobState.FAILED and theirs else None,
        **(_outcome(found) if found.state == JobState.DONE and theirs else {"outcome": {}, "outcome_words": ""}),
    }


def _outcome(found: JobShown) -> dict[str, Any]:
    kind = kind_of(found.kind)
    said = kind.outcome_words(found.outcome) if kind and kind.outcome_words else ""
    return {"outcome": found.outcome, "outcome_words": said}


def _refusal(found: JobShown) -> str:
    """Why the job failed."""
    code, params = found.outcome.get("code", ""), found.outcome.get("params", {})
    if code == "internal":
        return _("Hệ thống gặp sự cố khi làm việc này; người quản trị thấy nơi xảy ra trong nhật ký máy chủ.")
    if code == "workers_died":
        return _("Máy chủ dừng đột ngột nhiều lần khi làm việc này nên việc không được làm lại nữa.")
    if code == "unknown_kind":
        return _("Phiên bản đang chạy không biết loại công việc này.")
    kind = kind_of(found.kind)
    if kind and kind.refusal_words:
        return kind.refusal_words(code, params)
    return _("Việc không làm được (%(code)s).", code=code)
