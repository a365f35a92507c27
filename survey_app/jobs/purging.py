"""Purging what is due: each round in a transaction of its own, with an entry in the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from survey_app.clock import today
from survey_app.instance import Instance
from survey_app.jobs.running import now
from survey_app.queries.personal_data import Held, held_by_rounds
from survey_app.queries.rounds import round_by_code
from survey_app.retention import retention_of
from survey_app.services import audit
from survey_app.services.purging import Purged, due_day, obstacles, purge_round

BY_ITSELF = "survey purge"  # the name in the audit log where nobody's account acted


@dataclass(frozen=True, slots=True)
class Due:
    """A round whose time is over, and what is in the way of purging it."""

    held: Held
    due_on: date
    obstacles: tuple[str, ...]


def due_rounds(instance: Instance, on: date) -> list[Due]:
    """The rounds whose people are to be forgotten by this day."""
    with instance.database.statements() as session:
        rounds = held_by_rounds(session)
    found = ((held, due_day(held, retention_of(held.city).days)) for held in rounds)
    return [Due(held, due_on, obstacles(held, on)) for held, due_on in found if due_on and due_on <= on]


def purge_due(instance: Instance, on: date) -> Iterator[tuple[Due, Purged | None]]:
    """Purge the rounds that are due, one after the other; None for one that something is in the way of."""
    for due in due_rounds(instance, on):
        yield due, None if due.obstacles else purge(instance, due.held.code, on)


def purge(instance: Instance, round_code: str, on: date) -> Purged:
    """Purge a round and log it."""
    with instance.database.transaction() as session:
        purged = purge_round(session, instance.files, instance.contact_keys, round_by_code(session, round_code), on)
        audit.record(
            session,
            "round.purged",
            round_code,
            at=now(),
            account_id=None,
            account_name=BY_ITSELF,
            details={"contacts": purged.contacts, "files": purged.files},
        )
        session.commit()
    return purged


def purge_at_night(instance: Instance) -> None:
    for _due, _purged in purge_due(instance, today()):
        pass
