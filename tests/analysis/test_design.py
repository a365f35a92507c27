"""Designs: rules for lonely units, labels that start anew, and what is refused, with the place and the remedy."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from survey_samples import KEEP, assert_agrees, assert_close, design_of, refs, sample, weights_of_two_stages

from analysis.design import LonelyPsu, survey_design
from analysis.estimate import means, ratios, totals
from analysis.faults import AnalysisError

RULES = [LonelyPsu.CERTAINTY, LonelyPsu.ADJUST, LonelyPsu.AVERAGE]
SMALL = pd.DataFrame({"s": ["a", "a", "b", "b"], "p": [1, 2, 3, 4], "w": [1.0, 2, 3, 4], "y": [1.0, 0, 1, 1]})


def r(name: str):
    return refs("taylor_stages", name)


def with_one_school_in_h() -> pd.DataFrame:
    frame = sample("apistrat")
    first = frame.index[frame["stype"] == "H"][0]
    return pd.concat([frame[frame["stype"] != "H"], frame.loc[[first]]], ignore_index=True)


@pytest.mark.parametrize("rule", RULES)
def test_rules_for_a_stratum_with_a_single_unit(rule: LonelyPsu):
    frame = with_one_school_in_h()
    design = survey_design(frame["pw"], strata=frame["stype"], lonely_psu=rule)
    finite = survey_design(frame["pw"], strata=frame["stype"], fpc=frame["fpc"], lonely_psu=rule)
    assert_agrees(means(design, frame, ["api00", "api99"], options=KEEP), r(f"lonely.{rule}.mean"))
    assert_agrees(totals(design, frame, ["api00", "api99"], options=KEEP), r(f"lonely.{rule}.total"))
    assert_agrees(means(finite, frame, ["api00", "api99"], options=KEEP), r(f"lonely.{rule}.fpc.mean"))
    assert_agrees(ratios(design, frame, ["api00"], ["api99"]), r(f"lonely.{rule}.ratio"))


@pytest.mark.parametrize("rule", RULES)
def test_rules_for_lonely_units_in_domains(rule: LonelyPsu):
    frame = with_one_school_in_h()
    design = survey_design(frame["pw"], strata=frame["stype"], lonely_psu=rule)
    assert_agrees(means(design, frame, ["api00"], by=["comp.imp"]), r(f"lonely.{rule}.by"))
    untouched = means(design, frame, ["api00"], where=frame["stype"] != "H")
    assert_agrees(untouched, r(f"lonely.{rule}.without_H"))


@pytest.mark.parametrize("rule", [LonelyPsu.CERTAINTY, LonelyPsu.ADJUST])
def test_rules_for_a_lonely_unit_of_the_second_stage(rule: LonelyPsu):
    frame = sample("apiclus2")
    here = frame["dnum"] == r("lonely.second.district")
    frame = frame[~(here & frame["dnum"].duplicated())].reset_index(drop=True)
    units, sizes = [frame["dnum"], frame["snum"]], [frame["fpc1"], frame["fpc2"]]
    design = survey_design(weights_of_two_stages(frame), psu=units, fpc=sizes, lonely_psu=rule)
    assert_agrees(means(design, frame, ["api00", "api99"], options=KEEP), r(f"lonely.second.{rule}"))


def test_the_known_silent_error_of_dropping_strata_with_one_unit():
    frame = with_one_school_in_h()
    with pytest.raises(AnalysisError, match="single sampling unit was drawn in stratum H"):
        survey_design(frame["pw"], strata=frame["stype"])
    districts = sample("apiclus2")
    with pytest.raises(AnalysisError, match="single sampling unit"):  # also in the second stage
        survey_design(np.ones(126), psu=[districts["dnum"], districts["snum"]], fpc=[districts["fpc1"]])
    with pytest.raises(AnalysisError, match="no other to take the average of"):
        survey_design([1, 1], psu=["a", "a"], lonely_psu=LonelyPsu.AVERAGE)


def test_a_stratum_drawn_whole_is_not_lonely():
    frame = SMALL.iloc[:3]
    design = survey_design(frame["w"], strata=frame["s"], fpc=[20, 20, 1])
    found = means(design, frame, ["y"])
    both = survey_design(frame["w"], strata=frame["s"], fpc=[20, 20, 9], lonely_psu=LonelyPsu.CERTAINTY)
    assert_close(found.se, means(both, frame, ["y"]).se)


def test_the_known_silent_error_of_labels_reused_across_strata():
    frame = sample("nhanes")
    with pytest.raises(AnalysisError, match=r"sampling unit 1 stands in strata 75, 76.* say so \(nest\)"):
        survey_design(frame["WTMEC2YR"], psu=frame["SDMVPSU"], strata=frame["SDMVSTRA"])
    nested = means(design_of("nhanes"), frame, ["HI_CHOL"])
    as_if_the_same = means(survey_design(frame["WTMEC2YR"], psu=frame["SDMVPSU"]), frame, ["HI_CHOL"])
    assert_agrees(as_if_the_same, r("nhanes.labels_reused"))
    assert nested.se[0, 0] > 8 * as_if_the_same.se[0, 0]
    assert design_of("nhanes").degrees_of_freedom == r("nhanes.degf")[0]


def test_labels_made_unique_by_hand_are_nested_labels():
    frame = sample("nhanes")
    unique = frame["SDMVSTRA"].astype(str) + "-" + frame["SDMVPSU"].astype(str)
    by_hand = survey_design(frame["WTMEC2YR"], psu=unique, strata=frame["SDMVSTRA"])
    assert_close(means(by_hand, frame, ["HI_CHOL"]).se, means(design_of("nhanes"), frame, ["HI_CHOL"]).se, 1e-12)


def test_second_stage_labels_start_anew_in_each_first_stage_unit():
    frame = sample("apiclus2")
    anew = frame.groupby("dnum").cumcount()
    units, sizes = [frame["dnum"], anew], [frame["fpc1"], frame["fpc2"]]
    design = survey_design(weights_of_two_stages(frame), psu=units, fpc=sizes)
    assert_agrees(means(design, frame, ["api00", "api99"], options=KEEP), r("clus2.mean"))


def test_fractions_and_counts_say_the_same_of_a_population():
    frame = sample("apistrat")
    drawn = frame.groupby("stype")["stype"].transform("count")
    by_fraction = survey_design(frame["pw"], strata=frame["stype"], fpc=drawn / frame["fpc"])
    assert_close(means(by_fraction, frame, ["api00"]).se, means(design_of("apistrat"), frame, ["api00"]).se, 1e-12)


def test_a_census_has_no_error_and_says_that_it_is_zero():
    design = survey_design(np.ones(4), strata=SMALL["s"], fpc=[2, 2, 2, 2])
    found = means(design, SMALL, ["y"])
    assert (found.se[0, 0], found.note[0, 0]) == (0, "zero_error")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"w": [1, 2, -3, 4]}, r"weights must be numbers, zero or more; found -3 \(row 3\)"),
        ({"w": [1, np.nan, 3, 4]}, r"found nan \(row 2\)"),
        ({"w": [1, 2, np.inf, 4]}, r"found inf \(row 3\)"),
        ({"w": ["1", "two", "3", "4"]}, r"found two \(row 2\)"),
        ({"w": [0, 0, 0, 0]}, "all weights are zero"),
        ({"s": ["a", None, "b", "b"]}, r"strata\[1\] is blank in row 2"),
        ({"p": [1, 2, np.nan, 4]}, r"psu\[1\] is blank in row 3"),
        ({"p": [1, 2, 2, 3]}, "sampling unit 2(.0)? stands in strata a, b"),
        ({"fpc": [9, 9, 9, 8]}, "stratum b: the population size .* not one number: 8.0, 9.0"),
        ({"fpc": [9, 9, 1, 1]}, "stratum b: 2 units were drawn but fpc says there are 1"),
        ({"fpc": [0.5, 0.5, 9, 9]}, r"not both; found 0.5 \(row 1, 2\)"),
        ({"fpc": [0, 9, 9, 9]}, r"found 0 \(row 1\)"),
        ({"fpc": [9, 9, np.nan, 9]}, r"found nan \(row 3\)"),
        ({"fpc": ["many", 9, 9, 9]}, r"found many \(row 1\)"),
        ({"fpc": [9, 9, 9]}, "fpc has 3 rows and the design 4"),
        ({"p": [1, 2, 3]}, r"psu\[1\] has 3 rows and the design 4"),
    ],
)
def test_what_no_design_can_be_made_of_is_refused_with_its_place(changed: dict, said: str):
    columns = {"w": SMALL["w"], "s": SMALL["s"], "p": SMALL["p"], "fpc": None} | changed
    with pytest.raises(AnalysisError, match=said):
        survey_design(columns["w"], strata=columns["s"], psu=columns["p"], fpc=columns["fpc"])


def test_an_empty_frame_and_a_later_stage_without_the_earlier_are_refused():
    with pytest.raises(AnalysisError, match="no row"):
        survey_design([])
    with pytest.raises(AnalysisError, match="stage 2 has an fpc but the stage before has none"):
        survey_design(SMALL["w"], psu=[SMALL["s"], SMALL["p"]], fpc=[None, [9, 9, 9, 9]])


def test_every_refusal_speaks_vietnamese_too():
    with pytest.raises(AnalysisError) as refused:
        survey_design(SMALL["w"], strata=["a", "a", "b", "c"])
    assert refused.value.message("vi").startswith("tầng b, c chỉ có một đơn vị mẫu")


def test_one_row_has_no_error_to_estimate():
    with pytest.raises(AnalysisError, match="single sampling unit"):
        survey_design([2.0])
    alone = survey_design([2.0], lonely_psu=LonelyPsu.CERTAINTY)
    found = means(alone, pd.DataFrame({"y": [3.0]}), ["y"])
    assert (found.estimate[0, 0], found.n[0, 0], found.df[0, 0]) == (3, 1, 0)
    assert found.note[0, 0] == "no_degrees_of_freedom"
    assert np.isnan(found.low[0, 0])


def test_rows_of_weight_zero_take_no_part_but_their_units_were_drawn():
    frame = pd.concat([SMALL, SMALL.iloc[[0]].assign(w=0.0, y=99.0, p=5)], ignore_index=True)
    design = survey_design(frame["w"], strata=frame["s"], psu=frame["p"])
    found = means(design, frame, ["y"])
    assert_close(found.estimate, means(survey_design(SMALL["w"], strata=SMALL["s"]), SMALL, ["y"]).estimate)
    assert (found.n[0, 0], found.df[0, 0], design.degrees_of_freedom) == (4, 2, 2)
    assert design.clusters.stages[0].drawn.tolist() == [3, 2]
    within = survey_design(frame["w"].replace(0.0, 7.0), strata=frame["s"], psu=frame["p"])
    as_domain = totals(within, frame, ["y"], where=frame["w"].to_numpy() > 0)
    assert_close(totals(design, frame, ["y"]).se, as_domain.se)


def test_a_drawn_unit_in_which_nobody_answered_keeps_its_stratum_from_being_lonely():
    frame = pd.DataFrame({"s": [1, 1, 2, 2], "p": [1, 2, 3, 4], "w": [2.0, 3, 5, 0], "y": [1.0, 2, 3, 9]})
    design = survey_design(frame["w"], strata=frame["s"], psu=frame["p"])
    found = totals(design, frame, ["y"])
    assert_close(found.se[0, 0] ** 2, (2 - 6) ** 2 + (15 - 0) ** 2)  # the total of the empty unit is 0, not unknown
    assert design.degrees_of_freedom == 1


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(12)), st.sampled_from(["sample", "text", "category", "Int64", "boolean"]))
def test_labels_of_any_kind_and_order_make_one_design(order: list[int], kind: str):
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"s": [0] * 6 + [1] * 6, "p": [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5], "y": rng.normal(size=12)})
    frame["w"] = rng.uniform(1, 3, 12)
    expected = means(survey_design(frame["w"], strata=frame["s"], psu=frame["p"]), frame, ["y"]).se
    shuffled = frame.iloc[order]
    strata = shuffled["s"]
    if kind != "sample":
        strata = strata.astype({"text": "str", "category": "category", "Int64": "Int64", "boolean": "boolean"}[kind])
    design = survey_design(shuffled["w"], strata=strata, psu=list(shuffled["p"]))
    assert_close(means(design, shuffled, ["y"]).se, expected, 1e-12)
