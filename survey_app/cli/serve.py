"""Starting the server, and bringing the schema up to date."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import click
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from granian import Granian
from granian.constants import Interfaces

from survey_app.cli.setup import instance
from survey_app.db import alembic_config, upgrade

GOODBYE = 15.0  # seconds that jobs get to stop at their next step
SOON = 5.0  # seconds: a server that ended sooner never worked


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, envvar="PORT")
@click.option("--workers", default=2, show_default=True, envvar="WORKERS", help="Processes; about one per core.")
@click.option("--threads", default=4, show_default=True, envvar="THREADS", help="Threads in each process.")
@click.option("--worker/--no-worker", default=True, help="With a process that runs background jobs (survey worker).")
def serve(host: str, port: int, workers: int, threads: int, worker: bool) -> None:
    """Serve the platform.

    Settings come from the environment: DATABASE_URL, SECRET_KEY and KEY_DIR are required unless SURVEY_ENV is
    development. A process that dies is started again.

    Example: DATABASE_URL=postgresql://… SECRET_KEY=… KEY_DIR=/srv/survey/keys survey serve --workers 4
    """
    found = instance()
    with found.database.engine.connect() as connection:
        script = ScriptDirectory.from_config(alembic_config(connection))
        if MigrationContext.configure(connection).get_current_revision() != script.get_current_head():
            raise click.ClickException("The database is not at the newest schema; run: survey migrate")
    found.database.engine.dispose()
    os.environ.update(found.config.environment())
    with background_worker() if worker else nullcontext():
        run_server(host, port, workers, threads)


@contextmanager
def background_worker() -> Iterator[None]:
    """`survey worker` as a process of its own while the block runs; it is started again if it dies."""
    leaving = threading.Event()
    keeper = threading.Thread(target=_keep_working, args=(leaving,), name="keeper of the worker", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        leaving.set()
        keeper.join()


def _keep_working(leaving: threading.Event) -> None:
    command = [str(Path(sys.executable).with_name("survey")), "worker", "--parent", str(os.getpid())]
    while not leaving.is_set():
        began = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 (our own command)
        while process.poll() is None and not leaving.wait(0.5):
            pass
        if not leaving.is_set():
            logging.getLogger("survey.serve").error("the worker of background jobs died; it is started again")
            leaving.wait(max(1.0, SOON - (time.monotonic() - began)))
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(GOODBYE)
    process.kill()


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
