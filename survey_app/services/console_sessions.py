"""Signed-in browsers: who they act for, as what, and for how long."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from survey_app.models.accounts import Account, ConsoleSession, RoleGrant
from survey_app.models.rounds import SurveyRound
from survey_app.models.units import Unit
from survey_app.roles import SECOND_FACTOR_REQUIRED, Role

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)  # how exactly the last sign of life is kept: one write a minute, not one a page


@dataclass(frozen=True, slots=True)
class Granted:
    """A part of the work; without a round it holds in all rounds, without a unit for all units."""

    role: Role
    round_code: str | None = None
    unit_code: str | None = None

    def covers(self, round_code: str | None, unit_code: str | None, *, changes: bool) -> bool:
        """Whether it reaches a page of this round and unit; what belongs to no round is changed by no round's staff."""
        return _reaches(self.round_code, round_code, changes) and _reaches(self.unit_code, unit_code, changes)


def _reaches(granted: str | None, asked: str | None, changes: bool) -> bool:
    return granted is None or granted == asked or (asked is None and not changes)


@dataclass(frozen=True, slots=True)
class Acting:
    """The account that acts in a request, with its parts of the work."""

    account_id: int
    username: str
    display_name: str
    grants: tuple[Granted, ...]
    must_change_password: bool
    has_second_factor: bool  # one is set up
    gave_second_factor: bool  # in this session

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(granted.role for granted in self.grants)

    def may(
        self, roles: frozenset[Role], round_code: str | None, unit_code: str | None = None, *, changes: bool = False
    ) -> bool:
        """Whether one of these roles was given for this round and unit."""
        if Role.STAFF in roles:
            return True
        return any(g.role in roles and g.covers(round_code, unit_code, changes=changes) for g in self.grants)

    def required_step(self, *, production: bool) -> str | None:
        """What must be done before any other page opens: "password", "second_factor" or nothing."""
        if self.must_change_password:
            return "password"
        if self.gave_second_factor or not production or not self.roles & SECOND_FACTOR_REQUIRED:
            return None
        return "second_factor"


def open_session(session: Session, account_id: int, now: datetime, *, second_factor: bool) -> str:
    """Sign a browser in; the token that its cookie will hold. Sessions that have expired are swept out."""
    session.execute(
        delete(ConsoleSession).where((ConsoleSession.seen_at < now - IDLE) | (ConsoleSession.opened_at < now - LONGEST))
    )
    token = secrets.token_urlsafe(32)
    session.add(
        ConsoleSession(
            token_hash=_hash(token), account_id=account_id, opened_at=now, seen_at=now, second_factor=second_factor
        )
    )
    session.flush()
    return token


def acting(session: Session, token: str, now: datetime) -> Acting | None:
    """Who acts by this token, or None if it is unknown, expired, or its account is disabled."""
    rows = session.execute(
        select(ConsoleSession, Account, RoleGrant.role, SurveyRound.code, Unit.code)
        .join(Account, Account.id == ConsoleSession.account_id)
        .outerjoin(RoleGrant, RoleGrant.account_id == Account.id)
        .outerjoin(SurveyRound, SurveyRound.id == RoleGrant.survey_round_id)
        .outerjoin(Unit, Unit.id == RoleGrant.unit_id)
        .where(
            ConsoleSession.token_hash == _hash(token),
            ConsoleSession.seen_at >= now - IDLE,
            ConsoleSession.opened_at >= now - LONGEST,
            Account.disabled_on.is_(None),
        )
        .order_by(RoleGrant.id)
    ).all()
    if not rows:
        return None
    browser, account = rows[0][:2]
    if browser.seen_at < now - SEEN_EVERY:
        session.execute(
            update(ConsoleSession).where(ConsoleSession.token_hash == browser.token_hash).values(seen_at=now)
        )
    return Acting(
        account_id=account.id,
        username=account.username,
        display_name=account.display_name,
        grants=tuple(Granted(Role(role), code, unit) for _b, _a, role, code, unit in rows if role),
        must_change_password=account.must_change_password,
        has_second_factor=account.totp_sealed is not None,
        gave_second_factor=browser.second_factor,
    )


def end_session(session: Session, token: str) -> None:
    """Sign a browser out."""
    session.execute(delete(ConsoleSession).where(ConsoleSession.token_hash == _hash(token)))


def end_all_sessions(session: Session, account_id: int) -> None:
    """Sign an account out everywhere."""
    session.execute(delete(ConsoleSession).where(ConsoleSession.account_id == account_id))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
