"""The editor of a draft: its settings, sections and questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from instruments.comparing import Difference
from instruments.comparing import compare as compared
from instruments.editing import LastQuestion
from instruments.faults import Fault, InstrumentErrors
from instruments.flattening import question_row, section_row, settings_row
from instruments.model import Group, Repeat
from survey_app.access import Role, open_to
from survey_app.clock import today
from survey_app.console import acting, audit, flash_done, reading, writing
from survey_app.queries.forms import FormSource, method_sources
from survey_app.research.forms import fields
from survey_app.research.forms.pages import outline
from survey_app.research.forms.routes import blueprint, draft_of
from survey_app.research.forms.words import KINDS, column_words, shown_faults
from survey_app.services import form_editing as editing
from survey_app.services.forms import NothingToUndo, StaleDraft, form_faults, parsed, undo_draft

_HIDDEN = {"csrf_token", "revision", "base", "go", "row"}

Cells = Mapping[str, str]
Answer = str | Response | tuple[str, int]


# --- the whole draft -------------------------------------------------------------------------------------------------


@blueprint.route("/drafts/<int:draft_id>/edit", methods=["GET", "POST"])
@open_to(Role.RESEARCHER)
def edit(draft_id: int) -> Answer:
    """The title and settings, and the outline from which everything else is edited."""
    draft, _form = draft_of(draft_id)
    settings = fields.SettingsForm()
    return edited(
        draft,
        settings,
        lambda: settings_row(draft_of(draft_id)[1]),
        lambda: editing.settings_edit(settings.cells()),
        lambda **more: _outline_page(draft_id, settings, **more),
        url_for(".edit", draft_id=draft_id),
    )


def _outline_page(draft_id: int, settings: fields.SettingsForm, **more: Any) -> str:
    draft, form = draft_of(draft_id)
    lists = [
        {"name": name, "labels": choices, "users": editing.users_of_list(form, name)}
        for name, choices in form.choices.items()
    ]
    return render_template(
        "console/forms/edit.html",
        draft=draft,
        form=form,
        settings=settings,
        sections=list(outline(form)),
        lists=lists,
        faults=shown_faults(form_faults(draft.source, anonymous=True, n_units=1), draft, form),
        **more,
    )


@blueprint.post("/drafts/<int:draft_id>/move")
@open_to(Role.RESEARCHER)
def move(draft_id: int) -> Response:
    """One question or section a place up or down."""
    draft_of(draft_id)
    made: dict[str, Callable[[str, int], editing.Edit]] = {
        "question": editing.question_move,
        "section": editing.section_move,
    }
    way, _sign, name = request.form.get("go", "").partition(":")
    what, _sign, direction = way.partition("-")
    if what not in made or direction not in ("up", "down"):
        abort(400)
    _saved_or_told(draft_id, made[what](name, -1 if direction == "up" else 1))
    return redirect(url_for(".edit", draft_id=draft_id, _anchor=f"{what}-{name}"), 303)


@blueprint.route("/drafts/<int:draft_id>/remove", methods=["GET", "POST"])
@open_to(Role.RESEARCHER)
def remove(draft_id: int) -> Answer:
    """A question, a section or a list, after asking."""
    draft, form = draft_of(draft_id)
    what, name = request.values.get("what", ""), request.values.get("name", "")
    made = {
        "question": editing.question_removal,
        "section": editing.section_removal,
        "list": editing.list_removal,
    }
    if what not in made:
        abort(404)
    if request.method == "GET":
        n_questions = sum(len(section.questions) for section in form.sections if section.name == name)
        return render_template(
            "console/forms/remove.html", draft=draft, form=form, what=what, name=name, n_questions=n_questions
        )
    if _saved_or_told(draft_id, made[what](name)):
        flash_done(_("Đã bỏ khỏi bản nháp. Có thể hoàn tác ngay lần lưu này."))
    return redirect(url_for(".edit", draft_id=draft_id), 303)


@blueprint.post("/drafts/<int:draft_id>/undo")
@open_to(Role.RESEARCHER)
def undo(draft_id: int) -> Response:
    """The last save taken back."""
    draft, _form = draft_of(draft_id)
    try:
        with writing() as session:
            undo_draft(session, draft_id, revision=_revision(), account_id=acting().account_id, today=today())
            audit(session, "form.undone", draft.form_id, draft=draft_id)
    except StaleDraft:
        flash_done(_("Bản nháp vừa được người khác lưu nên chưa hoàn tác. Xin xem lại rồi bấm lần nữa."))
    except NothingToUndo:
        flash_done(_("Không có lần lưu nào để hoàn tác."))
    else:
        flash_done(_("Đã hoàn tác lần lưu gần nhất. Bấm “Hoàn tác” lần nữa để lấy lại."))
    return redirect(url_for(".edit", draft_id=draft_id), 303)


# --- questions and sections ------------------------------------------------------------------------------------------


@blueprint.route("/drafts/<int:draft_id>/questions/<name>", methods=["GET", "POST"])
@open_to(Role.RESEARCHER)
def edit_question(draft_id: int, name: str) -> Answer:
    """The words, the answers and the criterion of one question."""
    draft, form = draft_of(draft_id)
    try:
        found = editing.find_question(form, name)
    except editing.NoSuchQuestion:
        return gone(draft)
    question = found.question
    typed = fields.QuestionForm()
    typed.offer(form, _criteria(), question)
    users = editing.users_of_list(form, question.list_name) if question.list_name else ()
    return edited(
        draft,
        typed,
        lambda: question_row(editing.find_question(draft_of(draft_id)[1], name).question),
        lambda: editing.question_edit(name, typed.cells()),
        lambda **more: render_template(
            "console/forms/edit_question.html",
            draft=draft,
            form=form,
            question=question,
            section=found.of,
            typed=typed,
            users=[user for user in users if user != name],
            **more,
        ),
        url_for(".edit", draft_id=draft_id, _anchor=f"question-{name}"),
    )


@blueprint.route("/drafts/<int:draft_id>/sections/<name>", methods=["GET", "POST"])
@open_to(Role.RESEARCHER)
def edit_section(draft_id: int, name: str) -> Answer:
    """The words above one section."""
    draft, form = draft_of(draft_id)
    try:
        section = form.sections[editing.find_section(form, name)]
    except editing.NoSuchQuestion:
        return gone(draft)
    typed = fields.RepeatForm() if isinstance(section, Repeat) else fields.SectionForm()
    return edited(
        draft,
        typed,
        lambda: section_row(_section_now(draft_id, name)),
        lambda: editing.section_edit(name, typed.cells()),
        lambda **more: render_template(
            "console/forms/edit_section.html", draft=draft, form=form, section=section, typed=typed, **more
        ),
        url_for(".edit", draft_id=draft_id, _anchor=f"section-{name}"),
    )


@blueprint.route("/drafts/<int:draft_id>/sections/<name>/add", methods=["GET", "POST"])
@open_to(Role.RESEARCHER)
def add_question(draft_id: int, name: str) -> Answer:
    """A new question at the end of a section."""
    draft, form = draft_of(draft_id)
    try:
        section = form.sections[editing.find_section(form, name)]
    except editing.NoSuchQuestion:
        return gone(draft)
    typed = fields.NewQuestionForm()
    typed.offer(form, _criteria(), None)
    return edited(
        draft,
        typed,
        dict,
        lambda: editing.question_addition(name, typed.cells()),
        lambda **more: render_template(
            "console/forms/add_question.html", draft=draft, form=form, section=section, typed=typed, **more
        ),
        url_for(".edit", draft_id=draft_id, _anchor=f"section-{name}"),
    )


@blueprint.route("/drafts/<int:draft_id>/sections", methods=["GET", "POST"])
@open_to(Role.RESEARCHER)
def add_section(draft_id: int) -> Answer:
    """A new section at the end of the form, with its first question."""
    draft, form = draft_of(draft_id)
    typed = fields.NewSectionForm()
    typed.offer(form, _criteria(), None)
    return edited(
        draft,
        typed,
        dict,
        lambda: editing.section_addition(typed.section_name.data or "", typed.section_cells(), typed.cells()),
        lambda **more: render_template("console/forms/add_section.html", draft=draft, form=form, typed=typed, **more),
        url_for(".edit", draft_id=draft_id, _anchor=f"section-{typed.section_name.data}"),
    )


# --- what all of them do ---------------------------------------------------------------------------------------------


def edited(  # noqa: PLR0917 (look up, validate, save, show: the steps of every view here)
    draft: FormSource,
    typed: fields.EditForm,
    now: Callable[[], Cells],
    edit_of: Callable[[], editing.Edit],
    page: Callable[..., str],
    after: str,
) -> Answer:
    """Show the form, or save what was typed; if somebody saved meanwhile, show both and store nothing."""
    if request.method == "GET":
        typed.show(now(), draft.revision)
        return page()
    if not typed.validate_on_submit():
        return page(), 422
    try:
        save(draft.id, edit_of(), typed.from_revision)
    except StaleDraft as stale:
        differ = typed.rebase(now(), stale.revision)
        return page(conflict=Conflict(draft_of(draft.id)[0], differ)), 409
    except editing.NameTaken as taken:
        return page(refused=_("Mã “%(name)s” đã có trong phiếu. Xin chọn mã khác.", name=str(taken))), 422
    except InstrumentErrors as unreadable:
        return page(refused=refusal(unreadable.faults)), 422
    flash_done(_("Đã lưu vào bản nháp."))
    return redirect(after, 303)


class Conflict:
    """What somebody else saved since a page was made, as far as it is known."""

    def __init__(self, draft: FormSource, differ: list[tuple[str, str, str]]) -> None:
        self.by = draft.updated_by
        self.differ = differ  # (field, as it is saved, as it was typed)
        self.difference = self._since(draft)

    @staticmethod
    def _since(draft: FormSource) -> Difference | None:
        return compared(parsed(draft.previous), parsed(draft.source)) if draft.previous else None

    kinds = KINDS
    column_words = staticmethod(column_words)


def save(draft_id: int, edit: editing.Edit, revision: int) -> None:
    """One edit of a draft, with its line in the audit log."""
    with writing() as session:
        editing.save_edit(session, draft_id, edit, revision=revision, account_id=acting().account_id, today=today())
        audit(session, "form.edited", f"draft-{draft_id}", endpoint=request.endpoint)


def refusal(faults: tuple[Fault, ...]) -> str:
    """Why an edit would make the form unreadable."""
    return "; ".join(fault.words for fault in shown_faults(faults))


def _saved_or_told(draft_id: int, edit: editing.Edit) -> bool:
    """Save an edit that needs no typing; if it cannot be, say so on the next page."""
    try:
        save(draft_id, edit, _revision())
    except StaleDraft:
        flash_done(_("Bản nháp vừa được người khác lưu nên việc này chưa được làm. Xin xem lại rồi bấm lần nữa."))
    except editing.NoSuchQuestion:
        flash_done(_("Mục này không còn trong bản nháp."))
    except LastQuestion:
        flash_done(
            _("Mỗi phần cần ít nhất một câu và mỗi phiếu ít nhất một phần; hãy bỏ cả phần hoặc thêm câu khác trước.")
        )
    except editing.ListInUse as used:
        flash_done(_("Danh sách đang được dùng ở câu %(names)s nên không bỏ được.", names=", ".join(used.users)))
    else:
        return True
    return False


def _revision() -> int:
    typed = request.form.get("revision", "")
    return int(typed) if typed.isdecimal() and len(typed) < 10 else 0


def gone(draft: FormSource) -> tuple[str, int]:
    """What was to be edited is not in the draft any more; what was typed is shown, to be copied elsewhere."""
    if request.method == "GET":
        abort(404)
    kept = [text for key, text in request.form.items() if key not in _HIDDEN and text.strip() and text != "y"]
    return render_template("console/forms/gone.html", draft=draft, kept=kept), 409


def _section_now(draft_id: int, name: str) -> Group | Repeat:
    form = draft_of(draft_id)[1]
    return form.sections[editing.find_section(form, name)]


def _criteria() -> list[editing.MethodCriteria]:
    with reading() as session:
        sources = method_sources(session)
    return editing.criteria_of_methods(sources)
