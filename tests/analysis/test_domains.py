"""The silent errors of other libraries about domains, each by its name, and what is right instead."""

import numpy as np
import pandas as pd
from survey_samples import KEEP, assert_close, design_of, refs, sample

from analysis.design import survey_design
from analysis.estimate import means, proportions, totals

PEOPLE = pd.DataFrame(
    {
        "village": np.repeat(["A", "B", "C", "D"], 3),
        "stratum": np.repeat(["hill", "plain"], 6),
        "sex": list("mmfmffmmmmmm"),
        "y": [1, 2, np.nan, 4, 5, 3, 2, 2, np.nan, np.nan, 1, 4],
    }
)


def villages():
    return survey_design(np.ones(12), psu=PEOPLE["village"], strata=PEOPLE["stratum"])


def test_the_known_silent_error_of_the_whole_frame_s_degrees_of_freedom_in_a_domain():
    found = means(villages(), PEOPLE, ["y"], by=["sex"])
    assert villages().degrees_of_freedom == 2
    assert found.domains["sex"].tolist() == ["f", "m"]
    assert found.df.ravel().tolist() == [0, 2]  # the only woman of village A did not answer: B alone is left
    assert found.note.ravel().tolist() == ["no_degrees_of_freedom", ""]
    nhanes = means(design_of("nhanes"), sample("nhanes"), ["HI_CHOL"], by=["race"])
    assert nhanes.df.ravel().tolist() == refs("taylor_stages", "nhanes.degf")[1:]


def test_the_known_silent_error_of_rows_outside_the_domain_counted_in_n():
    found = means(villages(), PEOPLE, ["y"], where=PEOPLE["stratum"] == "hill")
    assert found.n[0, 0] == 5
    assert found.size[0, 0] == 5
    by_sex = proportions(villages(), PEOPLE.assign(y=PEOPLE["y"] > 2), ["y"], by=["sex"])
    assert by_sex.n[:, 0].tolist() == [3, 9]


def test_the_known_silent_error_of_n_from_before_dropping_missing_rows():
    found = means(villages(), PEOPLE, ["y"])
    complete = PEOPLE.dropna()
    dropped = survey_design(np.ones(9), psu=complete["village"], strata=complete["stratum"])
    expected = means(dropped, complete, ["y"])
    assert found.n[0, 0] == expected.n[0, 0] == 9
    assert_close([found.estimate, found.se], [expected.estimate, expected.se])
    assert_close([found.low, found.high], [expected.low, expected.high])


def test_the_known_silent_error_of_rare_levels_lumped_together():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"q": np.where(np.arange(5000) == 77, 5, rng.integers(1, 4, 5000)), "g": "x"})
    frame.loc[78, "g"] = "rare"
    design = survey_design(np.ones(5000))
    found = proportions(design, frame, ["q"])
    assert found.items == ("q=1", "q=2", "q=3", "q=5")
    assert_close(found.estimate[0, 3], 1 / 5000)
    assert totals(design, frame, ["q"], by=["g"]).domains["g"].tolist() == ["rare", "x"]
    crossed = means(design, frame, ["q"], by=["g", "q"])
    assert [tuple(row) for row in crossed.domains.to_numpy()] == [
        ("rare", frame.loc[78, "q"]), ("x", 1), ("x", 2), ("x", 3), ("x", 5)
    ]  # fmt: skip


def test_units_without_a_row_in_the_domain_count_as_zeros():
    clusters = means(design_of("apiclus1"), sample("apiclus1"), ["api00"], by=["stype"])
    assert_close(clusters.se[1, 0], refs("taylor_survey45", "dclus1.by")["table"][1]["se.api00"])
    only_b = totals(villages(), PEOPLE, ["y"], where=PEOPLE["village"] == "B")
    assert_close(only_b.se[0, 0], 12.0)  # village totals 0 and 12 in one stratum: 2/1 × (6² + 6²)


def test_missing_answers_of_one_item_leave_the_others_alone():
    design, frame = design_of("apistrat"), sample("apistrat")
    together = means(design, frame, ["acs.k3", "api00", "target"], by=["comp.imp"])
    assert_close(together.se[:, 1], means(design, frame, ["api00"], by=["comp.imp"]).se[:, 0], 1e-12)
    assert len(set(together.n[0].tolist())) == 3


def test_people_who_rate_several_units_are_covaried():
    frame = pd.DataFrame({"rater": np.repeat(np.arange(30), 2), "unit": np.tile(["so", "ubnd"], 30)})
    harshness = np.random.default_rng(4).normal(size=30)
    frame["rating"] = 3 + harshness[frame["rater"]] + (frame["unit"] == "so") * 0.5
    design = survey_design(np.ones(60), psu=frame["rater"])
    found = means(design, frame, ["rating"], by=["unit"], options=KEEP)
    difference = found.contrast({found.place("rating", unit="so"): 1, found.place("rating", unit="ubnd"): -1})
    assert_close(difference.estimate, 0.5)
    assert difference.se < 1e-12  # the same people were as harsh to both
    assert difference.note == "zero_error"
    assert (found.se > 0.1).all()


def test_domains_of_several_columns_are_in_ascending_order_without_combinations_that_nobody_is_in():
    frame = PEOPLE.assign(sex=pd.Categorical(PEOPLE["sex"], ["m", "f", "other"]))
    found = means(villages(), frame, ["y"], by=["stratum", "sex"])
    assert [tuple(row) for row in found.domains.to_numpy()] == [("hill", "m"), ("hill", "f"), ("plain", "m")]


def test_more_combinations_of_labels_than_a_number_can_hold_are_told_apart():
    rows = 1200
    frame = pd.DataFrame({f"k{i}": np.arange(rows) * 7919 % rows for i in range(7)} | {"y": 1.0})
    found = means(survey_design(np.ones(rows)), frame, ["y"], by=[f"k{i}" for i in range(7)])
    assert len(found.domains) == rows
    assert (found.n == 1).all()
    assert (found.domains["k0"] == found.domains["k6"]).all()
