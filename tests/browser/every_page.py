"""A walk that stops at every page a respondent can meet, in whatever language the browser is set to."""

from collections.abc import Iterator

from browser.fair import CITIZEN, DELEGATE, OWN_STAFF, Fair
from playwright.sync_api import Page


def every_page(page: Page, fair: Fair) -> Iterator[str]:
    """The name of each page while it is shown."""
    yield from _outside(page, fair)
    yield from _landing(page, fair)
    yield from _departments(page, fair)
    yield from _every_kind(page, fair)
    yield from _sections(page, fair)
    yield from _open_link(page, fair)


def _outside(page: Page, fair: Fair) -> Iterator[str]:
    page.goto(fair.address)
    yield "front page"
    page.goto(f"{fair.address}/nowhere")
    yield "not found"
    page.goto(f"{fair.address}/f/aaaaaaaaaaaaa/")
    yield "cookie lost"
    for state in ("not yet", "expired", "closed"):
        page.goto(fair.link(state))
        yield state


def _landing(page: Page, fair: Fair) -> Iterator[str]:
    page.goto(fair.link("rehearsal"))
    yield "landing of a rehearsal"
    link = fair.link("short")
    page.goto(link)
    _press(page)
    yield "consent missing"
    _start(page)
    page.goto(page.url.split("/page/", maxsplit=1)[0] + "/review")
    yield "review with pages missing"
    page.goto(link)
    yield "landing, started"
    for summary in page.locator("summary").all():
        summary.click()
    yield "landing, started, all opened"
    with page.expect_navigation():
        page.locator("details button").click()
    yield "discarded"


def _departments(page: Page, fair: Fair) -> Iterator[str]:
    page.goto(fair.link(DELEGATE))
    yield "landing"
    _start(page)
    yield "matrix"
    _press(page)
    yield "matrix with faults"
    for _question in range(5):
        for group in page.get_by_role("group").all():
            group.get_by_role("radio").nth(3).check()
        _press(page)
    for box in page.get_by_role("checkbox").all()[:4]:
        box.check()
    yield "too many chosen"
    _press(page)
    yield "too many chosen, sent"
    page.get_by_role("checkbox").nth(3).uncheck()
    _press(page)
    yield "review of eighty ratings"


def _every_kind(page: Page, fair: Fair) -> Iterator[str]:
    page.goto(fair.link("every kind"))
    _start(page)
    page.locator("[name=used][value=yes]").check()
    page.locator("[name=channels][value=other]").check()
    page.locator("[name=channels_other]").fill("Nhờ người quen")
    page.locator("[name=score]").fill("11")
    yield "every kind of question"
    _press(page)
    yield "every kind of question, with faults"
    page.locator("[name=score]").fill("2,5")
    _press(page)
    page.locator("[name=city][value=hn]").check()
    page.locator("[name=place][value=tay_ho]").check()
    page.locator("[name=known][value=U2]").check()
    yield "choices that depend on others"
    _press(page)
    page.locator("[name='overall:U2'][value='1']").check()
    yield "page of a unit"
    _press(page)
    yield "review"
    _press(page)
    yield "receipt"


def _sections(page: Page, fair: Fair) -> Iterator[str]:
    page.goto(fair.link(OWN_STAFF))
    _start(page)
    yield "section about the own unit"
    _press(page)
    yield "section about the own unit, with faults"


def _open_link(page: Page, fair: Fair) -> Iterator[str]:
    page.goto(fair.link(CITIZEN))
    yield "landing of an open link"
    _start(page)
    yield "first page of citizens"
    page.goto(fair.link("open"))
    _start(page)
    page.goto(fair.link("open"))
    yield "open link, started"
    page.locator("[name=csrf_token]").first.evaluate("token => { token.value = 'stale' }")
    _press(page)
    yield "stale form"


def _start(page: Page) -> None:
    page.get_by_role("checkbox").check()
    _press(page)


def _press(page: Page) -> None:
    """The page's main button."""
    with page.expect_navigation():
        page.locator("button.primary:not(.first)").last.click()
