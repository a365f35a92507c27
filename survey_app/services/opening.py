"""Opening a round: what people are promised about anonymity is checked before the first of them is asked."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.model import Instrument, Question, QuestionType
from instruments.xlsform import parse_yaml
from survey_app.models.roll import DesignCell
from survey_app.models.rounds import InstrumentVersion, Mode, RespondentGroup, Status, SurveyRound


@dataclass(frozen=True, slots=True)
class SmallCell:
    """People whom a ballot would tell apart from all but a few."""

    group_code: str
    cell_code: str
    n_invited: int
    background: tuple[str, ...]  # questions whose answers split the cell further
    n_backgrounds: float  # how many kinds of people those answers tell apart
    min_cell: int

    @property
    def n_alike(self) -> float:
        """Invitees that look alike on a ballot, if backgrounds were spread evenly."""
        return self.n_invited / self.n_backgrounds

    @property
    def remedies(self) -> tuple[str, ...]:
        """What would mend it, the mildest first: codes for the interface to put into words."""
        found = ["coarsen_background"] if self.background and self.n_invited >= self.min_cell else []
        if self.cell_code.startswith("booklet"):
            return (*found, "share_booklets")
        return (*found, "pool")


@dataclass(frozen=True, slots=True)
class CellNeed:
    """How many people a cell of a closed group must have, so that as many as the minimum look alike on a ballot."""

    background: tuple[str, ...]
    n_backgrounds: float
    min_cell: int

    @property
    def n_invited(self) -> int | None:
        """None where no number is enough: an answer is typed that anybody could be known by."""
        return None if math.isinf(self.n_backgrounds) else math.ceil(self.min_cell * self.n_backgrounds)


class RoundCannotOpen(ValueError):
    """Nothing was changed; ``reason`` is a code, ``cells`` are those below the minimum."""

    def __init__(self, reason: str, cells: tuple[SmallCell, ...] = (), groups: tuple[str, ...] = ()) -> None:
        self.reason = reason
        self.cells = cells
        self.groups = groups
        named = ", ".join([*groups, *(f"{cell.group_code}/{cell.cell_code}" for cell in cells)])
        super().__init__(f"{reason}: {named}")


def open_round(session: Session, survey_round: SurveyRound) -> None:
    """Let people answer, unless somebody could be told apart."""
    refused = refusal(session, survey_round)
    if refused:
        raise refused
    survey_round.status = Status.OPEN
    session.flush()


def refusal(session: Session, survey_round: SurveyRound) -> RoundCannotOpen | None:
    """Why the round cannot be opened, or None if it can."""
    if survey_round.status != Status.DRAFT:
        return RoundCannotOpen("not_a_draft")
    empty = _groups_without_cells(session, survey_round)
    if empty:
        return RoundCannotOpen("nobody_invited", groups=empty)
    small = small_cells(session, survey_round)
    return RoundCannotOpen("small_cells", cells=small) if small else None


def small_cells(session: Session, survey_round: SurveyRound) -> tuple[SmallCell, ...]:
    """The anonymity cells of closed groups with fewer people than the round's minimum."""
    rows = session.execute(
        select(RespondentGroup.code, DesignCell.code, DesignCell.n_invited, InstrumentVersion.id)
        .join(DesignCell, DesignCell.respondent_group_id == RespondentGroup.id)
        .join(InstrumentVersion, InstrumentVersion.id == RespondentGroup.instrument_version_id)
        .where(RespondentGroup.survey_round_id == survey_round.id, RespondentGroup.mode == Mode.PERSONAL_LINK)
        .order_by(RespondentGroup.position, DesignCell.id)
    ).all()
    backgrounds = {version: _backgrounds(session, version) for version in {row[3] for row in rows}}
    cells = [
        SmallCell(group, cell, n_invited, *backgrounds[version], survey_round.min_cell)
        for group, cell, n_invited, version in rows
    ]
    return tuple(cell for cell in cells if cell.n_alike < survey_round.min_cell)


def cell_need(session: Session, survey_round: SurveyRound, group: RespondentGroup) -> CellNeed | None:
    """What opening will ask of each cell of a group; None of an open group, whose posters tell nobody apart."""
    if group.mode != Mode.PERSONAL_LINK:
        return None
    return CellNeed(*_backgrounds(session, group.instrument_version_id), survey_round.min_cell)


def _backgrounds(session: Session, version_id: int) -> tuple[tuple[str, ...], float]:
    source = session.scalars(select(InstrumentVersion.source).where(InstrumentVersion.id == version_id)).one()
    form = parse_yaml(source, "instrument")
    visible = [question for question in form.questions if question.background]
    return tuple(question.name for question in visible), math.prod(_kinds(form, question) for question in visible)


def _kinds(form: Instrument, question: Question) -> float:
    """How many kinds of people the answers to a question tell apart; no end of them where an answer is typed."""
    n_choices = len(form.choices.get(question.list_name or "", ())) or math.inf
    if question.or_other:
        n_choices = math.inf
    match question.type:
        case QuestionType.SELECT_ONE:
            kinds = n_choices
        case QuestionType.SELECT_MULTIPLE:
            kinds = 2.0**n_choices
        case QuestionType.RANGE:
            kinds = ((question.end or 0) - (question.start or 0)) // (question.step or 1) + 1
        case _:
            kinds = math.inf
    may_be_empty = not question.required or bool(question.relevant)
    return kinds + may_be_empty


def _groups_without_cells(session: Session, survey_round: SurveyRound) -> tuple[str, ...]:
    has_cells = select(DesignCell.id).where(DesignCell.respondent_group_id == RespondentGroup.id).exists()
    found = session.scalars(
        select(RespondentGroup.code)
        .where(RespondentGroup.survey_round_id == survey_round.id, ~has_cells)
        .order_by(RespondentGroup.position)
    )
    return tuple(found)
