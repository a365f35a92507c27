"""Scoring methods in the workplace: from a shipped one to a draft, a trial, a proposal and an approval."""

from datetime import date, timedelta

import flask
import pytest
from rounds import a_plan, make_round
from sqlalchemy import select
from sqlalchemy.orm import Session
from staff import signed_in

from scoring.editing import changed, with_version
from scoring.faults import MethodError
from scoring.loading import methods, parse_method
from scoring.method import Status
from survey_app.access import Role
from survey_app.clock import today
from survey_app.models.drafts import MethodVersion
from survey_app.services.methods import MethodRefused, approve, new_draft, propose, save_draft, withdraw

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

SO = methods()["dtxhh_so_2026"].read_text(encoding="utf-8")


def a_draft(session: Session, version: str = "2026.2") -> MethodVersion:
    return new_draft(session, SO, version, today=today(), account_id=None)


def test_a_method_goes_from_draft_to_approval_and_each_step_guards_the_next(session: Session):
    draft = a_draft(session)
    text = changed(draft.source, {"criteria[0].max_points": 5})
    save_draft(session, draft, text, revision=1, today=today(), account_id=None)
    with pytest.raises(MethodRefused, match="saved_meanwhile"):
        save_draft(session, draft, SO, revision=1, today=today(), account_id=None)
    with pytest.raises(MethodRefused, match="renamed"):
        save_draft(session, draft, with_version(SO, "3"), revision=2, today=today(), account_id=None)
    with pytest.raises(MethodError, match="max_points"):
        save_draft(
            session, draft, text.replace("max_points: 5", "max_points: x"), revision=2, today=today(), account_id=None
        )
    with pytest.raises(MethodRefused, match="not_in_stage"):
        approve(session, draft, "1/QĐ", today(), today())
    propose(session, draft, "Theo góp ý của các sở")
    with pytest.raises(MethodRefused, match="not_in_stage"):
        save_draft(session, draft, text, revision=2, today=today(), account_id=None)
    with pytest.raises(MethodRefused, match="decided_in_future"):
        approve(session, draft, "1/QĐ", today() + timedelta(days=1), today())
    approve(session, draft, "12/QĐ-UBND", date(2026, 11, 20), today())
    method = parse_method(draft.source)
    assert method.criteria[0].max_points == 5
    assert {leaf.basis.status for leaf in method.leaves} == {Status.APPROVED}
    with pytest.raises(MethodRefused, match="approved"):
        withdraw(session, draft)


def test_a_version_has_one_text(session: Session):
    a_draft(session)
    session.commit()
    with pytest.raises(MethodRefused, match="version_taken"):
        a_draft(session)


def test_the_pages_lead_from_reading_to_approval(app: flask.Flask, session: Session):
    client = signed_in(app, Role.RESEARCHER)
    assert "dtxhh_so_2026" in client.get("/methods/").text
    shown = client.get("/methods/shipped-dtxhh_so_2026").text
    assert "3,0 × (0,30 ×" in shown
    assert client.post("/methods/shipped-dtxhh_so_2026/copy", data={"version": ""}).status_code == 422
    place = client.post("/methods/shipped-dtxhh_so_2026/copy", data={"version": "2026.9"}).location
    assert client.get(place).status_code == 200
    wrong = client.post(place, data={"revision": "1", "criteria[0].max_points": "ba"})
    assert wrong.status_code == 422
    assert 'value="ba"' in wrong.text
    unequal = client.post(place, data={"revision": "1", "group_weights.by_criterion.SO.CHI_DAO.hdnd_tp": "0,9"})
    assert unequal.status_code == 422
    assert client.post(place, data={"revision": "1", "criteria[0].max_points": "4,5"}).status_code == 303
    key = place.split("/")[2]
    assert client.post(f"/methods/{key}/propose", data={"note": "x"}).status_code == 303
    assert client.post(f"/methods/{key}/propose", data={"note": "x"}).status_code == 409
    approved = {"decision": "9/QĐ-UBND", "decided_on": "2026-11-01"}
    assert client.post(f"/methods/{key}/approve", data=approved).status_code == 303
    version = session.scalars(select(MethodVersion)).one()
    assert (version.stage, version.decision) == ("approved", "9/QĐ-UBND")
    assert parse_method(version.source).criteria[0].max_points == 4.5
    assert client.get(f"/methods/{key}.yaml").data.decode() == version.source
    reader = signed_in(app, Role.SUPERVISOR)
    assert reader.get(f"/methods/{key}").status_code == 200
    assert reader.post(f"/methods/{key}/withdraw").status_code == 403


def test_a_method_is_tried_on_rounds_of_ones_own_only(app: flask.Flask, session: Session):
    for code in ("small", "other"):
        make_round(session, app.extensions["keys"], a_plan(code=code)).status = "closed"
    session.commit()
    client = signed_in(app, Role.RESEARCHER, round_code="small")
    page = client.get("/methods/shipped-dtxhh_so_2026").text
    assert 'value="small"' in page
    assert 'value="other"' not in page
    assert client.get("/methods/shipped-dtxhh_so_2026/trial?round_code=small").status_code == 422, (
        "no such method there"
    )
    assert client.get("/methods/shipped-dtxhh_so_2026/trial?round_code=other").status_code == 404
