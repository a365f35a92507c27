"""Groups and units with too few ballots: one rule for the whole block, named in the result."""

import numpy as np
import pytest
from scoring_makers import TINY_ITEMS, method_of, ratings_of, unit_row

from scoring.dtxhh import score_dtxhh

FULL = [5, 3, 1, 3]
A_FULL = {"a_c1": FULL, "a_c2": FULL}
B_FULL = {"b_c1": [5, 5, 5, 5], "b_c2": [5, 5, 5, 5]}
B_THIN = {"b_c1": [5], "b_c2": [5]}


def cells(thin, units=4):
    """Units U0…; group b has one ballot in the first ``thin`` of them."""
    found = {("a", f"U{k}"): A_FULL for k in range(units)}
    return found | {("b", f"U{k}"): B_THIN if k < thin else B_FULL for k in range(units)}


def scored(thin, units=4, **changes):
    method = method_of(**{"few_ballots__min_ballots": 3, **changes})
    return score_dtxhh(method, ratings_of(cells(thin, units), TINY_ITEMS))


def test_a_group_short_in_too_many_units_leaves_the_whole_block_and_the_others_share_its_weight():
    """a is worth 0.5 everywhere; without b each unit has 3·0.5 and 2·0.5, the full maximum still applies."""
    scores = scored(thin=1)
    assert scores.by_unit["points"].tolist() == pytest.approx([2.5] * 4)
    assert scores.by_unit["max_points"].tolist() == [5] * 4
    rules = scores.by_group.set_index(["unit", "criterion", "respondent_group"])
    assert set(rules.xs("b", level="respondent_group")["rule"]) == {"group_left_out_of_block"}
    assert rules.loc[("U3", "C1", "a"), "group_weight"] == 1
    assert rules.loc[("U3", "C1", "b"), "group_weight"] == 0


def test_what_few_ballots_said_is_withheld():
    scores = scored(thin=1)
    cell = scores.by_group.query("unit == 'U0' and criterion == 'C1' and respondent_group == 'b'").iloc[0]
    assert cell["n"] == 1
    assert np.isnan(cell["value"])
    assert np.isnan(cell["se"])


def test_a_few_thin_units_are_not_ranked_so_that_the_group_stays():
    """One unit of four is short, a quarter may be: b keeps its weight, 5 · (0.6·0.5 + 0.4·1) = 3.5 elsewhere."""
    scores = scored(thin=1, few_ballots__thin_units_share=0.25)
    thin = unit_row(scores, "U0")
    assert (thin["status"], thin["reason"]) == ("not_ranked", "below_min_ballots")
    assert np.isnan(thin["index"])
    assert unit_row(scores, "U1")["points"] == pytest.approx(3.5)
    assert scores.by_unit["rank"].isna().sum() == 1


def test_one_more_thin_unit_and_the_group_goes():
    scores = scored(thin=2, few_ballots__thin_units_share=0.25)
    assert scores.by_unit["points"].tolist() == pytest.approx([2.5] * 4)


def test_zero_counts_the_group_with_nothing():
    """U0: 5 · 0.6 · 0.5 = 1.5; the others 3.5."""
    scores = scored(thin=1, few_ballots__rule="zero")
    assert scores.by_unit["points"].tolist() == pytest.approx([1.5, 3.5, 3.5, 3.5])
    cell = scores.by_group.query("unit == 'U0' and criterion == 'C1' and respondent_group == 'b'").iloc[0]
    assert cell["rule"] == "counted_zero"


def test_block_out_takes_the_criterion_out_for_all():
    """b answers C2 thinly in U0: C2 leaves, 3 · (0.6·0.5 + 0.4·1) of 3 points."""
    found = cells(thin=0) | {("b", "U0"): {"b_c1": [5, 5, 5, 5], "b_c2": [5, 98, 98, None]}}
    method = method_of(few_ballots__min_ballots=3, few_ballots__rule="block_out")
    scores = score_dtxhh(method, ratings_of(found, TINY_ITEMS))
    assert scores.by_unit["max_points"].tolist() == [3] * 4
    assert scores.by_unit["points"].tolist() == pytest.approx([2.1] * 4)
    assert set(scores.by_criterion.query("criterion == 'C2'")["rule"]) == {"criterion_left_out_of_block"}


def test_the_rule_stops_at_the_border_of_the_block():
    method = method_of(few_ballots__min_ballots=3)
    blocks = {"U0": "x", "U1": "x", "U2": "y", "U3": "y"}
    scores = score_dtxhh(method, ratings_of(cells(thin=1), TINY_ITEMS), blocks=blocks)
    points = scores.by_unit.set_index("unit")["points"]
    assert points.to_dict() == pytest.approx({"U0": 2.5, "U1": 2.5, "U2": 3.5, "U3": 3.5})


@pytest.mark.parametrize("rule", ["renormalise", "zero", "block_out"])
def test_a_unit_that_nobody_reaches_has_no_say_in_its_block(rule):
    method = method_of(few_ballots__min_ballots=3, few_ballots__rule=rule)
    ratings = ratings_of(cells(thin=0) | {("a", "V"): {"a_c1": [1], "a_c2": [1]}}, TINY_ITEMS)
    scores = score_dtxhh(method, ratings, blocks={**{f"U{k}": "x" for k in range(4)}, "V": "x", "W": "x"})
    assert unit_row(scores, "U0")["points"] == pytest.approx(3.5)
    assert unit_row(scores, "V")["reason"] == "below_min_ballots"
    assert unit_row(scores, "W")["reason"] == "no_ballots"
    assert scores.by_unit["rank"].notna().sum() == 4


def test_a_rated_unit_that_is_not_in_the_list_is_refused():
    with pytest.raises(ValueError, match="'U3' is not in the list of units"):
        score_dtxhh(method_of(), ratings_of(cells(0), TINY_ITEMS), blocks={f"U{k}": "x" for k in range(3)})


def test_a_block_that_the_method_does_not_rank_is_refused_if_rated_and_ignored_if_not():
    method = method_of(ranking__blocks={"x": {"vi": "X", "en": "X"}})
    names = {f"U{k}": "x" for k in range(4)}
    scores = score_dtxhh(method, ratings_of(cells(0), TINY_ITEMS), blocks={**names, "Z": "z"})
    assert "Z" not in set(scores.by_unit["unit"])
    with pytest.raises(ValueError, match="'z' is not a ranking block of the method; it must be one of: x"):
        score_dtxhh(method, ratings_of(cells(0), TINY_ITEMS), blocks={**names, "U0": "z"})


def test_blocks_must_be_given_where_the_method_has_several():
    titles = {"vi": "X", "en": "X"}
    method = method_of(ranking__blocks={"x": titles, "y": titles})
    with pytest.raises(ValueError, match=r"several ranking blocks \(x, y\)"):
        score_dtxhh(method, ratings_of(cells(0), TINY_ITEMS))
