"""The words for invitations: cells, products, faults of lists and of letters' words, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from sampling.faults import SamplingError
from survey_app.i18n import language
from survey_app.services.letter_words import WordsFault
from survey_app.uploads.faults import CellFault
from survey_app.uploads.words import fault_words

PRODUCTS: dict[str, Any] = {
    "letters": _l("Thư mời, mỗi người một trang A4"),
    "cards": _l("Thẻ nhỏ, 8 thẻ một trang A4"),
    "merge": _l("Danh sách trộn thư cho Zalo, SMS (Excel)"),
    "posters": _l("Áp phích"),
}
KINDS: dict[str, Any] = {
    "letter": _l("Thư mời"),
    "card": _l("Thẻ nhỏ"),
    "poster": _l("Áp phích"),
    "message": _l("Tin nhắn (Zalo, SMS)"),
}
PLACES: dict[str, Any] = {
    "title": _l("tên đợt"),
    "group": _l("tên nhóm"),
    "asked_by": _l("cơ quan hỏi"),
    "legal_basis": _l("căn cứ"),
    "opens": _l("ngày bắt đầu"),
    "deadline": _l("ngày cuối nhận phiếu"),
    "minutes": _l("số phút trả lời, ghi trong mẫu phiếu"),
    "results_when": _l("khi nào có kết quả"),
    "contact": _l("cách liên hệ, ghi trong thông tin của đợt"),
    "hotline": _l("số điện thoại giải đáp"),
    "anonymity": _l("lời về việc giữ kín câu trả lời, theo cách làm của nhóm"),
    "qr": _l("khung có mã QR, đường liên kết và mã gõ tay; đứng riêng một đoạn"),
    "name": _l("họ và tên"),
    "position": _l("chức vụ"),
    "organisation": _l("cơ quan"),
    "unit": _l("tên đơn vị"),
    "site": _l("địa chỉ trang để gõ mã"),
    "link": _l("đường liên kết riêng của từng người"),
    "code": _l("mã riêng của từng người"),
}
HEAD_FIELDS: dict[str, Any] = {
    "superior": (_l("Cơ quan chủ quản"), _l("In hoa phía trên tên cơ quan hỏi, như thể thức văn bản hành chính.")),
    "number": (_l("Số, ký hiệu"), _l("Ví dụ: Số: 123/VNC-ĐT. Để trống nếu thư không đánh số.")),
    "place": (_l("Địa danh"), _l("Ví dụ: Hà Nội.")),
    "signer_title": (_l("Chức vụ người ký"), ""),
    "signer": (_l("Người ký"), ""),
    "hotline": (_l("Số điện thoại giải đáp"), _l("In trong thư ở chỗ {hotline}; để trống thì bỏ cả đoạn đó.")),
}
WORDS_FAULTS: dict[str, Any] = {
    "empty": _l("chưa có lời"),
    "unknown_place": _l("không có chỗ điền nào tên là {%(place)s}"),
    "missing_place": _l("thiếu chỗ điền {%(place)s}"),
    "loose_brace": _l("có dấu ngoặc nhọn lẻ: mỗi chỗ điền viết dạng {tên}"),
    "qr_not_alone": _l("{qr} phải đứng riêng một đoạn, cách các đoạn khác bằng một dòng trống"),
    "too_long": _l("dài quá 4.000 ký tự"),
    "does_not_fit": _l("dài quá khổ giấy; xin rút ngắn"),
}
LANGUAGES: dict[str, Any] = {"vi": _l("Tiếng Việt"), "en": _l("Tiếng Anh")}
LIST_FAULTS: dict[str, Any] = {
    "unknown_unit": _l(
        "Không có đơn vị “%(value)s” trong đợt này. Hãy ghi mã hoặc tên đúng như trang tính Đơn vị của tệp mẫu."
    ),
    "not_a_phone": _l("“%(value)s” không phải là số điện thoại. Ví dụ đúng: 0912345678."),
    "not_an_email": _l("“%(value)s” không phải là địa chỉ thư điện tử. Ví dụ đúng: an@hanoi.gov.vn."),
    "ref_taken": _l("Mã người “%(value)s” đã dùng cho một người khác của đợt này."),
    "unknown_person": _l(
        "Không ai đang được mời trong nhóm này mang mã “%(value)s” (người dự phòng, thư đã thu hồi không tính)."
    ),
    "unknown_outcome": _l("“%(value)s” không có trong bảng mã kết quả. Ví dụ đúng: 1.1 (hoàn thành), 2.11 (từ chối)."),
}
REFUSALS: dict[str, Any] = {
    "unknown_person": LIST_FAULTS["unknown_person"],
    "unknown_outcome": LIST_FAULTS["unknown_outcome"],
    "anonymous_group": _l("Nhóm này trả lời ẩn danh: không ai được ghi ai đã trả lời hay chưa."),
    "not_open_yet": _l("Đợt chưa mở nên chưa có kết quả mời để ghi."),
    "published_already": _l("Kết quả của đợt đã công bố nên kết quả mời không sửa được nữa."),
    "NobodyToInvite": _l("Danh sách không có ai."),
    "RollFilled": _l("Nhóm này đã có người được mời. Muốn nhập lại thì bỏ danh sách cũ trước."),
    "RollClosed": _l(
        "Đợt không còn là dự thảo nên không thêm được người: cơ cấu nhóm là điều người trả lời đã được báo."
    ),
    "RefTaken": _l("Có mã người bị trùng trong đợt này."),
    "WrongMode": _l("Nhóm này trả lời bằng liên kết chung, không có danh sách mời."),
    "NothingInReserve": _l("Nhóm không còn người dự phòng nào."),
    "FileGone": _l("Tệp đã tải lên không còn (chỉ giữ một ngày). Hãy tải lại."),
    "FileKeyMissing": _l("Không mở được tệp: khóa danh bạ của đợt không còn trên máy chủ này."),
    "RoundKeyMissing": _l("Khóa của đợt không còn trên máy chủ này, nên không lập được đường liên kết."),
    "not_a_draft": _l("Đợt đã mở nên không bỏ danh sách được nữa; có thể thu hồi từng thư mời."),
    "drawn": _l("Người của nhóm này do rút mẫu mà có, không bỏ được ở đây."),
    "closed": _l("Đợt đã kết thúc: mọi đường liên kết đều không còn mở được."),
    "revoked_already": _l("Thư mời %(ref)s đã được thu hồi từ trước."),
    "not_revoked": _l("Thư mời %(ref)s đang có hiệu lực."),
    "in_reserve": _l("Người mang mã %(ref)s đang là dự phòng, chưa được mời nên không có gì để thu hồi."),
    "unknown_invitee": _l("Không có người này trong đợt."),
    "cell_too_small": _l(
        "Không thu hồi được thư mời %(ref)s khi đợt đang mở: ô ẩn danh “%(cell)s” chỉ còn %(left)s người, dưới mức "
        "%(min_cell)s, phiếu của những người còn lại có thể bị đoán ra. Nếu gửi nhầm, hãy đề nghị người nhận hủy thư."
    ),
}


def list_fault_words(fault: CellFault) -> str:
    """What is wrong in a cell of a list, without its place."""
    known = LIST_FAULTS.get(fault.code)
    return str(known) % dict(fault.params) if known else fault_words(fault)


def words_fault_words(fault: WordsFault) -> str:
    """What is wrong with the words of a letter, and in which language."""
    said = str(WORDS_FAULTS[fault.code]) % {"place": fault.place}
    return f"{LANGUAGES.get(fault.language, fault.language)}: {said}"


def refusal_words(error: Exception, unit_names: Mapping[str, str] = MappingProxyType({})) -> str:
    """Why nothing was done; a cell that is spoken of is called by its units."""
    if isinstance(error, SamplingError):
        return error.message(language())
    code = getattr(error, "code", "") or type(error).__name__
    params = dict(getattr(error, "params", {}))
    if "cell" in params:
        params["cell"] = cell_words(params["cell"], unit_names)
    if code in REFUSALS:
        return str(REFUSALS[code]) % params
    return _("Chưa thực hiện được (%(code)s). Hãy tải lại trang.", code=code)


def cell_words(code: str, unit_names: Mapping[str, str]) -> str:
    """An anonymity cell in words: whom it holds."""
    if code == "all":
        return _("cả nhóm")
    if code.startswith("not "):
        left_out = ", ".join(unit_names.get(unit, unit) for unit in code.removeprefix("not ").split("+"))
        return _("không đánh giá: %(units)s", units=left_out)
    if code.startswith("booklet "):
        return _("tập đơn vị %(number)s", number=code.removeprefix("booklet "))
    return unit_names.get(code, code)
