"""Sending a mailing: one letter after the other, each noted as soon as the server took it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from survey_app.documents.mail import MailHead, mail_message, return_address
from survey_app.invitation_letters import NAMELESS, Voice, voice_of
from survey_app.jobs.registry import job
from survey_app.jobs.running import Run
from survey_app.mail_words import filled_mail
from survey_app.models.base import Facts
from survey_app.models.people import Mailing
from survey_app.models.rounds import RespondentGroup, SurveyRound
from survey_app.post import NoPost, Post, Refused
from survey_app.queries.mailings import counts_of
from survey_app.security import link_secret, write_code
from survey_app.services.contacts import open_contact
from survey_app.services.mailings import Waiting, note_refused, note_sent, waiting

AT_A_TIME = 100  # letters read at once
RETRY_AFTER = 60.0  # seconds before a second attempt; twice as many before the third
BAD_ADDRESS = "5.1.3"  # RFC 3463: bad destination mailbox address syntax


@dataclass(frozen=True, slots=True)
class Sending:
    """What all letters of a mailing are made with."""

    mailing_id: int
    subject: str
    body: str
    voice: Voice
    head: MailHead
    round_key: bytes
    contact_key: bytes
    bounces_to: str


def refusal_words(code: str, params: Mapping[str, Any]) -> str:
    """Why a mailing stopped."""
    if code == "no_post":
        return gettext(
            "Không kết nối được máy chủ thư (%(reason)s). Những thư chưa gửi vẫn ở hàng chờ; xin thử lại sau.",
            reason=params.get("reason", ""),
        )
    if code == "RoundKeyMissing":
        return gettext("Khóa của đợt không còn trên máy chủ này (đợt đã kết thúc?), nên không lập được đường liên kết.")
    return gettext("Chưa gửi được thư (%(code)s).", code=code)


@job("mail", title=_l("Gửi thư điện tử"), refusal_words=refusal_words)
def send_mailing(run: Run) -> Facts:
    """Send what is still to be sent of a mailing; params: mailing, base_url, language. Running again goes on."""
    with run.reading() as session:
        sending = _sending(run, session)
        before = counts_of(session, sending.mailing_id)
    if not run.config.smtp_url:
        raise NoPost("SMTP_URL")
    pause = 60 / run.config.mails_per_minute if run.config.mails_per_minute else 0.0
    over = before.over
    with Post(run.config.smtp_url) as post:
        while letters := _next(run, sending):
            _wait(run, over, before.total, RETRY_AFTER * letters[0].attempts)
            for letter in letters:
                over += _send(run, post, sending, letter)
                run.progress(over, before.total)
                time.sleep(pause)
    with run.reading() as session:
        found = counts_of(session, sending.mailing_id)
    place = f"/rounds/{run.params['round']}/mailings/{sending.mailing_id}"
    return {"sent": found.sent, "failed": found.failed, "next": place}


def _wait(run: Run, over: int, total: int, seconds: float) -> None:
    """Before letters that were refused for now are tried again; the job can be cancelled meanwhile."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        run.progress(over, total)
        time.sleep(min(1.0, seconds))


def _sending(run: Run, session: Session) -> Sending:
    mailing = session.get_one(Mailing, run.params["mailing"])
    group = session.get_one(RespondentGroup, mailing.respondent_group_id)
    survey_round = session.get_one(SurveyRound, group.survey_round_id)
    language = run.params["language"]
    voice = voice_of(session, survey_round, group, language=language, base_url=run.params["base_url"], today=run.today)
    return Sending(
        mailing_id=mailing.id,
        subject=mailing.subject,
        body=mailing.body,
        voice=voice,
        head=MailHead(run.config.mail_from, survey_round.asked_by.get(language, ""), language),
        round_key=run.keys.read(survey_round.code),
        contact_key=run.contact_keys.read(survey_round.code),
        bounces_to=run.config.bounces_to or run.config.mail_from,
    )


def _next(run: Run, sending: Sending) -> list[Waiting]:
    with run.reading() as session:
        return waiting(session, sending.mailing_id, most=AT_A_TIME)


def _send(run: Run, post: Post, sending: Sending, letter: Waiting) -> bool:
    """One letter, and a note of what became of it; whether nothing more is to be done with it."""
    refused = _handed_over(post, sending, letter)
    with run.session() as session:
        if refused is None:
            note_sent(session, sending.mailing_id, letter.invitee_id)
            over = True
        else:
            status, for_good = refused.status, refused.for_good
            over = note_refused(session, sending.mailing_id, letter.invitee_id, status, for_good=for_good)
        session.commit()
    return over


def _handed_over(post: Post, sending: Sending, letter: Waiting) -> Refused | None:
    """None if the server took the letter, else why not."""
    contact = open_contact(sending.contact_key, letter.sealed)
    name = contact.get("name", "")
    code = write_code(link_secret(sending.round_key, letter.invitee_id))
    told = {"name": name or NAMELESS[sending.voice.language], "code": code}
    told["link"] = f"{sending.voice.base_url}/p/{code}"
    values = {**sending.voice.values, **told}
    try:
        message = mail_message(
            sending.head,
            to=contact.get("email", ""),
            name=name,
            subject=filled_mail(sending.subject, values),
            body=filled_mail(sending.body, values),
            token=letter.bounce_token,
        )
    except ValueError:
        return Refused(BAD_ADDRESS, for_good=True)
    try:
        post.send(message, return_to=return_address(sending.bounces_to, letter.bounce_token), to=contact["email"])
    except Refused as refused:
        return refused
    return None
