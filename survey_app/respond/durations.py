"""How long people of a pilot take: the only rounds that hold a time, and no time of day.

The sealed draft keeps when somebody began; the ballot gets how long it took, in steps of ten seconds. Neither is ever
written in other rounds. No question can have these names.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from survey_app.models.rounds import Purpose
from survey_app.queries.visits import CellPlan
from survey_app.services.pilots import SECONDS

BEGAN = "_began"  # in the draft: seconds since 1970
STEP, LONGEST = 10, 24 * 3600


def now() -> int:
    """This second."""
    return int(time.time())


def begun(plan: CellPlan, at: int) -> dict[str, Any]:
    """The first draft of somebody who began at this second."""
    return {BEGAN: at} if plan.purpose == Purpose.PILOT else {}


def timed(plan: CellPlan, draft: Mapping[str, Any], ballot: Mapping[str, Any], at: int) -> dict[str, Any]:
    """The answers that go into the box at this second, in a pilot with the time they took, a day at most."""
    if plan.purpose != Purpose.PILOT or BEGAN not in draft:
        return dict(ballot)
    took = min(max(at - int(draft[BEGAN]), 0), LONGEST)
    return {**ballot, SECONDS: round(took / STEP) * STEP}
