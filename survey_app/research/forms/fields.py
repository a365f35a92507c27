"""The web forms of the editor, and how their fields stand for the cells of a questionnaire."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileRequired
from wtforms import BooleanField, FileField, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp, ValidationError

from instruments.editing import SIMPLE_TYPES
from instruments.model import RATED_UNITS, Instrument, Layout, Question, QuestionType
from survey_app.i18n import words
from survey_app.research.forms.words import MEASURES, TYPES
from survey_app.services.form_editing import MethodCriteria

SELECTS = (QuestionType.SELECT_ONE, QuestionType.SELECT_MULTIPLE)
LONGEST = 2000
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
_CODE = {"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}


def _words_field(label: Any, *, needed: bool = False, code: str = "vi") -> TextAreaField:
    checks = [InputRequired(_l("Xin nhập nội dung."))] if needed else [Optional()]
    return TextAreaField(label, [*checks, Length(max=LONGEST)], render_kw={"rows": "2", "lang": code})


def _name_field(label: Any) -> StringField:
    fault = _l("Mã gồm chữ cái không dấu, chữ số và dấu gạch dưới, bắt đầu bằng chữ cái, tối đa 32 ký tự.")
    return StringField(
        label, [InputRequired(_l("Xin nhập mã.")), Regexp(f"^{_NAME.pattern}$", message=fault)], render_kw=_CODE
    )


def _expression_field(label: Any, description: Any) -> StringField:
    return StringField(label, [Optional(), Length(max=LONGEST)], description=description, render_kw=_CODE)


class UploadForm(FlaskForm):
    """A file with a form."""

    file = FileField(
        _l("Tệp mẫu phiếu"),
        [FileRequired(_l("Chưa chọn tệp nào."))],
        description=_l("XLSForm (.xlsx) như KoboToolbox, ODK dùng, hoặc YAML của hệ thống."),
        render_kw={"accept": ".xlsx,.yaml,.yml"},
    )
    anyway = BooleanField(_l("Vẫn lưu làm bản nháp khi tệp đọc được mà còn lỗi, để sửa tiếp trên màn hình"))
    draft = HiddenField()
    revision = HiddenField()


class EditForm(FlaskForm):
    """A form over some cells of a draft: which revision it was made from, and what the cells held then."""

    revision = HiddenField()
    base = HiddenField()

    CELLS: ClassVar[Mapping[str, str]] = {}

    def show(self, cells: Mapping[str, str], revision: int) -> None:
        """Fill the fields from the draft."""
        self.revision.data, self.base.data = str(revision), json.dumps(dict(cells), ensure_ascii=False)
        for name, column in self.CELLS.items():
            field = self[name]
            text = cells.get(column, "")
            field.data = text == "yes" if isinstance(field, BooleanField) else _typed(field, text)

    def cells(self) -> dict[str, str]:
        """The cells as they were typed."""
        return {column: _text(self[name]) for name, column in self.CELLS.items()}

    @property
    def from_revision(self) -> int:
        typed = self.revision.data or ""
        return int(typed) if typed.isdecimal() and len(typed) < 10 else 0

    def rebase(self, now: Mapping[str, str], revision: int) -> list[tuple[str, str, str]]:
        """Somebody saved meanwhile: keep what was typed, take over the rest.

        Returns (field, as it is saved, as it was typed) where both changed it.
        """
        base, typed = _read_base(self.base.data), self.cells()
        self.show(now, revision)
        differ = []
        for name, column in self.CELLS.items():
            old, theirs, mine = (cells.get(column, "") for cells in (base, now, typed))
            if mine != old:
                field = self[name]
                field.data = mine == "yes" if isinstance(field, BooleanField) else _typed(field, mine)
                if theirs not in (mine, old):
                    differ.append((str(field.label.text), theirs, mine))
        return differ


def _typed(field: Any, text: str) -> Any:
    if isinstance(field, IntegerField):
        return int(text) if text.isdecimal() else None
    return text


def _text(field: Any) -> str:
    if isinstance(field, BooleanField):
        return "yes" if field.data else ""
    return "" if field.data is None else str(field.data).replace("\r\n", "\n").strip()


def _read_base(text: str | None) -> dict[str, str]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


class SettingsForm(EditForm):
    """The title and the settings of a form."""

    CELLS: ClassVar[Mapping[str, str]] = {
        "title_vi": "title::vi",
        "title_en": "title::en",
        "version": "version",
        "minutes": "minutes",
        "source": "source",
    }

    title_vi = _words_field(_l("Tên phiếu (tiếng Việt)"), needed=True)
    title_en = _words_field(_l("Tên phiếu (tiếng Anh)"), code="en")
    version = StringField(
        _l("Số phiên bản"), [InputRequired(_l("Xin nhập số phiên bản.")), Length(max=30)], render_kw=_CODE
    )
    minutes = IntegerField(
        _l("Số phút trả lời"), [Optional(), NumberRange(1, 240, _l("Xin ghi số phút từ 1 đến 240."))]
    )
    source = _words_field(_l("Căn cứ, nguồn"))


class SectionForm(EditForm):
    """The words above a section."""

    CELLS: ClassVar[Mapping[str, str]] = {
        "label_vi": "label::vi",
        "label_en": "label::en",
        "hint_vi": "hint::vi",
        "hint_en": "hint::en",
        "relevant": "relevant",
    }

    label_vi = _words_field(_l("Tên phần (tiếng Việt)"), needed=True)
    label_en = _words_field(_l("Tên phần (tiếng Anh)"), code="en")
    hint_vi = _words_field(_l("Lời dẫn đầu phần (tiếng Việt)"))
    hint_en = _words_field(_l("Lời dẫn đầu phần (tiếng Anh)"), code="en")
    relevant = _expression_field(_l("Điều kiện hiện phần"), _l("Để trống: luôn hiện. Ví dụ: ${da_dung} = 'yes'"))


class RepeatForm(SectionForm):
    """A section that is asked for each rated unit."""

    CELLS: ClassVar[Mapping[str, str]] = {**SectionForm.CELLS, "layout": "layout"}

    layout = SelectField(
        _l("Cách xếp các đơn vị"),
        choices=[
            ("", _l("mỗi đơn vị một trang")),
            (str(Layout.MATRIX), _l("mỗi câu hỏi một trang, các đơn vị là các hàng")),
        ],
    )


class QuestionForm(EditForm):
    """A question of the kinds that can be made here; other cells stay as the file has them."""

    CELLS: ClassVar[Mapping[str, str]] = {
        "label_vi": "label::vi",
        "label_en": "label::en",
        "hint_vi": "hint::vi",
        "hint_en": "hint::en",
        "required": "required",
        "criterion": "criterion",
        "measure": "measure",
        "reverse": "reverse",
        "background": "background",
        "relevant": "relevant",
        "constraint": "constraint",
        "constraint_vi": "constraint_message::vi",
        "constraint_en": "constraint_message::en",
    }

    label_vi = _words_field(_l("Câu hỏi (tiếng Việt)"), needed=True)
    label_en = _words_field(_l("Câu hỏi (tiếng Anh)"), code="en")
    hint_vi = _words_field(_l("Chỉ dẫn (tiếng Việt)"))
    hint_en = _words_field(_l("Chỉ dẫn (tiếng Anh)"), code="en")
    kind = SelectField(_l("Loại câu"), validate_choice=False)
    list_name = SelectField(_l("Danh sách phương án"), validate_choice=False)
    or_other = BooleanField(_l("Thêm phương án “Khác (xin ghi rõ)”"))
    required = BooleanField(_l("Bắt buộc trả lời"))
    criterion = SelectField(_l("Tiêu chí mà câu trả lời được tính vào"), validate_choice=False)
    measure = SelectField(_l("Loại đánh giá"))
    reverse = BooleanField(_l("Thang ngược: mức cao là điều không tốt cho đơn vị"))
    background = BooleanField(_l("Thông tin nền về người trả lời (thu hẹp nhóm ẩn danh)"))
    relevant = _expression_field(_l("Điều kiện hiện câu"), _l("Để trống: luôn hiện. Ví dụ: ${da_dung} = 'yes'"))
    constraint = _expression_field(_l("Điều kiện của câu trả lời"), _l("Ví dụ: count-selected(.) <= 3"))
    constraint_vi = _words_field(_l("Lời nhắc khi không đạt điều kiện (tiếng Việt)"))
    constraint_en = _words_field(_l("Lời nhắc khi không đạt điều kiện (tiếng Anh)"), code="en")

    def offer(self, form: Instrument, criteria: Iterable[MethodCriteria], question: Question | None) -> None:
        """Fill the lists to choose from."""
        kinds = dict.fromkeys([*SIMPLE_TYPES, *([question.type] if question else [])])
        self.kind.choices = [(str(kind), str(TYPES[kind])) for kind in kinds]
        lists = [*form.choices, RATED_UNITS]
        self.list_name.choices = [("", _("không có")), *((name, _list_words(form, name)) for name in lists)]
        self.measure.choices = [("", _("chưa chọn")), *((str(key), str(value)) for key, value in MEASURES.items())]
        self.criterion.choices = _criterion_choices(criteria, question.criterion if question else None)
        if question and question.type is QuestionType.CALCULATE:
            self.label_vi.validators = [Optional()]  # nobody sees it

    def show(self, cells: Mapping[str, str], revision: int) -> None:
        """Fill the fields from the draft; the type is taken apart into kind, list and "other"."""
        super().show(cells, revision)
        self.show_type(cells.get("type", str(QuestionType.SELECT_ONE)))

    def cells(self) -> dict[str, str]:
        """The cells as they were typed."""
        select = self.kind.data in SELECTS
        parts = [
            self.kind.data,
            self.list_name.data if select else "",
            "or_other" if select and self.or_other.data else "",
        ]
        return {"type": " ".join(part for part in parts if part), **super().cells()}

    def rebase(self, now: Mapping[str, str], revision: int) -> list[tuple[str, str, str]]:
        """As for other cells; the type counts as one."""
        base, typed = _read_base(self.base.data).get("type", ""), self.cells()["type"]
        differ = super().rebase(now, revision)
        if typed != base:
            self.show_type(typed)
            if now.get("type") not in (typed, base):
                differ.append((str(self.kind.label.text), now.get("type", ""), typed))
        return differ

    def show_type(self, text: str) -> None:
        parts = text.split()
        self.kind.data, self.list_name.data = parts[0], parts[1] if len(parts) > 1 else ""
        self.or_other.data = "or_other" in parts[2:]

    def validate_list_name(self, field: SelectField) -> None:
        """A choice needs its list; what else is typed has none."""
        known = {value for value, _label in self.list_name.choices or ()}
        if self.kind.data not in {value for value, _label in self.kind.choices or ()}:
            raise ValidationError(_("Xin chọn loại câu."))
        if self.kind.data in SELECTS and (not field.data or field.data not in known):
            raise ValidationError(_("Câu chọn phương án cần một danh sách phương án."))


class NewQuestionForm(QuestionForm):
    """A new question."""

    CELLS: ClassVar[Mapping[str, str]] = {"name": "name", **QuestionForm.CELLS}

    name = _name_field(_l("Mã câu"))


class NewSectionForm(NewQuestionForm):
    """A new section with its first question."""

    section_name = _name_field(_l("Mã phần"))
    section_vi = _words_field(_l("Tên phần (tiếng Việt)"), needed=True)
    section_en = _words_field(_l("Tên phần (tiếng Anh)"), code="en")

    def section_cells(self) -> dict[str, str]:
        return {"label::vi": _text(self.section_vi), "label::en": _text(self.section_en)}


def _list_words(form: Instrument, name: str) -> str:
    if name == RATED_UNITS:
        return _("các đơn vị được đánh giá")
    labels = [words(choice.label) for choice in form.choices[name]]
    return f"{name}: {' · '.join(labels)}"[:120]


def _criterion_choices(criteria: Iterable[MethodCriteria], current: str | None) -> dict[str, list[tuple[str, str]]]:
    groups: dict[str, list[tuple[str, str]]] = {_("Không tính điểm"): [("", _("không tính vào tiêu chí nào"))]}
    for method in criteria:
        listed = [(code, f"{code}: {words(title)}") for code, title in method.criteria]
        groups[f"{words(method.title)} ({method.version})"] = listed
    known = {code for listed in groups.values() for code, _label in listed}
    if current and current not in known:
        groups[_("Không có trong phương pháp nào")] = [(current, current)]
    return groups
