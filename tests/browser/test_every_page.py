"""No page keeps anybody out: axe, keyboard-sized targets, narrow screens, large letters, nothing inline."""

import pytest
from browser.every_page import every_page
from browser.fair import Fair
from browser.inspection import faults, sideways_scrolling

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 800}
NARROWEST = {"width": 320, "height": 640}


@pytest.mark.parametrize(("viewport", "language"), [(PHONE, "vi"), (DESKTOP, "en")], ids=["phone-vi", "desktop-en"])
def test_nothing_is_found_on_any_page(open_page, fair: Fair, viewport: dict[str, int], language: str):
    page = open_page(viewport=viewport, is_mobile=viewport is PHONE, has_touch=viewport is PHONE)
    page.context.add_cookies([{"name": "lang", "value": language, "url": fair.address}])
    found = {name: list(faults(page)) for name in every_page(page, fair)}
    assert len(found) > 25
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_no_page_scrolls_sideways_on_the_narrowest_phone(open_page, fair: Fair):
    page = open_page(viewport=NARROWEST, is_mobile=True, has_touch=True)
    found = {name: list(sideways_scrolling(page)) for name in every_page(page, fair)}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_the_inspection_sees_faults(open_page, fair: Fair):
    page = open_page()
    page.goto(fair.address)
    page.evaluate("""() => {
      document.querySelector("main").innerHTML += "<h1>Again</h1><input type='text'><button onsomething=''>x</button>";
      document.querySelector("h1").style.width = "500px";
      document.querySelector("main button").style.cssText = "min-height: 20px; padding: 0";
    }""")
    found = "\n".join(faults(page))
    for fault in ("label:", "px wide", "inline: onsomething", "hard to hit", "not one first heading"):
        assert fault in found
