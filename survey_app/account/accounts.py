"""The administration of accounts: who works here, as what, and help when a password or a telephone is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from survey_app import console
from survey_app.access import Role, open_to
from survey_app.account import entry
from survey_app.account.forms import AccountForm, BindForm, GrantForm, NameForm
from survey_app.account.refusal_words import FIELDS, refusal_words
from survey_app.account.role_words import ROLE_DUTIES, ROLE_WORDS
from survey_app.clock import today
from survey_app.i18n import words
from survey_app.listing import Column, listing_of_rows, listing_xlsx
from survey_app.models.accounts import Account
from survey_app.queries.accounts import (
    AccountShown,
    GrantShown,
    UnknownAccount,
    account_by_id,
    account_shown,
    accounts_shown,
    round_choices,
    unit_by_id,
    unit_choices,
)
from survey_app.services import accounts
from survey_app.services.accounts import AccountRefused

blueprint = Blueprint("accounts", __name__, url_prefix="/admin/accounts")
blueprint.register_error_handler(CSRFError, entry.stale_form)

COLUMNS = (
    Column(
        "username", _l("Tên đăng nhập"), filter=True, href=lambda row: url_for("accounts.show", account_id=row["id"])
    ),
    Column("display_name", _l("Họ và tên"), filter=True),
    Column("roles", _l("Vai trò"), filter=True, sort=False),
    Column("second_factor", _l("Xác thực hai lớp")),
    Column("state", _l("Tình trạng"), filter=True),
    Column("created_on", _l("Ngày tạo"), kind="day"),
)


@blueprint.get("/")
@open_to(Role.ADMINISTRATOR)
def index() -> str | Response:
    """Everybody who has an account."""
    with console.reading() as session:
        rows = [_row(account) for account in accounts_shown(session)]
    listing = listing_of_rows(rows, COLUMNS, request.args, default_sort="username")
    if request.args.get("format") == "xlsx":
        return listing_xlsx(listing, "accounts.xlsx")
    return render_template("console/account/accounts.html", listing=listing)


def _row(account: AccountShown) -> dict[str, Any]:
    kept = ("id", "username", "display_name", "created_on")
    return {name: getattr(account, name) for name in kept} | {
        "roles": "; ".join(_grant_words(grant) for grant in account.grants),
        "second_factor": _("có") if account.has_second_factor else _("chưa"),
        "state": state_words(account),
    }


def _grant_words(grant: GrantShown) -> str:
    places = [place for place in (grant.round_code, grant.unit_name) if place]
    return str(ROLE_WORDS[grant.role]) + (f" ({', '.join(places)})" if places else "")


def state_words(account: AccountShown) -> str:
    """What an account can do now."""
    if account.disabled_on:
        return _("đã khóa")
    if account.locked_until and account.locked_until > console.now():
        return _("tạm khóa vì sai nhiều lần")
    return _("chờ đổi mật khẩu") if account.must_change_password else _("đang hoạt động")


@blueprint.route("/new", methods=["GET", "POST"])
@open_to(Role.ADMINISTRATOR)
def new() -> Response | str | tuple[str, int]:
    """A new account; its one-time password is shown once."""
    form = AccountForm()
    if form.validate_on_submit():
        try:
            with console.writing() as session:
                made, password = accounts.create_account(
                    session,
                    entry.passwords(),
                    username=form.username.data or "",
                    display_name=form.display_name.data or "",
                    email=form.email.data,
                    now=console.now(),
                )
                console.audit(session, "account.created", made.username)
                account_id = made.id
        except AccountRefused as refused:
            form[FIELDS[refused.code]].errors = [refusal_words(refused)]
        else:
            return _password_page(account_id, password)
    page = render_template("console/account/new_account.html", form=form)
    return page, 422 if form.errors else 200


@blueprint.route("/<int:account_id>", methods=["GET", "POST"])
@open_to(Role.ADMINISTRATOR)
def show(account_id: int) -> Response | str | tuple[str, int]:
    """One account: its name, its parts of the work, what can be done for its owner."""
    account = _looked_up(account_id)
    form = NameForm(data={"display_name": account.display_name, "email": account.email})
    if form.validate_on_submit():
        try:
            with console.writing() as session:
                accounts.describe(
                    session,
                    account_by_id(session, account_id),
                    display_name=form.display_name.data or "",
                    email=form.email.data,
                )
                console.audit(session, "account.described", account.username)
        except AccountRefused as refused:
            form[FIELDS[refused.code]].errors = [refusal_words(refused)]
        else:
            console.flash_done(_("Đã lưu."))
            return redirect(url_for("accounts.show", account_id=account_id), 303)
    return _account_page(account, name_form=form)


@blueprint.post("/<int:account_id>/grants")
@open_to(Role.ADMINISTRATOR)
def grant(account_id: int) -> Response | tuple[str, int]:
    """Give a part of the work."""
    account = _looked_up(account_id)
    form = _grant_form()
    if form.validate_on_submit():
        role, round_code, unit_id = form.role.data, form.round_code.data, form.unit_id.data
        try:
            with console.writing() as session:
                survey_round = console.round_of(session, round_code) if round_code else None
                unit = unit_by_id(session, int(unit_id)) if unit_id else None
                accounts.grant(session, account_by_id(session, account_id), Role(role), survey_round, unit)
                details = {"role": role, "round": round_code or None, "unit": unit.code if unit else None}
                console.audit(session, "account.granted", account.username, **details)
        except AccountRefused as refused:
            form[FIELDS.get(refused.code, "role")].errors = [refusal_words(refused)]
        else:
            console.flash_done(_("Đã giao vai trò."))
            return redirect(url_for("accounts.show", account_id=account_id), 303)
    return _account_page(account, grant_form=form)


@blueprint.post("/<int:account_id>/grants/<int:grant_id>/remove")
@open_to(Role.ADMINISTRATOR)
def revoke(account_id: int, grant_id: int) -> Response | tuple[str, int]:
    """Take a part of the work away; it can be given again."""
    account = _looked_up(account_id)
    try:
        with console.writing() as session:
            taken = accounts.revoke(session, account_by_id(session, account_id), grant_id)
            console.audit(session, "account.revoked", account.username, role=taken.role)
    except AccountRefused as refused:
        return _account_page(account, refused=refusal_words(refused))
    console.flash_done(_("Đã gỡ vai trò; có thể giao lại bất cứ lúc nào."))
    return redirect(url_for("accounts.show", account_id=account_id), 303)


# --- acts that ask first ---------------------------------------------------------------------------------------------


@blueprint.route("/<int:account_id>/reset-password", methods=["GET", "POST"])
@open_to(Role.ADMINISTRATOR)
def reset_password(account_id: int) -> str:
    """A one-time password, shown once."""
    account = _looked_up(account_id)
    if request.method == "GET":
        return _confirm_page(account, "reset_password")
    with console.writing() as session:
        password = accounts.reset_password(
            session, entry.passwords(), account_by_id(session, account_id), console.now()
        )
        console.audit(session, "account.password_reset", account.username)
    return _password_page(account_id, password)


@blueprint.route("/<int:account_id>/reset-second-factor", methods=["GET", "POST"])
@open_to(Role.ADMINISTRATOR)
def reset_second_factor(account_id: int) -> Response | str | tuple[str, int]:
    """Forget a lost authenticator."""
    return _act(account_id, "reset_second_factor", "account.second_factor_reset", accounts.reset_second_factor)


@blueprint.route("/<int:account_id>/disable", methods=["GET", "POST"])
@open_to(Role.ADMINISTRATOR)
def disable(account_id: int) -> Response | str | tuple[str, int]:
    """Shut an account."""

    def shut(session: Session, account: Account) -> None:
        accounts.disable(session, account, today())

    return _act(account_id, "disable", "account.disabled", shut)


@blueprint.route("/<int:account_id>/enable", methods=["GET", "POST"])
@open_to(Role.ADMINISTRATOR)
def enable(account_id: int) -> Response | str | tuple[str, int]:
    """Open a disabled account again."""
    return _act(account_id, "enable", "account.enabled", accounts.enable)


def _act(
    account_id: int, act: str, action: str, service: Callable[[Session, Account], None]
) -> Response | str | tuple[str, int]:
    account = _looked_up(account_id)
    if request.method == "GET":
        return _confirm_page(account, act)
    try:
        with console.writing() as session:
            service(session, account_by_id(session, account_id))
            console.audit(session, action, account.username)
    except AccountRefused as refused:
        return _account_page(account, refused=refusal_words(refused))
    if console.acting().account_id == account_id:  # these acts sign the account out, here too
        return redirect(url_for("account.sign_in"), 303)
    console.flash_done(_("Đã thực hiện."))
    return redirect(url_for("accounts.show", account_id=account_id), 303)


# --- the city's sign-in ----------------------------------------------------------------------------------------------


@blueprint.post("/<int:account_id>/city-sign-in")
@open_to(Role.ADMINISTRATOR)
def bind(account_id: int) -> Response | tuple[str, int]:
    """Say who this is at the city's sign-in."""
    account = _looked_up(account_id)
    form = BindForm()
    if form.validate_on_submit():
        typed = (form.value.data or "").strip()
        issuer = console.config().oidc_issuer
        subject = accounts.BY_EMAIL + typed if form.way.data == "email" else accounts.subject_at(issuer, typed)
        try:
            with console.writing() as session:
                accounts.bind_subject(session, account_by_id(session, account_id), subject, alone=form.alone.data)
                console.audit(session, "account.bound", account.username, by=form.way.data, alone=form.alone.data)
        except AccountRefused as refused:
            form.value.errors = [refusal_words(refused)]
        else:
            console.flash_done(_("Đã gắn với hệ thống đăng nhập của Thành phố."))
            return redirect(url_for("accounts.show", account_id=account_id), 303)
    return _account_page(account, bind_form=form)


@blueprint.post("/<int:account_id>/city-sign-in/remove")
@open_to(Role.ADMINISTRATOR)
def unbind(account_id: int) -> Response:
    """From now on this account signs in with its password only."""
    account = _looked_up(account_id)
    with console.writing() as session:
        accounts.bind_subject(session, account_by_id(session, account_id), None)
        console.audit(session, "account.unbound", account.username)
    console.flash_done(_("Đã gỡ khỏi hệ thống đăng nhập của Thành phố."))
    return redirect(url_for("accounts.show", account_id=account_id), 303)


# --- pages -----------------------------------------------------------------------------------------------------------


def _looked_up(account_id: int) -> AccountShown:
    try:
        with console.reading() as session:
            return account_shown(session, account_id)
    except UnknownAccount:
        abort(404)


def _grant_form() -> GrantForm:
    form = GrantForm()
    with console.reading() as session:
        rounds = [SelectChoice(code, f"{words(title)} ({code})") for code, title in round_choices(session)]
        units = [
            SelectChoice(str(unit_id), f"{name} ({city} {code})") for unit_id, city, code, name in unit_choices(session)
        ]
    form.round_code.choices = [SelectChoice("", _("mọi đợt điều tra")), *rounds]
    form.unit_id.choices = [SelectChoice("", _("mọi đơn vị")), *units]
    return form


def _account_page(
    account: AccountShown,
    *,
    name_form: FlaskForm | None = None,
    grant_form: FlaskForm | None = None,
    bind_form: FlaskForm | None = None,
    refused: str = "",
) -> tuple[str, int]:
    """The page of an account, with the form that was sent and has faults, or with none."""
    sent = [form for form in (name_form, grant_form, bind_form) if form is not None and form.errors]
    named = {"display_name": account.display_name, "email": account.email}
    page = render_template(
        "console/account/show.html",
        account=account,
        state=state_words(account),
        name_form=name_form or NameForm(formdata=None, data=named),
        grant_form=grant_form or _blank(_grant_form()),
        bind_form=bind_form or BindForm(formdata=None),
        faulty=sent[0] if sent else None,
        refused=refused,
        role_words=ROLE_WORDS,
        role_duties=ROLE_DUTIES,
        by_city=bool(console.config().oidc_issuer),
        own=console.acting().account_id == account.id,
    )
    return page, 422 if sent or refused else 200


def _blank(form: FlaskForm) -> FlaskForm:
    form.process(formdata=None)
    return form


def _confirm_page(account: AccountShown, act: str) -> str:
    return render_template("console/account/confirm.html", account=account, act=act)


def _password_page(account_id: int, password: str) -> str:
    return render_template("console/account/one_time.html", account=_looked_up(account_id), password=password)
