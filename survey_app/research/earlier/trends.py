"""Trends on screen: units of today by years, and one unit as a chart with its table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from flask import Response, abort, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from analysis.charts import Chart, Words
from analysis.trend_charts import trend
from survey_app.access import open_to
from survey_app.console import may_open, reading
from survey_app.earlier.words import VERDICTS, criterion_name
from survey_app.i18n import number
from survey_app.listing import Column, listing_of_rows, listing_xlsx
from survey_app.queries.earlier import programme_key, programmes_by_city
from survey_app.research.earlier.room import READERS, blueprint, page, programme_name
from survey_app.services.earlier_trends import NOT_COMPARABLE, PARTLY, Point, Trends, UnitTrend, Year, trends

WHOLE = 0.9995  # of a unit's parts, as it is shown


@dataclass(frozen=True, slots=True)
class Asked:
    """Which trends the address asks for."""

    city: str
    programme: str  # its key
    criterion: str
    unit: str
    name: str  # of the programme

    def address(self, **changes: str) -> dict[str, str]:
        return {"city": self.city, "programme": self.programme, "criterion": self.criterion, **changes}


@blueprint.get("/trends", endpoint="trends")
@open_to(*READERS)
def show_trends() -> str | Response:
    """The units of today by years, with what changed and whether that is more than chance."""
    with reading() as session:
        programmes = programmes_by_city(session)
        asked = _asked(programmes)
        if asked is None:
            return page("trends.html", asked=None, programmes={}, found=None)
        found = trends(session, asked.city, asked.programme, asked.criterion, _may_see)
    rows = [_row(unit, found) for unit in found.units]
    listing = listing_of_rows(rows, _columns(found, asked), request.args, default_sort="code")
    if request.args.get("format") == "xlsx":
        return listing_xlsx(replace(listing, columns=_export_columns(found)), f"xu-huong-{asked.programme}.xlsx")
    unit = next((unit for unit in found.units if unit.code == asked.unit), None)
    if asked.unit and unit is None:
        abort(404)
    values = {"unit": unit, "chart_text": _chart(unit, asked).text} if unit else {"unit": None}
    return page(
        "trends.html",
        asked=asked,
        programmes=programmes,
        found=found,
        listing=listing,
        warnings=warnings_of(found),
        verdicts=VERDICTS,
        mark=_mark,
        **values,
    )


@blueprint.get("/trends.svg")
@open_to(*READERS)
def trend_chart() -> Response:
    """One unit over the years as a chart."""
    with reading() as session:
        asked = _asked(programmes_by_city(session))
        if asked is None:
            abort(404)
        found = trends(session, asked.city, asked.programme, asked.criterion, _may_see)
    unit = next((unit for unit in found.units if unit.code == asked.unit), None)
    if unit is None:
        abort(404)
    return Response(_chart(unit, asked).svg(), mimetype="image/svg+xml")


def _may_see(round_code: str) -> bool:
    return may_open("rounds.results", round_code)


def _asked(programmes: Mapping[str, Mapping[str, str]]) -> Asked | None:
    """What the address asks for, else the first there is; None if there is nothing yet."""
    if not programmes:
        return None
    city = request.args.get("city") or next(iter(programmes))
    if city not in programmes:
        abort(404)
    wanted = programme_key(request.args.get("programme", ""))
    programme = wanted or next(iter(programmes[city]))
    if programme not in programmes[city]:
        if "programme" in request.args and "unit" not in request.args:  # the city was changed
            programme = next(iter(programmes[city]))
        else:
            abort(404)
    name = programme_name(programmes[city][programme])
    return Asked(city, programme, request.args.get("criterion", ""), request.args.get("unit", ""), name)


# --- the table -------------------------------------------------------------------------------------------------------


def _row(unit: UnitTrend, found: Trends) -> dict[str, Any]:
    row: dict[str, Any] = {"code": unit.code, "name": unit.name, "change": None, "change_se": None, "verdict": ""}
    for year in found.years:
        point = unit.points.get(year.year)
        for name in ("value", "se", "n", "covered"):
            row[f"{name}{year.year}"] = getattr(point, name) if point else None
        row[f"point{year.year}"] = point
    last = unit.points.get(found.years[-1].year) if found.years else None
    if last:
        row |= {"change": last.change, "change_se": last.change_se, "verdict": last.verdict}
    return row


def _columns(found: Trends, asked: Asked) -> list[Column]:
    def to_unit(row: Any) -> str:
        return url_for("earlier.trends", **asked.address(unit=row["code"]))

    columns = [Column("code", _l("Mã"), filter=True), Column("name", _l("Đơn vị"), filter=True, href=to_unit)]
    columns += [
        Column(f"value{year.year}", str(year.year), kind="decimal", show=lambda row, y=year.year: _cell(row, y))
        for year in found.years
    ]
    if len(found.years) > 1:
        columns += [Column("change", _l("Thay đổi so với lần trước"), kind="decimal", show=_change), _verdict_column()]
    return columns


def _export_columns(found: Trends) -> list[Column]:
    """Each year with its error, ballots and coverage in columns of their own."""
    columns = [Column("code", _l("Mã")), Column("name", _l("Đơn vị"))]
    for year in found.years:
        columns += [
            Column(f"value{year.year}", str(year.year), kind="decimal"),
            Column(f"se{year.year}", _("Sai số chuẩn %(year)s", year=year.year), kind="decimal"),
            Column(f"n{year.year}", _("Số phiếu %(year)s", year=year.year), kind="decimal"),
            Column(f"covered{year.year}", _("Phần có số liệu %(year)s", year=year.year), kind="percent"),
        ]
    columns += [Column("change", _l("Thay đổi so với lần trước"), kind="decimal")]
    return [*columns, Column("change_se", _l("Sai số chuẩn của thay đổi"), kind="decimal"), _verdict_column()]


def _verdict_column() -> Column:
    choices = tuple(VERDICTS.items())
    return Column("verdict", _l("So với sai số"), filter=True, choices=choices, show=_verdict)


def _verdict(row: Any) -> str:
    return str(VERDICTS.get(row["verdict"], ""))


def _change(row: Any) -> str:
    if row["change"] is None:
        return ""
    sign = "+" if row["change"] > 0 else ""
    return sign + number(row["change"], 2)


def _cell(row: Any, year: int) -> str:
    point = row[f"point{year}"]
    return "" if point is None else f"{_estimate(point)}{_sign(point)}"


def _estimate(point: Point) -> str:
    text = number(point.value, 2)
    return text if point.se is None else f"{text} ± {number((point.high or 0) - point.value, 2)}"


def _sign(point: Point) -> str:
    """A sign for what is to be known of a value that was carried over; the words stand below the table."""
    return " *" if point.covered < WHOLE else " †" if point.is_part else ""


def _mark(point: Point) -> str:
    """What is to be known of a value that was carried over."""
    said = []
    if point.covered < WHOLE:
        said.append(_("có số liệu của %(share)s %% dân số", share=number(100 * point.covered, 0)))
    if point.is_part:
        said.append(_("theo đơn vị cũ bị chia"))
    return "; ".join(said)


# --- what is to be known before comparing ----------------------------------------------------------------------------


def warnings_of(found: Trends) -> list[str]:
    """Why the years may not be comparable, in words."""
    said = []
    scales = {year.scale_max for year in found.years}
    if len(scales) > 1 or None in scales:
        said.append(_("Thang điểm của các năm khác nhau hoặc không rõ: không tính thay đổi giữa các năm đó."))
    methods = {year.method_note.casefold() for year in found.years}
    if len(found.years) > 1 and "" in methods:
        said.append(_("Có năm không ghi cách tính: thay đổi có thể do cách tính chứ không do đơn vị."))
    elif len(methods) > 1:
        said.append(_("Cách tính của các năm khác nhau: thay đổi có thể do cách tính chứ không do đơn vị."))
    if found.lacking:
        years = ", ".join(map(str, found.lacking))
        said.append(_("Không có tiêu chí này ở các năm: %(years)s.", years=years))
    if found.doubled:
        years = ", ".join(map(str, found.doubled))
        said.append(
            _("Năm %(years)s vừa có số liệu nhập vào vừa được tính ở đây: dùng kết quả tính ở đây.", years=years)
        )
    unpublished = [str(year.year) for year in found.years if not year.is_published]
    if unpublished:
        said.append(_("Kết quả chưa công bố: %(years)s.", years=", ".join(unpublished)))
    said += _errors_said(found.years)
    if found.unplaced:
        units = "; ".join(f"{name} ({year})" for year, _code, name in found.unplaced[:10])
        said.append(
            _(
                "%(n)s đơn vị cũ không dẫn tới đơn vị nào hiện nay nên không có trong bảng: %(units)s%(more)s. "
                "Hãy bổ sung bảng đối chiếu ở trang Đơn vị.",
                n=len(found.unplaced),
                units=units,
                more="; …" if len(found.unplaced) > 10 else "",
            )
        )
    return said


def _errors_said(years: tuple[Year, ...]) -> list[str]:
    without = [str(year.year) for year in years if not year.has_errors]
    if not without:
        return []
    listed = ", ".join(without)
    return [_("Không rõ sai số của năm %(years)s: chưa nói được thay đổi có vượt sai số không.", years=listed)]


# --- the chart -------------------------------------------------------------------------------------------------------


def _chart(unit: UnitTrend, asked: Asked) -> Chart:
    rows = [
        {
            "year": year,
            "estimate": point.value,
            "ci_low": point.low,
            "ci_high": point.high,
            "joined": point.verdict not in ("", NOT_COMPARABLE, PARTLY),
        }
        for year, point in unit.points.items()
    ]
    table = pd.DataFrame(rows).astype({"ci_low": "float64", "ci_high": "float64"})
    what = f"{asked.name}: {criterion_name(asked.criterion)}"
    said = _(
        "{count} năm có số liệu; từ {first_value} năm {first_year} đến {last_value} năm {last_year}. "
        "Đoạn thẳng đứng là khoảng tin cậy 95 % nếu biết sai số; các năm không so sánh được không nối với nhau."
    )
    return trend(table, Words(title=f"{unit.name}. {what}", text=said, number=number), digits=2)
