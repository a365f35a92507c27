"""Measurement invariance: lavaan's numbers, groups that are alike, groups that fail."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.faults import AnalysisError
from analysis.invariance import Invariance, InvarianceTest, measurement_invariance

REFERENCES = Path(__file__).parents[1] / "references"
R = json.loads((REFERENCES / "confirmatory.json").read_text())["invariance"]
BFI = pd.read_csv(REFERENCES / "data" / "bfi.csv")
HOLZINGER = pd.read_csv(REFERENCES / "data" / "holzinger.csv")
FILES = {"school": HOLZINGER, "gender": BFI}
THREE = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"


@pytest.fixture(scope="module")
def made() -> dict[str, InvarianceTest]:
    return {name: measurement_invariance(rows, R[name]["model"], rows[name]) for name, rows in FILES.items()}


@pytest.mark.parametrize("name", list(R))
@pytest.mark.parametrize("level", list(Invariance))
def test_the_fit_of_each_level_is_that_of_lavaan(made: dict, name: str, level: Invariance):
    theirs = R[name]["fits"][level.value]
    fit = made[name].levels[list(Invariance).index(level)].fit
    assert (fit.chi_square, fit.df, fit.p) == pytest.approx((theirs["chisq"], theirs["df"], theirs["pvalue"]), rel=1e-6)
    assert (fit.cfi, fit.tli, fit.srmr) == pytest.approx((theirs["cfi"], theirs["tli"], theirs["srmr"]), abs=1e-6)
    limits = [theirs[f"rmsea{part}"] for part in ("", ".ci.lower", ".ci.upper")]
    assert tuple(fit.rmsea) == pytest.approx(limits, abs=1e-6)
    assert fit.baseline_chi_square == pytest.approx(theirs["baseline.chisq"], rel=1e-9)


@pytest.mark.parametrize("name", list(R))
def test_the_differences_between_levels_are_those_of_lavaan(made: dict, name: str):
    theirs, steps = R[name]["difference"], made[name].levels
    assert steps[0].chi_square_difference is None
    for place, step in enumerate(steps[1:]):
        assert step.chi_square_difference == pytest.approx(theirs["chisq"][place], rel=1e-5)
        assert step.df_difference == theirs["df"][place]
        assert step.p_difference == pytest.approx(theirs["p"][place], rel=1e-4)
    fits = R[name]["fits"]
    assert steps[2].cfi_difference == pytest.approx(fits["scalar"]["cfi"] - fits["metric"]["cfi"], abs=1e-6)


@pytest.mark.parametrize("name", list(R))
@pytest.mark.parametrize("level", list(Invariance))
def test_the_estimates_in_each_group_are_those_of_lavaan(made: dict, name: str, level: Invariance):
    ours = made[name].levels[list(Invariance).index(level)].estimates
    for number, group in enumerate(map(str, R[name]["groups"]), start=1):
        rows = [row for row in R[name]["estimates"][level.value] if row["group"] == number]
        loadings = {(row["lhs"], row["rhs"]): row for row in rows if row["op"] == "=~"}
        here = ours[(ours["group"] == group) & (ours["kind"] == "loading")]
        theirs = [loadings[pair] for pair in zip(here["factor"], here["item"], strict=True)]
        np.testing.assert_allclose(here["estimate"], [row["est"] for row in theirs], atol=5e-5)
        np.testing.assert_allclose(here["se"], [row["se"] for row in theirs], atol=1e-5)
        np.testing.assert_allclose(here["standardized"], [row["std"] for row in theirs], atol=5e-5)


@pytest.mark.parametrize("name", list(R))
def test_factor_means_are_those_of_lavaan_against_the_first_group(made: dict, name: str):
    theirs = {
        (str(R[name]["groups"][row["group"] - 1]), row["lhs"]): row
        for row in R[name]["estimates"]["scalar"]
        if row["op"] == "~1" and row["lhs"] in made[name].model.factors
    }
    ours = made[name].factor_means
    first = ours["group"].iloc[0]
    for row in ours[ours["group"] != first].itertuples():
        here = theirs[(row.group, row.factor)]
        origin = theirs[(first, row.factor)]["est"]  # lavaan takes its groups in the order of the file
        assert row.mean == pytest.approx(here["est"] - origin, abs=5e-5)
        assert row.se == pytest.approx(max(here["se"], theirs[(first, row.factor)]["se"]), abs=1e-5)
    assert (ours.loc[ours["group"] == first, ["mean", "se"]] == 0).all(axis=None)


def test_groups_of_the_same_rows_are_invariant():
    twice = pd.concat([HOLZINGER, HOLZINGER], ignore_index=True)
    made = measurement_invariance(twice, THREE, ["a"] * 301 + ["b"] * 301)
    chi_square = [step.fit.chi_square for step in made.levels]
    np.testing.assert_allclose(chi_square, chi_square[0], rtol=1e-6)
    np.testing.assert_allclose(made.factor_means["mean"], 0, atol=1e-6)


def test_a_shift_of_all_items_of_a_factor_is_a_shift_of_its_mean():
    rows = pd.concat([HOLZINGER, HOLZINGER], ignore_index=True)
    group = np.repeat(["a", "b"], 301)
    loadings = measurement_invariance(rows, THREE, group).levels[2].estimates
    textual = loadings[(loadings["factor"] == "textual") & (loadings["kind"] == "loading") & (loadings["group"] == "a")]
    for item, loading in zip(textual["item"], textual["estimate"], strict=True):
        rows.loc[group == "b", item] += 0.5 * loading
    means = measurement_invariance(rows, THREE, group).factor_means.set_index(["group", "factor"])["mean"]
    assert means["b", "textual"] == pytest.approx(0.5, abs=1e-4)
    assert means["b", "visual"] == pytest.approx(0, abs=1e-4)


def test_rows_without_a_group_or_an_answer_are_counted_as_dropped():
    rows = HOLZINGER.copy()
    rows.loc[0, "x1"] = np.nan
    group = rows["school"].where(rows.index != 5)
    made = measurement_invariance(rows, THREE, group)
    assert made.dropped == 2
    assert sum(size for _label, size in made.groups) == 299


def test_the_table_has_a_row_for_each_level(made: dict):
    table = made["school"].table()
    assert list(table["level"]) == ["configural", "metric", "scalar"]
    assert list(table["df"]) == [48, 54, 60]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows.assign(school="one"), "two groups at least"),
        (lambda rows: rows.assign(x2=rows["x2"].where(rows["school"] == "Pasteur", 3)), "group Grant-White: item x2"),
        (lambda rows: pd.concat([rows[rows["school"] == "Pasteur"], rows[rows["school"] != "Pasteur"].head(6)]),
         "group Grant-White: 6 rows are too few for 9 items"),
    ],
)  # fmt: skip
def test_a_group_in_which_the_model_cannot_be_had_is_named(change, message: str):
    rows = change(HOLZINGER)
    with pytest.raises(AnalysisError, match=message):
        measurement_invariance(rows, THREE, rows["school"])


def test_groups_of_another_length_are_refused():
    with pytest.raises(AnalysisError, match="must match row by row"):
        measurement_invariance(HOLZINGER, THREE, ["a", "b"])
