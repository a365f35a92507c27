"""The actions of the audit log in words. An action that is not here is shown as its code."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

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
}


def action_words(action: str) -> str:
    """An action in words."""
    return str(AUDIT_WORDS.get(action, action))
