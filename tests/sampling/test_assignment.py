"""Who rates which units: everybody in one cell, no cell small enough to name its members, no unit forgotten."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sampling.assignment import (
    AssignmentError,
    Cell,
    all_but_own_cells,
    booklet_cells,
    one_cell,
    own_cells,
)

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
    with pytest.raises(AssignmentError, match="pool_leaves_no_unit") as refused:
        all_but_own_cells(["a", "b"], list("ab"), min_cell=10)
    assert refused.value.params == {"invitees": 2, "min_cell": 10, "pool": ["a", "b"]}


@pytest.mark.parametrize("cells_of", [own_cells, lambda units, own: all_but_own_cells(units, own, min_cell=1)])
def test_people_of_unknown_units_are_refused_by_name(cells_of):
    with pytest.raises(AssignmentError, match=r"unknown_own_unit.*'', 'x'"):
        cells_of(["a", "b"], ["a", "x", ""])


# --- booklets --------------------------------------------------------------------------------------------------------


@st.composite
def booklets(draw) -> tuple[list[str], int, int, int, list[Cell]]:
    units = units_of(draw(n_units_))
    n_people, size, min_cell = draw(n_people_), draw(st.integers(1, 45)), draw(min_cells)
    n_booklets = min(n_people // min_cell, len(units))
    assume(n_booklets * min(size, len(units)) >= len(units))
    cells = booklet_cells(units, n_people, size=size, min_cell=min_cell, rng=rng(draw(seeds)))
    return units, n_people, size, min_cell, cells


@given(booklets())
def test_every_booklet_is_shared_and_has_its_size(drawn):
    units, n_people, size, min_cell, cells = drawn
    assert everybody_once(cells, n_people)
    assert all(len(cell.members) >= min_cell for cell in cells)
    assert {len(set(cell.rated_units)) for cell in cells} == {min(size, len(units))}
    assert len({cell.code for cell in cells}) == len(cells)


@given(booklets())
def test_every_unit_is_rated_and_in_as_many_booklets_as_any_other(drawn):
    units, _n_people, _size, _min_cell, cells = drawn
    held = Counter(unit for cell in cells for unit in cell.rated_units)
    assert set(held) == set(units)
    assert max(held.values()) - min(held.values()) <= 1


@given(booklets())
def test_units_stand_in_the_order_of_the_list_and_people_too(drawn):
    units, _n_people, _size, _min_cell, cells = drawn
    for cell in cells:
        places = [units.index(unit) for unit in cell.rated_units]
        assert all(one < other for one, other in pairwise(places))
        assert list(cell.members) == sorted(cell.members)


@given(booklets(), seeds)
def test_the_same_seed_deals_the_same_booklets(drawn, seed: int):
    units, n_people, size, min_cell, _cells = drawn
    one, other = (booklet_cells(units, n_people, size=size, min_cell=min_cell, rng=rng(seed)) for _time in range(2))
    assert one == other


@pytest.mark.parametrize(("n_people", "size"), [(9, 4), (0, 4), (29, 1)])
def test_too_few_people_for_all_units_are_refused_with_the_number_needed(n_people: int, size: int):
    with pytest.raises(AssignmentError, match="too_few_for_booklets") as refused:
        booklet_cells(units_of(4), n_people, size=size, min_cell=10, rng=rng(1))
    needed = refused.value.params["needed"]
    assert booklet_cells(units_of(4), needed, size=size, min_cell=10, rng=rng(1))
    with pytest.raises(AssignmentError):
        booklet_cells(units_of(4), needed - 1, size=size, min_cell=10, rng=rng(1))
