"""Codes, keys, seals and the folder of round keys."""

import stat
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.security import (
    STEP,
    KeyRing,
    RoundKeyMissing,
    SealBroken,
    code_hash,
    derive,
    draft_key,
    link_secret,
    open_ballot,
    open_ballot_key,
    open_draft,
    personal_ballot_key,
    read_code,
    receipt,
    seal,
    seal_ballot,
    seal_draft,
    unseal,
    write_code,
)

secrets_ = st.binary(min_size=16, max_size=16)
keys_ = st.binary(min_size=32, max_size=32)
answers_ = st.dictionaries(st.text(max_size=8), st.text(max_size=40) | st.integers() | st.lists(st.text(max_size=4)))
MISREADINGS = str.maketrans("OIB", "018")


@given(secrets_)
def test_a_code_is_read_as_it_was_written(secret: bytes):
    code = write_code(secret)
    assert len(code) == 26
    assert read_code(code) == secret


@given(secrets_, st.randoms(use_true_random=False))
def test_a_code_is_read_however_it_is_typed(secret: bytes, dice):
    """In small letters, in groups, and with the digits that some letters look like."""
    typed = ""
    for letter in write_code(secret):
        typed += dice.choice([letter, letter.lower(), letter.translate(MISREADINGS)]) + dice.choice(["", " ", "-"])
    assert read_code(typed) == secret


@pytest.mark.parametrize("text", ["", "A", "A" * 25, "A" * 27, "A" * 32, "9" * 26, "é" * 26, "A" * 25 + "=", "\0" * 26])
def test_what_cannot_be_a_code_is_none(text: str):
    assert read_code(text) is None


@given(st.text(max_size=40))
def test_no_text_makes_the_reader_fail(text: str):
    assert read_code(text) is None or len(read_code(text)) == 16


@given(keys_, st.uuids(), st.uuids())
def test_every_link_has_a_secret_and_keys_of_its_own(key: bytes, one: UUID, other: UUID):
    derivations = [
        lambda who: link_secret(key, who),
        lambda who: code_hash(link_secret(key, who)),
        lambda who: personal_ballot_key(key, who),
        lambda who: draft_key(key, link_secret(key, who)),
        lambda who: open_ballot_key(key, link_secret(key, who)),
    ]
    found = [derived(one) for derived in derivations]
    assert len({value[:16] for value in found}) == len(found)
    assert all((derived(one) == derived(other)) == (one == other) for derived in derivations)


@given(keys_, keys_, st.uuids())
def test_another_round_has_other_keys_for_the_same_person(one: bytes, other: bytes, who: UUID):
    assert (personal_ballot_key(one, who) == personal_ballot_key(other, who)) == (one == other)
    assert (link_secret(one, who) == link_secret(other, who)) == (one == other)


@given(keys_, st.binary(max_size=40), st.binary(max_size=40))
def test_purposes_do_not_run_into_the_data(key: bytes, left: bytes, right: bytes):
    assert derive(key, "a", b"b" + left) != derive(key, "ab", left)
    assert (derive(key, "a", left) == derive(key, "a", right)) == (left == right)


@given(keys_, st.binary(max_size=200))
def test_what_was_sealed_opens_under_its_key_alone(key: bytes, plain: bytes):
    sealed = seal(key, plain)
    assert unseal(key, sealed) == plain
    assert unseal(derive(key, "another", b""), sealed) is None
    assert seal(key, plain) != sealed


@given(keys_, st.binary(max_size=60), st.data())
def test_one_changed_bit_and_nothing_opens(key: bytes, plain: bytes, data):
    sealed = bytearray(seal(key, plain))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= 1 << data.draw(st.integers(0, 7))
    assert unseal(key, bytes(sealed)) is None


@given(keys_, st.binary(max_size=12))
def test_what_is_too_short_was_never_sealed(key: bytes, cut: bytes):
    assert unseal(key, cut) is None


@given(keys_, secrets_, answers_)
def test_drafts_and_ballots_come_back_whole(key: bytes, secret: bytes, answers: dict):
    assert open_draft(key, secret, seal_draft(key, secret, answers)) == answers
    ballot_key = open_ballot_key(key, secret)
    assert open_ballot(key, ballot_key, seal_ballot(key, ballot_key, answers)) == answers


@given(keys_, keys_, answers_)
def test_a_ballot_does_not_open_in_the_place_of_another(key: bytes, ballot_key: bytes, answers: dict):
    with pytest.raises(SealBroken):
        open_ballot(key, derive(ballot_key, "other", b""), seal_ballot(key, ballot_key, answers))


@given(keys_, keys_, answers_, answers_)
def test_the_length_of_a_seal_tells_steps_and_no_more(key: bytes, ballot_key: bytes, one: dict, other: dict):
    lengths = {len(seal_ballot(key, ballot_key, answers)) % STEP for answers in (one, other, {})}
    assert len(lengths) == 1


def test_the_receipt_is_short_and_the_same_every_time():
    assert receipt(bytes(32), bytes(32)) == receipt(bytes(32), bytes(32))
    assert len({receipt(bytes(32), bytes([n] * 32)) for n in range(200)}) == 200
    assert len(receipt(bytes(32), bytes(32))) == 9


# --- the folder of keys ----------------------------------------------------------------------------------------------


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "keys")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_key_is_for_its_owner_only(ring: KeyRing):
    ring.make("so-2026")
    assert mode(ring.folder) == 0o700
    assert mode(ring.folder / "so-2026.key") == 0o600


def test_a_round_has_one_key_and_never_another(ring: KeyRing):
    key = ring.make("one")
    with pytest.raises(FileExistsError):
        ring.make("one")
    assert ring.read("one") == key
    assert ring.make("two") != key


def test_a_round_without_a_key_says_so(ring: KeyRing):
    with pytest.raises(RoundKeyMissing, match="none"):
        ring.read("none")


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33])
def test_a_cut_key_is_no_key(ring: KeyRing, content: bytes):
    """An empty file would be a key that everybody knows."""
    ring.make("one")
    (ring.folder / "one.key").write_bytes(content)
    with pytest.raises(RoundKeyMissing):
        ring.read("one")


def test_a_key_is_overwritten_where_it_lies_and_removed(ring: KeyRing, tmp_path: Path):
    key = ring.make("one")
    (tmp_path / "same file").hardlink_to(ring.folder / "one.key")
    ring.destroy("one")
    assert not (ring.folder / "one.key").exists()
    assert key not in (tmp_path / "same file").read_bytes()
    ring.destroy("one")
    with pytest.raises(RoundKeyMissing):
        ring.read("one")


@pytest.mark.parametrize("code", ["../one", "a/b", "", ".hidden", "a\0b", "a b"])
def test_a_code_that_is_no_file_name_makes_no_key(ring: KeyRing, code: str):
    with pytest.raises(ValueError, match="the code of a round has letters"):
        ring.make(code)
