from __future__ import annotations

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import Base


class Unit(Base):
    """An administrative unit that is assessed: a sở, a phường, a xã."""

    __tablename__ = "unit"
    __table_args__ = (UniqueConstraint("city", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str]
    code: Mapped[str]  # text: leading zeros are part of a commune's code
    name: Mapped[str]
    unit_type: Mapped[str]
    block: Mapped[str]  # units are ranked inside their block
    source_note: Mapped[str]
