"""An item that few answered does not weigh as much as one that many did, nor can its answers be read back."""

import numpy as np
import pandas as pd
import pytest
from scoring_makers import SIPAS, item, method_of, ratings_of, unit_row

from scoring.sipas import score_sipas

ITEMS = (item("p1", "a", "CS.1"), item("p2", "a", "CS.1"), item("p3", "a", "CS.2"), item("s1", "a", "DV.1"))
MANY = [5, 5, 1, 5, 1, 5]


def cells(lone, units=4):
    """Six ballots in each unit; in U0 one of them answers p2."""
    full = {"p1": MANY, "p2": MANY, "p3": MANY, "s1": MANY}
    found = {("a", f"U{k}"): full for k in range(units)}
    return found | {("a", "U0"): full | {"p2": [lone, *[98] * 5]}}


def scored(lone, units=4, **changes):
    weights = {"CS": {"a": 1}, "DV": {"a": 1}}
    facts = {"few_ballots__min_ballots": 5, "aggregation__order": "mean_of_items"}
    method = method_of(SIPAS, group_weights__by_criterion=weights, **facts | changes)
    return score_sipas(method, ratings_of(cells(lone, units), ITEMS))


def shown(scores):
    return [scores.by_unit, scores.by_criterion, scores.by_group, scores.by_item]


@pytest.mark.parametrize("share", [0, 0.25])
@pytest.mark.parametrize("rule", ["renormalise", "zero", "block_out"])
def test_the_answer_of_one_is_in_no_figure_of_its_unit(rule, share):
    facts = {"few_ballots__rule": rule, "few_ballots__thin_units_share": share}
    for one, other in zip(shown(scored(5, **facts)), shown(scored(1, **facts)), strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_an_item_short_in_too_many_units_leaves_the_mean_of_the_whole_block():
    scores = scored(5)
    assert unit_row(scores, "U0")["index"] == pytest.approx(100 * 4 / 6)
    rules = scores.by_item.set_index(["unit", "question"])["rule"]
    assert set(rules.xs("p2", level="question")) == {"item_left_out_of_block"}
    assert set(rules.drop("p2", level="question")) == {"counted"}


def test_with_a_few_thin_units_the_item_stays_and_they_are_not_ranked():
    scores = scored(5, few_ballots__thin_units_share=0.25)
    thin = unit_row(scores, "U0")
    assert (thin["status"], thin["reason"]) == ("not_ranked", "below_min_ballots")
    assert scores.by_unit["rank"].notna().sum() == 3
    cells_of_thin = scores.by_group.query("unit == 'U0'").set_index("criterion")
    assert np.isnan(cells_of_thin.loc["CS", "value"])
    assert np.isnan(cells_of_thin.loc["CS.1", "value"])
    assert cells_of_thin.loc["DV", "value"] == pytest.approx(4 / 6)
    assert cells_of_thin.loc["CS", "rule"] == "below_min_ballots"
    assert scores.by_item.set_index(["unit", "question"]).loc[("U0", "p2"), "rule"] == "below_min_ballots"


def test_a_criterion_whose_items_have_all_left_is_shown_without_value():
    found = cells(5, 2) | {("a", "U0"): {"p1": MANY, "p2": MANY, "p3": [5, *[None] * 5], "s1": MANY}}
    method = method_of(
        SIPAS,
        group_weights__by_criterion={"CS": {"a": 1}, "DV": {"a": 1}},
        few_ballots__min_ballots=5,
        aggregation__order="mean_of_items",
    )
    rows = score_sipas(method, ratings_of(found, ITEMS)).by_group.set_index(["unit", "criterion"])
    assert rows.loc[[("U0", "CS.2"), ("U1", "CS.2")], "value"].isna().all()
    assert rows.loc[("U1", "CS"), "value"] == pytest.approx(4 / 6)


def test_an_item_on_which_all_agree_adds_to_the_error():
    """p3 is 5 throughout: without the guard its half of the mean would be known without error."""
    found = {("a", "U"): {"p1": MANY, "p3": [5] * 6}}
    method = method_of(
        SIPAS,
        group_weights__by_criterion={"CS": {"a": 1}, "DV": {"a": 1}},
        aggregation__order="mean_of_items",
    )
    scores = score_sipas(method, ratings_of(found, ITEMS))
    share, agreed = 4 / 6, (6 + 2) / (6 + 4)
    variance = (share * (1 - share) / 5 + agreed * (1 - agreed) / 10) / 4
    assert scores.by_group.set_index("criterion").loc["CS", "se"] == pytest.approx(np.sqrt(variance))
    assert unit_row(scores, "U")["se"] == pytest.approx(100 * np.sqrt(variance))


def test_pooled_answers_have_no_item_that_leaves():
    scores = scored(5, aggregation__order="pooled_answers")
    assert set(scores.by_item["rule"]) == {"counted"}
