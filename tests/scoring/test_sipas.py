"""The satisfaction index, worked out by hand."""

import numpy as np
import pytest
from scoring_makers import SIPAS, item, method_of, ratings_of, unit_row

from scoring.sipas import score_sipas

ITEMS = (item("p1", "a", "CS.1"), item("p2", "a", "CS.2"), item("s1", "a", "DV.1"), item("s1", "b", "DV.1"))
# p1: 5 4 3 -> 2 of 3; p2: 4 1 98 -> 1 of 2; s1 of a: 5 5 1 -> 2 of 3; s1 of b: 4 2 -> 1 of 2
CELLS = {
    ("a", "U"): {"p1": [5, 4, 3], "p2": [4, 1, 98], "s1": [5, 5, 1]},
    ("b", "U"): {"s1": [4, 2]},
}


def scored(cells=CELLS, items=ITEMS, blocks=None, **changes):
    return score_sipas(method_of(SIPAS, **changes), ratings_of(cells, items), blocks=blocks)


def value(scores, criterion):
    return scores.by_criterion.set_index("criterion")["value"][criterion]


@pytest.mark.parametrize(
    ("order", "policy"),
    [
        ("pooled_answers", 3 / 5),  # 3 satisfied answers of 5 valid ones
        ("mean_of_items", (2 / 3 + 1 / 2) / 2),
        ("mean_of_respondents", (1 + 1 / 2 + 0) / 3),  # ballots: 2 of 2, 1 of 2, 0 of 1
    ],
)
def test_the_order_of_aggregation_is_a_setting(order, policy):
    """DV = 0.75 · 2/3 + 0.25 · 1/2 = 0.625; index = 100 (0.6 CS + 0.4 DV)."""
    scores = scored(aggregation__order=order)
    assert value(scores, "CS") == pytest.approx(policy)
    assert value(scores, "DV") == pytest.approx(0.625)
    assert unit_row(scores, "U")["index"] == pytest.approx(60 * policy + 40 * 0.625)


def test_criteria_and_items_are_shown_with_their_n():
    scores = scored()
    assert value(scores, "CS.1") == pytest.approx(2 / 3)
    assert value(scores, "CS.2") == pytest.approx(1 / 2)
    items = scores.by_item.set_index(["question", "respondent_group"])
    assert items.loc[("s1", "b"), "value"] == pytest.approx(0.5)
    assert items["n"].to_dict() == {("p1", "a"): 3, ("p2", "a"): 2, ("s1", "a"): 3, ("s1", "b"): 2}
    assert items.loc[("p2", "a"), "n_dont_know"] == 1
    assert (items["se"] > 0).all()


def test_mean_percent_counts_the_level_of_every_answer():
    """p1: (1 + 0.75 + 0.5)/3; p2: (0.75 + 0)/2; pooled 3/5."""
    scores = scored(satisfaction={"status": "assumed", "source": "test", "counts": "mean_percent"})
    assert value(scores, "CS") == pytest.approx((1 + 0.75 + 0.5 + 0.75 + 0) / 5)


def test_a_scale_of_three_levels_has_its_own_satisfied_level_and_reversal_turns_the_scale():
    three = {"list_name": "three", "levels": ("1", "2", "3")}
    items = (item("p1", "a", "CS.1", **three), item("p2", "a", "CS.2", **three, reverse=True))
    scores = scored({("a", "U"): {"p1": [3, 2, 1, 3], "p2": [1, 2, 3, 3]}}, items)
    assert value(scores, "CS.1") == pytest.approx(0.5)
    assert value(scores, "CS.2") == pytest.approx(0.25)


def test_a_scale_without_a_satisfied_level_is_refused():
    four = {"list_name": "four", "levels": ("1", "2", "3", "4")}
    with pytest.raises(ValueError, match="does not say how many of 4 levels count as satisfied"):
        scored({("a", "U"): {"p1": [3, 2, 1]}}, (item("p1", "a", "CS.1", **four),))


def test_kinds_of_question_that_do_not_count_are_left_out():
    items = (*ITEMS, item("expected", "a", "CS.1", measure="expectation"))
    cells = {**CELLS, ("a", "U"): {**CELLS["a", "U"], "expected": [1, 1, 1]}}
    assert scored(cells, items).canonical_csv() == scored().canonical_csv()


def test_a_part_that_a_block_is_not_asked_about_leaves_it():
    """Sở have no policy half: their index is the service half alone; the block of communes keeps both."""
    cells = CELLS | {("a", "S"): {"s1": [5, 5, 1, 1]}, ("b", "S"): {"s1": [5, 1, 1, 1]}}
    scores = scored(cells, blocks={"U": "xa", "S": "so"})
    assert unit_row(scores, "S")["index"] == pytest.approx(100 * (0.75 * 0.5 + 0.25 * 0.25))
    assert unit_row(scores, "S")["max_points"] == pytest.approx(40)
    assert unit_row(scores, "U")["max_points"] == pytest.approx(100)


def test_the_whole_of_one_unit_is_that_unit():
    scores = scored()
    overall = scores.overall.set_index("criterion")
    row = unit_row(scores, "U")
    assert overall.loc["", "index"] == pytest.approx(row["index"])
    assert overall.loc["", "se"] == pytest.approx(row["se"])
    assert overall.loc["DV", "value"] == pytest.approx(0.625)
    assert overall.loc["CS.1", "n"] == 3


def test_the_whole_counts_every_ballot_once():
    """Two units, a: 2 of 3 and 0 of 3 satisfied with DV.1: 2 of 6 together."""
    cells = {
        ("a", "U"): {"s1": [5, 5, 1]},
        ("a", "V"): {"s1": [1, 2, 3]},
        ("b", "U"): {"s1": [5, 1]},
        ("b", "V"): {"s1": [5, 1]},
    }
    scores = scored(cells)
    overall = scores.overall.set_index("criterion")
    assert overall.loc["DV", "value"] == pytest.approx(0.75 * 2 / 6 + 0.25 * 0.5)
    assert overall.loc["DV", "n"] == 10
    assert np.isnan(overall.loc["CS", "value"])


def test_a_group_whose_weight_is_zero_is_shown_and_does_not_count():
    weights = {"CS": {"a": 1, "b": 0}, "DV": {"a": 0.75, "b": 0.25}}
    items = (*ITEMS, item("p1", "b", "CS.1"))
    cells = {**CELLS, ("b", "U"): {"s1": [4, 2], "p1": [1, 1]}}
    scores = scored(cells, items, group_weights__by_criterion=weights)
    assert value(scores, "CS") == pytest.approx(3 / 5)
    shown = scores.by_group.query("criterion == 'CS' and respondent_group == 'b'").iloc[0]
    assert (shown["value"], shown["group_weight"], shown["rule"]) == (0, 0, "no_weight")
