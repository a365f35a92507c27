"""Accounts from the terminal: a fresh installation gets its first administrator with one command."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from quick_passwords import QUICK
from rounds import make_round
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app import cli
from survey_app.cli import account as commands
from survey_app.config import Config
from survey_app.demo import ACCOUNTS, load_accounts
from survey_app.models.accounts import AuditEntry
from survey_app.queries.accounts import account_by_name, accounts_shown, kept_password
from survey_app.security import KeyRing
from survey_app.services import sign_in

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


@pytest.fixture
def survey(
    config: Config, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture
) -> Callable[..., tuple[int, str]]:
    """The command, in this process: how it ended and what it said."""
    for name, value in config.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(commands, "Passwords", lambda: QUICK)

    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["survey", "account", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        shown = capfd.readouterr()
        assert "Traceback" not in shown.err
        return int(ended.value.code or 0), shown.out + shown.err

    return run


def test_one_command_makes_the_first_administrator_and_others_help(
    survey: Callable[..., tuple[int, str]], session: Session, config: Config
):
    make_round(session, KeyRing(config.key_dir))
    session.commit()
    code, said = survey("create", "An", "--role", "administrator", "--name", "Nguyễn An")
    assert code == 0
    once = said.split()[-1]

    def may_enter(password: str) -> bool:
        session.rollback()
        attempt = QUICK.compare(*kept_password(session, "an"), password)
        return sign_in.admit(session, attempt, datetime.now(UTC)) is not None

    assert may_enter(once)
    assert account_by_name(session, "an").must_change_password
    session.rollback()
    for words, expected in [
        (("create", "an"), "there is an account an already"),
        (("create", "Ân"), "a user name has"),
        (("create", "ha", "--role", "unit_account"), "--unit is needed"),
        (("grant", "an", "researcher", "--round", "nowhere"), "no round has this code: nowhere"),
        (("grant", "an", "unit_account", "--unit", "hanoi/1"), "there is no such unit"),
        (("grant", "nobody", "researcher"), "there is no such account: nobody"),
        (("grant", "an", "administrator"), "just this role already"),
    ]:
        code, said = survey(*words)
        assert (code, expected in said) == (1, True), said
    assert survey("grant", "an", "unit_account", "--round", "small", "--unit", "somewhere/U1")[0] == 0
    assert survey("create", "binh", "--role", "supervisor")[0] == 0
    listed = survey("list")[1]
    assert "administrator, unit_account:small:Đơn vị U1" in listed
    assert "supervisor" in listed
    assert "ha " not in listed  # what was refused was not half done

    again = survey("reset-password", "an")[1].split()[-1]
    assert not may_enter(once)
    assert may_enter(again)
    assert survey("reset-second-factor", "an")[0] == 0
    session.rollback()
    logged = session.execute(select(AuditEntry.account_name, AuditEntry.action, AuditEntry.subject)).all()
    assert len(logged) == 7
    assert logged[0] == (commands.TERMINAL, "account.created", "an")


def test_the_trial_has_accounts_whose_passwords_stay(session: Session):
    first = load_accounts(session, QUICK, "the trial's secret", datetime.now(UTC))
    assert load_accounts(session, QUICK, "the trial's secret", datetime.now(UTC)) == first
    assert load_accounts(session, QUICK, "another trial's", datetime.now(UTC)) != first
    shown = accounts_shown(session)
    assert {account.username for account in shown} == set(ACCOUNTS) == set(first)
    assert not any(account.must_change_password for account in shown)
    for username, password in first.items():
        assert QUICK.compare(*kept_password(session, username), password).right
