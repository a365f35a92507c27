"""Drivers of satisfaction: LMG by brute force in R and as published, laws of shares, and what is refused."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_cases import SCHOOLS, design, prepared
from survey_samples import assert_close, references, sample

from analysis.design import SurveyDesign, survey_design
from analysis.drivers import Drivers, drivers, lmg
from analysis.estimate import means
from analysis.faults import AnalysisError
from analysis.regression import linear
from analysis.replicate_weights import jkn, rao_wu

R = references("models")
SEEDS = st.integers(0, 2**32 - 1)
NAMES = ["staff", "time", "cost", "place"]


def drawn(seed: int) -> tuple[SurveyDesign, pd.DataFrame]:
    """120 answers 1..5 to four related questions, in 24 clusters."""
    rng = np.random.default_rng(seed)
    psu = np.arange(120) // 5
    lean = rng.normal(size=24)[psu]
    answers = {name: np.clip(np.round(3 + lean / 2 + rng.normal(size=120)), 1, 5) for name in NAMES}
    frame = pd.DataFrame(answers)
    frame["overall"] = frame[NAMES] @ [4, 3, 2, 1] + 3 * rng.normal(size=120)
    return survey_design(rng.uniform(1, 9, 120), psu=psu, strata=psu // 6), frame


def found_for(case: dict) -> Drivers:
    if case["data"] == "swiss":
        frame = pd.DataFrame(case["table"])
        return drivers(survey_design(np.ones(len(frame))), frame, case["outcome"], case["predictors"], scale=(0, 100))
    frame, of_sample = prepared(case["data"]), design(case["data"])
    return drivers(of_sample, frame, case["outcome"], case["predictors"], scale=(0, 100))


@pytest.mark.parametrize("case", R["drivers"], ids=lambda case: "-".join([case["data"], *case["predictors"]]))
def test_importances_are_those_of_all_orders_in_r(case: dict):
    found = found_for(case)
    assert_close(found.importance, case["lmg"], 1e-11)
    assert_close([found.r_squared, found.importance.sum()], [case["r2"]] * 2, 1e-12)
    assert_close(found.share.sum(), 1.0)


def test_importances_agree_with_subsets_listed_one_by_one():
    rng = np.random.default_rng(4)
    root = rng.normal(size=(7, 7))
    covariance = root @ root.T

    def explained(chosen: tuple[int, ...]) -> float:
        inside = covariance[np.ix_(chosen, chosen)]
        along = covariance[list(chosen), -1]
        return float(along @ np.linalg.solve(inside, along)) / covariance[-1, -1] if chosen else 0.0

    wanted = np.zeros(6)
    orders = list(permutations(range(6)))
    for order in orders:
        for place, column in enumerate(order):
            wanted[column] += explained(order[: place + 1]) - explained(order[:place])
    assert_close(lmg(covariance, [[column] for column in range(6)]), wanted / len(orders), 1e-10)


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, order=st.permutations(NAMES))
def test_order_of_predictors_orders_the_shares(seed: int, order: list[str]):
    of_sample, frame = drawn(seed)
    found = drivers(of_sample, frame, "overall", NAMES, scale=(1, 5))
    again = drivers(of_sample, frame, "overall", order, scale=(1, 5))
    assert_close(again.importance, found.importance[[NAMES.index(name) for name in order]])
    assert (found.importance >= -1e-12).all()
    assert_close(found.r_squared, linear(of_sample, frame, "overall", NAMES).r_squared, 1e-10)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, factor=st.floats(1e-3, 1e3))
def test_units_of_weights_and_answers_change_no_share(seed: int, factor: float):
    of_sample, frame = drawn(seed)
    psu = np.arange(120) // 5
    scaled = survey_design(of_sample.estimation_weights * factor, psu=psu, strata=psu // 6)
    found = drivers(of_sample, frame, "overall", NAMES, scale=(1, 5), replicates=jkn(of_sample))
    moved = frame.assign(overall=1e6 - 7 * frame["overall"], **{name: 11 + 10 * frame[name] for name in NAMES})
    again = drivers(scaled, moved, "overall", NAMES, scale=(21, 61), replicates=jkn(scaled))
    assert_close(again.importance, found.importance, 1e-7)
    assert_close(again.se, found.se, 1e-6)
    assert_close(again.performance, found.performance)
    assert_close(again.coefficient, -found.coefficient, 1e-7)


def test_one_predictor_has_the_whole_r_squared():
    of_sample, frame = drawn(2)
    found = drivers(of_sample, frame, "overall", ["staff"], scale=(1, 5))
    assert_close(found.importance, linear(of_sample, frame, "overall", ["staff"]).r_squared)
    assert_close(found.coefficient**2, found.importance)


def test_columns_that_repeat_others_in_a_replicate_add_nothing():
    covariance = np.array([[1, 1, 0.5], [1, 1, 0.5], [0.5, 0.5, 1]])
    assert_close(lmg(covariance, [[0], [1]]), [0.125, 0.125])
    assert_close(lmg(np.stack([covariance] * 3), [[0, 1]]), np.full((3, 1), 0.25))


def test_errors_are_those_of_leaving_out_unit_by_unit():
    of_sample, frame = drawn(6)
    found = drivers(of_sample, frame, "overall", NAMES, scale=(1, 5), replicates=jkn(of_sample))
    squares, psu = np.zeros(4), np.arange(120) // 5
    for stratum in range(4):
        units = np.unique(psu[psu // 6 == stratum])
        kept = []
        for unit in units:
            factor = np.where(psu == unit, 0.0, np.where(psu // 6 == stratum, 6 / 5, 1.0))
            one = survey_design(of_sample.estimation_weights * factor)
            kept.append(drivers(one, frame, "overall", NAMES, scale=(1, 5)).importance)
        squares += 5 / 6 * np.sum((np.array(kept) - found.importance) ** 2, axis=0)
    # both centres are in use; R's default takes the mean of the replicates, which differs in the second order
    np.testing.assert_allclose(found.se, np.sqrt(squares), rtol=0.02)
    mse = drivers(of_sample, frame, "overall", NAMES, scale=(1, 5), replicates=jkn(of_sample, mse=True))
    assert_close(mse.se, np.sqrt(squares), 1e-9)
    assert found.df == 20


def test_jackknife_and_bootstrap_agree():
    of_sample, frame = drawn(6)
    one = drivers(of_sample, frame, "overall", NAMES, scale=(1, 5), replicates=jkn(of_sample))
    replicates = rao_wu(of_sample, 2000, np.random.default_rng(1))
    other = drivers(of_sample, frame, "overall", NAMES, scale=(1, 5), replicates=replicates)
    np.testing.assert_allclose(other.se, one.se, rtol=0.25)
    assert (other.low >= 0).all()
    assert (other.high <= 1).all()


def test_performance_is_the_mean_on_a_hundred():
    of_sample, frame = drawn(8)
    frame["sex"] = np.where(frame.index % 2, "F", "M")
    found = drivers(of_sample, frame, "overall", [*NAMES, "sex"], scale=(1, 5))
    assert_close(found.performance[:4], 25 * (means(of_sample, frame, NAMES).estimate[0] - 1))
    assert np.isnan(found.performance[4])
    assert np.isnan(found.coefficient[4])
    assert list(found.table()["importance"]) == sorted(found.importance, reverse=True)


def test_missing_answers_are_dropped_and_counted():
    of_sample, frame = drawn(8)
    holes = frame.assign(staff=frame["staff"].mask(frame.index < 10, 9))
    found = drivers(of_sample, holes, "overall", NAMES, scale=(1, 5), missing=9, replicates=jkn(of_sample))
    inside = drivers(
        of_sample, frame, "overall", NAMES, scale=(1, 5), where=frame.index >= 10, replicates=jkn(of_sample)
    )
    assert (found.n, found.n_rows, inside.n_rows) == (110, 120, 110)
    assert_close([*found.importance, *found.se], [*inside.importance, *inside.se])


def test_calibrated_weights_are_calibrated_again_in_every_replicate():
    post, frame = design("post"), prepared("post")
    found = drivers(post, frame, "api00", ["ell", "meals"], scale=(0, 100), replicates=jkn(post))
    plain = drivers(design("apiclus1"), sample("apiclus1"), "api00", ["ell", "meals"], scale=(0, 100),
                    replicates=jkn(design("apiclus1")))  # fmt: skip
    assert (found.se > 0).all()
    assert (np.abs(found.se / plain.se - 1) > 1e-3).all()
    assert sum(SCHOOLS.values()) == pytest.approx(post.estimation_weights.sum())


@pytest.mark.parametrize(
    ("predictors", "given", "words"),
    [
        (NAMES, {"scale": (5, 1)}, "scale 5 to 1 is none"),
        (NAMES, {"scale": (1, 4)}, "staff holds 5, outside the scale 1 to 4"),
        ([], {}, "no predictor is named"),
        ([*NAMES, "staff:time"], {}, "staff:time is an interaction"),
        (["staff", "overall"], {}, "both the outcome and a predictor"),
        ([f"q{number}" for number in range(13)], {}, "there are 13 drivers; .* at most 12"),
        (["staff", "twice"], {"scale": (1, 10)}, "twice follows wholly from staff"),
        (NAMES, {"level": 1.0}, "must lie between 0 and 1"),
    ],
)
def test_drivers_that_would_mislead_are_refused(predictors: list[str], given: dict, words: str):
    of_sample, frame = drawn(1)
    frame["twice"] = 2 * frame["staff"]
    with pytest.raises(AnalysisError, match=words):
        drivers(of_sample, frame, "overall", predictors, **{"scale": (1, 5), **given})


def test_an_outcome_of_text_or_without_variation_is_refused():
    of_sample, frame = drawn(1)
    with pytest.raises(AnalysisError, match="not numeric"):
        drivers(of_sample, frame.assign(overall="good"), "overall", NAMES, scale=(1, 5))
    with pytest.raises(AnalysisError, match="overall is 3 in all 120"):
        drivers(of_sample, frame.assign(overall=3), "overall", NAMES, scale=(1, 5))
