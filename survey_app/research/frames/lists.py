"""Frames: lists are uploaded, their columns named, read in, looked through, deleted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse
from wtforms.fields import SelectChoice

from survey_app.access import Role, open_to
from survey_app.clock import today
from survey_app.console import (
    acting,
    audit,
    contact_key_of,
    files,
    flash_done,
    may_open,
    reading,
    round_of,
    send_file_bytes,
    writing,
)
from survey_app.documents.excel import Table, write_workbook
from survey_app.frame_words import FIELD_WORDS, MARK_WORDS, RULE_WORDS, faults_of
from survey_app.i18n import words
from survey_app.jobs import start_job
from survey_app.listing import Column, listing_of_rows, listing_xlsx
from survey_app.models.rounds import Mode, RespondentGroup, SurveyRound
from survey_app.queries.frames import (
    FrameShown,
    UnknownFrame,
    draws_of_round,
    frame_of_round,
    frame_row,
    frames_of_round,
    refused_imports,
)
from survey_app.queries.rounds import UnknownGroup, group_by_code
from survey_app.research.frames.forms import MappingForm, UploadForm, mapping_form
from survey_app.research.uploading import fault_lines, uploaded
from survey_app.services.files import FileGone
from survey_app.services.frame_checks import Listed
from survey_app.services.frames import (
    delete_frame,
    frame_of_upload,
    frame_rows,
    guessed_mapping,
    keep_upload,
    needed_fields,
    read_upload,
    remembered_mapping,
)
from survey_app.uploads import Sheet, UploadRefused, read_sheet

blueprint = Blueprint("frames", __name__, url_prefix="/rounds/<round_code>/frames")

EXAMPLES = 3  # cells shown of each column
SHOWN_FAULTS = 100
LISTED_COLUMNS = ("row", "ref", "name", "phone", "email", "unit_code", "cluster", "on")


def frame_or_404(session: Session, survey_round: SurveyRound, frame_id: int) -> FrameShown:
    """The frame of this round, or a page that says there is none."""
    try:
        return frame_of_round(session, survey_round.id, frame_id)
    except UnknownFrame:
        abort(404)


@blueprint.get("/")
@open_to(Role.RESEARCHER, Role.SUPERVISOR)
def index(round_code: str) -> str | Response:
    """The lists of a round and what was drawn from them."""
    with reading() as session:
        survey_round = round_of(session, round_code)
        frames = [_frame_line(frame) for frame in frames_of_round(session, survey_round.id)]
        draws = [_draw_line(draw) for draw in draws_of_round(session, survey_round.id)]
        may_see = may_open("frames.show", round_code)
        listed = listing_of_rows(frames, _frame_columns(round_code, linked=may_see), request.args, default_sort="-id")
        drawn = listing_of_rows(draws, _draw_columns(round_code), request.args, default_sort="-id", prefix="d_")
        if request.args.get("format") == "xlsx":
            return listing_xlsx(listed, "khung-mau.xlsx")
        if request.args.get("d_format") == "xlsx":
            return listing_xlsx(drawn, "lan-chon-mau.xlsx")
        return render_template(
            "console/frames/index.html",
            survey_round=survey_round,
            frames=listed,
            draws=drawn,
            refused_lists=refused_imports(session, survey_round.id) if may_see else [],
            may_upload=may_see,
        )


def _frame_line(frame: FrameShown) -> dict[str, Any]:
    return {
        "id": frame.id,
        "name": frame.name,
        "group": words(frame.group_title),
        "rows": frame.n_rows,
        "people": frame.report.get("people"),
        "uploaded_on": frame.uploaded_on,
        "uploaded_by": frame.uploaded_by,
        "draws": frame.n_draws,
        "state": _("đã xóa dữ liệu") if frame.destroyed_on else _("đang giữ"),
    }


def _frame_columns(round_code: str, *, linked: bool) -> tuple[Column, ...]:
    def show(row: Any) -> str | None:
        return url_for("frames.show", round_code=round_code, frame_id=row["id"]) if linked else None

    return (
        Column("name", _l("Khung mẫu"), filter=True, href=show),
        Column("group", _l("Nhóm")),
        Column("rows", _l("Số dòng"), kind="number"),
        Column("people", _l("Số người"), kind="number"),
        Column("draws", _l("Lần chọn mẫu"), kind="number"),
        Column("uploaded_on", _l("Ngày nhập"), kind="day"),
        Column("uploaded_by", _l("Người nhập")),
        Column("state", _l("Dữ liệu")),
        Column("id", _l("Số"), kind="number"),
    )


def _draw_line(draw: Any) -> dict[str, Any]:
    return {
        "id": draw.id,
        "title": _("Lần chọn %(n)s", n=draw.id),
        "frame": draw.frame_name,
        "group": words(draw.group_title),
        "first": draw.counts["first"],
        "reserve": draw.counts["reserve"],
        "drawn_on": draw.drawn_on,
        "invited_on": draw.invited_on,
    }


def _draw_columns(round_code: str) -> tuple[Column, ...]:
    def show(row: Any) -> str:
        page = "frames.draw_show" if may_open("frames.draw_show", round_code) else "frames.certificate"
        return url_for(page, round_code=round_code, draw_id=row["id"])

    return (
        Column("title", _l("Chọn mẫu"), href=show),
        Column("frame", _l("Khung mẫu")),
        Column("group", _l("Nhóm")),
        Column("first", _l("Hỏi trước"), kind="number"),
        Column("reserve", _l("Thay thế"), kind="number"),
        Column("drawn_on", _l("Ngày chọn"), kind="day"),
        Column("invited_on", _l("Ngày đưa vào danh sách mời"), kind="day"),
        Column("id", _l("Số"), kind="number"),
    )


# --- uploading -------------------------------------------------------------------------------------------------------


@blueprint.route("/new", methods=["GET", "POST"])
@open_to(Role.RESEARCHER)
def new(round_code: str) -> str | AnyResponse | tuple[str, int]:
    """Upload a list for a group."""
    form = UploadForm()
    with reading() as session:
        survey_round = round_of(session, round_code)
        groups = [group for group in survey_round.groups if group.mode == Mode.PERSONAL_LINK]
        form.group.choices = [SelectChoice(group.code, words(group.title)) for group in groups]
        if request.method == "GET":
            return render_template("console/frames/new.html", survey_round=survey_round, form=form)
        found: list[tuple[str, str]] = []
        if form.validate():
            try:
                data, filename = uploaded(form.file.name)
                return _kept(survey_round, read_sheet(data, filename), filename, form)
            except UploadRefused as refusal:
                found = fault_lines(refusal)
        page = render_template(
            "console/frames/new.html",
            survey_round=survey_round,
            form=form,
            faults_found=found[:SHOWN_FAULTS],
            more=len(found[SHOWN_FAULTS:]),
        )
        return page, 422


def _kept(survey_round: SurveyRound, sheet: Sheet, filename: str, form: UploadForm) -> AnyResponse:
    key = contact_key_of(survey_round.code)
    with writing() as session:
        survey_round = round_of(session, survey_round.code)
        who = acting().account_id
        stored = keep_upload(
            session, files(), survey_round, sheet, filename, contact_key=key, account_id=who, today=today()
        )
        audit(session, "frame.uploaded", survey_round.code, group=form.group.data, rows=len(sheet.rows))
        place = {"round_code": survey_round.code, "upload_id": stored.id}
    return redirect(url_for("frames.mapping", **place, group=form.group.data, name=form.name.data.strip()), 303)


@blueprint.route("/uploads/<uuid:upload_id>", methods=["GET", "POST"])
@open_to(Role.RESEARCHER)
def mapping(round_code: str, upload_id: UUID) -> str | AnyResponse | tuple[str, int]:
    """Say what the columns of an uploaded list mean, and read it in."""
    with reading() as session:
        survey_round = round_of(session, round_code)
        made = frame_of_upload(session, survey_round, upload_id)
        if made is not None:
            return redirect(url_for("frames.show", round_code=round_code, frame_id=made.id), 303)
        group = _group(survey_round)
        listed = _listed(session, survey_round, upload_id)
        headings = list(listed.letters)
        known = remembered_mapping(session, headings)
        form = mapping_form(headings, known or guessed_mapping(headings), needed_fields(group))
        repeated = form.repeated() if form.is_submitted() else []
        if form.is_submitted() and form.validate() and not repeated:
            return _import(survey_round, group, form, upload_id)
        refused_before = refused_imports(session, survey_round.id) if request.method == "GET" else []
        params = next((refusal.params for refusal in refused_before if refusal.upload_id == upload_id), {})
        found = faults_of(params)
        page = render_template(
            "console/frames/mapping.html",
            survey_round=survey_round,
            group=group,
            form=form,
            fields=list(FIELD_WORDS),
            remembered=known is not None,
            repeated=repeated,
            examples=_examples(listed),
            n_rows=len(listed.table),
            faults_found=found[:SHOWN_FAULTS],
            more=max(0, params.get("n", 0) - SHOWN_FAULTS),
        )
        return (page, 422) if form.is_submitted() else page


def _group(survey_round: SurveyRound) -> RespondentGroup:
    try:
        return group_by_code(survey_round, request.args.get("group", ""))
    except UnknownGroup:
        abort(404)


def _listed(session: Session, survey_round: SurveyRound, upload_id: UUID) -> Listed:
    try:
        return read_upload(session, files(), survey_round, upload_id, contact_key_of(survey_round.code))[1]
    except FileGone:
        abort(404)


def _examples(listed: Listed) -> list[tuple[str, list[str]]]:
    """The first cells of each column that hold something."""
    head = listed.table.head(200)
    return [(name, [cell for cell in head[name].unique() if cell][:EXAMPLES]) for name in listed.letters]


def _import(survey_round: SurveyRound, group: RespondentGroup, form: MappingForm, upload_id: UUID) -> AnyResponse:
    order = form.order(upload_id, group.code, request.args.get("name", "").strip()[:120] or group.code)
    with writing() as session:
        job_id = start_job(session, "import_frame", survey_round.id, order.as_params())
        audit(session, "frame.import", survey_round.code, group=group.code, columns=sorted(order.mapping))
    return redirect(url_for("jobs.job", job_id=job_id), 303)


# --- one frame -------------------------------------------------------------------------------------------------------


@blueprint.get("/<int:frame_id>")
@open_to(Role.RESEARCHER)
def show(round_code: str, frame_id: int) -> str | Response:
    """What is known of a list: counts, doubles, stale contacts, units."""
    with reading() as session:
        survey_round = round_of(session, round_code)
        frame = frame_or_404(session, survey_round, frame_id)
        strata = listing_of_rows(frame.report["strata"], _stratum_columns(), request.args, default_sort="code")
        if request.args.get("format") == "xlsx":
            return listing_xlsx(strata, "khung-mau-theo-don-vi.xlsx")
        return render_template(
            "console/frames/show.html",
            survey_round=survey_round,
            frame=frame,
            strata=strata,
            draws=draws_of_round(session, survey_round.id, frame_id),
            field_words=FIELD_WORDS,
            marks=[(name, said, frame.report[name]) for name, said in MARK_WORDS.items()],
            rule=RULE_WORDS[frame.report["person_rule"]],
        )


def _stratum_columns() -> tuple[Column, ...]:
    return (
        Column("code", _l("Mã đơn vị"), filter=True),
        Column("name", _l("Đơn vị"), filter=True),
        Column("rows", _l("Số dòng"), kind="number"),
        Column("people", _l("Số người"), kind="number"),
        Column("clusters", _l("Thôn, tổ"), kind="number"),
    )


@blueprint.get("/<int:frame_id>/rows/<mark>.xlsx")
@open_to(Role.RESEARCHER)
def marked_rows(round_code: str, frame_id: int, mark: str) -> Response:
    """The rows with a mark, names included: so that the list can be mended where it comes from."""
    if mark not in MARK_WORDS:
        abort(404)
    with writing() as session:
        survey_round = round_of(session, round_code)
        shown = frame_or_404(session, survey_round, frame_id)
        if shown.destroyed_on:
            abort(410)
        key = contact_key_of(round_code)
        rows = frame_rows(session, files(), frame_row(session, survey_round, frame_id), key)
        audit(session, "frame.rows_read", round_code, frame=frame_id, mark=mark)
    chosen = rows["phone"] == "" if mark == "no_phone" else rows["notes"].str.split().map(lambda marks: mark in marks)
    found = rows[chosen][list(LISTED_COLUMNS)]
    headings = [_("Dòng trong tệp"), *(str(FIELD_WORDS[_field(name)]) for name in LISTED_COLUMNS[1:])]
    table = Table(headings, found.itertuples(index=False, name=None), ["whole"])
    return send_file_bytes(write_workbook({mark: table}), f"khung-{frame_id}-{mark}.xlsx")


def _field(column: str) -> str:
    return "unit" if column == "unit_code" else column


@blueprint.post("/<int:frame_id>/delete")
@open_to(Role.RESEARCHER)
def delete(round_code: str, frame_id: int) -> AnyResponse:
    """Destroy the rows of a frame; its hash stays with the draws made from it."""
    with writing() as session:
        survey_round = round_of(session, round_code)
        shown = frame_or_404(session, survey_round, frame_id)
        delete_frame(session, files(), frame_row(session, survey_round, frame_id), today())
        audit(session, "frame.deleted", round_code, frame=frame_id, rows=shown.n_rows, sha256=shown.sha256)
    flash_done(_("Đã xóa dữ liệu của khung mẫu “%(name)s”.", name=shown.name))
    return redirect(url_for("frames.index", round_code=round_code), 303)
