"""Joint inclusion probabilities and variances: R's numbers, sums by row, what has none."""

import json
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repository import ROOT

from sampling.entropy import conditional_poisson
from sampling.faults import SamplingError
from sampling.inclusion import inclusion_probabilities
from sampling.joint import (
    deville,
    horvitz_thompson,
    joint_hajek,
    joint_maximum_entropy,
    joint_sampford,
    joint_simple,
    joint_strata,
    joint_systematic,
    joint_tille,
    sen_yates_grundy,
)

REFERENCES = ROOT / "tests/references"
R = json.loads((REFERENCES / "sampling.json").read_text("utf-8"))
GIVEN = json.loads((REFERENCES / "sampling_given.json").read_text("utf-8"))["refs"]
REFS = R["refs"]
JOINT = {
    "tille": joint_tille,
    "sampford": joint_sampford,
    "maxent": joint_maximum_entropy,
    "systematic": joint_systematic,
}
SAMPLE = np.array(R["meta"]["sample"]) - 1
Y = R["meta"]["y"]


@pytest.mark.parametrize("key", ["p5", "p24"])
@pytest.mark.parametrize("design", JOINT)
def test_joint_probabilities_are_those_of_r(design: str, key: str):
    ref = REFS[f"{design}.{key}"]
    assert JOINT[design](ref["p"]) == pytest.approx(np.array(ref["value"]), abs=1e-12)


@pytest.mark.parametrize("key", ["p5", "p24", "certain"])
def test_maximum_entropy_is_as_near_to_r_by_default_as_r_iterates(key: str):
    ref = REFS[f"maxent.{'default.' if key != 'certain' else ''}{key}"]
    assert joint_maximum_entropy(ref["p"]) == pytest.approx(np.array(ref["value"]), abs=1e-6)


def test_certain_units_join_every_sample_of_a_systematic_draw_as_in_r():
    ref = REFS["systematic.certain"]
    assert joint_systematic(ref["p"]) == pytest.approx(np.array(ref["value"]), abs=1e-12)


@pytest.mark.parametrize("key", ["p5", "p24"])
def test_the_coins_of_the_conditional_draw_are_those_of_r(key: str):
    ref = REFS[f"tilde.{key}"]
    coins = conditional_poisson(np.array(ref["p"]), round(sum(ref["p"])))
    assert coins.heads == pytest.approx(ref["value"], abs=1e-12)


@pytest.mark.parametrize(
    ("name", "joint", "tolerance"),
    [
        ("UPtillepi2", joint_tille, 1e-12),
        ("UPsampfordpi2", joint_sampford, 1e-12),
        ("UPmaxentropypi2", joint_maximum_entropy, 1e-5),
    ],
)
def test_the_given_joint_probabilities(name: str, joint, tolerance: float):
    given_ = np.array(GIVEN[name]["value"])
    assert joint(np.diag(given_)) == pytest.approx(given_, abs=tolerance)


def test_the_given_variance():
    # The reference tells neither y nor the sample. Of all samples of three and y of 1..200 under the three matrices,
    # only units 2, 3, 4 under Sampford's with y = (11, 5, 17) (and what this formula cannot tell from it: y + c p,
    # c p - y) give it; so the number is tested with these.
    joint = np.array(GIVEN["UPsampfordpi2"]["value"])[1:4, 1:4]
    found = sen_yates_grundy([11, 5, 17], joint).variance
    assert found == pytest.approx(GIVEN["varHT.2.SYG"]["value"], abs=1e-10)


@pytest.mark.parametrize("design", ["tille", "sampford", "maxent"])
def test_variances_of_a_total_are_those_of_r(design: str):
    joint = JOINT[design](REFS[f"{design}.p24"]["p"], SAMPLE)
    assert horvitz_thompson(Y, joint).variance == pytest.approx(REFS[f"varHT.1.{design}"]["value"], rel=1e-10)
    assert sen_yates_grundy(Y, joint).variance == pytest.approx(REFS[f"varHT.2.{design}"]["value"], rel=1e-10)
    assert sen_yates_grundy(Y, joint).total == pytest.approx(REFS["HT"]["value"], rel=1e-12)


def test_the_variance_without_joint_probabilities_is_that_of_r():
    p = np.array(REFS["tille.p24"]["p"])[SAMPLE]
    assert deville(Y, p).variance == pytest.approx(REFS["varest"]["value"], rel=1e-12)


frames = st.lists(st.floats(0.1, 50), min_size=4, max_size=25)


@given(x=frames, data=st.data())
@settings(max_examples=60)
def test_the_joint_probabilities_of_a_unit_sum_to_those_of_its_companions(x: list[float], data: st.DataObject):
    n = data.draw(st.integers(2, len(x) - 1))
    p = inclusion_probabilities(x, n)
    for design, joint in JOINT.items():
        found = joint(p)
        assert (found.sum(axis=1) - p) == pytest.approx((n - 1) * p, abs=1e-8), design
        assert np.diag(found) == pytest.approx(p)
        assert found == pytest.approx(found.T, abs=1e-14)
        assert (found > -1e-12).all()
        assert (found <= np.minimum.outer(p, p) + 1e-9).all()
        if design != "systematic":
            off = ~np.eye(len(p), dtype=bool)
            assert (np.multiply.outer(p, p) - found)[off].min() > -1e-9, design


@pytest.mark.parametrize("design", JOINT)
def test_equal_probabilities_are_simple_random_sampling_but_for_systematic_draws(design: str):
    p = np.full(9, 4 / 9)
    found = JOINT[design](p)
    same = np.abs(found - joint_simple(9, 4)).max() < 1e-10
    assert same == (design != "systematic")


@pytest.mark.parametrize("design", JOINT)
def test_some_units_of_the_matrix_are_the_same_as_in_all_of_it(design: str):
    p = REFS["tille.p24"]["p"]
    at = np.array([20, 3, 7])
    assert JOINT[design](p, at) == pytest.approx(JOINT[design](p)[np.ix_(at, at)], abs=1e-14)


@pytest.mark.parametrize("design", JOINT)
def test_where_all_units_are_certain_so_are_all_pairs(design: str):
    assert JOINT[design]([1, 1, 1]).tolist() == [[1, 1, 1]] * 3


@pytest.mark.parametrize("design", JOINT)
def test_one_unit_drawn_has_no_companion(design: str):
    assert JOINT[design]([0.2, 0.3, 0.5]) == pytest.approx(np.diag([0.2, 0.3, 0.5]), abs=1e-12)


@given(n=st.integers(2, 8), c=st.floats(0.1, 100))
def test_what_is_proportional_to_size_has_its_total_without_error(n: int, c: float):
    p = inclusion_probabilities(np.arange(1, 13), n)
    drawn = np.arange(12 - n, 12)
    for design in ("tille", "sampford", "maxent"):
        found = sen_yates_grundy(c * p[drawn], JOINT[design](p, drawn))
        assert found.total == pytest.approx(c * n)
        assert found.variance == pytest.approx(0, abs=1e-9 * c**2)


def test_the_variance_estimators_are_unbiased_over_all_samples():
    """Over the 20 samples of Sampford's design of 3 in 6, weighted by their probabilities."""
    p = np.array([0.2, 0.7, 0.8, 0.5, 0.4, 0.4])
    y = np.array([3.0, 9.0, 12.0, 4.0, 8.0, 1.0])
    joint = joint_sampford(p)
    samples = [np.array(s) for s in combinations(range(6), 3)]
    chance = np.array([np.prod(p[s] / (1 - p[s])) * (1 - p[s]).sum() for s in samples])
    chance /= chance.sum()
    totals = np.array([(y[s] / p[s]).sum() for s in samples])
    assert chance @ totals == pytest.approx(y.sum())
    true = chance @ (totals - y.sum()) ** 2
    for estimator in (horvitz_thompson, sen_yates_grundy):
        found = [estimator(y[s], joint[np.ix_(s, s)]).variance for s in samples]
        assert chance @ found == pytest.approx(true)


def test_strata_are_independent_of_each_other():
    a, b = joint_simple(4, 2), joint_simple(3, 1)
    found = joint_strata([a, b])
    assert found[:4, :4] == pytest.approx(a)
    assert found[4:, 4:] == pytest.approx(b)
    assert found[0, 5] == pytest.approx(1 / 2 * 1 / 3)


def test_hajeks_approximation_is_near_where_many_units_are_open_to_chance():
    p = inclusion_probabilities(np.linspace(1, 5, 200), 40)
    exact, near = joint_sampford(p), joint_hajek(p)
    assert np.abs(near / exact - 1).max() < 0.01
    assert np.diag(near) == pytest.approx(p)


def test_neighbours_in_a_systematic_draw_have_no_variance_estimator():
    joint = joint_systematic([0.5, 0.5, 0.5, 0.5])
    with pytest.raises(SamplingError, match="units 1 and 2 of the sample have a joint probability of 0"):
        sen_yates_grundy([1, 2, 3, 4], joint)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: horvitz_thompson([1, 2], np.ones((2, 3))), "square matrix"),
        (lambda: horvitz_thompson([1, np.nan], np.ones((2, 2))), "missing or infinite for unit 2"),
        (lambda: horvitz_thompson([1, 2, 3], np.ones((2, 2))), "3 values for 2 units"),
        (lambda: horvitz_thompson([1, 2], np.array([[0.5, np.nan], [np.nan, 0.5]])), "units 1 and 2"),
        (lambda: deville([1], [0.5]), "at least two units"),
        (lambda: joint_simple(20_000, 3), "too many"),
        (lambda: joint_tille([0.5, 0.6]), "whole number"),
    ],
)
def test_what_has_no_variance_is_refused(call, said: str):
    with pytest.raises(SamplingError, match=said):
        call()
