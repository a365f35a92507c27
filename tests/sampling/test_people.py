"""Files of one person, one adult of a household: weights that add up to people."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling.faults import SamplingError
from sampling.households import KISH_SHARES, KISH_TABLES, Within, adult_to_ask
from sampling.multiplicity import (
    multiplicities,
    person_probability,
    person_probability_by_stratum,
    shared_weights,
)

SIGMAS = 5
persons_ = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=40)


@given(persons=persons_)
def test_over_all_files_the_shared_weights_sum_to_the_number_of_people(persons: list[str]):
    m = multiplicities(np.array(persons, dtype=object))
    assert shared_weights(np.ones(len(persons)), m).sum() == pytest.approx(len(set(persons)))


def test_over_all_samples_the_estimated_number_of_people_is_right():
    """All 10 samples of 2 of 5 files of 3 people: the mean estimate is 3."""
    persons = np.array(["a", "a", "a", "b", "c"], dtype=object)
    m = multiplicities(persons)
    estimates = [shared_weights([5 / 2] * 2, m[[i, j]]).sum() for i in range(5) for j in range(i)]
    assert np.mean(estimates) == pytest.approx(3)


@given(n_files=st.integers(1, 60), data=st.data())
def test_the_probability_of_a_person_is_hypergeometric(n_files: int, data: st.DataObject):
    n = data.draw(st.integers(1, n_files))
    m = data.draw(st.integers(1, n_files))
    exact = 1 - comb(n_files - m, n) / comb(n_files, n)
    assert person_probability([m], n, n_files)[0] == pytest.approx(exact, rel=1e-10)
    if m == 1:
        assert exact == pytest.approx(n / n_files)


def test_large_frames_keep_their_digits():
    # 1 - (1 - n/N)(1 - n/(N-1)), as exact fractions
    n, n_files = 400, 1_000_000
    exact = (n * (n_files - 1) + (n_files - n) * n) / (n_files * (n_files - 1))
    assert person_probability([2], n, n_files)[0] == pytest.approx(exact, rel=1e-9)


def test_strata_miss_a_person_independently():
    persons = np.array(["a", "a", "a", "b", "b", "c"], dtype=object)
    strata = np.array(["x", "x", "y", "y", "x", "y"], dtype=object)
    found = person_probability_by_stratum(persons, strata, {"x": 1, "y": 2})
    # a: two of the three files of x, one of the three of y
    assert found.loc["a", "probability"] == pytest.approx(1 - (1 / 3) * (1 / 3))
    assert found["multiplicity"].to_dict() == {"a": 3, "b": 2, "c": 1}
    one = person_probability_by_stratum(persons, np.full(6, "-", dtype=object), {"-": 2})
    assert one["probability"].to_numpy() == pytest.approx(person_probability([3, 2, 1], 2, 6))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: shared_weights([1, 1], [1, 0]), r"multiplicity at 2 \(counted from 1\) is 0"),
        (lambda: shared_weights([1], [1, 2]), "2 values for 1 units"),
        (lambda: shared_weights([1, np.nan], [1, 2]), "design weight: missing or infinite for unit 2"),
        (lambda: person_probability([0], 1, 5), "is 0"),
        (lambda: person_probability([6], 1, 5), "is 6"),
        (lambda: person_probability([1], 6, 5), "6 are to be drawn"),
        (lambda: multiplicities(np.array(["a", None], dtype=object)), "person is missing for file 2"),
        (lambda: person_probability_by_stratum(["a"], ["x"], {}), "stratum x of the frame has no sample size"),
    ],
)
def test_what_cannot_be_shared_is_refused(call, said: str):
    with pytest.raises(SamplingError, match=said):
        call()


@pytest.mark.parametrize("within", Within)
@given(adults=st.lists(st.integers(1, 6), min_size=1, max_size=30), seed=st.integers(0, 2**32))
def test_an_adult_of_the_household_is_asked(within: Within, adults: list[int], seed: int):
    found = adult_to_ask(adults, np.random.default_rng(seed), within=within)
    assert ((found.selected >= 1) & (found.selected <= adults)).all()
    assert found.weight_factor == pytest.approx(1 / found.probability)
    if within is Within.UNIFORM:
        assert found.weight_factor == pytest.approx(adults)
    again = adult_to_ask(adults, np.random.default_rng(seed), within=within)
    assert found.selected.tolist() == again.selected.tolist()


@pytest.mark.parametrize("within", Within)
@pytest.mark.parametrize("n_adults", range(1, 7))
def test_adults_come_as_often_as_their_probability_says(within: Within, n_adults: int):
    """Within five standard deviations of the binomial law, seed fixed."""
    households = 20_000
    found = adult_to_ask(np.full(households, n_adults), np.random.default_rng(7), within=within)
    for adult in range(1, n_adults + 1):
        asked = found.selected == adult
        said = found.probability[asked][0]
        assert abs(asked.mean() - said) <= SIGMAS * np.sqrt(said * (1 - said) / households)


def test_kishs_tables_are_fair_up_to_four_adults_and_for_six():
    """Kish (1949), JASA 44: 384: only for five adults the chances differ, 1/6 and 1/4."""
    for n_adults in range(1, 7):
        chance = [KISH_SHARES[KISH_TABLES[:, n_adults - 1] == adult].sum() for adult in range(1, n_adults + 1)]
        fair = [1 / 6, 1 / 6, 1 / 4, 1 / 6, 1 / 4] if n_adults == 5 else [1 / n_adults] * n_adults
        assert chance == pytest.approx(fair)


def test_a_cap_is_declared_and_counted():
    found = adult_to_ask([1, 2, 5, 9], np.random.default_rng(1), cap=4)
    assert found.weight_factor.tolist() == [1, 2, 4, 4]
    assert found.n_capped == 2
    assert adult_to_ask([4], np.random.default_rng(1), cap=4).n_capped == 0


@pytest.mark.parametrize(
    ("adults", "options", "said"),
    [
        ([2, 0], {}, r"household 2 \(counted from 1\) is 0"),
        ([1.5], {}, "is 1.5"),
        ([np.nan], {}, "number of adults: missing"),
        ([7], {"within": Within.KISH}, "has 7 adults: Kish's tables end at 6"),
        ([2], {"cap": 0.5}, "the cap is 0.5"),
        ([2], {"cap": np.nan}, "the cap is nan"),
        ([], {}, "at least one number"),
    ],
)
def test_households_that_cannot_be_are_refused(adults: list, options: dict, said: str):
    with pytest.raises(SamplingError, match=said):
        adult_to_ask(adults, np.random.default_rng(1), **options)
