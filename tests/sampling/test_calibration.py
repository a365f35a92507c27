"""Calibrated weights: as R computes them, true to their controls, and refused with the place where they cannot be."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, issparse

from sampling.calibration import (
    Calibration,
    calibrate,
    calibrate_margins,
    poststratify,
    rake,
    within_weight_bounds,
)
from sampling.distance import Distance, curve
from sampling.faults import SamplingError
from sampling.margins import coded_margins, rescaled
from sampling.raking import number_cells, rake_cells, rake_many

R = json.loads((Path(__file__).parents[1] / "references" / "calibration.json").read_text("utf-8"))
GIVEN = json.loads((Path(__file__).parents[1] / "references" / "calibration_survey45.json").read_text("utf-8"))
SCHOOLS = pd.DataFrame(R["data"])
STYPE = {"E": 4421, "H": 755, "M": 1018}
WIDE = {"No": 1072, "Yes": 5122}
MODEL = pd.DataFrame(
    {
        "(Intercept)": 1.0,
        "stypeH": (SCHOOLS["stype"] == "H") * 1.0,
        "stypeM": (SCHOOLS["stype"] == "M") * 1.0,
        "api99": SCHOOLS["api99"],
    }
)
TOTALS = {"(Intercept)": 6194, "stypeH": 755, "stypeM": 1018, "api99": 3914069}


def gaps(calibration: Calibration) -> np.ndarray:
    reached = calibration.auxiliary.T @ calibration.calibrated_weights
    return np.abs(reached - calibration.totals) / np.maximum(1, np.abs(calibration.totals))


# as R computes them


@pytest.mark.parametrize(
    ("controls", "name"),
    [
        ({"stype": STYPE}, "poststratify"),
        (
            {"stype*sch.wide": {f"{c['stype']}*{c['sch.wide']}": c["Freq"] for c in R["crossing"]}},
            "poststratify_crossing",
        ),
    ],
)
def test_poststratified_weights_are_those_of_r(controls: dict, name: str):
    made = poststratify(SCHOOLS, controls, SCHOOLS["uneven"])
    np.testing.assert_allclose(made.calibrated_weights, R[name], rtol=1e-8)


@pytest.mark.parametrize(("before", "name"), [("pw", "rake"), ("uneven", "rake_uneven")])
def test_raked_weights_are_those_of_r(before: str, name: str):
    made = rake(SCHOOLS, {"stype": STYPE, "sch.wide": WIDE}, SCHOOLS[before])
    np.testing.assert_allclose(made.calibrated_weights, R[name], rtol=1e-7)


def test_raked_and_poststratified_weights_are_those_of_survey_4_5():
    raked = rake(SCHOOLS, {"stype": STYPE, "sch.wide": WIDE}, SCHOOLS["pw"])
    np.testing.assert_allclose(raked.calibrated_weights, GIVEN["rake.weights"], rtol=1e-7)
    post = poststratify(SCHOOLS, {"stype": STYPE}, SCHOOLS["pw"]).calibrated_weights
    means = pd.Series(post).groupby(SCHOOLS["stype"]).mean()
    np.testing.assert_allclose(means, GIVEN["ps.weights.summary"]["w"], rtol=1e-8)
    assert post.sum() == pytest.approx(GIVEN["ps.weights.summary"]["sum"], rel=1e-12)


@pytest.mark.parametrize(
    ("name", "before", "settings_", "tolerance"),
    [
        ("linear", "pw", {}, 1e-8),
        ("linear_uneven", "uneven", {}, 1e-8),
        ("linear_bounds", "pw", {"bounds": (0.7, 1.7)}, 1e-8),
        ("linear_weight_bounds", "mild", {"weight_bounds": (20, 60)}, 1e-8),
        ("raking", "pw", {"distance": Distance.RAKING}, 1e-7),
        ("raking_uneven", "uneven", {"distance": Distance.RAKING}, 1e-7),
        ("raking_bounds", "pw", {"distance": Distance.RAKING, "bounds": (0.7, 1.7)}, 1e-7),
        ("raking_weight_bounds", "mild", {"distance": Distance.RAKING, "weight_bounds": (20, 60)}, 1e-7),
        ("logit", "pw", {"distance": Distance.LOGIT, "bounds": (0.7, 1.8)}, 1e-7),
        ("logit_uneven", "uneven", {"distance": Distance.LOGIT, "bounds": (0.4, 2.2)}, 1e-7),
    ],
)
def test_calibrated_weights_are_those_of_r_survey(name: str, before: str, settings_: dict, tolerance: float):
    made = calibrate(MODEL, TOTALS, SCHOOLS[before], **settings_)
    np.testing.assert_allclose(made.calibrated_weights, R[name], rtol=tolerance)
    assert made.largest_gap < 1e-10
    assert gaps(made).max() < 1e-9


@pytest.mark.parametrize(
    ("name", "settings_"),
    [
        ("calib_linear_g", {}),
        ("calib_raking_g", {"distance": Distance.RAKING}),
        ("calib_truncated_g", {"bounds": (0.7, 1.7)}),
        ("calib_logit_g", {"distance": Distance.LOGIT, "bounds": (0.5, 2)}),
    ],
)
def test_factors_are_those_of_r_sampling(name: str, settings_: dict):
    made = calibrate(MODEL, TOTALS, SCHOOLS["pw"], **settings_)
    np.testing.assert_allclose(made.g, R[name], rtol=2e-6)  # calib stops at a relative gap of 1e-6


def test_margins_and_a_numeric_total_give_what_the_model_matrix_gives():
    made = calibrate_margins(
        SCHOOLS, {"stype": STYPE}, SCHOOLS["pw"], quantities=SCHOOLS, quantity_totals={"api99": 3914069}
    )
    np.testing.assert_allclose(made.calibrated_weights, R["linear"], rtol=1e-8)
    assert made.columns == ("stype=E", "stype=H", "stype=M", "api99")
    assert issparse(made.auxiliary)


# what holds whatever the data


@st.composite
def surveys(draw: st.DrawFn) -> tuple[pd.DataFrame, dict, np.ndarray]:
    """Rows in every level of three margins, and controls that some weights reach."""
    n = draw(st.integers(20, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    frame = pd.DataFrame(
        {
            "sex": rng.permutation(np.arange(n) % 2).astype(str),
            "age": rng.permutation(np.arange(n) % draw(st.integers(2, 5))).astype(str),
            "school": rng.permutation(np.arange(n) % 3).astype(str),
        }
    )
    base = rng.uniform(0.5, 5, n)
    true = base * rng.uniform(0.7, 1.5, n)
    controls = {name: pd.Series(true).groupby(frame[name]).sum().to_dict() for name in frame}
    return frame, controls, base


@settings(max_examples=20, deadline=None)
@given(survey=surveys())
def test_every_distance_reaches_the_controls(survey):
    frame, controls, base = survey
    for made in (
        rake(frame, controls, base),
        calibrate_margins(frame, controls, base),
        calibrate_margins(frame, controls, base, distance=Distance.RAKING),
        calibrate_margins(frame, controls, base, distance=Distance.LOGIT, bounds=(0.2, 4)),
        calibrate_margins(frame, controls, base, bounds=(0.2, 4)),
    ):
        assert gaps(made).max() < 1e-8
        np.testing.assert_allclose(made.g * base, made.calibrated_weights)
        if made.bounds:
            assert made.g.min() >= 0.2 - 1e-12
            assert made.g.max() <= 4 + 1e-12


@settings(max_examples=20, deadline=None)
@given(survey=surveys())
def test_raking_by_cells_and_by_newton_is_one_method(survey):
    frame, controls, base = survey
    np.testing.assert_allclose(
        rake(frame, controls, base).calibrated_weights,
        calibrate_margins(frame, controls, base, distance=Distance.RAKING).calibrated_weights,
        rtol=1e-7,
    )


@settings(max_examples=20, deadline=None)
@given(survey=surveys())
def test_weights_that_already_fit_are_left_alone(survey):
    frame, _controls, base = survey
    fitting = {name: pd.Series(base).groupby(frame[name]).sum().to_dict() for name in frame}
    for made in (
        rake(frame, fitting, base),
        calibrate_margins(frame, fitting, base),
        calibrate_margins(frame, fitting, base, distance=Distance.LOGIT, bounds=(0.5, 2)),
    ):
        np.testing.assert_allclose(made.calibrated_weights, base, rtol=1e-9)


@settings(max_examples=20, deadline=None)
@given(survey=surveys(), factor=st.floats(1e-3, 1e3))
def test_raking_forgets_the_scale_of_the_base_weights(survey, factor: float):
    frame, controls, base = survey
    np.testing.assert_allclose(
        rake(frame, controls, factor * base).calibrated_weights,
        rake(frame, controls, base).calibrated_weights,
        rtol=1e-8,
    )


@settings(max_examples=20, deadline=None)
@given(survey=surveys(), seed=st.integers(0, 2**32))
def test_the_order_of_the_rows_does_not_matter(survey, seed: int):
    frame, controls, base = survey
    order = np.random.default_rng(seed).permutation(len(frame))
    shuffled = frame.iloc[order].reset_index(drop=True)
    for method in (rake, calibrate_margins):
        np.testing.assert_allclose(
            method(shuffled, controls, base[order]).calibrated_weights,
            method(frame, controls, base).calibrated_weights[order],
            rtol=1e-8,
        )


@settings(max_examples=20, deadline=None)
@given(survey=surveys())
def test_poststratifying_is_raking_one_margin_and_linear_on_its_indicators(survey):
    frame, controls, base = survey
    one = {"age": controls["age"]}
    post = poststratify(frame, one, base).calibrated_weights
    sums = pd.Series(base).groupby(frame["age"]).transform("sum").to_numpy()
    np.testing.assert_allclose(post, base * frame["age"].map(controls["age"]).to_numpy() / sums, rtol=1e-12)
    indicators = pd.get_dummies(frame["age"]).astype(float)
    for distance in (Distance.LINEAR, Distance.RAKING):
        saturated = calibrate(indicators, controls["age"], base, distance=distance)
        np.testing.assert_allclose(saturated.calibrated_weights, post, rtol=1e-9)


@settings(max_examples=25, deadline=None)
@given(survey=surveys(), n_replicates=st.integers(1, 4))
def test_many_columns_are_raked_as_each_alone(survey, n_replicates: int):
    frame, controls, base = survey
    margins = coded_margins(frame, controls)
    codes, totals = [margin.codes for margin in margins], [margin.totals for margin in margins]
    many = base[:, None] * np.random.default_rng(1).uniform(0.5, 1.5, (len(base), n_replicates))
    together = rake_many(codes, many, totals)
    for r in range(n_replicates):
        np.testing.assert_allclose(together[:, r], rake_many(codes, many[:, r], totals), rtol=1e-12)
        np.testing.assert_allclose(together[:, r], rake(frame, controls, many[:, r]).calibrated_weights, rtol=1e-12)


@settings(max_examples=25, deadline=None)
@given(distance=st.sampled_from(list(Distance)), u=st.floats(-3, 3))
def test_slope_and_potential_belong_to_the_factor(distance: Distance, u: float):
    """At u = 0 nothing changes; the slope is the derivative of the factor and the factor that of the potential."""
    shape = curve(distance, 0.5, 2.0)
    assert shape.factor(np.zeros(1)) == pytest.approx(1)
    assert shape.slope(np.zeros(1)) == pytest.approx(1)
    step = 1e-5
    near = np.array([u - step, u + step])
    corner = min(abs(u - bound) for bound in (-0.5, 1.0, np.log(0.5), np.log(2.0))) < 2 * step
    if not corner:
        assert np.diff(shape.factor(near))[0] / (2 * step) == pytest.approx(shape.slope(np.array([u]))[0], abs=1e-6)
    assert np.diff(shape.potential(near))[0] / (2 * step) == pytest.approx(shape.factor(np.array([u]))[0], abs=1e-4)


def test_cells_are_numbered_alike_whether_the_table_is_full_or_sparse():
    rng = np.random.default_rng(3)
    codes = [rng.integers(0, size, 500) for size in (40, 30, 20)]
    cell, levels = number_cells(codes, (40, 30, 20))  # 24,000 combinations, at most 500 of which occur
    assert len(levels[0]) <= 500
    for code, level in zip(codes, levels, strict=True):
        np.testing.assert_array_equal(level[cell], code)


def test_cells_can_be_raked_without_rows():
    """Cell totals of replicates are all that raking needs: factors of cells times rows' weights are the raked rows."""
    codes = [SCHOOLS["stype"].factorize()[0], SCHOOLS["sch.wide"].factorize()[0]]
    cell, levels = number_cells(codes, (3, 2))
    base = SCHOOLS["uneven"].to_numpy()
    controls = [[755, 4421, 1018], [5122, 1072]]
    raked = rake_cells(np.bincount(cell, base, len(levels[0])), levels, controls)
    np.testing.assert_allclose(raked.factors[cell] * base, R["rake_uneven"], rtol=1e-7)
    assert raked.largest_gap < 1e-10


def test_redundant_columns_change_nothing():
    doubled = MODEL.assign(again=MODEL["stypeH"] * 2, E=1 - MODEL["stypeH"] - MODEL["stypeM"])
    made = calibrate(doubled, TOTALS | {"again": 1510, "E": 4421}, SCHOOLS["pw"])
    np.testing.assert_allclose(made.calibrated_weights, R["linear"], rtol=1e-8)
    assert made.auxiliary.shape == (183, 6)


def test_weights_below_zero_are_counted():
    made = calibrate(MODEL, TOTALS | {"api99": 4_500_000}, SCHOOLS["pw"])
    assert made.n_negative == (made.calibrated_weights < 0).sum() > 0
    assert calibrate(MODEL, TOTALS, SCHOOLS["pw"]).n_negative == 0


def test_base_weights_far_from_the_population_are_brought_to_it():
    made = calibrate(MODEL, TOTALS, np.full(183, 1e-4), distance=Distance.RAKING)
    assert gaps(made).max() < 1e-9


def test_controls_of_a_code_match_numbers_and_composed_accents():
    frame = pd.DataFrame({"a": [1.0, 2.0, 1.0], "b": ["Nu\u031b\u0303", "Nam", "Nam"]})
    made = rake(frame, {"a": {"1": 20, 2: 10}, "b": {"Nữ": 10, "Nam": 20}}, [1, 1, 1])
    np.testing.assert_allclose(made.calibrated_weights, [10, 10, 10])


def test_a_level_that_is_zero_on_both_sides_is_left_out():
    made = rake(SCHOOLS, {"stype": STYPE | {"X": 0}}, SCHOOLS["pw"])
    assert made.columns == ("stype=E", "stype=H", "stype=M")


def test_the_columns_of_margins_are_sparse_indicators_with_their_names():
    made = rake(SCHOOLS, {"stype": STYPE, "sch.wide": WIDE}, SCHOOLS["pw"])
    expected = np.column_stack(
        [SCHOOLS["stype"] == level for level in STYPE] + [SCHOOLS["sch.wide"] == w for w in WIDE]
    )
    np.testing.assert_array_equal(made.auxiliary.toarray(), expected)
    assert made.auxiliary.format == "csr"
    assert made.columns == ("stype=E", "stype=H", "stype=M", "sch.wide=No", "sch.wide=Yes")
    np.testing.assert_array_equal(made.totals, [4421, 755, 1018, 1072, 5122])


def test_shares_become_totals_of_a_declared_population():
    shares = {"stype": {"E": 0.7, "H": 0.1, "M": 0.2}, "sch.wide": {"No": 17, "Yes": 83}}
    scaled = rescaled(shares, 6194)
    assert sum(scaled["sch.wide"].values()) == pytest.approx(6194)
    assert gaps(rake(SCHOOLS, scaled, SCHOOLS["pw"])).max() < 1e-9


def test_weights_are_held_in_bounds_with_the_controls():
    free = rake(SCHOOLS, {"stype": STYPE, "sch.wide": WIDE}, SCHOOLS["uneven"])
    held = within_weight_bounds(free, 15, 75)
    assert free.calibrated_weights.max() > 75
    assert held.calibrated_weights.max() <= 75 * (1 + 1e-12)
    assert gaps(held).max() < 1e-9


# refused, with the place


def refused(message: str):
    return pytest.raises(SamplingError, match=message)


ROWS = pd.DataFrame({"sex": ["F", "F", "M", "M"], "age": ["1", "2", "1", "2"]})
ONES = np.ones(4)


@pytest.mark.parametrize(
    ("controls", "message"),
    [
        ({}, "no controls"),
        ({"job": {"a": 1}}, "column job is missing; there are: sex, age"),
        ({"sex": {"F": 10}}, r"column sex: levels without a control: M \(rows: 2\)"),
        ({"sex": {"F": 10, "M": 5, "X": 3}}, r"sex = X: the control is 3 but there are no rows"),
        ({"sex": {"F": 10, "M": 0}}, "sex = M: the control is 0 but not the number of rows: 2"),
        ({"sex": {"F": 10, "M": -2}}, "sex = M: the control -2 must be a number"),
        ({"sex": {"F": 10, "M": "many"}}, "sex = M: the control 'many' must be a number"),
        ({"sex": {"F": 10, "M": float("nan")}}, "sex = M: the control nan must be a number"),
        ({"sex": {"F": 10, "M": 10, "M ": 3}}, "sex = M: there are two controls"),
        ({"sex": {"F": 0, "M": 0}}, "column sex: the controls sum to 0"),
        ({"sex": {"F": 10, "M": 10}, "age": {"1": 10, "2": 11}}, "the controls of sex sum to 20, those of age to 21"),
        ({"sex*age": {"F*1": 1, "F*2": 1, "M*1": 1}}, r"column sex\*age: .* M\*2 \(rows: 1\)"),
    ],
)
def test_controls_that_do_not_fit_the_rows_are_refused(controls: dict, message: str):
    with refused(message):
        rake(ROWS, controls, ONES)


def test_margins_of_different_totals_are_refused_by_every_method():
    controls = {"sex": {"F": 10, "M": 10}, "age": {"1": 10, "2": 11}}
    for method in (rake, calibrate_margins):
        with refused("the controls of sex sum to 20, those of age to 21"):
            method(ROWS, controls, ONES)


def test_raking_takes_few_rounds_where_margins_are_independent():
    """Levels crossed in full with equal weights: one pass over the margins is the answer, the next would find it so."""
    crossed = pd.MultiIndex.from_product([range(3), range(4), range(5)], names=["a", "b", "c"]).to_frame(index=False)
    controls = {name: {level: 60 * (level + 1) / size / (size + 1) * 2 for level in range(size)} for name, size in
                (("a", 3), ("b", 4), ("c", 5))}  # fmt: skip
    assert rake(crossed, controls, np.ones(60)).iterations == 1


def test_blank_levels_are_refused_with_their_rows():
    for blank in (None, "", " ", float("nan")):
        frame = ROWS.assign(sex=pd.Series(["F", blank, "M", blank], dtype=object))
        with refused("column sex is blank in row 2, 4"):
            rake(frame, {"sex": {"F": 1, "M": 1}}, ONES)


@pytest.mark.parametrize(
    ("weights_before", "message"),
    [
        ([1, 0, 1, 1], "base_weights must be above 0; rows 2 are"),
        ([1, 1, -1, -2], "base_weights must be above 0; rows 3, 4 are"),
        ([1, np.nan, 1, 1], "base_weights: rows 2 are blank or not a number"),
        ([1, np.inf, 1, 1], "base_weights: rows 2 are blank or not a number"),
        (["1", "x", "1", "1"], "base_weights: rows 2 are blank or not a number"),
        ([1, 1, 1], "base_weights has 3 rows, 4 are needed"),
        ([], "base_weights: there is no row"),
    ],
)
def test_base_weights_are_looked_at_by_the_door(weights_before: list, message: str):
    for method in (rake, calibrate_margins):
        with refused(message):
            method(ROWS, {"sex": {"F": 1, "M": 1}}, weights_before)


def test_an_empty_table_is_refused_and_one_row_is_weighted():
    with refused("there is no row of data"):
        rake(ROWS.iloc[:0], {"sex": {"F": 1}}, [])
    assert rake(ROWS.iloc[:1], {"sex": {"F": 8}}, [1]).calibrated_weights == pytest.approx([8])


def test_raking_that_does_not_converge_names_margin_and_level():
    """Women are all of age 1 and men of age 2, so that no weights make 10 women and 12 people of age 1."""
    frame = pd.DataFrame({"sex": ["F", "F", "M", "M"], "age": ["1", "1", "2", "2"]})
    with refused(r"after 2000 rounds sex = [FM] has reached 1?\d, wanted is 1\d"):
        rake(frame, {"sex": {"F": 10, "M": 12}, "age": {"1": 12, "2": 10}}, ONES)


def test_a_replicate_without_a_level_is_named():
    many = np.array([[1.0, 1.0], [1.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    with refused(r"1 = 1 \[#2\]: the control is 5 but the weights sum to 0"):
        rake_many([np.array([0, 0, 1, 1])], many, [[5, 5]])
    one_out = rake_many([np.array([0, 0, 1, 1])], np.array([[1.0], [0.0], [1.0], [1.0]]), [[5, 5]])
    np.testing.assert_allclose(one_out[:, 0], [5, 0, 2.5, 2.5])


@pytest.mark.parametrize(
    ("codes", "controls", "message"),
    [
        ([np.array([0, 1, 2, 0])], [[1, 1]], "codes of margin 1 must be whole numbers from 0 to below 2"),
        ([np.array([0, -1, 1, 0])], [[1, 1]], "codes of margin 1"),
        ([np.array([0.0, 1, 1, 0])], [[1, 1]], "codes of margin 1"),
        ([np.array([0, 1])], [[1, 1]], "rows, 4 are needed"),
        ([np.array([0, 1, 1, 0])], [[1, 1], [2]], "1 columns of codes and 2 sets of controls"),
        ([np.array([0, 1, 1, 0])] * 2, [[1, 1], [2, 1]], "the controls of 1 sum to 2, those of 2 to 3"),
    ],
)
def test_codes_that_do_not_fit_their_controls_are_refused(codes: list, controls: list, message: str):
    with refused(message):
        rake_many(codes, ONES, controls)


def test_weights_below_zero_are_not_raked():
    with refused("must not be negative"):
        rake_many([np.array([0, 1, 1, 0])], -ONES, [[1, 1]])
    with refused("must not be negative"):
        rake_cells([1, -1], [np.array([0, 1])], [[1, 1]])


@pytest.mark.parametrize(
    ("totals", "settings_", "message"),
    [
        (
            TOTALS,
            {"bounds": (0.7, 1.3)},
            r"stypeH: within the bounds at most 616.0\d+ can be reached, wanted is 755; raise",
        ),
        (TOTALS | {"stypeM": 500}, {"bounds": (0.7, 1.7)}, "stypeM: within the bounds at least 592.3.*lower the lower"),
        (TOTALS, {"bounds": (0.8, 1.7)}, "cannot hold at once: .* rows are at the upper bound, .* at the lower"),
        (TOTALS, {"bounds": (1.2, 3)}, r"bounds of the factor are \[1.2, 3\]"),
        (TOTALS, {"bounds": (-1, 3)}, r"0 ≤ lower < 1 < upper"),
        (TOTALS, {"distance": Distance.LOGIT}, "distance logit: the bounds"),
        (TOTALS, {"distance": Distance.LOGIT, "bounds": (0.5, np.inf)}, "distance logit: the bounds"),
        (TOTALS, {"weight_bounds": (60, 20)}, r"bounds of weights \[60, 20\]"),
        (TOTALS, {"distance": Distance.LOGIT, "bounds": (0.5, 3), "weight_bounds": (1, 99)}, "no logit distance"),
        (TOTALS, {"bounds": (0.5, 3), "weight_bounds": (1, 10)}, "exclude each other in rows 1, 2"),
        (
            TOTALS | {"api99": -5},
            {"distance": Distance.RAKING},
            "api99 is never negative, so that weights above zero cannot reach -5",
        ),
        (TOTALS | {"api99": 1}, {"distance": Distance.RAKING}, "after .* steps .* out of the sample's reach"),
        ({"stypeH": 755}, {}, r"controls and columns do not match: \(Intercept\), stypeM, api99"),
        (TOTALS | {"x": 1}, {}, "do not match: x"),
        ([1, 2], {}, "there are 2 controls or names for 4 columns"),
        ([1, 2, 3, np.nan], {}, "totals: rows 4 are blank"),
    ],
)
def test_what_cannot_be_calibrated_is_refused_with_column_and_remedy(totals, settings_: dict, message: str):
    with refused(message):
        calibrate(MODEL, totals, SCHOOLS["pw"], **settings_)


def test_controls_that_contradict_each_other_are_refused():
    with refused(r"the control of \w+ is \d+; by the other controls it must be \d+"):
        calibrate(MODEL.assign(again=MODEL["stypeH"]), TOTALS | {"again": 700}, SCHOOLS["pw"])


def test_a_column_of_zeros_cannot_reach_a_control():
    with refused("column none is 0 in every row but its control is 5"):
        calibrate(MODEL.assign(none=0.0), TOTALS | {"none": 5}, SCHOOLS["pw"])
    made = calibrate(MODEL.assign(none=0.0), TOTALS | {"none": 0}, SCHOOLS["pw"])
    np.testing.assert_allclose(made.calibrated_weights, R["linear"], rtol=1e-8)


def test_blank_auxiliary_values_are_refused_with_column_and_rows():
    with refused("api99: rows 2 are blank"):
        calibrate(MODEL.assign(api99=MODEL["api99"].where(MODEL.index != 1)), TOTALS, SCHOOLS["pw"])
    with refused("auxiliary: rows 1 are blank"):
        calibrate(csr_array([[np.nan], [1.0]]), [3], [1, 1])
    with refused("column income is missing"):
        calibrate_margins(ROWS, {"sex": {"F": 1, "M": 1}}, ONES, quantity_totals={"income": 3})


def test_several_margins_are_no_poststratification():
    with refused("takes one margin or one crossing"):
        poststratify(SCHOOLS, {"stype": STYPE, "sch.wide": WIDE}, SCHOOLS["pw"])


def test_every_refusal_speaks_vietnamese():
    with pytest.raises(SamplingError) as caught:
        rake(ROWS, {"sex": {"F": 10, "M": 5, "X": 3}}, ONES)
    assert "không có dòng nào" in caught.value.message("vi")
