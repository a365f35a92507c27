"""Sentences of refusals: each code stands once, and both languages name the same facts."""

import ast
import string
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from repository import ROOT

from analysis.messages import TEXTS as ANALYSIS
from analysis.messages_design import DESIGN_TEXTS, FAULT_TEXTS
from sampling.messages import TEXTS as SAMPLING
from survey_app.table_faults import TEXTS as TABLES

ALONE = {"messages_design.py", "messages_recipe.py"}  # of errors of their own


def codes(path: Path) -> Iterator[str]:
    """The keys of sentences in a file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Dict):
            yield from (key.value for key in node.keys if isinstance(key, ast.Constant))


@pytest.mark.parametrize("package", ["analysis", "sampling"])
def test_no_code_stands_for_two_sentences(package: str):
    files = [path for path in (ROOT / package).glob("messages*.py") if path.name not in ALONE]
    times = Counter(code for path in files for code in codes(path))
    assert len(times) > 20
    assert [code for code, count in times.items() if count > 1] == []


@pytest.mark.parametrize("texts", [ANALYSIS, SAMPLING, DESIGN_TEXTS, FAULT_TEXTS, TABLES], ids=len)
def test_both_languages_name_the_same_facts(texts: dict):
    def facts(sentence: str) -> set[str]:  # but for words of one language
        names = {name for _, name, _, _ in string.Formatter().parse(sentence) if name} - {"vi", "en"}
        return {name.removesuffix("_en") for name in names}

    unlike = {code: pair for code, pair in texts.items() if facts(pair[0]) != facts(pair[1])}
    assert unlike == {}
