"""The calendar of working days: the law's holidays, and what each year's decision swaps."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, DateField, StringField
from wtforms.validators import InputRequired, Length

from survey_app.access import Role, open_to
from survey_app.clock import today
from survey_app.console import audit, flash_done, reading, send_file_bytes, writing
from survey_app.i18n import language
from survey_app.research.calendar_upload import HEADINGS, empty_list, read_decisions
from survey_app.research.uploading import fault_lines, uploaded
from survey_app.services.calendar import (
    FIRST_YEAR,
    LAST_YEAR,
    Decision,
    decide,
    decided_days,
    decisions_of,
    is_working,
    special_days,
    take_back,
    working_days_of_month,
)
from survey_app.uploads import UploadRefused

blueprint = Blueprint("calendar", __name__, url_prefix="/calendar")

SHOWN_FAULTS = 50


class DecisionForm(FlaskForm):
    """One day about which something was decided."""

    day = DateField(_l("Ngày"), [InputRequired(_l("Xin nhập ngày."))])
    is_working = BooleanField(_l("Là ngày làm việc (làm bù)"))
    name = StringField(
        _l("Lý do"),
        [InputRequired(_l("Xin nhập lý do.")), Length(max=200, message=_l("Lý do quá dài."))],
        description=_l("Ví dụ: nghỉ hoán đổi cho ngày 02/01."),
    )
    source = StringField(
        _l("Căn cứ"),
        [InputRequired(_l("Xin nhập căn cứ.")), Length(max=300, message=_l("Căn cứ quá dài."))],
        description=_l("Văn bản quyết định việc nghỉ hoặc làm bù: số, ngày, cơ quan ban hành."),
    )


@blueprint.get("/")
@open_to(Role.STAFF)
def index() -> str:
    """A year: its working days by month, holidays and swapped days."""
    return _page(DecisionForm(formdata=None))


@blueprint.post("/")
@open_to(Role.RESEARCHER, Role.ADMINISTRATOR)
def add() -> AnyResponse | tuple[str, int]:
    """Note what was decided about one day."""
    form = DecisionForm()
    if not form.validate():
        return _page(form), 422
    decision = Decision(form.day.data, form.is_working.data, form.name.data.strip(), form.source.data.strip())
    with writing() as session:
        decide(session, [decision])
        audit(session, "calendar.decided", str(decision.day), is_working=decision.is_working, source=decision.source)
    flash_done(_("Đã ghi ngày %(day)s vào lịch.", day=decision.day.strftime("%d/%m/%Y")))
    return redirect(url_for("calendar.index", year=decision.day.year), 303)


@blueprint.post("/import")
@open_to(Role.RESEARCHER, Role.ADMINISTRATOR)
def import_days() -> AnyResponse | tuple[str, int]:
    """Note the days of a file, all or none."""
    try:
        decisions = read_decisions(*uploaded())
    except UploadRefused as refusal:
        found = fault_lines(refusal)
        return _page(DecisionForm(formdata=None), faults=found[:SHOWN_FAULTS], more=len(found[SHOWN_FAULTS:])), 422
    with writing() as session:
        n = decide(session, decisions)
        audit(session, "calendar.imported", str(min(decision.day for decision in decisions)), n=n)
    flash_done(_("Đã ghi %(n)s ngày vào lịch.", n=n))
    return redirect(url_for("calendar.index", year=decisions[0].day.year), 303)


@blueprint.get("/template.xlsx")
@open_to(Role.RESEARCHER, Role.ADMINISTRATOR)
def template() -> Response:
    """An empty list to fill in, with one line as an example."""
    return send_file_bytes(empty_list(date(today().year, 12, 31)), "lich-lam-viec.xlsx")


@blueprint.post("/<day>/remove")
@open_to(Role.RESEARCHER, Role.ADMINISTRATOR)
def remove(day: str) -> AnyResponse:
    """Forget what was decided about a day: it is again what the law makes it."""
    try:
        found = date.fromisoformat(day)
        with writing() as session:
            take_back(session, found)
            audit(session, "calendar.taken_back", day)
    except ValueError:  # no date, or nothing decided about it
        abort(404)
    flash_done(_("Đã bỏ ngày %(day)s khỏi lịch; có thể ghi lại bất cứ lúc nào.", day=found.strftime("%d/%m/%Y")))
    return redirect(url_for("calendar.index", year=found.year), 303)


def _page(form: DecisionForm, **faults: Any) -> str:
    year = request.args.get("year", today().year, type=int)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        abort(404)
    with reading() as session:
        return render_template(
            "console/calendar/index.html",
            form=form,
            year=year,
            months=_months(session, year),
            special=special_days(year, decisions_of(session), language()),
            headings=list(HEADINGS),
            **{"faults_found": faults.get("faults", []), "more": faults.get("more", 0)},
        )


def _months(session: Session, year: int) -> list[dict[str, Any]]:
    """A row for each month: what each of 31 days is, and how many are worked, from now on too."""
    decided = decided_days(session)
    return [
        {
            "month": month,
            "days": [_kind(year, month, day, decided) for day in range(1, 32)],
            "n": working_days_of_month(year, month, decided),
        }
        for month in range(1, 13)
    ]


def _kind(year: int, month: int, number: int, decided: dict[date, bool]) -> str:
    """What a day is: working, weekend, holiday, worked (a rest day that is worked), or none (no such day)."""
    try:
        day = date(year, month, number)
    except ValueError:
        return "none"
    if is_working(day, decided):
        return "worked" if day.weekday() >= 5 else "working"
    return "weekend" if day.weekday() >= 5 else "holiday"
