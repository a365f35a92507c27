"""Quantiles by domain: R's numbers, laws, and reasons where the sample cannot tell."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from survey_samples import assert_close, design_of, references, sample

from analysis.design import LonelyPsu, survey_design
from analysis.domain_quantiles import quantiles
from analysis.faults import AnalysisError
from analysis.intervals import ProportionInterval
from analysis.options import Options

CASES = references("domain_quantiles")["cases"]
SHARES = [0.25, 0.5, 0.75]


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: "-".join([case["design"], case["variable"], case["type"], case["where"]])
)
def test_quantiles_of_wholes_and_domains_with_missing_answers(case: dict):
    frame = sample(case["design"])
    where = frame["comp.imp"] == case["where"] if case["where"] else None
    found = quantiles(
        design_of(case["design"]), frame, [case["variable"]], SHARES,
        where=where, interval=ProportionInterval(case["type"]),
    )  # fmt: skip
    assert_close(found.estimate[0, 0], case["estimate"])
    assert found.df[0, 0] == case["df"]
    rows = frame if where is None else frame[where]
    for place, value in enumerate(case["estimate"]):
        if value == rows[case["variable"]].max():  # R has no interval, or one without width
            assert np.isinf(found.high[0, 0, place])
            continue
        for name in ("low", "high", "se"):
            ours, wanted = getattr(found, name)[0, 0, place], case[name][place]
            assert np.isinf(ours) if wanted == "NaN" else ours == pytest.approx(wanted, rel=1e-8)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_domains_are_filters_and_items_may_be_asked_together_or_apart(seed: int):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"d": rng.choice(["a", "b"], 40), "p": np.arange(40) // 4, "y": rng.normal(size=40)})
    frame["z"] = np.where(rng.random(40) < 0.3, np.nan, frame["y"] * 3 + 1)
    design = survey_design(rng.uniform(0, 3, 40).round(1) + 0.1, psu=frame["p"])
    found = quantiles(design, frame, ["y", "z"], SHARES, by=["d"])
    for domain, name in enumerate(found.domains["d"]):
        one = quantiles(design, frame, ["z"], SHARES, where=frame["d"] == name)
        for part in ("estimate", "se", "low", "high", "n", "df", "note"):
            np.testing.assert_array_equal(getattr(one, part)[0, 0], getattr(found, part)[domain, 1])
    order = rng.permutation(40)
    shuffled = frame.iloc[order].reset_index(drop=True)
    again = quantiles(survey_design(design.estimation_weights[order], psu=shuffled["p"]), shuffled, ["y"], SHARES)
    whole = quantiles(design, frame, ["y"], SHARES)
    assert_close(again.estimate, whole.estimate, 1e-12)
    assert_close(again.low, whole.low, 1e-12)


def test_what_the_sample_cannot_tell_has_its_reason():
    frame = pd.DataFrame({"d": ["a", "a", "a", "b", "c"], "y": [1.0, 2, 3, 4, np.nan]})
    design = survey_design(np.ones(5), lonely_psu=LonelyPsu.CERTAINTY)
    found = quantiles(design, frame, ["y"], [0.5, 1.0], by=["d"])
    assert found.note[:, 0].tolist() == [
        ["open_interval", "open_interval"], ["no_degrees_of_freedom"] * 2, ["no_answers"] * 2
    ]  # fmt: skip
    assert found.estimate[:2, 0].tolist() == [[2, 3], [4, 4]]
    assert np.isnan(found.estimate[2]).all()
    assert np.isnan(found.low[1]).all()
    table = found.table()
    assert list(table.columns) == [
        "d", "item", "q", "estimate", "se", "cv", "ci_low", "ci_high", "n", "size", "df", "note"
    ]  # fmt: skip
    assert table["n"].tolist() == [3, 3, 1, 1, 0, 0]


@pytest.mark.parametrize("q", [[], [1.5], [-0.1, 0.5], [float("nan")]])
def test_shares_outside_0_and_1_are_refused(q: list[float]):
    with pytest.raises(AnalysisError, match="must lie between 0 and 1"):
        quantiles(design_of("apistrat"), sample("apistrat"), ["api00"], q)


def test_a_code_may_mean_missing_and_another_level_be_asked():
    frame = pd.DataFrame({"y": [1, 2, 3, 4, 5, 99, 99]})
    design = survey_design(np.ones(7))
    found = quantiles(design, frame, ["y"], [0.5], options=Options(missing=99))
    assert (found.estimate[0, 0, 0], found.n[0, 0]) == (3, 5)
    wide = quantiles(design_of("apistrat"), sample("apistrat"), ["api00"], [0.5], options=Options(level=0.99))
    narrow = quantiles(design_of("apistrat"), sample("apistrat"), ["api00"], [0.5])
    assert wide.low[0, 0, 0] < narrow.low[0, 0, 0] < 668 < narrow.high[0, 0, 0] < wide.high[0, 0, 0]


def test_a_frame_of_another_length_is_refused():
    with pytest.raises(AnalysisError, match="items has 9 rows and the design 200"):
        quantiles(design_of("apistrat"), sample("apistrat").head(9), ["api00"], [0.5])
