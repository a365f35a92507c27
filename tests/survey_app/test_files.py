"""Files of people lie sealed, open with the right key only, and are gone when their time is over."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from rounds import make_round
from sqlalchemy.orm import Session

from survey_app.models.jobs import StoredFile
from survey_app.security import KeyRing, SealBroken
from survey_app.services.files import (
    FileGone,
    FileKeyMissing,
    FileStore,
    destroy_file,
    destroy_files_of_round,
    expire_files,
    read_file,
    store_file,
    sweep_folder,
)

TODAY = date(2026, 10, 15)
LIST = "họ tên;điện thoại\nNguyễn Thị Bình;0912345678\n".encode()
CONTACT_KEY = bytes(range(32))

only_sqlite = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files", b"k" * 32)


def kept(session: Session, files: FileStore, data: bytes = LIST, **fields) -> StoredFile:
    given = {"kind": "frame", "name": "Khung mẫu.csv", "media_type": "text/csv", "data": data, "today": TODAY}
    return store_file(session, files, **(given | fields))


@only_sqlite
def test_a_file_lies_sealed_and_opens_with_its_own_key_only(session: Session, files: FileStore):
    stored = kept(session, files, contact_key=CONTACT_KEY)
    ours = kept(session, files)
    session.commit()
    lying = files.path(stored.id).read_bytes()
    assert b"B\xc3\xacnh" not in lying
    assert b"0912345678" not in lying + files.path(ours.id).read_bytes()
    assert files.path(stored.id).stat().st_mode & 0o777 == 0o600
    row, data = read_file(session, files, stored.id, CONTACT_KEY)
    assert (data, row.name, row.size, row.expires_on) == (LIST, "Khung mẫu.csv", len(LIST), date(2026, 11, 14))
    assert read_file(session, files, ours.id)[1] == LIST
    assert read_file(session, files, ours.id, CONTACT_KEY)[1] == LIST
    with pytest.raises(FileKeyMissing):
        read_file(session, files, stored.id)
    with pytest.raises(SealBroken):
        read_file(session, files, stored.id, bytes(32))
    files.path(ours.id).write_bytes(lying)
    with pytest.raises(SealBroken):  # the bytes of one file under the id of another
        read_file(session, files, ours.id, CONTACT_KEY)


@only_sqlite
def test_a_file_stays_only_if_its_row_stays(session: Session, files: FileStore):
    with session.begin_nested():
        first = kept(session, files).id
    session.commit()
    second = kept(session, files).id
    session.rollback()
    assert files.path(first).exists()
    assert not files.path(second).exists()


@only_sqlite
def test_files_are_destroyed_when_their_time_is_over(session: Session, files: FileStore):
    short = kept(session, files, lifetime_days=1)
    long = kept(session, files, lifetime_days=None)
    session.commit()
    assert expire_files(session, files, TODAY) == 0
    assert expire_files(session, files, TODAY + timedelta(days=1)) == 1
    assert expire_files(session, files, TODAY + timedelta(days=400)) == 0
    assert short.destroyed_on == date(2026, 10, 16)
    assert not files.path(short.id).exists()
    with pytest.raises(FileGone):
        read_file(session, files, short.id)
    files.path(long.id).unlink()
    with pytest.raises(FileGone):
        read_file(session, files, long.id)
    destroy_file(session, files, long.id, TODAY)  # the row of a file that went already can still be settled
    assert long.destroyed_on == TODAY


@only_sqlite
def test_the_files_of_a_round_go_with_it_those_with_codes_before(session: Session, files: FileStore, tmp_path: Path):
    survey_round = make_round(session, KeyRing(tmp_path / "keys"))
    links = kept(session, files, survey_round=survey_round, holds_codes=True)
    frame = kept(session, files, survey_round=survey_round)
    other = kept(session, files, holds_codes=True)
    assert destroy_files_of_round(session, files, survey_round.id, TODAY, with_codes_only=True) == 1
    assert (links.destroyed_on, frame.destroyed_on) == (TODAY, None)
    assert destroy_files_of_round(session, files, survey_round.id, TODAY, with_codes_only=False) == 1
    assert (frame.destroyed_on, other.destroyed_on) == (TODAY, None)


@only_sqlite
def test_what_a_crash_left_in_the_folder_is_swept_out(session: Session, files: FileStore):
    row = kept(session, files)
    session.commit()
    files.write(uuid4(), b"a stray", None)
    (files.folder / "half.part").write_bytes(b"half")
    assert sweep_folder(session, files, datetime.now(UTC)) == 0  # somebody may be storing them
    assert sweep_folder(session, files, datetime.now(UTC) + timedelta(days=2)) == 2
    assert [path.name for path in files.folder.iterdir()] == [row.id.hex]


@only_sqlite
def test_sixty_four_megabytes_go_in_and_out(session: Session, files: FileStore):
    data = bytes(64 * 1024 * 1024)
    stored = kept(session, files, data)
    assert read_file(session, files, stored.id)[1] == data
