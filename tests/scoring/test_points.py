"""Points of units, worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from scoring_makers import COMPOSITE, DTXHH, TINY_ITEMS, item, method_of, ratings_of, unit_row

from scoring.dtxhh import score_dtxhh
from scoring.scorer import score
from scoring.values import Ratings

GOOD = {("a", "U"): {"a_c1": [5, 5], "a_c2": [3, 3]}, ("b", "U"): {"b_c1": [3, 3], "b_c2": [1, 1]}}


def test_points_are_max_points_times_weighted_group_means():
    """C1: 3 · (0.6·1 + 0.4·0.5) = 2.4; C2: 2 · (0.6·0.5 + 0.4·0) = 0.6; total 3 of 5, index 60, band C."""
    scores = score_dtxhh(method_of(), ratings_of(GOOD, TINY_ITEMS))
    points = scores.by_criterion.set_index("criterion")["points"]
    assert points.to_dict() == pytest.approx({"C1": 2.4, "C2": 0.6})
    row = unit_row(scores, "U")
    assert (row["points"], row["max_points"], row["index"]) == pytest.approx((3.0, 5.0, 60.0))
    assert (row["band"], row["rank"], row["n"], row["status"]) == ("C", 1, 4, "ranked")


def test_several_questions_of_a_criterion_are_a_mean_over_valid_answers():
    """Ballot 1 answers 5 and 4, ballot 2 only 1: (1 + 0.75 + 0) / 3, not the mean of the ballots' means."""
    items = [item("q1", "a", "C1"), item("q2", "a", "C1")]
    scores = score_dtxhh(method_of(), ratings_of({("a", "U"): {"q1": [5, 1], "q2": [4, None]}}, items))
    cell = scores.by_group.query("criterion == 'C1' and respondent_group == 'a'").iloc[0]
    assert cell["value"] == pytest.approx(1.75 / 3)
    assert (cell["n"], cell["n_answers"]) == (2, 3)


def test_dont_know_is_left_out_and_counted():
    """Of 5, 98, 98, blank: one ballot with a valid answer, two that do not know."""
    method = method_of(few_ballots__min_ballots=1)
    items = [item("q1", "a", "C1")]
    scores = score_dtxhh(method, ratings_of({("a", "U"): {"q1": [5, 98, 98, None]}}, items))
    cell = scores.by_group.query("criterion == 'C1' and respondent_group == 'a'").iloc[0]
    assert (cell["n"], cell["n_dont_know"], cell["value"]) == (1, 2, 1.0)
    assert "dont_know" in {rule.path for rule in scores.assumed_rules}


def test_dont_know_can_be_worth_a_value():
    """5 and 98 with "don't know" worth 0.3: (1 + 0.3) / 2."""
    rule = {**DTXHH["dont_know"], "rule": "as_value", "value": 0.3}
    scores = score_dtxhh(method_of(dont_know=rule), ratings_of({("a", "U"): {"q1": [5, 98]}}, [item("q1", "a", "C1")]))
    cell = scores.by_group.query("criterion == 'C1' and respondent_group == 'a'").iloc[0]
    assert (cell["n"], cell["n_dont_know"], cell["value"]) == (2, 1, pytest.approx(0.65))


def test_percent_tables_come_from_the_method_and_other_lists_are_linear():
    """A and C of the table: (1 + 0.2) / 2; levels 1 and 2 of 3 without a table: (0 + 0.5) / 2."""
    items = [
        item("q1", "a", "C1", list_name="abcd", levels=("D", "C", "B", "A")),
        item("q2", "a", "C2", list_name="three", levels=("1", "2", "3")),
    ]
    scores = score_dtxhh(method_of(), ratings_of({("a", "U"): {"q1": ["A", "C"], "q2": [1, 2]}}, items))
    values = scores.by_group.query("respondent_group == 'a'").set_index("criterion")["value"]
    assert values.to_dict() == pytest.approx({"C1": 0.6, "C2": 0.25})


def test_a_list_without_a_table_is_refused_where_the_method_says_so():
    items = [item("q2", "a", "C2", list_name="three", levels=("1", "2", "3"))]
    with pytest.raises(ValueError, match="has no table for the scale 'three'"):
        score_dtxhh(method_of(answers__other_lists="refuse"), ratings_of({("a", "U"): {"q2": [1, 2]}}, items))


def test_an_answer_that_is_no_level_is_refused_with_the_levels():
    with pytest.raises(
        ValueError, match=r"'7' is not a level of the scale 'five'; it must be one of: 1, 2, 3, 4, 5, 98"
    ):
        score_dtxhh(method_of(), ratings_of({("a", "U"): {"q": [7, 1]}}, [item("q", "a", "C1")]))


def test_numbers_and_categories_are_answers_as_good_as_text():
    frame = pd.DataFrame({"ballot": [0, 1, 2], "respondent_group": "a", "unit": "U", "q": [5.0, 4.0, np.nan]})
    method, items = method_of(), (item("q", "a", "C1"),)
    from_numbers = score_dtxhh(method, Ratings(frame, items))
    text = frame.assign(q=pd.Series(["5", "4", None]).astype("category"))
    assert from_numbers.canonical_csv() == score_dtxhh(method, Ratings(text, items)).canonical_csv()


def test_the_same_question_name_in_two_groups_may_mean_two_things():
    items = [item("q", "a", "C1"), item("q", "b", "C2", reverse=True)]
    scores = score_dtxhh(method_of(), ratings_of({("a", "U"): {"q": [5, 5]}, ("b", "U"): {"q": [5, 5]}}, items))
    values = scores.by_group.set_index(["criterion", "respondent_group"])["value"]
    assert (values["C1", "a"], values["C2", "b"]) == (1.0, 0.0)


def test_two_rows_of_one_ballot_for_one_unit_are_refused():
    frame = pd.DataFrame({"ballot": [1, 1], "respondent_group": "a", "unit": "U", "q": ["1", "2"]})
    with pytest.raises(ValueError, match="two rows for one ballot and one unit"):
        Ratings(frame, ())


def test_a_sipas_component_adds_points_and_its_error():
    """C1 and C2 reach 3 of 5; SIPAS 80 % of 10 points with se 2 % → 8 with 0.2: index 100 · 11/15."""
    sipas = {
        "code": "S",
        "title": DTXHH["title"],
        "status": "assumed",
        "source": "test",
        "max_points": 10,
        "feed": "component",
        "component": "sipas",
        "given_as": "percent",
    }
    method = method_of(criteria=[*DTXHH["criteria"], sipas])
    ratings = ratings_of(GOOD, TINY_ITEMS)
    components = pd.DataFrame({"unit": ["U"], "component": ["sipas"], "value": [80.0], "se": [2.0]})
    row = unit_row(score(method, ratings, components=components), "U")
    alone = unit_row(score(method, ratings), "U")
    assert (row["points"], row["max_points"], row["index"]) == pytest.approx((11, 15, 1100 / 15))
    assert row["points_se"] == pytest.approx(np.hypot(alone["points_se"], 0.2))
    assert (alone["points"], alone["max_points"], alone["index"]) == pytest.approx((3, 5, 60))


def test_a_unit_without_the_component_of_its_block_is_not_ranked_where_the_method_says_so():
    sipas = COMPOSITE["criteria"][1] | {"code": "S"}
    method = method_of(criteria=[*DTXHH["criteria"], sipas], index__blank="not_ranked")
    cells = {(g, u): GOOD[g, "U"] for g in "ab" for u in ("U", "V")}
    components = pd.DataFrame({"unit": ["U"], "component": ["y"], "value": [80.0]})
    scores = score(method, ratings_of(cells, TINY_ITEMS), components=components)
    assert unit_row(scores, "U")["status"] == "ranked"
    assert (unit_row(scores, "V")["status"], unit_row(scores, "V")["reason"]) == ("not_ranked", "component_missing")
    assert score(method, ratings_of(cells, TINY_ITEMS)).by_unit["status"].eq("ranked").all()


def test_a_composite_is_a_sum_with_bonus_penalty_and_rescaling():
    """U: 30 + 40·0.5 = 50 of 100, +2 (3 capped), -1 → 51. V: only x applies: 45 of 60 → 75."""
    values = pd.DataFrame(
        [
            ("U", "x", 30, 3),
            ("U", "y", 50, 10),
            ("U", "extra", 3, np.nan),
            ("U", "late", 1, np.nan),
            ("V", "x", 45, np.nan),
        ],
        columns=["unit", "component", "value", "se"],
    )
    scores = score(method_of(COMPOSITE), components=values)
    assert unit_row(scores, "U")["index"] == pytest.approx(51)
    assert unit_row(scores, "U")["se"] == pytest.approx(5)  # 3 and 0.4·10 = 4
    assert (unit_row(scores, "V")["index"], unit_row(scores, "V")["max_points"]) == pytest.approx((75, 60))
    assert np.isnan(unit_row(scores, "V")["se"])
    assert "adjustments" in {rule.path for rule in scores.assumed_rules}


def test_the_index_never_exceeds_its_cap():
    values = pd.DataFrame([("U", "x", 60), ("U", "y", 100), ("U", "extra", 2)], columns=["unit", "component", "value"])
    assert unit_row(score(method_of(COMPOSITE), components=values), "U")["index"] == 100


@pytest.mark.parametrize("value", [-0.1, 60.5])
def test_component_points_outside_their_range_are_refused(value):
    values = pd.DataFrame([("U", "x", value), ("U", "y", 1)], columns=["unit", "component", "value"])
    with pytest.raises(ValueError, match=r"components.U.x: is .* it must lie between 0 and 60"):
        score(method_of(COMPOSITE), components=values)


def test_scores_name_each_rule_that_is_not_approved_and_took_part():
    scores = score_dtxhh(method_of(), ratings_of(GOOD, TINY_ITEMS))
    paths = {rule.path for rule in scores.assumed_rules}
    assert {"criteria[0] C1", "percent_tables[0] five", "group_weights", "few_ballots", "bands", "index"} <= paths
    assert not paths & {"percent_tables[1] abcd", "dont_know", "adjustments"}
    assert scores.rules_status == "assumed"


def test_what_a_method_needs_is_asked_for():
    with pytest.raises(ValueError, match="scores ratings: give ratings"):
        score(method_of())
    with pytest.raises(ValueError, match="scores component values: give components"):
        score(method_of(COMPOSITE))
    with pytest.raises(ValueError, match="it scores component values, not ratings"):
        score_dtxhh(method_of(COMPOSITE), ratings_of(GOOD, TINY_ITEMS))


def test_no_ballot_at_all_is_a_table_of_units_that_are_not_ranked():
    frame = pd.DataFrame({name: pd.Series(dtype=object) for name in ("ballot", "respondent_group", "unit")})
    scores = score_dtxhh(method_of(), Ratings(frame, TINY_ITEMS), blocks={"U": "x", "V": "x"})
    assert scores.by_unit["status"].eq("not_ranked").all()
    assert scores.by_unit["reason"].eq("no_ballots").all()
    assert len(scores.canonical_csv()) > 0
