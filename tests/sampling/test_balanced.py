"""The cube: totals kept to the landing, sizes fixed, probabilities respected."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repository import ROOT

from sampling.balanced import Landing, cube, flight
from sampling.faults import SamplingError
from sampling.inclusion import inclusion_probabilities

R = json.loads((ROOT / "tests/references/sampling.json").read_text("utf-8"))
SIGMAS = 5


def frame(n_units: int, n_variables: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(20, 5, (n_units, n_variables)), rng.lognormal(0, 0.7, n_units)


@pytest.mark.parametrize("landing", Landing)
@given(seed=st.integers(0, 10**6), n_units=st.integers(3, 60), n_variables=st.integers(1, 4), data=st.data())
@settings(max_examples=40)
def test_the_size_is_fixed_and_take_alls_are_in(
    landing: Landing, seed: int, n_units: int, n_variables: int, data: st.DataObject
):
    balancing, x = frame(n_units, n_variables, seed)
    n = data.draw(st.integers(1, n_units))
    p = inclusion_probabilities(x, n)
    found = cube(balancing, p, np.random.default_rng(seed), landing=landing)
    assert len(found.positions) == n
    assert set(np.flatnonzero(p == 1)) <= set(found.positions.tolist())
    assert found.undecided <= n_variables + 1
    again = cube(balancing, p, np.random.default_rng(seed), landing=landing)
    assert found.positions.tolist() == again.positions.tolist()


@given(seed=st.integers(0, 10**6), sizes=st.lists(st.integers(2, 9), min_size=1, max_size=6))
@settings(max_examples=60)
def test_totals_that_a_sample_can_keep_are_kept_exactly(seed: int, sizes: list[int]):
    """Indicators of strata with a whole expected size each: stratified sampling is what balancing on them must give."""
    strata = np.repeat(np.arange(len(sizes)), sizes)
    wanted = np.array([1 + size // 2 for size in sizes])
    p = (wanted / sizes)[strata]
    found = cube(np.eye(len(sizes))[strata], p, np.random.default_rng(seed))
    assert found.undecided == 0
    assert np.bincount(strata[found.positions], minlength=len(sizes)).tolist() == wanted.tolist()
    assert found.estimates == pytest.approx(found.totals, abs=1e-8)


@given(seed=st.integers(0, 10**6), n_units=st.integers(2, 120), n_variables=st.integers(1, 6), data=st.data())
@settings(max_examples=60)
def test_the_flight_keeps_every_total(seed: int, n_units: int, n_variables: int, data: st.DataObject):
    balancing, x = frame(n_units, n_variables, seed)
    p = inclusion_probabilities(x, data.draw(st.integers(1, n_units)))
    state = flight(balancing, p, np.random.default_rng(seed))
    assert ((state == 0) | (state == 1)).sum() >= n_units - n_variables - 1
    assert state.sum() == pytest.approx(p.sum())
    assert (balancing / p[:, None]).T @ state == pytest.approx(balancing.sum(axis=0))
    assert (state[p == 1] == 1).all()


@pytest.mark.parametrize(("landing", "method"), [(Landing.LINEAR_PROGRAM, 1), (Landing.SUPPRESSION, 2)])
def test_samples_are_balanced_as_well_as_those_of_r(landing: Landing, method: int):
    """Root mean square deviations of 150 samples beside 400 of R's samplecube, which has other random numbers.

    The standard error of their ratio is about 7 percent; 30 percent are more than four of them.
    """
    ref = R["refs"][f"cube.off.{method}"]
    p, balancing = np.array(ref["p"]), np.array(ref["X"])
    rng = np.random.default_rng(21)
    off = np.array([cube(balancing, p, rng, landing=landing).deviations_pct[1:] for _ in range(150)])
    assert np.sqrt((off**2).mean(axis=0)) == pytest.approx(ref["value"], rel=0.3)


def test_the_linear_program_lands_nearer_than_suppression():
    """Mean squared distance of the totals in the metric that it minimises, after the same flights."""
    x = np.random.default_rng(1).lognormal(0, 1, (60, 6))
    p = np.full(60, 0.5)
    ratios = np.column_stack([p, x]) / p[:, None]
    metric = np.linalg.pinv(ratios.T @ ratios)

    def mean_distance(landing: Landing) -> float:
        off = [cube(x, p, np.random.default_rng(seed), landing=landing) for seed in range(60)]
        return float(np.mean([(o.estimates - o.totals) @ metric @ (o.estimates - o.totals) for o in off]))

    assert mean_distance(Landing.LINEAR_PROGRAM) < 0.9 * mean_distance(Landing.SUPPRESSION)


def test_balancing_leaves_less_error_than_chance():
    balancing, _x = frame(300, 2, 5)
    p = np.full(300, 30 / 300)
    off = [np.abs(cube(balancing, p, np.random.default_rng(seed)).deviations_pct[1:]).max() for seed in range(30)]
    plain = []
    for seed in range(30):
        drawn = np.random.default_rng(seed).choice(300, 30, replace=False)
        plain.append(np.abs(balancing[drawn].sum(axis=0) * 10 / balancing.sum(axis=0) - 1).max() * 100)
    assert np.mean(off) < np.mean(plain) / 3


@pytest.mark.parametrize("landing", Landing)
def test_units_come_as_often_as_their_probabilities_say(landing: Landing):
    """Within five standard deviations of the binomial law, seed fixed."""
    balancing, x = frame(12, 2, 8)
    p = inclusion_probabilities(x, 5)
    draws = 200
    rng = np.random.default_rng(9)
    seen = np.zeros(12)
    for _ in range(draws):
        seen[cube(balancing, p, rng, landing=landing).positions] += 1
    assert (np.abs(seen / draws - p) <= SIGMAS * np.sqrt(p * (1 - p) / draws) + 1e-9).all()


def test_variables_that_repeat_each_other_do_no_harm():
    balancing, x = frame(50, 2, 3)
    p = inclusion_probabilities(x, 10)
    doubled = np.column_stack([balancing, balancing, p, np.ones(50), np.zeros(50)])
    found = cube(doubled, p, np.random.default_rng(1))
    assert len(found.positions) == 10
    assert np.isnan(found.deviations_pct[-1])  # a total of 0 has no relative deviation


def test_many_variables_land_by_suppression():
    balancing, x = frame(200, 18, 4)
    found = cube(balancing, inclusion_probabilities(x, 80), np.random.default_rng(2))
    assert found.landing is Landing.SUPPRESSION
    assert len(found.positions) == 80


def test_probabilities_that_sum_to_no_whole_number_give_one_of_the_two_sizes_next_to_it():
    p = np.full(10, 0.25)
    sizes = {len(cube(np.arange(10.0), p, np.random.default_rng(seed)).positions) for seed in range(40)}
    assert sizes == {2, 3}


@pytest.mark.parametrize(
    ("balancing", "p", "said"),
    [
        ([[1.0], [np.nan]], [0.5, 0.5], "balancing variable: missing or infinite for unit 2"),
        ([[1.0]], [0.5, 0.5], "1 values for 2 units"),
        ([["a"], ["b"]], [0.5, 0.5], "balancing variable: there are values that are no numbers"),
        ([[1.0], [2.0]], [0.5, 0.0], r"unit 2 \(counted from 1\) is 0.0"),
        ([[1.0], [2.0]], [0.5, 1.5], "at most 1"),
        (np.empty((2, 0)), [0.5, 0.5], "at least one number"),
    ],
)
def test_what_cannot_be_balanced_is_refused(balancing: list, p: list[float], said: str):
    with pytest.raises(SamplingError, match=said):
        cube(balancing, p, np.random.default_rng(1))
