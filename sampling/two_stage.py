"""People from first-stage units: what clustering costs, and how many units and people per unit are worth their price.

First-stage units (thôn, classes, offices) of about equal size, drawn at random or with probability proportional to
size with replacement; the same number of people in each. No finite population: :mod:`sampling.communes` has it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sampling.faults import SamplingError
from sampling.quantities import at_least, finite, positive, share, whole
from sampling.rounding import rounded_up

MOST_PER_UNIT = 100_000


@dataclass(frozen=True, slots=True)
class Costs:
    """Price of one more first-stage unit, and of one more complete interview in it, in any currency."""

    per_unit: float
    per_person: float

    def __post_init__(self) -> None:
        positive("cost per unit", self.per_unit)
        positive("cost per person", self.per_person)


@dataclass(frozen=True, slots=True)
class TwoStageSize:
    """First-stage units and completes per unit; ``..._exact`` solve the equation, the others are whole and keep it.

    ``cost_exact`` and ``cv_exact`` belong to the exact sizes, ``cost`` and ``cv`` to the whole ones. ``deff`` is
    1 + (take - 1) icc for the whole take.
    """

    n_units_exact: float
    take_exact: float
    cost_exact: float
    cv_exact: float
    n_units: int
    take: int
    n_completes: int
    cost: float
    cv: float
    deff: float


def cluster_deff(take: float, icc: float, *, cv_of_takes: float = 0.0) -> float:
    """The design effect of asking ``take`` people in each first-stage unit: 1 + (take - 1) icc.

    icc: correlation of two people of one unit, 0 to 1 (also called rho, delta, homogeneity). cv_of_takes: standard
    deviation of the takes divided by their mean; unequal takes count as (1 + cv**2) take people.

    References: Kish (1965), Survey Sampling, s. 5.4; Eldridge, Ashby, Kerry (2006), Int. J. Epidemiology 35.
    """
    at_least("cv_of_takes", cv_of_takes, 0)
    return 1 + ((1 + cv_of_takes**2) * at_least("take", take, 1) - 1) * _icc(icc)


def optimum_take(costs: Costs, icc: float) -> float:
    """The number of people per first-stage unit that gives most precision for the money, unrounded; at least 1.

    sqrt(cost per unit / cost per person * (1 - icc) / icc), whatever the budget. Source: Cochran (1977), s. 10.6;
    Valliant, Dever, Kreuter (2018), s. 9.3.1.
    """
    share("icc", icc)
    return max(1.0, math.sqrt(costs.per_unit / costs.per_person * (1 - icc) / icc))


def two_stage_for_budget(
    costs: Costs, icc: float, budget: float, *, unit_variance: float = 1.0, k: float = 1.0
) -> TwoStageSize:
    """The most precise two-stage sample that a budget pays (PracTools' clusOpt2, ``cal.sw=1``).

    Parameters
    ----------
    unit_variance : relative variance of the people, (sd / mean)**2; for a proportion (1-p) / p.
    k : the ratio (B**2 + W**2) / unit variance of Valliant et al., close to 1.

    Notes
    -----
    The whole sizes are the best of all takes: the units that the budget pays, never more. At least 2 units, else
    there would be no standard error.
    """
    positive("budget", budget)
    exact_take = optimum_take(costs, icc)
    exact_units = budget / (costs.per_unit + costs.per_person * exact_take)
    least = 2 * (costs.per_unit + costs.per_person)
    if budget < least:
        raise SamplingError("budget_too_small", budget=budget, needed=least)
    most = math.floor((budget / 2 - costs.per_unit) / costs.per_person + 1e-9)
    takes = np.arange(1, min(MOST_PER_UNIT, max(1, most)) + 1)
    units = np.floor(budget / (costs.per_unit + costs.per_person * takes) * (1 + 1e-12))
    relative = (1 + (takes - 1) * icc) / (units * takes)
    best = int(np.argmin(relative))
    return _result(
        costs, icc, _unit_relvariance(unit_variance, k), (exact_units, exact_take), (units[best], takes[best])
    )


def two_stage_for_cv(
    costs: Costs, icc: float, cv: float, *, unit_variance: float = 1.0, k: float = 1.0
) -> TwoStageSize:
    """The cheapest two-stage sample whose coefficient of variation is at most ``cv`` (clusOpt2, ``cal.sw=2``).

    The whole sizes are the cheapest of all takes that keep the CV. Parameters as in :func:`two_stage_for_budget`.
    """
    positive("cv", cv)
    relvariance = _unit_relvariance(unit_variance, k)
    exact_take = optimum_take(costs, icc)
    exact_units = relvariance * (1 + icc * (exact_take - 1)) / exact_take / cv**2
    takes = np.arange(1, min(MOST_PER_UNIT, 10 * rounded_up(exact_take) + 10) + 1)
    needed = relvariance * (1 + (takes - 1) * icc) / takes / cv**2
    units = np.maximum(np.ceil(needed * (1 - 1e-12)), 2)
    best = int(np.argmin(units * (costs.per_unit + costs.per_person * takes)))
    return _result(costs, icc, relvariance, (exact_units, exact_take), (units[best], takes[best]))


def take_for_budget(
    costs: Costs, icc: float, n_units: int, budget: float, *, unit_variance: float = 1.0, k: float = 1.0
) -> TwoStageSize:
    """People per unit that a budget pays when the first-stage units are fixed (PracTools' clusOpt2fixedPSU)."""
    whole("n_units", n_units)
    exact = (positive("budget", budget) - costs.per_unit * n_units) / costs.per_person / n_units
    if exact < 1:
        raise SamplingError("budget_too_small", budget=budget, needed=n_units * (costs.per_unit + costs.per_person))
    take = math.floor(exact * (1 + 1e-12))
    return _result(costs, _icc(icc), _unit_relvariance(unit_variance, k), (n_units, exact), (n_units, take))


def take_for_cv(
    costs: Costs, icc: float, n_units: int, cv: float, *, unit_variance: float = 1.0, k: float = 1.0
) -> TwoStageSize:
    """People per unit that reach a CV when the first-stage units are fixed (clusOpt2fixedPSU, ``cal.sw=2``).

    Refused when the units are so few that their own differences exceed the CV: relvariance icc / n_units >= cv**2.
    """
    whole("n_units", n_units)
    relvariance = _unit_relvariance(unit_variance, k)
    left = positive("cv", cv) ** 2 * n_units / relvariance - _icc(icc)
    if left <= 0:
        raise SamplingError("cv_out_of_reach", n_psu=n_units, cv=cv, best=math.sqrt(relvariance * icc / n_units))
    exact = (1 - icc) / left
    return _result(costs, icc, relvariance, (n_units, exact), (n_units, max(1, rounded_up(exact))))


def _icc(icc: float) -> float:
    if not 0 <= finite("icc", icc) <= 1:
        raise SamplingError("value_no_share", name="icc", value=icc)
    return float(icc)


def _unit_relvariance(unit_variance: float, k: float) -> float:
    return positive("unit_variance", unit_variance) * positive("k", k)


def _result(
    costs: Costs, icc: float, relvariance: float, exact: tuple[float, float], sizes: tuple[float, float]
) -> TwoStageSize:
    n_units, take = int(sizes[0]), int(sizes[1])
    return TwoStageSize(
        n_units_exact=float(exact[0]),
        take_exact=float(exact[1]),
        cost_exact=_cost(costs, *exact),
        cv_exact=_cv(icc, relvariance, *exact),
        n_units=n_units,
        take=take,
        n_completes=n_units * take,
        cost=_cost(costs, n_units, take),
        cv=_cv(icc, relvariance, n_units, take),
        deff=1 + (take - 1) * icc,
    )


def _cost(costs: Costs, n_units: float, take: float) -> float:
    return n_units * (costs.per_unit + costs.per_person * take)


def _cv(icc: float, relvariance: float, n_units: float, take: float) -> float:
    return math.sqrt(relvariance * (1 + (take - 1) * icc) / (n_units * take))
