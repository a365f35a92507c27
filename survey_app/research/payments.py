"""Payment lists of a round: who is paid for what; apart from ballots and invitations."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse
from wtforms import DateField, StringField
from wtforms.validators import InputRequired, Length

from survey_app.access import Role, open_to
from survey_app.clock import today
from survey_app.console import (
    acting,
    audit,
    contact_key_of,
    flash_done,
    known_contact_key,
    reading,
    round_of,
    send_file_bytes,
    writing,
)
from survey_app.documents.excel import Kind, Table, write_workbook
from survey_app.documents.payment_list import SignedLine, SignedList, signed_list
from survey_app.listing import Column, listing_of_rows
from survey_app.models.people import PaymentList
from survey_app.models.rounds import SurveyRound
from survey_app.queries.payments import PaymentTotals, payment_lines, payment_lists
from survey_app.research.payments_reading import empty_list, read_payments
from survey_app.research.uploading import fault_lines, uploaded
from survey_app.services.payments import (
    Payee,
    PaymentsRefused,
    close_payment_list,
    delete_payment_list,
    make_payment_list,
    mark_paid,
    payees,
)
from survey_app.uploads.faults import UploadRefused

blueprint = Blueprint("payments", __name__, url_prefix="/rounds/<round_code>/payments")

REFUSALS = {
    "list_closed": _l("Danh sách đã khóa nên không thay đổi được nữa."),
    "list_paid": _l("Đã có người được chi theo danh sách này nên không xóa được. Hãy bỏ đánh dấu đã chi trước."),
    "nothing_chosen": _l("Chưa chọn người nào."),
}


EXPORTED = (
    "position",
    "name",
    "organisation",
    "work",
    "quantity",
    "unit_amount",
    "amount",
    "account",
    "bank",
    "paid_on",
)


class ListForm(FlaskForm):
    """A new list from a file."""

    title = StringField(
        _l("Tên danh sách"),
        [InputRequired(_l("Xin nhập tên danh sách.")), Length(max=200, message=_l("Tên danh sách quá dài."))],
        description=_l("Ví dụ: Danh sách chi tiền điều tra viên tháng 10/2026"),
    )
    file = FileField(_l("Tệp Excel hoặc CSV"), [FileRequired(_l("Xin chọn tệp."))])


class PaidForm(FlaskForm):
    """The day on which the people that are ticked were paid."""

    paid_on = DateField(_l("Ngày chi"), [InputRequired(_l("Xin nhập ngày chi."))])


@blueprint.get("/")
@open_to(Role.RESEARCHER)
def index(round_code: str) -> str:
    """The lists of the round, with their totals, and the form for a new one."""
    return _index(round_code, ListForm(formdata=None))


@blueprint.post("/")
@open_to(Role.RESEARCHER)
def add(round_code: str) -> AnyResponse | tuple[str, int]:
    """A list from a file: all of it or nothing."""
    form = ListForm()
    if not form.validate():
        return _index(round_code, form), 422
    try:
        payments = read_payments(*uploaded())
    except UploadRefused as refusal:
        return _index(round_code, form, fault_lines(refusal)), 422
    with writing() as session:
        survey_round = round_of(session, round_code)
        made = make_payment_list(
            session,
            survey_round,
            form.title.data.strip(),
            payments,
            contact_key=contact_key_of(round_code),
            account_id=acting().account_id,
            today=today(),
        )
        audit(session, "payments.list_made", round_code, list=made.id, n=len(payments))
        list_id = made.id
    flash_done(_("Đã lập danh sách %(n)s người.", n=len(payments)))
    return redirect(url_for("payments.show", round_code=round_code, list_id=list_id), 303)


@blueprint.get("/template.xlsx")
@open_to(Role.RESEARCHER)
def template(round_code: str) -> Response:
    """An empty list to fill in, with one line as an example."""
    return send_file_bytes(empty_list(), f"danh-sach-chi-{round_code}.xlsx")


@blueprint.get("/<int:list_id>")
@open_to(Role.RESEARCHER)
def show(round_code: str, list_id: int) -> str:
    """The people of a list, and who was paid."""
    return _show(round_code, list_id, PaidForm(formdata=None, paid_on=today()))


@blueprint.post("/<int:list_id>")
@open_to(Role.RESEARCHER)
def mark(round_code: str, list_id: int) -> AnyResponse | tuple[str, int]:
    """Note who was paid on which day, or take the note back."""
    form = PaidForm()
    undo = request.form.get("act") == "undo"
    if not undo and not form.validate():
        return _show(round_code, list_id, form), 422
    chosen = [int(number) for number in request.form.getlist("line") if number.isdecimal() and len(number) < 10]
    try:
        with writing() as session:
            made = _list(session, round_code, list_id)
            if "all" in request.form and not undo:
                chosen = [line.id for line in payment_lines(session, list_id) if line.paid_on is None]
            n = mark_paid(session, made, chosen, None if undo else form.paid_on.data)
            audit(session, "payments.unmarked" if undo else "payments.marked_paid", round_code, list=list_id, n=n)
    except PaymentsRefused as refusal:
        return _show(round_code, list_id, form, str(REFUSALS[refusal.code])), 422
    flash_done(_("Đã ghi cho %(n)s người.", n=n))
    return redirect(url_for("payments.show", round_code=round_code, list_id=list_id), 303)


@blueprint.route("/<int:list_id>/close", methods=["GET", "POST"])
@open_to(Role.RESEARCHER)
def close(round_code: str, list_id: int) -> AnyResponse | str | tuple[str, int]:
    """Ask, then close the list for good."""
    return _act(round_code, list_id, "close")


@blueprint.route("/<int:list_id>/delete", methods=["GET", "POST"])
@open_to(Role.RESEARCHER)
def delete(round_code: str, list_id: int) -> AnyResponse | str | tuple[str, int]:
    """Ask, then delete a list by which nobody was paid."""
    return _act(round_code, list_id, "delete")


@blueprint.get("/<int:list_id>/list.docx")
@open_to(Role.RESEARCHER)
def signed(round_code: str, list_id: int) -> Response:
    """The list to be printed and signed."""
    with writing() as session:
        made = _list(session, round_code, list_id)
        survey_round = round_of(session, round_code)
        lines = [
            SignedLine(line.name, line.organisation, line.work, line.quantity, line.unit_amount)
            for line in payees(session, list_id, contact_key_of(round_code))
        ]
        agency, title, round_title = survey_round.asked_by["vi"], made.title, survey_round.title["vi"]
        audit(session, "payments.exported", round_code, list=list_id, format="docx")
    return send_file_bytes(signed_list(SignedList(agency, title, f"({round_title})", lines)), f"{title}.docx")


@blueprint.get("/<int:list_id>/list.xlsx")
@open_to(Role.RESEARCHER)
def exported(round_code: str, list_id: int) -> Response:
    """The list with accounts, for the treasury or the bank."""
    with writing() as session:
        made = _list(session, round_code, list_id)
        lines = payees(session, list_id, contact_key_of(round_code))
        rows = [[getattr(line, name) for name in EXPORTED] for line in lines]
        title = made.title
        audit(session, "payments.exported", round_code, list=list_id, format="xlsx")
    headings = [_("STT"), _("Họ và tên"), _("Đơn vị"), _("Nội dung chi"), _("Số lượng"), _("Đơn giá (đồng)")]
    headings += [_("Thành tiền (đồng)"), _("Số tài khoản"), _("Ngân hàng"), _("Ngày chi"), _("Ký nhận")]
    kinds = [Kind.WHOLE, *[Kind.TEXT] * 3, *[Kind.WHOLE] * 3, Kind.TEXT, Kind.TEXT, Kind.DAY, Kind.TEXT]
    data = write_workbook({_("Danh sách chi"): Table(headings, rows, kinds, note=title)})
    return send_file_bytes(data, f"{title}.xlsx")


def _act(round_code: str, list_id: int, what: str) -> AnyResponse | str | tuple[str, int]:
    if request.method == "GET":
        return _page("confirm.html", round_code, what=what, totals=_totals(round_code, list_id))
    try:
        with writing() as session:
            made = _list(session, round_code, list_id)
            if what == "close":
                close_payment_list(session, made, today())
            else:
                delete_payment_list(session, made)
            audit(
                session,
                "payments.list_closed" if what == "close" else "payments.list_deleted",
                round_code,
                list=list_id,
            )
    except PaymentsRefused as refusal:
        return _show(round_code, list_id, PaidForm(formdata=None), str(REFUSALS[refusal.code])), 422
    flash_done(_("Đã khóa danh sách.") if what == "close" else _("Đã xóa danh sách."))
    return redirect(url_for("payments.index", round_code=round_code), 303)


def _list(session: Session, round_code: str, list_id: int) -> PaymentList:
    found = session.get(PaymentList, list_id)
    if found is None or found.survey_round_id != round_of(session, round_code).id:
        abort(404)
    return found


def _totals(round_code: str, list_id: int) -> PaymentTotals:
    with reading() as session:
        lists = payment_lists(session, round_of(session, round_code).id)
    found = next((totals for totals in lists if totals.id == list_id), None)
    return found or abort(404)


def _index(round_code: str, form: ListForm, found: list[tuple[str, str]] | None = None) -> str:
    with reading() as session:
        lists = payment_lists(session, round_of(session, round_code).id)
    return _page("index.html", round_code, form=form, lists=lists, found=found or [])


def _show(round_code: str, list_id: int, form: PaidForm, refusal: str = "") -> str:
    totals = _totals(round_code, list_id)
    with reading() as session:
        lines: list[Payee] = payees(session, list_id, known_contact_key(round_code))
    rows: list[dict[str, Any]] = [{"line": line, "position": line.position, "name": line.name} for line in lines]
    columns = (Column("position", _l("STT"), kind="number"), Column("name", _l("Họ và tên")))
    listing = listing_of_rows(rows, columns, request.args, default_sort="position")
    return _page("show.html", round_code, totals=totals, listing=listing, form=form, refusal=refusal)


def _page(name: str, round_code: str, **values: Any) -> str:
    with reading() as session:
        survey_round: SurveyRound = round_of(session, round_code)
        return render_template(
            f"console/payments/{name}", survey_round=survey_round, tab="payments", round_code=round_code, **values
        )
