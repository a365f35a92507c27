"""Every route says who may use it, and a route that does not is shut."""

import re
from dataclasses import replace
from uuid import UUID

import flask
import pytest
from flask.testing import FlaskClient
from rounds import Browser, make_round, voters
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.access import SECURITY_HEADERS, Role, roles_of
from survey_app.app import create_app
from survey_app.config import Config
from survey_app.models.ballots import Draft


def test_every_route_has_a_role(app: flask.Flask):
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert len(endpoints) > 10
    assert {endpoint for endpoint in endpoints if not roles_of(app, endpoint)} == set()


def test_every_page_of_a_visit_is_for_respondents(app: flask.Flask):
    visits = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/f/")]
    assert visits
    assert {roles_of(app, rule.endpoint) for rule in visits} == {frozenset({Role.RESPONDENT})}


def test_a_view_that_says_nothing_is_shut(app: flask.Flask):
    app.add_url_rule("/forgotten", view_func=lambda: "everything", endpoint="forgotten")
    response = app.test_client().get("/forgotten")
    assert response.status_code == 403
    assert "everything" not in response.text


def test_pages_of_a_visit_open_to_nobody_without_its_cookie(app: flask.Flask, client: FlaskClient):
    app.config["WTF_CSRF_ENABLED"] = False
    for rule in app.url_map.iter_rules():
        if roles_of(app, rule.endpoint) == {Role.RESPONDENT}:
            path = rule.rule.replace("<handle>", "abcdefghijklm").replace("<key>", "more")
            for method in rule.methods & {"GET", "POST"}:
                assert client.open(path, method=method).status_code == 403, (method, path)


def test_no_form_is_taken_without_the_token_of_its_page(app: flask.Flask, session: Session):
    """What another site makes a visitor's browser send: the cookies are there, the token is not."""
    survey_round = make_round(session, app.extensions["keys"])
    voter = voters(session, survey_round, app.extensions["keys"].read("small"))[0]
    session.commit()
    browser = Browser(app.test_client())
    path, fields = browser.go(f"/p/{voter.code}").filled_in("")
    handle = path.split("/")[2]
    for rule in app.url_map.iter_rules():
        if "POST" in rule.methods:
            forged = rule.rule.replace("<handle>", handle).replace("<key>", "more")
            forged = re.sub("<.+?>", "1", re.sub("<uuid:.+?>", str(UUID(int=1)), forged))
            assert browser.client.post(forged, data={"consent": "yes"}).status_code == 400, forged
    assert session.scalars(select(Draft)).all() == []
    assert browser.go(path, fields).status == 200


@pytest.mark.parametrize("path", ["/", "/health", "/nowhere", "/p/WRONG", "/f/abc/"])
def test_every_answer_carries_the_headers_that_keep_it_in(client: FlaskClient, path: str):
    response = client.get(path)
    for name, value in SECURITY_HEADERS.items():
        assert response.headers.getlist(name) == [value]
    assert "unsafe" not in response.headers["Content-Security-Policy"]


def test_results_of_rehearsals_are_not_on_a_production_site(config: Config):
    app = create_app(replace(config, production=True))
    assert not [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/rehearsals")]
    app.extensions["database"].engine.dispose()
