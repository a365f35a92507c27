"""Links and requests that lead to no questionnaire: one helpful page each, and nothing is stored."""

from datetime import timedelta

import flask
import pytest
from visitors import PLACES, Opened, Shown, Visitor, a_round

from survey_app.clock import today
from survey_app.config import Config
from survey_app.i18n import day
from survey_app.models.rounds import Mode, Status
from survey_app.security import KeyRing

WRONG = "A" * 26
LIMIT = 30


@pytest.fixture
def opened(config: Config) -> Opened:
    return a_round(config)


@pytest.fixture
def visitor(app: flask.Flask, request: pytest.FixtureRequest) -> Visitor:
    """From an address of this test's own: the limits of guesses outlive an app."""
    return Visitor(app, address=f"test of {request.node.name}")


def assert_helps(page: Shown, status: int) -> None:
    """A page in the reader's language that says what happened and what to do, and lets nothing leak."""
    assert page.status == status
    assert len(page.document.xpath("//h1")) == 1
    assert len(page.document.xpath("//main/p")) >= 1
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "Traceback" not in page.text


# --- links -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [WRONG, "A", "khong-co-ma-nay", "%00", "%F0%9F%98%80", WRONG + "A", "1' OR '1'='1"])
@pytest.mark.parametrize("kind", ["p", "o"])
def test_an_unknown_or_malformed_code_is_told_so(opened: Opened, visitor: Visitor, kind: str, code: str):
    page = visitor.open(f"/{kind}/{code}")
    assert_helps(page, 404)
    assert "26" in page.words("//main")
    assert not page.headers.getlist("Set-Cookie")
    assert page.headers["Cache-Control"] == "no-store"


def test_an_empty_code_is_told_so(opened: Opened, visitor: Visitor):
    visitor.open("/")
    assert_helps(visitor.send({"code": "   "}), 404)


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(
    ("days", "words"),
    [((1, 9), "chưa bắt đầu"), ((-9, -1), "hết thời gian"), ((-9, 9), "")],
    ids=["too early", "too late", "first and last day"],
)
def test_a_link_works_between_the_days_of_the_round(config: Config, visitor: Visitor, mode: Mode, days, words: str):
    opens_on, closes_on = (today() + timedelta(days=number) for number in days)
    opened = a_round(config, mode=mode, opens_on=opens_on, closes_on=closes_on)
    page = visitor.open((*opened.personal, *opened.posters)[0])
    if not words:
        assert page.status == 200
        opened.change(opens_on=today(), closes_on=today())
        assert visitor.open(page.path).status == 200
        return
    assert_helps(page, 410)
    assert words in page.title
    assert "title" in page.words("//main")  # which round it was
    assert "contact" in page.words("//main")
    if days[0] > 0:
        assert day(opens_on) in page.words("//main")
    visitor.open("/")
    assert_helps(visitor.send({"consent": "yes"}, to=page.path + "start"), 410)
    assert opened.drafts == 0


@pytest.mark.parametrize("status", [Status.DRAFT, Status.CLOSED])
def test_a_round_that_is_not_open_takes_nothing(opened: Opened, visitor: Visitor, status: Status):
    page = visitor.begin(opened.personal[0])
    token = {"csrf_token": page.token}
    opened.change(status=status)
    assert_helps(visitor.send({"used": "no"}), 410)
    for act in ("start", "page/service", "send", "discard"):
        assert_helps(visitor.open(visitor.home + act, token), 410)
    assert opened.sealed == []


def test_after_the_close_every_link_leads_to_the_same_page_whether_it_was_used_or_not(
    opened: Opened, app: flask.Flask, visitor: Visitor
):
    visitor.begin(opened.personal[0])
    visitor.send({"used": "no"})
    assert opened.close() == []
    mains = {visitor.open(opened.personal[number]).words("//main") for number in (0, 1)}
    assert len(mains) == 1
    assert_helps(visitor.shown, 410)
    assert opened.drafts == 0


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_an_address_that_is_not_there_is_a_page(app: flask.Flask, visitor: Visitor):
    for path in ("/nothing", "/f/", "/f/abc/page/", "/p/", "/static/none.css"):
        assert_helps(visitor.open(path), 404)


# --- guesses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_after_thirty_wrong_codes_an_address_waits(app: flask.Flask, opened: Opened, visitor: Visitor):
    inside = Visitor(app, address=visitor.address)
    inside.begin(opened.personal[0])
    for number in range(LIMIT):
        assert visitor.open(f"/{'po'[number % 2]}/{WRONG}").status == 404
    refused = visitor.open(f"/p/{WRONG}")
    assert_helps(refused, 429)
    assert visitor.open(opened.personal[1]).status == 200  # others behind the same address come in by their own codes
    assert inside.send({"used": "no"}).path.endswith("/page/where")  # whoever is in goes on
    assert Visitor(app, address="another address of " + visitor.address).open(opened.personal[1]).status == 200


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_right_codes_are_not_counted_against_an_office(app: flask.Flask, opened: Opened, visitor: Visitor):
    for _round in range(4):
        for link in opened.personal:
            assert Visitor(app, address=visitor.address).open(link).status == 200
    assert visitor.open(f"/p/{WRONG}").status == 404


# --- forms and cookies -----------------------------------------------------------------------------------------------


def test_a_form_without_its_token_stores_nothing(opened: Opened, visitor: Visitor):
    visitor.open(opened.personal[0])
    page = visitor.open(visitor.home + "start", {"consent": "yes"})
    assert_helps(page, 400)
    assert opened.drafts == 0
    visitor.begin(opened.personal[0])
    home = visitor.home
    assert_helps(visitor.open(home + "page/service", {"used": "no", "csrf_token": "forged"}), 400)
    assert visitor.open(home + "page/service").filled == {}
    assert_helps(visitor.open(home + "send", {}), 400)
    assert_helps(visitor.open("/code", {"code": opened.personal[0].removeprefix("/p/")}), 400)


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_the_token_of_another_browser_is_no_token(app: flask.Flask, opened: Opened, visitor: Visitor):
    other = Visitor(app)
    other.open(opened.personal[1])
    visitor.open(opened.personal[0])
    page = visitor.open(visitor.home + "start", {"consent": "yes", "csrf_token": other.shown.token})
    assert_helps(page, 400)


def test_a_visit_belongs_to_the_browser_that_opened_its_link(app: flask.Flask, opened: Opened, visitor: Visitor):
    visitor.begin(opened.personal[0])
    for path in ("", "page/service", "review", "thanks"):
        assert_helps(Visitor(app).open(visitor.home + path), 403)


def test_the_cookie_of_one_visit_opens_no_other(app: flask.Flask, opened: Opened, visitor: Visitor):
    first, second = (Visitor(app) for _both in range(2))
    first.begin(opened.personal[0])
    second.begin(opened.personal[1])
    mine, others = (home.split("/")[2] for home in (first.home, second.home))
    cookie = first.client.get_cookie(f"visit_{mine}", path=first.home)
    first.client.set_cookie(f"visit_{others}", cookie.value, path=second.home)
    assert_helps(first.open(second.home), 403)


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("change", ["", "AAAA", "not base64 ẞ", "flip", "cut"])
def test_a_tampered_cookie_opens_nothing(opened: Opened, visitor: Visitor, change: str):
    visitor.begin(opened.personal[0])
    name = f"visit_{visitor.home.split('/')[2]}"
    value = visitor.client.get_cookie(name, path=visitor.home).value
    middle = len(value) // 2
    changed = {
        "flip": value[:middle] + ("A" if value[middle] != "A" else "B") + value[middle + 1 :],
        "cut": value[:-4],
    }.get(change, change)
    visitor.client.set_cookie(name, changed, path=visitor.home)
    assert_helps(visitor.open(visitor.home), 403)
    assert visitor.open(opened.personal[0]).status == 200  # the link mends it


def test_two_links_in_one_browser_never_mix(opened: Opened, visitor: Visitor):
    visitor.begin(opened.personal[0])
    first = visitor.shown
    visitor.begin(opened.personal[1])
    second = visitor.shown
    visitor.shown = first
    visitor.send({"used": "yes"})
    visitor.shown = second
    visitor.send({"used": "no"})
    assert visitor.open(first.path).filled == {"used": ["yes"]}
    assert visitor.open(second.path).filled == {"used": ["no"]}


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_a_body_beyond_reason_is_refused_with_a_page(opened: Opened, visitor: Visitor):
    visitor.begin(opened.personal[0])
    assert_helps(visitor.send({"used": "no", "channels_other": "x" * 300_000}), 413)
    assert visitor.open(visitor.home + "page/service").filled == {}


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("key", ["none", "pace", "wish", "judgement.U1", "..", "%00", "service%0a"])
def test_a_page_that_is_not_on_the_route_leads_to_where_one_goes_on(opened: Opened, visitor: Visitor, key: str):
    visitor.begin(opened.personal[0])
    visitor.send({"used": "no"})  # so nothing is asked about wishes
    home = visitor.home
    asked = visitor.open(f"{home}page/{key}")
    assert asked.path in (home + "page/where", home)
    visitor.open(home + "page/where")
    assert visitor.send({"wishes": "x", "overall:U1": "2"}, to=f"{home}page/{key}").path in (home + "page/where", home)
    assert opened.sealed == []


def test_pages_may_be_filled_in_any_order(opened: Opened, visitor: Visitor):
    visitor.begin(opened.personal[0])
    visitor.open(visitor.home + "page/where")
    assert visitor.send(PLACES).path.endswith("/page/judgement.U1")
    visitor.open(visitor.home)
    assert visitor.send().path.endswith("/page/service")  # the first that is not complete


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("query", ["?handle=x", "?key=y", "?_external=1", "?_anchor=z", "?_scheme=ftp&from=review"])
def test_a_strange_query_breaks_no_page(opened: Opened, visitor: Visitor, query: str):
    visitor.begin(opened.personal[0])
    page = visitor.open(visitor.home + "page/service" + query)
    assert page.status == 200
    assert page.form.action in (page.path, page.path + "?from=review")
    shown = visitor.send({"used": "maybe"})
    assert shown.status == 422


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused_with_a_page(opened: Opened, visitor: Visitor, method: str):
    visitor.open(opened.personal[0])
    response = getattr(visitor.client, method)(visitor.home)
    assert response.status_code in (400, 405)
    assert "<h1>" in response.text


def test_a_round_whose_key_is_not_here_takes_nothing(config: Config, opened: Opened, visitor: Visitor):
    visitor.begin(opened.personal[0])
    KeyRing(config.key_dir).destroy(opened.code)
    assert_helps(visitor.send({"used": "no"}), 503)
