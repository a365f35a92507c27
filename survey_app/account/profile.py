"""One's own account: name, password, second factor, signed-in browsers."""

from __future__ import annotations

import base64
import binascii
import json

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey_app import console
from survey_app.access import Role, open_to
from survey_app.account import entry
from survey_app.account.entry import blueprint
from survey_app.account.forms import NameForm, NewPasswordForm, SetUpForm
from survey_app.account.refusal_words import FIELDS, refusal_words
from survey_app.account.role_words import ROLE_WORDS
from survey_app.models.accounts import Account
from survey_app.qr import drawing
from survey_app.queries.accounts import account_by_id, account_shown, kept_password
from survey_app.roles import SECOND_FACTOR_REQUIRED
from survey_app.security import derive, seal, unseal
from survey_app.services import accounts, second_factor
from survey_app.services import sign_in as signing
from survey_app.services.accounts import AccountRefused
from survey_app.services.console_sessions import end_all_sessions
from survey_app.services.passwords import SHORTEST, PasswordRefused

SET_UP_SECONDS = 30 * 60


@blueprint.route("/", methods=["GET", "POST"])
@open_to(Role.STAFF)
def profile() -> Response | tuple[str, int]:
    """What one's account is and may do; the name can be changed."""
    with console.reading() as session:
        account = account_shown(session, console.acting().account_id)
    form = NameForm(data={"display_name": account.display_name, "email": account.email})
    if form.validate_on_submit():
        try:
            with console.writing() as session:
                own = account_by_id(session, account.id)
                accounts.describe(session, own, display_name=form.display_name.data or "", email=form.email.data)
                console.audit(session, "account.described", account.username)
        except AccountRefused as refused:
            form[FIELDS[refused.code]].errors = [refusal_words(refused)]
        else:
            console.flash_done(_("Đã lưu."))
            return redirect(url_for("account.profile"), 303)
    page = render_template("console/account/profile.html", account=account, form=form, role_words=ROLE_WORDS)
    return page, 422 if form.errors else 200


# --- password --------------------------------------------------------------------------------------------------------


@blueprint.route("/password", methods=["GET", "POST"])
@open_to(Role.STAFF)
def new_password() -> Response | tuple[str, int]:
    """A password of one's own choice; after a one-time password nothing else opens before."""
    who = console.acting()
    form = NewPasswordForm()
    if who.must_change_password:  # it was given a moment ago
        del form.current
    if form.validate_on_submit():
        if entry.too_many_tries():
            return entry.shut_out()
        if "current" in form and not _knows_password(form.current.data or ""):
            form.current.errors = [_("Mật khẩu hiện tại không đúng.")]
        else:
            try:
                return _change_password(form)
            except (PasswordRefused, AccountRefused) as refused:
                form.new.errors = [refusal_words(refused)]
    page = render_template(
        "console/account/new_password.html", form=form, shortest=SHORTEST, required=who.must_change_password
    )
    return page, 422 if form.errors else 200


def _change_password(form: NewPasswordForm) -> Response:
    who = console.acting()
    with console.writing() as session:
        account = account_by_id(session, who.account_id)
        accounts.change_password(session, entry.passwords(), account, form.new.data or "")
        _go_on_here(session, account, "account.password_changed", given=who.gave_second_factor)
    console.flash_done(_("Đã đổi mật khẩu. Các trình duyệt khác đã được đăng xuất."))
    return redirect(url_for("account.start"), 303)


def _knows_password(typed: str) -> bool:
    """Whether whoever sits at the signed-in browser knows the password; wrong tries count as at the door."""
    who = console.acting()
    with console.reading() as session:
        account_id, kept = kept_password(session, who.username)
    attempt = entry.passwords().compare(account_id, kept, typed)
    with console.writing() as session:
        if signing.admit(session, attempt, console.now()) is not None:
            return True
        entry.count_wrong_try()
        entry.log_refused(session, account_id, "password")
    return False


def _go_on_here(session: Session, account: Account, action: str, *, given: bool) -> None:
    """All sessions of the account have ended: this browser goes on in a new one."""
    console.audit(session, action, account.username)
    console.sign_in(session, account.id, second_factor=given)


# --- second factor ---------------------------------------------------------------------------------------------------


@blueprint.route("/second-factor/new", methods=["GET", "POST"])
@open_to(Role.STAFF)
def set_up_second_factor() -> Response | tuple[str, int]:
    """Scan a secret and prove it with its first code; nothing is kept before."""
    who = console.acting()
    form = SetUpForm()
    if not who.has_second_factor:
        del form.current
    secret = _carried_secret(form.sealed.data or "") if request.method == "POST" else None
    if form.validate_on_submit():
        if entry.too_many_tries():
            return entry.shut_out()
        if "current" in form and not _knows_password(form.current.data or ""):
            form.current.errors = [_("Mật khẩu hiện tại không đúng.")]
        elif secret is None:
            form.code.errors = [_("Trang này đã mở quá lâu. Xin quét lại mã QR mới bên dưới.")]
        else:
            try:
                return _keep_second_factor(secret, form.code.data or "")
            except second_factor.WrongCode:
                form.code.errors = [_("Mã không đúng. Xin kiểm tra giờ của điện thoại rồi nhập mã mới nhất.")]
    return _set_up_page(form, secret or second_factor.new_secret())


def _keep_second_factor(secret: str, code: str) -> Response:
    with console.writing() as session:
        account = account_by_id(session, console.acting().account_id)
        second_factor.set_up(session, account, entry.totp_key(), secret, code=code, now=console.now())
        end_all_sessions(session, account.id)
        _go_on_here(session, account, "account.second_factor_set_up", given=True)
    console.flash_done(_("Đã đặt xác thực hai lớp. Từ lần đăng nhập sau, hệ thống sẽ hỏi mã trên điện thoại."))
    return redirect(url_for("account.start"), 303)


def _set_up_page(form: SetUpForm, secret: str) -> tuple[str, int]:
    who = console.acting()
    form.sealed.data = _carry_secret(secret)  # what the page shows now is what its code is checked against
    qr_size, qr_path = drawing(second_factor.address(secret, who.username))
    page = render_template(
        "console/account/set_up_second_factor.html",
        form=form,
        letters=[secret[start : start + 4] for start in range(0, len(secret), 4)],
        qr_size=qr_size,
        qr_path=qr_path,
        required=console.config().production and bool(who.roles & SECOND_FACTOR_REQUIRED),
        renewed=who.has_second_factor,
    )
    return page, 422 if form.errors else 200


def _carry_secret(secret: str) -> str:
    """The secret as the page carries it to its own answer: sealed, for this account, for half an hour."""
    plain = json.dumps([secret, int(console.now().timestamp())]).encode()
    return base64.urlsafe_b64encode(seal(_carrying_key(), plain)).decode()


def _carried_secret(carried: str) -> str | None:
    try:
        plain = unseal(_carrying_key(), base64.urlsafe_b64decode(carried.encode()))
    except (binascii.Error, UnicodeEncodeError):
        return None
    if plain is None:
        return None
    secret, at = json.loads(plain)
    return secret if console.now().timestamp() - at < SET_UP_SECONDS else None


def _carrying_key() -> bytes:
    return derive(entry.totp_key(), "set up", str(console.acting().account_id).encode())


# --- browsers --------------------------------------------------------------------------------------------------------


@blueprint.post("/sign-out-everywhere")
@open_to(Role.STAFF)
def sign_out_everywhere() -> Response:
    """End all sessions of this account, this one too."""
    who = console.acting()
    with console.writing() as session:
        console.audit(session, "account.signed_out_everywhere", who.username)
        end_all_sessions(session, who.account_id)
        console.sign_out(session)
    return redirect(url_for("account.sign_in"), 303)
