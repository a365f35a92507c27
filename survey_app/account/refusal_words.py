"""What services refuse about accounts, in words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from survey_app.services.accounts import AccountRefused
from survey_app.services.passwords import PasswordRefused

SENTENCES = {
    "too_short": _l("Mật khẩu cần ít nhất %(shortest)s ký tự. Một câu ngắn dễ nhớ là tốt nhất."),
    "too_long": _l("Mật khẩu dài quá %(longest)s ký tự."),
    "common": _l("Mật khẩu này quá quen thuộc, người dò mật khẩu sẽ thử trước tiên. Xin chọn mật khẩu khác."),
    "user_name": _l("Mật khẩu không được là tên đăng nhập, kể cả khi thêm số hay viết ngược."),
    "same_password": _l("Mật khẩu mới phải khác mật khẩu đang dùng."),
    "username_form": _l(
        "Tên đăng nhập gồm 2 đến 40 ký tự: chữ thường không dấu, chữ số, dấu chấm, gạch ngang, gạch dưới; "
        "bắt đầu bằng chữ cái."
    ),
    "username_taken": _l("Đã có tài khoản mang tên %(username)s."),
    "display_name_form": _l("Họ và tên không được để trống và không dài quá 120 ký tự."),
    "email_form": _l("Địa chỉ thư điện tử không đúng."),
    "subject_taken": _l("Địa chỉ hoặc mã định danh này đã gắn với một tài khoản khác."),
    "last_administrator": _l(
        "Đây là người quản trị cuối cùng đang hoạt động. Xin giao vai trò quản trị cho một tài khoản khác trước."
    ),
    "supervises_and_collects": _l(
        "Người giám sát không được kiêm việc thu thập: không ai giám sát việc của chính mình."
    ),
    "administrator_everywhere": _l("Vai trò quản trị luôn có hiệu lực với mọi đợt điều tra và mọi đơn vị."),
    "unit_missing": _l("Vai trò này phải gắn với một đơn vị."),
    "unit_not_in_round": _l("%(unit)s không thuộc đợt điều tra %(round)s."),
    "grant_exists": _l("Tài khoản đã có đúng vai trò này."),
    "no_such_grant": _l("Vai trò này đã được gỡ trước đó."),
}

FIELDS = {
    "username_form": "username",
    "username_taken": "username",
    "display_name_form": "display_name",
    "email_form": "email",
    "subject_taken": "value",
    "unit_missing": "unit_id",
    "unit_not_in_round": "unit_id",
    "administrator_everywhere": "round_code",
}
"""The field that a refusal belongs to; the others belong to the first field of their form."""


def refusal_words(refused: AccountRefused | PasswordRefused) -> str:
    """A refusal as a sentence in the reader's language."""
    return str(SENTENCES[refused.code]) % refused.params
