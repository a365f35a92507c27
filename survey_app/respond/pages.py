"""What the templates get: a page with its rows, the review, and the addresses between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import g, render_template, request, url_for

from instruments import answering, routing
from instruments.answering import PageAnswers
from instruments.live import live_rules
from instruments.routing import Page
from survey_app.clock import today
from survey_app.i18n import language
from survey_app.respond import prepared, rows
from survey_app.respond.review import Review, ReviewPage, written_lines
from survey_app.respond.visits import Visit

SEEN = "-seen"  # no question can have this name


def route(visit: Visit, answers: Mapping[str, Any]) -> tuple[Page, ...]:
    """The pages that these answers lead to."""
    return routing.pages(visit.instrument, visit.units, answers, today())


def find(visit: Visit, key: str) -> Page | None:
    """The page with this key, if consent was given and the answers so far lead there."""
    if not visit.started:
        return None
    return next((page for page in route(visit, visit.answers) if page.key == key), None)


def posted() -> dict[str, list[str]]:
    """The fields that the browser sent; one that its script showed and that was left blank counts as sent."""
    form = request.form.to_dict(flat=False)
    return {field: [""] for field in form.get(SEEN, ())} | form


def address(visit: Visit, page: Page) -> str:
    return url_for("respond.page", handle=visit.handle, key=page.key)


def here(visit: Visit, page: Page) -> str:
    """This page again, opened from where it was opened."""
    return url_for("respond.page", handle=visit.handle, key=page.key, **_from_review())


def review_address(visit: Visit) -> str:
    return url_for("respond.review", handle=visit.handle)


def way_on(visit: Visit) -> str:
    """Where somebody goes on: the first page that is not complete, else the last; before consent, the start."""
    if not visit.started:
        return url_for("respond.landing", handle=visit.handle)
    answers = visit.answers
    way = route(visit, answers)
    faulty = answering.finish(visit.instrument, answers, visit.units, today()).faults_by_page
    return address(visit, next((page for page in way if page.key in faulty), way[-1]))


def after(visit: Visit, page: Page, answers: Mapping[str, Any]) -> str:
    """The address after this page: the next one, or the review."""
    if _from_review():
        return review_address(visit)
    following = _neighbours(visit, page, answers)[1]
    return address(visit, following) if following else review_address(visit)


def before(visit: Visit, page: Page, answers: Mapping[str, Any]) -> str:
    """The address before this page: the one before, or the start."""
    previous = _neighbours(visit, page, answers)[0]
    return address(visit, previous) if previous else url_for("respond.landing", handle=visit.handle)


def _from_review() -> dict[str, str]:
    """What is kept of this address's query on the next: that the page was opened from the review."""
    return {"from": "review"} if request.args.get("from") == "review" else {}


def _neighbours(visit: Visit, page: Page, answers: Mapping[str, Any]) -> tuple[Page | None, Page | None]:
    way = route(visit, answers)
    keys = [other.key for other in way]
    here = keys.index(page.key) if page.key in keys else -1
    return (way[here - 1] if here > 0 else None), (way[here + 1] if here + 1 < len(way) else None)


def landing(visit: Visit) -> str:
    """The first page: the same for everybody of a group, but for the way on."""
    plan = visit.plan
    return prepared.filled(
        ("landing", plan.survey_round_id, plan.instrument_version_id, plan.mode, language(), visit.started),
        lambda handle, token: rendered_landing(replace(visit, handle=handle), token),
        handle=visit.handle,
        token=g.form_token,
        ticked={},
    )


def rendered_landing(visit: Visit, token: str, *, consent_missing: bool = False) -> str:
    """The first page as its template makes it."""
    return render_template(
        "respond/landing.html",
        visit=visit,
        csrf_token=lambda: token,
        minutes=visit.instrument.settings.get("minutes"),
        consent_missing=consent_missing,
    )


def render(visit: Visit, page: Page, answers: Mapping[str, Any], read: PageAnswers | None = None) -> str:
    """A page with what was saved, or with what was just typed and what is wrong with it."""
    read = without_surprises(read) if read else None
    way = route(visit, answers)
    number, count = [other.key for other in way].index(page.key) + 1, len(way)

    def rendered(handle: str, token: str, answers: Mapping[str, Any]) -> str:
        shown = rows.page_rows(visit, page, answers, read)
        return render_template(
            "respond/page.html",
            visit=replace(visit, handle=handle),
            csrf_token=lambda: token,
            page=page,
            title=rows.page_title(page),
            hints=rows.page_hints(page),
            rows=shown,
            faults=[row for row in shown if row.fault],
            revealed=read.revealed if read else (),
            address=url_for("respond.save_page", handle=handle, key=page.key, **_from_review()),
            number=number,
            count=count,
            rules=live_rules(visit.instrument, page, visit.units, answers, today()),
            today=today().isoformat(),
        )

    if read is not None or not rows.only_choices(page):
        return rendered(visit.handle, g.form_token, answers)
    plan = visit.plan
    key = (plan.survey_round_id, plan.instrument_version_id, page.key, _units(page), language())
    return prepared.filled(
        (*key, number, count, bool(_from_review())),
        lambda handle, token: rendered(handle, token, answering.merge(answers, page, {})),  # nothing ticked here
        handle=visit.handle,
        token=g.form_token,
        ticked=rows.saved(page, answers),
    )


def without_surprises(read: PageAnswers) -> PageAnswers:
    """Nobody is told to have left out a question that only these answers brought up."""
    fresh = {item.field for item in read.revealed}
    return replace(
        read, faults=tuple(fault for fault in read.faults if fault.code != "required" or fault.field not in fresh)
    )


def _units(page: Page) -> tuple[str, ...]:
    """The units that the page speaks of."""
    return tuple(dict.fromkeys(item.unit.code for item in page.items if item.unit))


def review(visit: Visit) -> Review:
    """Everything that was answered, page by page, with what is missing."""
    answers = visit.answers
    finished = answering.finish(visit.instrument, answers, visit.units, today())
    found = tuple(
        ReviewPage(
            title=rows.page_title(page),
            address=address(visit, page) + "?from=review",
            lines=written_lines(visit, page, answers),
            faults=len(finished.faults_by_page.get(page.key, ())),
        )
        for page in route(visit, answers)
    )
    return Review(found)
