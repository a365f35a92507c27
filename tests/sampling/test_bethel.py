"""Several variables and domains at once: published optima, a general solver, the conditions of an optimum."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from sampling import bethel as module
from sampling.allocation import Bound, cost_optimal_for_se
from sampling.bethel import MultivariateAllocation, PrecisionAim, bethel, share_variable, variable
from sampling.faults import SamplingError
from sampling.strata import Strata, anticipated_se, strata_of

R = json.loads((Path(__file__).parents[1] / "references" / "sample_size.json").read_text("utf-8"))

# Valliant, Dever, Kreuter (2013), Practical Tools for Designing and Weighting Survey Samples, example 5.2, pp. 133-139:
# 50,568 business establishments of five sectors
SECTORS = ["manufacturing", "retail", "wholesale", "service", "finance"]
ESTABLISHMENTS = [6221, 11738, 4333, 22809, 5467]
COSTS = [120, 80, 80, 90, 150]


def sectors(**more) -> tuple[Strata, dict]:
    strata = strata_of(SECTORS, ESTABLISHMENTS, minimum=100, **more)
    variables = {
        "revenue": variable(strata, [85, 11, 23, 17, 126], [170.0, 8.8, 23.0, 25.5, 315.0]),
        "employees": variable(strata, [511, 21, 70, 32, 157], [255.50, 5.25, 35.00, 32.00, 471.00]),
        "research": share_variable(strata, [0.8, 0.2, 0.5, 0.3, 0.9]),
        "offshore": share_variable(strata, [0.06, 0.03, 0.03, 0.21, 0.77]),
    }
    return strata, variables


# --- outside references ----------------------------------------------------------------------------------------------


def test_the_smallest_sample_of_the_establishments_is_the_published_one():
    # R package MOSAlloc 1.2.5, help of mosalloc, example 8: sum(sol$n) is 2843.219
    strata, variables = sectors()
    cvs = {"revenue": 0.0466, "employees": 0.05, "research": 0.03, "offshore": 0.03}
    found = bethel(strata, variables, [PrecisionAim(name, cv=cv) for name, cv in cvs.items()])
    assert round(found.allocation.exact.sum(), 3) == 2843.219
    assert (found.aims.price > 0).tolist() == [True, False, False, True]


def test_the_best_use_of_a_budget_is_the_cheapest_way_to_its_cvs():
    # MOSAlloc 1.2.5, help of mosalloc, example 5: a budget of 300,000 gives these relative variances with these sizes
    relative_variances = [0.00155645, 0.0004037429, 0.0005934474, 0.001327165]
    published = [582.8247, 236.6479, 116.7866, 839.5988, 841.4825]
    strata, variables = sectors(cost=COSTS)
    aims = [PrecisionAim(name, cv=value**0.5) for name, value in zip(variables, relative_variances, strict=True)]
    found = bethel(strata, variables, aims).allocation
    assert found.exact == pytest.approx(published, rel=5e-5)  # what 7 digits of the variances allow
    assert strata.cost @ found.exact == pytest.approx(300_000, rel=1e-6)


@pytest.mark.parametrize(("name", "asked"), [("bethel", "errors"), ("bethel.tight", "tight")])
def test_two_variables_in_the_city_and_in_two_regions_are_those_of_samplingstrata(name, asked):
    rows = R["strata"]
    names = [f"s{i}" for i in range(len(rows))]
    strata = strata_of(names, [row["N"] for row in rows], cost=[row["COST"] for row in rows])
    variables = {
        "income": variable(strata, [row["M1"] for row in rows], [row["S1"] for row in rows]),
        "content": variable(strata, [row["M2"] for row in rows], [row["S2"] for row in rows]),
    }
    cvs = R[asked]
    aims = [
        PrecisionAim("income", cv=cvs[0]["CV1"]),
        PrecisionAim("content", cv=cvs[0]["CV2"]),
        PrecisionAim("income", cv=cvs[1]["CV1"], by="region"),
        PrecisionAim("content", cv=cvs[1]["CV2"], by="region"),
    ]
    found = bethel(strata, variables, aims, partitions={"region": [row["DOM2"] for row in rows]})
    # its stopping rule of 1e-11 on the multipliers leaves this much
    assert found.allocation.exact == pytest.approx(R["refs"][name]["value"], rel=1e-6)
    assert found.aims.domain.tolist() == ["", "", "north", "south", "north", "south"]


def test_one_variable_is_the_cheapest_for_its_standard_error():
    strata, variables = sectors(cost=COSTS)
    found = bethel(strata, variables, [PrecisionAim("revenue", se=1.2)])
    alone = cost_optimal_for_se(strata, variables["revenue"].sd, 1.2)
    assert found.allocation.exact == pytest.approx(alone.exact, rel=1e-8)
    assert anticipated_se(strata, variables["revenue"].sd, found.allocation.exact) == pytest.approx(1.2, rel=1e-8)
    assert found.aims.loc[0, "exact"] == pytest.approx(1.2, rel=1e-8)


# --- random problems -------------------------------------------------------------------------------------------------


def random_problem(seed: int, most: int = 12):
    """Strata, variables, aims and partitions with bounds that bind here and there."""
    rng = np.random.default_rng(seed)
    count, kinds, regions = rng.integers(2, most), rng.integers(1, 4), rng.integers(1, 4)
    people = rng.integers(20, 20_000, count)
    whole = np.maximum(people * rng.uniform(0.4, 1, count), 4).astype(int)
    names = [f"s{i:02}" for i in range(count)]
    strata = strata_of(
        names,
        people,
        minimum=np.minimum(rng.integers(1, 12, count), whole),
        maximum=whole,
        cost=rng.uniform(1, 20, count),
        take_all=names[:1] if rng.random() < 0.3 else (),
    )
    variables = {
        f"y{k}": variable(strata, rng.uniform(1, 10, count), rng.gamma(2, 2, count) * (rng.random(count) > 0.1))
        for k in range(kinds)
    }
    aims = [PrecisionAim(name, cv=rng.uniform(0.02, 0.06)) for name in variables]
    aims += [PrecisionAim(name, cv=rng.uniform(0.05, 0.2), by="region") for name in variables]
    return strata, variables, aims, {"region": [f"r{x}" for x in rng.integers(0, regions, count)]}


def loads(strata: Strata, variables: dict, found: MultivariateAllocation, partitions: dict) -> np.ndarray:
    """needs[j, h], computed again from the definition: sum(needs[j] / n) <= 1 is aim j."""
    rows = []
    for aim in found.aims.itertuples():
        labels = np.array(partitions["region"]) == aim.domain if aim.by else np.ones(len(strata.names), dtype=bool)
        sd, people = variables[aim.variable].sd, np.where(labels, strata.population, 0)
        total = people @ variables[aim.variable].mean
        rows.append((people * sd) ** 2 / ((aim.asked * total) ** 2 + people @ sd**2))
    return np.array(rows)


def within_reach(strata: Strata, variables: dict, aims: list, partitions: dict) -> MultivariateAllocation | None:
    """The allocation, or None where the maximum of the strata does not reach an aim; no other refusal."""
    try:
        return bethel(strata, variables, aims, partitions=partitions)
    except SamplingError as error:
        if error.code != "aim_out_of_reach":
            raise
        return None


def solved(seed: int):
    strata, variables, aims, partitions = random_problem(seed)
    if (found := within_reach(strata, variables, aims, partitions)) is None:
        return None
    return strata, found, loads(strata, variables, found, partitions)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_the_conditions_of_an_optimum_hold(seed):
    if (problem := solved(seed)) is None:
        return
    strata, found, needs = problem
    exact, price = found.allocation.exact, found.aims.price.to_numpy()
    load = needs @ (1 / exact)
    assert np.all(load <= 1 + 1e-8)
    assert np.all(price >= 0)
    assert np.abs(price * (load - 1)).sum() <= 1e-8 * (strata.cost @ exact)  # who has a price is just kept
    slope = strata.cost - price @ needs / exact**2
    held = 1e-7 * strata.cost
    inside = (exact > strata.lower * (1 + 1e-9)) & (exact < strata.upper * (1 - 1e-9))
    movable = strata.lower < strata.upper
    assert np.all(np.abs(slope[inside]) <= held[inside])
    assert np.all(slope[(exact <= strata.lower * (1 + 1e-9)) & movable] >= -held.max())
    assert np.all(slope[(exact >= strata.upper * (1 - 1e-9)) & movable] <= held.max())


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_whole_people_keep_every_aim_and_none_can_be_spared(seed):
    if (problem := solved(seed)) is None:
        return
    strata, found, needs = problem
    n = found.allocation.n
    assert np.all(found.aims.reached <= found.aims.asked * (1 + 1e-8))
    assert np.all((n >= strata.lower) & (n <= strata.upper))
    assert np.all(n - found.allocation.exact < 1)
    for h in np.flatnonzero(n > strata.lower):
        less = n.astype(float)
        less[h] -= 1
        assert np.any(needs @ (1 / less) > 1)


@pytest.mark.parametrize("seed", range(12))
def test_a_general_solver_finds_nothing_cheaper(seed):
    if (problem := solved(seed)) is None:
        return
    strata, found, needs = problem
    # in z = lower / n the aims are linear and the cost is convex, which suits the solver
    rows, dearest = needs / strata.lower, strata.cost @ strata.upper
    solution = minimize(
        lambda z: strata.cost @ (strata.lower / z) / dearest,
        strata.lower / strata.upper,
        jac=lambda z: -strata.cost * strata.lower / z**2 / dearest,
        bounds=[(low / high, 1) for low, high in zip(strata.lower, strata.upper, strict=True)],
        constraints={"type": "ineq", "fun": lambda z: 1 - rows @ z, "jac": lambda z: -rows},
        method="SLSQP",
        options={"maxiter": 2000, "ftol": 1e-14},
    )
    assert np.all(rows @ solution.x <= 1 + 1e-7)
    assert strata.cost @ found.allocation.exact == pytest.approx(dearest * solution.fun, rel=1e-6)


@given(st.integers(0, 2**32 - 1), st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_neither_the_order_of_strata_nor_of_aims_matters(seed, dice):
    strata, variables, aims, partitions = random_problem(seed)
    order = list(range(len(strata.names)))
    dice.shuffle(order)
    mixed = strata_of(
        [strata.names[h] for h in order],
        strata.population[order],
        minimum=strata.lower[order],
        maximum=strata.upper[order],
        cost=strata.cost[order],
    )
    turned = {name: variable(mixed, given.mean[order], given.sd[order]) for name, given in variables.items()}
    labels = {"region": [partitions["region"][h] for h in order]}
    there = within_reach(strata, variables, aims, partitions)
    here = within_reach(mixed, turned, aims[::-1], labels)
    assert (here is None) == (there is None)
    if there is not None:
        assert here.allocation.exact == pytest.approx(there.allocation.exact[order], rel=1e-6)


def test_an_aim_that_is_relaxed_saves_what_its_row_says():
    strata, variables = sectors(cost=COSTS)
    aims = [PrecisionAim("revenue", cv=0.04), PrecisionAim("offshore", cv=0.035)]
    found = bethel(strata, variables, aims)
    looser = bethel(strata, variables, [PrecisionAim("revenue", cv=0.04 * 1.001), aims[1]])
    saved = strata.cost @ (found.allocation.exact - looser.allocation.exact)
    assert saved == pytest.approx(found.aims.saved_by_1pct[0] / 10, rel=0.01)


def test_an_aim_too_many_costs_nothing():
    strata, variables = sectors(cost=COSTS)
    aims = [PrecisionAim("revenue", cv=0.04), PrecisionAim("offshore", cv=0.035)]
    idle = [*aims, PrecisionAim("employees", cv=0.3), PrecisionAim("revenue", cv=0.04)]
    found = bethel(strata, variables, idle)
    assert found.allocation.exact == pytest.approx(bethel(strata, variables, aims).allocation.exact, rel=1e-8)
    assert found.aims.price[2] == found.aims.saved_by_1pct[2] == 0


def test_take_all_strata_carry_no_variance():
    strata, variables = sectors(take_all=["manufacturing", "finance"])
    found = bethel(strata, variables, [PrecisionAim("revenue", cv=0.002)])
    assert found.allocation.n[[0, 4]].tolist() == [6221, 5467]
    assert found.allocation.bounds[0] is Bound.TAKE_ALL
    assert found.aims.reached[0] <= 0.002


def test_aims_that_the_minimum_reaches_take_no_more():
    strata, variables = sectors()
    found = bethel(strata, variables, [PrecisionAim("research", cv=0.5)])
    assert found.allocation.n.tolist() == [100] * 5
    assert found.aims.price.tolist() == [0]


def test_a_census_is_asked_for_and_had():
    strata = strata_of(["a", "b"], [40, 60])
    found = bethel(strata, {"y": variable(strata, [1, 2], [1, 1])}, [PrecisionAim("y", cv=1e-9)])
    assert found.allocation.n.tolist() == [40, 60]


def test_126_communes_with_three_items_are_solved_in_a_moment():
    rng = np.random.default_rng(8)
    names = [f"{i:05}" for i in range(126)]
    strata = strata_of(names, rng.integers(20_000, 90_000, 126), cost=rng.uniform(1, 3, 126))
    variables = {f"item {k}": share_variable(strata, rng.uniform(0.4, 0.95, 126)) for k in range(3)}
    aims = [PrecisionAim(name, se=0.05, by="commune") for name in variables]
    aims += [PrecisionAim(name, se=0.004) for name in variables]
    found = bethel(strata, variables, aims, partitions={"commune": names})
    assert np.all(found.aims.reached <= found.aims.asked * (1 + 1e-9))
    assert found.steps < 60


# --- refusals --------------------------------------------------------------------------------------------------------


def asked(*aims: PrecisionAim, **more) -> MultivariateAllocation:
    strata, variables = sectors(**more)
    return bethel(strata, variables, list(aims), partitions={"kind": ["goods"] * 3 + ["other"] * 2, "short": ["x"]})


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (asked, "there are no aims of precision"),
        (lambda: asked(PrecisionAim("sales", cv=0.1)), "names the variable 'sales', .* there are: revenue"),
        (lambda: asked(PrecisionAim("revenue")), "exactly one of cv, se; given: –"),
        (lambda: asked(PrecisionAim("revenue", cv=0.1, se=2)), "given: cv, se"),
        (lambda: asked(PrecisionAim("revenue", cv=0)), "cv revenue = 0 must be above 0"),
        (
            lambda: asked(PrecisionAim("revenue", cv=0.1, by="size")),
            "'revenue' is by 'size', .* there are: kind, short",
        ),
        (lambda: asked(PrecisionAim("revenue", cv=0.1, by="short")), "short has 1 values, but there are 5 strata"),
        (
            lambda: asked(PrecisionAim("revenue", cv=0.02, by="kind"), maximum=300),
            "variable 'revenue', domain 'goods': cv = 0.02 is out of reach .* the best is 0.0",
        ),
        (lambda: share_variable(sectors()[0], [0.1, 0.2, 0.3, 0.4, 1]), r"'finance' \(no. 5\): p = 1 must lie between"),
        (lambda: variable(sectors()[0], [1, 2, 3, 4, "?"], 1), r"'finance' \(no. 5\): mean = '\?' is not a number"),
        (lambda: variable(sectors()[0], 1, [1, 1, -2, 1, 1]), "'wholesale' .* sd = -2 must not be negative"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(call, words):
    with pytest.raises(SamplingError, match=words):
        call()


def test_a_mean_of_zero_has_no_cv():
    strata = strata_of(["a", "b"], [10, 10])
    values = {"change": variable(strata, [1, -1], [1, 1])}
    with pytest.raises(SamplingError, match="the mean of 'change' in domain '–' is 0: it has no CV"):
        bethel(strata, values, [PrecisionAim("change", cv=0.1)])
    assert bethel(strata, values, [PrecisionAim("change", se=0.3)]).aims.kind.tolist() == ["se"]


def test_without_convergence_the_worst_aim_is_named(monkeypatch):
    monkeypatch.setattr(module, "NEWTON_STEPS", 1)
    monkeypatch.setattr(module, "CHROMY_STEPS", 1)
    with pytest.raises(SamplingError, match="did not converge in 1 steps; worst: variable 'offshore', domain '–'"):
        asked(PrecisionAim("revenue", cv=0.05), PrecisionAim("offshore", cv=0.03))
