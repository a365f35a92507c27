"""The browser's interpreter gives what the server gives. Under node where there is one; Chromium repeats it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from expression_cases import COMPARE_JS, calculation_cases, cases, long_cases

SCRIPT = Path(__file__).parents[2] / "survey_app" / "static" / "expressions.js"


def test_the_cases_are_many_and_give_all_kinds_of_values():
    kinds = [case["expected"]["type"] for case in cases(200)]
    assert len(kinds) >= 150
    assert min(kinds.count(kind) for kind in ("str", "float", "bool")) > 15


def test_the_interpreter_for_the_browser_is_small():
    assert SCRIPT.stat().st_size < 5_000


@pytest.mark.parametrize("node", [path for path in [shutil.which("node")] if path])
def test_node_gives_the_values_that_the_server_gives(tmp_path, node):
    (tmp_path / "cases.json").write_text(
        json.dumps([*cases(1000), *calculation_cases(200), *long_cases()]), encoding="utf-8"
    )
    ask = "console.log(JSON.stringify(wrong(JSON.parse(require('fs').readFileSync(process.argv[2], 'utf8')))))"
    (tmp_path / "compare.js").write_text("\n".join([SCRIPT.read_text("utf-8"), COMPARE_JS, ask]), encoding="utf-8")
    command = [node, str(tmp_path / "compare.js"), str(tmp_path / "cases.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
