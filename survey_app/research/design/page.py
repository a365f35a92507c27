"""What the pages of a design show: figures, sentences, a chart, and the same for the Word page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from analysis.charts import Chart, Words
from survey_app.design_spec import Coverage, DesignResult, DesignSpec, SizeBy, Stages
from survey_app.documents.design_chart import margin_bins, margins_chart
from survey_app.documents.sample_plan import PlanPage
from survey_app.i18n import day, number
from survey_app.listing import Column
from survey_app.queries.designs import Plan
from survey_app.research.design.formulas import formulas
from survey_app.research.design.words import HIGHEST, note_words, points

METHOD_WORDS: dict[str, Any] = {
    "equal": _l("bằng nhau"),
    "proportional": _l("theo tỷ lệ số người"),
    "power": _l("lũy thừa"),
    "neyman": _l("Neyman"),
    "cost": _l("Neyman có xét đơn giá"),
    "cheapest": _l("rẻ nhất cho sai số cần đạt"),
    "census": _l("điều tra toàn bộ"),
}
MODE_WORDS: dict[str, Any] = {
    "online": _l("trực tuyến"),
    "paper": _l("phiếu giấy"),
    "interview": _l("phỏng vấn trực tiếp"),
}


IN_PRINT: dict[str, tuple[str, float]] = {  # column -> short Vietnamese heading, width in mm before they are fitted
    "code": ("Mã", 17),
    "name": ("Đơn vị", 36),
    "population": ("Số người", 19),
    "completes": ("Số phiếu", 15),
    "invite": ("Mời", 15),
    "thon": ("Số thôn", 14),
    "take": ("Phiếu mỗi thôn", 15),
    "df": ("Bậc tự do", 14),
    "margin": ("± điểm", 16),
    "detectable": ("Chênh lệch phát hiện được", 22),
    "cost": ("Chi phí (đồng)", 25),
}


@dataclass(frozen=True, slots=True)
class ChartView:
    """A chart on a page: its words and the table beside it."""

    chart: Chart
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def headline(result: DesignResult, spec: DesignSpec) -> list[tuple[str, str]]:
    """The figures that matter first, with their names."""
    lines = [(_("Số phiếu cần có"), number(result.total, 0)), (_("Số người mời"), number(result.invite, 0))]
    if result.n_thon is not None:
        lines.append((_("Số thôn được chọn"), number(result.n_thon, 0)))
    lines.append((_("Sai số của kết quả chung (±)"), points(result.margin, of_means=spec.of_means)))
    if result.df is not None:
        lines.append((_("Bậc tự do của kết quả chung"), number(result.df, 0)))
    lines.append((_("Hiệu ứng thiết kế chung"), number(result.deff, 2)))
    if result.cost is not None:
        lines.append((_("Chi phí (đồng)"), number(result.cost, 0)))
    return lines


def sentences(result: DesignResult, spec: DesignSpec) -> list[str]:
    """The notes of a design in words."""
    return [note_words(note, spec) for note in result.notes]


def unit_columns(spec: DesignSpec) -> tuple[Column, ...]:
    """The columns of the table of units."""
    columns = [
        Column("code", _l("Mã"), filter=True),
        Column("name", _l("Đơn vị"), filter=True),
        Column("population", _l("Số người"), kind="number"),
        Column("completes", _l("Số phiếu"), kind="number"),
        Column("invite", _l("Mời"), kind="number"),
    ]
    if spec.stages is Stages.TWO and spec.coverage is Coverage.SAMPLE:
        columns += [
            Column("thon", _l("Thôn"), kind="number"),
            Column("take", _l("Phiếu/thôn"), kind="decimal", show=lambda row: number(row["take"], 1)),
            Column("df", _l("Bậc tự do"), kind="number"),
        ]
    columns += [
        Column("margin", _l("± điểm"), kind="decimal", show=lambda row: _points_cell(row["margin"], spec)),
        Column(
            "detectable",
            _l("Phát hiện từ (điểm)"),
            kind="decimal",
            show=lambda row: _points_cell(row["detectable"], spec),
        ),
    ]
    if spec.priced:
        columns.append(Column("cost", _l("Chi phí (đồng)"), kind="number"))
    return tuple(columns)


def unit_rows(result: DesignResult, spec: DesignSpec) -> list[dict[str, Any]]:
    """A row for each unit; margins in points as they are read."""
    scale = 1.0 if spec.of_means else 100.0
    rows = []
    for unit in result.units:
        row = {name: getattr(unit, name) for name in unit.__slots__}
        for name in ("margin", "detectable"):
            row[name] = None if row[name] is None else row[name] * scale
        rows.append(row)
    return rows


def chart_view(result: DesignResult, spec: DesignSpec) -> ChartView | None:
    """The margins of the units as a chart with its table, None where fewer than two can be told."""
    scale = 1.0 if spec.of_means else 100.0
    known = [(unit.name or unit.code, unit.margin * scale) for unit in result.units if unit.margin is not None]
    if not spec.of_means:
        known = [(name, min(margin, HIGHEST)) for name, margin in known]
    if len(known) < 2:
        return None
    margins = [margin for _name, margin in known]
    target = None if spec.unit_margin is None else spec.unit_margin * scale
    met = sum(margin <= target + 1e-9 for margin in margins) if target is not None else 0
    title = _("Sai số dự kiến của từng đơn vị")
    if target is not None:
        facts = {"met": number(met, 0), "all": number(len(result.units), 0), "target": number(target, 1)}
        title = _("%(met)s trong %(all)s đơn vị đạt sai số ±%(target)s điểm", **facts)
    said = _("Nhỏ nhất ±%(low)s, lớn nhất ±%(high)s điểm.", low=number(min(margins), 1), high=number(max(margins), 1))
    words = Words(
        title=title,
        text=said,
        x=_("Sai số ± (điểm)"),
        y=_("Số đơn vị") if len(known) > 24 else "",
        names={"target": _("Sai số đặt ra")},
        number=number,
    )
    bins = margin_bins(margins)
    rows = tuple(
        (_("%(low)s đến %(high)s", low=number(low, 1), high=number(high, 1)), number(count, 0))
        for low, high, count in bins.itertuples(index=False)
        if count
    )
    return ChartView(margins_chart(known, words, target=target), (_("Sai số ± (điểm)"), _("Số đơn vị")), rows)


def asked_lines(spec: DesignSpec) -> list[str]:
    """What was asked of a design, line by line."""
    by = {
        SizeBy.TOTAL: _("tổng số phiếu cho trước: %(n)s", n=number(spec.total or 0, 0)),
        SizeBy.BUDGET: _("kinh phí %(money)s đồng", money=number(spec.budget or 0, 0)),
        SizeBy.MARGINS: _("sai số cần đạt"),
    }
    lines = [_("Cỡ mẫu tính theo %(what)s.", what=by[spec.size_by])]
    if spec.coverage is Coverage.CENSUS:
        lines = [_("Mời tất cả mọi người (điều tra toàn bộ).")]
    lines.append(_("Độ tin cậy %(share)s %%.", share=number(100 * spec.confidence, 0)))
    for words, value in ((_("kết quả chung"), spec.margin), (_("từng đơn vị"), spec.unit_margin)):
        if value is not None:
            margin = points(value, of_means=spec.of_means)
            lines.append(_("Sai số đặt ra cho %(what)s: ±%(margin)s.", what=words, margin=margin))
    if spec.sd is not None:
        lines.append(_("Độ lệch chuẩn dự kiến %(sd)s.", sd=number(spec.sd, 2)))
    else:
        lines.append(_("Tỷ lệ dự kiến %(share)s %%.", share=number(100 * spec.p, 1)))
    if spec.stages is Stages.TWO:
        lines.append(_("Chọn thôn trước rồi chọn người; ICC = %(icc)s.", icc=number(spec.icc, 3)))
    elif spec.coverage is Coverage.SAMPLE:
        lines.append(_("Chọn thẳng người trong mỗi đơn vị; deff = %(deff)s.", deff=number(spec.deff, 2)))
    lines.append(_("Tỷ lệ trả lời dự kiến %(share)s %%.", share=number(100 * spec.response_rate, 0)))
    if spec.dont_know:
        lines.append(_("Tỷ lệ “không biết” dự kiến %(share)s %%.", share=number(100 * spec.dont_know, 1)))
    if spec.coverage is Coverage.SAMPLE:
        lines.append(_("Mỗi đơn vị ít nhất %(n)s phiếu.", n=number(spec.minimum, 0)))
    for mode in spec.modes:
        facts = {
            "mode": str(MODE_WORDS[mode.mode]).capitalize(),
            "share": number(100 * mode.share, 0),
            "cost": number(mode.cost, 0),
        }
        lines.append(_("%(mode)s: %(share)s %% số phiếu, %(cost)s đồng một phiếu.", **facts))
    return lines


def plan_page(plan: Plan, *, round_title: str, group_title: str) -> PlanPage:
    """The Word page of a saved plan; to be called with Vietnamese words."""
    spec, result = plan.spec, plan.result
    columns = unit_columns(spec)
    kinds = {column.key: column.kind for column in columns}
    rows = [
        [column.words(row) if column.show else _cell(row[column.key], column.kind) for column in columns]
        for row in unit_rows(result, spec)
    ]
    total = {"name": "Cộng", "population": spec.people, "completes": result.total, "invite": result.invite}
    total |= {"thon": result.n_thon, "cost": result.cost}
    status = f"Lưu ngày {day(plan.saved_on)}" + (
        f"; áp dụng từ ngày {day(plan.adopted_on)}" if plan.adopted_on else "; chưa áp dụng"
    )
    return PlanPage(
        title="Phương án chọn mẫu",
        subtitle=f"{plan.name} – {group_title}",
        status=status,
        purpose=[
            f"Phương án chọn mẫu phục vụ “{round_title}”, nhóm đối tượng “{group_title}”: xác định số phiếu cần có, số "
            "người mời ở từng đơn vị và độ chính xác dự kiến của kết quả trước khi mời bất cứ ai."
        ],
        population=[
            f"Tổng thể gồm {number(spec.people, 0)} người thuộc {number(len(spec.strata), 0)} đơn vị (tầng); "
            "số người của từng đơn vị nêu ở bảng phân bổ."
        ],
        method=[*asked_lines(spec), f"Phân bổ cho các đơn vị: {METHOD_WORDS[result.allocation]}."],
        results=[f"{name}: {value}." for name, value in headline(result, spec)],
        formulas=[f"{name}: {formula}" for name, formula in formulas(result, spec)],
        headings=[IN_PRINT[column.key][0] for column in columns],
        widths=[IN_PRINT[column.key][1] for column in columns],
        rows=rows,
        total=[_cell(total.get(column.key), kinds[column.key]) for column in columns],
        limits=sentences(result, spec),
        justification=[line for line in plan.justification.splitlines() if line.strip()],
    )


def _points_cell(value: float | None, spec: DesignSpec) -> str:
    """A margin or difference in points without its unit; nothing more is said of one beyond all points."""
    if value is None:
        return "–"
    if not spec.of_means and value > HIGHEST:
        return "> 100"
    return number(value, 2 if spec.of_means else 1)


def _cell(value: Any, kind: str) -> str:
    if value is None:
        return ""
    if kind == "text":
        return str(value)
    return number(value, 0 if kind == "number" else 1)


def compared(plans: Sequence[Plan]) -> list[tuple[str, list[str]]]:
    """Plans side by side: a row for each figure, a cell for each plan."""
    rows: list[tuple[str, list[str]]] = [
        (_("Số phiếu"), [number(plan.result.total, 0) for plan in plans]),
        (_("Số người mời"), [number(plan.result.invite, 0) for plan in plans]),
        (_("Phân bổ"), [str(METHOD_WORDS[plan.result.allocation]) for plan in plans]),
        (_("Tỷ lệ trả lời dự kiến (%)"), [number(100 * plan.spec.response_rate, 0) for plan in plans]),
        (_("Hiệu ứng thiết kế chung"), [number(plan.result.deff, 2) for plan in plans]),
        (_("Sai số của kết quả chung (±)"), [points(p.result.margin, of_means=p.spec.of_means) for p in plans]),
    ]
    for words, name, pick in (
        (_("Sai số lớn nhất của một đơn vị (±)"), "margin", max),
        (_("Chênh lệch nhỏ nhất phát hiện được giữa hai đơn vị"), "detectable", min),
    ):
        cells = []
        for plan in plans:
            known = [value for unit in plan.result.units if (value := getattr(unit, name)) is not None]
            cells.append(points(pick(known) if known else None, of_means=plan.spec.of_means))
        rows.append((words, cells))
    rows.append((_("Chi phí (đồng)"), [number(p.result.cost, 0) if p.result.cost else "–" for p in plans]))
    return rows
