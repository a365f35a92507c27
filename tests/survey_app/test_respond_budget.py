"""What a request may cost: statements to the database once a process is warm, and bytes over a slow network."""

import contextlib
import gzip
from collections.abc import Iterator

import flask
import pytest
from rounds import form
from sqlalchemy import Engine, event
from visitors import PLACES, USED, Opened, Visitor, a_round

from instruments.answering import rating_count
from instruments.loading import catalogue, load_catalogue
from survey_app.config import Config
from survey_app.statements import Statement

FIRST_PAGE, LATER_PAGE = 35 * 1024, 10 * 1024


@pytest.fixture
def opened(config: Config) -> Opened:
    return a_round(config)


@pytest.fixture
def visitor(app: flask.Flask, opened: Opened) -> Visitor:
    """Somebody who comes after another one was here, so that the process knows the questionnaire."""
    walk(Visitor(app), opened.personal[1])
    return Visitor(app)


def walk(visitor: Visitor, link: str) -> None:
    visitor.begin(link)
    visitor.send({"used": "yes"})
    visitor.send(USED)
    visitor.send(PLACES)
    for unit in ("U1", "U3"):
        visitor.send({f"overall:{unit}": "2"})
    visitor.send({f"speed:U{unit}": "2" for unit in range(1, 5)})
    visitor.send({"wishes": "Nhanh hơn"})


@contextlib.contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that are sent to the database meanwhile, without the marks of transactions."""
    sent: list[str] = []

    def note(_connection, _cursor, statement, *_more) -> None:
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    def run(statement, *given, **more):
        sent.append(repr(statement))
        return straight(statement, *given, **more)

    straight = Statement._run  # those that pass by SQLAlchemy and its events
    event.listen(Engine, "before_cursor_execute", note)  # whichever of its connections the app takes
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Statement, "_run", run)
        yield sent
    event.remove(Engine, "before_cursor_execute", note)


def test_reading_a_page_takes_one_statement(opened: Opened, visitor: Visitor):
    with statements() as sent:
        entered = visitor.open(opened.personal[0], follow=False)
        assert len(sent) == 1
        visitor.open(entered.headers["Location"])
        assert len(sent) == 2
    visitor.send({"consent": "yes"})
    for path in ("", "page/service", "page/where", "page/pace.speed", "review"):
        with statements() as sent:
            assert visitor.open(visitor.home + path, follow=False).status == 200
        assert len(sent) == 1, sent


def test_saving_a_page_takes_two_statements(opened: Opened, visitor: Visitor):
    visitor.begin(opened.personal[0])
    page = visitor.shown
    for answers in ({"used": "yes"}, USED, {"go": "back"}, {"go": "language:en"}):
        visitor.shown = page
        with statements() as sent:
            visitor.send(answers, follow=False)
        assert len(sent) == 2, sent


def test_sending_takes_three_statements_and_the_receipt_one(opened: Opened, visitor: Visitor):
    walk(visitor, opened.personal[0])
    with statements() as sent:
        thanks = visitor.send(follow=False).headers["Location"]
    assert len(sent) == 3, sent
    with statements() as sent:
        visitor.open(thanks)
    assert len(sent) == 1, sent


def test_beginning_takes_three_statements_at_most(opened: Opened, visitor: Visitor):
    visitor.open(opened.personal[0])
    with statements() as sent:
        visitor.send({"consent": "yes"}, follow=False)
    assert len(sent) <= 3, sent


def test_a_page_about_no_visit_asks_the_database_nothing(opened: Opened, visitor: Visitor):
    with statements() as sent:
        visitor.open("/")
        visitor.open("/nothing")
        visitor.open("/p/too-short")
        visitor.open("/f/somebody/")
    assert sent == []


def weight_of(visitor: Visitor, path: str) -> int:
    """The bytes of an answer as they travel to a browser that reads gzip."""
    with visitor.client.get(path, headers={"Accept-Encoding": "gzip, deflate, br"}) as response:
        assert response.status_code == 200
        return len(response.data) + sum(len(f"{name}: {value}\r\n".encode()) for name, value in response.headers)


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", sorted(catalogue()))
def test_the_first_page_is_light_and_needs_four_requests_at_most(app: flask.Flask, config: Config, name: str):
    most = max(n for n in range(1, 22) if rating_count(load_catalogue(name), n) <= 120)  # a booklet has 21 units
    units = [f"{number:05}" for number in range(most)]
    opened = a_round(config, catalogue()[name].read_text("utf-8"), units=units, n=200)
    visitor = Visitor(app)
    landing = visitor.open(opened.personal[0])
    files = landing.document.xpath("//script/@src | //link[@rel='stylesheet']/@href | //img/@src")
    assert len(files) + 2 <= 4  # with the link and the page it leads to
    assert weight_of(visitor, landing.path) + sum(weight_of(visitor, file) for file in files) <= FIRST_PAGE
    visitor.open(landing.path)
    page = visitor.send({"consent": "yes"})
    assert weight_of(visitor, page.path) <= LATER_PAGE


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_what_travels_is_the_page(app: flask.Flask, config: Config):
    opened = a_round(config, form())
    visitor = Visitor(app)
    path = visitor.open(opened.personal[0]).path
    packed = visitor.client.get(path, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data).decode() == visitor.open(path).text
