"""An e-mail, from frozen words to a message that a mail server takes."""

from __future__ import annotations

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP


@dataclass(frozen=True, slots=True)
class MailHead:
    """What is the same in all letters of a mailing."""

    sender: str  # address
    sender_name: str
    language: str


def mail_message(head: MailHead, *, to: str, name: str, subject: str, body: str, token: str) -> EmailMessage:
    """A letter in plain text. Its identity comes from the token: sent twice after a crash, it is one letter.

    Raises
    ------
    ValueError : the address is none.
    """
    message = EmailMessage(policy=SMTP)
    user, _at, domain = to.rpartition("@")
    own_user, _at, own_domain = head.sender.rpartition("@")
    message["From"] = Address(head.sender_name, own_user, own_domain)
    message["To"] = Address(" ".join(name.split()), user, domain)
    message["Subject"] = " ".join(subject.split())
    message["Message-ID"] = f"<{token}@{own_domain}>"
    message["Content-Language"] = head.language
    message["Auto-Submitted"] = "auto-generated"  # out-of-office replies need not come back
    message.set_content(body, cte="quoted-printable")
    return message


def return_address(bounces_to: str, token: str) -> str:
    """Where a letter comes back to: the token tells which one it was, and nothing of whom."""
    user, _at, domain = bounces_to.rpartition("@")
    return f"{user}+{token}@{domain}"
