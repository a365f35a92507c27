"""Questionnaires and scoring methods while they are being written and agreed."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.accounts import Account
from survey_app.models.base import Base
from survey_app.models.rounds import one_of


class MethodStage(StrEnum):
    DRAFT = "draft"
    PROPOSED = "proposed"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


class FormDraft(Base):
    """A questionnaire that is not published. Two editors at once: the second save sees another revision."""

    __tablename__ = "form_draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    form_id: Mapped[str]
    name: Mapped[str]
    source: Mapped[str]  # YAML
    previous_source: Mapped[str | None]  # as it was before the last save, so that one save can be undone
    revision: Mapped[int] = mapped_column(default=1)
    updated_on: Mapped[date]
    updated_by: Mapped[int | None] = mapped_column(ForeignKey(Account.id))


class MethodVersion(Base):
    """A scoring method from first draft to approval. What was proposed or approved never changes."""

    __tablename__ = "method_version"
    __table_args__ = (
        UniqueConstraint("method_id", "version"),
        one_of("stage", MethodStage),
        CheckConstraint(
            "stage <> 'approved' OR (decision IS NOT NULL AND decided_on IS NOT NULL)", name="approved_by_decision"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    method_id: Mapped[str]
    version: Mapped[str]
    source: Mapped[str]  # YAML
    stage: Mapped[str] = mapped_column(default=MethodStage.DRAFT)
    revision: Mapped[int] = mapped_column(default=1)
    note: Mapped[str] = mapped_column(default="")
    decision: Mapped[str | None]  # number of the approving document
    decided_on: Mapped[date | None]
    updated_on: Mapped[date]
    updated_by: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
