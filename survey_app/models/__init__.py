"""The tables, one module per aggregate. Invariants are constraints; nothing here acts."""

from survey_app.models import ballots, roll, rounds, units

__all__ = ["ballots", "roll", "rounds", "units"]
