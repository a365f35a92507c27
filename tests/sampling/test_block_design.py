"""What a design of booklets is worth: figures against R and published designs, laws that hold for every design."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from sampling.block_design import (
    concurrences,
    connected_components,
    design_properties,
    difference_variances,
    efficiency_bound,
    incidence_of,
    incidence_of_ratings,
    information_matrix,
)
from sampling.faults import SamplingError

FROM_R = json.loads((Path(__file__).parents[1] / "references" / "block_design.json").read_text())["designs"]


@st.composite
def designs(draw, most_units: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """Any incidence, connected or not, and the people of each booklet."""
    n_units, n_booklets = draw(st.integers(1, most_units)), draw(st.integers(1, 8))
    cells = draw(st.lists(st.booleans(), min_size=n_units * n_booklets, max_size=n_units * n_booklets))
    raters = draw(st.lists(st.integers(1, 12), min_size=n_booklets, max_size=n_booklets))
    return np.array(cells).reshape(n_units, n_booklets), np.array(raters)


def from_r(name: str) -> tuple[np.ndarray, np.ndarray]:
    found = FROM_R[name]
    return incidence_of([[unit - 1 for unit in block] for block in found["blocks"]], found["v"]), found["raters"]


# --- against R and print ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FROM_R)
def test_variances_of_differences_are_those_of_a_regression_in_r(name: str):
    assert difference_variances(*from_r(name)) == pytest.approx(np.array(FROM_R[name]["variances"]), abs=1e-10)


@pytest.mark.parametrize("name", FROM_R)
def test_efficiency_and_mean_variance_are_those_of_the_eigenvalues_in_r(name: str):
    found = design_properties(*from_r(name))
    assert found.efficiency == pytest.approx(FROM_R[name]["efficiency"], abs=1e-10)
    assert found.mean_difference_variance == pytest.approx(FROM_R[name]["mean_difference_variance"], abs=1e-10)
    roots = np.linalg.eigvalsh(information_matrix(*from_r(name)))[1:][::-1]
    assert roots == pytest.approx(FROM_R[name]["eigenvalues"], abs=1e-10)


@pytest.mark.parametrize(
    ("v", "b", "k", "bound"),
    [  # A_bound(n = b * k, v, b) of the R package blocksdesign, from John and Williams (1995), s. 2.8
        (7, 7, 3, 0.7777778),
        (16, 20, 4, 0.8),
        (25, 10, 5, 0.75),  # square lattices: also Cochran and Cox (1957), ch. 10: (k + 1)/(k + 3) and
        (25, 15, 5, 0.8),  # (k + 1)/(k + 2.5) of complete blocks
        (9, 9, 3, 0.7272727),
        (13, 13, 3, 0.6753247),
        (126, 126, 21, 0.9598502),
    ],
)
def test_bound_is_that_of_john_and_williams(v: int, b: int, k: int, bound: float):
    assert efficiency_bound(v, b, k) == pytest.approx(bound, abs=1e-7)


@pytest.mark.parametrize(
    ("v", "b", "k", "sharper"),
    [  # as above, where A_bound takes the bounds from sums of cubes, which we leave out
        (10, 10, 5, 0.8857554),
        (8, 8, 3, 0.7466667),
        (12, 12, 4, 0.8133803),
        (126, 24, 21, 0.9511638),
        (126, 42, 21, 0.9563709),
        (126, 12, 21, 0.9314141),
        (16, 8, 6, 0.8690808),
        (40, 20, 10, 0.9157821),
        (6, 6, 3, 0.7843137),
        (16, 6, 8, 0.9221311),
    ],
)
def test_bound_is_at_most_four_thousandths_above_one_that_uses_more(v: int, b: int, k: int, sharper: float):
    assert sharper < efficiency_bound(v, b, k) < 1.004 * sharper


@pytest.mark.parametrize(
    ("v", "k", "r", "b", "together", "efficiency"),
    [  # Cochran and Cox (1957), Experimental Designs, 2nd ed., index of plans in ch. 11: E to two digits
        (7, 3, 3, 7, 1, 0.78),
        (9, 3, 4, 12, 1, 0.75),
        (11, 5, 5, 11, 2, 0.88),
        (13, 4, 4, 13, 1, 0.81),
        (16, 6, 6, 16, 2, 0.89),
        (25, 5, 6, 30, 1, 0.83),
    ],
)
def test_bound_of_balanced_designs_is_the_printed_efficiency(v: int, k: int, r: int, b: int, together: int, efficiency):
    assert r * (k - 1) == together * (v - 1)
    assert efficiency_bound(v, b, k) == pytest.approx(v * together / (r * k))
    assert round(efficiency_bound(v, b, k), 2) == efficiency


def test_a_square_lattice_reaches_its_bound():
    cells = np.arange(25).reshape(5, 5)
    found = design_properties(incidence_of([*cells.tolist(), *cells.T.tolist()], 25))
    assert found.efficiency == pytest.approx(6 / 8)
    assert found.relative_efficiency == pytest.approx(1)
    assert (found.replication, found.concurrence, found.balanced) == ((2, 2), (0, 1), False)


# --- least squares ---------------------------------------------------------------------------------------------------


def regression(incidence: np.ndarray, raters: np.ndarray) -> np.ndarray:
    """The design matrix of ratings: a column for each rater, then one for each unit."""
    booklets = np.repeat(np.arange(len(raters)), raters)
    rows = [(rater, unit) for rater, booklet in enumerate(booklets) for unit in np.flatnonzero(incidence[:, booklet])]
    matrix = np.zeros((len(rows), len(booklets) + len(incidence)))
    for row, (rater, unit) in enumerate(rows):
        matrix[row, [rater, len(booklets) + unit]] = 1
    return matrix


@given(designs())
@settings(max_examples=50)
def test_finite_variances_are_those_of_least_squares(design: tuple[np.ndarray, np.ndarray]):
    incidence, raters = design
    found = difference_variances(incidence, raters)
    matrix = regression(incidence, raters)
    covariance = np.linalg.pinv(matrix.T @ matrix)[raters.sum() :, raters.sum() :]
    spread = np.diag(covariance)
    expected = spread[:, None] + spread[None, :] - 2 * covariance
    assert found[np.isfinite(found)] == pytest.approx(expected[np.isfinite(found)], abs=1e-8)


def test_simulated_contrasts_have_the_computed_variance_however_harsh_the_raters():
    incidence, raters = from_r("uneven")
    rng = np.random.default_rng(4)
    matrix = regression(incidence, np.array(raters))
    levels = np.concatenate([rng.normal(scale=5, size=12), [0, 1, 2, 3, 4, 5]])
    errors = rng.standard_normal((len(matrix), 20_000))
    estimated = (np.linalg.pinv(matrix) @ ((matrix @ levels)[:, None] + errors))[12:]
    variances = difference_variances(incidence, raters)
    for one, other in combinations(range(6), 2):
        contrast = estimated[other] - estimated[one]
        assert contrast.mean() == pytest.approx(other - one, abs=0.05)
        assert contrast.var() == pytest.approx(variances[one, other], rel=0.05)


# --- laws ------------------------------------------------------------------------------------------------------------


@given(designs())
@settings(max_examples=80)
def test_the_order_of_units_and_booklets_changes_nothing(design: tuple[np.ndarray, np.ndarray]):
    incidence, raters = design
    units, booklets = (np.random.default_rng(1).permutation(n) for n in incidence.shape)
    one, other = (
        design_properties(incidence, raters),
        design_properties(incidence[units][:, booklets], raters[booklets]),
    )
    for name in one.__slots__:
        assert getattr(other, name) == pytest.approx(getattr(one, name), abs=1e-9)
    moved = difference_variances(incidence, raters)[np.ix_(units, units)]
    assert difference_variances(incidence[units], raters) == pytest.approx(moved)


@given(designs())
@settings(max_examples=80)
def test_no_design_is_more_efficient_than_its_bound(design: tuple[np.ndarray, np.ndarray]):
    found = design_properties(*design)
    assert 0 <= found.efficiency <= found.efficiency_bound + 1e-9
    assert found.efficiency_bound <= 1
    assert found.connected == (found.efficiency > 0) == bool(np.isfinite(found.mean_difference_variance))


@given(designs(), st.integers(2, 9))
@settings(max_examples=40)
def test_so_many_times_the_raters_are_so_much_less_variance_and_the_same_efficiency(design, times: int):
    incidence, raters = design
    one, more = design_properties(incidence, raters), design_properties(incidence, times * raters)
    assert more.efficiency == pytest.approx(one.efficiency)
    assert more.mean_difference_variance * times == pytest.approx(one.mean_difference_variance)
    assert more.replication == tuple(times * n for n in one.replication)


@given(designs())
@settings(max_examples=40)
def test_a_booklet_with_two_raters_is_two_booklets_with_one(design: tuple[np.ndarray, np.ndarray]):
    incidence, raters = design
    apart = np.repeat(incidence, raters, axis=1)
    assert (concurrences(apart) == concurrences(incidence, raters)).all()
    assert information_matrix(apart) == pytest.approx(information_matrix(incidence, raters))
    assert difference_variances(apart) == pytest.approx(difference_variances(incidence, raters))


@given(designs())
@settings(max_examples=80)
def test_components_are_the_units_with_finite_variances(design: tuple[np.ndarray, np.ndarray]):
    incidence, _raters = design
    found = connected_components(incidence)
    together = found.of_unit[:, None] == found.of_unit[None, :]
    assert (np.isfinite(difference_variances(incidence)) == together).all()
    assert found.of_unit[0] == 0
    assert sorted(set(found.of_unit.tolist())) == list(range(found.n))
    assert found.connected == (found.n == 1)


@given(designs())
@settings(max_examples=40)
def test_components_of_sparse_ratings_are_those_of_the_table(design: tuple[np.ndarray, np.ndarray]):
    incidence, _raters = design
    unit, rater = np.nonzero(incidence)
    ratings = incidence_of_ratings(unit, rater, n_units=len(incidence))
    assert connected_components(ratings).of_unit.tolist() == connected_components(incidence).of_unit.tolist()
    stored_zeros = sparse.csr_array(np.ones(incidence.shape)).multiply(incidence)
    assert connected_components(stored_zeros).n == connected_components(incidence).n


def test_a_rating_given_twice_is_one_link_and_an_empty_table_links_nobody():
    twice = incidence_of_ratings(np.array([0, 0, 1, 2]), np.array([0, 0, 0, 1]), n_units=4)
    assert connected_components(twice).of_unit.tolist() == [0, 0, 1, 2]
    nothing = incidence_of_ratings(np.array([], dtype=int), np.array([], dtype=int), n_units=3)
    assert connected_components(nothing).n == 3


def test_a_million_ratings_are_split_into_components_quickly():
    rng = np.random.default_rng(1)
    rater = np.arange(1_000_000) // 10
    unit = 63 * (rater % 2) + rng.integers(63, size=1_000_000)
    found = connected_components(incidence_of_ratings(unit, rater, n_units=126))
    assert found.of_unit.tolist() == [0] * 63 + [1] * 63


def test_units_in_different_islands_cannot_be_compared():
    found = design_properties(incidence_of([[0, 1], [2, 3], [3, 4]], 5))
    assert (found.n_components, found.connected) == (2, False)
    assert (found.efficiency, found.mean_difference_variance) == (0, np.inf)
    assert (found.relative_efficiency, found.largest_difference_variance) == (0, np.inf)


def test_a_booklet_that_nobody_has_links_nothing():
    incidence = incidence_of([[0, 1], [1, 2]], 3)
    assert design_properties(incidence, [3, 4]).connected
    assert not design_properties(incidence, [3, 0]).connected
    assert not design_properties(incidence, [0, 0]).connected


def test_one_unit_leaves_nothing_to_compare():
    found = design_properties([[1, 1]], [5, 6])
    assert (found.n_components, found.efficiency, found.efficiency_bound) == (1, 1, 1)
    assert (found.replication, found.concurrence, found.mean_difference_variance) == ((11, 11), (0, 0), 0)


def test_complete_booklets_lose_nothing():
    found = design_properties(np.ones((5, 3)), [4, 4, 4])
    assert (found.efficiency, found.relative_efficiency) == (pytest.approx(1), pytest.approx(1))
    assert found.mean_difference_variance == pytest.approx(2 / 12)


@pytest.mark.parametrize(("v", "b", "k"), [(5, 4, 1), (10, 2, 4), (126, 6, 21), (3, 1, 2)])
def test_booklets_that_cannot_connect_have_the_bound_zero(v: int, b: int, k: int):
    assert efficiency_bound(v, b, k) == 0


@pytest.mark.parametrize(
    ("incidence", "words"),
    [
        ([[0, 2], [1, 1]], r"\[0, 1\] = .*2"),
        ([[0, 1], [-1, 1]], r"\[1, 0\] = .*-1"),
        ([[0, np.nan], [1, 1]], r"\[0, 1\] = .*nan"),
        ([["a", "b"]], r"\[0, 0\] = .*'a'"),
        ([0, 1, 1], r"shape \(3,\)"),
        (np.zeros((0, 3)), r"shape \(0, 3\)"),
    ],
)
def test_what_is_no_incidence_is_refused_by_its_place(incidence, words: str):
    for statistic in (design_properties, difference_variances, connected_components, concurrences, information_matrix):
        with pytest.raises(SamplingError, match=words):
            statistic(incidence)


@pytest.mark.parametrize("raters", [[1, -1], [1, 0.5], [1, np.nan], [1], [1, 2, 3], ["1", "2"], 3])
def test_people_who_cannot_be_counted_are_refused(raters):
    with pytest.raises(SamplingError, match="wanted: 2 whole numbers"):
        design_properties([[1, 0], [1, 1]], raters)


@pytest.mark.parametrize(("unit", "rater"), [([-1], [0]), ([3], [0]), ([0], [-2]), ([0.5], [0]), ([0, 1], [0])])
def test_ratings_of_units_that_are_not_there_are_refused(unit, rater):
    with pytest.raises(SamplingError, match="rating"):
        incidence_of_ratings(np.array(unit), np.array(rater), n_units=3)
