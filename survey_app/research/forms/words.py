"""Forms in words: kinds of question, columns, differences, faults."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from instruments.comparing import Kind, Trend
from instruments.faults import Fault, message, place
from instruments.model import RATED_UNITS, Instrument, Measure, Question, QuestionType
from instruments.rows import CHOICES, SURVEY
from survey_app.i18n import language
from survey_app.queries.forms import FormKind, FormSource
from survey_app.uploads.faults import CellFault
from survey_app.uploads.words import fault_words

TYPES = {
    QuestionType.SELECT_ONE: _l("Chọn một phương án"),
    QuestionType.SELECT_MULTIPLE: _l("Chọn nhiều phương án"),
    QuestionType.TEXT: _l("Trả lời bằng chữ"),
    QuestionType.INTEGER: _l("Số nguyên"),
    QuestionType.DECIMAL: _l("Số thập phân"),
    QuestionType.DATE: _l("Ngày"),
    QuestionType.NOTE: _l("Lời dẫn, không trả lời"),
    QuestionType.RANGE: _l("Thang số"),
    QuestionType.CALCULATE: _l("Tính tự động, không hiện"),
}

MEASURES = {
    Measure.ASSESSMENT: _l("Nhận định"),
    Measure.SATISFACTION: _l("Hài lòng"),
    Measure.EXPECTATION: _l("Mong đợi"),
    Measure.FACT: _l("Thông tin, không phải đánh giá"),
}

COLUMNS = {
    "title": _l("Tên phiếu"),
    "form_id": _l("Mã phiếu"),
    "version": _l("Số phiên bản"),
    "minutes": _l("Số phút"),
    "status": _l("Tình trạng"),
    "source": _l("Căn cứ"),
    "default_language": _l("Ngôn ngữ chính"),
    "label": _l("Câu chữ"),
    "hint": _l("Chỉ dẫn"),
    "type": _l("Loại câu"),
    "name": _l("Mã câu"),
    "required": _l("Bắt buộc"),
    "required_message": _l("Lời nhắc khi bỏ trống"),
    "relevant": _l("Điều kiện hiện câu"),
    "constraint": _l("Điều kiện của câu trả lời"),
    "constraint_message": _l("Lời nhắc khi trả lời không hợp lệ"),
    "choice_filter": _l("Lọc phương án"),
    "calculation": _l("Công thức tính"),
    "appearance": _l("Cách trình bày"),
    "parameters": _l("Giới hạn của thang"),
    "criterion": _l("Tiêu chí"),
    "measure": _l("Loại đánh giá"),
    "reverse": _l("Thang ngược"),
    "background": _l("Thông tin nền"),
    "layout": _l("Cách xếp các đơn vị"),
    "units_from": _l("Chỉ hỏi về các đơn vị đã chọn ở câu"),
}

LANGUAGES = {"vi": _l("tiếng Việt"), "en": _l("tiếng Anh")}

KINDS = {
    Kind.ADDED: _l("thêm"),
    Kind.REMOVED: _l("bỏ"),
    Kind.MOVED: _l("đổi chỗ"),
    Kind.CHANGED: _l("sửa"),
}

TRENDS = {
    Trend.KEPT: _l("nối tiếp được"),
    Trend.REWORDED: _l("cần cân nhắc: cùng tiêu chí và thang, khác câu chữ hoặc người được hỏi"),
    Trend.BROKEN: _l("đứt chuỗi: khác tiêu chí, thang hoặc tập câu hỏi"),
    Trend.ENDED: _l("dừng: không hỏi nữa"),
    Trend.STARTED: _l("mới: chưa có số liệu trước"),
}


def column_words(column: str) -> str:
    """``label::vi`` as “Câu chữ (tiếng Việt)”."""
    name, _sign, code = column.partition("::")
    known = str(COLUMNS.get(name, name))
    return f"{known} ({LANGUAGES.get(code, code)})" if code else known


def value_words(column: str, text: str) -> str:
    """A cell as it is read: yes as “có”, a measure in words, nothing as a dash."""
    if column == "measure" and text in list(Measure):
        return str(MEASURES[Measure(text)])
    return _("có") if text == "yes" else text or "–"


def type_words(question: Question) -> str:
    """What kind of question it is, with its choice list."""
    kind = str(TYPES[question.type])
    if question.list_name == RATED_UNITS:
        return f"{kind}: {_('các đơn vị được đánh giá')}"
    return f"{kind}: {question.list_name}" if question.list_name else kind


@dataclass(frozen=True, slots=True)
class ShownFault:
    """A fault in the reader's language; ``href`` leads to where it is mended, if that is on the screen."""

    place: str
    words: str
    is_error: bool
    href: str = ""


def shown_faults(
    faults: Iterable[Fault], form: FormSource | None = None, known: Instrument | None = None
) -> list[ShownFault]:
    """Faults in words, errors first; of a draft, with links to what is to be mended."""
    found = [
        ShownFault(place(fault, language()), message(fault, language()), fault.is_error, _mended_at(fault, form, known))
        for fault in faults
    ]
    return sorted(found, key=lambda fault: not fault.is_error)


def _mended_at(fault: Fault, form: FormSource | None, known: Instrument | None) -> str:
    if form is None or known is None or form.kind is not FormKind.DRAFT:
        return ""
    if fault.sheet == SURVEY and any(question.name == fault.name for question in known.questions):
        return url_for("forms.edit_question", draft_id=form.id, name=fault.name)
    if fault.sheet == SURVEY and any(section.name == fault.name for section in known.sections):
        return url_for("forms.edit_section", draft_id=form.id, name=fault.name)
    list_name = fault.name.partition("/")[0]
    if fault.sheet == CHOICES and list_name in known.choices:
        return url_for("forms.edit_list", draft_id=form.id, name=list_name)
    return url_for("forms.edit", draft_id=form.id)


UPLOADS = {
    "unknown_form_file": _l("Không đọc được loại tệp “%(suffix)s”. Hãy dùng XLSForm (.xlsx) hoặc YAML (.yaml)."),
    "not_yaml": _l("Nội dung không phải là YAML, dù tên tệp ghi như vậy. Hãy lưu lại bằng trình soạn văn bản thường."),
}


def upload_fault_words(fault: CellFault) -> str:
    """Why a file was not opened."""
    known = UPLOADS.get(fault.code)
    return str(known) % dict(fault.params) if known else fault_words(fault)
