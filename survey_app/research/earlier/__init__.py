"""Past years: their numbers and ballots are imported, shown, removed, and drawn as trends."""

from survey_app.research.earlier import ballots, pages, results, trends
from survey_app.research.earlier.room import blueprint

__all__ = ["ballots", "blueprint", "pages", "results", "trends"]
