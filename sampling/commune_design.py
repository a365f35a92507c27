"""Thôn and people in thôn: the cheapest two-stage sample that knows every commune and the city well enough."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sampling.communes import CommuneDesign, Communes, Rules, VarianceRule, evaluated, half_lengths, t_quantile
from sampling.faults import SamplingError
from sampling.levels import filled_to_variance
from sampling.quantities import FloatArray, share
from sampling.rounding import TINY, IntArray, given_back
from sampling.strata import strata_of


def commune_design(
    communes: Communes, *, margin: float | None = None, city_margin: float | None = None, rules: Rules | None = None
) -> CommuneDesign:
    """The cheapest number of thôn and of people per thôn that reaches the margins.

    Parameters
    ----------
    margin : half the interval of each commune, a fraction (0.05 = 5 points); None: communes are not reported alone.
    city_margin : half the interval of the city; None: whatever the communes give. At least one of the two.
    rules : confidence, whose degrees of freedom count, the least thôn per commune (all, where there are fewer), the
        most people per thôn.

    Returns
    -------
    CommuneDesign
        Whole numbers, found as such; with a pooled variance or a city margin the cheapest for the quantile of their
        own degrees of freedom. A commune that cannot reach the margin gets the design that comes nearest, with
        ``reached`` False.

    Raises
    ------
    SamplingError : neither margin, or a city margin that every thôn together do not reach.
    """
    rules = rules or Rules()
    if margin is None and city_margin is None:
        raise SamplingError("one_of", names="margin, city_margin", given="–")
    if margin is None:
        design = evaluated(communes, _least_thon(communes, rules), _city_take(communes, rules), rules=rules)
    else:
        design = _design_for_margin(communes, share("margin", margin), rules)
    if city_margin is None or design.city.margin <= share("city_margin", city_margin):
        return design
    return _raised_for_city(communes, design, city_margin, margin, rules)


def _least_thon(communes: Communes, rules: Rules) -> FloatArray:
    return np.minimum(rules.minimum_thon, communes.thon)


def _most_per_thon(communes: Communes, rules: Rules) -> FloatArray:
    """People who can be had in one thôn; at least one."""
    most = np.floor(communes.per_thon * communes.response_rate * (1 + TINY))
    return np.maximum(np.minimum(most, rules.most_per_thon or np.inf), np.minimum(1.0, communes.per_thon))


def _city_take(communes: Communes, rules: Rules) -> FloatArray:
    """The best take for the money where only the city counts (as in two_stage.optimum_take), as a whole number."""
    best = np.sqrt(communes.cost_thon / communes.cost_person * (1 - communes.icc) / communes.icc)
    takes: FloatArray = np.clip(np.rint(best), 1, _most_per_thon(communes, rules))
    return takes


def _design_for_margin(communes: Communes, margin: float, rules: Rules) -> CommuneDesign:
    if rules.variance is VarianceRule.OWN:
        return _cheapest(communes, margin, rules, None)
    most = _most_per_thon(communes, rules)

    def build(quantile: float) -> tuple[CommuneDesign, bool]:
        found = _cheapest(communes, margin, rules, quantile)
        table = found.communes
        at_most = (table["n_thon"].to_numpy() == communes.thon) & (table["take"].to_numpy() >= most)
        return found, bool(np.all(table["reached"].to_numpy(dtype=bool) | at_most))

    return _for_least_quantile(build, rules.confidence)


def _for_least_quantile(build: Callable[[float], tuple[CommuneDesign, bool]], confidence: float) -> CommuneDesign:
    """The design for the smallest quantile that is no less than that of its own degrees of freedom.

    A design decides on its degrees of freedom, and these on the quantile that it was to be built for. build: a design
    for a quantile, and whether it keeps its aim with its own.
    """
    low = _quantile(np.inf, confidence)
    best, kept = build(low)
    if kept:
        return best
    high = _quantile(max(best.city.df, 1.0), confidence)
    best, kept = build(high)
    if not kept:
        high = _quantile(1.0, confidence)
        best, _kept = build(high)
    while high > 1.01 * low:
        middle = float(np.sqrt(low * high))
        found, kept = build(middle)
        if kept:
            best, high = found, middle
        else:
            low = middle
    return best


def _quantile(df: float, confidence: float) -> float:
    return float(t_quantile(np.array([df]), confidence)[0])


def _cheapest(communes: Communes, margin: float, rules: Rules, pooled_quantile: float | None) -> CommuneDesign:
    chosen = [_cheapest_in(communes, place, margin, rules, pooled_quantile) for place in range(len(communes.names))]
    m, k = np.array(chosen, dtype=float).T
    return evaluated(communes, m, k, margin=margin, rules=rules)


def _cheapest_in(
    communes: Communes, place: int, margin: float, rules: Rules, pooled_quantile: float | None
) -> tuple[float, float]:
    """Thôn and people per thôn of one commune: the cheapest that reach the margin, else the nearest to it."""
    one = _one(communes, place)
    most = float(_most_per_thon(one, rules)[0])
    thon = np.arange(_least_thon(one, rules)[0], one.thon[0] + 1)
    own = t_quantile(np.where(thon < one.thon[0], thon - 1, np.inf), rules.confidence)
    takes = _takes_needed(one, thon, margin / (own if pooled_quantile is None else pooled_quantile))
    if pooled_quantile is None:
        takes[-1] = _take_from_every_thon(one, margin, most, rules.confidence)
    possible = takes <= most
    if not possible.any():
        return float(thon[-1]), most
    cost = np.where(possible, thon * (one.cost_thon[0] + takes * one.cost_person[0]), np.inf)
    cheapest = int(np.argmin(np.round(cost, 9)))
    return float(thon[cheapest]), float(takes[cheapest])


def _takes_needed(one: Communes, thon: FloatArray, se: FloatArray | float) -> FloatArray:
    """Whole takes that reach a standard error from so many thôn of a commune; infinite where none does."""
    left = thon * se**2 / one.unit_variance[0] - one.icc[0] + thon / one.thon[0] * one.between[0]
    takes = np.where(left > 0, (1 - one.icc[0]) / np.where(left > 0, left, 1.0), np.inf)
    return np.maximum(np.ceil(takes * (1 - TINY)), 1.0)


def _take_from_every_thon(one: Communes, margin: float, most: float, confidence: float) -> float:
    """The take that reaches the margin when every thôn is taken and people within thôn give the degrees of freedom."""
    m, k = one.thon[0], np.arange(1, most + 1)
    se = np.sqrt(one.unit_variance[0] * (1 - one.icc[0]) * np.maximum(1 / k - 1 / one.per_thon[0], 0) / m)
    enough = half_lengths(se, m * (k - 1), confidence) <= margin
    return float(k[int(np.argmax(enough))]) if enough.any() else np.inf


def _one(communes: Communes, place: int) -> Communes:
    """One commune by itself."""
    here = slice(place, place + 1)
    return Communes(
        communes.names[here],
        communes.thon[here],
        communes.adults[here],
        communes.p[here],
        communes.icc[here],
        communes.response_rate[here],
        communes.cost_thon[here],
        communes.cost_person[here],
    )


def _raised_for_city(
    communes: Communes, design: CommuneDesign, city_margin: float, margin: float | None, rules: Rules
) -> CommuneDesign:
    """More thôn where they help the city most for their price, at the takes of the design."""
    take = design.communes["take"].to_numpy(dtype=float)
    every = evaluated(communes, communes.thon, take, margin=margin, rules=rules)
    if every.city.margin > city_margin:
        best = every.city.margin
        raise SamplingError("city_out_of_reach", margin=city_margin, take=float(take.mean()), best=best)
    least = design.communes["n_thon"].to_numpy()

    def build(quantile: float) -> tuple[CommuneDesign, bool]:
        n_thon = _thon_for_city(communes, least, take, city_margin / quantile)
        found = evaluated(communes, n_thon, take, margin=margin, rules=rules)
        return found, found.city.margin <= city_margin

    found = _for_least_quantile(build, rules.confidence)
    return found if found.city.margin <= city_margin else every


def _thon_for_city(communes: Communes, least: IntArray, take: FloatArray, se: float) -> IntArray:
    """The cheapest whole numbers of thôn, none below ``least``, that give the city this standard error."""
    part = communes.adults / communes.adults.sum()
    squares = part**2 * communes.unit_variance
    spread = np.sqrt(squares * ((1 - communes.icc) / take + communes.icc))
    correction = float(np.sum(squares * communes.between / communes.thon))
    allowed = se**2 + correction
    if np.sum(spread**2 / communes.thon) > allowed:
        return communes.thon.astype(np.int64)
    cost = communes.cost_thon + take * communes.cost_person
    strata = strata_of(communes.names, communes.thon, minimum=least, cost=cost)
    exact = filled_to_variance(spread / np.sqrt(cost), strata.lower, strata.upper, spread, allowed)
    return given_back(exact, strata, (spread**2 / allowed)[np.newaxis, :])
