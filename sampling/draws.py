"""A draw that anybody can make again: the same frame (in any order of its rows), plan and seed give the same sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sampling.faults import SamplingError
from sampling.frame import CanonicalFrame, Labels, canonical, sorted_order
from sampling.inclusion import Floats, Positions
from sampling.multistage import StageDraw, select_in_stages
from sampling.people import People, people_of
from sampling.plans import DrawPlan
from sampling.selection import Auxiliaries, Method, Selected, drawn_by_stratum, select, select_by_stratum


@dataclass(frozen=True, slots=True)
class Draw:
    """A sample, in canonical order of its ids."""

    positions: Positions  # in the frame as it was given
    inclusion_probability: Floats  # overall, earlier draws included
    design_weight: Floats  # 1 / inclusion probability: rows of the (first) frame a drawn row stands for
    strata: Labels | None
    stages: tuple[StageDraw, ...]
    people: People | None  # where rows of the frame are files or households
    plan: DrawPlan
    n_frame: int
    frame_sha256: str
    seed: int | None  # None: the generator had been used before, so that no seed re-makes the draw
    by_stratum: pd.DataFrame  # as sampling.selection.drawn_by_stratum, within this frame; one row without strata

    def columns(self) -> pd.DataFrame:
        """Stratum, stages, probability and weights of each drawn row, for a table beside the rows of the frame."""
        staged = {
            f"stage_{number}_{name}": values
            for number, stage in enumerate(self.stages, start=1)
            for name, values in (("unit", stage.labels), ("probability", stage.probability))
        }
        stratum = {} if self.strata is None else {"stratum": self.strata}
        own = {"inclusion_probability": self.inclusion_probability, "design_weight": self.design_weight}
        people = {} if self.people is None else self.people.columns()
        return pd.DataFrame({**stratum, **staged, **own, **people}, index=self.positions)


def draw(
    frame: pd.DataFrame,
    plan: DrawPlan,
    rng: np.random.Generator,
    *,
    first_row: int = 2,
    updated: str | None = None,
    not_before: pd.Timestamp | None = None,
    report: Callable[[int], None] | None = None,
) -> Draw:
    """Draw a sample from a frame.

    Parameters
    ----------
    frame : a row per unit of the lowest level; only the columns that the plan names are read
    plan : what to draw
    rng : the generator, ``np.random.default_rng(seed)``. Its seed is noted where it has not been used before
    first_row, updated, not_before : see :func:`sampling.frame.canonical` and :class:`sampling.frame.Columns`
    report : called with the number of rows whose stratum has just been drawn from

    Returns
    -------
    Draw; the order of the rows of the frame is of no consequence: rows are put in canonical order of their ids first,
    and by the plan's sort keys for systematic draws.

    Raises
    ------
    SamplingError : a plan that does not hang together, a frame with faults, what the method refuses
    """
    plan.refuse_contradictions()
    seed = seed_of(rng)
    listed = canonical(frame, plan.columns(updated, not_before), first_row=first_row)
    stages: tuple[StageDraw, ...] = ()
    strata = _strata(listed, plan)
    if plan.stages:
        staged = select_in_stages(listed, plan.stages, rng)
        selected, stages = Selected(staged.positions, staged.probabilities), staged.stages
    else:
        selected = _selected(listed, plan, strata, rng, report)
    probability = selected.probabilities * _given(listed, plan)[selected.positions]
    everyone = np.full(len(listed), "–", dtype=object) if strata is None else strata
    return Draw(
        positions=listed.positions[selected.positions],
        inclusion_probability=probability,
        design_weight=1 / probability,
        strata=None if strata is None else strata[selected.positions],
        stages=stages,
        people=people_of(listed, plan, selected.positions, 1 / probability, rng),
        plan=plan,
        n_frame=len(listed),
        frame_sha256=listed.sha256,
        seed=seed,
        by_stratum=drawn_by_stratum(everyone, selected),
    )


def seed_of(rng: np.random.Generator) -> int | None:
    """The seed from which ``np.random.default_rng(seed)`` gives this very generator, or None."""
    sequence = getattr(rng.bit_generator, "seed_seq", None)
    seed = getattr(sequence, "entropy", None)
    if not isinstance(seed, int):
        return None
    fresh = np.random.default_rng(seed).bit_generator
    return seed if fresh.state == rng.bit_generator.state else None


def _strata(listed: CanonicalFrame, plan: DrawPlan) -> Labels | None:
    columns = plan.strata or (plan.stages[0].strata if plan.stages else ())
    return listed.stratum(columns) if columns else None


def _selected(
    listed: CanonicalFrame,
    plan: DrawPlan,
    strata: Labels | None,
    rng: np.random.Generator,
    report: Callable[[int], None] | None,
) -> Selected:
    """The draw in one stage, as positions in the canonical frame."""
    if plan.method is None:
        raise SamplingError("method_missing", known=", ".join(Method))
    order, known = ordered_list(listed, plan)
    if strata is not None and plan.sizes is not None:
        found = select_by_stratum(plan.method, strata[order], plan.sizes, rng, known=known, report=report)
    else:
        found = select(plan.method, len(listed), plan.n or 0, rng, known=known)
    back = np.argsort(order[found.positions])
    return Selected(order[found.positions][back], found.probabilities[back])


def ordered_list(listed: CanonicalFrame, plan: DrawPlan) -> tuple[Positions, Auxiliaries]:
    """Positions in the canonical frame in the order of the draw, and what is known of the rows in that order."""
    order = np.arange(len(listed))
    if plan.sort:
        order = sorted_order([listed.column(key) for key in plan.sort], serpentine=plan.serpentine)
    balancing = np.column_stack([listed.numbers[name] for name in plan.balance]) if plan.balance else None
    return order, Auxiliaries(listed.numbers[plan.size] if plan.size else None, balancing).of(order)


def _given(listed: CanonicalFrame, plan: DrawPlan) -> Floats:
    """The probability with which the row came into the frame."""
    if plan.given is None:
        return np.ones(len(listed))
    found = listed.numbers[plan.given]
    if (found > 1).any():
        raise SamplingError("given_above_one", column=plan.given, value=float(found.max()))
    return found
