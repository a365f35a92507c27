"""Draws with unequal probabilities: exactly n, take-alls in, and as often as the probabilities say.

Frequencies are compared with exact probabilities within five standard deviations of the binomial law; the seeds are
fixed, so a test passes always or never.
"""

from collections import Counter
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling.entropy import Coins, conditional_poisson, maximum_entropy, sampford
from sampling.faults import SamplingError
from sampling.inclusion import inclusion_probabilities
from sampling.joint import joint_maximum_entropy, joint_sampford, joint_simple, joint_systematic, joint_tille
from sampling.unequal import brewer, randomised_systematic, systematic, tille

DESIGNS = {
    "systematic": systematic,
    "randomised systematic": randomised_systematic,
    "brewer": brewer,
    "tille": tille,
    "sampford": sampford,
    "maxent": maximum_entropy,
}
P = np.array([0.2, 0.7, 0.8, 0.5, 0.4, 0.4])
SIGMAS = 5


def frequencies(draw: Callable[[np.random.Generator], np.ndarray], n_units: int, draws: int, seed: int) -> np.ndarray:
    """Joint frequencies; single ones on the diagonal."""
    rng = np.random.default_rng(seed)
    drawn = np.zeros((draws, n_units))
    for sample in drawn:
        sample[draw(rng)] = 1
    return drawn.T @ drawn / draws


def assert_as_often(found: np.ndarray, exact: np.ndarray, draws: int) -> None:
    spread = np.sqrt(np.clip(exact * (1 - exact), 0, None) / draws)
    assert (np.abs(found - exact) <= SIGMAS * spread + 1e-9).all(), np.abs(found - exact).max()


@pytest.mark.parametrize(
    ("design", "joint", "draws"),
    [
        (systematic, joint_systematic, 8000),
        (tille, joint_tille, 5000),
        (sampford, joint_sampford, 3000),
    ],
)
def test_units_and_pairs_come_as_often_as_their_probabilities_say(design: Callable, joint: Callable, draws: int):
    assert_as_often(frequencies(lambda rng: design(P, rng), 6, draws, seed=11), joint(P), draws)


def test_units_and_pairs_of_the_maximum_entropy_draw_come_as_often_as_they_should():
    coins = conditional_poisson(P, 3)  # found once, which maximum_entropy does at each call
    found = frequencies(lambda rng: coins.toss(rng, 1000), 6, 20_000, seed=12)
    assert_as_often(found, joint_maximum_entropy(P), 20_000)
    one_by_one = frequencies(lambda rng: maximum_entropy(P, rng), 6, 400, seed=13)
    assert_as_often(one_by_one, joint_maximum_entropy(P), 400)


@pytest.mark.parametrize("design", [brewer, randomised_systematic])
def test_units_come_as_often_as_they_should_where_pairs_have_no_formula(design: Callable):
    found = frequencies(lambda rng: design(P, rng), 6, 5000, seed=14)
    assert_as_often(np.diag(found), P, 5000)


def test_a_systematic_draw_in_random_order_is_simple_random_where_probabilities_are_equal():
    """In the order given, neighbours never come together."""
    p = np.full(8, 3 / 8)
    found = frequencies(lambda rng: randomised_systematic(p, rng), 8, 4000, seed=20)
    assert_as_often(found, joint_simple(8, 3), 4000)


def test_brewers_pairs_come_as_often_as_its_steps_say():
    """For two draws the steps can be written down, with p = pi / 2."""
    pi = np.array([0.2, 0.3, 0.4, 0.5, 0.6])
    p = pi / 2
    scale = 1 + (p / (1 - 2 * p)).sum()
    pair = 2 * np.multiply.outer(p, p) * np.add.outer(1 / (1 - 2 * p), 1 / (1 - 2 * p)) / scale
    np.fill_diagonal(pair, pi)
    assert (pair.sum(axis=1) - pi) == pytest.approx(pi)
    assert_as_often(frequencies(lambda rng: brewer(pi, rng), 5, 5000, seed=15), pair, 5000)


def test_each_sample_of_sampfords_design_comes_as_often_as_its_definition_says():
    """P(s) proportional to prod(p / (1 - p)) sum(1 - p): all 20 samples, not only units and pairs."""
    samples = list(combinations(range(6), 3))
    chance = np.array([np.prod(P[list(s)] / (1 - P[list(s)])) * (1 - P[list(s)]).sum() for s in samples])
    chance /= chance.sum()
    rng = np.random.default_rng(16)
    seen = Counter(tuple(sampford(P, rng).tolist()) for _ in range(3000))
    assert_as_often(np.array([seen[s] for s in samples]) / 3000, chance, 3000)


def test_sampford_never_falls_back_to_simple_random_sampling():
    """A known fault of another library: where its Sampford draw fails, it hands over a simple random sample."""
    x = np.r_[np.full(5, 100.0), np.full(45, 1.0)]  # hard: five units are all but certain
    p = inclusion_probabilities(x, 6)
    assert (p[:5] == 1).all()
    rng = np.random.default_rng(17)
    assert all(set(range(5)) <= set(sampford(p, rng).tolist()) for _ in range(200))

    p = np.r_[np.full(5, 0.98), np.full(45, 1.1 / 45)]
    found = frequencies(lambda rng: sampford(p, rng), 50, 2000, seed=18)
    assert_as_often(np.diag(found), p, 2000)  # simple random sampling would give 0.12 each


@pytest.mark.parametrize("design", [sampford, maximum_entropy])
def test_a_draw_that_finds_no_sample_is_refused_and_names_no_substitute(design: Callable):
    p = inclusion_probabilities(np.linspace(1, 3, 400), 100)
    with pytest.raises(SamplingError, match="in 1 attempts, and no other method is put in its place"):
        design(p, np.random.default_rng(19), max_attempts=1)
    assert len(design(p, np.random.default_rng(19))) == 100


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("p", [[0.5, 0.7], [0.5, 1.2, 0.3], [-0.2, 0.6, 0.6], [0.5, np.nan], [], ["a"]])
def test_what_is_no_set_of_probabilities_is_refused_by_every_design(design: str, p: list):
    with pytest.raises(SamplingError):
        DESIGNS[design](p, np.random.default_rng(1))


frames = st.lists(st.floats(0.01, 100), min_size=1, max_size=40)


@given(x=frames, data=st.data(), seed=st.integers(0, 2**32))
@settings(max_examples=60)
def test_every_design_draws_n_different_units_with_the_take_alls_among_them(
    x: list[float], data: st.DataObject, seed: int
):
    n = data.draw(st.integers(1, len(x)))
    p = inclusion_probabilities(x, n)
    for name, design in DESIGNS.items():
        drawn = design(p, np.random.default_rng(seed))
        assert len(drawn) == len(set(drawn.tolist())) == n, name
        assert (np.diff(drawn) > 0).all(), name
        assert set(np.flatnonzero(p == 1)) <= set(drawn.tolist()), name
        assert drawn.tolist() == design(p, np.random.default_rng(seed)).tolist(), name


@given(x=frames, data=st.data())
@settings(max_examples=60)
def test_the_conditional_draw_has_the_probabilities_asked_for(x: list[float], data: st.DataObject):
    n = data.draw(st.integers(1, len(x)))
    p = inclusion_probabilities(x, n)
    undecided = p[p < 1]
    if len(undecided):
        coins = conditional_poisson(undecided, round(undecided.sum()))
        assert coins.inclusion() == pytest.approx(undecided, abs=1e-12)


def test_the_fourier_sum_agrees_with_counting_all_outcomes():
    heads = np.array([0.1, 0.5, 0.5, 0.7, 0.95, 0.3])
    for n in range(1, 6):
        coins = Coins.of(np.log(heads / (1 - heads)), n)
        chance = {s: np.prod(heads[list(s)] / (1 - heads[list(s)])) for s in combinations(range(6), n)}
        exact = [sum(c for s, c in chance.items() if k in s) / sum(chance.values()) for k in range(6)]
        assert coins.inclusion() == pytest.approx(exact, abs=1e-14)


def test_the_fourier_sum_holds_for_large_frames():
    p = inclusion_probabilities(np.random.default_rng(3).lognormal(0, 1.5, 20_000), 4000)
    undecided = p[p < 1]
    coins = conditional_poisson(undecided, round(undecided.sum()))
    assert coins.inclusion() == pytest.approx(undecided, abs=1e-12)
    assert coins.inclusion().sum() == pytest.approx(round(undecided.sum()), abs=1e-8)


def test_systematic_draws_one_unit_from_each_stretch():
    p = np.full(12, 0.25)
    for seed in range(50):
        assert (systematic(p, np.random.default_rng(seed)) // 4).tolist() == [0, 1, 2]


def test_brewer_says_when_it_would_take_too_long():
    with pytest.raises(SamplingError, match="use tille or maxent"):
        brewer(np.full(300_000, 1 / 3), np.random.default_rng(1))
