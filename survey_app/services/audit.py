"""The audit log: who did what, when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from survey_app.models.accounts import AuditEntry

LONGEST_NAME = 80


def record(
    session: Session,
    action: str,
    subject: str,
    *,
    at: datetime,
    account_id: int | None,
    account_name: str,
    details: dict[str, Any] | None = None,
) -> None:
    """Add what was done to the log, in the same transaction: it is logged if, and only if, it is done.

    ``details`` holds counts, settings and codes of things; never a link's code, an answer or an invitee's name.
    """
    session.add(
        AuditEntry(
            at=at,
            account_id=account_id,
            account_name=account_name[:LONGEST_NAME],
            action=action,
            subject=subject,
            details=details or {},
        )
    )
    session.flush()
