"""Forms of frames and draws: what people choose, and the order or spec it comes to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from survey_app.frame_words import FIELD_WORDS, METHOD_WORDS
from survey_app.queries.designs import AdoptedPlan
from survey_app.queries.frames import FrameShown
from survey_app.services.draw_plans import CENSUS, MOST_SEED, TWO_STAGE, DrawRefused, DrawSpec, Element, shared_out
from survey_app.services.frame_checks import FIELDS, PersonRule
from survey_app.services.frames import FrameOrder

NOT_THERE = ""
MOST_DRAWN = 1_000_000
OWN_LINE = re.compile(r"\s*(?P<code>[^\s,;:=\t]+)[\s,;:=\t]+(?P<n>\d[\d.]*)\s*")


class UploadForm(FlaskForm):
    """A list, and for whom it is."""

    group = SelectField(_l("Nhóm đối tượng điều tra"), [InputRequired()])
    name = StringField(
        _l("Tên gọi của khung mẫu"),
        [InputRequired(_l("Xin đặt tên.")), Length(max=120, message=_l("Tên quá dài."))],
        description=_l("Ví dụ: Giao dịch một cửa quý III/2026."),
    )
    file = FileField(_l("Tệp danh sách (.xlsx hoặc .csv)"), description=_l("Dòng đầu của bảng là tên các cột."))


class MappingForm(FlaskForm):
    """Which column means what; the columns' own fields are added by :func:`mapping_form`."""

    person_rule = RadioField(
        _l("Hai dòng là cùng một người khi"),
        choices=[
            SelectChoice(
                PersonRule.PHONE.value, _l("cùng số điện thoại; nếu không có số thì cùng họ tên trong cùng đơn vị")
            ),
            SelectChoice(
                PersonRule.PHONE_AND_NAME.value, _l("cùng số điện thoại và cùng họ tên (nhiều người dùng chung số)")
            ),
            SelectChoice(PersonRule.ROW.value, _l("không bao giờ: mỗi dòng là một người")),
        ],
        default=PersonRule.PHONE.value,
    )
    recall_from = DateField(
        _l("Giao dịch trước ngày này là quá lâu"),
        [Optional()],
        description=_l("Chỉ để báo cáo; khi chọn mẫu có thể bỏ các dòng đó."),
    )
    restore_zeros = BooleanField(_l("Thêm lại số 0 đã mất ở đầu mã đơn vị"))
    refuse_contacts = BooleanField(_l("Từ chối tệp nếu có số điện thoại hoặc thư điện tử không đọc được"))

    def mapping(self) -> dict[str, str]:
        """Field -> heading, of the fields that have a column."""
        return {name: self[name].data for name in FIELDS if self[name].data}

    def repeated(self) -> list[str]:
        """Headings that were chosen for two fields."""
        chosen = list(self.mapping().values())
        return sorted({heading for heading in chosen if chosen.count(heading) > 1})

    def order(self, upload_id: UUID, group_code: str, name: str) -> FrameOrder:
        """What is to be read in."""
        return FrameOrder(
            upload_id,
            group_code,
            name,
            self.mapping(),
            PersonRule(self.person_rule.data),
            self.recall_from.data,
            bool(self.restore_zeros.data),
            bool(self.refuse_contacts.data),
        )


def mapping_form(headings: Sequence[str], meant: Mapping[str, str], needed: Sequence[str]) -> MappingForm:
    """The form for a list with these headings; ``meant``: what is chosen at first."""
    nothing = SelectChoice(NOT_THERE, _("– không có –"))
    fields = {
        name: SelectField(
            FIELD_WORDS[name],
            [InputRequired(_("Nhóm này cần cột này."))] if name in needed else [],
            choices=[nothing, *(SelectChoice(heading, heading) for heading in headings)],
            default=meant.get(name, NOT_THERE),
        )
        for name in FIELDS
    }
    form: MappingForm = type("ListMappingForm", (MappingForm,), fields)()
    return form


class DrawForm(FlaskForm):
    """How to draw."""

    method = SelectField(_l("Phương pháp"), [InputRequired()])
    numbers = RadioField(
        _l("Số người hỏi trước"),
        choices=[
            SelectChoice("plan", _l("theo phương án mẫu đã chọn dùng")),
            SelectChoice("each", _l("cùng một số ở mỗi đơn vị")),
            SelectChoice("shared", _l("một tổng số, chia cho các đơn vị theo số người")),
            SelectChoice("total", _l("một tổng số trên toàn danh sách, không chia theo đơn vị")),
            SelectChoice("own", _l("số riêng cho từng đơn vị")),
        ],
    )
    amount = IntegerField(_l("Số người"), [Optional(), NumberRange(1, MOST_DRAWN, _l("Cần số từ 1 trở lên."))])
    at_least = IntegerField(
        _l("Ít nhất ở mỗi đơn vị (khi chia một tổng số)"), [Optional(), NumberRange(1, MOST_DRAWN)], default=10
    )
    own = TextAreaField(
        _l("Số riêng: mỗi dòng một mã đơn vị và số người"),
        description=_l("Có thể chép từ Excel. Số 0: không chọn mẫu ở đơn vị đó."),
    )
    per_cluster = IntegerField(
        _l("Số người ở mỗi thôn, tổ (khi chọn hai giai đoạn)"), [Optional(), NumberRange(1, MOST_DRAWN)], default=10
    )
    size_column = SelectField(_l("Số đo quy mô (khi chọn theo quy mô)"), default=NOT_THERE)
    element = RadioField(
        _l("Mỗi người trong một đơn vị"),
        choices=[
            SelectChoice(Element.PERSON.value, _l("có một cơ hội, dù có nhiều hồ sơ")),
            SelectChoice(Element.ROW.value, _l("có cơ hội theo số hồ sơ; quyền số được chia lại")),
        ],
        default=Element.PERSON.value,
    )
    not_before = DateField(_l("Chỉ lấy giao dịch từ ngày"), [Optional()])
    reserve_pct = IntegerField(
        _l("Người thay thế, phần trăm"), [Optional(), NumberRange(0, 500, _l("Từ 0 đến 500."))], default=30
    )
    waves = IntegerField(_l("Chia người thay thế thành mấy đợt"), [Optional(), NumberRange(1, 9)], default=2)
    seed = IntegerField(
        _l("Hạt giống"),
        [InputRequired(_l("Xin nhập hạt giống.")), NumberRange(0, MOST_SEED - 1, _l("Số từ 0, nhiều nhất 12 chữ số."))],
        description=_l("Số quyết định kết quả bốc thăm; được ghi vào chứng nhận để ai cũng chọn lại được."),
    )


def draw_form(frame: FrameShown, plan: AdoptedPlan | None, on: date) -> DrawForm:
    """The form for a frame: only what can be done with its columns."""
    form = DrawForm()
    sized = [name for name in ("size", "adults") if name in frame.fields]
    form.method.choices = [
        SelectChoice(name, words) for name, words in METHOD_WORDS.items() if _fits(name, frame, sized)
    ]
    form.size_column.choices = [
        SelectChoice(NOT_THERE, "–"),
        *(SelectChoice(name, FIELD_WORDS[name]) for name in sized),
    ]
    by_unit = "unit" in frame.fields
    form.numbers.choices = [
        choice
        for choice in form.numbers.choices or []
        if (choice.value != "plan" or plan is not None) and (by_unit or choice.value in ("plan", "total"))
    ]
    if not form.is_submitted():
        form.seed.data = int(f"{on:%Y%m%d}")
        form.numbers.data = "plan" if plan is not None else "shared" if by_unit else "total"
        form.method.data = "srs"
    return form


def _fits(method: str, frame: FrameShown, sized: Sequence[str]) -> bool:
    if method == TWO_STAGE:
        return "cluster" in frame.fields
    return method in ("srs", "systematic", CENSUS) or bool(sized)


def spec_of(form: DrawForm, frame: FrameShown, plan: AdoptedPlan | None) -> DrawSpec:
    """The spec that was chosen.

    :raise DrawRefused: numbers are missing or cannot be had.
    """
    element = Element(form.element.data)
    column = "people" if element is Element.PERSON else "rows"
    population = {entry["code"]: int(entry[column]) for entry in frame.report["strata"]}
    total, sizes = (None, {}) if form.method.data == CENSUS else _numbers(form, population, plan)
    return DrawSpec(
        method=form.method.data,
        seed=int(form.seed.data or 0),
        total=total,
        sizes=sizes,
        element=element,
        size_column=form.size_column.data or None,
        per_cluster=form.per_cluster.data if form.method.data == TWO_STAGE else None,
        reserve_pct=form.reserve_pct.data or 0,
        waves=form.waves.data or 1,
        not_before=form.not_before.data,
        sample_plan_id=plan.plan_id if plan is not None and form.numbers.data == "plan" else None,
    )


def _numbers(
    form: DrawForm, population: Mapping[str, int], plan: AdoptedPlan | None
) -> tuple[int | None, dict[str, int]]:
    """A number for the whole list, or one for each unit."""
    chosen = form.numbers.data
    if chosen == "plan" and plan is not None:
        wanted = {stratum.code: stratum.invite for stratum in plan.strata}
        return (None, wanted) if set(wanted) & set(population) else (sum(wanted.values()), {})
    if chosen == "own":
        return None, own_numbers(form.own.data or "", population)
    if not form.amount.data:
        raise DrawRefused("no_number")
    if chosen == "each":
        return None, dict.fromkeys(population, form.amount.data)
    if chosen == "shared":
        return None, shared_out(population, form.amount.data, form.at_least.data or 1)
    return form.amount.data, {}


def own_numbers(text: str, population: Mapping[str, int]) -> dict[str, int]:
    """Unit -> number, of lines "code number"; units that are not named are left out.

    :raise DrawRefused: a line that cannot be read, a unit that the frame does not have, a unit named twice.
    """
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        read: Any = OWN_LINE.fullmatch(line)
        if read is None:
            raise DrawRefused("own_unreadable", line=number)
        code = read["code"]
        if code not in population or code in found:
            raise DrawRefused("own_twice" if code in found else "own_unknown", line=number, value=code[:20])
        found[code] = int(read["n"].replace(".", ""))
    if not any(found.values()):
        raise DrawRefused("no_number")
    return found
