"""Quantiles and Woodruff's intervals: R's numbers, and what must hold for any."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.faults import AnalysisError
from analysis.intervals import Floats, ProportionInterval
from analysis.quantiles import QuantileRule, Quantiles, weighted_quantile, woodruff

REFERENCES = Path(__file__).parents[1] / "references"
R = json.loads((REFERENCES / "quantiles.json").read_text())
FILES = {
    design: pd.read_csv(REFERENCES / "data" / f"{name}.csv")
    for design, name in (("strat", "apistrat"), ("clus1", "apiclus1"))
}
HYNDMAN_FAN = {
    QuantileRule.MATH: "inverted_cdf",
    QuantileRule.SCHOOL: "averaged_inverted_cdf",
    QuantileRule.HF5: "hazen",
    QuantileRule.HF6: "weibull",
    QuantileRule.HF7: "linear",
    QuantileRule.HF8: "median_unbiased",
    QuantileRule.HF9: "normal_unbiased",
}
STEPS = (QuantileRule.MATH, QuantileRule.SCHOOL)
values_of = st.lists(st.integers(-50, 50).map(float), min_size=1, max_size=30)
rules = st.sampled_from(QuantileRule)
SHARES = np.array([0, 0.1, 0.25, 0.5, 0.75, 0.9, 1])


@pytest.mark.parametrize(
    "case", R["cases"], ids=lambda case: "-".join([case["design"], case["variable"], case["rule"], case["type"]])
)
def test_quantiles_and_their_intervals_are_those_of_svyquantile(case: dict):
    frame = FILES[case["design"]]
    below = (np.array(case["below"]["p"]), np.array(case["below"]["se"]))
    made = woodruff(
        frame[case["variable"]],
        frame["pw"],
        case["q"],
        lambda _candidates: below,
        n=case["n"],
        df=case["df"],
        rule=QuantileRule(case["rule"]),
        method=ProportionInterval(case["type"]),
    )
    np.testing.assert_allclose(made.estimate, np.array(case["estimate"], float), rtol=1e-12)
    for name in ("low", "high", "se"):
        theirs = np.array(case[name], float)  # R: NaN where the sample sets no limit
        bounded = ~np.isnan(theirs)
        np.testing.assert_allclose(getattr(made, name)[bounded], theirs[bounded], rtol=1e-10)
        assert np.isinf(getattr(made, name)[~bounded]).all()


def simple_random(values: Floats, n: int) -> Quantiles:
    def below(candidates: Floats) -> tuple[Floats, Floats]:
        share = (values[:, None] <= candidates).mean(axis=0)
        return share, np.sqrt(share * (1 - share) / (n - 1))

    return woodruff(values, np.ones(n), np.array([0.05, 0.5, 0.95]), below, n=n, df=n - 1)


def test_the_caller_is_asked_for_the_share_below_each_candidate():
    values = np.random.default_rng(5).normal(size=400)
    made = simple_random(values, 400)
    assert (made.low < made.estimate).all()
    assert (made.estimate < made.high).all()
    assert made.se[1] == pytest.approx(np.sqrt(np.pi / 2) / 20, rel=0.25)  # of the median of a normal sample


def test_a_small_sample_sets_no_limit_to_its_tails():
    made = simple_random(np.arange(12.0), 12)
    assert made.low[0] == -math.inf
    assert made.high[2] == math.inf
    assert np.isinf(made.se[[0, 2]]).all()
    assert np.isfinite([made.low[1], made.high[1], made.se[1]]).all()


def test_an_interval_covers_the_median_as_often_as_it_says():
    rng = np.random.default_rng(20260101)
    samples = rng.exponential(size=(400, 80))
    covered = [made.low[1] <= math.log(2) <= made.high[1] for made in (simple_random(row, 80) for row in samples)]
    assert 0.92 < np.mean(covered) < 0.98


def test_the_largest_answer_as_quantile_is_no_certainty():
    values = np.array([3.0, 4, 4, 4, 5, 5])
    made = woodruff(values, np.ones(6), 0.9, lambda _at: (np.array(1.0), np.array(0.0)), n=6, df=5)
    assert made.estimate == 5
    assert made.low < 5
    assert made.high == math.inf


@given(values_of, rules)
def test_with_equal_weights_they_are_those_of_hyndman_and_fan(values: list[float], rule: QuantileRule):
    made = weighted_quantile(values, np.ones(len(values)), SHARES, rule)
    np.testing.assert_allclose(made, np.quantile(values, SHARES, method=HYNDMAN_FAN[rule]), atol=1e-9)


@given(values_of, st.data(), rules)
def test_neither_order_nor_unit_of_weights_matters(values: list[float], data: st.DataObject, rule: QuantileRule):
    own = data.draw(st.lists(st.sampled_from([0.1, 0.3, 1, 2.7]), min_size=len(values), max_size=len(values)))
    order = data.draw(st.permutations(range(len(values))))
    made = weighted_quantile(values, own, SHARES, rule)
    turned = weighted_quantile(np.array(values)[order], 0.7 * np.array(own)[order], SHARES, rule)
    np.testing.assert_allclose(made, turned, rtol=1e-12, atol=1e-12)


@given(values_of, st.data(), st.sampled_from(STEPS))
def test_a_weight_counts_as_that_many_rows(values: list[float], data: st.DataObject, rule: QuantileRule):
    times = data.draw(st.lists(st.integers(0, 4), min_size=len(values), max_size=len(values)).filter(any))
    repeated = np.repeat(values, times)
    made = weighted_quantile(values, times, SHARES, rule)
    np.testing.assert_array_equal(made, weighted_quantile(repeated, np.ones(len(repeated)), SHARES, rule))


@given(values_of, rules)
def test_quantiles_rise_within_the_range_and_move_with_the_scale(values: list[float], rule: QuantileRule):
    own = np.ones(len(values))
    made = weighted_quantile(values, own, SHARES, rule)
    assert (np.diff(made) >= 0).all()
    assert min(values) <= made[0] <= made[-1] == max(values)
    np.testing.assert_allclose(weighted_quantile(2 * np.array(values) + 3, own, SHARES, rule), 2 * made + 3, atol=1e-9)


def test_the_first_share_has_the_smallest_value():
    assert weighted_quantile([1, 2, 3], [5, 1, 1], [0, 0.1, 5 / 7, 0.72]).tolist() == [1, 1, 1, 2]


@pytest.mark.parametrize("rule", QuantileRule)
def test_one_row_is_every_quantile(rule: QuantileRule):
    assert weighted_quantile([7], [2.5], [0, 0.5, 1], rule).tolist() == [7, 7, 7]
    assert weighted_quantile([7, 9], [2.5, 0], 0.9, rule) == 7


@pytest.mark.parametrize(
    ("values", "own", "q", "said"),
    [
        ([1, math.nan, 3], [1, 1, 1], 0.5, "rows 2: values must be finite"),
        ([1, 2, math.inf], [1, 1, 1], 0.5, "rows 3: "),
        ([1, 2, 3], [1, -1, math.nan], 0.5, "rows 2, 3: "),
        ([], [], 0.5, "no row has a positive weight"),
        ([1, 2], [0, 0], 0.5, "no row has a positive weight"),
        ([1, 2], [1], 0.5, "base_weights has 1 rows and the design 2"),
        ([1, 2], [1, 1], 50, "quantile 50.0 must lie between 0 and 1"),
        ([1, 2], [1, 1], math.nan, "quantile nan must lie"),
    ],
)
def test_what_has_no_quantile_is_refused(values: list[float], own: list[float], q: float, said: str):
    with pytest.raises(AnalysisError, match=said):
        weighted_quantile(values, own, q)
