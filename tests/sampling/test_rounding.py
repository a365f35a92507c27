"""From exact sizes to people: totals and bounds kept, whole-number optima against every possibility."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sampling.allocation import cost_optimal_for_budget, cost_optimal_for_se, neyman
from sampling.bethel import PrecisionAim, bethel, variable
from sampling.rounding import given_back, largest_remainder, optimum_integers, rounded_up, within_budget
from sampling.strata import Strata, anticipated_se, strata_of


def test_the_noise_of_floating_point_is_not_a_person():
    assert rounded_up(0.1 * 3 * 10) == 3
    assert rounded_up(1600.0000000002) == 1600
    assert rounded_up(1599.9999999998) == 1600
    assert rounded_up(1600.001) == 1601
    assert rounded_up(1e-12) == 0


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=20), st.integers(0, 10**6))
def test_the_largest_remainders_keep_the_total_and_the_neighbourhood(parts, total):
    assume(sum(parts) > 0)
    exact = np.array(parts) / sum(parts) * total
    names = [f"{i:02}" for i in range(len(parts))]
    n = largest_remainder(exact, total, names)
    assert n.sum() == total
    assert np.all(np.abs(n - exact) < 1 + 1e-6)


def test_equal_remainders_go_to_the_larger_then_to_the_first_name():
    assert largest_remainder(np.array([1.5, 2.5, 1.0]), 5, ["b", "c", "a"]).tolist() == [1, 3, 1]
    assert largest_remainder(np.array([1.5, 1.5]), 3, ["b", "a"]).tolist() == [1, 2]
    assert largest_remainder(np.array([1.5, 1.5]), 3, ["a", "b"]).tolist() == [2, 1]


@st.composite
def small_strata(draw) -> tuple[Strata, np.ndarray]:
    count = draw(st.integers(1, 4))
    people = draw(st.lists(st.integers(1, 9), min_size=count, max_size=count))
    sd = draw(st.lists(st.sampled_from([0.0, 0.3, 1.0, 2.5, 7.0]), min_size=count, max_size=count))
    cost = draw(st.lists(st.sampled_from([1.0, 1.7, 3.0]), min_size=count, max_size=count))
    assume(any(sd))
    return strata_of([f"s{i}" for i in range(count)], people, minimum=1, cost=cost), np.array(sd)


def every_allocation(strata: Strata):
    ranges = [range(int(low), int(high) + 1) for low, high in zip(strata.lower, strata.upper, strict=True)]
    return np.array(list(itertools.product(*ranges)), dtype=float)


@given(small_strata(), st.floats(0, 1))
def test_no_whole_numbers_are_better_than_neymans(made, share):
    strata, sd = made
    total = round(strata.lower.sum() + share * (strata.upper.sum() - strata.lower.sum()))
    every = every_allocation(strata)
    every = every[every.sum(axis=1) == total]
    spread = (strata.population * sd) ** 2
    best = (spread / every).sum(axis=1).min()
    n = neyman(strata, sd, total).n
    assert n.sum() == total
    assert (spread / n).sum() == pytest.approx(best, rel=1e-12)


@given(small_strata(), st.floats(0.02, 1))
def test_no_whole_numbers_that_are_smaller_keep_the_standard_error(made, share):
    strata, sd = made
    se = anticipated_se(strata, sd, strata.lower) * share
    assume(se > 0)
    found = cost_optimal_for_se(strata, sd, se)
    assert anticipated_se(strata, sd, found.n) <= se * (1 + 1e-6)
    for h in range(len(sd)):
        if found.n[h] > strata.lower[h]:
            less = found.n.astype(float)
            less[h] -= 1
            assert anticipated_se(strata, sd, less) > se * (1 - 1e-9)


@given(small_strata(), st.floats(0, 1))
def test_whole_numbers_never_cost_more_than_the_budget_and_leave_nothing_that_pays_a_person(made, share):
    strata, sd = made
    budget = float(strata.cost @ strata.lower + share * (strata.cost @ (strata.upper - strata.lower)))
    found = cost_optimal_for_budget(strata, sd, budget)
    assert found.cost <= budget * (1 + 1e-9)
    left = budget - found.cost
    assert not np.any((found.n < strata.upper) & (strata.cost < left - 1e-9))


def test_the_last_person_goes_where_the_variance_falls_most():
    strata = strata_of(["a", "b"], [100, 100], minimum=1)
    # from 10 to 11 people 110 / (10 * 11) = 1 is gained, from 1 to 2 people 1.6 / (1 * 2) = 0.8
    assert within_budget(np.array([10.4, 1.4]), strata, np.sqrt([110.0, 1.6]), 12).tolist() == [11, 1]


def test_whole_numbers_of_a_million_people_come_at_once():
    rng = np.random.default_rng(5)
    strata = strata_of([f"s{i:04}" for i in range(2000)], rng.integers(10_000, 60_000, 2000))
    sd = rng.gamma(2, 1, 2000)
    n = neyman(strata, sd, 1_000_000).n
    spread = strata.population * sd
    gains = spread**2 / (n * (n + 1))
    losses = np.where(n > strata.lower, spread**2 / (n * (n - 1)), np.inf)
    assert n.sum() == 1_000_000
    assert gains[n < strata.upper].max() <= losses.min() * (1 + 1e-9)


def test_strata_without_spread_fill_up_evenly_once_the_others_are_full():
    strata = strata_of(["a", "b", "c"], [5, 100, 100])
    assert optimum_integers(np.array([3.0, 0.0, 0.0]), strata, 25).tolist() == [5, 10, 10]


def test_no_stratum_is_bled_for_the_rounding_of_the_others():
    rng = np.random.default_rng(7)
    strata = strata_of([f"X{i:02}" for i in range(40)], rng.integers(3_000, 60_000, 40))
    found = cost_optimal_for_se(strata, rng.gamma(2, 0.6, 40), 0.02)
    assert np.abs(found.n - found.exact).max() < 1.01
    assert found.total <= found.exact.sum() + 1


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(2, 12))
def test_prices_and_several_aims_leave_whole_numbers_near_the_exact_ones(seed, count):
    rng = np.random.default_rng(seed)
    strata = strata_of(
        [f"s{i:02}" for i in range(count)], rng.integers(500, 9_000, count), cost=rng.uniform(1, 4, count)
    )
    variables = {name: variable(strata, rng.uniform(1, 3, count), rng.uniform(0.5, 2, count)) for name in "xy"}
    found = bethel(strata, variables, [PrecisionAim("x", cv=0.03), PrecisionAim("y", cv=0.04)]).allocation
    # what is left to spare at the end, less than the price of one person, may be several cheaper ones
    assert np.all(strata.cost * np.abs(found.n - found.exact) < strata.cost + strata.cost.max())


@given(small_strata(), st.floats(0.02, 1))
def test_no_sum_of_whole_numbers_that_keeps_the_standard_error_is_smaller(made, share):
    strata, sd = made
    even = strata_of(strata.names, strata.population, minimum=1)
    se = anticipated_se(even, sd, even.lower) * share
    assume(se > 0)
    every = every_allocation(even)
    variance = (se * even.people) ** 2 + ((even.population * sd) ** 2 / even.population).sum()
    keeps = ((even.population * sd) ** 2 / every).sum(axis=1) <= variance * (1 + 1e-12)
    assert cost_optimal_for_se(even, sd, se).total == every[keeps].sum(axis=1).min()


@given(small_strata(), st.floats(0.02, 1))
def test_what_the_whole_numbers_cost_is_near_the_cheapest_there_are(made, share):
    strata, sd = made
    se = anticipated_se(strata, sd, strata.lower) * share
    assume(se > 0)
    every = every_allocation(strata)
    variance = (se * strata.people) ** 2 + ((strata.population * sd) ** 2 / strata.population).sum()
    keeps = ((strata.population * sd) ** 2 / every).sum(axis=1) <= variance * (1 + 1e-12)
    assert cost_optimal_for_se(strata, sd, se).cost <= (every[keeps] @ strata.cost).min() + strata.cost.max()


def test_exact_numbers_that_miss_an_aim_by_their_last_digit_are_mended():
    strata = strata_of(["a", "b"], [100, 100])
    needs = np.array([[10.0, 10.0]])
    assert given_back(np.array([20 - 1e-13, 20 - 1e-13]), strata, needs).tolist() == [20, 20]
    assert given_back(np.array([19.0, 20.0]), strata, needs).sum() == 40
