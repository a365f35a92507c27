"""What is due every night: files that have expired go."""

from __future__ import annotations

from survey_app.clock import today
from survey_app.instance import Instance
from survey_app.jobs.running import now
from survey_app.services.files import expire_files, sweep_folder
from survey_app.services.roll import destroy_outgoing_files


def every_night(instance: Instance) -> None:
    """Each step in a transaction of its own, so that one that fails does not keep the others from being done."""
    for step in (expire, sweep):
        step(instance)


def expire(instance: Instance) -> None:
    with instance.database.transaction() as session:
        expire_files(session, instance.files, today())
        destroy_outgoing_files(session, today())
        session.commit()


def sweep(instance: Instance) -> None:
    with instance.database.statements() as session:
        sweep_folder(session, instance.files, now())
