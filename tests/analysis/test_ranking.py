"""Confidence sets of ranks: laws, small cases by hand, coverage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from analysis.faults import AnalysisError
from analysis.ranking import chance_above, joint_interval_ranks, rank_sets, tied_groups

seeds = st.integers(0, 10**6)


def made(seed, count=8):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(count, count))
    return rng.normal(0, 3, count), root @ root.T / count, rng


def sets(values, sigma, **options):
    return rank_sets(values, sigma, rng=np.random.default_rng(7), draws=1500, **options)


@settings(max_examples=25, deadline=None)
@given(seed=seeds)
def test_the_rank_lies_in_its_sets_and_a_unit_by_itself_is_known_at_least_as_well(seed):
    values, sigma, _ = made(seed)
    found = sets(values, sigma)
    assert (found.low <= found.rank).all()
    assert (found.rank <= found.high).all()
    assert (found.own_low >= found.low).all()
    assert (found.own_high <= found.high).all()


@settings(max_examples=25, deadline=None)
@given(seed=seeds)
def test_step_down_tells_no_fewer_pairs_apart(seed):
    values, sigma, _ = made(seed)
    assert (sets(values, sigma).surpasses >= sets(values, sigma, step_down=False).surpasses).all()


@settings(max_examples=25, deadline=None)
@given(seed=seeds, factor=st.floats(0.1, 50), shift=st.floats(-100, 100))
def test_units_of_measurement_do_not_matter(seed, factor, shift):
    values, sigma, _ = made(seed)
    one, other = sets(values, sigma), sets(values * factor + shift, sigma * factor**2)
    assert (one.low == other.low).all()
    assert (one.high == other.high).all()


@settings(max_examples=25, deadline=None)
@given(seed=seeds)
def test_the_chance_that_one_is_above_and_the_chance_of_the_other_sum_to_one(seed):
    values, sigma, _ = made(seed)
    chance = chance_above(values, sigma)
    assert chance + chance.T == pytest.approx(np.ones_like(chance))


def test_two_independent_units_are_told_apart_exactly_when_a_two_sided_test_rejects():
    """Two units, one pair in both directions: the largest of |Z| has the quantile 1.96."""
    for difference, apart in ((1.9, False), (2.05, True)):
        found = rank_sets(
            np.array([difference * np.sqrt(2), 0.0]), np.ones(2), rng=np.random.default_rng(1), draws=200_000
        )
        assert found.surpasses[0, 1] == apart


def test_shared_raters_make_a_difference_certain_that_separate_raters_would_not():
    values = np.array([1.0, 0.0])
    alone = sets(values, np.ones(2))
    shared = sets(values, np.array([[1.0, 0.98], [0.98, 1.0]]))
    assert alone.undecided == 1
    assert shared.undecided == 0


def test_units_known_without_error_hold_their_ranks():
    found = sets(np.array([3.0, 1.0, 2.0]), np.zeros(3))
    assert found.low.tolist() == found.high.tolist() == found.rank.tolist() == [1, 3, 2]


def test_equal_estimates_share_the_better_rank_and_a_group():
    found = sets(np.array([2.0, 2.0, 0.0]), np.full(3, 1e-4))
    assert found.rank.tolist() == [1, 1, 3]
    assert found.groups == ((0, 1), (2,))


def test_one_unit_holds_the_first_rank():
    found = sets(np.array([5.0]), np.ones(1))
    assert (found.low[0], found.high[0], found.groups) == (1, 1, ((0,),))


def test_groups_overlap_where_neighbours_are_alike_and_the_ends_are_not():
    apart = np.zeros((4, 4), dtype=bool)
    apart[0, 2] = apart[0, 3] = apart[1, 3] = True
    assert tied_groups(np.array([4.0, 3.0, 2.0, 1.0]), apart) == ((0, 1), (1, 2), (2, 3))


def test_joint_intervals_that_do_not_overlap_settle_the_ranks():
    """Three units, by hand: z = 2.388 for 0.95^(1/3), so intervals of half-width 2.388."""
    margin = norm.ppf(0.5 + 0.95 ** (1 / 3) / 2)
    low, high = joint_interval_ranks(np.array([0.0, 2 * margin + 0.01, 2 * margin - 0.01]), np.ones(3))
    assert low.tolist() == [2, 1, 1]
    assert high.tolist() == [3, 2, 3]


@settings(max_examples=20, deadline=None)
@given(seed=seeds)
def test_joint_intervals_are_wider_than_sets_from_differences_without_step_down(seed):
    values, _, rng = made(seed)
    se = np.full(8, rng.uniform(0.2, 2))  # equal errors: a difference needs 1.41 margins, joint intervals 2
    low, high = joint_interval_ranks(values, se)
    found = sets(values, se**2, step_down=False)
    assert (low <= found.low).all()
    assert (high >= found.high).all()


def test_the_sets_hold_all_true_ranks_as_often_as_they_say():
    """Six units, three of them equal: 400 draws; 95 % less four standard errors of a share."""
    rng = np.random.default_rng(11)
    truth = np.array([2.0, 1.0, 1.0, 1.0, 0.3, 0.0])
    best = 1 + (truth[:, None] < truth[None, :]).sum(axis=1)
    worst = len(truth) - (truth[:, None] > truth[None, :]).sum(axis=1)
    held = 0
    for _ in range(400):
        found = rank_sets(truth + rng.normal(0, 0.3, 6), np.full(6, 0.09), rng=rng, draws=600)
        held += bool((found.low <= best).all() and (found.high >= worst).all())
    assert held / 400 >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / 400)


@pytest.mark.parametrize(
    ("values", "sigma", "said"),
    [
        ([1.0, np.nan], np.ones(2), "rows 2"),
        ([1.0, 2.0], np.array([1.0, -1.0]), "rows 2"),
        ([1.0, 2.0], np.array([[1.0, 2.0], [2.0, 1.0]]), "symmetric"),
        ([1.0, 2.0], np.ones(3), "2"),
    ],
)
def test_what_cannot_be_ranked_is_refused(values, sigma, said):
    with pytest.raises(AnalysisError, match=said):
        sets(np.array(values), sigma)


def test_a_coverage_outside_zero_and_one_is_refused():
    with pytest.raises(AnalysisError, match="between 0 and 1"):
        sets(np.zeros(2), np.ones(2), coverage=95)
