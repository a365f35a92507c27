"""A rehearsal over HTTP on the real server: everybody gets through, and nothing is taken on trust."""

from collections.abc import Callable

import pytest
from rounds import a_group, a_plan, form, make_round, people
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from survey_app.config import Config
from survey_app.db import Database
from survey_app.models.ballots import Ballot
from survey_app.models.rounds import Mode, RatingScope
from survey_app.rehearsal import Report, Script, run
from survey_app.rehearsal.playing import RunningServer, measure, prepare
from survey_app.rehearsal.report import STATIC
from survey_app.security import KeyRing, open_ballot, seal_ballot
from survey_app.services.ballots import store_ballot

pytestmark = pytest.mark.slow

EVERYTHING = form(
    'type: select_one sex, name: sex, label: {vi: "Giới tính", en: "Sex"}, required: yes',
    'type: text, name: why, label: {vi: "Vì sao", en: "Why"}, required: yes, relevant: "${sex} = \'f\'"',
    'type: select_multiple sex or_other, name: both, label: {vi: "Nhiều", en: "Several"}',
    'type: integer, name: age, label: {vi: "Tuổi", en: "Age"}, required: yes, constraint: ". >= 18"',
    'type: date, name: born, label: {vi: "Ngày sinh", en: "Born"}, required: yes',
    'type: calculate, name: double_age, calculation: "${age} * 2"',
    version="everything",
)
HABITS = Script(24, 6, abandon=0.4, retry=0.4, forget=0.4)


@pytest.fixture
def small_round(engine: Engine, config: Config) -> str:
    """A round with personal and open links, every kind of scope that fits on four units."""
    plan = a_plan(
        a_group("all", instrument=EVERYTHING),
        a_group("own", scope=RatingScope.OWN),
        a_group("passers_by", scope=RatingScope.OWN, mode=Mode.OPEN_LINK, instrument=EVERYTHING),
    )
    invited = {"all": people(12), "own": [*people(24, "U1", "U2", "U3", "U4")]}
    invited["own"] = [type(one)(f"own-{one.ref}", one.own_unit) for one in invited["own"]]
    with Session(engine) as session:
        make_round(session, KeyRing(config.key_dir), plan, invited)
        session.commit()
    return plan.code


def test_everybody_gets_through_and_what_was_acknowledged_is_stored(small_round: str, config: Config, site: str):
    report = run(config, small_round, HABITS, url=site)
    assert (report.completed, report.check.acknowledged, report.check.stored) == (24, 24, 24)
    assert min(report.resumed, report.retried, report.corrected) > 0
    assert (report.stuck, report.lost, report.lost_answers, report.check.faults) == ((), (), (), ())
    assert report.passed


def test_the_figures_agree_with_each_other(small_round: str, config: Config, site: str):
    report = run(config, small_round, Script(12, 3, abandon=0, retry=0, forget=0), url=site)
    counted = {row.kind: row.n for row in report.times}
    assert sum(counted.values()) == report.requests
    assert report.all_times.n == report.requests - counted[STATIC]
    assert report.requests_per_ballot == pytest.approx(report.all_times.n / 12)
    assert counted["enter"] == counted["landing"] == counted["send"] == counted["thanks"] == 12
    assert all(row.p50 <= row.p95 <= row.p99 <= row.longest for row in report.times)
    assert (report.first_visit.requests, report.first_visit.static_requests) == (3, 1)
    assert 0 < report.first_visit.static_kilobytes < report.first_visit.kilobytes < 35


def test_processor_time_of_server_and_database_is_seen(small_round: str, config: Config, site: str):
    used = run(config, small_round, Script(8, 2), url=site).processor
    assert used.server_ms > 0
    assert used.database_is_apart == (not config.database_url.startswith("sqlite"))
    assert (used.database_ms or 0) > 0 if used.database_is_apart else used.database_ms is None
    assert used.total_ms == pytest.approx(used.server_ms + (used.database_ms or 0))


def rehearse_and_then(
    spoil: Callable[[Session, bytes], None], engine: Engine, config: Config, small_round: str, site: str
) -> Report:
    """A rehearsal in which somebody has a hand in the box after the last receipt and before the check."""
    script = Script(10, 4, abandon=0, retry=0)
    rehearsal = prepare(Database(engine), KeyRing(config.key_dir), small_round, script)

    def when_all_have_sent(done: int, of: int) -> None:
        if done == of:
            with Session(engine) as session:
                spoil(session, rehearsal.round_key)
                session.commit()

    return measure(Database(engine), rehearsal, script, RunningServer(site, None), when_all_have_sent)


def first_ballot(session: Session) -> Ballot:
    return session.scalars(select(Ballot).order_by(Ballot.id)).first()


def lose_one(session: Session, _round_key: bytes) -> None:
    session.execute(delete(Ballot).where(Ballot.id == first_ballot(session).id))


def change_one_answer(session: Session, round_key: bytes) -> None:
    ballot = first_ballot(session)
    answers = open_ballot(round_key, ballot.ballot_key, ballot.sealed)
    unit = next(iter(answers["speed"]))
    answers["speed"][unit] = "1" if answers["speed"][unit] != "1" else "2"
    ballot.sealed = seal_ballot(round_key, ballot.ballot_key, answers)


def break_one_seal(session: Session, _round_key: bytes) -> None:
    ballot = first_ballot(session)
    session.execute(update(Ballot).where(Ballot.id == ballot.id).values(sealed=ballot.sealed[:-1] + b"\0"))


def add_one(session: Session, round_key: bytes) -> None:
    model = first_ballot(session)
    round_id = session.connection().exec_driver_sql("SELECT max(id) FROM survey_round").scalar()
    assert store_ballot(
        session,
        round_key=round_key,
        survey_round_id=round_id,
        design_cell_id=model.design_cell_id,
        instrument_version_id=model.instrument_version_id,
        ballot_key=bytes(32),
        day=model.day,
        answers={},
    )


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [(lose_one, "missing"), (change_one_answer, "altered"), (break_one_seal, "altered"), (add_one, "unsent")],
)
def test_a_hand_in_the_box_is_noticed(spoil, fault: str, engine: Engine, config: Config, small_round: str, site: str):
    found = rehearse_and_then(spoil, engine, config, small_round, site)
    assert not found.passed
    assert not found.check.passed
    counts = {name: getattr(found.check, name) for name in ("missing", "doubled", "altered", "unsent")}
    assert counts == {"missing": 0, "doubled": 0, "altered": 0, "unsent": 0} | {fault: 1}
    assert found.check.faults


def test_without_a_hand_in_the_box_the_check_passes(engine: Engine, config: Config, small_round: str, site: str):
    report = rehearse_and_then(lambda _session, _key: None, engine, config, small_round, site)
    assert (report.stuck, report.lost_answers, report.check.faults) == ((), (), ())
    assert report.passed
