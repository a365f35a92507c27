"""Intraclass correlations: the worked example of 1979, R's numbers, and alpha in another dress."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.agreement import agreement
from analysis.faults import AnalysisError
from analysis.reliability import reliability

R = json.loads((Path(__file__).parents[1] / "references" / "scales.json").read_text())["icc"]
COLUMNS = {"value": "icc", "f": "F", "df1": "df1", "df2": "df2", "p": "p", "low": "low", "high": "high"}


def raters(rows: list) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[f"judge{number}" for number in range(len(rows[0]))])


@pytest.mark.parametrize("name", list(R))
def test_the_six_forms_are_those_of_psych(name: str):
    frame = raters(R[name]["x"])
    made = agreement(frame, list(frame)).table()
    assert list(made["form"]) == R[name]["type"]
    for ours, theirs in COLUMNS.items():
        np.testing.assert_allclose(made[ours], R[name][theirs], rtol=1e-10)


def test_the_example_of_shrout_and_fleiss():
    """Psychological Bulletin 86 (1979), Table 4, p. 424."""
    frame = raters(R["shrout_fleiss"]["x"])
    values = agreement(frame, list(frame)).table()["value"].round(2)
    assert list(values) == [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 100))
def test_consistency_of_the_mean_is_alpha(seed: int):
    rng = np.random.default_rng(seed)
    frame = raters((rng.normal(size=(30, 1)) + rng.normal(size=(30, 3))).tolist())
    assert agreement(frame, list(frame)).forms[5].value == pytest.approx(reliability(frame, list(frame)).alpha)


def test_a_rater_who_is_always_stricter_lowers_agreement_and_not_consistency():
    rng = np.random.default_rng(2)
    frame = raters((rng.normal(size=(50, 1)) + 0.5 * rng.normal(size=(50, 3))).tolist())
    strict = frame.assign(judge0=frame["judge0"] - 3)
    before, after = agreement(frame, list(frame)).forms, agreement(strict, list(frame)).forms
    assert after[2].value == pytest.approx(before[2].value)
    assert after[1].value < before[1].value - 0.2


def test_targets_that_a_rater_left_out_do_not_count():
    frame = raters(R["bfi_N"]["x"])
    with_blank = pd.concat([frame, frame.head(3).assign(judge1=np.nan)])
    made = agreement(with_blank, list(frame))
    assert (made.n, made.n_rows) == (len(frame), len(frame) + 3)
    assert made.forms == agreement(frame, list(frame)).forms


def test_raters_who_differ_by_a_constant_leave_no_residual():
    frame = pd.DataFrame({"a": [1.0, 2, 4, 8], "b": [2.0, 3, 5, 9]})
    with pytest.raises(AnalysisError, match="differ by a constant"):
        agreement(frame, ["a", "b"])


def test_a_level_in_per_cent_is_refused():
    with pytest.raises(AnalysisError, match="between 0 and 1"):
        agreement(raters(R["bfi_N"]["x"]), ["judge0", "judge1"], level=95)
