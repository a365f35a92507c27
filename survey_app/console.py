"""What every console page stands on: who acts, the database, the audit log, files to download."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, abort, current_app, flash, g, redirect, request, url_for
from flask import session as cookie
from sqlalchemy.orm import Session
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response as AnyResponse

from survey_app.access import UNSIGNED, roles_of
from survey_app.config import Config
from survey_app.db import Database
from survey_app.media import media_type_of
from survey_app.models.rounds import SurveyRound
from survey_app.queries.rounds import UnknownRound, round_by_code
from survey_app.security import KeyRing, RoundKeyMissing
from survey_app.services import audit as audit_log
from survey_app.services import console_sessions
from survey_app.services.console_sessions import Acting
from survey_app.services.files import FileStore

WORTH_KEEPING = 12  # signs of a text that nobody wants to type twice
SMALL_FORM = 128 * 1024  # bytes
SIGNED_IN = "console"  # where the cookie keeps the token of a signed-in browser
SAFE = {"GET", "HEAD", "OPTIONS"}
STEPS = {"password": "account.new_password", "second_factor": "account.set_up_second_factor"}
ALWAYS = {"account.sign_out", *STEPS.values()}  # reachable while a step is still to be taken
CONSOLE_BYTES = 64 * 1024 * 1024  # spreadsheets; respondents' forms stay far smaller


def init_app(app: Flask) -> None:
    app.before_request(_require_grant)
    app.after_request(_keep_out_of_caches)
    app.jinja_env.globals.update(may_open=may_open, acting=acting_or_none)


def let_staff_upload() -> None:
    """Take large forms of those who are signed in; to be asked before anything reads the form."""
    roles = roles_of(current_app, request.endpoint) if request.endpoint else None
    if roles and not roles & UNSIGNED and request.method not in SAFE and acting_or_none() is not None:
        request.max_content_length = CONSOLE_BYTES


def _require_grant() -> AnyResponse | None:
    """Let in who was given one of the view's roles for this round and unit; ask the others to sign in."""
    roles = roles_of(current_app, request.endpoint) if request.endpoint else None
    if roles is None or roles & UNSIGNED:
        return None
    who = acting_or_none()
    if who is None:
        if typed():
            raise SignedOut
        return redirect(url_for("account.sign_in", next=_here()), 303)
    step = who.required_step(production=config().production)
    if step and request.endpoint not in ALWAYS:
        return redirect(url_for(STEPS[step]), 303)
    if not who.may(roles, *_scope(), changes=request.method not in SAFE):
        abort(403)
    if _holds_nul():
        abort(400)
    return None


class SignedOut(Unauthorized):
    """A form came from somebody whose session was over by then."""


def typed() -> list[str]:
    """The longer texts of the form that was sent, to be given back if they cannot be saved.

    Never those of one's own account, where passwords are typed.
    """
    if request.method in SAFE or request.blueprint == "account" or (request.content_length or 0) > SMALL_FORM:
        return []
    kept = [said for name, texts in request.form.lists() for said in texts if name != "csrf_token"]
    return [said for said in kept if len(said.strip()) >= WORTH_KEEPING]


def _holds_nul() -> bool:
    """Whether the address or the form holds the sign that PostgreSQL keeps in no text; nobody types it."""
    texts = [text for given in (request.args, request.form) for said in given.listvalues() for text in said]
    return any("\0" in text for text in (*texts, *map(str, (request.view_args or {}).values())))


def _keep_out_of_caches(response: Response) -> Response:
    """Pages that somebody signed in for stay in no cache; a shared machine shows them to nobody by Back."""
    if g.get("acting") is not None and request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def _scope() -> tuple[str | None, str | None]:
    asked = request.view_args or {}
    return asked.get("round_code"), asked.get("unit_code")


def _here() -> str | None:
    return request.full_path.rstrip("?") if request.method in SAFE else None


def acting_or_none() -> Acting | None:
    """Who acts in this request, or None."""
    if "acting" not in g:
        token = cookie.get(SIGNED_IN)
        g.acting = None
        if token:
            with reading() as session:
                g.acting = console_sessions.acting(session, token, now())
    found: Acting | None = g.acting
    return found


def acting() -> Acting:
    """Who acts in this request; only for views that somebody signs in for."""
    who = acting_or_none()
    if who is None:
        abort(403)
    return who


def sign_in(session: Session, account_id: int, *, second_factor: bool) -> None:
    """Make this browser act for an account from now on, in a session of its own; the caller commits."""
    cookie.clear()  # nothing that was put into the browser before goes on
    cookie[SIGNED_IN] = console_sessions.open_session(session, account_id, now(), second_factor=second_factor)
    g.pop("acting", None)


def sign_out(session: Session) -> None:
    """End this browser's session; the caller commits."""
    console_sessions.end_session(session, cookie.pop(SIGNED_IN, ""))
    g.acting = None


def may_open(endpoint: str, round_code: str | None = None) -> bool:
    """Whether a link to this page would open for who acts; a page that is not there opens for nobody."""
    who = acting_or_none()
    if who is None or endpoint not in current_app.view_functions:
        return False
    return who.may(roles_of(current_app, endpoint) or frozenset(), round_code)


# --- database, keys, time --------------------------------------------------------------------------------------------


@contextmanager
def reading() -> Iterator[Session]:
    """A session for reading."""
    with _database().statements() as session:
        yield session


@contextmanager
def writing() -> Iterator[Session]:
    """A session whose statements count together: committed at the end of the block, undone by an exception."""
    with _database().transaction() as session:
        yield session
        session.commit()


def round_of(session: Session, round_code: str) -> SurveyRound:
    """The round of this code, or a page that says there is none."""
    try:
        return round_by_code(session, round_code)
    except UnknownRound:
        abort(404)


def keys() -> KeyRing:
    """The keys of rounds: links and ballots."""
    found: KeyRing = current_app.extensions["keys"]
    return found


def contact_keys() -> KeyRing:
    """The keys under which names, telephone numbers and files of rounds lie."""
    found: KeyRing = current_app.extensions["contact_keys"]
    return found


def contact_key_of(round_code: str) -> bytes:
    """The key of the round's contacts and files, or a page that says it is gone."""
    return known_contact_key(round_code) or abort(410)


def known_contact_key(round_code: str) -> bytes | None:
    """The key of the round's contacts and files, if there is one (still)."""
    try:
        return contact_keys().read(round_code)
    except RoundKeyMissing:
        return None


def files() -> FileStore:
    """The sealed files of this instance."""
    found: FileStore = current_app.extensions["files"]
    return found


def config() -> Config:
    """The settings of this instance."""
    found: Config = current_app.extensions["config"]
    return found


def public_address() -> str:
    """Where respondents reach the platform: as it is set, else as whoever makes their letters does."""
    return config().public_url or request.url_root.rstrip("/")


def now() -> datetime:
    return datetime.now(UTC)


def audit(session: Session, action: str, subject: str, **details: Any) -> None:
    """Log what is done in this transaction under the account that acts."""
    who = acting()
    audit_log.record(
        session, action, subject, at=now(), account_id=who.account_id, account_name=who.username, details=details
    )


# --- answers ---------------------------------------------------------------------------------------------------------


def flash_done(text: str) -> None:
    """Say at the top of the next page what was done."""
    flash(text, "done")


def send_file_bytes(data: bytes, name: str, media_type: str | None = None) -> Response:
    """A file to download, in no cache, under its name in whatever letters; without a type, the one its name tells."""
    response = Response(data, mimetype=media_type or media_type_of(name))
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    response.headers["Cache-Control"] = "no-store"
    return response


def local_next(fallback: str) -> str:
    """Where the form says to go next, if that is a path on this site, never another site's address.

    Tabs and line ends, which browsers drop, would make it one.
    """
    target = request.values.get("next", "")
    if target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable():
        return target
    return fallback


def _database() -> Database:
    found: Database = current_app.extensions["database"]
    return found
