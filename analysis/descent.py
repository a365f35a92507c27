"""The minimum of a discrepancy by steps of Fisher scoring (Gauss–Newton), halved where they do not descend."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from analysis.faults import AnalysisError
from analysis.sums import Floats

STEPS = 1000
HALVINGS = 30
SETTLED = 1e-13
SINGULAR = 1e-11


class Point(NamedTuple):
    """A discrepancy with half its slope downwards and half its expected curvature."""

    value: float
    downhill: Floats  # (q,)
    information: Floats  # (q, q)


def minimum(at: Callable[[Floats], Point | None], start: Floats) -> tuple[Floats, Point]:
    """Values of the parameters (q,) at the minimum, and the point there.

    ``at`` gives None where the discrepancy is not defined.

    Raises
    ------
    AnalysisError : ``not_identified`` where directions exist along which nothing changes; ``no_convergence``.
    """
    values, here = start, at(start)
    if here is None:
        raise AnalysisError("no_convergence", steps=0)
    for _ in range(STEPS):
        step = _solved(here)
        gain = float(step @ here.downhill)
        if gain <= SETTLED * max(1.0, abs(here.value)):
            return values, here
        for halving in range(HALVINGS):
            trial = values + step / 2**halving
            there = at(trial)
            if there is not None and there.value < here.value:
                break
        else:
            if gain <= 1e-7 * max(1.0, abs(here.value)):  # no descent is left beyond rounding
                return values, here
            raise AnalysisError("no_convergence", steps=STEPS)
        values, here = trial, there
    raise AnalysisError("no_convergence", steps=STEPS)


def _solved(point: Point) -> Floats:
    """The step of Fisher, after each parameter is brought to a scale of its own."""
    scale = np.sqrt(np.diag(point.information))
    if (scale == 0).any():
        raise AnalysisError("not_identified")
    scaled = point.information / np.outer(scale, scale)
    if np.linalg.eigvalsh(scaled)[0] < SINGULAR:
        raise AnalysisError("not_identified")
    step: Floats = np.linalg.solve(scaled, point.downhill / scale) / scale
    return step
