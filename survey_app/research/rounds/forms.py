"""The forms of rounds, groups and milestones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    Field,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from survey_app.models.base import Texts
from survey_app.models.rounds import Mode, RatingScope
from survey_app.round_words import MODES, SCOPES

CODE = r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,79}"
PLAIN = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}
TEXTS = ("title", "asked_by", "contact", "legal_basis", "results_when")


def _needed(what: Any) -> list[Any]:
    return [InputRequired(what), Length(max=2000, message=_l("Nội dung quá dài (tối đa 2000 ký tự)."))]


def _short() -> list[Any]:
    return [Length(max=2000, message=_l("Nội dung quá dài (tối đa 2000 ký tự)."))]


FIRST_YEAR, LAST_YEAR = 2000, 2099


def _sensible(_form: FlaskForm, field: Field) -> None:
    """No day whose year was mistyped: what counts days until then would count for minutes."""
    if field.data and not FIRST_YEAR <= field.data.year <= LAST_YEAR:
        raise ValidationError(_("Xin xem lại năm: từ %(first)s đến %(last)s.", first=FIRST_YEAR, last=LAST_YEAR))


def choices(words: Mapping[str, Any]) -> list[SelectChoice]:
    """What may be chosen: value -> words."""
    return [SelectChoice(value, label) for value, label in words.items()]


class NewRoundForm(FlaskForm):
    """Where a new round comes from, and under which code it goes."""

    source = RadioField(_l("Tạo từ"), [InputRequired(_l("Xin chọn mẫu hoặc đợt để sao chép."))])
    code = StringField(
        _l("Mã đợt"),
        [
            InputRequired(_l("Xin nhập mã đợt.")),
            Regexp(rf"^{CODE}$", message=_l("Mã chỉ gồm chữ không dấu, chữ số, dấu -, _ và dấu chấm.")),
        ],
        description=_l("Ví dụ: hanoi-2027-so. Mã không đổi được về sau, vì khóa của đợt nằm dưới mã này."),
        render_kw=PLAIN,
    )
    year = IntegerField(
        _l("Năm"),
        [InputRequired(_l("Xin nhập năm.")), NumberRange(2020, 2099, _l("Năm từ 2020 đến 2099."))],
        description=_l("Thời gian và thời hạn của mẫu được dời sang năm này; số và ngày của các văn bản giữ nguyên."),
    )
    city = SelectField(
        _l("Thành phố"), description=_l("Chỉ dùng cho đợt trống; mẫu và đợt sao chép giữ thành phố của mình.")
    )
    title_vi = StringField(_l("Tên đợt (tiếng Việt)"), _short(), description=_l("Để trống: lấy tên của mẫu."))
    title_en = StringField(_l("Tên đợt (tiếng Anh)"), _short(), description=_l("Để trống: lấy tên của mẫu."))

    def validate_title_vi(self, field: Field) -> None:
        if self.source.data == "blank" and not (field.data or "").strip():
            raise ValidationError(_("Đợt trống cần có tên."))


class RoundForm(FlaskForm):
    """The facts of a draft."""

    title_vi = TextAreaField(_l("Tên đợt (tiếng Việt)"), _needed(_l("Xin nhập tên đợt.")))
    title_en = TextAreaField(_l("Tên đợt (tiếng Anh)"), _short())
    opens_on = DateField(_l("Nhận phiếu từ ngày"), [InputRequired(_l("Xin nhập ngày bắt đầu.")), _sensible])
    closes_on = DateField(_l("Đến hết ngày"), [InputRequired(_l("Xin nhập ngày kết thúc.")), _sensible])
    min_cell = IntegerField(
        _l("Số người tối thiểu trong một ô ẩn danh (k)"),
        [InputRequired(_l("Xin nhập số người.")), NumberRange(2, 1000, _l("Từ 2 đến 1000 người."))],
        description=_l("Những người có phiếu giống nhau về mọi điều nhìn thấy được. Thường là 10."),
    )
    asked_by_vi = StringField(_l("Cơ quan hỏi (tiếng Việt)"), _needed(_l("Xin nhập cơ quan hỏi.")))
    asked_by_en = StringField(_l("Cơ quan hỏi (tiếng Anh)"), _short())
    contact_vi = TextAreaField(_l("Liên hệ (tiếng Việt)"), _needed(_l("Xin nhập cách liên hệ.")))
    contact_en = TextAreaField(_l("Liên hệ (tiếng Anh)"), _short())
    legal_basis_vi = TextAreaField(_l("Căn cứ (tiếng Việt)"), _needed(_l("Xin nhập căn cứ.")))
    legal_basis_en = TextAreaField(_l("Căn cứ (tiếng Anh)"), _short())
    results_when_vi = TextAreaField(
        _l("Khi nào có kết quả (tiếng Việt)"),
        _needed(_l("Xin cho biết khi nào có kết quả.")),
        description=_l("Người trả lời đọc câu này ở trang cuối."),
    )
    results_when_en = TextAreaField(_l("Khi nào có kết quả (tiếng Anh)"), _short())

    def validate_closes_on(self, field: Field) -> None:
        if self.opens_on.data and field.data and field.data < self.opens_on.data:
            raise ValidationError(_("Ngày kết thúc phải sau hoặc bằng ngày bắt đầu."))


class GroupForm(FlaskForm):
    """A respondent group of a draft."""

    code = StringField(
        _l("Mã nhóm"),
        [
            InputRequired(_l("Xin nhập mã nhóm.")),
            Regexp(rf"^{CODE}$", message=_l("Mã chỉ gồm chữ không dấu, chữ số, dấu -, _ và dấu chấm.")),
        ],
        description=_l("Phương pháp tính điểm gọi nhóm bằng mã này, ví dụ hdnd_tp, nguoi_dan."),
        render_kw=PLAIN,
    )
    title_vi = StringField(_l("Tên nhóm (tiếng Việt)"), _needed(_l("Xin nhập tên nhóm.")))
    title_en = StringField(_l("Tên nhóm (tiếng Anh)"), _short())
    mode = RadioField(_l("Cách mời"), [InputRequired(_l("Xin chọn cách mời."))], choices=choices(MODES))
    rating_scope = SelectField(_l("Đánh giá những đơn vị nào"), choices=choices(SCOPES))
    booklet_size = IntegerField(
        _l("Số đơn vị trong một tập"),
        [Optional(), NumberRange(0, 500, _l("Từ 0 đến 500 đơn vị."))],
        description=_l("Chỉ dùng khi mỗi người đánh giá một tập đơn vị được chia."),
    )
    instrument = SelectField(_l("Mẫu phiếu"))
    anonymous = BooleanField(
        _l("Ẩn danh: không ai ghi nhận ai đã trả lời"),
        description=_l("Bỏ chọn nếu cán bộ khảo sát ghi kết quả tiếp xúc với từng người."),
    )
    target_ballots = IntegerField(
        _l("Số phiếu mục tiêu"), [Optional(), NumberRange(1, 10_000_000, _l("Ít nhất 1 phiếu."))]
    )

    def validate_rating_scope(self, field: Field) -> None:
        if self.mode.data == Mode.PERSONAL_LINK and field.data == RatingScope.CHOSEN:
            raise ValidationError(_("Người có liên kết cá nhân không tự chọn đơn vị: điều đó làm lộ họ là ai."))
        if self.mode.data == Mode.OPEN_LINK and field.data in (RatingScope.BOOKLET, RatingScope.ALL_BUT_OWN):
            raise ValidationError(_("Nhóm mở không có danh sách người để chia tập hoặc bỏ đơn vị của mình."))
        if field.data == RatingScope.BOOKLET and not self.booklet_size.data:
            raise ValidationError(_("Xin nhập số đơn vị trong một tập."))


class MilestoneForm(FlaskForm):
    """Something that is due."""

    title_vi = TextAreaField(_l("Nhiệm vụ (tiếng Việt)"), _needed(_l("Xin nhập nhiệm vụ.")))
    title_en = StringField(_l("Nhiệm vụ (tiếng Anh)"), _short())
    responsible_vi = StringField(_l("Cơ quan thực hiện"), _short())
    responsible_en = StringField(_l("Cơ quan thực hiện (tiếng Anh)"), _short())
    product_vi = StringField(_l("Sản phẩm"), _short())
    product_en = StringField(_l("Sản phẩm (tiếng Anh)"), _short())
    due_on = DateField(_l("Thời hạn"), [Optional(), _sensible], description=_l("Để trống nếu chưa có ngày."))
    due_words_vi = StringField(
        _l("Thời hạn theo lời văn của kế hoạch"), _short(), description=_l("Ví dụ: Quý IV/2026.")
    )
    due_words_en = StringField(_l("Thời hạn theo lời văn (tiếng Anh)"), _short())
    source = StringField(_l("Theo văn bản"), _short())
    done_on = DateField(_l("Hoàn thành ngày"), [Optional(), _sensible], description=_l("Để trống nếu chưa xong."))


class PublishForm(FlaskForm):
    """Under which decision results are published."""

    decision = StringField(_l("Số quyết định"), _needed(_l("Xin ghi số quyết định.")), render_kw=PLAIN)
    decided_on = DateField(_l("Ngày quyết định"), [InputRequired(_l("Xin ghi ngày quyết định."))])
    silence_seen = BooleanField(_l("Tôi đã xem các nhóm chưa có phiếu nào"))


def texts_of(form: FlaskForm, name: str) -> Texts:
    """The words of a field in both languages; where there are no English ones, the Vietnamese stand in."""
    vi = (form[f"{name}_vi"].data or "").strip()
    return {"vi": vi, "en": (form[f"{name}_en"].data or "").strip() or vi}


def filled(names: Mapping[str, Texts]) -> dict[str, str]:
    """The values of fields in two languages."""
    return {f"{name}_{code}": texts.get(code, "") for name, texts in names.items() for code in ("vi", "en")}
