"""Letters that came back, as mail servers report it: RFC 3464, delivery status notifications."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

PLUS = re.compile(r"\+([0-9a-f]{24})@")
MESSAGE_ID = re.compile(r"<([0-9a-f]{24})@")
ADDRESSES = ("To", "Delivered-To", "X-Original-To", "Envelope-To")


@dataclass(frozen=True, slots=True)
class Bounce:
    """A letter that was not delivered: its token, and the status that the server reports, e.g. 5.1.1."""

    token: str
    status: str


def read_bounce(raw: bytes) -> Bounce | None:
    """What a returned message says of a letter of ours; None if it is none, or only tells of a delay."""
    message = message_from_bytes(raw, policy=default)
    token = _token(message, raw)
    report = _report(message)
    if token is None or report is None:
        return None
    action, status = report
    return Bounce(token, status) if action == "failed" else None


def _token(message: EmailMessage, raw: bytes) -> str | None:
    """From the return address of the letter, or from the letter itself where the report quotes it."""
    for header in ADDRESSES:
        for value in message.get_all(header, []):
            if found := PLUS.search(str(value)):
                return found[1]
    quoted = MESSAGE_ID.search(raw.decode("ascii", errors="replace"))
    return quoted[1] if quoted else None


def _report(message: EmailMessage) -> tuple[str, str] | None:
    """(action, status) of the first recipient in the report."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            for block in blocks if isinstance(blocks, list) else []:
                said = {name.lower(): str(value).strip() for name, value in getattr(block, "items", dict)()}
                action, status = said.get("action", "").lower(), said.get("status", "")
                if action:
                    return action, status.split(" ")[0][:20]
    return None
