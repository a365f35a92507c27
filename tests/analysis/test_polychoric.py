"""Polychoric correlations: lavaan's numbers, simulated truth, empty cells, and what cannot be had."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from analysis.faults import AnalysisError
from analysis.polychoric import asymptotic_covariance, bivariate_normal, ordinal_answers, polychoric

REFERENCES = Path(__file__).parents[1] / "references"
R = json.loads((REFERENCES / "scales.json").read_text())["polychorics"]
BFI = pd.read_csv(REFERENCES / "data" / "bfi.csv").iloc[:, :25].dropna()


def rows_of(table: list) -> pd.DataFrame:
    cells = np.array(table)
    places = np.argwhere(cells >= 0).repeat(cells.ravel(), axis=0)
    return pd.DataFrame(places, columns=["a", "b"])


def fitted(frame: pd.DataFrame):
    return polychoric(ordinal_answers(frame, list(frame)))


def cut(n: int, rho: float, thresholds: tuple, seed: int) -> pd.DataFrame:
    """Two answers cut from normal variables of correlation rho."""
    rng = np.random.default_rng(seed)
    one = rng.normal(size=n)
    other = rho * one + np.sqrt(1 - rho**2) * rng.normal(size=n)
    return pd.DataFrame({"a": np.searchsorted(thresholds, one), "b": np.searchsorted(thresholds, other)})


def test_correlations_and_thresholds_are_those_of_lavaan():
    made = fitted(BFI[R["bfi"]["items"]])
    np.testing.assert_allclose(made.correlation, R["bfi"]["rho"], atol=1e-7)
    np.testing.assert_allclose(made.threshold_table()["threshold"], R["bfi"]["th"], atol=1e-12)


def test_correlations_are_those_of_psych_without_its_correction():
    made = fitted(BFI[R["bfi"]["items"]])
    np.testing.assert_allclose(made.correlation, R["psych_bfi"], atol=1e-4)


def test_empty_cells_of_larger_tables_are_left_alone():
    made = fitted(BFI[R["small"]["items"]].head(80))
    assert (made.cells == 0).sum() > 40
    np.testing.assert_allclose(made.correlation, R["small"]["rho"], atol=1e-7)


@pytest.mark.parametrize("name", ["two_by_two", "empty_two_by_two"])
def test_tables_of_two_by_two_are_those_of_lavaan(name: str):
    assert fitted(rows_of(R[name]["table"])).correlation[0, 1] == pytest.approx(R[name]["rho"], abs=1e-8)


@settings(max_examples=50, deadline=None)
@given(st.floats(-4, 4), st.floats(-4, 4), st.floats(-0.99, 0.99))
def test_the_bivariate_normal_is_that_of_scipy(h: float, k: float, rho: float):
    theirs = multivariate_normal.cdf([h, k], cov=[[1, rho], [rho, 1]], abseps=1e-12, releps=1e-12)
    assert bivariate_normal(h, k, rho) == pytest.approx(theirs, abs=1e-9)


@given(st.floats(-4, 4), st.floats(-0.99, 0.99))
def test_the_bivariate_normal_is_symmetric_and_adds_up(h: float, rho: float):
    assert bivariate_normal(h, 8.5, rho) == pytest.approx(multivariate_normal.cdf(h), abs=1e-12)
    assert bivariate_normal(h, 0.3, rho) == pytest.approx(bivariate_normal(0.3, h, rho), abs=1e-14)
    both = bivariate_normal(h, 0.3, rho) + bivariate_normal(h, -0.3, -rho)
    assert both == pytest.approx(multivariate_normal.cdf(h), abs=1e-12)


@settings(max_examples=10, deadline=None)
@given(st.floats(-0.8, 0.8), st.integers(0, 20))
def test_the_correlation_behind_the_answers_is_found(rho: float, seed: int):
    made = fitted(cut(20_000, rho, (-1, -0.2, 0.9), seed))
    assert made.correlation[0, 1] == pytest.approx(rho, abs=0.04)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 20))
def test_turning_an_item_turns_the_sign_and_order_is_all_that_counts(seed: int):
    frame = cut(300, 0.5, (-1, 0, 1), seed)
    made = fitted(frame).correlation[0, 1]
    assert fitted(frame.assign(b=3 - frame["b"])).correlation[0, 1] == pytest.approx(-made, abs=1e-7)
    assert fitted(frame.assign(b=frame["b"] ** 2 + 5)).correlation[0, 1] == pytest.approx(made, abs=1e-12)


def test_the_asymptotic_error_is_that_of_repeated_samples():
    drawn = [fitted(cut(500, 0.5, (-0.7, 0.4), seed)) for seed in range(200)]
    errors = [np.sqrt(asymptotic_covariance(made)[0, 0] / made.n) for made in drawn]
    spread = np.std([made.correlation[0, 1] for made in drawn])
    assert np.mean(errors) == pytest.approx(spread, rel=0.15)


def test_incomplete_rows_do_not_count():
    frame = cut(200, 0.4, (-0.5, 0.5), 1)
    with_blank = pd.concat([frame, frame.head(9).assign(a=np.nan)])
    made = ordinal_answers(with_blank, ["a", "b"])
    assert (len(made.codes), made.n_rows) == (200, 209)
    assert polychoric(made).correlation[0, 1] == fitted(frame).correlation[0, 1]


def test_items_may_have_levels_of_their_own():
    frame = cut(2000, 0.6, (-1, 0, 1), 5).assign(b=lambda rows: (rows["b"] > 1).astype(int))
    made = fitted(frame)
    assert made.correlation[0, 1] == pytest.approx(0.6, abs=0.05)
    assert list(made.threshold_table()["item"]) == ["a", "a", "a", "b"]


def test_answers_that_determine_each_other_are_named():
    with pytest.raises(AnalysisError, match="answers to a and b determine each other"):
        fitted(rows_of([[10, 0, 0], [0, 9, 0], [0, 0, 11]]))
    with pytest.raises(AnalysisError, match="a and b determine each other"):
        fitted(rows_of([[10, 0], [0, 9]]))


def test_a_continuous_item_is_no_ordinal_one():
    frame = pd.DataFrame({"a": np.arange(50), "b": np.arange(50) % 3})
    with pytest.raises(AnalysisError, match="item a has 50 different values"):
        fitted(frame)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame({"a": [1, 1, 1], "b": [1, 2, 3]}), "item a: all 3 answers are 1"),
        (pd.DataFrame({"a": [1.0, np.nan], "b": [1, 2]}), "only 1 of 2 rows"),
        (pd.DataFrame({"a": [1, 2, 3]}), "at least 2 items"),
    ],
)
def test_what_has_no_polychoric_correlation_is_refused(frame: pd.DataFrame, message: str):
    with pytest.raises(AnalysisError, match=message):
        fitted(frame)
