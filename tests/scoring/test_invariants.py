"""What must hold for every snapshot of ratings, whatever is in it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring_makers import DTXHH, SIPAS, TINY_ITEMS, item, method_of, random_ratings, unit_row

from scoring.dtxhh import score_dtxhh
from scoring.method import FewBallotsRule, Order
from scoring.sipas import score_sipas
from scoring.values import Ratings

SIPAS_ITEMS = (
    item("a_c1", "a", "CS.1"),
    item("a_c2", "a", "DV.1"),
    item("b_c1", "b", "DV.1"),
    item("b_c2", "b", "DV.1"),
)
seeds = st.integers(0, 2**32 - 1)
rules = st.sampled_from([rule.value for rule in FewBallotsRule])
orders = st.sampled_from([order.value for order in Order])
some = settings(max_examples=10, deadline=None)


def snapshot(seed):
    rng = np.random.default_rng(seed)
    units, ballots = int(rng.integers(1, 5)), int(rng.integers(1, 12))
    return random_ratings(rng, units=units, ballots=ballots, unsure=float(rng.choice([0.0, 0.2, 0.8])))


def both(ratings, rule="renormalise", order="pooled_answers", blocks=None):
    """The scores of the same answers as ĐTXHH and as SIPAS."""
    points = score_dtxhh(method_of(few_ballots__rule=rule), ratings, blocks=blocks)
    sipas = method_of(SIPAS, few_ballots__rule=rule, aggregation__order=order)
    return points, score_sipas(sipas, Ratings(ratings.frame, SIPAS_ITEMS), blocks=blocks)


def with_answers(ratings, change):
    """The ratings with every answer put through ``change`` (name -> name)."""
    frame = ratings.frame.copy()
    for column in frame.columns[3:]:
        frame[column] = frame[column].map(change, na_action="ignore")
    return Ratings(frame, ratings.items)


@some
@given(seed=seeds, rule=rules, order=orders)
def test_points_and_indices_stay_in_their_range(seed, rule, order):
    for scores in both(snapshot(seed), rule, order):
        units = scores.by_unit.dropna(subset=["index"])
        assert units["points"].between(0, units["max_points"] + 1e-9).all()
        assert units[["index", "ci_low", "ci_high"]].stack().between(0, 100).all()
        assert (units["ci_low"] <= units["index"] + 1e-9).all()
        assert (units["index"] <= units["ci_high"] + 1e-9).all()
        assert scores.by_criterion["value"].dropna().between(-1e-12, 1 + 1e-12).all()
        assert (units["se"] > 0).all()


@some
@given(seed=seeds, rule=rules, order=orders)
def test_the_order_and_numbering_of_rows_ballots_and_questions_change_not_a_byte(seed, rule, order):
    ratings = snapshot(seed)
    rng = np.random.default_rng(seed)
    frame = ratings.frame.sample(frac=1, random_state=seed)
    numbers = np.unique(frame["ballot"])
    frame["ballot"] = frame["ballot"].map(dict(zip(numbers, rng.permutation(numbers) + 7, strict=True)))
    shuffled = Ratings(frame[[*frame.columns[:3], *frame.columns[:2:-1]]], ratings.items[::-1])
    for before, after in zip(both(ratings, rule, order), both(shuffled, rule, order), strict=True):
        assert before.canonical_csv() == after.canonical_csv()
        assert before.digest() == after.digest()


@some
@given(seed=seeds, level=st.sampled_from("15"), rule=st.sampled_from(["renormalise", "block_out"]), order=orders)
def test_all_best_answers_give_full_points_and_all_worst_none(seed, level, rule, order):
    ratings = with_answers(snapshot(seed), lambda _answer: level)
    for scores in both(ratings, rule, order):
        units = scores.by_unit.dropna(subset=["index"])
        assert np.allclose(units["index"], 100 if level == "5" else 0)


@some
@given(seed=seeds, rule=st.sampled_from(["renormalise", "block_out"]))
def test_reversing_the_scale_mirrors_the_points(seed, rule):
    ratings = snapshot(seed)
    mirror = {"1": "5", "2": "4", "3": "3", "4": "2", "5": "1", "98": "98"}
    turned = Ratings(ratings.frame, tuple(replace(i, reverse=True) for i in ratings.items))
    plain, _ = both(ratings, rule)
    scored = plain.by_unit["points"].notna()
    for other in (both(with_answers(ratings, mirror.get), rule)[0], both(turned, rule)[0]):
        sums = plain.by_unit["points"] + other.by_unit["points"]
        assert (sums.notna() == scored).all()
        assert np.allclose(sums[scored], plain.by_unit["max_points"][scored])
        assert np.allclose(plain.by_unit["se"], other.by_unit["se"], equal_nan=True)


def test_a_reversed_item_with_mirrored_answers_is_the_item_itself():
    ratings = snapshot(3)
    mirror = {"1": "5", "2": "4", "3": "3", "4": "2", "5": "1", "98": "98"}
    turned = Ratings(with_answers(ratings, mirror.get).frame, tuple(replace(i, reverse=True) for i in ratings.items))
    assert np.allclose(both(ratings)[0].by_unit["index"], both(turned)[0].by_unit["index"], equal_nan=True)


@some
@given(seed=seeds, order=orders)
def test_every_ballot_twice_changes_no_value(seed, order):
    ratings = snapshot(seed)
    twin = ratings.frame.assign(ballot=ratings.frame["ballot"] + 10_000)
    doubled = Ratings(pd.concat([ratings.frame, twin], ignore_index=True), ratings.items)
    one = {"few_ballots__min_ballots": 1}
    before = (
        score_dtxhh(method_of(**one), ratings),
        score_sipas(method_of(SIPAS, aggregation__order=order, **one), Ratings(ratings.frame, SIPAS_ITEMS)),
    )
    after = (
        score_dtxhh(method_of(**one), doubled),
        score_sipas(method_of(SIPAS, aggregation__order=order, **one), Ratings(doubled.frame, SIPAS_ITEMS)),
    )
    for once, twice in zip(before, after, strict=True):
        assert np.allclose(once.by_unit["index"], twice.by_unit["index"], equal_nan=True)
        assert (twice.by_unit["n"] == 2 * once.by_unit["n"]).all()


@some
@given(seed=seeds)
def test_a_unit_scored_alone_has_the_points_it_has_among_others(seed):
    """Adding well-filled units changes the points of none, and a filtered snapshot is enough to recompute one."""
    ratings = random_ratings(np.random.default_rng(seed), units=3, ballots=9)
    whole, whole_sipas = both(ratings)
    alone = Ratings(ratings.frame[ratings.frame["unit"] == "U1"], ratings.items)
    for scores, part in zip((whole, whole_sipas), both(alone), strict=True):
        assert unit_row(part, "U1")["points"] == pytest.approx(unit_row(scores, "U1")["points"], rel=1e-12)
        assert unit_row(part, "U1")["n"] == unit_row(scores, "U1")["n"]


@some
@given(seed=seeds)
def test_a_unit_split_in_two_has_the_mean_of_its_halves(seed):
    """Pooled answers: the value of a cell is the mean of the halves weighted by their valid answers."""
    ratings = random_ratings(np.random.default_rng(seed), units=1, ballots=12)
    half = np.where(ratings.frame["ballot"] % 2, "H1", "H0")
    method = method_of(few_ballots__min_ballots=1)
    whole = score_dtxhh(method, ratings).by_group.set_index(["criterion", "respondent_group"])
    halves = score_dtxhh(method, Ratings(ratings.frame.assign(unit=half), ratings.items)).by_group
    halves["reached"] = halves["value"].fillna(0) * halves["n_answers"]
    summed = halves.groupby(["criterion", "respondent_group"])[["reached", "n_answers", "n"]].sum()
    assert np.allclose(summed["reached"] / summed["n_answers"], whole["value"].reindex(summed.index), equal_nan=True)
    assert (summed["n"] == whole["n"].reindex(summed.index)).all()


@some
@given(seed=seeds, rule=rules)
def test_effective_group_weights_sum_to_one_unless_a_group_counts_as_zero(seed, rule):
    scores, _ = both(snapshot(seed), rule)
    sums = scores.by_group.groupby(["unit", "criterion"])["group_weight"].sum()
    assert ((sums - 1).abs().lt(1e-9) | sums.abs().lt(1e-9) | (rule == "zero")).all()
    assert sums.between(0, 1 + 1e-9).all()


@some
@given(seed=seeds, order=orders)
def test_shares_of_satisfied_answers_do_not_depend_on_levels_within_satisfied(seed, order):
    ratings = snapshot(seed)
    merged = with_answers(ratings, {"1": "1", "2": "1", "3": "1", "4": "5", "5": "5", "98": "98"}.get)
    assert both(ratings, order=order)[1].canonical_csv() == both(merged, order=order)[1].canonical_csv()


def test_nothing_below_the_minimum_is_shown():
    method = method_of(few_ballots__min_ballots=6)
    for seed in range(20):
        for scores in (score_dtxhh(method, snapshot(seed)),):
            few = scores.by_group[scores.by_group["n"] < 6]
            assert few[["value", "se"]].isna().all(axis=None)


def test_the_global_random_state_is_left_alone():
    before = np.random.get_state()[1].copy()
    both(snapshot(1))
    assert (np.random.get_state()[1] == before).all()


def test_the_tiny_items_are_those_of_the_tiny_method():
    assert {i.criterion for i in TINY_ITEMS} == {c["code"] for c in DTXHH["criteria"]}
