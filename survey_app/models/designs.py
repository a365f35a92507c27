"""Whom to ask: sample plans, frames and draws, each as it was when somebody decided on it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.accounts import Account
from survey_app.models.base import Base, Facts
from survey_app.models.jobs import StoredFile
from survey_app.models.rounds import RespondentGroup, SurveyRound


class SamplePlan(Base):
    """Phương án mẫu: what was asked of the design, what came out, and why it is so. Saving again adds a row."""

    __tablename__ = "sample_plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    survey_round_id: Mapped[int] = mapped_column(ForeignKey(SurveyRound.id), index=True)
    respondent_group_id: Mapped[int] = mapped_column(ForeignKey(RespondentGroup.id))
    name: Mapped[str]
    spec: Mapped[Facts]  # what was asked: populations, precision, rates, costs
    outcome: Mapped[Facts]  # what came out: n per stratum, margins, cost
    justification: Mapped[str]
    saved_on: Mapped[date]
    saved_by: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    adopted_on: Mapped[date | None]


class ColumnMapping(Base):
    """Which column of a spreadsheet means what, remembered for the next file with the same header."""

    __tablename__ = "column_mapping"
    __table_args__ = (UniqueConstraint("kind", "header_sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]  # frame, units, payments, earlier results, …
    header_sha256: Mapped[str]
    mapping: Mapped[Facts]  # our field -> their heading
    used_on: Mapped[date]


class Frame(Base):
    """Khung mẫu: a list of people or files as it was uploaded. The rows lie sealed in the stored file."""

    __tablename__ = "frame"

    id: Mapped[int] = mapped_column(primary_key=True)
    survey_round_id: Mapped[int] = mapped_column(ForeignKey(SurveyRound.id), index=True)
    respondent_group_id: Mapped[int] = mapped_column(ForeignKey(RespondentGroup.id))
    stored_file_id: Mapped[UUID] = mapped_column(ForeignKey(StoredFile.id))
    name: Mapped[str]
    n_rows: Mapped[int]
    sha256: Mapped[str]  # of the rows in a canonical form: what the certificate of a draw names
    mapping: Mapped[Facts]
    report: Mapped[Facts]  # duplicates, stale contacts, rows per stratum: counts, never names
    uploaded_on: Mapped[date]
    uploaded_by: Mapped[int | None] = mapped_column(ForeignKey(Account.id))


class Draw(Base):
    """A sample drawn from a frame: with the frame's hash, the seed and the method anybody can draw it again."""

    __tablename__ = "draw"
    __table_args__ = (CheckConstraint("seed >= 0", name="seed_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    frame_id: Mapped[int] = mapped_column(ForeignKey(Frame.id), index=True)
    sample_plan_id: Mapped[int | None] = mapped_column(ForeignKey(SamplePlan.id))
    method: Mapped[str]
    seed: Mapped[int] = mapped_column(BigInteger)
    spec: Mapped[Facts]
    sample_sha256: Mapped[str]
    counts: Mapped[Facts]  # drawn and in reserve, by stratum
    stored_file_id: Mapped[UUID] = mapped_column(ForeignKey(StoredFile.id))  # who was drawn, sealed
    drawn_on: Mapped[date]
    drawn_by: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    invited_on: Mapped[date | None]  # when its people were put on the roll
