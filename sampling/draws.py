"""A draw that anybody can make again: the same frame (in any order of its rows), plan and seed give the same sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sampling.faults import SamplingError
from sampling.frame import CanonicalFrame, Columns, Labels, canonical, sorted_order
from sampling.inclusion import Floats, Positions
from sampling.multistage import Stage, StageDraw, select_in_stages
from sampling.selection import ORDERED, Auxiliaries, Method, Selected, drawn_by_stratum, select, select_by_stratum


@dataclass(frozen=True, slots=True)
class DrawPlan:
    """What is drawn and how; with the frame and the seed it determines the sample."""

    id: str  # column of the frame that names its rows, each once
    method: Method | None = None  # None where there are stages
    n: int | None = None
    strata: tuple[str, ...] = ()
    sizes: Mapping[str, int] | None = None  # stratum -> number to draw
    size: str | None = None  # measure of size
    balance: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()  # systematic draws: implicit stratification, first key first; ties by id
    serpentine: bool = False
    stages: tuple[Stage, ...] = ()
    given: str | None = None  # column with the inclusion probability of earlier draws, which led to this frame
    keys: tuple[str, ...] = ()  # other columns the sample's weights rest on (person key, multiplicity, adults)
    key_numbers: tuple[str, ...] = ()

    def columns(self, updated: str | None = None, not_before: pd.Timestamp | None = None) -> Columns:
        """The columns of the frame that the draw reads."""
        staged = [column for stage in self.stages for column in (stage.unit, *stage.strata)]
        sizes = [stage.size for stage in self.stages if stage.size] + ([self.size] if self.size else [])
        sort = [key for stage in self.stages for key in stage.sort]
        given = (self.given,) if self.given else ()
        return Columns(
            id=self.id,
            labels=_once((*staged, *self.strata, *self.keys)),
            sizes=_once((*sizes, *given, *self.key_numbers)),
            numbers=_once(self.balance),
            sort=_once((*self.sort, *sort)),
            updated=updated,
            not_before=not_before,
        )


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


@dataclass(frozen=True, slots=True)
class Draw:
    """A sample, in canonical order of its ids."""

    positions: Positions  # in the frame as it was given
    inclusion_probability: Floats  # overall, earlier draws included
    design_weight: Floats  # 1 / inclusion probability: rows of the (first) frame a drawn row stands for
    strata: Labels | None
    stages: tuple[StageDraw, ...]
    plan: DrawPlan
    n_frame: int
    frame_sha256: str
    seed: int | None  # None: the generator had been used before, so that no seed re-makes the draw
    by_stratum: pd.DataFrame  # as sampling.selection.drawn_by_stratum; one row where there are no strata

    def columns(self) -> pd.DataFrame:
        """Probability, weight and the stages of each drawn row, for a table beside the rows of the frame."""
        staged = {
            f"stage_{number}_{name}": values
            for number, stage in enumerate(self.stages, start=1)
            for name, values in (("unit", stage.labels), ("probability", stage.probability))
        }
        stratum = {} if self.strata is None else {"stratum": self.strata}
        own = {"inclusion_probability": self.inclusion_probability, "design_weight": self.design_weight}
        return pd.DataFrame({**stratum, **staged, **own}, index=self.positions)


def draw(
    frame: pd.DataFrame,
    plan: DrawPlan,
    rng: np.random.Generator,
    *,
    first_row: int = 2,
    updated: str | None = None,
    not_before: pd.Timestamp | None = None,
) -> Draw:
    """Draw a sample from a frame.

    Parameters
    ----------
    frame : a row per unit of the lowest level; only the columns that the plan names are read
    plan : what to draw
    rng : the generator, ``np.random.default_rng(seed)``. Its seed is noted where it has not been used before
    first_row, updated, not_before : see :func:`sampling.frame.canonical`

    Returns
    -------
    Draw; the order of the rows of the frame is of no consequence: rows are put in canonical order of their ids first,
    and by the plan's sort keys for systematic draws.

    Raises
    ------
    SamplingError : a plan that does not hang together, a frame with faults, what the method refuses
    """
    _refuse_plan(plan)
    seed = seed_of(rng)
    listed = canonical(frame, plan.columns(updated, not_before), first_row=first_row)
    stages: tuple[StageDraw, ...] = ()
    strata = _strata(listed, plan)
    if plan.stages:
        staged = select_in_stages(listed, plan.stages, rng)
        selected, stages = Selected(staged.positions, staged.probabilities), staged.stages
    else:
        selected = _selected(listed, plan, strata, rng)
    probability = selected.probabilities * _given(listed, plan)[selected.positions]
    everyone = np.full(len(listed), "–", dtype=object) if strata is None else strata
    return Draw(
        positions=listed.positions[selected.positions],
        inclusion_probability=probability,
        design_weight=1 / probability,
        strata=None if strata is None else strata[selected.positions],
        stages=stages,
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


def _refuse_plan(plan: DrawPlan) -> None:
    """What would be passed over in silence, or is missing."""
    if plan.stages:
        alone = (plan.method, plan.n, plan.sizes, plan.size, *plan.strata, *plan.balance, *plan.sort)
        if any(value is not None for value in alone) or plan.serpentine:
            raise SamplingError("stages_alone")
        return
    if plan.method is None:
        raise SamplingError("method_missing", known=", ".join(Method))
    if plan.strata and plan.sizes is None:
        raise SamplingError("strata_need_sizes", strata=", ".join(plan.strata))
    if not plan.strata and plan.sizes is not None:
        raise SamplingError("sizes_need_strata")
    if (plan.n is None) == (plan.sizes is None):
        raise SamplingError("n_or_sizes")
    if (plan.sort or plan.serpentine) and plan.method not in ORDERED:
        raise SamplingError("sort_without_order", method=plan.method)
    if plan.serpentine and len(plan.sort) < 2:
        raise SamplingError("serpentine_needs_keys")


def _strata(listed: CanonicalFrame, plan: DrawPlan) -> Labels | None:
    columns = plan.strata or (plan.stages[0].strata if plan.stages else ())
    return listed.stratum(columns) if columns else None


def _selected(listed: CanonicalFrame, plan: DrawPlan, strata: Labels | None, rng: np.random.Generator) -> Selected:
    """The draw in one stage, as positions in the canonical frame."""
    balancing = np.column_stack([listed.numbers[name] for name in plan.balance]) if plan.balance else None
    known = Auxiliaries(listed.numbers[plan.size] if plan.size else None, balancing)
    if not plan.sort:
        return _in_list(len(listed), plan, strata, known, rng)
    order = sorted_order([listed.column(key) for key in plan.sort], serpentine=plan.serpentine)
    found = _in_list(len(listed), plan, None if strata is None else strata[order], known.of(order), rng)
    back = np.argsort(order[found.positions])
    return Selected(order[found.positions][back], found.probabilities[back])


def _in_list(
    n_units: int, plan: DrawPlan, strata: Labels | None, known: Auxiliaries, rng: np.random.Generator
) -> Selected:
    if plan.method is None:
        raise SamplingError("method_missing", known=", ".join(Method))
    if strata is not None and plan.sizes is not None:
        return select_by_stratum(plan.method, strata, plan.sizes, rng, known=known)
    return select(plan.method, n_units, plan.n or 0, rng, known=known)


def _given(listed: CanonicalFrame, plan: DrawPlan) -> npt.NDArray[np.float64]:
    """The probability with which the row came into the frame."""
    if plan.given is None:
        return np.ones(len(listed))
    found = listed.numbers[plan.given]
    if (found > 1).any():
        raise SamplingError("given_above_one", column=plan.given, value=float(found.max()))
    return found
