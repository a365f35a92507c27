"""What is due every night: files that have expired go, and the people of rounds that ended long ago."""

from __future__ import annotations

from survey_app.clock import today
from survey_app.instance import Instance
from survey_app.jobs.purging import purge_at_night
from survey_app.jobs.running import now
from survey_app.services.files import expire_files, sweep_folder
from survey_app.services.roll import destroy_outgoing_files


def every_night(instance: Instance) -> None:
    """Each step in transactions of its own; the log has the place of one that fails, and the next night tries again."""
    for step in (expire, purge_at_night, sweep):
        step(instance)


def expire(instance: Instance) -> None:
    with instance.database.transaction() as session:
        expire_files(session, instance.files, today())
        destroy_outgoing_files(session, today())
        session.commit()


def sweep(instance: Instance) -> None:
    with instance.database.statements() as session:
        sweep_folder(session, instance.files, now())
