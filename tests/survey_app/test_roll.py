"""The roll says who may answer. Nothing in it changes when somebody does, and it never holds a link."""

import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import flask
import pytest
from attacker import copied_out, steal, where_the_log_stands
from rounds import Browser, Voter, a_group, a_plan, make_round, people, voters
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from survey_app.cli.refusals import fate_in_words, in_words
from survey_app.clock import today
from survey_app.config import Config
from survey_app.models.roll import DesignCell, Invitee, OutgoingFile
from survey_app.models.rounds import Mode, RatingScope, RespondentGroup, SurveyRound
from survey_app.queries.visits import cell_by_public_code, invitee_by_code_hash
from survey_app.security import KeyRing, code_hash, read_code
from survey_app.services.roll import (
    Fate,
    NobodyToInvite,
    Person,
    RefTaken,
    Removal,
    RollClosed,
    RollFilled,
    WrongMode,
    destroy_outgoing_files,
    invite,
    links,
    list_sha256,
    note_outgoing_file,
    open_posters,
)
from survey_app.services.rounds import create_round

ANSWERED_IN = {"ballot", "draft"}


@pytest.fixture
def keys(config: Config) -> KeyRing:
    return KeyRing(config.key_dir)


@pytest.fixture
def asked(session: Session, keys: KeyRing) -> Iterator[list[Voter]]:
    """Twelve people of an open round."""
    survey_round = make_round(session, keys)
    found = voters(session, survey_round, keys.read("small"))
    session.commit()
    yield found
    session.rollback()


def all_but_the_box(engine: Engine) -> dict[str, list[str]]:
    """Every row of every other table with the engine's own columns: place, makers and lockers on PostgreSQL."""
    return {
        name: [repr(sorted((key, row[key]) for key in row if " " not in key)) for row in rows]
        for name, rows in steal(engine).tables.items()
        if name not in ANSWERED_IN
    }


def test_nothing_in_the_roll_changes_when_people_answer(app: flask.Flask, engine: Engine, asked: list[Voter]):
    before = all_but_the_box(engine)
    for voter in asked:
        Browser(app.test_client()).answer(f"/p/{voter.code}", comment="said")
    Browser(app.test_client()).go(f"/p/{asked[0].code}")
    after = all_but_the_box(engine)
    assert after == before
    assert len(before["invitee"]) == 12
    assert len(steal(engine).tables["ballot"]) == 12


def test_the_comparison_sees_a_row_that_was_only_locked(engine: Engine, asked: list[Voter]):
    if engine.dialect.name == "postgresql":
        before = all_but_the_box(engine)
        with engine.begin() as connection:
            connection.execute(text("SELECT id FROM design_cell FOR KEY SHARE"))
        assert all_but_the_box(engine)["design_cell"] != before["design_cell"]


def test_no_link_is_written_down_anywhere(app: flask.Flask, engine: Engine, session: Session, keys: KeyRing):
    since = where_the_log_stands(engine)
    asked = voters(session, make_round(session, keys), keys.read("small"))
    session.commit()
    for voter in asked[:6]:
        Browser(app.test_client()).answer(f"/p/{voter.code}", comment="said")
    for voter in asked[6:]:
        browser = Browser(app.test_client())
        browser.go(*browser.go(f"/p/{voter.code}").filled_in(""))
    files = steal(engine, since=since).files
    if engine.dialect.name == "postgresql":
        url = engine.url.set(drivername="postgresql").render_as_string()
        files |= {f"dump of {name}": copied_out(url, name) for name in steal(engine).tables}
    assert any(asked[0].invitee_id.bytes in content for content in files.values()) or engine.dialect.name == "sqlite"
    assert any(code_hash(asked[0].secret) in content for content in files.values())
    for voter in asked:
        for trace in voter.traces:
            assert not [name for name, content in files.items() if trace in content]


def test_the_roll_lies_in_an_order_that_tells_nothing(session: Session, asked: list[Voter]):
    by_place = [row.id for row in session.execute(select(Invitee.__table__))]
    assert by_place == sorted(by_place)
    assert by_place != [voter.invitee_id for voter in asked]


def test_a_link_leads_to_its_cell_and_no_other_does(session: Session, asked: list[Voter]):
    voter = asked[3]
    assert invitee_by_code_hash(session, code_hash(voter.secret)) == (voter.invitee_id, voter.design_cell_id)
    assert invitee_by_code_hash(session, code_hash(bytes(16))) is None
    assert cell_by_public_code(session, "nothing") is None


def test_links_are_the_same_every_time_and_all_different(session: Session, keys: KeyRing):
    survey_round = make_round(session, keys)
    key = keys.read("small")
    first, second = ([*links(session, survey_round, key)] for _time in range(2))
    assert first == second
    assert len({link.code for link in first}) == 12
    assert [link.ref for link in first] == [person.ref for person in people(12)]
    assert all(code_hash(read_code(link.code)) for link in first)


def test_people_are_invited_to_a_draft_once(session: Session, keys: KeyRing):
    survey_round = make_round(session, keys, a_plan(a_group(), a_group("poster", mode=Mode.OPEN_LINK)), opened=False)
    staff, poster = survey_round.groups
    key = keys.read("small")
    with pytest.raises(RollFilled, match="staff"):
        invite(session, survey_round, staff, people(3), round_key=key, seed=1)
    with pytest.raises(WrongMode, match="poster: open_link"):
        invite(session, survey_round, poster, people(3), round_key=key, seed=1)
    with pytest.raises(WrongMode, match="staff: personal_link"):
        open_posters(session, survey_round, staff)
    survey_round.status = "open"
    with pytest.raises(RollClosed, match="small"):
        invite(session, survey_round, staff, people(3), round_key=key, seed=1)


def dealt(session: Session, code: str, listed: list[Person], seed: int) -> tuple[RespondentGroup, list[tuple]]:
    """A group that rates booklets, and who got which."""
    made = create_round(session, a_plan(a_group(scope=RatingScope.BOOKLET, booklet_size=2), code=code), today())
    (group,) = made.groups
    invite(session, made, group, listed, round_key=bytes(32), seed=seed)
    cells = select(Invitee.ref, DesignCell.code, DesignCell.rated_units).join_from(Invitee, DesignCell)
    found = session.execute(cells.where(Invitee.survey_round_id == made.id).order_by(Invitee.ref))
    return group, [tuple(row) for row in found]


def test_the_same_list_and_seed_give_the_same_booklets_and_both_are_noted(session: Session, keys: KeyRing):
    make_round(session, keys)
    first, first_cells = dealt(session, "first", people(24), 5)
    again, again_cells = dealt(session, "again", people(24), 5)
    assert again_cells == first_cells
    assert len({cell for _ref, cell, _units in first_cells}) > 1
    assert (first.draw_seed, first.list_sha256) == (5, again.list_sha256)
    other_seed, other_cells = dealt(session, "other", people(24), 6)
    assert other_cells != first_cells
    assert (other_seed.draw_seed, other_seed.list_sha256) == (6, first.list_sha256)
    other_order, _cells = dealt(session, "order", people(24)[::-1], 5)
    assert other_order.list_sha256 != first.list_sha256


def test_the_hash_of_a_list_can_be_made_without_us():
    by_hand = hashlib.sha256("Đ1\tU1\nĐ2\t\n".encode()).hexdigest()
    assert list_sha256([Person("Đ1", "U1"), Person("Đ2")]) == by_hand


def test_a_number_that_stands_twice_is_refused_in_words(session: Session, keys: KeyRing):
    with pytest.raises(RefTaken) as refused:
        make_round(session, keys, a_plan(a_group(), a_group("guests")), {"guests": people(3)})
    assert "guests" in in_words(refused.value)


def test_an_empty_list_is_refused_in_words(session: Session, keys: KeyRing):
    with pytest.raises(NobodyToInvite) as refused:
        make_round(session, keys, invited={"staff": []})
    assert "staff" in in_words(refused.value)


def test_a_poster_for_each_unit_has_a_public_code_of_its_own(session: Session, keys: KeyRing):
    make_round(session, keys, a_plan(a_group(mode=Mode.OPEN_LINK, scope=RatingScope.OWN)))
    cells = session.scalars(select(DesignCell)).all()
    assert [cell.rated_units for cell in cells] == [["U1"], ["U2"], ["U3"], ["U4"]]
    assert len({cell.public_code for cell in cells}) == 4
    assert all(re.fullmatch("[0-9a-f]{8}", cell.public_code) for cell in cells)
    assert session.scalar(select(func.count()).select_from(Invitee)) == 0


# --- files that left the house ---------------------------------------------------------------------------------------


def outgoing(session: Session, survey_round: SurveyRound, path: Path) -> OutgoingFile:
    path.write_text("links", encoding="utf-8")
    return note_outgoing_file(session, survey_round, path, today())


def test_a_file_with_links_is_destroyed_when_it_expires(session: Session, keys: KeyRing, tmp_path: Path):
    survey_round = make_round(session, keys)
    noted = outgoing(session, survey_round, tmp_path / "links.csv")
    assert destroy_outgoing_files(session, noted.expires_on - timedelta(1)) == []
    assert destroy_outgoing_files(session, noted.expires_on) == [destroyed(tmp_path / "links.csv")]
    assert not (tmp_path / "links.csv").exists()
    assert noted.destroyed_on == noted.expires_on
    assert destroy_outgoing_files(session, noted.expires_on) == []


def test_at_the_close_all_files_of_the_round_go_and_no_others(session: Session, keys: KeyRing, tmp_path: Path):
    one, two = make_round(session, keys), make_round(session, keys, a_plan(code="other"))
    outgoing(session, one, tmp_path / "one.csv")
    outgoing(session, two, tmp_path / "two.csv")
    assert destroy_outgoing_files(session, today(), survey_round=one) == [destroyed(tmp_path / "one.csv")]
    assert (tmp_path / "two.csv").exists()


def test_a_file_written_over_by_another_round_goes_with_that_round(session: Session, keys: KeyRing, tmp_path: Path):
    one, two = make_round(session, keys), make_round(session, keys, a_plan(code="other"))
    outgoing(session, one, tmp_path / "links.csv")
    outgoing(session, two, tmp_path / "links.csv")
    assert destroy_outgoing_files(session, today(), survey_round=one) == []
    assert destroy_outgoing_files(session, today(), survey_round=two) == [destroyed(tmp_path / "links.csv")]


def destroyed(path: Path) -> Removal:
    return Removal(path, Fate.DESTROYED)


def test_a_file_that_is_not_there_is_not_called_destroyed(session: Session, keys: KeyRing, tmp_path: Path):
    survey_round = make_round(session, keys)
    noted = outgoing(session, survey_round, tmp_path / "links.csv")
    (tmp_path / "links.csv").rename(tmp_path / "elsewhere.csv")
    for _time in range(2):
        (removal,) = destroy_outgoing_files(session, today(), survey_round=survey_round)
        assert removal == Removal(tmp_path / "links.csv", Fate.NOT_FOUND)
        assert "find and destroy it" in fate_in_words(removal)
        assert noted.destroyed_on is None
    (tmp_path / "elsewhere.csv").rename(tmp_path / "links.csv")
    assert destroy_outgoing_files(session, today(), survey_round=survey_round) == [destroyed(tmp_path / "links.csv")]
    assert noted.destroyed_on == today()


def test_a_file_that_cannot_be_removed_keeps_no_other_from_going(session: Session, keys: KeyRing, tmp_path: Path):
    survey_round = make_round(session, keys)
    stuck, other = (outgoing(session, survey_round, tmp_path / name) for name in ("stuck", "other"))
    Path(stuck.path).unlink()
    Path(stuck.path).mkdir()  # what is there now cannot be unlinked
    kept, gone = destroy_outgoing_files(session, today(), survey_round=survey_round)
    assert (kept.fate, gone) == (Fate.STILL_THERE, destroyed(Path(other.path)))
    assert kept.reason
    assert kept.reason in fate_in_words(kept)
    assert (stuck.destroyed_on, other.destroyed_on) == (None, today())


def test_the_services_of_a_round_never_commit(session: Session, keys: KeyRing):
    make_round(session, keys)
    session.rollback()
    assert session.scalar(select(func.count()).select_from(SurveyRound)) == 0
