"""What a rehearsal measured, as values."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from survey_app.rehearsal.browser import Notes, Request
from survey_app.rehearsal.checking import Check
from survey_app.rehearsal.respondent import Outcome

STATIC = "static"


@dataclass(frozen=True, slots=True)
class Times:
    """How long requests of one kind took, in milliseconds, as the respondent waits for them."""

    kind: str
    n: int
    p50: float
    p95: float
    p99: float
    longest: float
    kilobytes: float  # median size of an answer on the wire


@dataclass(frozen=True, slots=True)
class FirstVisit:
    """From the link to the first page on an empty cache: medians over respondents."""

    requests: int
    kilobytes: float
    static_requests: int
    static_kilobytes: float


@dataclass(frozen=True, slots=True)
class Processor:
    """Processor time per completed ballot in milliseconds, all processes counted; None where it cannot be seen."""

    server_ms: float | None
    database_ms: float | None
    client_ms: float
    database_is_apart: bool  # SQLite works inside the server's processes

    @property
    def total_ms(self) -> float | None:
        """Server and database together."""
        if self.server_ms is None or (self.database_is_apart and self.database_ms is None):
            return None
        return self.server_ms + (self.database_ms or 0.0)


@dataclass(frozen=True, slots=True)
class Report:
    round_code: str  # of the rehearsal
    source_code: str
    engine: str
    respondents: int
    concurrency: int
    seed: int
    seconds: float
    completed: int
    resumed: int  # left the form and came back by the same link
    retried: int  # sent twice at once, or again after the receipt
    corrected: int  # pages that came back with something to mend
    stuck: tuple[str, ...]  # why respondents gave up
    lost: tuple[tuple[str, int], ...]  # requests that got no answer or a server error, and were made again
    lost_answers: tuple[str, ...]  # saved, and not shown again
    requests: int  # all that were answered, static files too
    requests_per_ballot: float  # without static files
    static_per_ballot: float
    plain_requests: tuple[tuple[str, int], ...]  # of one respondent without detours, by group
    times: tuple[Times, ...]
    all_times: Times  # of every request but static files
    first_visit: FirstVisit
    processor: Processor
    check: Check

    @property
    def completes_per_second(self) -> float:
        return self.completed / self.seconds

    @property
    def requests_per_second(self) -> float:
        return self.requests / self.seconds

    @property
    def passed(self) -> bool:
        """Whether everybody got through, nothing saved was lost, and what was acknowledged is what is stored."""
        return self.check.passed and not self.stuck and not self.lost_answers

    def as_json(self) -> dict[str, Any]:
        """Every figure, for a file."""
        derived = ("completes_per_second", "requests_per_second", "passed")
        return asdict(self) | {name: getattr(self, name) for name in derived}


def times(kind: str, requests: Sequence[Request]) -> Times:
    """The distribution of some requests."""
    ordered = sorted(1000 * request.seconds for request in requests)
    size = median(request.received for request in requests) / 1000 if requests else 0.0
    return Times(kind, len(ordered), *(percentile(ordered, p) for p in (50, 95, 99, 100)), size)


def percentile(ordered: Sequence[float], p: float) -> float:
    """The smallest value that at least p percent do not exceed (nearest rank); 0 if there are none."""
    return ordered[max(0, math.ceil(p / 100 * len(ordered)) - 1)] if ordered else 0.0


def times_by_kind(notes: Notes) -> tuple[Times, ...]:
    """The times of each kind of request, the most frequent first."""
    counts = Counter(request.kind for request in notes.requests)
    return tuple(
        times(kind, [request for request in notes.requests if request.kind == kind])
        for kind, _n in counts.most_common()
    )


def first_visit(notes: Notes) -> FirstVisit:
    """Medians of what opening the link took, files included."""
    static = [[request for request in visit if request.kind == STATIC] for visit in notes.first_visits]
    return FirstVisit(
        requests=_middle([len(visit) for visit in notes.first_visits]),
        kilobytes=_middle([_received(visit) for visit in notes.first_visits]) / 1000,
        static_requests=_middle([len(files) for files in static]),
        static_kilobytes=_middle([_received(files) for files in static]) / 1000,
    )


def plain_requests(made: Sequence[tuple[Outcome, int]]) -> tuple[tuple[str, int], ...]:
    """The usual number of requests, static files left out, of a respondent without detours, by group."""
    by_group: dict[str, list[int]] = {}
    for outcome, n in made:
        if outcome.habits.plain and any(outcome.receipts):
            by_group.setdefault(outcome.part.group, []).append(n)
    return tuple((group, _middle(found)) for group, found in sorted(by_group.items()))


def _received(requests: Sequence[Request]) -> int:
    return sum(request.received for request in requests)


def _middle(values: Sequence[int]) -> int:
    return sorted(values)[len(values) // 2] if values else 0
