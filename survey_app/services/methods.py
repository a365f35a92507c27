"""Scoring methods from draft to approval, and which of them a round applies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from instruments.xlsform import parse_yaml
from scoring import editing
from scoring.checking import check_fed
from scoring.faults import Fault, MethodError
from scoring.loading import load_method, methods, parse_method
from scoring.method import ScoringMethod, Status
from survey_app.models.drafts import MethodStage, MethodVersion
from survey_app.models.rounds import Stage, SurveyRound
from survey_app.queries.ratings import group_instruments
from survey_app.services.scores import ScoredRound, score_round


class MethodRefused(ValueError):
    """Nothing was changed; ``code`` says why."""

    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        self.params = params
        super().__init__(f"{code} {params}")


@dataclass(frozen=True, slots=True)
class MethodChoice:
    """A version of a method that can be looked at or applied."""

    key: str  # of its address: "shipped-<id>", or the number of a version
    method_id: str
    version: str
    title: Mapping[str, str]
    stage: str  # shipped, or that of the version
    decision: str | None
    decided_on: date | None


@dataclass(frozen=True, slots=True)
class Change:
    """A unit's index under two methods."""

    unit: str
    name: str
    before: float | None
    after: float | None
    rank_before: int | None
    rank_after: int | None

    @property
    def difference(self) -> float | None:
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True, slots=True)
class Trial:
    """What a method would make of a closed round, beside what the round's own makes of it."""

    round_code: str
    purpose: str
    changes: Sequence[Change]

    @property
    def n_rank_changes(self) -> int:
        return sum(change.rank_before != change.rank_after for change in self.changes)


def choices(session: Session) -> list[MethodChoice]:
    """Every method: the shipped ones, then versions, newest first."""
    shipped = [_shipped(load_method(path)) for path in methods().values()]
    versions = session.scalars(select(MethodVersion).order_by(MethodVersion.method_id, MethodVersion.id.desc()))
    return [*shipped, *(_choice(version) for version in versions)]


def _shipped(method: ScoringMethod) -> MethodChoice:
    return MethodChoice(f"shipped-{method.id}", method.id, method.version, method.title, "shipped", None, None)


def _choice(version: MethodVersion) -> MethodChoice:
    title = parse_method(version.source).title
    return MethodChoice(
        str(version.id), version.method_id, version.version, title, version.stage, version.decision, version.decided_on
    )


def source_of(session: Session, key: str) -> str:
    """The text of a choice."""
    if key.startswith("shipped-"):
        path = methods().get(key.removeprefix("shipped-"))
        if path is None:
            raise MethodRefused("unknown")
        return path.read_text(encoding="utf-8")
    return version_of(session, key).source


def version_of(session: Session, key: str) -> MethodVersion:
    """A version by its number."""
    found = session.get(MethodVersion, int(key)) if key.isdecimal() and len(key) < 10 else None
    if found is None:
        raise MethodRefused("unknown")
    return found


def new_draft(session: Session, source: str, version: str, *, today: date, account_id: int | None) -> MethodVersion:
    """A draft that starts from the text of another version; its rules are assumed until it is proposed."""
    if not version.strip():
        raise MethodRefused("no_version")
    text = editing.with_status(editing.with_version(source, version.strip()), Status.ASSUMED)
    method = parse_method(text)
    made = MethodVersion(
        method_id=method.id, version=method.version, source=text, updated_on=today, updated_by=account_id
    )
    session.add(made)
    try:
        session.flush()
    except IntegrityError:
        raise MethodRefused("version_taken", version=version) from None
    return made


def save_draft(
    session: Session, draft: MethodVersion, text: str, *, revision: int, today: date, account_id: int | None
) -> None:
    """Keep a new text of a draft, if it is a method and nobody saved in between."""
    _require(draft, MethodStage.DRAFT)
    if draft.revision != revision:
        raise MethodRefused("saved_meanwhile")
    method = parse_method(text)
    if (method.id, method.version) != (draft.method_id, draft.version):
        raise MethodRefused("renamed", method_id=draft.method_id, version=draft.version)
    if any(status is Status.APPROVED for status in _statuses(method)):
        raise MethodRefused("approved_by_hand")
    draft.source, draft.revision = text, revision + 1
    draft.updated_on, draft.updated_by = today, account_id
    session.flush()


def propose(session: Session, draft: MethodVersion, note: str) -> None:
    """Put a draft forward: every rule is the Institute's proposal, and the text does not change any more."""
    _require(draft, MethodStage.DRAFT)
    draft.source = editing.with_status(draft.source, Status.PROPOSED)
    draft.stage, draft.note = MethodStage.PROPOSED, note.strip()
    session.flush()


def approve(session: Session, proposal: MethodVersion, decision: str, decided_on: date, today: date) -> None:
    """Note the decision that approves a proposal; every rule names it."""
    _require(proposal, MethodStage.PROPOSED)
    if not decision.strip():
        raise MethodRefused("no_decision")
    if decided_on > today:
        raise MethodRefused("decided_in_future", day=decided_on)
    number = decision.strip()
    proposal.source = editing.with_status(proposal.source, Status.APPROVED, number=number, decided_on=decided_on)
    proposal.stage, proposal.decision, proposal.decided_on = MethodStage.APPROVED, number, decided_on
    session.flush()


def withdraw(session: Session, version: MethodVersion) -> None:
    """Take a draft or a proposal back; an approved method is replaced by another, never withdrawn."""
    if version.stage == MethodStage.APPROVED:
        raise MethodRefused("approved")
    version.stage = MethodStage.WITHDRAWN
    session.flush()


def apply_methods(session: Session, survey_round: SurveyRound, texts: Sequence[str]) -> None:
    """Let a round apply these methods in this order, unless it was scored: nobody picks rules by their result."""
    if survey_round.stage in (Stage.SCORED, Stage.PUBLISHED):
        raise MethodRefused("scored")
    sources = group_instruments(session, survey_round.id)
    forms = {group: parse_yaml(source, group) for group, source in sources.items()}
    unfed: list[Fault] = [fault for text in texts for fault in check_fed(parse_method(text), forms)]
    if unfed:
        raise MethodError(unfed)
    survey_round.methods = list(texts)
    session.flush()


def try_on(session: Session, text: str, round_code: str) -> Trial:
    """Score a closed round under another text of one of its methods, and compare; nothing is kept."""
    own = score_round(session, round_code)
    method = parse_method(text)
    if method.id not in {known.id for known, _scores in own.runs}:
        raise MethodRefused("other_method", method_id=method.id)
    tried = score_round(session, round_code, methods=_replaced(session, round_code, text, method.id))
    return Trial(round_code, own.purpose, _changes(own, tried, method.id))


def _replaced(session: Session, round_code: str, text: str, method_id: str) -> list[str]:
    own = session.scalars(select(SurveyRound.methods).where(SurveyRound.code == round_code)).one()
    return [text if parse_method(known).id == method_id else known for known in own]


def _changes(before: ScoredRound, after: ScoredRound, method_id: str) -> list[Change]:
    """A row for each unit, by the rank it has now."""
    old, new = _by_unit(before, method_id), _by_unit(after, method_id)
    rows = [
        Change(
            unit=unit,
            name=before.unit_names[unit],
            before=_plain(old.at[unit, "index"]),
            after=_plain(new.at[unit, "index"]),
            rank_before=_plain(old.at[unit, "rank"]),
            rank_after=_plain(new.at[unit, "rank"]),
        )
        for unit in old.index
    ]
    return sorted(rows, key=lambda row: (row.rank_before is None, row.rank_before or 0, row.unit))


def _by_unit(scored: ScoredRound, method_id: str) -> pd.DataFrame:
    (scores,) = (scores for method, scores in scored.runs if method.id == method_id)
    return scores.by_unit.set_index("unit")


def _plain(value: Any) -> Any:
    return None if pd.isna(value) else value.item() if hasattr(value, "item") else value


def _require(version: MethodVersion, stage: MethodStage) -> None:
    if version.stage != stage:
        raise MethodRefused("not_in_stage", stage=version.stage)


def _statuses(method: ScoringMethod) -> set[Status]:
    rules = (method.ranking, method.index, method.rounding, method.dont_know, method.group_weights, method.few_ballots)
    return {rule.basis.status for rule in rules if rule is not None} | {leaf.basis.status for leaf in method.leaves}
