"""What is known of people goes when its time is over; ballots, scores and hashes stay."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner
from rounds import a_plan, make_round
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from staff import an_account

from survey_app.cli.purge import purge as purge_command
from survey_app.clock import today
from survey_app.config import Config
from survey_app.instance import Instance, instance_of
from survey_app.jobs.nightly import every_night
from survey_app.models.accounts import AuditEntry
from survey_app.models.jobs import Job
from survey_app.models.people import Contact, Mailing, MailItem, PaymentLine, PaymentList
from survey_app.models.roll import Invitee
from survey_app.models.rounds import Status, SurveyRound
from survey_app.queries.mailings import mailings_of_round
from survey_app.queries.personal_data import held_by_rounds
from survey_app.roles import Role
from survey_app.security import KeyRing, RoundKeyMissing
from survey_app.services.contacts import save_contacts, seal_contact
from survey_app.services.files import store_file
from survey_app.services.purging import PurgeRefused, due_day, purge_round
from survey_app.services.roll import note_outgoing_file

BINH = {"name": "Nguyễn Thị Bình", "phone": "0912345678"}
only_sqlite = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


@pytest.fixture
def instance(config: Config):
    found = instance_of(config)
    yield found
    found.database.engine.dispose()


def a_round_of_people(session: Session, instance: Instance, code: str = "small") -> SurveyRound:
    """A closed round that knows its people in every way that there is."""
    survey_round = make_round(session, instance.keys, a_plan(code=code, city=code))
    key = instance.contact_keys.make(code)
    invitees = session.scalars(select(Invitee.id).where(Invitee.survey_round_id == survey_round.id)).all()
    save_contacts(session, key, dict.fromkeys(invitees[:10], BINH))
    group = survey_round.groups[0]
    mailing = Mailing(respondent_group_id=group.id, kind="invitation", subject="s", body="b", made_on=today())
    payment = PaymentList(survey_round_id=survey_round.id, title="t", made_on=today(), closed_on=today())
    session.add_all([mailing, payment])
    session.flush()
    session.add(MailItem(mailing_id=mailing.id, invitee_id=invitees[0], bounce_token=f"t{code}"))
    line = {"position": 1, "work": "trả lời phiếu", "quantity": 1, "unit_amount": 50_000}
    session.add(PaymentLine(payment_list_id=payment.id, sealed=seal_contact(key, BINH), **line))
    given = {"kind": "frame", "name": "f.csv", "media_type": "text/csv", "data": b"x", "today": today()}
    store_file(session, instance.files, survey_round=survey_round, contact_key=key, lifetime_days=None, **given)
    refused = {"code": "frame_faults", "params": {"n": 1, "faults": [["B2", "unit_unknown", {"value": "Bình"}]]}}
    job = {"id": uuid4(), "kind": "import_frame", "params": {}, "state": "failed", "created_at": datetime.now(UTC)}
    session.add(Job(survey_round_id=survey_round.id, outcome=refused, **job))
    survey_round.status, survey_round.closed_on = Status.CLOSED, today() - timedelta(days=90)
    session.flush()
    return survey_round


def left(session: Session) -> dict[str, int]:
    counted = {"contact": Contact, "mail_item": MailItem, "payment_line": PaymentLine, "invitee": Invitee}
    return {name: session.scalar(select(func.count()).select_from(table)) for name, table in counted.items()}


def test_a_purge_takes_every_name_and_the_key_and_leaves_counts(session: Session, instance: Instance, tmp_path: Path):
    survey_round = a_round_of_people(session, instance)
    other = a_round_of_people(session, instance, "other")
    (tmp_path / "links.csv").write_text("Bình")
    note_outgoing_file(session, survey_round, tmp_path / "links.csv", today())
    session.commit()
    files = instance.files
    purged = purge_round(session, files, instance.contact_keys, survey_round, today())
    session.commit()
    assert (purged.contacts, purged.files, purged.letters, purged.payments) == (10, 2, 1, 1)
    assert left(session) == {"contact": 10, "mail_item": 2, "payment_line": 2, "invitee": 24}
    said = {job.survey_round_id: str(job.outcome) for job in session.scalars(select(Job))}
    assert ["Bình" in said[one.id] for one in (survey_round, other)] == [False, True]
    assert not (tmp_path / "links.csv").exists()
    with pytest.raises(RoundKeyMissing):
        instance.contact_keys.read("small")
    others, ours = held_by_rounds(session)
    assert ours.holds_nothing
    assert ours.purged_on == today()
    assert (others.n_contacts, others.n_files, others.n_letters, others.n_payments) == (10, 1, 1, 1)
    assert instance.contact_keys.read("other")
    assert session.scalars(select(PaymentLine.unit_amount)).all() == [50_000, 50_000]
    assert other.purged_on is None
    tokens = set(session.scalars(select(MailItem.bounce_token)))
    assert "tother" in tokens
    assert "tsmall" not in tokens  # a letter that comes back leads to nobody
    assert [row.counts.queued for row in mailings_of_round(session, survey_round.id)] == [1]
    again = purge_round(session, files, instance.contact_keys, survey_round, today())
    assert (again.contacts, again.letters) == (0, 0)
    assert set(session.scalars(select(MailItem.bounce_token))) == tokens


@only_sqlite
def test_what_still_needs_the_names_keeps_them(session: Session, instance: Instance):
    survey_round = a_round_of_people(session, instance)
    survey_round.status = Status.OPEN
    session.scalars(select(PaymentList)).one().closed_on = None
    session.flush()
    with pytest.raises(PurgeRefused) as refused:
        purge_round(session, instance.files, instance.contact_keys, survey_round, today())
    assert refused.value.codes == ("still_open", "payments_open")
    assert left(session)["contact"] == 10
    assert instance.contact_keys.read("small")


@only_sqlite
def test_the_day_is_counted_from_the_close_or_the_publication(session: Session, instance: Instance):
    survey_round = a_round_of_people(session, instance)

    def due(**days: date | None) -> date | None:
        for name, day in days.items():
            setattr(survey_round, name, day)
        session.flush()
        return due_day(held_by_rounds(session)[0], 90)

    assert due(closed_on=date(2026, 11, 1)) == date(2027, 1, 30)
    assert due(scored_on=date(2026, 11, 20), published_on=date(2026, 12, 1)) == date(2027, 3, 1)
    assert due(purged_on=date(2027, 3, 1)) is None
    assert due(purged_on=None, published_on=None, scored_on=None, closed_on=None, status=Status.OPEN) is None
    assert due(status=Status.DRAFT, opens_on=date(2026, 10, 1), closes_on=date(2026, 11, 1)) == date(2027, 1, 30)
    assert due(closes_on=date.max) == date.max


@only_sqlite
def test_what_is_due_goes_by_command_or_by_night_and_is_logged(
    session: Session, instance: Instance, monkeypatch: pytest.MonkeyPatch
):
    for name, value in instance.config.environment().items():
        monkeypatch.setenv(name, value)
    first, young = a_round_of_people(session, instance), a_round_of_people(session, instance, "young")
    young.closed_on = today() - timedelta(days=89)
    blocked = a_round_of_people(session, instance, "blocked")
    session.scalars(select(PaymentList).where(PaymentList.survey_round_id == blocked.id)).one().closed_on = None
    an_account(session, Role.RESEARCHER)
    session.commit()
    tried = CliRunner().invoke(purge_command, ["--dry-run"])
    assert "10 người / people, 1 tệp / files" in tried.output
    assert "young" not in tried.output
    session.expire_all()
    assert first.purged_on is None
    session.rollback()
    done = CliRunner().invoke(purge_command)
    assert "small" in done.output
    assert "a payment list is not closed" in done.output
    session.scalars(select(PaymentList).where(PaymentList.survey_round_id == blocked.id)).one().closed_on = today()
    session.commit()
    every_night(instance)
    session.expire_all()
    assert (first.purged_on, blocked.purged_on, young.purged_on) == (today(), today(), None)
    logged = session.execute(select(AuditEntry.subject, AuditEntry.account_name).order_by(AuditEntry.id)).all()
    assert logged == [("small", "survey purge"), ("blocked", "survey purge")]
    session.rollback()
    assert "nothing is due" in CliRunner().invoke(purge_command).output


@only_sqlite
def test_a_purge_whose_commit_failed_is_finished_the_next_time(session: Session, instance: Instance):
    survey_round = a_round_of_people(session, instance)
    session.commit()
    purge_round(session, instance.files, instance.contact_keys, survey_round, today())
    session.rollback()  # the machine stopped: the key is gone, the rows are there
    assert survey_round.purged_on is None
    purge_round(session, instance.files, instance.contact_keys, survey_round, today())
    session.commit()
    assert held_by_rounds(session)[0].holds_nothing
    assert KeyRing(instance.config.contact_key_dir).folder.exists()
