"""The audit log on screen: who did what, when. It is only ever read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from flask import Blueprint, Response, render_template, request
from flask_babel import lazy_gettext as _l

from survey_app import console
from survey_app.access import Role, open_to
from survey_app.account.audit_words import action_words, detail_words
from survey_app.clock import HANOI
from survey_app.listing import Column, listing_of, listing_xlsx
from survey_app.models.accounts import AuditEntry
from survey_app.queries.accounts import audit_actions, audit_entries

blueprint = Blueprint("audit", __name__, url_prefix="/admin/audit")


READERS = (Role.ADMINISTRATOR, Role.SUPERVISOR)
COLUMNS = (
    Column("at", _l("Lúc"), AuditEntry.at, kind="moment"),
    Column("account_name", _l("Tài khoản"), AuditEntry.account_name, filter=True),
    Column("action", _l("Việc"), AuditEntry.action, show=lambda row: action_words(row["action"])),
    Column("subject", _l("Đối tượng"), AuditEntry.subject, filter=True),
    Column("details", _l("Chi tiết"), AuditEntry.details, sort=False, show=lambda row: detail_words(row["details"])),
)


@blueprint.get("/")
@open_to(*READERS)
def index() -> str | Response:
    """The log, newest first, of the days that are asked for."""
    since, until = _day("since"), _day("until")
    with console.reading() as session:
        actions = [(action, action_words(action)) for action in audit_actions(session)]
        columns = [replace(c, filter=True, choices=actions) if c.key == "action" else c for c in COLUMNS]
        asked = audit_entries(_begin(since), _begin(until, after=1), _rounds_watched())
        listing = listing_of(session, asked, columns, request.args, default_sort="-at")
    if request.args.get("format") == "xlsx":
        return listing_xlsx(listing, "audit.xlsx")
    return render_template("console/account/audit.html", listing=listing, since=since, until=until)


def _rounds_watched() -> set[str] | None:
    """The rounds whose log who acts may read; None: of all, and what belongs to no round."""
    codes = {granted.round_code for granted in console.acting().grants if granted.role in READERS}
    return None if None in codes else {code for code in codes if code is not None}


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _begin(day: date | None, after: int = 0) -> datetime | None:
    """The first moment of a day in Việt Nam, or of the day after it."""
    if day is None or day >= date.max - timedelta(days=1):
        return None
    return datetime.combine(day + timedelta(days=after), time(), HANOI)
