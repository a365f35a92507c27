"""All forms, one form, uploading, comparing, publishing, downloading."""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from instruments.answering import rating_count
from instruments.codebook import codebook
from instruments.comparing import compare as compared
from instruments.loading import catalogue
from instruments.model import Instrument, Repeat
from instruments.xlsform import dump_xlsx
from survey_app.access import Role, open_to
from survey_app.clock import today
from survey_app.console import acting, audit, flash_done, reading, send_file_bytes, writing
from survey_app.documents.excel import Table, write_workbook
from survey_app.i18n import language, words
from survey_app.listing import Column, listing_of_rows
from survey_app.queries.forms import (
    FormKind,
    FormSource,
    UnknownForm,
    drafts_shown,
    latest_version_id,
    version_source,
    versions_shown,
)
from survey_app.research.forms import fields
from survey_app.research.forms.routes import blueprint, draft_of, looked_up
from survey_app.research.forms.uploads import UploadedForm, read_form
from survey_app.research.forms.words import (
    KINDS,
    TRENDS,
    ShownFault,
    column_words,
    shown_faults,
    type_words,
    upload_fault_words,
    value_words,
)
from survey_app.services.forms import (
    FormUnsound,
    StaleDraft,
    VersionTaken,
    discard_draft,
    form_faults,
    keep_draft,
    parsed,
    publish_draft,
    published_text,
    publishing_errors,
    replace_draft,
    start_from,
)
from survey_app.uploads.faults import UploadRefused

DRAFT_COLUMNS = (
    Column("name", _l("Tên phiếu"), filter=True, href=lambda row: url_for("forms.show", ref=f"draft-{row['id']}")),
    Column("form_id", _l("Mã phiếu"), filter=True),
    Column("revision", _l("Lần lưu"), kind="number"),
    Column("updated_on", _l("Sửa ngày"), kind="day"),
    Column("updated_by", _l("Người sửa"), filter=True),
)
VERSION_COLUMNS = (
    Column("form_id", _l("Mã phiếu"), filter=True, href=lambda row: url_for("forms.show", ref=f"version-{row['id']}")),
    Column("version", _l("Phiên bản")),
    Column("published_on", _l("Công bố ngày"), kind="day"),
    Column("rounds", _l("Dùng ở đợt"), filter=True, sort=False),
)


@blueprint.get("/")
@open_to(Role.RESEARCHER)
def index() -> str:
    """Drafts, published versions, and the forms that come with the platform."""
    with reading() as session:
        drafts = [{name: getattr(draft, name) for name in draft.__slots__} for draft in drafts_shown(session)]
        versions = [
            {name: getattr(version, name) for name in version.__slots__} | {"rounds": ", ".join(version.rounds)}
            for version in versions_shown(session)
        ]
    return render_template(
        "console/forms/index.html",
        drafts=listing_of_rows(drafts, DRAFT_COLUMNS, request.args, default_sort="-updated_on", prefix="d_"),
        versions=listing_of_rows(versions, VERSION_COLUMNS, request.args, default_sort="-published_on", prefix="v_"),
        shipped=list(catalogue()),
    )


# --- uploading -------------------------------------------------------------------------------------------------------


@blueprint.route("/upload", methods=["GET", "POST"])
@open_to(Role.RESEARCHER)
def upload() -> str | Response | tuple[str, int]:
    """A form from a file, as a new draft or as the new text of one."""
    form = fields.UploadForm()
    if request.method == "GET":
        form.draft.data = request.args.get("draft", "")
    draft = _draft_to_replace(form)
    if request.method == "GET" or not form.validate_on_submit():
        return _upload_page(form, draft), 422 if form.errors else 200
    try:
        uploaded = read_form(form.file.data.read(), form.file.data.filename or "")
    except UploadRefused as refusal:
        found = [ShownFault(fault.cell, upload_fault_words(fault), is_error=True) for fault in refusal.faults]
        return _upload_page(form, draft, found), 422
    if uploaded.source is None or (uploaded.errors and not form.anyway.data):
        return _upload_page(form, draft, shown_faults(uploaded.faults), readable=uploaded.source is not None), 422
    try:
        draft_id = _stored(uploaded, form, draft)
    except StaleDraft as stale:
        form.revision.data = str(stale.revision)
        return _upload_page(form, draft, stale=True), 409
    flash_done(_("Đã lưu thành bản nháp. Chưa có gì được công bố."))
    return redirect(url_for(".show", ref=f"draft-{draft_id}"), 303)


def _draft_to_replace(form: fields.UploadForm) -> FormSource | None:
    """The draft that the file is for, if the address or the form names one."""
    if not form.draft.data:
        return None
    draft, _form = draft_of(int(form.draft.data) if form.draft.data.isdecimal() and len(form.draft.data) < 10 else 0)
    if not (form.revision.data or "").isdecimal():
        form.revision.data = str(draft.revision)
    return draft


def _stored(uploaded: UploadedForm, form: fields.UploadForm, draft: FormSource | None) -> int:
    by: dict[str, Any] = {"account_id": acting().account_id, "today": today()}
    source = uploaded.source or ""
    with writing() as session:
        if draft is None:
            made = keep_draft(session, source, **by)
            draft_id, form_id = made.id, made.form_id
        else:
            draft_id, form_id = draft.id, draft.form_id
            replace_draft(session, draft_id, source, revision=int(form.revision.data or 0), **by)
        audit(session, "form.uploaded", form_id, draft=draft_id, errors=len(uploaded.errors))
    return draft_id


def _upload_page(
    form: fields.UploadForm,
    draft: FormSource | None,
    found: list[ShownFault] | None = None,
    *,
    readable: bool = False,
    stale: bool = False,
) -> str:
    return render_template(
        "console/forms/upload.html",
        form=form,
        draft=draft,
        title=words(parsed(draft.source).title) if draft else "",
        faults=found or [],
        readable=readable,
        stale=stale,
    )


@blueprint.post("/start")
@open_to(Role.RESEARCHER)
def start() -> Response:
    """A new draft from a published version, a draft, or a form that comes with the platform."""
    named = request.form.get("source", "")
    shipped = catalogue().get(named)
    source = shipped.read_text(encoding="utf-8") if shipped else looked_up(named)[0].source
    with writing() as session:
        draft = start_from(session, source, account_id=acting().account_id, today=today())
        audit(session, "form.started", draft.form_id, draft=draft.id, source=named)
        draft_id = draft.id
    flash_done(_("Đã tạo bản nháp với số phiên bản mới."))
    return redirect(url_for(".edit", draft_id=draft_id), 303)


# --- one form --------------------------------------------------------------------------------------------------------


@blueprint.get("/<ref>")
@open_to(Role.RESEARCHER)
def show(ref: str) -> str:
    """A draft or a version: its facts, what is wrong with it, its questions."""
    found, form = looked_up(ref)
    n_units = _n_units()
    with reading() as session:
        same_text = published_text(session, found.source)
        drafts = drafts_shown(session) if found.kind is FormKind.VERSION else []
        versions = [version for version in versions_shown(session) if version.form_id == found.form_id]
    return render_template(
        "console/forms/show.html",
        found=found,
        form=form,
        faults=shown_faults(form_faults(found.source, anonymous=True, n_units=n_units), found, form),
        blocking=len(publishing_errors(found.source)),
        n_units=n_units,
        ratings=rating_count(form, n_units),
        sections=list(outline(form)),
        published=next((version for version in versions if version.id == same_text), None),
        own=next((version for version in versions if found.ref == f"version-{version.id}"), None),
        others=[
            *(
                (f"version-{version.id}", version.version)
                for version in versions
                if found.ref != f"version-{version.id}"
            ),
            *(
                (f"draft-{draft.id}", _("bản nháp số %(n)s", n=draft.id))
                for draft in drafts
                if draft.form_id == found.form_id
            ),
        ],
    )


def _n_units() -> int:
    """How many units one person is taken to rate; it bears on the number of ratings."""
    asked = request.args.get("units", "1")
    return min(max(int(asked), 1), 200) if asked.isdecimal() and len(asked) < 4 else 1


def outline(form: Instrument) -> Any:
    """The sections with their questions as a table of contents."""
    number = 0
    for section in form.sections:
        rows = []
        for question in section.questions:
            number += 1
            rows.append(
                {
                    "number": number,
                    "name": question.name,
                    "label": words(question.label),
                    "type": type_words(question),
                    "criterion": question.criterion or "",
                    "required": question.required,
                    "relevant": question.relevant,
                }
            )
        yield {
            "name": section.name,
            "label": words(section.label),
            "per_unit": isinstance(section, Repeat),
            "relevant": section.relevant,
            "rows": rows,
        }


# --- comparing -------------------------------------------------------------------------------------------------------


@blueprint.get("/compare")
@open_to(Role.RESEARCHER)
def compare() -> str:
    """What changed from one version to another, and which trends it breaks."""
    with reading() as session:
        drafts, versions = drafts_shown(session), versions_shown(session)
    choices = [
        *((f"version-{version.id}", f"{version.form_id} {version.version}") for version in versions),
        *((f"draft-{draft.id}", _("bản nháp số %(n)s: %(form)s", n=draft.id, form=draft.form_id)) for draft in drafts),
    ]
    new = request.args.get("new", "")
    old = request.args.get("old") or _one_before(new)
    difference = compared(looked_up(old)[1], looked_up(new)[1]) if old and new else None
    return render_template(
        "console/forms/compare.html",
        choices=choices,
        old=old,
        new=new,
        difference=difference,
        kinds=KINDS,
        trends=TRENDS,
        column_words=column_words,
        value_words=value_words,
    )


def _one_before(ref: str) -> str:
    """The last published version of the same form."""
    if not ref:
        return ""
    found, _form = looked_up(ref)
    with reading() as session:
        latest = latest_version_id(session, found.form_id, but=found.id if found.kind is FormKind.VERSION else 0)
    return f"version-{latest}" if latest else ""


# --- publishing, discarding ------------------------------------------------------------------------------------------


@blueprint.route("/drafts/<int:draft_id>/publish", methods=["GET", "POST"])
@open_to(Role.RESEARCHER)
def publish(draft_id: int) -> str | Response | tuple[str, int]:
    """Freeze a draft under its version number, after saying what that means."""
    if request.method == "GET":
        return _publish_page(draft_id)
    try:
        with writing() as session:
            made = publish_draft(session, draft_id, revision=_revision(), today=today())
            if made.is_new:
                audit(session, "form.published", made.form_id, version=made.version, version_id=made.version_id)
    except UnknownForm:
        abort(404)
    except FormUnsound as unsound:
        return _publish_page(draft_id, unsound=unsound), 422
    except VersionTaken as taken:
        return _publish_page(draft_id, taken=taken), 422
    except StaleDraft:
        return _publish_page(draft_id, stale=True), 409
    said = _("Đã công bố %(form)s phiên bản %(version)s.", form=made.form_id, version=made.version)
    flash_done(said if made.is_new else _("Đúng nội dung này đã được công bố từ trước; không có gì thay đổi."))
    return redirect(url_for(".show", ref=f"version-{made.version_id}"), 303)


def _revision() -> int:
    """The revision that the page was made from; 0, which no draft has, if it does not say."""
    typed = request.form.get("revision", "")
    return int(typed) if typed.isdecimal() and len(typed) < 10 else 0


def _publish_page(
    draft_id: int, *, unsound: FormUnsound | None = None, taken: VersionTaken | None = None, stale: bool = False
) -> str:
    draft, form = draft_of(draft_id)
    with reading() as session:
        latest = latest_version_id(session, draft.form_id)
        before = version_source(session, latest) if latest else None
    errors = unsound.faults if unsound else publishing_errors(draft.source)
    return render_template(
        "console/forms/publish.html",
        draft=draft,
        form=form,
        errors=shown_faults(errors, draft, form),
        taken=taken,
        stale=stale,
        before=before,
        difference=compared(parsed(before.source), form) if before else None,
    )


@blueprint.route("/drafts/<int:draft_id>/discard", methods=["GET", "POST"])
@open_to(Role.RESEARCHER)
def discard(draft_id: int) -> str | Response:
    """Delete a draft, after asking."""
    draft, form = draft_of(draft_id)
    if request.method == "GET":
        return render_template("console/forms/discard.html", draft=draft, form=form)
    try:
        with writing() as session:
            discard_draft(session, draft_id, revision=_revision())
            audit(session, "form.discarded", draft.form_id, draft=draft_id)
    except StaleDraft:
        flash_done(_("Bản nháp vừa được sửa nên chưa bị xóa. Xin xem lại."))
        return redirect(url_for(".show", ref=draft.ref), 303)
    flash_done(_("Đã xóa bản nháp."))
    return redirect(url_for(".index"), 303)


# --- downloading -----------------------------------------------------------------------------------------------------


@blueprint.get("/<ref>/download/<kind>")
@open_to(Role.RESEARCHER)
def download(ref: str, kind: str) -> Response:
    """The form as .xlsx (XLSForm) or .yaml, or its codebook."""
    found, form = looked_up(ref)
    name = f"{form.form_id}-{form.version}" + (f"-nhap{found.id}" if found.kind is FormKind.DRAFT else "")
    if kind == "xlsx":
        return send_file_bytes(dump_xlsx(form), f"{name}.xlsx")
    if kind == "yaml":
        return send_file_bytes(found.source.encode(), f"{name}.yaml")
    if kind != "codebook":
        abort(404)
    if publishing_errors(found.source):
        flash_done(_("Phiếu còn lỗi nên chưa lập được danh mục biến. Xin sửa các lỗi dưới đây trước."))
        return redirect(url_for(".show", ref=ref), 303)
    table = codebook(form, language())
    sheet = Table([column_words(column) for column in table.columns], table.fillna("").to_numpy().tolist())
    return send_file_bytes(write_workbook({"codebook": sheet}), f"{name}-codebook.xlsx")
