"""Rounds: made from a template or an earlier round, changed while they are drafts, led from stage to stage."""

from survey_app.research.rounds import editing, groups, lists, milestones, results, stages, units
from survey_app.research.rounds.room import blueprint

__all__ = ["blueprint", "editing", "groups", "lists", "milestones", "results", "stages", "units"]
