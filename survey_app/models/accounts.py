"""Who signs in, as what, and what they did."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.models.base import Base, Facts
from survey_app.models.rounds import SurveyRound
from survey_app.models.units import Unit
from survey_app.roles import GRANTED


class Account(Base):
    """Somebody who works here. Without a password he or she signs in through the city's own sign-in only."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("username = lower(username)", name="username_in_small_letters"),
        CheckConstraint("failed_attempts >= 0", name="failed_attempts_counted"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    email: Mapped[str | None]
    password_hash: Mapped[str | None]  # argon2id
    must_change_password: Mapped[bool] = mapped_column(default=False)
    one_time_until: Mapped[datetime | None]  # how long the password holds, if it is one for the first sign-in
    totp_sealed: Mapped[bytes | None]  # the second factor's secret, sealed under the site's secret key
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)  # a code counts once
    oidc_subject: Mapped[str | None] = mapped_column(unique=True)  # issuer and subject
    failed_attempts: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_on: Mapped[date]
    disabled_on: Mapped[date | None]

    grants: Mapped[list[RoleGrant]] = relationship(order_by="RoleGrant.id", cascade="all, delete-orphan")


class RoleGrant(Base):
    """A part of the work that an account was given: everywhere, in one round, or for one unit."""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint(f"role IN ({', '.join(repr(str(role)) for role in GRANTED)})", name="role_known"),
        CheckConstraint("role <> 'unit_account' OR unit_id IS NOT NULL", name="unit_accounts_have_a_unit"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), index=True)
    role: Mapped[str]
    survey_round_id: Mapped[int | None] = mapped_column(ForeignKey(SurveyRound.id))  # None: all rounds
    unit_id: Mapped[int | None] = mapped_column(ForeignKey(Unit.id))  # None: all units


class ConsoleSession(Base):
    """A signed-in browser. The cookie holds the token, the table its hash; deleting the row signs out."""

    __tablename__ = "console_session"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), index=True)
    opened_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    second_factor: Mapped[bool]  # whether one was given


class AuditEntry(Base):
    """Who did what, when. Rows are only ever added: triggers refuse to change or delete one.

    Acts of staff only. Nothing of respondents: no code, no answer, no name of an invitee.
    """

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    account_id: Mapped[int | None]  # no foreign key: the log outlives accounts
    account_name: Mapped[str]  # the user name at that time; ? where a typed one is no account's: it may be a password
    action: Mapped[str] = mapped_column(index=True)  # a code, e.g. round.opened
    subject: Mapped[str]  # what it was done to, e.g. hanoi-2026-so/hdnd_tp
    details: Mapped[Facts]
