"""What goes with a transaction and is not in the database: a file, a key, a word to the queue."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction


def when_decided(
    session: Session, *, kept: Callable[[], object] | None = None, undone: Callable[[], object] | None = None
) -> None:
    """Do one of the two, once: ``kept`` when the session's transaction is committed, ``undone`` if it ends without."""
    undecided = True

    def keep(_session: Session) -> None:
        _decide(kept)

    def end(_session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is None:  # a savepoint decides nothing
            _decide(undone)

    def _decide(act: Callable[[], object] | None) -> None:
        nonlocal undecided
        if undecided:
            undecided = False
            if act is not None:
                act()

    event.listen(session, "after_commit", keep)
    event.listen(session, "after_transaction_end", end)
