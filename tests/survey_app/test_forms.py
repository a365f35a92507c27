"""Questionnaires from draft to published version."""

from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from instruments.editing import set_settings
from instruments.loading import catalogue
from survey_app.models.rounds import InstrumentVersion
from survey_app.queries.forms import UnknownForm, drafts_shown, form_source, versions_shown
from survey_app.services.form_editing import (
    ListInUse,
    NameTaken,
    criteria_of_methods,
    list_addition,
    list_removal,
    question_addition,
    question_edit,
    question_move,
    save_edit,
)
from survey_app.services.forms import (
    FormUnsound,
    NothingToUndo,
    StaleDraft,
    VersionTaken,
    discard_draft,
    free_number,
    keep_draft,
    publish_draft,
    start_from,
    undo_draft,
)

SOURCE = catalogue()["so_2026_hdnd"].read_text(encoding="utf-8")
DAY = date(2026, 9, 1)
BY = {"account_id": None, "today": DAY}


def test_the_second_of_two_editors_is_refused_and_an_edit_can_be_undone(session: Session):
    draft = keep_draft(session, SOURCE, **BY)
    edit = question_edit("resolutions", {"label::vi": "Câu mới"})
    assert save_edit(session, draft.id, edit, revision=1, **BY) == 2
    with pytest.raises(StaleDraft) as stale:
        save_edit(session, draft.id, question_edit("resolutions", {"label::vi": "Khác"}), revision=1, **BY)
    assert stale.value.revision == 2
    assert "Câu mới" in form_source(session, f"draft-{draft.id}").source
    assert undo_draft(session, draft.id, revision=2, **BY) == 3
    assert draft.source == SOURCE
    undo_draft(session, draft.id, revision=3, **BY)
    assert "Câu mới" in draft.source
    assert save_edit(session, draft.id, edit, revision=4, **BY) == 4  # nothing to save
    with pytest.raises(NothingToUndo):
        undo_draft(session, keep_draft(session, SOURCE, **BY).id, revision=1, **BY)


def test_a_published_text_stays_and_its_number_is_not_used_twice(session: Session):
    draft = keep_draft(session, SOURCE, **BY)
    first = publish_draft(session, draft.id, revision=1, today=DAY)
    assert (first.form_id, first.version, first.is_new) == ("so_2026_hdnd", "2026.1", True)
    again = publish_draft(session, draft.id, revision=1, today=DAY)
    assert (again.version_id, again.is_new) == (first.version_id, False)
    save_edit(session, draft.id, question_edit("resolutions", {"label::vi": "Câu mới"}), revision=1, **BY)
    with pytest.raises(VersionTaken, match=r"use 2026\.2"):
        publish_draft(session, draft.id, revision=2, today=DAY)
    assert form_source(session, f"version-{first.version_id}").source == SOURCE
    next_draft = start_from(session, SOURCE, **BY)
    assert next_draft.source == set_settings(SOURCE, {"version": "2026.2"})
    assert publish_draft(session, next_draft.id, revision=1, today=DAY).version_id != first.version_id
    assert [version.version for version in versions_shown(session)] == ["2026.2", "2026.1"]


def test_a_form_with_errors_is_not_published(session: Session):
    draft = keep_draft(session, SOURCE, **BY)
    save_edit(
        session, draft.id, question_edit("resolutions", {"label::en": "", "relevant": "${none} = 1"}), revision=1, **BY
    )
    with pytest.raises(FormUnsound) as unsound:
        publish_draft(session, draft.id, revision=2, today=DAY)
    assert {fault.code for fault in unsound.value.faults} == {"missing_translation", "unknown_reference"}
    assert session.scalar(select(func.count(InstrumentVersion.id))) == 0


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_names_are_taken_once_lists_in_use_stay_and_a_discarded_draft_is_gone(session: Session):
    draft = keep_draft(session, SOURCE, **BY)
    new = {"type": "text", "name": "Resolutions", "label::vi": "a", "label::en": "b"}
    with pytest.raises(NameTaken):
        save_edit(session, draft.id, question_addition("next_year", new), revision=1, **BY)
    with pytest.raises(ListInUse, match="resolutions, draft_quality"):
        save_edit(session, draft.id, list_removal("quality5"), revision=1, **BY)
    save_edit(session, draft.id, list_addition("yesno", [{"name": "yes", "label::vi": "Có"}]), revision=1, **BY)
    save_edit(session, draft.id, list_removal("yesno"), revision=2, **BY)
    save_edit(session, draft.id, question_move("resolutions", 1), revision=3, **BY)
    assert drafts_shown(session)[0].revision == 4
    discard_draft(session, draft.id, revision=4)
    for ref in (f"draft-{draft.id}", "draft-x", "version-9", "x", "draft-99999999999999999999"):
        with pytest.raises(UnknownForm):
            form_source(session, ref)


def test_the_next_free_number_follows_the_last_part():
    assert [free_number(version, ["2026.1", "2026.2", "a"]) for version in ("2026.1", "2027.1", "a")] == [
        "2026.3",
        "2027.1",
        "a.1",
    ]


def test_criteria_come_from_the_methods_that_there_are():
    found = {method.method_id: dict(method.criteria) for method in criteria_of_methods(["no: method"])}
    assert "SO.CHI_DAO" in found["dtxhh_so_2026"]
    assert "par_index_2012" not in found  # its criteria are components, not ratings
