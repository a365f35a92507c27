"""Moments of items: exact, the same however they are read, and refused with the item's name."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.design import survey_design
from analysis.faults import AnalysisError
from analysis.items import Items
from analysis.moments import Missing, cross_products, item_moments, moments_from

REFERENCES = Path(__file__).parents[1] / "references"
R = json.loads((REFERENCES / "scales.json").read_text())
BFI = pd.read_csv(REFERENCES / "data" / "bfi.csv")
N = [f"N{number}" for number in range(1, 6)]
ratings = st.lists(st.lists(st.integers(1, 5), min_size=3, max_size=3), min_size=5, max_size=30)


def frame_of(rows: list, names: str = "abc") -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(names))


def varies(frame: pd.DataFrame) -> bool:
    return bool((frame.nunique() > 1).all())


def test_pairwise_correlations_are_those_of_r():
    theirs = R["pairwise"]
    made = item_moments(BFI, theirs["items"], rule=Missing.PAIRWISE)
    np.testing.assert_allclose(made.correlation, theirs["cor"], atol=1e-14)
    assert made.n == np.min(theirs["n"])
    assert made.n_rows == 2800


def test_weighted_correlations_are_those_of_cov_wt():
    rows = BFI[[*N, "age"]].dropna()
    made = item_moments(rows, N, design=survey_design(rows["age"]))
    np.testing.assert_allclose(made.correlation, R["alpha_weighted"]["cor"], atol=1e-14)
    assert (made.n, made.weighted) == (R["alpha_weighted"]["n"], True)


@given(ratings)
def test_bytes_integers_and_floats_give_the_same_numbers(rows: list):
    frame = frame_of(rows)
    if not varies(frame):
        return
    made = [item_moments(frame.astype(kind), list("abc")) for kind in ("int8", "int64", "float64")]
    for other in made[1:]:
        np.testing.assert_allclose(other.covariance, made[0].covariance, rtol=1e-14, atol=1e-14)
        np.testing.assert_allclose(other.means, made[0].means, rtol=1e-15)
    np.testing.assert_allclose(made[0].covariance, np.cov(frame.T), atol=1e-13)


@given(ratings, st.lists(st.tuples(st.integers(0, 29), st.integers(0, 2)), max_size=6))
def test_listwise_is_the_same_as_dropping_the_rows_before(rows: list, blanks: list):
    frame = frame_of(rows).astype(float)
    for row, column in blanks:
        if row < len(frame):
            frame.iat[row, column] = np.nan
    complete = frame.dropna()
    if len(complete) < 3 or not varies(complete):
        return
    made, dropped = item_moments(frame, list("abc")), item_moments(complete, list("abc"))
    np.testing.assert_allclose(made.covariance, dropped.covariance, atol=1e-13)
    assert (made.n, made.n_rows, dropped.n) == (len(complete), len(frame), len(complete))


def test_a_code_of_no_answer_is_as_good_as_a_blank():
    coded = BFI[N].fillna(99).astype("int8")
    np.testing.assert_allclose(
        item_moments(coded, N, missing=99).covariance, item_moments(BFI, N).covariance, rtol=1e-13
    )


def test_equal_weights_change_nothing():
    rows = BFI[N].dropna()
    weighted = item_moments(rows, N, design=survey_design(np.full(len(rows), 2.5)))
    np.testing.assert_allclose(weighted.covariance, item_moments(rows, N).covariance, rtol=1e-12)


def test_rows_of_weight_zero_take_no_part():
    rows = BFI[N].dropna().reset_index(drop=True)
    counted = (np.arange(len(rows)) % 3 > 0).astype(float)
    made = item_moments(rows, N, design=survey_design(counted))
    np.testing.assert_allclose(made.covariance, item_moments(rows[counted > 0], N).covariance, rtol=1e-12)
    assert made.n == int(counted.sum())


def test_products_of_bytes_are_exact_over_many_rows():
    rng = np.random.default_rng(3)
    answers = rng.integers(-128, 128, size=(20_000, 4), dtype=np.int8)
    made = item_moments(Items(tuple("abcd"), answers), list("abcd"))
    whole = answers.astype(np.int64)
    n, sums, products = len(whole), whole.sum(axis=0), whole.T @ whole
    exact = (n * products - np.outer(sums, sums)).astype(float) / (n * (n - 1))
    np.testing.assert_allclose(made.covariance, exact, rtol=1e-13, atol=1e-9)


def test_products_do_not_depend_on_how_rows_fall_into_blocks():
    values = np.random.default_rng(4).normal(size=(1000, 5))
    np.testing.assert_allclose(cross_products(values), values.T @ values, rtol=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.floats(-1e6, 1e6))
def test_a_shift_leaves_covariances(shift: float):
    rows = BFI[N].dropna().head(200)
    np.testing.assert_allclose(item_moments(rows + shift, N).covariance, item_moments(rows, N).covariance, rtol=1e-7)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame({"a": [1, 2, 3], "b": [4, 4, 4]}), "item b: all 3 answers are 4"),
        (pd.DataFrame({"a": [1, 2, 3.0], "b": [4, np.nan, 1]}), "only 2 of 3 rows answered every item"),
        (pd.DataFrame({"a": [], "b": []}, dtype=float), "only 0 of 0 rows"),
        (pd.DataFrame({"a": [1], "b": [2]}), "only 1 of 1 rows"),
        (pd.DataFrame({"a": [1, 2, 3]}), "at least 2 items"),
        (pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]}), "column b is not numeric"),
        (pd.DataFrame({"a": [1, 2, 3], "b": [1, np.inf, 2]}), "column b holds an infinite value in rows 2"),
    ],
)
def test_what_has_no_moments_is_refused_with_its_place(frame: pd.DataFrame, message: str):
    with pytest.raises(AnalysisError, match=message):
        item_moments(frame, list(frame.columns))


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(AnalysisError, match="no column q9"):
        item_moments(BFI, ["N1", "q9"])


def test_items_that_nobody_answered_together_are_named():
    frame = pd.DataFrame({"a": [1, 2, 3, 4] + [np.nan] * 4, "b": [np.nan] * 4 + [1, 2, 3, 4]})
    with pytest.raises(AnalysisError, match="only 0 rows answered both a and b"):
        item_moments(frame, ["a", "b"], rule=Missing.PAIRWISE)


def test_an_item_constant_among_those_who_answered_another_is_named():
    frame = pd.DataFrame({"a": [1, 1, 1, 2, 3], "b": [1, 2, 3, np.nan, np.nan]})
    with pytest.raises(AnalysisError, match="item a does not vary among rows that answered b"):
        item_moments(frame, ["a", "b"], rule=Missing.PAIRWISE)


def test_weights_and_pairs_do_not_go_together():
    with pytest.raises(AnalysisError, match="complete rows"):
        item_moments(BFI[N], N, rule=Missing.PAIRWISE, design=survey_design(np.ones(len(BFI))))


def test_weights_of_another_length_are_refused():
    with pytest.raises(AnalysisError, match="must match row by row"):
        item_moments(BFI, N, design=survey_design(np.ones(5)))


@pytest.mark.parametrize("matrix", [[[1, 0.2], [0.3, 1]], [[1.0]], [[1, 0, 0], [0, 1, 0]]])
def test_a_matrix_that_is_no_covariance_is_refused(matrix: list):
    with pytest.raises(AnalysisError, match="symmetric"):
        moments_from(["a", "b"], matrix, 100)
