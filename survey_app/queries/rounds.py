"""Reading rounds and what belongs to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from survey_app.clock import today
from survey_app.models.ballots import Ballot
from survey_app.models.base import Texts
from survey_app.models.roll import DesignCell
from survey_app.models.rounds import InstrumentVersion, Mode, RespondentGroup, RoundUnit, Status, SurveyRound
from survey_app.models.units import Unit


class UnknownRound(LookupError):
    """No round has this code."""


class UnknownGroup(LookupError):
    """The round has no group with this code."""


def round_by_code(session: Session, code: str) -> SurveyRound:
    """The round with this code."""
    found = session.scalar(select(SurveyRound).where(SurveyRound.code == code))
    if found is None:
        raise UnknownRound(code)
    return found


def group_by_code(survey_round: SurveyRound, code: str) -> RespondentGroup:
    """A group of the round."""
    for group in survey_round.groups:
        if group.code == code:
            return group
    raise UnknownGroup(f"{survey_round.code}: {code}; there are {', '.join(g.code for g in survey_round.groups)}")


def round_unit_codes(session: Session, survey_round_id: int) -> list[str]:
    """The codes of the round's units in the order of the city's list."""
    return [unit.code for unit in round_units(session, survey_round_id)]


def ballots_of_round(survey_round_id: int) -> Select[UUID]:
    """A subquery: the ids of the round's ballots."""
    return (
        select(Ballot.id)
        .join(DesignCell, DesignCell.id == Ballot.design_cell_id)
        .join(RespondentGroup, RespondentGroup.id == DesignCell.respondent_group_id)
        .where(RespondentGroup.survey_round_id == survey_round_id)
    )


def groups_with_ballots(session: Session, survey_round_id: int) -> set[int]:
    """The ids of the round's groups of which there is a ballot."""
    answered = exists().where(Ballot.design_cell_id == DesignCell.id)
    found = select(DesignCell.respondent_group_id).join(RespondentGroup).where(answered)
    return set(session.scalars(found.where(RespondentGroup.survey_round_id == survey_round_id).distinct()))


def instrument_source(session: Session, version_id: int) -> str:
    """The text of a published questionnaire."""
    return session.scalars(select(InstrumentVersion.source).where(InstrumentVersion.id == version_id)).one()


@dataclass(frozen=True, slots=True)
class RoundCount:
    """A round with its people and ballots; ``n_ballots`` adds up what each group shows, so no single ballot does."""

    code: str
    purpose: str
    status: str
    opens_on: date
    closes_on: date
    n_invited: int
    n_ballots: int
    survey_round_id: int = 0
    title: Texts = field(default_factory=dict)
    stage: str = ""


def rounds_with_counts(session: Session) -> list[RoundCount]:
    """Every round, with counts in steps of its smallest anonymity cell.

    Each group is rounded by itself: beside the exact number of an open link, a rounded sum would tell the other one.
    """
    invited = _invited_by_group().subquery()
    ballots = _shown_ballots().subquery()
    found = session.execute(
        select(SurveyRound, func.coalesce(invited.c.n, 0), func.coalesce(ballots.c.n, 0))
        .outerjoin(RespondentGroup, RespondentGroup.survey_round_id == SurveyRound.id)
        .outerjoin(invited, invited.c.respondent_group_id == RespondentGroup.id)
        .outerjoin(ballots, ballots.c.respondent_group_id == RespondentGroup.id)
        .order_by(SurveyRound.id, RespondentGroup.position)
    )
    counted: dict[SurveyRound, list[tuple[int, int]]] = {}
    for survey_round, n_invited, n in found:
        counted.setdefault(survey_round, []).append((n_invited, in_steps(n, survey_round.min_cell)))
    return [
        RoundCount(
            r.code,
            r.purpose,
            r.status,
            r.opens_on,
            r.closes_on,
            sum(n_invited for n_invited, _n in groups),
            sum(n for _n_invited, n in groups),
            survey_round_id=r.id,
            title=r.title,
            stage=r.stage,
        )
        for r, groups in counted.items()
    ]


def _invited_by_group() -> Select[int, int]:
    return select(DesignCell.respondent_group_id, func.sum(DesignCell.n_invited).label("n")).group_by(
        DesignCell.respondent_group_id
    )


def _shown_ballots() -> Select[int, int]:
    """Ballots of each group that may be counted: of anonymous people in an open round, those until yesterday."""
    return (
        select(DesignCell.respondent_group_id, func.count(Ballot.id).label("n"))
        .join(Ballot, Ballot.design_cell_id == DesignCell.id)
        .join(RespondentGroup, RespondentGroup.id == DesignCell.respondent_group_id)
        .join(SurveyRound, SurveyRound.id == RespondentGroup.survey_round_id)
        .where(_may_be_counted())
        .group_by(DesignCell.respondent_group_id)
    )


def _may_be_counted() -> ColumnElement[bool]:
    """Nobody sees the ballot arrive that fills a step: who looked then would know the exact number."""
    is_hidden_today = and_(RespondentGroup.anonymous, RespondentGroup.mode == Mode.PERSONAL_LINK)
    return or_(SurveyRound.status != Status.OPEN, ~is_hidden_today, Ballot.day < today())


def in_steps(n: int, step: int) -> int:
    """A count rounded down to steps of k, so that no single ballot shows."""
    return n // step * step


@dataclass(frozen=True, slots=True)
class GroupCount:
    """A respondent group with its people and ballots; ``n_ballots`` is rounded down to steps of k."""

    code: str
    title: Texts
    mode: str
    rating_scope: str
    booklet_size: int
    anonymous: bool
    target_ballots: int | None
    form_id: str
    version: str
    n_cells: int
    n_invited: int
    n_ballots: int


def groups_with_counts(session: Session, survey_round: SurveyRound) -> list[GroupCount]:
    """The groups of a round in their order, with counts in steps of its smallest anonymity cell."""
    cells = _counts_of_cells(session, survey_round.id)
    forms = {
        row.id: (row.form_id, row.version)
        for row in session.execute(
            select(InstrumentVersion.id, InstrumentVersion.form_id, InstrumentVersion.version).where(
                InstrumentVersion.id.in_([group.instrument_version_id for group in survey_round.groups])
            )
        )
    }
    made = []
    for group in survey_round.groups:
        n_cells, n_invited, n_ballots = cells.get(group.id, (0, 0, 0))
        form_id, version = forms[group.instrument_version_id]
        kept = ("code", "title", "mode", "rating_scope", "booklet_size", "anonymous", "target_ballots")
        made.append(
            GroupCount(
                **{name: getattr(group, name) for name in kept},
                form_id=form_id,
                version=version,
                n_cells=n_cells,
                n_invited=n_invited,
                n_ballots=in_steps(n_ballots, survey_round.min_cell),
            )
        )
    return made


def _counts_of_cells(session: Session, survey_round_id: int) -> dict[int, tuple[int, int, int]]:
    """Cells, people and ballots of each group, by its id."""
    ballots = _shown_ballots().where(SurveyRound.id == survey_round_id).subquery()
    found = session.execute(
        select(
            DesignCell.respondent_group_id,
            func.count(DesignCell.id),
            func.sum(DesignCell.n_invited),
            func.coalesce(func.max(ballots.c.n), 0),
        )
        .join(RespondentGroup, RespondentGroup.id == DesignCell.respondent_group_id)
        .outerjoin(ballots, ballots.c.respondent_group_id == DesignCell.respondent_group_id)
        .where(RespondentGroup.survey_round_id == survey_round_id)
        .group_by(DesignCell.respondent_group_id)
    )
    return {group: (n_cells, n_invited, int(n_ballots)) for group, n_cells, n_invited, n_ballots in found}


@dataclass(frozen=True, slots=True)
class CityUnit:
    """A unit of a round's city, and whether the round assesses it."""

    id: int
    code: str
    name: str
    unit_type: str
    block: str
    is_chosen: bool


def city_units(session: Session, survey_round: SurveyRound) -> list[CityUnit]:
    """The units of a round's city in the order of its list."""
    chosen = set(session.scalars(select(RoundUnit.unit_id).where(RoundUnit.survey_round_id == survey_round.id)))
    found = session.scalars(select(Unit).where(Unit.city == survey_round.city).order_by(Unit.block, Unit.id))
    return [CityUnit(u.id, u.code, u.name, u.unit_type, u.block, u.id in chosen) for u in found]


def cities(session: Session) -> list[str]:
    """The cities whose units are known."""
    return list(session.scalars(select(Unit.city).distinct().order_by(Unit.city)))


def published_forms(session: Session) -> list[tuple[int, str, str, date]]:
    """(id, form, version, day) of every published questionnaire, the newest of each form first."""
    found = session.execute(
        select(
            InstrumentVersion.id, InstrumentVersion.form_id, InstrumentVersion.version, InstrumentVersion.published_on
        ).order_by(InstrumentVersion.form_id, InstrumentVersion.id.desc())
    )
    return [(row.id, row.form_id, row.version, row.published_on) for row in found]


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A public link: on the posters of one unit, or of the whole round."""

    group_code: str
    unit_name: str
    public_code: str


def open_links(session: Session, survey_round_id: int) -> list[OpenLink]:
    """The public links of a round."""
    found = session.execute(
        select(RespondentGroup.code, func.coalesce(Unit.name, DesignCell.code), DesignCell.public_code)
        .join(DesignCell, DesignCell.respondent_group_id == RespondentGroup.id)
        .join(SurveyRound, SurveyRound.id == RespondentGroup.survey_round_id)
        .outerjoin(Unit, and_(Unit.code == DesignCell.code, Unit.city == SurveyRound.city))
        .where(SurveyRound.id == survey_round_id, DesignCell.public_code.is_not(None))
        .order_by(RespondentGroup.position, DesignCell.id)
    )
    return [OpenLink(group_code, unit_name, public_code or "") for group_code, unit_name, public_code in found]


def round_units(session: Session, survey_round_id: int) -> list[Unit]:
    """The round's units in the order of the city's list."""
    found = session.scalars(
        select(Unit)
        .join(RoundUnit, RoundUnit.unit_id == Unit.id)
        .where(RoundUnit.survey_round_id == survey_round_id)
        .order_by(Unit.id)
    )
    return list(found)
