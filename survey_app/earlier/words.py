"""The words of past years: faults of a table, refusals, what a change means, what makes years hard to compare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from survey_app.services.earlier_ballots import EVEN, SATISFIED
from survey_app.services.earlier_trends import DOWN, NO_ERROR, NOT_COMPARABLE, PARTLY, SAME, UP
from survey_app.uploads.faults import CellFault
from survey_app.uploads.words import fault_words

FAULTS: dict[str, Any] = {
    "not_statistical": _l("Nội dung không phải là tệp %(suffix)s, dù tên tệp ghi như vậy. Hãy lưu lại từ SPSS, Stata."),
    "long_texts": _l("Tệp Stata có cột văn bản dài (strL). Hãy bỏ các cột đó, hoặc lưu dạng .sav."),
    "no_rows_of_year": _l("Cột năm không có dòng nào của năm %(year)s."),
    "no_numbers": _l("Không có số liệu nào ở các cột đã chọn."),
    "column_twice": _l("Một cột chỉ dùng cho một mục; chọn hai lần: %(columns)s."),
    "column_gone": _l("Tệp không có cột: %(columns)s."),
    "no_unit_column": _l("Hãy chọn cột mã đơn vị hoặc cột tên đơn vị."),
    "no_value_column": _l("Hãy chọn cột giá trị, hoặc các cột mà mỗi cột là một tiêu chí."),
    "long_and_wide": _l(
        "Hãy chọn một trong hai: cột tiêu chí cùng với cột giá trị, hoặc mỗi tiêu chí là một cột riêng."
    ),
    "not_a_number": _l("“%(value)s” không phải là số. Hãy ghi chữ số, phần lẻ sau dấu phẩy hoặc dấu chấm."),
    "off_scale": _l("%(value)s nằm ngoài thang từ 0 đến %(most)s. Hãy sửa ô này hoặc chọn lại thang điểm."),
    "not_an_error": _l("%(value)s không thể là sai số chuẩn: sai số không âm và không lớn hơn thang điểm."),
    "looks_like_fractions": _l(
        "Cột này không có giá trị nào quá 1: có lẽ các ô được định dạng phần trăm. "
        "Hãy chọn thang điểm từ 0 đến 1, hoặc nhân các giá trị với 100."
    ),
    "ambiguous_unit": _l("Có nhiều đơn vị tên “%(value)s” (mã %(codes)s). Hãy thêm cột mã đơn vị."),
}
REFUSALS: dict[str, Any] = {
    "scale_differs": _l(
        "Năm %(year)s đã có số liệu theo thang điểm khác. Hãy chọn cùng thang điểm, hoặc xóa số liệu năm đó trước."
    ),
    "ballots_there": _l("Năm %(year)s đã có phiếu. Hãy xóa năm đó trước nếu muốn nhập lại."),
    "personal_columns": _l(
        "Các cột này có vẻ chứa thông tin cá nhân (họ tên, điện thoại, thư điện tử, địa chỉ, số giấy tờ): %(columns)s. "
        "Hãy đánh dấu để không lưu các cột đó."
    ),
    "dropped_but_used": _l("Các cột này được dùng để tính nên không bỏ được: %(columns)s."),
    "levels_wrong": _l(
        "Câu “%(column)s”: cần ít nhất hai mức, mỗi mức ghi một lần, và không trùng với mã “không biết”."
    ),
    "unknown_answers": _l(
        "Câu “%(column)s” có câu trả lời không thuộc mức nào: %(answers)s. "
        "Hãy thêm vào các mức hoặc vào mã “không biết”."
    ),
    "weights_wrong": _l("Cột quyền số “%(column)s” có %(n)s ô không phải là số từ 0 trở lên."),
    "design_wrong": _l("Quyền số, cụm hoặc tầng không tạo thành một thiết kế mẫu hợp lệ (%(said)s)."),
    "all_cells_small": _l("Không đơn vị nào có từ %(least)s phiếu trở lên nên không có số liệu nào để lưu."),
    "no_questions": _l("Hãy chọn ít nhất một câu hỏi."),
    "no_unit_column": FAULTS["no_unit_column"],
    "FileGone": _l("Tệp đã tải lên không còn nữa. Hãy tải lên lại."),
}
PERSONAL: dict[str, Any] = {
    "name": _l("có vẻ là họ tên"),
    "phone": _l("có vẻ là số điện thoại"),
    "email": _l("có vẻ là thư điện tử"),
    "id": _l("có vẻ là số giấy tờ hoặc tài khoản"),
    "address": _l("có vẻ là địa chỉ"),
}
FIELDS: dict[str, Any] = {
    "unit_code": _l("Mã đơn vị"),
    "unit_name": _l("Tên đơn vị"),
    "year": _l("Năm (chỉ lấy các dòng của năm đang nhập)"),
    "criterion": _l("Tiêu chí (mỗi dòng một tiêu chí)"),
    "value": _l("Giá trị (hoặc chỉ số chung)"),
    "se": _l("Sai số chuẩn của giá trị"),
    "n": _l("Số phiếu"),
}
SCORINGS: dict[str, Any] = {
    EVEN: _l("các mức cách đều nhau từ 0 (kém nhất) đến 100 (tốt nhất)"),
    SATISFIED: _l("tỷ lệ hài lòng: hai mức tốt nhất là 100, các mức khác là 0 (thang dưới 4 mức: một mức tốt nhất)"),
}
VERDICTS: dict[str, Any] = {
    UP: _l("tăng, vượt sai số"),
    DOWN: _l("giảm, vượt sai số"),
    SAME: _l("chưa vượt sai số"),
    NO_ERROR: _l("không rõ sai số"),
    NOT_COMPARABLE: _l("không so sánh được"),
    PARTLY: _l("chỉ biết một phần đơn vị, chưa so sánh được"),
}


def past_fault_words(fault: CellFault) -> str:
    """The fault of a cell in the language of this request, without its cell."""
    if fault.code in FAULTS:
        return str(FAULTS[fault.code]) % dict(fault.params)
    return fault_words(fault)


def past_fault_lines(faults: Iterable[CellFault]) -> list[tuple[str, str]]:
    """(cell, words) of each fault, for the macro ``faults``."""
    return [(fault.cell, past_fault_words(fault)) for fault in faults]


def refusal_words(code: str, params: Mapping[str, Any]) -> str:
    """Why ballots were not taken over."""
    if code in REFUSALS:
        return str(REFUSALS[code]) % dict(params)
    return str(_("Chưa nhập được (%(code)s): %(said)s", code=code, said=params.get("said", "")))


def outcome_words(outcome: Mapping[str, Any]) -> str:
    """What was taken over."""
    if "ballots" not in outcome:
        return str(_("Phiếu của năm này đã được nhập."))
    said = _(
        "Đã lưu %(n)s phiếu và tính %(results)s kết quả.", n=outcome.get("ballots"), results=outcome.get("results")
    )
    if outcome.get("small"):
        said += " " + _("%(n)s kết quả dựa trên dưới 5 phiếu nên không được lưu.", n=outcome["small"])
    if outcome.get("unknown"):
        said += " " + _(
            "%(n)s đơn vị không có trong danh sách và bảng đối chiếu nên chưa vẽ được xu hướng.", n=outcome["unknown"]
        )
    return str(said)


def criterion_name(criterion: str) -> str:
    """A criterion as it is called; the empty one is the index."""
    return criterion or str(_("Chỉ số chung"))
