"""The design of a sample on screen: from a table of people to sizes, margins and costs, before anybody is invited."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from sampling.faults import SamplingError
from survey_app.access import Role, open_to
from survey_app.clock import today
from survey_app.console import acting, audit, flash_done, reading, round_of, send_file_bytes, writing
from survey_app.design_spec import DesignRefused, DesignResult, DesignSpec, Stratum
from survey_app.documents.excel import Table, write_workbook
from survey_app.documents.sample_plan import sample_plan_page
from survey_app.i18n import words
from survey_app.listing import Column, Listing, listing_of_rows, listing_xlsx
from survey_app.models.base import LARGEST_NUMBER
from survey_app.models.rounds import RespondentGroup, SurveyRound
from survey_app.queries.designs import Plan, UnknownPlan, plan_of_round, plans_of_round, population_rows
from survey_app.queries.rounds import UnknownGroup, group_by_code
from survey_app.research.design import page as design_page
from survey_app.research.design.anonymity import Anonymity, anonymity_of
from survey_app.research.design.forms import DesignForm, form_values, pilot_values
from survey_app.research.design.formulas import formulas
from survey_app.research.design.words import in_vietnamese, points, refusal_words, row_words
from survey_app.services.design_numbers import work_out
from survey_app.services.design_population import (
    HEADINGS,
    MOST_ROWS,
    PopulationRefused,
    strata_of_cells,
    strata_of_text,
    text_of,
)
from survey_app.services.designs import adopt_plan, save_plan
from survey_app.uploads import UploadRefused, named, read_sheet, shown
from survey_app.uploads.words import fault_words

blueprint = Blueprint("design", __name__, url_prefix="/rounds/<round_code>/design")

HEADER = (_l("Mã"), _l("Tên"), _l("Số người"), _l("Số thôn"), _l("Tỷ lệ"), _l("Độ lệch chuẩn"), _l("Đơn giá"))
FIELDS = {"more_people_than_there_are": "thon_per_unit", "fewer_adults_than_thon": "thon_in_unit"}  # of a refusal
BESIDE = 6  # plans that are compared
SHOWN_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Starting:
    """What a design of a group starts from."""

    survey_round: SurveyRound
    group: RespondentGroup
    people: list[tuple[str, str, int | None]]
    anonymity: Anonymity | None

    @property
    def names(self) -> dict[str, str]:
        return {code: name for code, name, _n in self.people}

    @property
    def text(self) -> str:
        header = "\t".join(str(heading) for heading in HEADER[:4])
        lines = [f"{code}\t{name}\t{'' if n is None else n}\t" for code, name, n in self.people]
        return "\n".join([header, *lines]) + "\n"


@blueprint.get("/")
@open_to(Role.RESEARCHER)
def index(round_code: str) -> str | AnyResponse:
    """The round's plans, and those of one group side by side."""
    with reading() as session:
        survey_round = round_of(session, round_code)
        groups = [(group.code, words(group.title), group.target_ballots) for group in survey_round.groups]
        plans = plans_of_round(session, survey_round.id)
    listing = _plans(survey_round, plans, groups)
    if request.args.get("format") == "xlsx":
        return listing_xlsx(listing, f"phuong-an-mau-{round_code}.xlsx")
    chosen = request.args.get("group") or (plans[0].group_code if plans else "")
    beside = [plan for plan in plans if plan.group_code == chosen][:BESIDE]
    return render_template(
        "console/design/index.html",
        survey_round=survey_round,
        groups=groups,
        listing=listing,
        chosen=chosen,
        n_plans=len(plans),
        beside=beside,
        compared=design_page.compared(beside),
    )


@blueprint.route("/new", methods=["GET", "POST"])
@open_to(Role.RESEARCHER)
def new(round_code: str) -> str | AnyResponse | tuple[str, int]:
    """A design worked out as often as wanted, then saved. A trial's findings can come with the address."""
    with reading() as session:
        start = _starting(session, round_code, request.args.get("group"))
        earlier = _plan(session, start.survey_round, request.args["plan"]) if request.args.get("plan") else None
    if request.method == "GET":
        return _page(start, _first_form(start, earlier))
    form = DesignForm()
    strata, faults = _strata(form, start)
    if form.action.data == "least" and start.anonymity and form.response_rate.data:
        form.take_minimum(start.anonymity.least_ballots(form.response_rate.data / 100))
    form.validate()
    for place, said in faults:
        form.refuse(place, said)
    if form.errors or not strata:
        return _page(start, form), 422
    spec = form.spec(strata)
    try:
        if form.action.data == "save":
            return _saved(start, form, spec)
        return _page(start, form, spec, work_out(spec))
    except DesignRefused as error:
        form.refuse(error.field if error.field in form else "population", refusal_words(error, of_means=spec.of_means))
    except SamplingError as error:
        form.refuse(FIELDS.get(error.code, "population"), refusal_words(error))
    return _page(start, form), 422


@blueprint.get("/template.xlsx")
@open_to(Role.RESEARCHER)
def template(round_code: str) -> Response:
    """The table of people as an Excel file to fill in."""
    with reading() as session:
        start = _starting(session, round_code, request.args.get("group"))
    headings = [str(heading) for heading in HEADER]
    rows = [[code, name, n, None, None, None, None] for code, name, n in start.people]
    kinds = ["text", "text", "whole", "whole", "number", "number", "whole"]
    table = Table(headings=headings, rows=rows, kinds=kinds, template=True)
    return send_file_bytes(write_workbook({_("Số người"): table}), f"so-nguoi-{start.group.code}.xlsx")


@blueprint.get("/<int:plan_id>")
@open_to(Role.RESEARCHER)
def show(round_code: str, plan_id: int) -> str | AnyResponse:
    """A saved plan."""
    survey_round, plan = _found(round_code, plan_id)
    with reading() as session:
        group = group_by_code(round_of(session, round_code), plan.group_code)
        anonymity = anonymity_of(session, survey_round, group)
    columns, rows = design_page.unit_columns(plan.spec), design_page.unit_rows(plan.result, plan.spec)
    listing = listing_of_rows(rows, columns, request.args, default_sort="code")
    if request.args.get("format") == "xlsx":
        return listing_xlsx(listing, f"phuong-an-{plan_id}.xlsx")
    return render_template(
        "console/design/show.html",
        survey_round=survey_round,
        plan=plan,
        asked=design_page.asked_lines(plan.spec),
        allocation=design_page.METHOD_WORDS[plan.result.allocation],
        listing=listing,
        **_result(plan.result, plan.spec, anonymity),
    )


@blueprint.get("/<int:plan_id>/margins.svg")
@open_to(Role.RESEARCHER)
def chart(round_code: str, plan_id: int) -> Response:
    """The expected margins of a saved plan as a chart."""
    _round, plan = _found(round_code, plan_id)
    view = design_page.chart_view(plan.result, plan.spec)
    if view is None:
        abort(404)
    return Response(view.chart.svg(), mimetype="image/svg+xml")


@blueprint.post("/<int:plan_id>/adopt")
@open_to(Role.RESEARCHER)
def adopt(round_code: str, plan_id: int) -> AnyResponse:
    """Make a plan the one that its group is drawn by."""
    try:
        with writing() as session:
            survey_round = round_of(session, round_code)
            plan = adopt_plan(session, survey_round, plan_id, today=today())
            facts = {"plan": plan.name, "ballots": plan.outcome["total"]}
            audit(session, "sample_plan.adopted", f"{round_code}/{plan_id}", **facts)
    except DesignRefused as error:
        if error.code == "no_such_plan":
            abort(404)
        flash_done(refusal_words(error))
    else:
        flash_done(_("Phương án được áp dụng. Bước tiếp theo: khung mẫu và rút mẫu."))
    return redirect(url_for("design.show", round_code=round_code, plan_id=plan_id), 303)


@blueprint.get("/<int:plan_id>/word")
@open_to(Role.RESEARCHER)
def word(round_code: str, plan_id: int) -> Response:
    """The page of a plan for the plan document, as Word; always in Vietnamese."""
    survey_round, plan = _found(round_code, plan_id)
    with in_vietnamese():
        page = design_page.plan_page(plan, round_title=words(survey_round.title), group_title=words(plan.group_title))
    return send_file_bytes(sample_plan_page(page), f"phuong-an-mau-{round_code}-{plan_id}.docx")


def _starting(session: Session, round_code: str, group_code: str | None) -> Starting:
    survey_round = round_of(session, round_code)
    if not survey_round.groups:
        abort(404)
    try:
        group = group_by_code(survey_round, group_code) if group_code else survey_round.groups[0]
    except UnknownGroup:
        abort(404)
    return Starting(survey_round, group, population_rows(session, group), anonymity_of(session, survey_round, group))


def _plan(session: Session, survey_round: SurveyRound, plan_id: int | str) -> Plan:
    try:
        return plan_of_round(session, survey_round.id, min(int(plan_id), LARGEST_NUMBER))
    except (UnknownPlan, ValueError):
        abort(404)


def _found(round_code: str, plan_id: int) -> tuple[SurveyRound, Plan]:
    with reading() as session:
        survey_round = round_of(session, round_code)
        return survey_round, _plan(session, survey_round, plan_id)


def _first_form(start: Starting, earlier: Plan | None) -> DesignForm:
    """The form as it is first seen: what is known of the group, an earlier plan, what a trial found."""
    values: dict[str, Any] = {"population": start.text}
    if earlier is not None:
        values = {**form_values(earlier.spec), "population": _text(earlier.spec.strata)}
    return DesignForm(formdata=None, data=values | pilot_values(request.args))


def _text(strata: tuple[Stratum, ...]) -> str:
    return text_of(strata, [str(heading) for heading in HEADER])


def _strata(form: DesignForm, start: Starting) -> tuple[tuple[Stratum, ...], list[tuple[str, str]]]:
    """The strata of the file that was sent along, else of the table as typed; and faults with the field they are of."""
    file = request.files.get("sheet")
    sent = file is not None and bool(file.filename)
    try:
        if not sent:
            return strata_of_text(form.population.data or "", start.names), []
        strata = _strata_of_file(file.read(), file.filename, start)
    except PopulationRefused as error:
        found = [row_words(fault) for fault in error.faults]
    except UploadRefused as error:
        found = [f"{fault.cell}: {fault_words(fault)}".removeprefix(": ") for fault in error.faults]
    else:
        form.population.data = _text(strata)
        form.population.raw_data = [form.population.data]
        return strata, []
    if len(found) > SHOWN_FAULTS:
        found = [*found[:SHOWN_FAULTS], _("… và %(n)s chỗ khác", n=len(found) - SHOWN_FAULTS)]
    return (), [("sheet" if sent else "population", said) for said in found]


def _strata_of_file(data: bytes, name: str, start: Starting) -> tuple[Stratum, ...]:
    sheet = named(read_sheet(data, name, max_rows=MOST_ROWS), HEADINGS, ("population",))
    columns = {column: at for at, column in enumerate(sheet.header) if column in HEADINGS}
    rows = [[shown(cell) for cell in row] for row in sheet.rows]
    return strata_of_cells(rows, columns, start.names, lambda i, column: sheet.cell(i, columns.get(column, 0)))


def _saved(start: Starting, form: DesignForm, spec: DesignSpec) -> AnyResponse:
    with writing() as session:
        plan = save_plan(
            session,
            session.get_one(RespondentGroup, start.group.id),
            spec,
            name=(form.name.data or "").strip(),
            justification=(form.justification.data or "").strip(),
            account_id=acting().account_id,
            today=today(),
        )
        subject = f"{start.survey_round.code}/{plan.id}"
        audit(session, "sample_plan.saved", subject, plan=plan.name, group=start.group.code)
        plan_id = plan.id
    flash_done(_("Đã lưu phương án. Các phương án đã lưu trước đó vẫn giữ nguyên."))
    return redirect(url_for("design.show", round_code=start.survey_round.code, plan_id=plan_id), 303)


def _page(start: Starting, form: DesignForm, spec: DesignSpec | None = None, result: DesignResult | None = None) -> str:
    facts: dict[str, Any] = {"anonymity": start.anonymity}
    if spec is not None and result is not None:
        facts |= _result(result, spec, start.anonymity)
        if facts["chart"] is not None:
            svg = base64.b64encode(facts["chart"].chart.svg()).decode()
            facts["chart_address"] = f"data:image/svg+xml;base64,{svg}"
        facts["columns"] = design_page.unit_columns(spec)
        facts["rows"] = design_page.unit_rows(result, spec)
    return render_template(
        "console/design/new.html",
        survey_round=start.survey_round,
        group=start.group,
        form=form,
        **facts,
    )


def _result(result: DesignResult, spec: DesignSpec, anonymity: Anonymity | None) -> dict[str, Any]:
    """What both pages of a design show of it."""
    return {
        "result": result,
        "headline": design_page.headline(result, spec),
        "sentences": design_page.sentences(result, spec),
        "warning": anonymity.warning(result, spec) if anonymity else "",
        "formulas": formulas(result, spec),
        "chart": design_page.chart_view(result, spec),
        "yamane_margin": points(result.yamane.margin, of_means=False) if result.yamane else "",
        "yamane_reached": points(result.yamane.margin_reached, of_means=False) if result.yamane else "",
    }


def _plans(survey_round: SurveyRound, plans: list[Plan], groups: list[tuple[str, str, int | None]]) -> Listing:
    rows = [
        {
            "name": plan.name,
            "id": plan.id,
            "group": plan.group_code,
            "group_title": words(plan.group_title),
            "total": plan.result.total,
            "invite": plan.result.invite,
            "margin": points(plan.result.margin, of_means=plan.spec.of_means),
            "cost": plan.result.cost,
            "saved_on": plan.saved_on,
            "saved_by": plan.saved_by,
            "adopted_on": plan.adopted_on,
        }
        for plan in plans
    ]
    code = survey_round.code
    columns = (
        Column("name", _l("Phương án"), href=lambda row: url_for("design.show", round_code=code, plan_id=row["id"])),
        Column(
            "group",
            _l("Nhóm"),
            filter=True,
            choices=[(key, title) for key, title, _n in groups],
            show=lambda row: row["group_title"],
        ),
        Column("total", _l("Số phiếu"), kind="number"),
        Column("invite", _l("Số người mời"), kind="number"),
        Column("margin", _l("Sai số chung (±)"), sort=False),
        Column("cost", _l("Chi phí (đồng)"), kind="number"),
        Column("saved_on", _l("Ngày lưu"), kind="day"),
        Column("saved_by", _l("Người lưu")),
        Column("adopted_on", _l("Áp dụng từ"), kind="day"),
    )
    return listing_of_rows(rows, columns, request.args, default_sort="-saved_on")
