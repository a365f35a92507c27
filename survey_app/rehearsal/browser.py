"""One device of a respondent: its cookies, its cache, its connections, and a note of every request it made."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import urljoin

import aiohttp

from survey_app.rehearsal.reading import Form, Page, place, read_page

HEADERS = {
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "Accept-Encoding": "gzip",
    "Accept-Language": "vi,en;q=0.5",
    "User-Agent": "Mozilla/5.0 (rehearsal)",
}
LOST = (aiohttp.ClientError, TimeoutError, ConnectionError)
TIMEOUT = aiohttp.ClientTimeout(total=30)
PAUSE = 0.25  # seconds before somebody reloads a page that did not come

Fields = Sequence[tuple[str, str]]


class Stuck(Exception):
    """A respondent could not go on: the page that came is none that a respondent should get."""


@dataclass(frozen=True, slots=True)
class Request:
    kind: str
    status: int
    seconds: float
    received: int  # bytes on the wire, head and body


@dataclass(slots=True)
class Notes:
    """What all devices noted."""

    requests: list[Request] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)  # requests without an answer or with a server error, by kind
    first_visits: list[tuple[Request, ...]] = field(default_factory=list)


class Browser:
    """Opens links and sends forms as a browser without JavaScript does."""

    def __init__(self, base_url: str, notes: Notes, *, patience: float, static: bool) -> None:
        self._base_url = base_url
        self._notes = notes
        self._patience = patience
        self._static = static
        self._cache: set[str] = set()
        self.made: list[Request] = []
        jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=base_url)
        self._session = aiohttp.ClientSession(
            cookie_jar=jar, headers=HEADERS, auto_decompress=False, timeout=TIMEOUT, raise_for_status=False
        )

    async def __aenter__(self) -> Browser:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def open(self, path: str) -> Page:
        """Open a link for the first time on this device."""
        page = await self._follow("GET", urljoin(self._base_url, path), ())
        self._notes.first_visits.append(tuple(self.made))
        return page

    async def send(self, form: Form, fields: Fields, button: tuple[str, str] = ("", "")) -> Page:
        """Send a form by one of its buttons."""
        pressed = [button] if button[0] else []
        return await self._follow("POST", form.action, [*form.fixed, *fields, *pressed])

    async def _follow(self, method: str, url: str, fields: Fields) -> Page:
        for _hop in range(10):
            status, target, text = await self._ask(method, url, fields)
            if not target:
                page = read_page(url, status, text)
                await self._fetch(page.assets)
                return page
            method, url, fields = "GET", urljoin(url, target), ()
        raise Stuck(f"redirected in a circle: {place(url)}")

    async def _fetch(self, addresses: Sequence[str]) -> None:
        new = [address for address in addresses if self._static and address not in self._cache]
        self._cache.update(new)
        await asyncio.gather(*(self._ask("GET", address, ()) for address in new))

    async def _ask(self, method: str, url: str, fields: Fields) -> tuple[int, str, str]:
        """Status, redirection target and text; asked again while the server is not there, as people do."""
        kind = _kind(method, url)
        deadline = time.monotonic() + self._patience
        while True:
            try:
                answer = await self._once(kind, method, url, fields)
                if answer[0] < 500:
                    return answer
                problem = f"{kind}: status {answer[0]}"
            except LOST as error:
                problem = f"{kind}: {type(error).__name__}"
            self._notes.lost[problem] += 1
            if time.monotonic() > deadline:
                raise Stuck(problem)
            await asyncio.sleep(PAUSE)

    async def _once(self, kind: str, method: str, url: str, fields: Fields) -> tuple[int, str, str]:
        started = time.perf_counter()
        data = aiohttp.FormData(list(fields)) if method == "POST" else None
        async with self._session.request(method, url, data=data, allow_redirects=False) as response:
            body = await response.read()
        head = sum(len(name) + len(value) + 4 for name, value in response.raw_headers) + 19
        request = Request(kind, response.status, time.perf_counter() - started, head + len(body))
        self.made.append(request)
        self._notes.requests.append(request)
        if response.status in {301, 302, 303, 307, 308}:
            return response.status, response.headers["Location"], ""
        if response.status not in {200, 422} and response.status < 500:
            raise Stuck(f"{kind}: status {response.status}")
        if response.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return response.status, "", "" if kind == "static" else body.decode()


def _kind(method: str, url: str) -> str:
    kind = place(url)
    return {"page": "save page"}.get(kind, kind) if method == "POST" else kind
