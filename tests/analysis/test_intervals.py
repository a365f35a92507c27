"""Intervals of proportions and means: R's numbers, and what must hold for any."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.faults import AnalysisError
from analysis.intervals import (
    BinomialInterval,
    Interval,
    ProportionInterval,
    binomial_interval,
    mean_interval,
    proportion_interval,
)

REFERENCES = Path(__file__).parents[1] / "references"
R = json.loads((REFERENCES / "intervals.json").read_text())
R45 = json.loads((REFERENCES / "ciprop_survey45.json").read_text())["refs"]
WITHIN = [method for method in ProportionInterval if method is not ProportionInterval.MEAN]
# R refits a logistic model until its deviance stands still; its estimate is off in the tenth digit
TOLERANCE = {"logit": 1e-8}

shares = st.floats(0.001, 0.999)
errors = st.floats(1e-4, 0.3)
sizes = st.integers(2, 5000)
freedoms = st.integers(1, 500)
methods = st.sampled_from(ProportionInterval)


def limits(*numbers: float, **options: object) -> list[float]:
    return [float(limit) for limit in proportion_interval(*numbers, **options)]


@pytest.mark.parametrize("method", ["logit", "asin", "beta", "mean", "xlogit"])
def test_intervals_are_those_of_svyciprop(method: str):
    p, se, n, df = (np.array([case[name] for case in R["cases"]], float) for name in ("p", "se", "n", "df"))
    for level in (0.95, 0.8):
        of_level = np.array([case["level"] == level for case in R["cases"]])
        made = proportion_interval(
            p[of_level], se[of_level], n[of_level], df[of_level], level=level, method=ProportionInterval(method)
        )
        theirs = np.array([case["limits"][method] for case in R["cases"] if case["level"] == level]).T
        if method == "asin":  # R lets the angle turn back at 0, which we do not
            t = stats.t.ppf(0.5 + level / 2, df[of_level])
            turned = np.arcsin(np.sqrt(p[of_level])) < t * se[of_level] / (2 * np.sqrt(p * (1 - p))[of_level])
            assert (made.low[turned] == 0).all()
            theirs[0, turned] = 0
        np.testing.assert_allclose(made, theirs, rtol=0, atol=TOLERANCE.get(method, 1e-12))


@pytest.mark.parametrize("case", ["ciprop", "ciprop2"])
@pytest.mark.parametrize("method", ProportionInterval)
def test_intervals_are_those_of_survey_4_5(case: str, method: ProportionInterval):
    symmetric = R45[f"{case}.dclus1.mean"]["value"]
    se = (symmetric["hi"] - symmetric["est"]) / stats.t.ppf(0.975, 14)
    low, high = limits(symmetric["est"], se, 183, 14, method=method)
    theirs = R45[f"{case}.dclus1.{method}"]["value"]
    assert high == pytest.approx(theirs["hi"], abs=1e-8)
    if (case, method) == ("ciprop", ProportionInterval.ASIN):
        assert low == 0
        assert theirs["lo"] > 0  # the sine of a negative angle, squared
    else:
        assert low == pytest.approx(theirs["lo"], abs=1e-8)


@pytest.mark.parametrize("case", R["binomial"], ids=lambda case: f"{case['count']} of {case['n']}")
def test_binomial_intervals_are_those_of_r(case: dict):
    for method in BinomialInterval:
        made = binomial_interval(case["count"], case["n"], method=method)
        assert list(made) == pytest.approx(case[method], abs=1e-12)


@given(st.integers(1, 300), st.data(), st.sampled_from([("exact", "exact"), ("wilson", "wilson")]))
def test_binomial_intervals_are_those_of_scipy(n: int, data: st.DataObject, names: tuple[str, str]):
    count = data.draw(st.integers(0, n))
    theirs = stats.binomtest(count, n).proportion_ci(0.9, names[1])
    made = binomial_interval(count, n, level=0.9, method=BinomialInterval(names[0]))
    assert list(made) == pytest.approx([theirs.low, theirs.high], abs=1e-9)


@given(shares, errors, sizes, freedoms, methods)
def test_an_interval_holds_its_estimate(p: float, se: float, n: int, df: int, method: ProportionInterval):
    low, high = limits(p, se, n, df, method=method)
    assert low <= p <= high


@given(shares, errors, sizes, freedoms, st.sampled_from(WITHIN))
def test_an_interval_stays_within_0_and_1(p: float, se: float, n: int, df: int, method: ProportionInterval):
    low, high = limits(p, se, n, df, method=method)
    assert 0 <= low < high <= 1


@given(shares, errors, sizes, freedoms, methods)
def test_the_share_of_no_is_one_less_the_share_of_yes(p: float, se: float, n: int, df: int, method: ProportionInterval):
    low, high = limits(p, se, n, df, method=method)
    assert limits(1 - p, se, n, df, method=method) == pytest.approx([1 - high, 1 - low], abs=1e-9)


@given(shares, errors, st.integers(10, 2000), freedoms, methods)
def test_more_precision_never_widens(p: float, se: float, n: int, df: int, method: ProportionInterval):
    low, high = limits(p, se, n, df, method=method)
    for nearer_low, nearer_high in (
        limits(p, se / 2, n, df, method=method),
        limits(p, se, n, df, method=method, level=0.8),
        limits(p, se, n, df + 5, method=method) if df + 5 < n else (low, high),
    ):
        assert nearer_high - nearer_low <= high - low + 1e-12


@pytest.mark.parametrize("method", ProportionInterval)
@pytest.mark.parametrize("p", [0.0, 1.0])
def test_unanimous_answers_have_an_interval_that_shrinks_with_their_number(method: ProportionInterval, p: float):
    widths = [np.ptp(limits(p, 0.0, n, n - 1, method=method)) for n in (2, 5, 50, 5000)]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] < 1
    assert widths[-1] > 0


def test_unanimous_answers_of_a_simple_random_sample_have_the_binomial_interval():
    for method in WITHIN:
        plain = BinomialInterval.WILSON if method is ProportionInterval.WILSON else BinomialInterval.EXACT
        freedom = math.inf if method is ProportionInterval.WILSON else 19
        expected = [float(limit) for limit in binomial_interval(20, 20, method=plain)]
        assert limits(1.0, 0.0, 20, freedom, method=method) == pytest.approx(expected)


def test_unanimous_answers_from_two_clusters_tell_less_than_from_many():
    assert limits(0.0, 0.0, 60, 1)[1] > 3 * limits(0.0, 0.0, 60, 59)[1]


def test_a_share_of_one_that_was_rounded_is_one():
    rounded = limits(1 - 2**-53, 1e-17, 20, 19)
    assert rounded == limits(1.0, 0.0, 20, 19)
    assert limits(1 + 2**-52, 0.0, 20, 19) == rounded


@pytest.mark.parametrize("method", ProportionInterval)
def test_without_degrees_of_freedom_nothing_is_known(method: ProportionInterval):
    for p, se in ((0.3, 0.1), (0.3, 0.0), (0.0, 0.0)):
        assert limits(p, se, 10, 0, method=method) == [0, 1]


@pytest.mark.parametrize("method", ProportionInterval)
def test_what_is_unknown_stays_unknown(method: ProportionInterval):
    assert np.isnan(limits(math.nan, 0.1, 10, 5, method=method)).all()
    assert np.isnan(limits(0.5, math.nan, 10, 5, method=method)).all()


@pytest.mark.parametrize("method", ProportionInterval)
def test_no_error_means_no_width(method: ProportionInterval):
    assert limits(0.3, 0.0, 100, 12, method=method) == pytest.approx([0.3, 0.3])


def test_a_gain_of_the_design_is_used_unless_it_is_capped():
    better = limits(0.5, 0.01, 100, 99)
    assert np.ptp(better) < np.ptp(limits(0.5, 0.01, 100, 99, cap_at_n=True))
    capped = [float(limit) for limit in binomial_interval(50, 100)]
    assert limits(0.5, 0.01, 100, 99, cap_at_n=True) == pytest.approx(capped)


def test_arrays_are_taken_element_by_element():
    p, se, df = np.array([0.0, 0.2, np.nan]), np.array([0.0, 0.1, 0.1]), np.array([[4.0], [np.inf]])
    made = proportion_interval(p, se, 9, df)
    assert made.low.shape == (2, 3)
    for row, column in np.ndindex(2, 3):
        alone = limits(p[column], se[column], 9, df[row, 0])
        np.testing.assert_equal([made.low[row, column], made.high[row, column]], alone)


@given(st.floats(-1e6, 1e6), st.floats(0, 1e3), st.integers(1, 200), st.floats(0.5, 0.99))
@settings(max_examples=50)
def test_an_interval_of_a_mean_is_that_of_student(estimate: float, se: float, df: int, level: float):
    made = mean_interval(estimate, se, df, level=level)
    assume(se > 0)
    theirs = stats.t.interval(level, df, loc=estimate, scale=se)
    assert list(made) == pytest.approx(list(theirs), rel=1e-10)


def test_an_interval_of_a_mean_is_normal_for_infinite_freedom_and_endless_for_none():
    assert list(mean_interval(0, 1, math.inf)) == pytest.approx([-1.959963984540054, 1.959963984540054], abs=1e-14)
    assert mean_interval(5, 0, 0) == Interval(-math.inf, math.inf)
    assert np.isnan(mean_interval(math.nan, 1, 3)).all()


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((1.2, 0.1, 10, 5), "a proportion is 1.2"),
        ((-0.1, 0.1, 10, 5), "a proportion is -0.1"),
        ((0.5, -0.1, 10, 5), "se is -0.1"),
        ((0.5, math.inf, 10, 5), "se is inf"),
        ((0.5, 0.1, -10, 5), "n is -10"),
        ((0.5, 0.1, math.nan, 5), "n is nan"),
        ((0.5, 0.1, 10, -5), "df is -5"),
        ((0.5, 0.1, 10, math.nan), "df is nan"),
    ],
)
def test_impossible_numbers_are_refused(numbers: tuple[float, ...], said: str):
    with pytest.raises(AnalysisError, match=said):
        proportion_interval(*numbers)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_is_a_probability(level: float):
    for call in (lambda: mean_interval(1, 1, 1, level=level), lambda: binomial_interval(1, 2, level=level)):
        with pytest.raises(AnalysisError, match=f"confidence level is {level}"):
            call()


@pytest.mark.parametrize(("count", "n"), [(3, 2), (-1, 2), (0.5, 2), (1, 2.5), (math.nan, 2), (1, math.inf)])
def test_counts_are_whole_and_not_above_their_number(count: float, n: float):
    with pytest.raises(AnalysisError, match="whole numbers"):
        binomial_interval(count, n)


def test_nobody_answered_means_nothing_is_known():
    for method in BinomialInterval:
        assert binomial_interval(0, 0, method=method) == Interval(0, 1)
