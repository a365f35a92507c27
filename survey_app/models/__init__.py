"""The tables, one module per aggregate. Invariants are constraints; nothing here acts."""

from survey_app.models import (
    accounts,
    ballots,
    calendar,
    designs,
    drafts,
    history,
    jobs,
    people,
    roll,
    rounds,
    units,
)

__all__ = [
    "accounts",
    "ballots",
    "calendar",
    "designs",
    "drafts",
    "history",
    "jobs",
    "people",
    "roll",
    "rounds",
    "units",
]
