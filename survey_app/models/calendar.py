from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import Base


class CalendarDay(Base):
    """A day on which the yearly decision departs from the law's holidays: swapped rest days, days worked for them."""

    __tablename__ = "calendar_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    is_working: Mapped[bool]
    name: Mapped[str]
    source: Mapped[str]  # which decision says so
