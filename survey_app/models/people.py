"""What is known of people: how to reach them, what they asked of us, what they are paid. Never what they answered.

Names, telephone numbers and addresses lie sealed under the round's contact key, a file outside the database. Destroying
that key is the purge: no copy of the database leads to a name afterwards.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.accounts import Account
from survey_app.models.base import Base, Texts
from survey_app.models.roll import Invitee
from survey_app.models.rounds import RespondentGroup, SurveyRound, one_of


class MailState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"  # refused for good, or too often for now
    BOUNCED = "bounced"  # came back after it was taken


class RequestKind(StrEnum):
    ACCESS = "access"
    CORRECTION = "correction"
    DELETION = "deletion"
    WITHDRAWAL = "withdrawal"  # of consent


class Contact(Base):
    """How to reach an invitee: a sealed document with name, position, organisation, phone, email, address."""

    __tablename__ = "contact"

    invitee_id: Mapped[UUID] = mapped_column(ForeignKey(Invitee.id), primary_key=True)
    sealed: Mapped[bytes]
    has_email: Mapped[bool]  # so that a mailing can be counted without opening anything
    has_phone: Mapped[bool]


class Outcome(Base):
    """What became of an invitation, as somebody noted it; groups that answer anonymously have none for answers."""

    __tablename__ = "outcome"

    invitee_id: Mapped[UUID] = mapped_column(ForeignKey(Invitee.id), primary_key=True)
    code: Mapped[str]  # AAPOR's, see sampling.disposition
    noted_on: Mapped[date]
    noted_by: Mapped[int | None] = mapped_column(ForeignKey(Account.id))


class Mailing(Base):
    """A letter by e-mail to a group: an invitation or a reminder."""

    __tablename__ = "mailing"

    id: Mapped[int] = mapped_column(primary_key=True)
    respondent_group_id: Mapped[int] = mapped_column(ForeignKey(RespondentGroup.id), index=True)
    kind: Mapped[str]  # invitation, reminder
    subject: Mapped[str]
    body: Mapped[str]  # with the places of name and link; links are made when a letter is sent
    made_on: Mapped[date]
    made_by: Mapped[int | None] = mapped_column(ForeignKey(Account.id))


class MailItem(Base):
    """One letter of a mailing. It holds neither address nor link."""

    __tablename__ = "mail_item"
    __table_args__ = (one_of("state", MailState), CheckConstraint("attempts >= 0", name="attempts_counted"))

    mailing_id: Mapped[int] = mapped_column(ForeignKey(Mailing.id), primary_key=True)
    invitee_id: Mapped[UUID] = mapped_column(ForeignKey(Invitee.id), primary_key=True)
    state: Mapped[str] = mapped_column(default=MailState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    refusal: Mapped[str | None]  # the status code of the last refusal, e.g. 5.1.1
    bounce_token: Mapped[str] = mapped_column(unique=True)  # random; in the return address of the letter


class DataRequest(Base):
    """A person's request about his or her data (Luật 91/2025/QH15), with the day by which it must be answered."""

    __tablename__ = "data_request"
    __table_args__ = (one_of("kind", RequestKind),)

    id: Mapped[int] = mapped_column(primary_key=True)
    survey_round_id: Mapped[int | None] = mapped_column(ForeignKey(SurveyRound.id))
    kind: Mapped[str]
    sealed: Mapped[bytes]  # who asked, how to answer, in what words
    received_on: Mapped[date]
    due_on: Mapped[date]
    resolution: Mapped[str | None]
    resolved_on: Mapped[date | None]
    resolved_by: Mapped[int | None] = mapped_column(ForeignKey(Account.id))


class PaymentList(Base):
    """Who is paid for taking part or for working in the field: a list of its own, joined to no ballot."""

    __tablename__ = "payment_list"

    id: Mapped[int] = mapped_column(primary_key=True)
    survey_round_id: Mapped[int] = mapped_column(ForeignKey(SurveyRound.id), index=True)
    title: Mapped[str]
    made_on: Mapped[date]
    made_by: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    closed_on: Mapped[date | None]


class PaymentLine(Base):
    """One person on a payment list; amounts in whole đồng."""

    __tablename__ = "payment_line"
    __table_args__ = (
        UniqueConstraint("payment_list_id", "position"),
        CheckConstraint("quantity > 0 AND unit_amount >= 0", name="amounts_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_list_id: Mapped[int] = mapped_column(ForeignKey(PaymentList.id), index=True)
    position: Mapped[int]
    sealed: Mapped[bytes]  # name, organisation, account number
    work: Mapped[str]  # what for, e.g. trả lời phiếu, điều tra viên
    quantity: Mapped[int]
    unit_amount: Mapped[int]
    paid_on: Mapped[date | None]


class Template(Base):
    """The words of letters, posters and e-mails of a round, by kind and language; without one, the shipped words."""

    __tablename__ = "letter_template"
    __table_args__ = (UniqueConstraint("survey_round_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    survey_round_id: Mapped[int] = mapped_column(ForeignKey(SurveyRound.id))
    kind: Mapped[str]
    words: Mapped[Texts]
