"""The second factor: a six-digit code of an authenticator (TOTP, RFC 6238) that counts once."""

from __future__ import annotations

import hmac
from datetime import datetime

import pyotp
from sqlalchemy.orm import Session

from survey_app.models.accounts import Account
from survey_app.security import derive, seal, unseal

STEP_SECONDS = 30
WINDOW = 1  # steps that a clock may be ahead or behind
ISSUER = "Khảo sát CCHC"


class WrongCode(ValueError):
    """The code is wrong, too old, or was used before."""


def new_secret() -> str:
    """A secret for an authenticator."""
    return pyotp.random_base32()


def address(secret: str, username: str) -> str:
    """What the QR code says: an authenticator reads the secret and the names from it."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def set_up(session: Session, account: Account, totp_key: bytes, secret: str, *, code: str, now: datetime) -> None:
    """Keep the secret, sealed for this account, once its first code has been shown to be right."""
    step = step_of(secret, code, now, last_step=None)
    if step is None:
        raise WrongCode
    account.totp_sealed = seal(_key(totp_key, account.id), secret.encode())
    account.totp_last_step = step
    session.flush()


def use_code(session: Session, account: Account, totp_key: bytes, code: str, now: datetime) -> bool:
    """Whether the code is right; a code that was right is wrong from then on. Hold the account's row meanwhile."""
    secret = unseal(_key(totp_key, account.id), account.totp_sealed or b"")
    if secret is None:
        return False
    step = step_of(secret.decode(), code, now, account.totp_last_step)
    if step is None:
        return False
    account.totp_last_step = step
    session.flush()
    return True


def step_of(secret: str, code: str, now: datetime, last_step: int | None) -> int | None:
    """The step that the code belongs to, after the last one that was used; None if there is none in the window."""
    typed = "".join(code.split()).encode()
    present = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    for step in range(present - WINDOW, present + WINDOW + 1):
        if (last_step is None or step > last_step) and hmac.compare_digest(totp.generate_otp(step).encode(), typed):
            return step
    return None


def _key(totp_key: bytes, account_id: int) -> bytes:
    """Each account's secret is sealed under a key of its own: moved to another row, it does not open."""
    return derive(totp_key, "account", str(account_id).encode())
