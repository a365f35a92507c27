"""The cheapest sample that is precise enough for several variables in several kinds of domains at once.

The problem is convex: minimise sum(c n) under sum(a_jh / n_h) <= 1 for each aim j and lower <= n <= upper. For given
prices of the aims (multipliers) the best sizes are known, n_h = sqrt(sum_j price_j a_jh / c_h) within the bounds, so
only the prices are sought: by Chromy's iteration until they are near, then by Newton's method on the dual problem.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import nnls

from sampling.allocation import Allocation, Method
from sampling.faults import SamplingError
from sampling.quantities import BoolArray, FloatArray, column, positive, share_column, spread_column
from sampling.rounding import IntArray, given_back
from sampling.strata import Strata

CHROMY_STEPS = 30
NEWTON_STEPS = 500
PATIENCE = 60  # steps after which an ill-conditioned problem is as exact as it gets
LOOSE = 1e-8
EXACT = 1e-10
RIDGE = 1e-10
NEAR = 0.1
SHORTEST_STEP = 1e-40  # where every stratum is at a bound the dual is flat, and its model says nothing about lengths
ROUNDING = 1e-13  # near the optimum the gain of a step is below the rounding of the dual function


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """Mean and standard deviation (divisor N-1) of a variable in each stratum."""

    mean: FloatArray
    sd: FloatArray


@dataclass(frozen=True, slots=True)
class PrecisionAim:
    """A variable's mean is to be known with a CV, or with a standard error, in each domain of a kind.

    ``by``: which partition of the strata makes the domains; None: all strata together.
    """

    variable: str
    cv: float | None = None
    se: float | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class MultivariateAllocation:
    """An allocation with what it reaches.

    ``aims`` has a row for each aim and domain: variable, by, domain, kind (cv or se), asked, exact (reached by the
    exact sizes), reached (by the whole ones), price (multiplier), saved_by_1pct (what the exact sample would cost
    less if 1 % more of this aim were allowed; 0 where another aim decides). ``steps``: of the iteration.
    """

    allocation: Allocation
    aims: pd.DataFrame
    steps: int


@dataclass(frozen=True, slots=True, eq=False)
class _Constraint:
    """One aim in one domain: ``sum(squares / n) <= allowed`` makes its variance small enough."""

    aim: PrecisionAim
    domain: str
    squares: FloatArray  # (population x sd)**2 in the domain, 0 elsewhere
    correction: float  # what the finite population takes off the variance of the total
    scale: float  # square root of a variance of the total -> CV or standard error of the mean
    asked: float

    @property
    def allowed(self) -> float:
        return (self.asked / self.scale) ** 2 + self.correction

    def reached(self, n: FloatArray | IntArray) -> float:
        left = float(np.sum(self.squares / n)) - self.correction
        return self.scale * float(np.sqrt(max(left, 0.0)))


def variable(strata: Strata, mean: object, sd: object) -> Variable:
    """A checked variable."""
    return Variable(column("mean", mean, strata.names), spread_column("sd", sd, strata.names))


def share_variable(strata: Strata, p: object) -> Variable:
    """A yes-no variable from the share p of each stratum: sd = sqrt(N p (1-p) / (N-1))."""
    mean = share_column("p", p, strata.names)
    people = strata.population
    return Variable(mean, np.sqrt(mean * (1 - mean) * people / np.maximum(people - 1, 1)))


def bethel(
    strata: Strata,
    variables: Mapping[str, Variable],
    aims: Sequence[PrecisionAim],
    *,
    partitions: Mapping[str, Sequence[str]] | None = None,
) -> MultivariateAllocation:
    """The cheapest allocation that keeps every aim, within the bounds of the strata.

    Parameters
    ----------
    strata : with costs, bounds and take-alls.
    variables : by name.
    aims : each with exactly one of ``cv`` and ``se``.
    partitions : name -> the domain of each stratum, in the order of the strata.

    Returns
    -------
    MultivariateAllocation
        The exact sizes satisfy the conditions of Kuhn and Tucker to 1e-10; the whole ones keep every aim, are at most
        one above the exact ones, and none could be one less alone.

    Raises
    ------
    SamplingError : unknown names, a mean of 0 with a CV, an aim out of reach at the maximum of the strata.

    Notes
    -----
    Simple random sampling without replacement in each stratum. Take-all strata add no variance.

    References
    ----------
    Bethel (1989), Sample allocation in multivariate surveys, Survey Methodology 15, 47-57; Chromy (1987), Proc. ASA
    Survey Research Methods, 194-199; Bertsekas (1982), SIAM J. Control and Optimization 20, 221-246 (the projected
    Newton method).
    """
    constraints = _constraints(strata, variables, aims, partitions or {})
    _refuse_out_of_reach(strata, constraints)
    needs = np.array([constraint.squares / constraint.allowed for constraint in constraints])
    prices, steps = _prices(needs, strata, constraints)
    exact = _sizes(prices, needs, strata)
    n = given_back(exact, strata, needs)
    allocation = Allocation(Method.BETHEL, strata, exact, n)
    return MultivariateAllocation(allocation, _report(constraints, allocation, prices), steps)


def _constraints(
    strata: Strata,
    variables: Mapping[str, Variable],
    aims: Sequence[PrecisionAim],
    partitions: Mapping[str, Sequence[str]],
) -> list[_Constraint]:
    if not aims:
        raise SamplingError("no_aims")
    found = []
    for aim in aims:
        if aim.variable not in variables:
            raise SamplingError("unknown_variable", variable=aim.variable, known=", ".join(variables))
        for domain, within in _domains(strata, aim, partitions):
            found.append(_constraint(strata, variables[aim.variable], aim, domain, within))
    return found


def _domains(strata: Strata, aim: PrecisionAim, partitions: Mapping[str, Sequence[str]]) -> list[tuple[str, BoolArray]]:
    """Each domain of the aim with the strata in it."""
    if aim.by is None:
        return [("", np.ones(len(strata.names), dtype=bool))]
    if aim.by not in partitions:
        raise SamplingError("unknown_partition", variable=aim.variable, by=aim.by, known=", ".join(partitions) or "–")
    labels = np.array([str(label) for label in partitions[aim.by]])
    if labels.shape != (len(strata.names),):
        raise SamplingError("wrong_length", name=aim.by, found=labels.size, strata=len(strata.names))
    return [(str(label), labels == label) for label in np.unique(labels)]


def _constraint(strata: Strata, values: Variable, aim: PrecisionAim, domain: str, within: BoolArray) -> _Constraint:
    given = {kind: value for kind, value in (("cv", aim.cv), ("se", aim.se)) if value is not None}
    if len(given) != 1:
        raise SamplingError("one_of", names="cv, se", given=", ".join(given) or "–")
    ((kind, value),) = given.items()
    people = np.where(within, strata.population, 0.0)
    total = abs(float(people @ values.mean))
    if kind == "cv" and total == 0:
        raise SamplingError("zero_mean", variable=aim.variable, domain=domain or "–")
    return _Constraint(
        aim=aim,
        domain=domain,
        squares=(people * values.sd) ** 2,
        correction=float(people @ values.sd**2),
        scale=1 / (total if kind == "cv" else float(people.sum())),
        asked=positive(f"{kind} {aim.variable}", value),
    )


def _refuse_out_of_reach(strata: Strata, constraints: Sequence[_Constraint]) -> None:
    for constraint in constraints:
        best = constraint.reached(strata.upper)
        if best > constraint.asked * (1 + EXACT):
            raise SamplingError(
                "aim_out_of_reach",
                variable=constraint.aim.variable,
                domain=constraint.domain or "–",
                kind="se" if constraint.aim.cv is None else "cv",
                asked=constraint.asked,
                best=best,
            )


def _sizes(prices: FloatArray, needs: FloatArray, strata: Strata) -> FloatArray:
    """The best sizes at given prices of the aims."""
    sizes: FloatArray = np.clip(np.sqrt(prices @ needs / strata.cost), strata.lower, strata.upper)
    return sizes


def _prices(needs: FloatArray, strata: Strata, constraints: Sequence[_Constraint]) -> tuple[FloatArray, int]:
    """The prices at which the aims are just kept, and the steps it took."""
    # alone and without bounds an aim would have this price; together each needs about its part of it
    prices = np.sum(np.sqrt(needs * strata.cost), axis=1) ** 2 / len(needs)
    for _ in range(CHROMY_STEPS):
        prices = prices * (needs @ (1 / _sizes(prices, needs, strata)))
    # an aim close to a census is a small difference of large terms: its slack is a share of the difference
    slack = np.array([EXACT * (1 - each.correction / each.allowed) for each in constraints]) + ROUNDING
    for step in range(NEWTON_STEPS):
        sizes = _sizes(prices, needs, strata)
        excess = needs @ (1 / sizes) - 1
        gap = float(np.abs(prices * excess).sum()) / float(strata.cost @ sizes)
        if np.all(excess <= (slack if step < PATIENCE else LOOSE)) and gap <= EXACT:
            return prices, CHROMY_STEPS + step
        prices = _newton_step(prices, needs, strata, excess)
    worst = constraints[int(np.argmax(np.abs(excess) * (prices > 0)))]
    raise SamplingError(
        "no_convergence",
        iterations=NEWTON_STEPS,
        variable=worst.aim.variable,
        domain=worst.domain or "–",
        excess=float(np.abs(excess).max()),
    )


def _newton_step(prices: FloatArray, needs: FloatArray, strata: Strata, excess: FloatArray) -> FloatArray:
    """Prices nearer to the maximum of the dual function, none below 0.

    The dual's quadratic model is maximised under prices >= 0, as a least-squares problem in the roots of its curvature;
    the step is halved until the dual function itself gains.
    """
    sizes = _sizes(prices, needs, strata)
    dear = float(strata.cost @ sizes)
    free = (sizes > strata.lower) & (sizes < strata.upper)
    near = (prices > EXACT * dear) | (excess > -NEAR)  # the others are kept anyway and cost nothing
    scaled = needs[np.ix_(near, free)] / np.sqrt(2 * strata.cost[free] * sizes[free] ** 3)
    curvature = scaled @ scaled.T
    curvature[np.diag_indices_from(curvature)] += RIDGE * float(np.trace(curvature)) / len(prices) + RIDGE / dear
    root = np.linalg.cholesky(curvature)
    direction = -prices
    direction[near] += nnls(root.T, np.linalg.solve(root, curvature @ prices[near] + excess[near]))[0]
    start, slope = _dual(prices, needs, strata), float(excess @ direction)
    length = 1.0
    while length > SHORTEST_STEP:
        new = prices + length * direction
        if _dual(new, needs, strata) >= start + 1e-4 * length * slope - ROUNDING * dear:
            return new
        length /= 2
    return prices * (1 + excess)  # a step of Chromy's


def _dual(prices: FloatArray, needs: FloatArray, strata: Strata) -> float:
    """The least cost at these prices minus the prices: its maximum is the cost of the optimum."""
    sizes = _sizes(prices, needs, strata)
    return float(strata.cost @ sizes) + float((prices @ needs) @ (1 / sizes)) - float(prices.sum())


def _report(constraints: Sequence[_Constraint], allocation: Allocation, prices: FloatArray) -> pd.DataFrame:
    idle = prices <= EXACT * float(allocation.strata.cost @ allocation.exact)
    prices = np.where(idle, 0.0, prices)
    return pd.DataFrame(
        {
            "variable": [constraint.aim.variable for constraint in constraints],
            "by": [constraint.aim.by or "" for constraint in constraints],
            "domain": [constraint.domain for constraint in constraints],
            "kind": ["se" if constraint.aim.cv is None else "cv" for constraint in constraints],
            "asked": [constraint.asked for constraint in constraints],
            "exact": [constraint.reached(allocation.exact) for constraint in constraints],
            "reached": [constraint.reached(allocation.n) for constraint in constraints],
            "price": prices,
            "saved_by_1pct": [
                0.02 * price * (1 - constraint.correction / constraint.allowed)
                for constraint, price in zip(constraints, prices, strict=True)
            ],
        }
    )
