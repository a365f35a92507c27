"""A visit: somebody who came by a link, as far as the server knows them from one request to the next.

The link's secret travels in a sealed cookie whose path is the visit's own address, so two links opened in one browser
never mix: the handle in the address decides which cookie the browser sends.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import current_app, g, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from instruments.model import Instrument, RatedUnit
from instruments.xlsform import parse_yaml
from survey_app.clock import today
from survey_app.db import Database
from survey_app.models.rounds import Mode, Status
from survey_app.queries.rounds import instrument_source, round_by_code
from survey_app.queries.visits import CellPlan, VisitState, cell_plan, visit_state
from survey_app.security import (
    CODE_BYTES,
    RoundKeyMissing,
    code_hash,
    derive,
    draft_key,
    open_ballot_key,
    open_draft,
    personal_ballot_key,
    receipt,
    seal,
    seal_draft,
    unseal,
)
from survey_app.services.ballots import save_draft

SEALED = struct.Struct(f">I{CODE_BYTES}s16s")  # design cell, secret, invitee (zeros: an open link)
NOBODY = UUID(int=0)


class VisitUnknown(LookupError):
    """The cookie is missing or not ours: the link has to be opened again."""


class LinkWithdrawn(LookupError):
    """The invitation with this link was withdrawn."""


class VisitClosed(Exception):
    """The round takes no answers: ``reason`` is not_yet, expired or closed."""

    def __init__(self, plan: CellPlan, reason: str, state: VisitState | None = None) -> None:
        self.plan = plan
        self.reason = reason
        self.state = state
        super().__init__(reason)


class KeyUnavailable(Exception):
    """The round is not closed, but its key is not where it should be."""

    def __init__(self, plan: CellPlan) -> None:
        self.plan = plan
        super().__init__(plan.round_code)


class AlreadySent(Exception):
    """This visit's ballot is in the box."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        super().__init__()


@dataclass(frozen=True, slots=True)
class Pass:
    """What the cookie holds."""

    design_cell_id: int
    secret: bytes
    invitee_id: UUID = NOBODY

    @property
    def handle(self) -> str:
        """A name for the visit that fits in an address and says nothing."""
        digest = derive(current_app.extensions["visit_cookie_key"], "handle", self.secret)
        return base64.b32encode(digest[:8]).decode().rstrip("=").lower()

    @property
    def form_token(self) -> str:
        """What every form of the visit holds, so that no other site, and no other visit's page, can send one for it."""
        return derive(current_app.extensions["visit_cookie_key"], "form", self.secret).hex()

    def hand_out_for_pages(self, response: Response) -> Response:
        """Put the pass into the visitor's browser, for this visit's pages only."""
        return self.hand_out(response, visit_cookie(self.handle), url_for("respond.landing", handle=self.handle))

    def hand_out(self, response: Response, cookie_name: str, path: str) -> Response:
        """Set a cookie that scripts cannot read and other sites cannot send; it ends with the browser session."""
        plain = SEALED.pack(self.design_cell_id, self.secret, self.invitee_id.bytes)
        sealed = seal(current_app.extensions["visit_cookie_key"], plain)
        value = base64.urlsafe_b64encode(sealed).decode().rstrip("=")
        secure = current_app.extensions["config"].production
        response.set_cookie(cookie_name, value, path=path, httponly=True, samesite="Lax", secure=secure)
        return response


@dataclass(frozen=True, slots=True)
class Visit:
    """Who may answer what. It knows no name."""

    plan: CellPlan
    instrument: Instrument
    units: tuple[RatedUnit, ...]
    handle: str
    secret: bytes
    round_key: bytes
    ballot_key: bytes
    draft_key: bytes
    state: VisitState
    answers: Mapping[str, Any]  # what was saved so far

    @property
    def receipt(self) -> str:
        return receipt(self.round_key, self.ballot_key)

    @property
    def started(self) -> bool:
        """Whether consent was given: there is a draft only then."""
        return self.state.ciphertext is not None


def new_open_pass(design_cell_id: int) -> Pass:
    """A pass for somebody who came by an open link."""
    return Pass(design_cell_id, secrets.token_bytes(CODE_BYTES))


def read_pass(cookie_name: str) -> Pass | None:
    """The pass in one of the request's cookies."""
    text = request.cookies.get(cookie_name, "")
    try:
        plain = unseal(current_app.extensions["visit_cookie_key"], base64.urlsafe_b64decode(text + "=="))
    except ValueError:
        return None
    if plain is None or len(plain) != SEALED.size:
        return None
    design_cell_id, secret, invitee = SEALED.unpack(plain)
    return Pass(design_cell_id, secret, UUID(bytes=invitee))


def visit_cookie(handle: str) -> str:
    """The cookie that the pages of this visit read."""
    return f"visit_{handle}"


def current_visit(handle: str) -> Visit:
    """The visit that this request belongs to, in a round that takes answers and with no ballot sent yet."""
    held = read_pass(visit_cookie(handle))
    if held is None or held.handle != handle:
        raise VisitUnknown(handle)
    g.form_token = held.form_token
    visit = load_visit(held, handle)
    if visit.state.sent:
        raise AlreadySent(visit)
    if visit.state.withdrawn:
        raise LinkWithdrawn(handle)
    reason = why_closed(visit.state)
    if reason:
        raise VisitClosed(visit.plan, reason, visit.state)
    if request.method == "POST" and not _same(request.form.get("csrf_token", ""), g.form_token):
        raise CSRFError("The form was not made for this visit.")
    return visit


def _same(given: str, expected: str) -> bool:
    """Whether two words are the same, in a time that tells nothing of where they differ."""
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())


def load_visit(held: Pass, handle: str) -> Visit:
    """The visit of a pass with its state as it is now; one statement once the cell's plan is known."""
    plan, instrument, units = _plan(held.design_cell_id)
    try:
        round_key = current_app.extensions["keys"].read(plan.round_code)
    except RoundKeyMissing:
        raise _without_key(plan) from None
    keys = {"ballot_key": _ballot_key(round_key, plan, held), "draft_key": draft_key(round_key, held.secret)}
    with database().connect() as connection:
        hashed = code_hash(held.secret)
        state = visit_state(connection, survey_round_id=plan.survey_round_id, code_hash=hashed, **keys)
    if state.status == Status.DRAFT:  # its forms, units and words may still change
        current_app.extensions["cell_plans"].pop(held.design_cell_id, None)
    answers = open_draft(round_key, held.secret, state.ciphertext) if state.ciphertext else {}
    return Visit(plan, instrument, units, handle, held.secret, round_key, state=state, answers=answers, **keys)


def _without_key(plan: CellPlan) -> VisitClosed | KeyUnavailable:
    """A round without a key is closed; if it is not, something is wrong with this machine, not with the visitor."""
    with database().statements() as session:
        status = round_by_code(session, plan.round_code).status
    return VisitClosed(plan, "closed") if status == Status.CLOSED else KeyUnavailable(plan)


def keep_answers(visit: Visit, answers: dict[str, Any]) -> bool:
    """Save unsent answers; False if another tab or device saved since this visit was loaded."""
    with database().connect() as connection:
        return save_draft(
            connection,
            survey_round_id=visit.plan.survey_round_id,
            draft_key=visit.draft_key,
            ciphertext=seal_draft(visit.round_key, visit.secret, answers),
            after_revision=visit.state.revision,
        )


def why_closed(state: VisitState) -> str:
    """Why the round takes no answers, or nothing if it does."""
    if state.status == Status.CLOSED:
        return "closed"
    if state.status == Status.DRAFT or today() < state.opens_on:
        return "not_yet"
    return "expired" if today() > state.closes_on else ""


def database() -> Database:
    found: Database = current_app.extensions["database"]
    return found


def _ballot_key(round_key: bytes, plan: CellPlan, held: Pass) -> bytes:
    if plan.mode == Mode.PERSONAL_LINK:
        return personal_ballot_key(round_key, held.invitee_id)
    return open_ballot_key(round_key, held.secret)


def _plan(design_cell_id: int) -> tuple[CellPlan, Instrument, tuple[RatedUnit, ...]]:
    """A cell's plan with its questionnaire, read once by each process."""
    plans = current_app.extensions.setdefault("cell_plans", {})
    if design_cell_id not in plans:
        with database().statements() as session:
            plan = cell_plan(session, design_cell_id)
            instrument = _instrument(session, plan.instrument_version_id)
        plans[design_cell_id] = (plan, instrument, tuple(RatedUnit(code, name) for code, name in plan.units))
    found: tuple[CellPlan, Instrument, tuple[RatedUnit, ...]] = plans[design_cell_id]
    return found


def _instrument(session: Session, version_id: int) -> Instrument:
    """A published questionnaire never changes, so it is parsed once by each process."""
    parsed = current_app.extensions.setdefault("instruments", {})
    if version_id not in parsed:
        parsed[version_id] = parse_yaml(instrument_source(session, version_id), f"instrument version {version_id}")
    found: Instrument = parsed[version_id]
    return found
