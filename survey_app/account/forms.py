"""The forms of accounts."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
)
from wtforms.validators import EqualTo, InputRequired, Length

from survey_app.account.role_words import ROLE_WORDS
from survey_app.services.passwords import LONGEST

CURRENT = {"autocomplete": "current-password"}
NEW = {"autocomplete": "new-password"}
CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": "9"}
NAME = {"autocapitalize": "none", "spellcheck": "false"}


class SignInForm(FlaskForm):
    """User name and password."""

    username = StringField(
        _l("Tên đăng nhập"),
        [InputRequired(_l("Xin nhập tên đăng nhập.")), Length(max=80, message=_l("Tên đăng nhập quá dài."))],
        render_kw={"autocomplete": "username", **NAME},
    )
    password = PasswordField(
        _l("Mật khẩu"),
        [InputRequired(_l("Xin nhập mật khẩu.")), Length(max=LONGEST, message=_l("Mật khẩu quá dài."))],
        render_kw=CURRENT,
    )


class CodeForm(FlaskForm):
    """A code of the second factor."""

    code = StringField(_l("Mã gồm 6 chữ số"), [InputRequired(_l("Xin nhập mã."))], render_kw=CODE)


class NewPasswordForm(FlaskForm):
    """A new password, typed twice; ``current`` is taken out where it was just given."""

    current = PasswordField(
        _l("Mật khẩu hiện tại"), [InputRequired(_l("Xin nhập mật khẩu hiện tại."))], render_kw=CURRENT
    )
    new = PasswordField(_l("Mật khẩu mới"), [InputRequired(_l("Xin nhập mật khẩu mới."))], render_kw=NEW)
    again = PasswordField(
        _l("Nhập lại mật khẩu mới"),
        [InputRequired(_l("Xin nhập lại mật khẩu mới.")), EqualTo("new", _l("Hai lần nhập không giống nhau."))],
        render_kw=NEW,
    )


class SetUpForm(FlaskForm):
    """The first code of an authenticator; ``sealed`` carries its secret, ``current`` is asked where it replaces one."""

    sealed = HiddenField()
    code = StringField(_l("Mã gồm 6 chữ số"), [InputRequired(_l("Xin nhập mã."))], render_kw=CODE)
    current = PasswordField(
        _l("Mật khẩu hiện tại"), [InputRequired(_l("Xin nhập mật khẩu hiện tại."))], render_kw=CURRENT
    )


class NameForm(FlaskForm):
    """How an account is shown."""

    display_name = StringField(
        _l("Họ và tên"), [InputRequired(_l("Xin nhập họ và tên."))], render_kw={"autocomplete": "name"}
    )
    email = EmailField(_l("Thư điện tử"), render_kw={"autocomplete": "email"})


class AccountForm(FlaskForm):
    """A new account, with its first part of the work."""

    username = StringField(
        _l("Tên đăng nhập"),
        [InputRequired(_l("Xin nhập tên đăng nhập."))],
        description=_l("Chữ thường không dấu, chữ số, dấu chấm, gạch ngang hoặc gạch dưới; bắt đầu bằng chữ cái."),
        render_kw={"autocomplete": "off", **NAME},
    )
    display_name = StringField(
        _l("Họ và tên"), [InputRequired(_l("Xin nhập họ và tên."))], render_kw={"autocomplete": "off"}
    )
    email = EmailField(_l("Thư điện tử"), render_kw={"autocomplete": "off"})


class GrantForm(FlaskForm):
    """A part of the work: the role, in which round, for which unit."""

    role = SelectField(
        _l("Vai trò"),
        [InputRequired(_l("Xin chọn vai trò."))],
        choices=[SelectChoice("", _l("– chọn –")), *(SelectChoice(role, words) for role, words in ROLE_WORDS.items())],
    )
    round_code = SelectField(_l("Đợt điều tra"))
    unit_id = SelectField(_l("Đơn vị"))


class BindForm(FlaskForm):
    """Who the account is at the city's sign-in."""

    way = RadioField(
        _l("Nhận ra bằng"),
        choices=[
            SelectChoice("email", _l("thư điện tử đã được hệ thống đăng nhập của Thành phố xác minh (chỉ lần đầu)")),
            SelectChoice("subject", _l("mã định danh (sub) do hệ thống đăng nhập của Thành phố cấp")),
        ],
        default="email",
    )
    value = StringField(
        _l("Địa chỉ thư hoặc mã định danh"),
        [InputRequired(_l("Xin nhập địa chỉ thư hoặc mã định danh.")), Length(max=255, message=_l("Quá dài."))],
        render_kw={"autocomplete": "off", **NAME},
    )
    alone = BooleanField(_l("Chỉ đăng nhập qua hệ thống của Thành phố: xóa mật khẩu ở đây"))
