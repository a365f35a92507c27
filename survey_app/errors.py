"""Refusals as pages: what happened, what was kept, what to do."""

from __future__ import annotations

from flask import Flask, render_template
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import Forbidden, HTTPException, InternalServerError, NotFound, RequestEntityTooLarge


def init_app(app: Flask) -> None:
    app.register_error_handler(NotFound, _not_found)
    app.register_error_handler(Forbidden, _forbidden)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(InternalServerError, _our_fault)
    app.register_error_handler(HTTPException, _other)


def problem(status: int, title: str, *paragraphs: str, enter_code: bool = True) -> tuple[str, int]:
    """A page that says what happened and what to do; it leads to where a code is typed, if that can help."""
    return render_template("problem.html", title=title, paragraphs=paragraphs, enter_code=enter_code), status


def _not_found(_error: NotFound) -> tuple[str, int]:
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
    return problem(
        400,
        _("Trang này đã mở quá lâu hoặc trình duyệt không nhận cookie"),
        _("Những trang Ông/Bà đã lưu vẫn được giữ nguyên; riêng nội dung vừa nhập ở trang này chưa được lưu."),
        _("Ông/Bà vui lòng mở lại đường liên kết hoặc quét lại mã QR để trả lời tiếp."),
    )


def _too_large(_error: RequestEntityTooLarge) -> tuple[str, int]:
    return problem(413, _("Nội dung gửi lên quá lớn"), _("Ông/Bà vui lòng viết ngắn hơn rồi gửi lại."))


def _our_fault(_error: InternalServerError) -> tuple[str, int]:
    return problem(
        500,
        _("Hệ thống gặp sự cố"),
        _("Những trang Ông/Bà đã lưu vẫn được giữ nguyên. Xin thử lại sau ít phút bằng chính đường liên kết này."),
    )


def _other(error: HTTPException) -> tuple[str, int]:
    return problem(error.code or 500, _("Không thể thực hiện yêu cầu này"), _("Ông/Bà vui lòng quay lại và thử lại."))
