"""What to do next in a round, in words, with the page where it is done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from survey_app.console import may_open
from survey_app.i18n import words
from survey_app.models.rounds import Mode, Purpose, Stage, SurveyRound
from survey_app.queries.rounds import GroupCount, round_unit_codes


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do; ``endpoint`` is the page where, if who reads may open it."""

    text: str
    label: str = ""
    href: str = ""


def next_steps(session: Session, survey_round: SurveyRound, groups: list[GroupCount], today: date) -> list[Step]:
    """The steps that are open, the first one first."""
    match survey_round.stage:
        case Stage.DRAFT:
            return list(_of_a_draft(session, survey_round, groups))
        case Stage.OPEN:
            return list(_of_an_open_round(survey_round, today))
        case Stage.CLOSED if survey_round.purpose == Purpose.PILOT:
            text = _(
                "Phiếu thử đã mở niêm phong: xem phiếu mất bao lâu, câu nào nên sửa, số nào đưa vào phương án mẫu."
            )
            return [_step(survey_round, text, "pilot.results", _("Xem kết quả thử"))]
        case Stage.CLOSED:
            text = _("Phiếu đã mở niêm phong, khóa đã hủy. Tính điểm theo phương pháp của đợt.")
            return [_step(survey_round, text, "rounds.score", _("Tính điểm"))]
        case Stage.SCORED if survey_round.purpose == Purpose.REAL:
            text = _("Đã tính điểm. Kết quả được công bố sau khi có quyết định.")
            return [
                _step(survey_round, text, "rounds.results", _("Xem kết quả")),
                _step(survey_round, _("Ghi quyết định và công bố."), "rounds.publish", _("Công bố kết quả")),
            ]
    return [_step(survey_round, _("Không còn việc phải làm trong đợt này."), "rounds.results", _("Xem kết quả"))]


def _of_a_draft(session: Session, survey_round: SurveyRound, groups: list[GroupCount]) -> Iterator[Step]:
    if not round_unit_codes(session, survey_round.id):
        yield _step(survey_round, _("Chưa có đơn vị nào được đánh giá."), "rounds.units", _("Chọn đơn vị"))
    if not groups:
        yield _step(survey_round, _("Chưa có nhóm đối tượng điều tra."), "rounds.group_new", _("Thêm nhóm"))
    waiting = [words(g.title) for g in groups if g.mode == Mode.PERSONAL_LINK and not g.n_invited]
    if waiting:
        text = _("Chưa mời ai trong các nhóm: %(groups)s.", groups="; ".join(waiting))
        yield _step(survey_round, text, "frames.index", _("Nhập danh sách, rút mẫu"))
    if not survey_round.methods:
        text = _("Chưa chọn cách tính điểm.")
        yield _step(survey_round, text, "round_method.index", _("Chọn cách tính điểm"))
    text = _("Khi mọi việc đã xong: kiểm tra các ô ẩn danh rồi mở đợt.")
    yield _step(survey_round, text, "rounds.open", _("Kiểm tra và mở đợt"))


def _of_an_open_round(survey_round: SurveyRound, today: date) -> Iterator[Step]:
    if survey_round.closes_on < today:
        text = _("Đã hết thời gian nhận phiếu. Kết thúc đợt để mở thùng phiếu.")
        yield _step(survey_round, text, "rounds.close", _("Kết thúc đợt"))
    else:
        yield _step(survey_round, _("Đang nhận phiếu."), "board.show", _("Xem tiến độ"))
        yield _step(survey_round, _("Gửi thư mời và lời nhắc."), "invitations.index", _("Thư mời"))


def _step(survey_round: SurveyRound, text: str, endpoint: str, label: str) -> Step:
    if not may_open(endpoint, survey_round.code):
        return Step(text)
    return Step(text, label, url_for(endpoint, round_code=survey_round.code))
