"""The pages of a questionnaire for one respondent: derived from the answers, never stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from instruments.compiled import compiled
from instruments.layout import Item, Page, is_shown, part_of, part_pages
from instruments.live import live_rules
from instruments.model import Choice, Instrument, RatedUnit
from instruments.route import Answers, Route

__all__ = ["Item", "Page", "item_choices", "live_rules", "pages", "shown_items"]


def pages(instrument: Instrument, units: Sequence[RatedUnit], answers: Answers, today: date) -> tuple[Page, ...]:
    """The pages on the route of these answers, in order."""
    ready = compiled(instrument)
    route = Route(ready, units, answers, today)
    return tuple(page for part in ready.parts for page in part_pages(ready, part, route))


def shown_items(
    instrument: Instrument, page: Page, units: Sequence[RatedUnit], answers: Answers, today: date
) -> tuple[Item, ...]:
    """The items of a page that are shown for these answers, those given on the page included."""
    ready = compiled(instrument)
    if not part_of(ready, page).conditional:
        return page.items
    route = Route(ready, units, answers, today)
    return tuple(item for item in page.items if is_shown(ready, route, item))


def item_choices(
    instrument: Instrument, item: Item, units: Sequence[RatedUnit], answers: Answers, today: date
) -> tuple[Choice, ...]:
    """The choices to show for an item.

    A filter that reads answers of the same page leaves all of them in: without script the page cannot follow, and
    reading the answer checks the filter.
    """
    ready = compiled(instrument)
    asked = ready.asked[item.question.name]
    if asked.rated_units:
        names = tuple(instrument.title)
        return tuple(Choice(unit.code, dict.fromkeys(names, unit.name)) for unit in units)
    if asked.choice_filter is None or ready.parts[asked.section].names.intersection(asked.choice_filter.refs):
        return asked.choices
    offered = Route(ready, units, answers, today).offered(asked, item.unit.code if item.unit else None)
    return tuple(choice for choice in asked.choices if choice.name in offered)
