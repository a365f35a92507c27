"""Signing in: five wrong tries in a row shut an account for a quarter of an hour, whoever tries."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.models.accounts import Account
from survey_app.services import second_factor
from survey_app.services.passwords import Attempt

WRONG_IN_A_ROW = 5
SHUT_FOR = timedelta(minutes=15)


def admit(session: Session, attempt: Attempt, now: datetime) -> Account | None:
    """The account, if the password was right and the account may be tried now; a wrong one is counted.

    The password was compared before, outside the transaction, since that takes long. Of many tries at once each is
    counted here in its turn, and those after the fifth are refused, right or wrong.
    """
    account = _held(session, attempt.account_id)
    if account is None or not may_try(account, now) or account.password_hash != attempt.compared_with:
        return None
    if not attempt.right:
        _count_wrong(account, now)
        session.flush()
        return None
    if account.one_time_until is not None and account.one_time_until <= now:
        return None
    if attempt.renewed_hash:
        account.password_hash = attempt.renewed_hash
    session.flush()
    return account


def admit_code(session: Session, account_id: int, totp_key: bytes, code: str, now: datetime) -> Account | None:
    """The account, if the code of its second factor is right; a wrong one counts as a wrong password does."""
    account = _held(session, account_id)
    if account is None or not may_try(account, now):
        return None
    if not second_factor.use_code(session, account, totp_key, code, now):
        _count_wrong(account, now)
        session.flush()
        return None
    return account


def signed_in(session: Session, account: Account) -> None:
    """Only whoever has shown everything that is asked starts the count of wrong tries anew."""
    account.failed_attempts = 0
    account.locked_until = None
    session.flush()


def may_try(account: Account, now: datetime) -> bool:
    """Whether the account is neither disabled nor shut for a while."""
    return account.disabled_on is None and (account.locked_until is None or account.locked_until <= now)


def _held(session: Session, account_id: int | None) -> Account | None:
    """The account as it is now; nobody else counts its tries until the transaction ends."""
    if account_id is None:
        return None
    held = select(Account).where(Account.id == account_id).with_for_update()
    return session.scalar(held, execution_options={"populate_existing": True})


def _count_wrong(account: Account, now: datetime) -> None:
    if account.locked_until is not None:  # that time is over
        account.failed_attempts, account.locked_until = 0, None
    account.failed_attempts += 1
    if account.failed_attempts >= WRONG_IN_A_ROW:
        account.locked_until = now + SHUT_FOR
