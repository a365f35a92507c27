"""Predictors that tell the outcome without fail: the likelihood then has no maximum.

In some direction every row's likelihood grows or stays, so that coefficients go to infinity there (Albert, Anderson
1984, Biometrika 71, 1-10). Newton's steps end in such a direction, which is then proved row by row.
"""

from __future__ import annotations

import numpy as np

from analysis.faults import AnalysisError
from analysis.model_frame import INTERCEPT
from analysis.sums import Floats

LONG = 0.3
"""A step of the linear predictor; those towards a maximum grow short, those to infinity stay near one."""

AGAINST = 1e-5
"""Share of the longest move that counts as none: what rounding and earlier steps leave."""

INVOLVED = 1e-3


def refuse_separation(
    better: Floats,
    step: Floats,
    size: float,
    *,
    names: tuple[str, ...],
    outcome: str,
    fixed: Floats | None = None,
) -> None:
    """Raise ``separation`` if the step makes no row less likely and some row more.

    better : (m, k) rows whose product with a step is the gain of each likelihood; columns with a spread of one.
    fixed : rows that the step must leave where they are.
    names : of the first columns; what stands behind them are thresholds.
    """
    if size < LONG:
        return
    gains = better @ step
    most = float(gains.max(initial=0.0))
    moved = 0.0 if fixed is None or not len(fixed) else float(np.abs(fixed @ step).max())
    if most <= 0 or gains.min() < -AGAINST * most or moved > AGAINST * most:
        return
    long = np.abs(step) > INVOLVED * np.abs(step).max()
    columns = [names[place] for place in np.flatnonzero(long[: len(names)]) if names[place] != INTERCEPT]
    raise AnalysisError("separation", columns=", ".join(columns), outcome=outcome)
