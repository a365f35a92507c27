"""Errors from replicates are R's, given the same replicates; calibration repeated in each of them too."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.design import LonelyPsu, survey_design
from analysis.hadamard import hadamard_order
from analysis.options import Options
from analysis.replicate import replicate_estimates, replicate_function
from analysis.replicate_weights import brr, canty_davison, jk1, jkn, rao_wu
from analysis.replicates import given_replicates
from sampling.calibration import calibrate, poststratify, rake
from sampling.distance import Distance

REFERENCES = Path(__file__).parents[1] / "references"
R = json.loads((REFERENCES / "replicate.json").read_text())["refs"]
STRAT, CLUS1 = (pd.read_csv(REFERENCES / "data" / f"{name}.csv") for name in ("apistrat", "apiclus1"))
FACTORS = {"rtol": 1e-12, "atol": 0}
TYPES, WIDE = {"E": 4421, "H": 755, "M": 1018}, {"No": 1072, "Yes": 5122}
KEEP = Options(covariances=True)


def close(found, wanted, tolerance=1e-8, zero=1e-9):
    wanted = np.asarray(wanted, dtype=float)
    np.testing.assert_allclose(np.asarray(found).reshape(wanted.shape), wanted, rtol=tolerance, atol=zero)


def strat(**changes):
    return survey_design(STRAT["pw"], strata=STRAT["stype"], **changes)


def clus1(**changes):
    return survey_design(CLUS1["pw"], psu=CLUS1["dnum"], **changes)


def scd():
    frame = pd.DataFrame(R["scd_BRR"]["scd"])
    return frame, survey_design(np.ones(6), strata=frame["ESA"], psu=frame["ambulance"], nest=True)


def given(name, design, frame):
    """R's factors, which are listed by first-stage unit."""
    place = {psu: number for number, psu in enumerate(R[name]["psu"])}
    factors = np.array(R[name]["factors"])[[place[psu] for psu in frame["dnum"]]]
    return given_replicates(design, factors, scale=R[name]["scale"], mse=name.endswith("mse"))


def agrees(reference, design, frame, replicates):
    def estimates(items, **changes):
        return replicate_estimates(design, frame, items, replicates=replicates, options=KEEP, **changes)

    total = estimates(["api00", "enroll"], statistic="total")
    close(total.estimate, reference["total"])
    close(total.se, reference["total_se"])
    agrees_on_means(reference, estimates, replicates)


def agrees_on_means(reference, estimates, replicates):
    mean = estimates(["api00", "api99"])
    close(mean.estimate, reference["mean"])
    close(mean.se, reference["mean_se"])
    close(mean.covariance([(0, 0), (0, 1)]), reference["mean_cov"])
    ratio = estimates(["api00"], statistic="ratio", denominators=["api99"])
    close(ratio.estimate, reference["ratio"])
    close(ratio.se, reference["ratio_se"])
    by = estimates(["api00", "api99"], by=["stype"])
    assert by.domains["stype"].tolist() == reference["stype"]
    close(by.estimate, reference["by"])
    close(by.se, reference["by_se"])
    share = estimates(["stype"], statistic="proportion")
    close(share.estimate, reference["share"])
    close(share.se, reference["share_se"])
    close(by.covariance([(0, 0), (1, 0), (2, 0)]), reference["by_cov"])
    assert replicates.degrees_of_freedom == reference["degf"]
    close(np.stack([mean.low[0], mean.high[0]], axis=1), reference["ci"])


@pytest.mark.parametrize("mse", [False, True])
@pytest.mark.parametrize("name", ["jkn_strat", "jk1_clus", "jk1_nofpc"])
def test_the_jackknife_is_that_of_r(name, mse):
    design, frame, make = {
        "jkn_strat": (strat(fpc=STRAT["fpc"]), STRAT, jkn),
        "jk1_clus": (clus1(fpc=CLUS1["fpc"]), CLUS1, jk1),
        "jk1_nofpc": (clus1(), CLUS1, jk1),
    }[name]
    replicates = make(design, mse=mse)
    reference = R[name + ".mse" * mse]
    assert replicates.count == reference["replicates"]
    close(replicates.scale, reference["scale"])
    close(np.unique(replicates.rscales), np.unique(reference["rscales"]))
    agrees(reference, design, frame, replicates)


def test_replicates_of_two_stages_are_those_of_the_first_and_blanks_are_outside():
    frame, reference = pd.read_csv(REFERENCES / "data" / "apiclus2.csv"), R["jk1_clus2"]
    design = survey_design(frame["pw"], psu=[frame["dnum"], frame["snum"]], fpc=[frame["fpc1"], frame["fpc2"]])
    jackknife = jk1(design)
    close(jackknife.scale, reference["scale"])
    assert jackknife.degrees_of_freedom == reference["degf"]
    mean = replicate_estimates(design, frame, ["api00", "api99", "enroll"], replicates=jackknife)
    close(mean.se[0, :2], reference["mean_se"])
    close(mean.estimate[0, 2], reference["enroll"])
    close(mean.se[0, 2], reference["enroll_se"])
    total = replicate_estimates(design, frame, ["enroll"], replicates=jackknife, statistic="total")
    close(total.se, reference["total_se"])
    assert mean.n[0].tolist() == [126, 126, 120]


@pytest.mark.parametrize("mse", [False, True])
@pytest.mark.parametrize(("name", "rho"), [("brr_strat", 0.0), ("fay_strat", 0.3)])
def test_half_samples_of_large_strata_are_split_into_pairs_as_in_r(name, rho, mse):
    design, reference = strat(), R[name + ".mse" * mse]
    replicates = brr(design, fay_rho=rho, mse=mse)
    assert (replicates.count, replicates.degrees_of_freedom) == (reference["replicates"], reference["degf"])
    close(replicates.scale, reference["scale"])
    total = replicate_estimates(design, STRAT, ["api00", "enroll"], replicates=replicates, statistic="total")
    close(total.se, reference["total_se"])  # of linear estimates, whatever the Hadamard matrix


@pytest.mark.parametrize("name", ["scd_BRR", "scd_Fay", "scd_BRR.mse", "scd_Fay.mse"])
def test_half_samples_from_the_matrix_of_r_are_those_of_r(name):
    (frame, design), reference = scd(), R[name]
    rho = 0.5 if "Fay" in name else 0.0
    replicates = brr(design, fay_rho=rho, matrix=R["hadamard_4"], mse=name.endswith("mse"))
    np.testing.assert_allclose(replicates.factors(), reference["factors"], **FACTORS)
    assert replicates.degrees_of_freedom == reference["degf"]
    same = given_replicates(design, reference["factors"], scale=reference["scale"], mse=name.endswith("mse"))
    assert same.degrees_of_freedom == reference["degf"]
    for made in (replicates, same):
        ratio = replicate_estimates(
            design, frame, ["alive"], statistic="ratio", denominators=["arrests"], replicates=made
        )
        close(ratio.estimate, reference["ratio"])
        close(ratio.se, reference["ratio_se"])
        total = replicate_estimates(design, frame, ["alive"], statistic="total", replicates=made)
        close(total.se, reference["total_se"])


@pytest.mark.parametrize("name", ["subbootstrap_clus", "bootstrap_clus", "bootstrap_clus_fpc", "bootstrap_clus_mse"])
def test_bootstraps_given_the_draws_of_r_are_those_of_r(name):
    design = clus1()
    agrees(R[name], design, CLUS1, given(name, design, CLUS1))


def test_scales_of_the_bootstraps_are_those_of_r():
    rng = np.random.default_rng(1)
    close(rao_wu(clus1(), 20, rng).scale, R["subbootstrap_clus"]["scale"])
    close(canty_davison(clus1(), 20, rng).scale, R["bootstrap_clus"]["scale"])
    close(canty_davison(clus1(fpc=CLUS1["fpc"]), 20, rng).scale, R["bootstrap_clus_fpc"]["scale"])
    close(rao_wu(strat(), 20, rng).scale, R["scale_of_strata"]["subbootstrap"])
    close(canty_davison(strat(fpc=STRAT["fpc"]), 20, rng).scale, R["scale_of_strata"]["bootstrap"])


def test_a_stratum_drawn_whole_never_varies():
    size = STRAT["fpc"].where(STRAT["stype"] != "M", 50)
    design, reference = strat(fpc=size), R["scale_of_strata"]
    middle = np.flatnonzero(np.sort(STRAT["stype"]) == "M")
    drawn = canty_davison(design, 20, np.random.default_rng(1)).factors()[middle]
    assert [drawn.min(), drawn.max()] == reference["whole"]
    jackknife = jkn(design)
    assert (jackknife.count, jackknife.degrees_of_freedom) == (150, reference["whole_degf"])
    close(replicate_estimates(design, STRAT, ["api00"], replicates=jackknife).se, reference["whole_mean_se"])


@pytest.mark.parametrize("rule", [LonelyPsu.ADJUST, LonelyPsu.CERTAINTY])
def test_lonely_units_under_the_jackknife_are_those_of_r(rule):
    frame = pd.DataFrame({"s": [1, 1, 1, 2, 2, 3, 4], "y": [1, 2, 4, 3, 5, 7, 9], "w": range(1, 8)})
    design = survey_design(frame["w"], strata=frame["s"], lonely_psu=rule)
    for statistic in ("total", "mean"):
        found = replicate_estimates(design, frame, ["y"], replicates=jkn(design), statistic=statistic)
        close(found.se, R[f"lonely_{rule}"][f"{statistic}_se"])


def test_orders_of_hadamard_matrices_are_never_larger_than_those_of_r():
    assert all(hadamard_order(n) <= order for n, order in enumerate(R["hadamard_orders"], start=1))


def test_functions_that_are_not_smooth_have_the_errors_of_r():
    design, reference = clus1(), R["functions"]
    replicates = given("subbootstrap_clus", design, CLUS1)
    items = ["api00", "api99"]
    rounded = replicate_function(
        lambda mean: np.round(mean[0, 0] - mean[0, 1]), design, CLUS1, items, replicates=replicates
    )
    close([rounded.estimate[0], rounded.se[0]], [reference["rounded"], reference["rounded_se"]])
    largest = replicate_function(np.max, design, CLUS1, ["api00"], by=["stype"], replicates=replicates)
    close([largest.estimate[0], largest.se[0]], [reference["largest"], reference["largest_se"]])
    assert len(np.unique(rounded.values)) < len(rounded.values) / 2


CALIBRATED = {
    "post_clus": lambda frame: poststratify(frame[["stype"]], {"stype": TYPES}, frame["pw"]),
    "rake_clus": lambda frame: rake(frame, {"stype": TYPES, "sch.wide": WIDE}, frame["pw"], tolerance=1e-13),
    "linear_clus": lambda frame: calibrate(*auxiliary(frame), frame["pw"]),
    "raking_clus": lambda frame: calibrate(*auxiliary(frame), frame["pw"], distance=Distance.RAKING),
    "logit_clus": lambda frame: calibrate(*auxiliary(frame), frame["pw"], distance=Distance.LOGIT, bounds=(0.2, 4.0)),
}
CALIBRATED |= {"rake_strat": CALIBRATED["rake_clus"], "linear_strat": CALIBRATED["linear_clus"]}


def auxiliary(frame):
    columns = {"one": 1.0, "H": frame["stype"] == "H", "M": frame["stype"] == "M", "api99": frame["api99"]}
    return pd.DataFrame(columns).astype(float), [6194, 755, 1018, 3914069]


@pytest.mark.parametrize("name", CALIBRATED)
def test_calibration_repeated_in_each_replicate_has_the_errors_of_r(name):
    frame, design, make = (
        (CLUS1, clus1(fpc=CLUS1["fpc"]), jk1) if name.endswith("clus") else (STRAT, strat(fpc=STRAT["fpc"]), jkn)
    )
    calibration = CALIBRATED[name](frame)
    tolerance = 1e-7 if name.startswith(("rak", "logit")) else 1e-8
    close(calibration.calibrated_weights[:5], R[name]["weights"], tolerance)
    stages = {"psu": CLUS1["dnum"]} if name.endswith("clus") else {"strata": STRAT["stype"]}
    calibrated = survey_design(calibration.calibrated_weights, **stages, fpc=frame["fpc"], calibration=calibration)
    replicates = make(design)
    for statistic, items in (("total", ["api00", "enroll"]), ("mean", ["api00", "api99"])):
        found = replicate_estimates(calibrated, frame, items, replicates=replicates, statistic=statistic)
        close(found.estimate, R[name][statistic], tolerance)
        close(found.se, R[name][f"{statistic}_se"], tolerance, zero=1e-7)
    by = replicate_estimates(calibrated, frame, ["api00", "api99"], by=["stype"], replicates=replicates)
    close(by.se, R[name]["by_se"], tolerance)
    share = replicate_estimates(calibrated, frame, ["stype"], statistic="proportion", replicates=replicates)
    assert (share.se < 1e-9).all()  # what was calibrated on is certain
