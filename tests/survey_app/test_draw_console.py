"""From a list in Excel to people on the roll, in the console: uploaded, mapped, drawn, certified, invited."""

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import flask
import pandas as pd
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from frame_makers import a_draft, a_list
from sqlalchemy import select
from staff import signed_in

from survey_app.cli import survey
from survey_app.jobs.running import run_job
from survey_app.models.accounts import AuditEntry
from survey_app.models.designs import Frame, SamplePlan
from survey_app.models.jobs import Job
from survey_app.models.roll import DesignCell, Invitee
from survey_app.queries.rounds import round_by_code
from survey_app.roles import Role
from survey_app.services.contacts import contacts_of

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
SITE = "/rounds/small/frames"


@pytest.fixture
def researcher(app: flask.Flask) -> FlaskClient:
    """A researcher, and a draft whose citizens rate their own commune."""
    with app.extensions["database"].transaction() as session:
        a_draft(session, app.extensions["keys"], app.extensions["contact_keys"])
        session.commit()
    return signed_in(app, Role.RESEARCHER)


def post_list(client: FlaskClient, table: pd.DataFrame) -> str:
    """Upload a list as CSV; the page where its columns are named."""
    data = table.to_csv(index=False).encode("utf-8-sig")
    fields = {"group": "people", "name": "Một cửa", "file": (io.BytesIO(data), "danh-sach.csv")}
    response = client.post(f"{SITE}/new", data=fields, content_type="multipart/form-data")
    assert response.status_code == 303, response.text
    return response.location


def run_started(app: flask.Flask, response: Any) -> Job:
    """Run the job that a page has started; how it ended."""
    assert response.status_code == 303, response.text
    job_id = UUID(re.search(r"[0-9a-f-]{36}", response.location)[0])
    run_job(app.extensions["instance"], job_id)
    with app.extensions["database"].statements() as session:
        return session.get_one(Job, job_id)


def chosen(text: str) -> dict[str, str]:
    """What the selects of a page have chosen."""
    selects = re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', text, re.DOTALL)
    found = {name: re.search(r'<option selected value="([^"]+)"', options) for name, options in selects}
    return {name: match[1] for name, match in found.items() if match}


def test_a_list_is_refused_whole_with_its_faults_by_cell_and_its_columns_are_remembered(
    app: flask.Flask, researcher: FlaskClient
):
    wrong = a_list()
    wrong.loc[3, "Mã đơn vị"], wrong.loc[9, "Ngày tiếp nhận"] = "4", "31/02/2026"
    wrong.loc[5, "Mã đơn vị"], wrong.loc[7, "Mã hồ sơ"] = "Xã Lạ", "H0000"
    place = post_list(researcher, wrong)
    mapping = chosen(researcher.get(place).text)
    assert mapping == dict(
        zip(("ref", "name", "phone", "email", "unit", "cluster", "on"), a_list().columns, strict=True)
    )
    job = run_started(app, researcher.post(place, data={**mapping, "person_rule": "phone"}))
    assert (job.state, job.outcome["params"]["n"]) == ("failed", 4)
    assert "Nguyễn" not in json.dumps(job.outcome, ensure_ascii=False)
    refused = researcher.get(place).text
    for cell, said in (("E5", "mất số 0"), ("E7", "Xã Lạ"), ("G11", "31/02/2026"), ("A9", "H0000")):
        assert f"<strong>{cell}</strong>" in refused
        assert said in refused
    assert "4 chỗ cần sửa" in researcher.get(SITE + "/").text
    assert researcher.post(place, data={**mapping, "unit": ""}).status_code == 422, "citizens rate their own unit"

    mapping["cluster"] = ""
    done = run_started(app, researcher.post(post_list(researcher, a_list()), data={**mapping, "person_rule": "phone"}))
    del mapping["cluster"]
    frame_page = done.outcome["next"]
    assert (done.outcome["rows"], researcher.get(frame_page).status_code) == (240, 200)
    assert researcher.get(f"/jobs/{job.id}").status_code == 200
    assert chosen(researcher.get(post_list(researcher, a_list())).text) == mapping, "as it was the last time"
    with app.extensions["database"].statements() as session:
        frame = session.scalars(select(Frame)).one()
        assert (frame.report["people"], frame.report["repeat"]) == (180, 120)
        assert "Nguyễn" not in json.dumps([frame.report, frame.mapping], ensure_ascii=False)
    rows = pd.read_excel(io.BytesIO(researcher.get(f"{frame_page}/rows/repeat.xlsx").data), engine="calamine")
    assert rows.iloc[0, 2] == "<b>Nguyễn</b> Thị 2"
    assert researcher.get(SITE + "/").status_code == 200
    assert researcher.post(f"{frame_page}/delete").status_code == 303
    assert researcher.get(frame_page).status_code == 404


def adopt_plan(app: flask.Flask, invite: dict[str, int]) -> None:
    """A sample plan for the citizens, adopted: so many people to invite in each commune."""
    strata = [{"code": code, "population": 60, "completes": n // 2, "invite": n} for code, n in invite.items()]
    outcome = {"strata": strata, "total": 33, "allocation": "equal", "deff": 1.0, "response_rate": 0.5}
    with app.extensions["database"].transaction() as session:
        survey_round = round_by_code(session, "small")
        plan = SamplePlan(
            survey_round_id=survey_round.id,
            respondent_group_id=survey_round.groups[0].id,
            name="Phương án 1",
            spec={},
            outcome=outcome,
            justification="",
            saved_on=survey_round.opens_on,
            adopted_on=survey_round.opens_on,
        )
        session.add(plan)
        session.commit()


def test_people_are_drawn_certified_for_anybody_to_check_and_put_on_the_roll(
    app: flask.Flask, researcher: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    place = post_list(researcher, a_list())
    mapping = chosen(researcher.get(place).text)
    frame_page = run_started(app, researcher.post(place, data={**mapping, "person_rule": "phone"})).outcome["next"]
    choice = {**chosen(researcher.get(f"{frame_page}/draw").text), "numbers": "own", "own": "00004 20\n00008;99\n"}
    choice |= {"element": "person", "reserve_pct": "50", "waves": "2", "seed": "20261122", "method": "srs"}
    adopt_plan(app, {"00004": 30, "00008": 12, "10009": 24})
    page = researcher.get(f"{frame_page}/draw").text
    assert 'checked id="numbers-0" name="numbers" type="radio" value="plan"' in page
    planned = {**choice, "numbers": "plan", "method": "two-stage", "per_cluster": "8", "reserve_pct": "0"}
    assert "72 người hỏi trước" in researcher.post(f"{frame_page}/draw", data=planned).text, "whole villages of eight"
    preview = researcher.post(f"{frame_page}/draw", data={**choice, "act": "preview"})
    assert preview.status_code == 200, re.findall(r"role=.alert.*?</div>", preview.text, re.DOTALL)
    assert "80 người hỏi trước" in preview.text
    assert "10 người thay thế" in preview.text
    assert "không đủ người" in preview.text
    assert researcher.post(f"{frame_page}/draw", data={**choice, "own": "99999 5"}).status_code == 422
    seen = re.search(r'name="seen" value="(\w+)"', preview.text)[1]
    unseen = researcher.post(f"{frame_page}/draw", data={**choice, "act": "draw", "seen": seen, "seed": "5"})
    assert unseen.status_code == 200, "what was changed after the preview is shown again before it is drawn"
    draw = run_started(app, researcher.post(f"{frame_page}/draw", data={**choice, "act": "draw", "seen": seen}))
    assert (draw.outcome["first"], draw.outcome["reserve"]) == (80, 10)
    draw_page = draw.outcome["next"]
    assert researcher.get(draw_page).status_code == 200

    supervisor = signed_in(app, Role.SUPERVISOR)
    certificate = supervisor.get(f"{draw_page}/certificate")
    assert "survey draw verify khung.csv mau.csv" in certificate.text
    assert supervisor.get(f"{draw_page}/certificate?format=pdf").data.startswith(b"%PDF")
    facts = json.loads(supervisor.get(f"{draw_page}/certificate?format=json").data)
    assert facts["drawn_from"]["sha256"] in supervisor.get(f"{draw_page}/certificate?format=txt").text
    assert supervisor.get(draw_page).status_code == 403
    package = supervisor.get(f"{draw_page}/certificate?format=zip").data
    with app.extensions["database"].statements() as session:
        taken = session.scalars(select(AuditEntry).where(AuditEntry.action == "file.downloaded")).all()
        assert [entry.details["round"] for entry in taken] == ["small"]
    zipfile.ZipFile(io.BytesIO(package)).extractall(tmp_path / "draw")
    assert b"Nguy" not in b"".join(path.read_bytes() for path in (tmp_path / "draw").iterdir())
    monkeypatch.chdir(tmp_path / "draw")
    checked = CliRunner().invoke(survey, facts["spec"]["command"].split()[1:])
    assert (checked.exit_code, facts["drawn_from"]["sha256"] in checked.output) == (0, True), checked.output
    sample = pd.read_csv("mau.csv", dtype=str)
    swapped = sample.assign(wave=sample["wave"].replace({"0": "1", "1": "0"}))
    swapped.to_csv("mau.csv", index=False)
    assert CliRunner().invoke(survey, facts["spec"]["command"].split()[1:]).exit_code == 1

    for _twice in range(2):
        assert researcher.post(f"{draw_page}/invite").status_code == 303
    with app.extensions["database"].statements() as session:
        survey_round = round_by_code(session, "small")
        waves = session.scalars(select(Invitee.wave)).all()
        assert (waves.count(0), waves.count(1), waves.count(2)) == (80, 5, 5)
        cells = {cell.code: cell for cell in session.scalars(select(DesignCell))}
        assert {code: (cell.n_invited, cell.design_weight, cell.population) for code, cell in cells.items()} == {
            "00004": (20, 3.0, 60),
            "00008": (60, 1.0, 60),
        }
        key = app.extensions["contact_keys"].read("small")
        asked = list(contacts_of(session, key, survey_round.groups[0]))
        assert len(asked) == 80
        assert {len(someone.contact["phone"]) for someone in asked} == {10}
        assert asked[0].contact["unit"] in cells
    assert "5 người thay thế" in researcher.post(f"{draw_page}/release", follow_redirects=True).text
    with app.extensions["database"].statements() as session:
        cell = session.scalars(select(DesignCell).where(DesignCell.code == "00004")).one()
        assert (cell.n_invited, cell.design_weight) == (25, pytest.approx(2.4))
    listed = pd.read_excel(io.BytesIO(researcher.get(f"{draw_page}/sample.xlsx").data), engine="calamine")
    assert len(listed) == 90
    assert researcher.post(f"{frame_page}/delete").status_code == 303
    assert facts["frame"]["sha256"] in researcher.get(frame_page).text, "what was drawn from stays known by its hash"
    assert researcher.get(f"{frame_page}/draw").status_code == 200
