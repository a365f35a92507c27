"""A new round with all that belongs to it: units, groups, posters, plan, and its two keys."""

from __future__ import annotations

from datetime import date

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.models.rounds import SurveyRound
from survey_app.models.units import Unit
from survey_app.security import KeyRing
from survey_app.services.keys import made_key
from survey_app.services.round_drafts import hang_posters
from survey_app.services.round_templates import copy_units
from survey_app.services.rounds import RoundPlan, add_units, create_round


class KeyTaken(ValueError):
    """A key of another round of this code lies in the folder of keys."""


def make_round(
    session: Session,
    plan: RoundPlan,
    today: date,
    *,
    keys: KeyRing,
    contact_keys: KeyRing,
    units: pd.DataFrame | None = None,
    like: SurveyRound | None = None,
) -> SurveyRound:
    """A round in draft after a plan, with posters for its open groups; its keys stay if it is committed.

    units: a list of the city's units, for the blocks of which none is known yet. like: an earlier round, whose units
    the new one assesses.
    """
    if units is not None:
        add_missing_blocks(session, plan, units)
    made = create_round(session, plan, today)
    if like is not None:
        copy_units(session, like, made)
    for group in made.groups:
        hang_posters(session, made, group)
    session.flush()
    try:
        made_key(session, keys, made.code)
        made_key(session, contact_keys, made.code)
    except FileExistsError:
        raise KeyTaken(made.code) from None
    return made


def add_missing_blocks(session: Session, plan: RoundPlan, units: pd.DataFrame) -> int:
    """Add the units of those of the plan's blocks that the city has none of; how many were added."""
    known = set(session.scalars(select(Unit.block).where(Unit.city == plan.city).distinct()))
    return add_units(session, plan.city, units[units["block"].isin(set(plan.blocks) - known)])
