"""The log says which view was asked for and how it ended: no path, no code, no address, no answer."""

import io
import json
import logging
from collections.abc import Iterator

import flask
import pytest
from rounds import Browser, Voter, make_round, voters
from sqlalchemy import text
from sqlalchemy.orm import Session

from survey_app.access import Role, open_to
from survey_app.logs import JsonFormatter

SAID = "what somebody said 7c1e"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that is logged while the test runs, as the server writes it."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lines
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def voter(app: flask.Flask, session: Session) -> Voter:
    survey_round = make_round(session, app.extensions["keys"])
    session.commit()
    return voters(session, survey_round, app.extensions["keys"].read("small"))[0]


def lines_of(log: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def assert_silent(log: io.StringIO, voter: Voter) -> None:
    said = log.getvalue()
    for word in (SAID, voter.code, voter.code.lower(), voter.secret.hex(), "/p/", "/f/", "127.0.0.1", "192.0.2.7"):
        assert word not in said


def test_a_request_is_one_line_with_its_view_and_its_end(app: flask.Flask, log: io.StringIO):
    app.test_client().get("/health?code=SECRET", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    (line,) = lines_of(log)
    assert line["endpoint"] == "site.health"
    assert (line["method"], line["status"], line["logger"]) == ("GET", 200, "survey.requests")
    assert set(line) == {"time", "level", "logger", "message", "endpoint", "method", "status", "ms"}
    assert "SECRET" not in log.getvalue()


def test_a_whole_visit_leaves_no_word_of_it(app: flask.Flask, log: io.StringIO, voter: Voter):
    sheet = Browser(app.test_client()).answer(f"/p/{voter.code}", comment=SAID)
    assert sheet.path.endswith("/thanks")
    assert [line["endpoint"] for line in lines_of(log)][-1] == "respond.thanks"
    assert_silent(log, voter)


def test_wrong_links_and_forms_leave_no_word_either(app: flask.Flask, log: io.StringIO, voter: Voter):
    client = app.test_client()
    client.get(f"/p/{voter.code}X")
    client.get(f"/nowhere/{voter.code}")
    client.post("/code", data={"code": voter.code})
    client.post("/f/abc/page/more", data={"comment": SAID})
    assert {line.get("status") for line in lines_of(log)} >= {400, 404}
    assert_silent(log, voter)


def test_an_error_is_told_by_kind_and_place_without_its_words(app: flask.Flask, log: io.StringIO, voter: Voter):
    @app.post("/break/<code>")
    @open_to(Role.ANYONE)
    def broken(code: str):
        raise ValueError(f"{code} answered {flask.request.form['comment']}")

    app.config.update(TESTING=False, WTF_CSRF_ENABLED=False)
    response = app.test_client().post(f"/break/{voter.code}", data={"comment": SAID})
    assert response.status_code == 500
    assert SAID not in response.text
    (error,) = (line for line in lines_of(log) if line["level"] == "error")
    assert error["error"] == "ValueError"
    assert error["message"] == "unhandled error"
    assert error["where"][-1].endswith("broken")
    assert_silent(log, voter)


def test_an_error_of_the_database_does_not_quote_what_was_to_be_stored(
    app: flask.Flask, log: io.StringIO, voter: Voter, session: Session
):
    browser = Browser(app.test_client())
    sheet = browser.go(f"/p/{voter.code}")
    session.execute(text("ALTER TABLE draft RENAME TO gone"))
    session.commit()
    app.config.update(TESTING=False)
    assert browser.go(*sheet.filled_in(SAID)).status == 500
    assert any(line.get("error") in {"OperationalError", "ProgrammingError"} for line in lines_of(log))
    assert_silent(log, voter)
