"""Rehearsals: made-up respondents who answer a copy of a round over HTTP, and what that shows."""

from survey_app.rehearsal.playing import Script, run
from survey_app.rehearsal.report import Report

__all__ = ["Report", "Script", "run"]
