"""The roll: who may answer. Nothing here changes when somebody answers."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import Base
from survey_app.models.rounds import RespondentGroup, SurveyRound


class DesignCell(Base):
    """Stratum x first-stage unit with the units rated there: the finest thing that a ballot tells of its maker."""

    __tablename__ = "design_cell"
    __table_args__ = (UniqueConstraint("respondent_group_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    respondent_group_id: Mapped[int] = mapped_column(ForeignKey(RespondentGroup.id))
    code: Mapped[str]
    rated_units: Mapped[list[str]]  # unit codes in the order they are shown
    public_code: Mapped[str | None] = mapped_column(unique=True)  # open links only; it is on posters, not a secret
    n_invited: Mapped[int] = mapped_column(default=0)
    stratum: Mapped[str | None]  # of a drawn sample: what its people stand for
    psu: Mapped[str | None]  # first-stage unit
    design_weight: Mapped[float | None]  # people each of them stands for
    population: Mapped[int | None]  # people of the stratum in the frame


class Invitee(Base):
    """Somebody who was invited. The code itself is derived from the round's key and never stored."""

    __tablename__ = "invitee"
    __table_args__ = (
        UniqueConstraint("survey_round_id", "ref"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    survey_round_id: Mapped[int] = mapped_column(ForeignKey(SurveyRound.id))
    design_cell_id: Mapped[int] = mapped_column(ForeignKey(DesignCell.id), index=True)
    ref: Mapped[str]  # the researcher's own number for the person
    wave: Mapped[int] = mapped_column(default=0)  # 0: drawn first; 1, 2, …: replacements, in the order of their use
    revoked_on: Mapped[date | None]  # the link opens nothing any more
    code_hash: Mapped[bytes] = mapped_column(unique=True)


class OutgoingFile(Base):
    """A file with links that left the system: it names people beside their codes, so it must not live long."""

    __tablename__ = "outgoing_file"
    __table_args__ = (CheckConstraint("made_on <= expires_on", name="expires_after_it_was_made"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    survey_round_id: Mapped[int] = mapped_column(ForeignKey(SurveyRound.id))
    path: Mapped[str] = mapped_column(unique=True)
    made_on: Mapped[date]
    expires_on: Mapped[date]
    destroyed_on: Mapped[date | None]
