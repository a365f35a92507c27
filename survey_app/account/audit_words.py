"""The actions of the audit log in words. An action that is not here is shown as its code."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from survey_app.account.role_words import ROLE_WORDS

AUDIT_WORDS = {
    "account.signed_in": _l("đăng nhập"),
    "account.sign_in_refused": _l("đăng nhập sai"),
    "account.signed_out": _l("đăng xuất"),
    "account.signed_out_everywhere": _l("đăng xuất khỏi mọi thiết bị"),
    "account.city_sign_in_refused": _l("đăng nhập qua Thành phố bị từ chối"),
    "account.password_changed": _l("đổi mật khẩu"),
    "account.second_factor_set_up": _l("đặt xác thực hai lớp"),
    "account.created": _l("tạo tài khoản"),
    "account.described": _l("sửa tên, thư điện tử của tài khoản"),
    "account.granted": _l("giao vai trò"),
    "account.revoked": _l("gỡ vai trò"),
    "account.password_reset": _l("cấp mật khẩu dùng một lần"),
    "account.second_factor_reset": _l("xóa xác thực hai lớp"),
    "account.disabled": _l("khóa tài khoản"),
    "account.enabled": _l("mở lại tài khoản"),
    "account.bound": _l("gắn với hệ thống đăng nhập của Thành phố"),
    "account.unbound": _l("gỡ khỏi hệ thống đăng nhập của Thành phố"),
    "list.uploaded": _l("tải lên danh sách mời"),
    "list.invited": _l("đưa danh sách vào danh sách mời"),
    "list.cleared": _l("bỏ danh sách mời"),
    "invitees.exported": _l("xuất danh sách người được mời"),
    "wave.released": _l("mời lượt dự phòng"),
    "invitation.revoked": _l("thu hồi thư mời"),
    "invitation.restored": _l("cho thư mời có hiệu lực trở lại"),
    "invitation.reissued": _l("in lại thư mời"),
    "letters.ordered": _l("lập tệp thư mời"),
    "words.changed": _l("sửa lời thư"),
}


def action_words(action: str) -> str:
    """An action in words."""
    return str(AUDIT_WORDS.get(action, action))


DETAIL_WORDS = {
    "role": _l("vai trò"),
    "round": _l("đợt điều tra"),
    "unit": _l("đơn vị"),
    "by": _l("bằng"),
    "tried": _l("đã thử"),
    "second_factor": _l("xác thực hai lớp"),
    "shut": _l("tạm khóa"),
    "alone": _l("xóa mật khẩu"),
}
VALUE_WORDS = ROLE_WORDS | {
    "password": _l("mật khẩu"),
    "city": _l("hệ thống của Thành phố"),
    "second_factor": _l("mã xác thực"),
    "email": _l("thư điện tử"),
    "subject": _l("mã định danh"),
    "True": _l("có"),
    "False": _l("không"),
}


def detail_words(details: dict[str, Any]) -> str:
    """The details of an entry in one line; names and values that are not known here are shown as they are."""
    shown = (
        (DETAIL_WORDS.get(name, name), VALUE_WORDS.get(str(value), value))
        for name, value in details.items()
        if value is not None
    )
    return "; ".join(f"{name}: {value}" for name, value in shown)
