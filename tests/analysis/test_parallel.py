"""Parallel analysis: eigenvalues and numbers of psych; random data drawn as what they are."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.faults import AnalysisError
from analysis.moments import item_moments, moments_from
from analysis.parallel import Eigenvalues, _random_correlations, parallel_analysis

REFERENCES = Path(__file__).parents[1] / "references"
R = json.loads((REFERENCES / "scales.json").read_text())["parallel"]
BFI = pd.read_csv(REFERENCES / "data" / "bfi.csv").iloc[:, :25].dropna()
MOMENTS = item_moments(BFI, list(BFI))


@pytest.mark.parametrize(
    ("kind", "eigenvalues", "number", "simulated"),
    [(Eigenvalues.COMPONENTS, "pc", "ncomp", slice(0, 25)), (Eigenvalues.FACTORS, "fa", "nfact", slice(25, 50))],
)
def test_bfi_against_psych_and_a_simulation_in_r(kind: Eigenvalues, eigenvalues: str, number: str, simulated: slice):
    made = parallel_analysis(MOMENTS, np.random.default_rng(1), kind=kind, n_sets=1000)
    np.testing.assert_allclose(made.observed, R[eigenvalues], atol=1e-12)
    assert made.suggested == R[number]
    mean, sd, high = (np.array(R[name][simulated]) for name in ("sim_mean", "sim_sd", "sim_q95"))
    assert (np.abs(made.random_mean - mean) < 5 * sd * np.sqrt(1 / 1000 + 1 / 2000)).all()
    np.testing.assert_allclose(made.random_quantile, high, atol=0.4 * sd.max())


def test_random_correlations_are_distributed_as_those_of_rows():
    rng = np.random.default_rng(7)
    drawn = _random_correlations(rng, 4000, 3, 12)
    rows = rng.normal(size=(4000, 12, 3))
    rows -= rows.mean(axis=1, keepdims=True)
    rows /= np.sqrt((rows**2).sum(axis=1, keepdims=True))
    direct = rows.transpose(0, 2, 1) @ rows
    for one, other in ((0, 1), (0, 2), (1, 2)):
        a, b = drawn[:, one, other], direct[:, one, other]
        assert a.mean() == pytest.approx(0, abs=0.02)
        np.testing.assert_allclose(np.quantile(a, [0.1, 0.5, 0.9]), np.quantile(b, [0.1, 0.5, 0.9]), atol=0.035)


def test_the_same_generator_gives_the_same_limits():
    made = [parallel_analysis(MOMENTS, np.random.default_rng(3), n_sets=50) for _ in range(2)]
    np.testing.assert_array_equal(made[0].random_quantile, made[1].random_quantile)


def test_items_with_nothing_in_common_suggest_no_factor():
    made = parallel_analysis(moments_from(list("abcdef"), np.eye(6), 400), np.random.default_rng(1))
    assert made.suggested == 0


def test_a_higher_quantile_suggests_no_more():
    suggested = [
        parallel_analysis(MOMENTS, np.random.default_rng(1), kind=Eigenvalues.FACTORS, quantile=q, n_sets=100).suggested
        for q in (0.5, 0.95, 0.999)
    ]
    assert suggested == sorted(suggested, reverse=True)


def test_the_table_counts_from_one():
    table = parallel_analysis(MOMENTS, np.random.default_rng(1), n_sets=20).table()
    assert list(table["number"]) == list(range(1, 26))
    assert table["above"].sum() == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [({"quantile": 95}, "quantile 95"), ({"quantile": 0}, "quantile 0"), ({"n_sets": 5}, "at least 20")],
)
def test_what_makes_no_sense_is_refused(options: dict, message: str):
    with pytest.raises(AnalysisError, match=message):
        parallel_analysis(MOMENTS, np.random.default_rng(1), **options)


def test_fewer_rows_than_items_are_refused():
    with pytest.raises(AnalysisError, match="5 rows are too few for 6 items"):
        parallel_analysis(moments_from(list("abcdef"), np.eye(6), 5), np.random.default_rng(1))
