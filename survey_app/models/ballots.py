"""The ballot box: what was answered. It shares no key, no time finer than a day and no order with the roll.

There are no foreign keys: to check one, PostgreSQL locks the row it points to, and that leaves the mark of every
ballot in the roll. The statements of ``services.ballots`` check the same things by reading.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import Base


class Ballot(Base):
    """Phiếu trả lời: one row per person, written once.

    Until the round closes it has a key and its answers are sealed; when the box is opened another row takes its place,
    with the answers in clear, no key and a new identity.
    """

    __tablename__ = "ballot"
    __table_args__ = (
        CheckConstraint("length(ballot_key) = 32", name="ballot_key_length"),
        CheckConstraint("(ballot_key IS NULL) = (sealed IS NULL)", name="key_and_seal_go_together"),
        CheckConstraint("(sealed IS NULL) <> (answers IS NULL)", name="sealed_or_in_clear"),
        Index(None, "design_cell_id", "day"),  # the fieldwork board counts without reading a ballot
        {"sqlite_with_rowid": False},  # no rowid: arrival order is kept nowhere
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    design_cell_id: Mapped[int]
    instrument_version_id: Mapped[int]
    ballot_key: Mapped[bytes | None] = mapped_column(unique=True)
    day: Mapped[date]  # once the box is open, the first of neighbouring days that k ballots of the cell share
    sealed: Mapped[bytes | None]
    answers: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class Draft(Base):
    """Answers not sent yet, readable only with the link they were made from."""

    __tablename__ = "draft"
    __table_args__ = ({"sqlite_with_rowid": False},)

    draft_key: Mapped[bytes] = mapped_column(primary_key=True)
    survey_round_id: Mapped[int] = mapped_column(index=True)
    ciphertext: Mapped[bytes]
    revision: Mapped[int] = mapped_column(default=1)  # two tabs that save at once: the second reads again and merges
