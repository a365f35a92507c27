"""Expressions follow XPath 1.0 for untyped answers, with what ODK adds."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from instruments.expressions import ExpressionError, compile_expression, to_json, value_text
from instruments.grammar import FUNCTIONS
from instruments.patterns import portable_pattern

ANSWERS = {"one": "1", "two": "2", "ten": "10", "many": "a b 98", "day": "2026-07-01", "word": "chữ Việt", "none": ""}


def value(text, own="5"):
    return compile_expression(text).value(ANSWERS, today="2026-07-15", own=own)


# XPath 1.0 recommendation (16 November 1999), sections 3.4 (booleans), 3.5 (numbers), 4 (functions);
# answers are strings, so an unanswered question is ''. ODK: docs.getodk.org/form-operators-functions.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("10 - 4 - 3", 3.0),
        ("8 div 4 div 2", 1.0),
        ("- 2 * 3", -6.0),
        ("- - 2", 2.0),
        ("2-1", 1.0),
        ("${two}-1", 1.0),
        ("1 div 0", math.inf),
        ("-1 div 0", -math.inf),
        ("5 mod 2", 1.0),
        ("5 mod -2", 1.0),
        ("-5 mod 2", -1.0),
        ("1.5 mod 0.5", 0.0),
        ("0.1 + 0.2", 0.30000000000000004),
        ("1 or 2 and 0", True),
        ("false() and true() or true()", True),
        ("1 = 1 = 2", True),  # (1 = 1) = 2: true() = boolean(2)
        ("3 > 2 > 1", False),  # (3 > 2) > 1: 1 > 1
        ("1 < 2 = true()", True),
        ("'a' < 'b'", False),  # no order of strings in XPath 1.0: NaN < NaN
        ("${two} < ${ten}", True),  # as numbers, not letter by letter
        ("${one} = '1'", True),
        ("${one} = 1", True),
        ("'1.0' = ${one}", False),  # both strings
        ("'1.0' = 1", True),
        ("${none} = ''", True),
        ("${none} = 0", False),  # '' is NaN
        ("${none} != 0", True),
        ("${none} < 1", False),
        ("${unknown} = ''", True),
        ("not(${none})", True),
        ("not('0')", False),  # any string with a letter in it is true
        ("not(0)", True),
        ("not(1 div 0 - 1 div 0)", True),  # NaN is false
        ("true() = 'x'", True),  # boolean('x')
        ("true() + true()", 2.0),
        ("number('12.50')", 12.5),
        ("number(' -3 ')", -3.0),
        ("number('5.')", 5.0),
        ("number('.5')", 0.5),
        ("string(number('1e3'))", "NaN"),
        ("string(number('+1'))", "NaN"),
        ("string(number('1,5'))", "NaN"),
        ("string(number(''))", "NaN"),
        ("string(1 div 0)", "Infinity"),
        ("string(-1 div 0)", "-Infinity"),
        ("string(- 0)", "0"),
        ("string(5.0)", "5"),
        ("string(1 div 3)", "0.3333333333333333"),
        ("string(1000000000000000000000)", "1000000000000000000000"),
        ("string(0.0000001)", "0.0000001"),
        ("string(true())", "true"),
        ("round(2.5)", 3.0),
        ("round(-2.5)", -2.0),
        ("round(0.49999999999999994)", 0.0),
        ("round(1.005, 1)", 1.0),
        ("round(1.25, 1)", 1.3),
        ("round(1234, -2)", 1200.0),
        ("int(2.9)", 2.0),
        ("int(-2.9)", -2.0),
        ("string-length(${word})", 8.0),
        ("string-length('😀')", 1.0),
        ("contains(${word}, 'Việt')", True),
        ("contains(${word}, '')", True),
        ("starts-with(${word}, 'chữ')", True),
        ("concat('a', 1, true())", "a1true"),
        ("selected(${many}, 'a')", True),
        ("selected(${many}, '9')", False),  # a whole name, not a part of one
        ("selected(${none}, 'a')", False),
        ("count-selected(${many})", 3.0),
        ("count-selected(${none})", 0.0),
        ("coalesce(${none}, 'x')", "x"),
        ("coalesce(${one}, 'x')", "1"),
        ("if(${one} = 1, 'yes', 'no')", "yes"),
        ("if('', 1, 2)", 2.0),
        ("if(true(), 1, 'x')", "1"),  # branches of two types become strings
        ("regex('0912345678', '0[0-9]{9}')", True),
        ("regex('x0912345678', '0[0-9]{9}')", False),  # the whole answer
        ("regex('a|b', 'a|b')", False),
        ("regex('abab', '(ab){2}')", True),
        ("regex('a\n😀', 'a..')", True),
        ("regex('', '(a+)?')", True),
        ("round(1 div 0)", math.inf),
        ("int(-1 div 0)", -math.inf),
        ("string(round(1, 'x'))", "NaN"),
        (". > 4", True),
        (".", "5"),
        ("today()", "2026-07-15"),
        ("${day} <= today()", True),  # dates count as days
        ("today() - ${day}", 14.0),
        ("date('1970-01-02') + 0", 1.0),
        ("string(number('2026-02-30'))", "NaN"),
        ('"it\'s"', "it's"),
    ],
)
def test_value(text, expected):
    assert value(text) == expected
    assert type(value(text)) is type(expected)


def test_two_nans_are_not_equal():
    assert value("number('x') = number('x')") is False
    assert value("number('x') != number('x')") is True


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "expression_ends"),
        ("1 +", "expression_ends"),
        ("(1", "expression_ends"),
        ("1)", "expression_syntax"),
        ("1 1", "expression_syntax"),
        ("${a} ${b}", "expression_syntax"),
        ("= 1", "expression_syntax"),
        ("'abc", "expression_syntax"),
        ("'it''s'", "expression_syntax"),  # doubled quotes are XPath 2.0
        ("${}", "expression_path"),
        ("1 & 2", "expression_syntax"),
        ("${a}/b", "expression_path"),
        ("../a", "expression_path"),
        ("a[1]", "expression_path"),
        ("@x", "expression_path"),
        ("$a", "expression_path"),
        ("child::a", "expression_path"),
        ("a | b", "expression_path"),
        ("position()", "unknown_function"),
        ("document('x')", "unknown_function"),
        ("selected(${a})", "wrong_arguments"),
        ("today(1)", "wrong_arguments"),
        ("regex(., ${a})", "regex_not_literal"),
        ("regex(., '(a+)+')", "regex_repeated"),
        ("regex(., '(?=a)')", "regex_not_supported"),
        ("regex(., '[a')", "regex_not_supported"),
        ("regex(., 'a**')", "regex_not_supported"),
        (r"regex(., '\p{L}')", "regex_not_supported"),
        ("regex(., 'a)')", "regex_not_supported"),
        ("regex(., '((a|b*)c)+')", "regex_repeated"),
        ("regex(., '(a+)?*')", "regex_not_supported"),
        ("regex(., '[a--b]')", "regex_not_supported"),
        ("regex(., '[z-a]')", "regex_not_supported"),
        ("regex(., 'a{3,2}')", "regex_not_supported"),
        ("(" * 40 + "1" + ")" * 40, "expression_deep"),
        ("1" + " + 1" * 300, "expression_long"),
    ],
)
def test_what_is_no_expression_is_refused(text, code):
    with pytest.raises(ExpressionError) as caught:
        compile_expression(text)
    assert caught.value.code == code


def test_a_refusal_says_where():
    with pytest.raises(ExpressionError) as caught:
        compile_expression("${a} = 1 oder ${b}")
    assert caught.value.params == {"found": "oder", "position": 10}


def test_a_long_chain_of_alternatives_is_no_trouble():
    text = " or ".join(f"${{q}} = '{number}'" for number in range(90))
    assert compile_expression(text).holds({"q": "89"}, today="")
    assert not compile_expression(text).holds({"q": "90"}, today="")


def test_brackets_within_each_other_are_no_trouble_up_to_the_limit():
    text = "if(selected(concat(" * 7 + "'1'" + ", ''), '1'), '1', '2')" * 7
    assert compile_expression(text).value({}, today="") == "1"


def test_an_expression_knows_what_it_reads():
    expression = compile_expression("selected(${b}, ${a}) and ${b} != . and vung = name")
    assert expression.refs == ("b", "a")
    assert expression.columns == ("vung", "name")
    assert expression.uses_self


def test_the_tree_for_the_browser_is_plain_json():
    tree = compile_expression("${q1} = '2' and not(. > 3.5) or - 1 < count-selected(${m})").tree
    assert to_json(tree) == [
        "or",
        ["and", ["=", ["ref", "q1"], "2"], ["not", [">", ["self"], 3.5]]],
        ["<", ["neg", 1], ["count-selected", ["ref", "m"]]],
    ]


def test_answers_with_signs_that_xml_cannot_hold_are_no_trouble():
    assert compile_expression("${q} = 'ab'").holds({"q": "a\x00b"}, today="")


def test_values_as_text():
    assert [value_text(one) for one in (True, False, 2.0, "x")] == ["true", "false", "2", "x"]


def test_patterns_are_spelt_alike_for_python_and_browser():
    assert portable_pattern(r"\d\-\d[\s,]\s") == "\\d-\\d[ \t\r\n,][ \t\r\n]"


# An independent reading of the same words: lxml on the text itself, answers as variables.
numbers = st.integers(0, 12).map(str)
strings = st.sampled_from(["''", "'1'", "'2'", "'a'", "'a b'", "' 3 '"])
atoms = st.one_of(numbers, strings, st.sampled_from(["$one", "$two", "$none", "$word", "true()", "false()"]))
operators = st.sampled_from(["or", "and", "=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "mod"])
core = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds("{} {} {}".format, inner, operators, inner),
        st.builds("({})".format, inner),
        st.builds("- {}".format, inner),
        st.builds("{}({})".format, st.sampled_from(["not", "boolean", "string", "number", "string-length"]), inner),
        st.builds("{}({}, {})".format, st.sampled_from(["contains", "starts-with", "concat"]), inner, inner),
    ),
    max_leaves=10,
)


@settings(max_examples=400, deadline=None)
@given(core)
def test_core_xpath_means_what_lxml_takes_it_to_mean(text):
    mine = compile_expression(
        text.replace("$one", "${one}").replace("$two", "${two}").replace("$none", "${none}").replace("$word", "${word}")
    )
    theirs = etree.XPath(text, smart_strings=False)(etree.Element("x"), one="1", two="2", none="", word="chữ Việt")
    own = mine.value(ANSWERS, today="")
    assert type(own) is type(theirs)
    assert own == theirs or (own != own and theirs != theirs)


def test_the_functions_are_those_that_are_documented():
    assert set(FUNCTIONS) == {
        "not", "true", "false", "boolean", "string", "number", "int", "round", "string-length", "contains",
        "starts-with", "concat", "selected", "count-selected", "coalesce", "if", "regex", "today", "date",
    }  # fmt: skip
