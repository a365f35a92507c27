"""Ranks of scores with their intervals and tied groups."""

import numpy as np
import pandas as pd
import pytest
from scoring_makers import COMPOSITE, DTXHH, TINY_ITEMS, method_of, random_ratings, ratings_of

from scoring.composite import score_composite
from scoring.dtxhh import score_dtxhh
from scoring.rank_sets import index_covariance, tied_groups

ONE_GROUP = {"group_weights": {**DTXHH["group_weights"], "by_criterion": {"C1": {"a": 1}, "C2": {"a": 1}}}}
METHOD = method_of(**ONE_GROUP, small_samples__below=2, few_ballots__min_ballots=2)


def three_offices(best, middle, worst):
    cells = {}
    for unit, level in (("U", best), ("V", middle), ("W", worst)):
        answers = [min(5, max(1, level + step)) for step in (-1, 0, 0, 0, 1) * 6]
        cells["a", unit] = {"a_c1": answers, "a_c2": answers[::-1]}
    return ratings_of(cells, [item for item in TINY_ITEMS if item.respondent_group == "a"])


def test_units_far_apart_hold_their_ranks_for_certain():
    units = score_dtxhh(METHOD, three_offices(5, 3, 2)).by_unit.set_index("unit")
    assert units["rank"].tolist() == units["rank_low"].tolist() == units["rank_high"].tolist() == [1, 2, 3]
    assert units["tied_groups"].tolist() == ["1", "2", "3"]


def test_units_that_answer_alike_share_a_group_and_all_ranks():
    units = score_dtxhh(METHOD, three_offices(4, 4, 2)).by_unit
    assert units.set_index("unit")[["rank_low", "rank_high"]].to_numpy().tolist() == [[1, 2], [1, 2], [3, 3]]
    assert tied_groups(units) == [["U", "V"], ["W"]]


def test_the_covariance_has_the_squared_errors_on_its_diagonal():
    scores = score_dtxhh(METHOD, random_ratings(np.random.default_rng(2), units=4, groups="a"))
    se = scores.by_unit["se"].to_numpy(float)
    covariance = index_covariance(scores, list(scores.by_unit["unit"]), se)
    assert np.diag(covariance) == pytest.approx(se**2)
    assert np.linalg.eigvalsh(covariance).min() > -1e-9
    assert np.abs(covariance[np.triu_indices(4, 1)]).max() > 0  # the same people rated all units


def test_a_table_without_errors_has_ranks_without_intervals():
    table = pd.DataFrame({"unit": ["U", "V"], "component": "tth", "value": [3.0, 4.0]})
    method = method_of(COMPOSITE)
    components = [leaf.component for leaf in method.components]
    table = pd.concat([table.assign(component=name) for name in components], ignore_index=True)
    units = score_composite(method, table).by_unit
    assert units["rank"].notna().all()
    assert units["rank_low"].isna().all()
    assert (units["tied_groups"] == "").all()


def test_a_unit_without_ballots_has_no_interval_and_does_not_widen_those_of_others():
    ratings = three_offices(5, 3, 2)
    units = score_dtxhh(METHOD, ratings, blocks={"U": "x", "V": "x", "W": "x", "Z": "x"}).by_unit.set_index("unit")
    assert pd.isna(units.loc["Z", "rank_low"])
    assert units.loc["W", "rank_high"] == 3


def test_the_same_answers_in_another_order_give_the_same_bytes():
    ratings = random_ratings(np.random.default_rng(4), units=5, ballots=10)
    shuffled = ratings.frame.sample(frac=1, random_state=np.random.default_rng(1)).reset_index(drop=True)
    first = score_dtxhh(METHOD, ratings)
    again = score_dtxhh(METHOD, type(ratings)(shuffled, ratings.items))
    assert first.canonical_csv() == again.canonical_csv()
