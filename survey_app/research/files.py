"""Stored files on screen: which there are, until when; to download and to destroy."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse

from survey_app.access import Role, open_to
from survey_app.clock import today
from survey_app.console import (
    acting,
    audit,
    files,
    flash_done,
    known_contact_key,
    reading,
    send_file_bytes,
    writing,
)
from survey_app.listing import Column, listing_of, listing_of_rows, listing_xlsx
from survey_app.models.accounts import Account
from survey_app.models.jobs import StoredFile
from survey_app.models.rounds import SurveyRound
from survey_app.queries.jobs import FileShown, file_shown, files_seen_by, outgoing_files_seen
from survey_app.research.scope import covered_rounds, require_file
from survey_app.services.files import FileGone, FileKeyMissing, destroy_file, read_file

blueprint = Blueprint("files", __name__, url_prefix="/files")

KINDS = {
    "frame": _l("khung mẫu"),
    "sample": _l("mẫu đã rút"),
    "certificate": _l("biên bản rút mẫu"),
    "draw": _l("gói kiểm tra rút mẫu"),
    "people_list": _l("danh sách mời đã tải lên"),
    "letters": _l("thư mời"),
    "cards": _l("thẻ mời"),
    "posters": _l("áp phích"),
    "mail_merge": _l("danh sách trộn thư"),
    "merge": _l("danh sách trộn thư"),
    "payments": _l("danh sách chi trả"),
    "personal_data": _l("dữ liệu của một người"),
    "frame_upload": _l("danh sách gốc đã tải lên"),
    "units": _l("danh sách đơn vị đã tải lên"),
    "unit_changes": _l("bảng đối chiếu đã tải lên"),
    "earlier_results": _l("số liệu năm trước, chờ xác nhận"),
    "earlier_ballots_upload": _l("phiếu năm trước, chờ nhập"),
    "earlier_ballots": _l("phiếu năm trước"),
}

COLUMNS = (
    Column(
        "name",
        _l("Tên tệp"),
        StoredFile.name,
        filter=True,
        href=lambda row: url_for("files.show", file_id=row["id"]),
    ),
    Column("kind", _l("Loại"), StoredFile.kind, show=lambda row: KINDS.get(row["kind"], row["kind"])),
    Column("round_code", _l("Đợt điều tra"), SurveyRound.code, filter=True),
    Column(
        "holds_codes",
        _l("Có tên kèm mã"),
        StoredFile.holds_codes,
        show=lambda row: _("có") if row["holds_codes"] else _("không"),
    ),
    Column("size", _l("Cỡ (KB)"), (StoredFile.size + 999) // 1000, kind="number"),
    Column("made_on", _l("Ngày lập"), StoredFile.made_on, kind="day"),
    Column("account_name", _l("Người lập"), Account.display_name),
    Column("expires_on", _l("Tự hủy ngày"), StoredFile.expires_on, kind="day"),
)
ID = Column("id", "", StoredFile.id, sort=False)
OUTSIDE = (
    Column("path", _l("Đường dẫn trên máy chủ"), filter=True),
    Column("round_code", _l("Đợt điều tra"), filter=True),
    Column("made_on", _l("Ngày lập"), kind="day"),
    Column("expires_on", _l("Phải hủy ngày"), kind="day"),
)


@blueprint.get("/")
@open_to(Role.RESEARCHER)
def index() -> str | Response:
    """The files of one's rounds, and the files with links that were written from the terminal."""
    with reading() as session:
        seen = files_seen_by(acting().account_id, covered_rounds())
        listing = listing_of(session, seen, (*COLUMNS, ID), request.args, default_sort="-made_on")
        listing = replace(listing, columns=COLUMNS)
        outside = outgoing_files_seen(session, covered_rounds())
    if request.args.get("format") == "xlsx":
        return listing_xlsx(listing, "files.xlsx")
    apart = listing_of_rows(outside, OUTSIDE, request.args, default_sort="expires_on", prefix="o_")
    if request.args.get("o_format") == "xlsx":
        return listing_xlsx(apart, "outgoing.xlsx")
    return render_template("console/files/index.html", listing=listing, outside=apart)


@blueprint.get("/<uuid:file_id>")
@open_to(Role.RESEARCHER)
def show(file_id: UUID) -> str:
    """One file: to download, or to destroy before its time."""
    with reading() as session:
        found = require_file(file_shown(session, file_id))
    return render_template("console/files/show.html", file=found, kind=KINDS.get(found.kind, found.kind))


@blueprint.get("/<uuid:file_id>/download")
@open_to(Role.RESEARCHER)
def download(file_id: UUID) -> Response | tuple[str, int]:
    """The file in clear; who took it is in the audit log."""
    with writing() as session:
        found = require_file(file_shown(session, file_id))
        try:
            _stored, data = read_file(session, files(), file_id, _key_of(found))
        except (FileGone, FileKeyMissing):
            return render_template("console/files/gone.html", file=found), 410
        audit(session, "file.downloaded", str(file_id), name=found.name, round=found.round_code)
    return send_file_bytes(data, found.name, found.media_type)


@blueprint.post("/<uuid:file_id>/destroy")
@open_to(Role.STAFF)
def destroy(file_id: UUID) -> AnyResponse:
    """Destroy a file before its time."""
    if Role.RESEARCHER not in acting().roles:
        abort(403)
    with writing() as session:
        found = require_file(file_shown(session, file_id))
        destroy_file(session, files(), file_id, today())
        audit(session, "file.destroyed", str(file_id), name=found.name, round=found.round_code)
    flash_done(_("Đã hủy tệp %(name)s.", name=found.name))
    return redirect(url_for("files.index"), 303)


def _key_of(found: FileShown) -> bytes | None:
    return known_contact_key(found.round_code) if found.round_code else None
