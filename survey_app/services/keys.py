"""The key of a round that is being made: it stays if the round stays."""

from __future__ import annotations

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from survey_app.security import KeyRing


def made_key(session: Session, keys: KeyRing, round_code: str) -> bytes:
    """A new key for a round of this transaction; it is destroyed if the transaction ends without a commit.

    It is on the disk before the commit, so that no round is ever without its key.
    """
    key = keys.make(round_code)
    undecided = True

    def keep(_session: Session) -> None:
        nonlocal undecided
        undecided = False

    def destroy_unless_kept(_session: Session, transaction: SessionTransaction) -> None:
        nonlocal undecided
        if undecided and transaction.parent is None:  # a savepoint decides nothing
            undecided = False
            keys.destroy(round_code)

    event.listen(session, "after_commit", keep)
    event.listen(session, "after_transaction_end", destroy_unless_kept)
    return key
