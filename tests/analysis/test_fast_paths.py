"""What is computed in a short way is what the long way gives."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import calibrated, estimate
from analysis.design import LonelyPsu, SurveyDesign, survey_design
from analysis.estimate import means, proportions, ratios, totals
from analysis.faults import AnalysisError
from analysis.items import items_of, levels_of
from analysis.options import DesignEffect, Options
from sampling.calibration import rake

KEEP = Options(covariances=True)
NAMES = ["q0", "q1", "q2"]


def frame_of(seed: int, rows: int = 240) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    commune = rng.integers(0, 4, rows)
    frame = pd.DataFrame(
        {
            "commune": commune,
            "village": commune * 5 + rng.integers(0, 5, rows),
            "household": rng.integers(0, 3, rows),
            "villages": 30,
            "households": 9,
            "sex": rng.integers(0, 2, rows),
            "age": rng.integers(0, 4, rows),
            "group": rng.integers(0, 6, rows),
            "w": rng.uniform(0.5, 2, rows),
        }
    )
    for name in NAMES:
        frame[name] = np.where(rng.random(rows) < 0.1, np.nan, rng.integers(1, 6, rows) + frame["sex"])
    return frame


def raked_design(frame: pd.DataFrame, kind: str) -> SurveyDesign:
    controls = {
        name: {label: 1.1 * total for label, total in frame.groupby(name)["w"].sum().items()} for name in ("sex", "age")
    }
    controls["sex"] = {label: total * (1.1 - 0.02 * label) for label, total in controls["sex"].items()}
    share = sum(controls["sex"].values()) / sum(controls["age"].values())
    controls["age"] = {label: total * share for label, total in controls["age"].items()}
    calibration = rake(frame, controls, frame["w"])
    columns = {
        "elements": {"strata": frame["commune"]},
        "clusters": {"strata": frame["commune"], "psu": frame["village"]},
        "stages": {
            "strata": [frame["commune"], None],
            "psu": [frame["village"], frame["household"]],
            "fpc": [frame["villages"], frame["households"]],
            "lonely_psu": LonelyPsu.ADJUST,
        },
        "lonely": {"strata": frame["village"], "psu": frame["village"], "lonely_psu": LonelyPsu.ADJUST},
    }[kind]
    return survey_design(calibration.calibrated_weights, calibration=calibration, **columns)


@pytest.mark.parametrize("kind", ["elements", "clusters", "stages", "lonely"])
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_calibrated_variances_by_domain_are_those_of_all_units(kind, seed):
    frame = frame_of(seed)
    design = raked_design(frame, kind)
    for found in (
        means(design, frame, NAMES, by=["group"], options=KEEP),
        totals(design, frame, NAMES, by=["group"], options=KEEP),
        ratios(design, frame, ["q0", "q1"], ["q2", "q2"], by=["group"], options=KEEP),
    ):
        keys = list(np.ndindex(found.estimate.shape))
        by_unit = np.sqrt(np.diag(found.covariance(keys))).reshape(found.estimate.shape)
        np.testing.assert_allclose(found.se, by_unit, rtol=1e-9)


@pytest.mark.parametrize("kind", ["elements", "clusters", "stages", "lonely"])
def test_what_was_calibrated_on_keeps_no_error_by_cancellation(kind):
    frame = frame_of(3).assign(female=lambda f: f["sex"] * 1.0, nearly=lambda f: f["sex"] + 1e-4 * f["group"])
    design = raked_design(frame, kind)
    found = totals(design, frame, ["female", "nearly"], options=KEEP)
    assert found.se[0, 0] == 0
    assert found.se[0, 1] == pytest.approx(np.sqrt(found.covariance([(0, 1)])[0, 0]), rel=1e-9)
    assert found.se[0, 1] > 0


def test_estimates_do_not_depend_on_the_size_of_blocks(monkeypatch):
    frame = frame_of(5)
    design = raked_design(frame, "elements")
    at_once = means(design, frame, NAMES, by=["group"])
    monkeypatch.setattr(estimate, "CELL_BYTES", 8)  # one column at a time
    monkeypatch.setattr(calibrated, "UNIT_BYTES", 8)
    monkeypatch.setattr(calibrated, "CANCELLED", 2.0)  # always by unit
    np.testing.assert_allclose(means(design, frame, NAMES, by=["group"]).se, at_once.se, rtol=1e-9)


@pytest.mark.parametrize("against", list(DesignEffect))
def test_design_effects_need_no_second_moments_of_shares(against):
    frame = frame_of(7)
    frame["is_5"] = np.where(frame["q0"].isna(), np.nan, frame["q0"] == 5)
    design = survey_design(frame["w"], psu=frame["village"], strata=frame["commune"])
    options = Options(deff=against)
    shares = proportions(design, frame, ["q0"], by=["sex"], options=options)
    expected = means(design, frame, ["is_5"], by=["sex"], options=options)
    np.testing.assert_allclose(shares.deff[:, shares.items.index("q0=5")], expected.deff[:, 0], rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.float32, np.float64])
def test_shares_do_not_depend_on_how_answers_are_stored(dtype):
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"q0": rng.integers(-2, 5, 200), "q1": rng.integers(1, 9, 200)})
    design = survey_design(rng.uniform(1, 2, 200))
    options = Options(missing=4)
    found = proportions(design, frame.astype(dtype), ["q0", "q1"], options=options)
    expected = proportions(design, frame.astype(object), ["q0", "q1"], options=options)
    assert found.items == expected.items
    assert "q0=4" not in found.items
    np.testing.assert_allclose(found.estimate, expected.estimate, rtol=1e-14)
    np.testing.assert_allclose(found.se, expected.se, rtol=1e-12)


@pytest.mark.parametrize(
    ("columns", "missing", "kept"),
    [
        ({"q0": "Int8", "q1": "Int8"}, None, np.int8),
        ({"q0": "Int8", "q1": "int16"}, None, np.int16),
        ({"q0": "UInt8", "q1": "UInt8"}, 9, np.uint8),
        ({"q0": "Int8", "q1": "Int8"}, 999, np.float64),
        ({"q0": "Int32", "q1": "Int8"}, None, np.float64),
        ({"q0": "Int8", "q1": "float64"}, None, np.float64),
    ],
)
def test_whole_numbers_with_gaps_stay_small(columns, missing, kept):
    rng = np.random.default_rng(4)
    answers = pd.DataFrame({"q0": rng.integers(0, 6, 300).astype(float), "q1": rng.integers(1, 6, 300).astype(float)})
    answers.loc[::7, "q0"] = np.nan
    items = items_of(answers.astype(columns), ["q0", "q1"], missing=missing)
    assert items.values.dtype == kept
    design = survey_design(np.ones(300))
    np.testing.assert_allclose(means(design, answers, items).se, means(design, answers, ["q0", "q1"]).se, rtol=1e-14)


@pytest.mark.parametrize("dtype", ["Int8", "UInt8"])
def test_an_answer_is_never_taken_for_a_gap(dtype):
    limits = np.iinfo(dtype.lower())
    answers = pd.DataFrame({"q0": pd.array([limits.min, limits.max, None, 1], dtype=dtype)})
    found = means(survey_design(np.ones(4)), answers, ["q0"])
    assert (found.n[0, 0], found.estimate[0, 0]) == (3, pytest.approx((limits.min + limits.max + 1) / 3))


def test_levels_are_found_wherever_they_stand():
    rng = np.random.default_rng(6)
    answers = pd.DataFrame({"q0": rng.integers(1, 6, 20_000).astype(float), "q1": rng.integers(1, 3, 20_000)})
    answers.loc[19_999, "q0"] = 99.5
    answers.loc[3, "q0"] = np.nan
    names = levels_of(items_of(answers, ["q0", "q1"], missing=1)).names
    assert names == ("q0=2", "q0=3", "q0=4", "q0=5", "q0=99.5", "q1=2")
    answers["q1"] = np.arange(20_000) % 7_000
    with pytest.raises(AnalysisError, match="column q1 has 7000 different levels"):
        levels_of(items_of(answers, ["q0", "q1"]))
