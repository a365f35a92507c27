"""Who is let in and who is shown why not: one helpful page for each closed, used, expired or unknown link."""

from __future__ import annotations

import logging

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from werkzeug.wrappers import Response

from survey_app.clock import today
from survey_app.errors import problem
from survey_app.i18n import day, words
from survey_app.respond.visits import AlreadySent, KeyUnavailable, LinkWithdrawn, Pass, VisitClosed, VisitUnknown

# Codes have 128 bits: nobody finds one by trying. The limit keeps a machine from trying at our expense. It counts in
# each worker process and for each address, and only wrong codes, so an office behind one address is not locked out.
WRONG_CODES = RateLimitItemPerMinute(30, 10)
_guesses = FixedWindowRateLimiter(MemoryStorage())


class UnknownLink(LookupError):
    """No invitation and no poster has this code."""


def register(blueprint: Blueprint) -> None:
    """Make the blueprint answer each refusal with its page."""
    blueprint.register_error_handler(UnknownLink, _unknown_link)
    blueprint.register_error_handler(LinkWithdrawn, _withdrawn)
    blueprint.register_error_handler(VisitUnknown, _visit_unknown)
    blueprint.register_error_handler(VisitClosed, _visit_closed)
    blueprint.register_error_handler(KeyUnavailable, _key_unavailable)
    blueprint.register_error_handler(AlreadySent, _already_sent)


def open_cookie(public_code: str) -> str:
    """The cookie by which a browser goes on with an open link."""
    return f"open_{public_code}"


def hand_out_open(held: Pass, public_code: str, response: Response) -> Response:
    """Both cookies of an open link: for the form's pages, and for coming back by the same link."""
    held.hand_out(response, open_cookie(public_code), url_for("respond.enter_open", public_code=public_code))
    return held.hand_out_for_pages(response)


def _unknown_link(_error: UnknownLink) -> tuple[str, int]:
    """One more wrong code from this address; after too many, no more answers to wrong codes for a while."""
    if not _guesses.hit(WRONG_CODES, request.remote_addr or ""):
        return _too_many_guesses()
    return problem(
        404,
        _("Mã này không đúng"),
        _("Không có thư mời nào mang mã này. Mã gồm 26 chữ cái và chữ số; chữ hoa hay chữ thường đều được."),
        _("Ông/Bà vui lòng quét lại mã QR hoặc mở lại đường liên kết; nếu gõ tay, xin so lại từng ký tự."),
    )


def _withdrawn(_error: LinkWithdrawn) -> tuple[str, int]:
    return problem(
        410,
        _("Thư mời này đã được thu hồi"),
        _("Cơ quan khảo sát đã thu hồi thư mời mang mã này, nên không mở được phiếu."),
        _("Nếu Ông/Bà cho rằng có nhầm lẫn, xin liên hệ theo số điện thoại ghi trong thư mời."),
        enter_code=False,
    )


def _too_many_guesses() -> tuple[str, int]:
    return problem(
        429,
        _("Đã nhập sai mã quá nhiều lần"),
        _("Xin chờ 10 phút rồi mở lại đường liên kết hoặc quét lại mã QR trong thư mời."),
        _("Những câu trả lời đã lưu vẫn được giữ nguyên."),
    )


def _visit_unknown(_error: VisitUnknown) -> tuple[str, int]:
    return problem(
        403,
        _("Xin mở lại đường liên kết"),
        _("Trình duyệt này không còn giữ phiên trả lời của Ông/Bà."),
        _("Ông/Bà vui lòng quét lại mã QR hoặc mở lại đường liên kết; những trang đã lưu vẫn được giữ nguyên."),
    )


def _visit_closed(error: VisitClosed) -> tuple[str, int]:
    plan, state = error.plan, error.state
    title = {
        "not_yet": _("Đợt khảo sát chưa bắt đầu"),
        "expired": _("Đã hết thời gian trả lời"),
        "closed": _("Đợt khảo sát đã kết thúc"),
    }[error.reason]
    what_now = {
        "not_yet": _("Xin giữ thư mời và mở lại đường liên kết khi đợt khảo sát bắt đầu."),
        "expired": _("Phiếu đã gửi vẫn được tính. Phiếu chưa gửi không được tính và sẽ được xóa."),
        "closed": _("Phiếu đã gửi vẫn được tính. Phiếu chưa gửi không được tính và đã được xóa."),
    }[error.reason]
    lines = [words(plan.round_title), what_now]
    if error.reason != "not_yet":
        lines.append(words(plan.results_when))
    elif state is not None and state.opens_on > today():
        lines.insert(1, _("Thời gian trả lời bắt đầu từ ngày %(day)s.", day=day(state.opens_on)))
    return problem(410, title, *lines, words(plan.contact), enter_code=False)


def _key_unavailable(error: KeyUnavailable) -> tuple[str, int]:
    logging.getLogger("survey").error("the key of an open round is not on this machine")
    return problem(
        503,
        _("Hệ thống gặp sự cố"),
        words(error.plan.round_title),
        _("Những trang Ông/Bà đã lưu vẫn được giữ nguyên. Xin thử lại sau ít phút bằng chính đường liên kết này."),
        words(error.plan.contact),
        enter_code=False,
    )


def _already_sent(error: AlreadySent) -> tuple[str, int]:
    """The receipt. Whoever sends twice, in whatever way, sees this one page: the first ballot counts."""
    late = request.method == "POST" and not (request.endpoint or "").endswith(".send")
    return render_template("respond/thanks.html", visit=error.visit, late=late), 200
