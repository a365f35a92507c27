"""Reading questionnaires: drafts, published versions, and which form each group of a round has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.models.accounts import Account
from survey_app.models.base import Texts
from survey_app.models.drafts import FormDraft, MethodStage, MethodVersion
from survey_app.models.rounds import InstrumentVersion, RespondentGroup, RoundUnit, SurveyRound


class FormKind(StrEnum):
    DRAFT = "draft"
    VERSION = "version"


class UnknownForm(LookupError):
    """There is no such draft or version."""


@dataclass(frozen=True, slots=True)
class DraftShown:
    id: int
    form_id: str
    name: str
    revision: int
    updated_on: date
    updated_by: str


@dataclass(frozen=True, slots=True)
class VersionShown:
    id: int
    form_id: str
    version: str
    published_on: date
    rounds: tuple[str, ...]  # codes of the rounds that use it


@dataclass(frozen=True, slots=True)
class FormSource:
    """The text of a draft or of a published version."""

    kind: FormKind
    id: int
    form_id: str
    source: str
    revision: int = 0  # of a draft
    updated_on: date | None = None
    updated_by: str = ""
    previous: str | None = None  # the draft before its last save
    published_on: date | None = None

    @property
    def ref(self) -> str:
        """How addresses name it: ``draft-3``."""
        return f"{self.kind}-{self.id}"


@dataclass(frozen=True, slots=True)
class GroupForm:
    """A group of a round with the form that its people answer."""

    group_id: int
    code: str
    title: Texts
    mode: str
    rating_scope: str
    booklet_size: int
    anonymous: bool
    version_id: int
    form_id: str
    version: str
    source: str


def drafts_shown(session: Session) -> list[DraftShown]:
    """Every draft, the one that was saved last first."""
    found = session.execute(
        select(FormDraft, Account.display_name)
        .outerjoin(Account, Account.id == FormDraft.updated_by)
        .order_by(FormDraft.updated_on.desc(), FormDraft.id.desc())
    )
    return [DraftShown(d.id, d.form_id, d.name, d.revision, d.updated_on, name or "") for d, name in found]


def versions_shown(session: Session) -> list[VersionShown]:
    """Every published version with the rounds that use it, the newest first."""
    used = session.execute(
        select(RespondentGroup.instrument_version_id, SurveyRound.code)
        .join(SurveyRound, SurveyRound.id == RespondentGroup.survey_round_id)
        .distinct()
        .order_by(SurveyRound.code)
    )
    rounds: dict[int, list[str]] = {}
    for version_id, code in used:
        rounds.setdefault(version_id, []).append(code)
    columns = (InstrumentVersion.id, InstrumentVersion.form_id, InstrumentVersion.version)
    found = session.execute(
        select(*columns, InstrumentVersion.published_on).order_by(
            InstrumentVersion.published_on.desc(), InstrumentVersion.id.desc()
        )
    )
    return [VersionShown(*row, rounds=tuple(rounds.get(row.id, ()))) for row in found]


def form_source(session: Session, ref: str) -> FormSource:
    """The draft or version that ``draft-3`` or ``version-2`` names."""
    kind, _, number = ref.partition("-")
    if kind not in list(FormKind) or not number.isdecimal() or len(number) > 9:
        raise UnknownForm(ref)
    return draft_source(session, int(number)) if kind == FormKind.DRAFT else version_source(session, int(number))


def draft_source(session: Session, draft_id: int) -> FormSource:
    """A draft with its text."""
    found = session.execute(
        select(FormDraft, Account.display_name)
        .outerjoin(Account, Account.id == FormDraft.updated_by)
        .where(FormDraft.id == draft_id)
    ).one_or_none()
    if found is None:
        raise UnknownForm(draft_id)
    draft, by = found
    return FormSource(
        FormKind.DRAFT,
        draft.id,
        draft.form_id,
        draft.source,
        draft.revision,
        draft.updated_on,
        by or "",
        draft.previous_source,
    )


def version_source(session: Session, version_id: int) -> FormSource:
    """A published version with its text."""
    found = session.get(InstrumentVersion, version_id)
    if found is None:
        raise UnknownForm(version_id)
    return FormSource(FormKind.VERSION, found.id, found.form_id, found.source, published_on=found.published_on)


def published_numbers(session: Session, form_id: str) -> list[str]:
    """The version numbers of a form that are taken, in the order they were published."""
    found = select(InstrumentVersion.version).where(InstrumentVersion.form_id == form_id)
    return list(session.scalars(found.order_by(InstrumentVersion.id)))


def latest_version_id(session: Session, form_id: str, *, but: int = 0) -> int | None:
    """The version of a form that was published last, this one left out."""
    return session.scalar(
        select(func.max(InstrumentVersion.id)).where(InstrumentVersion.form_id == form_id, InstrumentVersion.id != but)
    )


def group_forms(session: Session, survey_round_id: int) -> list[GroupForm]:
    """The groups of a round in their order, each with its form."""
    found = session.execute(
        select(RespondentGroup, InstrumentVersion)
        .join(InstrumentVersion, InstrumentVersion.id == RespondentGroup.instrument_version_id)
        .where(RespondentGroup.survey_round_id == survey_round_id)
        .order_by(RespondentGroup.position, RespondentGroup.id)
    )
    return [_group_form(group, version) for group, version in found]


def _group_form(group: RespondentGroup, version: InstrumentVersion) -> GroupForm:
    return GroupForm(
        group_id=group.id,
        code=group.code,
        title=group.title,
        mode=group.mode,
        rating_scope=group.rating_scope,
        booklet_size=group.booklet_size,
        anonymous=group.anonymous,
        version_id=version.id,
        form_id=version.form_id,
        version=version.version,
        source=version.source,
    )


def n_units_of_round(session: Session, survey_round_id: int) -> int:
    """How many units a round assesses."""
    counted = select(func.count()).select_from(RoundUnit).where(RoundUnit.survey_round_id == survey_round_id)
    return session.scalar(counted) or 0


def method_sources(session: Session) -> list[str]:
    """The scoring methods that are written or agreed on here, withdrawn ones left out."""
    found = select(MethodVersion.source).where(MethodVersion.stage != MethodStage.WITHDRAWN)
    return list(session.scalars(found.order_by(MethodVersion.id)))
