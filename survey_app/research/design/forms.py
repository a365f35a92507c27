"""The form of a sample design: numbers as people write them, and the spec they come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import Field, HiddenField, RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import TextInput

from sampling.allocation import Method
from sampling.communes import VarianceRule
from survey_app.design_spec import Coverage, DesignSpec, ModeCost, SizeBy, Stages, Stratum
from survey_app.i18n import number as shown_number
from survey_app.services.design_population import amount_of, whole_of
from survey_app.uploads import CONTROL

MODES = ("online", "paper", "interview")
SHARES_SUM = 1e-6


class AmountField(Field):
    """A number with a decimal comma or point; above ``low``, at most ``high``."""

    widget = TextInput()
    read = staticmethod(amount_of)

    def __init__(self, label: Any, validators: Any = (), *, low: float = 0, high: float = 1e15, **kwargs: Any) -> None:
        super().__init__(label, list(validators) or [Optional()], **kwargs)
        self.low, self.high = low, high

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data:.12g}".replace(".", ",")

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        text = valuelist[0].strip().rstrip("% ") if valuelist else ""
        if not text:
            return
        number = self.read(text)
        if number is None:
            raise ValueError(_("“%(value)s” không phải là một số. Ví dụ: 0,05 hoặc 9.000.", value=text))
        if number <= self.low:
            raise ValueError(_("Phải lớn hơn %(low)s.", low=f"{self.low:g}".replace(".", ",")))
        if number > self.high:
            raise ValueError(_("Không được quá %(high)s.", high=shown_number(self.high, 0 if self.high > 100 else 2)))
        self.data = number


class WholeField(AmountField):
    """A whole number, with or without signs for thousands."""

    read = staticmethod(whole_of)


def percent(label: Any, validators: Any = (), *, high: float = 99.999, **kwargs: Any) -> AmountField:
    """A field for a percentage, typed as 95 or 95 %."""
    return AmountField(label, validators, high=high, **kwargs)


def plain(text: str | None) -> str | None:
    """A text without the signs that neither a database nor a Word document takes."""
    return CONTROL.sub("", text) if text else text


REQUIRED = InputRequired(_l("Xin điền ô này."))


class DesignForm(FlaskForm):
    """Everything that a design is asked for. Percentages are typed as percentages."""

    population = TextAreaField(
        _l("Bảng số người"),
        [InputRequired(_l("Bảng số người còn trống. Hãy dán từ Excel hoặc tải tệp lên."))],
        description=_l(
            "Mỗi dòng một đơn vị: mã, tên, số người, số thôn; có thể dán thẳng từ Excel. Có thể thêm các cột “Tỷ lệ”, "
            "“Độ lệch chuẩn”, “Đơn giá” khi các đơn vị khác nhau."
        ),
        render_kw={"rows": "10", "spellcheck": "false", "wrap": "off"},
    )
    sheet = FileField(_l("Hoặc lấy bảng từ tệp Excel"), [Optional()], render_kw={"accept": ".xlsx,.csv"})
    coverage = RadioField(
        _l("Mời ai"),
        choices=[
            SelectChoice(Coverage.SAMPLE.value, _l("Một mẫu trong số đó")),
            SelectChoice(Coverage.CENSUS.value, _l("Tất cả (điều tra toàn bộ)")),
        ],
        default=Coverage.SAMPLE,
    )
    size_by = RadioField(
        _l("Cỡ mẫu tính theo"),
        choices=[
            SelectChoice(SizeBy.TOTAL.value, _l("tổng số phiếu cho trước")),
            SelectChoice(SizeBy.MARGINS.value, _l("sai số cần đạt")),
            SelectChoice(SizeBy.BUDGET.value, _l("kinh phí")),
        ],
        default=SizeBy.TOTAL,
    )
    total = WholeField(_l("Tổng số phiếu"), description=_l("Ví dụ: 9.000"), high=1_000_000_000)
    budget = WholeField(_l("Kinh phí (đồng)"), description=_l("Cần thêm đơn giá một phiếu ở mục Chi phí."))
    margin = AmountField(
        _l("Sai số của kết quả chung (±)"),
        description=_l("Điểm phần trăm; nếu đo điểm trung bình thì theo đơn vị của điểm."),
    )
    unit_margin = AmountField(_l("Sai số của từng đơn vị (±)"), description=_l("Bỏ trống nếu không đặt ra."))
    confidence = percent(_l("Độ tin cậy (%)"), [REQUIRED], default=95.0, low=50)
    measure = RadioField(
        _l("Kết quả chính là"),
        choices=[SelectChoice("share", _l("tỷ lệ (% hài lòng)")), SelectChoice("mean", _l("điểm trung bình"))],
        default="share",
    )
    p = percent(
        _l("Tỷ lệ dự kiến (%)"),
        [REQUIRED],
        default=50.0,
        description=_l("50 % là thận trọng nhất: cần nhiều phiếu nhất."),
    )
    sd = AmountField(_l("Độ lệch chuẩn dự kiến"), description=_l("Chỉ cho điểm trung bình, theo đơn vị của điểm."))
    stages = RadioField(
        _l("Cách chọn người"),
        choices=[
            SelectChoice(Stages.ONE.value, _l("chọn thẳng người trong mỗi đơn vị")),
            SelectChoice(Stages.TWO.value, _l("chọn thôn, tổ dân phố (hoặc phòng, ban) trước, rồi chọn người")),
        ],
        default=Stages.ONE,
    )
    deff = AmountField(
        _l("Hiệu ứng thiết kế (deff)"),
        [REQUIRED],
        default=1.0,
        low=0,
        high=100,
        description=_l("Khi chọn thẳng người. 1 = mẫu ngẫu nhiên đơn giản; lấy từ điều tra thử nếu có."),
    )
    icc = AmountField(
        _l("Hệ số tương quan trong thôn (ICC)"),
        [REQUIRED],
        default=0.05,
        high=0.999,
        description=_l("Từ 0,02 đến 0,10 với câu hỏi ý kiến (giả định); lấy từ điều tra thử nếu có."),
    )
    thon_in_unit = WholeField(
        _l("Số thôn của một đơn vị"), high=10_000, description=_l("Dùng cho dòng nào không có cột “Số thôn”.")
    )
    thon_per_unit = WholeField(
        _l("Số thôn lấy mẫu ở mỗi đơn vị"),
        high=10_000,
        description=_l("Khi tính theo sai số: số thôn ít nhất; bỏ trống thì tìm phương án rẻ nhất."),
    )
    take = AmountField(
        _l("Số phiếu ở mỗi thôn"),
        low=0.9,
        high=10_000,
        description=_l("Khi tính theo sai số: nhiều nhất. Nếu đã cho số thôn thì số phiếu mỗi thôn tự tính."),
    )
    variance = SelectField(
        _l("Sai số của từng đơn vị tính bằng"),
        [REQUIRED],
        choices=[
            SelectChoice(VarianceRule.OWN.value, _l("phương sai của riêng đơn vị")),
            SelectChoice(VarianceRule.POOLED.value, _l("phương sai gộp của mọi đơn vị (phải khai báo trước)")),
        ],
        default=VarianceRule.OWN,
    )
    response_rate = percent(
        _l("Tỷ lệ trả lời dự kiến (%)"),
        [REQUIRED],
        high=100,
        description=_l("Số phiếu thu được trên 100 người được mời; lấy từ đợt trước hoặc điều tra thử."),
    )
    dont_know = percent(
        _l("Tỷ lệ “không biết” dự kiến (%)"),
        [REQUIRED],
        default=0.0,
        low=-0.001,
        high=90,
        description=_l("Trong số phiếu thu được; lấy từ điều tra thử nếu có. Các phiếu này không góp vào kết quả."),
    )
    minimum = WholeField(_l("Số phiếu ít nhất ở mỗi đơn vị"), [REQUIRED], default=30, high=1_000_000)
    method = SelectField(
        _l("Phân bổ cho các đơn vị"),
        [REQUIRED],
        choices=[
            SelectChoice(Method.EQUAL.value, _l("bằng nhau")),
            SelectChoice(Method.PROPORTIONAL.value, _l("theo tỷ lệ số người")),
            SelectChoice(Method.POWER.value, _l("lũy thừa (giữa bằng nhau và theo tỷ lệ)")),
            SelectChoice(Method.NEYMAN.value, _l("Neyman (theo số người và độ phân tán)")),
            SelectChoice(Method.COST.value, _l("Neyman có xét đơn giá")),
        ],
        default=Method.EQUAL,
    )
    exponent = AmountField(
        _l("Số mũ của phân bổ lũy thừa"),
        [REQUIRED],
        default=0.5,
        low=-0.001,
        high=1,
        description=_l("0 gần như bằng nhau; 1 theo tỷ lệ."),
    )
    cost_online = WholeField(_l("Trực tuyến: đơn giá một phiếu (đồng)"))
    share_online = percent(_l("Trực tuyến: phần trăm số phiếu"), high=100)
    cost_paper = WholeField(_l("Phiếu giấy: đơn giá một phiếu (đồng)"))
    share_paper = percent(_l("Phiếu giấy: phần trăm số phiếu"), high=100)
    cost_interview = WholeField(_l("Phỏng vấn trực tiếp: đơn giá một phiếu (đồng)"))
    share_interview = percent(_l("Phỏng vấn trực tiếp: phần trăm số phiếu"), high=100)
    cost_thon = WholeField(_l("Chi phí cho mỗi thôn được chọn (đồng)"))
    power = percent(
        _l("Lực kiểm định (%)"),
        [REQUIRED],
        default=80.0,
        low=50,
        high=99.9,
        description=_l("Khả năng phát hiện được một chênh lệch có thật giữa hai đơn vị."),
    )
    name = StringField(
        _l("Tên phương án"),
        filters=[plain],
        validators=[Length(max=120, message=_l("Tên quá dài (tối đa 120 ký tự)."))],
    )
    justification = TextAreaField(
        _l("Lý do chọn phương án này"),
        filters=[plain],
        validators=[Length(max=5000, message=_l("Quá dài (tối đa 5.000 ký tự)."))],
        description=_l("Được in trong trang Word kèm kế hoạch."),
    )
    action = HiddenField()

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """Whether the form can be worked out; what concerns several fields stands at one of them."""
        super().validate(extra_validators)
        if self.action.data == "save" and not (self.name.data or "").strip():
            self.refuse("name", _("Xin đặt tên cho phương án trước khi lưu."))
        if self.measure.data == "mean" and self.sd.data is None and not self.sd.errors:
            self.refuse("sd", _("Xin cho độ lệch chuẩn dự kiến của điểm."))
        shares = [self[f"share_{mode}"].data for mode in MODES if self[f"cost_{mode}"].data is not None]
        if len(shares) > 1 and abs(sum(share or 0 for share in shares) - 100) > SHARES_SUM:
            self.refuse("share_online", _("Phần trăm số phiếu của các hình thức phải cộng thành 100."))
        return not self.errors

    def take_minimum(self, ballots: int | None) -> None:
        """Ask for so many ballots of each unit, as if it had been typed."""
        if ballots is not None:
            self.minimum.data, self.minimum.raw_data, self.minimum.process_errors = ballots, [str(ballots)], []

    def refuse(self, name: str, said: str) -> None:
        """Put a fault at a field."""
        self[name].errors = [*self[name].errors, said]

    def spec(self, strata: tuple[Stratum, ...]) -> DesignSpec:
        """What the form asks of these strata."""
        of_means = self.measure.data == "mean"
        unit = 1.0 if of_means else 0.01
        return DesignSpec(
            strata=strata,
            coverage=Coverage(self.coverage.data),
            size_by=SizeBy(self.size_by.data),
            confidence=self.confidence.data / 100,
            margin=_times(self.margin.data, unit),
            unit_margin=_times(self.unit_margin.data, unit),
            total=self.total.data,
            budget=self.budget.data,
            p=self.p.data / 100,
            sd=self.sd.data if of_means else None,
            deff=self.deff.data,
            response_rate=self.response_rate.data / 100,
            dont_know=max(self.dont_know.data, 0.0) / 100,
            minimum=self.minimum.data,
            method=Method(self.method.data),
            exponent=max(self.exponent.data, 0.0),
            stages=Stages(self.stages.data),
            icc=self.icc.data,
            thon_in_unit=self.thon_in_unit.data,
            thon_per_unit=self.thon_per_unit.data,
            take=self.take.data,
            variance=VarianceRule(self.variance.data),
            cost_thon=float(self.cost_thon.data or 0),
            modes=self._modes(),
            power=self.power.data / 100,
        )

    def _modes(self) -> tuple[ModeCost, ...]:
        priced = [mode for mode in MODES if self[f"cost_{mode}"].data is not None]
        alone = len(priced) == 1
        shares = {mode: 1.0 if alone else (self[f"share_{mode}"].data or 0) / 100 for mode in priced}
        return tuple(ModeCost(mode, float(self[f"cost_{mode}"].data), shares[mode]) for mode in priced)


def form_values(spec: DesignSpec) -> dict[str, Any]:
    """What the form shows for a spec."""
    unit = 1.0 if spec.of_means else 100.0
    same = ("coverage", "size_by", "total", "budget", "sd", "deff", "minimum", "method", "exponent", "stages", "icc")
    same += ("thon_in_unit", "thon_per_unit", "take", "variance")
    costs = {f"cost_{mode.mode}": mode.cost for mode in spec.modes}
    return {
        **{name: getattr(spec, name) for name in same},
        **{name: 100 * getattr(spec, name) for name in ("confidence", "p", "response_rate", "dont_know", "power")},
        "margin": _times(spec.margin, unit),
        "unit_margin": _times(spec.unit_margin, unit),
        "measure": "mean" if spec.of_means else "share",
        **costs,
        **{f"share_{mode.mode}": 100 * mode.share for mode in spec.modes},
        "cost_thon": spec.cost_thon or None,
    }


def pilot_values(args: Mapping[str, str]) -> dict[str, float]:
    """What a trial found, from the address: ``icc``, ``deff``, ``response_rate`` and ``dont_know`` (fractions)."""
    found = {name: amount_of(args[name]) for name in ("icc", "deff", "response_rate", "dont_know") if name in args}
    known = {name: value for name, value in found.items() if value is not None and 0 < value < 100}
    if "response_rate" in known:
        known["response_rate"] = 100 * min(known["response_rate"], 1.0)
    if "dont_know" in known:
        known["dont_know"] = 100 * min(known["dont_know"], 0.9)
    if known.get("icc", 0) >= 1:
        del known["icc"]
    return known


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
