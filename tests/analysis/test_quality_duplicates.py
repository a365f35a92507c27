"""Near-duplicates: the same pairs as by comparing all of them, and never a giant comparison of straight lines."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.faults import AnalysisError
from analysis.items import Items
from analysis.near_duplicates import near_duplicates

BALLOTS = arrays(np.int8, st.tuples(st.integers(2, 14), st.integers(2, 12)), elements=st.integers(1, 3))


def items(values: np.ndarray, missing: int | None = None) -> Items:
    return Items(tuple(f"q{place}" for place in range(values.shape[1])), values, missing)


def by_hand(values: np.ndarray, different: int) -> dict[tuple[int, int], int]:
    apart = {(i, j): int((values[i] != values[j]).sum()) for i, j in combinations(range(len(values)), 2)}
    return {pair: count for pair, count in apart.items() if count <= different}


def pairs_of(found) -> dict[tuple[int, int], int]:
    return {(int(i), int(j)): int(d) for i, j, d in zip(found.first, found.second, found.differing, strict=True)}


@given(BALLOTS, st.integers(0, 5))
@settings(max_examples=150, deadline=None)
def test_no_pair_is_missed_and_none_invented(values: np.ndarray, different: int):
    different = min(different, values.shape[1] - 1)
    found = near_duplicates(items(values), different)
    assert pairs_of(found) == by_hand(values, different)
    assert found.partners().sum() == 2 * len(found.first)


@given(BALLOTS, st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_pairs_do_not_depend_on_the_order_of_ballots_or_items(values: np.ndarray, random):
    rows = np.array(random.sample(range(len(values)), len(values)))
    columns = np.array(random.sample(range(values.shape[1]), values.shape[1]))
    found = near_duplicates(items(values), 1)
    again = near_duplicates(items(values[rows][:, columns]), 1)
    back = {tuple(sorted((int(rows[i]), int(rows[j])))): d for (i, j), d in pairs_of(again).items()}
    assert back == pairs_of(found)


def test_items_of_many_levels_are_compared_exactly():
    rng = np.random.default_rng(8)
    values = rng.integers(0, 200, (60, 11))
    values[10:20] = values[:10]
    values[np.arange(10, 20), np.arange(10)] += 1
    assert pairs_of(near_duplicates(items(values), 2)) == {(row, row + 10): 1 for row in range(10)}


def test_a_blank_is_an_answer_like_another():
    values = np.array([[1, 2, 3, np.nan, 1], [1, 2, 3, np.nan, 2], [1, 2, 3, 4, 1]])
    assert pairs_of(near_duplicates(items(values), 1)) == {(0, 1): 1, (0, 2): 1}


def test_too_many_straight_lines_are_left_out_and_said():
    rng = np.random.default_rng(5)
    values = np.full((4000, 20), 4)
    values[:200] = rng.integers(1, 6, (200, 20))
    values[1] = values[0]
    found = near_duplicates(items(values), 3, most_candidates=10_000)
    assert pairs_of(found) == {(0, 1): 0}
    assert found.least_distinctive >= 1
    assert found.n_compared <= 200


def test_a_ballot_of_one_answer_throughout_is_not_distinctive_whatever_that_answer_is():
    rng = np.random.default_rng(6)
    values = rng.choice([3, 4], (50, 10), p=[0.2, 0.8])
    values[0], values[1] = 5, [5, 5, 5, 5, 5, 5, 5, 5, 1, 2]
    assert near_duplicates(items(values), 1).distinctive[:2].tolist() == [0, 2]


def test_asking_for_less_leaves_the_pairs_of_distinctive_ballots():
    rng = np.random.default_rng(7)
    values = rng.choice([3, 4], (300, 10), p=[0.2, 0.8])
    found = near_duplicates(items(values), 2)
    kept = pairs_of(found.at_least(3))
    assert kept == pairs_of(near_duplicates(items(values), 2, least_distinctive=3))
    assert 0 < len(kept) < len(found.first)


def test_what_cannot_be_compared_is_refused():
    values = np.array([[1, 2, 3], [1, 2, 3]])
    with pytest.raises(AnalysisError, match="every pair would count as nearly alike"):
        near_duplicates(items(values), 3)
    with pytest.raises(AnalysisError, match="whole number, zero or more"):
        near_duplicates(items(values), -1)
    with pytest.raises(AnalysisError, match="900 different values, more than 255"):
        near_duplicates(items(np.arange(900).reshape(300, 3)), 1)
