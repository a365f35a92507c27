"""The one place that asks what day it is."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

HANOI = timezone(timedelta(hours=7))  # no summer time


def today() -> date:
    """The calendar day in Việt Nam."""
    return datetime.now(HANOI).date()
