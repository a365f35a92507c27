"""A whole round by a researcher, from an empty database to the board; then every page of it looked at."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from urllib.parse import urlsplit

import pypdfium2
import pytest
from aiosmtpd.controller import Controller
from browser.inspection import faults
from browser.pictures import keep_page
from browser.workplace import Workplace, answer
from browser.workplace_files import communes, frame_file, officials_file, units_file
from playwright.sync_api import Browser, Page, expect
from serving import free_port, running_site
from sqlalchemy.orm import Session
from werkzeug.routing import Map

from survey_app.app import create_app
from survey_app.clock import today
from survey_app.config import Config
from survey_app.db import make_engine
from survey_app.queries.rounds import open_links, round_by_code

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 860}
CODE = "hn-xa"
CITIZENS = 200_000  # files in the frame
PASSWORD = "một câu dài chỉ người này biết"
PICTURES = "GUIDE_PICTURES"  # a folder: `make guide` puts the pictures of the guide there


@dataclass
class Postbox:
    """A mail server that takes everything."""

    letters: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        self.letters.append(message_from_bytes(envelope.content, policy=default))
        return "250 ok"


@dataclass
class Story:
    """What is left of the walk for others to look at."""

    address: str
    cookies: list
    urls: Map
    letters: list[EmailMessage]
    pages_of_letters: int
    drawn: int


@pytest.fixture(scope="module")
def story(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The walk itself: it happens once, the tests look at what came of it."""
    home = tmp_path_factory.mktemp("workplace")
    box, port = Postbox(), free_port()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    config = Config(
        database_url=f"sqlite:///{home / 'survey.db'}",
        secret_key="a secret that only the tests know, long enough",
        key_dir=home / "keys",
        production=False,
        smtp_url=f"smtp://127.0.0.1:{port}",
        mail_from="khaosat@example.vn",
    )
    one_time = first_account(config)
    pictures = Path(os.environ[PICTURES]) if os.environ.get(PICTURES) else None
    with running_site(config, log=home / "server.log", jobs=True) as address:
        context = browser.new_context(viewport=DESKTOP, locale="vi-VN", accept_downloads=True)
        workplace = Workplace(context.new_page(), address, pictures)
        pages, drawn = a_round(workplace, one_time, home)
        on_a_phone(browser, config, address, box, pictures)
        workplace.look_back()
        app = create_app(config)
        yield Story(address, context.cookies(), app.url_map, box.letters, pages, drawn)
        app.extensions["database"].engine.dispose()
        context.close()
    server.stop()


def first_account(config: Config) -> str:
    """A researcher's account on an empty database; the one-time password that the command prints."""
    survey = Path(sys.executable).with_name("survey")
    environment = os.environ | config.environment()
    subprocess.run([survey, "migrate"], env=environment, check=True, capture_output=True)
    create = [survey, "account", "create", "nghien_cuu", "--role", "researcher"]
    made = subprocess.run(create, env=environment, check=True, capture_output=True, text=True)
    return made.stdout.strip().rsplit(" ", 1)[1]


def a_round(workplace: Workplace, one_time: str, home: Path) -> tuple[int, int]:
    """From the sign-in to letters in people's hands; pages printed, citizens drawn."""
    units = list(communes()["unit_code"])
    workplace.sign_in("nghien_cuu", one_time, PASSWORD)
    workplace.create_round("xã, phường thuộc thành phố Hà Nội", CODE, today().year)
    workplace.move_to((today() - timedelta(days=1)).isoformat(), (today() + timedelta(days=30)).isoformat())
    workplace.import_units(units_file(home / "don-vi.xlsx"))
    workplace.invite_personally("nguoi_dan")
    workplace.look_around()
    workplace.design("Người dân", "9.000", "58", least="70")
    workplace.read_frame("Người dân", "Hồ sơ một cửa", frame_file(home / "ho-so.xlsx", CITIZENS))
    drawn = workplace.draw("Hồ sơ một cửa", "2026")
    workplace.invite_list("hdnd_tp", officials_file(home / "hdnd.xlsx", 95, prefix="dai-bieu"))
    departments = officials_file(home / "so.xlsx", 90, prefix="lanh-dao")
    workplace.invite_list("lanh_dao_so", departments)
    workplace.invite_list("hdnd_xa", officials_file(home / "hdnd-xa.xlsx", 12, prefix="hdnd-xa", of_units=units))
    workplace.invite_list("cong_chuc", officials_file(home / "cb.xlsx", 12, prefix="can-bo", of_units=units))
    workplace.open_round()
    letters = pypdfium2.PdfDocument(workplace.print_letters("hdnd_tp"))
    workplace.send_mail("hdnd_tp", "invitation")
    return len(letters), drawn


def on_a_phone(browser: Browser, config: Config, address: str, box: Postbox, pictures: Path | None) -> None:
    """A delegate answers by the link of the letter, somebody of a company by a poster's."""
    letter = box.letters[0].get_content()
    (personal,) = [word for word in letter.split() if "/p/" in word]
    engine = make_engine(config.database_url)
    with Session(engine) as session:
        survey_round = round_by_code(session, CODE)
        poster = next(link for link in open_links(session, survey_round.id) if link.group_code == "to_chuc")
    engine.dispose()
    for name, link in (("dai-bieu", personal), ("to-chuc", f"{address}/o/{poster.public_code}")):
        context = browser.new_context(viewport=PHONE, locale="vi-VN", is_mobile=True, has_touch=True)
        page = context.new_page()
        if pictures:
            page.goto(link)
            keep_page(page, pictures / f"dien-thoai-{name}.png")
        answer(page, link)
        if pictures:
            keep_page(page, pictures / f"dien-thoai-{name}-xong.png")
        context.close()


def visitor(browser: Browser, story: Story, **options: object) -> Page:
    """The researcher's browser again, on a screen of another size."""
    context = browser.new_context(**options)
    context.add_cookies(story.cookies)
    return context.new_page()


def test_a_round_goes_from_an_empty_database_to_the_board(browser: Browser, story: Story):
    assert story.drawn >= 9000
    assert story.pages_of_letters == 95
    assert len({letter["To"] for letter in story.letters}) == len(story.letters) == 95
    page = visitor(browser, story, viewport=DESKTOP)
    page.goto(f"{story.address}/rounds/{CODE}/board/")
    rows = page.locator("[data-live] tbody tr")
    expect(rows.filter(has_text="Tổ chức, doanh nghiệp")).to_contain_text("1")
    expect(rows.filter(has_text="Đại biểu HĐND Thành phố")).to_contain_text("dưới 10")
    expect(rows.filter(has_text="Người dân")).to_contain_text("15.")
    page.context.close()


def test_no_page_of_the_workplace_keeps_anybody_out(browser: Browser, story: Story):
    """Every page that can be reached by links, once by its kind: on a phone, by every rule of axe."""
    page = visitor(browser, story, viewport=PHONE, is_mobile=True, has_touch=True)
    page.set_default_timeout(30_000)
    found = {}
    for kind, address in reachable(page, story):
        page.goto(address)
        found[kind] = list(faults(page))
    page.context.close()
    assert len(found) > 40
    assert {kind: wrong for kind, wrong in found.items() if wrong} == {}


def reachable(page: Page, story: Story) -> Iterator[tuple[str, str]]:
    """(endpoint, address) of one page of each kind, by following links from the list of rounds."""
    adapter = story.urls.bind(urlsplit(story.address).netloc)
    waiting, seen = [f"{story.address}/rounds/"], set()
    while waiting:
        address = waiting.pop(0)
        kind = adapter.match(urlsplit(address).path, method="GET")[0]
        if kind in seen:
            continue
        seen.add(kind)
        yield kind, address
        for link in page.locator("a[href^='/']").evaluate_all("links => links.map((link) => link.href)"):
            path = urlsplit(link)
            is_page = adapter.test(path.path, "GET") and "format=" not in path.query and "." not in path.path
            if is_page and not adapter.match(path.path, method="GET")[0].endswith(NOT_PAGES):
                waiting.append(link)


NOT_PAGES = ("choose_language", "template", "download", "chart", "word", "sign_out", "exported", "signed", "codebook")
