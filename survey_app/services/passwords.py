"""Passwords: what is accepted as one, how it is kept, how a typed one is compared."""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
LONGEST = 256
ONE_TIME_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another: l 1 i, o 0
FEWEST_KINDS = 4  # of letters; "aaaaaaaaaaaa" and "121212121212" have fewer

# Long enough for the rule, and tried first by everybody who guesses. Compared in small letters, without blanks.
# fmt: off
COMMON = frozenset((
    "123456789012", "1234567890123", "123456789123", "012345678901", "1234567891011", "123123123123", "112233445566",
    "098765432109", "987654321098", "qwertyuiopas", "qwertyuiop12", "qwertyuiop123", "1q2w3e4r5t6y", "1qaz2wsx3edc",
    "qazwsxedcrfv", "abcdefghijkl", "abcd12345678", "password1234", "password12345", "passwordpassword",
    "matkhau12345", "matkhau123456", "matkhaumatkhau", "matkhaucuatoi", "administrator", "administrator1",
    "quantrivien1", "quantrivien123", "anhyeuem1234", "anhyeuem12345", "emyeuanh1234", "iloveyou1234",
    "yeuemnhieulam", "hanoi1234567", "haiphong1234", "haiphong12345", "hanoi12345678", "vietnam12345",
    "vietnam123456", "vietnamvodich", "caicachhanhchinh", "khaosat12345", "khaosat123456", "xinchao12345",
    "chucmungnammoi", "welcome12345", "changeme1234", "letmein12345", "admin1234567", "admin12345678",
))
# fmt: on


class PasswordRefused(ValueError):
    """A password that would be guessed: ``code`` says why."""

    def __init__(self, code: str, **params: int) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of comparing a typed password, before it is known whether the account may be tried at all."""

    account_id: int | None
    right: bool
    compared_with: str | None  # the hash
    renewed_hash: str | None  # of the same password, where the costs of a hash have changed


class Passwords:
    """Hashes at one cost: argon2id with the parameters of RFC 9106, unless tests ask for less."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()

    def hash(self, password: str) -> str:
        """What is kept of a password."""
        return self._hasher.hash(_normal(password))

    def compare(self, account_id: int | None, kept: str | None, typed: str) -> Attempt:
        """Compare; where there is no account or no password it takes the same time, and is wrong."""
        right = self._matches(self._nobodys if kept is None else kept, typed) and kept is not None
        renewed = self.hash(typed) if right and kept and self._hasher.check_needs_rehash(kept) else None
        return Attempt(account_id, right, kept, renewed)

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash(secrets.token_hex())

    def _matches(self, kept: str, typed: str) -> bool:
        try:
            return self._hasher.verify(kept, _normal(typed[:LONGEST]))
        except (VerificationError, InvalidHashError):
            return False


def require_sound(password: str, username: str) -> None:
    """Refuse what is short, well known or the user name. Nothing is asked about kinds of letters (NIST SP 800-63B)."""
    plain = "".join(_normal(password).casefold().split())
    if len(_normal(password)) < SHORTEST:
        raise PasswordRefused("too_short", shortest=SHORTEST)
    if len(password) > LONGEST:
        raise PasswordRefused("too_long", longest=LONGEST)
    if plain in COMMON or len(set(plain)) < FEWEST_KINDS:
        raise PasswordRefused("common")
    if _letters(plain) == _letters(username) or username in (plain, plain[::-1]):
        raise PasswordRefused("user_name")


def one_time_password() -> str:
    """Sixteen letters in fours (79 bits), to be read out or written down once."""
    letters = "".join(secrets.choice(ONE_TIME_LETTERS) for _place in range(16))
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def _normal(password: str) -> str:
    """The same letters typed on another device are the same password."""
    return unicodedata.normalize("NFKC", password)


def _letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isalpha())
