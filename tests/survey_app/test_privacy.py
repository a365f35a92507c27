"""What people may ask about their data, from the request to its answer; what a round holds; the page for anybody."""

from datetime import date, timedelta
from io import BytesIO
from uuid import UUID

import flask
import openpyxl
import pytest
from flask.testing import FlaskClient
from rounds import a_plan, make_round, people
from sqlalchemy import select
from sqlalchemy.orm import Session
from staff import signed_in

from survey_app.clock import today
from survey_app.models.accounts import AuditEntry
from survey_app.models.people import Contact, DataRequest, RequestKind
from survey_app.models.roll import Invitee
from survey_app.models.rounds import Status, SurveyRound
from survey_app.roles import Role
from survey_app.services.contacts import contact_of, save_contacts
from survey_app.services.data_requests import Asked, find_people, receive_request, reply_by, withdraw

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

DUC = {"name": "Đặng Hữu Đức", "phone": "+84 912 345 678", "email": "duc@example.vn", "organisation": "Sở Y tế"}
ASKED = {
    "kind": "access",
    "name": "Đặng Hữu Đức",
    "reach": "0912345678",
    "words": "Xin xem",
    "received_on": "2026-11-20",
}


@pytest.fixture
def small(app: flask.Flask, session: Session) -> SurveyRound:
    survey_round = make_round(session, app.extensions["keys"], invited={"staff": people(4)})
    key = app.extensions["contact_keys"].make("small")
    invitees = session.scalars(select(Invitee.id).order_by(Invitee.ref)).all()  # of the only round so far
    others = {"name": "Đặng Hữu Thọ", "phone": "0987 654 321"}
    save_contacts(session, key, {invitees[0]: DUC} | dict.fromkeys(invitees[1:], others))
    make_round(session, app.extensions["keys"], a_plan(code="other", city="elsewhere"))
    app.extensions["contact_keys"].make("other")
    session.commit()
    return survey_round


@pytest.fixture
def researcher(app: flask.Flask, small: SurveyRound) -> FlaskClient:
    return signed_in(app, Role.RESEARCHER, round_code="small")


def the_first(session: Session) -> UUID:
    return session.scalars(select(Contact.invitee_id).join(Invitee).where(Invitee.ref == "001")).one()


MATCHES = {
    **{"dang huu duc": 1, "ĐỨC": 1, "huu": 4, "duc@example": 1, "nobody": 0},
    **{"0912.345.678": 1, "84912345": 1, "912": 0, "  ": 0},
}


def test_people_are_found_without_accents_and_by_any_way_to_write_a_number(
    app: flask.Flask, session: Session, small: SurveyRound
):
    key = app.extensions["contact_keys"].read("small")
    assert {words: len(find_people(session, key, small, words)) for words in MATCHES} == MATCHES


def test_a_request_from_its_receipt_to_its_answer(
    app: flask.Flask, session: Session, small: SurveyRound, researcher: FlaskClient
):
    person = the_first(session)
    session.rollback()
    sent = researcher.post("/privacy/requests/new", data=ASKED | {"round_code": "small"})
    page = sent.headers["Location"]
    assert page == "/privacy/requests/1"
    request = session.get_one(DataRequest, 1)
    assert (request.received_on, request.due_on) == (date(2026, 11, 20), date(2026, 11, 30))
    assert "Đức".encode() not in request.sealed
    session.rollback()
    shown = researcher.get(page).text
    assert "Đặng Hữu Đức" in shown
    assert "25/11/2026" in shown  # two working days after a Friday; the 24th is a holiday
    found = researcher.post(f"{page}/find", data={"words": "huu duc"}).text
    assert f"{page}/people/{person}" in found
    assert "Đặng Hữu Thọ" not in found
    assert "Không thấy ai khớp" in researcher.post(f"{page}/find", data={"words": "xyz"}).text
    assert researcher.post(f"{page}/find", data={"words": ""}).status_code == 422
    assert "+84 912 345 678" in researcher.get(f"{page}/people/{person}").text
    book = openpyxl.load_workbook(BytesIO(researcher.get(f"{page}/people/{person}/export").data))
    cells = [cell.value for row in book.active.iter_rows() for cell in row]
    assert "duc@example.vn" in cells
    assert any("phiếu nào là của ai" in str(cell) for cell in cells)
    fixed = researcher.post(f"{page}/people/{person}/correct", data=DUC | {"phone": "0900000000", "address": ""})
    assert fixed.status_code == 303
    key = app.extensions["contact_keys"].read("small")
    assert contact_of(session, key, person) == DUC | {"phone": "0900000000"}
    session.rollback()
    researcher.post(f"{page}/people/{person}/forget")
    assert session.get(Contact, person) is None
    assert session.get(Invitee, person).revoked_on is None
    session.rollback()
    assert "Không còn tên" in researcher.get(f"{page}/people/{person}").text
    assert researcher.post(f"{page}/resolve", data={"resolution": "Đã xóa, đã trả lời."}).status_code == 303
    assert "Đã xóa, đã trả lời." in researcher.get(page).text
    assert researcher.get(f"{page}/people/{person}").status_code == 403
    acts = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert [act.partition(".")[2] for act in acts] == [
        *("received", "searched", "searched", "person_shown", "exported", "corrected", "deleted", "person_shown"),
        "resolved",
    ]
    assert "Đức" not in str(session.scalars(select(AuditEntry.details)).all())


def test_a_request_is_for_researchers_of_its_round(app: flask.Flask, session: Session, researcher: FlaskClient):
    person = the_first(session)
    session.rollback()
    researcher.post("/privacy/requests/new", data=ASKED | {"round_code": "small"})
    elsewhere = signed_in(app, Role.RESEARCHER, round_code="other")
    page = "/privacy/requests/1"
    for client in (elsewhere, signed_in(app, Role.ADMINISTRATOR)):
        assert client.get(page).status_code == 403
        assert client.get(f"{page}/people/{person}").status_code == 403
        for act in ("find", "resolve", f"people/{person}/forget", f"people/{person}/withdraw"):
            answered = client.post(f"{page}/{act}", data={"words": "duc", "resolution": "x"})
            assert answered.status_code == 403, act
    assert elsewhere.post("/privacy/requests/new", data=ASKED | {"round_code": "small"}).status_code == 403
    assert elsewhere.post("/privacy/requests/new", data=ASKED).status_code == 403
    assert researcher.post("/privacy/requests/new", data={"round_code": "small"}).status_code == 422
    future = ASKED | {"round_code": "small", "received_on": "9999-12-31"}
    assert researcher.post("/privacy/requests/new", data=future).status_code == 422
    assert page not in elsewhere.get("/privacy/requests").text
    everywhere = signed_in(app, Role.RESEARCHER)
    unnamed = everywhere.post("/privacy/requests/new", data=ASKED).headers["Location"]
    assert f"people/{person}" in everywhere.post(f"{unnamed}/find", data={"words": "Đức"}).text
    assert researcher.get(unnamed).status_code == 403
    assert everywhere.get("/privacy/requests?format=xlsx").status_code == 200


def test_withdrawal_shuts_the_link_unless_that_would_show_the_others(session: Session, small: SurveyRound):
    invitees = session.scalars(select(Invitee.id).where(Invitee.survey_round_id == small.id)).all()
    assert withdraw(session, invitees[0], today())  # three of four are left
    assert not withdraw(session, invitees[1], today())
    revoked = [session.get_one(Invitee, invitee_id).revoked_on for invitee_id in invitees[:2]]
    assert revoked == [today(), None]
    known = set(session.scalars(select(Contact.invitee_id)))
    assert known == set(invitees[2:])
    assert withdraw(session, invitees[0], today())


def test_what_is_held_is_listed_and_destroyed_after_a_question(
    app: flask.Flask, session: Session, small: SurveyRound, researcher: FlaskClient
):
    assert "đang điều tra" in researcher.get("/privacy/").text
    page = "/privacy/small/purge"
    assert "Chưa xóa được" in researcher.get(page).text
    assert researcher.post(page).status_code == 422
    small.status, small.closed_on = Status.CLOSED, today() - timedelta(days=89)
    key = app.extensions["contact_keys"].read("small")
    asked = receive_request(
        session, key, RequestKind.ACCESS, Asked("a", "b", "c"), received_on=today(), survey_round=small
    )
    session.commit()
    assert "Còn yêu cầu" in researcher.get(page).text
    asked.resolved_on = today()
    session.commit()
    assert "Mất: tên, điện thoại" in researcher.get(page).text
    assert signed_in(app, Role.RESEARCHER, round_code="other").post(page).status_code == 403
    assert researcher.post(page).status_code == 303
    shown = researcher.get("/privacy/").text
    assert f"đã xóa ngày {today():%d/%m/%Y}" in shown
    assert "đã xóa cùng dữ liệu" in researcher.get(f"/privacy/requests/{asked.id}").text
    assert session.scalars(select(Contact)).all() == []
    assert session.scalars(select(AuditEntry.action)).all() == ["round.purged"]
    session.rollback()
    administrator = signed_in(app, Role.ADMINISTRATOR)
    assert page not in administrator.get("/privacy/").text
    assert administrator.post(page).status_code == 403
    assert researcher.get("/privacy/?format=xlsx").status_code == 200


def test_anybody_reads_what_is_kept_and_how_to_ask(client: FlaskClient, session: Session):
    page = client.get("/privacy/about").text
    for said in ("90 ngày", "91/2025/QH15", "2 ngày làm việc", "trong 20 ngày"):
        assert said in page
    assert reply_by(session, date(2026, 11, 25)) == date(2026, 11, 27)
