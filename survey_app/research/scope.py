"""Which rounds somebody's part of the work as a researcher covers."""

from __future__ import annotations

from flask import abort

from survey_app.access import Role
from survey_app.console import acting
from survey_app.queries.jobs import FileShown

RESEARCHERS = frozenset({Role.RESEARCHER})


def covered_rounds() -> set[str] | None:
    """The codes of the rounds that who acts is a researcher of; None: of every round."""
    codes = [granted.round_code for granted in acting().grants if granted.role == Role.RESEARCHER]
    return None if None in codes else {code for code in codes if code is not None}


def require_round(round_code: str | None) -> None:
    """Refuse those who are no researcher of this round; without a round, those who are so in single rounds only."""
    if not acting().may(RESEARCHERS, round_code, changes=True):
        abort(403)


def require_file(found: FileShown | None) -> FileShown:
    """A file that who acts may open: of a round of theirs, or their own."""
    if found is None:
        abort(404)
    is_own = found.round_code is None and found.made_by == acting().account_id
    if not is_own:
        require_round(found.round_code)
    return found
