"""Files that the platform keeps: sealed on disk under their id, noted in a row, destroyed when they expire.

A file is sealed under its round's contact key, if it is given one: destroying that key is then the end of the file and
of all its copies. Else it is sealed under a key of this instance.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from survey_app.models.jobs import StoredFile
from survey_app.models.rounds import SurveyRound
from survey_app.security import SealBroken, derive, seal, unseal
from survey_app.services.afterwards import when_decided

OF_ROUND, OF_INSTANCE = b"C", b"S"  # the first byte of a sealed file: whose key opens it
LIFETIME_DAYS = 30
PART = ".part"  # the end of a name that is being written


class FileGone(LookupError):
    """The file was destroyed, or the folder of files was not restored."""


class FileKeyMissing(LookupError):
    """The file is sealed under the contact key of its round, which is not there any more."""


@dataclass(frozen=True, slots=True)
class FileStore:
    """A folder of sealed files. ``key``: 32 bytes that seal what belongs to no round."""

    folder: Path
    key: bytes = field(repr=False)

    def write(self, file_id: UUID, data: bytes, contact_key: bytes | None) -> None:
        """Seal a file and keep it for good: it is on the disk, whole, before its name is there."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        mark = OF_INSTANCE if contact_key is None else OF_ROUND
        sealed = mark + seal(_cipher_key(self.key if contact_key is None else contact_key, file_id), data)
        path = self.path(file_id)
        part = path.with_suffix(PART)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(handle)
        part.rename(path)
        self._write_through()

    def read(self, file_id: UUID, contact_key: bytes | None) -> bytes:
        """What was sealed under this id."""
        try:
            sealed = self.path(file_id).read_bytes()
        except FileNotFoundError:
            raise FileGone(str(file_id)) from None
        if sealed[:1] == OF_ROUND and contact_key is None:
            raise FileKeyMissing(str(file_id))
        key = contact_key if sealed[:1] == OF_ROUND and contact_key is not None else self.key
        data = unseal(_cipher_key(key, file_id), sealed[1:])
        if data is None:
            raise SealBroken(f"the file {file_id} does not open: the key or the file was changed")
        return data

    def remove(self, file_id: UUID) -> None:
        """Overwrite the head of a file, without which nothing of it opens, and remove it."""
        path = self.path(file_id)
        with contextlib.suppress(FileNotFoundError):
            with path.open("r+b") as file:
                file.write(secrets.token_bytes(64))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
            self._write_through()

    def strays(self, kept: Collection[UUID], before: datetime) -> list[Path]:
        """What lies in the folder since before then and is none of these files."""
        if not self.folder.exists():
            return []
        names = {file_id.hex for file_id in kept}
        found = (path for path in self.folder.iterdir() if path.name not in names)
        return [path for path in found if path.stat().st_mtime < before.timestamp()]

    def path(self, file_id: UUID) -> Path:
        return self.folder / file_id.hex

    def _write_through(self) -> None:
        """Make what was added to and removed from the folder last through a power cut."""
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _cipher_key(key: bytes, file_id: UUID) -> bytes:
    """A key for this file alone: bytes put under another id do not open."""
    return derive(key, "file", file_id.bytes)


def store_file(
    session: Session,
    files: FileStore,
    *,
    kind: str,
    name: str,
    media_type: str,
    data: bytes,
    survey_round: SurveyRound | None = None,
    contact_key: bytes | None = None,
    account_id: int | None = None,
    today: date,
    lifetime_days: int | None = LIFETIME_DAYS,
    holds_codes: bool = False,
) -> StoredFile:
    """Keep a file. It stays if the transaction is committed; ``lifetime_days`` None: until its round is purged."""
    stored = StoredFile(
        id=uuid4(),
        survey_round_id=survey_round.id if survey_round else None,
        kind=kind,
        name=name,
        media_type=media_type,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        holds_codes=holds_codes,
        made_on=today,
        made_by=account_id,
        expires_on=None if lifetime_days is None else today + timedelta(days=lifetime_days),
    )
    file_id = stored.id
    when_decided(session, undone=lambda: files.remove(file_id))  # without its row nobody would know of it
    files.write(stored.id, data, contact_key)
    session.add(stored)
    session.flush()
    return stored


def read_file(
    session: Session,
    files: FileStore,
    file_id: UUID,
    contact_key: bytes | None = None,
    *,
    of: tuple[str, int | None] | None = None,
) -> tuple[StoredFile, bytes]:
    """A stored file and its content. ``contact_key``: of its round, if it has one.

    ``of``: the kind and the round that it must be of, where its id comes from an address; others are not there.
    """
    stored = session.get(StoredFile, file_id)
    if stored is None or stored.destroyed_on is not None or of not in (None, (stored.kind, stored.survey_round_id)):
        raise FileGone(str(file_id))
    return stored, files.read(file_id, contact_key)


def destroy_file(session: Session, files: FileStore, file_id: UUID, today: date) -> None:
    """Remove a file for good. The bytes go at once; if the transaction fails, the next night notes that they went."""
    stored = session.get_one(StoredFile, file_id)
    files.remove(file_id)
    stored.destroyed_on = stored.destroyed_on or today
    session.flush()


def expire_files(session: Session, files: FileStore, today: date) -> int:
    """Destroy the files whose time is over; how many."""
    return _destroy(session, files, select(StoredFile.id).where(StoredFile.expires_on <= today), today)


def destroy_files_of_round(
    session: Session, files: FileStore, survey_round_id: int, today: date, *, with_codes_only: bool
) -> int:
    """Destroy the files of a round, all of them or those that name people beside their codes; how many."""
    due = select(StoredFile.id).where(StoredFile.survey_round_id == survey_round_id)
    if with_codes_only:
        due = due.where(StoredFile.holds_codes)
    return _destroy(session, files, due, today)


def _destroy(session: Session, files: FileStore, due: Select[UUID], today: date) -> int:
    found = session.scalars(due.where(StoredFile.destroyed_on.is_(None))).all()
    for file_id in found:
        destroy_file(session, files, file_id, today)
    return len(found)


def sweep_folder(session: Session, files: FileStore, now: datetime) -> int:
    """Remove what a machine that stopped in the middle left in the folder without a row; how many.

    Young files stay: what somebody is storing has no committed row yet.
    """
    kept = session.scalars(select(StoredFile.id).where(StoredFile.destroyed_on.is_(None))).all()
    strays = files.strays(kept, now - timedelta(days=1))
    for path in strays:
        path.unlink()
    return len(strays)
