"""Reading frames and draws: what is known of them without opening a sealed file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from survey_app.models.accounts import Account
from survey_app.models.base import Facts, Texts
from survey_app.models.designs import Draw, Frame
from survey_app.models.jobs import Job, JobState, StoredFile
from survey_app.models.rounds import RespondentGroup, SurveyRound


class UnknownFrame(LookupError):
    """The round has no frame of this number."""


class UnknownDraw(LookupError):
    """The round has no draw of this number."""


@dataclass(frozen=True, slots=True)
class FrameShown:
    """A frame as its page shows it."""

    id: int
    name: str
    group_id: int
    group_code: str
    group_title: Texts
    n_rows: int
    sha256: str
    fields: dict[str, str]  # field -> heading
    report: Facts
    uploaded_on: date
    uploaded_by: str
    destroyed_on: date | None
    n_draws: int


@dataclass(frozen=True, slots=True)
class DrawShown:
    """A draw as its page and its certificate show it."""

    id: int
    frame_id: int
    frame_name: str
    frame_rows: int
    frame_sha256: str
    frame_report: Facts
    group_id: int
    group_code: str
    group_title: Texts
    method: str
    seed: int
    spec: Facts
    counts: Facts
    sample_sha256: str
    drawn_on: date
    drawn_by: str
    invited_on: date | None
    released_wave: int


@dataclass(frozen=True, slots=True)
class RefusedImport:
    """A list that was not read in; ``params``: of its refusal."""

    upload_id: UUID
    group_code: str
    name: str
    params: Facts


def frames_of_round(session: Session, survey_round_id: int) -> list[FrameShown]:
    """The frames of a round, the newest first."""
    return _frames(session, Frame.survey_round_id == survey_round_id)


def frame_of_round(session: Session, survey_round_id: int, frame_id: int) -> FrameShown:
    """One frame of the round."""
    found = _frames(session, (Frame.survey_round_id == survey_round_id) & (Frame.id == frame_id))
    if not found:
        raise UnknownFrame(frame_id)
    return found[0]


def draws_of_round(session: Session, survey_round_id: int, frame_id: int | None = None) -> list[DrawShown]:
    """The draws of a round, or of one of its frames, the newest first."""
    of_frame = Frame.id == frame_id if frame_id is not None else Frame.id.is_not(None)
    return _draws(session, (Frame.survey_round_id == survey_round_id) & of_frame)


def draw_of_round(session: Session, survey_round_id: int, draw_id: int) -> DrawShown:
    """One draw of the round."""
    found = _draws(session, (Frame.survey_round_id == survey_round_id) & (Draw.id == draw_id))
    if not found:
        raise UnknownDraw(draw_id)
    return found[0]


def frame_row(session: Session, survey_round: SurveyRound, frame_id: int) -> Frame:
    """The row of a frame of this round, to act on it."""
    frame = session.get(Frame, frame_id)
    if frame is None or frame.survey_round_id != survey_round.id:
        raise UnknownFrame(frame_id)
    return frame


def draw_row(session: Session, survey_round: SurveyRound, draw_id: int) -> Draw:
    """The row of a draw of this round, to act on it."""
    draw = session.get(Draw, draw_id)
    if draw is None:
        raise UnknownDraw(draw_id)
    frame_row(session, survey_round, draw.frame_id)
    return draw


def refused_imports(session: Session, survey_round_id: int) -> list[RefusedImport]:
    """The lists of a round that were refused and are still kept, as they were refused the last time; newest first."""
    statement = (
        select(Job)
        .where(Job.kind == "import_frame", Job.survey_round_id == survey_round_id, Job.state == JobState.FAILED)
        .order_by(Job.created_at.desc())
        .limit(50)
    )
    found: dict[UUID, RefusedImport] = {}
    for job in session.scalars(statement):
        upload_id = UUID(job.params["upload_id"])
        stored = session.get(StoredFile, upload_id)
        if upload_id not in found and stored is not None and stored.destroyed_on is None:
            params = job.outcome.get("params", {})
            found[upload_id] = RefusedImport(upload_id, job.params["group_code"], job.params["name"], params)
    return list(found.values())


def _frames(session: Session, where: ColumnElement[bool]) -> list[FrameShown]:
    n_draws = select(func.count()).where(Draw.frame_id == Frame.id).scalar_subquery()
    statement: Select[Any] = (
        select(Frame, RespondentGroup, Account.display_name, StoredFile.destroyed_on, n_draws)
        .join(RespondentGroup, RespondentGroup.id == Frame.respondent_group_id)
        .join(StoredFile, StoredFile.id == Frame.stored_file_id)
        .outerjoin(Account, Account.id == Frame.uploaded_by)
        .where(where)
        .order_by(Frame.id.desc())
    )
    return [
        FrameShown(
            id=frame.id,
            name=frame.name,
            group_id=group.id,
            group_code=group.code,
            group_title=group.title,
            n_rows=frame.n_rows,
            sha256=frame.sha256,
            fields=dict(frame.mapping.get("fields", {})),
            report=frame.report,
            uploaded_on=frame.uploaded_on,
            uploaded_by=who or "",
            destroyed_on=destroyed_on,
            n_draws=n,
        )
        for frame, group, who, destroyed_on, n in session.execute(statement)
    ]


def _draws(session: Session, where: ColumnElement[bool]) -> list[DrawShown]:
    statement = (
        select(Draw, Frame, RespondentGroup, Account.display_name)
        .join(Frame, Frame.id == Draw.frame_id)
        .join(RespondentGroup, RespondentGroup.id == Frame.respondent_group_id)
        .outerjoin(Account, Account.id == Draw.drawn_by)
        .where(where)
        .order_by(Draw.id.desc())
    )
    return [
        DrawShown(
            id=draw.id,
            frame_id=frame.id,
            frame_name=frame.name,
            frame_rows=frame.n_rows,
            frame_sha256=frame.sha256,
            frame_report=frame.report,
            group_id=group.id,
            group_code=group.code,
            group_title=group.title,
            method=draw.method,
            seed=draw.seed,
            spec=draw.spec,
            counts=draw.counts,
            sample_sha256=draw.sample_sha256,
            drawn_on=draw.drawn_on,
            drawn_by=who or "",
            invited_on=draw.invited_on,
            released_wave=group.released_wave,
        )
        for draw, frame, group, who in session.execute(statement)
    ]
