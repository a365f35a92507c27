"""Scoring a closed round: the results are kept with all that is needed to compute them again."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from survey_app.jobs.registry import job
from survey_app.jobs.running import Run
from survey_app.models.base import Facts
from survey_app.queries.rounds import round_by_code
from survey_app.round_words import refusal_words
from survey_app.services.scores import score_round
from survey_app.services.stages import require_scorable, store_scores


def outcome_words(outcome: Mapping[str, Any]) -> str:
    """What was computed."""
    return gettext("Đã tính điểm từ %(n)s phiếu và lưu kết quả.", n=outcome.get("n_ballots", 0))


@job("score", title=_l("Tính điểm"), refusal_words=refusal_words, outcome_words=outcome_words)
def score(run: Run) -> Facts:
    """Score the round of ``params["round_code"]``. The same ballots, forms and methods give the same kept results."""
    code = run.params["round_code"]
    with run.reading() as session:
        require_scorable(session, round_by_code(session, code))
        scored = score_round(session, code)
    run.progress(1, 2)
    with run.session() as session:
        kept = store_scores(
            session,
            round_by_code(session, code),
            scored,
            today=run.today,
            code_version=importlib.metadata.version("survey-platform"),
            account_id=run.account_id,
        )
        facts = {"results": kept.results_sha256, "ballots": kept.snapshot_sha256, "rules": kept.rules_status}
        run.audit(session, "round.scored", code, **facts)
        session.commit()
    return {"n_ballots": scored.n_ballots, "next": f"/rounds/{code}/results"}
