"""The views of a respondent: enter, consent, a page at a time, review, send, receipt."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from instruments import answering
from survey_app.access import Role, open_to
from survey_app.clock import today
from survey_app.i18n import COOKIE, LANGUAGES, YEAR
from survey_app.queries.visits import cell_by_public_code, invitee_by_code_hash, was_withdrawn
from survey_app.respond import durations, gate, pages
from survey_app.respond.visits import (
    LinkWithdrawn,
    Pass,
    Visit,
    current_visit,
    database,
    keep_answers,
    load_visit,
    new_open_pass,
    read_pass,
)
from survey_app.security import code_hash, read_code
from survey_app.services.ballots import discard_draft, store_ballot

blueprint = Blueprint("respond", __name__)
gate.register(blueprint)


@blueprint.context_processor
def form_token() -> dict[str, object]:
    """Templates write the visit's own token: no session is needed, and a page may stay open for days."""
    return {"csrf_token": lambda: g.form_token}


# --- coming in -----------------------------------------------------------------------------------------------------


@blueprint.get("/p/<code>")
@open_to(Role.ANYONE)
def enter(code: str) -> Response:
    """Swap a personal link's code for a cookie and a clean address."""
    secret = read_code(code)
    if secret is None:
        raise gate.UnknownLink
    with database().connect() as connection:
        found = invitee_by_code_hash(connection, code_hash(secret))
        withdrawn = found is None and was_withdrawn(connection, code_hash(secret))
    if found is None:
        raise LinkWithdrawn if withdrawn else gate.UnknownLink
    held = Pass(design_cell_id=found[1], secret=secret, invitee_id=found[0])
    return held.hand_out_for_pages(redirect(url_for(".landing", handle=held.handle), 303))


@blueprint.get("/o/<public_code>")
@open_to(Role.ANYONE)
def enter_open(public_code: str) -> Response:
    """Start on an open link, or go on where this browser stopped; after a ballot was sent, somebody new starts."""
    if not public_code.isalnum():
        raise gate.UnknownLink  # a NUL is more than a refusal to PostgreSQL
    with database().connect() as connection:
        design_cell_id = cell_by_public_code(connection, public_code)
    if design_cell_id is None:
        raise gate.UnknownLink
    held = read_pass(gate.open_cookie(public_code))
    if held is None or held.design_cell_id != design_cell_id or load_visit(held, held.handle).state.sent:
        held = new_open_pass(design_cell_id)
    return gate.hand_out_open(held, public_code, redirect(url_for(".landing", handle=held.handle), 303))


@blueprint.get("/f/<handle>/")
@open_to(Role.RESPONDENT)
def landing(handle: str) -> str:
    """What this is, who asks, on which ground, how answers are protected, how long it takes."""
    return pages.landing(current_visit(handle))


@blueprint.post("/f/<handle>/start")
@open_to(Role.RESPONDENT)
def start(handle: str) -> Response | tuple[str, int]:
    """Consent, given by a box that was not ticked before."""
    visit = current_visit(handle)
    if not visit.started:
        if request.form.get("consent") != "yes":
            return pages.rendered_landing(visit, g.form_token, consent_missing=True), 422
        keep_answers(visit, durations.begun(visit.plan, durations.now()))
        visit = current_visit(handle)
    return redirect(pages.way_on(visit), 303)


@blueprint.post("/f/<handle>/discard")
@open_to(Role.RESPONDENT)
def discard(handle: str) -> str:
    """Withdraw: forget what was saved. The link stays good."""
    visit = current_visit(handle)
    with database().connect() as connection:
        discard_draft(connection, visit.draft_key)
    return render_template("respond/discarded.html", visit=visit)


# --- a page at a time ----------------------------------------------------------------------------------------------


@blueprint.get("/f/<handle>/page/<key>")
@open_to(Role.RESPONDENT)
def page(handle: str, key: str) -> str | Response:
    """One section with what was saved of it."""
    visit = current_visit(handle)
    shown = pages.find(visit, key)
    if shown is None:
        return redirect(pages.way_on(visit), 303)
    return pages.render(visit, shown, visit.answers)


@blueprint.post("/f/<handle>/page/<key>")
@open_to(Role.RESPONDENT)
def save_page(handle: str, key: str) -> Response | tuple[str, int]:
    """Save what can be saved; go on, or say what is missing."""
    visit = current_visit(handle)
    shown = pages.find(visit, key)
    if shown is None:
        return redirect(pages.way_on(visit), 303)
    answers = visit.answers
    read = answering.read_page(visit.instrument, shown, pages.posted(), answers, visit.units, today())
    merged = answering.merge(answers, shown, read.values)
    if not keep_answers(visit, merged):
        return save_page(handle, key)  # another tab saved meanwhile: read again, merge again
    go = request.form.get("go", "next")
    if go.startswith("language:"):
        return _remember_language(go.removeprefix("language:"), redirect(pages.here(visit, shown), 303))
    if go == "back":
        return redirect(pages.before(visit, shown, merged), 303)
    if read.faults or read.revealed:
        return pages.render(visit, shown, merged, read), 422 if read.faults else 200
    return redirect(pages.after(visit, shown, merged), 303)


def _remember_language(code: str, response: Response) -> Response:
    if code in LANGUAGES:
        response.set_cookie(COOKIE, code, max_age=YEAR, samesite="Lax")
    return response


# --- sending -------------------------------------------------------------------------------------------------------


@blueprint.get("/f/<handle>/review")
@open_to(Role.RESPONDENT)
def review(handle: str) -> str | Response:
    """Everything that was answered, each page with its way back."""
    visit = current_visit(handle)
    if not visit.started:
        return redirect(url_for(".landing", handle=handle), 303)
    return render_template("respond/review.html", visit=visit, review=pages.review(visit))


@blueprint.post("/f/<handle>/send")
@open_to(Role.RESPONDENT)
def send(handle: str) -> Response | tuple[str, int]:
    """Put the ballot into the box, once."""
    visit = current_visit(handle)
    if not visit.started:
        return redirect(url_for(".landing", handle=handle), 303)
    finished = answering.finish(visit.instrument, visit.answers, visit.units, today())
    if finished.faults_by_page:
        return render_template("respond/review.html", visit=visit, review=pages.review(visit)), 422
    _store(visit, durations.timed(visit.plan, visit.answers, finished.answers, durations.now()))
    return redirect(url_for(".thanks", handle=handle), 303)


def _store(visit: Visit, answers: dict[str, object]) -> None:
    plan = visit.plan
    with database().transaction() as session:
        store_ballot(
            session,
            round_key=visit.round_key,
            survey_round_id=plan.survey_round_id,
            design_cell_id=plan.design_cell_id,
            instrument_version_id=plan.instrument_version_id,
            ballot_key=visit.ballot_key,
            day=today(),
            answers=answers,
        )
        discard_draft(session, visit.draft_key)
        session.commit()


@blueprint.get("/f/<handle>/thanks")
@open_to(Role.RESPONDENT)
def thanks(handle: str) -> Response:
    """The receipt, if the ballot is in the box (``AlreadySent``); otherwise the way back to the form."""
    current_visit(handle)
    return redirect(url_for(".review", handle=handle), 303)


@blueprint.after_request
def keep_out_of_caches(response: Response) -> Response:
    """Answers stay out of shared caches and out of the history of a shared computer."""
    response.headers["Cache-Control"] = "no-store"
    return response
