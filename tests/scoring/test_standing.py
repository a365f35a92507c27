"""Rounding, bands and ranks."""

import numpy as np
import pandas as pd
import pytest
from scoring_makers import COMPOSITE, DTXHH, method_of

from scoring.composite import score_composite
from scoring.standing import rounded_half_up


@pytest.mark.parametrize(
    ("value", "digits", "printed"),
    [
        (82.125, 2, 82.13),  # half goes up, not to the even digit
        (82.135, 2, 82.14),
        (2.675, 2, 2.68),  # a binary fraction below 2.675: what is written counts
        (1.005, 2, 1.01),
        (0.1 + 0.2, 1, 0.3),
        (89.995, 2, 90.0),
        (89.99499999, 2, 89.99),
        (82.12499999999999, 2, 82.13),  # 82.125 but for the noise of binary sums
        (0.5, 0, 1.0),
        (2.5, 0, 3.0),
        (-2.5, 0, -3.0),
        (100.0, 2, 100.0),
    ],
)
def test_half_is_rounded_up(value, digits, printed):
    assert rounded_half_up(value, digits) == printed


def test_missing_stays_missing():
    assert np.isnan(rounded_half_up(float("nan"), 2))


def composite(values, blocks=None, **changes):
    """Units with these indices (component x of 60 points)."""
    frame = pd.DataFrame({"unit": [f"U{k}" for k in range(len(values))], "component": "x", "value": values})
    if blocks is not None:
        frame["block"] = blocks
    frame["value"] = frame["value"] * 0.6
    return score_composite(method_of(COMPOSITE, **changes), frame).by_unit


def test_equal_print_is_equal_rank_and_the_next_rank_is_skipped():
    assert composite([80.001, 90, 80.004, 70])["rank"].tolist() == [2, 1, 2, 4]


def test_dense_ranks_skip_nothing():
    assert composite([80.001, 90, 80.004, 70], ranking__ties="dense")["rank"].tolist() == [2, 1, 2, 3]


def test_ranks_may_look_at_the_full_figure():
    assert composite([80.001, 90, 80.004, 70], ranking__compare="full")["rank"].tolist() == [3, 1, 2, 4]


def test_blocks_are_ranked_apart():
    ranks = composite([80, 90, 70, 60], blocks=["x", "y", "x", "y"]).set_index("unit")["rank"]
    assert ranks.to_dict() == {"U0": 1, "U1": 1, "U2": 2, "U3": 2}


def test_bands_take_their_lower_bound_and_the_printed_figure():
    bands = DTXHH["bands"]
    assert composite([90, 89.995, 89.994, 80, 79.99, 0, 100], bands=bands)["band"].tolist() == list("AABBCCA")


def test_there_is_no_band_without_bands_or_without_an_index():
    assert composite([90, np.nan])["band"].tolist() == ["", ""]
    row = composite([90, np.nan], bands=DTXHH["bands"]).iloc[1]
    assert (row["band"], row["status"], row["reason"]) == ("", "not_ranked", "nothing_scored")
    assert pd.isna(row["rank"])
