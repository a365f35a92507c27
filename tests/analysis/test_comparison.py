"""Do groups differ: R's numbers, laws that always hold, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_cases import design, prepared
from survey_samples import assert_close, references, refs
from survey_samples import sample as sample_of

from analysis.comparison import Adjustment, Statistic, adjusted_p, association
from analysis.design import SurveyDesign, survey_design
from analysis.domain_covariance import domain_errors
from analysis.estimate import means
from analysis.faults import AnalysisError
from analysis.mean_tests import equal_means_tests, means_table, pair_table, pair_tests
from analysis.options import Options

R = references("models")
SCHOOLS = st.integers(0, 2**32 - 1)


def drawn(seed: int, levels: int = 3, groups: int = 3) -> tuple[SurveyDesign, pd.DataFrame]:
    """A clustered sample of 120 rows with unequal weights, and answers that depend on the cluster."""
    rng = np.random.default_rng(seed)
    psu = np.repeat(np.arange(24), 5)
    lean = rng.normal(size=24)[psu]
    frame = pd.DataFrame(
        {
            "answer": np.clip(np.round(2 + lean + rng.normal(size=120)), 1, levels).astype(int),
            "group": rng.integers(0, groups, 120),
            "score": 50 + 5 * lean + rng.normal(size=120),
        }
    )
    return survey_design(rng.uniform(1, 9, 120), psu=psu, strata=psu // 6), frame


def name(case: dict) -> str:
    return "-".join(str(case[key]) for key in ("design", "rows", "columns", "how", "item", "by") if key in case)


@pytest.mark.parametrize("case", R["chisq"], ids=name)
def test_chi_square_is_that_of_svychisq(case: dict):
    found = association(
        design(case["design"]), prepared(case["design"]), case["rows"], case["columns"], how=Statistic(case["how"])
    )
    df = np.atleast_1d(case["df"])
    assert_close(found.p, case["p"], 1e-8)
    assert_close([found.df1, found.df2][: len(df)], df)
    if case["how"] == "Chisq" and "HI_CHOL" in case["columns"]:  # R scales X2 to rows that lack an answer, too
        assert_close(found.statistic * len(prepared("nhanes")) / found.n, case["statistic"])
    else:
        assert_close(found.statistic, case["statistic"])


@pytest.mark.parametrize("case", R["ttest"], ids=name)
def test_t_test_is_that_of_svyttest(case: dict):
    found = pair_tests(design(case["design"]), prepared(case["design"]), [case["item"]], case["by"])[0]
    assert_close([-found.difference, -found.t, found.df], [case["difference"], case["t"], case["df"]])
    assert_close(found.p, case["p"], 1e-7)
    assert_close([-found.high, -found.low], case["interval"])


@pytest.mark.parametrize("sample", ["apistrat", "apiclus1"])
def test_t_test_is_that_of_survey_4_5(sample: str):
    wanted = refs("taylor_survey45", {"apistrat": "dstrat", "apiclus1": "dclus1"}[sample] + ".ttest")
    found = pair_tests(design(sample), prepared(sample), ["api00"], "comp.imp")[0]
    assert_close([-found.t, found.df, found.p], [wanted["statistic"], wanted["parameter"], wanted["p.value"]])
    assert_close([-found.high, -found.low], wanted["conf"])


@pytest.mark.parametrize("case", R["wald"], ids=name)
def test_wald_test_is_that_of_reg_term_test(case: dict):
    found = equal_means_tests(design(case["design"]), prepared(case["design"]), [case["item"]], case["by"])[0]
    assert_close([found.f, found.df1, found.df2], [case["f"], case["df1"], case["df2"]])
    assert_close(found.p, case["p"], 1e-7)


def test_adjusted_p_are_those_of_r():
    p = R["adjusted"]["p"]
    assert_close(adjusted_p(p), R["adjusted"]["holm"])
    assert_close(adjusted_p(p, Adjustment.BENJAMINI_HOCHBERG), R["adjusted"]["bh"])
    assert_close(adjusted_p(p, Adjustment.NONE), p)


@settings(max_examples=25, deadline=None)
@given(seed=SCHOOLS, how=st.sampled_from(list(Statistic)), data=st.data())
def test_names_and_order_of_levels_change_no_chi_square(seed: int, how: Statistic, data: st.DataObject):
    sample, frame = drawn(seed)
    found = association(sample, frame, "answer", "group", how=how)
    order = data.draw(st.permutations(["x", "y", "z"]))
    renamed = frame.assign(group=frame["group"].map(dict(enumerate(order))), answer=9 - frame["answer"])
    again = association(sample, renamed, "answer", "group", how=how)
    assert_close([again.statistic, again.df1, again.p], [found.statistic, found.df1, found.p], 1e-6)
    swapped = association(sample, frame, "group", "answer", how=how)
    assert_close([swapped.statistic, swapped.p], [found.statistic, found.p], 1e-6)


@settings(max_examples=25, deadline=None)
@given(seed=SCHOOLS)
def test_two_groups_have_a_wald_test_that_is_the_squared_t(seed: int):
    sample, frame = drawn(seed, groups=2)
    wald = equal_means_tests(sample, frame, ["score"], "group")[0]
    pair = pair_tests(sample, frame, ["score"], "group")[0]
    assert_close([wald.f, wald.df2, wald.p], [pair.t**2, pair.df, pair.p], 1e-7)


@settings(max_examples=25, deadline=None)
@given(seed=SCHOOLS, factor=st.floats(1e-4, 1e4))
def test_a_factor_on_all_weights_changes_no_test(seed: int, factor: float):
    sample, frame = drawn(seed)
    psu = np.repeat(np.arange(24), 5)
    scaled = survey_design(sample.estimation_weights * factor, psu=psu, strata=psu // 6)
    for how in Statistic:
        one, other = (association(each, frame, "answer", "group", how=how) for each in (sample, scaled))
        assert_close([other.statistic, other.p], [one.statistic, one.p], 1e-6)
    pairs = [pair_tests(each, frame, ["score"], "group") for each in (sample, scaled)]
    assert_close([one.t for one in pairs[0]], [one.t for one in pairs[1]], 1e-7)


@settings(max_examples=50, deadline=None)
@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=30), method=st.sampled_from(list(Adjustment)))
def test_adjusted_p_are_never_smaller_and_keep_the_order(p: list[float], method: Adjustment):
    adjusted = adjusted_p(p, method)
    assert (adjusted >= np.array(p) - 1e-15).all()
    assert (adjusted <= 1).all()
    assert (np.diff(adjusted[np.argsort(p)]) >= -1e-15).all()
    assert (adjusted <= adjusted_p(p, Adjustment.HOLM) + 1e-15).all()


def test_a_pair_is_the_contrast_of_two_domain_means():
    sample, frame = drawn(7)
    found = means(sample, frame, ["score"], by=["group"], options=Options(covariances=True))
    contrast = found.contrast({found.place("score", group=2): 1, found.place("score", group=0): -1})
    test = pair_tests(sample, frame, ["score"], "group", pairs=[(2, 0)])[0]
    assert_close([test.difference, test.se, test.df], [contrast.estimate, contrast.se, contrast.df - 1])


@pytest.mark.parametrize("sample", ["apistrat", "apiclus1", "apiclus2", "nhanes", "post"])
def test_sparse_covariances_of_domains_are_those_of_the_estimates(sample: str):
    frame = prepared(sample) if sample != "apiclus2" else sample_of(sample)
    item, by = ("HI_CHOL", "race") if sample == "nhanes" else ("api00", "stype")
    found = means(design(sample), frame, [item], by=[by], options=Options(covariances=True))
    errors = domain_errors(found)
    assert_close(errors.covariance, found.covariance([(place, 0) for place in range(len(found.domains))]), 1e-9)
    pair = found.contrast({(0, 0): 1, (2, 0): -1})
    assert errors.pair_df[0, 2] == pair.df
    assert errors.df == found.contrast(dict.fromkeys([(place, 0) for place in range(len(found.domains))], 1)).df


def test_tables_set_all_pairs_against_each_other():
    sample, frame = drawn(7)
    table = pair_table(pair_tests(sample, frame, ["score", "answer"], "group"))
    assert len(table) == 6
    assert_close(table["p_adjusted"], adjusted_p(table["p"]))
    assert list(means_table(equal_means_tests(sample, frame, ["score"], "group"))["groups"]) == [3]


def test_rows_without_an_answer_stay_in_the_design():
    sample, frame = drawn(11)
    frame["answer"] = frame["answer"].astype(float).mask(frame.index < 2)
    whole = association(sample, frame.assign(answer=frame["answer"].fillna(9)), "answer", "group", missing=9)
    assert whole.n == 118
    assert_close(association(sample, frame, "answer", "group").p, whole.p)
    inside = association(sample, frame, "answer", "group", where=frame.index >= 2)
    assert_close(inside.p, whole.p)


@pytest.mark.parametrize("how", [Statistic.F, Statistic.CHISQ])
def test_an_empty_cell_is_no_obstacle_to_rao_scott(how: Statistic):
    sample, frame = drawn(3)
    frame.loc[frame["group"] == 2, "answer"] = 1
    found = association(sample, frame, "answer", "group", how=how)
    assert found.shares.loc["2", "2"] == 0
    assert 0 <= found.p < 0.05


def test_what_cannot_be_tested_is_refused():
    sample, frame = drawn(5)
    with pytest.raises(AnalysisError, match="answer has 1 levels"):
        association(sample, frame.assign(answer=1), "answer", "group")
    with pytest.raises(AnalysisError, match="group has 1 groups"):
        association(sample, frame.assign(group="a"), "answer", "group")
    with pytest.raises(AnalysisError, match="cannot be compared with itself"):
        association(sample, frame, "group", "group")
    with pytest.raises(AnalysisError, match="group has 1 groups"):
        pair_tests(sample, frame.assign(group="a"), ["score"], "group")
    with pytest.raises(AnalysisError, match="no column nobody"):
        association(sample, frame, "nobody", "group")
    with pytest.raises(AnalysisError, match="p-values lie between 0 and 1"):
        adjusted_p([0.1, np.nan])
    with pytest.raises(AnalysisError, match="there is no 7 to compare"):
        pair_tests(sample, frame, ["score"], "group", pairs=[(0, 7)])
    with pytest.raises(AnalysisError, match="not numeric"):
        pair_tests(sample, frame.assign(score="high"), ["score"], "group")
    with pytest.raises(AnalysisError, match="120"):
        association(sample, frame.head(3), "answer", "group")


def test_groups_beyond_the_degrees_of_freedom_are_refused():
    frame = pd.DataFrame(
        {"y": np.arange(12.0) ** 2, "g": np.tile(np.arange(4), 3), "a": np.tile([1, 2, 2, 1, 1, 2], 2)}
    )
    sample = survey_design(np.ones(12), psu=np.repeat([1, 2, 3], 4))
    with pytest.raises(AnalysisError, match="2 degrees of freedom and the test needs 4"):
        equal_means_tests(sample, frame, ["y"], "g")
    with pytest.raises(AnalysisError, match="2 degrees of freedom and the test needs 3"):
        association(sample, frame, "a", "g", how=Statistic.ADJUSTED_WALD)
    whole = survey_design(np.ones(12), psu=np.repeat(1, 12), lonely_psu="certainty")
    with pytest.raises(AnalysisError, match="0 degrees of freedom"):
        association(whole, frame, "a", "g")


def test_means_without_error_are_refused_and_not_called_certain():
    frame = pd.DataFrame({"y": np.tile([1.0, 2.0], 8), "g": np.tile([0, 1], 8)})
    with pytest.raises(AnalysisError, match="singular"):
        pair_tests(survey_design(np.ones(16)), frame, ["y"], "g")
    with pytest.raises(AnalysisError, match="singular"):
        equal_means_tests(survey_design(np.ones(16)), frame, ["y"], "g")
