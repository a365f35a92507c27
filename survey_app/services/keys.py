"""The key of a round that is being made: it stays if the round stays."""

from __future__ import annotations

from sqlalchemy.orm import Session

from survey_app.security import KeyRing
from survey_app.services.afterwards import when_decided


def made_key(session: Session, keys: KeyRing, round_code: str) -> bytes:
    """A new key for a round of this transaction; it is destroyed if the transaction ends without a commit.

    It is on the disk before the commit, so that no round is ever without its key.
    """
    key = keys.make(round_code)
    when_decided(session, undone=lambda: keys.destroy(round_code))
    return key
