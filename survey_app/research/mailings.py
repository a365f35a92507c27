"""Letters by e-mail on screen: written, tried, sent, watched; those that came back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, ValidationError

from survey_app.access import Role, open_to
from survey_app.clock import today
from survey_app.console import (
    acting,
    audit,
    config,
    flash_done,
    known_contact_key,
    public_address,
    reading,
    round_of,
    writing,
)
from survey_app.i18n import LANGUAGES, language
from survey_app.invitation_letters import voice_of
from survey_app.jobs import start_job
from survey_app.listing import Column, listing_of_rows, listing_xlsx
from survey_app.mail_words import example, filled_mail
from survey_app.models.rounds import Mode, RespondentGroup, SurveyRound
from survey_app.queries.mailings import MailingRow, Undelivered, mailing_of_round, mailings_of_round, undelivered
from survey_app.queries.rounds import UnknownGroup, group_by_code
from survey_app.research.invitations.gaps import gaps_of
from survey_app.services.bounces import read_bounce
from survey_app.services.contacts import open_contact
from survey_app.services.mailings import (
    MailKind,
    MailRefused,
    MailWords,
    check_words,
    count_recipients,
    new_mailing,
    note_bounces,
    shipped,
    try_again,
)

blueprint = Blueprint("mailings", __name__, url_prefix="/rounds/<round_code>/mailings")

KINDS = {MailKind.INVITATION: _l("Thư mời"), MailKind.REMINDER: _l("Thư nhắc")}
STATES = {"failed": _l("máy chủ từ chối"), "bounced": _l("bị trả lại")}


class MailForm(FlaskForm):
    """The words of a mailing."""

    language = SelectField(_l("Ngôn ngữ"), choices=[SelectChoice(*one) for one in LANGUAGES.items()])
    subject = StringField(_l("Tiêu đề"), validators=[InputRequired(_l("Thư cần có tiêu đề."))])
    body = TextAreaField(_l("Nội dung"), validators=[InputRequired(_l("Thư cần có nội dung."))], render_kw={"rows": 16})
    sure = BooleanField(_l("Tôi đã xem thử và muốn gửi ngay"))

    def validate_sure(self, sure: BooleanField) -> None:
        """A letter that was sent cannot be taken back: sending is asked for twice."""
        if request.form.get("act") == "send" and not sure.data:
            raise ValidationError(_("Xin đánh dấu vào ô này trước khi gửi: thư đã gửi thì không lấy lại được."))


class BounceForm(FlaskForm):
    """Letters that came back, as a mail program saves them."""

    returned = FileField(_l("Thư bị trả lại (tệp .eml hoặc .mbox)"))


@blueprint.get("/")
@open_to(Role.RESEARCHER)
def index(round_code: str) -> str:
    """The mailings of a round, and what may be sent next."""
    with reading() as session:
        survey_round = round_of(session, round_code)
        rows = mailings_of_round(session, survey_round.id)
        groups = [
            (group, count_recipients(session, group, MailKind.INVITATION))
            for group in survey_round.groups
            if group.mode == Mode.PERSONAL_LINK
        ]
        return render_template(
            "console/mailings/index.html",
            survey_round=survey_round,
            rows=rows,
            groups=groups,
            kinds=KINDS,
            form=BounceForm(),
            can_send=bool(config().smtp_url),
        )


@blueprint.route("/new/<group_code>/<kind>", methods=["GET", "POST"])
@open_to(Role.RESEARCHER)
def new(round_code: str, group_code: str, kind: str) -> str | AnyResponse | tuple[str, int]:
    """Write a mailing, see how it reads, send it."""
    if kind not in list(MailKind):
        abort(404)
    form = MailForm()
    with reading() as session:
        survey_round = round_of(session, round_code)
        group = _group(survey_round, group_code)
        shown: dict[str, Any] = {
            "survey_round": survey_round,
            "group": group,
            "kind": MailKind(kind),
            "kinds": KINDS,
            "form": form,
            "n": count_recipients(session, group, MailKind(kind)),
            "can_send": bool(config().smtp_url),
            "sent": _sent_before(session, survey_round, group, MailKind(kind)),
            **gaps_of(session, survey_round),
        }
        if request.method == "GET":
            _start_with_shipped(form, MailKind(kind))
        refused = _refusal(form)
        if refused is None:
            shown["example"] = _example(session, survey_round, group, form)
    if request.method == "POST" and refused is None and request.form.get("act") == "send":
        return _send(round_code, group_code, MailKind(kind), form)
    if refused is not None and request.method == "POST":
        return render_template("console/mailings/new.html", **shown), 422
    return render_template("console/mailings/new.html", **shown)


def _sent_before(
    session: Session, survey_round: SurveyRound, group: RespondentGroup, kind: MailKind
) -> MailingRow | None:
    """The last mailing of this kind to the group."""
    rows = mailings_of_round(session, survey_round.id)
    same = [row for row in rows if (row.group_code, row.kind) == (group.code, kind)]
    return max(same, key=lambda row: row.id, default=None)


@blueprint.get("/<int:mailing_id>")
@open_to(Role.RESEARCHER)
def show(round_code: str, mailing_id: int) -> str | Response:
    """How far a mailing has come, and the letters that did not arrive."""
    with reading() as session:
        survey_round = round_of(session, round_code)
        mailing = _mailing(session, survey_round, mailing_id)
        key = known_contact_key(survey_round.code)
        rows = [_undelivered_row(row, key) for row in undelivered(session, mailing_id)]
    columns = (
        Column("ref", _l("Số")),
        Column("name", _l("Họ và tên")),
        Column("email", _l("Địa chỉ")),
        Column("state", _l("Tình trạng"), show=lambda row: STATES[row["state"]]),
        Column("refusal", _l("Mã của máy chủ")),
    )
    listing = listing_of_rows(rows, columns, request.args, default_sort="ref")
    if request.args.get("format") == "xlsx":
        return listing_xlsx(listing, f"thu-khong-den-{mailing_id}.xlsx")
    return render_template(
        "console/mailings/show.html", survey_round=survey_round, mailing=mailing, kinds=KINDS, listing=listing
    )


@blueprint.post("/<int:mailing_id>/again")
@open_to(Role.RESEARCHER)
def again(round_code: str, mailing_id: int) -> AnyResponse:
    """Try once more to send what was refused or not sent yet."""
    with writing() as session:
        survey_round = round_of(session, round_code)
        _mailing(session, survey_round, mailing_id)
        if survey_round.purged_on:  # nobody is left to write to; the counts stay as they were
            return redirect(url_for(".show", round_code=round_code, mailing_id=mailing_id), 303)
        n = try_again(session, mailing_id)
        audit(session, "mailing.tried_again", f"{round_code}/{mailing_id}", letters=n)
        job_id = _start(session, survey_round, mailing_id, language())
    return redirect(url_for("jobs.job", job_id=job_id), 303)


@blueprint.post("/bounces")
@open_to(Role.RESEARCHER)
def bounces(round_code: str) -> AnyResponse:
    """Take in letters that came back."""
    upload = request.files.get("returned")
    found = list(_bounces(upload.read())) if upload else []
    with writing() as session:
        n = note_bounces(session, found, round_of(session, round_code))
        audit(session, "mailing.bounces", round_code, letters=n)
    flash_done(
        _("Tệp có %(found)s thư báo không gửi được, trong đó %(n)s thư của hệ thống này.", found=len(found), n=n)
    )
    return redirect(url_for(".index", round_code=round_code), 303)


def _send(round_code: str, group_code: str, kind: MailKind, form: MailForm) -> AnyResponse | tuple[str, int]:
    try:
        with writing() as session:
            survey_round = round_of(session, round_code)
            group = _group(survey_round, group_code)
            said = MailWords(form.subject.data or "", _text(form))
            mailing = new_mailing(
                session, survey_round, group, kind, said, today=today(), account_id=acting().account_id
            )
            audit(session, "mailing.sent", f"{round_code}/{group_code}", kind=str(kind), mailing=mailing.id)
            job_id = _start(session, survey_round, mailing.id, form.language.data)
    except MailRefused as refused:
        form.form_errors.append(refusal_sentence(refused))
        with reading() as session:
            survey_round = round_of(session, round_code)
            group = _group(survey_round, group_code)
            shown = {"survey_round": survey_round, "group": group, "kind": kind, "kinds": KINDS, "form": form}
            return render_template("console/mailings/new.html", n=0, can_send=False, **shown), 422
    return redirect(url_for("jobs.job", job_id=job_id), 303)


def _start(session: Session, survey_round: SurveyRound, mailing_id: int, said_in: str) -> Any:
    params = {
        "mailing": mailing_id,
        "round": survey_round.code,
        "base_url": public_address(),
        "language": said_in if said_in in LANGUAGES else "vi",
    }
    return start_job(session, "mail", survey_round.id, params)


def _start_with_shipped(form: MailForm, kind: MailKind) -> None:
    said = request.args.get("language", "vi")
    form.language.data = said if said in LANGUAGES else "vi"
    form.subject.data = shipped()[kind]["subject"][form.language.data]
    form.body.data = shipped()[kind]["body"][form.language.data]


def _text(form: MailForm) -> str:
    return (form.body.data or "").replace("\r\n", "\n")


def _refusal(form: MailForm) -> str | None:
    """What is wrong with the words, noted in the form; None if nothing is."""
    if request.method == "POST" and not form.validate():
        return "form"
    try:
        check_words(MailWords((form.subject.data or "").strip(), _text(form)))
    except MailRefused as refused:
        sentence = refusal_sentence(refused)
        field = form.subject if refused.code == "person_in_subject" else form.body
        field.errors = [*field.errors, sentence]
        return sentence
    return None


def _example(session: Session, survey_round: SurveyRound, group: RespondentGroup, form: MailForm) -> dict[str, str]:
    """How the letter reads for somebody who does not exist."""
    base_url = public_address()
    said_in = form.language.data or "vi"
    voice = voice_of(session, survey_round, group, language=said_in, base_url=base_url, today=today())
    values = example(dict(voice.values), base_url, name="Nguyễn Văn A")
    return {
        "subject": filled_mail(form.subject.data or "", values),
        "body": filled_mail(_text(form), values),
        "language": said_in,
    }


def refusal_sentence(refused: MailRefused) -> str:
    """Why no letter was sent, and what would be right."""
    place = "{" + str(refused.params.get("place", "")) + "}"
    sentences = {
        "empty": _("Thư cần có tiêu đề và nội dung."),
        "too_long": _("Tiêu đề dài nhất 200 ký tự trên một dòng, nội dung dài nhất 6.000 ký tự."),
        "unknown_place": _("Chỗ điền %(place)s không có. Các chỗ điền được dùng: %(known)s.", place=place,
                           known=refused.params.get("known", "")),
        "missing_place": _("Nội dung phải có chỗ điền %(place)s: không có nó thì người nhận không trả lời được.",
                           place=place),
        "person_in_subject": _("Tiêu đề không được chứa tên, mã hay đường liên kết: tiêu đề hiện ở màn hình khóa."),
        "loose_brace": _("Có dấu ngoặc nhọn thừa hoặc thiếu. Mỗi chỗ điền viết như {link}."),
        "not_open": _("Chỉ gửi thư khi đợt điều tra đang mở: trước đó đường liên kết chưa trả lời được."),
        "no_personal_links": _("Nhóm này dùng liên kết mở, không có thư riêng cho từng người."),
        "already_today": _("Hôm nay nhóm này đã có một lần gửi thư loại này. Xin xem ở danh sách các lần gửi."),
        "nobody": _("Không có ai để gửi: không người nào trong nhóm có địa chỉ thư điện tử, hoặc đều đã có kết quả."),
    }  # fmt: skip
    return sentences[refused.code]


def _bounces(data: bytes) -> Iterator[tuple[str, str]]:
    """(token, status) of the returned letters in a message or a mailbox."""
    for raw in _messages(data):
        if bounce := read_bounce(raw):
            yield bounce.token, bounce.status


def _messages(data: bytes) -> Iterator[bytes]:
    if not data.startswith(b"From "):
        yield data
        return
    yield from re.split(rb"(?m)^From [^\n]*\n", data)[1:]  # in memory: returned letters quote names and links


def _undelivered_row(row: Undelivered, key: bytes | None) -> dict[str, Any]:
    contact = open_contact(key, row.sealed) if key and row.sealed else {}
    return {
        "ref": row.ref,
        "name": contact.get("name", ""),
        "email": contact.get("email", ""),
        "state": row.state,
        "refusal": row.refusal,
    }


def _group(survey_round: SurveyRound, code: str) -> RespondentGroup:
    try:
        return group_by_code(survey_round, code)
    except UnknownGroup:
        abort(404)


def _mailing(session: Session, survey_round: SurveyRound, mailing_id: int) -> MailingRow:
    return mailing_of_round(session, survey_round.id, mailing_id) or abort(404)
