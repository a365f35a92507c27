from __future__ import annotations

from sqlalchemy import JSON, MetaData
from sqlalchemy.orm import DeclarativeBase

Texts = dict[str, str]
"""Words by language: ``{"vi": "…", "en": "…"}``."""


class Base(DeclarativeBase):
    """Every constraint has a predictable name, so that migrations can speak of it on both engines."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {Texts: JSON, list[str]: JSON}  # noqa: RUF012 (SQLAlchemy reads it as a class attribute)
