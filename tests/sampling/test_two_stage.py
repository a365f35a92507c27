"""First-stage units and people per unit: PracTools' optima, and whole numbers that are the best of all."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling.faults import SamplingError
from sampling.two_stage import (
    Costs,
    cluster_deff,
    optimum_take,
    take_for_budget,
    take_for_cv,
    two_stage_for_budget,
    two_stage_for_cv,
)

REFERENCES = Path(__file__).parents[1] / "references"
PRACTOOLS = json.loads((REFERENCES / "practools.json").read_text("utf-8"))["refs"]
MORE = json.loads((REFERENCES / "sample_size.json").read_text("utf-8"))["refs"]

costs = st.builds(Costs, st.floats(1, 1000), st.floats(1, 100))
iccs = st.floats(0.001, 0.6)


def test_the_optimum_for_a_budget_is_that_of_practools():
    printed = PRACTOOLS["clusOpt2.cost"]["value"]
    exact = MORE["clusOpt2.cost"]["value"]
    found = two_stage_for_budget(Costs(750, 100), 0.05, 100_000)
    assert (round(found.n_units_exact, 1), round(found.take_exact, 1)) == (printed["m.opt"], printed["n.opt"])
    assert round(found.cv_exact, 4) == printed["CV"]
    numbers = (found.n_units_exact, found.take_exact, found.cv_exact)
    assert numbers == pytest.approx((exact["m.opt"], exact["n.opt"], exact["CV"]), rel=1e-12)


def test_the_optimum_for_a_cv_is_that_of_practools():
    exact = MORE["clusOpt2.cv"]["value"]
    found = two_stage_for_cv(Costs(750, 100), 0.01, 0.05, unit_variance=2, k=1.1)
    numbers = (found.n_units_exact, found.take_exact, found.cost_exact)
    assert numbers == pytest.approx((exact["m.opt"], exact["n.opt"], exact["cost"]), rel=1e-12)


def test_fixed_units_are_those_of_practools():
    paid = take_for_budget(Costs(500, 100), 0.05, 100, 500_000, unit_variance=2)
    assert (paid.take, paid.cv_exact) == pytest.approx(tuple(MORE["clusOpt2fixedPSU.cost"]["value"].values()))
    precise = take_for_cv(Costs(500, 100), 0.05, 100, 0.05, unit_variance=2)
    expected = MORE["clusOpt2fixedPSU.cv"]["value"]
    assert (precise.cost_exact, precise.take_exact) == pytest.approx((expected["cost"], expected["n"]), rel=1e-12)


@given(costs, iccs, st.floats(0, 1))
def test_whole_sizes_are_the_best_a_budget_pays(price, icc, more):
    budget = (2 + 60 * more) * (price.per_unit + price.per_person)
    found = two_stage_for_budget(price, icc, budget)
    assert found.cost <= budget * (1 + 1e-9)
    assert found.cv >= found.cv_exact * (1 - 1e-9)
    for take in range(1, 60):
        units = int(budget * (1 + 1e-12) // (price.per_unit + take * price.per_person))
        if units >= 2:
            assert found.cv <= np.sqrt((1 + (take - 1) * icc) / (units * take)) * (1 + 1e-9)


@given(costs, iccs, st.floats(0.02, 0.5), st.floats(0.1, 5))
def test_whole_sizes_are_the_cheapest_that_keep_a_cv(price, icc, cv, unit_variance):
    found = two_stage_for_cv(price, icc, cv, unit_variance=unit_variance)
    assert found.cv <= cv * (1 + 1e-9)
    assert found.n_units >= 2
    assert found.cost >= found.cost_exact * (1 - 1e-9)
    for take in range(1, 60):
        units = max(2, np.ceil(unit_variance * (1 + (take - 1) * icc) / take / cv**2 * (1 - 1e-9)))
        assert found.cost <= units * (price.per_unit + take * price.per_person) * (1 + 1e-9)


@given(costs, iccs)
def test_the_optimum_take_is_the_minimum_of_cost_times_variance(price, icc):
    def product(take):
        return (price.per_unit + price.per_person * take) * (1 + (take - 1) * icc) / take

    best = optimum_take(price, icc)
    around = best * np.linspace(0.5, 2, 41)
    assert product(best) <= product(around[around >= 1]).min() * (1 + 1e-12)


@given(st.floats(1, 100), st.floats(0, 1), st.floats(0, 2))
def test_clustering_costs_nothing_only_alone_or_without_likeness(take, icc, spread):
    assert cluster_deff(1, icc) == 1
    assert cluster_deff(take, 0) == 1
    assert cluster_deff(take, icc, cv_of_takes=spread) >= cluster_deff(take, icc) >= 1


def test_a_take_of_one_is_the_least():
    assert optimum_take(Costs(1, 100), 0.5) == 1
    assert take_for_cv(Costs(1, 1), 0.01, 1000, 0.5).take == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Costs(0, 1), "cost per unit = 0 must be above 0"),
        (lambda: Costs(1, -1), "cost per person = -1 must be above 0"),
        (lambda: optimum_take(Costs(1, 1), 0), "icc = 0 must lie between 0 and 1"),
        (lambda: optimum_take(Costs(1, 1), 1), "icc = 1 must lie between 0 and 1"),
        (lambda: cluster_deff(10, 1.5), "icc = 1.5"),
        (lambda: cluster_deff(0.5, 0.1), "take = 0.5 must not be below 1"),
        (lambda: two_stage_for_budget(Costs(100, 10), 0.05, 150), "the budget 150 .* costs 220"),
        (lambda: two_stage_for_cv(Costs(100, 10), 0.05, -1), "cv = -1 must be above 0"),
        (lambda: two_stage_for_cv(Costs(1, 1), 0.05, 0.1, unit_variance=0), "unit_variance = 0 must be above 0"),
        (lambda: take_for_budget(Costs(100, 10), 0.05, 10, 1000), "the budget 1000 .* costs 1100"),
        (lambda: take_for_budget(Costs(100, 10), 0.05, 0, 1000), "n_units = 0 must not be below 1"),
        (lambda: take_for_cv(Costs(100, 10), 0.2, 2, 0.05), "2 first-stage units do not reach .* above 0.3162"),
    ],
)
def test_what_cannot_be_is_refused(call, words):
    with pytest.raises(SamplingError, match=words):
        call()
