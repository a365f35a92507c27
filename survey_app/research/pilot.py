"""Pilots on screen: made beside a real round, and what each gives back once it is closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse
from wtforms import DateField, Field, ValidationError
from wtforms.validators import InputRequired

from survey_app.access import Role, open_to
from survey_app.clock import today
from survey_app.console import audit, contact_keys, flash_done, keys, reading, round_of, writing
from survey_app.i18n import words
from survey_app.listing import Column, Listing, listing_of_rows, listing_xlsx
from survey_app.models.rounds import Purpose, SurveyRound
from survey_app.queries.pilots import PilotShown, piloted_round, pilots_of
from survey_app.queries.ratings import BallotsSealed
from survey_app.research.pilot_tables import criterion_table, group_table, level_table, question_table, to_look_at
from survey_app.round_words import STAGE_NAMES, refusal_words
from survey_app.services.closing import RoundNotClosed
from survey_app.services.pilot_findings import GroupFindings, PilotFindings, pilot_findings
from survey_app.services.pilots import LASTS, make_pilot, next_pilot_code

blueprint = Blueprint("pilot", __name__, url_prefix="/rounds/<round_code>/pilot")

PILOTS = (
    Column("code", _l("Mã"), href=lambda row: url_for("rounds.show", round_code=row["code"])),
    Column("title", _l("Tên đợt")),
    Column("stage", _l("Giai đoạn"), show=lambda row: STAGE_NAMES[row["stage"]]),
    Column("opens_on", _l("Từ ngày"), kind="day"),
    Column("closes_on", _l("Đến ngày"), kind="day"),
    Column("n_invited", _l("Được mời"), kind="number"),
    Column("n_ballots", _l("Số phiếu (từ)"), kind="number"),
    Column(
        "results",
        _l("Kết quả thử"),
        sort=False,
        href=lambda row: url_for("pilot.results", round_code=row["code"]) if row["results"] else None,
        show=lambda row: _("xem kết quả") if row["results"] else _("sẽ có khi đợt thử kết thúc"),
    ),
)


class PilotForm(FlaskForm):
    """When people may answer a pilot."""

    opens_on = DateField(_l("Nhận phiếu từ ngày"), [InputRequired(_l("Xin nhập ngày bắt đầu."))])
    closes_on = DateField(_l("Đến hết ngày"), [InputRequired(_l("Xin nhập ngày kết thúc."))])

    def validate_closes_on(self, field: Field) -> None:
        if self.opens_on.data and field.data and field.data < self.opens_on.data:
            raise ValidationError(_("Ngày kết thúc phải sau hoặc bằng ngày bắt đầu."))
        if field.data and field.data < today():
            raise ValidationError(_("Ngày kết thúc đã qua."))


@dataclass(frozen=True, slots=True)
class Carried:
    """What a group of a pilot gives back: links with what goes along."""

    title: str
    form: str
    form_address: str
    design_address: str | None
    icc: float | None
    deff: float | None
    response_rate: float | None
    dont_know: float | None


@blueprint.get("/")
@open_to(Role.RESEARCHER)
def index(round_code: str) -> str | AnyResponse:
    """The pilots of a round; of a pilot, its results."""
    with reading() as session:
        survey_round = round_of(session, round_code)
        pilots = pilots_of(session, survey_round)
    if survey_round.purpose == Purpose.PILOT:
        return redirect(url_for(".results", round_code=round_code), 303)
    listing = listing_of_rows([_row(pilot) for pilot in pilots], PILOTS, request.args, default_sort="-opens_on")
    if request.args.get("format") == "xlsx":
        return listing_xlsx(listing, f"dieu-tra-thu-{round_code}.xlsx")
    return render_template(
        "console/pilot/index.html",
        survey_round=survey_round,
        listing=listing,
        may_have_pilots=survey_round.purpose == Purpose.REAL,
    )


def _row(pilot: PilotShown) -> dict[str, object]:
    kept = ("code", "stage", "opens_on", "closes_on", "n_invited", "n_ballots")
    return {name: getattr(pilot, name) for name in kept} | {
        "title": words(pilot.title),
        "results": pilot.stage not in ("draft", "open"),
    }


@blueprint.route("/new", methods=["GET", "POST"])
@open_to(Role.RESEARCHER)
def new(round_code: str) -> str | AnyResponse | tuple[str, int]:
    """Ask when, and make a pilot with the groups, forms and units of a real round."""
    form = PilotForm(data={"opens_on": today(), "closes_on": today() + LASTS})
    if form.validate_on_submit():
        try:
            code = _made(round_code, form.opens_on.data, form.closes_on.data)
        except ValueError as error:
            form.form_errors.append(refusal_words(type(error).__name__))
        else:
            flash_done(_("Đã tạo đợt điều tra thử %(code)s ở giai đoạn dự thảo. Bước tiếp theo: mời người.", code=code))
            return redirect(url_for("rounds.show", round_code=code), 303)
    with reading() as session:
        survey_round = _real(session, round_code)
        page = render_template(
            "console/pilot/new.html",
            survey_round=survey_round,
            form=form,
            code=next_pilot_code(session, survey_round),
            groups=[words(group.title) for group in survey_round.groups],
        )
    return (page, 422) if form.errors or form.form_errors else page


def _made(round_code: str, opens_on: date, closes_on: date) -> str:
    with writing() as session:
        pilot = make_pilot(
            session,
            _real(session, round_code),
            opens_on=opens_on,
            closes_on=closes_on,
            today=today(),
            keys=keys(),
            contact_keys=contact_keys(),
        )
        audit(session, "round.created", pilot.code, source=f"pilot:{round_code}")
        return pilot.code


def _real(session: Session, round_code: str) -> SurveyRound:
    """A round that may have pilots."""
    survey_round = round_of(session, round_code)
    if survey_round.purpose != Purpose.REAL:
        abort(404)
    return survey_round


@blueprint.get("/results")
@open_to(Role.RESEARCHER)
def results(round_code: str) -> str | AnyResponse:
    """What a pilot tells of its form and for the sample, once it is closed."""
    refused = ""
    with reading() as session:
        pilot = round_of(session, round_code)
        if pilot.purpose != Purpose.PILOT:
            abort(404)
        real = piloted_round(session, pilot)
        real_groups = {group.code for group in real.groups} if real else set()
        try:
            found = _findings(session, pilot)
        except (RoundNotClosed, BallotsSealed) as error:
            found, refused = None, type(error).__name__
    page = {"survey_round": pilot, "real": real}
    if found is None:
        return render_template(
            "console/pilot/waiting.html", **page, refused="" if refused == "RoundNotClosed" else refusal_words(refused)
        )
    tables = _tables(found)
    for prefix, listing in tables.items():
        if request.args.get(f"{prefix}format") == "xlsx":
            return listing_xlsx(listing, f"{round_code}-{FILES[prefix]}.xlsx")
    links = [_carried(group, real if group.code in real_groups else None) for group in found.groups]
    return render_template("console/pilot/results.html", **page, look_at=to_look_at(found), tables=tables, links=links)


FILES = {"g_": "nhom", "q_": "cau-hoi", "a_": "phan-bo", "c_": "tieu-chi"}


def _findings(session: Session, pilot: SurveyRound) -> PilotFindings:
    """The findings of a pilot, computed once by each process: a closed box does not change."""
    known: dict[int, PilotFindings] = current_app.extensions.setdefault("pilot_findings", {})
    if pilot.id not in known:
        known[pilot.id] = pilot_findings(session, pilot)
    return known[pilot.id]


def _tables(found: PilotFindings) -> dict[str, Listing]:
    titles = {group.code: words(group.title) for group in found.groups}
    makers = {
        "g_": group_table(found.groups),
        "q_": question_table(found.questions, titles),
        "a_": level_table(found.questions, titles),
        "c_": criterion_table(found.criteria, titles),
    }
    return {
        prefix: listing_of_rows(rows, columns, request.args, default_sort="place", prefix=prefix)
        for prefix, (columns, rows) in makers.items()
    }


def _carried(group: GroupFindings, real: SurveyRound | None) -> Carried:
    facts = {name: getattr(group, name) for name in ("icc", "deff", "response_rate", "dont_know")}
    known = {name: f"{value:.3f}" for name, value in facts.items() if value}
    return Carried(
        title=words(group.title),
        form=f"{group.form_id} {group.version}",
        form_address=url_for("forms.show", ref=f"version-{group.form_version_id}"),
        design_address=url_for("design.new", round_code=real.code, group=group.code, **known) if real else None,
        **facts,
    )
