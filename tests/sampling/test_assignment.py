"""Who rates which units: everybody in one cell, no cell small enough to name its members, no unit forgotten."""

from collections import Counter
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling.assignment import (
    AssignmentError,
    Cell,
    all_but_own_cells,
    booklet_cells,
    one_cell,
    own_cells,
)
from sampling.booklets import fewest_booklets
from sampling.faults import SamplingError

n_units_ = st.integers(1, 40)
n_people_ = st.integers(1, 400)
min_cells = st.integers(1, 12)
seeds = st.integers(0, 2**32)


def units_of(n: int) -> list[str]:
    return [f"{i:05}" for i in range(n)]


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@st.composite
def units_and_owns(draw) -> tuple[list[str], list[str]]:
    units = units_of(draw(st.integers(2, 12)))
    return units, draw(st.lists(st.sampled_from(units), min_size=1, max_size=120))


def everybody_once(cells: list[Cell], n_people: int) -> bool:
    return sorted(member for cell in cells for member in cell.members) == list(range(n_people))


@given(n_units_, n_people_)
def test_all_units_are_one_cell(n_units: int, n_people: int):
    (cell,) = one_cell(units_of(n_units), n_people)
    assert cell.rated_units == tuple(units_of(n_units))
    assert everybody_once([cell], n_people)


@given(units_and_owns())
def test_everybody_rates_the_own_unit(given_people: tuple[list[str], list[str]]):
    units, own = given_people
    cells = own_cells(units, own)
    assert everybody_once(cells, len(own))
    assert all(cell.rated_units == (own[member],) for cell in cells for member in cell.members)


# --- all but the own unit --------------------------------------------------------------------------------------------


@given(units_and_owns(), min_cells)
def test_nobody_rates_the_own_unit_and_pools_are_large_enough(given_people: tuple[list[str], list[str]], min_cell: int):
    units, own = given_people
    units = [*units, "nobody's"]
    cells = all_but_own_cells(units, own, min_cell=min_cell)
    assert everybody_once(cells, len(own))
    for cell in cells:
        assert cell.rated_units
        assert not {own[member] for member in cell.members} & set(cell.rated_units)
        assert len(cell.members) >= min(min_cell, len(own))
    omitted = [unit for cell in cells for unit in units if unit not in cell.rated_units]
    assert len(omitted) == len(set(omitted))


def test_a_small_rest_joins_the_last_pool():
    cells = all_but_own_cells(["a", "b", "c", "d"], list("aaabbbc"), min_cell=3)
    assert [(cell.code, len(cell.members)) for cell in cells] == [("not a", 3), ("not b+c", 4)]


def test_a_pool_of_all_units_is_refused_since_nothing_would_be_left_to_rate():
    with pytest.raises(AssignmentError, match=r"the people of all units \(a, b\).*to have 10 alike.*2 are invited"):
        all_but_own_cells(["a", "b"], list("ab"), min_cell=10)


@pytest.mark.parametrize("cells_of", [own_cells, lambda units, own: all_but_own_cells(units, own, min_cell=1)])
def test_people_of_unknown_units_are_refused_by_name(cells_of):
    with pytest.raises(AssignmentError, match=r"not among the units rated: '', 'x'"):
        cells_of(["a", "b"], ["a", "x", ""])


# --- booklets --------------------------------------------------------------------------------------------------------


@st.composite
def booklets(draw) -> tuple[list[str], int, int, int, list[Cell]]:
    """Units, people, size, minimum and the cells, for numbers that connect the units."""
    units = units_of(draw(st.integers(1, 24)))
    size, min_cell = draw(st.integers(2, 30)), draw(min_cells)
    fewest = fewest_booklets(len(units), min(size, len(units)))
    n_people = draw(st.integers(fewest * min_cell, fewest * min_cell + 150))
    cells = booklet_cells(units, n_people, size=size, min_cell=min_cell, rng=rng(draw(seeds)))
    return units, n_people, size, min_cell, cells


@given(booklets())
@settings(max_examples=15, deadline=None)
def test_every_booklet_is_shared_and_has_its_size(drawn):
    units, n_people, size, min_cell, cells = drawn
    assert everybody_once(cells, n_people)
    assert all(len(cell.members) >= min_cell for cell in cells)
    assert {len(set(cell.rated_units)) for cell in cells} == {min(size, len(units))}
    assert len({cell.code for cell in cells}) == len(cells)


@given(booklets())
@settings(max_examples=15, deadline=None)
def test_every_unit_is_rated_and_in_as_many_booklets_as_any_other(drawn):
    units, _n_people, _size, _min_cell, cells = drawn
    held = Counter(unit for cell in cells for unit in cell.rated_units)
    assert set(held) == set(units)
    assert max(held.values()) - min(held.values()) <= 1


@given(booklets())
@settings(max_examples=15, deadline=None)
def test_a_chain_of_booklets_joins_any_two_units(drawn):
    units, _n_people, _size, _min_cell, cells = drawn
    reached = {units[0]}
    for _step in units:
        reached |= {unit for cell in cells if reached & set(cell.rated_units) for unit in cell.rated_units}
    assert reached == set(units)


def test_a_booklet_of_all_units_is_one_cell_for_everybody():
    (cell,) = booklet_cells(units_of(4), 90, size=6, min_cell=10, rng=rng(1))
    assert (cell.rated_units, len(cell.members)) == (tuple(units_of(4)), 90)


def test_where_a_balanced_design_is_known_it_is_dealt():
    cells = booklet_cells(units_of(7), 300, size=3, min_cell=10, rng=rng(1))
    pairs = Counter(pair for cell in cells for pair in combinations(cell.rated_units, 2))
    assert len(cells) == 7
    assert set(pairs.values()) == {1}


@given(booklets())
@settings(max_examples=15, deadline=None)
def test_units_stand_in_the_order_of_the_list_and_people_too(drawn):
    units, _n_people, _size, _min_cell, cells = drawn
    for cell in cells:
        places = [units.index(unit) for unit in cell.rated_units]
        assert all(one < other for one, other in pairwise(places))
        assert list(cell.members) == sorted(cell.members)


@given(booklets(), seeds)
@settings(max_examples=8, deadline=None)
def test_the_same_seed_deals_the_same_booklets(drawn, seed: int):
    units, n_people, size, min_cell, _cells = drawn
    one, other = (booklet_cells(units, n_people, size=size, min_cell=min_cell, rng=rng(seed)) for _time in range(2))
    assert one == other


@pytest.mark.parametrize(("n_people", "size", "needed"), [(9, 2, 30), (0, 4, 10), (29, 2, 30), (19, 3, 20)])
def test_too_few_people_to_connect_the_units_are_refused_with_the_number_needed(n_people: int, size: int, needed: int):
    with pytest.raises(AssignmentError, match=f"{n_people} people.*{needed} ") as refused:
        booklet_cells(units_of(4), n_people, size=size, min_cell=10, rng=rng(1))
    assert refused.value.params["needed"] == needed
    assert booklet_cells(units_of(4), needed, size=size, min_cell=10, rng=rng(1))
    with pytest.raises(AssignmentError):
        booklet_cells(units_of(4), needed - 1, size=size, min_cell=10, rng=rng(1))


def test_too_few_people_are_told_the_size_of_booklets_that_would_do():
    with pytest.raises(AssignmentError, match="or booklets of 43 units") as refused:
        booklet_cells(units_of(126), 30, size=21, min_cell=10, rng=rng(1))
    assert booklet_cells(units_of(126), 30, size=refused.value.params["fitting"], min_cell=10, rng=rng(1))
    with pytest.raises(AssignmentError):
        booklet_cells(units_of(126), 30, size=42, min_cell=10, rng=rng(1))


def test_booklets_of_one_unit_are_refused_since_nobody_compares():
    with pytest.raises(SamplingError, match="booklets of 1 unit cannot compare 4 units"):
        booklet_cells(units_of(4), 100, size=1, min_cell=10, rng=rng(1))
