"""Alembic's entry: the caller hands over a connection (see survey_app.db.upgrade)."""

from alembic import context

from survey_app import models  # noqa: F401  (fills the metadata)
from survey_app.models.base import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
