"""Units: the lists of each city, and what became of earlier units."""

from survey_app.research.units import changes, lists
from survey_app.research.units.room import blueprint

__all__ = ["blueprint", "changes", "lists"]
