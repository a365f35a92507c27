"""Expressions with answers and the values that the server gives them; the browser must give the same."""

from __future__ import annotations

import json
import math
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from instruments.expressions import ExpressionError, compile_expression, to_json

TODAY = "2026-07-15"
NAMES = ("q1", "q2", "age", "date")

plain_answers = st.one_of(
    st.sampled_from(
        ["", "1", "2", "98", "yes", "a", "a b", "0", "-3", "2.5", "2026-07-14", "2026-02-30", "NaN", " 7 "]
    ),
    st.integers(-1000, 1000).map(str),
    st.text(alphabet="ab1 -.đ😀", max_size=6),
)
answers = st.fixed_dictionaries(dict.fromkeys(NAMES, plain_answers))

_literals = st.one_of(
    st.sampled_from(["''", "'1'", "'a'", "'2026-07-15'", '"a b"', "0", "1", "2", "3.75", ".5", "0.1", "1000000", "98"]),
    st.integers(0, 10**18).map(str),
    st.decimals(0, 10**6, places=7, allow_nan=False).map(lambda number: format(number, "f")),
)
_leaves = st.one_of(
    st.sampled_from([*(f"${{{name}}}" for name in NAMES), ".", "today()", "true()", "false()"]), _literals
)
_patterns = st.sampled_from(["[0-9]+", "^a|b$", "a.*", r"\d{1,3}", r"[^\s]*", "(a|b)?1", "ab*", "."])
_operators = st.sampled_from(["or", "and", "=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "div", "mod"])
_one = st.sampled_from(
    ["not", "boolean", "string", "number", "int", "round", "string-length", "count-selected", "date"]
)
_two = st.sampled_from(["contains", "starts-with", "concat", "selected", "coalesce", "round"])


def _extend(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, _operators, inner).map(" ".join),
        inner.map("({})".format),
        inner.map("- {}".format),
        st.tuples(_one, inner).map(lambda parts: "{}({})".format(*parts)),
        st.tuples(_two, inner, inner).map(lambda parts: "{}({}, {})".format(*parts)),
        st.tuples(inner, inner, inner).map(lambda parts: "if({}, {}, {})".format(*parts)),
        st.tuples(inner, _patterns).map(lambda parts: "regex({}, '{}')".format(*parts)),
    )


expressions = st.recursive(_leaves, _extend, max_leaves=8)


def case(text: str, given_answers: dict[str, str], own: str) -> dict[str, Any]:
    """One comparison: what the browser gets, and what must come out; JSON has no NaN, so values travel as strings."""
    expression = compile_expression(text)
    value = expression.value(given_answers, today=TODAY, own=own)
    return {
        "text": text,
        "tree": to_json(expression.tree),
        "answers": given_answers,
        "own": own,
        "today": TODAY,
        "expected": {"type": type(value).__name__, "value": written(value)},
    }


def written(value: Any) -> str:
    """A value as text that two languages can compare: numbers by their exact digits."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    if math.isnan(value) or math.isinf(value):
        return str(value)
    return "0.0" if value == 0 else repr(float(value)) if abs(value) < 1e15 else float(value).hex()


def cases(count: int = 500) -> list[dict[str, Any]]:
    """Many comparisons, always the same ones, ready for JSON."""
    found: list[dict[str, Any]] = []

    @settings(max_examples=count, derandomize=True, database=None, deadline=None, phases=[Phase.generate])
    @given(expressions, answers, plain_answers)
    def collect(text: str, given_answers: dict[str, str], own: str) -> None:
        try:
            found.append(case(text, given_answers, own))
        except ExpressionError as error:
            assert error.code in ("expression_deep", "expression_long")  # noqa: PT017

    collect()
    return found


COMPARE_JS = """
function wrong(cases) { return cases.map((one) => {
  const value = expressions.evaluate(one.tree, one.answers, one.own, one.today);
  const type = { string: "str", number: "float", boolean: "bool" }[typeof value];
  const wanted = one.expected;
  let same = String(value) === wanted.value;
  if (type === "float") {
    if (wanted.value === "nan") same = Number.isNaN(value);
    else if (/inf/.test(wanted.value)) same = value === (wanted.value[0] === "-" ? -Infinity : Infinity);
    else if (wanted.value.startsWith("0x") || wanted.value.startsWith("-0x")) same = hex(wanted.value) === value;
    else same = Number(wanted.value) === value;
  }
  return same && type === wanted.type ? null : { case: one, got: [type, String(value)] };
}).filter(Boolean); }

function hex(text) {
  const [, sign, whole, fraction, exponent] = /^(-?)0x(\\d)\\.([0-9a-f]*)p([+-]\\d+)$/.exec(text);
  const size = Number("0x" + whole + fraction) / Math.pow(16, fraction.length) * Math.pow(2, Number(exponent));
  return sign ? -size : size;
}
"""
"""Defines ``wrong(cases)``, the cases that the browser gets wrong; expressions.js must be loaded before it."""


def cases_json(count: int = 500) -> str:
    """The cases as JSON text."""
    return json.dumps(cases(count), ensure_ascii=False)
