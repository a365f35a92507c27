"""Accounts: who may work here, as what, and what an administrator does when a password or a telephone is lost."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey_app.clock import HANOI
from survey_app.models.accounts import Account, RoleGrant
from survey_app.models.rounds import RoundUnit, SurveyRound
from survey_app.models.units import Unit
from survey_app.roles import COLLECTING, Role
from survey_app.services.console_sessions import end_all_sessions
from survey_app.services.passwords import Passwords, one_time_password, require_sound

USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,39}")
BY_EMAIL = "email:"  # before an address: the account waits for the first sign-in of its owner
LONGEST_NAME = 120
ONE_TIME_FOR = timedelta(days=7)  # a password that was written down and never used opens nothing after that


class AccountRefused(ValueError):
    """What cannot be done with an account: ``code`` says why."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def username_of(typed: str) -> str:
    """A user name as it is kept: in small letters, without blanks around it."""
    return typed.strip().lower()


def create_account(
    session: Session,
    passwords: Passwords,
    *,
    username: str,
    display_name: str,
    email: str | None,
    now: datetime,
    password: str | None = None,
) -> tuple[Account, str]:
    """An account without any role, and its password: one for the first sign-in, unless one is given."""
    username = username_of(username)
    if not USERNAME.fullmatch(username):
        raise AccountRefused("username_form")
    chosen = password or one_time_password()
    account = Account(
        username=username,
        display_name=_display_name(display_name),
        email=_email(email),
        password_hash=passwords.hash(chosen),
        must_change_password=password is None,
        one_time_until=None if password else now + ONE_TIME_FOR,
        created_on=now.astimezone(HANOI).date(),
    )
    _insert(session, account, "username_taken", username=username)
    return account, chosen


def describe(session: Session, account: Account, *, display_name: str, email: str | None) -> None:
    """Change the name and the address that an account is shown with."""
    account.display_name = _display_name(display_name)
    account.email = _email(email)
    session.flush()


# --- passwords and second factor -------------------------------------------------------------------------------------


def reset_password(session: Session, passwords: Passwords, account: Account, now: datetime) -> str:
    """A password for the next sign-in, shown once; whoever is signed in with the old one is signed out."""
    chosen = one_time_password()
    account.password_hash = passwords.hash(chosen)
    account.must_change_password = True
    account.one_time_until = now + ONE_TIME_FOR
    account.failed_attempts = 0
    account.locked_until = None
    end_all_sessions(session, account.id)
    session.flush()
    return chosen


def change_password(session: Session, passwords: Passwords, account: Account, new: str) -> None:
    """The owner's own choice. All browsers are signed out; the caller signs the one in use in again."""
    require_sound(new, account.username)
    if passwords.compare(account.id, account.password_hash, new).right:
        raise AccountRefused("same_password")
    account.password_hash = passwords.hash(new)
    account.must_change_password = False
    account.one_time_until = None
    end_all_sessions(session, account.id)
    session.flush()


def reset_second_factor(session: Session, account: Account) -> None:
    """Forget a lost authenticator; where a second factor is required, the next sign-in sets up another."""
    account.totp_sealed = None
    account.totp_last_step = None
    end_all_sessions(session, account.id)
    session.flush()


# --- coming and going ------------------------------------------------------------------------------------------------


def disable(session: Session, account: Account, today: date) -> None:
    """Shut an account, now; what it did stays in the audit log."""
    if account.disabled_on is None:
        _keep_an_administrator(session, account)
        account.disabled_on = today
    end_all_sessions(session, account.id)
    session.flush()


def enable(session: Session, account: Account) -> None:
    """Open a disabled account again, with the parts of the work that it had."""
    account.disabled_on = None
    account.failed_attempts = 0
    account.locked_until = None
    session.flush()


def subject_at(issuer: str, subject: str) -> str:
    """Who somebody is at the city's sign-in: two issuers may call two people the same."""
    return f"{issuer.rstrip('/')} {subject}"


def bind_subject(session: Session, account: Account, subject: str | None, *, alone: bool = False) -> None:
    """Say who the account is at the city's sign-in: issuer and subject, or ``email:`` and an address that waits.

    ``alone``: from now on that is the only way in; the password is forgotten, and with it the duty to change it.
    """
    if subject is not None and subject.startswith(BY_EMAIL):
        subject = BY_EMAIL + (_email(subject.removeprefix(BY_EMAIL)) or "").lower()
    try:
        with session.begin_nested():
            account.oidc_subject = subject or None
            session.flush()
    except IntegrityError as error:
        raise AccountRefused("subject_taken") from error
    if alone:
        account.password_hash = None
        account.must_change_password = False
        account.one_time_until = None
    if subject is None or alone:
        end_all_sessions(session, account.id)
    session.flush()


def account_of_subject(session: Session, subject: str, verified_email: str | None) -> Account | None:
    """Whose account this subject of the city's sign-in is.

    An account that waits for an address takes the subject of the first who comes with it, verified; from then on the
    address says nothing any more.
    """
    bound = session.scalar(select(Account).where(Account.oidc_subject == subject))
    if bound is not None or not verified_email:
        return bound
    waiting = session.scalar(select(Account).where(Account.oidc_subject == BY_EMAIL + verified_email.lower()))
    if waiting is not None:
        waiting.oidc_subject = subject
        session.flush()
    return waiting


# --- parts of the work -----------------------------------------------------------------------------------------------


def grant(
    session: Session,
    account: Account,
    role: Role,
    survey_round: SurveyRound | None = None,
    unit: Unit | None = None,
) -> RoleGrant:
    """Give a part of the work: in one round or all, for one unit or all."""
    _require_fitting(account, role)
    if role == Role.ADMINISTRATOR and (survey_round or unit):
        raise AccountRefused("administrator_everywhere")
    if role == Role.UNIT_ACCOUNT and unit is None:
        raise AccountRefused("unit_missing")
    if survey_round and unit and not session.get(RoundUnit, (survey_round.id, unit.id)):
        raise AccountRefused("unit_not_in_round", unit=unit.name, round=survey_round.code)
    given = RoleGrant(
        role=role, survey_round_id=survey_round.id if survey_round else None, unit_id=unit.id if unit else None
    )
    if any(_same(given, held) for held in account.grants):
        raise AccountRefused("grant_exists")
    account.grants.append(given)
    session.flush()
    return given


def revoke(session: Session, account: Account, grant_id: int) -> RoleGrant:
    """Take a part of the work away; pages of it are shut from the next request on."""
    for held in account.grants:
        if held.id == grant_id:
            if held.role == Role.ADMINISTRATOR:
                _keep_an_administrator(session, account)
            account.grants.remove(held)
            session.flush()
            return held
    raise AccountRefused("no_such_grant")


def _require_fitting(account: Account, role: Role) -> None:
    """Nobody both collects and supervises."""
    held = {Role(each.role) for each in account.grants}
    if (role == Role.SUPERVISOR and held & COLLECTING) or (role in COLLECTING and Role.SUPERVISOR in held):
        raise AccountRefused("supervises_and_collects")


def _keep_an_administrator(session: Session, account: Account) -> None:
    """Refuse to lose the last one who could put it right. Two who do it to each other take turns here."""
    active = (
        select(RoleGrant.account_id)
        .join(Account, Account.id == RoleGrant.account_id)
        .where(RoleGrant.role == Role.ADMINISTRATOR, Account.disabled_on.is_(None))
        .order_by(RoleGrant.id)
        .with_for_update()
    )
    if set(session.scalars(active)) == {account.id}:
        raise AccountRefused("last_administrator")


def _same(given: RoleGrant, held: RoleGrant) -> bool:
    return (given.role, given.survey_round_id, given.unit_id) == (held.role, held.survey_round_id, held.unit_id)


def _insert(session: Session, row: Account, code: str, **params: str) -> None:
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError as error:
        raise AccountRefused(code, **params) from error


def _display_name(typed: str) -> str:
    name = " ".join(typed.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise AccountRefused("display_name_form")
    return name


def _email(typed: str | None) -> str | None:
    if not typed or not typed.strip():
        return None
    try:
        return validate_email(typed.strip(), check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise AccountRefused("email_form") from error
