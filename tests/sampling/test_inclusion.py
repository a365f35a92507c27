"""Inclusion probabilities proportional to size: R's numbers, take-alls, and what is refused."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from repository import ROOT

from sampling.faults import SamplingError
from sampling.inclusion import inclusion_probabilities, split

R = json.loads((ROOT / "tests/references/sampling.json").read_text("utf-8"))
GIVEN = json.loads((ROOT / "tests/references/sampling_given.json").read_text("utf-8"))["refs"]
PEOPLE = R["meta"]["people"]
sizes = st.lists(st.floats(0.01, 1e6), min_size=1, max_size=60)


@pytest.mark.parametrize("n", [1, 5, 30, 79])
def test_probabilities_are_those_of_r(n: int):
    assert inclusion_probabilities(PEOPLE, n) == pytest.approx(R["refs"][f"pik.people.{n}"]["value"], abs=1e-13)


def test_take_alls_are_taken_in_rounds_as_in_r():
    steep = R["refs"]["pik.steep.7"]
    assert inclusion_probabilities(steep["sizes"], 7) == pytest.approx(steep["value"], abs=1e-13)


def test_the_given_small_example():
    # sizes 10 : 1 : 3 : 5 : 8 : 13 beside two that are large enough to be certain
    found = inclusion_probabilities([10, 40, 1, 3, 60, 5, 8, 13], 4)
    assert found == pytest.approx(GIVEN["pik.small.4"]["value"], abs=1e-14)


@given(x=sizes, data=st.data())
def test_they_sum_to_n_lie_in_0_to_1_and_follow_size(x: list[float], data: st.DataObject):
    n = data.draw(st.integers(1, len(x)))
    found = inclusion_probabilities(x, n)
    assert found.sum() == pytest.approx(n, abs=1e-9)
    assert ((found > 0) & (found <= 1)).all()
    order = np.argsort(x, kind="stable")
    assert (np.diff(found[order]) >= -1e-12).all()
    uncertain = found < 1
    if uncertain.sum() > 1:
        slope = found[uncertain] / np.array(x)[uncertain]
        assert slope == pytest.approx(slope[0])


@given(x=sizes, factor=st.floats(1e-3, 1e3))
def test_the_unit_of_size_is_of_no_consequence(x: list[float], factor: float):
    n = 1 + len(x) // 2
    scaled = inclusion_probabilities(np.array(x) * factor, n)
    assert scaled == pytest.approx(inclusion_probabilities(x, n), abs=1e-9)


def test_certain_units_are_split_off():
    part = split([1, 0.2, 0.7, 0, 0.8, 0.3])
    assert part.certain.tolist() == [0]
    assert part.open.tolist() == [1, 2, 4, 5]
    assert part.n_open == 2
    assert part.with_certain([0, 3]).tolist() == [0, 1, 5]


@pytest.mark.parametrize(
    ("x", "n", "said"),
    [
        ([1, 2, np.nan], 1, "size: missing or infinite for unit 3"),
        ([1, np.inf], 1, "unit 2"),
        ([1, 0, 2, 0], 1, r"size of unit 2, 4 \(counted from 1\) is 0.0"),
        ([3, -1], 1, "is -1.0"),
        ([], 1, "at least one number"),
        ([[1, 2]], 1, "not an array of shape"),
        (["many", "few"], 1, "no numbers"),
        ([1, 2], 3, "3 are to be drawn, but the list has 2"),
        ([1, 2], 0, "it must be 1 or more"),
        ([1, 2], 1.5, "no whole number"),
    ],
)
def test_what_has_no_probabilities_is_refused(x: list, n: int, said: str):
    with pytest.raises(SamplingError, match=said):
        inclusion_probabilities(x, n)


def test_many_faulty_units_are_counted():
    with pytest.raises(SamplingError, match=r"1, 2, 3, 4, 5, 6, 7, 8, … \(20\)"):
        inclusion_probabilities([0] * 20, 1)


@pytest.mark.parametrize("p", [[0.5, 0.7], [0.5, 1.2], [-0.1, 0.1], [0.2, 0.3]])
def test_what_is_no_sample_of_fixed_size_is_refused(p: list[float]):
    with pytest.raises(SamplingError, match=r"whole number|at most 1"):
        split(p)


def test_one_unit_is_taken():
    assert inclusion_probabilities([7], 1).tolist() == [1.0]
