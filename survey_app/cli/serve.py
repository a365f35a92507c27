"""Starting the server, and bringing the schema up to date."""

from __future__ import annotations

import logging
import os
import time

import click
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from granian import Granian
from granian.constants import Interfaces

from survey_app.cli.setup import instance
from survey_app.db import alembic_config, upgrade

SOON = 5.0  # seconds: a server that ended sooner never worked


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, envvar="PORT")
@click.option("--workers", default=2, show_default=True, envvar="WORKERS", help="Processes; about one per core.")
@click.option("--threads", default=4, show_default=True, envvar="THREADS", help="Threads in each process.")
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Serve the platform.

    Settings come from the environment: DATABASE_URL, SECRET_KEY and KEY_DIR are required unless SURVEY_ENV is
    development. A worker that dies is started again.

    Example: DATABASE_URL=postgresql://… SECRET_KEY=… KEY_DIR=/srv/survey/keys survey serve --workers 4
    """
    found = instance()
    with found.database.engine.connect() as connection:
        script = ScriptDirectory.from_config(alembic_config(connection))
        if MigrationContext.configure(connection).get_current_revision() != script.get_current_head():
            raise click.ClickException("The database is not at the newest schema; run: survey migrate")
    found.database.engine.dispose()
    os.environ.update(found.config.environment())
    run_server(host, port, workers, threads)


def run_server(host: str, port: int, workers: int, threads: int) -> None:
    """Run the production server in this process until it is stopped.

    Granian gives up when a worker dies twice within seconds. People are answering, so it is started again, unless it
    could never work: then it ends at once, and this with it.
    """
    while True:
        server = _server(host, port, workers, threads)
        began = time.monotonic()
        try:
            server.serve()
            return
        except SystemExit:
            if server.interrupt_signal or time.monotonic() - began < SOON:
                raise
        logging.getLogger("survey.serve").error("workers died again and again; the server is started anew")


def _server(host: str, port: int, workers: int, threads: int) -> Granian:
    return Granian(
        "survey_app.wsgi:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        respawn_failed_workers=True,
        respawn_interval=0.2,
        log_access=False,  # a path can hold a code; survey_app.logs writes what may be written
        websockets=False,
    )


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    found = instance()
    upgrade(found.database.engine)
    click.echo("Cơ sở dữ liệu đã cập nhật / the database is up to date.")
