"""Withdrawing and restoring links, lists taken off the roll: the promises to those who stay on it are kept."""

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import flask
import pytest
from rounds import Browser, a_group, a_plan, make_round, people, voters
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.clock import today
from survey_app.config import Config
from survey_app.models.people import Contact
from survey_app.models.roll import DesignCell, Invitee
from survey_app.models.rounds import RatingScope, SurveyRound
from survey_app.queries.invitations import group_counts
from survey_app.queries.rounds import round_by_code
from survey_app.security import KeyRing
from survey_app.services.contacts import contacts_of
from survey_app.services.invitations import (
    Guest,
    InvitationRefused,
    clear_group,
    invite_list,
    restore,
    revoke,
    try_list,
)
from survey_app.services.opening import open_round
from survey_app.services.roll import RefTaken

KEY = bytes(32)
OWN = a_group(scope=RatingScope.OWN)
GUESTS = [
    Guest(f"{i:02}", ("U1", "U2")[i % 2], {"name": f"Người {i}", "email": "a@b.vn"} if i else {}) for i in range(8)
]


@pytest.fixture
def keys(config: Config) -> KeyRing:
    return KeyRing(config.key_dir)


def ids_by_ref(session: Session, survey_round: SurveyRound) -> dict[str, UUID]:
    return dict(
        session.execute(select(Invitee.ref, Invitee.id).where(Invitee.survey_round_id == survey_round.id)).all()
    )


def on_the_roll(session: Session) -> list[int]:
    return [session.scalar(select(func.count()).select_from(table)) for table in (Invitee, Contact, DesignCell)]


def empty_round(session: Session, keys: KeyRing, **plan) -> SurveyRound:
    made = make_round(session, keys, a_plan(OWN, **plan), {"staff": people(3, "U1")}, opened=False)
    clear_group(session, made, made.groups[0])
    return made


def test_a_list_is_invited_with_its_contacts_in_one_go_or_only_tried(session: Session, keys: KeyRing):
    survey_round = empty_round(session, keys)
    (group,) = survey_round.groups
    tried = try_list(session, survey_round, group, GUESTS, seed=5)
    assert on_the_roll(session) == [0, 0, 0]
    assert group.list_sha256 is None
    dealt = invite_list(session, survey_round, group, GUESTS, round_key=KEY, contact_key=KEY, seed=5)
    assert dealt == tried
    assert [(cell.code, cell.n_invited) for cell in dealt.cells] == [("U1", 4), ("U2", 4)]
    assert dealt.small == ()
    assert on_the_roll(session) == [8, 7, 2]
    assert [one.contact.get("name") for one in contacts_of(session, KEY, group)][:3] == [None, "Người 1", "Người 2"]
    (count,) = group_counts(session, survey_round)
    assert (count.n_invited, count.n_email, count.n_phone, count.n_cells) == (8, 7, 0, 2)
    assert clear_group(session, survey_round, group) == 8
    assert on_the_roll(session) == [0, 0, 0]
    survey_round.min_cell = 5
    assert [cell.cell_code for cell in try_list(session, survey_round, group, GUESTS, seed=5).small] == ["U1", "U2"]
    with pytest.raises(RefTaken):
        try_list(session, survey_round, group, [*GUESTS, GUESTS[0]], seed=5)
    assert on_the_roll(session) == [0, 0, 0]


def test_a_link_is_withdrawn_and_restored_only_while_the_others_stay_hidden(session: Session, keys: KeyRing):
    survey_round = make_round(session, keys, a_plan(OWN), {"staff": people(8, "U1", "U2")})
    ids = ids_by_ref(session, survey_round)
    assert revoke(session, survey_round, ids["001"], today()) == "001"
    with pytest.raises(InvitationRefused, match="revoked_already"):
        revoke(session, survey_round, ids["001"], today())
    with pytest.raises(InvitationRefused, match="cell_too_small") as refusal:
        revoke(session, survey_round, ids["003"], today())
    assert refusal.value.params == {"ref": "003", "cell": "U1", "left": 2, "min_cell": 3}
    session.rollback()


@pytest.mark.parametrize("engine_url", ["postgresql"], indirect=True)
def test_of_two_links_withdrawn_at_once_the_second_sees_the_first(session: Session, keys: KeyRing):
    survey_round = make_round(session, keys, a_plan(OWN), {"staff": people(4, "U1")})
    ids = ids_by_ref(session, survey_round)
    session.commit()

    def withdraw_another() -> None:
        with Session(session.get_bind()) as other:
            revoke(other, round_by_code(other, "small"), ids["002"], today())
            other.commit()

    revoke(session, survey_round, ids["001"], today())
    with ThreadPoolExecutor() as elsewhere:
        second = elsewhere.submit(withdraw_another)
        time.sleep(0.3)
        session.commit()
        with pytest.raises(InvitationRefused, match="cell_too_small"):
            second.result(timeout=10)


def test_withdrawing_in_a_draft_is_free_and_in_a_closed_round_is_too_late(session: Session, keys: KeyRing):
    survey_round = make_round(session, keys, a_plan(OWN), {"staff": people(3, "U1")}, opened=False)
    ids = ids_by_ref(session, survey_round)
    revoke(session, survey_round, ids["001"], today())
    cell = session.scalars(select(DesignCell)).one()
    (count,) = group_counts(session, survey_round)
    assert (cell.n_invited, count.n_invited, count.n_revoked) == (2, 2, 1)
    assert restore(session, survey_round, ids["001"]) == "001"
    assert cell.n_invited == 3
    with pytest.raises(InvitationRefused, match="not_revoked"):
        restore(session, survey_round, ids["001"])
    open_round(session, survey_round)
    with pytest.raises(InvitationRefused, match="not_a_draft"):
        clear_group(session, survey_round, survey_round.groups[0])
    survey_round.status = "closed"
    for act in (
        lambda: revoke(session, survey_round, ids["002"], today()),
        lambda: restore(session, survey_round, ids["002"]),
    ):
        with pytest.raises(InvitationRefused, match="closed"):
            act()
    with pytest.raises(InvitationRefused, match="unknown_invitee"):
        revoke(session, survey_round, UUID(int=1), today())


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_a_withdrawn_link_opens_nothing_and_sends_nothing(app: flask.Flask, session: Session, keys: KeyRing):
    survey_round = make_round(session, keys)
    first, second = voters(session, survey_round, keys.read("small"))[:2]
    session.commit()
    inside = Browser(app.test_client())
    sheet = inside.go(f"/p/{first.code}")
    while not sheet.path.endswith("/review"):
        sheet = inside.go(*sheet.filled_in("x"))
    for voter in (first, second):
        revoke(session, survey_round, voter.invitee_id, today())
    session.commit()
    assert inside.go(*sheet.filled_in("")).status == 410
    page = Browser(app.test_client()).go(f"/p/{second.code}")
    assert page.status == 410
    assert "thu hồi" in page.text
    restore(session, survey_round, first.invitee_id)
    session.commit()
    assert "receipt" in inside.go(*sheet.filled_in("")).text
