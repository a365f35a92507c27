"""Accounts without the web: passwords, second factor, wrong tries, parts of the work."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from argon2 import PasswordHasher
from quick_passwords import QUICK
from rounds import make_round
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from survey_app.clock import today
from survey_app.db import Database
from survey_app.models.accounts import Account, ConsoleSession
from survey_app.models.units import Unit
from survey_app.queries.accounts import account_by_name, account_shown, kept_password
from survey_app.roles import Role
from survey_app.security import KeyRing
from survey_app.services import accounts, second_factor, sign_in
from survey_app.services.accounts import AccountRefused, create_account
from survey_app.services.console_sessions import open_session
from survey_app.services.passwords import Attempt, PasswordRefused, Passwords, one_time_password, require_sound

PASSWORD = "con mèo trèo cây cau"
TOTP_KEY = b"t" * 32
BEFORE = datetime(2026, 10, 1, tzinfo=UTC)

only_sqlite = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


def made(session: Session, username: str = "lan", *roles: Role, password: str = PASSWORD) -> Account:
    account, _password = create_account(
        session, QUICK, username=username, display_name="Lan", email=None, now=BEFORE, password=password
    )
    for role in roles:
        accounts.grant(session, account, role)
    return account


def tried(session: Session, typed: str, now: datetime, username: str = "lan") -> Account | None:
    return sign_in.admit(session, QUICK.compare(*kept_password(session, username), typed), now)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("ngắn", "too_short"),
        ("x" * 257, "too_long"),
        ("Mat Khau 123456", "common"),
        ("121212121212", "common"),
        ("nghien_cuu123!", "user_name"),
        ("uuc_neihgn_1", "user_name"),
    ],
)
def test_a_password_that_would_be_guessed_is_refused(password: str, code: str):
    username = "nghien_cuu" if "1!" not in code and password[0] == "n" else "1_nghien_cuu"
    with pytest.raises(PasswordRefused) as refused:
        require_sound(password, username)
    assert refused.value.code == code


def test_a_long_sentence_is_a_password_whatever_its_letters():
    for password in (PASSWORD, "sáng nay trời đẹp", "aoihwefiuhaweg"):
        require_sound(password, "lan")
    assert len({one_time_password() for _time in range(50)}) == 50
    require_sound(one_time_password(), "lan")


def test_passwords_are_kept_at_the_full_cost_unless_tests_ask_for_less():
    assert Passwords().hash(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_the_same_letters_from_another_keyboard_are_the_same_password():
    decomposed = "me\u0300o tre\u0300o ca\u0302y cau"
    assert QUICK.compare(1, QUICK.hash("mèo trèo cây cau"), decomposed).right
    assert not QUICK.compare(1, QUICK.hash("meo treo cay cau"), decomposed).right


def test_who_is_not_there_takes_as_long_and_is_wrong(monkeypatch: pytest.MonkeyPatch):
    verified = []
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(
        PasswordHasher,
        "verify",
        lambda self, kept, typed: verified.append(kept) or True,
    )
    passwords = Passwords(hasher)
    assert not passwords.compare(None, None, PASSWORD).right  # even if the hash of nobody's password matched
    assert verified[0].startswith("$argon2id$")


def test_five_wrong_tries_shut_the_account_for_a_quarter_of_an_hour(session: Session, now: datetime):
    made(session)
    for _time in range(4):
        assert tried(session, "wrong", now) is None
    assert tried(session, PASSWORD, now)
    assert tried(session, "wrong", now) is None  # the fifth in a row: nobody has signed in between
    later = now + sign_in.SHUT_FOR
    assert tried(session, PASSWORD, later - timedelta(seconds=1)) is None
    session.commit()
    session.expire_all()
    account = tried(session, PASSWORD, later)
    assert account is not None
    sign_in.signed_in(session, account)
    for _time in range(4):
        assert tried(session, "wrong", later) is None
    assert tried(session, PASSWORD, later)


def test_after_the_lock_ends_five_more_tries_are_counted(session: Session, now: datetime):
    made(session)
    for _time in range(5):
        tried(session, "wrong", now)
    later = now + timedelta(hours=1)
    tried(session, "wrong", later)
    assert tried(session, PASSWORD, later)
    assert account_by_name(session, "lan").failed_attempts == 1


@only_sqlite
def test_a_right_password_is_refused_if_it_was_changed_or_shut_while_it_was_compared(session: Session, now: datetime):
    account = made(session)
    attempt = QUICK.compare(*kept_password(session, "lan"), PASSWORD)
    assert attempt.right
    accounts.reset_password(session, QUICK, account, now)
    assert sign_in.admit(session, attempt, now) is None
    accounts.disable(session, account, today())
    assert tried(session, PASSWORD, now) is None
    assert sign_in.admit(session, Attempt(None, False, None, None), now) is None


@only_sqlite
def test_a_one_time_password_that_nobody_used_opens_nothing_after_a_week(session: Session, now: datetime):
    account = made(session)
    once = accounts.reset_password(session, QUICK, account, now)
    assert tried(session, once, now + accounts.ONE_TIME_FOR - timedelta(seconds=1))
    assert tried(session, once, now + accounts.ONE_TIME_FOR) is None
    accounts.change_password(session, QUICK, account, PASSWORD)
    assert tried(session, PASSWORD, now + 2 * accounts.ONE_TIME_FOR)


@only_sqlite
def test_a_hash_is_renewed_when_its_cost_has_changed(session: Session, now: datetime):
    account = made(session)
    dearer = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    before = account.password_hash
    assert sign_in.admit(session, dearer.compare(account.id, before, PASSWORD), now)
    assert account.password_hash != before
    assert "m=16,t=2" in (account.password_hash or "")
    assert dearer.compare(account.id, account.password_hash, PASSWORD).renewed_hash is None


@only_sqlite
def test_a_code_counts_once_within_a_step_of_the_clock_and_for_its_account(session: Session, now: datetime):
    account, other = made(session), made(session, "other")
    secret = second_factor.new_secret()
    totp = pyotp.TOTP(secret)
    with pytest.raises(second_factor.WrongCode):
        second_factor.set_up(session, account, TOTP_KEY, secret, code="000000x", now=now)
    second_factor.set_up(session, account, TOTP_KEY, secret, code=totp.at(now), now=now)
    assert secret.encode() not in (account.totp_sealed or b"")

    def used(code: str, at: datetime) -> bool:
        return sign_in.admit_code(session, account.id, TOTP_KEY, code, at) is not None

    step = timedelta(seconds=30)
    assert not used(totp.at(now), now)  # it was used to set up
    assert used(f" {totp.at(now + step)[:3]} {totp.at(now + step)[3:]} ", now)  # a telephone that is ahead
    assert not used(totp.at(now), now + step)  # older than the last that counted
    assert not used(totp.at(now + 2 * step), now + 4 * step)
    assert used(totp.at(now + 3 * step), now + 4 * step)
    other.totp_sealed = account.totp_sealed
    assert sign_in.admit_code(session, other.id, TOTP_KEY, totp.at(now + 9 * step), now + 9 * step) is None


def test_wrong_codes_shut_the_account_as_wrong_passwords_do(session: Session, now: datetime):
    account = made(session)
    totp = pyotp.TOTP(second_factor.new_secret())
    second_factor.set_up(session, account, TOTP_KEY, totp.secret, code=totp.at(now), now=now)
    later = now + timedelta(minutes=5)
    for _time in range(5):
        assert tried(session, PASSWORD, later)  # the right password in between does not begin the count anew
        assert sign_in.admit_code(session, account.id, TOTP_KEY, "12345", later) is None
    assert sign_in.admit_code(session, account.id, TOTP_KEY, totp.at(later), later) is None
    assert tried(session, PASSWORD, later) is None


def test_of_many_tries_at_once_each_is_counted_and_a_code_still_counts_once(engine: Engine, now: datetime):
    database = Database(engine)
    with database.transaction() as session:
        account = made(session)
        totp = pyotp.TOTP(second_factor.new_secret())
        second_factor.set_up(session, account, TOTP_KEY, totp.secret, code=totp.at(now), now=now)
        account_id = account.id
        session.commit()
    later = now + timedelta(minutes=5)

    def at_once(try_: Callable[[Session], Account | None]) -> int:
        """How many of eight who try at the same time are let in."""

        def alone(_number: int) -> bool:
            with database.transaction() as session:
                admitted = try_(session) is not None
                session.commit()
            return admitted

        with ThreadPoolExecutor(4) as pool:
            return sum(pool.map(alone, range(8)))

    code = totp.at(later)
    assert at_once(lambda session: sign_in.admit_code(session, account_id, TOTP_KEY, code, later)) == 1
    with database.transaction() as session:
        assert account_by_name(session, "lan").failed_attempts == 5  # and the last two found the account shut
        sign_in.signed_in(session, account_by_name(session, "lan"))
        kept = kept_password(session, "lan")
        session.commit()
    wrong = QUICK.compare(*kept, "wrong")
    assert at_once(lambda session: sign_in.admit(session, wrong, later)) == 0
    with database.transaction() as session:
        assert account_by_name(session, "lan").failed_attempts == 5
    assert at_once(lambda session: sign_in.admit(session, QUICK.compare(*kept, PASSWORD), later)) == 0


def test_nobody_both_collects_and_supervises_and_one_administrator_stays(session: Session, tmp_path):
    first = made(session, "first", Role.ADMINISTRATOR, Role.RESEARCHER)
    refused(first, "supervises_and_collects", Role.SUPERVISOR, session)
    watcher = made(session, "watcher", Role.SUPERVISOR)
    refused(watcher, "supervises_and_collects", Role.INTERVIEWER, session)
    refused(watcher, "unit_missing", Role.UNIT_ACCOUNT, session)
    survey_round = make_round(session, KeyRing(tmp_path / "keys"))
    unit = session.scalars(select(Unit)).first()
    accounts.grant(session, watcher, Role.UNIT_ACCOUNT, survey_round, unit)
    with pytest.raises(AccountRefused, match="grant_exists"):
        accounts.grant(session, watcher, Role.UNIT_ACCOUNT, survey_round, unit)
    with pytest.raises(AccountRefused, match="administrator_everywhere"):
        accounts.grant(session, watcher, Role.ADMINISTRATOR, survey_round)
    stranger = Unit(city="elsewhere", code="1", name="x", unit_type="so", block="b", source_note="")
    session.add(stranger)
    session.flush()
    with pytest.raises(AccountRefused, match="unit_not_in_round"):
        accounts.grant(session, watcher, Role.UNIT_ACCOUNT, survey_round, stranger)

    for act in (
        lambda: accounts.disable(session, first, today()),
        lambda: accounts.revoke(session, first, first.grants[0].id),
    ):
        with pytest.raises(AccountRefused, match="last_administrator"):
            act()
    second = made(session, "second", Role.ADMINISTRATOR)
    accounts.disable(session, second, today())
    with pytest.raises(AccountRefused, match="last_administrator"):  # one who is disabled does not count
        accounts.disable(session, first, today())
    accounts.enable(session, second)
    accounts.revoke(session, first, first.grants[0].id)
    assert [grant.role for grant in account_shown(session, first.id).grants] == [Role.RESEARCHER]


def refused(account: Account, code: str, role: Role, session: Session) -> None:
    with pytest.raises(AccountRefused, match=code):
        accounts.grant(session, account, role)


def test_names_and_addresses_are_checked_and_taken_once(session: Session):
    made(session, " Lan.Anh ")
    assert account_by_name(session, "lan.anh")
    for username, code in [("lan.anh", "username_taken"), ("Lân", "username_form"), ("1lan", "username_form")]:
        with pytest.raises(AccountRefused, match=code):
            made(session, username)
    with pytest.raises(AccountRefused, match="email_form"):
        accounts.describe(session, account_by_name(session, "lan.anh"), display_name="Lan", email="lan@")
    with pytest.raises(AccountRefused, match="display_name_form"):
        accounts.describe(session, account_by_name(session, "lan.anh"), display_name=" ", email="")
    assert kept_password(session, "lan\0anh") == (None, None)


def test_help_with_a_lost_password_or_telephone_signs_out_everywhere(session: Session, now: datetime):
    account = made(session)
    acts = (
        lambda: accounts.reset_password(session, QUICK, account, now),
        lambda: accounts.reset_second_factor(session, account),
        lambda: accounts.change_password(session, QUICK, account, "một câu khác hẳn"),
        lambda: accounts.disable(session, account, today()),
    )
    for act in acts:
        open_session(session, account.id, now, second_factor=True)
        act()
        assert session.scalars(select(ConsoleSession)).all() == []
    with pytest.raises(AccountRefused, match="same_password"):
        accounts.change_password(session, QUICK, account, "một câu khác hẳn")


def test_an_account_that_waits_for_an_address_takes_the_first_who_comes_with_it(session: Session):
    account, other = made(session), made(session, "other")
    accounts.bind_subject(session, account, "email:Lan@Example.org")
    with pytest.raises(AccountRefused, match="subject_taken"):
        accounts.bind_subject(session, other, "email:lan@example.org")
    subject = accounts.subject_at("https://id.example.org/", "42")
    assert accounts.account_of_subject(session, subject, None) is None
    assert accounts.account_of_subject(session, subject, "lan@example.org") is account
    assert account.oidc_subject == "https://id.example.org 42"
    assert accounts.account_of_subject(session, "https://id.example.org 43", "lan@example.org") is None
    assert accounts.account_of_subject(session, subject, None) is account
