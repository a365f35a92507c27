"""Simple, systematic and stratified selection, and the menu of methods."""

from string import Formatter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling.faults import SamplingError
from sampling.joint import joint_simple, joint_systematic
from sampling.messages import TEXTS
from sampling.messages_selection import FRAME_TEXTS, SELECTION_TEXTS
from sampling.selection import (
    UNEQUAL,
    Auxiliaries,
    Method,
    drawn_by_stratum,
    joint_probabilities,
    select,
    select_by_stratum,
    simple,
    systematic_equal,
)

SIGMAS = 5
seeds = st.integers(0, 2**32)


def known(n_units: int, method: Method) -> Auxiliaries:
    """What the method needs to know."""
    sizes = np.linspace(1, 4, n_units) if method in UNEQUAL else None
    return Auxiliaries(sizes, np.arange(1.0, n_units + 1)[:, None] if method is Method.CUBE else None)


@pytest.mark.parametrize("draw", [simple, systematic_equal])
@given(n_units=st.integers(1, 200), data=st.data(), seed=seeds)
@settings(max_examples=50)
def test_n_different_units_in_ascending_order(draw, n_units: int, data: st.DataObject, seed: int):
    n = data.draw(st.integers(1, n_units))
    drawn = draw(n_units, n, np.random.default_rng(seed))
    assert len(drawn) == n
    assert (np.diff(drawn) > 0).all()
    assert drawn[0] >= 0
    assert drawn[-1] < n_units


@pytest.mark.parametrize(("draw", "joint"), [(simple, joint_simple(7, 3)), (systematic_equal, None)])
def test_units_and_pairs_come_as_often_as_they_should(draw, joint: np.ndarray | None):
    """Within five standard deviations of the binomial law, seed fixed."""
    exact = joint_systematic(np.full(7, 3 / 7)) if joint is None else joint
    rng = np.random.default_rng(5)
    drawn = np.zeros((8000, 7))
    for sample in drawn:
        sample[draw(7, 3, rng)] = 1
    found = drawn.T @ drawn / len(drawn)
    assert (np.abs(found - exact) <= SIGMAS * np.sqrt(exact * (1 - exact) / len(drawn)) + 1e-9).all()


def test_a_systematic_draw_takes_every_tenth():
    drawn = systematic_equal(100, 10, np.random.default_rng(3))
    assert (np.diff(drawn) == 10).all()


def test_a_systematic_draw_of_a_sorted_list_spreads_over_it():
    for seed in range(30):
        drawn = systematic_equal(95, 10, np.random.default_rng(seed))
        assert (drawn >= np.floor(9.5 * np.arange(10))).all()
        assert (drawn < 9.5 * np.arange(1, 11)).all()


@pytest.mark.parametrize("method", Method)
@given(seed=seeds, n=st.integers(1, 12))
@settings(max_examples=15)
def test_every_method_draws_n_with_the_probabilities_it_says(method: Method, seed: int, n: int):
    found = select(method, 12, n, np.random.default_rng(seed), known=known(12, method))
    assert len(found.positions) == len(set(found.positions.tolist())) == n
    equal = method in (Method.SRS, Method.SYSTEMATIC, Method.CUBE)
    assert (found.probabilities == pytest.approx(n / 12)) == equal or n == 12


@pytest.mark.parametrize("method", Method)
@given(seed=seeds, sizes=st.lists(st.tuples(st.integers(1, 12), st.floats(0, 1)), min_size=1, max_size=5))
@settings(max_examples=15)
def test_each_stratum_gives_what_was_asked_and_small_ones_are_taken_completely(
    method: Method, seed: int, sizes: list[tuple[int, float]]
):
    units = {f"S{i}": n for i, (n, _share) in enumerate(sizes)}
    asked = {f"S{i}": max(1, round(n * share)) for i, (n, share) in enumerate(sizes)}
    rng = np.random.default_rng(seed)
    strata = rng.permutation(np.repeat(np.array(list(units), dtype=object), list(units.values())))
    found = select_by_stratum(method, strata, asked, rng, known=known(len(strata), method))
    table = drawn_by_stratum(strata, found).set_index("stratum")
    assert table["drawn"].to_dict() == asked
    assert table["units"].to_dict() == units
    for stratum, available in units.items():
        if asked[stratum] == available:
            assert table.loc[stratum, "sum_of_weights"] == pytest.approx(available)
            assert table.loc[stratum, "take_all"] == available
    if method in (Method.SRS, Method.SYSTEMATIC):
        assert table["sum_of_weights"].to_dict() == pytest.approx(units)


def test_a_stratum_is_drawn_in_the_order_of_the_list():
    strata = np.array(["b", "a"] * 50, dtype=object)
    found = select_by_stratum(Method.SYSTEMATIC, strata, {"a": 10, "b": 10}, np.random.default_rng(4))
    for label in ("a", "b"):
        within = np.flatnonzero(strata == label)
        places = np.searchsorted(within, found.positions[strata[found.positions] == label])
        assert (np.diff(places) == 5).all()


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ({"a": 1}, r"stratum b of the frame has no sample size \(1 such"),
        ({"a": 1, "b": 1, "c": 2}, "for the stratum c, which the frame does not have"),
        ({"a": 1, "b": 0}, "stratum b: a sample size of 0 leaves its 2 units without a chance"),
        ({"a": 4, "b": 1}, "stratum a: 4 are to be drawn, but it has 3 units only"),
    ],
)
def test_sizes_that_do_not_fit_the_frame_are_refused_by_stratum(sizes: dict, said: str):
    strata = np.array(["a", "a", "a", "b", "b"], dtype=object)
    with pytest.raises(SamplingError, match=said):
        select_by_stratum(Method.SRS, strata, sizes, np.random.default_rng(1))


def test_what_a_method_refuses_names_the_stratum_in_both_languages():
    strata = np.array(["a", "a", "b", "b"], dtype=object)
    sizes = Auxiliaries(np.array([1.0, 1.0, 1.0, 0.0]))
    with pytest.raises(SamplingError, match="stratum b: the size of unit 2") as caught:
        select_by_stratum(Method.BREWER, strata, {"a": 1, "b": 1}, np.random.default_rng(1), known=sizes)
    assert caught.value.message("vi").startswith("tầng b: quy mô của đơn vị thứ 2")


@pytest.mark.parametrize(
    ("method", "given_", "said"),
    [
        *((method, Auxiliaries(), "needs a measure of size") for method in UNEQUAL),
        (Method.SRS, Auxiliaries(np.ones(3)), "would pass over the size"),
        (Method.SYSTEMATIC, Auxiliaries(np.ones(3)), "would pass over the size"),
        (Method.CUBE, Auxiliaries(), "at least one balancing variable"),
        (Method.TILLE, Auxiliaries(np.ones(3), np.ones((3, 1))), "balances nothing"),
    ],
)
def test_what_a_method_lacks_or_would_pass_over_is_refused(method: Method, given_: Auxiliaries, said: str):
    with pytest.raises(SamplingError, match=said):
        select(method, 3, 2, np.random.default_rng(1), known=given_)


@pytest.mark.parametrize("method", [Method.BREWER, Method.PPS_RANDOM_SYSTEMATIC, Method.CUBE])
def test_methods_without_joint_probabilities_say_what_to_use(method: Method):
    with pytest.raises(SamplingError, match="use Deville's variance or Hájek's approximation"):
        joint_probabilities(method, np.array([0.5, 0.5]))


@pytest.mark.parametrize("method", sorted(set(Method) - {Method.BREWER, Method.PPS_RANDOM_SYSTEMATIC, Method.CUBE}))
def test_joint_probabilities_of_a_method_sum_by_row(method: Method):
    p = np.full(8, 3 / 8)
    found = joint_probabilities(method, p)
    assert found.sum(axis=1) == pytest.approx(3 * p)
    at = np.array([1, 5])
    assert joint_probabilities(method, p, at) == pytest.approx(found[np.ix_(at, at)])


@pytest.mark.parametrize("code", [*SELECTION_TEXTS, *FRAME_TEXTS])
def test_every_sentence_tells_the_same_facts_in_both_languages(code: str):
    def facts(sentence: str) -> set[str]:
        return {name for _text, name, _spec, _conversion in Formatter().parse(sentence) if name} - {"vi", "en"}

    vietnamese, english = TEXTS[code]
    assert facts(vietnamese) == facts(english)
    assert vietnamese != english


def test_one_unit_and_one_row():
    assert select(Method.SRS, 1, 1, np.random.default_rng(1)).probabilities.tolist() == [1.0]
