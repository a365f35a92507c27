"""What must hold for every sample: identities of estimates, domains and covariances."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from survey_samples import AGAINST_WITH, AGAINST_WITHOUT, KEEP, all_keys, assert_close

from analysis.design import LonelyPsu, SurveyDesign, survey_design
from analysis.estimate import means, proportions, ratios, totals
from analysis.results import Estimates
from sampling.calibration import rake

ITEMS = ["q1", "q2", "q3"]
CALLS = [means, totals]


@dataclass(frozen=True)
class Drawn:
    """A sample of two or three strata, with or without a second stage, population sizes and calibration."""

    frame: pd.DataFrame
    kind: str

    def design(self, frame: pd.DataFrame | None = None, scale: float = 1.0) -> SurveyDesign:
        rows = self.frame if frame is None else frame
        certain = {"lonely_psu": LonelyPsu.CERTAINTY, "nest": True}
        if self.kind == "two stages":
            units, sizes = [rows["p"], rows.index], [rows["size1"], rows["size2"]]
            return survey_design(rows["w"] * scale, strata=rows["s"], psu=units, fpc=sizes, **certain)
        if self.kind == "raked":
            raked = rake(rows, {"sex": {"m": 400.0, "f": 600.0}, "age": {"y": 300.0, "o": 700.0}}, rows["w"] * scale)
            final = raked.calibrated_weights
            return survey_design(final, strata=rows["s"], psu=rows["p"], calibration=raked, **certain)
        return survey_design(rows["w"] * scale, strata=rows["s"], psu=rows["p"], **certain)


def draw(seed: int, kind: str) -> Drawn:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(12, 60))
    frame = pd.DataFrame({"s": rng.integers(0, rng.integers(1, 4), n), "p": rng.integers(0, rng.integers(2, 6), n)})
    frame["w"] = rng.uniform(0.5, 9, n)
    for item in ITEMS:
        frame[item] = np.where(rng.random(n) < 0.2, np.nan, rng.integers(1, 6, n))
    frame["size1"], frame["size2"] = 20 + frame["s"], 80 + frame["p"]
    frame["d"] = rng.choice(["north", "south", "west"], n)
    frame["e"] = rng.integers(0, 2, n)
    frame["sex"] = np.resize(["m", "f"], n)
    frame["age"] = np.resize(["y", "y", "o", "o"], n)
    return Drawn(frame, kind)


def drawn_of(*kinds: str) -> st.SearchStrategy[Drawn]:
    return st.builds(draw, st.integers(0, 10**6), st.sampled_from(kinds))


any_sample = drawn_of("one stage", "two stages", "raked")
quickly = settings(max_examples=15, deadline=None)


def same(found: Estimates, expected: Estimates, tolerance: float = 1e-9, **changed: float) -> None:
    for name in ("estimate", "se", "low", "high", "n", "df"):
        values = getattr(expected, name) * changed.get(name, 1.0)
        scale = np.nanmax(np.abs(np.where(np.isfinite(values), values, np.nan)), initial=1e-9)
        np.testing.assert_allclose(getattr(found, name), values, rtol=tolerance, atol=1e-9 * scale)


@quickly
@given(any_sample, st.sampled_from(CALLS))
def test_filtering_is_the_estimate_of_the_domain(sample: Drawn, call):
    frame, design = sample.frame, sample.design()
    by = call(design, frame, ITEMS, by=["d"])
    for place, name in enumerate(by.domains["d"]):
        where = call(design, frame, ITEMS, where=frame["d"] == name)
        assert_close(where.estimate[0], by.estimate[place], 1e-12)
        assert_close(where.se[0], by.se[place], 1e-9)
        assert (where.df[0] == by.df[place]).all()
        assert (where.n[0] == by.n[place]).all()


def test_filtering_is_not_the_standard_error_of_the_subset():
    sample = draw(5, "one stage")
    frame = sample.frame
    inside = frame["d"] == "north"
    domain = means(sample.design(), frame, ["e"], where=inside)
    subset = means(sample.design(frame[inside]), frame[inside], ["e"])
    assert_close(domain.estimate, subset.estimate, 1e-12)
    assert abs(domain.se[0, 0] / subset.se[0, 0] - 1) > 0.01
    total = totals(sample.design(), frame, ["e"], where=inside)
    assert total.se[0, 0] > 1.1 * totals(sample.design(frame[inside]), frame[inside], ["e"]).se[0, 0]


@quickly
@given(drawn_of("one stage", "two stages"), st.floats(1e-3, 1e6))
def test_all_weights_times_a_number_change_no_mean_and_scale_totals(sample: Drawn, scale: float):
    frame = sample.frame
    same(means(sample.design(scale=scale), frame, ITEMS, by=["d"]), means(sample.design(), frame, ITEMS, by=["d"]))
    expected = totals(sample.design(), frame, ITEMS, by=["d"])
    changed = dict.fromkeys(("estimate", "se", "low", "high"), scale)
    same(totals(sample.design(scale=scale), frame, ITEMS, by=["d"]), expected, **changed)


@quickly
@given(drawn_of("raked"), st.floats(1e-3, 1e6))
def test_weights_that_are_raked_keep_nothing_of_the_size_of_base_weights(sample: Drawn, scale: float):
    frame = sample.frame
    same(totals(sample.design(scale=scale), frame, ITEMS), totals(sample.design(), frame, ITEMS), 1e-7)


@quickly
@given(any_sample, st.sampled_from(CALLS))
def test_splitting_a_call_into_items_or_domains_changes_nothing(sample: Drawn, call):
    frame, design = sample.frame, sample.design()
    whole = call(design, frame, ITEMS, by=["d", "e"])
    for item, name in enumerate(ITEMS):
        one = call(design, frame, [name], by=["d", "e"])
        assert_close(one.estimate[:, 0], whole.estimate[:, item], 1e-12)
        assert_close(one.se[:, 0], whole.se[:, item], 1e-9)
        assert (one.df[:, 0] == whole.df[:, item]).all()
    for domain, (d, e) in enumerate(whole.domains.to_numpy()):
        one = call(design, frame, ITEMS, where=(frame["d"] == d) & (frame["e"] == e))
        assert_close(one.estimate[0], whole.estimate[domain], 1e-12)
        assert_close(one.se[0], whole.se[domain], 1e-9)


@quickly
@given(any_sample, st.integers(0, 10**6), st.sampled_from(CALLS))
def test_the_order_of_rows_changes_nothing(sample: Drawn, seed: int, call):
    shuffled = sample.frame.sample(frac=1, random_state=seed)
    found = call(sample.design(shuffled), shuffled, ITEMS, by=["d"], options=KEEP)
    expected = call(sample.design(), sample.frame, ITEMS, by=["d"], options=KEEP)
    tolerance = 1e-8 if sample.kind == "raked" else 1e-12  # raking itself ends at 1e-10
    assert_close(found.estimate, expected.estimate, tolerance)
    np.testing.assert_allclose(found.se, expected.se, rtol=tolerance, atol=tolerance * np.nanmax(expected.se))
    scale = np.nanmax(np.abs(expected.covariance(all_keys(expected))))
    keys = all_keys(found)
    np.testing.assert_allclose(found.covariance(keys), expected.covariance(keys), atol=10 * tolerance * scale)


@quickly
@given(any_sample)
def test_totals_of_domains_add_up_to_the_whole_with_their_errors(sample: Drawn):
    frame, design = sample.frame, sample.design()
    whole = totals(design, frame, ITEMS)
    parts = totals(design, frame, ITEMS, by=["d"], options=KEEP)
    assert_close(np.nansum(parts.estimate, axis=0), whole.estimate[0], 1e-12)
    assert_close(parts.n.sum(axis=0), whole.n[0], 0)
    for item in range(len(ITEMS)):
        keys = [(domain, item) for domain in range(len(parts.domains)) if parts.n[domain, item]]
        together = parts.contrast(dict.fromkeys(keys, 1.0))
        assert_close([together.estimate, together.se], [whole.estimate[0, item], whole.se[0, item]])
        assert together.df == whole.df[0, item]


@quickly
@given(any_sample)
def test_the_variance_of_a_difference_takes_the_covariance(sample: Drawn):
    found = means(sample.design(), sample.frame, ITEMS, by=["e"], options=KEEP)
    keys = [(0, 0), (1, 2)]
    matrix = found.covariance(keys)
    difference = found.contrast({keys[0]: 1, keys[1]: -1})
    alone = [found.df[key] < 1 and bool(np.isnan(found.se[key])) for key in keys]  # no error to speak of
    assert_close(np.diag(matrix), [0.0 if one else found.se[key] ** 2 for key, one in zip(keys, alone, strict=True)])
    assert_close(difference.estimate, found.estimate[keys[0]] - found.estimate[keys[1]])
    expected = matrix[0, 0] + matrix[1, 1] - 2 * matrix[0, 1]
    if not np.isnan(difference.se):
        np.testing.assert_allclose(difference.se**2, expected, rtol=1e-8, atol=1e-12)
    else:
        assert difference.df < 1
    itself = found.contrast({keys[0]: 1})
    wanted = [getattr(found, name)[keys[0]] for name in ("estimate", "se", "low", "high", "df")]
    assert_close([itself.estimate, itself.se, itself.low, itself.high, itself.df], wanted)
    assert itself.note == found.note[keys[0]]


@quickly
@given(drawn_of("raked"))
def test_a_total_that_was_calibrated_on_has_no_error(sample: Drawn):
    frame = sample.frame.assign(woman=(sample.frame["sex"] == "f") * 1, one=1)
    found = totals(sample.design(), frame, ["woman", "one"])
    assert_close(found.estimate[0], [600, 1000])
    assert found.se.tolist() == [[0, 0]]


@quickly
@given(any_sample, st.integers(-1000, 1000), st.floats(0.01, 100))
def test_a_constant_shifts_means_and_a_factor_scales_them(sample: Drawn, shift: int, factor: float):
    frame, design = sample.frame, sample.design()
    expected, shifted = means(design, frame, ITEMS), means(design, frame[ITEMS] + shift, ITEMS)
    assert_close(shifted.estimate - shift, expected.estimate)
    assert_close(shifted.se, expected.se)
    changed = dict.fromkeys(("estimate", "se", "low", "high"), factor)
    same(means(design, frame[ITEMS] * factor, ITEMS), expected, **changed)


@quickly
@given(any_sample)
def test_the_mean_of_zeros_and_ones_is_the_proportion_and_shares_add_up(sample: Drawn):
    frame, design = sample.frame, sample.design()
    one, share = means(design, frame, ["e"], by=["d"]), proportions(design, frame, ["e"], by=["d"])
    yes = share.items.index("e=1")
    assert_close(one.estimate[:, 0], share.estimate[:, yes], 1e-12)
    np.testing.assert_allclose(one.se[:, 0], share.se[:, yes], rtol=1e-9, atol=1e-12)
    levels = proportions(design, frame, ["q1"], by=["d"])
    answered = levels.n[:, 0] > 0
    assert_close(levels.estimate[answered].sum(axis=1), np.ones(answered.sum()), 1e-12)
    inside = (levels.low >= 0) & (levels.high <= 1) & (levels.low <= levels.estimate) & (levels.estimate <= levels.high)
    assert (inside | np.isnan(levels.low)).all()


@quickly
@given(any_sample)
def test_a_mean_is_the_ratio_to_ones_and_a_ratio_to_itself_is_one(sample: Drawn):
    design, frame = sample.design(), sample.frame.assign(one=1)
    ratio = ratios(design, frame, ITEMS, ["one"] * 3, by=["d"])
    same(replace(ratio, items=tuple(ITEMS)), means(design, frame, ITEMS, by=["d"]))
    itself = ratios(design, frame, ["q1"], ["q1"])
    assert_close([itself.estimate[0, 0], itself.se[0, 0]], [1, 0], 1e-12)


@quickly
@given(any_sample)
def test_counts_are_of_valid_rows_and_units_inside_the_domain(sample: Drawn):
    frame = sample.frame
    found = means(sample.design(), frame, ITEMS, by=["d"])
    for domain, d in enumerate(found.domains["d"]):
        for place, item in enumerate(ITEMS):
            valid = frame[(frame["d"] == d) & frame[item].notna()]
            units = len(valid[["s", "p"]].drop_duplicates())
            assert found.n[domain, place] == len(valid)
            assert found.df[domain, place] == units - valid["s"].nunique()
            assert_close(found.size[domain, place], sample.design().estimation_weights[valid.index].sum(), 1e-9)


@pytest.mark.parametrize("call", CALLS)
def test_small_integers_are_added_up_like_floats(call):
    sample = draw(11, "one stage")
    whole = sample.frame.assign(**{item: sample.frame[item].fillna(9).astype("int8") for item in ITEMS})
    found = call(sample.design(), whole, ITEMS, by=["d"], options=replace(KEEP, missing=9))
    same(found, call(sample.design(), sample.frame, ITEMS, by=["d"]), 1e-12)


@quickly
@given(any_sample, st.sampled_from([0.0, 1e3, 1e6, -1e9]), st.sampled_from(CALLS))
def test_a_mean_far_from_zero_does_not_drown_the_design_effect(sample: Drawn, shift: float, call):
    frame, design = sample.frame, sample.design()
    spread = means(design, frame, ITEMS, by=["d"], options=AGAINST_WITH)
    far = means(design, frame[[*ITEMS, "d"]].assign(**frame[ITEMS] + shift), ITEMS, by=["d"], options=AGAINST_WITH)
    np.testing.assert_allclose(far.deff, spread.deff, rtol=1e-5, atol=1e-8)
    alike = call(design, frame.assign(q1=0.1 + shift), ["q1"], options=AGAINST_WITH)
    assert np.isnan(alike.deff[0, 0])


@quickly
@given(st.integers(0, 10**6), st.floats(0.01, 1000))
def test_rows_drawn_at_random_with_equal_weights_have_a_design_effect_of_one(seed: int, stands_for: float):
    frame = draw(seed, "one stage").frame.fillna(3)
    design = survey_design(np.full(len(frame), stands_for))
    assert_close(means(design, frame, ITEMS, options=AGAINST_WITH).deff, np.ones(3))
    assert_close(ratios(design, frame, ["q1"], ["q2"], options=AGAINST_WITH).deff, [1.0])
    n = len(frame)
    finite = survey_design(np.full(n, 3.0), fpc=np.full(n, 3 * n))
    assert_close(means(finite, frame, ["e"], options=AGAINST_WITHOUT).deff, [1.0])
    assert_close(totals(finite, frame, ["e"], options=AGAINST_WITHOUT).deff, [1.0])
