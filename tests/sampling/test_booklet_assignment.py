"""People into booklets: every rule kept for everybody, or a refusal that names whom and what would do."""

import math
from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling.assignment import AssignmentError
from sampling.block_design import connected_components, incidence_of
from sampling.booklet_assignment import Assignment, assign_booklets
from sampling.booklet_rules import AreaRule, BookletRules, Invitee, RatedUnit
from sampling.dealing import Kinds, Limits, by_lot, seats
from sampling.faults import SamplingError
from sampling.messages_assignment import ASSIGNMENT_TEXTS

seeds = st.integers(0, 2**32)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def units(n: int, *areas: str) -> list[RatedUnit]:
    return [RatedUnit(f"U{i:03}", areas[i % len(areas)] if areas else None) for i in range(n)]


def people(*of_units: int) -> list[Invitee]:
    """So many people of the first unit, of the second, …"""
    homes = [f"U{unit:03}" for unit, n in enumerate(of_units) for _person in range(n)]
    return [Invitee(f"{i:04}", home) for i, home in enumerate(homes)]


def strangers(n: int, area: str | None = None, prefix: str = "") -> list[Invitee]:
    return [Invitee(f"{prefix}{i:04}", area=area) for i in range(n)]


def assigned(invitees: list[Invitee], rated: list[RatedUnit], seed: int = 1, **rules) -> Assignment:
    return assign_booklets(invitees, rated, BookletRules(**rules), rng=rng(seed))


def booklet_by_ref(found: Assignment, invitees: list[Invitee]) -> dict[str, tuple[str, ...]]:
    return {invitees[i].ref: cell.rated_units for cell in found.cells for i in cell.members}


# --- laws ------------------------------------------------------------------------------------------------------------


@st.composite
def surveys(draw) -> tuple[list[Invitee], list[RatedUnit], dict]:
    """People of units, some of none, and rules that can often be kept."""
    n_units = draw(st.integers(4, 14))
    homes = draw(st.lists(st.integers(0, 12), min_size=n_units, max_size=n_units))
    invitees = people(*homes) + strangers(draw(st.integers(0, 40)), prefix="x")
    rules = {
        "size": draw(st.integers(2, max(2, n_units // 2))),
        "min_cell": draw(st.integers(2, 6)),
        "not_own": draw(st.booleans()),
        "largest_share": draw(st.sampled_from([0.4, 0.5, 0.7, 1.0])),
        "per_unit": draw(st.integers(0, 8)),
    }
    return invitees, units(n_units), rules


@given(surveys(), seeds)
@settings(max_examples=8, deadline=None)
def test_every_rule_is_kept_or_the_survey_is_refused(survey: tuple[list[Invitee], list[RatedUnit], dict], seed: int):
    invitees, rated, rules = survey
    try:
        found = assigned(invitees, rated, seed, **rules)
    except SamplingError:
        return
    assert sorted(i for cell in found.cells for i in cell.members) == list(range(len(invitees)))
    codes = [unit.code for unit in rated]
    for cell in found.cells:
        assert len(cell.members) >= rules["min_cell"]
        assert len(set(cell.rated_units)) == rules["size"]
        homes = Counter(invitees[i].own for i in cell.members)
        homes.pop(None, None)
        assert all(n <= rules["largest_share"] * len(cell.members) for n in homes.values())
        assert not (rules["not_own"] and set(homes) & set(cell.rated_units))
    held = Counter(code for cell in found.cells for code in cell.rated_units)
    assert max(held[code] for code in codes) - min(held[code] for code in codes) <= 1
    ratings = Counter(code for cell in found.cells for _member in cell.members for code in cell.rated_units)
    assert min(ratings[code] for code in codes) >= rules["per_unit"]
    booklets = [[codes.index(code) for code in cell.rated_units] for cell in found.cells]
    assert connected_components(incidence_of(booklets, len(codes))).connected
    (design,) = found.designs.values()
    assert design.replication == (min(ratings.values()), max(ratings.values()))
    assert design.connected


@given(surveys(), seeds)
@settings(max_examples=12, deadline=None)
def test_the_order_of_the_invitees_does_not_matter_and_the_seed_decides(survey, seed: int):
    invitees, rated, rules = survey
    shuffled = [invitees[i] for i in rng(seed).permutation(len(invitees))]
    one, again, other = (outcome(listed, rated, seed, rules) for listed in (invitees, invitees, shuffled))
    assert one == again == other


def outcome(invitees: list[Invitee], rated: list[RatedUnit], seed: int, rules: dict) -> object:
    """Who rates what, or the words of the refusal."""
    try:
        return booklet_by_ref(assigned(invitees, rated, seed, **rules), invitees)
    except SamplingError as refused:
        return str(refused)


def test_another_seed_deals_otherwise():
    invitees, rated = people(*[6] * 16), units(16)
    one, other = (assigned(invitees, rated, seed, size=6, not_own=True) for seed in (1, 2))
    assert booklet_by_ref(one, invitees) != booklet_by_ref(other, invitees)


# --- the integer program and the lots --------------------------------------------------------------------------------


def can_be_dealt(kinds: Kinds, held: np.ndarray, limits: Limits) -> bool:
    """Every way to deal, tried in turn."""
    n_booklets = held.shape[1]
    ways = [
        [
            way
            for way in product(range(size + 1), repeat=n_booklets)
            if sum(way) == size and not any(np.array(way)[~may])
        ]
        for size, may in zip(kinds.sizes.tolist(), kinds.allowed, strict=True)
    ]
    for deal in product(*ways):
        table = np.array(deal)
        filled = table.sum(axis=0)
        by_home = [table[kinds.home == home].sum(axis=0) for home in set(kinds.home.tolist()) - {-1}]
        if (
            filled.min() >= limits.min_cell
            and all((n <= limits.largest_share * filled + 1e-9).all() for n in by_home)
            and (held @ filled).min() >= limits.per_unit
        ):
            return True
    return False


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=3),
    st.lists(st.booleans(), min_size=9, max_size=9),
    st.lists(st.booleans(), min_size=12, max_size=12),
    st.integers(1, 4),
    st.sampled_from([0.5, 0.6, 1.0]),
    st.integers(0, 5),
)
@settings(max_examples=80, deadline=None)
def test_a_deal_is_found_whenever_there_is_one(sizes, allowed, held, min_cell, share, per_unit):
    kinds = Kinds(
        np.array(sizes), np.array(allowed).reshape(3, 3)[: len(sizes)], np.array([0, 1, -1])[: len(sizes)].copy()
    )
    incidence = np.array(held).reshape(4, 3)
    limits = Limits(min_cell, share, per_unit)
    found = seats(kinds, incidence, limits)
    assert (found.broken == 0) == can_be_dealt(kinds, incidence, limits)
    if not found.broken:
        assert (found.people.sum(axis=1) == kinds.sizes).all()
        assert not found.people[~kinds.allowed].any()


def test_lots_make_every_deal_equally_likely():
    """Three homes of two people, three booklets that each bar one home: 1 x 2 or two mixed ways, by enumeration."""
    kinds = Kinds(np.array([2, 2, 2]), ~np.eye(3, dtype=bool), np.array([0, 1, 2]))
    limits = Limits(2, 1.0, 0)
    places = seats(kinds, np.ones((1, 3), dtype=bool), limits).people
    kind_of = np.array([0, 0, 1, 1, 2, 2])
    possible = [
        deal
        for deal in product(range(3), repeat=6)
        if all(deal[i] != kind_of[i] for i in range(6)) and Counter(deal) == {0: 2, 1: 2, 2: 2}
    ]
    generator = rng(3)
    drawn = Counter(tuple(by_lot(kind_of, kinds, places, limits, generator).tolist()) for _time in range(2000))
    assert set(drawn) == set(possible)
    expected = 2000 / len(possible)
    chi_square = sum((drawn[deal] - expected) ** 2 / expected for deal in possible)
    assert chi_square < len(possible) - 1 + 4 * math.sqrt(2 * (len(possible) - 1))


def test_no_more_people_of_a_unit_share_a_booklet_than_allowed_though_lots_are_drawn():
    invitees = people(20, *[4] * 15)
    found = assigned(invitees, units(16), size=5, not_own=True, largest_share=0.3, min_cell=10)
    for cell in found.cells:
        assert max(Counter(invitees[i].own for i in cell.members).values()) <= 0.3 * len(cell.members)


# --- areas, targets, load --------------------------------------------------------------------------------------------


def test_only_units_of_the_own_area_are_rated_where_the_area_decides():
    rated = units(12, "A", "B", "C")
    invitees = [*strangers(40, "A", "a"), *strangers(30, "B", "b"), *strangers(30, "C", "c")]
    found = assigned(invitees, rated, size=3, area_rule=AreaRule.ONLY)
    areas = {unit.code: unit.area for unit in rated}
    for cell in found.cells:
        assert {areas[code] for code in cell.rated_units} == {invitees[i].area for i in cell.members}
    assert list(found.designs) == ["A", "B", "C"]
    assert all(design.connected and design.n_units == 4 for design in found.designs.values())
    assert len({cell.code for cell in found.cells}) == len(found.cells)


def test_a_unit_of_the_own_area_is_among_the_rated_where_it_must_be():
    rated = units(12, "A", "B", "C")
    invitees = [*strangers(50, "A", "a"), *strangers(40, "B", "b"), *strangers(30, "C", "c")]
    found = assigned(invitees, rated, size=2, area_rule=AreaRule.INCLUDE)
    areas = {unit.code: unit.area for unit in rated}
    for cell in found.cells:
        assert {invitees[i].area for i in cell.members} <= {areas[code] for code in cell.rated_units}
    assert found.designs[""].connected


def test_an_area_of_fewer_units_than_a_booklet_holds_has_one_booklet():
    rated = [RatedUnit("a", "A"), RatedUnit("b", "A"), *[RatedUnit(f"c{i}", "B") for i in range(8)]]
    found = assigned([*strangers(25, "A", "a"), *strangers(80, "B", "b")], rated, size=4, area_rule=AreaRule.ONLY)
    assert (found.designs["A"].n_booklets, found.designs["A"].size) == (1, (2, 2))
    assert found.designs["B"].size == (4, 4)


def test_units_are_rated_in_proportion_to_what_is_wanted():
    rated = [RatedUnit(f"{i}", target=60 if i < 4 else 20) for i in range(20)]
    found = assigned(strangers(200), rated, size=4)
    ratings = Counter(code for cell in found.cells for _member in cell.members for code in cell.rated_units)
    wanted = [ratings[str(i)] for i in range(4)]
    others = [ratings[str(i)] for i in range(4, 20)]
    assert sum(wanted) / 4 == pytest.approx(3 * sum(others) / 16, rel=0.15)
    assert found.designs[""].connected


def test_every_unit_has_the_ratings_that_are_asked_for():
    found = assigned(people(*[4] * 16), units(16), size=6, not_own=True, per_unit=20)
    assert found.designs[""].replication[0] >= 20


def test_fewer_booklets_are_made_where_only_they_give_every_unit_the_same_number_of_ratings():
    found = assigned(strangers(504), units(126), size=21, per_unit=84)
    assert found.designs[""].replication == (84, 84)


def test_the_table_has_a_row_for_each_invitee_in_their_order():
    invitees = strangers(24)[::-1]
    table = assigned(invitees, units(5), size=3, min_cell=8).table(invitees)
    assert table.columns.tolist() == ["ref", "booklet", "units"]
    assert table["ref"].tolist() == [one.ref for one in invitees]
    assert {len(cell.split()) for cell in table["units"]} == {3}
    assert table.groupby("booklet")["units"].nunique().eq(1).all()


def test_the_number_of_booklets_may_be_chosen():
    assert len(assigned(strangers(100), units(10), size=4, n_booklets=5).cells) == 5


def test_communes_of_a_city_are_dealt_to_their_leaders_within_seconds():
    invitees = people(*[4] * 126)
    found = assigned(invitees, units(126), size=21, not_own=True, per_unit=75, max_load=21, questions=5)
    design = found.designs[""]
    assert (design.n_booklets, design.connected) == (50, True)
    assert design.relative_efficiency > 0.99
    assert not [i for cell in found.cells for i in cell.members if invitees[i].own in cell.rated_units]


# --- refusals --------------------------------------------------------------------------------------------------------

AREAS = units(6, "A", "B", "C")


@pytest.mark.parametrize(
    ("invitees", "rated", "rules", "words"),
    [
        (people(10, 10, 10), units(3), {"size": 3, "not_own": True}, r"3 of 3 units: the people of U000, U001, U002 "),
        (people(52, *[3] * 13), units(16), {"size": 5}, "52 of 91 people belong to unit U000, more than 50%"),
        (
            people(15, 15, 15, 15),
            units(4),
            {"size": 3, "not_own": True},
            r"60 people find no booklet.*U000 \(15\), U001",
        ),
        (strangers(30), units(126), {"size": 21}, "30 people fill 3 booklets.*7 booklets or 70 people.*of 43 units"),
        (strangers(9), units(5), {"size": 3}, "9 people are fewer than one anonymity cell: at least 20"),
        (strangers(95), units(126), {"size": 21, "per_unit": 30}, "1995 ratings, not 30 for each of 126.*180 people"),
        (
            strangers(95),
            units(126),
            {"size": 21, "per_unit": 15},
            r"fewer than 15 ratings for: U\d+ \(1\d\),.*105 invitees",
        ),
        (strangers(300), units(30), {"size": 21, "max_load": 20}, "21 units a person, at most 20"),
        (
            strangers(300),
            units(30),
            {"size": 21, "questions": 6},
            "= 126 ratings a person, at most 120.*at most 20 units",
        ),
        (strangers(100), units(16), {"size": 6, "n_booklets": 11}, "11 booklets: must be from 3 .* to 10 "),
        (strangers(100), units(16), {"size": 6, "n_booklets": 2}, "2 booklets: must be from 3 "),
        (strangers(100), units(16), {"size": 1}, "booklets of 1 unit cannot compare 16 units"),
        (strangers(100), [*units(9), RatedUnit("Z", target=9)], {"size": 3}, "unit Z .*150 ratings.*lower .* to 4.5"),
        (strangers(100), [*units(9), RatedUnit("Z", target=0)], {"size": 3}, "unit Z are 0"),
        (strangers(100), [*units(9), RatedUnit("Z", target=math.nan)], {"size": 3}, "unit Z are nan"),
        ([], units(9), {"size": 3}, "list of ref is empty"),
        (strangers(20), [], {"size": 3}, "list of unit is empty"),
        ([*strangers(20), Invitee("0003")], units(9), {"size": 3}, "ref that stand twice.*0003"),
        (strangers(20), [*units(9), RatedUnit("U004")], {"size": 3}, "unit that stand twice.*U004"),
        ([*strangers(20), Invitee("x", "?")], units(9), {"size": 3}, r"not among the units rated: '\?'"),
        (strangers(99, "D"), AREAS, {"size": 2, "area_rule": AreaRule.ONLY}, "areas of invitees without any unit: D"),
        (strangers(99), AREAS, {"size": 2, "area_rule": AreaRule.INCLUDE}, "areas of invitees without any unit: None"),
        (strangers(99, "A"), AREAS, {"size": 2, "area_rule": AreaRule.ONLY}, "areas with units but no invitees: B, C"),
        (strangers(20), units(9), {"size": 0}, "size = 0 must be a whole number from 1"),
        (strangers(20), units(9), {"size": 2.5}, "size = 2.5 must be a whole number from 1"),
        (strangers(20), units(9), {"size": "3"}, "size = '3' must be a whole number"),
        (strangers(20), units(9), {"size": 3, "min_cell": 0}, "min_cell = 0"),
        (strangers(20), units(9), {"size": 3, "per_unit": -1}, "per_unit = -1 must be a whole number from 0"),
        (strangers(20), units(9), {"size": 3, "largest_share": 0.0}, "largest_share = 0.0 must be above 0"),
        (strangers(20), units(9), {"size": 3, "largest_share": math.nan}, "largest_share = nan"),
    ],
)
def test_what_cannot_be_had_is_refused_by_name_and_number(invitees, rated, rules: dict, words: str):
    with pytest.raises(SamplingError, match=words) as refused:
        assigned(invitees, rated, **rules)
    assert "{" not in refused.value.message("vi")


def test_the_area_that_is_too_small_is_named():
    invitees = [*strangers(40, "A", "a"), *strangers(12, "B", "b"), *strangers(30, "C", "c")]
    with pytest.raises(AssignmentError, match=r"^B: 12 people fill 1 booklets"):
        assigned(invitees, units(12, "A", "B", "C"), size=3, area_rule=AreaRule.ONLY)


def test_a_booklet_that_too_few_people_may_have_is_named_with_its_units():
    """Nearly everybody belongs to one unit, so the booklets with that unit have too few people to choose from."""
    with pytest.raises(AssignmentError, match=r"for booklet \d+: \d+ may get it.*people from outside the units .*U000"):
        assigned(people(60, 2, 2, 2, 2), units(5), size=2, not_own=True, largest_share=1.0, min_cell=5, n_booklets=5)


def test_as_many_people_as_a_refusal_asks_for_are_enough():
    with pytest.raises(AssignmentError, match="105 invitees would do"):
        assigned(strangers(95), units(126), size=21, per_unit=15)
    assert assigned(strangers(105), units(126), size=21, per_unit=15).designs[""].replication[0] >= 15


def test_every_sentence_says_the_same_facts_in_both_languages():
    for vietnamese, english in ASSIGNMENT_TEXTS.values():
        fields = [Counter(part.split("}")[0] for part in text.split("{")[1:]) for text in (vietnamese, english)]
        assert fields[0].keys() == fields[1].keys()
