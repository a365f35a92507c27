"""The pages follow from the answers; an answer off the route matters to nothing."""

from __future__ import annotations

import json
import random
import string
import time
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from instrument_makers import TODAY, UNITS, cleaned, instruments, posted, questionnaire, walked

from instruments.answering import finish, merge, read_page
from instruments.compiled import compiled
from instruments.expressions import compile_tree, value_text
from instruments.loading import load_catalogue
from instruments.model import RatedUnit
from instruments.route import answer_text, stored
from instruments.routing import item_choices, live_rules, pages, shown_items

plain = instruments(texts=st.just("x") | cleaned)
walks = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])

CONDITIONAL = questionnaire("""
- group: start
  label: {vi: Đầu, en: Start}
  questions:
    - {type: select_one yesno, name: used, label: {vi: Dùng, en: Used}, required: yes}
    - {type: select_one scale, name: how, label: {vi: Sao, en: How}, relevant: "${used} = 'yes'", required: yes}
    - {type: text, name: why, label: {vi: Vì, en: Why}, relevant: "${how} = '1'"}
- group: more
  relevant: "${used} = 'yes'"
  label: {vi: Thêm, en: More}
  questions:
    - {type: integer, name: visits, label: {vi: Lần, en: Visits}}
- repeat: rated
  layout: matrix
  label: {vi: Chấm, en: Rate}
  questions:
    - {type: select_one scale, name: knows, label: {vi: Biết, en: Knows}}
    - {type: select_one scale, name: likes, label: {vi: Thích, en: Likes}, relevant: "${knows} = '2'"}
""")


def keys(answers, instrument=CONDITIONAL, units=UNITS):
    return [page.key for page in pages(instrument, units, answers, TODAY)]


def shown(answers, number=0):
    page = pages(CONDITIONAL, UNITS, answers, TODAY)[number]
    return [item.field for item in shown_items(CONDITIONAL, page, UNITS, answers, TODAY)]


def test_a_group_is_a_page_and_a_matrix_a_page_per_question():
    assert keys({"used": "yes", "knows": {"SNV": "2"}}) == ["start", "more", "rated.knows", "rated.likes"]


def test_a_section_that_does_not_apply_has_no_page():
    assert keys({"used": "no"}) == ["start", "rated.knows"]


def test_rows_of_a_matrix_are_the_units_that_the_question_concerns():
    page = pages(CONDITIONAL, UNITS, {"knows": {"00004": "2", "SNV": "1"}}, TODAY)[-1]
    assert [item.field for item in page.items] == ["likes:00004"]


def test_items_that_answers_of_the_page_can_bring_up_stay_on_it_and_are_shown_in_their_turn():
    page = pages(CONDITIONAL, UNITS, {}, TODAY)[0]
    assert [item.field for item in page.items] == ["used", "how", "why"]
    assert shown({}) == ["used"]
    assert shown({"used": "yes", "how": "1"}) == ["used", "how", "why"]
    assert shown({"used": "no", "how": "1"}) == ["used"]  # how is off the route, so it cannot bring up why


def test_an_answer_to_a_later_question_counts_for_nothing():
    form = questionnaire("""
    - group: a
      label: {vi: A, en: A}
      questions: [{type: integer, name: first, label: {vi: A, en: A}, relevant: "${second} = 1"}]
    - group: b
      label: {vi: B, en: B}
      questions: [{type: integer, name: second, label: {vi: B, en: B}}]
    """)
    assert keys({"second": 1}, form) == ["b"]


def test_a_repeat_with_unit_pages_has_safe_and_distinct_keys():
    form = questionnaire("""
    - repeat: r
      label: {vi: R, en: R}
      questions: [{type: select_one scale, name: q, label: {vi: Q, en: Q}}]
    """)
    units = (*UNITS, RatedUnit("a~2Fb", "x"), RatedUnit("a%2Fb", "y"), RatedUnit("đ", "z"))
    found = keys({}, form, units)
    assert len(set(found)) == len(units)
    assert found[0] == "r.SNV"
    assert all(set(key) <= set(string.ascii_letters + string.digits + "._~-") for key in found)


def test_units_chosen_in_a_question_are_those_rated():
    form = questionnaire("""
    - group: g
      label: {vi: G, en: G}
      questions: [{type: select_multiple rated_units, name: dealt, label: {vi: D, en: D}}]
    - repeat: r
      units_from: dealt
      label: {vi: R, en: R}
      questions: [{type: select_one scale, name: q, label: {vi: Q, en: Q}}]
    """)
    assert keys({}, form) == ["g"]
    assert keys({"dealt": ["00004", "SNV", "gone"]}, form) == ["g", "r.SNV", "r.00004"]
    item = pages(form, UNITS, {}, TODAY)[0].items[0]
    assert [choice.label["en"] for choice in item_choices(form, item, UNITS, {}, TODAY)] == [
        unit.name for unit in UNITS
    ]


def test_a_repeat_without_units_has_no_pages():
    assert keys({}, CONDITIONAL, ()) == ["start"]


def test_calculations_count_for_what_follows():
    form = questionnaire("""
    - group: a
      label: {vi: A, en: A}
      questions:
        - {type: integer, name: n, label: {vi: N, en: N}}
        - {type: calculate, name: double, calculation: "${n} * 2"}
    - group: b
      relevant: "${double} > 10"
      label: {vi: B, en: B}
      questions: [{type: integer, name: m, label: {vi: M, en: M}}]
    """)
    assert keys({"n": 5, "double": 99}, form) == ["a"]
    assert keys({"n": 6}, form) == ["a", "b"]


def test_a_filter_over_earlier_pages_leaves_only_what_fits():
    form = questionnaire("""
    - group: a
      label: {vi: A, en: A}
      questions: [{type: select_one yesno, name: a, label: {vi: A, en: A}}]
    - group: b
      label: {vi: B, en: B}
      questions:
        - {type: select_one scale, name: b, label: {vi: B, en: B}, choice_filter: "${a} = 'yes' or name = '98'"}
        - {type: select_one scale, name: c, label: {vi: C, en: C}, choice_filter: "name != ${b}"}
    """)
    b, c = pages(form, UNITS, {}, TODAY)[1].items

    def names(item, answers):
        return [choice.name for choice in item_choices(form, item, UNITS, answers, TODAY)]

    assert names(b, {"a": "no"}) == ["98"]
    assert names(b, {"a": "yes"}) == ["1", "2", "98"]
    assert names(c, {"b": "1"}) == ["1", "2", "98"]  # the page itself decides: the server checks on reading


@walks
@given(plain, st.randoms(use_true_random=False))
def test_pages_are_distinct_and_never_empty(instrument, dice):
    found = pages(instrument, UNITS, walked(dice, instrument, valid=False), TODAY)
    assert len({page.key for page in found}) == len(found)
    assert all(page.items for page in found)


@walks
@given(plain, st.randoms(use_true_random=False))
def test_answers_off_the_route_never_matter(instrument, dice):
    finished = finish(instrument, walked(dice, instrument), UNITS, TODAY)
    shown_now = {
        item.field
        for page in pages(instrument, UNITS, finished.answers, TODAY)
        for item in shown_items(instrument, page, UNITS, finished.answers, TODAY)
    }
    noisy = with_noise(finished.answers, walked(dice, instrument), shown_now)
    assert pages(instrument, UNITS, noisy, TODAY) == pages(instrument, UNITS, finished.answers, TODAY)
    assert finish(instrument, noisy, UNITS, TODAY) == finished


def with_noise(answers, noise, shown_now):
    """The answers, and others to every field that is not shown."""
    noisy = dict(answers)
    for name, value in noise.items():
        question = name.removesuffix("_other")
        if isinstance(value, dict):
            hidden = {unit: one for unit, one in value.items() if f"{question}:{unit}" not in shown_now}
            noisy[name] = {**hidden, **answers.get(name, {})}
        elif question not in shown_now:
            noisy[name] = value
    return noisy


@walks
@given(plain, st.randoms(use_true_random=False))
def test_what_is_shown_is_on_the_page_whatever_is_answered_there(instrument, dice):
    answers = walked(dice, instrument)
    for page in pages(instrument, UNITS, answers, TODAY):
        form = {}
        for item in page.items:
            form |= posted(dice, instrument, item)
        values = read_page(instrument, page, form, answers, UNITS, TODAY).values
        after = merge(answers, page, values)
        again = next((one for one in pages(instrument, UNITS, after, TODAY) if one.key == page.key), None)
        assert again == page


@walks
@given(plain, st.randoms(use_true_random=False))
def test_the_rules_for_the_browser_show_what_the_server_shows(instrument, dice):
    answers = walked(dice, instrument)
    for page in pages(instrument, UNITS, answers, TODAY):
        form = {}
        for item in page.items:
            form |= posted(dice, instrument, item)
        read = read_page(instrument, page, form, {**answers}, UNITS, TODAY)
        if read.faults:
            continue
        after = merge(answers, page, read.values)
        rules = live_rules(instrument, page, UNITS, answers, TODAY)
        expected = {item.field for item in shown_items(instrument, page, UNITS, after, TODAY)}
        assert shown_in_browser(page, rules, form_values(page, form)) == expected


def form_values(page, form):
    """What the script reads from the page; texts as the server will clean them."""
    typed = {"0,5": "0.5", "15/03/2026": "2026-03-15", " a\r\nb ": "a\nb"}
    values = {}
    for item in page.items:
        order = form.get(item.field, [])
        values[item.field] = " ".join(typed.get(one, one) for one in sorted(order, key=listed))
    return values


def listed(name):
    return (name == "other", name)


def shown_in_browser(page, rules, values):
    """The page's script in Python: items in order, a hidden one counts as empty."""
    by_field = {rule["field"]: rule for rule in rules}
    shown = set()
    for item in page.items:
        rule = by_field.get(item.field, {})
        tree = rule.get("relevant")
        if tree is None or truth(tree, {**rule["answers"], **{field: values[field] for field in shown}}):
            shown.add(item.field)
    return shown


def truth(tree, answers):
    value = in_browser(tree, answers)
    return value_text(value) not in ("false", "0", "NaN", "")


def in_browser(tree, answers):
    def filled(part):
        if not isinstance(part, list):
            return float(part) if isinstance(part, int) else part
        return read(part[1]) if part[0] == "ref" else (part[0], *map(filled, part[1:]))

    def read(name):
        found = answers.get(name, "")
        if isinstance(found, str):
            return found
        _, calculation, *relevant = found
        asked = all(truth(one, answers) for one in relevant)
        return answer_text(stored(in_browser(calculation, answers))) if asked else ""

    return compile_tree(filled(tree), "").value({}, today=TODAY.isoformat())


def test_the_rules_name_only_the_answers_they_need_from_other_pages():
    form = questionnaire("""
    - group: a
      label: {vi: A, en: A}
      questions:
        - {type: integer, name: age, label: {vi: A, en: A}}
        - {type: text, name: secret, label: {vi: S, en: S}}
    - group: b
      label: {vi: B, en: B}
      questions:
        - {type: select_one yesno, name: used, label: {vi: U, en: U}}
        - {type: integer, name: n, label: {vi: N}, relevant: "${used} = 'yes' and ${age} > 17", constraint: ". < 9"}
        - {type: integer, name: m, label: {vi: M, en: M}, relevant: "${age} > 17"}
        - {type: select_one scale, name: c, label: {vi: C, en: C}, choice_filter: "${used} = 'yes' or name = '98'"}
    """)
    answers = {"age": 20, "secret": "riêng"}
    page = pages(form, UNITS, answers, TODAY)[1]
    assert live_rules(form, page, UNITS, answers, TODAY) == [
        {
            "field": "n",
            "relevant": ["and", ["=", ["ref", "used"], "yes"], [">", ["ref", "age"], 17]],
            "constraint": ["<", ["self"], 9],
            "answers": {"age": "20"},
        },
        {
            "field": "c",
            "choices": {name: ["or", ["=", ["ref", "used"], "yes"], ["=", name, "98"]] for name in ("1", "2", "98")},
            "answers": {},
        },
    ]


def test_calculations_over_the_page_stand_once_in_its_rules():
    form = questionnaire("""
    - repeat: r
      label: {vi: R, en: R}
      questions:
        - {type: integer, name: a, label: {vi: A, en: A}}
        - {type: calculate, name: double, calculation: "${a} * 2"}
        - {type: calculate, name: word, calculation: "string(${a})", relevant: "${a} > 1"}
        - {type: integer, name: b, label: {vi: B, en: B}, relevant: "${double} > 10 or ${word} = '3'"}
    """)
    page = pages(form, UNITS, {}, TODAY)[1]
    (rule,) = live_rules(form, page, UNITS, {"a": {"00004": 1}}, TODAY)
    assert rule == {
        "field": "b:00004",
        "relevant": ["or", [">", ["ref", "double:00004"], 10], ["=", ["ref", "word:00004"], "3"]],
        "answers": {
            "double:00004": ["calculation", ["*", ["ref", "a:00004"], 2]],
            "word:00004": ["calculation", ["string", ["ref", "a:00004"]], [">", ["ref", "a:00004"], 1]],
        },
    }
    assert truth(rule["relevant"], {**rule["answers"], "a:00004": "6"})
    assert truth(rule["relevant"], {**rule["answers"], "a:00004": "3"})
    assert not truth(rule["relevant"], {**rule["answers"], "a:00004": ""})


def chained(count):
    """A form in which each calculation reads the two before it."""
    lines = [
        "- group: g",
        "  label: {vi: G, en: G}",
        "  questions:",
        "  - {type: integer, name: n, label: {vi: A, en: A}}",
    ]
    names = ["n", "n"]
    for number in range(count):
        sum_of_two = f"${{{names[-2]}}} + ${{{names[-1]}}}"
        lines.append(f'  - {{type: calculate, name: c{number}, calculation: "{sum_of_two}"}}')
        names.append(f"c{number}")
    lines.append(f'  - {{type: integer, name: m, label: {{vi: A, en: A}}, relevant: "${{{names[-1]}}} > 1000"}}')
    return questionnaire("\n".join(lines))


def test_calculations_that_read_each_other_stay_small_and_quick():
    form = chained(40)  # written out, or worked out anew for each reader: some 100 million parts
    start = time.process_time()
    page = pages(form, UNITS, {"n": 1}, TODAY)[0]
    (rule,) = live_rules(form, page, UNITS, {}, TODAY)
    assert finish(form, {"n": 1, "m": 2}, UNITS, TODAY).answers["c39"] == 267914296
    assert len(json.dumps(rule)) < 5_000
    assert time.process_time() - start < 2


def test_the_rules_of_a_matrix_hold_the_answers_of_each_row_to_earlier_questions():
    form = questionnaire("""
    - repeat: r
      layout: matrix
      label: {vi: R, en: R}
      questions:
        - {type: integer, name: a, label: {vi: A, en: A}}
        - {type: integer, name: b, label: {vi: B, en: B}, constraint: ". <= ${a} and ${b} = '' and ${ghost} = ''"}
    """)
    answers = {"a": {"SNV": 1, "00004": 2}}
    page = pages(form, UNITS, answers, TODAY)[1]
    first, second, _ = live_rules(form, page, UNITS, answers, TODAY)
    assert (first["answers"], second["answers"]) == ({"a:SNV": "1"}, {"a:00004": "2"})
    assert first["constraint"] == [
        "and", ["and", ["<=", ["self"], ["ref", "a:SNV"]], ["=", "", ""]], ["=", "", ""],
    ]  # fmt: skip


def test_a_questionnaire_is_made_ready_once_and_an_equal_one_apart():
    form = load_catalogue("so_2026_hdnd")
    assert compiled(form) is compiled(form)
    assert compiled(replace(form)) is not compiled(form)


@pytest.mark.parametrize("day", [date(2026, 1, 31), date(2026, 12, 1)])
def test_today_is_what_the_caller_says(day):
    form = questionnaire("""
    - group: a
      relevant: "today() > '2026-06-30'"
      label: {vi: A, en: A}
      questions: [{type: integer, name: n, label: {vi: N, en: N}}]
    """)
    assert len(pages(form, UNITS, {}, day)) == (day.month > 6)


def test_random_walks_differ():
    form = load_catalogue("sipas_2026_nguoi_dan")
    assert len({str(walked(random.Random(seed), form)) for seed in range(5)}) == 5
