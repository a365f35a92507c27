"""Method files: every shipped one is sound and honest, and every fault of a bad one has a path and a remedy."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from scoring_makers import COMPOSITE, DTXHH, SIPAS, TITLE, changed, method_of

from instruments.xlsform import read_instrument
from scoring.checking import check_fed
from scoring.faults import TEXTS, MethodError
from scoring.loading import load_method, methods, parse_method
from scoring.method import OtherLists, Status

CATALOGUE = Path(__file__).parents[2] / "instruments" / "catalogue"
FORMS = {
    "dtxhh_so_2026": {
        "hdnd_tp": "so_2026_hdnd",
        "lanh_dao_so": "so_2026_lanh_dao_so",
        "lanh_dao_xa": "so_2026_lanh_dao_xa",
        "cong_chuc": "so_2026_cong_chuc",
    },
    "dtxhh_xa_2026": {
        "hdnd_tp": "xa_2026_hdnd_tp",
        "lanh_dao_so": "xa_2026_lanh_dao_so",
        "hdnd_xa": "xa_2026_hdnd_xa",
        "cong_chuc": "xa_2026_cong_chuc",
    },
    "dtxhh_dvsn_2024": {
        "hdnd_tp": "dvsn_2024_hdnd",
        "lanh_dao_so": "dvsn_2024_lanh_dao_so",
        "lanh_dao_xa": "dvsn_2024_lanh_dao_xa",
        "vien_chuc": "dvsn_2024_vien_chuc",
    },
    "dtxhh_nganh_doc_2024": {
        "hdnd_tp": "nganh_doc_2024_hdnd",
        "lanh_dao_so": "nganh_doc_2024_lanh_dao_so",
        "lanh_dao_xa": "nganh_doc_2024_lanh_dao_xa",
        "cong_chuc": "nganh_doc_2024_cong_chuc",
    },
    "sipas_2026": {"nguoi_dan": "sipas_2026_nguoi_dan", "to_chuc": "sipas_2026_to_chuc"},
}


def faults_of(raw=DTXHH, **changes):
    with pytest.raises(MethodError) as caught:
        method_of(raw, **changes)
    return caught.value


@pytest.mark.parametrize("name", sorted(methods()))
def test_shipped_methods_load_under_their_own_name(name):
    method = load_method(methods()[name])
    assert method.id == name
    assert method.title["vi"]
    assert method.title["en"]


@pytest.mark.parametrize("name", sorted(methods()))
def test_no_rule_of_a_shipped_method_claims_an_approval_and_each_names_its_source(name):
    text = methods()[name].read_text(encoding="utf-8")
    assert not re.findall(r"status: approved", text)
    assert len(re.findall(r"status: (assumed|proposed)", text)) == len(re.findall(r"source: \S.{20}", text))


@pytest.mark.parametrize("name", FORMS)
def test_the_catalogue_feeds_every_criterion_of_the_shipped_methods(name):
    instruments = {group: read_instrument(CATALOGUE / f"{form}.yaml") for group, form in FORMS[name].items()}
    assert check_fed(load_method(methods()[name]), instruments) == ()


def test_a_method_is_checked_against_its_questionnaires_by_path():
    method = load_method(methods()["dtxhh_so_2026"])
    names = FORMS["dtxhh_so_2026"] | {"hdnd_tp": "so_2026_lanh_dao_xa"}  # asks BO_MAY, not SO_HOA
    del names["cong_chuc"]
    instruments = {group: read_instrument(CATALOGUE / f"{form}.yaml") for group, form in names.items()}
    lines = [fault.text() for fault in check_fed(method, instruments)]
    assert any(re.search(r"^group_weights: weighs group 'cong_chuc', which has no questionnaire", x) for x in lines)
    assert any(re.search(r"^criteria\[6\]: weighs group 'hdnd_tp', whose .* asks nothing", x) for x in lines)
    assert any(re.search(r"^criteria\[3\]: has no group weight for 'hdnd_tp', whose .* asks '\w+'", x) for x in lines)


def test_a_choice_list_must_have_a_percentage_for_every_level():
    method = load_method(methods()["dtxhh_so_2026"])
    fractions = dict(list(method.percent_tables[0].fractions.items())[:4])
    object.__setattr__(method.percent_tables[0], "fractions", fractions)
    instruments = {g: read_instrument(CATALOGUE / f"{f}.yaml") for g, f in FORMS["dtxhh_so_2026"].items()}
    lines = [fault.text() for fault in check_fed(method, instruments)]
    assert lines
    assert lines[0].startswith("percent_tables[0].fractions: has no fraction for choice '5' of the scale 'quality5'")


def test_every_scale_of_the_questionnaires_must_have_a_value():
    instruments = {g: read_instrument(CATALOGUE / f"{f}.yaml") for g, f in FORMS["sipas_2026"].items()}
    method = load_method(methods()["sipas_2026"])
    counted = replace(method.satisfaction, top_levels={3: 1})
    lines = [fault.text() for fault in check_fed(replace(method, satisfaction=counted), instruments)]
    assert re.search(r"^satisfaction\.top_levels: does not say how many of 5 levels .* 'satisfied5'", lines[0])
    strict = replace(method.answers, other_lists=OtherLists.REFUSE)
    lines = [fault.text() for fault in check_fed(replace(method, answers=strict, percent_tables=()), instruments)]
    assert re.search(r"^percent_tables: has no table for the scale 'satisfied5'", lines[0])


@pytest.mark.parametrize(
    ("raw", "changes", "line"),
    [
        (DTXHH, {"id": ...}, r"id: is missing; add this key \(text\)"),
        (DTXHH, {"ranking": ...}, r"ranking: is missing; add this key \(a mapping\)"),
        (DTXHH, {"colour": "red"}, r"colour: is not a known key; remove it or use one of: .*criteria"),
        (DTXHH, {"few_ballots__minimum": 5}, r"few_ballots\.minimum: is not a known key; .*min_ballots"),
        (DTXHH, {"year": "2026"}, r"year: is '2026'; it must be a whole number"),
        (DTXHH, {"year": True}, r"year: is True; it must be a whole number"),
        (DTXHH, {"criteria": {}}, r"criteria: is \{\}; it must be a list"),
        (DTXHH, {"criteria": []}, r"criteria: is empty; it needs at least one entry"),
        (DTXHH, {"title": "Thử"}, r"title: is 'Thử'; it must be a mapping"),
        (DTXHH, {"title__en": ...}, r"title\.en: is missing"),
        (DTXHH, {"kind": "survey"}, r"kind: is 'survey'; it must be one of: dtxhh, sipas, composite"),
        (DTXHH, {"criteria__0__max_points": -1}, r"criteria\[0\]\.max_points: is -1; it must lie between 0 and inf"),
        (DTXHH, {"criteria__1__code": "C1"}, r"criteria\[1\]\.code: is 'C1', used above; use it once"),
        (DTXHH, {"criteria__0__status": ...}, r"criteria\[0\]\.status: is missing"),
        (DTXHH, {"rounding__status": "final"}, r"rounding\.status: is 'final'; .* assumed, proposed, approved"),
        (
            DTXHH,
            {"rounding__status": "approved"},
            r"rounding\.status: has status: approved but no decision; give number",
        ),
        (DTXHH, {"rounding__source": ...}, r"rounding\.source: is missing"),
        (
            DTXHH,
            {"group_weights__by_criterion__C1__a": 0.5},
            r"group_weights\.by_criterion\.C1: sums to 0\.9; it must sum to 1: change it by \+0\.1",
        ),
        (
            DTXHH,
            {"group_weights__by_criterion__C2": ...},
            r"group_weights\.by_criterion: has no entry for criterion 'C2'",
        ),
        (
            DTXHH,
            {"group_weights__by_criterion__C9": {"a": 1}},
            r"group_weights\.by_criterion: is 'C9', not a criterion scored from ratings; it must be one of: C1, C2",
        ),
        (
            DTXHH,
            {"group_weights__by_criterion__C1__a": "x"},
            r"group_weights\.by_criterion\.C1\.a: is 'x'; it must be a number",
        ),
        (
            DTXHH,
            {"percent_tables__0__fractions__1": 20},
            r"percent_tables\[0\]\.fractions\.1: is 20; .* between 0 and 1",
        ),
        (DTXHH, {"percent_tables__0__fractions": {}}, r"percent_tables\[0\]\.fractions: is empty"),
        (DTXHH, {"percent_tables__1__list_name": "five"}, r"percent_tables\[1\]\.list_name: is 'five', used above"),
        (DTXHH, {"answers__file_scale": "six"}, r"answers\.file_scale: 'six' has no table .* five, abcd"),
        (DTXHH, {"answers__measures": [1]}, r"answers\.measures\[0\]: is 1; it must be text"),
        (DTXHH, {"dont_know__rule": "as_value"}, r"dont_know\.value: is missing; add this key \(a number\)"),
        (DTXHH, {"few_ballots__min_ballots": 0}, r"few_ballots\.min_ballots: is 0; it must lie between 1"),
        (DTXHH, {"bands__from_best__1__low": 85}, r"bands\.from_best: leave a gap: 80\.0 to 85\.0"),
        (DTXHH, {"bands__from_best__2__high": 85}, r"bands\.from_best: overlap: 80\.0 to 85\.0"),
        (DTXHH, {"bands__from_best__0__high": 99}, r"bands\.from_best: leave a gap: 99\.0 to 100\.0"),
        (DTXHH, {"bands__from_best__2__low": 5}, r"bands\.from_best: leave a gap: 0\.0 to 5\.0"),
        (DTXHH, {"bands__from_best": []}, r"bands\.from_best: is empty"),
        (DTXHH, {"parts": {}}, r"parts: has no meaning in kind: dtxhh; remove it"),
        (COMPOSITE, {"dont_know": DTXHH["dont_know"]}, r"dont_know: has no meaning in kind: composite; remove it"),
        (COMPOSITE, {"criteria__1__component": "x"}, r"criteria\[1\]\.component: is 'x', used above"),
        (SIPAS, {"criteria__0__max_points": 60}, r"criteria\[0\]\.max_points: has no meaning in kind: sipas"),
        (SIPAS, {"parts__component_weights__CS": 0.7}, r"parts\.component_weights: sums to 1\.1; .* by -0\.1"),
        (SIPAS, {"parts__component_weights": {"CS": 1}}, r"parts\.component_weights: has no entry for criterion 'DV'"),
        (
            SIPAS,
            {"parts__component_weights": {"CS": 0.6, "DV": 0.4, "XX": 0}},
            r"parts\.component_weights: is 'XX', not a criterion .* one of: CS, DV",
        ),
        (SIPAS, {"satisfaction__top_levels": {"5": 5}}, r"satisfaction\.top_levels\.5: is 5\.0; .* below the key"),
    ],
)
def test_every_fault_has_its_path_and_its_remedy(raw, changes, line):
    assert re.search(f"(^|\n){line}", faults_of(raw, **changes).text())


def test_points_of_children_must_sum_to_those_of_the_parent():
    children = [{"code": "C1.1", "title": TITLE, "max_points": 1}, {"code": "C1.2", "title": TITLE, "max_points": 1.5}]
    text = faults_of(criteria__0__children=children).text()
    assert "criteria[0].max_points: is 3.0 but its children sum to 2.5; make them agree" in text
    deep = [{"code": "C1.1", "title": TITLE, "max_points": 3, "children": children}]
    assert "criteria[0].children[0].max_points: is 3.0 but" in faults_of(criteria__0__children=deep).text()


def test_children_inherit_status_and_source_or_state_their_own():
    own = {"status": "approved", "source": "QĐ", "number": "12/QĐ-UBND", "date": date(2026, 9, 1)}
    first = {"code": "C1.1", "title": TITLE, "max_points": 1}
    children = [first, {"code": "C1.2", "title": TITLE, "max_points": 2, **own}]
    weights = {code: {"a": 1} for code in ("C1.1", "C1.2", "C2")}
    method = method_of(criteria__0__children=children, group_weights__by_criterion=weights)
    first, second, _ = method.leaves
    assert first.basis.status is Status.ASSUMED
    assert (second.basis.status, second.basis.number, second.basis.date) == (
        Status.APPROVED,
        "12/QĐ-UBND",
        date(2026, 9, 1),
    )


def test_all_faults_come_at_once_in_either_language():
    error = faults_of(id=..., year="x", rounding__digits=99, group_weights__by_criterion__C1={"a": 0.5})
    assert {fault.path for fault in error.faults} == {"id", "year", "rounding.digits", "group_weights.by_criterion.C1"}
    assert "id: thiếu; hãy thêm khóa này" in error.text("vi")
    assert "tổng phải bằng 1" in error.text("vi")


def test_a_missing_section_is_one_fault_and_not_one_for_each_key_in_it():
    assert len(faults_of(few_ballots=...).faults) == 1


def test_no_more_than_twenty_faults_are_shown_and_the_rest_counted():
    error = faults_of(**{f"wrong{k}": 1 for k in range(25)})
    assert len(error.text().splitlines()) == 21
    assert error.text().endswith("and 5 more")


def test_every_fault_is_said_in_both_languages():
    for code, (vietnamese, english) in TEXTS.items():
        assert set(re.findall(r"{(\w+)", vietnamese)) == set(re.findall(r"{(\w+)", english)), code


def test_a_file_that_is_not_yaml_says_in_which_line(tmp_path):
    path = tmp_path / "m.yaml"
    path.write_text("id: a\nversion: [1\nkind: x\n", encoding="utf-8")
    with pytest.raises(MethodError, match=r"line \d: is not valid YAML"):
        load_method(path)


def test_brackets_within_brackets_are_refused():
    with pytest.raises(MethodError, match="too deep"):
        parse_method("a: " + "[" * 2000 + "]" * 2000)


def test_a_key_given_twice_is_refused(tmp_path):
    path = tmp_path / "m.yaml"
    path.write_text("id: a\nid: b\n", encoding="utf-8")
    with pytest.raises(MethodError, match="is not valid YAML"):
        load_method(path)


def test_a_file_that_holds_no_mapping_is_refused(tmp_path):
    path = tmp_path / "m.yaml"
    path.write_text("- 1\n", encoding="utf-8")
    with pytest.raises(MethodError, match=r"\(file\): is \[1\]; it must be a mapping"):
        load_method(path)


def test_the_changed_copies_leave_the_original_alone():
    changed(DTXHH, {"id": "x"})
    assert DTXHH["id"] == "tiny"
