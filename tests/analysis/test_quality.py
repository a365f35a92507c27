"""Indices of careless answering: R's numbers, small cases by hand, and what must always hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from survey_samples import references

from analysis.careless import (
    answered,
    even_odd,
    item_pairs,
    mahalanobis,
    pair_consistency,
    response_variability,
    runs,
    spread_of,
)
from analysis.faults import AnalysisError
from analysis.items import Items
from analysis.person_fit import guttman_errors, steps_of

BALLOTS = arrays(np.int8, st.tuples(st.integers(3, 12), st.integers(2, 9)), elements=st.integers(1, 5))


def items(rows, missing: int | None = None) -> Items:
    values = np.asarray(rows)
    return Items(tuple(f"q{place}" for place in range(values.shape[1])), values, missing)


def r(name: str) -> np.ndarray:
    return np.array(references("quality")[name], dtype=np.float64)


@pytest.mark.parametrize("kind", ["x", "holes"])
def test_indices_are_those_of_careless(kind: str):
    ballots, suffix = items(r(kind)), "_holes" if kind == "holes" else ""
    strings = runs(ballots)
    found = {
        "longest": strings.longest,
        "average": strings.average,
        "irv": response_variability(ballots),
        "mahad": mahalanobis(ballots, spread_of(ballots)),
        "even_odd": even_odd(ballots, (4, 2, 2)),
        "synonyms": pair_consistency(ballots, item_pairs(ballots, 0.5)),
        "antonyms": pair_consistency(ballots, item_pairs(ballots, 0.4, antonyms=True)),
    }
    for name, values in found.items():
        np.testing.assert_allclose(values, r(name + suffix), atol=1e-10, err_msg=name)


def test_a_code_for_missing_counts_as_a_blank():
    holes = r("holes")
    coded = items(np.where(np.isnan(holes), 9, holes).astype(np.int8), missing=9)
    blank = items(holes)
    np.testing.assert_array_equal(runs(coded).longest, runs(blank).longest)
    np.testing.assert_array_equal(response_variability(coded), response_variability(blank))
    np.testing.assert_array_equal(answered(coded), (~np.isnan(holes)).sum(axis=1))
    np.testing.assert_array_equal(
        guttman_errors(coded, steps_of(coded)).errors, guttman_errors(blank, steps_of(blank)).errors
    )


def test_blanks_are_no_string_whatever_their_code():
    ballots = items(np.array([[9, 9, 9, 1, 2], [1, 1, 9, 1, 1]], dtype=np.int8), missing=9)
    np.testing.assert_array_equal(runs(ballots).longest, [1, 2])
    np.testing.assert_allclose(runs(ballots).average, [1, 5 / 3])


def test_small_cases_by_hand():
    ballots = items([[1, 1, 1, 2, 2, 3], [4, 4, 4, 4, 4, 4], [1, 2, 1, 2, 1, 2]])
    np.testing.assert_array_equal(runs(ballots).longest, [3, 6, 1])
    np.testing.assert_array_equal(runs(ballots).average, [2, 6, 1])
    # 1 1 1 2 2 3: mean 5/3, squares 3 * 4/9 + 2 * 1/9 + 16/9 = 10/3, over 5: 2/3
    np.testing.assert_allclose(response_variability(ballots), [np.sqrt(2 / 3), 0, np.sqrt(0.3)])


def test_even_odd_by_hand():
    # odd means 1, 3, 5 and even means 2, 3, 5: r = 6 / sqrt(8 * 14/3); 2 r / (1 + r)
    r_half = 6 / np.sqrt(8 * 14 / 3)
    np.testing.assert_allclose(even_odd(items([[1, 2, 3, 3, 5, 5]]), (2, 2, 2)), [2 * r_half / (1 + r_half)])
    assert np.isnan(even_odd(items([[4, 4, 4, 4, 4, 4]]), (2, 2, 2)))[0]
    assert even_odd(items([[1, 5, 5, 1]]), (2, 2))[0] == -1


def test_guttman_errors_by_hand():
    # items with levels 1..3; ballots fix the order of the steps: a2 (5/6), b2 (4/6), a3 (3/6), b3 (1/6)
    ballots = items([[3, 1], [3, 2], [3, 3], [2, 2], [2, 2], [1, 1]])
    steps = steps_of(ballots)
    assert list(zip(steps.item, steps.level, strict=True)) == [(0, 2), (1, 2), (0, 3), (1, 3)]
    found = guttman_errors(ballots, steps)
    np.testing.assert_array_equal(found.errors, [1, 0, 0, 0, 0, 0])  # a3 taken, b2 not
    odd_one = guttman_errors(items([[1, 3]]), steps)  # b2 before a2; b3 before a2 and a3
    assert odd_one.errors[0] == 3
    assert odd_one.normed[0] == 3 / 4


def test_an_honest_extreme_ballot_makes_no_guttman_error():
    rng = np.random.default_rng(4)
    answers = rng.integers(1, 6, (200, 12))
    answers[0], answers[1] = 5, 1
    found = guttman_errors(items(answers), steps_of(items(answers)))
    assert found.errors[:2].tolist() == [0, 0]
    assert found.normed[:2].tolist() == [0, 0]
    assert (found.normed[2:] > 0).all()


def test_items_that_do_not_vary_or_determine_each_other_do_not_stop_distances():
    rng = np.random.default_rng(1)
    base = rng.integers(1, 6, (80, 4)).astype(float)
    wide = np.column_stack([base, np.full(80, 3.0), base[:, 0] + base[:, 1]])
    spread = spread_of(items(wide))
    assert spread.constant == ("q4",)
    assert spread.rank == 4
    np.testing.assert_allclose(
        mahalanobis(items(wide), spread), mahalanobis(items(base), spread_of(items(base))), rtol=1e-8
    )


def test_a_silent_ballot_has_no_index_instead_of_a_perfect_one():
    ballots = items([[1, 2, 3], [3, 2, 2], [2, 2, 1], [np.nan] * 3])
    for values in (
        runs(ballots).longest,
        response_variability(ballots),
        mahalanobis(ballots, spread_of(ballots)),
        guttman_errors(ballots, steps_of(ballots)).normed,
    ):
        assert np.isnan(values[3])
        assert np.isfinite(values[:3]).all()


@given(BALLOTS)
@settings(max_examples=60, deadline=None)
def test_strings_lie_between_one_and_all_items(answers: np.ndarray):
    found = runs(items(answers))
    k = answers.shape[1]
    assert ((found.longest >= 1) & (found.longest <= k)).all()
    assert (found.average <= found.longest).all()
    straight = (answers == answers[:, :1]).all(axis=1)
    np.testing.assert_array_equal(found.longest == k, straight)
    np.testing.assert_array_equal(response_variability(items(answers)) == 0, straight)


@given(BALLOTS, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_ballots_does_not_matter(answers: np.ndarray, random):
    order = np.array(random.sample(range(len(answers)), len(answers)))
    if (answers == answers[0]).all():
        return
    one, other = items(answers), items(answers[order])
    np.testing.assert_array_equal(runs(one).longest[order], runs(other).longest)
    np.testing.assert_allclose(mahalanobis(one, spread_of(one))[order], mahalanobis(other, spread_of(other)), atol=1e-8)
    np.testing.assert_array_equal(
        guttman_errors(one, steps_of(one)).errors[order], guttman_errors(other, steps_of(other)).errors
    )


@given(BALLOTS, st.floats(0.1, 20), st.floats(-50, 50))
@settings(max_examples=40, deadline=None)
def test_distances_do_not_depend_on_the_scale_of_items(answers: np.ndarray, factor: float, shift: float):
    if (answers == answers[0]).all():
        return
    scaled = answers.astype(float)
    scaled[:, 0] = scaled[:, 0] * factor + shift
    one, other = items(answers), items(scaled)
    np.testing.assert_allclose(
        mahalanobis(one, spread_of(one)), mahalanobis(other, spread_of(other)), rtol=1e-5, atol=1e-6
    )


@given(BALLOTS)
@settings(max_examples=40, deadline=None)
def test_consistency_stays_between_minus_one_and_one(answers: np.ndarray):
    ballots = items(answers)
    found = [pair_consistency(ballots, item_pairs(ballots, 0.1))]
    if answers.shape[1] >= 4:
        found.append(even_odd(ballots, (2, answers.shape[1] - 2)))
    for values in found:
        known = values[np.isfinite(values)]
        assert (np.abs(known) <= 1).all()


def test_ballots_that_are_all_alike_are_refused():
    same = items(np.full((40, 3), 4))
    with pytest.raises(AnalysisError, match="all ballots say the same on every item"):
        spread_of(same)
    with pytest.raises(AnalysisError, match="all ballots say the same on every item"):
        steps_of(same)


def test_scales_that_do_not_fit_the_items_are_refused():
    ballots = items([[1, 2, 3, 4], [2, 2, 3, 3]])
    with pytest.raises(AnalysisError, match="hold 5 items in all and the table has 4"):
        even_odd(ballots, (3, 2))
    with pytest.raises(AnalysisError, match="at least two scales of two items"):
        even_odd(ballots, (4,))
