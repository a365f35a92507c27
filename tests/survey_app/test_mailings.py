"""Letters by e-mail, through a real SMTP server."""

import email
import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from email.message import EmailMessage
from email.policy import default

import flask
import pytest
from aiosmtpd.controller import Controller
from rounds import a_group, a_plan, make_round, people, voters
from serving import free_port
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from staff import signed_in

from survey_app.access import Role
from survey_app.app import create_app
from survey_app.clock import today
from survey_app.config import Config
from survey_app.instance import instance_of
from survey_app.jobs import mail as sending
from survey_app.jobs.running import run_job
from survey_app.models.jobs import Job, JobState
from survey_app.models.people import MailItem, MailState, Outcome
from survey_app.models.rounds import Mode
from survey_app.security import KeyRing
from survey_app.services.bounces import Bounce, read_bounce
from survey_app.services.contacts import save_contacts
from survey_app.services.mailings import MailKind, MailRefused, MailWords, check_words, new_mailing, note_bounces
from survey_app.services.purging import purge_round

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

INVITED = "/rounds/small/invitations/"
WORDS = MailWords("Mời trả lời", "Kính gửi {name},\n\n{link}\n\n{hotline} số máy")


@dataclass
class Inbox:
    """A mail server that refuses one address for good and another at first."""

    letters: list[EmailMessage] = field(default_factory=list)
    return_to: list[str] = field(default_factory=list)
    attempts: dict[str, int] = field(default_factory=dict)

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        self.attempts[address] = self.attempts.get(address, 0) + 1
        if address.startswith("khong-co"):
            return "550 5.1.1 no such user"
        if address.startswith("ban") and self.attempts[address] == 1:
            return "451 4.3.0 try later"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        self.letters.append(email.message_from_bytes(envelope.content, policy=default))
        self.return_to.append(envelope.mail_from)
        return "250 ok"


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, str]]:
    found = Inbox()
    server = Controller(found, hostname="127.0.0.1", port=free_port())
    server.start()
    yield found, f"smtp://127.0.0.1:{server.port}"
    server.stop()


def invited(session: Session, config: Config, *, n: int = 12, anonymous: bool = True):
    """A round whose people have addresses; the first does not exist, the second's server is busy."""
    keys, contact_keys = KeyRing(config.key_dir), KeyRing(config.contact_key_dir)
    survey_round = make_round(session, keys, invited={"staff": people(n)})
    survey_round.groups[0].anonymous = anonymous
    contact_key = contact_keys.make("small")
    known = voters(session, survey_round, keys.read("small"))
    users = ["khong-co", "ban", *(f"nguoi{i}" for i in range(2, n))]
    contacts = {
        v.invitee_id: {"name": f"Trần <{u}>", "email": f"{u}@example.vn"} for v, u in zip(known, users, strict=True)
    }
    save_contacts(session, contact_key, contacts)
    session.commit()
    return survey_round, known


def test_a_mailing_reaches_everybody_once_with_the_link_of_each(
    config: Config, session: Session, inbox: tuple[Inbox, str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sending, "RETRY_AFTER", 0.01)
    box, url = inbox
    config = replace(config, smtp_url=url, mail_from="khaosat@example.vn")
    _round, known = invited(session, config)
    app = create_app(config)
    client = signed_in(app, Role.RESEARCHER, round_code="small")
    address = "/rounds/small/mailings/new/staff/invitation"
    looked = client.get(address)
    assert "Nguyễn Văn A" in looked.text
    assert "Chưa có số điện thoại giải đáp" in looked.text
    assert "bắt đầu bằng http://localhost: chỉ máy này mở được" in looked.text
    words = {"language": "vi", "subject": WORDS.subject, "body": WORDS.body, "act": "send", "sure": "y"}
    assert client.post(address, data=words | {"sure": ""}).status_code == 422  # asked twice: it cannot be taken back
    started = client.post(address, data=words)
    assert started.status_code == 303
    assert client.post(address, data=words).status_code == 422  # a second click on the same day
    session.expire_all()
    (job,) = session.scalars(select(Job)).all()
    assert not {voter.code for voter in known} & set(str(job.params).split())
    job_id = job.id
    session.rollback()
    assert run_job(instance_of(config), job_id) == JobState.DONE
    sent = {letter["To"].addresses[0].addr_spec: letter for letter in box.letters}
    assert len(box.letters) == len(sent) == 11
    assert sent["ban@example.vn"]
    for voter, user in zip(known[2:], (f"nguoi{i}" for i in range(2, 12)), strict=True):
        text = sent[f"{user}@example.vn"].get_content()
        assert f"/p/{voter.code}" in text
        assert f"Kính gửi Trần <{user}>," in text
        assert "số máy" not in text  # a paragraph whose place is empty
    states = dict(session.execute(select(MailItem.invitee_id, MailItem.state)).all())
    assert "Đã gửi thư mời cho nhóm này ngày" in client.get(address).text
    session.rollback()
    assert states[known[0].invitee_id] == MailState.FAILED
    assert list(states.values()).count(MailState.SENT) == 11
    page = client.get(f"/rounds/small/mailings/{1}")
    assert "khong-co@example.vn" in page.text
    assert "5.1.1" in page.text
    # One comes back: the report names the token of the letter's return address.
    session.rollback()
    token = box.return_to[0].split("+")[1].split("@")[0]
    returned = client.post("/rounds/small/mailings/bounces", data={"returned": (as_file(report(token)), "b.eml")})
    assert returned.status_code == 303
    session.expire_all()
    assert [item.state for item in session.scalars(select(MailItem)) if item.bounce_token == token] == ["bounced"]
    app.extensions["database"].engine.dispose()


def report(token: str, action: str = "failed") -> bytes:
    return (
        f"From: <>\r\nTo: khaosat+{token}@example.vn\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\r\n\r\n'
        "--x\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.vn\r\n\r\n"
        f"Final-Recipient: rfc822; someone@example.vn\r\nAction: {action}\r\nStatus: 5.2.2 (full)\r\n\r\n--x--\r\n"
    ).encode()


def as_file(data: bytes):
    return io.BytesIO(data)


def test_only_failures_count_as_bounces(engine_url: str):
    token = "ab" * 12
    assert read_bounce(report(token)) == Bounce(token, "5.2.2")
    assert read_bounce(report(token, "delayed")) is None
    assert read_bounce(b"Subject: hello\r\n\r\nan ordinary letter") is None
    assert read_bounce(b"\xff\x00 nonsense") is None
    for address in (b"a@", b'"', b":;<>", b"x@[1.2", b">,?>,a\x00];;[, .a@>))"):
        assert read_bounce(b"To: " + address + b"\r\n\r\nspam") is None
    assert read_bounce(b"".join(b'Content-Type: a/b; boundary="%d"\n\n--%d\n' % (i, i) for i in range(2000))) is None
    assert read_bounce(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" * 2000) is None
    assert read_bounce(report(token).replace(b"5.2.2 (full)", b"5\x00.1")) == Bounce(token, "")


def test_a_mailbox_of_returned_letters_is_read_in_memory_and_counts_in_its_own_round(
    app: flask.Flask, session: Session, config: Config, monkeypatch: pytest.MonkeyPatch
):
    survey_round, _known = invited(session, config)
    group = survey_round.groups[0]
    mailing = new_mailing(session, survey_round, group, MailKind.INVITATION, WORDS, today=today(), account_id=None)
    make_round(session, KeyRing(config.key_dir), a_plan(code="other"))
    items = session.scalars(select(MailItem).where(MailItem.mailing_id == mailing.id).limit(2)).all()
    for item in items:
        item.state = MailState.SENT
    box = b"\n".join(b"From MAILER-DAEMON Sun Nov 22\n" + report(item.bounce_token) for item in items)
    session.commit()
    monkeypatch.setattr("tempfile.mkdtemp", None)
    client = signed_in(app, Role.RESEARCHER)
    for code, state in (("other", MailState.SENT), ("small", MailState.BOUNCED)):
        client.post(f"/rounds/{code}/mailings/bounces", data={"returned": (as_file(box), "b.mbox")})
        session.expire_all()
        assert {item.state for item in items} == {state}
        session.rollback()


def test_reminders_go_to_all_who_are_anonymous_and_elsewhere_to_those_without_an_outcome(
    session: Session, config: Config
):
    survey_round, known = invited(session, config)
    group = survey_round.groups[0]
    session.add(Outcome(invitee_id=known[3].invitee_id, code="2.11", noted_on=date(2026, 11, 1)))
    session.flush()

    def reminded(day: int) -> int:
        made = new_mailing(
            session, survey_round, group, MailKind.REMINDER, WORDS, today=date(2026, 11, day), account_id=None
        )
        return len(session.scalars(select(MailItem).where(MailItem.mailing_id == made.id)).all())

    assert reminded(2) == 12
    group.anonymous = False
    assert reminded(3) == 11
    with pytest.raises(MailRefused, match="already_today"):
        reminded(3)
    assert note_bounces(session, [("00" * 12, "5.0.0")]) == 0


@pytest.mark.parametrize(
    ("subject", "body", "code"),
    [
        ("s", "no place", "missing_place"),
        ("s", "{link} {surname}", "unknown_place"),
        ("{name}", "{link}", "person_in_subject"),
        ("s", "{link} }", "loose_brace"),
        ("a\nBcc: all@example.vn", "{link}", "too_long"),
        ("", "{link}", "empty"),
    ],
)
def test_words_that_make_no_letter_are_refused(engine_url: str, subject: str, body: str, code: str):
    with pytest.raises(MailRefused, match=code):
        check_words(MailWords(subject, body))


def test_without_a_mail_server_nothing_is_lost(config: Config, session: Session, app: flask.Flask):
    invited(session, config)
    client = signed_in(app, Role.RESEARCHER)
    assert "Hệ thống chưa được khai báo máy chủ thư (SMTP_URL" in client.get("/rounds/small/mailings/").text
    words = {"language": "vi", "subject": WORDS.subject, "body": WORDS.body, "act": "send", "sure": "y"}
    client.post("/rounds/small/mailings/new/staff/invitation", data=words)
    (job,) = session.scalars(select(Job)).all()
    job_id = job.id
    session.rollback()
    assert run_job(instance_of(replace(config, smtp_url="smtp://127.0.0.1:9", mail_from="a@b.vn")), job_id) == "failed"
    session.expire_all()
    assert session.get_one(Job, job_id).outcome["code"] == "no_post"
    assert {item.state for item in session.scalars(select(MailItem))} == {MailState.QUEUED}


def test_after_the_close_no_letter_or_poster_is_offered(app: flask.Flask, session: Session):
    groups = (a_group(), a_group("citizens", mode=Mode.OPEN_LINK))
    make_round(session, app.extensions["keys"], a_plan(*groups)).status = "closed"
    session.commit()
    client = signed_in(app, Role.RESEARCHER)
    for address in ("staff/letters", "citizens/posters"):
        page = client.get(f"/rounds/small/invitations/{address}").text
        assert "các đường liên kết không còn dùng được" in page
        assert "PDF" not in page


def test_after_a_purge_counts_stay_and_nobody_is_looked_for(config: Config, app: flask.Flask, session: Session):
    survey_round, _known = invited(session, config)
    staff, days = survey_round.groups[0], {"today": today(), "account_id": None}
    mailing = new_mailing(session, survey_round, staff, MailKind.INVITATION, WORDS, **days)
    session.flush()
    session.execute(update(MailItem).values(state=MailState.SENT))
    first = session.scalars(select(MailItem)).first()
    first.state = MailState.FAILED
    survey_round.status, survey_round.closed_on, address = "closed", today(), f"/rounds/small/mailings/{mailing.id}"
    session.flush()
    instance = instance_of(config)
    purge_round(session, instance.files, instance.contact_keys, survey_round, date(2027, 3, 1))
    session.commit()
    client = signed_in(app, Role.RESEARCHER)
    client.post(f"{address}/again")
    pages = {name: client.get(name).text for name in (address, "/rounds/small/mailings/", INVITED, f"{INVITED}staff")}
    assert [name for name, text in pages.items() if "đã xóa ngày 01/03/2027" not in text] == []
    assert '<dd class="figure">11</dd>' in pages[address]
    assert '<dd class="figure">1</dd>' in pages[address]
    assert "Gửi lại" not in pages[address]
    assert '<td class="number">11</td>' in pages["/rounds/small/mailings/"]
    assert '<td class="number">12</td><td class="number">–</td><td class="number">–</td>' in pages[INVITED]
    assert "Đã mời 12 người." in pages[f"{INVITED}staff"]
    assert "Tìm theo tên" not in pages[f"{INVITED}staff"]
