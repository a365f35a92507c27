"""Trying a form: everything as for a respondent, and nothing of it stays."""

import ast
from pathlib import Path

import flask
import pytest
from flask.testing import FlaskClient
from lxml import html
from rounds import Browser, a_group, a_plan, background, form, make_round, voters
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session
from staff import signed_in

from survey_app.models.ballots import Ballot, Draft
from survey_app.models.rounds import InstrumentVersion
from survey_app.research.forms import preview
from survey_app.roles import Role
from survey_app.services.forms import choose_form, keep_draft
from survey_app.services.opening import open_round

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

SKIPPING = form(
    'type: select_one sex, name: sex, label: {vi: "Giới", en: "Sex"}, required: yes',
    'type: integer, name: age, label: {vi: "Tuổi", en: "Age"}, required: yes, relevant: "${sex} = \'f\'"',
)


@pytest.fixture
def researcher(app: flask.Flask, session: Session, now) -> FlaskClient:
    keep_draft(session, SKIPPING, account_id=None, today=now.date())
    session.commit()
    return signed_in(app, Role.RESEARCHER)


def turned(client: FlaskClient, page: html.HtmlElement, go: str = "next", **answers: str):
    """The page after a button, with what was ticked and typed."""
    fields = {node.get("name"): node.get("value") for node in page.xpath("//input[@type='hidden'][@name]")}
    return client.post("/forms/draft-1/preview", data=fields | {"go": go} | answers)


def shown(response) -> html.HtmlElement:
    return html.fromstring(response.text)


def test_a_form_is_walked_from_the_first_page_to_the_end_and_nothing_is_kept(
    app: flask.Flask, researcher: FlaskClient, session: Session
):
    written: list[str] = []
    event.listen(app.extensions["database"].engine, "before_cursor_execute", lambda *call: written.append(call[2]))
    first = researcher.get("/forms/draft-1/preview?units=2&width=phone")
    assert "Xem thử – không lưu" in first.text
    assert "/forms/phone.css" in first.text
    page = shown(first)
    blank = turned(researcher, page)
    assert (blank.status_code, "Đơn vị mẫu 2: " in shown(blank).text_content()) == (422, True)
    english = shown(turned(researcher, shown(blank), "language:en", **{"speed:thu001": "2"}))
    assert english.xpath("//html/@lang") == ["en"]
    assert english.xpath("//input[@name='speed:thu001'][@value='2']/@checked")
    second = shown(turned(researcher, english, **{"speed:thu001": "2", "speed:thu002": "98"}))
    assert second.xpath("//input[@name='sex']")
    brought_up = turned(researcher, second, sex="f")
    assert 'name="age"' in brought_up.text
    assert not shown(brought_up).xpath("//*[contains(@class, 'faulty')]")  # nobody left out what was not there
    wrong = shown(turned(researcher, shown(brought_up), sex="f", age="many"))
    assert wrong.xpath("//*[contains(@class, 'faulty')]//input[@name='age']/@value") == ["many"]
    review = shown(turned(researcher, shown(brought_up), sex="m"))
    assert not review.xpath("//input[@name='page']")
    back = shown(turned(researcher, review, "edit:more"))
    assert back.xpath("//input[@name='sex'][@value='m']/@checked")
    end = turned(researcher, review, "send")
    assert "speed" in shown(end).text_content()
    assert not [sql for sql in written if sql.split()[0].upper() in {"INSERT", "UPDATE", "DELETE"}]
    assert "Set-Cookie" not in end.headers
    assert session.scalar(select(func.count(Ballot.id))) == session.scalar(select(func.count(Draft.draft_key))) == 0


def test_a_page_that_was_not_made_here_is_not_read(researcher: FlaskClient):
    page = shown(researcher.get("/forms/draft-1/preview"))
    state = page.xpath("//input[@name='state']/@value")[0]
    for forged in ("", state[:-3] + "abc", "eyJ9.x.y"):
        answer = researcher.post("/forms/draft-1/preview", data={"state": forged, "page": "rated", "go": "next"})
        assert answer.location == "/forms/draft-1"
    assert researcher.post("/forms/draft-2/preview", data={"state": state}).status_code == 404
    assert researcher.get("/forms/draft-1/preview?units=x&page=none&lang=de&width=9").status_code == 200


@pytest.mark.usefixtures("engine_url")
def test_no_code_leads_from_a_preview_into_a_round():
    """Neither the box, nor drafts of answers, nor keys, nor a session that writes can be reached by name."""
    tree = ast.parse(Path(preview.__file__).read_text(encoding="utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert "looked_up" in names
    assert not names & {"writing", "transaction", "store_ballot", "keep_answers", "save_draft", "keys", "set_cookie"}


def test_the_telephone_sheet_is_that_of_respondents_without_the_rules_for_wide_screens(researcher: FlaskClient):
    rules = researcher.get("/forms/phone.css").text
    assert ".scale" in preview.WIDE_RULES.search(Path("survey_app/static/style.css").read_text(encoding="utf-8"))[0]
    assert "min-width: 40em" not in rules
    assert "min-width: 60em" not in rules
    assert "@media print" in rules
    assert rules.count("{") == rules.count("}")


def test_the_forms_of_a_round_are_chosen_while_it_is_a_draft(app: flask.Flask, session: Session, now):
    asking = form('type: text, name: who, label: {vi: "Họ và tên", en: "Full name"}', version="2")
    groups = (a_group("staff"), a_group("guests", instrument=form(background("sex"), version="3")))
    survey_round = make_round(session, app.extensions["keys"], a_plan(*groups), opened=False)
    version = InstrumentVersion(form_id="small", version="2", sha256="x", source=asking, published_on=now.date())
    session.add(version)
    session.commit()
    client = signed_in(app, Role.RESEARCHER, round_code="small")
    group = shown(client.get("/rounds/small/forms/")).get_element_by_id("group-staff")
    assert not group.find_class("error")
    chosen = client.post("/rounds/small/forms/staff", data={"version": str(version.id)})
    assert chosen.status_code == 303
    group = shown(client.get("/rounds/small/forms/")).get_element_by_id("group-staff")
    assert "small 2" in group.text_content()
    assert "tên who" in group.find_class("error")[0].text_content()  # asks anonymous people for their name
    assert client.post("/rounds/small/forms/staff", data={"version": "999"}).status_code == 404
    session.rollback()
    assert survey_round.groups[0].instrument_version_id == version.id
    choose_form(session, survey_round, survey_round.groups[0], survey_round.groups[1].instrument_version_id)
    survey_round.status = "open"
    session.commit()
    refused = client.post("/rounds/small/forms/staff", data={"version": str(version.id)})
    assert refused.status_code == 409
    assert "không đổi được nữa" in refused.text


def test_whoever_opened_a_link_too_early_still_gets_the_form_that_was_chosen_later(
    app: flask.Flask, session: Session, client: FlaskClient, now
):
    keys = app.extensions["keys"]
    survey_round = make_round(session, keys, opened=False)
    other = InstrumentVersion(
        form_id="small",
        version="2",
        sha256="x",
        source=form(version="2").replace("Phiếu ngắn", "Phiếu chọn sau"),
        published_on=now.date(),
    )
    session.add(other)
    session.commit()
    link = f"/p/{voters(session, survey_round, keys.read('small'))[0].code}"
    early = Browser(client).go(link)
    assert early.status == 410
    choose_form(session, survey_round, survey_round.groups[0], other.id)
    open_round(session, survey_round)
    session.commit()
    assert "Phiếu chọn sau" in Browser(client).go(link).text
