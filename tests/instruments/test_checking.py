"""A questionnaire that can be read is still checked: names, lists, words, expressions, anonymity, craft."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from instrument_makers import questionnaire

from instruments.checking import check, check_document
from instruments.faults import sentence
from instruments.model import Choice, Group, Instrument, Question, QuestionType
from instruments.xlsform import parse_yaml, read_document

L = "label: {vi: A, en: A}"


def codes(form, *, anonymous=False, n_units=1):
    return [fault.code for fault in check(form, anonymous=anonymous, n_units=n_units) if fault.code != "unused_list"]


def group(*questions, **others):
    lines = [f"- group: g\n  {L}\n  questions:", *(f"    - {{{question}}}" for question in questions)]
    return questionnaire("\n".join(lines))


def question(text):
    return f"type: integer, name: q, {L}, {text}"


def choice_form(*labels, dont_know=()):
    """A form with one rating over a scale with these Vietnamese labels."""
    levels = [Choice(str(place), {"vi": label}, place in dont_know) for place, label in enumerate(labels)]
    rating = Question("q", QuestionType.SELECT_ONE, {"vi": "Câu"}, list_name="l", criterion="X")
    return Instrument("x", "1", {"vi": "T"}, (Group("g", {"vi": "G"}, (rating,)),), {"l": tuple(levels)})


def test_a_sound_form_has_no_faults():
    form = group(f"type: select_one scale, name: q, {L}, criterion: X", f"type: select_one yesno, name: p, {L}")
    assert check(form, anonymous=True) == ()


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (f"type: integer, name: 2q, {L}", "invalid_name"),
        (f"type: integer, name: câu, {L}", "invalid_name"),
        (f"type: integer, name: csrf_token, {L}", "reserved_name"),
        (f"type: integer, name: go, {L}", "reserved_name"),
        (f"type: integer, name: Go, {L}", "reserved_name"),
        (f"type: integer, name: rated_units, {L}", "reserved_name"),
        (f"type: integer, name: {'q' * 33}, {L}", "long_name"),
        (f"type: integer, name: G, {L}", "duplicate_name"),
        (f"type: select_one nowhere, name: q, {L}", "unknown_list"),
        (f"type: select_one rated_units or_other, name: q, {L}", "or_other_units"),
        (f"type: select_one scale or_other, name: q, {L}, choice_filter: 'true()'", "or_other_filter"),
        (f"type: select_one rated_units, name: q, {L}, choice_filter: 'true()'", "filter_not_select"),
        (question("choice_filter: 'true()'"), "filter_not_select"),
        (question("calculation: '1'"), "calculation_not_here"),
        (f"type: note, name: q, {L}, required: yes", "not_answered"),
        (f"type: note, name: q, {L}, constraint: '. > 1'", "not_answered"),
        (question("criterion: X"), "criterion_not_select"),
        (question("reverse: yes"), "reverse_not_select"),
        (f"type: text, name: q, {L}, background: yes", "background_type"),
        (f"type: range, name: q, {L}", "range_limits"),
        (f"type: range, name: q, {L}, parameters: start=0 end=10 step=3", "range_limits"),
        (f"type: range, name: q, {L}, parameters: start=1 end=0 step=1", "range_limits"),
        ("type: integer, name: q", "missing_label"),
        ("type: integer, name: q, label: {vi: A}", "missing_translation"),
        ("type: integer, name: q, label: {vi: A, en: A, fr: A}", "language_not_in_title"),
        (question("hint: {vi: A}"), "missing_translation"),
        (question("constraint_message: {vi: A, en: A}"), "message_unused"),
        (question("required_message: {vi: A, en: A}"), "message_unused"),
        (question("appearance: signature"), "appearance"),
        (question('relevant: "${ghost} = 1"'), "unknown_reference"),
        (question('relevant: "${q} = 1"'), "self_reference"),
        (question("constraint: '${q} < 5'"), "self_reference"),
        (question("relevant: '. = 1'"), "self_not_here"),
        (question("relevant: 'q = 1'"), "bare_name"),
        (question("relevant: 'count(1)'"), "unknown_function"),
        (question("relevant: '1 +'"), "expression_ends"),
        (f"type: select_one scale, name: q, {L}, choice_filter: 'vung = 1'", "unknown_filter_column"),
    ],
)
def test_a_fault_of_one_question_is_found(line, code):
    assert codes(group(line)) == [code]


def test_a_long_name_is_too_long_for_stata_only():
    """Stata takes 32 characters (help limits), SPSS 64 bytes, which are as many plain letters."""
    (fault,) = check(group(f"type: integer, name: {'q' * 33}, {L}"), anonymous=False)[-1:]
    for language in ("vi", "en"):
        words = sentence(fault, language)
        assert "Stata" in words
        assert "32" in words
        assert "SPSS" not in words


def test_a_calculation_needs_an_expression():
    assert codes(group("type: calculate, name: k", question("required: yes"))) == ["calculation_missing"]


def test_a_chain_of_calculations_has_an_end():
    """A thousand of them, each within the next, no evaluator could work out."""

    def chain(count):
        rest = [
            f'type: calculate, name: c{number}, calculation: "${{c{number - 1}}} + 1"' for number in range(1, count)
        ]
        return group("type: calculate, name: c0, calculation: '1'", *rest, question("required: yes"))

    assert codes(chain(50)) == []
    assert codes(chain(51)) == ["calculation_deep"]
    assert codes(chain(60)) == ["calculation_deep"]


def test_only_earlier_answers_can_be_read():
    form = group(question('relevant: "${later} = 1"'), f"type: integer, name: later, {L}")
    assert codes(form) == ["later_reference"]


def test_a_misspelt_reference_names_the_likely_one():
    form = group(f"type: integer, name: visits, {L}", question('relevant: "${visit} = 1"'))
    (fault,) = [one for one in check(form, anonymous=False) if one.is_error]
    assert (fault.code, fault.params["likely"]) == ("unknown_reference_likely", "visits")


def test_a_note_has_no_answer():
    form = group(f"type: note, name: n, {L}", question('relevant: "${n} = 1"'))
    assert codes(form) == ["note_reference"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("${s} = '7'", ["unknown_choice_compared"]),
        ("'7' != ${s}", ["unknown_choice_compared"]),
        ("selected(${s}, 'x')", ["unknown_choice_compared"]),
        ("${s} = '1' or ${s} = ''", []),
        ("${s} = 1", []),
    ],
)
def test_a_comparison_with_a_choice_that_does_not_exist_is_found(text, found):
    form = group(f"type: select_one scale, name: s, {L}", question(f'relevant: "{text}"'))
    assert codes(form) == found


REPEAT = f"""
- group: g
  {L}
  questions: [{{type: select_one rated_units, name: where, {L}}}]
- repeat: r
  {L}
  units_from: where
  questions:
    - {{type: select_one scale, name: a, {L}}}
    - {{type: select_one scale, name: b, {L}, relevant: "${{a}} = '1'"}}
- group: h
  {L}
  questions: [{{type: integer, name: c, {L}}}]
"""


def test_a_repeat_reads_its_own_answers_and_nobody_else_does():
    assert codes(questionnaire(REPEAT)) == []
    assert codes(questionnaire(REPEAT.replace("name: c,", "name: c, relevant: \"${a} = '1'\","))) == [
        "repeat_reference"
    ]


def test_units_are_chosen_in_an_earlier_group():
    assert codes(questionnaire(REPEAT.replace("units_from: where", "units_from: c"))) == ["units_from"]
    inside = REPEAT.replace("select_one scale, name: a", "select_one rated_units, name: a").replace("= '1'", "= 'x'")
    assert codes(questionnaire(inside)) == ["units_in_repeat"]


def test_a_note_in_a_matrix_is_found_and_an_empty_section():
    matrix = REPEAT.replace("units_from: where", "layout: matrix").replace("select_one scale, name: b", "note, name: b")
    assert codes(questionnaire(matrix)) == ["note_in_matrix"]
    assert codes(questionnaire(f"- {{group: g, {L}, questions: []}}")) == ["empty_section"]


def test_a_background_question_in_a_repeat_is_found():
    assert codes(questionnaire(REPEAT.replace("name: a,", "name: a, background: yes,"))) == ["background_type"]


def test_lists_are_checked():
    form = parse_yaml(
        """
settings: {form_id: "1x", version: "1", default_language: fr, title: {vi: T}}
choices:
  l: [{name: a b, label: {vi: A}}, {name: c, label: {vi: A}}, {name: c}]
  unused: [{name: other, label: {vi: A}, dont_know: yes}, {name: b, label: {vi: A}, dont_know: yes}]
  early: [{name: a, label: {vi: A}, dont_know: yes}, {name: b, label: {vi: A}}]
survey:
  - {group: g, label: {vi: A}, questions: [{type: select_one l, name: q, label: {vi: A}}]}
""",
        "x.yaml",
    )
    assert [fault.code for fault in check(form, anonymous=True)] == [
        "invalid_form_id",
        "title_not_in_default_language",
        "invalid_choice_name",
        "duplicate_choice",
        "missing_label",
        "unused_list",
        "unused_list",
        "several_dont_know",
        "dont_know_not_last",
    ]


def test_a_form_made_in_code_is_checked_too():
    form = choice_form("Kém", "Tốt")
    wrong = replace(form, choices={"l": (), "rated_units": form.choices["l"]}, sections=())
    assert {fault.code for fault in check(wrong, anonymous=False)} >= {"empty_list", "reserved_list", "no_sections"}
    listed = replace(form.sections[0].questions[0], type=QuestionType.TEXT, criterion=None)
    section = replace(form.sections[0], questions=(listed,))
    assert "list_not_select" in {fault.code for fault in check(replace(form, sections=(section,)), anonymous=False)}


def test_the_name_of_a_list_is_one_plain_word():
    form = choice_form("Kém", "Tốt")
    assert codes(replace(form, choices={**form.choices, "hai lòng": form.choices["l"]})) == ["invalid_list_name"]


UNSAFE = [
    "a<b",
    "a>b",
    'a"b',
    "a'b",
    "a b",
    "a/b",
    "a\\b",
    "a&b",
    "a#b",
    "a?b",
    "a%b",
    "a:b",
    "a=b",
    "a;b",
    "a\u00a0b",
    "đ",
]


@pytest.mark.parametrize("name", UNSAFE)
def test_a_name_that_would_break_a_page_or_an_address_is_refused_in_a_file(tmp_path, name):
    """Names become identifiers, fields and addresses (a page's key is the name of its section)."""
    question = {"type": "select_one l", "name": "q", "label": "A"}
    form = {
        "settings": {"form_id": "x", "version": "1", "title": "T"},
        "choices": {"l": [{"name": "a", "label": "A"}, {"name": "b", "label": "B"}]},
        "survey": [{"group": "g", "label": "G", "questions": [question]}],
    }
    repeat = {"repeat": name, "label": "R", "questions": [{**question, "name": "p"}]}
    choice = [{"name": name, "label": "A"}, {"name": "b", "label": "B"}]
    wrong = {
        "invalid_form_id": {**form, "settings": {**form["settings"], "form_id": name}},
        "invalid_list_name": {**form, "choices": {**form["choices"], name: form["choices"]["l"]}},
        "invalid_choice_name": {**form, "choices": {"l": choice}},
        "invalid_name": {**form, "survey": [{**form["survey"][0], "group": name}]},
        "invalid_name ": {**form, "survey": [{**form["survey"][0], "questions": [{**question, "name": name}]}]},
        "invalid_name  ": {**form, "survey": [*form["survey"], repeat]},
    }
    assert errors_in_file(tmp_path, form) == []
    for code, changed in wrong.items():
        assert code.strip() in errors_in_file(tmp_path, changed), code


def errors_in_file(tmp_path, form):
    path = tmp_path / "form.yaml"
    path.write_text(json.dumps(form, ensure_ascii=False), encoding="utf-8")
    return [fault.code for fault in check_document(read_document(path), anonymous=False) if fault.is_error]


def test_other_cannot_be_both_a_choice_and_or_other():
    form = choice_form("Kém", "Tốt")
    asked = replace(form.sections[0].questions[0], or_other=True)
    choices = {"l": (*form.choices["l"], Choice("other", {"vi": "Khác"}))}
    sections = (replace(form.sections[0], questions=(asked,)),)
    assert "other_taken" in codes(replace(form, sections=sections, choices=choices))


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (["Rất kém", "Kém", "Trung bình", "Tốt", "Rất tốt"], []),
        (["Không hài lòng", "Bình thường", "Hài lòng"], []),
        (["Rất khó", "Khó", "Không khó, không dễ", "Dễ", "Rất dễ"], []),
        (["Kém", "Trung bình", "Tốt", "Rất tốt"], ["scale_unbalanced"]),
        (["Rất kém", "Kém", "Không tốt", "Tốt"], ["scale_unbalanced"]),
        (["Rất hài lòng", "Hài lòng", "Không hài lòng", "Rất không hài lòng"], ["scale_direction"]),
        (["Tốt"], ["scale_length"]),
    ],
)
def test_a_scale_that_leans_to_one_side_is_a_warning(labels, found):
    form = choice_form(*labels)
    assert codes(form) == found
    assert not any(fault.is_error for fault in check(form, anonymous=False))


def test_a_rating_of_units_without_dont_know_is_a_warning():
    form = questionnaire(
        REPEAT.replace("select_one scale, name: a", "select_one yesno, name: a").replace("'1'", "'no'")
    )
    assert codes(form) == ["no_dont_know"]


def test_too_many_ratings_for_one_person_is_an_error():
    form = questionnaire(REPEAT.replace("units_from: where", "layout: matrix"))
    assert codes(form, n_units=60) == []
    assert codes(form, n_units=61) == ["too_many_ratings"]


@pytest.mark.parametrize(
    ("line", "code", "error"),
    [
        (f"type: text, name: q, {L}", "free_text_anonymous", False),
        (f"type: select_one scale or_other, name: q, {L}", "free_text_anonymous", False),
        (f"type: date, name: q, {L}", "date_anonymous", False),
        ("type: text, name: q, label: {vi: Số điện thoại của Ông/Bà, en: A}", "asks_identity", True),
        ("type: text, name: q, label: {vi: A, en: Your e-mail}", "asks_identity", True),
    ],
)
def test_questions_that_may_say_who_answers_are_named_for_anonymous_groups_only(line, code, error):
    form = group(line)
    assert codes(form, anonymous=True) == [code]
    assert any(fault.is_error for fault in check(form, anonymous=True)) == error
    assert codes(form) == []
