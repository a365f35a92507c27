"""Questionnaires from draft to published version, and the form that a group of a round answers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from instruments.checking import check
from instruments.editing import set_settings
from instruments.faults import Fault
from instruments.model import Instrument
from instruments.xlsform import parse_yaml
from scoring import faults as scoring_faults
from scoring.checking import check_fed
from scoring.loading import parse_method
from scoring.method import ScoringMethod
from survey_app.models.drafts import FormDraft
from survey_app.models.rounds import InstrumentVersion, Mode, RatingScope, RespondentGroup, SurveyRound
from survey_app.queries.forms import GroupForm, UnknownForm, published_numbers
from survey_app.services.round_drafts import require_draft
from survey_app.services.rounds import publish_instrument

PARSED = 64  # forms that each process keeps at hand


class StaleDraft(ValueError):
    """Somebody saved the draft meanwhile; nothing was stored."""

    def __init__(self, draft_id: int, revision: int) -> None:
        self.draft_id = draft_id
        self.revision = revision  # as it is now
        super().__init__(f"draft {draft_id} is at revision {revision}")


class FormUnsound(ValueError):
    """The form has errors and cannot be published."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("; ".join(fault.code for fault in faults))


class VersionTaken(ValueError):
    """The version number stands for another text already; ``free`` is the next one that does not."""

    def __init__(self, form_id: str, version: str, free: str) -> None:
        self.form_id, self.version, self.free = form_id, version, free
        super().__init__(f"{form_id} {version} was published with another text; use {free}")


class NothingToUndo(ValueError):
    """The draft was not saved since it was made, or its last save was undone."""


@dataclass(frozen=True, slots=True)
class Published:
    version_id: int
    form_id: str
    version: str
    is_new: bool


@lru_cache(PARSED)
def parsed(source: str) -> Instrument:
    """The instrument of a text that was read before."""
    return parse_yaml(source, "form")


@lru_cache(PARSED)
def form_faults(source: str, *, anonymous: bool, n_units: int) -> tuple[Fault, ...]:
    """What is wrong or doubtful in a form that can be read."""
    return check(parsed(source), anonymous=anonymous, n_units=n_units)


def publishing_errors(source: str) -> tuple[Fault, ...]:
    """What keeps a form from being published, for whatever group it is used."""
    return tuple(fault for fault in form_faults(source, anonymous=False, n_units=1) if fault.is_error)


# --- drafts ----------------------------------------------------------------------------------------------------------


def keep_draft(session: Session, source: str, *, account_id: int | None, today: date) -> FormDraft:
    """A new draft with this text."""
    form = parsed(source)
    draft = FormDraft(
        form_id=form.form_id, name=_name(form), source=source, updated_on=today, updated_by=account_id, revision=1
    )
    session.add(draft)
    session.flush()
    return draft


def _name(form: Instrument) -> str:
    return form.title.get("vi") or next(iter(form.title.values()), form.form_id)


def replace_draft(
    session: Session, draft_id: int, source: str, *, revision: int, account_id: int | None, today: date
) -> int:
    """Save another text in a draft that is still at this revision; the new revision.

    The same text again changes nothing, and the text before the save is kept for one undo.
    """
    draft = current_draft(session, draft_id, revision)
    if draft.source == source:
        return revision
    form = parsed(source)
    saved = session.execute(
        update(FormDraft)
        .where(FormDraft.id == draft_id, FormDraft.revision == revision)
        .values(
            form_id=form.form_id,
            name=_name(form),
            source=source,
            previous_source=draft.source,
            revision=revision + 1,
            updated_on=today,
            updated_by=account_id,
        )
    )
    if saved.rowcount != 1:  # type: ignore[attr-defined]
        session.refresh(draft)
        raise StaleDraft(draft_id, draft.revision)
    return revision + 1


def current_draft(session: Session, draft_id: int, revision: int) -> FormDraft:
    """The draft, if nobody saved it since this revision."""
    draft = session.get(FormDraft, draft_id, populate_existing=True)
    if draft is None:
        raise UnknownForm(draft_id)
    if draft.revision != revision:
        raise StaleDraft(draft_id, draft.revision)
    return draft


def undo_draft(session: Session, draft_id: int, *, revision: int, account_id: int | None, today: date) -> int:
    """Take the last save back; doing it twice brings it again. The new revision."""
    draft = current_draft(session, draft_id, revision)
    if draft.previous_source is None:
        raise NothingToUndo(draft_id)
    return replace_draft(
        session, draft_id, draft.previous_source, revision=revision, account_id=account_id, today=today
    )


def discard_draft(session: Session, draft_id: int, *, revision: int) -> str:
    """Delete a draft; its form_id."""
    draft = current_draft(session, draft_id, revision)
    session.delete(draft)
    session.flush()
    return draft.form_id


def start_from(session: Session, source: str, *, account_id: int | None, today: date) -> FormDraft:
    """A draft with the text of a published or shipped form, under the next version number that is free."""
    form = parsed(source)
    free = free_number(form.version, published_numbers(session, form.form_id))
    return keep_draft(session, set_settings(source, {"version": free}), account_id=account_id, today=today)


# --- publishing ------------------------------------------------------------------------------------------------------


def publish_draft(session: Session, draft_id: int, *, revision: int, today: date) -> Published:
    """Freeze the text of a draft under its version number; the draft stays, for the next version.

    The same text again changes nothing; a number that stands for another text is refused. Drafts of a form are locked
    while one is published, so that two at once do not take the same number.
    """
    form_id = current_draft(session, draft_id, revision).form_id
    session.scalars(select(FormDraft.id).where(FormDraft.form_id == form_id).with_for_update()).all()
    draft = current_draft(session, draft_id, revision)
    errors = publishing_errors(draft.source)
    if errors:
        raise FormUnsound(errors)
    form = parsed(draft.source)
    known = published_text(session, draft.source)
    taken = published_numbers(session, form.form_id)
    if known is None and form.version in taken:
        raise VersionTaken(form.form_id, form.version, free_number(form.version, taken))
    made = publish_instrument(session, draft.source, today)
    return Published(made.id, made.form_id, made.version, is_new=known is None)


def published_text(session: Session, source: str) -> int | None:
    """The version with exactly this text, if there is one."""
    sha256 = hashlib.sha256(source.encode()).hexdigest()
    return session.scalar(select(InstrumentVersion.id).where(InstrumentVersion.sha256 == sha256))


def free_number(version: str, taken: list[str]) -> str:
    """The version itself if it is free, else the next that is: 2026.1 → 2026.2, ``a`` → ``a.1``."""
    while version in taken:
        last = re.search(r"\d+$", version)
        version = f"{version[: last.start()]}{int(last[0]) + 1}" if last else f"{version}.1"
    return version


# --- forms of a round ------------------------------------------------------------------------------------------------


def choose_form(session: Session, survey_round: SurveyRound, group: RespondentGroup, version_id: int) -> None:
    """Let the people of a group answer another published form, while the round is a draft."""
    require_draft(survey_round)
    if session.get(InstrumentVersion, version_id) is None:
        raise UnknownForm(version_id)
    group.instrument_version_id = version_id
    session.flush()


def group_faults(group: GroupForm, n_units: int) -> tuple[Fault, ...]:
    """What is wrong with a group's form for these people: their anonymity, the number of units they rate."""
    anonymous = group.mode == Mode.PERSONAL_LINK
    return form_faults(group.source, anonymous=anonymous, n_units=most_units(group, n_units))


def most_units(group: GroupForm, n_units: int) -> int:
    """How many units somebody of the group rates at most."""
    if group.rating_scope == RatingScope.BOOKLET:
        return min(group.booklet_size, n_units)
    return 1 if group.rating_scope == RatingScope.OWN else max(1, n_units)


@lru_cache(PARSED)
def parsed_method(source: str) -> ScoringMethod:
    """The scoring method of a text that was read before."""
    return parse_method(source)


def unfed(methods: list[str], forms: Mapping[str, str]) -> tuple[scoring_faults.Fault, ...]:
    """What keeps the forms of the groups (code -> text) from feeding the scoring methods of their round."""
    instruments = {group: parsed(source) for group, source in forms.items()}
    return tuple(fault for text in methods for fault in check_fed(parsed_method(text), instruments))
