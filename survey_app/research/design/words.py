"""A design in words: its notes, why one is refused, its numbers as they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from flask import g
from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _l

from sampling.faults import SamplingError
from survey_app.design_spec import DesignRefused, DesignSpec, Note, SizeBy
from survey_app.i18n import language, number
from survey_app.services.design_population import RowFault

HIGHEST = 100.0  # points of a share; a margin beyond says nothing
SMALL = 0.1  # points; below, one decimal would say 0

NOTES: dict[str, Any] = {
    "indistinct": _l(
        "Với phương án này, %(count)s đơn vị không phân biệt được với nhau nếu chênh lệch nhỏ hơn %(points)s "
        "(lực kiểm định %(power)s %%)."
    ),
    "indistinct_budget": _l(
        "Với kinh phí này, %(count)s đơn vị không phân biệt được với nhau nếu chênh lệch nhỏ hơn %(points)s "
        "(lực kiểm định %(power)s %%)."
    ),
    "weakest": _l("%(name)s chỉ phân biệt được với một đơn vị cùng cỡ mẫu khi chênh lệch từ %(points)s trở lên."),
    "undetectable": _l(
        "%(count)s đơn vị không so sánh được với đơn vị nào: không còn bậc tự do để tính sai số (%(names)s)."
    ),
    "pooled": _l(
        "Sai số của từng đơn vị chỉ đúng khi đã khai báo trước phương sai gộp của mọi đơn vị; %(count)s đơn vị có "
        "dưới %(few)s thôn nên không tự tính được sai số đáng tin."
    ),
    "no_df": _l("%(count)s đơn vị chỉ có 1 thôn được chọn: không có bậc tự do, không tính được sai số (%(names)s)."),
    "one_df": _l(
        "%(count)s đơn vị chỉ có 2 thôn được chọn, tức 1 bậc tự do (t = 12,7 ở độ tin cậy 95 %%): sai số tới "
        "%(margin)s, không dùng được để đánh giá riêng từng đơn vị (%(names)s). Hãy chọn nhiều thôn hơn, ít phiếu "
        "mỗi thôn hơn, hoặc khai báo phương sai gộp."
    ),
    "few_df": _l("%(count)s đơn vị có dưới %(few)s thôn được chọn: sai số riêng chỉ là ước đoán (%(names)s)."),
    "icc": _l("ICC = %(icc)s là giả định cho đến khi ước lượng được từ điều tra thử hoặc đợt trước."),
    "margin_missed": _l("Kết quả chung không đạt sai số đặt ra: cần ±%(asked)s, phương án cho ±%(reached)s."),
    "units_missed": _l("%(count)s trong %(of)s đơn vị không đạt sai số ±%(asked)s đặt ra cho từng đơn vị (%(names)s)."),
    "units_reached": _l("Cả %(of)s đơn vị đạt sai số ±%(asked)s đặt ra cho từng đơn vị."),
    "small": _l("%(count)s đơn vị không đủ người cho %(minimum)s phiếu: mời tất cả mọi người ở đó (%(names)s)."),
    "everybody": _l("%(count)s đơn vị phải mời tất cả mọi người (%(names)s)."),
    "rough": _l(
        "%(count)s đơn vị có quá ít phiếu so với tỷ lệ dự kiến (dưới %(few)s phiếu ở một phía): sai số thật lớn hơn "
        "con số nêu ở đây (%(names)s)."
    ),
    "budget": _l("Kinh phí %(budget)s đồng: dùng %(cost)s đồng, còn %(left)s đồng."),
    "census": _l(
        "Điều tra toàn bộ: nếu tất cả trả lời thì không có sai số chọn mẫu; với tỷ lệ trả lời %(response_rate)s %% thì "
        "người không trả lời có thể khác người trả lời, điều mà sai số nêu ở đây không nói lên."
    ),
    "yamane": _l(
        "Công thức Yamane cho %(n)s phiếu ở sai số ±%(margin)s, nhưng mời %(n)s người thì thực ra chỉ đạt "
        "±%(reached)s. Cùng yêu cầu đó cần %(completes)s phiếu, tức mời %(invite)s người."
    ),
}
REFUSALS: dict[str, Any] = {
    "no_strata": _l("Bảng số người chưa có dòng nào."),
    "margin_needed": _l("Xin cho sai số cần đạt: của kết quả chung, của từng đơn vị, hoặc cả hai."),
    "margin_too_wide": _l("Sai số phải nhỏ hơn 100 điểm phần trăm."),
    "total_needed": _l("Xin cho tổng số phiếu."),
    "budget_needed": _l("Xin cho kinh phí."),
    "cost_needed": _l("Xin cho đơn giá một phiếu của ít nhất một hình thức, hoặc cột “Đơn giá” trong bảng."),
    "thon_needed": _l("Xin cho số thôn của một đơn vị: %(count)s dòng trong bảng chưa có (%(codes)s)."),
    "thon_or_take_needed": _l("Xin cho số thôn lấy mẫu ở mỗi đơn vị, hoặc số phiếu ở mỗi thôn."),
    "total_below_minimum": _l(
        "%(total)s phiếu không đủ cho mức ít nhất của mọi đơn vị, cần từ %(least)s phiếu. Hãy tăng tổng số phiếu hoặc "
        "giảm mức ít nhất."
    ),
    "total_above_maximum": _l(
        "%(total)s phiếu nhiều hơn số người có thể trả lời (%(most)s). Hãy giảm tổng số phiếu hoặc "
        "chọn điều tra toàn bộ."
    ),
    "margin_out_of_reach": _l(
        "Không thể đạt ±%(margin)s: dù hỏi nhiều nhất có thể, sai số vẫn còn ±%(best)s. Hãy nới sai số."
    ),
    "budget_too_small": _l("%(budget)s đồng không đủ cho mức ít nhất của mọi đơn vị, cần từ %(needed)s đồng."),
    "round_closed": _l("Đợt điều tra đã kết thúc: không đổi phương án được nữa."),
    "no_such_plan": _l("Không có phương án này trong đợt điều tra."),
}
ROWS: dict[str, Any] = {
    "no_rows": _l("chưa có dòng nào."),
    "too_many_rows": _l("nhiều hơn %(most)s dòng."),
    "blank": _l("thiếu số người."),
    "blank_code": _l("thiếu mã đơn vị."),
    "same_code": _l("mã “%(value)s” đã có ở %(other)s."),
    "zeros_lost": _l("mã “%(value)s” đã mất số 0 ở đầu; đúng ra là “%(full)s”."),
    "not_whole": _l("“%(value)s” không phải là số nguyên."),
    "not_positive": _l("“%(value)s” phải là số lớn hơn 0."),
    "not_share": _l("tỷ lệ “%(value)s” phải lớn hơn 0 %% và nhỏ hơn 100 %%; viết 84%% hoặc 0,84."),
    "fewer_people_than_thon": _l("chỉ có %(people)s người mà có %(thon)s thôn."),
}
POINTS = {"points", "margin", "reached", "asked", "best"}
MONEY = {"budget", "cost", "left", "needed"}
COUNTS = {"count", "of", "n", "completes", "invite", "total", "least", "most", "few", "minimum", "people", "thon"}
PERCENTS = {"power", "response_rate"}


def note_words(note: Note, spec: DesignSpec) -> str:
    """A note as a sentence."""
    facts = {name: _fact(name, value, of_means=spec.of_means) for name, value in note.params.items()}
    code = note.code
    if code == "indistinct" and spec.size_by is SizeBy.BUDGET:
        code = "indistinct_budget"
    if "names" in note.params:
        more = note.params["count"] > len(note.params["names"])
        facts["names"] = ", ".join(note.params["names"]) + (" …" if more else "")
    return str(NOTES[code]) % facts


def refusal_words(error: DesignRefused | SamplingError, *, of_means: bool = False) -> str:
    """Why a design cannot be had, and what would help."""
    if isinstance(error, SamplingError):
        said = error.message(language())
        return said[:1].upper() + said[1:] + "."
    facts = {name: _fact(name, value, of_means=of_means) for name, value in error.params.items()}
    return str(REFUSALS[error.code]) % facts


def row_words(fault: RowFault) -> str:
    """What is wrong in a row of the table, with its place."""
    facts = {name: _fact(name, value, of_means=False) for name, value in fault.params.items()}
    if str(facts.get("other", "")).isdecimal():
        facts["other"] = gettext("dòng %(row)s", row=facts["other"])
    said = str(ROWS[fault.code]) % facts
    if not fault.place:
        return said[:1].upper() + said[1:]
    where = gettext("Dòng %(row)s", row=fault.place) if fault.place.isdecimal() else fault.place
    return f"{where}: {said}"


def points(value: float | None, *, of_means: bool) -> str:
    """A margin or difference with its unit; a share's never above 100 points."""
    if value is None:
        return gettext("không tính được")
    if of_means:
        return gettext("%(value)s điểm", value=number(value, 2))
    if 100 * value > HIGHEST:
        return gettext("trên 100 điểm phần trăm")
    digits = 1 if value == 0 or 100 * value >= SMALL else 3
    return gettext("%(value)s điểm phần trăm", value=number(100 * value, digits))


def _fact(name: str, value: Any, *, of_means: bool) -> Any:
    if isinstance(value, str | Sequence):
        return value
    if name in POINTS:
        return points(value, of_means=of_means)
    if name in PERCENTS:
        return number(100 * value, 0)
    if name in MONEY | COUNTS:
        return number(value, 0)
    return number(value, 3) if isinstance(value, float) else value


@contextmanager
def in_vietnamese() -> Iterator[None]:
    """Words and numbers in Vietnamese, whatever language the page is read in: official papers are Vietnamese."""
    before = g.get("language")
    g.language = "vi"
    try:
        with force_locale("vi"):
            yield
    finally:
        g.language = before or "vi"
