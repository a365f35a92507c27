"""A pattern that is let through ends soon, whatever is typed; the others are refused with a remedy."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
import time

import pytest

from instruments.expressions import ExpressionError, compile_expression
from instruments.faults import render
from instruments.pattern_cost import LONGEST
from instruments.patterns import PatternError, compiled, portable_pattern
from instruments.values import TEXT_LIMIT

SLOWEST = 4.0  # seconds of the processor for one answer; a catastrophe takes hours


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("(a|a)*b", "regex_repeated"),
        ("(a|a){2,}b", "regex_repeated"),
        ("(a|a){30}b", "regex_repeated"),
        ("((a{1,9}){1,9}){1,9}b", "regex_repeated"),
        ("(a?){30}", "regex_repeated"),
        ("(a+)?(b+)*", "regex_repeated"),
        ("(?:a+)+", "regex_repeated"),
        ("((a+))+", "regex_repeated"),
        ("((a|b){1})*", "regex_repeated"),
        ("((a)?)*", "regex_repeated"),
        ("(^)*", "regex_repeated"),
        ("(){9}", "regex_repeated"),
        ("a*a*a*b", "regex_slow"),
        ("a*(a*(a*b))", "regex_slow"),
        ("a*.*[a-z]*b", "regex_slow"),
        ("a{0,999}a{0,999}a{0,999}b", "regex_slow"),
        ("(a*a*|x)a*b", "regex_slow"),
        ("a?" * 30 + "a" * 30, "regex_slow"),
        ("(a|a)" * 30 + "b", "regex_slow"),
        ("(a*)?" * 3 + "b", "regex_slow"),
        ("((a{1000}){1000}){1000}", "regex_slow"),
        ("a{99999999999999999999}", "regex_slow"),
        ("(" * 500 + "a" + ")" * 500, "regex_not_supported"),
        ("|*", "regex_not_supported"),
    ],
)
def test_what_could_take_for_ever_is_refused_with_a_remedy(pattern, code):
    with pytest.raises(ExpressionError) as caught:
        compile_expression(f"regex(., '{pattern}')")
    assert caught.value.code == code
    for language, remedy in (("vi", "hãy"), ("en", "repeat|join|use")):
        assert re.search(remedy, render(code, caught.value.params, language))


@pytest.mark.parametrize(
    ("pattern", "fits", "unfit"),
    [
        (r"[^@ ]+@[^@ ]+\.[^@ ]+", "a@b.c.vn", "a@b"),
        (r"[1-9]\d{0,2}(\.\d{3})*(,\d+)?", "1.234.567,5", "1.23"),
        (r"\d+([.,]\d+)?( %)?", "12,5 %", "12,"),
        (r"(0|\+84)[0-9]{9,10}", "+84912345678", "912345678"),
        (r"(\d{2}-){2}\d{4}", "15-07-2026", "15-7-2026"),
        (r"https?://[^ ]+", "https://hanoi.gov.vn", "ftp://x"),
        (r"-?\d+", "-5", "--5"),
        ("([A-Z]{2})+", "ABCD", "ABC"),
        ("(a|b){1}c?", "bc", "ab"),
        ("(yes|no)?", "", "maybe"),
        ("a{0}b{1,}", "bb", "ab"),
        ("x*|y*?", "yyy", "xy"),
        ("", "", "a"),
    ],
)
def test_what_authors_write_is_let_through_and_means_the_same(pattern, fits, unfit):
    found = compiled(portable_pattern(pattern))
    assert found.fullmatch(fits)
    assert not found.fullmatch(unfit)


ATOMS = ("a", "b", ".", "[ab]", "[^b]", r"\w", "1", r"\d", "(a)", "(ab)", "(a|a)", "(a|aa)", "(ab|a|b)")
TIMES = ("", "", "*", "+", "?", "*?", "{2}", "{0,9}", "{1,50}", "{3,}", "{0,2000}", "{1000}")


def pattern(dice: random.Random, depth: int = 3) -> str:
    """Some pattern, often one that is slow."""
    row = []
    for _ in range(dice.randint(1, 4)):
        inner = f"({pattern(dice, depth - 1)})" if depth and dice.random() < 0.3 else dice.choice(ATOMS)
        row.append(inner + dice.choice(TIMES))
    return "".join(row) + ("|" + dice.choice(ATOMS) if dice.random() < 0.2 else "") + dice.choice(["", "!", "b"])


def let_through(count: int) -> list[str]:
    dice = random.Random(2026)
    found: list[str] = []
    while len(found) < count:
        try:
            found.append(portable_pattern(pattern(dice)))
        except PatternError:
            continue
    return found


HARD = [text[:1999] + end for text in ("a" * 1999, "ab" * 1000, "1" * 1999, "a1" * 1000, "aab" * 700) for end in "a?"]

IN_PYTHON = """
import json, re, sys, time
patterns, answers = json.load(sys.stdin)
slow = []
for pattern in patterns:
    for answer in answers:
        start = time.process_time()
        re.compile(pattern, re.ASCII).fullmatch(answer)
        slow.append((time.process_time() - start, pattern))
print(json.dumps(max(slow)))
"""
IN_NODE = """
const [patterns, answers] = JSON.parse(require("fs").readFileSync(0, "utf8"));
let worst = [0, ""];
for (const pattern of patterns) for (const answer of answers) {
  const start = process.cpuUsage();
  new RegExp("^(?:" + pattern + ")$", "u").test(answer);
  const spent = process.cpuUsage(start).user / 1e6;
  if (spent > worst[0]) worst = [spent, pattern];
}
console.log(JSON.stringify(worst));
"""
ENGINES = [[sys.executable, "-c", IN_PYTHON], *([path, "-e", IN_NODE] for path in [shutil.which("node")] if path)]


@pytest.mark.parametrize("engine", ENGINES, ids=["python", "node"][: len(ENGINES)])
def test_every_pattern_let_through_ends_soon_on_long_answers_made_to_be_hard(engine):
    given = json.dumps([[*let_through(400), "a*a*b", ".*a.*b", "(a*)?a*b", "a{0,1000}a{0,1000}a{0,3}b"], HARD])
    done = subprocess.run(engine, input=given, capture_output=True, text=True, check=True, timeout=120)
    seconds, slowest = json.loads(done.stdout)
    assert seconds < SLOWEST, slowest


def test_a_pattern_reads_no_more_than_an_answer_can_hold():
    matches = compile_expression("regex(concat(${q}, ${more}), 'a*a*')")
    assert LONGEST == TEXT_LIMIT
    assert matches.holds({"q": "a" * LONGEST}, today="")
    assert not matches.holds({"q": "a" * LONGEST, "more": "a"}, today="")


def test_a_pattern_is_judged_soon_however_it_is_built():
    start = time.process_time()
    for text in ("(a|b)" * 500, "a?" * 1000, "[a-z]*" * 300, "(" * 5000, "(ab{9}){300}" * 50 + "a*" * 9):
        with pytest.raises(PatternError):
            portable_pattern(text)
    assert time.process_time() - start < SLOWEST
