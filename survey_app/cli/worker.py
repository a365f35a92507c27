"""Running background jobs."""

from __future__ import annotations

import logging
import os
from dataclasses import replace

import click

from survey_app import logs
from survey_app.cli.setup import instance
from survey_app.config import Config
from survey_app.jobs.nightly import every_night
from survey_app.jobs.worker import Worker

CONNECTIONS = 4  # that a job may hold at once: its own work, progress, the sign of life


@click.command()
@click.option("--threads", default=2, show_default=True, envvar="JOB_THREADS", help="Jobs at the same time.")
@click.option("--parent", type=int, hidden=True, help="Stop when this process is gone.")
def worker(threads: int, parent: int | None) -> None:
    """Run background jobs: draws, letters, mailings, imports, and what is due every night.

    `survey serve` starts one by itself; run this where jobs should have a machine of their own (then
    `survey serve --no-worker`). Told to stop, it lets jobs come to their next step; they go on in the next worker.
    """
    logs.configure()
    logging.getLogger("huey").setLevel(logging.WARNING)  # it tells of every sweep; how a job ended is told by ours
    config = Config.from_environment(os.environ)
    config = replace(config, pool_size=max(config.pool_size, CONNECTIONS * threads))
    Worker(instance(config), nightly=every_night).run(threads=threads, parent=parent)
