"""The tables of a pilot's results: columns, and rows with their flags in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from survey_app.i18n import number, words
from survey_app.listing import Column
from survey_app.services.pilot_findings import ClusterKind, CriterionFindings, GroupFindings, PilotFindings
from survey_app.services.pilot_items import (
    LEAST_REST_R,
    MOST_AT_ONE_END,
    MOST_DONT_KNOW,
    MOST_MISSING,
    QuestionFindings,
)

Rows = list[dict[str, Any]]
Table = tuple[Sequence[Column], Rows]

KINDS: dict[str, Any] = {
    ClusterKind.PSU: _l("đơn vị mẫu cấp một"),
    ClusterKind.CELL: _l("ô thiết kế"),
    ClusterKind.UNIT: _l("đơn vị được đánh giá"),
}
PLACE = Column("place", _l("TT"), kind="number")


def _percent(share: float) -> str:
    return number(100 * share, 0)


def flag_words(flag: str) -> str:
    """Why a question is to be looked at again, and what at."""
    sentences: dict[str, str] = {
        "dont_know": _(
            "trên %(share)s %% không biết: xem lại câu hỏi hoặc người được hỏi", share=_percent(MOST_DONT_KNOW)
        ),
        "missing": _("trên %(share)s %% bỏ trống: câu khó trả lời hoặc dễ bỏ sót", share=_percent(MOST_MISSING)),
        "floor": _(
            "trên %(share)s %% chọn mức thấp nhất: câu hỏi không phân biệt được", share=_percent(MOST_AT_ONE_END)
        ),
        "ceiling": _(
            "trên %(share)s %% chọn mức cao nhất: câu hỏi không phân biệt được", share=_percent(MOST_AT_ONE_END)
        ),
        "low_rest_r": _("tương quan với các câu cùng tiêu chí dưới %(r)s: có thể đo điều khác", r=number(LEAST_REST_R)),
        "against_the_rest": _("ngược chiều với các câu cùng tiêu chí: kiểm tra cách hỏi, cách mã hóa"),
        "better_without": _("bỏ câu này thì độ tin cậy của tiêu chí cao hơn"),
    }
    return sentences[flag]


SHORT_FLAGS: dict[str, Any] = {
    "dont_know": _l("nhiều người không biết"),
    "missing": _l("hay bỏ trống"),
    "floor": _l("dồn ở mức thấp nhất"),
    "ceiling": _l("dồn ở mức cao nhất"),
    "low_rest_r": _l("ít liên quan"),
    "against_the_rest": _l("ngược chiều"),
    "better_without": _l("bỏ thì tin cậy hơn"),
}


def to_look_at(found: PilotFindings) -> list[tuple[str, str, list[str]]]:
    """(group, question, sentences) of what is to be looked at again; a group by itself has no question."""
    titles = {group.code: words(group.title) for group in found.groups}
    too_long = _("một nửa số người cần lâu hơn phiếu báo: rút gọn phiếu, hoặc sửa số phút")
    groups = [(titles[group.code], "", [too_long]) for group in found.groups if group.too_long]
    return groups + [
        (titles[question.group_code], words(question.label), [flag_words(flag) for flag in question.flags])
        for question in found.questions
        if question.flags
    ]


def group_table(groups: Sequence[GroupFindings]) -> Table:
    """A row for each group: people, and minutes beside those that the form announces."""
    columns = (
        PLACE,
        Column("title", _l("Nhóm")),
        Column("invited", _l("Được mời"), kind="number"),
        Column("n_ballots", _l("Phiếu"), kind="number"),
        Column("response_rate", _l("Tỷ lệ trả lời"), kind="percent"),
        Column("low", _l("Phút: 10 % nhanh nhất"), kind="decimal"),
        Column("median", _l("Phút: một nửa"), kind="decimal"),
        Column("high", _l("Phút: 90 %"), kind="decimal"),
        Column("announced", _l("Phút phiếu báo"), kind="decimal"),
        Column("dont_know", _l("Không biết"), kind="percent"),
    )
    kept = ("invited", "n_ballots", "response_rate", "announced", "dont_know")
    rows = [
        {"place": place, "title": words(group.title)}
        | {name: getattr(group, name) for name in kept}
        | {name: getattr(group.durations, name) if group.durations else None for name in ("low", "median", "high")}
        for place, group in enumerate(groups, start=1)
    ]
    return columns, rows


def question_table(questions: Sequence[QuestionFindings], titles: Mapping[str, str]) -> Table:
    """A row for each question of each group."""
    columns = (
        PLACE,
        _group_column(titles),
        Column("name", _l("Câu"), filter=True),
        Column("label", _l("Câu hỏi"), filter=True),
        Column("criterion", _l("Tiêu chí"), filter=True),
        Column("asked", _l("Được hỏi"), kind="number"),
        Column("valid", _l("Trả lời hợp lệ"), kind="number"),
        Column("dont_know", _l("Không biết"), kind="percent"),
        Column("missing", _l("Bỏ trống"), kind="percent"),
        Column("mean", _l("Trung bình (0–100)"), kind="decimal"),
        Column("sd", _l("Độ lệch chuẩn"), kind="decimal"),
        Column("floor", _l("Mức thấp nhất"), kind="percent"),
        Column("ceiling", _l("Mức cao nhất"), kind="percent"),
        Column("rest_r", _l("Tương quan biến–tổng hiệu chỉnh"), kind="decimal"),
        Column("alpha_without", _l("α nếu bỏ câu"), kind="decimal"),
        Column("flags", _l("Nên xem lại")),
    )
    own = {column.key for column in columns} - {"place", "group", "label", "flags"}
    rows = [
        {name: getattr(question, name) for name in own}
        | {"place": place, "group": question.group_code, "group_title": titles[question.group_code]}
        | {"label": words(question.label), "flags": "; ".join(str(SHORT_FLAGS[flag]) for flag in question.flags)}
        for place, question in enumerate(questions, start=1)
    ]
    return columns, rows


def level_table(questions: Sequence[QuestionFindings], titles: Mapping[str, str]) -> Table:
    """A row for each answer that a question offers."""
    columns = (
        PLACE,
        _group_column(titles),
        Column("question", _l("Câu"), filter=True),
        Column("label", _l("Trả lời")),
        Column("n", _l("Số trả lời"), kind="number"),
        Column("share", _l("Tỷ lệ"), kind="percent"),
    )
    found = [(question, level) for question in questions for level in question.levels]
    rows = [
        {"place": place, "group": question.group_code, "group_title": titles[question.group_code]}
        | {"question": question.name, "label": words(level.label), "n": level.n, "share": level.share}
        for place, (question, level) in enumerate(found, start=1)
    ]
    return columns, rows


def criterion_table(criteria: Sequence[CriterionFindings], titles: Mapping[str, str]) -> Table:
    """A row for each criterion of each group."""
    columns = (
        PLACE,
        _group_column(titles),
        Column("criterion", _l("Tiêu chí"), filter=True),
        Column("title", _l("Tên tiêu chí"), filter=True),
        Column("n_items", _l("Số câu"), kind="number"),
        Column("alpha", _l("Cronbach α"), kind="decimal"),
        Column("kind", _l("Cụm"), show=lambda row: KINDS[row["kind"]]),
        Column("n", _l("Số giá trị"), kind="number"),
        Column("n_clusters", _l("Số cụm"), kind="number"),
        Column("size", _l("Cỡ cụm trung bình"), kind="decimal"),
        Column("icc", _l("ICC"), kind="decimal", show=_three("icc")),
        Column("low", _l("ICC: từ"), kind="decimal", show=_three("low")),
        Column("high", _l("đến"), kind="decimal", show=_three("high")),
        Column("deff", _l("Hiệu ứng thiết kế (deff)"), kind="decimal"),
        Column("deff_low", _l("deff: từ"), kind="decimal"),
        Column("deff_high", _l("đến"), kind="decimal"),
    )
    of_spread = ("n", "n_clusters", "size", "icc", "low", "high", "deff", "deff_low", "deff_high")
    rows = [
        {"place": place, "group": row.group_code, "group_title": titles[row.group_code]}
        | {"criterion": row.criterion, "title": words(row.title), "n_items": row.n_items, "alpha": row.alpha}
        | {"kind": str(row.kind)}
        | {name: getattr(row.spread, name) if row.spread else None for name in of_spread}
        for place, row in enumerate(criteria, start=1)
    ]
    return columns, rows


def _three(name: str) -> Any:
    """A correlation with three decimals."""
    return lambda row: None if row[name] is None else number(row[name], 3)


def _group_column(titles: Mapping[str, str]) -> Column:
    return Column("group", _l("Nhóm"), filter=True, choices=list(titles.items()), show=lambda row: row["group_title"])
