"""The rules of a scoring method in words: sections, choices, and the formula of each criterion with its numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from scoring.editing import Setting
from scoring.method import Criterion, Kind, ScoringMethod
from survey_app.i18n import number, words

SECTIONS = {
    "title": _l("Tên phương pháp"),
    "year": _l("Năm"),
    "ranking": _l("Xếp hạng"),
    "criteria": _l("Tiêu chí và điểm tối đa"),
    "answers": _l("Câu trả lời được tính thế nào"),
    "percent_tables": _l("Bảng quy đổi câu trả lời"),
    "dont_know": _l("“Không biết”"),
    "group_weights": _l("Quyền số của các nhóm"),
    "few_ballots": _l("Nhóm ít phiếu"),
    "small_samples": _l("Sai số khi ít phiếu"),
    "open_links": _l("Phiếu qua liên kết mở"),
    "satisfaction": _l("Thế nào là hài lòng"),
    "aggregation": _l("Thứ tự tổng hợp"),
    "parts": _l("Tỷ trọng các phần"),
    "index": _l("Chỉ số"),
    "adjustments": _l("Điểm thưởng, điểm trừ"),
    "bands": _l("Xếp loại"),
    "rounding": _l("Làm tròn"),
}
KEYS = {
    "status": _l("Tình trạng"),
    "source": _l("Căn cứ"),
    "max_points": _l("Điểm tối đa"),
    "vi": _l("Tiếng Việt"),
    "en": _l("Tiếng Anh"),
    "rule": _l("Quy tắc"),
    "ties": _l("Đồng hạng"),
    "compare": _l("So sánh theo"),
    "other_lists": _l("Thang không có bảng"),
    "min_ballots": _l("Số phiếu tối thiểu"),
    "thin_units_share": _l("Tỷ lệ đơn vị thiếu phiếu được chấp nhận"),
    "below": _l("Áp dụng khi dưới (phiếu)"),
    "blank": _l("Khi thiếu giá trị"),
    "cap": _l("Chỉ số cao nhất"),
    "digits": _l("Số chữ số thập phân"),
    "low": _l("Từ"),
    "high": _l("Dưới"),
    "given_as": _l("Nhập theo"),
    "counts": _l("Cách đếm"),
    "order": _l("Thứ tự"),
    "year": _l("Năm"),
    "value": _l("Giá trị"),
}
CHOICE_WORDS = {
    "assumed": _l("giả định"),
    "proposed": _l("đề xuất"),
    "approved": _l("đã phê duyệt"),
    "min": _l("cùng nhận thứ hạng cao, bỏ các thứ hạng sau"),
    "dense": _l("cùng nhận thứ hạng cao, không bỏ thứ hạng nào"),
    "rounded": _l("số đã làm tròn"),
    "full": _l("số đầy đủ"),
    "linear": _l("chia đều các mức"),
    "refuse": _l("không nhận"),
    "exclude": _l("không tính vào mẫu số"),
    "as_value": _l("tính bằng một giá trị cố định"),
    "renormalise": _l("bỏ nhóm đó ở cả khối, các nhóm còn lại chia nhau quyền số"),
    "zero": _l("nhóm đó được 0 điểm"),
    "block_out": _l("bỏ tiêu chí ở cả khối"),
    "pooled": _l("dùng phương sai gộp của khối"),
    "apart": _l("báo cáo riêng, không xếp hạng"),
    "feeds": _l("tính như mẫu xác suất"),
    "top_levels": _l("tỷ lệ chọn các mức cao nhất"),
    "mean_percent": _l("trung bình phần trăm của câu trả lời"),
    "pooled_answers": _l("gộp mọi câu trả lời"),
    "mean_of_items": _l("trung bình các câu hỏi"),
    "mean_of_respondents": _l("trung bình từng người trả lời"),
    "applicable_max": _l("100 × điểm đạt ÷ điểm tối đa của các tiêu chí áp dụng"),
    "full_max": _l("100 × điểm đạt ÷ tổng điểm tối đa"),
    "not_applicable": _l("tiêu chí không áp dụng cho đơn vị đó"),
    "not_ranked": _l("đơn vị đó không được xếp hạng"),
}


def label(setting: Setting) -> str:
    """What a value is, in words: the last names of its path that say something."""
    parts = re.findall(r"[^.\[\]]+", setting.path)[1:] or [setting.path]
    said = [str(KEYS[part]) if part in KEYS else part for part in parts if not part.isdecimal() or part == parts[-1]]
    return " · ".join(said)


def formula(method: ScoringMethod, criterion: Criterion, groups: Mapping[str, Mapping[str, str]]) -> str:
    """How the points of a criterion come about, with its numbers."""
    if criterion.component:
        return _(
            "%(points)s × giá trị nhập của “%(component)s” ÷ 100",
            points=number(criterion.max_points or 0, 1),
            component=criterion.component,
        )
    shares = (method.group_weights.by_criterion if method.group_weights else {}).get(criterion.code, {})
    said = " + ".join(
        f"{number(share, 2)} × {words(groups[group]) if group in groups else group}" for group, share in shares.items()
    )
    return _("%(points)s × (%(shares)s)", points=number(method.max_points_of(criterion), 1), shares=said or "–")


def explanation(method: ScoringMethod) -> Iterator[str]:
    """The method in sentences, from the answer to the rank."""
    if method.kind is Kind.SIPAS:
        yield _("Mỗi câu trả lời được đếm là hài lòng hay không, rồi tổng hợp theo thứ tự ghi bên dưới.")
        yield _("Chỉ số SIPAS là tổng tỷ lệ hài lòng của các phần nhân với tỷ trọng của phần đó.")
    elif method.kind is Kind.COMPOSITE:
        yield _("Điểm của đơn vị là tổng các thành phần đã cho, không tính từ phiếu.")
    else:
        yield _("Mỗi câu trả lời hợp lệ được quy ra phần trăm theo bảng quy đổi; “không biết” theo quy tắc riêng.")
        yield _("Giá trị của một nhóm ở một tiêu chí là trung bình các câu trả lời hợp lệ của nhóm đó về đơn vị.")
        yield _("Điểm của tiêu chí là điểm tối đa nhân với tổng giá trị các nhóm theo quyền số của từng nhóm.")
    yield _("Chỉ số: %(rule)s; làm tròn %(digits)s chữ số thập phân ở bước cuối cùng.",
            rule=CHOICE_WORDS[method.index.rule], digits=method.rounding.digits)  # fmt: skip
