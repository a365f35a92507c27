"""Ranks against published ones: csranks on PISA 2018, Klein, Wright and Wieczorek on travel times 2011.

The PISA ranks and sets are those printed by the documentation of csranks (README and the article Inference for Ranks,
version 1.2.3); a set of 1,000 random draws moves a bound by one. Joint intervals follow the vignette of RankingProject
1.0.0, with the rounding of its figures: tests/references/ranking.R.
"""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repository import ROOT
from scipy.stats import norm

from analysis.faults import AnalysisError
from analysis.ranking import among_best, joint_interval_ranks, rank_sets

PUBLISHED = ROOT / "tests" / "references" / "published"
PRINTED_RANKS = [
    24, 18, 10, 7, 35, 37, 17, 8, 3, 11, 20, 15, 34, 30, 21, 16, 32, 25, 1, 2, 19, 29, 27, 36, 4, 22, 14, 5, 23, 26, 9,
    28, 12, 6, 33, 13, 31,
]  # fmt: skip
TOP_FIVE = {
    "Belgium", "Canada", "Denmark", "Estonia", "Finland", "Japan", "Korea", "Netherlands", "Poland", "Slovenia",
    "Sweden", "Switzerland",
}  # fmt: skip


@pytest.fixture(scope="module")
def pisa():
    table = pd.read_csv(PUBLISHED / "pisa_2018_math.csv")
    found = rank_sets(table["math"].to_numpy(), table["se"].to_numpy() ** 2, rng=np.random.default_rng(101), draws=4000)
    return list(table["country"]), found


def test_ranks_of_pisa_are_the_printed_ones(pisa):
    assert pisa[1].rank.tolist() == PRINTED_RANKS


def test_the_united_kingdom_alone_holds_a_rank_from_8_to_23(pisa):
    place = pisa[0].index("United Kingdom")
    assert abs(pisa[1].own_low[place] - 8) <= 1
    assert abs(pisa[1].own_high[place] - 23) <= 1


def test_twelve_countries_may_be_among_the_five_best(pisa):
    countries, found = pisa
    assert {name for name, inside in zip(countries, among_best(found, 5), strict=True) if inside} == TOP_FIVE


def test_joint_ranks_of_travel_times_are_those_of_the_vignette():
    """Shortest time first. The figures compare intervals rounded to a decimal, which may move a bound by one."""
    table = pd.read_csv(PUBLISHED / "travel_time_2011.csv")
    wanted = json.loads((ROOT / "tests" / "references" / "ranking.json").read_text("utf-8"))
    low, high = joint_interval_ranks(-table["minutes"].to_numpy(), table["moe90"].to_numpy() / norm.ppf(0.95),
                                     coverage=0.9)  # fmt: skip
    assert low.tolist() == wanted["low"]
    assert high.tolist() == wanted["high"]
    assert np.abs(low - wanted["rounded_low"]).max() <= 1
    assert np.abs(high - wanted["rounded_high"]).max() <= 1


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(1, 8))
def test_the_estimated_best_are_among_the_best_and_more_places_leave_nobody_out(seed, count):
    rng = np.random.default_rng(seed)
    found = rank_sets(rng.normal(0, 2, 8), rng.uniform(0.01, 1, 8), rng=rng, draws=400)
    inside = among_best(found, count)
    assert inside[found.rank <= count].all()
    assert count == 8 or (among_best(found, count + 1) >= inside).all()


@pytest.mark.parametrize("count", [0, 4])
def test_as_many_best_as_there_are_units_at_most(count):
    found = rank_sets(np.arange(3.0), np.ones(3), rng=np.random.default_rng(1), draws=100)
    with pytest.raises(AnalysisError, match="from 1 to 3"):
        among_best(found, count)
