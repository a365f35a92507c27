"""The ballot box: what was answered. It shares no key, no time finer than a day and no order with the roll."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import Base
from survey_app.models.roll import DesignCell
from survey_app.models.rounds import InstrumentVersion, SurveyRound


class Ballot(Base):
    """Phiếu trả lời: one row per person, written once."""

    __tablename__ = "ballot"
    __table_args__ = (
        CheckConstraint("length(ballot_key) = 32", name="ballot_key_length"),
        {"sqlite_with_rowid": False},  # no rowid: arrival order is kept nowhere
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    design_cell_id: Mapped[int] = mapped_column(ForeignKey(DesignCell.id), index=True)
    instrument_version_id: Mapped[int] = mapped_column(ForeignKey(InstrumentVersion.id))
    ballot_key: Mapped[bytes | None] = mapped_column(unique=True)  # erased when the round closes
    day: Mapped[date]
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)


class Draft(Base):
    """Answers not sent yet, readable only with the link they were made from."""

    __tablename__ = "draft"
    __table_args__ = ({"sqlite_with_rowid": False},)

    draft_key: Mapped[bytes] = mapped_column(primary_key=True)
    survey_round_id: Mapped[int] = mapped_column(ForeignKey(SurveyRound.id), index=True)
    ciphertext: Mapped[bytes]
    revision: Mapped[int] = mapped_column(default=1)  # two tabs that save at once: the second reads again and merges
