"""Pages that belong to no round: the front page, the choice of language, the health check."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify, redirect, render_template, request, url_for
from sqlalchemy import text
from werkzeug.wrappers import Response as AnyResponse

from survey_app.access import Role, open_to
from survey_app.console import local_next
from survey_app.i18n import COOKIE, LANGUAGES, YEAR

blueprint = Blueprint("site", __name__)


@blueprint.get("/")
@open_to(Role.ANYONE)
def home() -> str:
    """Where somebody types the code of a letter."""
    return render_template("home.html")


@blueprint.post("/code")
@open_to(Role.ANYONE)
def type_code() -> AnyResponse:
    """A code typed from a letter leads where its link leads."""
    typed = "".join(request.form.get("code", "").split()) or "-"
    return redirect(url_for("respond.enter", code=typed[:64]), 303)


@blueprint.get("/language/<code>")
@open_to(Role.ANYONE)
def choose_language(code: str) -> AnyResponse:
    """Remember the language and go back to the page it was chosen on."""
    response = redirect(local_next(url_for("site.home")), 303)
    if code in LANGUAGES:
        response.set_cookie(COOKIE, code, max_age=YEAR, samesite="Lax")
    return response


@blueprint.get("/health")
@open_to(Role.ANYONE)
def health() -> Response:
    """200 when this process reaches its database."""
    with current_app.extensions["database"].statements() as session:
        session.execute(text("SELECT 1"))
    return jsonify(status="ok")
