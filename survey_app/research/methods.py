"""Scoring methods on screen: read in words, edited as drafts, tried on closed rounds, proposed, approved."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse
from wtforms import DateField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired

from scoring.editing import Setting, Value, changed, settings
from scoring.faults import MethodError
from scoring.loading import parse_method
from scoring.method import ScoringMethod
from survey_app.access import Role, open_to
from survey_app.clock import today
from survey_app.console import acting, audit, flash_done, may_open, reading, send_file_bytes, writing
from survey_app.i18n import language, words
from survey_app.listing import Column, listing_of_rows, listing_xlsx
from survey_app.models.base import Texts
from survey_app.models.drafts import MethodStage
from survey_app.queries.methods import closed_rounds, group_titles
from survey_app.research.method_words import CHOICE_WORDS, SECTIONS, explanation, formula, label
from survey_app.services.methods import (
    MethodRefused,
    approve,
    choices,
    new_draft,
    propose,
    save_draft,
    source_of,
    try_on,
    version_of,
    withdraw,
)

blueprint = Blueprint("methods", __name__, url_prefix="/methods")

READERS = (Role.RESEARCHER, Role.SUPERVISOR, Role.APPRAISER)
STAGES = {
    "shipped": _l("có sẵn"),
    MethodStage.DRAFT: _l("dự thảo"),
    MethodStage.PROPOSED: _l("đã đề xuất"),
    MethodStage.APPROVED: _l("đã phê duyệt"),
    MethodStage.WITHDRAWN: _l("đã rút"),
}


class CopyForm(FlaskForm):
    version = StringField(_l("Phiên bản mới"), validators=[InputRequired(_l("Xin đặt tên phiên bản, ví dụ 2026.2."))])


class ProposalForm(FlaskForm):
    note = TextAreaField(_l("Lý do, căn cứ của đề xuất"), validators=[InputRequired(_l("Xin ghi lý do."))])


class ApprovalForm(FlaskForm):
    decision = StringField(_l("Số văn bản phê duyệt"), validators=[InputRequired(_l("Xin ghi số văn bản."))])
    decided_on = DateField(_l("Ngày ban hành"), validators=[InputRequired(_l("Xin chọn ngày ban hành."))])


class TrialForm(FlaskForm):
    round_code = SelectField(_l("Thử trên đợt đã kết thúc"))


@blueprint.get("/")
@open_to(*READERS)
def index() -> str | Response:
    """Every method and how settled it is."""
    with reading() as session:
        rows = [
            {
                "key": one.key,
                "title": words(one.title),
                "method_id": one.method_id,
                "version": one.version,
                "stage": one.stage,
                "decision": one.decision or "",
                "decided_on": one.decided_on,
            }
            for one in choices(session)
        ]
    columns = (
        Column("title", _l("Phương pháp"), filter=True, href=lambda row: url_for(".show", key=row["key"])),
        Column("method_id", _l("Mã"), filter=True),
        Column("version", _l("Phiên bản")),
        Column("stage", _l("Tình trạng"), filter=True, choices=list(STAGES.items()), show=_stage),
        Column("decision", _l("Văn bản phê duyệt")),
        Column("decided_on", _l("Ngày"), kind="day"),
    )
    listing = listing_of_rows(rows, columns, request.args, default_sort="title")
    if request.args.get("format") == "xlsx":
        return listing_xlsx(listing, "phuong-phap.xlsx")
    return render_template("console/methods/index.html", listing=listing)


def _stage(row: Mapping[str, Any]) -> Any:
    return STAGES[row["stage"]]


@blueprint.get("/<key>")
@open_to(*READERS)
def show(key: str) -> str:
    """A method in words and numbers, and what can be done with it."""
    with reading() as session:
        return _page(session, key)


@blueprint.get("/<key>.yaml")
@open_to(*READERS)
def download(key: str) -> Response:
    """The file of a method, as `survey score` reads it."""
    with reading() as session:
        source = _source(session, key)
    method = parse_method(source)
    return send_file_bytes(source.encode(), f"{method.id}_{method.version}.yaml")


@blueprint.post("/<key>/copy")
@open_to(Role.RESEARCHER)
def copy(key: str) -> AnyResponse | tuple[str, int]:
    """A new draft from this text."""
    form = CopyForm()
    if not form.validate_on_submit():
        return _refused_page(key, copy=form)
    try:
        with writing() as session:
            source = source_of(session, key)
            made = new_draft(session, source, form.version.data, today=today(), account_id=acting().account_id)
            audit(session, "method.drafted", f"{made.method_id} {made.version}", copied_from=key)
            made_key = str(made.id)
    except MethodRefused as refused:
        form.version.errors = [*form.version.errors, refusal_sentence(refused)]
        return _refused_page(key, copy=form)
    return redirect(url_for(".edit", key=made_key), 303)


@blueprint.route("/<key>/edit", methods=["GET", "POST"])
@open_to(Role.RESEARCHER)
def edit(key: str) -> str | AnyResponse | tuple[str, int]:
    """Every value of a draft in a field of its own, or the whole text."""
    with reading() as session:
        draft = _version(session, key)
        source, revision, stage = draft.source, draft.revision, draft.stage
    if stage != MethodStage.DRAFT:
        return redirect(url_for(".show", key=key), 303)
    typed, faults = dict(request.form), []
    if request.method == "POST":
        try:
            text = _edited(source)
            with writing() as session:
                draft = _version(session, key)
                asked = int(request.form.get("revision", "0"))
                save_draft(session, draft, text, revision=asked, today=today(), account_id=acting().account_id)
                audit(session, "method.edited", f"{draft.method_id} {draft.version}")
            flash_done(_("Đã lưu dự thảo."))
            return redirect(url_for(".show", key=key), 303)
        except MethodError as error:
            faults = [(fault.path, fault.text(language())) for fault in error.faults]
        except (MethodRefused, BadNumber) as refused:
            faults = [("", refusal_sentence(refused))]
    page = render_template(
        "console/methods/edit.html",
        key=key,
        source=typed.get("source", source),
        revision=revision,
        sections=_sections(source),
        typed=typed,
        faults=faults,
        words_of=CHOICE_WORDS,
        label=label,
    )
    return (page, 422) if faults else page


class BadNumber(ValueError):
    """A field that holds a number holds something else."""

    code = "bad_number"

    def __init__(self, path: str, said: str) -> None:
        self.params = {"path": path, "said": said}
        super().__init__(f"{path}: {said}")


def _edited(source: str) -> str:
    """The text that the form asks for: as it was typed, or with the values of its fields."""
    if request.form.get("whole"):
        return request.form.get("source", "").replace("\r\n", "\n")
    values = {s.path: _typed(s) for s in settings(source) if s.path in request.form}
    return changed(source, {path: value for path, value in values.items() if value is not None})


def _typed(setting: Setting) -> Value | None:
    said = request.form[setting.path].strip()
    if not setting.is_number:
        return said.replace("\r\n", "\n") if said != str(setting.value) else None
    try:
        value = float(said.replace(",", "."))
    except ValueError:
        raise BadNumber(setting.path, said) from None
    return value if value != float(setting.value) else None


def _sections(source: str) -> list[tuple[str, Any, list[Setting]]]:
    found = settings(source)
    return [(name, SECTIONS.get(name, name), list(rows)) for name, rows in groupby(found, key=lambda s: s.section)]


@blueprint.post("/<key>/propose")
@open_to(Role.RESEARCHER)
def propose_(key: str) -> AnyResponse | tuple[str, int]:
    """The Institute puts the draft forward."""
    form = ProposalForm()
    if not form.validate_on_submit():
        return _refused_page(key, proposal=form)
    with writing() as session:
        draft = _version(session, key)
        try:
            propose(session, draft, form.note.data)
        except MethodRefused:
            abort(409)
        audit(session, "method.proposed", f"{draft.method_id} {draft.version}")
    flash_done(_("Đã đề xuất. Nội dung được giữ nguyên từ đây; muốn sửa, xin lập phiên bản mới."))
    return redirect(url_for(".show", key=key), 303)


@blueprint.post("/<key>/approve")
@open_to(Role.RESEARCHER)
def approve_(key: str) -> AnyResponse | tuple[str, int]:
    """Note the decision that approved a proposal."""
    form = ApprovalForm()
    if not form.validate_on_submit():
        return _refused_page(key, approval=form)
    try:
        with writing() as session:
            proposal = _version(session, key)
            approve(session, proposal, form.decision.data, form.decided_on.data, today())
            audit(session, "method.approved", f"{proposal.method_id} {proposal.version}", decision=proposal.decision)
    except MethodRefused as refused:
        form.decided_on.errors = [*form.decided_on.errors, refusal_sentence(refused)]
        return _refused_page(key, approval=form)
    flash_done(_("Đã ghi văn bản phê duyệt; từ đây mọi quy tắc của phiên bản này là đã phê duyệt."))
    return redirect(url_for(".show", key=key), 303)


@blueprint.post("/<key>/withdraw")
@open_to(Role.RESEARCHER)
def withdraw_(key: str) -> AnyResponse:
    """Take a draft or a proposal back."""
    with writing() as session:
        version = _version(session, key)
        try:
            withdraw(session, version)
        except MethodRefused:
            abort(409)
        audit(session, "method.withdrawn", f"{version.method_id} {version.version}")
    flash_done(_("Đã rút phiên bản này; nội dung vẫn được lưu để tra cứu."))
    return redirect(url_for(".show", key=key), 303)


@blueprint.get("/<key>/trial")
@open_to(Role.RESEARCHER)
def trial(key: str) -> str | Response | tuple[str, int]:
    """What a closed round would look like under this method, beside what it looks like now."""
    code = request.args.get("round_code", "")
    with reading() as session:
        if code not in {known for known, _title in _rounds_to_try(session)}:
            abort(404)
        source = _source(session, key)
        try:
            tried = try_on(session, source, code)
        except (MethodRefused, MethodError) as refused:
            said = refusal_sentence(refused) if isinstance(refused, MethodRefused) else _fault_sentences(refused)
            return _page(session, key, trial_refused=said), 422
    columns = (
        Column("name", _l("Đơn vị"), filter=True),
        Column("before", _l("Chỉ số hiện nay"), kind="decimal"),
        Column("after", _l("Theo phương pháp này"), kind="decimal"),
        Column("difference", _l("Chênh lệch"), kind="decimal"),
        Column("rank_before", _l("Hạng hiện nay"), kind="number"),
        Column("rank_after", _l("Hạng mới"), kind="number"),
    )
    names = [column.key for column in columns]
    rows = [{name: getattr(change, name) for name in names} for change in tried.changes]
    listing = listing_of_rows(rows, columns, request.args, default_sort="rank_before")
    if request.args.get("format") == "xlsx":
        return listing_xlsx(listing, f"thu-{code}.xlsx")
    return render_template(
        "console/methods/trial.html", key=key, method=parse_method(source), tried=tried, listing=listing
    )


def _rounds_to_try(session: Session) -> list[tuple[str, Texts]]:
    """Code and title of the closed rounds whose scores who acts may see."""
    return [(code, title) for code, title in closed_rounds(session) if may_open("methods.trial", code)]


def _page(session: Session, key: str, *, trial_refused: str = "", **forms: FlaskForm) -> str:
    source = _source(session, key)
    method = parse_method(source)
    version = None if key.startswith("shipped-") else _version(session, key)
    trials = TrialForm(formdata=None)
    rounds = _rounds_to_try(session)
    trials.round_code.choices = [SelectChoice(code, f"{code}: {words(title)}") for code, title in rounds]
    return render_template(
        "console/methods/show.html",
        key=key,
        method=method,
        version=version,
        stage=version.stage if version else "shipped",
        stages=STAGES,
        explained=list(explanation(method)),
        formulas=_formulas(session, method),
        sections=_sections(source),
        label=label,
        words_of=CHOICE_WORDS,
        copy_form=forms.get("copy") or CopyForm(formdata=None),
        proposal_form=forms.get("proposal") or ProposalForm(formdata=None),
        approval_form=forms.get("approval") or ApprovalForm(formdata=None),
        trial_form=trials if rounds else None,
        trial_refused=trial_refused,
    )


def _refused_page(key: str, **forms: FlaskForm) -> tuple[str, int]:
    with reading() as session:
        return _page(session, key, **forms), 422


def _formulas(session: Session, method: ScoringMethod) -> list[tuple[Any, str]]:
    titles = group_titles(session)
    return [(criterion, formula(method, criterion, titles)) for criterion in (*method.scored, *method.components)]


def _source(session: Session, key: str) -> str:
    try:
        return source_of(session, key)
    except MethodRefused:
        abort(404)


def _version(session: Session, key: str) -> Any:
    try:
        return version_of(session, key)
    except MethodRefused:
        abort(404)


def _fault_sentences(error: MethodError) -> str:
    return "; ".join(fault.text(language()) for fault in error.faults)


def refusal_sentence(refused: MethodRefused | BadNumber) -> str:
    """Why nothing was changed, and what would be right."""
    said = refused.params
    sentences = {
        "unknown": _("Không có phương pháp này."),
        "no_version": _("Xin đặt tên phiên bản, ví dụ 2026.2."),
        "version_taken": _("Phiên bản %(version)s đã có; xin đặt tên khác.", version=said.get("version")),
        "saved_meanwhile": _("Có người vừa lưu dự thảo này. Nội dung anh/chị nhập còn nguyên bên dưới; xin mở bản mới "
                             "ở cửa sổ khác, so lại rồi lưu."),
        "renamed": _("Không đổi mã và phiên bản (%(id)s, %(version)s) khi sửa; muốn đổi, xin lập phiên bản mới.",
                     id=said.get("method_id"), version=said.get("version")),
        "approved_by_hand": _("Quy tắc chỉ thành “đã phê duyệt” khi ghi văn bản phê duyệt cho cả phương pháp."),
        "not_in_stage": _("Phiên bản này không còn ở bước đó; xin tải lại trang."),
        "no_decision": _("Xin ghi số văn bản phê duyệt."),
        "decided_in_future": _("Ngày ban hành không thể ở tương lai."),
        "approved": _("Phương pháp đã phê duyệt chỉ được thay bằng phiên bản khác."),
        "scored": _("Đợt này đã tính điểm: không đổi phương pháp sau khi biết kết quả."),
        "other_method": _("Đợt này không dùng phương pháp %(id)s nên không so được.", id=said.get("method_id")),
        "bad_number": _("%(path)s: “%(said)s” không phải là số; ví dụ đúng: 0,25.",
                        path=said.get("path"), said=said.get("said")),
    }  # fmt: skip
    return sentences[refused.code]
