"""Lists of people who are paid: kept apart from the roll and from the box, so that no payment tells who answered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from survey_app.models.base import LARGEST_NUMBER
from survey_app.models.people import PaymentLine, PaymentList
from survey_app.models.rounds import SurveyRound
from survey_app.queries.payments import payment_lines
from survey_app.services.contacts import open_contact, seal_contact

WHO = ("name", "organisation", "account", "bank")  # what of a line is sealed
MOST_AMOUNT = LARGEST_NUMBER  # đồng in one line


class PaymentsRefused(ValueError):
    """A change of a payment list is refused; ``code`` says why."""

    def __init__(self, code: str) -> None:
        self.code = code  # list_closed, list_paid, nothing_chosen
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Payment:
    """What one person is to be paid, in whole đồng."""

    name: str
    work: str
    quantity: int
    unit_amount: int
    organisation: str = ""
    account: str = ""
    bank: str = ""


@dataclass(frozen=True, slots=True)
class Payee:
    """A line of a payment list with the name in clear; empty texts once the names were destroyed."""

    id: int
    position: int
    name: str
    organisation: str
    account: str
    bank: str
    work: str
    quantity: int
    unit_amount: int
    paid_on: date | None

    @property
    def amount(self) -> int:
        return self.quantity * self.unit_amount


def make_payment_list(
    session: Session,
    survey_round: SurveyRound,
    title: str,
    payments: Sequence[Payment],
    *,
    contact_key: bytes,
    account_id: int | None,
    today: date,
) -> PaymentList:
    """A payment list with its lines in the order given; names and accounts are sealed."""
    made = PaymentList(survey_round_id=survey_round.id, title=title, made_on=today, made_by=account_id)
    session.add(made)
    session.flush()
    session.add_all(
        PaymentLine(
            payment_list_id=made.id,
            position=position,
            sealed=_sealed(contact_key, payment),
            work=payment.work,
            quantity=payment.quantity,
            unit_amount=payment.unit_amount,
        )
        for position, payment in enumerate(payments, start=1)
    )
    session.flush()
    return made


def _sealed(contact_key: bytes, payment: Payment) -> bytes:
    return seal_contact(contact_key, {field: getattr(payment, field) for field in WHO})


def payees(session: Session, list_id: int, contact_key: bytes | None) -> list[Payee]:
    """The lines of a list in their order, with names if the round's contact key is given."""
    return [_payee(line, contact_key) for line in payment_lines(session, list_id)]


def _payee(line: PaymentLine, contact_key: bytes | None) -> Payee:
    who = open_contact(contact_key, line.sealed) if contact_key and line.sealed else {}
    return Payee(
        id=line.id,
        position=line.position,
        **{field: who.get(field, "") for field in WHO},
        work=line.work,
        quantity=line.quantity,
        unit_amount=line.unit_amount,
        paid_on=line.paid_on,
    )


def mark_paid(session: Session, made: PaymentList, line_ids: Collection[int], paid_on: date | None) -> int:
    """Note the day on which these people were paid, or that they were not after all (None); how many."""
    _require_open(made)
    mine = (PaymentLine.payment_list_id == made.id, PaymentLine.id.in_(line_ids))
    changed = session.scalars(update(PaymentLine).where(*mine).values(paid_on=paid_on).returning(PaymentLine.id)).all()
    if not changed:
        raise PaymentsRefused("nothing_chosen")
    return len(changed)


def close_payment_list(session: Session, made: PaymentList, today: date) -> None:
    """Nothing on the list changes any more."""
    _require_open(made)
    made.closed_on = today
    session.flush()


def delete_payment_list(session: Session, made: PaymentList) -> None:
    """Forget a list by which nobody was paid yet."""
    _require_open(made)
    paid = select(func.count(PaymentLine.paid_on)).where(PaymentLine.payment_list_id == made.id)
    if session.scalar(paid):
        raise PaymentsRefused("list_paid")
    session.execute(delete(PaymentLine).where(PaymentLine.payment_list_id == made.id))
    session.delete(made)
    session.flush()


def _require_open(made: PaymentList) -> None:
    if made.closed_on is not None:
        raise PaymentsRefused("list_closed")
