"""A rehearsal played by a program, closed afterwards so that it can be scored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from survey_app.jobs.closing import close_and_forget
from survey_app.jobs.registry import job
from survey_app.jobs.running import Run
from survey_app.models.base import Facts
from survey_app.rehearsal import Script
from survey_app.rehearsal import run as play

AT_A_TIME = 4  # respondents: a rehearsal from a page shares the machine with the pages


def refusal_words(code: str, params: Mapping[str, Any]) -> str:
    """Why nothing was played."""
    said = str(params.get("said", ""))
    if code == "TooFewInvited":
        return gettext("Không đủ người được mời để chơi thử: %(said)s", said=said)
    if code == "ServerDidNotStart":
        return gettext("Máy chủ dùng để chơi thử không khởi động được.")
    return gettext("Không chơi thử được (%(code)s).", code=code)


def outcome_words(outcome: Mapping[str, Any]) -> str:
    """How it went."""
    n = outcome.get("completed", 0)
    if outcome.get("passed"):
        return gettext("ĐẠT: %(n)s phiếu đã gửi đều có trong thùng phiếu, đúng như đã trả lời.", n=n)
    return gettext("KHÔNG ĐẠT: %(n)s phiếu đã gửi, nhưng phiếu trong thùng không khớp hoặc có người bị kẹt.", n=n)


@job("rehearse", title=_l("Chơi thử bằng máy"), refusal_words=refusal_words, outcome_words=outcome_words)
def rehearse(run: Run) -> Facts:
    """Play ``params["respondents"]`` people into a copy of ``params["round_code"]``, then close the copy."""
    script = Script(respondents=int(run.params["respondents"]), concurrency=AT_A_TIME)
    report = play(run.config, run.params["round_code"], script, workers=1, progress=run.progress)
    close_and_forget(run.instance, report.round_code)
    return {
        "passed": report.passed,
        "completed": report.completed,
        "rehearsal": report.round_code,
        "next": f"/rounds/{report.round_code}/",
    }
