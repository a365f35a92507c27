"""A posted page is read strictly, nothing typed is lost, and only the route goes into the ballot."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from instrument_makers import TODAY, UNITS, cleaned, instruments, questionnaire, walked

from instruments.answering import AnswerFault, finish, merge, rating_count, read_page
from instruments.loading import load_catalogue
from instruments.model import RatedUnit
from instruments.routing import pages, shown_items
from instruments.values import OTHER_LIMIT, TEXT_LIMIT, as_posted

plain = instruments(texts=st.just("x") | cleaned)
walks = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])

FORM = questionnaire("""
- group: g
  label: {vi: G, en: G}
  questions:
    - type: select_one yesno
      name: one
      label: {vi: A, en: A}
      required: yes
      required_message: {vi: Chọn đi, en: Choose}
    - type: select_multiple scale
      name: many
      label: {vi: A, en: A}
      constraint: "count-selected(.) <= 1"
      constraint_message: {vi: Một thôi, en: One only}
    - {type: integer, name: whole, label: {vi: A, en: A}, constraint: ". < 100"}
    - {type: decimal, name: number, label: {vi: A, en: A}}
    - {type: range, name: scale, label: {vi: A, en: A}, parameters: start=0 end=10 step=0.5}
    - {type: date, name: day, label: {vi: A, en: A}, constraint: ". <= today()"}
    - {type: text, name: words, label: {vi: A, en: A}}
    - {type: select_one yesno or_other, name: how, label: {vi: A, en: A}}
    - {type: select_multiple rated_units, name: dealt, label: {vi: A, en: A}}
    - {type: note, name: note, label: {vi: A, en: A}}
""")
PAGE = pages(FORM, UNITS, {}, TODAY)[0]


def read(**form):
    posted = {"one": ["yes"], **{name: [text] if isinstance(text, str) else text for name, text in form.items()}}
    return read_page(FORM, PAGE, posted, {}, UNITS, TODAY)


def outcome(name, *posted):
    """The value read, or the code of the fault."""
    found = read(**{name: list(posted)})
    codes = [fault.code for fault in found.faults if fault.field.startswith(name)]
    return codes[0] if codes else found.values.get(name)


@pytest.mark.parametrize(
    ("name", "posted", "expected"),
    [
        ("one", ["no"], "no"),
        ("one", ["maybe"], "unknown_choice"),
        ("one", ["yes", "no"], "one_answer_only"),
        ("one", [], "required"),
        ("one", ["", " "], "required"),
        ("many", ["2"], ["2"]),
        ("many", ["2", "1"], "constraint"),
        ("many", ["1", "98"], "dont_know_alone"),
        ("many", ["98"], ["98"]),
        ("many", ["1", "7"], "unknown_choice"),
        ("many", ["1", "1"], ["1"]),
        ("whole", [" 12 "], 12),
        ("whole", ["007"], 7),
        ("whole", ["-3"], -3),
        ("whole", ["100"], "constraint"),
        ("whole", ["1.5"], "not_an_integer"),
        ("whole", ["1.000"], "not_an_integer"),
        ("whole", ["１２"], "not_an_integer"),
        ("whole", ["1e2"], "not_an_integer"),
        ("whole", ["9" * 16], "not_an_integer"),
        ("number", ["2,5"], 2.5),
        ("number", ["2.50"], 2.5),
        ("number", ["-,5"], -0.5),
        ("number", ["3,0"], 3),
        ("number", ["1.234,5"], "not_a_decimal"),
        ("number", ["NaN"], "not_a_decimal"),
        ("number", ["1e5"], "not_a_decimal"),
        ("scale", ["7,5"], 7.5),
        ("scale", ["10"], 10),
        ("scale", ["10.5"], "out_of_range"),
        ("scale", ["-1"], "out_of_range"),
        ("scale", ["0.3"], "not_on_step"),
        ("day", ["15/03/2026"], "2026-03-15"),
        ("day", ["5-3-2026"], "2026-03-05"),
        ("day", ["2026-03-15"], "2026-03-15"),
        ("day", ["31/02/2026"], "not_a_date"),
        ("day", ["03/15/2026"], "not_a_date"),
        ("day", ["15/03/26"], "not_a_date"),
        ("day", ["0001-01-01"], "not_a_date"),
        ("day", ["16/07/2026"], "constraint"),
        ("words", ["  tie\u0302\u0301ng\r\nViệt\x00 "], "tiếng\nViệt"),
        ("words", ["x" * TEXT_LIMIT], "x" * TEXT_LIMIT),
        ("words", ["x" * (TEXT_LIMIT + 1)], "text_too_long"),
        ("words", ["\x00"], None),
        ("how", ["other"], "other"),
        ("dealt", ["00004", "SNV"], ["SNV", "00004"]),
        ("dealt", ["gone"], "unknown_choice"),
        ("note", ["x"], None),
    ],
)
def test_a_posted_field_is_read(name, posted, expected):
    found = outcome(name, *posted)
    assert found == expected
    assert type(found) is type(expected)


def test_valid_answers_are_kept_beside_faulty_ones_and_all_that_was_typed():
    found = read(whole="many", number="2,5", words="")
    assert found.values == {"one": "yes", "number": 2.5}
    assert [(fault.field, fault.code) for fault in found.faults] == [("whole", "not_an_integer")]
    assert found.raw == {"one": ["yes"], "whole": ["many"], "number": ["2,5"], "words": [""]}


def test_dont_know_answers_a_required_question():
    form = questionnaire("""
    - repeat: r
      label: {vi: R, en: R}
      questions: [{type: select_one scale, name: q, label: {vi: Q, en: Q}, required: yes}]
    """)
    page = pages(form, UNITS, {}, TODAY)[0]
    found = read_page(form, page, {"q:SNV": ["98"]}, {}, UNITS, TODAY)
    assert found.values == {"q": {"SNV": "98"}}
    assert found.faults == ()


def test_the_words_under_other_need_other_to_be_chosen():
    assert read(how="other", how_other=" vì thế ").values == {"one": "yes", "how": "other", "how_other": "vì thế"}
    assert read(how="no", how_other="vì thế").values == {"one": "yes", "how": "no"}
    assert [fault.code for fault in read(how_other="vì thế").faults] == ["other_not_chosen"]
    too_long = read(how="other", how_other="x" * (OTHER_LIMIT + 1)).faults
    assert [(fault.field, fault.code) for fault in too_long] == [("how_other", "text_too_long")]
    assert read(how="no", how_other="vì thế").raw["how_other"] == ["vì thế"]


def test_messages_are_the_authors_words_or_ours_in_the_language_asked_for():
    required, constraint = read(one=[], many=["1", "2"]).faults
    assert (required.message("vi"), required.message("en")) == ("Chọn đi", "Choose")
    assert constraint.message("en") == "One only"
    (alone,) = read(many=["1", "98"]).faults
    assert alone.message("vi").startswith("“Không biết” không đi cùng")
    assert alone.message("en").startswith("“Don't know” cannot go")
    assert AnswerFault("q", "out_of_range", {"start": "0", "end": "10"}).message("en") == (
        "Please choose a number from 0 to 10."
    )


CONDITIONAL = questionnaire("""
- group: g
  label: {vi: G, en: G}
  questions:
    - {type: select_one yesno, name: used, label: {vi: A, en: A}}
    - {type: select_one scale, name: how, label: {vi: A, en: A}, relevant: "${used} = 'yes'", required: yes}
    - {type: text, name: why, label: {vi: A, en: A}, relevant: "${how} = '1'"}
""")


def read_conditional(form, answers=None):
    page = pages(CONDITIONAL, UNITS, {}, TODAY)[0]
    return read_page(CONDITIONAL, page, form, answers or {}, UNITS, TODAY)


def test_a_question_that_the_page_itself_brings_up_is_asked_before_going_on():
    found = read_conditional({"used": ["yes"]})
    assert [(fault.field, fault.code) for fault in found.faults] == [("how", "required")]
    assert [item.field for item in found.revealed] == ["how"]


def test_a_question_brought_up_that_need_not_be_answered_is_told_apart():
    found = read_conditional({"used": ["yes"], "how": ["1"]}, {"used": "yes"})
    assert found.faults == ()
    assert [item.field for item in found.revealed] == ["why"]
    again = read_conditional({"used": ["yes"], "how": ["1"], "why": [""]}, {"used": "yes", "how": "1"})
    assert again.revealed == ()


def test_a_note_that_an_answer_brings_up_does_not_hold_the_page_back():
    form = questionnaire("""
    - group: g
      label: {vi: G, en: G}
      questions:
        - {type: select_one yesno, name: used, label: {vi: A, en: A}}
        - {type: note, name: thanks, label: {vi: B, en: B}, relevant: "${used} = 'yes'"}
        - {type: calculate, name: k, calculation: "1", relevant: "${used} = 'yes'"}
    """)
    found = read_page(form, pages(form, UNITS, {}, TODAY)[0], {"used": ["yes"]}, {}, UNITS, TODAY)
    assert (found.faults, found.revealed) == ((), ())


def test_an_answer_that_the_page_itself_hides_does_not_count():
    found = read_conditional({"used": ["no"], "how": ["1"], "why": ["x"]})
    assert found.values == {"used": "no"}
    assert found.raw["why"] == ["x"]


def test_merging_sets_and_clears_the_answers_of_one_page_only():
    form = questionnaire("""
    - repeat: r
      label: {vi: R, en: R}
      questions:
        - {type: select_one scale, name: q, label: {vi: Q, en: Q}}
        - {type: select_one yesno or_other, name: p, label: {vi: P, en: P}}
    """)
    page = pages(form, UNITS, {}, TODAY)[1]
    answers = {"q": {"SNV": "1", "00004": "2"}, "p": {"00004": "other"}, "p_other": {"00004": "x"}, "far": "y"}
    before = str(answers)
    assert merge(answers, page, {"q": {"00004": "98"}}) == {"q": {"SNV": "1", "00004": "98"}, "far": "y"}
    assert merge(answers, page, {}) == {"q": {"SNV": "1"}, "far": "y"}
    assert str(answers) == before


def test_finishing_leaves_out_what_is_off_the_route_and_names_what_is_missing():
    found = finish(CONDITIONAL, {"why": "x", "how": "1", "used": "no", "stray": 1}, UNITS, TODAY)
    assert found.answers == {"used": "no"}
    assert found.complete
    missing = finish(CONDITIONAL, {"used": "yes"}, UNITS, TODAY)
    assert {key: [fault.code for fault in faults] for key, faults in missing.faults_by_page.items()} == {
        "g": ["required"]
    }
    assert not missing.complete


def test_a_draft_of_another_version_is_judged_anew():
    found = finish(FORM, {"one": "perhaps", "whole": {"SNV": 3}, "scale": 11, "many": "1"}, UNITS, TODAY)
    assert found.answers == {"many": ["1"]}
    assert [(fault.field, fault.code) for fault in found.faults_by_page["g"]] == [
        ("one", "unknown_choice"),
        ("scale", "out_of_range"),
    ]


def test_calculations_are_done_anew_and_nothing_that_is_no_number_is_stored():
    form = questionnaire("""
    - group: g
      label: {vi: G, en: G}
      questions:
        - {type: integer, name: n, label: {vi: N, en: N}}
        - {type: calculate, name: double, calculation: "${n} * 2"}
        - {type: calculate, name: half, calculation: "${n} div 2"}
        - {type: calculate, name: never, calculation: "${n} div 0"}
        - {type: calculate, name: hidden, calculation: "1", relevant: "${n} > 5"}
        - {type: calculate, name: yes, calculation: "${n} = 3"}
    - repeat: r
      label: {vi: R, en: R}
      questions:
        - {type: select_one scale, name: q, label: {vi: Q, en: Q}}
        - {type: calculate, name: top, calculation: "if(${q} = '2', ${n}, '')"}
    """)
    answers = {"n": 3, "double": 99, "hidden": 5, "q": {"00004": "2", "SNV": "1"}}
    found = finish(form, answers, UNITS, TODAY).answers
    assert found == {
        "n": 3, "double": 6, "half": 1.5, "yes": "true", "q": {"SNV": "1", "00004": "2"}, "top": {"00004": "3"},
    }  # fmt: skip
    assert list(found) == ["n", "double", "half", "yes", "q", "top"]
    assert list(found["q"]) == ["SNV", "00004"]


@walks
@given(plain, st.randoms(use_true_random=False))
def test_finishing_twice_changes_nothing(instrument, dice):
    once = finish(instrument, walked(dice, instrument, valid=False), UNITS, TODAY)
    twice = finish(instrument, once.answers, UNITS, TODAY)
    assert twice.answers == once.answers
    assert str(twice.answers) == str(once.answers)


@walks
@given(plain, st.randoms(use_true_random=False))
def test_a_stored_answer_shown_and_sent_again_is_the_same_answer(instrument, dice):
    answers = finish(instrument, walked(dice, instrument), UNITS, TODAY).answers
    for page in pages(instrument, UNITS, answers, TODAY):
        form = {}
        for item in shown_items(instrument, page, UNITS, answers, TODAY):
            for name, field in ((item.question.name, item.field), (f"{item.question.name}_other", item.other_field)):
                value = answers.get(name)
                if item.unit is not None and value is not None:
                    value = value.get(item.unit.code)
                if value is not None:
                    form[field] = as_posted(value)
        read_again = read_page(instrument, page, form, answers, UNITS, TODAY)
        assert {fault.code for fault in read_again.faults} <= {"required"}
        assert merge(answers, page, read_again.values) == answers


@walks
@given(plain, st.randoms(use_true_random=False))
def test_the_answers_hold_only_fields_that_were_shown(instrument, dice):
    finished = finish(instrument, walked(dice, instrument, valid=False), UNITS, TODAY)
    names = {question.name for question in instrument.questions}
    names |= {f"{question.name}_other" for question in instrument.questions if question.or_other}
    assert set(finished.answers) <= names


def test_ratings_are_counted_at_most_once_per_unit():
    assert rating_count(load_catalogue("so_2026_hdnd"), 16) == 80
    chosen = questionnaire("""
    - group: g
      label: {vi: G, en: G}
      questions:
        - {type: select_one rated_units, name: where, label: {vi: D, en: D}, measure: fact}
        - {type: select_one scale, name: all, label: {vi: D, en: D}, criterion: X}
    - repeat: r
      units_from: where
      label: {vi: R, en: R}
      questions:
        - {type: select_one scale, name: q, label: {vi: Q, en: Q}}
        - {type: select_one yesno, name: been, label: {vi: Q, en: Q}, measure: fact}
    """)
    assert rating_count(chosen, 16) == 2
    assert rating_count(chosen, 0) == 1


@pytest.mark.slow
def test_a_page_of_100_ratings_is_read_in_well_under_a_millisecond():
    form = load_catalogue("so_2026_hdnd")
    units = tuple(RatedUnit(f"{number:05d}", f"Đơn vị {number}") for number in range(100))
    page = pages(form, units, {}, TODAY)[0]
    posted = {item.field: ["3"] for item in page.items}
    best = min(_seconds(lambda: read_page(form, page, posted, {}, units, TODAY)) for _ in range(50))
    assert best < 0.001


def _seconds(act):
    start = time.perf_counter()
    act()
    return time.perf_counter() - start
