"""Alpha and what goes with it: R's numbers, what must hold for any scale, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.design import survey_design
from analysis.faults import AnalysisError
from analysis.moments import Missing
from analysis.reliability import alpha_of, bootstrap_interval, feldt_interval, omega_total, reliability
from sampling.calibration import calibrate

REFERENCES = Path(__file__).parents[1] / "references"
R = json.loads((REFERENCES / "scales.json").read_text())
GIVEN = json.loads((REFERENCES / "psych_given.json").read_text())["refs"]
BFI = pd.read_csv(REFERENCES / "data" / "bfi.csv")
N = [f"N{number}" for number in range(1, 6)]
OF_SCALE = {
    "alpha": "raw", "standardized": "std", "lambda6": "G6", "average_r": "average_r", "median_r": "median_r",
    "signal_to_noise": "signal", "se": "ase", "mean": "mean", "sd": "sd",
}  # fmt: skip
OF_ITEMS = {
    "alpha_without": "drop_raw", "standardized_without": "drop_std", "lambda6_without": "drop_G6", "raw_r": "raw_r",
    "standardized_r": "std_r", "corrected_r": "r_cor", "rest_r": "r_drop", "mean": "item_mean", "sd": "item_sd",
}  # fmt: skip


def answers(n: int = 60, k: int = 4, seed: int = 1) -> pd.DataFrame:
    """Items of one trait."""
    rng = np.random.default_rng(seed)
    trait = rng.normal(size=(n, 1))
    names = [f"q{number}" for number in range(k)]
    return pd.DataFrame(np.rint(3 + trait + rng.normal(size=(n, k))), columns=names)


@pytest.mark.parametrize("name", ["A_reversed", "A_as_asked", "N", "O_as_asked"])
def test_a_scale_is_that_of_psych(name: str):
    theirs = R["scales"][name]
    rows = BFI.assign(A1=7 - BFI["A1"]) if name == "A_reversed" else BFI
    made = reliability(rows, theirs["items"])
    assert made.n == theirs["n"]
    for ours, name_there in OF_SCALE.items():
        assert getattr(made, ours) == pytest.approx(theirs[name_there], rel=1e-12)
    for ours, name_there in OF_ITEMS.items():
        np.testing.assert_allclose(getattr(made.items, ours), theirs[name_there], rtol=1e-12)
    assert (made.low, made.high) == pytest.approx(tuple(theirs["feldt"]), rel=1e-12)
    assert made.omega == pytest.approx(theirs["omega"], abs=1e-6)


def test_the_given_references_of_alpha_and_omega():
    theirs = GIVEN["alpha.N.complete"]["value"]
    made = reliability(BFI, theirs["items"])
    assert made.alpha == pytest.approx(theirs["raw"], rel=1e-12)
    assert (made.low, made.high) == pytest.approx((theirs["feldt"]["lo"], theirs["feldt"]["hi"]), rel=1e-12)
    np.testing.assert_allclose(made.items.rest_r, theirs["r_drop"], rtol=1e-12)
    assert made.omega == pytest.approx(GIVEN["omega1.N"]["value"]["omega_t"], abs=1e-6)


def test_feldts_interval_is_that_of_alpha_ci():
    theirs = GIVEN["alpha.ci.N"]["value"]
    assert feldt_interval(0.7, 500, 5) == pytest.approx((theirs["lower.ci"], theirs["upper.ci"]), rel=1e-12)


def test_pairwise_alpha_is_that_of_psych_and_counts_the_answers_it_has():
    theirs = R["scales"]["N_pairwise"]
    made = reliability(BFI, N, rule=Missing.PAIRWISE)
    assert made.alpha == pytest.approx(theirs["raw"], rel=1e-12)
    assert made.standardized == pytest.approx(theirs["std"], rel=1e-12)
    assert made.n == BFI[N].notna().T.astype(int).dot(BFI[N].notna().astype(int)).to_numpy().min()  # not 2800


def test_alpha_counts_rows_after_they_were_dropped():
    """Where n was taken before, 40 rows of which 15 are complete had an interval much too short."""
    rows = answers(40)
    rows.iloc[15:, 0] = np.nan
    made, dropped = reliability(rows, list(rows)), reliability(rows.dropna(), list(rows))
    assert (made.n, made.n_rows) == (15, 40)
    assert (made.low, made.high, made.se) == pytest.approx((dropped.low, dropped.high, dropped.se))


@pytest.mark.parametrize("calibrated", [False, True])
def test_the_error_under_a_design_is_that_of_svyvar_by_the_delta_method(calibrated: bool):
    theirs = R["by_design"]["calibrated" if calibrated else "clustered"]
    rows = BFI[[*N, "age", "gender"]].dropna().reset_index(drop=True)
    psu, base = rows.index // 25, rows["age"].to_numpy(float)
    if calibrated:
        women = (rows["gender"] == 2).to_numpy(float)
        fitted = calibrate(np.column_stack([np.ones(len(rows)), women]), base.sum() * np.array([1, 0.6]), base)
        design = survey_design(fitted.calibrated_weights, psu=psu, strata=psu % 4, calibration=fitted)
    else:
        design = survey_design(base, psu=psu, strata=psu % 4)
    made = reliability(rows, N, design=design)
    assert made.alpha == pytest.approx(theirs["alpha"], rel=1e-12)
    assert made.se == pytest.approx(theirs["se"], rel=1 / 2500)  # svyvar has n / (n - 1) more
    assert made.low < made.alpha < made.high < 1


def test_the_error_of_a_domain_counts_only_its_units():
    rows = BFI[[*N, "gender"]].dropna().reset_index(drop=True)
    design = survey_design(np.ones(len(rows)), psu=rows.index // 25)
    men = rows[N].where(rows["gender"] == 1)
    made = reliability(men, N, design=design)
    alone = reliability(rows[rows["gender"] == 1], N)
    assert made.alpha == pytest.approx(alone.alpha, rel=1e-12)
    assert made.n == alone.n
    assert made.se == pytest.approx(alone.se, rel=0.5)


def test_weights_give_the_weighted_alpha():
    rows = BFI[[*N, "age"]].dropna()
    made = reliability(rows, N, design=survey_design(rows["age"]))
    assert made.alpha == pytest.approx(R["alpha_weighted"]["alpha"], rel=1e-12)
    assert made.by_design


def test_the_linearised_error_is_near_that_of_the_bootstrap():
    rows = answers(400, 5)
    made = reliability(rows, list(rows), design=survey_design(np.ones(len(rows))))
    low, high = bootstrap_interval(rows, list(rows), np.random.default_rng(1), n_sets=400)
    assert (made.low, made.high) == pytest.approx((low, high), abs=0.015)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 50), st.lists(st.floats(-100, 100), min_size=4, max_size=4))
def test_shifting_items_leaves_all_but_the_means(seed: int, shift: list):
    rows = answers(seed=seed)
    made, shifted = reliability(rows, list(rows)), reliability(rows + shift, list(rows))
    assert shifted.alpha == pytest.approx(made.alpha, abs=1e-9)
    assert shifted.omega == pytest.approx(made.omega, abs=1e-6)
    np.testing.assert_allclose(shifted.items.rest_r, made.items.rest_r, atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 50), st.permutations(range(4)), st.integers(0, 50))
def test_the_order_of_items_and_rows_is_no_matter(seed: int, order: list, shuffle: int):
    rows = answers(seed=seed)
    turned = rows.iloc[np.random.default_rng(shuffle).permutation(len(rows)), order]
    made, other = reliability(rows, list(rows)), reliability(turned, list(turned))
    assert other.alpha == pytest.approx(made.alpha, rel=1e-9)
    assert other.lambda6 == pytest.approx(made.lambda6, rel=1e-9)
    np.testing.assert_allclose(other.items.alpha_without, made.items.alpha_without[order], rtol=1e-9)


def test_alpha_without_an_item_is_alpha_of_the_others():
    rows = answers(80, 5)
    made = reliability(rows, list(rows))
    for place, name in enumerate(rows):
        rest = reliability(rows.drop(columns=name), [other for other in rows if other != name])
        assert made.items.alpha_without[place] == pytest.approx(rest.alpha, rel=1e-10)
        assert made.items.standardized_without[place] == pytest.approx(rest.standardized, rel=1e-10)
        assert made.items.lambda6_without[place] == pytest.approx(rest.lambda6, rel=1e-10)
        total = rows.drop(columns=name).sum(axis=1)
        assert made.items.rest_r[place] == pytest.approx(np.corrcoef(rows[name], total)[0, 1], rel=1e-10)


def test_a_reversed_item_is_named_and_not_turned():
    rows = answers(200).assign(q0=lambda frame: 6 - frame["q0"])
    made = reliability(rows, list(rows))
    assert made.reversed_items == ("q0",)
    assert made.alpha < reliability(answers(200), list(rows)).alpha
    assert not reliability(answers(200), list(rows)).reversed_items


def test_items_on_different_scales_are_noticed():
    rows = answers(200).assign(q0=lambda frame: 10 * frame["q0"])
    made = reliability(rows, list(rows))
    assert made.on_different_scales
    assert made.standardized == pytest.approx(reliability(answers(200), list(rows)).standardized, rel=1e-10)
    assert not reliability(answers(200), list(rows)).on_different_scales


def test_with_two_items_what_needs_three_is_not_a_number():
    made = reliability(answers(k=2), ["q0", "q1"])
    assert np.isnan(made.omega)
    assert np.isnan(made.items.alpha_without).all()
    assert made.alpha == pytest.approx(alpha_of(np.cov(answers(k=2).T)))


def test_omega_of_equal_loadings_is_the_standardised_alpha():
    matrix = np.full((5, 5), 0.36) + 0.64 * np.eye(5)
    assert omega_total(matrix) == pytest.approx(alpha_of(matrix), abs=1e-7)


def test_the_table_has_a_row_for_each_item():
    table = reliability(answers(), ["q2", "q0", "q1"]).table()
    assert list(table["item"]) == ["q2", "q0", "q1"]
    assert list(table.columns[:3]) == ["item", "mean", "sd"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows.assign(q1=3), "item q1: all 60 answers are 3"),
        (lambda rows: rows.assign(q1=rows["q0"]), "items q0, q1 are combinations"),
        (lambda rows: rows.head(4), "4 rows are too few for 4 items"),
        (lambda rows: rows.head(1), "only 1 of 1 rows"),
    ],
)
def test_what_is_no_scale_is_refused(change, message: str):
    rows = change(answers())
    with pytest.raises(AnalysisError, match=message):
        reliability(rows, list(rows))


def test_items_that_cancel_out_are_refused():
    rows = answers(k=2).assign(q1=lambda frame: -frame["q0"])
    with pytest.raises(AnalysisError, match="q0, q1 are combinations"):
        reliability(rows, list(rows))
    with pytest.raises(AnalysisError, match="cancel out"):
        alpha_of(np.array([[1.0, -1.0], [-1.0, 1.0]]))


def test_a_level_and_a_number_of_sets_that_make_no_sense_are_refused():
    with pytest.raises(AnalysisError, match="between 0 and 1"):
        reliability(answers(), ["q0", "q1"], level=95)
    with pytest.raises(AnalysisError, match="at least 20"):
        bootstrap_interval(answers(), ["q0", "q1"], np.random.default_rng(1), n_sets=3)


def test_a_design_of_one_unit_has_no_interval():
    with pytest.raises(AnalysisError, match="no degree of freedom"):
        reliability(
            answers(), ["q0", "q1"], design=survey_design(np.ones(60), psu=["one"] * 60, lonely_psu="certainty")
        )
