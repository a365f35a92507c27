"""How much a page costs on a slow network, as the browser itself counts it."""

from collections.abc import Iterator

import pytest
from browser.fair import DELEGATE, OWN_STAFF, Fair
from browser.respondent import Respondent
from playwright.sync_api import Page

FIRST_PAGE = 35 * 1024  # bytes as they travel, headers included
LATER_PAGE = 10 * 1024
MOST_REQUESTS = 4


class Meter:
    """Counts requests and bytes of a page's network traffic."""

    def __init__(self, page: Page) -> None:
        self.requests = 0
        self.bytes = 0
        devtools = page.context.new_cdp_session(page)
        devtools.on("Network.requestWillBeSent", self._asked)
        devtools.on("Network.loadingFinished", lambda event: self._count(event["encodedDataLength"]))
        devtools.send("Network.enable")

    def _asked(self, event: dict) -> None:
        if event["request"]["url"].startswith("data:"):
            return
        self.requests += 1
        if "redirectResponse" in event:
            self._count(event["redirectResponse"]["encodedDataLength"])

    def _count(self, encoded: float) -> None:
        self.bytes += int(encoded)

    def read(self, page: Page) -> tuple[int, int]:
        """(requests, bytes) since the last reading."""
        page.wait_for_load_state("networkidle")
        read = self.requests, self.bytes
        self.requests = self.bytes = 0
        return read


@pytest.fixture
def meter(page: Page) -> Meter:
    return Meter(page)


def answers_all(page: Page) -> None:
    for group in page.get_by_role("group").all():
        group.get_by_role("radio").last.check()


def test_the_first_page_is_light(page: Page, meter: Meter, fair: Fair):
    Respondent(page, fair.link(DELEGATE))
    requests, size = meter.read(page)
    assert requests <= MOST_REQUESTS
    assert size <= FIRST_PAGE


def pages_of_a_delegate(page: Page, fair: Fair) -> Iterator[str]:
    someone = Respondent(page, fair.link(DELEGATE))
    yield "landing"
    someone.start()
    yield "matrix"
    someone.go_on()
    yield "sixteen faults"
    for number in range(5):
        answers_all(page)
        someone.go_on()
        yield f"page {number + 2}"
    someone.go_on()
    yield "review"
    someone.press("Gửi phiếu")
    yield "receipt"


def test_every_later_page_of_eighty_ratings_is_light(page: Page, meter: Meter, fair: Fair):
    sizes = {name: meter.read(page)[1] for name in pages_of_a_delegate(page, fair)}
    del sizes["landing"]
    assert {name: size for name, size in sizes.items() if size > LATER_PAGE} == {}


def test_a_page_with_live_conditions_is_light(page: Page, meter: Meter, fair: Fair):
    someone = Respondent(page, fair.link("every kind"))
    meter.read(page)
    someone.start()
    assert meter.read(page)[1] <= LATER_PAGE


def test_a_section_about_the_own_unit_is_light(page: Page, meter: Meter, fair: Fair):
    someone = Respondent(page, fair.link(OWN_STAFF))
    meter.read(page)
    someone.start()
    assert meter.read(page)[1] <= LATER_PAGE
