"""Sizes that find a difference between two samples."""

import json
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sampling.difference import (
    Comparison,
    completes_for_difference_of_means,
    completes_for_difference_of_proportions,
    power_for_means,
    power_for_proportions,
)
from sampling.faults import SamplingError

REFERENCES = Path(__file__).parents[1] / "references"
PRACTOOLS = json.loads((REFERENCES / "practools.json").read_text("utf-8"))["refs"]
MORE = json.loads((REFERENCES / "sample_size.json").read_text("utf-8"))["refs"]

shares = st.floats(0.02, 0.98)
ratios = st.floats(0.2, 5)


def test_overlapping_samples_are_those_of_practools():
    expected = PRACTOOLS["nProp2sam"]["value"]
    found = completes_for_difference_of_proportions(0.5, 0.55, both=0.45, test=Comparison(overlap=0.5))
    assert (found.n_first, found.n_second) == (expected["n1"], expected["n2"])
    unequal = MORE["nProp2sam.unequal"]["value"]
    found = completes_for_difference_of_proportions(
        0.3, 0.4, both=0.2, test=Comparison(power=0.9, two_sided=False, ratio=1.5, overlap=0.3)
    )
    assert found.first_exact == pytest.approx(unequal["exact"], rel=1e-12)
    assert (found.n_first, found.n_second) == (unequal["n1"], unequal["n2"])


def test_means_of_overlapping_samples_are_those_of_practools():
    same = completes_for_difference_of_means(5, sd1=200**0.5, rho=0.9, test=Comparison(overlap=0.75, two_sided=False))
    assert same.first_exact == pytest.approx(MORE["nDep2sam"]["value"]["exact"], rel=1e-12)
    expected = MORE["nDep2sam.unequal"]["value"]
    test = Comparison(power=0.9, significance=0.01, ratio=2, overlap=0.4)
    found = completes_for_difference_of_means(4, sd1=200**0.5, sd2=350**0.5, rho=0.6, test=test)
    assert found.first_exact == pytest.approx(expected["exact"], rel=1e-12)
    assert (found.n_first, found.n_second) == (expected["n1"], expected["n2"])


def test_r_base_differs_by_its_pooled_variance_and_its_t_by_a_few_people():
    by_pooled = MORE["power.prop.test"]["value"]
    assert completes_for_difference_of_proportions(0.5, 0.55).first_exact == pytest.approx(by_pooled, abs=4)
    by_t = MORE["power.t.test"]["value"]
    assert 0.5 < by_t - completes_for_difference_of_means(0.5, sd1=2).first_exact < 1.5


@given(shares, shares, st.floats(0.3, 0.99), ratios, st.booleans(), st.floats(0.5, 4))
def test_the_inverse_gives_the_power_back(p1, p2, power, ratio, two_sided, deff):
    assume(abs(p1 - p2) > 0.005)
    test = Comparison(power=power, ratio=ratio, two_sided=two_sided, deff=deff)
    n = completes_for_difference_of_proportions(p1, p2, test=test).first_exact
    assert power_for_proportions(p1, p2, n, test=test) == pytest.approx(power, rel=1e-9)
    n = completes_for_difference_of_means(p1 - p2, sd1=0.4, sd2=0.6, test=test).first_exact
    assert power_for_means(p1 - p2, n, sd1=0.4, sd2=0.6, test=test) == pytest.approx(power, rel=1e-9)


@given(shares, shares, ratios)
def test_the_samples_can_be_named_the_other_way_round(p1, p2, ratio):
    assume(p1 != p2)
    there = completes_for_difference_of_proportions(p1, p2, test=Comparison(ratio=ratio))
    back = completes_for_difference_of_proportions(p2, p1, test=Comparison(ratio=1 / ratio))
    assert there.first_exact == pytest.approx(back.second_exact, rel=1e-9)


@given(st.floats(0.1, 5), st.floats(0.01, 0.99), st.floats(0.05, 1))
def test_people_in_both_samples_save_people_and_silence_costs_them(difference, rho, response):
    apart = completes_for_difference_of_means(difference, sd1=2)
    shared = completes_for_difference_of_means(difference, sd1=2, rho=rho, test=Comparison(overlap=1))
    assert shared.first_exact == pytest.approx(apart.first_exact * (1 - rho))
    quiet = completes_for_difference_of_means(difference, sd1=2, test=Comparison(response_rate=response))
    assert quiet.n_first == apart.n_first <= quiet.n_first_invited


def test_a_constant_difference_of_the_same_people_is_seen_in_one():
    same = Comparison(overlap=1)
    assert completes_for_difference_of_means(1, sd1=2, rho=1, test=same).n_first == 1
    assert power_for_means(1, 1, sd1=2, rho=1, test=same) == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: completes_for_difference_of_proportions(0.5, 0.5), "the two values are equal"),
        (lambda: completes_for_difference_of_means(0, sd1=1), "the two values are equal"),
        (lambda: power_for_means(0, 10, sd1=1), "the two values are equal"),
        (lambda: completes_for_difference_of_proportions(0, 0.5), "p1 = 0 must lie between"),
        (lambda: completes_for_difference_of_proportions(0.5, 50), "p2 = 50 must lie between"),
        (
            lambda: completes_for_difference_of_proportions(0.5, 0.6, test=Comparison(overlap=0.2)),
            "both is needed",
        ),
        (
            lambda: completes_for_difference_of_proportions(0.5, 0.6, both=0.55, test=Comparison(overlap=0.2)),
            "both = 0.55 cannot be: .* between 0.1 and 0.5",
        ),
        (lambda: completes_for_difference_of_means(1, sd1=-1), "sd1 = -1 must be above 0"),
        (lambda: completes_for_difference_of_means(1, sd1=1, sd2=0), "sd2 = 0 must be above 0"),
        (lambda: completes_for_difference_of_means(1, sd1=1, rho=2), "rho = 2 must lie between -1 and 1"),
        (lambda: power_for_proportions(0.4, 0.5, 0), "n_first = 0 must be above 0"),
        (lambda: Comparison(power=0.04), "power = 0.04 must be above significance = 0.05"),
        (lambda: Comparison(significance=5), "significance = 5 must lie between"),
        (lambda: Comparison(ratio=0), "ratio = 0 must be above 0"),
        (lambda: Comparison(ratio=2, overlap=0.8), "overlap = 0.8 of sample 1 is more than sample 2 holds .* 0.5"),
        (lambda: Comparison(overlap=-0.1), "overlap = -0.1"),
    ],
)
def test_what_cannot_be_is_refused(call, words):
    with pytest.raises(SamplingError, match=words):
        call()
