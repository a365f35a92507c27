"""The list of rounds, a new one, and the page of one."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey_app.access import Role, open_to
from survey_app.clock import today
from survey_app.console import audit, contact_keys, flash_done, keys, may_open, reading, round_of, writing
from survey_app.definitions import read_round_plan, read_units, shipped_rounds, shipped_units
from survey_app.i18n import day, words
from survey_app.listing import Column, listing_of_rows, listing_xlsx
from survey_app.models.rounds import Purpose, SurveyRound
from survey_app.queries.rounds import RoundCount, cities, groups_with_counts, round_unit_codes, rounds_with_counts
from survey_app.research.rounds.forms import NewRoundForm, choices
from survey_app.research.rounds.next_steps import next_steps
from survey_app.research.rounds.room import READERS, blueprint, left_in_words, page
from survey_app.round_words import CITIES, PURPOSES, STAGE_NAMES, refusal_words
from survey_app.services.calendar import decided_days, working_days_between
from survey_app.services.milestones import Due, next_by_round, next_due, timeline
from survey_app.services.round_making import make_round
from survey_app.services.round_templates import blank_plan, moved_to, plan_of
from survey_app.services.rounds import RoundPlan

COLUMNS = (
    Column("code", _l("Mã"), filter=True, href=lambda row: url_for("rounds.show", round_code=row["code"])),
    Column("title", _l("Tên đợt"), filter=True),
    Column("stage", _l("Giai đoạn"), show=lambda row: STAGE_NAMES[row["stage"]]),
    Column("purpose", _l("Loại"), show=lambda row: PURPOSES[row["purpose"]]),
    Column("opens_on", _l("Từ ngày"), kind="day"),
    Column("closes_on", _l("Đến ngày"), kind="day"),
    Column("n_invited", _l("Được mời"), kind="number"),
    Column("n_ballots", _l("Số phiếu (từ)"), kind="number"),
    Column("due", _l("Việc đến hạn tiếp theo"), sort=False),
)


@blueprint.get("/")
@open_to(*READERS)
def index() -> str | Response:
    """Every round that who acts may read: how far it is, what is due next."""
    with reading() as session:
        found = [row for row in rounds_with_counts(session) if may_open("rounds.show", row.code)]
        dues = next_by_round(session, [row.survey_round_id for row in found], today())
    rows = [_row(row, dues.get(row.survey_round_id)) for row in reversed(found)]
    listing = listing_of_rows(rows, COLUMNS, request.args, default_sort="-opens_on")
    if request.args.get("format") == "xlsx":
        return listing_xlsx(listing, "dot-dieu-tra.xlsx")
    return render_template("console/rounds/index.html", listing=listing)


def _row(row: RoundCount, due: Due | None) -> dict[str, object]:
    kept = ("code", "stage", "purpose", "opens_on", "closes_on", "n_invited", "n_ballots")
    return {name: getattr(row, name) for name in kept} | {
        "title": words(row.title),
        "due": f"{day(due.due_on)}: {words(due.title)} ({left_in_words(due.working_days_left)})"
        if due and due.due_on
        else "",
    }


@blueprint.get("/new")
@open_to(Role.RESEARCHER)
def new() -> str:
    """Choose what a new round is made from."""
    form = NewRoundForm(formdata=None, year=today().year, source=request.args.get("source"))
    return _new_page(form)


@blueprint.post("/new")
@open_to(Role.RESEARCHER)
def create() -> Response | tuple[str, int]:
    """Make a round from a template, from an earlier round, or an empty one; with its keys."""
    form = NewRoundForm()
    with reading() as session:
        _choices(session, form)
    if not form.validate():
        return _new_page(form), 422
    try:
        with writing() as session:
            made = _made(session, form)
            audit(session, "round.created", made.code, source=form.source.data)
            code = made.code
    except ValueError as error:
        form.form_errors.append(refusal_words(type(error).__name__))
        return _new_page(form), 422
    flash_done(_("Đã tạo đợt %(code)s ở giai đoạn dự thảo.", code=code))
    return redirect(url_for("rounds.show", round_code=code), 303)


def _made(session: Session, form: NewRoundForm) -> SurveyRound:
    kind, _colon, name = form.source.data.partition(":")
    like = round_of(session, name) if kind == "copy" else None
    plan = plan_of(session, like) if like else _template(kind, name, form)
    plan = replace(moved_to(plan, form.year.data), code=form.code.data)
    typed = {code: (form[f"title_{code}"].data or "").strip() for code in ("vi", "en")}
    if any(typed.values()):
        plan = replace(plan, title=plan.title | {code: text for code, text in typed.items() if text})
    city_units = shipped_units().get(plan.city) if kind == "template" else None
    units = read_units(city_units) if city_units else None
    return make_round(session, plan, today(), keys=keys(), contact_keys=contact_keys(), units=units, like=like)


def _template(kind: str, name: str, form: NewRoundForm) -> RoundPlan:
    if kind == "template":
        return _template_of(name)
    title = {"vi": form.title_vi.data.strip(), "en": (form.title_en.data or form.title_vi.data).strip()}
    return blank_plan(form.code.data, form.city.data, title, form.year.data)


def _choices(session: Session, form: NewRoundForm) -> None:
    """What a round can be made from: a template, nothing, an earlier round."""
    newest_first = sorted(shipped_rounds(), key=lambda code: (-_template_of(code).opens_on.year, code))
    sources = {f"template:{code}": words(_template_of(code).title) for code in newest_first}
    sources["blank"] = _("Đợt trống: tự đặt nhóm, mẫu phiếu, đơn vị")
    for row in reversed(rounds_with_counts(session)):
        if row.purpose == Purpose.REAL and may_open("rounds.new", row.code):
            sources[f"copy:{row.code}"] = _("Sao chép đợt %(code)s: %(title)s", code=row.code, title=words(row.title))
    form.source.choices = choices(sources)
    form.city.choices = choices({city: CITIES.get(city, city) for city in sorted({*shipped_units(), *cities(session)})})


@cache
def _template_of(code: str) -> RoundPlan:
    return read_round_plan(shipped_rounds()[code])


def _new_page(form: NewRoundForm) -> str:
    with reading() as session:
        _choices(session, form)
        return render_template("console/rounds/new.html", form=form)


@blueprint.get("/<round_code>/")
@open_to(*READERS)
def show(round_code: str) -> str:
    """A round: what to do next, what is due, its groups with people and ballots in steps of k."""
    with reading() as session:
        survey_round = round_of(session, round_code)
        dues = timeline(session, survey_round, today())
        counted = groups_with_counts(session, survey_round)
        return page(
            "show.html",
            session,
            survey_round,
            dues=dues,
            next_due=next_due(dues),
            closes_left=working_days_between(today(), survey_round.closes_on, decided_days(session)),
            steps=next_steps(session, survey_round, counted, today()),
            groups=counted,
            n_units=len(round_unit_codes(session, survey_round.id)),
            late=sum(due.progress == "overdue" for due in dues),
        )
