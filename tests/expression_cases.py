"""Expressions with answers and the values that the server gives them; the browser must give the same."""

from __future__ import annotations

import json
import math
import random
from datetime import date
from typing import Any

from instruments.compiled import compiled
from instruments.expressions import compile_expression, to_json
from instruments.model import Group, Instrument, Question, QuestionType
from instruments.route import Route
from instruments.routing import live_rules, pages

TODAY = "2026-07-15"
NAMES = ("q1", "q2", "age", "day")
ANSWERS = (
    "", "1", "2", "98", "yes", "a", "a b", "b  a", "0", "-3", "2.5", "2,5", "2026-07-14", "2026-02-30", "NaN", " 7 ",
    "1e3", "+1", "5.", ".5", "-", "đ😀", "true", "99999999999999999999",
)  # fmt: skip
LITERALS = (
    "''", "'1'", "'a'", "'2026-07-15'", '"a b"', "'0'", "'0.10'", "0", "1", "2", "3.75", ".5", "0.1", "0.0000001",
    "1000000", "98", "12345678901234567890", "1000000000000000000000000", "3.14159", "7.", "true()", "false()",
    "today()", ".",
)  # fmt: skip
PATTERNS = ("[0-9]+", "^a|b$", "a.*", r"\d{1,3}", r"[^\s]*", "(a|b)?1", "ab*", ".")
OPERATORS = ("or", "and", "=", "=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "div", "mod")
ONE = ("not", "boolean", "string", "number", "int", "round", "string-length", "count-selected", "date")
TWO = ("contains", "starts-with", "concat", "selected", "coalesce", "round")


def expression(dice: random.Random, depth: int) -> str:
    """Some expression, at most so deep."""
    if depth == 0 or dice.random() < 0.1:
        return dice.choice([f"${{{name}}}" for name in NAMES]) if dice.random() < 0.4 else dice.choice(LITERALS)
    inner = [expression(dice, depth - 1) for _ in range(3)]
    return dice.choice([
        f"{inner[0]} {dice.choice(OPERATORS)} {inner[1]}",
        f"({inner[0]} {dice.choice(OPERATORS)} {inner[1]})",
        f"({inner[0]}) {dice.choice(OPERATORS)} ({inner[1]})",
        f"- {inner[0]}",
        f"{dice.choice(ONE)}({inner[0]})",
        f"{dice.choice(TWO)}({inner[0]}, {inner[1]})",
        f"if({inner[0]}, {inner[1]}, {inner[2]})",
        f"regex({inner[0]}, '{dice.choice(PATTERNS)}')",
    ])  # fmt: skip


def case(text: str, answers: dict[str, str], own: str) -> dict[str, Any]:
    """One comparison: what the browser gets, and what must come out; JSON has no NaN, so values travel as strings."""
    found = compile_expression(text)
    value = found.value(answers, today=TODAY, own=own)
    return {
        "text": text,
        "tree": to_json(found.tree),
        "answers": answers,
        "own": own,
        "today": TODAY,
        "expected": {"type": type(value).__name__, "value": written(value)},
    }


def written(value: str | float | bool) -> str:
    """A value as JavaScript's String() writes it, numbers by their bits where the two languages write them apart."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    return value.hex() if math.isfinite(value) else str(value)


def cases(count: int = 500) -> list[dict[str, Any]]:
    """Many comparisons, always the same ones, ready for JSON."""
    dice = random.Random(2026)
    return [
        case(
            expression(dice, dice.choice([1, 2, 2, 3, 4])),
            {name: dice.choice(ANSWERS) for name in NAMES},
            dice.choice(ANSWERS),
        )
        for _ in range(count)
    ]


def calculation_cases(count: int = 100) -> list[dict[str, Any]]:
    """Pages whose last question reads a chain of calculations, some of them asked on a condition."""
    dice = random.Random(2027)
    return [_calculations(dice) for _ in range(count)]


def _calculations(dice: random.Random) -> dict[str, Any]:
    texts = [Question(name, QuestionType.TEXT, {"vi": name}) for name in NAMES]
    calculated = [f"c{number}" for number in range(8)]
    readable = list(NAMES)
    for name in calculated:
        own, relevant = (_reading(dice, readable) for _ in range(2))
        relevant = relevant if dice.random() < 0.4 else ""
        texts.append(Question(name, QuestionType.CALCULATE, {}, calculation=own, relevant=relevant))
        readable.append(name)
    joined = ", '|', ".join(f"${{{name}}}" for name in ("q1", *calculated))
    last = Question("last", QuestionType.TEXT, {"vi": "last"}, relevant=f"concat({joined})")
    form = Instrument("x", "1", {"vi": "T"}, (Group("g", {"vi": "G"}, (*texts, last)),), {})
    answers = {name: dice.choice(ANSWERS) for name in NAMES}
    day = date.fromisoformat(TODAY)
    route = Route(compiled(form), (), answers, day)
    expected = "|".join(route.text(name, None, len(texts)) for name in ("q1", *calculated))
    (rule,) = live_rules(form, pages(form, (), {**answers, "last": "x"}, day)[0], (), {}, day)
    return {
        "text": str([(one.calculation, one.relevant) for one in texts]),
        "tree": rule["relevant"],
        "answers": {**rule["answers"], **answers},
        "own": "",
        "today": TODAY,
        "expected": {"type": "str", "value": expected},
    }


def _reading(dice: random.Random, readable: list[str]) -> str:
    """Some expression over these questions, the latest ones often."""
    found = expression(dice, 2)
    for name in NAMES:
        found = found.replace(f"${{{name}}}", f"${{{dice.choice([*readable[-4:], name])}}}")
    return found


def long_cases() -> list[dict[str, Any]]:
    """Texts as long as a pattern may read, and longer."""
    texts = [sign * count for sign in ("a", "😀") for count in (2000, 2001)]
    return [case("regex(${q1}, '.*')", {"q1": text}, "") for text in texts]


def cases_json(count: int = 500) -> str:
    """The cases as JSON text."""
    return json.dumps(cases(count), ensure_ascii=False)


COMPARE_JS = r"""
function wrong(cases) {
  return cases.filter((one) => {
    const value = expressions.evaluate(one.tree, one.answers, one.own, one.today);
    const type = { string: "str", number: "float", boolean: "bool" }[typeof value];
    const wanted = one.expected;
    one.got = [type, String(value)];
    const same = type === "float" ? Object.is(value, number(wanted.value)) : String(value) === wanted.value;
    return type !== wanted.type || !same;
  });
}
function number(text) {
  const special = { nan: NaN, inf: Infinity, "-inf": -Infinity };
  if (text in special) return special[text];
  const [, sign, whole, fraction, exponent] = /^(-?)0x(\d)\.([0-9a-f]*)p([+-]\d+)$/.exec(text);
  const size = Number("0x" + whole + fraction) / Math.pow(16, fraction.length) * Math.pow(2, Number(exponent));
  return sign ? -size : size;
}
"""
"""Defines ``wrong(cases)``, the cases that the browser gets wrong; expressions.js must be loaded before it."""
