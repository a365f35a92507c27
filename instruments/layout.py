"""Items and pages: how the sections of a form are laid out for one respondent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote

from instruments.compiled import Asked, Compiled, Part
from instruments.model import Group, Layout, Question, RatedUnit, Repeat, Text
from instruments.route import Route

_LAID_OUT = 200


@dataclass(frozen=True, slots=True)
class Item:
    """A question on a page, about one unit if it stands in a repeat."""

    question: Question
    unit: RatedUnit | None
    field: str  # name of the HTML field: "name", or "name:unit_code"

    @property
    def other_field(self) -> str:
        """Name of the field for the words under "other"."""
        name = f"{self.question.name}_other"
        return f"{name}:{self.unit.code}" if self.unit else name


@dataclass(frozen=True, slots=True)
class Page:
    """What is shown at once. Its items are those that are shown or may become so by answers on the page itself."""

    key: str  # safe in a URL, the same at every visit
    label: Text
    hint: Text
    items: tuple[Item, ...]
    section: Group | Repeat
    unit: RatedUnit | None  # in a repeat with a page per unit

    @property
    def is_matrix(self) -> bool:
        """One question with the units as rows."""
        return isinstance(self.section, Repeat) and self.section.layout is Layout.MATRIX


def part_pages(ready: Compiled, part: Part, route: Route) -> Iterator[Page]:
    """The pages of one section that are on the route."""
    if not route.part_relevant(part):
        return
    for page in laid_out(ready, part, tuple(route.rated(part))):
        narrowed = narrow(ready, part, page, route)
        if narrowed.items:
            yield narrowed


def narrow(ready: Compiled, part: Part, page: Page, route: Route) -> Page:
    """The page without the items that no answer on it can bring up."""
    if not part.conditional:
        return page
    possible: set[str] = set()
    items: list[Item] = []
    for item in page.items:
        asked = ready.asked[item.question.name]
        by_page = not page.is_matrix and bool(asked.relevant and asked.depends & possible)
        if by_page or route.relevant(asked, item.unit.code if item.unit else None):
            possible.add(item.question.name)
            items.append(item)
    return page if len(items) == len(page.items) else replace(page, items=tuple(items))


def laid_out(ready: Compiled, part: Part, units: tuple[RatedUnit, ...]) -> tuple[Page, ...]:
    """All pages of a section for these units, whatever the answers; remembered."""
    repeated = isinstance(part.section, Repeat)
    key = (part.index, units if repeated else ())
    found: tuple[Page, ...] | None = ready.pages.get(key)
    if found is None:
        if len(ready.pages) >= _LAID_OUT:
            ready.pages.clear()
        found = ready.pages[key] = tuple(_lay_out(part, units))
    return found


def _lay_out(part: Part, units: tuple[RatedUnit, ...]) -> Iterator[Page]:
    section = part.section
    if isinstance(section, Group):
        yield _page(section.name, part, [_item(asked, None) for asked in part.asked], None)
    elif section.layout is Layout.MATRIX:
        for asked in part.asked if units else ():
            key = f"{section.name}.{asked.question.name}"
            yield _page(key, part, [_item(asked, unit) for unit in units], None)
    else:
        for unit in units:
            key = f"{section.name}.{_url_safe(unit.code)}"
            yield _page(key, part, [_item(asked, unit) for asked in part.asked], unit)


def _page(key: str, part: Part, items: list[Item], unit: RatedUnit | None) -> Page:
    return Page(key, part.section.label, part.section.hint, tuple(items), part.section, unit)


def _item(asked: Asked, unit: RatedUnit | None) -> Item:
    name = asked.question.name
    return Item(asked.question, unit, f"{name}:{unit.code}" if unit else name)


def _url_safe(code: str) -> str:
    return quote(code, safe="").replace("~", "%7E").replace("%", "~")


def is_shown(ready: Compiled, route: Route, item: Item) -> bool:
    """Whether the route shows an item."""
    return route.relevant(ready.asked[item.question.name], item.unit.code if item.unit else None)


def part_of(ready: Compiled, page: Page) -> Part:
    """The section that a page belongs to."""
    return ready.parts[ready.asked[page.items[0].question.name].section]
