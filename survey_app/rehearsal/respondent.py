"""One respondent from the link to the receipt, with the habits that people have."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from survey_app.rehearsal.answering import fill
from survey_app.rehearsal.browser import Browser, Stuck
from survey_app.rehearsal.casting import Part
from survey_app.rehearsal.opinions import Person
from survey_app.rehearsal.reading import Control, Form, Page

NEXT, BACK = ("go", "next"), ("go", "back")
MOST_TRIES = 8  # times that one page is sent before the respondent gives up
MOST_PAGES = 500


@dataclass(frozen=True, slots=True)
class Habits:
    """What this respondent will do besides answering."""

    leaves_after: int | None = None  # pages answered before the form is left, to be resumed by the same link
    forgets: bool = False  # leaves one required item of the first page out
    sends_page_twice: bool = False
    sends_twice_at_once: bool = False
    sends_again_later: bool = False

    @property
    def plain(self) -> bool:
        return self == Habits()


@dataclass(slots=True)
class Outcome:
    """How it ended, and what the respondent knows to have answered."""

    part: Part
    habits: Habits
    answers: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by field name, as last sent
    pressed_send: bool = False
    receipts: set[str] = field(default_factory=set)
    corrected: int = 0  # times that a page came back with something to mend
    resumed: bool = False
    lost_answers: list[str] = field(default_factory=list)  # places where what was saved was not shown again
    stuck: str = ""


def draw_habits(rng: np.random.Generator, *, abandon: float, retry: float, forget: float) -> Habits:
    """The habits of one respondent: each share is that of respondents who have the habit."""
    leaves, retries, forgets = rng.random(3)
    retrying = bool(retries < retry)
    at_once = bool(rng.random() < 0.5)
    return Habits(
        leaves_after=int(rng.integers(0, 4)) if leaves < abandon else None,
        forgets=bool(forgets < forget),
        sends_page_twice=retrying,
        sends_twice_at_once=retrying and at_once,
        sends_again_later=retrying and not at_once,
    )


class Respondent:
    """Plays one part."""

    def __init__(self, part: Part, habits: Habits, person: Person, new_browser: Callable[[], Browser]) -> None:
        self.outcome = Outcome(part, habits)
        self._person = person
        self._new_browser = new_browser
        self._saved: dict[str, dict[str, tuple[str, ...]]] = {}  # page address -> what was sent from it
        self._forgets = habits.forgets
        self._tries: dict[str, int] = {}

    async def play(self) -> Outcome:
        """Answer until the receipt is there."""
        try:
            await self._visits()
        except Stuck as stuck:
            self.outcome.stuck = str(stuck)
        return self.outcome

    async def _visits(self) -> None:
        leaves_after = self.outcome.habits.leaves_after
        async with self._new_browser() as browser:
            page = await browser.open(self.outcome.part.path)
            page = await self._answer(browser, page, stop_after=leaves_after)
            if page.receipt or leaves_after is None:
                return
            if self.outcome.part.ballot_key is None:  # an open link goes on only in the browser where it began
                await self._resume(browser)
                return
        async with self._new_browser() as browser:
            await self._resume(browser)

    async def _resume(self, browser: Browser) -> None:
        """Come back by the same link; look at what was saved on the page before, then go on."""
        self.outcome.resumed = True
        page = await browser.open(self.outcome.part.path)
        if page.form_to("/start"):
            page = await self._start(browser, page)
        if self._saved and page.place == "page":
            form = _answers_form(page)
            page = await browser.send(form, _as_shown(form), BACK)
            if page.place == "page":
                self._compare(page)
        await self._answer(browser, page, stop_after=None)

    def _compare(self, page: Page) -> None:
        """Note what was saved and is not shown."""
        if page.url not in self._saved:
            self.outcome.lost_answers.append("page before")
            return
        shown = {control.name: control.value for control in _answers_form(page).controls}
        for name, value in self._saved[page.url].items():
            if set(shown.get(name, ())) != {text for text in value if text}:
                self.outcome.lost_answers.append(name)

    async def _answer(self, browser: Browser, page: Page, *, stop_after: int | None) -> Page:
        """Go on from a page until the receipt, or until enough pages are answered."""
        answered = 0
        for _page in range(MOST_PAGES):
            if page.receipt:
                self.outcome.receipts.add(page.receipt)
                return page
            if page.place in {"landing", "start"}:
                page = await self._start(browser, page)
            elif page.place == "page":
                if stop_after is not None and answered >= stop_after:
                    return page
                page = await self._save(browser, page)
                answered += 1
            elif send := page.form_to("/send"):
                page = await self._send(browser, send)
            else:
                raise Stuck(f"no way on from {page.place}, status {page.status}")
        raise Stuck("the form does not end")

    async def _start(self, browser: Browser, page: Page) -> Page:
        form = page.form_to("/start")
        if form is None:
            raise Stuck(f"no way to begin on {page.place}")
        ticked = [(control.name, value) for control in form.controls for value in control.options]
        return await browser.send(form, ticked)

    async def _save(self, browser: Browser, page: Page) -> Page:
        form = _answers_form(page)
        tries = self._tries[page.url] = self._tries.get(page.url, 0) + 1
        if tries > MOST_TRIES:
            raise Stuck(f"page refused {MOST_TRIES} times")
        filled = fill(form.controls, self._person, tries=tries)
        if self._forgets:
            self._forgets = not _leave_one_out(form.controls, filled)
        fields = [(name, value) for name, values in filled.items() for value in values]
        after = await browser.send(form, fields, NEXT)
        if self.outcome.habits.sends_page_twice and tries == 1:
            after = await browser.send(form, fields, NEXT)
        self._saved[page.url] = filled
        self.outcome.answers.update(filled)
        if after.status == 422:
            self.outcome.corrected += 1
            self._compare(after)
        return after

    async def _send(self, browser: Browser, form: Form) -> Page:
        habits = self.outcome.habits
        self.outcome.pressed_send = True
        times = 2 if habits.sends_twice_at_once else 1
        pages = await asyncio.gather(*(browser.send(form, ()) for _time in range(times)))
        if habits.sends_again_later:
            pages.append(await browser.send(form, ()))
        self.outcome.receipts.update(page.receipt for page in pages)
        return pages[-1]


def _answers_form(page: Page) -> Form:
    """The form of a page of questions: the one that can be sent to go on."""
    for form in page.forms:
        if NEXT in form.buttons:
            return form
    raise Stuck(f"no form on {page.place}, status {page.status}")


def _as_shown(form: Form) -> list[tuple[str, str]]:
    return [(control.name, value) for control in form.controls for value in control.value]


def _leave_one_out(controls: tuple[Control, ...], filled: dict[str, tuple[str, ...]]) -> bool:
    """Forget the first required choice of a page that has one."""
    for control in controls:
        if control.kind == "radio" and not control.optional and not control.hidden and filled.get(control.name):
            filled[control.name] = ()
            return True
    return False
