"""What became of invitations is noted where people were told that it is, one by one or from a list."""

import io

import flask
import openpyxl
import pytest
from flask.testing import FlaskClient
from lxml import html
from rounds import make_round, people
from sqlalchemy import select
from sqlalchemy.orm import Session
from staff import signed_in

from survey_app.access import Role
from survey_app.clock import today
from survey_app.config import Config
from survey_app.models.accounts import AuditEntry
from survey_app.models.people import Outcome
from survey_app.models.roll import Invitee
from survey_app.models.rounds import SurveyRound
from survey_app.security import KeyRing
from survey_app.services.board import fieldwork
from survey_app.services.outcomes import Noted, OutcomeRefused, note_outcomes

HERE = "/rounds/small/invitations/staff/outcomes"
sqlite_alone = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


@pytest.fixture
def survey_round(session: Session, config: Config) -> SurveyRound:
    made = make_round(session, KeyRing(config.key_dir), invited={"staff": people(12)})
    made.groups[0].anonymous = False
    session.commit()
    return made


def noted(session: Session) -> dict[str, str]:
    session.commit()  # to see what others have written since
    return dict(session.execute(select(Invitee.ref, Outcome.code).join(Outcome)).all())


def upload(client: FlaskClient, *rows: tuple[object, ...]):
    book = openpyxl.Workbook()
    for row in [("Mã người", "Mã kết quả"), *rows]:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    data = {"file": (io.BytesIO(out.getvalue()), "a.xlsx")}
    return client.post(f"{HERE}/list", data=data, content_type="multipart/form-data")


def test_outcomes_are_noted_changed_and_taken_back_and_never_of_people_nobody_wrote_to(session, survey_round):
    group = survey_round.groups[0]

    def note(**codes: str) -> Noted:
        by_ref = {ref.removeprefix("p"): code for ref, code in codes.items()}
        return note_outcomes(session, survey_round, group, by_ref, account_id=None, today=today())

    assert note(p001="2.11", p002="1.1", p003="") == Noted(2, 0)
    assert note(p001="2.11", p002="", p003="4.10") == Noted(1, 1)
    assert noted(session) == {"001": "2.11", "003": "4.10"}
    assert fieldwork(session, survey_round, today()).groups[0].refused == 1

    withdrawn = session.scalars(select(Invitee).where(Invitee.ref.in_(("001", "004")))).all()
    for invitee in withdrawn:
        invitee.revoked_on = today()
    session.flush()
    assert fieldwork(session, survey_round, today()).groups[0].refused == 0
    for refused, codes in {"unknown_person": {"p004": "1.1"}, "unknown_outcome": {"p005": "2.23"}}.items():
        with pytest.raises(OutcomeRefused, match=refused):
            note(p006="1.1", **codes)
    group.anonymous = True
    with pytest.raises(OutcomeRefused, match="anonymous_group"):
        note(p006="1.1")
    assert "006" not in noted(session)


@sqlite_alone
def test_a_field_supervisor_notes_outcomes_on_screen_and_from_excel(app: flask.Flask, session, survey_round):
    client = signed_in(app, Role.FIELD_SUPERVISOR, round_code="small")
    assert HERE in client.get("/rounds/small/board/").text
    assert client.post(HERE, data={"ref": " 001 ", "code": "2.11"}).status_code == 303
    page = html.document_fromstring(client.get(f"{HERE}?ref=001").text)
    assert page.xpath("//input[@id='ref']/@value") == ["001"]
    assert page.xpath("//select[@name='code']/option[@selected]/@value") == ["2.11"]
    nobody = client.post(HERE, data={"ref": "<b>", "code": "2.11"})
    assert nobody.status_code == 422
    assert "&lt;b&gt;" in nobody.text

    before = client.get(f"{HERE}/list.xlsx").data
    faulty = upload(client, ("001", "1.1"), ("099", 2.11), ("003", "9"), ("001", ""))
    assert faulty.status_code == 422
    assert [place.text for place in html.document_fromstring(faulty.text).xpath("//ul/li/strong")] == ["A3", "B4", "A5"]
    assert noted(session) == {"001": "2.11"}
    assert upload(client, ("001", None), ("002", 2.2), ("003", "2,11")).status_code == 303
    assert noted(session) == {"002": "2.20", "003": "2.11"}
    again = {"file": (io.BytesIO(before), "before.xlsx")}
    assert client.post(f"{HERE}/list", data=again, content_type="multipart/form-data").status_code == 303
    assert noted(session) == {"001": "2.11"}
    logged = session.scalars(select(AuditEntry).where(AuditEntry.action.like("outcome.%")).order_by(AuditEntry.id))
    assert [entry.details for entry in logged] == [
        {"ref": "001", "code": "2.11"},
        {"n": 2, "taken_back": 1},
        {"n": 1, "taken_back": 2},
    ]

    survey_round.groups[0].anonymous = True
    session.commit()
    assert client.get(HERE).status_code == 409
    assert client.post(HERE, data={"ref": "001", "code": ""}).status_code == 422
    assert noted(session) == {"001": "2.11"}
