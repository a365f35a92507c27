"""Standard errors of calibrated designs: R survey 4.1.1 (calibrate, postStratify) and 4.5, and what has no error."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from survey_samples import (
    AGAINST_WITHOUT,
    KEEP,
    assert_agrees,
    assert_close,
    references,
    refs,
    sample,
    weights_of_two_stages,
)

from analysis.design import SurveyDesign, survey_design
from analysis.estimate import means, ratios, totals
from sampling.calibration import Calibration, calibrate_margins, poststratify, rake
from sampling.distance import Distance

META = references("taylor_calibrated")["meta"]
WIDE, AWARDS = {"sch.wide": META["wide"]}, {"awards": META["awards"]}
TYPES, API99 = {"stype": META["types"]}, {"api99": META["api99"]}
FRAMES = {"clusters": "apiclus1", "two_stages": "apiclus2"}
LIKE_R = ["poststratified", "raking", "linear", "linear_bounded", "logit", "clusters", "two_stages"]
like_r = pytest.mark.parametrize("name", LIKE_R)


def frame_of(name: str) -> pd.DataFrame:
    frame = sample(FRAMES.get(name, "apistrat"))
    return frame.assign(wide_no=(frame["sch.wide"] == "No") * 1, wide_yes=(frame["sch.wide"] == "Yes") * 1)


def calibration_of(name: str) -> Calibration:
    frame, margins = frame_of(name), WIDE | AWARDS
    if name == "clusters":
        return calibrate_margins(frame, TYPES, frame["pw"], quantities=frame, quantity_totals=API99)
    if name == "two_stages":
        return calibrate_margins(frame, TYPES | WIDE, weights_of_two_stages(frame))
    if name == "poststratified":
        return poststratify(frame, WIDE, frame["pw"])
    if name in {"raked", "raking"}:
        return rake(frame, margins, frame["pw"])
    bounds = {"linear": None, "linear_bounded": (0.8, 1.2), "logit": (0.6, 1.4)}[name]
    distance = Distance.LOGIT if name == "logit" else Distance.LINEAR
    return calibrate_margins(
        frame, margins, frame["pw"], quantities=frame, quantity_totals=API99, distance=distance, bounds=bounds
    )


def design_of(name: str) -> SurveyDesign:
    frame, calibration = frame_of(name), calibration_of(name)
    final = calibration.calibrated_weights
    if name == "clusters":
        return survey_design(final, psu=frame["dnum"], fpc=frame["fpc"], calibration=calibration)
    if name == "two_stages":
        units, sizes = [frame["dnum"], frame["snum"]], [frame["fpc1"], frame["fpc2"]]
        return survey_design(final, psu=units, fpc=sizes, calibration=calibration)
    return survey_design(final, strata=frame["stype"], fpc=frame["fpc"], calibration=calibration)


def wanted(name: str, what: str):
    return refs("taylor_calibrated", name)[what]


@like_r
def test_means_and_totals_with_their_covariances(name: str):
    design, frame = design_of(name), frame_of(name)
    for call, what in ((means, "mean"), (totals, "total")):
        found, r = call(design, frame, ["api00", "api99"], options=KEEP), wanted(name, what)
        known = np.array(r["se"]) < 1e-12 * np.array(r["est"])
        assert_close(found.estimate, r["est"])
        assert_close(found.se[0, ~known], np.array(r["se"])[~known])
        assert (found.se[0, known] == 0).all()
        if not known.any():
            assert_agrees(found, r)


@like_r
def test_what_was_calibrated_on_has_its_total_and_no_error(name: str):
    found, r = totals(design_of(name), frame_of(name), ["wide_no", "wide_yes"]), wanted(name, "wide")
    if name == "clusters":  # not among its controls
        assert_agrees(found, r)
        return
    assert_close(found.estimate, list(META["wide"].values()))
    assert found.se.tolist() == [[0, 0]]
    assert (found.note == "zero_error").all()


@like_r
def test_items_with_missing_answers_and_ratios(name: str):
    design, frame = design_of(name), frame_of(name)
    assert_agrees(means(design, frame, ["acs.k3"], options=KEEP), wanted(name, "missing_mean"))
    assert_agrees(totals(design, frame, ["acs.k3"], options=KEEP), wanted(name, "missing_total"))
    assert_agrees(ratios(design, frame, ["api.stu"], ["enroll"]), wanted(name, "ratio"))


@like_r
def test_domains_take_the_regression_of_the_whole(name: str):
    design, frame = design_of(name), frame_of(name)
    assert_agrees(means(design, frame, ["api00"], by=["comp.imp"]), wanted(name, "by"))
    assert_agrees(totals(design, frame, ["api00"], by=["stype", "comp.imp"]), wanted(name, "bytotal"))
    assert_agrees(ratios(design, frame, ["api00"], ["api99"], by=["stype"]), wanted(name, "byratio"))
    assert_agrees(means(design, frame, ["acs.k3"], by=["comp.imp"]), wanted(name, "bymissing"))
    where = (frame["comp.imp"] == "Yes") & (frame["stype"] == "E")
    assert_agrees(means(design, frame, ["api00"], where=where), wanted(name, "where"))


@like_r
def test_differences_of_domains_design_effects_and_degrees_of_freedom(name: str):
    design, frame = design_of(name), frame_of(name)
    found = means(design, frame, ["api00"], by=["comp.imp"], options=KEEP)
    yes, no = (found.place("api00", **{"comp.imp": answer}) for answer in ("Yes", "No"))
    difference, r = found.contrast({yes: 1, no: -1}), wanted(name, "difference")
    assert_close([difference.estimate, difference.se], [r["est"], r["se"]])
    assert_close(means(design, frame, ["api00"], options=AGAINST_WITHOUT).deff, wanted(name, "deff"))
    assert [design.degrees_of_freedom, found.df[yes]] == wanted(name, "degf")


def test_raking_with_nested_units_and_missing_answers():
    frame, r = sample("nhanes"), refs("taylor_calibrated", "nhanes")
    controls = {
        "race": dict(zip((1, 2, 3, 4), r["races"], strict=True)),
        "RIAGENDR": dict(zip((1, 2), r["sexes"], strict=True)),
    }
    raked = calibrate_margins(frame, controls, frame["WTMEC2YR"], distance=Distance.RAKING)
    design = survey_design(
        raked.calibrated_weights, psu=frame["SDMVPSU"], strata=frame["SDMVSTRA"], nest=True, calibration=raked
    )
    assert_agrees(means(design, frame, ["HI_CHOL"], options=KEEP), r["mean"])
    found = means(design, frame, ["HI_CHOL"], by=["agecat"])
    assert_agrees(found, r["by"])
    assert found.df.ravel().tolist() == r["degf"]
    assert_agrees(totals(design, frame, ["HI_CHOL"], by=["agecat"]), r["bytotal"])


def survey45(name: str):
    return refs("taylor_calibrated_survey45", name)


@pytest.mark.parametrize(
    ("prefix", "tolerance"),
    [("ps", 1e-8), ("rake", 1e-3)],  # R's rake stops at a gap of one school and projects ten times, without weights
)
def test_poststratification_and_raking_of_clusters_in_survey_4_5(prefix: str, tolerance: float):
    frame = sample("apiclus1")
    weighted = poststratify(frame, TYPES, frame["pw"]) if prefix == "ps" else rake(frame, TYPES | WIDE, frame["pw"])
    design = survey_design(weighted.calibrated_weights, psu=frame["dnum"], fpc=frame["fpc"], calibration=weighted)
    assert_agrees(means(design, frame, ["api00"]), survey45(f"{prefix}.mean"), tolerance)
    items = ["enroll"] if prefix == "ps" else ["enroll", "api00"]
    assert_agrees(totals(design, frame, items), survey45(f"{prefix}.total"), tolerance)
    assert_agrees(means(design, frame, ["api00"], by=["stype"]), survey45(f"{prefix}.by"), tolerance)
    if prefix == "ps":
        assert_agrees(ratios(design, frame, ["api.stu"], ["enroll"]), survey45("ps.ratio"), tolerance)
        endless = survey_design(weighted.calibrated_weights, psu=frame["dnum"], calibration=weighted)
        assert_agrees(totals(endless, frame, ["enroll", "api00"], options=KEEP), survey45("ps.nofpc.total"), tolerance)


def test_raked_estimates_are_those_of_r_also_where_its_rake_projects_otherwise():
    design, frame = design_of("raked"), frame_of("raked")
    for call, what in ((means, "mean"), (totals, "total")):
        found, r = call(design, frame, ["api00", "api99"]), wanted("raked", what)
        assert_close(found.estimate, r["est"])
        assert_close(found.se, r["se"], 2e-3)


def test_the_known_silent_error_of_standard_errors_that_ignore_the_calibration():
    frame, calibration = frame_of("linear"), calibration_of("linear")
    ignoring = survey_design(calibration.calibrated_weights, strata=frame["stype"], fpc=frame["fpc"])
    naive = means(ignoring, frame, ["api00"])
    aware = means(design_of("linear"), frame, ["api00"])
    assert_close(naive.estimate, aware.estimate, 1e-12)
    assert aware.se[0, 0] < naive.se[0, 0] / 5  # api99 explains nearly all of api00


@settings(max_examples=20, deadline=None)
@given(scale=st.floats(1e-6, 1e9), shift=st.floats(-1e4, 1e4))
def test_the_unit_in_which_a_control_is_counted_changes_nothing(scale: float, shift: float):
    frame = frame_of("linear")
    frame["income"] = (frame["api99"] + shift) * scale
    total = (META["api99"] + shift * 6194) * scale
    calibration = calibrate_margins(
        frame, WIDE | AWARDS, frame["pw"], quantities=frame, quantity_totals={"income": total}
    )
    design = survey_design(
        calibration.calibrated_weights, strata=frame["stype"], fpc=frame["fpc"], calibration=calibration
    )
    assert_close(means(design, frame, ["api00"]).se, wanted("linear", "mean")["se"][0])
    assert totals(design, frame, ["wide_no"]).se[0, 0] < 1e-6


def test_margins_that_repeat_each_other_are_regressed_on_once():
    frame = frame_of("raking")
    frame["again"] = frame["sch.wide"]
    once = design_of("raking")
    thrice = rake(frame, WIDE | AWARDS | {"again": META["wide"]}, frame["pw"])
    design = survey_design(thrice.calibrated_weights, strata=frame["stype"], fpc=frame["fpc"], calibration=thrice)
    assert_close(means(design, frame, ["api00"]).se, means(once, frame, ["api00"]).se)
