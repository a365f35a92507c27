"""What replicates refuse, and in which words; samples at the edge."""

from string import Formatter

import numpy as np
import pandas as pd
import pytest

from analysis import replicate
from analysis.design import LonelyPsu, survey_design
from analysis.faults import AnalysisError
from analysis.messages_replicates import REPLICATE_TEXTS
from analysis.options import DesignEffect, Options
from analysis.replicate import replicate_estimates, replicate_function
from analysis.replicate_weights import brr, canty_davison, jk1, jkn, rao_wu
from analysis.replicates import given_replicates
from sampling.calibration import calibrate, rake, within_weight_bounds
from sampling.distance import Distance

FRAME = pd.DataFrame(
    {
        "stratum": ["A"] * 4 + ["B"] * 6,
        "village": [1, 1, 2, 2, 3, 3, 4, 4, 5, 5],
        "sex": ["F", "M", "F", "M", "F", "M", "F", "M", "F", "M"],
        "y": [1, 2, 3, 4, 5, 4, 3, 2, 1, 5],
        "x": [2.0, 3.0, 1.0, 5.0, 2.0, 2.0, 4.0, 1.0, 3.0, 2.0],
        "text": list("abcdefghij"),
        "w": [1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0],
    }
)
PAIRS = FRAME[:8]


def design_of(frame=FRAME, **changes):
    return survey_design(changes.pop("w", frame["w"]), strata=frame["stratum"], psu=frame["village"], **changes)


def dice():
    return np.random.default_rng(1)


def test_half_samples_refuse_a_stratum_with_a_unit_that_would_be_hidden():
    with pytest.raises(AnalysisError, match=r"stratum of row 5 has 3 sampling units.*one unit is hidden"):
        brr(design_of())


def test_half_samples_refuse_a_matrix_that_would_hide_a_unit():
    constant = [[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]]
    brr(design_of(PAIRS), matrix=constant)
    turned = [constant[1], constant[0], *constant[2:]]  # the unit of the constant row is in every half-sample
    for matrix in (turned, constant[:3], [[1, 1], [1, -1]], np.ones((4, 4)), np.eye(4)):
        with pytest.raises(AnalysisError, match=r"unsuitable Hadamard matrix.*more than 2 of them"):
            brr(design_of(PAIRS), matrix=matrix)


@pytest.mark.parametrize("rho", [-0.1, 1.0, np.nan])
def test_fays_factor_lies_between_zero_and_one(rho):
    with pytest.raises(AnalysisError, match="Fay's factor is"):
        brr(design_of(PAIRS), fay_rho=rho)


def test_methods_without_population_sizes_say_that_they_ignore_them():
    design = design_of(PAIRS, fpc=np.full(8, 0.5))
    for make in (brr, lambda design, **changes: rao_wu(design, 10, dice(), **changes)):
        with pytest.raises(AnalysisError, match=r"takes no account of the population sizes \(fpc\)"):
            make(design)
        assert make(design, ignore_fpc=True).count > 1


def test_jk1_refuses_strata():
    with pytest.raises(AnalysisError, match=r"the design has 2 strata.*use JKn"):
        jk1(design_of())


@pytest.mark.parametrize("rule", [LonelyPsu.ADJUST, LonelyPsu.AVERAGE])
def test_lonely_units_must_be_certain_where_the_rule_cannot_be_repeated(rule):
    frame = FRAME.assign(stratum=["A"] * 2 + ["B"] * 2 + ["C"] * 4 + ["B"] * 2)
    for make in (brr, lambda design: rao_wu(design, 10, dice()), lambda design: canty_davison(design, 10, dice())):
        with pytest.raises(AnalysisError, match=f"stratum of row 1 has a single sampling unit under the rule {rule}"):
            make(design_of(frame, lonely_psu=rule))
        certain = make(design_of(frame, lonely_psu=LonelyPsu.CERTAINTY))
        assert (certain.factors()[0] == 1).all()


def test_a_sample_that_is_certain_throughout_has_no_replicates():
    one_row = survey_design([3.0], lonely_psu=LonelyPsu.CERTAINTY)
    whole = design_of(fpc=np.ones(10))
    for make in (jk1, jkn, brr, lambda design: rao_wu(design, 5, dice()), lambda d: canty_davison(d, 5, dice())):
        with pytest.raises(AnalysisError, match="all sampling units are certain"):
            make(one_row)
    for make in (jkn, lambda design: canty_davison(design, 5, dice())):
        with pytest.raises(AnalysisError, match="all sampling units are certain"):
            make(whole)


@pytest.mark.parametrize("count", [1, 0, -3])
def test_a_bootstrap_needs_replicates(count):
    for make in (rao_wu, canty_davison):
        with pytest.raises(AnalysisError, match=f"there are {count} replicates; at least 2 are needed"):
            make(design_of(), count, dice())


def test_given_factors_are_checked():
    design, factors = design_of(), np.ones((10, 4))
    with pytest.raises(AnalysisError, match="factors has 9 rows and the design 10"):
        given_replicates(design, factors[:9], scale=1)
    factors[3, 2] = np.nan
    with pytest.raises(AnalysisError, match="row 4, replicate 3 is not a finite number"):
        given_replicates(design, factors, scale=1)
    factors[3, 2] = 2
    with pytest.raises(AnalysisError, match=r"row 4 differ from those of its sampling unit|row 3 differ"):
        given_replicates(design, factors, scale=1)
    for scale, rscales in ((-1, None), (1, [1, 1]), (1, [1, 1, 1, -1]), (np.nan, None)):
        with pytest.raises(AnalysisError, match="scale and rscales must be zero or more"):
            given_replicates(design, np.ones((10, 4)), scale=scale, rscales=rscales)


def test_replicates_belong_to_a_design():
    with pytest.raises(AnalysisError, match="a design of 5 sampling units; this one has 4"):
        replicate_estimates(design_of(PAIRS), PAIRS, ["y"], replicates=jkn(design_of()))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"items": ["nobody"]}, "no column nobody"),
        ({"items": []}, "no column to estimate"),
        ({"items": ["text"]}, "text is not numeric"),
        ({"items": ["y"], "statistic": "ratio"}, "1 numerators and 0 denominators"),
        ({"items": ["y"], "denominators": ["x"]}, "mean: denominators go with ratios"),
        ({"items": ["y", "none"], "statistic": "proportion"}, "no valid answer in none"),
        ({"items": ["y"], "by": ["nobody"]}, "no column nobody"),
        ({"items": ["y"], "where": [1] * 10}, "the filter must be true or false"),
        ({"items": ["y"], "options": Options(level=95)}, "the confidence level is 95"),
        ({"items": ["y"], "options": Options(deff=DesignEffect.WITH_REPLACEMENT)}, "not computed from replicates"),
    ],
)
def test_what_is_asked_is_checked(asked, words):
    items = asked.pop("items")
    with pytest.raises(AnalysisError, match=words):
        replicate_estimates(design_of(), FRAME.assign(none=np.nan), items, replicates=jkn(design_of()), **asked)


def test_a_statistic_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="median"):
        replicate_estimates(design_of(), FRAME, ["y"], replicates=jkn(design_of()), statistic="median")


def test_a_frame_of_another_length_is_refused():
    with pytest.raises(AnalysisError, match="items has 8 rows and the design 10"):
        replicate_estimates(design_of(), PAIRS, ["y"], replicates=jkn(design_of()))


@pytest.mark.parametrize("make", [jkn, lambda design: rao_wu(design, 30, dice())])
def test_nobody_gives_nothing_with_a_reason(make):
    frame = FRAME.assign(none=np.nan, agreed=4)
    design = design_of()
    found = replicate_estimates(design, frame, ["y", "none", "agreed"], replicates=make(design))
    assert found.note[0].tolist() == ["", "no_answers", "zero_error"]
    assert np.isnan(found.estimate[0, 1])
    assert found.se[0, 2] == 0
    empty = replicate_estimates(design, frame, ["y"], where=np.zeros(10, dtype=bool), replicates=make(design))
    assert empty.note[0, 0] == "no_answers"
    total = replicate_estimates(design, frame, ["none"], statistic="total", replicates=make(design))
    assert total.note[0, 0] == "no_answers"


def test_a_domain_that_a_replicate_leaves_empty_says_so_and_gives_no_covariance():
    frame = FRAME.assign(alone=FRAME["village"] == 2)
    replicates = jkn(design_of())
    found = replicate_estimates(
        design_of(), frame, ["y"], by=["alone"], replicates=replicates, options=Options(covariances=True)
    )
    assert found.note[:, 0].tolist() == ["", "lost_in_replicate"]
    assert np.isnan([found.se[1, 0], found.low[1, 0], found.high[1, 0]]).all()
    with pytest.raises(AnalysisError, match="replicate 2 leaves nobody in a domain"):
        found.covariance([(1, 0)])
    assert found.covariance([(0, 0)])[0, 0] == pytest.approx(found.se[0, 0] ** 2)
    total = replicate_estimates(design_of(), frame, ["y"], by=["alone"], statistic="total", replicates=replicates)
    assert total.note[1, 0] == "no_degrees_of_freedom"  # a total of nobody is zero, not unknown
    assert total.se[1, 0] > 0


def test_covariances_must_be_asked_for_and_fit_into_memory(monkeypatch):
    replicates = jkn(design_of())
    with pytest.raises(AnalysisError, match="kept no covariances"):
        replicate_estimates(design_of(), FRAME, ["y"], replicates=replicates).covariance([(0, 0)])
    monkeypatch.setattr(replicate, "MOST_KEPT", 4)
    with pytest.raises(AnalysisError, match="covariances of 5 estimates are too many"):
        replicate_estimates(design_of(), FRAME, ["y"], replicates=replicates, options=Options(covariances=True))


@pytest.mark.parametrize("function", [lambda mean: np.log(mean - 3), lambda mean: mean[mean > 3]])
def test_a_function_without_a_value_names_the_replicate(function):
    with (
        np.errstate(invalid="ignore"),
        pytest.raises(AnalysisError, match=r"no finite numbers, or another count of them \[#2\]"),
    ):
        replicate_function(function, design_of(), FRAME, ["y"], replicates=jkn(design_of()))


CONTROLS = {"sex": {"F": 6, "M": 9}, "village": {1: 3, 2: 3, 3: 3, 4: 3, 5: 3}}


def test_a_replicate_that_loses_a_level_of_a_margin_is_named_with_it():
    made = rake(FRAME, CONTROLS, FRAME["w"])
    design = design_of(w=made.calibrated_weights, calibration=made)
    with pytest.raises(AnalysisError, match=r"replicate 1: nobody is left of village=1 \(control 3\)"):
        replicate_estimates(design, FRAME, ["y"], replicates=jkn(design_of()))
    newton = calibrate(made.auxiliary, made.totals, FRAME["w"], columns=made.columns)
    design = design_of(w=newton.calibrated_weights, calibration=newton)
    with pytest.raises(AnalysisError, match="replicate 1: nobody is left of village=1"):
        replicate_estimates(design, FRAME, ["y"], replicates=jkn(design_of()))


def test_a_replicate_that_cannot_be_raked_is_named_with_the_control():
    frame = FRAME.assign(age=list("oyooooyooo"))  # without village 1 all the young of village 4 are women
    controls = {"sex": {"F": 10.0, "M": 5.0}, "age": {"o": 3.0, "y": 12.0}}
    made = rake(frame, controls, frame["w"])
    design = design_of(w=made.calibrated_weights, calibration=made)
    with pytest.raises(
        AnalysisError,
        match=r"replicate 1: calibration does not converge; (sex|age)=. .*widen the bounds.* jkn",
    ):
        replicate_estimates(design, frame, ["y"], replicates=jkn(design_of()))


def test_a_replicate_out_of_reach_of_bounds_is_named_with_the_control():
    auxiliary = pd.DataFrame({"one": 1.0, "x": FRAME["x"]})
    made = calibrate(auxiliary, [15, 43], FRAME["w"], bounds=(0.4, 1.8), distance=Distance.LOGIT)
    design = design_of(w=made.calibrated_weights, calibration=made)
    with pytest.raises(AnalysisError, match=r"replicate \d: calibration does not converge; (x|one) reaches"):
        replicate_estimates(design, FRAME, ["y"], replicates=jkn(design_of()))


def test_nobody_of_a_calibrated_sample_gives_nothing_with_a_reason():
    made = rake(FRAME, {"sex": {"F": 6, "M": 9}}, FRAME["w"])
    design = design_of(w=made.calibrated_weights, calibration=made)
    replicates = rao_wu(design_of(), 10, dice())
    nobody = np.zeros(10, dtype=bool)
    found = replicate_estimates(design, FRAME, ["y", "x"], where=nobody, replicates=replicates)
    assert found.note[0].tolist() == ["no_answers", "no_answers"]
    men = replicate_estimates(design, FRAME, ["y"], by=["sex"], where=FRAME["sex"] == "M", replicates=replicates)
    assert men.note[:, 0].tolist() == ["no_answers", ""]


def test_weights_that_a_repetition_would_not_give_are_refused():
    made = rake(FRAME, {"sex": {"F": 6, "M": 9}, "stratum": {"A": 7, "B": 8}}, FRAME["w"])
    bounded = within_weight_bounds(made, 0.9, 2.05)
    trimmed = np.minimum(made.calibrated_weights, 2.05)
    for weights, calibration in ((bounded.calibrated_weights, bounded), (trimmed, made)):
        design = design_of(w=weights, calibration=calibration)
        with pytest.raises(AnalysisError, match=r"the weight is .* but repeating the calibration gives"):
            replicate_estimates(design, FRAME, ["y"], replicates=jkn(design_of()))


def test_every_refusal_is_said_in_both_languages():
    for vietnamese, english in REPLICATE_TEXTS.values():
        assert vietnamese != english
        assert set(fields(vietnamese)) == set(fields(english))


def fields(sentence):
    return [name for _, name, _, _ in Formatter().parse(sentence) if name]
