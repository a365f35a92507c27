"""Frames and draws in words: methods, fields, marks, faults by cell, refusals, the lines of a certificate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from sampling.faults import SamplingError
from sampling.messages import TEXTS
from survey_app.i18n import day, language, number, words
from survey_app.models.base import Texts
from survey_app.queries.frames import DrawShown
from survey_app.uploads.faults import CellFault
from survey_app.uploads.words import WORDS as UPLOAD_WORDS
from survey_app.uploads.words import fault_words

SHOWN_IN_A_SENTENCE = 12

FIELD_WORDS: Mapping[str, Any] = {
    "ref": _l("Mã số của dòng (hồ sơ, người)"),
    "person": _l("Mã người (một người có thể có nhiều dòng)"),
    "name": _l("Họ và tên"),
    "phone": _l("Số điện thoại"),
    "email": _l("Thư điện tử"),
    "address": _l("Địa chỉ"),
    "position": _l("Chức vụ"),
    "organisation": _l("Cơ quan, tổ chức"),
    "unit": _l("Đơn vị được đánh giá (mã hoặc tên)"),
    "cluster": _l("Thôn, tổ dân phố"),
    "on": _l("Ngày giao dịch"),
    "adults": _l("Số người lớn của hộ"),
    "size": _l("Số đo quy mô"),
}
METHOD_WORDS: Mapping[str, Any] = {
    "srs": _l("Ngẫu nhiên đơn giản"),
    "systematic": _l("Hệ thống (cách đều)"),
    "two-stage": _l("Hai giai đoạn: thôn, tổ rồi đến người"),
    "census": _l("Toàn bộ danh sách"),
    "pps-systematic": _l("Hệ thống, xác suất theo quy mô"),
    "pps-random-systematic": _l("Hệ thống trên danh sách xáo trộn, xác suất theo quy mô"),
    "sampford": _l("Sampford, xác suất theo quy mô"),
    "brewer": _l("Brewer, xác suất theo quy mô"),
    "tille": _l("Tillé, xác suất theo quy mô"),
    "maxent": _l("Entropy cực đại, xác suất theo quy mô"),
    "cube": _l("Cân bằng (lập phương)"),
}
MARK_WORDS: Mapping[str, Any] = {
    "repeat": _l("Dòng của người có từ hai dòng trở lên"),
    "shared_phone": _l("Dòng dùng chung số điện thoại với người khác tên"),
    "namesake": _l("Dòng trùng họ tên trong cùng đơn vị nhưng là người khác"),
    "bad_phone": _l("Số điện thoại không đọc được"),
    "bad_email": _l("Thư điện tử không đọc được"),
    "no_phone": _l("Không có số điện thoại"),
    "unreachable": _l("Không có điện thoại, thư điện tử lẫn địa chỉ"),
    "stale": _l("Giao dịch đã quá lâu"),
}
RULE_WORDS: Mapping[str, Any] = {
    "phone": _l("cùng số điện thoại; nếu không có số thì cùng họ tên trong cùng đơn vị"),
    "phone_and_name": _l("cùng số điện thoại và cùng họ tên"),
    "row": _l("mỗi dòng là một người"),
    "person": _l("cùng mã người"),
}
LEFT_OUT_WORDS: Mapping[str, Any] = {
    "stale": _l("giao dịch trước mốc thời gian"),
    "unit_left_out": _l("đơn vị không chọn mẫu"),
    "same_person": _l("dòng khác của cùng một người trong cùng đơn vị"),
}
CELL_WORDS: Mapping[str, Any] = {
    "cell_blank": _l("Ô trống."),
    "ref_repeated": _l("Mã “%(value)s” đã có ở một dòng trên."),
    "formula_like": _l("“%(value)s” bắt đầu như một công thức của bảng tính. Hãy bỏ dấu =, +, -, @ ở đầu."),
    "unit_unknown": _l("“%(value)s” không phải là mã hay tên đơn vị của đợt này (%(rows)s dòng)."),
    "unit_lost_zeros": _l(
        "“%(value)s” không phải là mã đơn vị: có lẽ là “%(meant)s” bị mất số 0 ở đầu (%(rows)s dòng). Hãy sửa cột "
        "thành văn bản, hoặc chọn “Thêm lại số 0 đã mất”."
    ),
    "day_unreadable": _l("“%(value)s” không phải là ngày. Hãy ghi ngày/tháng/năm, ví dụ 05/03/2026."),
    "day_in_future": _l("“%(value)s” là ngày chưa tới."),
    "number_not_positive": _l("“%(value)s” không phải là số lớn hơn 0."),
    "phone_unreadable": _l("Số điện thoại không đọc được."),
    "email_unreadable": _l("Địa chỉ thư điện tử không đọc được."),
    "field_not_mapped": _l("Chưa chọn cột cho mục “%(field)s”."),
}
REFUSALS: Mapping[str, Any] = {
    "frame_emptied": _l("Khung mẫu này đã bị xóa nên không chọn mẫu được nữa."),
    "FileGone": _l("Tệp tải lên không còn được giữ. Hãy tải lên lại."),
    "RoundKeyMissing": _l("Khóa dữ liệu cá nhân của đợt không còn: danh bạ của đợt đã bị hủy."),
    "nobody_left": _l("Không còn dòng nào sau khi bỏ các dòng không tham gia. Hãy xem lại mốc ngày và số lượng."),
    "method_unknown": _l("Không có phương pháp chọn mẫu “%(method)s”."),
    "no_units": _l("Khung mẫu không có cột đơn vị nên không chia theo đơn vị được."),
    "no_clusters": _l("Chọn hai giai đoạn cần cột thôn, tổ dân phố trong khung mẫu."),
    "no_per_cluster": _l("Hãy ghi số người ở mỗi thôn, tổ."),
    "no_size": _l("Phương pháp này cần một cột số đo quy mô."),
    "no_balance": _l("Phương pháp cân bằng cần ít nhất một cột số trong khung mẫu."),
    "no_number": _l("Chưa có số người cần chọn."),
    "own_unreadable": _l("Số riêng, dòng %(line)s: cần mã đơn vị và số người, ví dụ “00004 71”."),
    "own_unknown": _l("Số riêng, dòng %(line)s: khung mẫu không có đơn vị “%(value)s”."),
    "own_twice": _l("Số riêng, dòng %(line)s: đơn vị “%(value)s” đã có ở dòng trên."),
    "RollClosed": _l("Đợt không còn là dự thảo nên không đưa thêm người vào danh sách mời."),
    "RollFilled": _l("Nhóm này đã có danh sách mời (cùng đơn vị hoặc lập theo cách khác)."),
    "WrongMode": _l("Nhóm này dùng đường liên kết chung nên không có danh sách mời."),
    "RefTaken": _l("Có mã số đã được dùng trong danh sách mời của đợt. Hãy dùng mã số khác trong tệp."),
    "NothingInReserve": _l("Không còn người thay thế nào chưa được mời."),
    "NobodyToInvite": _l("Danh sách trống."),
}


def cell_words(fault: CellFault) -> str:
    """A fault of a list in words, without its cell."""
    if fault.code not in CELL_WORDS:
        return fault_words(fault)
    params = dict(fault.params)
    if fault.code == "field_not_mapped":
        params["field"] = FIELD_WORDS.get(str(params["field"]), params["field"])
    return str(CELL_WORDS[fault.code]) % params


def faults_of(params: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(cell, words) of the faults that a refused import noted."""
    return [(cell, cell_words(CellFault(cell, code, facts))) for cell, code, facts in params.get("faults", [])]


def refusal_words(code: str, params: Mapping[str, Any]) -> str:
    """Why a list was not read in, or no sample was drawn."""
    if code == "frame_faults":
        found = [f"{cell}: {said}" if cell else said for cell, said in faults_of(params)]
        shown = " · ".join(found[:SHOWN_IN_A_SENTENCE])
        return _("Tệp có %(n)s chỗ sai nên chưa nhập gì. %(faults)s", n=number(params["n"], 0), faults=shown)
    if code in REFUSALS:
        return str(REFUSALS[code]) % dict(params)
    if code in TEXTS:
        return SamplingError(code, **params).message(language())
    if code in UPLOAD_WORDS:
        return fault_words(CellFault("", code, params))
    return _("Không làm được (%(code)s).", code=code)


def said_of(error: Exception) -> str:
    """A refusal of a service in words."""
    if isinstance(error, SamplingError):
        return error.message(language())
    code = str(getattr(error, "code", "") or type(error).__name__)
    return refusal_words(code, getattr(error, "params", {}))


# --- the certificate -------------------------------------------------------------------------------------------------


def certificate_lines(draw: DrawShown, round_code: str, round_title: Texts) -> list[tuple[str, str]]:
    """What a certificate says, line by line: label and value."""
    counts, spec = draw.counts, draw.spec
    drawn = _(
        "%(first)s người hỏi trước, %(reserve)s người thay thế",
        first=number(counts["first"], 0),
        reserve=number(counts["reserve"], 0),
    )
    weights = f"{number(counts['least_weight'], 3)} – {number(counts['greatest_weight'], 3)}"
    versions = ", ".join(f"{name} {version}" for name, version in sorted(spec.get("versions", {}).items()))
    return [
        (_("Đợt điều tra"), f"{words(round_title)} ({round_code})"),
        (_("Nhóm đối tượng"), words(draw.group_title)),
        (_("Khung mẫu"), _("%(name)s, %(n)s dòng", name=draw.frame_name, n=number(draw.frame_rows, 0))),
        (_("Mã băm của khung mẫu (SHA-256)"), draw.frame_sha256),
        *_taking_part(counts),
        (_("Số dòng tham gia chọn mẫu"), number(counts["frame"], 0)),
        (_("Mã băm của khung tham gia chọn mẫu (SHA-256)"), counts["frame_sha256"]),
        (_("Một người được nhận ra bằng"), str(RULE_WORDS[draw.frame_report.get("person_rule", "row")])),
        (_("Đơn vị chọn"), _("người") if spec["element"] == "person" else _("dòng của danh sách")),
        (_("Phương pháp"), str(METHOD_WORDS[draw.method])),
        *_settings(spec),
        (_("Hạt giống"), str(draw.seed)),
        (_("Đã chọn"), drawn),
        (_("Quyền số thiết kế, tính cả người thay thế"), weights),
        (_("Mã băm của tệp mẫu (SHA-256)"), draw.sample_sha256),
        (_("Ngày chọn mẫu"), day(draw.drawn_on)),
        (_("Người chọn mẫu"), draw.drawn_by or "–"),
        (_("Phiên bản chương trình"), versions),
        (_("Lệnh kiểm tra"), spec["command"]),
    ]


def _taking_part(counts: Mapping[str, Any]) -> list[tuple[str, str]]:
    left_out: Mapping[str, int] = counts.get("left_out", {})
    return [(_("Không tham gia: %(why)s", why=LEFT_OUT_WORDS[reason]), number(n, 0)) for reason, n in left_out.items()]


def _settings(spec: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The parameters of the method, those that there are."""
    found: list[tuple[str, str]] = []
    if spec["sizes"]:
        n_units = sum(n > 0 for n in spec["sizes"].values())
        found.append((_("Phân tầng"), _("theo đơn vị, %(n)s tầng", n=number(n_units, 0))))
    if spec["per_cluster"]:
        found.append((_("Số người ở mỗi thôn, tổ"), number(spec["per_cluster"], 0)))
    if spec["size_column"]:
        found.append((_("Số đo quy mô"), str(FIELD_WORDS[spec["size_column"]])))
    if spec["not_before"]:
        found.append((_("Chỉ lấy giao dịch từ ngày"), day(date.fromisoformat(spec["not_before"]))))
    if spec["reserve_pct"]:
        share = _("%(pct)s %%, chia %(waves)s đợt", pct=number(spec["reserve_pct"], 0), waves=number(spec["waves"], 0))
        found.append((_("Người thay thế"), share))
    return found


def certificate_text(lines: Sequence[tuple[str, str]]) -> str:
    """The certificate as plain text."""
    return "".join(f"{label}: {value}\n" for label, value in lines)
