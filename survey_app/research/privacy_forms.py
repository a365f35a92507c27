"""Forms of requests about personal data."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, Field, SelectChoice, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, Optional

from survey_app.clock import today
from survey_app.models.people import RequestKind

KINDS = {
    RequestKind.ACCESS: _l("xem dữ liệu"),
    RequestKind.CORRECTION: _l("sửa dữ liệu"),
    RequestKind.DELETION: _l("xóa dữ liệu"),
    RequestKind.WITHDRAWAL: _l("rút lại sự đồng ý"),
}
NEEDED = _l("Xin nhập mục này.")
TOO_LONG = _l("Nội dung quá dài.")


class RequestForm(FlaskForm):
    """A request as it came in."""

    kind = SelectField(
        _l("Yêu cầu"), [InputRequired(NEEDED)], choices=[SelectChoice(str(kind), said) for kind, said in KINDS.items()]
    )
    round_code = SelectField(
        _l("Đợt điều tra"),
        [Optional()],
        description=_l("Để trống nếu người yêu cầu không biết; khi tìm, hệ thống tìm trong mọi đợt được giao."),
    )
    received_on = DateField(_l("Ngày nhận"), [InputRequired(NEEDED)])
    name = StringField(_l("Người yêu cầu"), [InputRequired(NEEDED), Length(max=200, message=TOO_LONG)])
    reach = StringField(
        _l("Trả lời qua"),
        [InputRequired(NEEDED), Length(max=300, message=TOO_LONG)],
        description=_l("Điện thoại, thư điện tử hoặc địa chỉ. Được niêm phong như dữ liệu người được mời."),
    )
    words = TextAreaField(_l("Nội dung yêu cầu"), [Optional(), Length(max=4000, message=TOO_LONG)])

    def validate_received_on(self, field: Field) -> None:
        if field.data and field.data > today():
            raise ValidationError(_("Ngày nhận không thể ở tương lai."))


class FindForm(FlaskForm):
    """Whom to look for."""

    words = StringField(
        _l("Tên, điện thoại hoặc thư điện tử"),
        [InputRequired(NEEDED), Length(max=200, message=TOO_LONG)],
        description=_l("Không cần dấu; số điện thoại gõ ít nhất 6 chữ số liền nhau."),
    )


class ContactForm(FlaskForm):
    """What is known of a person, to be put right."""

    name = StringField(_l("Họ và tên"), [Optional(), Length(max=200, message=TOO_LONG)])
    position = StringField(_l("Chức vụ"), [Optional(), Length(max=200, message=TOO_LONG)])
    organisation = StringField(_l("Cơ quan, tổ chức"), [Optional(), Length(max=300, message=TOO_LONG)])
    phone = StringField(_l("Điện thoại"), [Optional(), Length(max=50, message=TOO_LONG)])
    email = StringField(_l("Thư điện tử"), [Optional(), Length(max=200, message=TOO_LONG)])
    address = StringField(_l("Địa chỉ"), [Optional(), Length(max=400, message=TOO_LONG)])


class ResolutionForm(FlaskForm):
    """How a request was answered."""

    resolution = TextAreaField(
        _l("Đã giải quyết thế nào"),
        [InputRequired(NEEDED), Length(max=2000, message=TOO_LONG)],
        description=_l("Không ghi tên, số điện thoại: ghi chú này được giữ lại sau khi dữ liệu cá nhân đã xóa."),
    )
