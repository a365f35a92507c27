"""Running background jobs."""

from __future__ import annotations

import click

from survey_app import logs
from survey_app.cli.setup import instance
from survey_app.jobs.nightly import every_night
from survey_app.jobs.worker import Worker


@click.command()
@click.option("--threads", default=2, show_default=True, envvar="JOB_THREADS", help="Jobs at the same time.")
@click.option("--parent", type=int, hidden=True, help="Stop when this process is gone.")
def worker(threads: int, parent: int | None) -> None:
    """Run background jobs: draws, letters, mailings, imports, and what is due every night.

    `survey serve` starts one by itself; run this where jobs should have a machine of their own (then
    `survey serve --no-worker`). Told to stop, it lets jobs come to their next step; they go on in the next worker.
    """
    logs.configure()
    Worker(instance(), nightly=every_night).run(threads=threads, parent=parent)
