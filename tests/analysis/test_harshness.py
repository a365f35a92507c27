"""Respondent and unit effects: R's lm and lmer, laws, what is refused."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repository import ROOT

from analysis.faults import AnalysisError
from analysis.harshness import harshness

REFS = json.loads((ROOT / "tests" / "references" / "harshness.json").read_text("utf-8"))
DATA = pd.DataFrame(REFS["data"])
seeds = st.integers(0, 10**6)


def of_r(**options):
    found = harshness(DATA["respondent"], DATA["unit"], DATA["y"].to_numpy(), **options)
    return found, [found.units.index(name) for name in REFS["units"]]


def made(seed, people=30, units=5, each=3):
    """Ratings of ``each`` units by each of the people, harsh and mild."""
    rng = np.random.default_rng(seed)
    held = np.argsort(rng.random((people, units)), axis=1)[:, :each]
    frame = pd.DataFrame({"person": np.repeat(np.arange(people), each), "unit": [f"u{unit}" for unit in held.ravel()]})
    harsh = rng.normal(0, 5, people)[frame["person"]]
    level = np.arange(units)[held.ravel()]
    return frame.assign(y=60 + level + harsh + rng.normal(0, 1, len(frame)))


def fit(frame, **options):
    return harshness(frame["person"], frame["unit"], frame["y"].to_numpy(), **options)


@pytest.mark.parametrize(("case", "options"), [("fixed", {}), ("weighted", {"rating_weights": DATA["w"].to_numpy()})])
def test_fixed_respondents_are_those_of_lm(case, options):
    """R: lm(y ~ respondent + unit, weights); adjusted: mean prediction over the respondents; sandwich by hand."""
    found, order = of_r(**options)
    wanted = REFS[case]
    assert found.adjusted[order] == pytest.approx(wanted["adjusted"], rel=1e-12)
    assert found.effect[order] == pytest.approx(wanted["effect"], rel=1e-10)
    assert found.error_variance == pytest.approx(wanted["sigma2"][0], rel=1e-12)
    assert found.model_covariance[np.ix_(order, order)] == pytest.approx(np.array(wanted["model"]), abs=1e-12)
    assert found.covariance[np.ix_(order, order)] == pytest.approx(np.array(wanted["clustered"]), abs=1e-12)
    assert np.isnan(found.rater_variance)


def test_random_respondents_are_those_of_lmer():
    """R: lme4::lmer(y ~ 0 + unit + (1 | respondent)), whose optimum is good to about 1e-7."""
    found, order = of_r(random=True)
    wanted = REFS["random"]
    assert found.adjusted[order] == pytest.approx(wanted["level"], rel=1e-8)
    assert found.rater_variance == pytest.approx(wanted["tau2"][0], rel=1e-6)
    assert found.error_variance == pytest.approx(wanted["sigma2"][0], rel=1e-6)
    assert found.model_covariance[np.ix_(order, order)] == pytest.approx(np.array(wanted["model"]), abs=1e-6)
    assert found.covariance[np.ix_(order, order)] == pytest.approx(np.array(wanted["clustered"]), abs=1e-6)


def test_plain_means_are_means():
    found, order = of_r()
    assert found.plain[order] == pytest.approx(REFS["plain"])


@settings(max_examples=20, deadline=None)
@given(seed=seeds, random=st.booleans())
def test_nothing_is_adjusted_where_everybody_rated_everything(seed, random):
    found = fit(made(seed, people=10, each=5), random=random)
    assert found.adjusted == pytest.approx(found.plain)
    assert not found.rank_change.any()


@settings(max_examples=20, deadline=None)
@given(seed=seeds, person=st.integers(0, 29), shift=st.floats(-50, 50))
def test_a_harsher_respondent_changes_no_unit_effect(seed, person, shift):
    frame = made(seed)
    harsher = frame.assign(y=frame["y"] + np.where(frame["person"] == person, shift, 0.0))
    one, other = fit(frame), fit(harsher)
    assert other.effect == pytest.approx(one.effect, abs=1e-9)
    assert other.se == pytest.approx(one.se, abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=seeds, random=st.booleans())
def test_one_law_for_all_units_and_any_order_of_rows(seed, random):
    frame = made(seed)
    shuffled = frame.sample(frac=1, random_state=seed)
    one, other = fit(frame, random=random), fit(shuffled, random=random)
    order = [other.units.index(name) for name in one.units]
    assert one.effect.sum() == pytest.approx(0, abs=1e-9)
    assert one.covariance.sum(axis=1) == pytest.approx(np.zeros(5), abs=1e-9)
    assert other.adjusted[order] == pytest.approx(one.adjusted)


def test_harsh_raters_no_longer_turn_the_ranking_around():
    """Unit A is better by one, and rated by the harsh; those who rated both say so."""
    rows = [("h1", "A", 41), ("h1", "B", 40), ("h2", "A", 42), ("h2", "B", 41), ("h3", "A", 40), ("h4", "A", 41)]
    rows += [("m1", "A", 91), ("m1", "B", 90), ("m2", "B", 92), ("m3", "B", 91), ("m4", "A", 95), ("m4", "B", 93.5)]
    found = fit(pd.DataFrame(rows, columns=["person", "unit", "y"]))
    assert found.plain[0] < found.plain[1]
    assert found.adjusted[0] - found.adjusted[1] == pytest.approx(1.125)
    assert found.rank_change.tolist() == [1, -1]


def test_a_respondent_of_one_unit_tells_nothing_of_differences():
    frame = made(3)
    more = pd.concat([frame, pd.DataFrame({"person": [99], "unit": ["u0"], "y": [0.0]})], ignore_index=True)
    assert fit(more).effect == pytest.approx(fit(frame).effect)
    assert fit(more).n_comparing == 30


def test_no_harshness_is_found_where_there_is_none():
    rng = np.random.default_rng(8)
    frame = made(1).assign(y=rng.normal(0, 1, 90))
    frame["y"] -= frame.groupby("person")["y"].transform("mean")
    found = fit(frame, random=True)
    assert found.rater_variance == 0
    assert found.adjusted == pytest.approx(found.plain)


def test_the_intervals_hold_as_often_as_they_say():
    """500 rounds of 60 raters: the difference of two units within two errors in about 95 %."""
    held = 0
    for seed in range(500):
        found = fit(made(seed, people=60))
        one, two = found.units.index("u4"), found.units.index("u1")
        cov = found.covariance
        error = np.sqrt(cov[one, one] + cov[two, two] - 2 * cov[one, two])
        held += abs(found.effect[one] - found.effect[two] - 3) < 2.002 * error
    assert 0.92 <= held / 500 <= 0.98


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        ([("a", "A", 1), ("a", "B", 2), ("b", "A", 1), ("b", "B", np.nan)], {}, "rows 4"),
        ([("a", "A", 1), ("b", "A", 2)], {}, "only 1 unit"),
        ([("a", "A", 1), ("b", "B", 2)], {}, "no respondent rated two"),
        ([("a", "A", 1), ("b", "B", 2), ("c", "A", 2)], {"random": True}, "no respondent rated two"),
        ([("a", "A", 1), ("a", "B", 2), ("b", "C", 1), ("b", "D", 2), ("c", "C", 2)], {}, "2 groups"),
        ([("a", "A", 1), ("a", "B", 2)], {}, "nothing is left"),
        ([("a", "A", 1), ("a", "B", 2)], {"random": True}, "nothing is left"),
        ([("a", "A", 1), ("a", "B", 2)], {"rating_weights": np.array([1.0, 0])}, "rows 2"),
        ([("a", "A", 1), ("a", "B", 2)], {"rating_weights": np.ones(2), "random": True}, "weights go with fixed"),
        ([("a", "A", 1), ("a", "B", 2)], {"rating_weights": np.ones(3)}, "3"),
    ],
)
def test_what_cannot_be_told_is_refused(rows, options, said):
    frame = pd.DataFrame(rows, columns=["person", "unit", "y"])
    with pytest.raises(AnalysisError, match=said):
        fit(frame, **options)
