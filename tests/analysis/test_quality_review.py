"""Limits from simulated honest ballots, clusters that stand out, and correlations within interviewers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gamma, norm
from survey_samples import references

from analysis.cluster_quality import benjamini_hochberg, cluster_signs, gamma_tail
from analysis.faults import AnalysisError
from analysis.interviewers import cluster_icc
from analysis.items import Items
from analysis.quality import Look, Sign, review, upper_limit
from analysis.quality_reference import honest_model

CONTENT, MIXED = (-2.3, -1.7, -1.1, 1.3), (-1.6, -0.8, 0.1, 1.1)
QUICK = Look(n_simulated=4000)


def answers(n: int, k: int, cuts: tuple[float, ...], seed: int, level: float = 0.4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    latent = level**0.5 * rng.standard_normal((n, 1)) + (1 - level) ** 0.5 * rng.standard_normal((n, k))
    return 1.0 + np.searchsorted(cuts, latent)


def items(values: np.ndarray) -> Items:
    return Items(tuple(f"q{place}" for place in range(values.shape[1])), values)


def seeded(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_model_of_honest_ballots_keeps_answers_and_correlations():
    values = answers(4000, 8, CONTENT, 3)
    values[:800, 5:] = np.nan
    drawn = honest_model(items(values), seeded()).draw(60_000, seeded()).values
    for level in range(1, 6):
        np.testing.assert_allclose(
            (drawn == level).sum(axis=0) / np.isfinite(drawn).sum(axis=0),
            (values == level).sum(axis=0) / np.isfinite(values).sum(axis=0),
            atol=0.02,
        )
    wanted, found = pd.DataFrame(values).corr().to_numpy(), pd.DataFrame(drawn).corr().to_numpy()
    np.testing.assert_allclose(found, wanted, atol=0.03)
    assert abs(np.isnan(drawn[:, 7]).mean() - 0.2) < 0.01
    np.testing.assert_array_equal(np.isnan(drawn[:, 5]), np.isnan(drawn[:, 6]))


def test_the_model_sees_that_people_differ_in_style():
    rng = seeded(8)
    spread = np.exp(0.4 * rng.standard_normal((3000, 1)))
    latent = 0.6 * rng.standard_normal((3000, 1)) + 0.8 * spread * rng.standard_normal((3000, 16))
    styled = 1.0 + np.searchsorted(MIXED, latent)
    assert honest_model(items(styled), seeded()).style > 0.25
    assert honest_model(items(answers(3000, 16, MIXED, 8)), seeded()).style < 0.15


@pytest.mark.parametrize("cuts", [CONTENT, MIXED], ids=["content", "mixed"])
def test_honest_ballots_are_flagged_at_the_stated_rate(cuts: tuple[float, ...]):
    found = review(items(answers(3000, 20, cuts, 5)), seeded(), Look(false_alarm=0.02, n_simulated=9000))
    for sign, flags in found.flags.items():
        assert found.expected[sign] <= 0.02, sign
        assert flags.mean() < 0.02 + 4 * np.sqrt(0.02 * 0.98 / 3000), sign
    assert abs(found.any_flag.mean() - found.expected_any) < 0.02


def test_a_straight_line_is_honest_where_most_people_are_content_and_a_sign_where_they_are_not():
    content, mixed = answers(800, 15, (-3.5, -3, -1.6, 2.5), 2, 0.6), answers(800, 15, MIXED, 2, 0.1)
    content[0], mixed[0] = 4, 4
    flagged = [review(items(values), seeded(), QUICK).flags[Sign.LONGEST][0] for values in (content, mixed)]
    assert flagged == [False, True]


def test_honest_extreme_answerers_are_not_punished_by_person_fit():
    values = answers(1500, 20, MIXED, 6)
    values[:10], values[10:20] = 5, 1
    values[20:60] = np.where(seeded().random((40, 20)) < 0.9, 5, 4)  # nearly all the best
    found = review(items(values), seeded(), QUICK)
    assert not found.flags[Sign.PERSON_FIT][:20].any()
    assert found.flags[Sign.PERSON_FIT][20:60].mean() < 0.1


def test_random_answers_are_found_by_person_fit_and_distance():
    cuts = np.linspace(-1.5, 1.5, 20)
    rng = seeded(9)
    latent = 1.2 * rng.standard_normal((1500, 1)) + 0.6 * rng.standard_normal((1500, 20))
    values = 1.0 + (latent > cuts - 1) + (latent > cuts) + (latent > cuts + 1)
    values[:30] = rng.integers(1, 5, (30, 20))
    found = review(items(values), seeded(), QUICK)
    assert found.flags[Sign.PERSON_FIT][:30].mean() > 0.7
    assert found.flags[Sign.DISTANCE][:30].mean() > 0.9


def test_items_that_are_turned_change_person_fit_and_not_the_strings():
    values = answers(600, 12, MIXED, 3)
    turned = values.copy()
    turned[:, 3] = 6 - turned[:, 3]
    plain = review(items(values), seeded(), QUICK)
    other = review(items(turned), seeded(), Look(n_simulated=4000, reversed_items=("q3",)))
    np.testing.assert_allclose(plain.values[Sign.PERSON_FIT], other.values[Sign.PERSON_FIT])
    assert (plain.values[Sign.LONGEST] != other.values[Sign.LONGEST]).any()


def test_hurried_ballots_are_flagged_beside_the_median_pace():
    values, rng = answers(1000, 10, MIXED, 4), seeded(2)
    seconds = np.exp(rng.normal(5, 0.4, 1000))
    seconds[:25], seconds[25] = 8, np.nan
    found = review(items(values), seeded(), QUICK, seconds=seconds)
    assert found.flags[Sign.SPEED][:25].all()
    assert not found.flags[Sign.SPEED][25]
    assert found.flags[Sign.SPEED][25:].mean() < 0.03


def test_the_same_seed_gives_the_same_review_and_no_ballot_is_lost():
    values = answers(300, 10, MIXED, 4)
    one, other = (review(items(values), seeded(7), QUICK) for _ in range(2))
    pd.testing.assert_frame_equal(one.table(), other.table())
    assert len(one.ballots()) == 300
    assert (one.ballots()["signs"] > 0).to_numpy().tolist() == one.any_flag.tolist()


@given(st.lists(st.integers(0, 6), min_size=1, max_size=60), st.floats(0.01, 0.5))
@settings(max_examples=80, deadline=None)
def test_a_limit_flags_at_most_the_rate_and_no_lower_one_would_do(values: list[int], rate: float):
    honest = np.array(values, dtype=float)
    limit = upper_limit(honest, rate)
    assert (honest >= limit).mean() <= rate + 1e-9
    lower = honest[honest < limit]
    assert not len(lower) or (honest >= lower.max()).mean() > rate


def fraud(seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """24 interviewers of 25; the fourth copies, the eighth praises everything."""
    values = answers(600, 20, MIXED, seed)
    who, rng = np.arange(600) % 24, seeded(seed)
    copies = np.flatnonzero(who == 4)[:15]
    values[copies] = values[copies[0]]
    for row in copies[1:]:
        values[row, rng.integers(20)] = rng.integers(1, 6)
    values[who == 8] = np.where(rng.random((25, 20)) < 0.9, 5, 4)
    return values, who


def test_planted_clusters_stand_out_for_their_reason_and_no_others_do():
    values, who = fraud()
    found = review(items(values), seeded(), QUICK)
    signs = cluster_signs(found, {"who": who}, seeded())
    standing = signs.standing_out()
    assert set(standing["cluster"]) == {4, 8}
    assert "copies" in set(standing.loc[standing["cluster"] == 4, "test"])
    assert {"mean", "variance"} <= set(standing.loc[standing["cluster"] == 8, "test"])
    assert len(signs.rows) == 24 * 4


def test_honest_clusters_rarely_stand_out():
    named = 0
    for seed in range(6):
        found = review(items(answers(600, 12, MIXED, seed)), seeded(seed), QUICK)
        signs = cluster_signs(found, {"who": np.arange(600) % 20}, seeded(seed), n_sets=300)
        named += len(signs.standing_out())
    assert named <= 1


def test_places_that_truly_differ_are_compared_with_one_another():
    values = answers(1000, 10, MIXED, 11)
    place = np.arange(1000) % 25
    shift = seeded(4).normal(0, 0.35, 25)[place]
    rng = seeded(5)
    latent = shift[:, None] + 0.6 * rng.standard_normal((1000, 1)) + 0.8 * rng.standard_normal((1000, 10))
    values = 1.0 + np.searchsorted(MIXED, latent)
    found = review(items(values), seeded(), QUICK)
    signs = cluster_signs(found, {"place": place}, seeded(), n_sets=300)
    assert not (signs.standing_out()["test"] == "mean").any()


def test_renaming_and_shuffling_clusters_changes_nothing_else():
    values, who = fraud()
    found = review(items(values), seeded(), QUICK)
    plain = cluster_signs(found, {"who": who}, seeded()).standing_out()
    named = cluster_signs(found, {"who": [f"số {one}" for one in who]}, seeded()).standing_out()
    assert [f"số {one}" for one in plain["cluster"]] == named["cluster"].tolist()
    np.testing.assert_allclose(plain["p"].astype(float), named["p"].astype(float))


def test_small_clusters_are_counted_and_not_tested():
    values = answers(200, 8, MIXED, 4)
    who = [None] * 50 + ["a"] * 100 + ["b"] * 45 + ["c"] * 5
    signs = cluster_signs(review(items(values), seeded(), QUICK), {"who": who}, seeded(), n_sets=100)
    assert set(signs.rows["cluster"]) == {"a", "b"}
    assert signs.too_small == {"who": 1}


def test_false_discovery_is_that_of_p_adjust():
    given_p, wanted = (np.array(references("quality")[name]) for name in ("p", "bh"))
    np.testing.assert_allclose(benjamini_hochberg(given_p), wanted, atol=1e-12)
    order = seeded().permutation(len(given_p))
    np.testing.assert_allclose(benjamini_hochberg(given_p[order]), wanted[order], atol=1e-12)


def test_the_tail_by_three_moments_is_that_of_a_gamma_variable():
    law = gamma(6)
    chance = law.rvs(400_000, random_state=3)
    np.testing.assert_allclose(gamma_tail(law.isf(np.array([0.1, 1e-3])), chance), [0.1, 1e-3], rtol=0.05)
    other_end = gamma_tail(-law.ppf(np.array([1e-3, 1e-9])), -chance)  # a tail that ends is not taken for impossible
    np.testing.assert_allclose(other_end, norm.sf((6 - law.ppf(np.array([1e-3, 1e-9]))) / 6**0.5), rtol=0.05)
    assert (other_end > [1e-3, 1e-9]).all()
    np.testing.assert_allclose(gamma_tail(np.array([3.0]), norm.rvs(size=400_000, random_state=1)), 0.00135, rtol=0.1)


def test_correlations_within_clusters_are_those_of_the_analysis_of_variance():
    wanted = np.array(references("quality")["icc"])
    holes = np.array(references("quality")["holes"], dtype=float)
    found = cluster_icc(items(holes), references("quality")["cluster"])
    table = found.table()[["icc", "low", "high", "p", "size"]].to_numpy()
    np.testing.assert_allclose(table, wanted, atol=1e-10)


def test_correlations_within_clusters_of_one_size_are_those_of_psych():
    ratings, wanted = (np.array(references("quality")["balanced"]), references("quality")["icc1"])
    found = cluster_icc(items(ratings.reshape(-1, 1)), np.repeat(np.arange(10), 6))
    np.testing.assert_allclose([found.icc[0], found.p[0], found.low[0], found.high[0]], wanted, atol=1e-6)


def test_correlations_within_clusters_at_their_ends():
    who = np.repeat([0, 1, 2], 4)
    equal = cluster_icc(items(np.column_stack([who, np.full(12, 3)]).astype(float)), who)
    np.testing.assert_allclose([equal.icc[0], equal.low[0], equal.high[0], equal.p[0]], [1, 1, 1, 0])
    assert np.isnan(equal.icc[1])
    shifted = cluster_icc(items(answers(60, 2, MIXED, 1) * 7 - 3), np.arange(60) % 5)
    np.testing.assert_allclose(shifted.icc, cluster_icc(items(answers(60, 2, MIXED, 1)), np.arange(60) % 5).icc)


@pytest.mark.parametrize(
    ("look", "words"),
    [
        (Look(false_alarm=0.7), "must lie between 0 and 0.5"),
        (Look(reversed_items=("q99",)), "reversed items q99"),
        (Look(scales=(("q0", "q1"), ("q2", "z"))), "items z of a scale"),
    ],
)
def test_a_look_that_cannot_be_taken_is_refused(look: Look, words: str):
    with pytest.raises(AnalysisError, match=words):
        review(items(answers(60, 5, MIXED, 1)), seeded(), look)


def test_ballots_that_cannot_be_reviewed_are_refused():
    values = answers(60, 5, MIXED, 1)
    with pytest.raises(AnalysisError, match="there are 20 ballots; it takes at least 30"):
        review(items(values[:20]), seeded())
    with pytest.raises(AnalysisError, match="at least 2 items"):
        review(items(values[:, :1]), seeded())
    with pytest.raises(AnalysisError, match="all ballots say the same"):
        review(items(np.full((60, 5), 4.0)), seeded())
    silent = values.copy()
    silent[:, 2] = np.nan
    with pytest.raises(AnalysisError, match="no ballot answered q2"):
        review(items(silent), seeded())
    for seconds in (np.zeros(60), np.full(60, np.inf)):
        with pytest.raises(AnalysisError, match="seconds above zero"):
            review(items(values), seeded(), QUICK, seconds=seconds)
    found = review(items(values), seeded(), QUICK)
    with pytest.raises(AnalysisError, match="3 cluster labels for 60 ballots"):
        cluster_signs(found, {"who": [1, 2, 3]}, seeded())
    with pytest.raises(AnalysisError, match="column who has 1 clusters"):
        cluster_signs(found, {"who": [1] * 60}, seeded())
    with pytest.raises(AnalysisError, match="3 cluster labels for 60 ballots"):
        cluster_icc(items(values), [1, 2, 3])
