"""The model of Fay and Herriot: R's printed and computed numbers, laws, what is refused, and that no score uses it."""

import ast
import configparser
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repository import ROOT
from scipy.stats import shapiro

from analysis.faults import AnalysisError
from analysis.small_areas import Fitting, benchmarked, fay_herriot

REFERENCES = ROOT / "tests" / "references"
REFS = json.loads((REFERENCES / "small_areas.json").read_text("utf-8"))
MILK = pd.read_csv(REFERENCES / "published" / "milk_sae.csv")
METHODS = list(Fitting)
seeds = st.integers(0, 10**6)


def milk(method):
    major = pd.get_dummies(MILK["major_area"]).iloc[:, 1:].to_numpy(dtype=np.float64)
    return fay_herriot(
        MILK["yi"].to_numpy(), MILK["sd"].to_numpy() ** 2, major, names=["m2", "m3", "m4"], method=method
    )


def made(seed, areas=15):
    rng = np.random.default_rng(seed)
    x, psi = rng.uniform(0, 10, areas), rng.uniform(0.2, 4, areas)
    y = 50 + 2 * x + rng.normal(0, rng.uniform(0.1, 4), areas) + rng.normal(0, np.sqrt(psi))
    return y, psi, x[:, None]


def fit(y, psi, x, **options):
    return fay_herriot(y, psi, x, names=["x"], **options)


@pytest.mark.parametrize("method", METHODS)
def test_milk_estimates_and_errors_are_those_printed_by_sae(method):
    """R: sae::mseFH(yi ~ as.factor(MajorArea), SD^2), which stops at 1e-4: seven digits of an earlier step."""
    found = milk(method)
    assert found.estimate == pytest.approx(MILK[method.value], abs=1e-6)
    assert found.mse == pytest.approx(MILK[f"{method.value}_mse"], abs=1e-7)
    assert (found.mse < MILK["sd"] ** 2).all()


def test_milk_coefficients_and_likelihood_are_those_printed():
    """R: saens::eblupfh, README: coefficients, their errors, AIC."""
    found = milk(Fitting.REML)
    assert found.coefficient == pytest.approx([0.9681890, 0.1327801, 0.2269462, -0.2413011], abs=3e-7)
    assert found.coefficient_se == pytest.approx([0.069362, 0.103001, 0.092330, 0.081617], abs=1e-6)
    assert found.log_likelihood == pytest.approx(12.67748, abs=2e-5)
    assert found.aic == pytest.approx(-15.35496, abs=4e-5)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", ["milk", "flat", "wide"])
def test_the_highest_likelihood_is_that_of_r(case, method):
    wanted = REFS[f"{case}_{method.name}"]
    data = REFS["wide"] if case == "wide" else REFS["data"]
    x = np.array(REFS["data"]["x"])[:, None]
    found = milk(method) if case == "milk" else fit(np.array(data["y"]), np.array(data["psi"]), x, method=method)
    assert found.variance == pytest.approx(wanted["a"], rel=1e-7, abs=1e-9)
    assert found.coefficient == pytest.approx(wanted["beta"], rel=1e-7)
    assert found.coefficient_se == pytest.approx(wanted["beta_se"], rel=1e-7)
    assert found.log_likelihood == pytest.approx(wanted["loglik"], rel=1e-9)
    assert found.estimate == pytest.approx(wanted["estimate"], rel=1e-7)
    assert found.mse == pytest.approx(wanted["mse"], rel=1e-7)


def test_a_variance_of_zero_is_declared_and_gives_the_regression():
    found = fit(np.array(REFS["data"]["y"]), np.array(REFS["data"]["psi"]), np.array(REFS["data"]["x"])[:, None])
    assert found.zero_variance
    assert found.variance == 0
    assert found.estimate.tolist() == found.synthetic.tolist()
    assert (found.mse > 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_an_area_without_a_sample_gets_the_regression_with_the_spread_between_areas(method):
    y, psi, x = np.array(REFS["wide"]["y"]), np.array(REFS["wide"]["psi"]), np.array(REFS["data"]["x"])[:, None]
    more = fit(np.append(y, np.nan), np.append(psi, np.nan), np.vstack([x, x[:1]]), method=method)
    same = fit(y, psi, x, method=method)
    assert more.estimate[:-1] == pytest.approx(same.estimate)
    assert more.estimate[-1] == pytest.approx(same.synthetic[0])
    assert more.mse[-1] == pytest.approx(REFS[f"wide_{method.name}"]["new_mse"][0], rel=1e-6)
    assert more.borrowed.all()
    assert more.table()["source"].tolist() == ["model"] * len(y) + ["synthetic"]


@settings(max_examples=30, deadline=None)
@given(seed=seeds, method=st.sampled_from(METHODS))
def test_the_model_estimate_lies_between_the_direct_one_and_the_regression(seed, method):
    found = fit(*made(seed), method=method)
    low, high = np.minimum(found.direct, found.synthetic), np.maximum(found.direct, found.synthetic)
    assert (found.estimate >= low - 1e-9).all()
    assert (found.estimate <= high + 1e-9).all()


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_areas_far_apart_keep_their_direct_estimates(seed):
    y, psi, x = made(seed)
    far = y + np.random.default_rng(seed).normal(0, 1e5, len(y))
    found = fit(far, psi, x)
    assert found.estimate == pytest.approx(far, abs=1e-2)
    assert found.mse == pytest.approx(psi, rel=1e-3)


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_areas_on_the_line_get_the_regression(seed):
    _, psi, x = made(seed)
    found = fit(3 + 2 * x[:, 0], psi, x)
    assert found.zero_variance
    assert found.estimate == pytest.approx(3 + 2 * x[:, 0])


@settings(max_examples=15, deadline=None)
@given(seed=seeds, factor=st.floats(0.01, 100), shift=st.floats(-1e3, 1e3))
def test_units_of_measurement_do_not_matter(seed, factor, shift):
    y, psi, x = made(seed)
    one, other = fit(y, psi, x), fit(factor * y + shift, factor**2 * psi, 7 * x + 1)
    assert other.estimate == pytest.approx(factor * one.estimate + shift, rel=1e-5, abs=1e-5 * factor)
    assert other.mse == pytest.approx(factor**2 * one.mse, rel=1e-4)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", [921, 1298, 1535, 1779, 1818, *range(20)])
def test_the_variance_is_found_where_errors_differ_by_seven_orders(seed, method):
    """Scoring alone circles for the first five."""
    rng = np.random.default_rng(seed)
    areas = rng.integers(5, 60)
    x, psi = rng.normal(size=areas), 10 ** rng.uniform(-4, 3, areas)
    y = x + rng.normal(0, 10 ** rng.uniform(-3, 2), areas) + rng.normal(0, np.sqrt(psi))
    found = fit(y, psi, x[:, None], method=method)
    assert found.variance >= 0
    assert (found.mse > 0).all()


def test_the_errors_hold_what_they_say():
    """400 draws of 30 areas: the mean of the estimated MSE is that of the squared errors, within four errors."""
    rng = np.random.default_rng(5)
    x, psi = np.linspace(0, 10, 30), np.tile([0.5, 1.0, 3.0], 10)
    found, wanted = [], []
    for _ in range(400):
        truth = 10 + x + rng.normal(0, 1.2, 30)
        fitted = fit(truth + rng.normal(0, np.sqrt(psi)), psi, x[:, None])
        found.append(fitted.mse.mean())
        wanted.append(((fitted.estimate - truth) ** 2).mean())
    difference = np.array(found) - np.array(wanted)
    assert abs(difference.mean()) < 4 * difference.std() / np.sqrt(len(difference))
    assert np.mean(found) < 0.8 * psi.mean()


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_benchmarked_estimates_have_the_direct_mean(seed):
    y, psi, x = made(seed)
    y[0] = psi[0] = np.nan
    shares = np.random.default_rng(seed).uniform(1, 9, len(y))
    before = fit(y, psi, x)
    after = benchmarked(before, shares)
    assert shares[1:] @ after.estimate[1:] == pytest.approx(shares[1:] @ y[1:])
    assert np.ptp(after.estimate - before.estimate) == pytest.approx(0, abs=1e-9)


def test_checks_of_the_model():
    found = milk(Fitting.REML).checks()
    assert found.shapiro_w == pytest.approx(shapiro(milk(Fitting.REML).residual)[0])
    assert shapiro(REFS["shapiro"]["x"])[0] == pytest.approx(REFS["shapiro"]["w"], rel=1e-6)
    assert shapiro(REFS["shapiro"]["x"])[1] == pytest.approx(REFS["shapiro"]["p"], rel=1e-4)
    assert found.variance_ratio == pytest.approx(0.01855033 / np.median(MILK["sd"] ** 2), rel=1e-6)
    assert 0 < found.mean_gamma < 1


def test_the_standardised_residuals_have_variance_one_under_the_model():
    rng = np.random.default_rng(3)
    x, psi = np.linspace(0, 10, 12), np.tile([0.5, 1.0, 3.0], 4)
    draws = [fit(x + rng.normal(0, np.sqrt(1.5 + psi)), psi, x[:, None]).residual for _ in range(400)]
    assert np.var(draws) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"psi": [0.0, 1, 1, 1, 1, 1]}, "rows 1: a variance must be above zero"),
        ({"psi": [np.nan, 1, 1, 1, 1, 1]}, "rows 1: of estimate and variance one is missing"),
        ({"psi": [1.0, 1]}, "variance has 2 values and the other columns 6"),
        ({"y": [np.nan, np.nan, np.nan, 1, 2, 3], "psi": [np.nan] * 3 + [1] * 3}, "only 3 areas"),
        ({"x": [1.0, 2, 3, 4, 5, np.nan]}, "rows 6: covariate x is missing"),
        ({"x": [2.0] * 6}, "covariate x is constant"),
    ],
)
def test_what_the_model_cannot_take_is_refused(change, said):
    given_ = {"y": [1.0, 2, 2, 3, 5, 4], "psi": [1.0] * 6, "x": [1.0, 2, 3, 4, 5, 7]} | change
    with pytest.raises(AnalysisError, match=said):
        fit(*(np.array(given_[name]) for name in ("y", "psi")), np.array(given_["x"])[:, None])


def test_shares_that_are_none_are_refused():
    found = fit(*made(1))
    for shares in (np.zeros(15), -np.ones(15)):
        with pytest.raises(AnalysisError, match="shares of areas"):
            benchmarked(found, shares)
    with pytest.raises(AnalysisError, match="shares has 2 values"):
        benchmarked(found, np.ones(2))


def imported(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_borrowed_strength_never_enters_points_or_ranks():
    """Only the command that shows it may import the model; a contract of import-linter says the same of all paths."""
    allowed = {"survey_app/cli/small_area.py"}
    users = {
        path.relative_to(ROOT).as_posix()
        for package in ("instruments", "sampling", "analysis", "scoring", "survey_app")
        for path in (ROOT / package).rglob("*.py")
        if "analysis.small_areas" in set(imported(path))
    }
    assert users <= allowed
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / "setup.cfg", encoding="utf-8")
    apart = contracts["importlinter:contract:borrowed"]
    assert "scoring" in apart["source_modules"].split()
    assert {"analysis.small_areas", "analysis.harshness"} <= set(apart["forbidden_modules"].split())
