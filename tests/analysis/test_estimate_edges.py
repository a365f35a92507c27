"""Estimates at the edge: a correct value, a value with a reason, or a refusal that says where and what."""

import numpy as np
import pandas as pd
import pytest
from survey_samples import AGAINST_WITHOUT, KEEP

from analysis.design import LonelyPsu, survey_design
from analysis.estimate import means, proportions, ratios, totals
from analysis.faults import AnalysisError
from analysis.options import Options

FOUR = pd.DataFrame({"g": ["a", "a", "b", "b"], "y": [1.0, 2, 4, 5], "x": [1.0, 1, 2, 2]})


def plain(frame: pd.DataFrame):
    return survey_design(np.ones(len(frame)), lonely_psu=LonelyPsu.CERTAINTY)


def column(values, **kind) -> pd.DataFrame:
    return pd.DataFrame({"y": pd.Series(values, **kind), "g": ["a", "a", "b", "b"]})


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([1, None, 4, 5], dtype="Int64"),
        pd.Series([1, None, 4, 5], dtype="Float64"),
        pd.Series([1, np.nan, 4, 5], dtype="float32"),
        pd.Series([1, None, 4, 5], dtype=object),
        pd.Series(["1", None, "4", "5"], dtype="str"),
        pd.Series([1, None, 4, 5]).astype("category"),
    ],
    ids=lambda values: str(values.dtype),
)
def test_blank_answers_are_left_out_whatever_the_type_of_the_column(values: pd.Series):
    frame = FOUR.assign(y=values)
    found = means(plain(frame), frame, ["y"])
    assert (found.estimate[0, 0], found.n[0, 0], found.df[0, 0]) == (pytest.approx(10 / 3), 3, 2)


@pytest.mark.parametrize("kind", ["int8", "uint8", "int64", "float64"])
def test_a_code_may_mean_missing(kind: str):
    frame = FOUR.assign(y=np.array([1, 9, 4, 5], dtype=kind), x=np.array([9, 9, 9, 1], dtype=kind))
    found = means(plain(frame), frame, ["y", "x"], options=Options(missing=9))
    assert found.estimate[0].tolist() == [pytest.approx(10 / 3), 1]
    assert found.n[0].tolist() == [3, 1]
    unknown_to_the_type = means(plain(frame), frame, ["y"], options=Options(missing=999))
    assert unknown_to_the_type.n[0, 0] == 4


@pytest.mark.parametrize("kind", ["bool", "boolean"])
def test_truth_values_are_zero_and_one(kind: str):
    frame = FOUR.assign(y=pd.Series([True, False, True, True], dtype=kind))
    assert means(plain(frame), frame, ["y"]).estimate[0, 0] == 0.75


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["1", "two", "3", "4"], "column y is not numeric .*'two'"),
        ([1, "x", 3, 4], "'x'"),
        ([1, np.inf, 3, 4], "infinite value in rows 2"),
        (pd.Series(["low", "high", "low", "low"], dtype="category"), "'low'"),
    ],
)
def test_strings_where_numbers_belong_are_refused(values, said: str):
    frame = FOUR.assign(y=values)
    with pytest.raises(AnalysisError, match=said):
        means(plain(frame), frame, ["y"])


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda d: means(d, FOUR, []), "no column to estimate"),
        (lambda d: means(d, FOUR, ["z"]), "no column z; columns: g, y, x"),
        (lambda d: means(d, FOUR, ["y", "y"]), "named more than once: y"),
        (lambda d: means(d, FOUR, ["y"], by=["z"]), "no column z"),
        (lambda d: means(d, FOUR, ["y"], by=["g", "g"]), "named more than once: g"),
        (lambda d: means(d, FOUR.head(3), ["y"]), "items has 3 rows and the design 4"),
        (lambda d: means(d, FOUR, ["y"], where=[True, False, True]), "where has 3 rows"),
        (lambda d: means(d, FOUR, ["y"], where=[1, 0, 1, 1]), "true or false for every row"),
        (lambda d: means(d, FOUR, ["y"], where=pd.array([True, None, True, True])), "never blank"),
        (lambda d: means(d, FOUR, ["y"], options=Options(level=95)), "confidence level is 95"),
        (lambda d: ratios(d, FOUR, ["y", "x"], ["x"]), "2 numerators and 1 denominators"),
        (lambda d: proportions(d, FOUR.assign(y=np.nan), ["y"]), "no valid answer in y"),
        (lambda d: means(d, FOUR, ["y"]).covariance([(0, 0)]), "kept no covariances"),
        (lambda d: means(d, FOUR, ["y"], options=KEEP).covariance([(0, 0)] * 2001), "2001 estimates are too many"),
        (lambda d: means(d, FOUR, ["y"], by=["g"]).place("y", g="c"), "no estimate y .*'c'"),
        (lambda d: means(d, FOUR, ["y"], by=["g"]).place("y", h="a"), "no estimate y .*'h'"),
    ],
)
def test_what_cannot_be_estimated_is_refused_in_words(ask, said: str):
    with pytest.raises(AnalysisError, match=said):
        ask(plain(FOUR))


def test_a_measurement_has_no_levels():
    frame = pd.DataFrame({"y": np.arange(1001)})
    with pytest.raises(AnalysisError, match="1001 different levels, more than 1000"):
        proportions(survey_design(np.ones(1001)), frame, ["y"])


def test_a_domain_without_answers_says_so():
    frame = FOUR.assign(y=[1, 2, np.nan, np.nan])
    for found in (means(plain(frame), frame, ["y"], by=["g"]), totals(plain(frame), frame, ["y"], by=["g"])):
        assert found.note.ravel().tolist() == ["", "no_answers"]
        assert np.isnan([found.estimate[1, 0], found.se[1, 0], found.low[1, 0], found.high[1, 0]]).all()
        assert (found.n[1, 0], found.df[1, 0]) == (0, 0)


def test_a_category_without_rows_is_a_domain_without_answers():
    frame = FOUR.assign(g=pd.Categorical(FOUR["g"], ["a", "b", "c"]))
    found = means(plain(frame), frame, ["y"], by=["g"])
    assert found.domains["g"].tolist() == ["a", "b", "c"]
    assert found.note.ravel().tolist() == ["", "", "no_answers"]


def test_a_filter_that_nothing_passes_leaves_no_answers():
    found = means(plain(FOUR), FOUR, ["y"], by=["g"], where=np.zeros(4, dtype=bool))
    assert found.domains["g"].tolist() == ["a", "b"]
    assert (found.note == "no_answers").all()
    assert totals(plain(FOUR), FOUR, ["y"], where=np.zeros(4, dtype=bool)).note[0, 0] == "no_answers"


def test_rows_with_a_blank_domain_belong_to_none():
    frame = FOUR.assign(g=["a", "a", "b", None])
    found = means(plain(frame), frame, ["y"], by=["g"])
    assert found.domains["g"].tolist() == ["a", "b"]
    assert found.n.ravel().tolist() == [2, 1]


@pytest.mark.parametrize("kind", ["bool", "boolean", "Int64", "float64", "category", "datetime64[ns]"])
def test_domains_may_be_labelled_by_any_kind_of_value(kind: str):
    frame = FOUR.assign(g=pd.Series([0, 0, 1, 1]).astype("boolean" if kind == "bool" else "int64").astype(kind))
    found = means(plain(frame), frame, ["y"], by=["g"])
    assert found.estimate.ravel().tolist() == [1.5, 4.5]
    assert len(found.table()) == 2


def test_answers_that_all_agree_have_an_error_of_zero_that_is_marked():
    frame = FOUR.assign(y=[0.1, 0.1, 0.1, 0.1])
    found = means(plain(frame), frame, ["y"], options=AGAINST_WITHOUT)
    assert (found.se[0, 0], found.note[0, 0]) == (0, "zero_error")
    assert np.isnan(found.deff[0, 0])
    share = proportions(plain(frame), frame, ["y"])
    assert (share.items, share.estimate[0, 0], share.se[0, 0], share.note[0, 0]) == (("y=0.1",), 1, 0, "zero_error")
    assert share.low[0, 0] < 0.5  # four people who agree do not settle it


def test_a_single_unit_gives_an_estimate_and_no_interval():
    design = survey_design(np.ones(4), psu=["one"] * 4, lonely_psu=LonelyPsu.CERTAINTY)
    found = means(design, FOUR, ["y"])
    assert (found.estimate[0, 0], found.df[0, 0], found.note[0, 0]) == (3, 0, "no_degrees_of_freedom")
    assert np.isnan(found.low[0, 0])


def test_a_ratio_whose_denominators_are_zero_is_no_number_and_says_why():
    frame = FOUR.assign(x=[1, 3, 0, 0], z=[1, -1, 1, -1])
    found = ratios(plain(frame), frame, ["y"], ["x"], by=["g"])
    assert found.note.ravel().tolist() == ["", "zero_denominator"]
    assert np.isnan([found.estimate[1, 0], found.se[1, 0], found.low[1, 0]]).all()
    assert ratios(plain(frame), frame, ["x"], ["z"]).note[0, 0] == "zero_denominator"


def test_a_combination_with_an_estimate_that_is_missing_is_missing_for_the_same_reason():
    frame = FOUR.assign(y=[1, 2, np.nan, np.nan])
    found = means(plain(frame), frame, ["y"], by=["g"], options=KEEP)
    difference = found.contrast({(0, 0): 1, (1, 0): -1})
    assert difference.note == "no_answers"
    assert np.isnan([difference.estimate, difference.se, difference.low, difference.high]).all()
    alone = survey_design(np.ones(4), psu=["one"] * 4, lonely_psu=LonelyPsu.CERTAINTY)
    assert means(alone, FOUR, ["y"], by=["g"], options=KEEP).contrast({(0, 0): 1}).note == "no_degrees_of_freedom"
    same = means(plain(FOUR), FOUR.assign(y=2.0), ["y", "x"], options=KEEP)
    assert same.contrast({(0, 0): 3}).note == "zero_error"


def test_a_combination_counts_units_with_an_answer_only():
    frame = FOUR.assign(y=[1, 2, np.nan, 5])
    found = means(plain(frame), frame, ["y", "x"], options=KEEP)
    assert found.contrast({(0, 0): 1, (0, 1): 0}).df == found.df[0, 0] == 2
    assert found.contrast({(0, 0): 1, (0, 1): -1}).df == 3


def test_text_and_categories_have_shares_of_all_their_levels():
    frame = FOUR.assign(
        t=["có", "không", None, "có"], c=pd.Categorical(["x", "x", "y", "y"], ["x", "y", "z"]), k=[10, 9, 10, 2]
    )
    found = proportions(plain(frame), frame, ["t", "c", "k"], options=Options(missing=9))
    assert found.items == ("t=có", "t=không", "c=x", "c=y", "c=z", "k=2", "k=10")
    np.testing.assert_allclose(found.estimate[0], [2 / 3, 1 / 3, 0.5, 0.5, 0, 1 / 3, 2 / 3])
    assert found.n[0].tolist() == [3, 3, 4, 4, 4, 3, 3]
    many = pd.DataFrame({"t": [f"{level:02d}x" for level in range(12)]})
    twelve = proportions(survey_design(np.ones(12)), many, ["t"], options=Options(missing=9))
    assert len(twelve.items) == 12  # the tenth text is no missing code


def test_levels_that_look_alike_when_rounded_are_told_apart():
    frame = FOUR.assign(y=[1234567, 1234568, 0.1234567, 0.1234568])
    assert proportions(plain(frame), frame, ["y"]).items == (
        "y=0.1234567", "y=0.1234568", "y=1234567", "y=1234568"
    )  # fmt: skip


def test_a_domain_column_with_the_name_of_a_result_keeps_apart_from_it():
    frame = FOUR.rename(columns={"g": "n"}).assign(item=["p", "q", "p", "q"])
    found = means(plain(frame), frame, ["y"], by=["n", "item"])
    table = found.table()
    assert list(table.columns[:3]) == ["by_n", "by_item", "item"]
    assert not table.columns.duplicated().any()
    assert found.place("y", n="a", item="q") == (1, 0)
