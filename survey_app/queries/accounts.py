"""Reading accounts and the audit log."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from survey_app.models.accounts import Account, AuditEntry, ConsoleSession, RoleGrant
from survey_app.models.base import Texts
from survey_app.models.rounds import SurveyRound
from survey_app.models.units import Unit


class UnknownAccount(LookupError):
    """No account has this name or number."""


class UnknownUnit(LookupError):
    """No unit has this code."""


def account_by_id(session: Session, account_id: int) -> Account:
    """The account with this number."""
    found = session.get(Account, account_id)
    if found is None:
        raise UnknownAccount(str(account_id))
    return found


def account_by_name(session: Session, username: str) -> Account:
    """The account with this user name."""
    found = session.scalar(select(Account).where(Account.username == username))
    if found is None:
        raise UnknownAccount(username)
    return found


def kept_password(session: Session, username: str) -> tuple[int | None, str | None]:
    """The number and the password hash of an account; of an unknown one, neither."""
    if not username.isprintable():
        return None, None
    found = session.execute(select(Account.id, Account.password_hash).where(Account.username == username)).first()
    return (found[0], found[1]) if found else (None, None)


def unit_by_code(session: Session, city: str, code: str) -> Unit:
    """The unit of a city with this code."""
    found = session.scalar(select(Unit).where(Unit.city == city, Unit.code == code))
    if found is None:
        raise UnknownUnit(f"{city} {code}")
    return found


def unit_by_id(session: Session, unit_id: int) -> Unit:
    """The unit with this number."""
    found = session.get(Unit, unit_id)
    if found is None:
        raise UnknownUnit(str(unit_id))
    return found


@dataclass(frozen=True, slots=True)
class GrantShown:
    """A part of the work that an account has."""

    id: int
    role: str
    round_code: str | None
    round_title: Mapping[str, str] | None
    unit_name: str | None


@dataclass(frozen=True, slots=True)
class AccountShown:
    """An account as an administrator sees it; ``n_sessions`` browsers are signed in."""

    id: int
    username: str
    display_name: str
    email: str | None
    has_password: bool
    must_change_password: bool
    has_second_factor: bool
    oidc_subject: str | None
    locked_until: datetime | None
    created_on: date
    disabled_on: date | None
    n_sessions: int
    grants: tuple[GrantShown, ...]


def account_shown(session: Session, account_id: int) -> AccountShown:
    """Everything about one account but its secrets."""
    account = account_by_id(session, account_id)
    grants = _grants(session, account_id).get(account_id, [])
    return _shown(account, grants, _sessions(session).get(account_id, 0))


def accounts_shown(session: Session) -> list[AccountShown]:
    """Every account, by user name."""
    grants = _grants(session)
    n_sessions = _sessions(session)
    accounts = session.scalars(select(Account).order_by(Account.username))
    return [_shown(each, grants.get(each.id, []), n_sessions.get(each.id, 0)) for each in accounts]


def _grants(session: Session, account_id: int | None = None) -> dict[int, list[GrantShown]]:
    """What each account was given; of one account, or of all."""
    chosen = (
        select(RoleGrant.account_id, RoleGrant.id, RoleGrant.role, SurveyRound.code, SurveyRound.title, Unit.name)
        .outerjoin(SurveyRound, SurveyRound.id == RoleGrant.survey_round_id)
        .outerjoin(Unit, Unit.id == RoleGrant.unit_id)
        .order_by(RoleGrant.id)
    )
    if account_id is not None:
        chosen = chosen.where(RoleGrant.account_id == account_id)
    found: dict[int, list[GrantShown]] = {}
    for owner, grant_id, role, code, title, unit in session.execute(chosen):
        found.setdefault(owner, []).append(GrantShown(grant_id, role, code, title, unit))
    return found


def _sessions(session: Session) -> dict[int, int]:
    counted = session.execute(select(ConsoleSession.account_id, func.count()).group_by(ConsoleSession.account_id))
    return dict(counted.all())


def _shown(account: Account, grants: list[GrantShown], n_sessions: int) -> AccountShown:
    kept = ("id", "username", "display_name", "email", "must_change_password", "oidc_subject", "locked_until")
    fields: dict[str, Any] = {name: getattr(account, name) for name in (*kept, "created_on", "disabled_on")}
    return AccountShown(
        **fields,
        has_password=account.password_hash is not None,
        has_second_factor=account.totp_sealed is not None,
        n_sessions=n_sessions,
        grants=tuple(grants),
    )


# --- what can be granted ---------------------------------------------------------------------------------------------


def round_choices(session: Session) -> list[tuple[str, Texts]]:
    """Code and title of every round, the newest first."""
    found = session.execute(select(SurveyRound.code, SurveyRound.title).order_by(SurveyRound.id.desc()))
    return [(code, title) for code, title in found]


def unit_choices(session: Session) -> list[tuple[int, str, str, str]]:
    """Number, city, code and name of every unit."""
    found = session.execute(select(Unit.id, Unit.city, Unit.code, Unit.name).order_by(Unit.city, Unit.block, Unit.code))
    return [(unit_id, city, code, name) for unit_id, city, code, name in found]


# --- the audit log ---------------------------------------------------------------------------------------------------


def audit_entries(
    since: datetime | None, before: datetime | None, round_codes: Collection[str] | None = None
) -> Select[AuditEntry]:
    """The entries from one moment to before another; which columns in what order is the caller's.

    ``round_codes``: only what was done to these rounds, whose codes stand at the beginning of the subject.
    """
    chosen = select(AuditEntry)
    if round_codes is not None:
        within = [AuditEntry.subject.startswith(f"{code}/", autoescape=True) for code in round_codes]
        chosen = chosen.where(or_(AuditEntry.subject.in_(round_codes), *within))
    if since:
        chosen = chosen.where(AuditEntry.at >= since)
    return chosen.where(AuditEntry.at < before) if before else chosen


def audit_actions(session: Session) -> list[str]:
    """The actions that occur in the log."""
    return list(session.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action)))
