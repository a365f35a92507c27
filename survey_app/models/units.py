from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import Base


class Unit(Base):
    """An administrative unit that is assessed: a sở, a phường, a xã."""

    __tablename__ = "unit"
    __table_args__ = (
        UniqueConstraint("city", "code"),
        CheckConstraint("population >= 0", name="population_counted"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str]
    code: Mapped[str]  # text: leading zeros are part of a commune's code
    name: Mapped[str]
    unit_type: Mapped[str]
    block: Mapped[str]  # units are ranked inside their block
    source_note: Mapped[str]
    population: Mapped[int | None]  # people whom the unit serves; adults where only they are asked
    population_source: Mapped[str] = mapped_column(default="")


class UnitChange(Base):
    """What became of an earlier unit: the share of it, by population, that a unit of today took over."""

    __tablename__ = "unit_change"
    __table_args__ = (
        UniqueConstraint("city", "old_code", "new_unit_id", "effective_on"),
        CheckConstraint("share > 0 AND share <= 1", name="share_of_one"),
        CheckConstraint("old_population >= 0", name="old_population_counted"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str]
    old_code: Mapped[str]
    old_name: Mapped[str]
    old_population: Mapped[int | None]
    new_unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    share: Mapped[float]
    effective_on: Mapped[date]
    source_note: Mapped[str]
