"""Earlier years, and the scores of rounds as they were computed."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.accounts import Account
from survey_app.models.base import Base, Facts
from survey_app.models.jobs import StoredFile
from survey_app.models.rounds import SurveyRound


class EarlierRound(Base):
    """A round of a past year that was not held on this platform."""

    __tablename__ = "earlier_round"
    __table_args__ = (UniqueConstraint("city", "programme", "year"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str]
    programme: Mapped[str]
    year: Mapped[int]
    title: Mapped[str]
    source_note: Mapped[str]
    method_note: Mapped[str]  # how the numbers were made, as far as it is known
    scale_max: Mapped[float | None]  # the best value a number can have, such as 100; None: not known
    ballots_file_id: Mapped[UUID | None] = mapped_column(ForeignKey(StoredFile.id))
    imported_on: Mapped[date]
    imported_by: Mapped[int | None] = mapped_column(ForeignKey(Account.id))


class EarlierResult(Base):
    """A published number of an earlier round, under the unit's code of that time."""

    __tablename__ = "earlier_result"
    __table_args__ = (UniqueConstraint("earlier_round_id", "unit_code", "criterion"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    earlier_round_id: Mapped[int] = mapped_column(ForeignKey(EarlierRound.id))
    unit_code: Mapped[str]
    unit_name: Mapped[str]
    criterion: Mapped[str]  # empty: the index itself
    value: Mapped[float]
    se: Mapped[float | None]
    n: Mapped[int | None]


class ScoreRun(Base):
    """The results of a round with all that is needed to compute them again."""

    __tablename__ = "score_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    survey_round_id: Mapped[int] = mapped_column(ForeignKey(SurveyRound.id), index=True)
    snapshot_sha256: Mapped[str]  # of the ballots
    inputs: Mapped[Facts]  # instruments, methods, code version
    rules_status: Mapped[str]  # the weakest among the rules
    results_sha256: Mapped[str]
    results: Mapped[bytes]  # the canonical CSV, compressed
    made_on: Mapped[date]
    made_by: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
