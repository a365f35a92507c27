"""Reading lists of people in, and drawing from them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from survey_app.frame_words import refusal_words
from survey_app.jobs.registry import job
from survey_app.jobs.running import Run
from survey_app.models.base import Facts
from survey_app.models.rounds import SurveyRound
from survey_app.queries.frames import frame_row
from survey_app.queries.rounds import group_by_code
from survey_app.services.draw_plans import spec_from
from survey_app.services.draws import make_draw, store_draw
from survey_app.services.files import FileGone
from survey_app.services.frames import (
    check_upload,
    frame_of_upload,
    frame_rows,
    order_from,
    remember_mapping,
    store_frame,
)


@job("import_frame", title=_l("Nhập khung mẫu"), refusal_words=refusal_words)
def import_frame(run: Run) -> Facts:
    """Check an uploaded list and keep it as a frame; params: see ``services.frames.FrameOrder``."""
    order = order_from(run.params)
    with run.reading() as session:
        survey_round = session.get_one(SurveyRound, run.survey_round_id)
        group, code = group_by_code(survey_round, order.group_code), survey_round.code
        key = run.contact_keys.read(code)
        known = frame_of_upload(session, survey_round, order.upload_id)
        try:
            headings, checked = check_upload(
                session, run.files, survey_round, group, order, contact_key=key, today=run.today
            )
        except FileGone:
            if known is None:
                raise
            return _frame_outcome(code, known.id, known.n_rows)  # an earlier start of this job came so far
    run.progress(1, 2)
    with run.session() as session:
        survey_round = session.get_one(SurveyRound, run.survey_round_id)
        frame = store_frame(
            session,
            run.files,
            survey_round,
            group_by_code(survey_round, order.group_code),
            order,
            checked=checked,
            contact_key=key,
            account_id=run.account_id,
            today=run.today,
        )
        remember_mapping(session, headings, order.mapping, run.today)
        session.commit()
        return _frame_outcome(code, frame.id, frame.n_rows)


def _frame_outcome(round_code: str, frame_id: int, n_rows: int) -> Facts:
    return {"rows": n_rows, "next": f"/rounds/{round_code}/frames/{frame_id}"}


@job("draw_sample", title=_l("Chọn mẫu"), refusal_words=refusal_words)
def draw_sample(run: Run) -> Facts:
    """Draw from a frame; params: frame_id and spec, see ``services.draw_plans.DrawSpec``."""
    spec = spec_from(run.params["spec"])
    with run.reading() as session:
        survey_round = session.get_one(SurveyRound, run.survey_round_id)
        code, key = survey_round.code, run.contact_keys.read(survey_round.code)
        frame = frame_row(session, survey_round, int(run.params["frame_id"]))
        rows = frame_rows(session, run.files, frame, key)
    done = 0

    def report(n_rows: int) -> None:
        nonlocal done
        done += n_rows
        run.progress(min(done, len(rows)), len(rows))

    made = make_draw(rows, spec, report)
    with run.session() as session:
        survey_round = session.get_one(SurveyRound, run.survey_round_id)
        draw = store_draw(
            session,
            run.files,
            survey_round,
            frame_row(session, survey_round, frame.id),
            spec,
            made=made,
            job_id=str(run.claim.job_id),
            contact_key=key,
            account_id=run.account_id,
            today=run.today,
        )
        session.commit()
        first, reserve = draw.counts["first"], draw.counts["reserve"]
        return {"first": first, "reserve": reserve, "next": f"/rounds/{code}/frames/draws/{draw.id}"}
