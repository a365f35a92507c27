"""Everything that is derived from a secret: link codes, keys of ballots and drafts, sealed answers, receipts.

A round has one key K (32 random bytes) in a file outside the database. All that a person's link can reach is derived
from K, and answers lie sealed under K until the round closes, so a copy of the database without K leads from nobody
to no ballot; see docs/anonymity.md.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CODE_BYTES = 16
KEY_BYTES = 32
NONCE_BYTES = 12
STEP = 1024  # sealed answers are padded to a multiple of this: the ballots of our questionnaires fit into one step
ROUND_CODE = re.compile(r"\w[\w.-]*")
MISREAD = str.maketrans("018", "OIB", " -")  # digits that a reader takes for letters; the alphabet has none of them


class RoundKeyMissing(LookupError):
    """The key of this round is not on this machine: the round is closed, or the key folder was not restored."""


class SealBroken(ValueError):
    """Answers do not open: another key, or changed bytes."""


def derive(key: bytes, purpose: str, data: bytes) -> bytes:
    """32 bytes that depend on all three and lead back to none of them (HMAC-SHA-256)."""
    return hmac.digest(key, purpose.encode() + b"\0" + data, hashlib.sha256)


# --- links -----------------------------------------------------------------------------------------------------------


def link_secret(round_key: bytes, invitee_id: UUID) -> bytes:
    """The 128 bits that a personal link carries."""
    return derive(round_key, "link", invitee_id.bytes)[:CODE_BYTES]


def write_code(secret: bytes) -> str:
    """A secret as 26 letters and digits for a link or a letter."""
    return base64.b32encode(secret).decode().rstrip("=")


def read_code(text: str) -> bytes | None:
    """The secret in a typed or scanned code, forgiving case, spaces and hyphens; None if it cannot be one."""
    try:
        secret = base64.b32decode(text.upper().translate(MISREAD) + "======")
    except ValueError:
        return None
    return secret if len(secret) == CODE_BYTES else None


def code_hash(secret: bytes) -> bytes:
    """What the roll keeps of a link: enough to know it again, not enough to make it."""
    return hashlib.sha256(b"code\0" + secret).digest()


# --- ballots and drafts ----------------------------------------------------------------------------------------------


def personal_ballot_key(round_key: bytes, invitee_id: UUID) -> bytes:
    """The key under which the one ballot of this invitee lies in the box while the round is open."""
    return derive(round_key, "ballot", invitee_id.bytes)


def open_ballot_key(round_key: bytes, secret: bytes) -> bytes:
    """The key of a ballot that came by an open link; ``secret`` was drawn for this one visit."""
    return derive(round_key, "open ballot", secret)


def draft_key(round_key: bytes, secret: bytes) -> bytes:
    """Where the unsent answers of a link are kept."""
    return derive(round_key, "draft", secret)


def receipt(round_key: bytes, ballot_key: bytes) -> str:
    """What the respondent may keep. It is not stored, and it does not lead to the ballot without K."""
    letters = base64.b32encode(derive(round_key, "receipt", ballot_key)[:5]).decode()
    return f"{letters[:4]}-{letters[4:]}"


def seal_draft(round_key: bytes, secret: bytes, answers: dict[str, Any]) -> bytes:
    """Unsent answers, readable only with K and the link's secret together."""
    return _seal_answers(derive(round_key, "draft cipher", secret), answers)


def open_draft(round_key: bytes, secret: bytes, ciphertext: bytes) -> dict[str, Any]:
    """The answers in a sealed draft."""
    return _open_answers(derive(round_key, "draft cipher", secret), ciphertext)


def seal_ballot(round_key: bytes, ballot_key: bytes, answers: Mapping[str, Any]) -> bytes:
    """The answers of a ballot as they lie in the box until the round closes."""
    return _seal_answers(derive(round_key, "envelope", ballot_key), answers)


def open_ballot(round_key: bytes, ballot_key: bytes, sealed: bytes) -> dict[str, Any]:
    """The answers in a sealed ballot."""
    return _open_answers(derive(round_key, "envelope", ballot_key), sealed)


def _seal_answers(key: bytes, answers: Mapping[str, Any]) -> bytes:
    """Compressed and padded, so that the length tells nothing that could be found again in the open ballot."""
    plain = zlib.compress(json.dumps(answers, ensure_ascii=False).encode())
    return seal(key, plain + bytes(-len(plain) % STEP))


def _open_answers(key: bytes, sealed: bytes) -> dict[str, Any]:
    plain = unseal(key, sealed)
    if plain is None:
        raise SealBroken("sealed answers do not open with the key of their round: the key or the database was changed")
    answers: dict[str, Any] = json.loads(zlib.decompressobj().decompress(plain))  # what follows is padding
    return answers


# --- sealing ---------------------------------------------------------------------------------------------------------


def seal(key: bytes, plain: bytes) -> bytes:
    """Encrypt and authenticate (AES-256-GCM) under a 32-byte key."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, None)


def unseal(key: bytes, sealed: bytes) -> bytes | None:
    """What was sealed, or None if it was not sealed under this key."""
    if len(sealed) <= NONCE_BYTES:
        return None
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
    except InvalidTag:
        return None


# --- the keys of rounds ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The folder with one key file per round that is not closed yet."""

    folder: Path

    def make(self, round_code: str) -> bytes:
        """Draw a round's key and keep it for good; a round that has one already is an error, not a new key.

        Without its key the ballots of an open round cannot be read, so it is on the disk, whole, before it is used.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = secrets.token_bytes(KEY_BYTES)
        handle = os.open(self._path(round_code), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(handle)
        _write_through(self.folder)
        return key

    def read(self, round_code: str) -> bytes:
        """The key of a round that is not closed."""
        try:
            with open(self._path(round_code), "rb") as file:
                key = file.read()
        except FileNotFoundError:
            raise RoundKeyMissing(round_code) from None
        if len(key) != KEY_BYTES:
            raise RoundKeyMissing(round_code)  # an empty or cut file would be a key that everybody can guess
        return key

    def destroy(self, round_code: str) -> None:
        """Overwrite and remove a round's key. From here on nobody can lead a link to a ballot."""
        path = self._path(round_code)
        if os.path.exists(path):
            with open(path, "r+b") as file:  # in place: a new file would leave the old bytes where they are
                file.write(secrets.token_bytes(KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            os.unlink(path)
            _write_through(self.folder)

    def _path(self, round_code: str) -> str:
        if not ROUND_CODE.fullmatch(round_code):
            raise ValueError(f"{round_code!r}: the code of a round has letters, digits, '-', '_' and '.' only")
        return f"{self.folder}/{round_code}.key"  # a Path would take as long to make as the file to read


def _write_through(folder: Path) -> None:
    """Make what was added to and removed from a folder last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
