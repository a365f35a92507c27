"""Differences between domains and items as a table."""

import numpy as np
import pandas as pd
import pytest
from survey_samples import KEEP, assert_close, design_of, refs, sample

from analysis.contrasts import contrast_label, contrast_table
from analysis.design import survey_design
from analysis.estimate import means, totals
from analysis.faults import AnalysisError


def test_differences_of_domains_are_those_of_r():
    found = means(design_of("apiclus1"), sample("apiclus1"), ["api99", "api00"], by=["stype"], options=KEEP)
    table = contrast_table(found, "stype", {"E": 1, "H": -0.5, "M": -0.5})
    assert table[["item", "contrast"]].to_numpy().tolist() == [
        ["api99", "E - 0.5 H - 0.5 M"], ["api00", "E - 0.5 H - 0.5 M"]
    ]  # fmt: skip
    wanted = refs("taylor_stages", "clus1.contrast")["E_HM"]
    assert_close(table.loc[1, ["estimate", "se"]].to_numpy(dtype=float), [wanted["est"], wanted["se"]])


def test_totals_may_be_compared_too():
    found = totals(design_of("apistrat"), sample("apistrat"), ["enroll"], by=["comp.imp"], options=KEEP)
    table, wanted = (
        contrast_table(found, "comp.imp", {"Yes": 1, "No": -1}),
        refs("taylor_stages", "strat.total_contrast"),
    )
    assert_close(
        table.loc[0, ["estimate", "se"]].to_numpy(dtype=float), [wanted["difference.est"], wanted["difference.se"]]
    )


def test_items_are_compared_in_each_domain():
    found = means(design_of("apistrat"), sample("apistrat"), ["api00", "api99"], by=["stype"], options=KEEP)
    table = contrast_table(found, "item", {"api00": 1, "api99": -1})
    assert table["stype"].tolist() == ["E", "H", "M"]
    assert_close(table["estimate"], found.estimate[:, 0] - found.estimate[:, 1])
    whole = means(design_of("apistrat"), sample("apistrat"), ["api00", "api99"], options=KEEP)
    one, wanted = (
        contrast_table(whole, "item", {"api00": 1, "api99": -1}),
        refs("taylor_stages", "strat.contrast_items"),
    )
    assert_close(one.loc[0, ["estimate", "se"]].to_numpy(dtype=float), [wanted["est"], wanted["se"]])
    assert list(one.columns) == ["contrast", "estimate", "se", "ci_low", "ci_high", "df", "note"]


def test_other_columns_stay_and_a_combination_that_nobody_is_in_says_so():
    frame = pd.DataFrame({"a": list("xxyyxx"), "b": [1, 2, 1, 1, 1, 2], "y": [1.0, 2, 3, 4, 5, 7]})
    found = means(survey_design(np.ones(6)), frame, ["y"], by=["a", "b"], options=KEEP)
    table = contrast_table(found, "b", {2: 1, 1: -1})
    assert table[["a", "item", "contrast"]].to_numpy().tolist() == [["x", "y", "2 - 1"], ["y", "y", "2 - 1"]]
    assert table["note"].tolist() == ["", "no_answers"]
    assert_close(table.loc[0, "estimate"], 1.5)
    assert table.loc[1, ["estimate", "se", "ci_low", "ci_high"]].isna().all()


@pytest.mark.parametrize(
    ("column", "loads", "said"),
    [
        ("c", {"E": 1}, "no 'c' to compare; there are: stype, item"),
        ("stype", {"E": 1, "X": -1}, "no 'X' to compare; there are: E, H, M"),
        ("item", {"api00": 1, "q": -1}, "no 'q' to compare; there are: api00"),
    ],
)
def test_what_is_not_there_is_refused_by_name(column: str, loads: dict, said: str):
    found = means(design_of("apistrat"), sample("apistrat"), ["api00"], by=["stype"], options=KEEP)
    with pytest.raises(AnalysisError, match=said):
        contrast_table(found, column, loads)


def test_contrasts_need_covariances():
    found = means(design_of("apistrat"), sample("apistrat"), ["api00"], by=["stype"])
    with pytest.raises(AnalysisError, match="kept no covariances"):
        contrast_table(found, "stype", {"E": 1, "H": -1})


def test_contrasts_are_written_as_they_are_read():
    assert contrast_label({"A": 1, "B": -1}) == "A - B"
    assert contrast_label({"A": -2, "B": 1.5}) == "- 2 A + 1.5 B"
