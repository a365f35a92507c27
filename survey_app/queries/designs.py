"""Reading sample plans and what a design starts from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.design_spec import DesignResult, DesignSpec, result_of, spec_of
from survey_app.models.accounts import Account
from survey_app.models.base import Texts
from survey_app.models.designs import SamplePlan
from survey_app.models.rounds import RatingScope, RespondentGroup
from survey_app.queries.rounds import round_units


class UnknownPlan(LookupError):
    """The round has no sample plan of this number."""


@dataclass(frozen=True, slots=True)
class PlanStratum:
    """A stratum of an adopted plan: its people, the ballots it is to give, the people to invite for them."""

    code: str
    population: int
    completes: int
    invite: int


@dataclass(frozen=True, slots=True)
class AdoptedPlan:
    """The plan that a group's frame is drawn by."""

    plan_id: int
    name: str
    adopted_on: date
    total: int
    strata: tuple[PlanStratum, ...]
    allocation: str
    deff: float
    response_rate: float


@dataclass(frozen=True, slots=True)
class Plan:
    """A saved plan, all of it."""

    id: int
    survey_round_id: int
    group_id: int
    group_code: str
    group_title: Texts
    name: str
    justification: str
    saved_on: date
    saved_by: str
    adopted_on: date | None
    spec: DesignSpec
    result: DesignResult


def adopted_plan(session: Session, group_id: int) -> AdoptedPlan | None:
    """The plan that was adopted for a respondent group, None where none was."""
    plan = session.scalar(
        select(SamplePlan).where(SamplePlan.respondent_group_id == group_id, SamplePlan.adopted_on.is_not(None))
    )
    if plan is None or plan.adopted_on is None:
        return None
    outcome = plan.outcome
    strata = tuple(
        PlanStratum(row["code"], row["population"], row["completes"], row["invite"]) for row in outcome["strata"]
    )
    return AdoptedPlan(
        plan_id=plan.id,
        name=plan.name,
        adopted_on=plan.adopted_on,
        total=outcome["total"],
        strata=strata,
        allocation=outcome["allocation"],
        deff=outcome["deff"],
        response_rate=outcome["response_rate"],
    )


def plans_of_round(session: Session, survey_round_id: int) -> list[Plan]:
    """The round's plans, newest first."""
    return _plans(session, SamplePlan.survey_round_id == survey_round_id)


def plan_of_round(session: Session, survey_round_id: int, plan_id: int) -> Plan:
    """One plan of the round."""
    found = _plans(session, SamplePlan.survey_round_id == survey_round_id, SamplePlan.id == plan_id)
    if not found:
        raise UnknownPlan(plan_id)
    return found[0]


def population_rows(session: Session, group: RespondentGroup) -> list[tuple[str, str, int | None]]:
    """Code, name and people that a group's design starts from: its units, or the group where all rate all units."""
    if group.rating_scope in (RatingScope.OWN, RatingScope.CHOSEN):
        return [(unit.code, unit.name, unit.population) for unit in round_units(session, group.survey_round_id)]
    return [(group.code, group.title.get("vi", group.code), None)]


def _plans(session: Session, *where: object) -> list[Plan]:
    found = session.execute(
        select(SamplePlan, RespondentGroup, Account.display_name)
        .join(RespondentGroup, RespondentGroup.id == SamplePlan.respondent_group_id)
        .outerjoin(Account, Account.id == SamplePlan.saved_by)
        .where(*where)  # type: ignore[arg-type]
        .order_by(SamplePlan.id.desc())
    )
    return [_plan(row, group, saved_by or "") for row, group, saved_by in found]


def _plan(row: SamplePlan, group: RespondentGroup, saved_by: str) -> Plan:
    return Plan(
        id=row.id,
        survey_round_id=row.survey_round_id,
        group_id=group.id,
        group_code=group.code,
        group_title=group.title,
        name=row.name,
        justification=row.justification,
        saved_on=row.saved_on,
        saved_by=saved_by,
        adopted_on=row.adopted_on,
        spec=spec_of(row.spec),
        result=result_of(row.outcome),
    )
