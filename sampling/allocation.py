"""A sample shared among strata. Every method keeps the bounds of each stratum and what was promised in all.

Exact sizes come first, by the method's formula under the bounds; whole people come last, rounded once. A stratum that
its formula would push beyond a bound is held there and the rest is shared anew, which is the exact optimum under
bounds and not a correction afterwards. Several variables at once: :mod:`sampling.bethel`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from sampling.faults import SamplingError
from sampling.levels import filled_to_total, filled_to_variance
from sampling.quantities import FloatArray, finite, positive, positive_column, spread_column, whole
from sampling.rounding import IntArray, given_back, largest_remainder, optimum_integers, within_budget
from sampling.strata import Strata, anticipated_se


class Method(StrEnum):
    """How a sample is shared among strata."""

    EQUAL = "equal"
    PROPORTIONAL = "proportional"
    NEYMAN = "neyman"
    COST = "cost"
    POWER = "power"
    BETHEL = "bethel"


class Bound(StrEnum):
    """What holds a stratum's exact size; FREE: nothing but the formula."""

    FREE = ""
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    TAKE_ALL = "take_all"


@dataclass(frozen=True, slots=True, eq=False)
class Allocation:
    """Sizes in the order of ``strata.names``: ``exact`` before the one rounding, ``n`` whole people."""

    method: Method
    strata: Strata
    exact: FloatArray
    n: IntArray

    @property
    def total(self) -> int:
        """People in all."""
        return int(self.n.sum())

    @property
    def cost(self) -> float:
        """Price of the interviews in all."""
        return float(self.strata.cost @ self.n)

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """What holds each stratum."""
        strata = self.strata
        at_upper = np.isclose(self.exact, strata.upper, rtol=1e-9, atol=0)
        at_lower = np.isclose(self.exact, strata.lower, rtol=1e-9, atol=0)
        choices = [strata.take_all, at_upper, at_lower]
        held = np.select(choices, [Bound.TAKE_ALL, Bound.MAXIMUM, Bound.MINIMUM], default=Bound.FREE)
        return tuple(Bound(name) for name in held.tolist())

    def table(self) -> pd.DataFrame:
        """A row for each stratum: stratum, population, exact, n, fraction, design_weight (people per person), bound."""
        population = self.strata.population
        return pd.DataFrame(
            {
                "stratum": self.strata.names,
                "population": population.astype(np.int64),
                "exact": self.exact,
                "n": self.n,
                "fraction": self.n / population,
                "design_weight": population / self.n,
                "bound": [str(bound) for bound in self.bounds],
            }
        )


def equal(strata: Strata, total: int) -> Allocation:
    """The same number in each stratum: every stratum can be reported about as well as any other."""
    return _shared(Method.EQUAL, strata, np.ones(len(strata.names)), total)


def proportional(strata: Strata, total: int) -> Allocation:
    """In proportion to the people: everybody has the same chance, and no design weights are needed."""
    return _shared(Method.PROPORTIONAL, strata, strata.population, total)


def power(strata: Strata, unit_cv: object, total: int, *, size: object = None, exponent: float = 0.5) -> Allocation:
    """Between Neyman's allocation and equal CVs of the strata: n in proportion to unit_cv * size**exponent.

    Parameters
    ----------
    unit_cv : standard deviation / mean of each stratum, not negative.
    size : importance of each stratum, usually the total of the variable; the population if not given.
    exponent : 1 is Neyman's allocation when size is the total of the variable, 0 gives nearly equal CVs.

    References
    ----------
    Bankier (1988), Power allocations: determining sample sizes for subnational areas, The American Statistician 42.
    """
    measure = strata.population if size is None else positive_column("size", size, strata.names)
    if not 0 <= finite("exponent", exponent) <= 1:
        raise SamplingError("value_no_share", name="exponent", value=exponent)
    proportions = spread_column("unit_cv", unit_cv, strata.names) * measure**exponent
    _refuse_flat("unit_cv", proportions)
    return _shared(Method.POWER, strata, proportions, total)


def neyman(strata: Strata, sd: object, total: int) -> Allocation:
    """The smallest standard error of the overall mean that ``total`` people can give; costs are not looked at.

    sd: standard deviation of each stratum (divisor N-1), not negative. The whole numbers are the true optimum among
    whole numbers (Wright 2012, 2017). References: Neyman (1934); Cochran (1977), s. 5.5 and 5.8.
    """
    spread = _spread(strata, sd)
    people = _total_within(strata, total)
    exact = filled_to_total(spread, strata.lower, strata.upper, people, np.ones_like(spread))
    n = optimum_integers(spread, strata, people)
    return Allocation(Method.NEYMAN, strata, exact, n)


def cost_optimal(strata: Strata, sd: object, total: int) -> Allocation:
    """``total`` people in the proportions N sd / sqrt(cost), which are best for the money (Cochran 1977, s. 5.5)."""
    return _shared(Method.COST, strata, _spread(strata, sd) / np.sqrt(strata.cost), total)


def cost_optimal_for_budget(strata: Strata, sd: object, budget: float) -> Allocation:
    """The smallest standard error of the overall mean that a budget pays; the whole numbers never cost more.

    A budget that pays the maximum of every stratum is not used up. Source: Cochran (1977), eq. 5.24; Valliant, Dever,
    Kreuter (2018), s. 3.3 (PracTools' strAlloc, "totcost").
    """
    spread = _spread(strata, sd)
    least = float(strata.cost @ strata.lower)
    if positive("budget", budget) < least * (1 - 1e-12):
        raise SamplingError("budget_too_small", budget=budget, needed=least)
    spent = min(budget, float(strata.cost @ strata.upper))
    exact = filled_to_total(spread / np.sqrt(strata.cost), strata.lower, strata.upper, spent, strata.cost)
    n = within_budget(exact, strata, spread, budget)
    return Allocation(Method.COST, strata, exact, n)


def cost_optimal_for_se(strata: Strata, sd: object, se: float) -> Allocation:
    """The cheapest sample whose overall mean has at most this standard error; the whole numbers keep it.

    Source: Cochran (1977), eq. 5.25; Valliant, Dever, Kreuter (2018), s. 3.3 (strAlloc, "totvar": se = CV * mean).
    """
    spread = _spread(strata, sd)
    best = anticipated_se(strata, sd, strata.upper)
    if positive("se", se) < best * (1 - 1e-12):
        raise SamplingError("se_out_of_reach", se=se, best=best)
    variance = (se * strata.people) ** 2 + float(np.sum(spread**2 / strata.population))
    exact = filled_to_variance(spread / np.sqrt(strata.cost), strata.lower, strata.upper, spread, variance)
    needs = (spread**2 / variance)[np.newaxis, :]
    n = given_back(exact, strata, needs)
    return Allocation(Method.COST, strata, exact, n)


def _shared(method: Method, strata: Strata, proportions: FloatArray, total: int) -> Allocation:
    """A total in proportions, within bounds, rounded by the largest remainders."""
    people = _total_within(strata, total)
    exact = filled_to_total(proportions, strata.lower, strata.upper, people, np.ones_like(proportions))
    return Allocation(method, strata, exact, largest_remainder(exact, people, strata.names))


def _spread(strata: Strata, sd: object) -> FloatArray:
    """Population x standard deviation, not 0 everywhere."""
    spread = spread_column("sd", sd, strata.names) * strata.population
    _refuse_flat("sd", spread)
    return spread


def _refuse_flat(name: str, proportions: FloatArray) -> None:
    if not proportions.any():
        raise SamplingError("no_spread", name=name)


def _total_within(strata: Strata, total: int) -> int:
    people = whole("total", total)
    least, most = float(strata.lower.sum()), float(strata.upper.sum())
    if people < least:
        raise SamplingError("total_below_minimum", total=people, needed=least)
    if people > most:
        raise SamplingError("total_above_maximum", total=people, most=most)
    return people
