"""A sample design worked out: how many in each unit, and what they will tell. Every formula is one of `sampling`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from sampling.allocation import (
    Allocation,
    Method,
    cost_optimal,
    cost_optimal_for_budget,
    equal,
    neyman,
    power,
    proportional,
)
from sampling.quantities import FloatArray
from sampling.rounding import IntArray, rounded_up
from sampling.size import (
    Conditions,
    completes_for_mean,
    completes_for_proportion,
    margin_of_mean,
    margin_of_proportion,
    yamane,
)
from sampling.strata import Strata, anticipated_se, strata_of
from survey_app.design_spec import (
    Coverage,
    DesignRefused,
    DesignResult,
    DesignSpec,
    SizeBy,
    Stages,
    UnitFigures,
    Yamane,
)
from survey_app.services.design_notes import notes_of
from survey_app.services.design_stages import Staged, cheapest_two_stage, detectable_difference, process_se, staged

USUAL_MARGIN = 0.05  # what Yamane's number is shown for where no margin is asked


@dataclass(frozen=True, slots=True)
class _Base:
    """The arrays of a spec, one place for each stratum."""

    spec: DesignSpec
    codes: tuple[str, ...]
    population: FloatArray
    p: FloatArray
    sd: FloatArray  # divisor N - 1
    cost: FloatArray  # NaN where no price is known
    most: FloatArray  # who can be expected to answer
    least: FloatArray

    @property
    def part(self) -> FloatArray:
        """Share of the people."""
        shares: FloatArray = self.population / self.population.sum()
        return shares

    def strata(self, least: FloatArray | None = None) -> Strata:
        cost = np.where(np.isnan(self.cost), 1.0, self.cost)
        lower = self.least if least is None else np.minimum(np.maximum(least, self.least), self.most)
        return strata_of(self.codes, self.population, minimum=lower, maximum=self.most, cost=cost)

    def under(self, place: int, *, finite: bool = True) -> Conditions:
        """What the survey will meet in one stratum."""
        people = float(self.population[place]) if finite else None
        spec = self.spec
        return Conditions(spec.confidence, people, spec.deff / spec.informative, spec.response_rate)


def work_out(spec: DesignSpec) -> DesignResult:
    """The design that a spec asks for.

    Raises
    ------
    DesignRefused, SamplingError : what was asked cannot be had.
    """
    _refuse_contradictions(spec)
    if spec.coverage is Coverage.CENSUS:
        base = _base(replace(spec, deff=1.0, stages=Stages.ONE))  # nobody is left out, in whatever thôn
        return _result(base, base.most.astype(np.int64), str(Coverage.CENSUS), None)
    base = _base(spec)
    if spec.stages is Stages.TWO:
        return _two_stages(base)
    n = _sizes(base, lambda sizes: float(base.cost @ sizes))
    return _result(base, n, str(spec.method), None)


def _base(spec: DesignSpec) -> _Base:
    population = np.array([stratum.population for stratum in spec.strata], dtype=float)
    p = np.array([spec.p if stratum.p is None else stratum.p for stratum in spec.strata])
    price = math.nan if spec.cost_per_ballot is None else spec.cost_per_ballot
    cost = np.array([price if stratum.cost is None else stratum.cost for stratum in spec.strata])
    if spec.sd is not None:
        sd = np.array([spec.sd if stratum.sd is None else stratum.sd for stratum in spec.strata])
    else:
        sd = np.sqrt(p * (1 - p) * population / np.maximum(population - 1, 1))
    most = np.maximum(np.floor(population * spec.response_rate * (1 + 1e-12)), 1.0)
    least = np.minimum(float(spec.minimum), most)
    return _Base(spec, tuple(s.code for s in spec.strata), population, p, sd, cost, most, least)


def _refuse_contradictions(spec: DesignSpec) -> None:
    """What no arithmetic can mend, by the field that would have to change."""
    if not spec.strata:
        raise DesignRefused("no_strata", "population")
    for field, margin in (("margin", spec.margin), ("unit_margin", spec.unit_margin)):
        if margin is not None and margin >= 1 and not spec.of_means:
            raise DesignRefused("margin_too_wide", field)
    if spec.coverage is Coverage.CENSUS:
        return
    if spec.size_by is SizeBy.MARGINS and spec.margin is None and spec.unit_margin is None:
        raise DesignRefused("margin_needed", "margin")
    if spec.size_by is SizeBy.TOTAL and spec.total is None:
        raise DesignRefused("total_needed", "total")
    if spec.size_by is SizeBy.BUDGET and spec.budget is None:
        raise DesignRefused("budget_needed", "budget")
    if spec.size_by is SizeBy.BUDGET and not spec.priced:
        raise DesignRefused("cost_needed", "modes")
    if spec.method is Method.COST and not spec.priced:
        raise DesignRefused("cost_needed", "modes")
    if spec.stages is Stages.TWO and spec.thon_in_unit is None:
        missing = [stratum.code for stratum in spec.strata if stratum.thon is None]
        if missing:
            raise DesignRefused("thon_needed", "thon_in_unit", codes=", ".join(missing[:5]), count=len(missing))


def _sizes(base: _Base, cost_of: Callable[[IntArray], float]) -> IntArray:
    """Completed ballots of each stratum by what decides on the size."""
    spec = base.spec
    if spec.size_by is SizeBy.MARGINS:
        return _for_margins(base)
    strata = base.strata()
    if spec.size_by is SizeBy.TOTAL:
        _refuse_total(strata, spec.total or 0)
        return _shared(base, strata, spec.total or 0).n
    budget = spec.budget or 0.0
    if spec.method is Method.COST and spec.stages is Stages.ONE:
        least = float(strata.cost @ strata.lower)
        if least > budget:
            raise DesignRefused("budget_too_small", "budget", budget=budget, needed=least)
        return cost_optimal_for_budget(strata, base.sd, budget).n
    return _for_budget(base, strata, budget, cost_of)


def _shared(base: _Base, strata: Strata, total: int) -> Allocation:
    """A total in the way the spec chose."""
    spec = base.spec
    if spec.method is Method.POWER:
        unit_cv = base.sd if spec.of_means else base.sd / base.p
        return power(strata, unit_cv, total, exponent=spec.exponent)
    if spec.method is Method.NEYMAN:
        return neyman(strata, base.sd, total)
    if spec.method is Method.COST:
        return cost_optimal(strata, base.sd, total)
    return {Method.EQUAL: equal, Method.PROPORTIONAL: proportional}[spec.method](strata, total)


def _refuse_total(strata: Strata, total: int) -> None:
    least, most = int(strata.lower.sum()), int(strata.upper.sum())
    if total < least:
        raise DesignRefused("total_below_minimum", "total", total=total, least=least)
    if total > most:
        raise DesignRefused("total_above_maximum", "total", total=total, most=most)


def _for_margins(base: _Base) -> IntArray:
    """The fewest ballots with the margins asked, of each unit and of all."""
    spec = base.spec
    needs = None
    if spec.unit_margin is not None:
        sizes = [_needed(base, place, spec.unit_margin) for place in range(len(base.codes))]
        needs = np.array(sizes, dtype=float)
    strata = base.strata(needs)
    if spec.margin is None:
        return strata.lower.astype(np.int64)
    best = _margin_of_all(base, strata.upper)
    if best > spec.margin * (1 + 1e-9):
        raise DesignRefused("margin_out_of_reach", "margin", margin=spec.margin, best=best)
    low, high = int(strata.lower.sum()), int(strata.upper.sum())
    while low < high:
        middle = (low + high) // 2
        if _margin_of_all(base, _shared(base, strata, middle).n) <= spec.margin:
            high = middle
        else:
            low = middle + 1
    return _shared(base, strata, low).n


def _for_budget(base: _Base, strata: Strata, budget: float, cost_of: Callable[[IntArray], float]) -> IntArray:
    """As many ballots as the budget pays, shared in the way the spec chose."""
    low, high = int(strata.lower.sum()), int(strata.upper.sum())
    least = cost_of(_shared(base, strata, low).n)
    if least > budget:
        raise DesignRefused("budget_too_small", "budget", budget=budget, needed=least)
    while low < high:
        middle = (low + high + 1) // 2
        if cost_of(_shared(base, strata, middle).n) <= budget:
            low = middle
        else:
            high = middle - 1
    return _shared(base, strata, low).n


def _needed(base: _Base, place: int, margin: float) -> int:
    under = base.under(place)
    if base.spec.of_means:
        sd = float(base.sd[place])
        if margin >= under.z * math.sqrt(under.deff) * sd:
            return 1  # so wide that anybody's answer keeps it
        return completes_for_mean(sd=sd, margin=margin, under=under).n_completes
    return completes_for_proportion(p=float(base.p[place]), margin=margin, under=under).n_completes


def _margin_of_all(base: _Base, n: FloatArray | IntArray) -> float:
    se = math.sqrt(base.spec.deff / base.spec.informative) * anticipated_se(base.strata(), base.sd, n)
    return base.under(0).z * se


def _two_stages(base: _Base) -> DesignResult:
    spec = base.spec
    if spec.size_by is SizeBy.MARGINS:
        found = cheapest_two_stage(spec, base.sd, base.cost)
        return _result(base, found.completes, "cheapest", found)
    if spec.thon_per_unit is None and spec.take is None:
        raise DesignRefused("thon_or_take_needed", "thon_per_unit")

    def cost_of(sizes: IntArray) -> float:
        return float(base.cost @ sizes + spec.cost_thon * staged(spec, base.sd, sizes, evaluate=False).n_thon.sum())

    n = _sizes(base, cost_of)
    return _result(base, n, str(spec.method), staged(spec, base.sd, n))


def _result(base: _Base, n: IntArray, allocation: str, two: Staged | None) -> DesignResult:
    """Everything that is shown of a design."""
    spec = base.spec
    margins = two.margin if two else np.array([_margin(base, place, int(n[place])) for place in range(len(n))])
    deff = np.full(len(n), spec.deff) if two is None else two.deff
    columns = zip(base.p.tolist(), base.sd.tolist(), n.tolist(), deff.tolist(), strict=True)
    errors = np.array([process_se(spec, p, sd, size, effect / spec.informative) for p, sd, size, effect in columns])
    detectable = detectable_difference(spec, errors, two.df if two else None)
    costs = base.cost * n + (spec.cost_thon * two.n_thon if two else 0.0)
    told = zip(n.tolist(), margins.tolist(), detectable.tolist(), costs.tolist(), strict=True)
    units = tuple(_unit(base, place, figures, two) for place, figures in enumerate(told))
    margin = two.margin_of_all if two else _margin_of_all(base, n)
    cost = float(costs.sum())
    return DesignResult(
        units=units,
        total=int(n.sum()),
        invite=sum(unit.invite for unit in units),
        n_thon=int(two.n_thon.sum()) if two else None,
        allocation=allocation,
        margin=_finite(margin),
        df=two.df_of_all if two else None,
        deff=_deff_of_all(base, n, two.se_of_all if two else margin / base.under(0).z),
        cost=_finite(cost),
        yamane=(beside := _yamane(base, deff, n)),
        notes=notes_of(spec, units, margin=_finite(margin), cost=_finite(cost), yamane=beside),
    )


def _margin(base: _Base, place: int, n: int) -> float:
    under = base.under(place)
    if base.spec.of_means:
        return margin_of_mean(n, sd=float(base.sd[place]), under=under).margin
    return margin_of_proportion(n, p=float(base.p[place]), under=under).margin


def _unit(base: _Base, place: int, figures: tuple[int, float, float, float], two: Staged | None) -> UnitFigures:
    """A row of the table; figures: ballots, margin, detectable difference, cost."""
    n, margin, detectable, cost = figures
    spec, stratum = base.spec, base.spec.strata[place]
    invite = int(two.invite[place]) if two else rounded_up(n / spec.response_rate)
    if spec.coverage is Coverage.CENSUS:
        invite = stratum.population
    asked = spec.unit_margin
    return UnitFigures(
        code=stratum.code,
        name=stratum.name,
        population=stratum.population,
        completes=n,
        invite=min(invite, stratum.population),
        thon=int(two.n_thon[place]) if two else None,
        take=float(two.take[place]) if two else None,
        df=float(two.df[place]) if two else None,
        margin=_finite(margin),
        detectable=_finite(detectable),
        cost=_finite(cost),
        reached=None if asked is None else bool(margin <= asked * (1 + 1e-9)),
    )


def _deff_of_all(base: _Base, n: IntArray, se: float) -> float:
    """Variance of the overall estimate as a multiple of that of a simple random sample of as many people."""
    total, people = float(n.sum()), float(base.population.sum())
    plain = float(base.part @ base.sd**2) / (total * base.spec.informative) * (1 - total / people)
    return se**2 / plain if plain > 0 and math.isfinite(se) else 1.0


def _yamane(base: _Base, deff: FloatArray, n: IntArray) -> Yamane | None:
    """Yamane's number under the design effect that the people of a unit have on average."""
    spec = base.spec
    if spec.of_means:
        return None
    margin = spec.margin or USUAL_MARGIN
    p, people = float(base.part @ base.p), int(base.population.sum())
    effect = float(np.average(deff, weights=n)) / spec.informative
    under = Conditions(spec.confidence, people, effect, spec.response_rate)
    simple = yamane(people, margin, p=p, under=under)
    proper = completes_for_proportion(p=p, margin=margin, under=under)
    return Yamane(margin, simple.n, simple.margin, proper.n_completes, proper.n_invited)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
