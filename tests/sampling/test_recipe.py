"""Weighting recipes: every fault at once with its key path, and the same weights as the steps done by hand."""

import copy
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sampling.calibration import calibrate_margins, rake
from sampling.distance import Distance
from sampling.faults import SamplingError
from sampling.nonresponse import ClassRules, adjust_by_propensity, adjust_nonresponse, adjust_unknown_eligibility
from sampling.propensity import response_propensities
from sampling.recipe import RecipeError, parse_recipe
from sampling.weighting import Weighting, follow

SCHOOLS = pd.DataFrame(
    json.loads((Path(__file__).parents[1] / "references" / "calibration.json").read_text("utf-8"))["data"]
)
STYPE = {"E": "4421", "H": "755", "M": "1018"}
WIDE = {"No": "1072", "Yes": "5122"}
OUTCOME = {"column": "outcome"} | {word: word for word in ("respondent", "nonrespondent", "ineligible", "unknown")}
RECIPE = {
    "design": {"column": "uneven"},
    "outcome": OUTCOME,
    "eligibility": {"classes": ["stype"], "min_cases": "5"},
    "nonresponse": {"method": "classes", "classes": ["stype"], "min_cases": 5},
    "calibrate": {"method": "rake", "margins": {"stype": STYPE, "sch.wide": WIDE}},
    "trim": {"upper": "150"},
}


class FrameColumns:
    """Columns of a data frame, for tests of what follows a recipe."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self.count = len(frame)

    def numbers(self, name: str, rows: np.ndarray) -> np.ndarray:
        return self.frame[name].to_numpy(dtype=float)

    def labels(self, name: str, rows: np.ndarray) -> np.ndarray:
        assert self.frame.loc[rows, name].notna().all()
        return self.frame[name].astype(str).to_numpy(dtype=object)


def changed(**sections: object) -> dict:
    """The recipe with other sections; None leaves a section out."""
    recipe = copy.deepcopy(RECIPE) | sections
    return {name: section for name, section in recipe.items() if section is not None}


def made(recipe: dict, frame: pd.DataFrame = SCHOOLS) -> Weighting:
    return follow(parse_recipe(recipe), FrameColumns(frame))


def test_a_recipe_does_what_its_steps_do():
    result = made(RECIPE)
    rules = ClassRules(5, 3.0)
    known = adjust_unknown_eligibility(SCHOOLS["uneven"], SCHOOLS["outcome"], [SCHOOLS["stype"]], rules=rules)
    answered = adjust_nonresponse(known.adjusted_weights, SCHOOLS["outcome"], [SCHOOLS["stype"]], rules=rules)
    rows = SCHOOLS["outcome"] == "respondent"
    controls = {"stype": {k: float(v) for k, v in STYPE.items()}, "sch.wide": {k: float(v) for k, v in WIDE.items()}}
    raked = rake(SCHOOLS[rows], controls, answered.adjusted_weights[rows])
    columns = result.columns
    np.testing.assert_allclose(columns.loc[rows, "calibrated_weight"], raked.calibrated_weights, rtol=1e-12)
    assert (columns.loc[~rows, ["adjusted_weight", "calibrated_weight", "trimmed_weight"]] == 0).all().all()
    assert columns.loc[~rows, "weighting_status"].tolist() == SCHOOLS.loc[~rows, "outcome"].tolist()
    assert result.final_weight == "trimmed_weight"
    assert columns["trimmed_weight"].max() <= 150 * (1 + 1e-9) < columns["calibrated_weight"].max()
    assert result.steps["step"].tolist() == ["design", "eligibility", "nonresponse", "calibrate", "trim"]
    assert result.steps["n"].tolist() == [183, 148, rows.sum(), rows.sum(), rows.sum()]
    assert result.steps["largest_gap"].iloc[3:].max() < 1e-9
    assert result.steps["total"].iloc[:2].tolist() == pytest.approx([SCHOOLS["uneven"].sum()] * 2)


@pytest.mark.parametrize(
    ("method", "bounds"), [("linear", None), ("linear", ["0.2", "6"]), ("raking", None), ("logit", [0.2, 6])]
)
def test_every_method_of_calibration_is_within_reach(method: str, bounds: list | None):
    section = {"method": method, "margins": {"stype": STYPE}, "totals": {"api99": "3914069"}}
    result = made({"design": {"column": "pw"}, "calibrate": section | ({"bounds": bounds} if bounds else {})})
    expected = calibrate_margins(
        SCHOOLS,
        {"stype": {k: float(v) for k, v in STYPE.items()}},
        SCHOOLS["pw"],
        quantities=SCHOOLS,
        quantity_totals={"api99": 3914069},
        distance=Distance(method),
        bounds=(0.2, 6) if bounds else None,
    )
    np.testing.assert_allclose(result.columns["calibrated_weight"], expected.calibrated_weights, rtol=1e-12)
    assert result.final_weight == "calibrated_weight"


def test_crossings_and_declared_populations():
    frame = SCHOOLS.assign(wide=SCHOOLS["sch.wide"])
    crossing = {"stype*wide": {"E*No": 1, "H*No": 1, "M*No": 1, "E*Yes": 6, "H*Yes": 1, "M*Yes": 2}}
    recipe = {
        "design": {"column": "pw"},
        "calibrate": {"method": "poststratify", "margins": crossing, "population": 6000},
    }
    result = made(recipe, frame)
    sums = result.columns["calibrated_weight"].groupby([frame["stype"], frame["wide"]]).sum()
    assert sums["E", "Yes"] == pytest.approx(3000)
    assert sums.sum() == pytest.approx(6000)


@pytest.mark.parametrize("weighted", ["true", "false"])
def test_nonresponse_by_propensity(weighted: str):
    frame = SCHOOLS[SCHOOLS["outcome"].isin(["respondent", "nonrespondent"])].reset_index(drop=True)
    model = {"method": "propensity", "covariates": ["stype", "api99"], "categories": ["stype"], "weighted": weighted}
    outcome = {"column": "outcome", "respondent": "respondent", "nonrespondent": "nonrespondent"}
    recipe = {"design": {"column": "uneven"}, "outcome": outcome, "nonresponse": model}
    result = made(recipe, frame)
    answered = frame["outcome"] == "respondent"
    weights_given = frame["uneven"] if weighted == "true" else None
    fitted = response_propensities(frame[["stype", "api99"]], answered, design_weights=weights_given)
    expected = adjust_by_propensity(frame["uneven"], frame["outcome"], fitted.propensities).adjusted_weights
    np.testing.assert_allclose(result.columns["adjusted_weight"], expected, rtol=1e-10)
    in_classes = made(
        recipe | {"nonresponse": model | {"method": "propensity_classes", "n_classes": 3, "min_cases": 5}}, frame
    )
    assert in_classes.classes["nonresponse"]["class"].sort_values().tolist() == ["p1", "p2", "p3"]
    assert in_classes.columns["adjusted_weight"].sum() == pytest.approx(frame["uneven"].sum())


def test_design_weights_come_from_inclusion_probabilities_and_factors():
    frame = pd.DataFrame({"p1": [0.5, 0.5], "p2": [0.1, 0.2], "adults": [2, 3]})
    design = {"inclusion_probabilities": ["p1", "p2"], "factors": "adults"}
    result = made({"design": design}, frame)
    assert result.columns["design_weight"].tolist() == pytest.approx([40, 30])
    assert result.final_weight == "design_weight"


def test_outcomes_may_be_aapor_codes():
    frame = pd.DataFrame({"w": [1.0, 1, 1, 1], "code": [1.1, 2.11, 4.1, 1.2]})
    outcome = {"column": "code", "codes": "aapor", "mode": "web"}
    nonresponse = {"classes": [], "min_cases": 1}
    result = made({"design": {"column": "w"}, "outcome": outcome, "nonresponse": nonresponse}, frame)
    assert result.columns["adjusted_weight"].tolist() == pytest.approx([1.5, 0, 0, 1.5])


def test_thin_classes_collapse_along_the_recipe():
    frame = SCHOOLS.assign(district=(np.arange(183) % 15).astype(str))
    nonresponse = {"classes": ["stype", "district"], "collapse": [["stype"], []], "min_cases": 8, "max_factor": 5}
    result = made(changed(nonresponse=nonresponse, trim=None), frame)
    table = result.classes["nonresponse"]
    assert table["class"].tolist() == ["all"]
    assert table["level"].tolist() == [2]


def test_the_hash_is_of_what_the_recipe_says_not_of_the_order():
    reordered = dict(reversed(RECIPE.items()))
    assert parse_recipe(RECIPE).sha256 == parse_recipe(reordered).sha256
    assert parse_recipe(RECIPE).sha256 != parse_recipe(changed(trim={"upper": "151"})).sha256
    shell = changed(calibrate={"method": "rake", "controls": "controls.csv"})
    one, two = ({"stype": {"E": total}} for total in (1.0, 2.0))
    assert parse_recipe(shell, controls=one).sha256 != parse_recipe(shell, controls=two).sha256


def calibrating(method: str, margins: dict | None = None, **keys: object) -> dict:
    return {"calibrate": {"method": method, "margins": {"a": {"b": 1}} if margins is None else margins} | keys}


def answering(**keys: object) -> dict:
    return {"nonresponse": keys}


@pytest.mark.parametrize(
    ("sections", "faults"),
    [
        ({"desing": {}}, ["desing: there is no such key; keys: calibrate, design,"]),
        ({"design": None}, ["design: the value is missing"]),
        ({"design": {}}, ["design: the value is missing"]),
        ({"design": {"factors": "f"}}, ["design.column: the value is missing"]),
        (
            {"design": {"column": "w", "inclusion_probabilities": "p"}},
            ["design.inclusion_probabilities: give one only"],
        ),
        ({"design": {"column": ["a", "b"]}}, ["design.column: ['a', 'b'] must be a name"]),
        ({"design": "w"}, ["design: pairs of key: value are needed, it is 'w'"]),
        ({"outcome": None}, ["eligibility: this step needs the section outcome", "nonresponse: this step needs"]),
        ({"outcome": {"column": "o"}}, ["outcome.respondent: the value is missing"]),
        ({"outcome": {"column": "o", "codes": "x"}}, ["outcome.codes: 'x' is none of: aapor"]),
        ({"outcome": OUTCOME | {"codes": "aapor"}}, ["outcome.codes: give one only of: codes, respondent"]),
        ({"outcome": OUTCOME | {"unknown": "respondent"}}, ["outcome.unknown: value 'respondent' stands under resp"]),
        ({"eligibility": {"min_cases": "2.5"}}, ["eligibility.min_cases: 2.5 must be a whole number, not below 1"]),
        ({"eligibility": {"max_factor": "many"}}, ["eligibility.max_factor: 'many' must be a number"]),
        ({"eligibility": {"max_factor": 0.5}}, ["eligibility.max_factor: 0.5 must not be below 1"]),
        ({"eligibility": {"collapse": [["a"]]}}, ["eligibility.collapse: collapsing needs classes"]),
        ({"eligibility": {"classes": "a", "collapse": "b"}}, ["eligibility.collapse: 'b' must be a list"]),
        (answering(method="guess"), ["nonresponse.method: 'guess' is none of: classes, propensity_classes"]),
        (answering(method="propensity"), ["nonresponse.covariates: the value is missing"]),
        (answering(classes="a", covariates="b"), ["nonresponse.covariates: does not go with the method classes"]),
        (
            answering(method="propensity", covariates="b", classes="a", categories="c"),
            ["nonresponse.classes: does not go with", "nonresponse.categories: 'c' is none of: b"],
        ),
        (answering(weighted="maybe"), ["nonresponse.weighted: 'maybe' must be true or false"]),
        ({"calibrate": {"margins": {"a": {"b": 1}}}}, ["calibrate.method: the value is missing"]),
        (calibrating("rake", {}), ["calibrate.margins: the value is missing"]),
        (
            calibrating("rake", {"a": {"F": "x", "M": -1}}),
            ["calibrate.margins.a.F: 'x'", "calibrate.margins.a.M: -1 must not be below 0"],
        ),
        (calibrating("rake", {"a": {}, "b": {"c": 1}}), ["calibrate.margins.a: there is no level"]),
        (calibrating("rake", bounds=[0.5, 2]), ["calibrate.bounds: does not go with the method rake"]),
        (calibrating("rake", totals={"x": 1}), ["calibrate.totals: does not go with the method rake"]),
        (calibrating("logit"), ["calibrate.bounds: the value is missing"]),
        (calibrating("linear", bounds=[2, 1]), ["calibrate.bounds: [2, 1] must be two numbers"]),
        (calibrating("linear", bounds="wide"), ["calibrate.bounds: 'wide' must be two numbers"]),
        (calibrating("linear", controls="c.csv"), ["calibrate.controls: give one only of: margins, controls"]),
        (calibrating("poststratify", {"a": {"b": 1}, "c": {"d": 1}}), ["calibrate.margins: poststratify takes one"]),
        ({"trim": {"rule": "median"}}, ["trim.factor: the value is missing"]),
        ({"trim": {"rule": "iqr", "factor": 5, "upper": 3}}, ["trim.upper: does not go with the method iqr"]),
        ({"trim": {"factor": 3}}, ["trim.upper: the value is missing", "trim.factor: does not go with the method fix"]),
        ({"trim": {"upper": 9, "within": "ward"}}, ["trim.within: with calibrate"]),
    ],
)
def test_faults_are_named_by_their_path(sections: dict, faults: list[str]):
    with pytest.raises(RecipeError) as caught:
        parse_recipe(changed(**sections))
    lines = str(caught.value).splitlines()
    assert lines[0] == f"faults in the weighting recipe: {len(faults)}"
    for line, fault in zip(lines[1:], faults, strict=True):
        assert line.startswith(f"- {fault}")
    assert caught.value.message("vi").startswith("công thức quyền số có")


def test_all_faults_come_at_once():
    wrong = {
        "design": {"colum": "w"},
        "outcom": {},
        "calibrate": {"method": "rake", "bounds": "x"},
        "trim": {"upper": "y"},
    }
    with pytest.raises(RecipeError) as caught:
        parse_recipe(wrong)
    paths = {fault.path for fault in caught.value.faults}
    assert {"design.column", "design.colum", "outcom", "calibrate.margins", "calibrate.bounds", "trim.upper"} <= paths


def test_cases_of_unknown_eligibility_never_vanish():
    frame = pd.DataFrame({"w": [1.0, 1, 1], "outcome": ["respondent", "respondent", "unknown"], "sex": ["F", "M", "F"]})
    recipe = {
        "design": {"column": "w"},
        "outcome": OUTCOME,
        "calibrate": {"method": "rake", "margins": {"sex": {"F": 1, "M": 1}}},
    }
    with pytest.raises(SamplingError, match="rows of unknown eligibility"):
        made(recipe, frame)


@pytest.mark.parametrize("raw", [None, "text", ["a"], 3])
def test_what_is_no_mapping_is_no_recipe(raw: object):
    with pytest.raises(RecipeError, match="pairs of key: value"):
        parse_recipe(raw)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"eligibility": None}, "rows of unknown eligibility that still have a weight: 35"),
        ({"nonresponse": None}, "rows that did not answer: 38; but the recipe has no section nonresponse"),
        (
            {"outcome": OUTCOME | {"unknown": "lost"}},
            "column outcome holds values .*: unknown; explained are: respondent",
        ),
        ({"outcome": OUTCOME | {"respondent": "x", "unknown": ["unknown", "respondent"]}}, "there is no respondent"),
        ({"trim": {"upper": "90"}}, "within the bounds"),
        ({"design": {"column": "responded"}}, "responded must be above 0; rows"),
    ],
)
def test_what_a_step_refuses_ends_the_recipe(sections: dict, message: str):
    with pytest.raises(SamplingError, match=message):
        made(changed(**sections))


PEOPLE = [{"name": f"Nguyễn Thị {k}", "phone": f"09000000{k:02}"} for k in range(92)]


@pytest.mark.parametrize("raw", [PEOPLE, {"design": PEOPLE}, {**RECIPE, "title": PEOPLE}, {"x" * 5000: 1}])
def test_a_file_given_by_mistake_is_not_shown_whole(raw: object):
    with pytest.raises(RecipeError) as caught:
        parse_recipe(raw)
    for language in ("vi", "en"):
        assert "Nguyễn Thị 1" not in caught.value.message(language)
        assert max(map(len, caught.value.message(language).splitlines())) < 250
    if raw is PEOPLE:
        assert "it is list [{'name': 'Nguyễn Thị 0'" in str(caught.value)
