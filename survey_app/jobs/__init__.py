"""Long work in the background: views for the queue. They open a session, call services, commit.

A kind of job is a function that ``@job`` registers, in a module of this folder; workers import them all. The ``job``
row is the truth, the queue (huey) only says that somebody should look at it: a sweep brings back what a crash lost.
So every job must be able to run again from its start.
"""

from survey_app.jobs.registry import Kind, job
from survey_app.jobs.running import Cancelled, Run
from survey_app.jobs.starting import start_job

__all__ = ["Cancelled", "Kind", "Run", "job", "start_job"]
