"""Every action that is written to the audit log has words there."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repository import code_of, faults

from survey_app.account.audit_words import AUDIT_WORDS

LOGS = {"audit": 1, "record": 1, "_log": 1, "log": 2}  # functions that log an action: which argument it is
PASS_ON = {"_act": 2, "_go_on_here": 2}  # which get it from their callers, as `action`
NOT_OURS = {"LOG", "LOGGER", "math", "np"}


def actions(source: str) -> Iterator[ast.expr]:
    """What stands in a module where an action is given, both of an either-or."""
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call) or getattr(getattr(call.func, "value", None), "id", "") in NOT_OURS:
            continue
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        for given in call.args[at : at + 1] if (at := (LOGS | PASS_ON).get(name)) else ():
            yield from (given.body, given.orelse) if isinstance(given, ast.IfExp) else (given,)


def without_words(source: str) -> Iterator[str]:
    for action in actions(source):
        if isinstance(action, ast.Constant):
            if "." in str(action.value) and action.value not in AUDIT_WORDS:
                yield f"{action.lineno}: {action.value}"
        elif not (isinstance(action, ast.Name) and action.id == "action"):
            yield f"{action.lineno}: not written out: {ast.unparse(action)}"


def logged(source: str) -> Iterator[str]:
    for action in actions(source):
        if isinstance(action, ast.Constant):
            yield str(action.value)


def test_every_action_of_the_audit_log_has_words():
    assert list(without_words('audit(session, "round.eaten", code)')) == ["1: round.eaten"]
    assert list(without_words('audit(session, f"list_{what}d", code)')) != []
    assert faults(code_of("survey_app"), without_words) == []


def test_no_words_are_kept_for_actions_that_nothing_logs():
    written = {fault.rsplit(":", 1)[1] for fault in faults(code_of("survey_app"), logged)}
    assert set(AUDIT_WORDS) - written == set()
