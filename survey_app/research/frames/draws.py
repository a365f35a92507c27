"""Draws: how many of whom, drawn in the background; their certificate; their people on the roll."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from sampling.faults import SamplingError
from survey_app.access import Role, open_to
from survey_app.clock import today
from survey_app.console import (
    audit,
    contact_key_of,
    files,
    flash_done,
    keys,
    reading,
    round_of,
    send_file_bytes,
    writing,
)
from survey_app.documents.draw_certificate import Certificate, certificate_pdf
from survey_app.documents.excel import Table, write_workbook
from survey_app.frame_words import FIELD_WORDS, LEFT_OUT_WORDS, certificate_lines, certificate_text, said_of
from survey_app.i18n import language, number, words
from survey_app.jobs import start_job
from survey_app.listing import Column, listing_of_rows, listing_xlsx
from survey_app.models.rounds import Mode, Status, SurveyRound
from survey_app.queries.designs import AdoptedPlan, adopted_plan
from survey_app.queries.frames import DrawShown, FrameShown, UnknownDraw, draw_of_round, draw_row, frame_row
from survey_app.queries.rounds import group_by_code
from survey_app.research.frames.forms import DrawForm, draw_form, spec_of
from survey_app.research.frames.lists import blueprint, frame_or_404
from survey_app.security import RoundKeyMissing
from survey_app.services.draw_plans import DrawRefused, DrawSpec, Prepared, prepare
from survey_app.services.drawn_roll import NothingInReserve, invite_drawn, invited, release_wave
from survey_app.services.draws import drawn_people, package_of
from survey_app.services.files import FileGone
from survey_app.services.frames import FrameEmptied, frame_rows
from survey_app.services.opening import cell_need, small_cells
from survey_app.services.roll import NobodyToInvite, RefTaken, RollClosed, RollFilled, WrongMode

SAMPLE_COLUMNS = ("wave", "turn", "ref", "name", "phone", "email", "address", "unit_code", "cluster")
ROLL_REFUSALS = (RollClosed, RollFilled, WrongMode, RefTaken, NobodyToInvite, SamplingError, RoundKeyMissing)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a draw would come to."""

    strata: list[dict[str, Any]]
    left_out: list[tuple[str, int]]
    first: int
    reserve: int
    lacking: int
    seen: str  # which spec this is a preview of: nothing else is drawn by the button beside it


@blueprint.route("/<int:frame_id>/draw", methods=["GET", "POST"])
@open_to(Role.RESEARCHER)
def draw(round_code: str, frame_id: int) -> str | AnyResponse | tuple[str, int]:
    """Choose how to draw, see what it comes to, draw."""
    with reading() as session:
        survey_round = round_of(session, round_code)
        frame = frame_or_404(session, survey_round, frame_id)
        plan = adopted_plan(session, frame.group_id)
        form = draw_form(frame, plan, today())
        preview, refused = None, ""
        if form.is_submitted() and form.validate():
            try:
                spec = spec_of(form, frame, plan)
                preview = _preview(session, survey_round, frame, spec)
            except (DrawRefused, SamplingError, FrameEmptied, FileGone) as refusal:
                refused = said_of(refusal)
            else:
                if request.form.get("act") == "draw" and request.form.get("seen") == preview.seen:
                    return _start(survey_round, frame, spec)
        page = _draw_page(survey_round, frame, form, plan, preview, refused)
        return (page, 422) if form.is_submitted() and preview is None else page


def _draw_page(
    survey_round: SurveyRound,
    frame: FrameShown,
    form: DrawForm,
    plan: AdoptedPlan | None,
    *results: Any,
) -> str:
    preview, refused = results
    return render_template(
        "console/frames/draw.html",
        survey_round=survey_round,
        frame=frame,
        form=form,
        plan=plan,
        preview=preview,
        refused=refused,
    )


def _preview(session: Session, survey_round: SurveyRound, frame: FrameShown, spec: DrawSpec) -> Preview:
    row = frame_row(session, survey_round, frame.id)
    prepared: Prepared = prepare(frame_rows(session, files(), row, contact_key_of(survey_round.code)), spec)
    names = {entry["code"]: entry["name"] for entry in frame.report["strata"]}
    return Preview(
        strata=[
            {
                "code": stratum.code,
                "name": names.get(stratum.code, "") if stratum.code else _("Toàn danh sách"),
                "population": stratum.population,
                "wanted": stratum.wanted,
                "first": stratum.first,
                "reserve": stratum.reserve,
                "lacking": stratum.lacking,
            }
            for stratum in prepared.strata
        ],
        left_out=[(str(LEFT_OUT_WORDS[reason]), n) for reason, n in prepared.left_out.items()],
        first=sum(stratum.first for stratum in prepared.strata),
        reserve=sum(stratum.reserve for stratum in prepared.strata),
        lacking=sum(stratum.lacking > 0 for stratum in prepared.strata),
        seen=hashlib.sha256(json.dumps(spec.as_params(), sort_keys=True).encode()).hexdigest(),
    )


def _start(survey_round: SurveyRound, frame: FrameShown, spec: DrawSpec) -> AnyResponse:
    with writing() as session:
        params = {"frame_id": frame.id, "spec": spec.as_params()}
        job_id = start_job(session, "draw_sample", survey_round.id, params)
        audit(session, "frame.drawn", survey_round.code, frame=frame.id, method=spec.method, seed=spec.seed)
    return redirect(url_for("jobs.job", job_id=job_id), 303)


# --- one draw --------------------------------------------------------------------------------------------------------


def _draw_or_404(session: Session, survey_round: SurveyRound, draw_id: int) -> DrawShown:
    try:
        return draw_of_round(session, survey_round.id, draw_id)
    except UnknownDraw:
        abort(404)


@blueprint.get("/draws/<int:draw_id>")
@open_to(Role.RESEARCHER)
def draw_show(round_code: str, draw_id: int) -> str | Response:
    """What was drawn, by stratum and wave; what can be done with it."""
    with reading() as session:
        survey_round = round_of(session, round_code)
        shown = _draw_or_404(session, survey_round, draw_id)
        strata = listing_of_rows(_strata(shown), _columns(), request.args, default_sort="code")
        if request.args.get("format") == "xlsx":
            return listing_xlsx(strata, f"chon-mau-{draw_id}.xlsx")
        return _show(session, survey_round, shown, strata)


def _show(session: Session, survey_round: SurveyRound, shown: DrawShown, strata: Any, refused: str = "") -> str:
    group = group_by_code(survey_round, shown.group_code)
    need = cell_need(session, survey_round, group)
    return render_template(
        "console/frames/draw_show.html",
        least=need.n_invited if need and need.n_invited else survey_round.min_cell,
        survey_round=survey_round,
        draw=shown,
        group=group,
        strata=strata,
        roll=invited(session, group) if shown.invited_on else None,
        small=[cell for cell in small_cells(session, survey_round) if cell.group_code == group.code],
        may_invite=survey_round.status == Status.DRAFT and group.mode == Mode.PERSONAL_LINK,
        refused=refused,
    )


def _strata(shown: DrawShown) -> list[dict[str, Any]]:
    names = {entry["code"]: entry["name"] for entry in shown.frame_report["strata"]}
    return [
        {**entry, "name": names.get(entry["code"], "") if entry["code"] else _("Toàn danh sách")}
        for entry in shown.counts["strata"]
    ]


def _columns() -> tuple[Column, ...]:
    return (
        Column("code", _l("Mã đơn vị"), filter=True),
        Column("name", _l("Đơn vị"), filter=True),
        Column("population", _l("Trong khung"), kind="number"),
        Column("wanted", _l("Cần"), kind="number"),
        Column("first", _l("Hỏi trước"), kind="number"),
        Column("reserve", _l("Thay thế"), kind="number"),
    )


@blueprint.get("/draws/<int:draw_id>/sample.xlsx")
@open_to(Role.RESEARCHER)
def sample(round_code: str, draw_id: int) -> Response:
    """Who was drawn, with names, in the order of the waves."""
    with writing() as session:
        survey_round = round_of(session, round_code)
        row = draw_row(session, survey_round, _draw_or_404(session, survey_round, draw_id).id)
        try:
            people = drawn_people(session, files(), row, contact_key_of(survey_round.code))
        except FileGone:
            abort(410)
        audit(session, "draw.people_read", round_code, draw=draw_id, people=len(people))
    ordered = people.sort_values(["wave", "unit_code", "turn"], kind="stable")[list(SAMPLE_COLUMNS)]
    fields = [FIELD_WORDS["unit" if name == "unit_code" else name] for name in SAMPLE_COLUMNS[2:]]
    headings = [_("Đợt (0: hỏi trước)"), _("Thứ tự"), *map(str, fields)]
    table = Table(headings, ordered.itertuples(index=False, name=None), ["whole", "whole"])
    return send_file_bytes(write_workbook({"mau": table}), f"mau-{draw_id}.xlsx")


@blueprint.get("/draws/<int:draw_id>/certificate")
@open_to(Role.RESEARCHER, Role.SUPERVISOR)
def certificate(round_code: str, draw_id: int) -> str | Response:
    """The certificate as a page, PDF, text or JSON; as a zip, with the files from which the draw can be repeated."""
    with reading() as session:
        survey_round = round_of(session, round_code)
        shown = _draw_or_404(session, survey_round, draw_id)
        lines = certificate_lines(shown, survey_round.code, survey_round.title)
        name = f"chung-nhan-chon-mau-{draw_id}"
        match request.args.get("format"):
            case "txt":
                return send_file_bytes(certificate_text(lines).encode(), f"{name}.txt")
            case "json":
                facts = json.dumps(_facts(shown, survey_round), ensure_ascii=False, indent=1) + "\n"
                return send_file_bytes(facts.encode(), f"{name}.json")
            case "pdf":
                pdf = certificate_pdf(_document(shown, survey_round, lines))
                return send_file_bytes(pdf, f"{name}.pdf")
            case "zip":
                return _package(round_code, draw_id)
        return render_template(
            "console/frames/certificate.html", survey_round=survey_round, draw=shown, lines=lines, strata=_strata(shown)
        )


def _facts(shown: DrawShown, survey_round: SurveyRound) -> dict[str, Any]:
    """The certificate for programs."""
    hidden = {"job_id", "package_id"}
    return {
        "round": survey_round.code,
        "group": shown.group_code,
        "frame": {"name": shown.frame_name, "rows": shown.frame_rows, "sha256": shown.frame_sha256},
        "drawn_from": {"rows": shown.counts["frame"], "sha256": shown.counts["frame_sha256"]},
        "method": shown.method,
        "seed": shown.seed,
        "spec": {name: value for name, value in shown.spec.items() if name not in hidden},
        "counts": shown.counts,
        "sample_sha256": shown.sample_sha256,
        "drawn_on": shown.drawn_on.isoformat(),
        "drawn_by": shown.drawn_by,
    }


def _document(shown: DrawShown, survey_round: SurveyRound, lines: list[tuple[str, str]]) -> Certificate:
    columns = ("population", "wanted", "first", "reserve")
    return Certificate(
        language=language(),
        heading=_("Chứng nhận chọn mẫu"),
        title=words(survey_round.title),
        lines=tuple(lines),
        headings=(_("Đơn vị"), _("Trong khung"), _("Cần"), _("Hỏi trước"), _("Thay thế")),
        strata=tuple(
            (f"{entry['code']} {entry['name']}".strip(), *(number(entry[column], 0) for column in columns))
            for entry in _strata(shown)
        ),
        check=_("Ai cũng có thể chọn lại và so sánh bằng một lệnh, trong thư mục chứa các tệp tải về cùng chứng nhận:"),
        command=shown.spec["command"],
    )


def _package(round_code: str, draw_id: int) -> Response:
    with writing() as session:
        survey_round = round_of(session, round_code)
        row = draw_row(session, survey_round, draw_id)
        try:
            stored, data = package_of(session, files(), row, contact_key_of(survey_round.code))
        except FileGone:
            abort(410)
        audit(session, "file.downloaded", str(stored.id), name=stored.name, round=round_code)
        name = stored.name
    return send_file_bytes(data, name)


# --- people ----------------------------------------------------------------------------------------------------------


@blueprint.post("/draws/<int:draw_id>/invite")
@open_to(Role.RESEARCHER)
def invite(round_code: str, draw_id: int) -> AnyResponse | tuple[str, int]:
    """Put the people of a draw on the roll; their replacements wait."""
    with reading() as session:
        survey_round = round_of(session, round_code)
        shown = _draw_or_404(session, survey_round, draw_id)
        key = contact_key_of(survey_round.code)
        try:
            people = drawn_people(session, files(), draw_row(session, survey_round, draw_id), key)
        except FileGone:
            abort(410)
    try:
        with writing() as session:
            survey_round = round_of(session, round_code)
            made = invite_drawn(
                session,
                survey_round,
                group_by_code(survey_round, shown.group_code),
                draw_row(session, survey_round, draw_id),
                people,
                round_key=keys().read(round_code),
                contact_key=key,
                today=today(),
                least=max(request.form.get("least", 0, type=int), survey_round.min_cell),
            )
            audit(session, "draw.invited", round_code, draw=draw_id, people=made.people, reserve=made.reserve)
    except ROLL_REFUSALS as refusal:
        return _refused(round_code, draw_id, said_of(refusal))
    flash_done(_("Đã đưa %(n)s người vào danh sách mời.", n=number(made.people, 0)))
    return redirect(url_for("frames.draw_show", round_code=round_code, draw_id=draw_id), 303)


@blueprint.post("/draws/<int:draw_id>/release")
@open_to(Role.RESEARCHER)
def release(round_code: str, draw_id: int) -> AnyResponse | tuple[str, int]:
    """Let the next wave of replacements be asked."""
    try:
        with writing() as session:
            survey_round = round_of(session, round_code)
            shown = _draw_or_404(session, survey_round, draw_id)
            group = group_by_code(survey_round, shown.group_code)
            n_more = release_wave(session, survey_round, group)
            audit(
                session, "wave.released", f"{round_code}/{group.code}", draw=draw_id, wave=group.released_wave, n=n_more
            )
    except (RollClosed, NothingInReserve) as refusal:
        return _refused(round_code, draw_id, said_of(refusal))
    flash_done(_("Đã cho mời thêm %(n)s người thay thế.", n=number(n_more, 0)))
    return redirect(url_for("frames.draw_show", round_code=round_code, draw_id=draw_id), 303)


def _refused(round_code: str, draw_id: int, words_of_it: str) -> tuple[str, int]:
    with reading() as session:
        survey_round = round_of(session, round_code)
        shown = _draw_or_404(session, survey_round, draw_id)
        strata = listing_of_rows(_strata(shown), _columns(), {}, default_sort="code")
        return _show(session, survey_round, shown, strata, words_of_it), 422
