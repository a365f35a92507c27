"""Purging a round: what is known of its people is destroyed; ballots, scores and counts stay.

The contact key is destroyed last, when nothing else can fail any more. From then on no copy of the database and of the
folder of files, however old, leads to a name. If the commit fails after that, the next night does the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, String, Update, cast, delete, literal, select, update
from sqlalchemy.orm import Session

from survey_app.models.jobs import Job, JobState
from survey_app.models.people import Contact, DataRequest, Mailing, MailItem, PaymentLine, PaymentList
from survey_app.models.roll import Invitee
from survey_app.models.rounds import RespondentGroup, Stage, SurveyRound
from survey_app.queries.personal_data import Held, held_by_rounds
from survey_app.security import KeyRing
from survey_app.services.files import FileStore, destroy_files_of_round
from survey_app.services.roll import destroy_outgoing_files


class PurgeRefused(ValueError):
    """Something needs the names still; ``codes`` say what."""

    def __init__(self, round_code: str, codes: tuple[str, ...]) -> None:
        super().__init__(f"{round_code}: {', '.join(codes)}")
        self.round_code, self.codes = round_code, codes


@dataclass(frozen=True, slots=True)
class Purged:
    """How much went."""

    contacts: int
    files: int
    letters: int
    payments: int


def due_day(held: Held, days: int) -> date | None:
    """The day on which a round's people are to be forgotten; None while the round runs, and once it is done.

    A round that was never opened is counted from the day it was to close.
    """
    if held.purged_on is not None:
        return None
    ended = held.closes_on if held.stage == Stage.DRAFT else held.ended_on
    return min(ended, date.max - timedelta(days=days)) + timedelta(days=days) if ended else None


def obstacles(held: Held, today: date) -> tuple[str, ...]:
    """Why a round cannot be purged yet."""
    found = {
        "still_open": held.stage == Stage.OPEN or (held.stage == Stage.DRAFT and held.closes_on >= today),
        "payments_open": held.n_open_payment_lists > 0,
        "requests_open": held.n_open_requests > 0,
    }
    return tuple(code for code, stands in found.items() if stands)


def purge_round(
    session: Session, files: FileStore, contact_keys: KeyRing, survey_round: SurveyRound, today: date
) -> Purged:
    """Destroy what is known of the round's people: contacts, letters' traces, files, names on payment lists, the key.

    Amounts of payments, who was invited by number, what became of letters, outcomes, draws and their hashes stay. It
    cannot be undone; a second time finds nothing and changes nothing.
    """
    (held,) = held_by_rounds(session, survey_round.code)
    if found := obstacles(held, today):
        raise PurgeRefused(survey_round.code, found)
    invitees = select(Invitee.id).where(Invitee.survey_round_id == survey_round.id)
    session.execute(delete(Contact).where(Contact.invitee_id.in_(invitees)))
    session.execute(_unaddressed_letters(survey_round))
    lists = select(PaymentList.id).where(PaymentList.survey_round_id == survey_round.id)
    session.execute(update(PaymentLine).where(PaymentLine.payment_list_id.in_(lists)).values(sealed=b""))
    session.execute(update(DataRequest).where(DataRequest.survey_round_id == survey_round.id).values(sealed=b""))
    session.execute(_refused_jobs(survey_round).values(outcome={"code": "purged", "params": {}}))
    survey_round.purged_on = survey_round.purged_on or today
    session.flush()
    destroy_outgoing_files(session, today, survey_round=survey_round)
    destroy_files_of_round(session, files, survey_round.id, today, with_codes_only=False)
    contact_keys.destroy(survey_round.code)
    return Purged(held.n_contacts, held.n_files, held.n_letters, held.n_payments)


def _refused_jobs(survey_round: SurveyRound) -> Update:
    """What was refused was said with the cells of lists: a name, where a column was taken for another one."""
    return update(Job).where(Job.survey_round_id == survey_round.id, Job.state == JobState.FAILED)


def _unaddressed_letters(survey_round: SurveyRound) -> Update:
    """Letters count still; no return address of one that lies in a mailbox leads to a number on the roll any more."""
    numbered = literal("purged-") + cast(MailItem.mailing_id, String) + "-" + cast(MailItem.invitee_id, String)
    ours = MailItem.mailing_id.in_(_mailings(survey_round))
    return update(MailItem).where(ours).values(bounce_token=numbered, refusal=None)


def _mailings(survey_round: SurveyRound) -> Select[Any]:
    return (
        select(Mailing.id)
        .join(RespondentGroup, RespondentGroup.id == Mailing.respondent_group_id)
        .where(RespondentGroup.survey_round_id == survey_round.id)
    )
