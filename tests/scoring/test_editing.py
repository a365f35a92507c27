"""The text of a method is edited value by value, and nothing else of it changes."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from scoring.editing import changed, settings, with_status, with_version
from scoring.faults import MethodError
from scoring.loading import methods, parse_method
from scoring.method import Status

TEXTS = {name: path.read_text(encoding="utf-8") for name, path in methods().items()}
SO = TEXTS["dtxhh_so_2026"]


@pytest.mark.parametrize("name", TEXTS)
def test_an_edit_that_changes_nothing_changes_no_byte(name: str):
    text = TEXTS[name]
    assert changed(text, {setting.path: setting.value for setting in settings(text)}) == text


@examples(max_examples=12)
@given(st.data())
def test_one_number_changes_one_line(data: st.DataObject):
    numbers = [setting for setting in settings(SO) if setting.is_number]
    setting = data.draw(st.sampled_from(numbers))
    value = data.draw(st.integers(0, 99))
    lines = list(zip(SO.splitlines(), changed(SO, {setting.path: value}).splitlines(), strict=True))
    assert sum(before != after for before, after in lines) <= 1
    assert {s.path: s.value for s in settings(changed(SO, {setting.path: value}))}[setting.path] == value


def test_names_that_others_refer_to_are_not_among_what_can_be_edited():
    paths = {setting.path for setting in settings(SO)}
    assert {"criteria[0].max_points", "few_ballots.min_ballots", "dont_know.rule", "title.vi"} <= paths
    assert not {"id", "kind", "version", "criteria[0].code", "percent_tables[0].list_name"} & paths
    with pytest.raises(KeyError):
        changed(SO, {"id": "another"})


def test_an_edit_cannot_approve_a_rule():
    assert {c for s in settings(SO) if s.path.endswith("status") for c in s.choices} == {"assumed", "proposed"}


@pytest.mark.parametrize("name", TEXTS)
def test_a_decision_approves_every_rule_by_its_number_and_day(name: str):
    text = with_status(TEXTS[name], Status.APPROVED, number="12/QĐ-UBND", decided_on=date(2026, 12, 1))
    method = parse_method(text)
    assert {c.basis.status for c in method.leaves} | {method.index.basis.status} == {Status.APPROVED}
    assert method.index.basis.number == "12/QĐ-UBND"
    assert method.index.basis.date == date(2026, 12, 1)
    assert with_status(text, Status.ASSUMED) == with_status(TEXTS[name], Status.ASSUMED)


def test_an_approval_without_a_decision_is_no_method():
    with pytest.raises(MethodError, match="approved"):
        parse_method(with_status(SO, Status.APPROVED))


def test_another_version_is_the_same_method():
    assert parse_method(with_version(SO, "2026.2")).version == "2026.2"
    assert parse_method(with_version(SO, "2026.2")).id == "dtxhh_so_2026"
