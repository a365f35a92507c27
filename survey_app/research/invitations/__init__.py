"""Invitations: who is on the roll, their letters, cards, posters and messages; nothing about answers."""

from survey_app.research.invitations import groups, lists, outcomes, people, printing, wording
from survey_app.research.invitations.room import blueprint

__all__ = ["blueprint", "groups", "lists", "outcomes", "people", "printing", "wording"]
