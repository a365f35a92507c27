"""One respondent, one ballot; unsent answers of two tabs; the moment at which a round closes."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from rounds import Voter, a_plan, make_round, people, vote, voters
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey_app.clock import today
from survey_app.config import Config
from survey_app.db import Database, make_engine
from survey_app.models.ballots import Ballot, Draft
from survey_app.models.rounds import SurveyRound
from survey_app.queries.rounds import round_by_code
from survey_app.queries.visits import visit_state
from survey_app.security import KeyRing, code_hash, draft_key, open_ballot, open_draft, seal_draft
from survey_app.services.ballots import discard_draft, save_draft, store_ballot
from survey_app.services.closing import close_round, open_box


@pytest.fixture
def keys(config: Config) -> KeyRing:
    return KeyRing(config.key_dir)


@pytest.fixture
def opened(session: Session, keys: KeyRing) -> SurveyRound:
    survey_round = make_round(session, keys, invited={"staff": people(30)})
    session.commit()
    return survey_round


@pytest.fixture
def key(opened: SurveyRound, keys: KeyRing) -> bytes:
    return keys.read(opened.code)


@pytest.fixture
def someone(session: Session, opened: SurveyRound, key: bytes) -> Voter:
    return voters(session, opened, key)[0]


def count(session: Session, table: type[Ballot] | type[Draft] = Ballot) -> int:
    return session.scalar(select(func.count()).select_from(table))


def test_the_same_key_twice_is_one_ballot_and_the_first_counts(session: Session, someone: Voter, key: bytes):
    assert vote(session, someone, key, {"comment": "first"})
    assert not vote(session, someone, key, {"comment": "second"})
    ballot = session.scalars(select(Ballot)).one()
    assert open_ballot(key, ballot.ballot_key, ballot.sealed) == {"comment": "first"}


def test_a_ballot_is_sealed_while_the_round_is_open(session: Session, someone: Voter, key: bytes):
    vote(session, someone, key)
    ballot = session.scalars(select(Ballot)).one()
    assert (ballot.answers, ballot.day, ballot.design_cell_id) == (None, today(), someone.design_cell_id)
    with pytest.raises(ValueError, match="do not open"):
        open_ballot(bytes(32), ballot.ballot_key, ballot.sealed)


def test_a_ballot_is_either_sealed_with_a_key_or_in_clear_without(session: Session, someone: Voter):
    wrong = [
        {"ballot_key": bytes(32), "answers": {}},
        {"sealed": b"x", "answers": {}},
        {"ballot_key": bytes(32), "sealed": b"x", "answers": {}},
        {"ballot_key": bytes(31), "sealed": b"x"},
        {},
    ]
    for fields in wrong:
        cell = {"design_cell_id": someone.design_cell_id, "instrument_version_id": someone.instrument_version_id}
        session.add(Ballot(id=uuid4(), day=today(), **cell, **fields))
        with pytest.raises(IntegrityError, match=r"(?i)check"):
            session.flush()
        session.rollback()


@pytest.mark.parametrize("senders", ["threads", "connections"])
def test_sixteen_at_once_are_one_ballot(config: Config, someone: Voter, key: bytes, senders: str):
    """Threads that share a few connections as in one worker, and as many connections as senders, as across workers."""
    database = Database(make_engine(config.database_url, pool_size=4 if senders == "threads" else 16))
    ready = threading.Barrier(16)

    def send(_number: int) -> bool:
        ready.wait()
        with database.transaction() as session:
            stored = vote(session, someone, key)
            session.commit()
        return stored

    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(send, range(16))) == [False] * 15 + [True]
    with database.statements() as session:
        assert count(session) == 1
    database.engine.dispose()


@pytest.mark.parametrize(
    ("status", "opens", "closes"),
    [("draft", -1, 1), ("closed", -1, 1), ("open", 1, 2), ("open", -2, -1)],
    ids=["draft", "closed", "not yet", "expired"],
)
def test_a_round_that_takes_no_ballots_stores_none(
    session: Session, someone: Voter, key: bytes, status: str, opens: int, closes: int
):
    days = {"opens_on": today() + timedelta(opens), "closes_on": today() + timedelta(closes)}
    session.execute(update(SurveyRound).values(status=status, **days))
    assert not vote(session, someone, key)
    assert count(session) == 0


@pytest.mark.parametrize("days", [0, 1])
def test_the_first_and_the_last_day_are_within_the_round(session: Session, someone: Voter, key: bytes, days: int):
    session.execute(update(SurveyRound).values(opens_on=today(), closes_on=today() + timedelta(1)))
    assert vote(session, someone, key, day=today() + timedelta(days))


def test_a_cell_of_another_round_is_refused(session: Session, keys: KeyRing, someone: Voter, key: bytes):
    other = make_round(session, keys, a_plan(code="other"), {"staff": people(4)})
    stranger = voters(session, other, keys.read("other"))[0]
    mixed = {"design_cell_id": stranger.design_cell_id, "instrument_version_id": someone.instrument_version_id}
    stored = store_ballot(
        session,
        round_key=key,
        survey_round_id=someone.survey_round_id,
        ballot_key=someone.ballot_key,
        day=today(),
        answers={},
        **mixed,
    )
    assert not stored


# --- drafts ----------------------------------------------------------------------------------------------------------


class Tab:
    """One tab of a browser: what it read, and what it saves."""

    def __init__(self, session: Session, voter: Voter, key: bytes) -> None:
        self.session, self.voter, self.key = session, voter, key
        self.at = draft_key(key, voter.secret)
        self.read()

    def read(self) -> None:
        state = visit_state(
            self.session,
            survey_round_id=self.voter.survey_round_id,
            draft_key=self.at,
            ballot_key=self.voter.ballot_key,
            code_hash=code_hash(self.voter.secret),
        )
        self.revision = state.revision
        self.answers = open_draft(self.key, self.voter.secret, state.ciphertext) if state.ciphertext else {}

    def save(self, **answers: str) -> bool:
        return save_draft(
            self.session,
            survey_round_id=self.voter.survey_round_id,
            draft_key=self.at,
            ciphertext=seal_draft(self.key, self.voter.secret, self.answers | answers),
            after_revision=self.revision,
        )


def test_of_two_tabs_the_second_is_told_and_nothing_is_lost(session: Session, someone: Voter, key: bytes):
    first, second = Tab(session, someone, key), Tab(session, someone, key)
    assert first.save(a="1")
    assert not second.save(b="2")
    second.read()
    assert second.save(b="2")
    first.read()
    assert first.answers == {"a": "1", "b": "2"}
    assert first.save(c="3")
    first.read()
    assert (first.revision, first.answers) == (3, {"a": "1", "b": "2", "c": "3"})
    assert count(session, Draft) == 1


def test_what_was_discarded_in_one_tab_does_not_come_back_from_another(session: Session, someone: Voter, key: bytes):
    tab = Tab(session, someone, key)
    tab.save(a="1")
    tab.read()
    discard_draft(session, tab.at)
    assert not tab.save(b="2")
    assert count(session, Draft) == 0


def test_nothing_is_kept_for_a_round_that_is_closed(session: Session, someone: Voter, key: bytes):
    session.execute(update(SurveyRound).values(status="closed"))
    assert not Tab(session, someone, key).save(a="1")


def test_the_draft_of_one_person_does_not_open_for_another(session: Session, opened: SurveyRound, key: bytes):
    one, two = voters(session, opened, key)[:2]
    Tab(session, one, key).save(a="1")
    draft = session.scalars(select(Draft)).one()
    with pytest.raises(ValueError, match="do not open"):
        open_draft(key, two.secret, draft.ciphertext)


# --- closing ---------------------------------------------------------------------------------------------------------


def test_a_closed_round_has_no_drafts_no_keys_and_all_answers(
    session: Session, opened: SurveyRound, someone: Voter, key: bytes
):
    everyone = voters(session, opened, key)
    for voter in everyone:
        vote(session, voter, key)
    Tab(session, someone, key).save(a="1")
    close_round(session, opened)
    assert open_box(session, opened, key) == len(everyone)
    ballots = session.execute(select(Ballot.ballot_key, Ballot.sealed, Ballot.answers)).all()
    assert {(ballot_key, sealed) for ballot_key, sealed, _answers in ballots} == {(None, None)}
    assert sorted(answers["comment"] for *_keys, answers in ballots) == [voter.ref for voter in everyone]
    assert count(session, Draft) == 0


def test_closing_touches_no_other_round(session: Session, keys: KeyRing, opened: SurveyRound, key: bytes):
    other = make_round(session, keys, a_plan(code="other"), {"staff": people(4)})
    stranger = voters(session, other, keys.read("other"))[0]
    vote(session, stranger, keys.read("other"))
    Tab(session, stranger, keys.read("other")).save(a="1")
    close_round(session, opened)
    assert open_box(session, opened, key) == 0
    assert session.scalars(select(Ballot.ballot_key)).all() == [stranger.ballot_key]
    assert count(session, Draft) == 1


def test_a_ballot_comes_in_while_the_round_closes(config: Config, opened: SurveyRound, session: Session, key: bytes):
    """Every sender that was told True is in the box, nobody else is, and none comes in after the close."""
    everyone = voters(session, opened, key)
    session.rollback()
    database = Database(make_engine(config.database_url, pool_size=12))
    ready = threading.Barrier(11)
    halfway = threading.Event()

    def send(some: list[Voter]) -> list[str]:
        told = []
        ready.wait()
        for number, voter in enumerate(some):
            if number == 1:
                halfway.set()
            with database.transaction() as mine:
                if vote(mine, voter, key):
                    told.append(voter.ref)
                mine.commit()
        return told

    def close() -> None:
        ready.wait()
        halfway.wait()
        with database.transaction() as mine:
            close_round(mine, round_by_code(mine, "small"))
            mine.commit()

    with ThreadPoolExecutor(11) as pool:
        closing = pool.submit(close)
        told = {ref for some in pool.map(send, [everyone[i::10] for i in range(10)]) for ref in some}
        closing.result()
    with database.transaction() as mine:
        assert open_box(mine, round_by_code(mine, "small"), key) == len(told)
        mine.commit()
        assert {answers["comment"] for answers in mine.scalars(select(Ballot.answers))} == told
        assert not any(vote(mine, voter, key) for voter in everyone)
    database.engine.dispose()


def test_a_close_that_was_interrupted_goes_on(session: Session, opened: SurveyRound, someone: Voter, key: bytes):
    vote(session, someone, key)
    close_round(session, opened)
    session.commit()
    assert open_box(session, opened, key) == 1
    session.rollback()
    assert count(session) == 1
    assert open_box(session, opened, key) == 1
    session.commit()
    assert open_box(session, opened, key) == 0
    assert session.scalars(select(Ballot.answers)).one() == {"comment": someone.ref}


def test_a_ballot_that_does_not_open_stops_the_opening(
    session: Session, opened: SurveyRound, someone: Voter, key: bytes
):
    vote(session, someone, key)
    session.execute(text("UPDATE ballot SET sealed = :cut"), {"cut": b"cut"})
    close_round(session, opened)
    with pytest.raises(ValueError, match="do not open"):
        open_box(session, opened, key)


def test_only_an_open_round_closes_and_only_a_closed_box_opens(session: Session, opened: SurveyRound, key: bytes):
    with pytest.raises(ValueError, match="small"):
        open_box(session, opened, key)
    close_round(session, opened)
    with pytest.raises(ValueError, match="small"):
        close_round(session, opened)
