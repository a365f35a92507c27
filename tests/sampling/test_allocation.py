"""A sample shared among strata: the numbers of R and of papers, and the laws every method keeps."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sampling.allocation import (
    Bound,
    Method,
    cost_optimal,
    cost_optimal_for_budget,
    cost_optimal_for_se,
    equal,
    neyman,
    power,
    proportional,
)
from sampling.faults import SamplingError
from sampling.strata import Strata, anticipated_se, strata_of

REFERENCES = Path(__file__).parents[1] / "references"
PRACTOOLS = json.loads((REFERENCES / "practools.json").read_text("utf-8"))["refs"]
MORE = json.loads((REFERENCES / "sample_size.json").read_text("utf-8"))["refs"]
CH = [1400, 200, 300, 600, 450, 1000]  # interview costs of PracTools' vignette on single-stage samples

# README of the R package stratallo 2.2 (Wójciak, Wesołowski, Wieczorkowski), seven decimals printed
STRATALLO_N = [3000, 4000, 5000, 2000]
STRATALLO_S = [48, 79, 76, 16]


def numbered(values: list) -> list[str]:
    return [f"s{i}" for i in range(len(values))]


def practools_strata(**bounds) -> tuple[Strata, list[float]]:
    given_strata = PRACTOOLS["strAlloc.neyman"]["value"]
    return strata_of(numbered(given_strata["Nh"]), given_strata["Nh"], **bounds), given_strata["Sh"]


# --- outside references ----------------------------------------------------------------------------------------------


def test_neyman_is_that_of_practools():
    strata, sd = practools_strata()
    expected = PRACTOOLS["strAlloc.neyman"]["value"]
    found = neyman(strata, sd, 100)
    assert found.exact == pytest.approx(expected["nh"], rel=1e-12)
    assert anticipated_se(strata, sd, found.exact) == pytest.approx(expected["anticipated SE of estimated mean"])
    assert found.total == 100


def test_the_best_for_a_budget_is_that_of_practools():
    strata, sd = practools_strata(cost=CH)
    expected = PRACTOOLS["strAlloc.totcost"]["value"]
    found = cost_optimal_for_budget(strata, sd, 100_000)
    assert found.exact == pytest.approx(expected["nh"], rel=1e-12)
    assert anticipated_se(strata, sd, found.exact) == pytest.approx(expected["anticipated SE of estimated mean"])
    assert 99_000 < found.cost <= 100_000
    share = cost_optimal(strata, sd, round(sum(expected["nh"])))
    assert share.exact / share.exact.sum() == pytest.approx(expected["nh/n"], rel=1e-12)


def test_the_cheapest_for_a_cv_is_that_of_practools():
    strata, sd = practools_strata(cost=CH)
    found = cost_optimal_for_se(strata, sd, 0.05 * 11_664_181)
    assert found.exact == pytest.approx(MORE["strAlloc.totvar"]["value"], rel=1e-12)
    assert anticipated_se(strata, sd, found.n) <= 0.05 * 11_664_181


def test_power_allocation_is_that_of_bankier():
    people = [1000, 5000, 20000, 100_000]
    found = power(strata_of(numbered(people), people), [0.5, 0.6, 0.4, 0.7], 1000, exponent=0.5)
    assert found.exact == pytest.approx(PRACTOOLS["bankier.power.q0.5"]["value"], rel=1e-12)
    assert found.n.tolist() == [47, 126, 168, 659]


@pytest.mark.parametrize(
    ("total", "bounds", "published"),
    [
        (190, {}, [31.376147, 68.853211, 82.798165, 6.972477]),
        (190, {"maximum": [100, 90, 70, 80]}, [35.121951, 77.073171, 70, 7.804878]),
        (190, {"minimum": [50, 120, 1, 2]}, [50, 120, 18, 2]),
        (1284, {"minimum": [100, 90, 500, 50], "maximum": [300, 400, 800, 90]}, [228.9496, 400, 604.1727, 50.8777]),
    ],
)
def test_neyman_within_bounds_is_that_of_stratallo(total, bounds, published):
    strata = strata_of(numbered(STRATALLO_N), STRATALLO_N, **bounds)
    assert neyman(strata, STRATALLO_S, total).exact == pytest.approx(published, abs=6e-5)


def test_the_cheapest_for_a_variance_is_that_of_stratallo():
    # optcost(V = 1e6, A = c(3000, 4000, 5000, 2000), A0 = 70000, unit costs c(.5, .6, .6, .3)): with S = 1, A0 is N
    people = np.array([3000, 4000, 5000, 2000])
    strata = strata_of(numbered(list(people)), people, maximum=[100, 90, 70, 80], cost=[0.5, 0.6, 0.6, 0.3])
    se = np.sqrt(1e6 + 70_000 - people.sum()) / people.sum()
    assert cost_optimal_for_se(strata, 1, se).exact == pytest.approx([40.39682, 49.16944, 61.46181, 34.76805], abs=6e-6)


# --- laws of every method --------------------------------------------------------------------------------------------


@st.composite
def problems(draw) -> tuple[Strata, np.ndarray, int]:
    """Strata with bounds and take-alls, standard deviations, and a total the bounds allow."""
    count = draw(st.integers(1, 12))

    def many(values):
        return draw(st.lists(values, min_size=count, max_size=count))

    people = np.array(many(st.integers(1, 3000)))
    most = np.maximum(1, np.ceil(people * np.array(many(st.floats(0.2, 1)))))
    least = np.maximum(1, np.floor(most * np.array(many(st.floats(0, 0.5)))))
    names = [f"xã {i:02}" for i in range(count)]
    whole = [name for name, all_of_it in zip(names, many(st.booleans()), strict=True) if all_of_it][:3]
    cost = many(st.floats(0.5, 20))
    strata = strata_of(names, people, minimum=least, maximum=most, cost=cost, take_all=whole)
    sd = np.array(many(st.one_of(st.just(0.0), st.floats(0.01, 50))))
    assume(sd.any())
    share = draw(st.floats(0, 1))
    return strata, sd, round(strata.lower.sum() + share * (strata.upper.sum() - strata.lower.sum()))


def by_every_method(strata: Strata, sd: np.ndarray, total: int):
    return {
        "equal": equal(strata, total),
        "proportional": proportional(strata, total),
        "neyman": neyman(strata, sd, total),
        "cost": cost_optimal(strata, sd, total),
        "power": power(strata, sd, total, exponent=0.4),
    }


@given(problems())
def test_every_allocation_adds_up_and_keeps_its_bounds(problem):
    strata, sd, total = problem
    for name, found in by_every_method(strata, sd, total).items():
        assert found.n.sum() == total, name
        assert found.exact.sum() == pytest.approx(total, rel=1e-9), name
        for sizes in (found.n, found.exact):
            assert np.all(sizes >= strata.lower * (1 - 1e-9)), name
            assert np.all(sizes <= strata.upper * (1 + 1e-9)), name
            assert np.all(sizes[strata.take_all] == strata.population[strata.take_all]), name


@given(problems(), st.randoms(use_true_random=False))
def test_the_order_of_the_strata_does_not_matter(problem, dice):
    strata, sd, total = problem
    order = list(range(len(sd)))
    dice.shuffle(order)
    mixed = strata_of(
        [strata.names[h] for h in order],
        strata.population[order],
        minimum=strata.lower[order],
        maximum=strata.upper[order],
        cost=strata.cost[order],
        take_all=[strata.names[h] for h in order if strata.take_all[h]],
    )
    there, here = by_every_method(strata, sd, total), by_every_method(mixed, sd[order], total)
    for name, found in there.items():
        assert here[name].exact == pytest.approx(found.exact[order], rel=1e-9), name
        assert here[name].n.tolist() == found.n[order].tolist(), name


@given(problems(), st.sampled_from([0.001, 0.25, 3.0, 1000.0]))
def test_the_unit_of_the_variable_and_of_money_does_not_matter(problem, unit):
    strata, sd, total = problem
    assert neyman(strata, sd * unit, total).exact == pytest.approx(neyman(strata, sd, total).exact, rel=1e-9)
    budget = float(strata.cost @ strata.lower) * 1.3
    dear = strata_of(strata.names, strata.population, minimum=strata.lower, maximum=strata.upper, cost=strata.cost * 8)
    one, eight = cost_optimal_for_budget(strata, sd, budget), cost_optimal_for_budget(dear, sd * unit, budget * 8)
    assert one.exact == pytest.approx(eight.exact, rel=1e-9)


@given(problems(), st.integers(0, 2**32 - 1))
def test_no_other_allocation_of_the_same_people_is_more_precise_than_neymans(problem, seed):
    strata, sd, total = problem
    best = anticipated_se(strata, sd, neyman(strata, sd, total).exact)
    rng = np.random.default_rng(seed)
    for _ in range(10):
        room = rng.random(len(sd)) * (strata.upper - strata.lower)
        left = total - strata.lower.sum()
        other = strata.lower + room * min(1, left / room.sum() if room.sum() else 0)
        other = other + (strata.upper - other) * ((total - other.sum()) / max((strata.upper - other).sum(), 1e-9))
        assert other.sum() == pytest.approx(total)
        assert anticipated_se(strata, sd, other) >= best * (1 - 1e-9) - 1e-12


@given(problems(), st.floats(0.05, 0.95))
def test_the_cheapest_for_a_standard_error_and_the_best_for_its_cost_are_one(problem, share):
    strata, sd, _total = problem
    widest, best = anticipated_se(strata, sd, strata.lower), anticipated_se(strata, sd, strata.upper)
    assume(widest > best * 1.001)
    se = best + share * (widest - best)
    cheapest = cost_optimal_for_se(strata, sd, se)
    assert anticipated_se(strata, sd, cheapest.exact) == pytest.approx(se, rel=1e-7)
    paid = cost_optimal_for_budget(strata, sd, float(strata.cost @ cheapest.exact))
    assert anticipated_se(strata, sd, paid.exact) == pytest.approx(se, rel=1e-7)


@given(problems())
def test_without_costs_and_spread_the_methods_become_one(problem):
    strata, _sd, total = problem
    flat = strata_of(strata.names, strata.population, minimum=strata.lower, maximum=strata.upper)
    everywhere = np.full(len(strata.names), 2.0)
    assert neyman(flat, everywhere, total).exact == pytest.approx(proportional(flat, total).exact)
    assert cost_optimal(flat, everywhere, total).exact == pytest.approx(proportional(flat, total).exact)
    assert power(flat, everywhere, total, exponent=0).exact == pytest.approx(equal(flat, total).exact)
    assert power(flat, everywhere, total, exponent=1).exact == pytest.approx(proportional(flat, total).exact)


@given(st.lists(st.integers(20, 5000), min_size=2, max_size=9), st.floats(0.05, 0.9))
@settings(max_examples=30)
def test_what_a_held_stratum_leaves_is_shared_as_if_it_were_not_there(people, share):
    names = numbered(people)
    strata = strata_of(names, people, minimum=1, take_all=[names[0]])
    total = round(people[0] + len(people) - 1 + share * (sum(people[1:]) - len(people) + 1))
    rest = proportional(strata_of(names[1:], people[1:], minimum=1), total - people[0])
    together = proportional(strata, total)
    assert together.n[0] == people[0]
    assert together.n[1:].tolist() == rest.n.tolist()


# --- what is shown ---------------------------------------------------------------------------------------------------


def test_the_table_says_what_holds_each_stratum():
    strata = strata_of(
        ["sở", "phường", "xã", "đảo"], [30, 4000, 9000, 400], minimum=20, maximum=[30, 50, 9000, 400], take_all=["sở"]
    )
    found = proportional(strata, 300)
    assert found.method is Method.PROPORTIONAL
    assert found.bounds == (Bound.TAKE_ALL, Bound.MAXIMUM, Bound.FREE, Bound.MINIMUM)
    table = found.table()
    assert table.n.tolist() == [30, 50, 200, 20]
    assert (table.n * table.design_weight).tolist() == pytest.approx([30, 4000, 9000, 400])
    assert table.fraction.tolist() == pytest.approx([1, 1 / 80, 1 / 45, 1 / 20])
    assert found.cost == found.total == 300


def test_one_stratum_gets_everything():
    strata = strata_of(["all"], [500])
    assert {found.total for found in by_every_method(strata, np.array([2.0]), 77).values()} == {77}
    assert neyman(strata, 2, 500).bounds == (Bound.MAXIMUM,)


def test_a_minimum_for_all_takes_small_strata_whole():
    strata = strata_of(["a", "b"], [1, 50], minimum=10)
    assert strata.lower.tolist() == [1, 10]
    assert strata_of(["a", "b"], [1, 50]).lower.tolist() == [1, 2]


def test_a_budget_that_pays_for_everybody_is_not_used_up():
    strata = strata_of(["a", "b"], [10, 20], cost=[2, 1])
    found = cost_optimal_for_budget(strata, [1, 1], 1000)
    assert (found.n.tolist(), found.cost) == ([10, 20], 40)


def test_a_standard_error_that_the_minimum_reaches_takes_no_more():
    strata = strata_of(["a", "b"], [1000, 2000], minimum=30)
    assert cost_optimal_for_se(strata, [1, 1], 10).n.tolist() == [30, 30]


# --- refusals --------------------------------------------------------------------------------------------------------

NAMES = ["Ba Đình", "Ngọc Hà", "Giảng Võ"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: strata_of([], []), "there are no strata"),
        (lambda: strata_of(["a", "b", "a"], [1, 2, 3]), r"stratum 'a' stands more than once \(no. 1, 3\)"),
        (lambda: strata_of(NAMES, [5, 6]), "population has 2 values, but there are 3 strata"),
        (lambda: strata_of(NAMES, [5, 0, 7]), r"stratum 'Ngọc Hà' \(no. 2\): population = 0 must be a whole number"),
        (lambda: strata_of(NAMES, [5, -6, 7]), "'Ngọc Hà' .* population = -6"),
        (lambda: strata_of(NAMES, [5, 6.5, 7]), "'Ngọc Hà' .* population = 6.5"),
        (lambda: strata_of(NAMES, [5, np.nan, 7]), r"'Ngọc Hà' \(no. 2\): population = nan is not a number"),
        (lambda: strata_of(NAMES, [5, "6", 7]), "'Ngọc Hà' .* population = '6' is not a number"),
        (lambda: strata_of(NAMES, pd.Series([5, None, 7])), "'Ngọc Hà' .* population = nan"),
        (lambda: strata_of(NAMES, "5"), "population = '5' is not a number"),
        (lambda: strata_of(NAMES, [5, 6, 7], minimum=0), "'Ba Đình' .* minimum = 0 must be a whole number of at least"),
        (lambda: strata_of(NAMES, [5, 6, 7], minimum=[2, 9, 2]), "'Ngọc Hà' .* the minimum 9 is above the maximum 6"),
        (lambda: strata_of(NAMES, [5, 6, 7], minimum=4, maximum=[5, 5, 3]), "'Giảng Võ' .* minimum 4 .* maximum 3"),
        (lambda: strata_of(NAMES, [5, 6, 7], cost=[1, 1, 0]), "'Giảng Võ' .* cost = 0 must be above 0"),
        (lambda: strata_of(NAMES, [5, 6, 7], take_all=["Láng"]), "no stratum 'Láng' to take whole; there are: Ba Đình"),
        (lambda: neyman(strata_of(NAMES, [5, 6, 7]), [1, -1, 1], 9), "'Ngọc Hà' .* sd = -1 must not be negative"),
        (lambda: neyman(strata_of(NAMES, [5, 6, 7]), [1, "?", 1], 9), "'Ngọc Hà' .* sd = '\\?' is not a number"),
        (lambda: neyman(strata_of(NAMES, [5, 6, 7]), 0, 9), "sd is 0 in every stratum"),
        (lambda: power(strata_of(NAMES, [5, 6, 7]), 0, 9), "unit_cv is 0 in every stratum"),
        (lambda: power(strata_of(NAMES, [5, 6, 7]), 1, 9, size=[1, 1, -1]), "'Giảng Võ' .* size = -1 must be above 0"),
        (lambda: power(strata_of(NAMES, [5, 6, 7]), 1, 9, exponent=2), "exponent = 2"),
        (lambda: equal(strata_of(NAMES, [5, 6, 7]), 5), "the total 5 does not cover the minimum of the strata, .* 6"),
        (lambda: equal(strata_of(NAMES, [5, 6, 7]), 19), r"the total 19 is more than the maximum of the strata \(18\)"),
        (lambda: equal(strata_of(NAMES, [5, 6, 7]), 9.5), "total = 9.5 must be a whole number"),
        (lambda: cost_optimal_for_budget(strata_of(NAMES, [5, 6, 7], cost=3), 1, 10), "the budget 10 .* costs 18"),
        (lambda: cost_optimal_for_se(strata_of(NAMES, [50, 60, 70], maximum=5), 1, 0.1), "0.1 is out of reach"),
        (lambda: cost_optimal_for_se(strata_of(NAMES, [5, 6, 7]), 1, 0), "se = 0 must be above 0"),
    ],
)
def test_what_cannot_be_is_refused_with_its_stratum(call, words):
    with pytest.raises(SamplingError, match=words):
        call()
