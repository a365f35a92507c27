"""Who there is: the people that a route is open to and that an account can be given a part of the work as."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    ANYONE = "anyone"
    RESPONDENT = "respondent"  # holds the cookie of a personal or open link
    STAFF = "staff"  # anybody who is signed in, whatever he or she does here
    ADMINISTRATOR = "administrator"  # accounts, audit log, settings; no results, no contacts
    RESEARCHER = "researcher"  # the Institute: rounds from design to score
    SUPERVISOR = "supervisor"  # MTTQ, Hội Cựu chiến binh, Bưu điện: sees coverage and quality, changes nothing
    INTERVIEWER = "interviewer"
    ENTRY_CLERK = "entry_clerk"
    FIELD_SUPERVISOR = "field_supervisor"
    UNIT_ACCOUNT = "unit_account"  # an assessed unit
    APPRAISER = "appraiser"  # Tổ công tác, Hội đồng thẩm định


GRANTED = tuple(role for role in Role if role not in (Role.ANYONE, Role.RESPONDENT, Role.STAFF))
"""The roles that an account can be given."""

COLLECTING = frozenset({Role.RESEARCHER, Role.INTERVIEWER, Role.ENTRY_CLERK, Role.FIELD_SUPERVISOR})
"""Whoever has one of these cannot supervise: nobody watches over his own collecting."""

SECOND_FACTOR_REQUIRED = frozenset({Role.ADMINISTRATOR, Role.RESEARCHER})
"""In production these sign in with a second factor."""
