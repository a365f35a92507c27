"""Rules of this repository that no other tool checks.

A rule goes from the text of a file to its faults. Each is shown a fault first, so that none passes because it
looks at nothing.
"""

import ast
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from repository import PRODUCT, PURE, ROOT, Rule, code_of, faults, files, place, text_files

LONGEST_FUNCTION = 60
LONGEST_FILE = 400
OPENERS = {"open", "read_text", "write_text", "read_bytes", "write_bytes"}
MAY_OPEN = {"loading", "xlsform"}
CLOCKS = ("datetime.now", "datetime.utcnow", "date.today", "Timestamp.now", "Timestamp.today", "time.time")
ENVIRONMENT = ("os.environ", "os.getenv")
RANDOM_BY_ARGUMENT = {"Generator", "BitGenerator", "SeedSequence", "PCG64", "default_rng"}

UNFINISHED = r"\b(TODO|FIXME|XXX)\b"
SWALLOWED = r"except(:| Exception)"
UNTESTED = r"mark\.skip|importorskip|pytest\.skip\("
THIS_MACHINE = (
    r"(?<![\w.~)}\]/-])/(work|root|home|tmp|opt|Users)/|pypi\.|pythonhosted|npmjs|(?<!emit-)index-url|find-links"
)


def lines_matching(pattern: str) -> Rule:
    def rule(source: str) -> Iterator[str]:
        for number, line in enumerate(source.splitlines(), start=1):
            if found := re.search(pattern, line):
                yield f"{number}: {found[0]}"

    return rule


def dotted(node: ast.AST) -> str:
    """`np.random.rand` for an expression that is written so; only the names that can be read off it."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def long_functions(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = node.end_lineno - node.lineno + 1
            if ast.get_docstring(node) is not None:
                lines -= node.body[0].end_lineno - node.body[0].lineno + 1
            if lines > LONGEST_FUNCTION:
                yield f"{node.lineno}: {node.name} has {lines} lines"


def long_file(source: str) -> Iterator[str]:
    lines = len(source.splitlines())
    if lines > LONGEST_FILE:
        yield f"1: {lines} lines"


def bare_weight(source: str) -> Iterator[str]:
    """A weight says of what: design_weight, group_weight, component_weight."""
    for node in ast.walk(ast.parse(source)):
        if "weight" in {getattr(node, field, None) for field in ("id", "arg", "attr", "name", "asname")}:
            yield f"{getattr(node, 'lineno', '?')}: weight"


def opened_files(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] in OPENERS:
            yield f"{node.lineno}: {ast.unparse(node.func)}"


def clock_environment_and_dice(source: str) -> Iterator[str]:
    """What a pure function is given as an argument: the time, settings, a random generator."""
    for node in ast.walk(ast.parse(source)):
        name = dotted(node)
        draws = re.fullmatch(r"(?:np|numpy)\.random\.(\w+)", name)
        imported = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if name.endswith(CLOCKS + ENVIRONMENT) or "random" in imported:
            yield f"{node.lineno}: {name or 'import random'}"
        elif draws and draws[1] not in RANDOM_BY_ARGUMENT:
            yield f"{node.lineno}: {name}"
        elif isinstance(node, ast.Call) and dotted(node.func).endswith("default_rng") and not node.args:
            yield f"{node.lineno}: default_rng() without a seed"


def decomposed_letters(source: str) -> Iterator[str]:
    """An accent apart from its letter looks the same, but is neither found nor translated."""
    for number, line in enumerate(source.splitlines(), start=1):
        if not unicodedata.is_normalized("NFC", line):
            yield f"{number}: {line.strip()[:60]}"


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        (long_functions, "def f():\n" + "    pass\n" * LONGEST_FUNCTION),
        (long_file, "\n" * (LONGEST_FILE + 1)),
        (bare_weight, "def mean(values, weight): ..."),
        (bare_weight, "weight = 1"),
        (bare_weight, "row.weight"),
        (bare_weight, "mean(weight=1)"),
        (opened_files, "open('a')"),
        (opened_files, "Path('a').read_text()"),
        (opened_files, "(folder / 'a').open()"),
        (clock_environment_and_dice, "datetime.datetime.now()"),
        (clock_environment_and_dice, "date.today()"),
        (clock_environment_and_dice, "os.environ['A']"),
        (clock_environment_and_dice, "np.random.rand(3)"),
        (clock_environment_and_dice, "np.random.default_rng()"),
        (clock_environment_and_dice, "import random"),
        (decomposed_letters, unicodedata.normalize("NFD", "phường")),
        (lines_matching(UNFINISHED), "# TODO later"),
        (lines_matching(SWALLOWED), "except Exception:"),
        (lines_matching(UNTESTED), "@pytest.mark.skipif(True)"),
        (lines_matching(THIS_MACHINE), "see /home/somebody/survey"),
        (lines_matching(THIS_MACHINE), "pip install --index-url https://example.org"),
    ],
)
def test_each_rule_sees_its_fault(rule: Rule, fault: str):
    assert list(rule(fault))


@pytest.mark.parametrize(
    ("rule", "sound"),
    [
        (long_functions, 'def f():\n    """' + "\n" * 80 + '    """\n'),
        (bare_weight, "design_weight = weights[0]"),
        (clock_environment_and_dice, "def f(rng: np.random.Generator): return np.random.default_rng(7)"),
        (lines_matching(THIS_MACHINE), "https://example.org/home/page and docs/tmp/x"),
    ],
)
def test_no_rule_sees_a_fault_where_there_is_none(rule: Rule, sound: str):
    assert not list(rule(sound))


def others(paths: list[Path]) -> list[Path]:
    """Without this file, which has to spell what the others may not."""
    return [path for path in paths if path != Path(__file__)]


def test_the_walk_finds_the_product():
    assert {place(path).split("/")[0] for path in code_of(*PRODUCT)} == set(PRODUCT)


def test_functions_are_short():
    migrations = ROOT / "survey_app" / "migrations" / "versions"  # lists of tables, written once
    assert faults((path for path in code_of(*PRODUCT) if path.parent != migrations), long_functions) == []


def test_files_are_short():
    assert faults(code_of(*PRODUCT), long_file) == []


def test_no_module_is_a_drawer_for_odds_and_ends():
    assert not [place(path) for path in files() if path.stem in {"utils", "util", "helpers", "common", "misc"}]


def test_every_weight_says_of_what():
    assert faults(code_of(*PRODUCT), bare_weight) == []
    data = [path for path in files() if path.suffix in {".yaml", ".yml"}]
    assert faults(data, lines_matching(r"^[\s-]*weight:")) == []


def test_nothing_is_left_for_later():
    assert faults(others(text_files()), lines_matching(UNFINISHED)) == []


def test_no_error_is_swallowed():
    assert faults(others(code_of(*PRODUCT, "tests", "bench")), lines_matching(SWALLOWED)) == []


def test_no_test_is_skipped():
    assert faults(others(code_of("tests")), lines_matching(UNTESTED)) == []


def test_no_file_knows_the_machine_it_was_written_on():
    assert faults(others(text_files()), lines_matching(THIS_MACHINE)) == []


def test_pure_packages_open_files_in_two_modules_only():
    assert faults((path for path in code_of(*PURE) if path.stem not in MAY_OPEN), opened_files) == []


def test_pure_packages_know_no_clock_no_environment_and_no_dice():
    assert faults(code_of(*PURE), clock_environment_and_dice) == []


def test_text_is_utf_8_with_composed_letters():
    assert faults(text_files(), decomposed_letters) == []


def test_each_decision_record_has_a_number_of_its_own():
    names = [path.name for path in (ROOT / "docs" / "decisions").glob("*.md")]
    assert not [name for name in names if not re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", name)]
    assert not [number for number, times in Counter(name[:4] for name in names).items() if times > 1]


def links(source: str) -> Iterator[str]:
    """The targets of a Markdown text within the repository, code left out."""
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", source, flags=re.DOTALL)
    for inline, reference, image in re.findall(
        r"\]\(<?([^)\s>]+)|^\[[^\]]+\]:\s*(\S+)|src=\"([^\"]+)\"", prose, flags=re.MULTILINE
    ):
        target = (inline or reference or image).split("#")[0]
        if target and not re.match(r"[a-z]+:", target):
            yield target


def test_links_are_read_from_markdown():
    text = "[a](docs/a.md#b) ![b](c.png)\n[d]: e.md\n[web](https://example.org) `[x](y)` [here](#there)"
    assert list(links(text)) == ["docs/a.md", "c.png", "e.md"]


def test_every_link_between_documents_leads_somewhere():
    assert not [
        f"{place(path)}: {target}"
        for path in files()
        if path.suffix == ".md"
        for target in links(path.read_text("utf-8"))
        if not (path.parent / target).exists()
    ]
