"""What must be known of a design before anybody is invited: codes with their facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sampling.communes import FEW_THON, VarianceRule
from survey_app.design_spec import (
    Coverage,
    DesignSpec,
    Note,
    SizeBy,
    Stages,
    UnitFigures,
    Yamane,
)

NAMED = 5  # units that a note names; the others are counted
FEW_ANSWERS = 10  # below so many expected of either answer the normal interval is wrong (sampling.size)
ALIKE = 1.05  # differences that need no second sentence


def notes_of(
    spec: DesignSpec,
    units: Sequence[UnitFigures],
    *,
    margin: float | None,
    cost: float | None,
    yamane: Yamane | None,
) -> tuple[Note, ...]:
    """The notes of a design, what matters most for its use first."""
    notes = [*_differences(spec, units), *_stages(spec, units), *_aims(spec, units, margin), *_bounds(spec, units)]
    if spec.size_by is SizeBy.BUDGET and spec.budget is not None and cost is not None:
        notes.append(Note("budget", {"budget": spec.budget, "cost": cost, "left": spec.budget - cost}))
    if spec.coverage is Coverage.CENSUS:
        notes.append(Note("census", {"response_rate": spec.response_rate}))
    if yamane is not None:
        facts = {"margin": yamane.margin, "n": yamane.n, "reached": yamane.margin_reached}
        notes.append(Note("yamane", facts | {"completes": yamane.proper_completes, "invite": yamane.proper_invite}))
    return tuple(notes)


def named(units: Sequence[UnitFigures]) -> dict[str, Any]:
    """How many units, and the first of their names."""
    return {"count": len(units), "names": [unit.name or unit.code for unit in units[:NAMED]]}


def _differences(spec: DesignSpec, units: Sequence[UnitFigures]) -> Iterator[Note]:
    """Which units will not be told apart."""
    known = [unit for unit in units if unit.detectable is not None]
    if len(units) < 2:
        return
    if known:
        best = min(known, key=lambda unit: unit.detectable or 0.0)
        worst = max(known, key=lambda unit: unit.detectable or 0.0)
        least, most = best.detectable or 0.0, worst.detectable or 0.0
        yield Note("indistinct", {"count": len(units), "points": least, "power": spec.power})
        if most > least * ALIKE:
            yield Note("weakest", {"name": worst.name or worst.code, "points": most})
    if len(known) < len(units):
        yield Note("undetectable", named([unit for unit in units if unit.detectable is None]))


def _stages(spec: DesignSpec, units: Sequence[UnitFigures]) -> Iterator[Note]:
    """Too few first-stage units."""
    if spec.stages is Stages.ONE or spec.coverage is Coverage.CENSUS:
        return
    if spec.variance is VarianceRule.POOLED:
        few = [unit for unit in units if unit.thon is not None and unit.thon < FEW_THON]
        yield Note("pooled", {"count": len(few), "few": FEW_THON})
    else:
        alone = [unit for unit in units if unit.df == 0]
        single = [unit for unit in units if unit.df == 1]
        few = [unit for unit in units if unit.df is not None and 1 < unit.df < FEW_THON - 1]
        if alone:
            yield Note("no_df", named(alone))
        if single:
            yield Note("one_df", named(single) | {"margin": max(unit.margin or 0.0 for unit in single)})
        if few:
            yield Note("few_df", named(few) | {"few": FEW_THON})
    yield Note("icc", {"icc": spec.icc})


def _aims(spec: DesignSpec, units: Sequence[UnitFigures], margin: float | None) -> Iterator[Note]:
    """Margins that were asked and are missed."""
    if spec.margin is not None and (margin is None or margin > spec.margin * (1 + 1e-9)):
        yield Note("margin_missed", {"asked": spec.margin, "reached": margin})
    missed = [unit for unit in units if unit.reached is False]
    if missed:
        yield Note("units_missed", named(missed) | {"asked": spec.unit_margin, "of": len(units)})
    elif spec.unit_margin is not None:
        yield Note("units_reached", {"asked": spec.unit_margin, "of": len(units)})


def _bounds(spec: DesignSpec, units: Sequence[UnitFigures]) -> Iterator[Note]:
    """Units that are too small, and answers too few for the formula."""
    if spec.coverage is Coverage.SAMPLE:
        small = [unit for unit in units if unit.population * spec.response_rate < spec.minimum]
        if small:
            yield Note("small", named(small) | {"minimum": spec.minimum})
        whole = [unit for unit in units if unit.invite >= unit.population and unit not in small]
        if whole:
            yield Note("everybody", named(whole))
    if spec.of_means or spec.stages is Stages.TWO:
        return
    shares = {stratum.code: spec.p if stratum.p is None else stratum.p for stratum in spec.strata}
    least = {code: spec.informative * min(share, 1 - share) for code, share in shares.items()}
    rough = [unit for unit in units if unit.margin and unit.completes * least[unit.code] < FEW_ANSWERS]
    if rough:
        yield Note("rough", named(rough) | {"few": FEW_ANSWERS})
