"""Rehearsals: a copy of a round that programs may answer. Its ballots lie in its own cells and can never count."""

from __future__ import annotations

import secrets
from datetime import date, timedelta

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from survey_app.models.roll import DesignCell, Invitee
from survey_app.models.rounds import Purpose, RespondentGroup, RoundUnit, Status, SurveyRound
from survey_app.services.roll import new_invitee

COPIED = ("city", "title", "asked_by", "contact", "legal_basis", "results_when", "methods", "min_cell")
LASTS = timedelta(days=30)


def next_rehearsal_code(session: Session, source: SurveyRound) -> str:
    """The code of the round's next rehearsal: <code>-dien-tap-1, -2, …"""
    stem = f"{source.code}-dien-tap-"
    n = session.scalar(select(func.count()).where(SurveyRound.code.startswith(stem, autoescape=True))) or 0
    return f"{stem}{n + 1}"


def rehearsal_of(session: Session, source: SurveyRound, code: str, round_key: bytes, today: date) -> SurveyRound:
    """An open copy of a round, with a roll of its own under its own key."""
    copy = SurveyRound(
        **{name: getattr(source, name) for name in COPIED},
        code=code,
        opens_on=today,
        closes_on=today + LASTS,
        purpose=Purpose.REHEARSAL,
        status=Status.OPEN,
    )
    session.add(copy)
    session.flush()
    units = session.scalars(select(RoundUnit.unit_id).where(RoundUnit.survey_round_id == source.id))
    session.add_all(RoundUnit(survey_round_id=copy.id, unit_id=unit_id) for unit_id in units)
    for group in source.groups:
        _copy_group(session, group, copy, round_key)
    session.flush()
    return copy


def _copy_group(session: Session, group: RespondentGroup, copy: SurveyRound, round_key: bytes) -> None:
    kept = ("code", "position", "title", "mode", "rating_scope", "booklet_size", "instrument_version_id")
    twin = RespondentGroup(survey_round_id=copy.id, **{name: getattr(group, name) for name in kept})
    session.add(twin)
    session.flush()
    for cell in session.scalars(select(DesignCell).where(DesignCell.respondent_group_id == group.id)).all():
        _copy_cell(session, cell, twin, round_key)


def _copy_cell(session: Session, cell: DesignCell, group: RespondentGroup, round_key: bytes) -> None:
    twin = DesignCell(
        respondent_group_id=group.id,
        code=cell.code,
        rated_units=cell.rated_units,
        n_invited=cell.n_invited,
        public_code=secrets.token_hex(4) if cell.public_code else None,
    )
    session.add(twin)
    session.flush()
    refs = session.scalars(select(Invitee.ref).where(Invitee.design_cell_id == cell.id)).all()
    if refs:
        session.execute(insert(Invitee), [new_invitee(group.survey_round_id, twin.id, ref, round_key) for ref in refs])
