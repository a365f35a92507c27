"""Reading payment lists: their totals, and their lines with names sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from survey_app.models.people import PaymentLine, PaymentList


@dataclass(frozen=True, slots=True)
class PaymentTotals:
    """A payment list; amounts in đồng."""

    id: int
    title: str
    made_on: date
    closed_on: date | None
    n_lines: int
    n_paid: int
    total: int
    paid: int


def payment_lists(session: Session, survey_round_id: int) -> list[PaymentTotals]:
    """The payment lists of a round, oldest first."""
    amount = PaymentLine.quantity * PaymentLine.unit_amount
    found = session.execute(
        select(
            PaymentList.id,
            PaymentList.title,
            PaymentList.made_on,
            PaymentList.closed_on,
            func.count(PaymentLine.id),
            func.count(PaymentLine.paid_on),
            _sum(amount),
            _sum(case((PaymentLine.paid_on.is_not(None), amount), else_=0)),
        )
        .outerjoin(PaymentLine, PaymentLine.payment_list_id == PaymentList.id)
        .where(PaymentList.survey_round_id == survey_round_id)
        .group_by(PaymentList.id)
        .order_by(PaymentList.id)
    )
    return [PaymentTotals(*row[:6], int(row[6]), int(row[7])) for row in found]


def _sum(amount: ColumnElement[int]) -> ColumnElement[int]:
    return func.coalesce(func.sum(amount), 0)


def payment_lines(session: Session, list_id: int) -> list[PaymentLine]:
    """The lines of a list in their order, names sealed."""
    due = select(PaymentLine).where(PaymentLine.payment_list_id == list_id).order_by(PaymentLine.position)
    return list(session.scalars(due))
