"""Signing in and the pages of accounts, in a browser without JavaScript."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import flask
import pyotp
import pytest
from flask.testing import FlaskClient
from lxml import html
from quick_passwords import QUICK
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session
from staff import signed_in
from werkzeug.test import TestResponse

from survey_app.account import entry
from survey_app.clock import today
from survey_app.console import SIGNED_IN
from survey_app.models.accounts import Account, AuditEntry, ConsoleSession
from survey_app.roles import Role
from survey_app.services import accounts, second_factor

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

PASSWORD = "con mèo trèo cây cau"
OWN = "một câu của riêng mình"


@pytest.fixture(autouse=True)
def quick(app: flask.Flask) -> None:
    app.extensions["passwords"] = QUICK
    app.config["WTF_CSRF_ENABLED"] = False


@pytest.fixture
def lan(app: flask.Flask, session: Session) -> Account:
    """An account with a password of its own and no role."""
    account, _password = accounts.create_account(
        session, QUICK, username="lan", display_name="Lan", email=None, now=datetime.now(UTC),
        password=PASSWORD,
    )  # fmt: skip
    session.commit()
    return account


def sign_in(client: FlaskClient, username: str = "lan", password: str = PASSWORD, **more: str) -> TestResponse:
    return client.post("/account/sign-in", data={"username": username, "password": password, **more})


def token_of(client: FlaskClient) -> str | None:
    with client.session_transaction() as cookie:
        return cookie.get(SIGNED_IN)


def with_authenticator(app: flask.Flask, session: Session, account: Account) -> pyotp.TOTP:
    totp = pyotp.TOTP(second_factor.new_secret())
    before = datetime.now(UTC) - timedelta(minutes=5)
    key = app.extensions["totp_key"]
    second_factor.set_up(session, account, key, totp.secret, code=totp.at(before), now=before)
    session.commit()
    return totp


def test_who_signs_in_goes_where_he_was_going_within_this_site(client: FlaskClient, lan: Account):
    asked = client.get("/account/")
    assert (asked.status_code, asked.location) == (303, "/account/sign-in?next=/account/")
    page = html.fromstring(client.get(asked.location).text)
    assert page.forms[0].fields["next"] == "/account/"
    answer = sign_in(client, " LAN ", next="/account/")
    assert (answer.status_code, answer.location) == (303, "/account/")
    assert "Lan" in client.get("/account/").text
    assert client.get("/account/sign-in?next=//evil.example").location == "/account/start"
    client.post("/account/sign-out")
    for target in ("https://evil.example/", "//evil.example/", "/\\evil.example", "/\t/evil.example"):
        assert sign_in(client, next=target).location == "/account/start"
        client.post("/account/sign-out")


def test_what_is_wrong_is_said_in_the_same_words_whatever_it_is(
    app: flask.Flask, client: FlaskClient, session: Session, lan: Account
):
    other, _password = accounts.create_account(
        session, QUICK, username="gone", display_name="G", email=None, now=datetime.now(UTC),
        password=PASSWORD,
    )  # fmt: skip
    accounts.disable(session, other, today())
    session.commit()
    wrong = sign_in(client, password="không phải")
    assert "Tên đăng nhập hoặc mật khẩu không đúng" in wrong.text
    for _time in range(4):
        sign_in(client, password="không phải")
    for username in ("lan", "nobody", "gone", "it's\0odd"):
        page = sign_in(client, username)
        assert page.status_code == 422
        assert said(page) == said(wrong)
    assert token_of(client) is None
    logged = session.execute(select(AuditEntry.action, AuditEntry.account_name)).all()
    assert logged.count(("account.sign_in_refused", "lan")) == 6
    assert logged.count(("account.sign_in_refused", entry.NOBODY)) == 2  # what was typed may be a password


def said(page: TestResponse) -> str:
    """The page without what was typed and the token that each page has of its own."""
    main = html.fromstring(page.text).get_element_by_id("main")
    for field in main.xpath(".//input"):
        field.attrib.pop("value", None)
    return html.tostring(main, encoding="unicode")


def test_an_address_that_tries_too_often_waits(app: flask.Flask, client: FlaskClient, lan: Account):
    for number in range(entry.WRONG_TRIES.amount):
        assert sign_in(client, f"nobody{number}").status_code == 422
    assert sign_in(client).status_code == 429  # the right password too: nothing is learnt by trying on
    elsewhere = app.test_client()
    elsewhere.environ_base = {"REMOTE_ADDR": "192.0.2.7"}
    assert sign_in(elsewhere).status_code == 303


def test_a_session_is_new_at_each_sign_in_and_ends_when_it_is_told_to(
    app: flask.Flask, client: FlaskClient, session: Session, lan: Account
):
    app.config["WTF_CSRF_ENABLED"] = True
    stale = sign_in(client)  # as from a window that was open before somebody signed out in another
    assert (stale.status_code, "Trang này đã cũ" in stale.text) == (400, True)
    app.config["WTF_CSRF_ENABLED"] = False
    with client.session_transaction() as cookie:
        cookie[SIGNED_IN] = "a token that somebody else chose"
        cookie["planted"] = "yes"
    sign_in(client)
    token = token_of(client)
    with client.session_transaction() as cookie:
        assert "planted" not in cookie
    assert token != "a token that somebody else chose"
    assert token.encode() not in b"".join(session.scalars(select(ConsoleSession.token_hash)))

    stolen = app.test_client()
    with stolen.session_transaction() as cookie:
        cookie[SIGNED_IN] = token
    assert stolen.get("/account/").status_code == 200
    client.post("/account/sign-out")
    assert stolen.get("/account/").status_code == 303

    sign_in(client)
    sign_in(stolen)
    client.post("/account/sign-out-everywhere")
    assert stolen.get("/account/").status_code == 303

    for late in ({"seen_at": timedelta(minutes=31)}, {"opened_at": timedelta(hours=12, minutes=1)}):
        sign_in(client)
        assert client.get("/account/").status_code == 200
        session.rollback()
        session.execute(update(ConsoleSession).values({name: datetime.now(UTC) - ago for name, ago in late.items()}))
        session.commit()
        assert client.get("/account/").status_code == 303


def test_the_second_factor_is_asked_after_the_password_and_its_code_counts_once(
    app: flask.Flask, client: FlaskClient, session: Session, lan: Account
):
    totp = with_authenticator(app, session, lan)
    assert client.get("/account/second-factor?next=/account/").location == "/account/sign-in?next=/account/"
    answer = sign_in(client, next="/account/")
    assert answer.location == "/account/second-factor?next=/account/"
    assert token_of(client) is None
    assert client.get("/account/").status_code == 303  # the password alone opens nothing
    assert client.post("/account/second-factor", data={"code": "000000"}).status_code == 422
    code = totp.at(datetime.now(UTC) - timedelta(seconds=30))
    answer = client.post("/account/second-factor", data={"code": code, "next": "/account/"})
    assert (answer.status_code, answer.location) == (303, "/account/")
    assert session.scalars(select(ConsoleSession.second_factor)).all() == [True]

    thief = app.test_client()
    sign_in(thief)
    assert thief.post("/account/second-factor", data={"code": code}).status_code == 422
    with thief.session_transaction() as cookie:
        cookie[entry.HALF_WAY][1] = (datetime.now(UTC) - timedelta(minutes=11)).isoformat()
        cookie.modified = True
    assert thief.post("/account/second-factor", data={"code": totp.now()}).location == "/account/sign-in"


def test_after_a_one_time_password_nothing_opens_before_a_new_one(
    app: flask.Flask, client: FlaskClient, session: Session, lan: Account
):
    once = accounts.reset_password(session, QUICK, lan, datetime.now(UTC))
    session.commit()
    assert sign_in(client).status_code == 422
    sign_in(client, password=once)
    token = token_of(client)
    assert client.get("/account/").location == "/account/password"
    assert "current" not in html.fromstring(client.get("/account/password").text).forms[-1].fields
    for new, again, words in [
        ("ngắn quá", "ngắn quá", "ít nhất 12"),
        ("matkhau123456", "matkhau123456", "quá quen thuộc"),
        (OWN, OWN + "!", "không giống nhau"),
        (once, once, "phải khác"),
    ]:
        answer = client.post("/account/password", data={"new": new, "again": again})
        assert (answer.status_code, words in answer.text) == (422, True), words
        assert new not in answer.text
    assert client.post("/account/password", data={"new": OWN, "again": OWN}).status_code == 303
    assert client.get("/account/").status_code == 200
    assert token_of(client) != token

    wrong = client.post("/account/password", data={"current": once, "new": PASSWORD, "again": PASSWORD})
    assert "Mật khẩu hiện tại không đúng" in wrong.text
    right = client.post("/account/password", data={"current": OWN, "new": PASSWORD, "again": PASSWORD})
    assert right.status_code == 303
    assert sign_in(app.test_client()).status_code == 303


def test_in_production_administrators_set_up_a_second_factor_before_anything_else(app: flask.Flask, session: Session):
    app.extensions["config"] = replace(app.extensions["config"], production=True)
    client = signed_in(app, Role.ADMINISTRATOR, username="quan_tri", second_factor=False)
    assert client.get("/admin/accounts/").location == "/account/second-factor/new"
    page = html.fromstring(client.get("/account/second-factor/new").text)
    assert page.xpath("//svg[@role='img']/path/@d")
    assert not page.xpath("//@style")
    secret = "".join(page.xpath("//main//code/text()")[0].split())
    fields = dict(page.forms[-1].fields)
    assert secret not in fields["sealed"]
    wrong = client.post("/account/second-factor/new", data=fields | {"code": "000000"})
    assert wrong.status_code == 422
    assert secret[:4] in wrong.text  # the same one: it was scanned already
    forged = client.post("/account/second-factor/new", data={"sealed": "AAAA", "code": pyotp.TOTP(secret).now()})
    assert (forged.status_code, secret[:4] in forged.text) == (422, False)
    token = token_of(client)
    done = client.post("/account/second-factor/new", data=fields | {"code": pyotp.TOTP(secret).now()})
    assert done.status_code == 303
    assert token_of(client) != token
    assert client.get("/admin/accounts/").status_code == 200
    stored = session.execute(text("SELECT totp_sealed FROM account")).scalar_one()
    assert secret.encode() not in stored


def test_an_administrator_makes_accounts_and_helps(app: flask.Flask, session: Session):
    client = signed_in(app, Role.ADMINISTRATOR, username="quan_tri")
    faulty = client.post("/admin/accounts/new", data={"username": "Hà", "display_name": "<b>Hà</b>"})
    assert (faulty.status_code, "chữ thường không dấu" in faulty.text) == (422, True)
    assert "&lt;b&gt;Hà" in faulty.text
    made = html.fromstring(client.post("/admin/accounts/new", data={"username": "ha", "display_name": "Hà"}).text)
    once = made.xpath("string(//p[@class='receipt'])").strip()
    address = made.xpath("//main//a/@href")[-1]
    for data, status in [({"role": "researcher"}, 303), ({"role": "supervisor"}, 422), ({"role": "anyone"}, 422)]:
        answer = client.post(f"{address}/grants", data={"round_code": "", "unit_id": "", **data})
        assert answer.status_code == status
    shown = client.get(address)
    assert once not in shown.text
    assert "Nghiên cứu viên" in shown.text

    other = app.test_client()
    assert sign_in(other, "ha", once).status_code == 303
    for act in ("reset-second-factor", "reset-password"):
        assert "confirm" in client.get(f"{address}/{act}").text
        client.post(f"{address}/{act}")
        assert other.get("/account/").location.startswith("/account/sign-in")
    client.post(f"{address}/disable")
    assert "đã khóa" in client.get("/admin/accounts/").text
    client.post(f"{address}/enable")
    remove = html.fromstring(client.get(address).text).xpath("//form[contains(@action, '/remove')]/@action")
    assert client.post(remove[0]).status_code == 303
    own = session.scalar(select(Account.id).where(Account.username == "quan_tri"))
    last = client.post(f"/admin/accounts/{own}/disable")
    assert (last.status_code, "người quản trị cuối cùng" in last.text) == (422, True)

    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.account_name == "quan_tri")).all()
    expected = "created granted second_factor_reset password_reset disabled enabled revoked"
    assert [action.removeprefix("account.") for action in actions] == expected.split()
    assert once not in str(session.execute(select(AuditEntry.details)).all())
    assert client.get("/admin/accounts/999").status_code == 404
    assert client.get("/admin/accounts/?format=xlsx").data[:2] == b"PK"


def test_the_log_is_read_by_day_account_and_action(app: flask.Flask, client: FlaskClient, lan: Account):
    sign_in(client)
    sign_in(app.test_client(), password="sai")
    watcher = signed_in(app, Role.SUPERVISOR)

    def rows(query: str) -> list[str]:
        page = html.fromstring(watcher.get(f"/admin/audit/?{query}").text)
        return [" ".join(row.text_content().split()) for row in page.xpath("//tbody/tr[td[2]]")]

    assert len(rows("")) == 2
    assert "đăng nhập sai" in rows("")[0]
    assert len(rows("f_action=account.signed_in&f_account_name=LAN")) == 1
    assert rows("f_subject=%25") == []
    assert len(rows(f"since={today()}&until={today()}")) == 2
    assert rows(f"since={today() + timedelta(days=1)}") == []
    assert rows(f"until={today() - timedelta(days=1)}") == []
    assert len(rows("since=yesterday&until=9999-12-31")) == 2
    assert watcher.get("/admin/audit/?format=xlsx").data[:2] == b"PK"
    assert signed_in(app, Role.RESEARCHER).get("/admin/audit/").status_code == 403
