"""The command that closes a round, the order of its steps, and how fine a day may stand on a ballot."""

import os
import secrets
import subprocess
import sys
from collections import Counter
from contextlib import nullcontext
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rounds import Voter, a_group, a_plan, make_round, people, vote, voters
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from survey_app.cli.round import close_and_forget
from survey_app.clock import today
from survey_app.config import Config
from survey_app.models.ballots import Ballot
from survey_app.models.roll import DesignCell, OutgoingFile
from survey_app.models.rounds import Mode, Purpose, RatingScope, SurveyRound
from survey_app.queries.ratings import BallotsSealed, ratings_frame
from survey_app.queries.rounds import groups_with_counts, rounds_with_counts
from survey_app.security import KeyRing
from survey_app.services import closing
from survey_app.services.closing import close_round, open_box, shared_days
from survey_app.services.roll import note_outgoing_file

FIRST = date(2026, 11, 1)
counts = st.dictionaries(st.integers(0, 60).map(lambda n: FIRST + timedelta(n)), st.integers(1, 30))


@pytest.fixture
def keys(config: Config) -> KeyRing:
    return KeyRing(config.key_dir)


def run(config: Config, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of `survey`, with these settings in its environment."""
    command = [Path(sys.executable).with_name("survey"), *arguments]
    env = os.environ | config.environment() | {"INSTANCE_DIR": str(config.key_dir.parent / "instance")}
    return subprocess.run(command, env=env, input="", capture_output=True, text=True, check=False)


@pytest.fixture
def answered(session: Session, keys: KeyRing) -> SurveyRound:
    survey_round = make_round(session, keys)
    for voter in voters(session, survey_round, keys.read("small")):
        vote(session, voter, keys.read("small"))
    session.commit()
    return survey_round


def test_closing_by_command(config: Config, session: Session, answered: SurveyRound, keys: KeyRing, tmp_path: Path):
    session.rollback()
    written = run(config, "round", "links", "small", str(tmp_path / "links.csv"), "--base-url", "https://s.example")
    assert "12" in written.stdout
    assert (tmp_path / "links.csv").exists()
    run(config, "round", "close", "small", "--yes")
    assert not (keys.folder / "small.key").exists()
    assert not (tmp_path / "links.csv").exists()
    assert session.scalars(select(OutgoingFile.destroyed_on)).all() == [today()]
    assert ratings_frame(session, answered.id)["ballot"].nunique() == 12


def test_a_round_that_is_closed_can_be_closed_again(config: Config, answered: SurveyRound, session: Session):
    session.rollback()
    first, second = (run(config, "round", "close", "small", "--yes") for _time in range(2))
    assert (first.returncode, second.returncode) == (0, 0)
    assert (first.stdout, first.stderr) == (second.stdout, second.stderr)
    assert ratings_frame(session, answered.id)["ballot"].nunique() == 12


def test_without_its_key_a_round_is_not_closed(config: Config, answered: SurveyRound, session: Session, keys: KeyRing):
    session.rollback()
    (keys.folder / "small.key").rename(keys.folder / "elsewhere")
    refused = run(config, "round", "close", "small", "--yes")
    assert refused.returncode == 1
    assert "the key of round small is not here" in refused.stderr
    assert session.scalars(select(SurveyRound.status)).one() == "open"


def test_a_close_that_died_before_the_remains_were_cleared_goes_on(
    config: Config, answered: SurveyRound, session: Session, keys: KeyRing, monkeypatch: pytest.MonkeyPatch
):
    session.rollback()
    for name, value in config.environment().items():
        monkeypatch.setenv(name, value)
    cleared = []
    for clear in (disk_full, cleared.append):
        monkeypatch.setattr(closing, "clear_traces", clear)
        refused = pytest.raises(OSError, match="disk full") if clear is disk_full else nullcontext()
        with refused, click.Context(click.Command("close")):
            close_and_forget("small")
        assert not list(keys.folder.iterdir())
    assert len(cleared) == 1
    assert ratings_frame(session, answered.id)["ballot"].nunique() == 12


def disk_full(_engine: Engine) -> None:
    raise OSError("disk full")


def test_a_close_that_died_before_the_key_was_destroyed_goes_on(
    config: Config, session: Session, answered: SurveyRound, keys: KeyRing
):
    close_round(session, answered)
    open_box(session, answered, keys.read("small"))
    session.commit()
    assert run(config, "round", "close", "small", "--yes").returncode == 0
    assert not (keys.folder / "small.key").exists()


def test_a_file_that_cannot_be_removed_does_not_stop_the_close(
    config: Config, session: Session, answered: SurveyRound, keys: KeyRing, tmp_path: Path
):
    (tmp_path / "folder.csv").mkdir()
    for name in ("gone.csv", "folder.csv"):
        note_outgoing_file(session, answered, tmp_path / name, today())
    session.commit()
    closed = run(config, "round", "close", "small", "--yes")
    assert closed.returncode == 0
    assert f"find and destroy it: {tmp_path}/gone.csv" in closed.stderr
    assert f"destroy it yourself: {tmp_path}/folder.csv" in closed.stderr
    assert not (keys.folder / "small.key").exists()
    assert session.scalars(select(OutgoingFile.destroyed_on)).all() == [None, None]
    assert ratings_frame(session, answered.id)["ballot"].nunique() == 12


def test_a_close_that_died_before_the_box_was_opened_goes_on(
    config: Config, session: Session, answered: SurveyRound, keys: KeyRing
):
    close_round(session, answered)
    session.commit()
    with pytest.raises(BallotsSealed):
        ratings_frame(session, answered.id)
    session.rollback()
    run(config, "round", "close", "small", "--yes")
    assert ratings_frame(session, answered.id)["ballot"].nunique() == 12
    assert not (keys.folder / "small.key").exists()


def test_without_a_yes_nothing_is_closed(config: Config, session: Session, answered: SurveyRound, keys: KeyRing):
    session.rollback()
    assert run(config, "round", "close", "small").returncode != 0
    assert (keys.folder / "small.key").exists()
    assert session.scalars(select(SurveyRound.status)).one() == "open"


@pytest.mark.parametrize(("n_voted", "shown"), [(0, 0), (2, 0), (3, 3), (5, 3), (12, 12)])
def test_ballots_are_counted_in_steps_of_k(session: Session, keys: KeyRing, n_voted: int, shown: int):
    survey_round = make_round(session, keys)
    for voter in voters(session, survey_round, keys.read("small"))[:n_voted]:
        vote(session, voter, keys.read("small"), day=today() - timedelta(days=1))
    (row,) = rounds_with_counts(session)
    assert (row.n_invited, row.n_ballots) == (12, shown)


def test_an_open_link_beside_them_does_not_tell_how_many_answered(session: Session, keys: KeyRing):
    staff, anybody = a_group(), a_group("anybody", mode=Mode.OPEN_LINK)
    survey_round = make_round(session, keys, a_plan(staff, anybody))
    key = keys.read("small")
    for voter in voters(session, survey_round, key)[:4]:
        vote(session, voter, key, day=today() - timedelta(days=1))
    cell = session.scalars(select(DesignCell).where(DesignCell.public_code.is_not(None))).first()
    shown = []
    for n in range(6):  # whoever has seen the poster adds ballots, one after the other, and looks
        shown.append(rounds_with_counts(session)[0].n_ballots)
        version_id = survey_round.groups[1].instrument_version_id
        by_link = Voter("", uuid4(), b"", secrets.token_bytes(32), cell.id, version_id, survey_round.id)
        vote(session, by_link, key, {"comment": str(n)})
    assert shown == [3, 3, 3, 6, 6, 6]  # steps of the open link alone: whether four or five of the staff came is hidden


def test_nobody_sees_the_ballot_arrive_that_fills_a_step(session: Session, keys: KeyRing):
    survey_round = make_round(session, keys)
    for voter in voters(session, survey_round, keys.read("small"))[:3]:
        vote(session, voter, keys.read("small"))  # today
    assert rounds_with_counts(session)[0].n_ballots == 0
    assert groups_with_counts(session, survey_round)[0].n_ballots == 0


def test_how_long_a_pilot_took_is_parted_from_what_was_answered(session: Session, keys: KeyRing):
    groups = (a_group(scope=RatingScope.OWN), a_group("more"))
    invited = {"staff": people(24, "U1", "U2"), "more": people(6, prefix="m")}
    survey_round = make_round(session, keys, a_plan(*groups, purpose=Purpose.PILOT), invited)
    key = keys.read("small")
    for number, voter in enumerate(voters(session, survey_round, key)):
        vote(session, voter, key, {"comment": voter.ref, "_seconds": 10 * number})
    close_round(session, survey_round)
    open_box(session, survey_round, key)
    said = {answers["comment"]: answers["_seconds"] for answers in session.scalars(select(Ballot.answers))}
    staff = [said[f"{number:03}"] for number in range(1, 25)]
    assert sorted(staff) == list(range(0, 240, 10))
    assert staff != sorted(staff)  # by chance once in 24!
    assert sorted(said[f"m{number:03}"] for number in range(1, 7)) == list(range(240, 300, 10))


# --- days ------------------------------------------------------------------------------------------------------------


@given(counts, st.integers(2, 12))
def test_every_day_on_a_ballot_is_shared_by_k(n_ballots: dict[date, int], at_least: int):
    found = shared_days(n_ballots, at_least)
    assert set(found) == set(n_ballots)
    sharing = Counter()
    for day, shown in found.items():
        assert shown <= day
        sharing[shown] += n_ballots[day]
    if sum(n_ballots.values()) >= at_least:
        assert all(n >= at_least for n in sharing.values())
    else:
        assert len(sharing) <= 1


@given(counts, st.integers(2, 12))
def test_days_stay_in_their_order_and_busy_days_as_they_are(n_ballots: dict[date, int], at_least: int):
    found = shared_days(n_ballots, at_least)
    in_order = [found[day] for day in sorted(found)]
    assert in_order == sorted(in_order)
    if all(n >= at_least for n in n_ballots.values()):
        assert found == {day: day for day in n_ballots}


def test_quiet_days_are_joined_within_their_cell(session: Session, keys: KeyRing):
    plan = a_plan(a_group(scope=RatingScope.OWN), min_cell=3, opens_on=FIRST, closes_on=FIRST + timedelta(9))
    survey_round = make_round(session, keys, plan, {"staff": people(12, "U1", "U2")})
    key = keys.read("small")
    days_of = {"U1": [0, 0, 0, 1, 2, 3], "U2": [5, 5, 5, 5, 6, 7]}
    for place, voter in enumerate(voters(session, survey_round, key)):
        own = ("U1", "U2")[place % 2]
        vote(session, voter, key, {"comment": own}, day=FIRST + timedelta(days_of[own][place // 2]))
    close_round(session, survey_round)
    open_box(session, survey_round, key)
    found = session.execute(select(Ballot.design_cell_id, Ballot.day, func.count()).group_by("design_cell_id", "day"))
    assert {(day - FIRST).days: n for _cell, day, n in found} == {0: 3, 1: 3, 5: 6}
