"""Weights from the draw to the trimmed: as R computes them, sums that are kept, and classes that never vanish."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling.calibration import calibrate_margins, rake
from sampling.distance import Distance
from sampling.faults import SamplingError
from sampling.nonresponse import (
    ClassRules,
    adjust_by_propensity,
    adjust_nonresponse,
    adjust_unknown_eligibility,
    propensity_classes,
)
from sampling.propensity import response_propensities
from sampling.trimming import Sharing, TrimRule, trim, trim_bounds, trim_calibrated
from sampling.weights import design_weights, kish, kish_by_domain, with_factors

R = json.loads((Path(__file__).parents[1] / "references" / "calibration.json").read_text("utf-8"))
SCHOOLS = pd.DataFrame(R["data"])
STYPE = {"E": 4421, "H": 755, "M": 1018}
WIDE = {"No": 1072, "Yes": 5122}
LENIENT = ClassRules(min_cases=1, max_factor=100)

positive_weights = st.lists(st.floats(0.01, 1000), min_size=2, max_size=60).map(np.asarray)


def refused(message: str):
    return pytest.raises(SamplingError, match=message)


# design weights and their cost


def test_a_design_weight_is_one_over_the_product_of_the_stages():
    np.testing.assert_allclose(design_weights([[0.5, 0.1], [1, 0.25]]), [20, 4])
    np.testing.assert_allclose(design_weights([0.5, 0.1]), [2, 10])
    np.testing.assert_allclose(with_factors([20, 4], [1, 3], [0.5, 1]), [10, 12])


@pytest.mark.parametrize(
    ("probabilities", "message"),
    [
        ([[0.5, 0.0]], "stage 2: .* wrong in rows 1"),
        ([0.5, -0.1, 1.2], "stage 1: .* wrong in rows 2, 3"),
        ([0.5, np.nan], "inclusion_probabilities: rows 2 are blank"),
        ([], "there is no row"),
        (["a"], "rows 1 are blank or not a number"),
    ],
)
def test_probabilities_that_are_none_are_refused(probabilities: list, message: str):
    with refused(message):
        design_weights(probabilities)


def test_factors_are_above_zero_and_as_many_as_rows():
    with refused("factor 2 must be above 0; rows 2"):
        with_factors([1, 1], [1, 1], [1, 0])
    with refused("factor 1 has 1 rows, 2 are needed"):
        with_factors([1, 1], [1])


def test_kish_is_that_of_r():
    assert kish(SCHOOLS["uneven"]).deff_w == pytest.approx(R["kish_uneven"], rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(weighed=positive_weights, factor=st.floats(0.01, 100))
def test_laws_of_the_effective_sample_size(weighed: np.ndarray, factor: float):
    effect = kish(weighed)
    assert effect.deff_w == pytest.approx(1 + effect.cv**2)
    assert effect.effective_n <= effect.n * (1 + 1e-12)
    assert kish(factor * weighed).deff_w == pytest.approx(effect.deff_w)
    assert kish(np.full(7, factor)).effective_n == pytest.approx(7)


def test_kish_by_domain_is_kish_of_each_domain():
    table = kish_by_domain(SCHOOLS["uneven"], SCHOOLS["stype"]).set_index("domain")
    for level, rows in SCHOOLS.groupby("stype"):
        assert table.loc[level, "deff_w"] == pytest.approx(kish(rows["uneven"]).deff_w)
        assert table.loc[level, "n"] == len(rows)
    assert table["total"].sum() == pytest.approx(SCHOOLS["uneven"].sum())
    with refused("domain has 1 rows"):
        kish_by_domain([1, 2], ["a"])


@pytest.mark.parametrize("weighed", [[], [0, 1], [-1, 2], [np.nan], ["x"]])
def test_weights_that_are_none_have_no_effective_size(weighed: list):
    with refused("row_weights"):
        kish(weighed)


# eligibility and nonresponse by classes


def test_weights_of_classes_are_those_of_r():
    known = adjust_unknown_eligibility(SCHOOLS["uneven"], SCHOOLS["outcome"], [SCHOOLS["stype"]], rules=LENIENT)
    np.testing.assert_allclose(known.adjusted_weights, R["eligibility_weights"], rtol=1e-12)
    answered = adjust_nonresponse(known.adjusted_weights, SCHOOLS["outcome"], [SCHOOLS["stype"]], rules=LENIENT)
    np.testing.assert_allclose(answered.adjusted_weights, R["nonresponse_weights"], rtol=1e-12)
    assert answered.n_collapsed == 0


@st.composite
def samples(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights, outcomes and classes, with a respondent in every class."""
    n = draw(st.integers(8, 80))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    classes = np.arange(n) % draw(st.integers(1, 4))
    outcome = rng.choice(["respondent", "nonrespondent", "ineligible", "unknown"], n).astype(object)
    outcome[:4] = "respondent"
    return rng.uniform(0.5, 9, n), outcome, classes.astype(str)


@settings(max_examples=30, deadline=None)
@given(sample=samples(), seed=st.integers(0, 2**32))
def test_adjusting_keeps_the_sum_of_every_class_in_any_order_of_rows(sample, seed: int):
    base, outcome, classes = sample
    known = adjust_unknown_eligibility(base, outcome, [classes], rules=LENIENT)
    answered = adjust_nonresponse(known.adjusted_weights, outcome, [classes], rules=LENIENT)
    for label in np.unique(classes):
        inside = classes == label
        assert known.adjusted_weights[inside].sum() == pytest.approx(base[inside].sum())
        assert answered.adjusted_weights[inside].sum() == pytest.approx(base[inside].sum())
    assert not answered.adjusted_weights[np.isin(outcome, ["unknown", "nonrespondent"])].any()
    np.testing.assert_allclose(known.factors * base, known.adjusted_weights)
    order = np.random.default_rng(seed).permutation(len(base))
    again = adjust_unknown_eligibility(base[order], outcome[order], [classes[order]], rules=LENIENT)
    np.testing.assert_allclose(again.adjusted_weights, known.adjusted_weights[order])


def test_a_thin_class_is_refused_by_name():
    with refused(r"class H: 12 cases receive weight, factor 1.1\d+; at least 15 cases .*1 such classes"):
        adjust_unknown_eligibility(
            SCHOOLS["uneven"], SCHOOLS["outcome"], [SCHOOLS["stype"]], rules=ClassRules(min_cases=15)
        )
    with refused("class b: 1 cases receive weight, factor 3; "):
        adjust_nonresponse(
            [1, 1, 1, 1, 1], ["respondent"] * 2 + ["nonrespondent"] * 3, [["a", "b", "b", "b", "a"]],
            rules=ClassRules(min_cases=1, max_factor=2.5),
        )  # fmt: skip
    with refused("class b: 0 cases receive weight, factor inf"):
        adjust_nonresponse(
            [1, 1, 1], ["respondent", "nonrespondent", "nonrespondent"], [["a", "b", "b"]], rules=LENIENT
        )


def test_thin_classes_collapse_into_the_declared_wider_ones_and_say_so():
    ward = np.repeat(["w1", "w2", "w3", "w4"], 4)
    district = np.where(np.isin(ward, ["w1", "w2"]), "d1", "d2")
    outcome = np.tile(["respondent", "respondent", "respondent", "nonrespondent"], 4).astype(object)
    outcome[:3] = "nonrespondent"  # nobody answered in w1
    made = adjust_nonresponse(np.ones(16), outcome, [ward, district], rules=LENIENT)
    table = made.classes.set_index("class")
    assert table.index.tolist() == ["w3", "w4", "d1"]
    assert table["level"].tolist() == [0, 0, 1]
    assert table.loc["d1", "factor"] == pytest.approx(8 / 3)
    assert table.loc["w3", "factor"] == pytest.approx(4 / 3)
    assert made.n_collapsed == 1
    with refused("class d1: 3 cases receive weight"):
        adjust_nonresponse(np.ones(16), outcome, [ward, district], rules=ClassRules(4, 3))
    everybody = adjust_nonresponse(np.ones(16), outcome, [ward, district, np.full(16, "all")], rules=ClassRules(9, 3))
    assert everybody.classes["class"].tolist() == ["all"]


def test_wider_classes_must_hold_the_finer_ones():
    with refused(r"class a lies in several wider classes \(x, y\)"):
        adjust_nonresponse([1, 1], ["respondent"] * 2, [["a", "a"], ["x", "y"]])


@pytest.mark.parametrize(
    ("base", "outcome", "message"),
    [
        ([1, 1], ["respondent", "maybe"], "outcomes that are not known: maybe"),
        ([1, 1], ["respondent", None], "outcomes that are not known: nan"),
        ([1, 0], ["respondent", "nonrespondent"], "base_weights must be above 0"),
        ([1], ["respondent", "nonrespondent"], "base_weights has 1 rows, 2 are needed"),
        ([1, 1], ["nonrespondent", "nonrespondent"], "there is no respondent"),
        ([1, 1], ["respondent", "unknown"], "rows of unknown eligibility that still have a weight: 1"),
        ([], [], "outcome: there is no row"),
    ],
)
def test_cases_that_cannot_be_adjusted_are_refused(base: list, outcome: list, message: str):
    with refused(message):
        adjust_nonresponse(base, outcome)


def test_classes_are_given_for_every_row():
    with refused("classes has 1 rows, 2 are needed"):
        adjust_nonresponse([1, 1], ["respondent"] * 2, [["a"]])
    with refused(r"column classes\[0\] is blank in row 2"):
        adjust_nonresponse([1, 1], ["respondent"] * 2, [["a", None]])


# nonresponse by propensity


@pytest.mark.parametrize(("weighed", "name"), [(None, "propensity"), ("uneven", "propensity_weighted")])
def test_propensities_are_those_of_r(weighed: str | None, name: str):
    fitted = response_propensities(
        SCHOOLS[["stype", "api99"]], SCHOOLS["responded"], design_weights=SCHOOLS[weighed] if weighed else None
    )
    np.testing.assert_allclose(fitted.propensities, R[name], rtol=1e-9)
    if weighed is None:
        np.testing.assert_allclose(fitted.coefficients, list(R["propensity_coefficients"].values()), rtol=1e-7)
        assert fitted.coefficients.index.tolist() == ["constant", "stype[H]", "stype[M]", "api99"]


def test_numbers_can_be_declared_to_be_codes():
    coded = SCHOOLS.assign(stype=SCHOOLS["stype"].map({"E": 1, "H": 2, "M": 3}))
    fitted = response_propensities(coded[["stype", "api99"]], coded["responded"], categories=["stype"])
    np.testing.assert_allclose(fitted.propensities, R["propensity"], rtol=1e-9)


def test_a_saturated_model_is_the_adjustment_by_classes():
    outcome = np.where(SCHOOLS["responded"] == 1, "respondent", "nonrespondent")
    base = SCHOOLS["uneven"]
    fitted = response_propensities(SCHOOLS[["stype"]], SCHOOLS["responded"], design_weights=base)
    by_model = adjust_by_propensity(base, outcome, fitted.propensities)
    by_class = adjust_nonresponse(base, outcome, [SCHOOLS["stype"]], rules=LENIENT)
    np.testing.assert_allclose(by_model.adjusted_weights, by_class.adjusted_weights, rtol=1e-8)


def test_propensity_classes_are_quantiles_of_the_eligible():
    chance = np.linspace(0.1, 0.9, 11)
    eligible = np.arange(11) < 10
    place = propensity_classes(chance, eligible, n_classes=5)
    assert place.tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 0]
    assert propensity_classes([0.1, 0.2, 0.3, 0.4, 0.5], [True] * 5, n_classes=2).tolist() == [1, 1, 1, 2, 2]
    with refused("fall into 2 classes, 5 were asked for"):
        propensity_classes([0.4, 0.4, 0.5, 0.5], [True] * 4)
    with refused("fall into 0 classes"):
        propensity_classes([0.4], [False])


@pytest.mark.parametrize(
    ("chance", "message"),
    [
        ([0.5, 0.0], "propensities to answer .* wrong in rows 2"),
        ([0.5, np.nan], "propensities to answer .* wrong in rows 2"),
        ([0.05, 0.5], "is above 10 in rows 1"),
        ([0.5], "propensities has 1 rows, 2 are needed"),
    ],
)
def test_propensities_that_make_no_factor_are_refused(chance: list, message: str):
    with refused(message):
        adjust_by_propensity([1, 1], ["respondent", "nonrespondent"], chance)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"api99": np.nan}, "api99: rows 1, 2"),
        ({"api99": 3.0}, "column api99 is explained by the columns before it"),
        ({"stype": None}, "column stype is blank"),
        ({"responded": 1}, "the response rate is 1: there is nothing to model"),
        ({"responded": 0}, "the response rate is 0"),
    ],
)
def test_what_cannot_be_modelled_is_refused(change: dict, message: str):
    frame = SCHOOLS.assign(**change)
    with refused(message):
        response_propensities(frame[["stype", "api99"]], frame["responded"])


def test_a_group_that_answered_as_one_is_refused():
    answered = SCHOOLS["responded"].where(SCHOOLS["stype"] != "H", 1)
    with refused(r"a propensity of 0 or 1 \(rows: 14\), for example stype = H"):
        response_propensities(SCHOOLS[["stype"]], answered)
    with refused("at least one column"):
        response_propensities(SCHOOLS[[]], SCHOOLS["responded"])


# trimming


def test_trimming_in_rounds_is_that_of_r():
    made = trim(SCHOOLS["uneven"], lower=36, upper=70, sharing=Sharing.EQUAL)
    np.testing.assert_allclose(made.trimmed_weights, R["trim_strict"], rtol=1e-11)
    once = np.array(R["trim"])  # not strict: R leaves weights above the bound, which is why this is not offered
    assert once.max() > 70


@settings(max_examples=40, deadline=None)
@given(
    weighed=positive_weights, share=st.floats(1.05, 4), sharing=st.sampled_from(list(Sharing)), seed=st.integers(0, 9)
)
def test_trimming_keeps_the_sum_within_the_bounds(weighed: np.ndarray, share: float, sharing: Sharing, seed: int):
    mean = weighed.mean()
    lower = mean / (5 * share) if sharing is Sharing.PROPORTIONAL else 0.0
    made = trim(weighed, lower=lower, upper=mean * share, sharing=sharing)
    assert made.trimmed_weights.sum() == pytest.approx(weighed.sum())
    assert made.trimmed_weights.max() <= mean * share * (1 + 1e-9)
    assert made.trimmed_weights.min() >= lower * (1 - 1e-9)
    order = np.random.default_rng(seed).permutation(len(weighed))
    again = trim(weighed[order], lower=lower, upper=mean * share, sharing=sharing)
    np.testing.assert_allclose(again.trimmed_weights, made.trimmed_weights[order], rtol=1e-9)
    np.testing.assert_allclose(
        trim(made.trimmed_weights, upper=mean * share * 1.001).trimmed_weights, made.trimmed_weights
    )


def test_rounds_that_leave_nobody_inside_are_refused():
    with refused("does not bring all weights into"):
        trim([1, 15], lower=1.1, upper=12, sharing=Sharing.EQUAL)
    assert trim([1, 15], lower=1.1, upper=12).trimmed_weights.sum() == pytest.approx(16)


@settings(max_examples=30, deadline=None)
@given(weighed=positive_weights, share=st.floats(1.05, 4))
def test_proportional_trimming_keeps_the_ratios_of_who_is_inside(weighed: np.ndarray, share: float):
    upper = weighed.mean() * share
    trimmed = trim(weighed, upper=upper).trimmed_weights
    inside = trimmed < upper * (1 - 1e-9)
    if inside.any():
        ratios = trimmed[inside] / weighed[inside]
        np.testing.assert_allclose(ratios, ratios[0], rtol=1e-9)


def test_domains_keep_their_sums():
    domains = SCHOOLS["stype"]
    made = trim(SCHOOLS["uneven"], upper=70, within=domains)
    before, after = (pd.Series(w).groupby(domains).sum() for w in (SCHOOLS["uneven"], made.trimmed_weights))
    np.testing.assert_allclose(after, before)
    assert made.n_high == (made.trimmed_weights > 70 - 1e-6).sum() > 0
    assert made.n_low == 0


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"upper": 0.9}, r"the sum of weights 6 of 3 rows cannot be kept within \[0, 0.9\]"),
        ({"lower": 3, "upper": 9}, "cannot be kept"),
        ({"lower": 3, "upper": 2}, "0 ≤ lower < upper is needed"),
        ({"upper": np.nan}, "0 ≤ lower < upper is needed"),
        ({"upper": 2.5, "within": ["a", "a", "b"]}, "b: the sum of weights 3 of 1 rows"),
        ({"upper": 2.5, "within": ["a"]}, "within has 1 rows"),
    ],
)
def test_bounds_that_do_not_allow_for_the_sum_are_refused(settings_: dict, message: str):
    with refused(message):
        trim([1, 2, 3], **settings_)


def test_bounds_come_from_the_weights():
    weighed = np.array([1.0, 2, 3, 4, 5])  # R: quantile(1:5, c(.25, .5, .75)) = 2, 3, 4
    assert trim_bounds(weighed, TrimRule.MEDIAN, 3) == (1, 9)
    assert trim_bounds(weighed, TrimRule.IQR, 5) == (0, 13)
    with refused("median needs more than 1"):
        trim_bounds(weighed, TrimRule.MEDIAN, 0.5)
    with refused("interquartile range is 0"):
        trim_bounds(np.ones(5), TrimRule.IQR, 5)
    with refused("rule fixed"):
        trim_bounds(weighed, TrimRule.FIXED, 5)


@pytest.mark.parametrize("distance", list(Distance))
def test_trimming_calibrated_weights_keeps_the_controls(distance: Distance):
    bounds = (0.1, 4) if distance is Distance.LOGIT else None
    controls = {"stype": STYPE, "sch.wide": WIDE}
    calibration = calibrate_margins(SCHOOLS, controls, SCHOOLS["uneven"], distance=distance, bounds=bounds)
    upper = 0.97 * calibration.calibrated_weights.max()
    made = trim_calibrated(calibration, lower=15, upper=upper)
    assert made.trimmed_weights.max() <= upper * (1 + 1e-9)
    assert made.trimmed_weights.min() >= 15 * (1 - 1e-9)
    assert made.n_high > 0
    reached = made.calibration.auxiliary.T @ made.trimmed_weights
    np.testing.assert_allclose(reached, calibration.totals, rtol=1e-9)
    np.testing.assert_array_equal(made.calibration.base_weights, calibration.base_weights)


def test_trimming_and_raking_in_turn_ends_at_the_same_controls_and_bounds():
    """What is computed at once is no further from the base weights than what trimming and raking in turn arrive at."""
    controls = {"stype": STYPE, "sch.wide": WIDE}
    base = SCHOOLS["uneven"].to_numpy()
    in_turn = rake(SCHOOLS, controls, base).calibrated_weights
    for _ in range(200):
        in_turn = rake(SCHOOLS, controls, np.minimum(in_turn, 75)).calibrated_weights
    at_once = trim_calibrated(rake(SCHOOLS, controls, base), upper=75).trimmed_weights
    assert in_turn.max() == pytest.approx(75)

    def divergence(weighed: np.ndarray) -> float:
        return float((weighed * np.log(weighed / base) - weighed + base).sum())

    assert divergence(at_once) <= divergence(in_turn) + 1e-9


def test_trimming_that_would_break_a_control_is_refused_by_name():
    calibration = rake(SCHOOLS, {"stype": STYPE, "sch.wide": WIDE}, SCHOOLS["pw"])
    with refused("stype=H: within the bounds at most 700 can be reached, wanted is 755; raise the upper"):
        trim_calibrated(calibration, upper=50)
    with refused("0 ≤ lower < upper"):
        trim_calibrated(calibration, lower=5, upper=4)
