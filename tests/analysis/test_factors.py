"""Exploratory factors: psych's numbers, what rotations must keep, and what cannot be had."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from analysis.adequacy import adequacy
from analysis.exploratory import explore
from analysis.extraction import Extraction, extract, most_factors, squared_multiple_correlations
from analysis.faults import AnalysisError
from analysis.moments import Moments, item_moments, moments_from
from analysis.rotation import Rotation, explained, rotate

REFERENCES = Path(__file__).parents[1] / "references"
R = json.loads((REFERENCES / "scales.json").read_text())
GIVEN = json.loads((REFERENCES / "psych_given.json").read_text())["refs"]
BFI = pd.read_csv(REFERENCES / "data" / "bfi.csv").iloc[:, :25].dropna()
HOLZINGER = pd.read_csv(REFERENCES / "data" / "holzinger.csv")
CASES = {f"{case['fm']}-{case['rotate']}-{case['k']}": case for case in R["factors"]}
SETTLED = [name for name, case in CASES.items() if case["settled"]]


def moments_of(case: dict) -> Moments:
    return item_moments(HOLZINGER if "x1" in case["items"] else BFI, case["items"])


def solved(case: dict):
    ways = {"extraction": Extraction(case["fm"]), "rotation": Rotation(case["rotate"])}
    return explore(moments_of(case), case["k"], **ways)


def difference(ours: np.ndarray, theirs: list) -> float:
    """The largest between loadings, whatever the order and the signs of the columns."""
    one, other = np.asarray(ours), np.asarray(theirs)
    cost = [[min(np.abs(a - b).max(), np.abs(a + b).max()) for b in other.T] for a in one.T]
    rows, columns = linear_sum_assignment(cost)
    return max(cost[row][column] for row, column in zip(rows, columns, strict=True))


def implied(k: int = 3, per_factor: int = 4, between: float = 0.3, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Loadings and the correlations that follow from them exactly."""
    rng = np.random.default_rng(seed)
    loadings = np.zeros((k * per_factor, k))
    for factor in range(k):
        loadings[factor * per_factor : (factor + 1) * per_factor, factor] = rng.uniform(0.5, 0.85, per_factor)
    phi = np.full((k, k), between) + (1 - between) * np.eye(k)
    correlation = loadings @ phi @ loadings.T
    np.fill_diagonal(correlation, 1.0)
    return loadings, correlation


@pytest.mark.parametrize("name", [name for name in CASES if name not in SETTLED])
def test_loadings_are_those_of_psych(name: str):
    assert difference(solved(CASES[name]).loadings, CASES[name]["loadings"]) < 3e-5


@pytest.mark.parametrize("name", SETTLED)
def test_varimax_is_that_of_r_run_to_its_end(name: str):
    """psych leaves stats::varimax at its loose tolerance: up to 0.0012 before the maximum."""
    made = solved(CASES[name]).loadings
    assert difference(made, CASES[name]["settled"]) < 5e-6
    assert difference(made, CASES[name]["loadings"]) < 1.2e-3


@pytest.mark.parametrize("name", CASES)
def test_communalities_correlations_and_fit_are_those_of_psych(name: str):
    case = CASES[name]
    made = solved(case)
    np.testing.assert_allclose(made.communality, case["communality"], atol=1e-5)
    np.testing.assert_allclose(made.explained, case["SS"], atol=5e-3 if name in SETTLED else 1e-4)
    if case["Phi"]:
        np.testing.assert_allclose(np.abs(made.correlation), np.abs(case["Phi"]), atol=1e-3)
    fit = made.fit
    assert (fit.df, fit.null_df) == (case["df"], case["null_df"])
    assert (fit.chi_square, fit.bic) == pytest.approx((case["chisq"], case["BIC"]), abs=1e-3)
    assert (fit.null_chi_square, fit.p) == pytest.approx((case["null_chisq"], case["p"]), rel=1e-6)
    assert (fit.rms, fit.rms_corrected, fit.tli) == pytest.approx((case["rms"], case["crms"], case["TLI"]), abs=1e-6)
    assert tuple(fit.rmsea) == pytest.approx(case["RMSEA"][:3], abs=1e-6)


@pytest.mark.parametrize("name", ["minres-oblimin-5", "ml-promax-3"])
def test_score_coefficients_are_those_of_thurstone(name: str):
    assert difference(solved(CASES[name]).score_coefficients, CASES[name]["weights"]) < 5e-5


def test_the_given_references_of_five_factors():
    theirs = GIVEN["fa5.minres.oblimin"]["value"]
    made = explore(item_moments(BFI, theirs["items"]), 5)
    assert difference(np.abs(made.loadings), theirs["abs_loadings_sorted_rows"]) < 1e-3
    np.testing.assert_allclose(made.communality, theirs["communality"], atol=1e-3)
    assert made.fit.chi_square == pytest.approx(theirs["chi"], abs=1e-2)
    assert (made.fit.rms, made.fit.tli) == pytest.approx((theirs["rms"], theirs["TLI"]), abs=1e-5)


def test_the_given_references_of_adequacy():
    made = adequacy(item_moments(BFI, list(BFI)).correlation, len(BFI))
    assert len(BFI) == GIVEN["n.complete"]["value"]
    assert made.kmo == pytest.approx(GIVEN["KMO.bfi"]["value"]["overall"], rel=1e-12)
    np.testing.assert_allclose(made.item_kmo, GIVEN["KMO.bfi"]["value"]["items"], rtol=1e-12)
    theirs = GIVEN["bartlett.bfi"]["value"]
    assert (made.chi_square, made.df, made.p) == pytest.approx((theirs["chisq"], theirs["df"], 0), rel=1e-12)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 30), st.sampled_from(Extraction), st.sampled_from([Rotation.OBLIMIN, Rotation.PROMAX]))
def test_correlations_of_a_model_give_back_their_communalities(seed: int, way: Extraction, rotation: Rotation):
    loadings, correlation = implied(seed=seed)
    made = explore(moments_from([f"q{i}" for i in range(12)], correlation, 500), 3, extraction=way, rotation=rotation)
    np.testing.assert_allclose(made.communality, (loadings**2).sum(axis=1), atol=1e-4)
    assert made.fit.chi_square == pytest.approx(0, abs=1e-4)
    assert not made.heywood


def test_oblimin_gives_back_a_simple_structure():
    loadings, correlation = implied()
    made = explore(moments_from([f"q{i}" for i in range(12)], correlation, 500), 3)
    assert difference(made.loadings, loadings.tolist()) < 1e-3
    np.testing.assert_allclose(made.correlation, np.full((3, 3), 0.3) + 0.7 * np.eye(3), atol=1e-3)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(Rotation), st.integers(2, 4))
def test_rotations_keep_what_the_factors_explain(seed: int, method: Rotation, k: int):
    loadings = np.random.default_rng(seed).uniform(-0.6, 0.6, size=(10, k))
    made = rotate(loadings, method)
    np.testing.assert_allclose(made.loadings @ made.correlation @ made.loadings.T, loadings @ loadings.T, atol=1e-8)
    assert np.linalg.eigvalsh(made.correlation)[0] > 0
    np.testing.assert_allclose(np.diag(made.correlation), 1, atol=1e-9)
    assert explained(made.loadings, made.correlation).sum() == pytest.approx((loadings**2).sum())


def test_the_order_of_items_is_no_matter():
    case = CASES["minres-oblimin-5"]
    order = np.random.default_rng(1).permutation(25)
    turned = explore(moments_of(case).taken(order.tolist()), 5)
    assert difference(turned.loadings, np.array(case["loadings"])[order].tolist()) < 1e-4


def test_the_table_names_items_and_factors():
    table = solved(CASES["ml-oblimin-3"]).table()
    assert list(table.columns) == ["item", "F1", "F2", "F3", "communality", "uniqueness"]
    assert list(table["item"]) == CASES["ml-oblimin-3"]["items"]


def test_scores_of_the_items_have_mean_zero_and_go_with_their_factor():
    case = CASES["ml-varimax-3"]
    made, rows = solved(case), HOLZINGER[case["items"]]
    scores = made.scores(((rows - rows.mean()) / rows.std()).to_numpy())
    np.testing.assert_allclose(scores.mean(axis=0), 0, atol=1e-12)
    strongest = np.abs(made.loadings).argmax(axis=0)
    for factor, item in enumerate(strongest):
        assert abs(np.corrcoef(scores[:, factor], rows.iloc[:, item])[0, 1]) > 0.7


def test_a_heywood_case_is_said():
    loadings, correlation = implied(k=1, per_factor=4)
    correlation[0, 1] = correlation[1, 0] = 0.95
    made = explore(moments_from(list("abcd"), correlation, 200), 1, extraction=Extraction.ML, rotation=Rotation.NONE)
    assert set(made.heywood) <= {"a", "b"}
    assert made.heywood
    assert loadings.shape == (4, 1)


def test_too_many_factors_are_refused_with_the_most_there_can_be():
    with pytest.raises(AnalysisError, match="7 factors are too many for 9 items; from 1 to 5"):
        explore(moments_of(CASES["ml-varimax-3"]), 7)
    assert most_factors(25) == 18
    assert most_factors(6) == 3


def test_no_factor_is_no_number():
    with pytest.raises(AnalysisError, match="0 factors"):
        extract(np.eye(4), 0)


def test_items_that_are_the_same_are_named():
    rows = BFI[["N1", "N2", "N3"]].assign(again=BFI["N1"])
    with pytest.raises(AnalysisError, match="N1, again are combinations"):
        explore(item_moments(rows, list(rows)), 1)


def test_a_matrix_without_an_inverse_is_refused():
    with pytest.raises(AnalysisError, match="not positive definite"):
        squared_multiple_correlations(np.ones((3, 3)))
    with pytest.raises(AnalysisError, match="not positive definite"):
        adequacy(np.ones((3, 3)), 100)


def test_more_items_than_rows_are_refused():
    with pytest.raises(AnalysisError, match="20 rows are too few for 25 items"):
        explore(item_moments(BFI.head(20), list(BFI)), 2)
