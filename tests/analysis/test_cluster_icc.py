"""How alike people of one first-stage unit answer, with clusters of any size, and clusters within strata."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from survey_samples import references

from analysis.faults import AnalysisError
from analysis.interviewers import ClusterIcc, cluster_icc
from analysis.items import items_of
from sampling.two_stage import cluster_deff


def of(y, clusters, strata=None, **more) -> ClusterIcc:
    return cluster_icc(
        items_of(pd.DataFrame({"y": np.asarray(y, dtype=float)}), ["y"]), clusters, strata=strata, **more
    )


def numbers(found: ClusterIcc) -> np.ndarray:
    """As the reference lists them: n0, icc, design effect, interval, p."""
    fields = ("size", "icc", "design_effect", "low", "high", "p")
    return np.concatenate([getattr(found, name) for name in fields])


def test_unequal_clusters_are_those_of_aov_alone_and_nested_in_strata():
    known = references("cluster_icc")
    y, cluster, stratum = (known[name] for name in ("y", "cluster", "stratum"))
    np.testing.assert_allclose(numbers(of(y, cluster)), known["plain"], rtol=1e-10)
    np.testing.assert_allclose(numbers(of(y, cluster, stratum)), known["nested"], rtol=1e-10)
    assert of(y, cluster).icc[0] > of(y, cluster, stratum).icc[0]  # strata of different levels are no clusters


def test_clusters_of_one_size_give_what_reml_gives():
    known = references("cluster_icc")
    even = np.array(known["even"])
    found = of(even.ravel(), np.repeat(np.arange(10), 6))
    np.testing.assert_allclose(found.icc, known["reml"], atol=1e-5)  # lmer stops within that of its maximum
    np.testing.assert_allclose(found.design_effect, cluster_deff(6, float(found.icc[0])))
    assert found.design_effect_low < found.design_effect < found.design_effect_high


def test_the_ends_of_the_scale():
    who = np.repeat(np.arange(4), 3)
    assert of(who, who).icc == pytest.approx(1)  # alike within, different between
    assert of([1, 2, 3] * 4, who).icc == pytest.approx(-1 / 2)  # clusters exactly alike: -1 / (m - 1)
    assert np.isnan(of(np.full(12, 7), who).icc[0])  # everybody says the same
    assert np.isnan(of(np.full(12, 100 / 3), np.arange(12) % 5).icc[0])  # also where thirds are not exact
    assert np.isnan(of(range(12), range(12)).icc[0])  # one value in each cluster: nothing to compare within
    each_its_own = of(range(12), who, who)  # one cluster in each stratum: nothing to compare between
    assert np.isnan(each_its_own.icc[0])
    with pytest.raises(AnalysisError, match="clusters"):
        of([1, 2, 3], [1, 1, 1])
    with pytest.raises(AnalysisError, match="labels"):
        of([1, 2, 3], [1, 1, 2], [1, 2])


rows = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(0, 100)), min_size=8, max_size=60)


@settings(max_examples=60)
@given(rows, st.sampled_from([0.5, 3, -2]), st.integers(-50, 50))
def test_laws_of_the_correlation(data, factor: float, shift: int):
    cluster, stratum, y = (np.array(column) for column in zip(*data, strict=True))
    if len(np.unique(cluster)) < 2:
        return
    plain = numbers(of(y, cluster))
    np.testing.assert_allclose(numbers(of(factor * y + shift, cluster)), plain, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(numbers(of(y, cluster, np.zeros(len(y)))), plain, rtol=1e-9, atol=1e-12)
    order = np.random.default_rng(1).permutation(len(y))
    nested = numbers(of(y, cluster, stratum))
    np.testing.assert_allclose(numbers(of(y[order], cluster[order], stratum[order])), nested, rtol=1e-7, atol=1e-9)
    raised = y + 40 * stratum  # what strata differ by does not count
    np.testing.assert_allclose(numbers(of(raised, cluster, stratum)), nested, rtol=1e-6, atol=1e-9)
    labels = [f"{a}/{b}" for a, b in zip(stratum, cluster, strict=True)]
    np.testing.assert_allclose(numbers(of(y, labels, stratum)), nested, rtol=1e-9, atol=1e-12)
    lost = pd.Series(cluster, dtype=object)
    lost[cluster == cluster[0]] = None
    kept = cluster != cluster[0]
    if len(np.unique(cluster[kept])) > 1:
        np.testing.assert_allclose(numbers(of(y, lost, stratum)), numbers(of(y[kept], cluster[kept], stratum[kept])))
