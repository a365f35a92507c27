"""Scores of people who were drawn: weights, strata, first-stage units, the invitees of closed groups, differences."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring_makers import DTXHH, TINY_ITEMS, method_of, random_ratings, ratings_of, unit_row

from analysis.design import LonelyPsu, survey_design
from analysis.estimate import means
from scoring.differences import differences_from
from scoring.dtxhh import score_dtxhh
from scoring.faults import TableError
from scoring.tables import invited_from, ratings_from
from survey_app.cli.score import score as score_command

# values and R commands: tests/references/scoring_drawn.R
R = json.loads((Path(__file__).parents[1] / "references" / "scoring_drawn.json").read_text(encoding="utf-8"))
ONE_GROUP = {"group_weights": {**DTXHH["group_weights"], "by_criterion": {"C1": {"a": 1}, "C2": {"a": 1}}}}
NO_GUARD = {"small_samples__below": 2, "few_ballots__min_ballots": 2}
METHOD = method_of(**ONE_GROUP, **NO_GUARD)


def drawn_people():
    answers = {f"a_{c}": ["98" if x is None else x for x in R[c]] for c in ("c1", "c2")}
    ratings = ratings_of({("a", "U"): answers}, [item for item in TINY_ITEMS if item.respondent_group == "a"])
    design = {"calibrated_weight": R["w"], "stratum": R["stratum"], "psu": R["psu"]}
    return replace(ratings, frame=ratings.frame.assign(**design))


def test_means_and_points_of_drawn_people_are_those_of_r():
    scores = score_dtxhh(METHOD, drawn_people())
    cells = scores.by_group.set_index("criterion")
    assert tuple(cells.loc["C1", ["value", "se"]]) == pytest.approx(R["c1_mean"], rel=1e-12)
    assert tuple(cells.loc["C2", ["value", "se"]]) == pytest.approx(R["c2_mean"], rel=1e-12)
    row = unit_row(scores, "U")
    assert (row["points"], row["points_se"]) == pytest.approx(R["points"], rel=1e-12)
    assert cells.loc["C1", "se_method"] == "linearised"


def test_the_shares_of_drawn_units_sum_to_the_variance_of_the_index():
    scores = score_dtxhh(METHOD, drawn_people())
    assert len(scores.influence) == 6  # thôn, not people
    total = np.sqrt((scores.influence["influence"] ** 2).sum())
    assert total == pytest.approx(unit_row(scores, "U")["se"], rel=1e-12)


def test_a_file_with_the_design_scores_like_the_frame(tmp_path):
    ratings = drawn_people()
    long = ratings.frame.melt(
        id_vars=["ballot", "respondent_group", "unit", "calibrated_weight", "stratum", "psu"],
        value_vars=["a_c1", "a_c2"],
        var_name="question",
        value_name="answer",
    ).rename(columns={"ballot": "respondent", "respondent_group": "group"})
    long["criterion"] = long["question"].str[-2:].str.upper()
    text = long.astype(object).where(long.notna(), "").astype(str)
    again = score_dtxhh(METHOD, ratings_from(text, METHOD))
    assert again.canonical_csv() == score_dtxhh(METHOD, ratings).canonical_csv()


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("calibrated_weight", "0", "above zero"),
        ("calibrated_weight", "nhiều", "above zero"),
        ("psu", "", "is blank"),
        ("stratum", "z", "unlike row 2"),
    ],
)
def test_a_design_that_cannot_be_is_refused_by_row(column, value, said):
    row = {"respondent": "1", "group": "a", "unit": "U", "criterion": "C1", "answer": "4"}
    row |= {"calibrated_weight": "2", "stratum": "x", "psu": "1"}
    table = pd.DataFrame([row | {"question": "q1"}, row | {"question": "q2", column: value}])
    with pytest.raises(TableError) as caught:
        ratings_from(table, METHOD)
    assert f"row 3, column {column}" in str(caught.value)
    assert said in caught.value.text("en")


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_group_means_are_those_of_the_estimation_engine(seed):
    rng = np.random.default_rng(seed)
    frame = random_ratings(rng, units=3, ballots=24, groups="a", unsure=0.0).frame
    frame = frame[(frame["ballot"] % 3 == frame["unit"].str[1].astype(int))].reset_index(drop=True)
    frame["stratum"] = frame["unit"]
    frame["psu"] = frame["ballot"] % 12 // 3
    frame["calibrated_weight"] = rng.uniform(0.5, 3, len(frame))
    ratings = replace(random_ratings(rng), frame=frame)
    found = score_dtxhh(method_of(**ONE_GROUP, **NO_GUARD), ratings).by_group
    found = found[(found["criterion"] == "C1") & (found["se_method"] == "linearised")].set_index("unit")
    design = survey_design(
        frame["calibrated_weight"],
        psu=frame["psu"],
        strata=frame["unit"],
        nest=True,
        lonely_psu=LonelyPsu.CERTAINTY,
    )
    values = pd.DataFrame({"unit": frame["unit"], "c1": (pd.to_numeric(frame["a_c1"]) - 1) / 4})
    expected = means(design, values, ["c1"], by=["unit"]).table().set_index("unit").loc[found.index]
    assert found["value"].to_numpy(float) == pytest.approx(expected["estimate"].to_numpy(), rel=1e-12)
    assert found["se"].to_numpy(float) == pytest.approx(expected["se"].to_numpy(), rel=1e-9)


def test_weights_that_are_all_alike_change_nothing_but_rounding():
    ratings = random_ratings(np.random.default_rng(3))
    weighted = replace(ratings, frame=ratings.frame.assign(calibrated_weight=2.5))
    plain, same = (score_dtxhh(method_of(**NO_GUARD), r).by_unit for r in (ratings, weighted))
    for column in ("index", "n", "rank"):
        assert plain[column].to_numpy(float) == pytest.approx(same[column].to_numpy(float))


def test_two_thon_that_agree_are_no_certainty():
    frame = pd.DataFrame({"ballot": range(20), "respondent_group": "a", "unit": ["U"] * 10 + ["V"] * 10})
    frame["a_c1"] = ["4"] * 10 + ["3", "5"] * 5
    frame["psu"] = [0, 1] * 10
    ratings = replace(random_ratings(np.random.default_rng(1)), frame=frame.assign(a_c2="4", stratum=frame["unit"]))
    scores = score_dtxhh(method_of(**ONE_GROUP, small_samples__below=8, few_ballots__min_ballots=2), ratings)
    unanimous = scores.by_group.query("unit == 'U' and criterion == 'C1'").iloc[0]
    assert unanimous["se"] > 0
    assert unanimous["se_method"] == "pooled"
    assert scores.by_group.query("unit == 'U' and criterion == 'C2'").iloc[0]["se_method"] == "agresti_coull"


def test_a_complete_count_has_no_error_about_this_years_raters_and_one_about_the_unit():
    ratings = random_ratings(np.random.default_rng(5), units=2, ballots=8, groups="ab")
    invited = {(group, unit): 8 for group in "ab" for unit in ("U0", "U1")}
    answered = replace(ratings, frame=ratings.frame.fillna("3"), invited=invited)
    row = unit_row(score_dtxhh(method_of(dont_know__rule="as_value", dont_know__value=0.5, **NO_GUARD), answered), "U0")
    assert row["se"] > 0
    assert row["se_raters"] == 0


def test_half_of_the_invitees_halve_the_variance_about_this_years_raters():
    ratings = random_ratings(np.random.default_rng(5), units=1, ballots=10, groups="a", unsure=0.0)
    ratings = replace(ratings, frame=ratings.frame.fillna("3"), invited={("a", "U0"): 20})
    row = unit_row(score_dtxhh(METHOD, ratings), "U0")
    assert row["se_raters"] == pytest.approx(row["se"] * np.sqrt(0.5), rel=1e-12)


def test_more_ballots_than_invitees_are_refused():
    ratings = random_ratings(np.random.default_rng(5), units=1, ballots=10, groups="a")
    with pytest.raises(TableError, match="10 ballots and 9"):
        replace(ratings, invited={("a", "U0"): 9})


def test_the_list_of_invitees_is_checked_row_by_row():
    table = pd.DataFrame({"group": ["a", "a", ""], "unit": ["U", "U", "V"], "invited": ["12", "0", "2.5"]})
    with pytest.raises(TableError) as caught:
        invited_from(table)
    said = caught.value.text("en")
    assert "row 3, column invited" in said
    assert "row 3, column unit" in said
    assert "row 4, column group" in said
    assert "row 4, column invited" in said


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_difference_of_units_rated_by_the_same_people_is_the_error_of_their_differences(seed):
    """Every ballot rates both units on one criterion: the difference is a mean of differences, with its own s²/n."""
    rng = np.random.default_rng(seed)
    n = 12
    answers = rng.integers(1, 6, (n, 2))
    frame = pd.DataFrame({"ballot": np.repeat(np.arange(n), 2), "respondent_group": "a", "unit": ["U", "V"] * n})
    frame["a_c1"] = [str(x) for x in answers.ravel()]
    ratings = replace(random_ratings(rng), frame=frame, items=TINY_ITEMS[:1])
    one = {"C1": {"a": 1}, "C2": {"b": 1}}
    method = method_of(group_weights={**DTXHH["group_weights"], "by_criterion": one}, **NO_GUARD)
    scores = score_dtxhh(method, ratings)
    if set(scores.by_group.query("criterion == 'C1'")["se_method"]) != {"linearised"}:
        return  # all ballots of a unit agree: the guard adds to its variance
    found = differences_from(scores, "V").iloc[0]
    apart = 25.0 * (answers[:, 0] - answers[:, 1])
    floor = np.sqrt(4 / (n + 4) * (25.0**2 * answers.var(axis=0, ddof=1) / n).sum())
    assert found["difference"] == pytest.approx(apart.mean(), abs=1e-9)
    assert found["se"] == pytest.approx(max(apart.std(ddof=1) / np.sqrt(n), floor), abs=1e-9)
    assert found["shared"] == 1


def test_a_few_raters_who_all_see_the_same_distance_are_no_certainty():
    """Everybody puts V one step below U: nothing varies, yet twelve people do not make it sure."""
    answers = np.array([5, 4, 3, 4, 5, 3] * 2)
    frame = pd.DataFrame({"ballot": np.repeat(np.arange(12), 2), "respondent_group": "a", "unit": ["U", "V"] * 12})
    frame["a_c1"] = [str(x) for x in np.column_stack([answers, answers - 1]).ravel()]
    ratings = replace(random_ratings(np.random.default_rng(1)), frame=frame, items=TINY_ITEMS[:1])
    method = method_of(
        group_weights={**DTXHH["group_weights"], "by_criterion": {"C1": {"a": 1}, "C2": {"b": 1}}}, **NO_GUARD
    )
    scores = score_dtxhh(method, ratings)
    found = differences_from(scores, "V").iloc[0]
    assert found["se_method"] == "few_raters"
    assert found["se"] == pytest.approx(np.sqrt(4 / 16 * (scores.by_unit["se"].astype(float) ** 2).sum()))
    assert found["ci_low"] < found["difference"] < found["ci_high"]


def test_two_thon_make_a_wide_interval():
    """One degree of freedom: t = 12.7, not 1.96."""
    frame = pd.DataFrame({"ballot": range(8), "respondent_group": "a", "unit": "U", "psu": [0, 1] * 4})
    frame["a_c1"], frame["a_c2"] = ["2", "4"] * 4, ["3", "4"] * 4
    scores = score_dtxhh(METHOD, replace(random_ratings(np.random.default_rng(1)), frame=frame))
    row = unit_row(scores, "U")
    assert row["df"] == pytest.approx(1)
    assert row["ci_high"] - row["index"] == pytest.approx(min(12.706205 * row["se"], 100 - row["index"]), rel=1e-6)


def test_units_with_raters_of_their_own_differ_as_independent_samples():
    scores = score_dtxhh(
        method_of(**ONE_GROUP, **NO_GUARD),
        ratings_of(
            {("a", "U"): {"a_c1": [3, 4, 5], "a_c2": [2, 2, 3]}, ("a", "V"): {"a_c1": [1, 4, 5], "a_c2": [5, 2, 3]}},
            TINY_ITEMS,
        ),
    )
    row = differences_from(scores, "V").iloc[0]
    errors = scores.by_unit["se"].astype(float)
    assert row["se"] == pytest.approx(np.hypot(*errors), rel=1e-12)
    assert row["shared"] == 0


def test_a_unit_without_a_score_cannot_be_compared_with():
    scores = score_dtxhh(METHOD, drawn_people())
    with pytest.raises(TableError, match="W"):
        differences_from(scores, "W")


HEADER = "respondent,group,unit,criterion,question,answer,calibrated_weight,psu\n"


def staff_of_two_offices():
    codes = ["CHI_DAO", "THE_CHE", "TTHC", "BO_MAY", "CONG_VU", "TAI_CHINH", "SO_HOA"]
    return HEADER + "".join(
        f"{unit}{k},cong_chuc,{unit},SO.{code},{code},{(k + place) % 3 + low},{1 + k},{k % 3}\n"
        for unit, low in (("SNV", 3), ("STP", 2))
        for k in range(6)
        for place, code in enumerate(codes)
    )


def test_the_command_weighs_and_compares_units(tmp_path):
    (tmp_path / "r.csv").write_text(staff_of_two_offices(), encoding="utf-8")
    common = ["--method", "dtxhh_so_2026", "--ratings", str(tmp_path / "r.csv"), "--out", str(tmp_path / "out.csv")]
    result = CliRunner().invoke(score_command, [*common, "--against", "STP"])
    assert result.exit_code == 0, result.output
    assert "Chênh lệch chỉ số so với STP" in result.output
    assert re.search(r"SNV +25,00", result.output)
    units = pd.read_csv(tmp_path / "out.csv").query("level == 'unit'").set_index("unit")
    assert units.loc["SNV", "index"] - units.loc["STP", "index"] == pytest.approx(25)
    assert units["se_raters"].isna().all()  # people were drawn: there is no list of all raters


def test_the_command_names_both_estimands_for_a_group_asked_in_full(tmp_path):
    lines = staff_of_two_offices().splitlines()
    plain = "\n".join(",".join(line.split(",")[:6]) for line in lines)
    (tmp_path / "r.csv").write_text(plain + "\n", encoding="utf-8")
    (tmp_path / "n.csv").write_text("group,unit,invited\ncong_chuc,SNV,6\ncong_chuc,STP,12\n", encoding="utf-8")
    common = ["--method", "dtxhh_so_2026", "--ratings", str(tmp_path / "r.csv"), "--out", str(tmp_path / "out.csv")]
    result = CliRunner().invoke(score_command, [*common, "--invited", str(tmp_path / "n.csv"), "--lang", "en"])
    assert result.exit_code == 0, result.output
    assert "how the unit performs" in result.output
    units = pd.read_csv(tmp_path / "out.csv").query("level == 'unit'").set_index("unit")
    assert units.loc["SNV", "se_raters"] == 0
    assert units.loc["STP", "se_raters"] == pytest.approx(units.loc["STP", "se"] * np.sqrt(0.5))


def test_a_unit_that_is_not_there_cannot_be_compared_with(tmp_path):
    (tmp_path / "r.csv").write_text(staff_of_two_offices(), encoding="utf-8")
    arguments = ["--method", "dtxhh_so_2026", "--ratings", str(tmp_path / "r.csv"), "--against", "STC"]
    result = CliRunner().invoke(score_command, arguments)
    assert result.exit_code == 1
    assert "STC" in result.output
