"""Few first-stage units, unanimous answers, and closed groups that are asked in full."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.closed_groups import Estimand, closed_group_design, turnout
from analysis.design import LonelyPsu, survey_design
from analysis.estimate import means, proportions
from analysis.faults import AnalysisError
from analysis.small_samples import AGRESTI_COULL, LINEARISED, POOLED, guarded, guarded_variance

seeds = st.integers(0, 10**6)


def communes(rng, n_communes=20, thon=2, people=15, spread=0.6):
    """Answers 1..5 of people in drawn thôn; communes and thôn differ a little."""
    commune = np.repeat(np.arange(n_communes), thon * people)
    village = np.repeat(np.arange(n_communes * thon), people)
    level = 4 + 0.3 * rng.normal(size=n_communes)[commune] + 0.25 * rng.normal(size=n_communes * thon)[village]
    answer = np.clip(np.round(level + spread * rng.normal(size=len(commune))), 1, 5)
    return pd.DataFrame({"commune": commune, "village": village, "q": answer})


def of_communes(frame):
    design = survey_design(np.ones(len(frame)), strata=frame["commune"], psu=frame["village"])
    return means(design, frame, ["q"], by=["commune"])


def test_two_thon_that_agree_borrow_the_spread_of_the_block():
    frame = communes(np.random.default_rng(1))
    frame.loc[frame["commune"] == 3, "q"] = 5
    plain = of_communes(frame)
    assert plain.note[3, 0] == "zero_error"
    table, found = guarded(plain, "city", low=1, high=5, below=8)
    assert table.se[3, 0] > 0
    assert found.method[3, 0] == POOLED
    assert table.df[3, 0] == 20  # one degree of freedom from each commune, pooled
    assert table.note[3, 0] == ""
    assert table.high[3, 0] == 5  # never beyond the scale


def test_many_thon_keep_their_own_variance():
    frame = communes(np.random.default_rng(2), thon=10)
    plain = of_communes(frame)
    table, found = guarded(plain, "city", low=1, high=5, below=8)
    assert set(found.method.ravel()) == {LINEARISED}
    assert table.se == pytest.approx(plain.se)
    assert table.low == pytest.approx(np.maximum(plain.low, 1))


def test_a_block_that_agrees_throughout_is_judged_as_all_or_nothing():
    """n = 30, every answer the best: p = 32/34, variance p(1-p)/34 on a scale of four points."""
    frame = communes(np.random.default_rng(3), n_communes=2).assign(q=5)
    table, found = guarded(of_communes(frame), "city", low=1, high=5, below=8)
    p = 32 / 34
    assert set(found.method.ravel()) == {AGRESTI_COULL}
    assert table.se[0, 0] == pytest.approx(4 * np.sqrt(p * (1 - p) / 34))


@settings(max_examples=30, deadline=None)
@given(seed=seeds, below=st.integers(2, 12))
def test_the_guard_never_lessens_a_variance_and_never_leaves_zero(seed, below):
    rng = np.random.default_rng(seed)
    n = rng.integers(1, 12, (6, 3)).astype(float)
    variance = rng.choice([0.0, 0.01, 0.05], (6, 3)) * (n > 1)
    value = rng.uniform(0, 1, (6, 3))
    found = guarded_variance(variance, n, value, rng.integers(0, 2, 6), below=below)
    assert (found.variance >= variance).all()
    assert (found.variance > 0).all()


def test_a_domain_without_answers_has_neither_variance_nor_method():
    found = guarded_variance(np.zeros((1, 1)), np.zeros((1, 1)), np.full((1, 1), np.nan), np.zeros(1, int), below=5)
    assert np.isnan(found.variance[0, 0])
    assert found.method[0, 0] == ""


def test_intervals_from_two_thon_hold_the_truth_when_pooled_and_often_not_alone():
    """300 cities of 20 communes with two thôn: the truth is what the commune would answer if asked without end."""
    rng = np.random.default_rng(5)
    held = np.zeros(2)
    width = np.zeros(2)
    runs = 60
    for _ in range(runs):
        truth = 4 + 0.3 * rng.normal(size=20)
        commune = np.repeat(np.arange(20), 30)
        village = np.repeat(np.arange(40), 15)
        answer = truth[commune] + 0.25 * rng.normal(size=40)[village] + 0.6 * rng.normal(size=600)
        plain = of_communes(pd.DataFrame({"commune": commune, "village": village, "q": answer}))
        pooled, _ = guarded(plain, "city", low=-10, high=20, below=8)
        for place, table in enumerate((plain, pooled)):
            held[place] += np.mean((table.low[:, 0] <= truth) & (truth <= table.high[:, 0]))
            width[place] += np.median(table.high[:, 0] - table.low[:, 0])
    assert held[1] / runs == pytest.approx(0.95, abs=0.02)
    assert width[1] < width[0] / 2  # t with one degree of freedom is 12.7 standard errors wide


CELLS = np.repeat(["sở", "ban", "ngành"], [6, 4, 3])
INVITED = {"sở": 6, "ban": 8, "ngành": 12}


def delegates(rng):
    return pd.DataFrame({"q": rng.integers(1, 6, len(CELLS)).astype(float), "cell": CELLS})


def test_a_complete_count_is_certain_about_this_years_raters_only():
    frame = delegates(np.random.default_rng(1)).iloc[:6]
    invited = {"sở": 6}
    raters = means(closed_group_design(frame["cell"], invited, estimand=Estimand.RATERS), frame, ["q"])
    unit = means(closed_group_design(frame["cell"], invited), frame, ["q"])
    assert raters.estimate == pytest.approx(unit.estimate)
    assert raters.se[0, 0] == 0
    assert unit.se[0, 0] == pytest.approx(frame["q"].std(ddof=1) / np.sqrt(6))


@settings(max_examples=30, deadline=None)
@given(seed=seeds)
def test_nonresponse_is_weighed_by_cell_as_in_a_stratified_sample(seed):
    """Mean Σ N_c ȳ_c / N; variance Σ (N_c/N)² (1 - n_c/N_c) s²_c/n_c (Cochran 1977, s. 5.3–5.4)."""
    frame = delegates(np.random.default_rng(seed))
    found = means(closed_group_design(frame["cell"], INVITED, estimand=Estimand.RATERS), frame, ["q"])
    cells = frame.groupby("cell")["q"].agg(["mean", "var", "count"])
    size = pd.Series(INVITED)
    share = size / size.sum()
    assert found.estimate[0, 0] == pytest.approx((share * cells["mean"]).sum())
    variance = (share**2 * (1 - cells["count"] / size) * cells["var"] / cells["count"]).sum()
    assert found.se[0, 0] == pytest.approx(np.sqrt(variance), abs=1e-12)


def test_participation_is_counted_by_cell():
    table = turnout(CELLS, {**INVITED, "vắng": 3})
    assert table["answered"].tolist() == [6, 4, 3, 0]
    assert table["rate"].tolist() == [1, 0.5, 0.25, 0]


@pytest.mark.parametrize(
    ("invited", "said"),
    [
        ({"sở": 5, "ban": 8, "ngành": 12}, "cell sở holds 6 ballots and only 5"),
        ({"sở": 6, "ban": 8}, "ngành"),
        ({**INVITED, "vắng": 3}, "no ballot came from cells vắng"),
    ],
)
def test_cells_that_do_not_fit_their_list_are_refused(invited, said):
    with pytest.raises(AnalysisError, match=said):
        closed_group_design(CELLS, invited)


def test_a_cell_of_one_answer_is_lonely_unless_all_of_it_answered():
    cells = np.array(["a", "a", "b"])
    frame = pd.DataFrame({"q": [1.0, 2.0, 3.0]})
    with pytest.raises(AnalysisError, match="single sampling unit"):
        closed_group_design(cells, {"a": 4, "b": 2}, estimand=Estimand.RATERS)
    whole = closed_group_design(cells, {"a": 4, "b": 1}, estimand=Estimand.RATERS)
    assert means(whole, frame, ["q"]).se[0, 0] > 0
    chosen = closed_group_design(cells, {"a": 4, "b": 2}, lonely_psu=LonelyPsu.ADJUST)
    assert means(chosen, frame, ["q"]).se[0, 0] > 0


def test_a_unanimous_proportion_has_an_interval_of_its_own():
    frame = pd.DataFrame({"q": [1] * 20})
    found = proportions(survey_design(np.ones(20)), frame, ["q"])
    assert found.low[0, 0] == pytest.approx(0.025 ** (1 / 20), rel=1e-6)  # Clopper–Pearson
    assert found.high[0, 0] == 1
