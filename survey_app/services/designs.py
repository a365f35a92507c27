"""Sample plans: saved as they were worked out, and one of them adopted for each respondent group."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.design_spec import DesignRefused, DesignSpec, outcome_facts, spec_facts
from survey_app.models.designs import SamplePlan
from survey_app.models.rounds import RespondentGroup, Status, SurveyRound
from survey_app.services.design_numbers import work_out


def save_plan(
    session: Session,
    group: RespondentGroup,
    spec: DesignSpec,
    *,
    name: str,
    justification: str,
    account_id: int | None,
    today: date,
) -> SamplePlan:
    """A new plan with what the spec comes to; earlier plans stay as they are."""
    plan = SamplePlan(
        survey_round_id=group.survey_round_id,
        respondent_group_id=group.id,
        name=name,
        spec=spec_facts(spec),
        outcome=outcome_facts(work_out(spec), spec),
        justification=justification,
        saved_on=today,
        saved_by=account_id,
    )
    session.add(plan)
    session.flush()
    return plan


def adopt_plan(session: Session, survey_round: SurveyRound, plan_id: int, *, today: date) -> SamplePlan:
    """The plan that the group is drawn by from now on; the one before it stays listed, adopted no more.

    Raises
    ------
    DesignRefused : the round is closed, or has no such plan.
    """
    if survey_round.status == Status.CLOSED:
        raise DesignRefused("round_closed")
    plan = session.get(SamplePlan, plan_id)
    if plan is None or plan.survey_round_id != survey_round.id:
        raise DesignRefused("no_such_plan", plan=plan_id)
    for other in session.scalars(
        select(SamplePlan).where(SamplePlan.respondent_group_id == plan.respondent_group_id).with_for_update()
    ):
        other.adopted_on = today if other.id == plan.id else None
    group = session.get_one(RespondentGroup, plan.respondent_group_id)
    group.target_ballots = int(plan.outcome["total"])
    session.flush()
    return plan
