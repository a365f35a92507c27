"""The fieldwork board: exact where it may be, in steps where somebody could be seen."""

from datetime import timedelta

import flask
import pytest
from rounds import a_group, a_plan, make_round, people, vote, voters
from sqlalchemy.orm import Session
from staff import signed_in

from survey_app.access import Role
from survey_app.clock import today
from survey_app.models.designs import SamplePlan
from survey_app.models.people import Outcome
from survey_app.models.rounds import Mode, RatingScope
from survey_app.security import KeyRing
from survey_app.services.board import Board, fieldwork


def a_board(session: Session, tmp_path, n_votes: int, *, anonymous: bool, days_ago: int = 1) -> Board:
    """Twelve people who rate U1, twelve who rate U2; so many of U1's have sent a ballot."""
    keys = KeyRing(tmp_path / "keys")
    plan = a_plan(a_group(scope=RatingScope.OWN))
    survey_round = make_round(session, keys, plan, {"staff": people(24, "U1", "U2")})
    survey_round.groups[0].anonymous = anonymous
    key = keys.read("small")
    of_u1 = [voter for voter in voters(session, survey_round, key) if int(voter.ref) % 2 == 1]
    for voter in of_u1[:n_votes]:
        vote(session, voter, key, day=today() - timedelta(days=days_ago))
    for voter in of_u1[n_votes : n_votes + 2]:
        session.add(Outcome(invitee_id=voter.invitee_id, code="2.11", noted_on=today()))
    strata = [{"code": unit, "population": 400, "completes": 6, "invite": 12} for unit in ("U1", "U2")]
    outcome = {"total": 12, "strata": strata, "deff": 1.5}
    group_id = survey_round.groups[0].id
    session.add(
        SamplePlan(
            survey_round_id=survey_round.id,
            respondent_group_id=group_id,
            name="p",
            spec={},
            outcome=outcome,
            justification="",
            saved_on=today(),
            adopted_on=today(),
        )
    )
    session.flush()
    return fieldwork(session, survey_round, today())


def test_groups_that_are_not_anonymous_are_counted_exactly_and_to_today(session: Session, tmp_path):
    board = a_board(session, tmp_path, 5, anonymous=False, days_ago=0)
    group, (slow, fast) = board.groups[0], board.units
    assert (group.ballots, group.invited, group.target, group.refused) == (5, 24, 12, 2)
    assert (slow.unit_code, slow.ballots, fast.unit_code, fast.ballots, fast.target) == ("U2", 0, "U1", 5, 6)
    assert group.rates is not None
    assert group.rates.rr1 == pytest.approx(5 / 24)
    assert group.rates.ref1 == pytest.approx(2 / 24)
    # 1.96 * sqrt(deff * 0.25 / n * (1 - n / N)): no ballot of a poster, no plan left out
    assert group.margin == pytest.approx(1.959964 * (1.5 * 0.25 / 5 * (1 - 5 / 24)) ** 0.5, rel=0.06)


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("n_votes", "shown"), [(2, 0), (3, 3), (5, 3), (6, 6)])
def test_anonymous_groups_are_counted_in_steps_of_k(session: Session, tmp_path, n_votes: int, shown: int):
    board = a_board(session, tmp_path, n_votes, anonymous=True)
    assert board.groups[0].ballots == shown
    assert {unit.unit_code: unit.ballots for unit in board.units} == {"U1": shown, "U2": 0}
    assert board.groups[0].refused is None
    assert all(n % 3 == 0 for _day, n in board.groups[0].days)


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_a_day_stands_in_the_table_only_if_a_step_was_filled_on_it(session: Session, tmp_path):
    assert a_board(session, tmp_path, 2, anonymous=True, days_ago=1).groups[0].days == []


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_nobody_sees_an_anonymous_ballot_arrive_today(session: Session, tmp_path):
    board = a_board(session, tmp_path, 9, anonymous=True, days_ago=0)
    assert board.groups[0].ballots == 0
    assert board.until < today()


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_a_unit_shows_neither_a_count_of_fewer_than_k_people_nor_that_all_answered(session: Session, tmp_path):
    keys = KeyRing(tmp_path / "keys")
    plan = a_plan(a_group(scope=RatingScope.OWN), a_group("all", mode=Mode.OPEN_LINK, scope=RatingScope.OWN))
    few = [*people(12, "U1"), *people(2, "U2", prefix="b")]
    survey_round = make_round(session, keys, plan, {"staff": few}, opened=False)
    key = keys.read("small")
    survey_round.status = "open"  # as if nobody had checked its cells
    session.flush()
    for voter in voters(session, survey_round, key):
        vote(session, voter, key, day=today() - timedelta(days=1))
    board = fieldwork(session, survey_round, today())
    shown = {(unit.group_code, unit.unit_code): unit.ballots for unit in board.units}
    assert (shown["staff", "U1"], shown["staff", "U2"], shown["all", "U1"]) == (
        9,
        None,
        0,
    )  # nor that all twelve answered
    assert [unit.margin for unit in board.units if unit.group_code == "all"] == [None] * 4


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_the_board_is_a_page_with_a_fresh_part_a_chart_and_an_export(app: flask.Flask, session: Session):
    keys = app.extensions["keys"]
    survey_round = make_round(session, keys, a_plan(a_group(scope=RatingScope.OWN)), {"staff": people(24, "U1", "U2")})
    for voter in voters(session, survey_round, keys.read("small"))[:8]:
        assert vote(session, voter, keys.read("small"), day=today() - timedelta(days=1))
    session.commit()
    researcher = signed_in(app, Role.RESEARCHER, round_code="small")
    page = researcher.get("/rounds/small/board/")
    assert page.status_code == 200
    assert "data-live" in page.text
    assert "≥ 6" in page.text
    assert page.text.count("dưới 3") == 0
    assert page.text.count("≥ 3") == 2  # four of each unit's people
    assert researcher.get("/rounds/small/board/groups").text.count("<h1") == 0
    assert researcher.get("/rounds/small/board/days.svg").mimetype == "image/svg+xml"
    assert researcher.get("/rounds/small/board/?format=xlsx").data[:2] == b"PK"
    assert signed_in(app, Role.RESEARCHER, username="other").get("/rounds/none/board/").status_code == 404
    assert signed_in(app, Role.APPRAISER, username="third").get("/rounds/small/board/").status_code == 403
