"""Signing in and out."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app import console
from survey_app.access import Role, open_to
from survey_app.account import entry
from survey_app.account.entry import blueprint
from survey_app.account.forms import CodeForm, SignInForm
from survey_app.queries.accounts import kept_password
from survey_app.services import sign_in as signing
from survey_app.services.accounts import username_of


@blueprint.route("/sign-in", methods=["GET", "POST"])
@open_to(Role.ANYONE)
def sign_in() -> Response | tuple[str, int]:
    """User name and password. What is wrong is said in one sentence, whatever it is."""
    if console.acting_or_none() is not None:
        return redirect(console.local_next(url_for("account.start")), 303)
    form = SignInForm()
    if not form.validate_on_submit():
        return _sign_in_page(form)
    if entry.too_many_tries():
        return entry.shut_out()
    return _try_password(form) or _sign_in_page(form, refused=True)


def _try_password(form: SignInForm) -> Response | None:
    """The next step, or None if the password is not right for an account that may be tried."""
    with console.reading() as session:
        account_id, kept = kept_password(session, username_of(form.username.data or ""))
    attempt = entry.passwords().compare(account_id, kept, form.password.data or "")
    with console.writing() as session:
        account = signing.admit(session, attempt, console.now())
        if account is not None:
            return entry.go_on(session, account, by="password", second_factor=False)
        entry.count_wrong_try()
        entry.log_refused(session, account_id, "password")
    return None


def _sign_in_page(form: SignInForm, *, refused: bool = False) -> tuple[str, int]:
    page = render_template(
        "console/account/sign_in.html",
        form=form,
        refused=refused,
        target=console.local_next(""),
        by_city=bool(console.config().oidc_issuer),
    )
    return page, 422 if form.errors or refused else 200


@blueprint.route("/second-factor", methods=["GET", "POST"])
@open_to(Role.ANYONE)
def second_factor() -> Response | tuple[str, int]:
    """The code of the authenticator, after the right password."""
    known = entry.half_way()
    if known is None:
        return redirect(url_for("account.sign_in", next=console.local_next("") or None), 303)
    form = CodeForm()
    if form.validate_on_submit():
        if entry.too_many_tries():
            return entry.shut_out()
        if answer := _try_code(form, *known):
            return answer
        form.code.errors = [
            _("Mã không đúng, đã hết hạn hoặc đã dùng rồi. Xin chờ mã mới; sai 5 lần liền thì phải chờ 15 phút.")
        ]
    page = render_template("console/account/second_factor.html", form=form, target=console.local_next(""))
    return page, 422 if form.errors else 200


def _try_code(form: CodeForm, account_id: int, by: str) -> Response | None:
    with console.writing() as session:
        account = signing.admit_code(session, account_id, entry.totp_key(), form.code.data or "", console.now())
        if account is not None:
            return entry.go_on(session, account, by=by, second_factor=True)
        entry.count_wrong_try()
        entry.log_refused(session, account_id, "second_factor")
    return None


@blueprint.get("/start")
@open_to(Role.STAFF)
def start() -> Response:
    """The page that a day's work begins with."""
    for endpoint in ("rounds.index", "accounts.index"):
        if console.may_open(endpoint):
            return redirect(url_for(endpoint), 303)
    return redirect(url_for("account.profile"), 303)


@blueprint.post("/sign-out")
@open_to(Role.STAFF)
def sign_out() -> Response:
    """End this browser's session."""
    with console.writing() as session:
        console.audit(session, "account.signed_out", console.acting().username)
        console.sign_out(session)
    return redirect(url_for("account.sign_in"), 303)
