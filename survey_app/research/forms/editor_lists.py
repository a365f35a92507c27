"""The editor of a choice list: its order, its words, its "don't know"."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from instruments.editing import ChoiceRow
from instruments.model import RATED_UNITS, Instrument
from survey_app.access import Role, open_to
from survey_app.console import flash_done
from survey_app.queries.forms import FormSource
from survey_app.research.forms.editor import Answer, Conflict, gone, save
from survey_app.research.forms.routes import blueprint, draft_of
from survey_app.services import form_editing as editing
from survey_app.services.forms import StaleDraft

MOST_CHOICES = 200
CODE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
LIST_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")


@dataclass(frozen=True, slots=True)
class TypedChoice:
    """A row of the page: where the choice stood before (empty: new), and what was typed."""

    was: str
    name: str
    vi: str
    en: str
    dont_know: bool
    fault: str = ""

    @property
    def row(self) -> ChoiceRow:
        cells = {"label::vi": self.vi, "label::en": self.en, "dont_know": "yes" if self.dont_know else ""}
        if self.was:
            return ChoiceRow(int(self.was), cells)
        return ChoiceRow(None, {"name": self.name, **cells})


@blueprint.route("/drafts/<int:draft_id>/lists/<name>", methods=["GET", "POST"])
@open_to(Role.RESEARCHER)
def edit_list(draft_id: int, name: str) -> Answer:
    """The choices of a list, and the questions that they are changed for."""
    draft, form = draft_of(draft_id)
    if name not in form.choices:
        return gone(draft)
    if request.method == "GET":
        return _page(draft, form, name, _saved_rows(form, name), draft.revision)
    return _posted(draft, form, name, _typed_rows(len(form.choices[name])))


@blueprint.route("/drafts/<int:draft_id>/lists", methods=["GET", "POST"])
@open_to(Role.RESEARCHER)
def add_list(draft_id: int) -> Answer:
    """A new list; ``copy`` names one whose choices it begins with."""
    draft, form = draft_of(draft_id)
    copied = request.args.get("copy", "")
    if request.method == "POST":
        return _posted(draft, form, "", _typed_rows(0))
    rows = [replace(row, was="") for row in _saved_rows(form, copied)] if copied in form.choices else []
    blank = [TypedChoice("", str(n), "", "", dont_know=False) for n in (1, 2)]
    return _page(draft, form, "", rows or blank, draft.revision)


def _posted(draft: FormSource, form: Instrument, name: str, rows: list[TypedChoice]) -> Answer:
    """The rows rearranged on the page, or saved: in the list of this name, or in a new one."""
    go, revision = request.form.get("go", "save"), _revision()
    if go != "save":
        return _page(draft, form, name, _rearranged(rows, go), revision)
    rows = _judged(rows)
    new_name = request.form.get("list_name", "").strip()
    refused = _refused(name, new_name, rows)
    if refused or any(row.fault for row in rows):
        return _page(draft, form, name, rows, revision, refused=refused), 422
    choices = [row.row for row in rows]
    made = editing.list_edit(name, choices) if name else editing.list_addition(new_name, [row.cells for row in choices])
    try:
        save(draft.id, made, revision)
    except StaleDraft as stale:
        return _stale_page(draft.id, name, rows, stale)
    except editing.NameTaken:
        taken = _("Đã có danh sách tên “%(name)s”.", name=new_name)
        return _page(draft, form, name, rows, revision, refused=taken), 422
    flash_done(
        _("Đã lưu vào bản nháp.") if name else _("Đã thêm danh sách. Bước tiếp theo: chọn danh sách này ở câu hỏi.")
    )
    return redirect(url_for(".edit", draft_id=draft.id, _anchor=f"list-{name or new_name}"), 303)


def _refused(name: str, new_name: str, rows: list[TypedChoice]) -> str:
    if not name and (not LIST_NAME.fullmatch(new_name) or new_name == RATED_UNITS):
        return _("Tên danh sách gồm chữ cái không dấu, chữ số và dấu gạch dưới.")
    return "" if rows else _("Danh sách cần ít nhất một phương án.")


def _saved_rows(form: Instrument, name: str) -> list[TypedChoice]:
    return [
        TypedChoice(str(place), c["name"], c.get("label::vi", ""), c.get("label::en", ""), c.get("dont_know") == "yes")
        for place, c in enumerate(editing.list_rows(form, name))
    ]


def _typed_rows(n_saved: int) -> list[TypedChoice]:
    """The rows as they stand on the page, in their order there; the list that is saved has so many."""
    form = request.form
    numbers = [number for number in form.getlist("row")[:MOST_CHOICES] if number.isdecimal() and len(number) < 5]
    return [
        TypedChoice(
            was if (was := form.get(f"was-{n}", "")).isdecimal() and len(was) < 5 and int(was) < n_saved else "",
            form.get(f"name-{n}", "").strip(),
            form.get(f"vi-{n}", "").strip(),
            form.get(f"en-{n}", "").strip(),
            f"dk-{n}" in form,
        )
        for n in numbers
    ]


def _rearranged(rows: list[TypedChoice], go: str) -> list[TypedChoice]:
    """The rows after a button: ``up:2``, ``down:2``, ``drop:2`` or ``add``. Nothing is saved by it."""
    what, _sign, at = go.partition(":")
    place = int(at) if at.isdecimal() and len(at) < 5 else -1
    if what == "add":
        return [*rows, TypedChoice("", "", "", "", dont_know=False)]
    if not 0 <= place < len(rows):
        return rows
    if what == "drop":
        return rows[:place] + rows[place + 1 :]
    to = min(max(place + (-1 if what == "up" else 1), 0), len(rows) - 1)
    moved = [*rows]
    moved.insert(to, moved.pop(place))
    return moved


def _judged(rows: list[TypedChoice]) -> list[TypedChoice]:
    """The rows that are not empty, each with what is wrong with it."""
    filled = [row for row in rows if row.was or row.name or row.vi]
    names = [row.name for row in filled]
    return [replace(row, fault=_fault(row, names)) for row in filled]


def _fault(row: TypedChoice, names: list[str]) -> str:
    if not CODE.fullmatch(row.name):
        return _("Mã gồm chữ cái không dấu, chữ số, dấu gạch dưới, gạch ngang hoặc chấm.")
    if names.count(row.name) > 1:
        return _("Mã này có ở hai phương án.")
    return "" if row.vi else _("Xin nhập câu chữ tiếng Việt.")


def _revision() -> int:
    typed = request.form.get("revision", "")
    return int(typed) if typed.isdecimal() and len(typed) < 10 else 0


def _stale_page(draft_id: int, name: str, rows: list[TypedChoice], stale: StaleDraft) -> tuple[str, int]:
    """What was typed, beside what somebody else saved: whoever saves next replaces the list by what stands here."""
    draft, form = draft_of(draft_id)
    now = _saved_rows(form, name) if name in form.choices else []
    places = {row.name: row.was for row in now}
    kept = [replace(row, was=places.get(row.name, "")) for row in rows]
    differ = [] if [(r.name, r.vi, r.en) for r in now] == [(r.name, r.vi, r.en) for r in rows] else [
        (name, " · ".join(row.vi for row in now), " · ".join(row.vi for row in rows))
    ]  # fmt: skip
    conflict = Conflict(draft, differ)
    return _page(draft, form, name, kept, stale.revision, conflict=conflict), 409


def _page(
    draft: FormSource,
    form: Instrument,
    name: str,
    rows: list[TypedChoice],
    revision: int,
    *,
    refused: str = "",
    conflict: Conflict | None = None,
) -> str:
    return render_template(
        "console/forms/edit_list.html",
        draft=draft,
        form=form,
        name=name,
        rows=rows,
        revision=revision,
        users=editing.users_of_list(form, name) if name else (),
        typed_name=request.form.get("list_name", ""),
        refused=refused,
        conflict=conflict,
    )
