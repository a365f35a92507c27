"""Groups reached through open links: an index without error, band and rank."""

from dataclasses import replace

import pytest
from scoring_makers import ASSUMED, SIPAS, TINY_ITEMS, item, method_of, ratings_of, unit_row

from scoring.dtxhh import score_dtxhh
from scoring.sipas import score_sipas

FULL = [5, 3, 1, 4]
A = {"a_c1": FULL, "a_c2": FULL}
B = {"b_c1": FULL, "b_c2": FULL}
MIXED = ratings_of({("a", "U0"): A, ("b", "U0"): B, ("a", "U1"): A, ("b", "U1"): B}, TINY_ITEMS)
SIPAS_ITEMS = (item("a_c1", "a", "CS.1"), item("a_c2", "a", "DV.1"), item("b_c1", "b", "DV.1"))


def opened(ratings, *groups):
    return replace(ratings, open_groups=frozenset(groups))


@pytest.mark.parametrize("declared", [True, False])
def test_a_unit_rated_through_open_links_has_an_index_and_neither_error_nor_rank(declared):
    more = {"open_links": {**ASSUMED, "rule": "apart"}} if declared else {}
    drawn = score_dtxhh(method_of(**more), MIXED)
    scores = score_dtxhh(method_of(**more), opened(MIXED, "b"))
    row = unit_row(scores, "U0")
    assert row["index"] == unit_row(drawn, "U0")["index"]
    assert (row["status"], row["band"]) == ("convenience", "")
    assert row[["se", "points_se", "ci_low", "ci_high", "rank"]].isna().all()
    by_group = scores.by_group.set_index("respondent_group")
    assert by_group.loc["b", "se"].isna().all()
    assert by_group.loc["a", "se"].notna().all()
    assert scores.by_criterion[["se", "points_se"]].isna().all(axis=None)
    assert scores.influence.empty
    assert ("open_links" in {rule.path for rule in scores.assumed_rules}) == declared


def test_the_units_of_drawn_samples_are_ranked_among_themselves():
    best = {"a_c1": [5] * 4, "a_c2": [5] * 4}
    ratings = ratings_of(
        {("b", "U0"): {"b_c1": [5] * 4, "b_c2": [5] * 4}, ("a", "U0"): best, ("a", "U1"): A, ("a", "U2"): best},
        TINY_ITEMS,
    )
    method = method_of(few_ballots__rule="zero")
    scores = score_dtxhh(method, opened(ratings, "b"))
    assert scores.by_unit.set_index("unit")["rank"].fillna(0).to_dict() == {"U0": 0, "U1": 2, "U2": 1}


def test_the_whole_has_no_error_either():
    overall = score_sipas(method_of(SIPAS), opened(replace(MIXED, items=SIPAS_ITEMS), "a")).overall
    assert overall[["se", "ci_low", "ci_high"]].isna().all(axis=None)
    assert set(overall["status"]) == {"convenience"}
    assert overall["index"].notna().any()


def test_where_open_links_feed_all_stays_and_the_rule_is_named():
    method = method_of(open_links={**ASSUMED, "rule": "feeds"})
    drawn, fed = score_dtxhh(method, MIXED), score_dtxhh(method, opened(MIXED, "b"))
    assert fed.canonical_csv() == drawn.canonical_csv()
    assert {rule.path for rule in fed.assumed_rules} - {rule.path for rule in drawn.assumed_rules} == {"open_links"}


def test_a_group_without_weight_changes_nothing():
    weights = {"C1": {"a": 1, "b": 0}, "C2": {"a": 1, "b": 0}}
    method = method_of(group_weights__by_criterion=weights)
    drawn, scores = score_dtxhh(method, MIXED), score_dtxhh(method, opened(MIXED, "b"))
    assert scores.by_unit.equals(drawn.by_unit)
