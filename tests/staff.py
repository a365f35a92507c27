"""Staff who are signed in, without the cost of a password."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.clock import today
from survey_app.console import SIGNED_IN
from survey_app.models.accounts import Account, RoleGrant
from survey_app.models.rounds import SurveyRound
from survey_app.models.units import Unit
from survey_app.roles import Role
from survey_app.services.console_sessions import open_session

_numbers = itertools.count(1)


def an_account(
    session: Session, *roles: Role, username: str = "", round_code: str | None = None, unit_code: str | None = None
) -> Account:
    """An account with these parts of the work, in one round or for one unit if named; not committed."""
    name = username or f"staff{next(_numbers)}"
    account = Account(username=name, display_name=name.title(), created_on=today())
    round_id = session.scalar(select(SurveyRound.id).where(SurveyRound.code == round_code)) if round_code else None
    unit_id = session.scalar(select(Unit.id).where(Unit.code == unit_code)) if unit_code else None
    account.grants = [RoleGrant(role=role, survey_round_id=round_id, unit_id=unit_id) for role in roles]
    session.add(account)
    session.flush()
    return account


def signed_in(
    app: flask.Flask,
    *roles: Role,
    username: str = "",
    round_code: str | None = None,
    unit_code: str | None = None,
    second_factor: bool = True,
) -> FlaskClient:
    """A browser in which somebody with these roles is signed in. It posts forms without their CSRF token."""
    app.config["WTF_CSRF_ENABLED"] = False
    with app.extensions["database"].transaction() as session:
        account = an_account(session, *roles, username=username, round_code=round_code, unit_code=unit_code)
        token = open_session(session, account.id, datetime.now(UTC), second_factor=second_factor)
        session.commit()
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie[SIGNED_IN] = token
    return client
