"""Rounds in the workplace: made from templates and earlier rounds, changed as drafts, led from stage to stage."""

import hashlib
import json
from datetime import date, timedelta

import flask
import pytest
from flask.testing import FlaskClient
from rounds import UNITS, a_group, a_plan, form, make_round, people, vote, voters
from scoring_makers import ASSUMED, DTXHH, TITLE, changed
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from staff import signed_in

from scoring.faults import MethodError
from survey_app.access import Role
from survey_app.clock import today
from survey_app.config import Config
from survey_app.definitions import read_round_plan, shipped_rounds
from survey_app.instance import instance_of
from survey_app.jobs.running import run_job
from survey_app.models.accounts import AuditEntry
from survey_app.models.history import ScoreRun
from survey_app.models.jobs import Job, JobState
from survey_app.models.roll import DesignCell, Invitee
from survey_app.models.rounds import Milestone, Mode, RatingScope, RespondentGroup, RoundUnit, SurveyRound
from survey_app.security import KeyRing
from survey_app.services import stages
from survey_app.services.scores import score_round
from survey_app.services.stages import NoDecision, NotInStage, StepRefused

QUALITY = {"list_name": "quality", "fractions": {"1": 0, "2": 1}, **ASSUMED}
METHOD = changed(
    DTXHH,
    {
        "criteria": [{"code": "C1", "title": TITLE, "max_points": 3, **ASSUMED}],
        "answers/file_scale": "quality",
        "percent_tables": [QUALITY],
        "group_weights/by_criterion": {"C1": {"staff": 1}},
        "few_ballots/min_ballots": 5,  # real rounds show nothing of fewer
    },
)
RATED = form().replace("required: yes}", "required: yes, criterion: C1, measure: assessment}", 1)
ON_SCREEN = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


@pytest.fixture
def keys(config: Config) -> KeyRing:
    return KeyRing(config.key_dir)


@pytest.fixture
def researcher(app: flask.Flask) -> FlaskClient:
    return signed_in(app, Role.RESEARCHER, username="an")


def count(session: Session, *where: object) -> int:
    n = session.scalar(select(func.count()).where(*where))
    session.rollback()
    return n


def work(config: Config, session: Session) -> None:
    """Do the newest job as a worker would."""
    job_id = session.scalars(select(Job.id).order_by(Job.created_at.desc())).first()
    session.rollback()
    instance = instance_of(config)
    ended = run_job(instance, job_id)
    instance.database.engine.dispose()
    assert ended == JobState.DONE


def stage(session: Session, survey_round: SurveyRound) -> str:
    """How far the round has come, as others see it; no transaction stays open."""
    session.refresh(survey_round)
    found = survey_round.stage
    session.rollback()
    return found


# --- stages ----------------------------------------------------------------------------------------------------------


def test_each_stage_has_its_guards_and_there_is_no_way_back(
    config: Config, session: Session, app: flask.Flask, researcher: FlaskClient, keys: KeyRing
):
    groups = (a_group(instrument=RATED), a_group("few"))
    plan = a_plan(*groups, min_cell=6, code="small", methods=(json.dumps(METHOD),))
    survey_round = make_round(session, keys, plan, {"few": people(5, prefix="few-")}, opened=False)
    session.commit()
    refused = researcher.post("/rounds/small/open")
    assert refused.status_code == 422
    assert "few: ô all có 5 người" in refused.text  # who could be told apart, with what would mend it
    assert "mời thêm người" in refused.text
    assert 'href="/rounds/small/invitations/few">Sửa tại đây' in refused.text
    with pytest.raises(StepRefused):
        stages.open_stage(session, survey_round, today())
    with pytest.raises(NotInStage):
        stages.require_scorable(session, survey_round)
    with pytest.raises(NotInStage):
        stages.publish(session, survey_round, decision="1/QĐ", today=today())
    assert not stages.may_close(session, survey_round)
    session.rollback()
    assert "Nhóm đã có người được mời" in researcher.post("/rounds/small/groups/few/remove").text
    survey_round.min_cell = 5
    session.commit()
    assert researcher.post("/rounds/small/open").status_code == 303
    assert stage(session, survey_round) == "open"
    for i, voter in enumerate(voters(session, survey_round, keys.read("small"))):
        good = {"speed": {unit: "12"[i % (place + 1) == 0] for place, unit in enumerate(UNITS)}}
        vote(
            session, voter, keys.read("small"), good if voter.ref.isdecimal() else {"speed": dict.fromkeys(UNITS, "1")}
        )
    session.commit()
    assert researcher.post("/rounds/small/score").status_code == 422  # not before the close
    assert count(session, Job.kind == "score") == 0
    researcher.post("/rounds/small/close")
    work(config, session)
    assert researcher.get("/rounds/small/results").status_code == 404  # closed, not scored
    revealing = json.dumps(changed(METHOD, {"few_ballots/min_ballots": 1}))
    with pytest.raises(MethodError, match="min_ballots"):  # of real people, whatever a method says
        score_round(session, "small", methods=[revealing])
    session.rollback()
    researcher.post("/rounds/small/score")
    work(config, session)
    assert stage(session, survey_round) == "scored"
    assert_results_are_shown_and_kept(config, app, session, researcher)
    with pytest.raises(NoDecision):
        stages.publish(session, survey_round, decision=" ", today=today())
    session.rollback()
    assert researcher.post("/rounds/small/publish", data={"decision": ""}).status_code == 422
    decided = {"decision": "12/QĐ-UBND", "decided_on": "2027-02-01"}
    assert researcher.post("/rounds/small/publish", data=decided).status_code == 303
    assert stage(session, survey_round) == "published"
    for step in ("open", "close", "score", "publish"):
        assert researcher.post(f"/rounds/small/{step}", data=decided).status_code == 422
    logged = dict(session.execute(select(AuditEntry.action, AuditEntry.details)).all())
    assert {"round.opened", "round.close_asked", "round.score_asked", "round.scored", "round.published"} <= set(logged)
    assert logged["round.published"]["decision"] == "12/QĐ-UBND"
    assert session.scalars(select(SurveyRound.closed_on)).one() == today()


def assert_results_are_shown_and_kept(
    config: Config, app: flask.Flask, session: Session, researcher: FlaskClient
) -> None:
    """Marked, ranked, downloadable, the same when they are computed again; for those alone who may see scores."""
    page = researcher.get("/rounds/small/results").text
    assert "Đơn vị U1" in page
    assert page.count("giả định") >= 4  # at every unit's index
    assert "chưa công bố" in page
    assert "khác với kết quả đã lưu" not in page
    assert researcher.get("/rounds/small/results/U1").status_code == 200
    assert researcher.get("/rounds/small/results/U9").status_code == 404
    csv = researcher.get("/rounds/small/results.csv").data
    assert signed_in(app, Role.APPRAISER).get("/rounds/small/results.csv").data == csv
    assert signed_in(app, Role.ADMINISTRATOR).get("/rounds/small/results").status_code == 403
    researcher.post("/rounds/small/score")
    work(config, session)
    (run,) = session.scalars(select(ScoreRun)).all()
    assert stages.results_of(run) == csv
    assert hashlib.sha256(csv).hexdigest() == run.results_sha256
    assert (run.rules_status, run.made_on) == ("assumed", today())
    assert run.inputs["methods"][0]["id"] == "tiny"
    session.rollback()


@ON_SCREEN
def test_groups_that_say_nothing_are_named_and_results_published_only_by_who_saw_it(
    session: Session, researcher: FlaskClient, keys: KeyRing
):
    survey_round = make_round(session, keys, a_plan(a_group(), a_group("late"), a_group("quiet"), code="small"))
    for voter in voters(session, survey_round, keys.read("small")):
        if voter.ref.isdecimal():
            vote(session, voter, keys.read("small"), day=today() - timedelta(days=1))
        elif voter.ref == "late-001":
            vote(session, voter, keys.read("small"))
    session.commit()
    said = researcher.get("/rounds/small/close").text
    assert "Bảng tiến độ chưa có bậc nào của: late; quiet." in said  # what the board shows, nothing of the one ballot
    assert "Chưa có phiếu nào" not in said
    survey_round.status, survey_round.closed_on, survey_round.methods = "closed", today(), [json.dumps(METHOD)]
    session.commit()
    assert "Chưa có phiếu nào của: quiet." in researcher.get("/rounds/small/score").text
    survey_round.scored_on = today()
    session.commit()
    assert "Chưa có phiếu nào của: quiet." in researcher.get("/rounds/small/publish").text
    decided = {"decision": "12/QĐ-UBND", "decided_on": "2027-02-01"}
    refused = researcher.post("/rounds/small/publish", data=decided)
    assert refused.status_code == 422
    assert "Hãy đánh dấu là đã xem" in refused.text
    assert stage(session, survey_round) == "scored"
    assert researcher.post("/rounds/small/publish", data=decided | {"silence_seen": "y"}).status_code == 303
    assert stage(session, survey_round) == "published"


def test_an_open_round_is_not_changed(session: Session, researcher: FlaskClient, keys: KeyRing):
    survey_round = make_round(session, keys, a_plan(a_group(), code="small"))
    texts = dict.fromkeys(("title_vi", "asked_by_vi", "contact_vi", "legal_basis_vi", "results_when_vi"), "khác")
    session.commit()
    changed = researcher.post(
        "/rounds/small/edit", data={**texts, "opens_on": "2026-01-01", "closes_on": "2026-12-31", "min_cell": "4"}
    )
    assert changed.status_code == 422
    assert researcher.post("/rounds/small/units", data={}).status_code == 422
    assert "Đợt đã mở" in researcher.post("/rounds/small/groups/staff/remove").text
    session.refresh(survey_round)
    assert survey_round.title["vi"] == "title"
    assert [group.code for group in survey_round.groups] == ["staff"]
    assert count(session, RoundUnit.survey_round_id == survey_round.id) == 4


# --- making ----------------------------------------------------------------------------------------------------------


@ON_SCREEN
def test_a_round_is_made_from_every_template(app: flask.Flask, session: Session, researcher: FlaskClient):
    for template in shipped_rounds():
        plan = read_round_plan(shipped_rounds()[template])
        code = f"{template}-moi"
        data = {"source": f"template:{template}", "code": code, "year": "2027", "city": "hanoi"}
        made = researcher.post("/rounds/new", data=data)
        assert made.status_code == 303, made.text
        survey_round = session.scalars(select(SurveyRound).where(SurveyRound.code == code)).one()
        assert (survey_round.opens_on.year, survey_round.stage, survey_round.programme) == (2027, "draft", template)
        assert survey_round.opens_on.timetuple()[1:3] == plan.opens_on.timetuple()[1:3]
        assert [group.code for group in survey_round.groups] == [group.code for group in plan.groups]
        session.rollback()
        assert count(session, RoundUnit.survey_round_id == survey_round.id) > 0
        assert count(session, Milestone.survey_round_id == survey_round.id) == len(plan.milestones) > 0
        for ring in ("keys", "contact_keys"):
            assert app.extensions[ring].read(code)
        session.refresh(survey_round)
        of_open_groups = [group.id for group in survey_round.groups if group.mode == Mode.OPEN_LINK]
        session.rollback()
        assert bool(count(session, DesignCell.respondent_group_id.in_(of_open_groups))) == bool(of_open_groups)
        page = researcher.get(f"/rounds/{code}/").text
        assert "Tiến độ theo kế hoạch" in page
        assert "ngày làm việc" in page
    again = researcher.post("/rounds/new", data=data)
    assert again.status_code == 422
    assert "Đã có đợt điều tra mang mã này." in again.text
    assert "hanoi-2026-so-moi" in researcher.get("/rounds/").text


@ON_SCREEN
def test_a_copy_keeps_everything_but_people_and_moves_by_a_year(
    app: flask.Flask, session: Session, researcher: FlaskClient, keys: KeyRing
):
    plan = a_plan(a_group(), a_group("own", scope=RatingScope.OWN, mode=Mode.OPEN_LINK), code="nam-2026")
    plan = read_round_plan(shipped_rounds()["hanoi-2026-so"]).milestones and plan
    source = make_round(session, keys, plan)
    source.title = {"vi": "Chỉ số năm 2026, theo Quyết định ngày 17/11/2025", "en": "Index 2026"}
    source.opens_on, source.closes_on = date(2026, 11, 1), date(2027, 2, 28)
    session.add(
        Milestone(
            survey_round_id=source.id,
            position=0,
            title={"vi": "Báo cáo năm 2026", "en": "Report 2026"},
            responsible={"vi": "Viện", "en": "Institute"},
            product={"vi": "", "en": ""},
            due_words={"vi": "Tháng 02/2027", "en": "February 2027"},
            due_on=date(2027, 2, 28),
            done_on=date(2027, 2, 1),
            source="Kế hoạch",
        )
    )
    dropped = session.scalars(select(RoundUnit).where(RoundUnit.survey_round_id == source.id)).first()
    session.delete(dropped)
    session.commit()
    data = {"source": "copy:nam-2026", "code": "nam-2027", "year": "2027", "city": "hanoi"}
    assert researcher.post("/rounds/new", data=data).status_code == 303
    copy = session.scalars(select(SurveyRound).where(SurveyRound.code == "nam-2027")).one()
    assert copy.title == {"vi": "Chỉ số năm 2027, theo Quyết định ngày 17/11/2025", "en": "Index 2027"}
    assert (copy.opens_on, copy.closes_on) == (date(2027, 11, 1), date(2028, 2, 29))
    assert (copy.min_cell, copy.stage) == (3, "draft")
    kept = ("code", "mode", "rating_scope", "instrument_version_id")
    rows = [[[getattr(g, name) for name in kept] for g in r.groups] for r in (source, copy)]
    assert rows[0] == rows[1]
    (milestone,) = session.scalars(select(Milestone).where(Milestone.survey_round_id == copy.id))
    assert (milestone.due_on, milestone.done_on) == (date(2028, 2, 29), None)
    assert (milestone.title["vi"], milestone.due_words["vi"]) == ("Báo cáo năm 2027", "Tháng 02/2028")
    units = [
        set(session.scalars(select(RoundUnit.unit_id).where(RoundUnit.survey_round_id == r.id))) for r in (source, copy)
    ]
    assert units[0] == units[1]
    assert len(units[0]) == 3
    assert count(session, Invitee.survey_round_id == copy.id) == 0


@ON_SCREEN
def test_a_blank_round_is_filled_in_by_hand(app: flask.Flask, session: Session, researcher: FlaskClient, keys: KeyRing):
    make_round(session, keys, a_plan(code="khac"))  # so that a city has units
    session.commit()
    data = {"source": "blank", "code": "trong", "year": "2027", "city": "somewhere"}
    assert "Đợt trống cần có tên." in researcher.post("/rounds/new", data=data).text
    assert researcher.post("/rounds/new", data=data | {"title_vi": "Đợt trống"}).status_code == 303
    checked = researcher.get("/rounds/trong/open").text
    assert "Chưa có đơn vị nào" in checked
    for mended_at in ("edit", "units", "groups/new"):
        assert f'href="/rounds/trong/{mended_at}">Sửa tại đây' in checked
    assert "Chưa có nhóm" in checked
    assert "cơ quan hỏi, cách liên hệ, căn cứ, khi nào có kết quả" in checked
    survey_round = session.scalars(select(SurveyRound).where(SurveyRound.code == "trong")).one()
    units = list(session.scalars(select(RoundUnit.unit_id)))
    session.rollback()
    group = {"code": "dan", "title_vi": "Người dân", "mode": "open_link", "rating_scope": "own", "anonymous": "y"}
    wrong = group | {"mode": "personal_link", "rating_scope": "booklet", "instrument": "catalogue:sipas_2026_nguoi_dan"}
    assert "Xin nhập số đơn vị trong một tập." in researcher.post("/rounds/trong/groups/new", data=wrong).text
    for code in ("dan", "to_chuc"):
        right = (
            group | {"code": code, "instrument": "catalogue:sipas_2026_nguoi_dan"}
            if code == "dan"
            else {**group, "code": code, "instrument": "1", "target_ballots": "200"}
        )
        assert researcher.post("/rounds/trong/groups/new", data=right).status_code == 303
    assert "Đợt đã có nhóm mang mã này." in researcher.post("/rounds/trong/groups/new", data=right).text
    researcher.post("/rounds/trong/units", data={"unit": [str(unit) for unit in units[:3]]})
    researcher.post("/rounds/trong/groups/to_chuc/move", data={"to": "earlier"})
    session.refresh(survey_round)
    assert [g.code for g in survey_round.groups] == ["to_chuc", "dan"]
    session.rollback()
    assert (
        count(
            session,
            DesignCell.respondent_group_id == RespondentGroup.id,
            RespondentGroup.survey_round_id == survey_round.id,
        )
        == 6
    )
    researcher.post("/rounds/trong/groups/to_chuc/remove")
    session.refresh(survey_round)
    assert [g.code for g in survey_round.groups] == ["dan"]
    assert survey_round.groups[0].position == 0


# --- milestones ------------------------------------------------------------------------------------------------------


@ON_SCREEN
def test_milestones_are_added_ticked_and_taken_off(session: Session, researcher: FlaskClient, keys: KeyRing):
    make_round(session, keys, a_plan(code="small"))
    session.commit()
    late = today() - timedelta(days=30)
    data = {"title_vi": "Nộp báo cáo", "due_on": late.isoformat(), "source": "Kế hoạch"}
    assert researcher.post("/rounds/small/milestones/new", data={"title_vi": ""}).status_code == 422
    assert researcher.post("/rounds/small/milestones/new", data=data | {"due_on": "9999-12-31"}).status_code == 422
    assert researcher.post("/rounds/small/milestones/new", data=data).status_code == 303
    assert "quá hạn" in researcher.get("/rounds/small/").text
    (number,) = session.scalars(select(Milestone.id))
    session.rollback()
    researcher.post(f"/rounds/small/milestones/{number}/tick")
    page = researcher.get("/rounds/small/").text
    assert f"xong ngày {today():%d/%m/%Y}" in page
    assert "quá hạn" not in page
    researcher.post(f"/rounds/small/milestones/{number}/tick", data={"undo": "1"})
    assert count(session, Milestone.done_on.is_(None)) == 1
    assert researcher.get("/rounds/small/milestones/999").status_code == 404
    researcher.post(f"/rounds/small/milestones/{number}/remove")
    assert count(session, Milestone.id > 0) == 0


# --- who may ---------------------------------------------------------------------------------------------------------


@ON_SCREEN
def test_supervisors_read_and_change_nothing_and_see_no_scores(app: flask.Flask, session: Session, keys: KeyRing):
    make_round(session, keys, a_plan(code="small"))
    make_round(session, keys, a_plan(code="other"))
    session.commit()
    supervisor = signed_in(app, Role.SUPERVISOR, round_code="small")
    assert supervisor.get("/rounds/small/").status_code == 200
    assert "Sửa thông tin" not in supervisor.get("/rounds/small/").text
    listed = supervisor.get("/rounds/").text
    assert "/rounds/small/" in listed
    assert "/rounds/other/" not in listed
    assert supervisor.get("/rounds/other/").status_code == 403
    for path in ("edit", "open", "close", "score", "publish", "results"):
        assert supervisor.get(f"/rounds/small/{path}").status_code == 403
    assert count(session, ScoreRun.id > 0) == 0
