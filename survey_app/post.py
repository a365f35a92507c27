"""The way to the mail server (SMTP)."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from types import TracebackType
from urllib.parse import SplitResult, unquote, urlsplit

TIMEOUT = 30  # seconds


class NoPost(ValueError):
    """The mail server cannot be reached, or lets nobody in; nothing was sent."""

    code = "no_post"

    def __init__(self, reason: str) -> None:
        self.params = {"reason": reason}
        super().__init__(reason)


class Refused(ValueError):
    """The server did not take a letter. ``for_good``: another attempt is of no use."""

    def __init__(self, status: str, *, for_good: bool) -> None:
        self.status = status
        self.for_good = for_good
        super().__init__(status)


@dataclass(slots=True)
class Post:
    """A connection to the server of an address like ``smtp://user:password@host:587`` or ``smtps://host``.

    ``smtp`` takes TLS where the server offers it; with a user name it insists on it.
    """

    address: str
    _server: smtplib.SMTP | None = field(default=None, init=False)

    def __enter__(self) -> Post:
        self._server = self._connected()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def send(self, message: EmailMessage, *, return_to: str, to: str) -> None:
        """Hand over a letter; once more by a new connection if the old one was lost."""
        try:
            self._hand_over(message, return_to, to)
        except (smtplib.SMTPServerDisconnected, ConnectionError):
            self._server = self._connected()
            try:
                self._hand_over(message, return_to, to)
            except (smtplib.SMTPServerDisconnected, ConnectionError) as error:
                raise Refused("4.4.2", for_good=False) from error

    def _hand_over(self, message: EmailMessage, return_to: str, to: str) -> None:
        if self._server is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        try:
            self._server.send_message(message, from_addr=return_to, to_addrs=[to])
        except smtplib.SMTPRecipientsRefused as error:
            raise _refusal(*error.recipients[to]) from error
        except smtplib.SMTPNotSupportedError as error:  # an address with letters that the server does not know
            raise Refused("5.6.7", for_good=True) from error
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, error.smtp_error) from error

    def _connected(self) -> smtplib.SMTP:
        parts = urlsplit(self.address)
        try:
            return _signed_in(parts, _opened(parts))
        except (OSError, smtplib.SMTPException) as error:
            raise NoPost(type(error).__name__) from error


def _opened(parts: SplitResult) -> smtplib.SMTP:
    host, secure = parts.hostname or "", ssl.create_default_context()
    if parts.scheme == "smtps":
        return smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT, context=secure)
    server = smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT)
    server.ehlo()
    if parts.username or server.has_extn("starttls"):
        server.starttls(context=secure)
        server.ehlo()
    return server


def _signed_in(parts: SplitResult, server: smtplib.SMTP) -> smtplib.SMTP:
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
    return server


def _refusal(code: int, said: bytes | str) -> Refused:
    """The enhanced status (RFC 3463) if the server gave one, else the kind of its reply; never its words."""
    words = (said.decode("ascii", errors="replace") if isinstance(said, bytes) else said).split(" ")[0]
    enhanced = words if words.count(".") == 2 and words.replace(".", "").isdecimal() else f"{code // 100}.0.0"
    return Refused(enhanced, for_good=code >= 500)
