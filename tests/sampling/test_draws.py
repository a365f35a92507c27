"""A draw can be made again: any order of the frame, the same seed, the same sample; what it says of itself."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling.draws import Draw, draw, seed_of
from sampling.faults import SamplingError
from sampling.households import Within
from sampling.multistage import Stage
from sampling.plans import DrawPlan, plan_from
from sampling.selection import UNEQUAL, Method


def frame(n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "id": [f"P{i}" for i in range(n)],
            "ward": rng.choice(["W1", "W2", "W10"], n),
            "size": rng.lognormal(0, 1, n).round(3),
            "x": rng.normal(10, 2, n),
            "age": rng.integers(18, 80, n),
            "person": [f"N{i // 2}" for i in range(n)],
            "files": rng.integers(1, 4, n),
            "adults": rng.integers(1, 6, n),
        }
    )


def plan_of(method: Method, *, strata: bool = False) -> DrawPlan:
    return DrawPlan(
        "id",
        method,
        n=None if strata else 12,
        strata=("ward",) if strata else (),
        sizes={"W1": 4, "W2": 5, "W10": 6} if strata else None,
        size="size" if method in UNEQUAL else None,
        balance=("x", "age") if method is Method.CUBE else (),
        sort=("ward", "age") if method in (Method.SYSTEMATIC, Method.PPS_SYSTEMATIC) else (),
    )


def ids(table: pd.DataFrame, drawn: Draw) -> list[str]:
    return table["id"].iloc[drawn.positions].tolist()


@pytest.mark.parametrize("strata", [False, True])
@pytest.mark.parametrize("method", Method)
@given(seed=st.integers(0, 2**40))
@settings(max_examples=8)
def test_shuffled_rows_give_the_same_sample(method: Method, strata: bool, seed: int):
    table, plan = frame(), plan_of(method, strata=strata)
    other = table.sample(frac=1, random_state=seed % 2**32)
    first, second = (draw(rows, plan, np.random.default_rng(seed)) for rows in (table, other))
    assert ids(table, first) == ids(other, second)
    assert first.frame_sha256 == second.frame_sha256
    assert first.inclusion_probability.tolist() == second.inclusion_probability.tolist()
    assert first.seed == seed
    assert len(set(ids(table, first))) == (15 if strata else 12)


@pytest.mark.parametrize("method", Method)
def test_another_seed_gives_another_sample(method: Method):
    found = {tuple(ids(frame(), draw(frame(), plan_of(method), np.random.default_rng(seed)))) for seed in range(6)}
    assert len(found) > 1


def test_weights_are_the_inverse_of_probabilities_and_add_up_by_stratum():
    found = draw(frame(), plan_of(Method.SRS, strata=True), np.random.default_rng(2))
    assert found.design_weight == pytest.approx(1 / found.inclusion_probability)
    assert found.by_stratum["stratum"].tolist() == ["W1", "W2", "W10"]
    assert found.by_stratum["sum_of_weights"].tolist() == pytest.approx(found.by_stratum["units"].tolist())
    assert found.design_weight.sum() == pytest.approx(found.n_frame)


def test_a_generator_that_was_used_has_no_seed():
    rng = np.random.default_rng(5)
    assert seed_of(rng) == 5
    rng.random()
    assert seed_of(rng) is None
    assert draw(frame(), plan_of(Method.SRS), rng).seed is None
    assert seed_of(np.random.Generator(np.random.MT19937(5))) is None


def test_what_is_proportional_to_size_has_its_total_exactly():
    table = frame()
    for method in UNEQUAL:
        drawn = draw(table, plan_of(method), np.random.default_rng(3))
        estimate = (table["size"].to_numpy()[drawn.positions] * drawn.design_weight).sum()
        assert estimate == pytest.approx(table["size"].sum()) or (drawn.inclusion_probability == 1).any()


def test_implicit_stratification_spreads_over_the_sort_key():
    table = frame(90).assign(ward=np.repeat(["A", "B", "C"], 30))
    for seed in range(20):
        drawn = draw(table, DrawPlan("id", Method.SYSTEMATIC, n=9, sort=("ward", "age")), np.random.default_rng(seed))
        assert table["ward"].iloc[drawn.positions].value_counts().to_dict() == {"A": 3, "B": 3, "C": 3}


def test_earlier_draws_enter_the_weights():
    table = frame().assign(earlier=0.25)
    drawn = draw(table, DrawPlan("id", Method.SRS, n=12, given="earlier"), np.random.default_rng(4))
    assert drawn.inclusion_probability == pytest.approx(0.2 * 0.25)
    with pytest.raises(SamplingError, match=r"probability of 2\.0 from earlier draws"):
        draw(table.assign(earlier=2.0), drawn.plan, np.random.default_rng(4))


def test_several_columns_make_a_stratum():
    table = frame().assign(sex=["m", "f"] * 30)
    sizes = {f"{ward} / {sex}": 1 for ward in ("W1", "W2", "W10") for sex in "mf"}
    drawn = draw(table, DrawPlan("id", Method.SRS, strata=("ward", "sex"), sizes=sizes), np.random.default_rng(1))
    assert sorted(drawn.columns()["stratum"]) == sorted(sizes)


def test_columns_stand_beside_the_rows_of_the_frame():
    table = frame()
    drawn = draw(table, plan_of(Method.SRS, strata=True), np.random.default_rng(1))
    joined = table.join(drawn.columns(), how="inner")
    assert (joined["ward"] == joined["stratum"]).all()
    assert list(drawn.columns()) == ["stratum", "inclusion_probability", "design_weight"]


def test_files_of_one_person_share_their_weight():
    plan = DrawPlan("id", Method.SRS, n=60, multiplicity_key="person")
    everything = draw(frame(), plan, np.random.default_rng(1))
    assert everything.people is not None
    assert everything.people.person_weight.sum() == pytest.approx(30)
    assert everything.people.probability == pytest.approx(1)
    some = draw(frame(), DrawPlan("id", Method.SRS, n=20, multiplicity_key="person"), np.random.default_rng(1))
    assert some.people is not None
    assert some.people.probability == pytest.approx(1 - (40 * 39) / (60 * 59))
    assert some.columns()["person_weight"].to_numpy() == pytest.approx(3 / 2)


def test_reported_multiplicity_and_adults_enter_the_persons_weight():
    plan = DrawPlan("id", Method.SRS, n=20, multiplicity="files", adults="adults", adults_cap=4)
    table = frame()
    drawn = draw(table, plan, np.random.default_rng(6))
    rows = table.iloc[drawn.positions]
    assert drawn.people is not None
    assert drawn.people.person_weight == pytest.approx(3 / rows["files"] * rows["adults"].clip(upper=4))
    assert drawn.people.n_capped == (rows["adults"] > 4).sum()
    assert (drawn.people.adult <= rows["adults"]).all()


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (DrawPlan("id", n=3), "no method of drawing is named"),
        (DrawPlan("id", Method.SRS), "exactly one is needed"),
        (DrawPlan("id", Method.SRS, n=3, sizes={"a": 1}, strata=("ward",)), "exactly one is needed"),
        (DrawPlan("id", Method.SRS, n=3, strata=("ward",)), r"a draw by strata \(ward\) needs a size for each"),
        (DrawPlan("id", Method.SRS, sizes={"a": 1}), "no column of strata"),
        (DrawPlan("id", Method.SRS, n=3, sort=("age",)), "an order means nothing to the method srs"),
        (DrawPlan("id", Method.SYSTEMATIC, n=3, sort=("age",), serpentine=True), "at least two --sort keys"),
        (
            DrawPlan("id", Method.SRS, n=3, stages=(Stage("ward", Method.SRS, n=1),)),
            "names its methods and sizes itself",
        ),
        (DrawPlan("id", Method.SRS, n=3, multiplicity="files", multiplicity_key="person"), "not from both"),
        (DrawPlan("id", Method.SRS, n=3, adults_cap=4), "needs the column with the number of adults"),
        (DrawPlan("id", Method.SRS, n=3, within=Within.KISH), "needs the column with the number of adults"),
        (DrawPlan("id", Method.SRS, n=99), "99 are to be drawn, but the list has 60"),
        (DrawPlan("nobody", Method.SRS, n=3), "column nobody is missing"),
        (DrawPlan("id", Method.CUBE, n=3), "at least one balancing variable"),
        (DrawPlan("id", Method.SAMPFORD, n=3), "needs a measure of size"),
        (DrawPlan("id", Method.TILLE, n=3, size="ward"), "column ward: there are values that are no numbers"),
    ],
)
def test_a_plan_that_does_not_hang_together_is_refused(plan: DrawPlan, said: str):
    with pytest.raises(SamplingError, match=said):
        draw(frame(), plan, np.random.default_rng(1))


@pytest.mark.parametrize(
    "plan",
    [
        *(plan_of(method, strata=True) for method in Method),
        DrawPlan("id", Method.SYSTEMATIC, n=4, sort=("a", "b"), serpentine=True, given="p"),
        DrawPlan("id", stages=(Stage("w", Method.BREWER, n=3, size="s"), Stage("id", Method.SRS, n=2, sort=()))),
        DrawPlan("id", stages=(Stage("w", Method.SRS, sizes={"a": 1}, strata=("s",), take_all_if_fewer=True),)),
        DrawPlan("id", Method.SRS, n=2, adults="a", within=Within.KISH, adults_cap=3.0, multiplicity="m"),
    ],
)
def test_a_plan_survives_its_record(plan: DrawPlan):
    assert plan_from(plan.as_dict()) == plan


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"n": 3}, "id cannot be None; it takes the name of a column"),
        ({"id": "a", "methd": "srs"}, "methd is not known"),
        ({"id": "a", "method": "random"}, r"method cannot be 'random'; it takes srs \| systematic"),
        ({"id": "a", "n": 0}, "n cannot be 0; it takes a whole number from 1"),
        ({"id": "a", "n": True}, "n cannot be True"),
        ({"id": "a", "sizes": {"A": 1.5}}, "a list of stratum: whole number"),
        ({"id": "a", "stages": []}, "the design has no stage"),
        ({"id": "a", "stages": [{"unit": "c"}]}, "stage 1: method cannot be None"),
        ({"id": "a", "stages": [{"unit": "c", "method": "srs", "m": 1}]}, "stage 1: m is not known"),
        ({"id": "a", "stages": ["commune"]}, "stage 1: – cannot be 'commune'"),
        ("text", "cannot be 'text'"),
    ],
)
def test_a_record_or_design_with_faults_is_refused_by_stage_and_key(entry: object, said: str):
    with pytest.raises(SamplingError, match=said):
        plan_from(entry)
