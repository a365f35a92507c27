"""Confirmatory factors: lavaan's numbers by ML and WLSMV, exact models given back, solutions that are none."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.confirmatory import Confirmatory, confirm, confirm_moments
from analysis.confirmatory_ordinal import confirm_ordinal
from analysis.covariance_structure import structure
from analysis.design import survey_design
from analysis.faults import AnalysisError
from analysis.fit_indices import ModelFit
from analysis.measurement import measurement_model
from analysis.moments import item_moments, moments_from

REFERENCES = Path(__file__).parents[1] / "references"
R = json.loads((REFERENCES / "confirmatory.json").read_text())
BFI = pd.read_csv(REFERENCES / "data" / "bfi.csv").iloc[:, :25].dropna()
HOLZINGER = pd.read_csv(REFERENCES / "data" / "holzinger.csv")
FILES = {"holzinger": HOLZINGER, "crossed": HOLZINGER, "bfi": BFI, "two": BFI, "small": BFI.head(300), "weak": BFI}
INDICES = {
    "chi_square": "chisq", "df": "df", "p": "pvalue", "baseline_chi_square": "baseline.chisq", "cfi": "cfi",
    "tli": "tli",
}  # fmt: skip
THREE = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"


def beside(made: pd.DataFrame, theirs: list) -> pd.DataFrame:
    """Our parameters with those of lavaan, by the names of both sides in either order."""
    known = {(row["lhs"], row["rhs"]): row for row in theirs if row["op"] in ("=~", "~~")}
    known |= {(other, one): row for (one, other), row in known.items()}
    names = zip(made["factor"].where(made["factor"] != "", made["item"]), made["item"], strict=True)
    found = pd.DataFrame([known[pair] for pair in names])
    ours = made.reset_index(drop=True).rename(columns={"se": "se_ours"})
    return pd.concat([found, ours[["kind", "estimate", "se_ours", "standardized", "standardized_se"]]], axis=1)


def assert_fit(made: ModelFit, theirs: dict, suffix: str = "") -> None:
    for ours, name in INDICES.items():
        assert getattr(made, ours) == pytest.approx(theirs[name + suffix], rel=1e-6, abs=1e-7), ours
    limits = [theirs[f"rmsea{part}{suffix}"] for part in ("", ".ci.lower", ".ci.upper")]
    assert tuple(made.rmsea) == pytest.approx(limits, abs=1e-6)
    assert made.srmr == pytest.approx(theirs["srmr"], abs=1e-6)


@pytest.mark.parametrize("name", list(R["ml"]))
def test_maximum_likelihood_is_that_of_lavaan(name: str):
    theirs = R["ml"][name]
    made = confirm(FILES[name], theirs["model"])
    both = beside(made.estimates, theirs["estimates"])
    np.testing.assert_allclose(both["estimate"], both["est"], atol=5e-5)
    np.testing.assert_allclose(both["se_ours"], both["se"], rtol=1e-5, atol=5e-6)
    np.testing.assert_allclose(both["standardized"], both["std"], atol=1e-5)
    np.testing.assert_allclose(both["standardized_se"], both["std_se"], atol=1e-5)
    assert_fit(made.fit, theirs["fit"])
    assert made.n == theirs["n"]


@pytest.mark.parametrize("name", ["holzinger", "bfi"])
def test_composite_reliability_and_extracted_variance_are_those_of_semtools(name: str):
    theirs = R["ml"][name]
    made = confirm(FILES[name], theirs["model"])
    np.testing.assert_allclose(made.composite_reliability, list(theirs["composite"].values()), atol=1e-5)
    np.testing.assert_allclose(made.average_variance, list(theirs["ave"].values()), atol=1e-5)


@pytest.mark.parametrize("name", list(R["dwls"]))
def test_ordered_answers_are_fitted_as_lavaan_does(name: str):
    theirs = R["dwls"][name]
    made = confirm_ordinal(FILES[name], theirs["model"])
    both = beside(made.estimates, theirs["estimates"])
    np.testing.assert_allclose(both["estimate"], both["est"], atol=5e-5)
    np.testing.assert_allclose(both["standardized"], both["std"], atol=1e-5)
    np.testing.assert_allclose(both["standardized_se"], both["std_se"], atol=1e-6)
    free = both["kind"] != "residual"  # lavaan gives none for what follows from the others
    np.testing.assert_allclose(both["se_ours"][free], both["se"][free], atol=5e-6)
    assert_fit(made.fit, theirs["fit"])
    assert made.scaled_fit is not None
    assert_fit(made.scaled_fit, theirs["fit"], ".scaled")


def exact(seed: int) -> tuple[pd.Series, np.ndarray]:
    """Parameters of the three factors, and the covariances that follow from them."""
    rng = np.random.default_rng(seed)
    model = measurement_model(THREE)
    shape = structure(model)
    values = rng.uniform(0.4, 1.2, shape.n_free)
    root = rng.uniform(0.3, 1, (3, 3))
    psi = root @ root.T + 0.5 * np.eye(3)
    values[shape.factor_covariance[0]] = psi
    matrices = shape.filled(values)
    loadings = matrices.loadings[0]
    truth = [loadings[item, factor] for factor in range(3) for item in range(3 * factor, 3 * factor + 3)]
    return pd.Series([*truth, *psi[np.triu_indices(3)], *matrices.residual[0]]), matrices.covariance(0)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000))
def test_an_exact_model_is_given_back_with_a_chi_square_of_zero(seed: int):
    truth, covariance = exact(seed)
    names = [f"x{number}" for number in range(1, 10)]
    made = confirm_moments(moments_from(names, covariance * 500 / 499, 500), THREE)
    np.testing.assert_allclose(made.estimates["estimate"], truth, atol=1e-5)
    assert made.fit.chi_square == pytest.approx(0, abs=1e-7)
    assert (made.fit.cfi, made.fit.rmsea.value) == (1.0, 0.0)


@settings(max_examples=5, deadline=None)
@given(st.permutations([f"x{number}" for number in range(1, 10)]), st.floats(0.1, 100))
def test_order_and_units_change_neither_fit_nor_the_standardised_solution(order: list, unit: float):
    before = confirm(HOLZINGER, THREE)
    other = confirm(HOLZINGER[order].assign(x4=lambda rows: unit * rows["x4"]), THREE)
    assert other.fit.chi_square == pytest.approx(before.fit.chi_square, rel=1e-7)
    np.testing.assert_allclose(other.estimates["standardized"], before.estimates["standardized"], atol=1e-5)
    np.testing.assert_allclose(other.estimates["standardized_se"], before.estimates["standardized_se"], atol=1e-5)


def test_the_marker_changes_the_unit_and_not_the_fit():
    other = THREE.replace("x1 + x2 + x3", "x3 + x1 + x2")
    before, after = confirm(HOLZINGER, THREE), confirm(HOLZINGER, other)
    assert after.fit.chi_square == pytest.approx(before.fit.chi_square, rel=1e-9)
    np.testing.assert_allclose(
        np.sort(after.estimates["standardized"]), np.sort(before.estimates["standardized"]), atol=1e-6
    )


def test_rows_are_counted_after_incomplete_ones_were_dropped():
    rows = HOLZINGER.copy()
    rows.loc[:49, "x5"] = np.nan
    made, dropped = confirm(rows, THREE), confirm(rows.dropna(subset=["x5"]), THREE)
    assert (made.n, made.n_rows) == (251, 301)
    pd.testing.assert_frame_equal(made.estimates, dropped.estimates)


def test_a_dictionary_is_as_good_as_a_text():
    model = {"visual": ["x1", "x2", "x3"], "textual": ["x4", "x5", "x6"], "speed": ["x7", "x8", "x9"]}
    assert confirm(HOLZINGER, model).fit == confirm(HOLZINGER, THREE).fit


def test_factors_are_told_with_their_correlations():
    table = confirm(HOLZINGER, THREE).factors()
    assert list(table["factor"]) == ["visual", "textual", "speed"]
    assert table.loc[0, "r_textual"] == pytest.approx(0.4585, abs=1e-4)
    assert list(table["items"]) == [3, 3, 3]


def test_the_first_loading_is_fixed_and_has_no_error():
    first = confirm(HOLZINGER, THREE).estimates.iloc[0]
    assert (first["estimate"], first["se"]) == (1.0, 0.0)
    assert np.isnan(first["z"])


def made_of(correlation: list, names: str = "abc") -> Confirmatory:
    return confirm_moments(moments_from(list(names), correlation, 200), f"f =~ {' + '.join(names)}")


def test_a_heywood_case_names_the_item():
    with pytest.raises(AnalysisError, match=r"item a has a negative residual variance \(-0.\d+, a Heywood case\)"):
        made_of([[1, 0.8, 0.7], [0.8, 1, 0.4], [0.7, 0.4, 1]])


def test_items_with_nothing_in_common_have_no_factor():
    with pytest.raises(AnalysisError, match=r"not identified|no solution|negative"):
        made_of([[1, 0.3, 0.3], [0.3, 1, -0.3], [0.3, -0.3, 1]])
    with pytest.raises(AnalysisError, match=r"not identified|no solution"):
        made_of(np.eye(3).tolist())


def test_factors_that_the_data_cannot_tell_apart_are_named():
    one = np.full((6, 6), 0.5) + 0.5 * np.eye(6)
    one[:3, 3:] = one[3:, :3] = 0.52
    with pytest.raises(AnalysisError, match="factors f and g correlate by one or more"):
        confirm_moments(moments_from(list("uvwxyz"), one, 500), "f =~ u + v + w; g =~ x + y + z")


def test_two_items_are_not_enough_for_a_factor_of_their_own():
    with pytest.raises(AnalysisError, match="4 parameters and the data give only 3 figures"):
        confirm(HOLZINGER, "visual =~ x1 + x2")


def test_three_items_fit_exactly_and_leave_nothing_to_test():
    fit = confirm(HOLZINGER, "visual =~ x1 + x2 + x3").fit
    assert (fit.df, fit.p, fit.rmsea.value) == (0, 1.0, 0.0)
    assert fit.chi_square == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("way", [confirm, confirm_ordinal])
def test_an_unknown_item_is_named(way):
    with pytest.raises(AnalysisError, match=r"no column A9 \(factor A\)"):
        way(BFI, "A =~ A1 + A9 + A3")


@pytest.mark.parametrize("way", [confirm, confirm_ordinal])
def test_a_constant_item_and_too_few_rows_are_refused(way):
    with pytest.raises(AnalysisError, match="item A2: all"):
        way(BFI.assign(A2=3), "A =~ A1 + A2 + A3")
    with pytest.raises(AnalysisError, match="3 rows are too few for 4 items"):
        way(
            BFI[["A1", "A2", "A3", "A4"]]
            .drop_duplicates(["A1"])
            .head(3)
            .assign(A2=[1, 2, 3], A3=[2, 1, 3], A4=[1, 3, 2]),
            "A =~ A1 + A2 + A3 + A4",
        )


def test_an_item_that_stands_twice_under_two_names_is_refused():
    with pytest.raises(AnalysisError, match="x1, again are combinations"):
        confirm(HOLZINGER.assign(again=HOLZINGER["x1"]), "f =~ x1 + again + x3 + x4")


def test_weights_are_refused_rather_than_passed_over():
    moments = item_moments(BFI, ["A2", "A3", "A5"], design=survey_design(np.ones(len(BFI))))
    with pytest.raises(AnalysisError, match="takes no weights"):
        confirm_moments(moments, "A =~ A2 + A3 + A5")
