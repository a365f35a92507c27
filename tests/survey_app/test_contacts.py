"""Names and addresses lie sealed: a row tells whether there is an e-mail address or a telephone number, no more."""

from uuid import UUID

import pytest
from rounds import a_group, a_plan, make_round, people, voters
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.config import Config
from survey_app.models.people import Contact
from survey_app.models.roll import Invitee
from survey_app.models.rounds import SurveyRound
from survey_app.security import KeyRing, SealBroken
from survey_app.services.contacts import (
    contact_of,
    contacts_of,
    forget_contacts,
    open_contact,
    save_contacts,
    seal_contact,
)

KEY, OTHER = bytes(32), bytes(31) + b"\1"
SOMEBODY = {"name": "Trần Thị Bình", "phone": "+84912345678", "email": "binh@hanoi.gov.vn", "unit": "U1"}


@pytest.fixture
def survey_round(session: Session, config: Config) -> SurveyRound:
    return make_round(session, KeyRing(config.key_dir), a_plan(a_group()), {"staff": people(12)}, opened=False)


def ids_by_ref(session: Session, survey_round: SurveyRound, config: Config) -> dict[str, UUID]:
    found = voters(session, survey_round, KeyRing(config.key_dir).read(survey_round.code))
    return {voter.ref: voter.invitee_id for voter in found}


def test_a_sealed_contact_opens_with_its_key_alone_and_tells_no_length():
    short, long = seal_contact(KEY, {"name": "An"}), seal_contact(KEY, SOMEBODY | {"address": "Số 1, " * 20})
    assert len(short) == len(long)
    assert open_contact(KEY, seal_contact(KEY, SOMEBODY | {"address": ""})) == SOMEBODY
    assert seal_contact(KEY, SOMEBODY) != seal_contact(KEY, SOMEBODY)
    for name in ("Bình", "0912345678", "binh@"):
        assert name.encode() not in seal_contact(KEY, SOMEBODY)
    with pytest.raises(SealBroken, match="contacts do not open"):
        open_contact(OTHER, short)
    with pytest.raises(SealBroken):
        open_contact(KEY, short[:-1])


def test_contacts_are_kept_replaced_read_by_ref_and_forgotten(
    session: Session, survey_round: SurveyRound, config: Config
):
    ids = ids_by_ref(session, survey_round, config)
    assert save_contacts(session, KEY, {ids["002"]: {"name": "An"}, ids["001"]: SOMEBODY, ids["003"]: SOMEBODY}) == 3
    assert save_contacts(session, KEY, {ids["002"]: {"name": "An", "email": "an@hanoi.gov.vn"}}) == 1
    assert save_contacts(session, KEY, {}) == 0
    known = {row.invitee_id: (row.has_email, row.has_phone) for row in session.execute(select(Contact.__table__))}
    assert known == {ids["001"]: (True, True), ids["002"]: (True, False), ids["003"]: (True, True)}
    assert contact_of(session, KEY, ids["002"]) == {"name": "An", "email": "an@hanoi.gov.vn"}
    forget_contacts(session, [ids["003"]])
    assert contact_of(session, KEY, ids["003"]) == {}
    (group,) = survey_round.groups
    reached = list(contacts_of(session, KEY, group))
    assert [one.ref for one in reached] == sorted(ids)
    assert [one.contact.get("name") for one in reached[:3]] == ["Trần Thị Bình", "An", None]


def test_nobody_writes_to_those_in_reserve_or_revoked(session: Session, survey_round: SurveyRound, config: Config):
    ids = ids_by_ref(session, survey_round, config)
    session.get_one(Invitee, ids["001"]).revoked_on = survey_round.opens_on
    session.get_one(Invitee, ids["002"]).wave = 1
    (group,) = survey_round.groups
    assert [one.ref for one in contacts_of(session, KEY, group)][:1] == ["003"]
    group.released_wave = 1
    assert [one.ref for one in contacts_of(session, KEY, group)][:1] == ["002"]
    assert len(list(contacts_of(session, KEY, group, released_only=False))) == 12
