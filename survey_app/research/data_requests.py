"""Requests of people about their data: noted, the person found, shown what is held, corrected, deleted, answered."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse
from wtforms import SelectChoice

from survey_app.access import Role, open_to
from survey_app.clock import today
from survey_app.console import (
    acting,
    audit,
    config,
    contact_keys,
    flash_done,
    known_contact_key,
    reading,
    round_of,
    send_file_bytes,
    writing,
)
from survey_app.documents.excel import Table, write_workbook
from survey_app.i18n import words
from survey_app.listing import Column, listing_of, listing_xlsx
from survey_app.models.people import DataRequest, RequestKind
from survey_app.models.rounds import SurveyRound
from survey_app.queries.personal_data import requests_seen
from survey_app.queries.rounds import rounds_with_counts
from survey_app.research.privacy import blueprint
from survey_app.research.privacy_forms import KINDS, ContactForm, FindForm, RequestForm, ResolutionForm
from survey_app.research.scope import covered_rounds, require_round
from survey_app.security import derive
from survey_app.services import data_requests
from survey_app.services.data_requests import Asked, Dossier, Found, RequestResolved, Unknown

__all__ = ["blueprint"]

COLUMNS = (
    Column("id", _l("Số"), DataRequest.id, href=lambda row: url_for("privacy.request_", request_id=row["id"])),
    Column(
        "kind",
        _l("Yêu cầu"),
        DataRequest.kind,
        filter=True,
        choices=tuple((str(kind), said) for kind, said in KINDS.items()),
        show=lambda row: KINDS[row["kind"]],
    ),
    Column("round_code", _l("Đợt điều tra"), SurveyRound.code, filter=True),
    Column("received_on", _l("Nhận ngày"), DataRequest.received_on, kind="day"),
    Column("due_on", _l("Hạn giải quyết"), DataRequest.due_on, kind="day"),
    Column("resolved_on", _l("Đã giải quyết ngày"), DataRequest.resolved_on, kind="day"),
)


@blueprint.get("/requests")
@open_to(Role.RESEARCHER)
def requests() -> str | Response:
    """The requests about one's rounds, those that are due first."""
    with reading() as session:
        listing = listing_of(session, requests_seen(covered_rounds()), COLUMNS, request.args, default_sort="due_on")
    if request.args.get("format") == "xlsx":
        return listing_xlsx(listing, "requests.xlsx")
    return render_template("console/privacy/requests.html", listing=listing)


@blueprint.get("/requests/new")
@open_to(Role.RESEARCHER)
def new_request() -> str:
    """A form for a request that came in."""
    return render_template("console/privacy/new_request.html", form=_request_form())


@blueprint.post("/requests/new")
@open_to(Role.STAFF)
def receive() -> AnyResponse | tuple[str, int]:
    """Note a request."""
    form = _request_form()
    require_round(form.round_code.data or None)
    if not form.validate():
        return render_template("console/privacy/new_request.html", form=form), 422
    asked = Asked(form.name.data.strip(), form.reach.data.strip(), (form.words.data or "").strip())
    with writing() as session:
        survey_round = round_of(session, form.round_code.data) if form.round_code.data else None
        made = data_requests.receive_request(
            session,
            _request_key(form.round_code.data or None),
            RequestKind(form.kind.data),
            asked,
            received_on=form.received_on.data,
            survey_round=survey_round,
        )
        audit(session, "data_request.received", str(made.id), kind=made.kind, round=form.round_code.data or None)
        request_id = made.id
    return redirect(url_for("privacy.request_", request_id=request_id), 303)


def _request_form() -> RequestForm:
    form = RequestForm(received_on=today())
    covered = covered_rounds()
    with reading() as session:
        codes = [row.code for row in rounds_with_counts(session) if covered is None or row.code in covered]
    with_key = [SelectChoice(code, code) for code in codes if known_contact_key(code) is not None]
    form.round_code.choices = [*([SelectChoice("", "–")] if covered is None else []), *with_key]
    return form


@blueprint.get("/requests/<int:request_id>")
@open_to(Role.RESEARCHER)
def request_(request_id: int) -> str:
    """A request: who asks for what, by when; the person is looked for here."""
    with reading() as session:
        return _request_page(session, *_seen(session, request_id), form=FindForm(formdata=None))


@blueprint.post("/requests/<int:request_id>/find")
@open_to(Role.STAFF)
def find(request_id: int) -> str | tuple[str, int]:
    """People who match. By POST: a name has no place in an address, which servers write down."""
    form = FindForm()
    with reading() as session:
        found, round_code = _seen(session, request_id)
        if not form.validate():
            return _request_page(session, found, round_code, form=form), 422
        people = [person for code in _searched(session, round_code) for person in _people(session, code, form)]
        page = _request_page(session, found, round_code, form=form, people=people)
    with writing() as session:  # not while thousands are opened: nobody else could write meanwhile
        audit(session, "data_request.searched", str(request_id), found=len(people))
    return page


def _searched(session: Session, round_code: str | None) -> list[str]:
    """The rounds to look in: that of the request, or all that who acts is a researcher of."""
    covered = {round_code} if round_code else covered_rounds()
    return [row.code for row in rounds_with_counts(session) if covered is None or row.code in covered]


def _people(session: Session, round_code: str, form: FindForm) -> list[Found]:
    key = known_contact_key(round_code)
    if key is None:
        return []
    return data_requests.find_people(session, key, round_of(session, round_code), form.words.data)


def _request_page(
    session: Session, found: DataRequest, round_code: str | None, *, form: FindForm, people: list[Found] | None = None
) -> str:
    return render_template(
        "console/privacy/request.html",
        asked=data_requests.what_was_asked(_request_key(round_code), found) if found.sealed else None,
        found=found,
        kind=KINDS[RequestKind(found.kind)],
        round_code=round_code,
        reply_by=data_requests.reply_by(session, found.received_on),
        form=form,
        people=people,
        resolution=ResolutionForm(formdata=None),
        today=today(),
    )


@blueprint.post("/requests/<int:request_id>/resolve")
@open_to(Role.STAFF)
def resolve(request_id: int) -> AnyResponse:
    """Note how the request was answered."""
    form = ResolutionForm()
    here = redirect(url_for("privacy.request_", request_id=request_id), 303)
    if not form.validate():
        flash_done(_("Chưa ghi: xin viết đã giải quyết thế nào."))
        return here
    with writing() as session:
        found, _round_code = _seen(session, request_id)
        try:
            data_requests.resolve(session, found, form.resolution.data.strip(), acting().account_id, today())
        except RequestResolved:
            flash_done(_("Yêu cầu này đã được giải quyết từ trước."))
            return here
        audit(session, "data_request.resolved", str(request_id))
    flash_done(_("Đã ghi việc giải quyết."))
    return here


# --- one person ------------------------------------------------------------------------------------------------------


@blueprint.get("/requests/<int:request_id>/people/<uuid:invitee_id>")
@open_to(Role.RESEARCHER)
def person(request_id: int, invitee_id: UUID) -> str:
    """All that is known of a person: to show, correct, delete."""
    with writing() as session:
        held, _key = _dossier(session, request_id, invitee_id)
        audit(session, "data_request.person_shown", str(request_id), round=held.round_code)
    return _person_page(request_id, held, ContactForm(formdata=None, data=dict(held.contact)))


def _person_page(request_id: int, held: Dossier, form: ContactForm) -> str:
    return render_template("console/privacy/person.html", request_id=request_id, held=held, form=form)


@blueprint.get("/requests/<int:request_id>/people/<uuid:invitee_id>/export")
@open_to(Role.RESEARCHER)
def export(request_id: int, invitee_id: UUID) -> Response:
    """What is known of a person, to hand over."""
    with writing() as session:
        held, _key = _dossier(session, request_id, invitee_id)
        audit(session, "data_request.exported", str(request_id), round=held.round_code)
    rows = [[str(heading), value] for heading, value in _lines(held)]
    table = Table(headings=[_("Mục"), _("Nội dung")], rows=rows, note=_no_ballot())
    return send_file_bytes(write_workbook({_("Dữ liệu cá nhân"): table}), f"du-lieu-{held.ref}.xlsx")


@blueprint.post("/requests/<int:request_id>/people/<uuid:invitee_id>/correct")
@open_to(Role.STAFF)
def correct(request_id: int, invitee_id: UUID) -> AnyResponse | tuple[str, int]:
    """Put right what is known of a person."""
    form = ContactForm()
    with writing() as session:
        held, key = _dossier(session, request_id, invitee_id)
        if not form.validate():
            return _person_page(request_id, held, form), 422
        said = {field.name: (field.data or "").strip() for field in form if field.name in form.data}
        said.pop("csrf_token", None)
        data_requests.correct(session, key, invitee_id, said)
        audit(session, "data_request.corrected", str(request_id), round=held.round_code)
    flash_done(_("Đã sửa dữ liệu của người này."))
    return redirect(url_for("privacy.person", request_id=request_id, invitee_id=invitee_id), 303)


@blueprint.post("/requests/<int:request_id>/people/<uuid:invitee_id>/forget")
@open_to(Role.STAFF)
def forget(request_id: int, invitee_id: UUID) -> AnyResponse:
    """Delete what is known of a person."""
    with writing() as session:
        held, _key = _dossier(session, request_id, invitee_id)
        data_requests.forget(session, invitee_id)
        audit(session, "data_request.deleted", str(request_id), round=held.round_code)
    flash_done(_("Đã xóa tên, địa chỉ của người này. Thư đã in và tệp đã tải về phải tự tìm và hủy."))
    return redirect(url_for("privacy.request_", request_id=request_id), 303)


@blueprint.post("/requests/<int:request_id>/people/<uuid:invitee_id>/withdraw")
@open_to(Role.STAFF)
def withdraw(request_id: int, invitee_id: UUID) -> AnyResponse:
    """Delete what is known of a person and shut the link."""
    with writing() as session:
        held, _key = _dossier(session, request_id, invitee_id)
        is_shut = data_requests.withdraw(session, invitee_id, today())
        audit(session, "data_request.withdrawn", str(request_id), round=held.round_code, link_shut=is_shut)
    flash_done(
        _("Đã xóa dữ liệu và thu hồi đường liên kết của người này.")
        if is_shut
        else _(
            "Đã xóa dữ liệu của người này. Đường liên kết không thu hồi được vì ô ẩn danh sẽ còn quá ít người; "
            "không ai gửi thư cho người này nữa và đường liên kết không dùng đến thì không có tác dụng gì."
        )
    )
    return redirect(url_for("privacy.request_", request_id=request_id), 303)


def _no_ballot() -> str:
    return _("Phiếu trả lời không nằm trong đây: thùng phiếu không cho biết phiếu nào là của ai.")


def _lines(held: Dossier) -> list[tuple[Any, str]]:
    """A dossier as lines of a table."""
    labels = {field.name: field.label.text for field in ContactForm(formdata=None)}
    lines = [(labels.get(name, name), value) for name, value in held.contact.items()]
    lines += [(_("Đợt điều tra"), words(held.round_title)), (_("Nhóm đối tượng"), words(held.group))]
    lines += [(_("Số của người được mời"), held.ref)]
    if held.outcome and held.outcome_noted_on:
        lines.append((_("Kết quả liên hệ"), f"{held.outcome} ({held.outcome_noted_on:%d/%m/%Y})"))
    lines += [(_("Thư điện tử"), f"{one.kind}, {one.state}, {one.made_on:%d/%m/%Y}") for one in held.letters]
    return lines


# --- looking up ------------------------------------------------------------------------------------------------------


def _seen(session: Session, request_id: int) -> tuple[DataRequest, str | None]:
    """The request and the code of its round, if who acts may see it."""
    found = session.get(DataRequest, request_id)
    if found is None:
        abort(404)
    survey_round = session.get(SurveyRound, found.survey_round_id) if found.survey_round_id else None
    round_code = survey_round.code if survey_round else None
    require_round(round_code)
    return found, round_code


def _dossier(session: Session, request_id: int, invitee_id: UUID) -> tuple[Dossier, bytes]:
    """What is known of a person, for a request that is not answered yet, and the key that opens it."""
    found, _round_code = _seen(session, request_id)
    if found.resolved_on is not None:
        abort(403)
    try:
        survey_round = data_requests.round_of_invitee(session, invitee_id)
    except Unknown:
        abort(404)
    require_round(survey_round.code)
    key = known_contact_key(survey_round.code)
    if key is None or found.survey_round_id not in (None, survey_round.id):
        abort(404)
    return data_requests.dossier(session, key, invitee_id), key


def _request_key(round_code: str | None) -> bytes:
    """The key under which a request lies: that of its round, else one of this instance."""
    if round_code:
        return contact_keys().read(round_code)
    return derive(config().secret_key.encode(), "data requests", b"")
