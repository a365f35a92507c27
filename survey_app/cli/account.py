"""Accounts from the terminal: the first administrator, and help when nobody can sign in any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click
from sqlalchemy.orm import Session

from survey_app.cli.setup import committing, instance
from survey_app.queries.accounts import account_by_name, accounts_shown, unit_by_code
from survey_app.queries.rounds import round_by_code
from survey_app.roles import GRANTED, Role
from survey_app.services import accounts, audit
from survey_app.services.accounts import AccountRefused
from survey_app.services.passwords import Passwords

TERMINAL = "terminal"  # who acts, in the audit log: nobody has signed in
ROLE = click.Choice([role.value for role in GRANTED])

REFUSALS = {
    "username_form": (
        "Tên đăng nhập gồm 2–40 ký tự a–z, 0–9, '.', '-', '_', bắt đầu bằng chữ cái / "
        "a user name has 2 to 40 letters a–z, digits, '.', '-', '_', and begins with a letter"
    ),
    "username_taken": "Đã có tài khoản {username} / there is an account {username} already",
    "display_name_form": "Họ tên trống hoặc quá dài / the name is empty or too long",
    "email_form": "Địa chỉ thư điện tử không đúng / this is no e-mail address",
    "supervises_and_collects": "Giám sát không kiêm thu thập / nobody both supervises and collects",
    "administrator_everywhere": "Vai trò quản trị không gắn với đợt hay đơn vị / an administrator is one everywhere",
    "unit_missing": "Cần --unit / --unit is needed",
    "unit_not_in_round": "{unit} không thuộc đợt {round} / {unit} is not in round {round}",
    "grant_exists": "Tài khoản đã có đúng vai trò này / the account has just this role already",
}


@click.group()
def account() -> None:
    """Create accounts, give them roles, reset passwords and second factors."""


@account.command()
@click.argument("username")
@click.option("--role", type=ROLE, help="The first part of the work; more with: survey account grant.")
@click.option("--round", "round_code", help="Only in this round.")
@click.option("--unit", "unit_code", help="Only for this unit: city/code, e.g. hanoi/00070.")
@click.option("--name", "display_name", help="As it is shown; without it, the user name.")
@click.option("--email")
def create(
    username: str,
    *,
    role: str | None,
    round_code: str | None,
    unit_code: str | None,
    display_name: str | None,
    email: str | None,
) -> None:
    """Create an account and print its one-time password.

    Example: survey account create nguyen.an --role administrator --name "Nguyễn An"
    """
    with committing(instance()) as session, _in_words():
        made, password = accounts.create_account(
            session,
            Passwords(),
            username=username,
            display_name=display_name or username,
            email=email,
            now=datetime.now(UTC),
        )
        _log(session, "account.created", made.username)
        if role:
            _grant(session, made.username, role, round_code, unit_code)
        name = made.username
    _show_password(name, password)


@account.command("list")
def list_() -> None:
    """Show every account with its roles."""
    with instance().database.statements() as session:
        for shown in accounts_shown(session):
            state = "đã khóa / disabled" if shown.disabled_on else ""
            roles = ", ".join(
                ":".join(part for part in (grant.role, grant.round_code, grant.unit_name) if part)
                for grant in shown.grants
            )
            factor = "2FA" if shown.has_second_factor else ""
            click.echo(f"{shown.username:24} {shown.display_name:28} {factor:4} {roles}  {state}".rstrip())


@account.command()
@click.argument("username")
@click.argument("role", type=ROLE)
@click.option("--round", "round_code", help="Only in this round.")
@click.option("--unit", "unit_code", help="Only for this unit: city/code, e.g. hanoi/00070.")
def grant(username: str, role: str, round_code: str | None, unit_code: str | None) -> None:
    """Give an account a part of the work."""
    with committing(instance()) as session, _in_words():
        _grant(session, username, role, round_code, unit_code)
    click.echo(f"{username}: {role}")


@account.command("reset-password")
@click.argument("username")
def reset_password(username: str) -> None:
    """Print a new one-time password; the old one no longer holds, and all its browsers are signed out."""
    with committing(instance()) as session:
        password = accounts.reset_password(session, Passwords(), account_by_name(session, username), datetime.now(UTC))
        _log(session, "account.password_reset", username)
    _show_password(username, password)


@account.command("reset-second-factor")
@click.argument("username")
def reset_second_factor(username: str) -> None:
    """Forget a lost authenticator; the next sign-in sets up another."""
    with committing(instance()) as session:
        accounts.reset_second_factor(session, account_by_name(session, username))
        _log(session, "account.second_factor_reset", username)
    click.echo(f"{username}: đã xóa xác thực hai lớp / the second factor is forgotten")


def _grant(session: Session, username: str, role: str, round_code: str | None, unit_code: str | None) -> None:
    survey_round = round_by_code(session, round_code) if round_code else None
    city, _slash, code = (unit_code or "").partition("/")
    unit = unit_by_code(session, city, code) if unit_code else None
    accounts.grant(session, account_by_name(session, username), Role(role), survey_round, unit)
    _log(session, "account.granted", username, role=role, round=round_code, unit=unit_code)


def _log(session: Session, action: str, username: str, **details: str | None) -> None:
    audit.record(
        session, action, username, at=datetime.now(UTC), account_id=None, account_name=TERMINAL, details=dict(details)
    )


def _show_password(username: str, password: str) -> None:
    click.echo(f"{username}: mật khẩu cho lần đăng nhập đầu / password for the first sign-in: {password}")


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except AccountRefused as refused:
        raise click.ClickException(REFUSALS[refused.code].format(**refused.params)) from refused
