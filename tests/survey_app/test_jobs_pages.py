"""Jobs and files on screen: each sees his own and those of his rounds; an administrator sees that work runs."""

from uuid import UUID, uuid4

import flask
import pytest
from rounds import a_plan, make_round
from sqlalchemy import select
from sqlalchemy.orm import Session
from staff import an_account, signed_in

from survey_app.clock import today
from survey_app.jobs import job
from survey_app.jobs.running import now
from survey_app.models.accounts import Account, AuditEntry
from survey_app.models.jobs import Job, JobState
from survey_app.models.rounds import SurveyRound
from survey_app.roles import Role
from survey_app.services.files import store_file
from survey_app.services.jobs import add_job, claim_job, end_job, note_progress
from survey_app.services.roll import note_outgoing_file

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

NAME = 'Thư mời "sở", 1.pdf'


@job("test letters", title="Letters of a test", refusal_words=lambda code, params: f"refused: {code} {params['n']}")
def letters(_run: object) -> None: ...


@pytest.fixture
def small(app: flask.Flask, session: Session) -> SurveyRound:
    survey_round = make_round(session, app.extensions["keys"])
    make_round(session, app.extensions["keys"], a_plan(code="other", city="elsewhere"))
    app.extensions["contact_keys"].make("small")
    session.commit()
    return survey_round


def started(session: Session, owner: Account, survey_round: SurveyRound | None) -> UUID:
    round_id = survey_round.id if survey_round else None
    return add_job(session, "test letters", survey_round_id=round_id, params={}, account_id=owner.id, now=now())


def test_a_job_is_seen_by_its_owner_by_researchers_of_its_round_and_as_a_count_by_administrators(
    app: flask.Flask, session: Session, small: SurveyRound
):
    owner = an_account(session, Role.RESEARCHER, round_code="small")
    file_id = str(uuid4())
    job_id = started(session, owner, small)
    claim = claim_job(session, job_id, now())
    note_progress(session, claim, now(), 30, 120)
    session.commit()
    page = f"/jobs/{job_id}"
    ours = signed_in(app, Role.RESEARCHER, round_code="small")
    running = ours.get(page).text
    assert "Letters of a test" in running
    assert 'max="120" value="30"' in running
    assert f'data-live="{page}/fragment"' in running
    assert 'data-live="' in ours.get(f"{page}/fragment").text
    assert "25 %" in ours.get("/jobs/").text
    elsewhere = signed_in(app, Role.RESEARCHER, round_code="other")
    assert [elsewhere.get(path).status_code for path in (page, f"{page}/fragment", f"/jobs/{uuid4()}")] == [404] * 3
    assert "Letters of a test" not in elsewhere.get("/jobs/").text
    assert ours.post(f"{page}/cancel").status_code == 303
    assert elsewhere.post(f"{page}/cancel").status_code == 404
    session.rollback()
    assert session.scalar(select(Job.cancel_asked))
    assert session.scalars(select(AuditEntry.action)).all() == ["job.cancelled"]
    end_job(session, claim, JobState.DONE, {"file_id": file_id, "next": "/rounds/small"}, now())
    session.commit()
    done = ours.get(page).text
    assert f"/files/{file_id}/download" in done
    assert 'href="/rounds/small"' in done
    assert "data-still" in done
    administrator = signed_in(app, Role.ADMINISTRATOR)
    assert "30/120" not in done
    assert "120/120" in administrator.get(page).text
    assert file_id not in administrator.get(page).text
    assert "Letters of a test" in administrator.get("/jobs/").text
    assert ours.get("/jobs/?format=xlsx").status_code == 200
    assert "đã kết thúc từ trước" in ours.post(f"{page}/cancel", follow_redirects=True).text


@pytest.mark.parametrize(
    ("code", "said"),
    [("few", "refused: few 7"), ("internal", "Hệ thống gặp sự cố"), ("workers_died", "không được làm lại nữa")],
)
def test_a_refusal_is_said_in_the_words_of_its_kind(app: flask.Flask, session: Session, code: str, said: str):
    client = signed_in(app, Role.INTERVIEWER, username="owner")
    owner = session.scalars(select(Account).where(Account.username == "owner")).one()
    job_id = started(session, owner, None)
    end_job(session, claim_job(session, job_id, now()), JobState.FAILED, {"code": code, "params": {"n": 7}}, now())
    session.commit()
    assert said in client.get(f"/jobs/{job_id}").text


def test_files_are_downloaded_and_destroyed_by_researchers_of_their_round_and_it_is_logged(
    app: flask.Flask, session: Session, small: SurveyRound, tmp_path
):
    files, key = app.extensions["files"], app.extensions["contact_keys"].read("small")
    given = {"kind": "letters", "name": NAME, "media_type": "application/pdf", "data": b"%PDF", "today": today()}
    stored = store_file(session, files, survey_round=small, contact_key=key, holds_codes=True, **given)
    note_outgoing_file(session, small, tmp_path / "links.csv", today())
    session.commit()
    client = signed_in(app, Role.RESEARCHER, round_code="small")
    shown = client.get("/files/").text
    assert "thư mời" in shown
    assert "links.csv" in shown
    assert "không ai mở lại được" in client.get(f"/files/{stored.id}").text
    answer = client.get(f"/files/{stored.id}/download")
    assert (answer.data, answer.mimetype) == (b"%PDF", "application/pdf")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''Th%C6%B0%20m%E1%BB%9Di%20%22")
    elsewhere = signed_in(app, Role.RESEARCHER, round_code="other")
    for path in (f"/files/{stored.id}", f"/files/{stored.id}/download"):
        assert elsewhere.get(path).status_code == 403
    assert elsewhere.post(f"/files/{stored.id}/destroy").status_code == 403
    assert "links.csv" not in elsewhere.get("/files/").text
    assert signed_in(app, Role.ADMINISTRATOR).get(f"/files/{stored.id}/download").status_code == 403
    assert signed_in(app, Role.ADMINISTRATOR).post(f"/files/{stored.id}/destroy").status_code == 403
    assert files.path(stored.id).exists()
    app.extensions["contact_keys"].destroy("small")
    assert client.get(f"/files/{stored.id}/download").status_code == 410
    assert client.post(f"/files/{stored.id}/destroy").status_code == 303
    assert not files.path(stored.id).exists()
    assert client.get(f"/files/{stored.id}").status_code == 404
    session.rollback()
    assert session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all() == [
        "file.downloaded",
        "file.destroyed",
    ]
