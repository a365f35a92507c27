"""Means, totals, ratios and proportions: R's numbers (survey 4.5 and 4.1.1; the files have the calls)."""

import numpy as np
import pytest
from survey_samples import (
    AGAINST_WITH,
    AGAINST_WITHOUT,
    KEEP,
    assert_agrees,
    assert_close,
    design_of,
    refs,
    sample,
    weights_of_two_stages,
)

from analysis.design import LonelyPsu, survey_design
from analysis.estimate import means, proportions, ratios, totals
from analysis.intervals import ProportionInterval
from analysis.options import Options

SAMPLES = {"dstrat": "apistrat", "dclus1": "apiclus1"}
both_samples = pytest.mark.parametrize("r", sorted(SAMPLES))


def given(r: str, name: str):
    return refs("taylor_survey45", f"{r}.{name}")


def more(name: str):
    return refs("taylor_stages", name)


@both_samples
def test_means_of_several_items_and_their_covariances(r: str):
    frame = sample(SAMPLES[r])
    assert_agrees(means(design_of(SAMPLES[r]), frame, ["api00", "api99", "enroll"], options=KEEP), given(r, "mean"))


@both_samples
def test_totals_and_their_covariances(r: str):
    assert_agrees(
        totals(design_of(SAMPLES[r]), sample(SAMPLES[r]), ["enroll", "api00"], options=KEEP), given(r, "total")
    )


@both_samples
def test_design_effects_of_means_and_totals(r: str):
    design, frame = design_of(SAMPLES[r]), sample(SAMPLES[r])
    wanted = given(r, "mean.deff")
    assert_close(means(design, frame, ["api00", "enroll"], options=AGAINST_WITHOUT).deff, wanted["deff"])
    assert_close(means(design, frame, ["api00", "enroll"], options=AGAINST_WITH).deff, wanted["deff_replace"])
    assert_close(totals(design, frame, ["enroll"], options=AGAINST_WITHOUT).deff, given(r, "total.deff"))


def test_proportions_of_a_factor_and_totals_of_its_levels_in_clusters():
    design, frame = design_of("apiclus1"), sample("apiclus1")
    coded = frame.assign(level=frame["stype"].map({"E": 1, "H": 2, "M": 3}))
    found = proportions(design, coded, ["level"], options=KEEP)
    assert found.items == ("level=1", "level=2", "level=3")
    assert_agrees(found, given("dclus1", "factor"))
    dummies = coded.assign(**{name: (frame["stype"] == name) * 1 for name in "EHM"})
    assert_agrees(totals(design, dummies, ["E", "H", "M"], options=KEEP), given("dclus1", "factor.total"))


def test_the_variable_of_the_strata_is_known_and_says_that_its_error_is_zero():
    frame = sample("apistrat")
    dummies = frame.assign(**{name: (frame["stype"] == name) * 1 for name in "EHM"})
    for call, name in ((means, "factor"), (totals, "factor.total")):
        found = call(design_of("apistrat"), dummies, ["E", "H", "M"])
        assert_close(found.estimate, given("dstrat", name)["est"])
        assert (found.se == 0).all()
        assert (found.note == "zero_error").all()


@both_samples
def test_ratios_where_some_denominators_are_missing(r: str):
    found = ratios(design_of(SAMPLES[r]), sample(SAMPLES[r]), ["api00", "api.stu"], ["api99", "enroll"])
    for place, name in enumerate(("ratio", "ratio2")):
        wanted = given(r, name)
        assert_close([found.estimate[0, place], found.se[0, place]], [wanted["est"], wanted["se"]])


@both_samples
def test_means_by_one_and_by_two_columns(r: str):
    design, frame = design_of(SAMPLES[r]), sample(SAMPLES[r])
    found = means(design, frame, ["api00", "api99"], by=["stype"])
    table = given(r, "by")["table"]
    assert list(found.domains["stype"]) == [row["stype"] for row in table]
    assert_close(found.estimate, [[row["api00"], row["api99"]] for row in table])
    assert_close(found.se, [[row["se.api00"], row["se.api99"]] for row in table])
    crossed = means(design, frame, ["api00"], by=["sch.wide", "stype"], options=AGAINST_WITHOUT)
    rows = given(r, "by2")["table"]
    assert [tuple(row) for row in crossed.domains.to_numpy()] == [(row["sch.wide"], row["stype"]) for row in rows]
    assert_close(crossed.estimate, [row["api00"] for row in rows])
    assert_close(crossed.se, [row["se"] for row in rows])
    assert_close(crossed.deff, [row["DEff.api00"] for row in rows])


@both_samples
def test_totals_and_ratios_by_domain(r: str):
    design, frame = design_of(SAMPLES[r]), sample(SAMPLES[r])
    assert_agrees(totals(design, frame, ["enroll"], by=["stype"]), given(r, "bytotal"))
    assert_agrees(ratios(design, frame, ["api.stu"], ["enroll"], by=["stype"]), given(r, "byratio"))


@both_samples
def test_filtered_rows_are_a_subpopulation(r: str):
    frame = sample(SAMPLES[r])
    found = means(design_of(SAMPLES[r]), frame, ["api00"], where=frame["comp.imp"] == "Yes", options=KEEP)
    assert_agrees(found, given(r, "subset"))


@both_samples
def test_degrees_of_freedom_interval_and_coefficient_of_variation(r: str):
    design = design_of(SAMPLES[r])
    found = means(design, sample(SAMPLES[r]), ["api00", "enroll"])
    assert design.degrees_of_freedom == given(r, "degf")
    assert (found.df == given(r, "degf")).all()
    assert_close([found.low[0, 0], found.high[0, 0]], given(r, "confint"))
    assert_close(found.cv, given(r, "cv"))


@both_samples
def test_the_difference_of_two_domains_is_that_of_a_t_test(r: str):
    found = means(design_of(SAMPLES[r]), sample(SAMPLES[r]), ["api00"], by=["comp.imp"], options=KEEP)
    yes, no = (found.place("api00", **{"comp.imp": answer}) for answer in ("Yes", "No"))
    difference, wanted = found.contrast({yes: 1, no: -1}), given(r, "ttest")
    assert_close([difference.estimate, difference.estimate / difference.se], [wanted["estimate"], wanted["statistic"]])


def test_contrasts_of_domains():
    strat = means(design_of("apistrat"), sample("apistrat"), ["api00"], by=["stype"], options=KEEP)
    difference = strat.contrast({strat.place("api00", stype="E"): 1, strat.place("api00", stype="H"): -1})
    wanted = refs("taylor_survey45", "dstrat.contrast")
    assert_close([difference.estimate, difference.se], [wanted["est"], wanted["se"]])
    clus1 = means(design_of("apiclus1"), sample("apiclus1"), ["api00"], by=["stype"], options=KEEP)
    e, h, m = (clus1.place("api00", stype=level) for level in "EHM")
    for name, loads in (("E_H", {e: 1, h: -1}), ("E_HM", {e: 1, h: -0.5, m: -0.5})):
        combined, wanted = clus1.contrast(loads), more("clus1.contrast")[name]
        assert_close([combined.estimate, combined.se], [wanted["est"], wanted["se"]])


def test_a_ratio_is_what_r_derives_from_two_totals():
    wanted = refs("taylor_survey45", "dclus1.contrast_ratio")
    found = ratios(design_of("apiclus1"), sample("apiclus1"), ["api00"], ["api99"])
    assert_agrees(found, wanted)


def test_covariances_across_domains_and_items():
    clus1 = means(design_of("apiclus1"), sample("apiclus1"), ["api00", "api99"], by=["stype"], options=KEEP)
    by_item = [(domain, item) for item in range(2) for domain in range(3)]
    assert_close(clus1.covariance(by_item), more("clus1.by.vcov")["vcov"])
    strat = means(design_of("apistrat"), sample("apistrat"), ["api00", "api99"], by=["comp.imp"], options=KEEP)
    by_item = [(domain, item) for item in range(2) for domain in range(2)]
    assert_close(strat.covariance(by_item), more("strat.by.vcov")["vcov"])


def test_contrasts_of_items_and_of_totals():
    design, frame = design_of("apistrat"), sample("apistrat")
    growth = means(design, frame, ["api00", "api99"], options=KEEP)
    found, wanted = growth.contrast({(0, 0): 1, (0, 1): -1}), more("strat.contrast_items")
    assert_close([found.estimate, found.se], [wanted["est"], wanted["se"]])
    pupils, wanted = totals(design, frame, ["enroll"], by=["comp.imp"], options=KEEP), more("strat.total_contrast")
    assert_agrees(pupils, wanted)
    found = pupils.contrast({(1, 0): 1, (0, 0): -1})
    assert_close([found.estimate, found.se], [wanted["difference.est"], wanted["difference.se"]])


def test_design_effects_of_ratios_and_of_totals_by_domain():
    design, frame = design_of("apiclus1"), sample("apiclus1")
    kinds = [ratios(design, frame, ["api.stu"], ["enroll"], options=o).deff for o in (AGAINST_WITHOUT, AGAINST_WITH)]
    assert_close(kinds, more("clus1.ratio_deff"))
    assert_close(
        totals(design, frame, ["enroll"], by=["stype"], options=AGAINST_WITHOUT).deff, more("clus1.total_deff")
    )


def test_two_stages_with_a_population_size_at_each():
    design, frame = design_of("apiclus2"), sample("apiclus2")
    assert_close(design.estimation_weights.sum(), more("clus2.weights"))
    assert_agrees(means(design, frame, ["api00", "api99"], options=KEEP), more("clus2.mean"))
    assert_agrees(totals(design, frame, ["api00", "api99"], options=KEEP), more("clus2.total"))
    assert_agrees(means(design, frame, ["enroll"], options=KEEP), more("clus2.enroll"))
    assert_agrees(totals(design, frame, ["enroll"], options=KEEP), more("clus2.total.enroll"))
    assert_agrees(ratios(design, frame, ["api.stu"], ["enroll"]), more("clus2.ratio"))
    assert_agrees(totals(design, frame, ["enroll"], by=["stype"]), more("clus2.bytotal"))
    by_type = means(design, frame, ["api00"], by=["stype"])
    assert_agrees(by_type, more("clus2.by"))
    assert [design.degrees_of_freedom, *by_type.df.ravel()] == more("clus2.degf")
    for options, name in ((AGAINST_WITHOUT, "deff"), (AGAINST_WITH, "replace")):
        assert_close(means(design, frame, ["enroll", "api00"], options=options).deff, more("clus2.deff")[name])


def test_later_stages_count_only_where_the_first_has_a_population_size():
    frame = sample("apiclus2")
    units = [frame["dnum"], frame["snum"]]
    stands_for = weights_of_two_stages(frame)
    first_only = survey_design(stands_for, psu=units, fpc=frame["fpc1"], lonely_psu=LonelyPsu.CERTAINTY)
    assert_agrees(means(first_only, frame, ["api00", "api99"], options=KEEP), more("clus2.first_fpc.mean"))
    none = design_of("apiclus2", fpc=False)
    assert_agrees(means(none, frame, ["api00", "api99"], options=KEEP), more("clus2.no_fpc.mean"))
    ultimate = survey_design(stands_for, psu=frame["dnum"])
    assert_agrees(means(ultimate, frame, ["api00", "api99"], options=KEEP), more("clus2.no_fpc.mean"))


def test_missing_answers_are_left_out_item_by_item_and_domain_by_domain():
    design, frame = design_of("nhanes"), sample("nhanes")
    assert_agrees(means(design, frame, ["HI_CHOL"], options=KEEP), more("nhanes.mean"))
    assert_agrees(means(design, frame, ["HI_CHOL"], by=["RIAGENDR", "race"]), more("nhanes.by_race_sex"))
    assert_agrees(totals(design, frame, ["HI_CHOL"], by=["race"]), more("nhanes.total_by_race"))
    found = means(design, frame, ["agecat", "HI_CHOL"], by=["race"])
    wanted = more("nhanes.by_race")
    assert_close(found.estimate[:, 1], wanted["est"])
    assert_close(found.se[:, 1], wanted["se"])
    assert found.n[:, 1].tolist() == more("nhanes.n")
    assert [design.degrees_of_freedom, *found.df[:, 1]] == more("nhanes.degf")
    where = (frame["race"] == 2) & (frame["RIAGENDR"] == 1)
    assert_agrees(means(design, frame, ["HI_CHOL"], where=where), more("nhanes.where"))
    deff = more("nhanes.deff_by_race")
    assert_close(means(design, frame, ["HI_CHOL"], by=["race"], options=AGAINST_WITHOUT).deff, deff["mean"])
    assert_close(totals(design, frame, ["HI_CHOL"], by=["race"], options=AGAINST_WITH).deff, deff["total_replace"])


def test_proportions_of_all_levels_by_domain():
    found = proportions(design_of("nhanes"), sample("nhanes"), ["agecat"], by=["race"])
    assert_agrees(found, more("nhanes.factor_by_race"))
    assert_close(found.estimate.sum(axis=1), np.ones(4), 1e-12)


@pytest.mark.parametrize(("level", "place"), [(0.95, 0), (0.9, 1)])
def test_intervals_take_the_degrees_of_freedom_of_the_domain(level: float, place: int):
    found = means(design_of("nhanes"), sample("nhanes"), ["HI_CHOL"], by=["race"], options=Options(level=level))
    assert_close([found.low[1, 0], found.high[1, 0]], more("nhanes.confint")[place])
    in_clusters = means(design_of("apiclus1"), sample("apiclus1"), ["api00"], by=["stype"])
    wanted = more("clus1.confint_by")
    assert in_clusters.df[1, 0] == wanted["df"]
    if level == 0.95:
        assert_close([in_clusters.low[1, 0], in_clusters.high[1, 0]], wanted["ci"])


@pytest.mark.parametrize("method", ["beta", "wilson", "xlogit", "mean"])
def test_intervals_of_proportions_are_those_of_the_chosen_method(method: str):
    frame = sample("apiclus1").assign(none=lambda table: (table["ell"] == 0) * 1)
    options = Options(proportion_interval=ProportionInterval(method))
    found = proportions(design_of("apiclus1"), frame, ["none"], options=options)
    wanted = refs("ciprop_survey45", f"ciprop.dclus1.{method}")
    assert_close([found.estimate[0, 1], found.low[0, 1], found.high[0, 1]], [wanted["est"], wanted["lo"], wanted["hi"]])
