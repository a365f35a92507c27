"""A rehearsal is a round of its own: other people's key, other links, other ballots."""

import flask
import pytest
from rounds import Browser, Voter, a_group, a_plan, make_round, people, vote, voters
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.clock import today
from survey_app.models.roll import DesignCell, Invitee
from survey_app.models.rounds import Mode, RatingScope, SurveyRound
from survey_app.queries.ratings import BallotsSealed, ratings_frame
from survey_app.security import KeyRing
from survey_app.services.closing import close_round, open_box
from survey_app.services.rehearsals import next_rehearsal_code, rehearsal_of


@pytest.fixture
def keys(app: flask.Flask) -> KeyRing:
    return app.extensions["keys"]


@pytest.fixture
def real(session: Session, keys: KeyRing) -> SurveyRound:
    groups = a_group(scope=RatingScope.OWN), a_group("citizens", mode=Mode.OPEN_LINK, scope=RatingScope.OWN)
    return make_round(session, keys, a_plan(*groups), {"staff": people(6, "U1", "U2")})


@pytest.fixture
def rehearsal(session: Session, keys: KeyRing, real: SurveyRound) -> SurveyRound:
    code = next_rehearsal_code(session, real)
    made = rehearsal_of(session, real, code, keys.make(code), today())
    session.commit()
    return made


def everyone(session: Session, keys: KeyRing, survey_round: SurveyRound) -> list[Voter]:
    return voters(session, survey_round, keys.read(survey_round.code))


def close(session: Session, keys: KeyRing, survey_round: SurveyRound) -> None:
    close_round(session, survey_round)
    open_box(session, survey_round, keys.read(survey_round.code))


def test_it_has_the_same_people_in_cells_of_its_own(
    session: Session, keys: KeyRing, real: SurveyRound, rehearsal: SurveyRound
):
    originals, copies = everyone(session, keys, real), everyone(session, keys, rehearsal)
    assert [voter.ref for voter in copies] == [voter.ref for voter in originals]
    for name in ("invitee_id", "secret", "ballot_key", "design_cell_id"):
        assert not {getattr(voter, name) for voter in originals} & {getattr(voter, name) for voter in copies}
    assert (rehearsal.purpose, rehearsal.status) == ("rehearsal", "open")
    assert keys.read(real.code) != keys.read(rehearsal.code)


def test_its_posters_have_public_codes_of_their_own(session: Session, real: SurveyRound, rehearsal: SurveyRound):
    codes = [code for code in session.scalars(select(DesignCell.public_code)) if code]
    assert len(codes) == len(set(codes)) == 8


def test_ballots_of_the_one_never_count_in_the_other(
    session: Session, keys: KeyRing, real: SurveyRound, rehearsal: SurveyRound
):
    for survey_round, said in ((real, "meant"), (rehearsal, "played")):
        for voter in everyone(session, keys, survey_round):
            assert vote(session, voter, keys.read(survey_round.code), {"comment": said})
    close(session, keys, rehearsal)
    assert set(ratings_frame(session, rehearsal.id)["comment"]) == {"played"}
    with pytest.raises(BallotsSealed):
        ratings_frame(session, real.id)
    close(session, keys, real)
    for survey_round, said in ((real, "meant"), (rehearsal, "played")):
        frame = ratings_frame(session, survey_round.id)
        assert set(frame["comment"]) == {said}
        assert frame["ballot"].nunique() == 6


def test_a_ballot_for_the_one_is_not_taken_by_the_other(
    session: Session, keys: KeyRing, real: SurveyRound, rehearsal: SurveyRound
):
    """Not even with the cell of the one and the round of the other."""
    voter, copy = everyone(session, keys, real)[0], everyone(session, keys, rehearsal)[0]
    mixed = Voter(
        voter.ref,
        voter.invitee_id,
        voter.secret,
        voter.ballot_key,
        copy.design_cell_id,
        voter.instrument_version_id,
        voter.survey_round_id,
    )
    assert not vote(session, mixed, keys.read(real.code))


def test_a_link_opens_its_own_round_and_says_when_that_is_a_rehearsal(
    app: flask.Flask, session: Session, keys: KeyRing, real: SurveyRound, rehearsal: SurveyRound
):
    for survey_round in (real, rehearsal):
        voter = everyone(session, keys, survey_round)[0]
        session.rollback()
        assert Browser(app.test_client()).answer(f"/p/{voter.code}", comment=survey_round.code).status == 200
    session.rollback()
    for survey_round in (real, rehearsal):
        close(session, keys, survey_round)
        assert set(ratings_frame(session, survey_round.id)["comment"]) == {survey_round.code}


def test_when_the_rehearsal_is_closed_the_real_links_still_work(
    app: flask.Flask, session: Session, keys: KeyRing, real: SurveyRound, rehearsal: SurveyRound
):
    played, meant = everyone(session, keys, rehearsal)[0], everyone(session, keys, real)[0]
    close(session, keys, rehearsal)
    session.commit()
    keys.destroy(rehearsal.code)
    assert Browser(app.test_client()).go(f"/p/{played.code}").status == 410
    assert Browser(app.test_client()).answer(f"/p/{meant.code}").path.endswith("/thanks")


def test_rehearsals_are_numbered(session: Session, keys: KeyRing, real: SurveyRound, rehearsal: SurveyRound):
    assert rehearsal.code == "small-dien-tap-1"
    assert next_rehearsal_code(session, real) == "small-dien-tap-2"
    assert session.scalar(select(Invitee.id).where(Invitee.survey_round_id == rehearsal.id).limit(1))
