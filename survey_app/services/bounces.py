"""Letters that came back, as mail servers report it: RFC 3464, delivery status notifications."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

PLUS = re.compile(r"\+([0-9a-f]{24})@")
MESSAGE_ID = re.compile(r"<([0-9a-f]{24})@")
STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")  # RFC 3463
ADDRESSES = ("To", "Delivered-To", "X-Original-To", "Envelope-To")


@dataclass(frozen=True, slots=True)
class Bounce:
    """A letter that was not delivered: its token, and the status that the server reports, e.g. 5.1.1."""

    token: str
    status: str


def read_bounce(raw: bytes) -> Bounce | None:
    """What a returned message says of a letter of ours; None if it is none, or only tells of a delay.

    Headers are taken as text (compat32): the newer policy takes addresses apart, and spam breaks it.
    """
    try:
        message = message_from_bytes(raw, policy=compat32)
    except RecursionError:  # parts in parts in parts
        return None
    token = _token(message, raw)
    report = _report(message)
    if token is None or report is None:
        return None
    action, status = report
    return Bounce(token, status) if action == "failed" else None


def _token(message: Message, raw: bytes) -> str | None:
    """From the return address of the letter, or from the letter itself where the report quotes it."""
    for header in ADDRESSES:
        for value in message.get_all(header, []):
            if found := PLUS.search(str(value)):
                return found[1]
    quoted = MESSAGE_ID.search(raw.decode("ascii", errors="replace"))
    return quoted[1] if quoted else None


def _report(message: Message) -> tuple[str, str] | None:
    """(action, status) of the first recipient in the report."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            for block in blocks if isinstance(blocks, list) else []:
                said = {name.lower(): str(value).strip() for name, value in getattr(block, "items", dict)()}
                action, status = said.get("action", "").lower(), said.get("status", "")
                if action:
                    known = STATUS.match(status)
                    return action, known[0] if known else ""
    return None
