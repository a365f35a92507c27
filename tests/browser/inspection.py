"""What must hold on every page, whoever looks at it: found faults come back in words."""

from collections.abc import Iterator

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SMALLEST_TARGET = 44  # CSS pixels

INLINE = """[...document.querySelectorAll("*")].flatMap((element) => [
  ...(element.matches("script:not([src]):not([type='application/json']), style, [style]:not([style=''])")
    ? [element.outerHTML] : []),
  ...element.getAttributeNames().filter((name) => name.startsWith("on")),
])"""
TARGETS = """[...document.querySelectorAll(
    "button:not(.first), .button, .option, .edit, .summary a, a.language, summary, input[type=text], textarea")]
  .map((element) => [element.getBoundingClientRect(), element.innerText || element.name])
  .filter(([box]) => box.height > 0)
  .map(([box, words]) => [Math.min(box.width, box.height), words])"""
WIDTH = "[document.documentElement.scrollWidth, window.innerWidth]"


def faults(page: Page) -> Iterator[str]:
    """Everything that is wrong with the page that is shown."""
    yield from (f"inline: {found}" for found in page.evaluate(INLINE))
    yield from barriers(page)
    yield from sideways_scrolling(page)
    for size, words in page.evaluate(TARGETS):
        if size < SMALLEST_TARGET:
            yield f"hard to hit ({size:.0f} px): {words}"
    if page.get_by_role("heading", level=1).count() != 1:
        yield "not one first heading"


def barriers(page: Page) -> Iterator[str]:
    """What axe finds, every rule it has."""
    for violation in Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]:
        for node in violation["nodes"]:
            yield f"{violation['id']}: {node['html']}: {node['failureSummary']}"


def sideways_scrolling(page: Page) -> Iterator[str]:
    """Whether the page is wider than the screen, at its size and with letters twice as large."""
    for size in ("100%", "200%"):
        page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
        width, available = page.evaluate(WIDTH)
        if width > available:
            yield f"{width} px wide on {available} with letters at {size}"
    page.evaluate("document.documentElement.style.fontSize = ''")
