"""What holds for replicates of any sample."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import replicate_cells, replicate_moments, replicate_weights
from analysis.design import survey_design
from analysis.estimate import means, ratios, totals
from analysis.hadamard import hadamard_matrix, hadamard_order, is_hadamard
from analysis.options import Options
from analysis.replicate import LOST, replicate_estimates, replicate_function
from analysis.replicate_weights import brr, canty_davison, jk1, jkn, rao_wu
from analysis.replicates import given_replicates
from sampling.calibration import calibrate, rake

FEW = settings(max_examples=15, deadline=None)
seeds = st.integers(0, 10_000)
KEEP = Options(covariances=True)


def sample(seed, sizes=(2, 3, 4, 2), missing=0.0):
    """A stratified sample of villages with some people each."""
    rng = np.random.default_rng(seed)
    stratum = np.repeat(np.arange(len(sizes)), sizes)
    people = rng.integers(1, 6, len(stratum))
    row = np.repeat(np.arange(len(stratum)), people)
    count = len(row)
    frame = pd.DataFrame({"stratum": stratum[row], "village": row, "w": rng.uniform(0.5, 3, count)})
    frame["sex"] = rng.integers(0, 2, count)
    for name in ("a", "b"):
        frame[name] = rng.integers(1, 6, count).astype(float)
        frame.loc[rng.random(count) < missing, name] = np.nan
    return frame.sample(frac=1, random_state=seed).reset_index(drop=True)


def design_of(frame, **changes):
    return survey_design(frame["w"], strata=frame["stratum"], psu=frame["village"], **changes)


def makers(frame):
    return {
        "jkn": jkn(design_of(frame)),
        "rao_wu": rao_wu(design_of(frame), 30, np.random.default_rng(3)),
        "canty_davison": canty_davison(design_of(frame), 30, np.random.default_rng(3)),
    }


def same(one, other, tolerance=1e-9):
    np.testing.assert_allclose(one.estimate, other.estimate, rtol=tolerance)
    np.testing.assert_allclose(one.se, other.se, rtol=tolerance, atol=1e-12)
    np.testing.assert_array_equal(one.df, other.df)
    np.testing.assert_array_equal(one.note, other.note)


@FEW
@given(y=st.lists(st.integers(-50, 50), min_size=2, max_size=30))
def test_the_jackknife_of_a_mean_of_a_simple_random_sample_is_its_variance_over_n(y):
    frame = pd.DataFrame({"y": y})
    design = survey_design(np.ones(len(y)))
    found = replicate_estimates(design, frame, ["y"], replicates=jk1(design))
    assert found.se[0, 0] ** 2 == pytest.approx(np.var(y, ddof=1) / len(y), rel=1e-9, abs=1e-18)
    assert found.df[0, 0] == len(y) - 1


@FEW
@given(seed=seeds, fraction=st.sampled_from([None, 0.5, 0.02]))
def test_the_stratified_jackknife_of_a_total_is_its_taylor_variance(seed, fraction):
    frame = sample(seed)
    design = design_of(frame, fpc=None if fraction is None else np.full(len(frame), fraction))
    for by in ([], ["sex"]):
        same(
            replicate_estimates(design, frame, ["a", "b"], by=by, replicates=jkn(design), statistic="total"),
            totals(design, frame, ["a", "b"], by=by),
        )


@FEW
@given(seed=seeds, statistic=st.sampled_from(["mean", "total", "ratio"]), mse=st.booleans())
def test_the_jackknife_from_sums_is_that_from_its_replicates(seed, statistic, mse):
    frame = sample(seed, missing=0.2)
    design = design_of(frame, fpc=np.where(frame["stratum"] == 1, 1.0, 0.3))
    below = ["b", "a"] if statistic == "ratio" else []
    asked = {"by": ["sex"], "replicates": jkn(design, mse=mse), "statistic": statistic, "denominators": below}
    quick = replicate_estimates(design, frame, ["a", "b"], **asked)
    same(quick, replicate_estimates(design, frame, ["a", "b"], **asked, options=KEEP))


@FEW
@given(seed=seeds, pairs=st.integers(1, 9), rho=st.sampled_from([0.0, 0.3]))
def test_half_samples_of_a_total_give_the_stratified_formula_and_hide_no_unit(seed, pairs, rho):
    frame = sample(seed, sizes=[2] * pairs)
    design = design_of(frame)
    replicates = brr(design, fay_rho=rho)
    found = replicate_estimates(design, frame, ["a"], replicates=replicates, statistic="total")
    of_village = (frame["w"] * frame["a"]).groupby(frame["village"]).sum().to_numpy()
    assert found.se[0, 0] ** 2 == pytest.approx(np.sum((of_village[::2] - of_village[1::2]) ** 2), rel=1e-9)
    assert found.df[0, 0] == replicates.degrees_of_freedom == pairs
    raised = replicates.factors() > 1
    assert (raised.sum(axis=1) == replicates.count / 2).all()  # each unit stands in half of the half-samples
    assert (raised[::2] != raised[1::2]).all()  # and its partner in the other half


def test_hadamard_matrices_have_rows_at_right_angles():
    for above in [*range(1, 130), 183, 500]:
        matrix = hadamard_matrix(hadamard_order(above))
        assert len(matrix) > above
        assert is_hadamard(matrix)
        assert (matrix[0] == 1).all()


@FEW
@given(seed=seeds)
def test_factors_average_to_one(seed):
    frame = sample(seed, sizes=(2, 4, 2, 6))
    design = design_of(frame)
    sizes = np.array([2, 4, 2, 6])
    stratum = np.repeat(np.arange(4), sizes)
    for replicates in (jkn(design), brr(design), brr(design, fay_rho=0.5), *list(makers(frame).values())[1:]):
        factors = replicates.factors()
        by_stratum = np.array([factors[stratum == h].sum(axis=0) for h in range(4)])
        np.testing.assert_allclose(by_stratum, np.repeat(sizes[:, None], replicates.count, axis=1))
        assert factors.min() >= 0
    for replicates in (jkn(design), brr(design)):
        own = replicates.factors()
        np.testing.assert_allclose((own - 1) @ replicates.rscales, 0, atol=1e-12)


def test_bootstraps_draw_as_many_units_as_they_should():
    design = design_of(sample(1, sizes=(2, 2, 5)))
    factors = rao_wu(design, 60, np.random.default_rng(1)).factors()
    assert set(np.unique(factors[:4])) == {0.0, 2.0}  # one of two
    assert set(np.unique(factors[4:])) <= set(5 / 4 * np.arange(5))  # four of five
    assert set(np.unique(canty_davison(design, 60, np.random.default_rng(1)).factors()[:4])) == {0.0, 1.0, 2.0}


def test_the_bootstrap_of_a_finite_population_draws_from_so_many_copies():
    frame = sample(1, sizes=(4,))
    times = canty_davison(design_of(frame, fpc=np.full(len(frame), 6)), 3000, np.random.default_rng(1)).factors()
    twice = np.sort(times.max(axis=1))
    assert twice.tolist() == [1, 1, 2, 2]  # six units that repeat four
    copies = np.where(times.max(axis=1) == 2, 2, 1)
    np.testing.assert_allclose(times.mean(axis=1), copies * 4 / 6, atol=0.05)
    expected = 4 * copies / 6 * (1 - copies / 6) * (6 - 4) / (6 - 1)  # hypergeometric
    np.testing.assert_allclose(times.var(axis=1), expected, rtol=0.1)


@FEW
@given(seed=seeds, name=st.sampled_from(["jkn", "rao_wu", "canty_davison"]))
def test_permuting_rows_changes_nothing(seed, name):
    frame = sample(seed, missing=0.1)
    order = np.random.default_rng(seed).permutation(len(frame))
    moved = frame.iloc[order].reset_index(drop=True)
    one, other = (
        replicate_estimates(design_of(rows), rows, ["a", "b"], by=["stratum"], replicates=makers(rows)[name])
        for rows in (frame, moved)
    )
    same(one, other)


@FEW
@given(seed=seeds, name=st.sampled_from(["jkn", "rao_wu", "canty_davison"]))
def test_splitting_a_call_into_items_or_domains_changes_nothing(seed, name):
    frame = sample(seed, missing=0.1)
    design, replicates = design_of(frame), makers(frame)[name]
    whole = replicate_estimates(design, frame, ["a", "b"], by=["stratum"], replicates=replicates)
    for place, item in enumerate(["a", "b"]):
        alone = replicate_estimates(design, frame, [item], by=["stratum"], replicates=replicates)
        np.testing.assert_allclose(alone.se[:, 0], whole.se[:, place], rtol=1e-12)
    for stratum in range(4):
        alone = replicate_estimates(design, frame, ["a", "b"], where=frame["stratum"] == stratum, replicates=replicates)
        np.testing.assert_allclose(alone.se[0], whole.se[stratum], rtol=1e-12)
        np.testing.assert_array_equal(alone.df[0], whole.df[stratum])


@FEW
@given(seed=seeds, name=st.sampled_from(["jkn", "rao_wu", "canty_davison"]), factor=st.sampled_from([0.01, 7, 1e6]))
def test_multiplying_all_weights_changes_no_mean(seed, name, factor):
    frame = sample(seed)
    replicates = makers(frame)[name]
    raised = frame.assign(w=frame["w"] * factor)
    same(*(replicate_estimates(design_of(rows), rows, ["a"], replicates=replicates) for rows in (frame, raised)))


def test_the_same_seed_gives_the_same_draws_however_they_are_blocked(monkeypatch):
    design = design_of(sample(1))
    for make in (rao_wu, canty_davison):
        one, two, other = (make(design, 40, np.random.default_rng(seed)).factors() for seed in (5, 5, 6))
        np.testing.assert_array_equal(one, two)
        assert (one != other).any()
        monkeypatch.setattr(replicate_weights, "BLOCK_VALUES", 30)
        np.testing.assert_array_equal(one, make(design, 40, np.random.default_rng(5)).factors())
        monkeypatch.undo()


def calibrated(frame):
    controls = {"sex": {0: 60, 1: 50}, "stratum": {0: 20, 1: 30, 2: 35, 3: 25}}
    made = rake(frame, controls, frame["w"])
    return survey_design(made.calibrated_weights, strata=frame["stratum"], psu=frame["village"], calibration=made)


@pytest.mark.parametrize("statistic", ["mean", "total", "ratio", "proportion"])
@pytest.mark.parametrize("make", [design_of, calibrated])
def test_blocks_of_columns_replicates_and_cells_change_nothing(monkeypatch, make, statistic):
    frame = sample(11, sizes=(4, 5, 6, 4), missing=0.1)
    asked = {
        "replicates": rao_wu(design_of(frame), 30, np.random.default_rng(3)),
        "statistic": statistic,
        "by": ["sex"],
        "denominators": ["b", "a"] if statistic == "ratio" else [],
        "options": KEEP,
    }
    jackknife = {**asked, "replicates": jkn(design_of(frame)), "options": Options()}
    one, left_out = (replicate_estimates(make(frame), frame, ["a", "b"], **kind) for kind in (asked, jackknife))
    monkeypatch.setattr(replicate_moments, "BLOCK_VALUES", 20)
    monkeypatch.setattr(replicate_cells, "CELL_BYTES", 1000)
    monkeypatch.setattr(replicate_cells, "BLOCK_VALUES", 200)
    monkeypatch.setattr(replicate_cells, "CHUNK_VALUES", 12)
    two = replicate_estimates(make(frame), frame, ["a", "b"], **asked)
    same(one, two)
    same(left_out, replicate_estimates(make(frame), frame, ["a", "b"], **jackknife))
    np.testing.assert_allclose(one.covariance([(0, 0), (1, 1)]), two.covariance([(0, 0), (1, 1)]), rtol=1e-9)


def by_hand(frame, replicates, weigh):
    """Means of women and men, replicate by replicate from the rows."""
    village = frame["village"].to_numpy()
    found = []
    for factors in replicates.factors().T:
        row_factors = weigh(frame["w"].to_numpy() * factors[village])
        answered = frame["a"].notna().to_numpy()
        found.append(
            [
                np.average(frame.loc[chosen, "a"], weights=row_factors[chosen])
                for chosen in (answered & (frame["sex"] == 0), answered & (frame["sex"] == 1))
            ]
        )
    deviations = np.array(found) - np.mean(found, axis=0)
    return np.sqrt(replicates.scale * replicates.rscales @ deviations**2)


@FEW
@given(seed=st.integers(0, 200))
def test_matrices_over_cells_give_what_the_rows_give_one_replicate_at_a_time(seed):
    frame = sample(seed, sizes=(4, 5, 6, 4), missing=0.1)
    replicates = rao_wu(design_of(frame), 20, np.random.default_rng(seed))
    found = replicate_estimates(design_of(frame), frame, ["a"], by=["sex"], replicates=replicates)
    np.testing.assert_allclose(found.se[:, 0], by_hand(frame, replicates, lambda w: w), rtol=1e-9)


def test_calibration_in_each_replicate_is_that_of_its_rows():
    frame = sample(11, sizes=(6, 6, 6, 6), missing=0.1)
    replicates = rao_wu(design_of(frame), 15, np.random.default_rng(1))
    controls = {"sex": {0: 60, 1: 50}, "stratum": {0: 20, 1: 30, 2: 35, 3: 25}}

    def weigh(row_weights):
        kept = row_weights > 0
        result = np.zeros(len(frame))
        result[kept] = rake(frame[kept], controls, row_weights[kept]).calibrated_weights
        return result

    found = replicate_estimates(calibrated(frame), frame, ["a"], by=["sex"], replicates=replicates)
    np.testing.assert_allclose(found.se[:, 0], by_hand(frame, replicates, weigh), rtol=1e-7)


def test_rows_whose_calibration_variables_have_the_same_fingerprint_are_told_apart():
    frame = sample(11, sizes=(6, 6, 6, 6))
    one, other = np.sin(1.0), np.sin(2.0)  # what a row of variables is multiplied by
    women = (frame["sex"] == 0).to_numpy()
    variables = np.stack([np.where(women, other, 0), np.where(women, 0, one)], axis=1)
    totals = variables.T @ frame["w"] * [1.1, 0.9]
    made = calibrate(variables, totals, frame["w"])
    design = survey_design(made.calibrated_weights, strata=frame["stratum"], psu=frame["village"], calibration=made)
    found = replicate_estimates(
        design, frame.assign(x=variables[:, 0]), ["x"], statistic="total", replicates=jkn(design_of(frame))
    )
    assert found.estimate[0, 0] == pytest.approx(totals[0])
    assert found.se[0, 0] < 1e-9 * totals[0]


@pytest.mark.parametrize("make", [rao_wu, canty_davison])
def test_many_bootstrap_replicates_come_near_the_taylor_error(make):
    frame = sample(4, sizes=(6, 6, 6, 6))
    design = design_of(frame)
    found = replicate_estimates(design, frame, ["a", "b"], replicates=make(design, 4000, np.random.default_rng(1)))
    assert found.se == pytest.approx(means(design, frame, ["a", "b"]).se, rel=0.12)


@pytest.mark.parametrize("name", ["jkn", "rao_wu"])
def test_a_contrast_is_the_error_of_the_difference_in_each_replicate(name):
    frame = sample(5)
    design, replicates = design_of(frame), makers(frame)[name]
    found = replicate_estimates(design, frame, ["a", "b"], by=["sex"], replicates=replicates, options=KEEP)
    difference = found.contrast({(0, 0): 1, (1, 0): -1})
    made = replicate_function(
        lambda mean: mean[0, 0] - mean[1, 0], design, frame, ["a", "b"], by=["sex"], replicates=replicates
    )
    assert (difference.estimate, difference.se, difference.df) == pytest.approx((made.estimate[0], made.se[0], made.df))
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance([(0, 0), (1, 1)]))), [found.se[0, 0], found.se[1, 1]])


def test_a_domain_is_not_given_the_degrees_of_freedom_of_the_whole():
    frame = sample(5)
    design = design_of(frame)
    for replicates in (jkn(design), rao_wu(design, 50, np.random.default_rng(1))):
        found = replicate_estimates(design, frame, ["a"], by=["stratum"], replicates=replicates)
        assert found.df[:, 0].tolist() == [1, 2, 3, 1]
        third = replicate_function(np.sum, design, frame, ["a"], where=frame["stratum"] == 2, replicates=replicates)
        assert third.df == 3
        again = given_replicates(
            design, replicates.factors()[frame["village"]], scale=replicates.scale, rscales=replicates.rscales
        )
        assert again.degrees_of_freedom == replicates.degrees_of_freedom == 7
    few = rao_wu(design, 5, np.random.default_rng(1))
    assert replicate_estimates(design, frame, ["a"], replicates=few).df[0, 0] == 4


def test_items_and_rows_that_take_no_part_change_nothing():
    frame = sample(6, missing=0.2)
    design = design_of(frame)
    nobody = frame.assign(w=np.where(frame["sex"] == 0, 0.0, frame["w"]))
    subset = replicate_estimates(design_of(nobody), nobody, ["a"], replicates=jkn(design_of(nobody)))
    where = replicate_estimates(design, frame, ["a"], where=frame["sex"] == 1, replicates=jkn(design))
    np.testing.assert_allclose(subset.se, where.se, rtol=1e-12)


def test_a_jackknife_of_one_village_in_a_domain_is_lost_and_says_so():
    frame = sample(7)
    frame["alone"] = frame["village"] == 3
    design = design_of(frame)
    for options in (Options(), KEEP):
        found = replicate_estimates(design, frame, ["a"], by=["alone"], replicates=jkn(design), options=options)
        assert np.isnan(found.se[1, 0])
        assert found.note[:, 0].tolist() == ["", LOST]
        assert not np.isnan(found.se[0, 0])


def test_ratios_of_the_jackknife_come_near_taylor():
    frame = sample(8, sizes=(8, 8, 8, 8))
    design = design_of(frame)
    jack = replicate_estimates(design, frame, ["a"], statistic="ratio", denominators=["b"], replicates=jkn(design))
    assert jack.se == pytest.approx(ratios(design, frame, ["a"], ["b"]).se, rel=0.1)
    unlike = replace(jkn(design), mse=True)
    assert replicate_estimates(
        design, frame, ["a"], statistic="ratio", denominators=["b"], replicates=unlike
    ).se == pytest.approx(jack.se, rel=1e-2)
