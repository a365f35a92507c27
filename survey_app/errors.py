"""Refusals as pages: what happened, what was kept, what to do."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, current_app, render_template, request
from flask import session as cookie
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import Forbidden, HTTPException, InternalServerError, NotFound, RequestEntityTooLarge

from survey_app.access import UNSIGNED, roles_of
from survey_app.console import SIGNED_IN, SignedOut, typed


def init_app(app: Flask) -> None:
    app.register_error_handler(NotFound, _not_found)
    app.register_error_handler(Forbidden, _forbidden)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(SignedOut, _signed_out)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(InternalServerError, _our_fault)
    app.register_error_handler(HTTPException, _other)


def problem(status: int, title: str, *paragraphs: str, enter_code: bool = True) -> tuple[str, int]:
    """A page that says what happened and what to do; it leads to where a code is typed, if that can help."""
    shown = {"title": title, "paragraphs": paragraphs, "enter_code": enter_code, "at_work": False}
    return render_template("problem.html", **shown), status


def _at_work() -> bool:
    """Whether somebody of the Institute asks, not a respondent: by the page, else by having signed in."""
    if request.endpoint and request.endpoint != "static":
        return bool((roles_of(current_app, request.endpoint) or frozenset()) - UNSIGNED)
    return SIGNED_IN in cookie


def _problem_at_work(status: int, title: str, *paragraphs: str, kept: Sequence[str] = ()) -> tuple[str, int]:
    shown = {"title": title, "paragraphs": paragraphs, "enter_code": False, "at_work": True, "kept": kept}
    return render_template("problem.html", **shown), status


def _not_found(_error: NotFound) -> tuple[str, int]:
    if _at_work():
        said = _("Địa chỉ có thể bị gõ sai, hoặc mục này đã được bỏ đi.")
        return _problem_at_work(404, _("Không tìm thấy trang này"), said)
    return problem(
        404,
        _("Không tìm thấy trang này"),
        _("Địa chỉ có thể bị gõ thiếu. Ông/Bà vui lòng mở lại đường liên kết hoặc quét lại mã QR trong thư mời."),
    )


def _forbidden(_error: Forbidden) -> tuple[str, int]:
    return problem(
        403,
        _("Tài khoản này không được mở trang này"),
        _("Trang dành cho người được giao phần việc khác, hoặc đợt điều tra khác. Nếu cần, xin hỏi quản trị viên."),
        enter_code=False,
    )


def _stale_form(_error: CSRFError) -> tuple[str, int]:
    if _at_work():
        return _signed_out()
    return problem(
        400,
        _("Trang này đã mở quá lâu hoặc trình duyệt không nhận cookie"),
        _("Những trang Ông/Bà đã lưu vẫn được giữ nguyên; riêng nội dung vừa nhập ở trang này chưa được lưu."),
        _("Ông/Bà vui lòng mở lại đường liên kết hoặc quét lại mã QR để trả lời tiếp."),
    )


def _signed_out(_error: SignedOut | None = None) -> tuple[str, int]:
    """The session was over before the form came: its longer texts are given back, since nothing was saved."""
    return _problem_at_work(
        401 if _error else 400,
        _("Phiên đăng nhập đã hết: nội dung vừa nhập chưa được lưu"),
        _(
            "Hãy chép nội dung dưới đây ra một nơi khác (tệp đính kèm thì chọn lại). Sau đó đăng nhập, mở lại trang, "
            "dán nội dung vào rồi lưu."
        ),
        kept=typed(),
    )


def _too_large(_error: RequestEntityTooLarge) -> tuple[str, int]:
    if _at_work():
        said = _("Tệp lớn nhất được nhận là 60 MB. Hãy bỏ bớt cột, hình ảnh hoặc chia thành nhiều tệp rồi tải lên lại.")
        return _problem_at_work(413, _("Nội dung gửi lên quá lớn"), said)
    return problem(413, _("Nội dung gửi lên quá lớn"), _("Ông/Bà vui lòng viết ngắn hơn rồi gửi lại."))


def _our_fault(_error: InternalServerError) -> tuple[str, int]:
    if _at_work():
        said = _("Nếu đang lưu thì chưa có gì được ghi. Xin thử lại sau ít phút; nếu vẫn gặp, hãy báo quản trị viên.")
        return _problem_at_work(500, _("Hệ thống gặp sự cố"), said)
    return problem(
        500,
        _("Hệ thống gặp sự cố"),
        _("Những trang Ông/Bà đã lưu vẫn được giữ nguyên. Xin thử lại sau ít phút bằng chính đường liên kết này."),
    )


def _other(error: HTTPException) -> tuple[str, int]:
    if _at_work():
        said = _("Hãy quay lại trang trước, tải lại rồi thử lần nữa.")
        return _problem_at_work(error.code or 500, _("Không thể thực hiện yêu cầu này"), said)
    return problem(error.code or 500, _("Không thể thực hiện yêu cầu này"), _("Ông/Bà vui lòng quay lại và thử lại."))
