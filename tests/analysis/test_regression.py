"""Regressions with the errors of the design: R's numbers, laws that always hold, and what is refused."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_cases import design, prepared
from survey_samples import assert_close, references

from analysis.design import SurveyDesign, survey_design
from analysis.estimate import means
from analysis.faults import AnalysisError
from analysis.model_result import Model
from analysis.options import Options
from analysis.ordinal import ordinal
from analysis.regression import linear, logistic, poisson

R = references("models")
FIT: dict[str, Callable[..., Model]] = {"linear": linear, "logistic": logistic, "poisson": poisson}
SEEDS = st.integers(0, 2**32 - 1)


def drawn(seed: int, n: int = 120) -> tuple[SurveyDesign, pd.DataFrame]:
    """A clustered sample of n rows with unequal weights."""
    rng = np.random.default_rng(seed)
    psu = np.arange(n) // 5
    lean = rng.normal(size=psu.max() + 1)[psu]
    x, z, sex = rng.normal(size=n), rng.normal(size=n), rng.integers(0, 2, n)
    score = x + lean + rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "x": x, "z": z, "sex": np.array(["F", "M"])[sex], "level": np.digitize(score, [-1, 0.3, 1]) + 1,
            "score": 50 + 5 * score, "hit": (score + rng.normal(size=n) > 0).astype(int),
            "visits": rng.poisson(np.exp(0.3 * x + 0.5)),
        }
    )  # fmt: skip
    return survey_design(rng.uniform(1, 9, n), psu=psu, strata=psu // 6), frame


def name(case: dict) -> str:
    return "-".join([case["design"], case.get("family", ""), case["outcome"], *case["predictors"]])


def fitted(case: dict) -> Model:
    event = {"event": ["Yes"]} if case["outcome"] in ("sch.wide", "comp.imp") else {}
    frame = prepared(case["design"])
    return FIT[case["family"]](design(case["design"]), frame, case["outcome"], case["predictors"], **event)


@pytest.mark.parametrize("case", R["models"], ids=name)
def test_coefficients_and_errors_are_those_of_svyglm(case: dict):
    found = fitted(case)
    assert_close(found.estimate, case["estimate"], 1e-9)
    assert_close(found.se, np.sqrt(np.diag(case["vcov"])), 1e-8)
    scale = np.outer(found.se, found.se)
    np.testing.assert_allclose(found.covariance / scale, np.array(case["vcov"]) / scale, atol=1e-8)
    assert (found.df, found.n) == (case["df"], case["n"])
    np.testing.assert_allclose(found.table()["p"], case["p"], atol=1e-8)


@pytest.mark.parametrize("case", R["terms"], ids=lambda case: case["term"])
def test_terms_are_tested_as_by_reg_term_test(case: dict):
    found = fitted(R["models"][-1]).term_test(case["term"])
    assert_close([found.f, found.df1, found.df2, found.p], [case["f"], case["df1"], case["df2"], case["p"]])


@pytest.mark.parametrize("case", R["ordinal"], ids=name)
def test_coefficients_thresholds_and_errors_are_those_of_svyolr(case: dict):
    found = ordinal(design(case["design"]), prepared(case["design"]), case["outcome"], case["predictors"])
    assert_close(found.estimate, case["estimate"], 1e-6)
    assert_close(found.se, np.sqrt(np.diag(case["vcov"])), 1e-6)
    assert found.df == case["df"]
    assert found.names[-3:] == ("a|b", "b|c", "c|d")


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS)
def test_an_intercept_alone_is_the_mean(seed: int):
    sample, frame = drawn(seed)
    found, wanted = linear(sample, frame, "score", []), means(sample, frame, ["score"])
    assert_close([found.estimate[0], found.se[0]], [wanted.estimate[0, 0], wanted.se[0, 0]])
    assert found.df == wanted.df[0, 0]
    share = means(sample, frame, ["hit"]).estimate[0, 0]
    assert_close(logistic(sample, frame, "hit", []).estimate[0], np.log(share / (1 - share)))


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, sample_name=st.sampled_from(["drawn", "post", "apistrat"]))
def test_one_binary_predictor_is_the_difference_of_domain_means(seed: int, sample_name: str):
    if sample_name == "drawn":
        (sample, frame), item, by = drawn(seed), "score", "sex"
    else:
        sample, frame, item, by = design(sample_name), prepared(sample_name), "api00", "poor"
    both = means(sample, frame, [item], by=[by], options=Options(covariances=True))
    contrast = both.contrast({(1, 0): 1.0, (0, 0): -1.0})
    found = linear(sample, frame, item, [by])
    assert_close([found.estimate[1], found.se[1]], [contrast.estimate, contrast.se], 1e-7)
    assert_close([found.estimate[0], found.se[0]], [both.estimate[0, 0], both.se[0, 0]])


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, factor=st.floats(1e-4, 1e4), kind=st.sampled_from(["linear", "logistic", "poisson", "ordinal"]))
def test_scales_of_weights_and_columns_change_nothing(seed: int, factor: float, kind: str):
    sample, frame = drawn(seed)
    fit, outcome = {**{k: (v, o) for (k, v), o in zip(FIT.items(), ["score", "hit", "visits"], strict=True)},
                    "ordinal": (ordinal, "level")}[kind]  # fmt: skip
    found = fit(sample, frame, outcome, ["x", "sex"])
    psu = np.arange(120) // 5
    scaled = survey_design(sample.estimation_weights * factor, psu=psu, strata=psu // 6)
    again = fit(scaled, frame.assign(x=2026 + frame["x"] / 1000), outcome, ["x", "sex"])
    place = found.names.index("x")
    assert_close(again.estimate[place] / again.se[place], found.estimate[place] / found.se[place], 1e-6)
    assert_close(again.estimate[place], 1000 * found.estimate[place], 1e-6)
    assert_close(again.se[found.names.index("sex=M")], found.se[found.names.index("sex=M")], 1e-6)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_another_reference_level_turns_the_coefficient_around(seed: int):
    sample, frame = drawn(seed)
    first, other = (logistic(sample, frame, "hit", ["x", "sex"], references={"sex": level}) for level in "FM")
    assert other.names[2] == "sex=F"
    assert_close(
        [-other.estimate[2], other.se[2], other.estimate[1]], [first.estimate[2], first.se[2], first.estimate[1]], 1e-6
    )


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_levels_in_reverse_order_turn_ordinal_coefficients_around(seed: int):
    sample, frame = drawn(seed)
    found = ordinal(sample, frame, "level", ["x", "z"])
    turned = ordinal(sample, frame, "level", ["x", "z"], order=["4", "3", "2", "1"])
    np.testing.assert_allclose(turned.estimate[:2], -found.estimate[:2], rtol=1e-7)
    np.testing.assert_allclose(turned.estimate[2:], -found.estimate[:1:-1], rtol=1e-7)
    assert_close(turned.se[:2], found.se[:2], 1e-7)


def test_fit_maximises_the_likelihood_of_statsmodels():
    sample, frame = drawn(3)
    plain = survey_design(np.ones(120))
    found = ordinal(plain, frame, "level", ["x", "z"])
    best = likelihood(frame, found.estimate)
    for place in range(5):
        for step in (-1e-3, 1e-3):
            moved = found.estimate.copy()
            moved[place] += step
            assert likelihood(frame, moved) < best
    assert sample.n_rows == found.n


def likelihood(frame: pd.DataFrame, parameters: np.ndarray) -> float:
    """Of a proportional-odds model of level by x and z, straight from its definition."""
    eta = frame[["x", "z"]].to_numpy() @ parameters[:2]
    ends = np.concatenate([[-np.inf], parameters[2:], [np.inf]])
    below = 1 / (1 + np.exp(-(ends - eta[:, None])))
    rows, level = np.arange(len(frame)), frame["level"].to_numpy()
    return float(np.log(below[rows, level] - below[rows, level - 1]).sum())


def test_dropped_rows_are_counted_and_stay_in_the_design():
    sample, frame = drawn(9)
    holes = frame.assign(x=frame["x"].mask(frame.index % 7 == 0))
    found, inside = (
        linear(sample, holes, "score", ["x"]),
        linear(sample, frame, "score", ["x"], where=frame.index % 7 > 0),
    )
    assert (found.n, found.n_rows) == (102, 120)
    assert (inside.n, inside.n_rows) == (102, 102)
    assert_close(found.se, inside.se)
    zero = survey_design(np.where(frame.index % 7 == 0, 0.0, sample.estimation_weights), psu=np.arange(120) // 5)
    assert linear(zero, frame, "score", ["x"]).n_rows == 102


def test_codes_as_text_are_labels_and_a_missing_code_is_no_answer():
    sample, frame = drawn(9)
    coded = frame.assign(commune=np.where(frame.index % 3 == 0, "00001", "00004"))
    assert linear(sample, coded, "score", ["commune"]).names == ("(intercept)", "commune=00004")
    nine = frame.assign(x=np.where(frame.index < 4, 9, frame.index % 5))
    assert linear(sample, nine, "score", ["x"], missing=9).n == 116


def test_events_are_levels_against_all_others():
    sample, frame = drawn(9)
    top = logistic(sample, frame, "level", ["x"], event=["3", "4"])
    assert_close(top.estimate, logistic(sample, frame.assign(top=frame["level"] >= 3), "top", ["x"]).estimate)
    assert top.event == "3, 4"


@pytest.mark.parametrize(
    ("change", "predictors", "words"),
    [
        ({"x2": lambda f: 2 * f["x"] + 1}, ["x", "x2"], "x2 follows wholly from x"),
        ({"flat": 3.0}, ["x", "flat"], r"flat follows wholly from \(intercept\)"),
        ({"sex2": lambda f: f["sex"].map({"F": "nu", "M": "nam"})}, ["sex", "sex2"], "sex2=nu follows wholly from sex"),
        ({"g": "only"}, ["x", "g"], "g has a single level"),
        ({"g": lambda f: np.where(f.index < 3, "rare", "usual"), "z": lambda f: f["z"].mask(f.index < 3)}, ["g", "z"],
         "every row with g = rare lacks an answer"),
        ({"x": np.nan}, ["x"], "no row has an answer in every column"),
        ({"g": lambda f: f.index % 40}, ["C(g)"], "20 degrees of freedom, too few for 39"),
        ({}, ["x", "x"], "named more than once"),
        ({}, ["x", "nobody"], "no column nobody"),
        ({}, ["x:z"], "needs x, z in the model"),
        ({}, ["x", "score"], "both the outcome and a predictor"),
        ({}, ["x:"], "is not understood"),
        ({"score": 1.0}, ["x"], "score is 1 in all 120"),
        ({"score": "good"}, ["x"], "not numeric"),
    ],
)  # fmt: skip
def test_models_that_would_lie_are_refused(change: dict, predictors: list[str], words: str):
    sample, frame = drawn(1)
    with pytest.raises(AnalysisError, match=words):
        linear(sample, frame.assign(**change), "score", predictors)


def test_references_that_are_not_there_are_refused():
    sample, frame = drawn(1)
    with pytest.raises(AnalysisError, match="no level 'X' to be the reference; it has: F, M"):
        linear(sample, frame, "score", ["sex"], references={"sex": "X"})
    with pytest.raises(AnalysisError, match="x is no factor"):
        linear(sample, frame, "score", ["x"], references={"x": "1"})
    with pytest.raises(AnalysisError, match="no term 'y'; it has: x"):
        linear(sample, frame, "score", ["x"]).term_test("y")
    with pytest.raises(AnalysisError, match="confidence level is 2"):
        linear(sample, frame, "score", ["x"]).table(level=2)


@pytest.mark.parametrize(
    ("outcome", "predictors", "words"),
    [
        (lambda f: f["x"] > 0.2, ["x", "z"], "x.* separates the levels"),
        (lambda f: np.where(f["g"] == "c", 1, f["hit"]), ["g", "z"], "g=c separates the levels"),
        (lambda f: (f["x"] + f["z"] > 0.3).astype(int), ["x", "z"], "x, z separates the levels"),
        (lambda f: f["level"], ["x"], "y has 4 levels"),
        (lambda f: f["sex"], ["x"], "say which level counts as 1 .*: F, M"),
        (lambda f: f["hit"] + 1, ["x"], "say which level counts as 1 .*: 1, 2"),
        (lambda f: 0 * f["hit"], ["x"], "y is 0 in all 120"),
    ],
)
def test_logistic_outcomes_without_a_finite_answer_are_refused(outcome: Callable, predictors: list[str], words: str):
    sample, frame = drawn(1)
    frame["g"] = np.array(["a", "b", "c"])[frame.index % 3]
    with pytest.raises(AnalysisError, match=words):
        logistic(sample, frame.assign(y=outcome(frame)), "y", predictors)


def test_steep_but_unseparated_outcomes_are_fitted():
    sample, frame = drawn(1, n=600)
    noise = np.random.default_rng(1).normal(size=600)
    steep = frame.assign(y=(30 * frame["x"] + noise > 0).astype(int))
    assert 20 < logistic(sample, steep, "y", ["x"]).estimate[1] < 200


def test_ordinal_and_poisson_outcomes_without_a_finite_answer_are_refused():
    sample, frame = drawn(1)
    frame["g"] = np.array(["a", "b", "c"])[frame.index % 3]
    with pytest.raises(AnalysisError, match="x separates the levels of y"):
        ordinal(sample, frame.assign(y=np.digitize(frame["x"], [-1, 0, 1])), "y", ["x"])
    with pytest.raises(AnalysisError, match="g=c separates the levels of y"):
        ordinal(sample, frame.assign(y=np.where(frame["g"] == "c", 4, frame["level"])), "y", ["g", "x"])
    with pytest.raises(AnalysisError, match="needs three"):
        ordinal(sample, frame, "hit", ["x"])
    with pytest.raises(AnalysisError, match="order of its levels is not known; say the order of: a, b, c"):
        ordinal(sample, frame, "g", ["x"])
    with pytest.raises(AnalysisError, match="name each level once"):
        ordinal(sample, frame, "g", ["x"], order=["a", "b"])
    with pytest.raises(AnalysisError, match="every row with level = 4 lacks"):
        ordinal(sample, frame.assign(z=frame["z"].mask(frame["level"] == 4)), "level", ["z"])
    with pytest.raises(AnalysisError, match="no predictor"):
        ordinal(sample, frame, "level", [])
    with pytest.raises(AnalysisError, match="visits is negative"):
        poisson(sample, frame.assign(visits=frame["visits"] - 3), "visits", ["x"])
    with pytest.raises(AnalysisError, match="g=c separates"):
        poisson(sample, frame.assign(visits=np.where(frame["g"] == "c", 0, frame["visits"] + 1)), "visits", ["g"])
    with pytest.raises(AnalysisError, match="no level '7'; it has: 1, 2, 3, 4"):
        logistic(sample, frame, "level", ["x"], event=["7"])


def test_empty_frames_and_frames_of_another_length_are_refused():
    sample, frame = drawn(1)
    with pytest.raises(AnalysisError, match="7 rows and the design 120"):
        linear(sample, frame.head(7), "score", ["x"])
    with pytest.raises(AnalysisError, match="too few for 1"):
        linear(survey_design([1.0, 1.0]), frame.head(2), "score", ["x"])
