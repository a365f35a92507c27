"""Numbers of past years: a table is sent in, its columns are named, what it would change is shown, then done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from survey_app.access import open_to
from survey_app.clock import today
from survey_app.console import acting, audit, flash_done, reading, writing
from survey_app.earlier.columns import (
    SINGLE,
    ReadResults,
    ResultColumns,
    columns_from,
    guessed_columns,
    read_results,
)
from survey_app.earlier.files import PastSheet, read_past
from survey_app.earlier.words import FIELDS, past_fault_lines, refusal_words
from survey_app.research.earlier.room import (
    WRITERS,
    NewForm,
    Waiting,
    address_of,
    blueprint,
    facts_of_address,
    forget,
    keep_waiting,
    offered,
    page,
    subject_of,
    waiting,
)
from survey_app.research.uploading import uploaded
from survey_app.services.earlier import (
    EarlierFacts,
    EarlierMoved,
    EarlierRefused,
    ResultsPlan,
    apply_results,
    known_units,
    plan_results,
    remember_columns,
    remembered_columns,
)
from survey_app.services.earlier_ballots import require_no_ballots
from survey_app.uploads import shown
from survey_app.uploads.faults import UploadRefused

EXAMPLES = 3  # cells shown of each column
MOST_SHOWN = 300  # lines of a preview


@blueprint.route("/new", methods=["GET", "POST"])
@open_to(*WRITERS)
def new() -> AnyResponse | str | tuple[str, int]:
    """Send in a table of a past year; it is kept for a day until its columns are named."""
    form = NewForm()
    with reading() as session:
        offered(session, form)
    if request.method == "GET":
        return page("new.html", form=form, found=[])
    if not form.validate():
        return page("new.html", form=form, found=[]), 422
    facts, holds = form.facts(), form.holds.data
    if holds == "ballots":
        facts = replace(facts, scale_max=100.0)  # answers become 0 to 100
    try:
        data, name = uploaded()
        read_past(data, name)
        with writing() as session:
            if holds == "ballots":
                require_no_ballots(session, facts)
            file_id = keep_waiting(session, holds, name, data)
    except UploadRefused as refusal:
        return page("new.html", form=form, found=past_fault_lines(refusal.faults)), 422
    except EarlierRefused as refusal:
        return page("new.html", form=form, found=[("", refusal_words(refusal.code, refusal.params))]), 422
    endpoint = "earlier.ballots" if holds == "ballots" else "earlier.mapping"
    return redirect(url_for(endpoint, file_id=file_id, **address_of(facts)), 303)


@blueprint.get("/uploads/<uuid:file_id>")
@open_to(*WRITERS)
def mapping(file_id: UUID) -> str | tuple[str, int]:
    """What the columns mean; once that was said, what the table would change."""
    with reading() as session:
        upload, facts = waiting(session, "results", file_id), facts_of_address(session)
        sheet = read_past(upload.data, upload.name)
        if "look" not in request.args:
            remembered = remembered_columns(session, sheet.header)
            columns = columns_from(remembered, sheet.header) if remembered else guessed_columns(sheet)
            return _page(upload, facts, sheet, columns, remembered=remembered is not None)
        return _preview(session, upload, facts, sheet, _chosen(sheet))


@blueprint.post("/uploads/<uuid:file_id>")
@open_to(*WRITERS)
def apply(file_id: UUID) -> AnyResponse | str | tuple[str, int]:
    """Do exactly what was shown, or nothing."""
    try:
        with writing() as session:
            upload, facts = waiting(session, "results", file_id), facts_of_address(session)
            sheet = read_past(upload.data, upload.name)
            columns = _chosen(sheet)
            found = read_results(sheet, columns, facts, known_units(session, facts.city, facts.year))
            digest, who = request.form.get("digest", ""), acting().account_id
            row, plan = apply_results(session, facts, found.lines, digest, today=today(), account_id=who)
            remember_columns(session, sheet.header, columns.as_facts(), today())
            forget(session, file_id)
            counted = {"new": len(plan.new), "changed": len(plan.changed)}
            audit(session, "earlier.results_imported", subject_of(facts), **counted, file=upload.name)
            place = url_for("earlier.show", earlier_id=row.id)
    except (EarlierMoved, EarlierRefused, UploadRefused):
        with reading() as session:
            return _preview(session, upload, facts, sheet, columns, moved=True)
    flash_done(_("Đã ghi %(new)s số liệu mới, sửa %(changed)s số liệu.", **counted))
    return redirect(place, 303)


def _chosen(sheet: PastSheet) -> ResultColumns:
    """The columns that the address names."""
    asked: dict[str, Any] = {name: request.args.get(f"col_{name}", "") for name in SINGLE}
    asked |= {"wide": request.args.getlist("wide"), "restore_zeros": "restore_zeros" in request.args}
    return columns_from(asked, sheet.header)


def _preview(
    session: Session,
    upload: Waiting,
    facts: EarlierFacts,
    sheet: PastSheet,
    columns: ResultColumns,
    *,
    moved: bool = False,
) -> str | tuple[str, int]:
    found: ReadResults | None = None
    plan: ResultsPlan | None = None
    faults: list[tuple[str, str]] = []
    try:
        found = read_results(sheet, columns, facts, known_units(session, facts.city, facts.year))
        plan = plan_results(session, facts, found.lines)
    except UploadRefused as refusal:
        faults = past_fault_lines(refusal.faults)
    except EarlierRefused as refusal:
        faults = [("", refusal_words(refusal.code, refusal.params))]
    shown_page = _page(upload, facts, sheet, columns, found=found, plan=plan, faults_found=faults, moved=moved)
    return (shown_page, 422) if moved or faults else shown_page


def _page(upload: Waiting, facts: EarlierFacts, sheet: PastSheet, columns: ResultColumns, **values: Any) -> str:
    return page(
        "mapping.html",
        upload=upload,
        facts=facts,
        address=address_of(facts),
        header=sheet.header,
        titles=sheet.column_labels,
        columns=columns,
        fields=FIELDS,
        examples=[(name, _examples(sheet, name)) for name in sheet.header],
        n_rows=len(sheet.rows),
        most=MOST_SHOWN,
        here=request.full_path,
        **values,
    )


def _examples(sheet: PastSheet, column: str) -> list[str]:
    """The first different cells of a column that hold something."""
    place = sheet.header.index(column)
    found = dict.fromkeys(text for row in sheet.rows[:200] if (text := shown(row[place])))
    return list(found)[:EXAMPLES]
