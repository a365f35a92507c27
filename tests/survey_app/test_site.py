"""Pages of no round: the front page, the choice of language, the health check, and our own faults."""

import logging

import flask
import pytest
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import Engine, text
from staff import signed_in

from survey_app.roles import Role

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


def test_the_front_page_asks_for_the_code_of_a_letter(client: FlaskClient):
    page = html.fromstring(client.get("/").text)
    (form,) = page.forms
    assert form.action == "/code"
    assert page.xpath("//label[@for='code']")
    assert page.get_element_by_id("code").get("autocomplete") == "off"


def test_staff_are_not_spoken_to_as_respondents(app: flask.Flask, client: FlaskClient):
    researcher = signed_in(app, Role.RESEARCHER)
    for response in (researcher.get("/rounds/nowhere/"), researcher.get("/no-such-room")):
        page = html.fromstring(response.text)
        assert response.status_code == 404
        assert "Ông/Bà" not in page.text_content()
        assert page.xpath("//main//a[@href='/rounds/']")
    assert "quét lại mã QR" in client.get("/no-such-room").text
    app.config["WTF_CSRF_ENABLED"] = True
    stale = researcher.post("/rounds/new", data={"code": "x"})
    assert (stale.status_code, "nội dung vừa nhập chưa được lưu" in stale.text) == (400, True)
    assert "mã QR" not in stale.text
    app.config["WTF_CSRF_ENABLED"] = False
    long = "Căn cứ kế hoạch của Thành phố"
    expired = client.post("/rounds/new", data={"legal_basis": long})
    kept = html.fromstring(expired.text).get_element_by_id("kept").text
    assert (expired.status_code, kept.strip()) == (401, long)
    secret = {"current": "một câu dài bí mật", "new": "một câu dài khác"}
    assert client.post("/account/password", data=secret).location.startswith("/account/sign-in")
    assert client.post("/rounds/new", data={"code": "x"}).location.startswith("/account/sign-in")


@pytest.mark.parametrize("code", ["vi", "en"])
def test_the_language_is_remembered_and_leads_back(client: FlaskClient, code: str):
    chosen = client.get(f"/language/{code}?next=/rehearsals/")
    assert chosen.status_code == 303
    assert chosen.headers["Location"] == "/rehearsals/"
    assert client.get_cookie("lang").value == code
    assert html.fromstring(client.get("/").text).get("lang") == code


def test_an_unknown_language_changes_nothing(client: FlaskClient):
    assert client.get("/language/xx?next=/").status_code == 303
    assert client.get_cookie("lang") is None
    client.set_cookie("lang", "xx")
    assert html.fromstring(client.get("/").text).get("lang") == "vi"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        "/\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "evil.example",
        "",
    ],
)
def test_the_way_back_never_leaves_the_site(client: FlaskClient, target: str):
    response = client.get("/language/en", query_string={"next": target})
    assert response.status_code == 303
    assert response.headers["Location"] == "/"
    assert "a=b" not in str(response.headers)


def test_health_is_that_of_the_database(client: FlaskClient, app: flask.Flask):
    assert client.get("/health").get_json() == {"status": "ok"}


def test_a_fault_of_ours_is_a_page_and_a_line_in_the_log_without_what_was_sent(
    app: flask.Flask, client: FlaskClient, engine: Engine, caplog: pytest.LogCaptureFixture
):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE invitee"))
    with caplog.at_level(logging.ERROR):
        response = client.get("/p/" + "A" * 26)
    assert response.status_code == 500
    page = html.fromstring(response.text)
    assert len(page.xpath("//h1")) == 1
    assert "invitee" not in response.text
    assert response.headers["Cache-Control"] == "no-store"
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.mark.parametrize("path", ["/", "/health", "/nothing", "/rehearsals/", "/p/none", "/static/style.css"])
def test_every_answer_carries_the_headers_that_keep_it_in_the_house(client: FlaskClient, path: str):
    with client.get(path) as response:
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/nothing", "/rehearsals/"])
def test_no_page_needs_what_its_policy_forbids(client: FlaskClient, path: str):
    page = html.fromstring(client.get(path).text)
    assert not page.xpath("//@style | //style | //script[not(@src)] | //@*[starts-with(name(), 'on')]")
    assert not [link for link in page.xpath("//@src | //link/@href") if not link.startswith(("/", "data:"))]
