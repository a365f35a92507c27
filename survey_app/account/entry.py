"""What all ways of signing in have together: hashes, the limit of wrong tries, the step between, the last step."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, redirect, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey_app import console
from survey_app.config import Config
from survey_app.errors import problem
from survey_app.models.accounts import Account
from survey_app.security import derive
from survey_app.services import audit, sign_in
from survey_app.services.passwords import Passwords

blueprint = Blueprint("account", __name__, url_prefix="/account")

# An account is shut after five wrong tries; this keeps one address from trying many accounts. It counts in each worker
# process, and wrong tries only, so an office behind one address is not locked out.
WRONG_TRIES = RateLimitItemPerMinute(30, 10)
HALF_WAY = "half_way"  # where the cookie keeps whose second factor is asked for
HALF_WAY_FOR = timedelta(minutes=10)
NOBODY = "?"  # in the log: a typed name that no account has may be a password in the wrong field


def stale_form(_error: CSRFError) -> tuple[str, int]:
    """A form of a window that was open while somebody signed in or out in another one."""
    return problem(
        400,
        _("Trang này đã cũ"),
        _("Có thể đã có lần đăng nhập hoặc đăng xuất ở một cửa sổ khác. Nội dung vừa nhập chưa được lưu."),
        _("Xin quay lại, tải lại trang rồi làm lại."),
        enter_code=False,
    )


blueprint.register_error_handler(CSRFError, stale_form)


@blueprint.record_once
def _prepare(state: Any) -> None:
    config: Config = state.app.extensions["config"]
    state.app.extensions.setdefault("passwords", Passwords())
    state.app.extensions["totp_key"] = derive(config.secret_key.encode(), "totp", b"")
    state.app.extensions["wrong_tries"] = FixedWindowRateLimiter(MemoryStorage())


def passwords() -> Passwords:
    """How passwords are kept here."""
    found: Passwords = current_app.extensions["passwords"]
    return found


def totp_key() -> bytes:
    """The key from which those of the second factors follow."""
    found: bytes = current_app.extensions["totp_key"]
    return found


def too_many_tries() -> bool:
    """Whether too many wrong tries came from this address lately."""
    return not current_app.extensions["wrong_tries"].test(WRONG_TRIES, request.remote_addr or "")


def count_wrong_try() -> None:
    current_app.extensions["wrong_tries"].hit(WRONG_TRIES, request.remote_addr or "")


def shut_out() -> tuple[str, int]:
    """What an address reads that tried too often."""
    return problem(
        429,
        _("Đã thử sai quá nhiều lần"),
        _("Từ địa chỉ này đã có quá nhiều lần đăng nhập sai. Xin chờ 10 phút rồi thử lại."),
        _("Nếu quên mật khẩu, xin liên hệ người quản trị hệ thống để được cấp mật khẩu dùng một lần."),
        enter_code=False,
    )


def log(session: Session, account: Account, action: str, **details: Any) -> None:
    """Log what somebody did who is just signing in, or what was tried on an account."""
    audit.record(
        session,
        action,
        account.username,
        at=console.now(),
        account_id=account.id,
        account_name=account.username,
        details=details,
    )


def log_refused(session: Session, account_id: int | None, tried: str) -> None:
    """Log a wrong try. A name that no account has is not written down."""
    account = session.get(Account, account_id) if account_id else None
    if account is None:
        audit.record(session, "account.sign_in_refused", NOBODY, at=console.now(), account_id=None, account_name=NOBODY)
        return
    log(session, account, "account.sign_in_refused", tried=tried, shut=not sign_in.may_try(account, console.now()))


def go_on(session: Session, account: Account, *, by: str, second_factor: bool, target: str = "") -> Response:
    """After the first step: ask for the second factor if there is one that was not given, else sign in."""
    target = target or console.local_next("")
    if account.totp_sealed is not None and not second_factor:
        cookie.clear()
        cookie[HALF_WAY] = [account.id, console.now().isoformat(), by]
        return redirect(url_for("account.second_factor", next=target or None), 303)
    sign_in.signed_in(session, account)
    console.sign_in(session, account.id, second_factor=second_factor)
    log(session, account, "account.signed_in", by=by, second_factor=second_factor)
    return redirect(target or url_for("account.start"), 303)


def half_way() -> tuple[int, str] | None:
    """Whose second factor this browser is asked for, and how the first step was taken; None after ten minutes."""
    kept = cookie.get(HALF_WAY)
    if not kept or datetime.fromisoformat(kept[1]) < console.now() - HALF_WAY_FOR:
        return None
    return kept[0], kept[2]
