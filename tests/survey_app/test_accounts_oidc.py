"""Signing in through the city's own provider, against a real one that runs beside the tests."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import flask
import pyotp
import pytest
import requests
from flask.testing import FlaskClient
from serving import free_port, stop_group, wait_until_healthy
from sqlalchemy import select
from sqlalchemy.orm import Session
from staff import an_account, signed_in
from werkzeug.test import TestResponse

from survey_app.account.oidc import SECONDS
from survey_app.app import create_app
from survey_app.config import Config
from survey_app.models.accounts import Account, AuditEntry, ConsoleSession
from survey_app.roles import Role
from survey_app.services import second_factor

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

PEOPLE = (
    {"sub": "lan-1", "email": "Lan@example.org", "email_verified": True},
    {"sub": "lan-2", "email": "lan@example.org", "email_verified": False},
    {"sub": "lan-3", "email": "lan@example.org"},
    {"sub": "mfa", "amr": ["pwd", "otp", "mfa"]},
    {"sub": "high", "acr": "urn:city:high"},
    {"sub": "low", "acr": "urn:city:low", "amr": ["pwd"]},
)


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a provider that knows these people; it signs its tokens with a key of its own."""
    port, log = free_port(), tmp_path_factory.mktemp("provider") / "log"
    people = [word for person in PEOPLE for word in ("--user-claims", json.dumps(person))]
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "oidc_provider_mock",
        "--port",
        str(port),
        "--require-nonce",
        "yes",
    ]
    with log.open("wb") as lines:
        server = subprocess.Popen([*command, *people], stdout=lines, stderr=lines, start_new_session=True)
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}/.well-known/openid-configuration", server, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop_group(server)


@pytest.fixture
def config(config: Config, provider: str) -> Config:
    return replace(
        config,
        oidc_issuer=provider,
        oidc_client_id="survey",
        oidc_client_secret="known to both",
        oidc_second_factor_acr="urn:city:high urn:city:higher",
    )


def leave(client: FlaskClient, next_page: str = "") -> str:
    """Where the sign-in page sends the browser."""
    answer = client.get("/account/city", query_string={"next": next_page} if next_page else None)
    assert answer.status_code == 303
    return answer.location


def come_back(client: FlaskClient, leaving: str, subject: str, **form: str) -> TestResponse:
    """Sign in at the provider as somebody, and follow it back."""
    there = requests.post(leaving, data={"sub": subject, **form}, allow_redirects=False, timeout=SECONDS)
    return client.get(there.headers["location"].removeprefix("http://localhost"))


def bound(session: Session, subject: str, provider: str) -> Account:
    account = an_account(session, Role.RESEARCHER, username=subject)
    account.oidc_subject = f"{provider} {subject}"
    session.commit()
    return account


def test_a_subject_that_no_account_is_bound_to_is_told_what_to_do(client: FlaskClient, session: Session):
    assert "/account/city" in client.get("/account/sign-in").text
    leaving = leave(client)
    asked = parse_qs(urlsplit(leaving).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert all(asked[name][0] for name in ("state", "nonce", "code_challenge"))
    assert asked["redirect_uri"] == ["http://localhost/account/city/return"]
    page = come_back(client, leaving, "stranger")
    assert (page.status_code, "stranger" in page.text) == (403, True)
    assert session.scalars(select(ConsoleSession)).all() == []
    assert session.scalars(select(AuditEntry.action)).all() == ["account.city_sign_in_refused"]


def test_an_administrator_binds_by_address_and_only_a_verified_one_counts(
    app: flask.Flask, client: FlaskClient, session: Session, provider: str
):
    lan = an_account(session, Role.RESEARCHER, username="lan")
    session.commit()
    administrator = signed_in(app, Role.ADMINISTRATOR)
    address = f"/admin/accounts/{lan.id}/city-sign-in"
    assert administrator.post(address, data={"way": "email", "value": "not an address"}).status_code == 422
    assert administrator.post(address, data={"way": "email", "value": "lan@example.org"}).status_code == 303
    for unverified in ("lan-2", "lan-3"):
        assert come_back(client, leave(client), unverified).status_code == 403
    answer = come_back(client, leave(client, "/account/"), "lan-1")
    assert (answer.status_code, answer.location) == (303, "/account/")
    assert client.get("/account/").status_code == 200
    session.rollback()
    session.refresh(lan)
    assert lan.oidc_subject == f"{provider} lan-1"

    assert administrator.post(f"{address}/remove").status_code == 303
    assert client.get("/account/").status_code == 303  # signed out where he came in by it
    assert come_back(client, leave(client), "lan-1").status_code == 403
    session.rollback()
    lan.password_hash, lan.must_change_password = "$argon2id$…", True
    session.commit()
    only = {"way": "subject", "value": "lan-1", "alone": "y"}
    assert administrator.post(address, data=only).status_code == 303
    session.refresh(lan)
    assert (lan.password_hash, lan.must_change_password) == (None, False)
    session.rollback()
    assert come_back(client, leave(client, "//evil.example"), "lan-1").location == "/account/start"
    administrator.post(f"/admin/accounts/{lan.id}/disable")
    assert come_back(app.test_client(), leave(client), "lan-1").status_code == 502  # another browser's way back
    assert come_back(client, leave(client), "lan-1").status_code == 403


def test_the_providers_second_factor_counts_when_it_says_so(
    app: flask.Flask, client: FlaskClient, session: Session, provider: str
):
    totp = pyotp.TOTP(second_factor.new_secret())
    before = datetime.now(UTC) - timedelta(minutes=5)
    for subject in ("mfa", "high", "low"):
        account = bound(session, subject, provider)
        key = app.extensions["totp_key"]
        second_factor.set_up(session, account, key, totp.secret, code=totp.at(before), now=before)
        session.commit()
    for subject in ("mfa", "high"):
        assert come_back(client, leave(client), subject).location == "/account/start"
    assert session.scalars(select(ConsoleSession.second_factor)).all() == [True, True]
    browser = app.test_client()
    app.config["WTF_CSRF_ENABLED"] = False
    answer = come_back(browser, leave(browser, "/account/"), "low")
    assert answer.location == "/account/second-factor?next=/account/"
    assert browser.get("/account/").status_code == 303
    done = browser.post("/account/second-factor", data={"code": totp.now(), "next": "/account/"})
    assert done.location == "/account/"
    session.rollback()
    signed = session.execute(select(AuditEntry.account_name, AuditEntry.details)).all()
    assert [details["by"] for _name, details in signed] == ["city", "city", "city"]


def test_what_was_not_asked_for_or_comes_twice_is_not_believed(
    app: flask.Flask, client: FlaskClient, session: Session, provider: str
):
    bound(session, "lan-1", provider)
    leaving = leave(client)
    there = requests.post(leaving, data={"sub": "lan-1"}, allow_redirects=False, timeout=SECONDS)
    way_back = there.headers["location"].removeprefix("http://localhost")
    assert app.test_client().get(way_back).status_code == 502  # a stranger's link: no state in this browser
    with client.session_transaction() as cookie:
        kept = next(name for name in cookie if name.startswith("_state_city_"))
        state = cookie[kept]
        cookie[kept] = {**state, "data": {**state["data"], "nonce": "of another sign-in"}}
    assert client.get(way_back).status_code == 502
    assert client.get(way_back).status_code == 502
    assert client.get("/account/city/return?error=access_denied&state=x").status_code == 502
    assert come_back(client, leave(client), "lan-1", action="deny").status_code == 502
    assert session.scalars(select(ConsoleSession)).all() == []


def test_a_provider_that_is_away_or_is_another_is_said_to_be_and_without_one_there_is_no_button(config: Config):
    for issuer, status in (
        (f"http://127.0.0.1:{free_port()}", 502),
        (config.oidc_issuer + "/of/..", 502),  # what is found there calls itself something else
        (config.oidc_issuer + "/", 303),
        ("", 404),
    ):
        app = create_app(replace(config, oidc_issuer=issuer))
        client = app.test_client()
        assert client.get("/account/city").status_code == status
        assert ("/account/city" in client.get("/account/sign-in").text) is bool(issuer)
        app.extensions["database"].engine.dispose()
