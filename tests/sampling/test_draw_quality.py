"""Joint inclusion probabilities of a drawn sample against the matrices of its list and against repeated draws."""

import numpy as np
import pandas as pd
import pytest

from sampling.draw_quality import MOST_ROWS, balance_table, joint_table
from sampling.draws import Draw, draw
from sampling.faults import SamplingError
from sampling.inclusion import inclusion_probabilities
from sampling.joint import joint_simple, joint_tille
from sampling.multistage import Stage
from sampling.plans import DrawPlan
from sampling.selection import Method

N = 14
FRAME = pd.DataFrame(
    {
        "id": [f"P{i:02}" for i in range(N)],
        "ward": ["W1"] * 6 + ["W2"] * 8,
        "size": np.random.default_rng(1).lognormal(0, 0.6, N).round(3),
        "x": np.random.default_rng(2).normal(10, 2, N),
        "age": np.random.default_rng(3).permutation(N),
        "pi": 0.5,
    }
)


def drawn_by(seed: int, **plan: object) -> Draw:
    return draw(FRAME, DrawPlan("id", **plan), np.random.default_rng(seed))


@pytest.mark.parametrize(
    "plan",
    [
        {"method": Method.SYSTEMATIC, "n": 4, "sort": ("age",)},
        {"method": Method.PPS_SYSTEMATIC, "n": 4, "size": "size", "sort": ("age",)},
        {"method": Method.SAMPFORD, "n": 4, "size": "size"},
        {"method": Method.TILLE, "size": "size", "strata": ("ward",), "sizes": {"W1": 2, "W2": 3}},
    ],
    ids=["systematic", "pps-systematic", "sampford", "strata"],
)
def test_pairs_come_as_often_as_the_table_says(plan: dict):
    often: dict[tuple[str, str], int] = {}
    said: dict[tuple[str, str], float] = {}
    draws = 300
    for seed in range(draws):
        drawn = drawn_by(seed, **plan)
        ids = FRAME["id"].iloc[drawn.positions].tolist()
        for pair in {(one, two) for one in ids for two in ids if one <= two}:
            often[pair] = often.get(pair, 0) + 1
        if seed < 20:
            table = joint_table(FRAME, drawn)
            said |= {(row.id_1, row.id_2): row.probability for row in table.itertuples()}
    apart = [often[pair] / draws - p for pair, p in said.items()]
    bounds = [4.5 * np.sqrt(p * (1 - p) / draws) + 1e-9 for p in said.values()]
    assert (np.abs(apart) <= bounds).all()
    assert min(said.values()) > 0


def test_strata_are_independent_and_the_order_of_the_file_is_of_no_consequence():
    plan = {"method": Method.TILLE, "size": "size", "strata": ("ward",), "sizes": {"W1": 2, "W2": 3}}
    drawn = drawn_by(5, **plan)
    table = joint_table(FRAME, drawn).set_index(["id_1", "id_2"])["probability"]
    ids = FRAME["id"].iloc[drawn.positions].tolist()
    first = joint_tille(inclusion_probabilities(FRAME["size"][:6], 2))
    places = [int(name[1:]) for name in ids]
    assert table[ids[0], ids[1]] == pytest.approx(first[places[0], places[1]])
    assert table[ids[0], ids[4]] == pytest.approx(table[ids[0], ids[0]] * table[ids[4], ids[4]])
    shuffled = FRAME.sample(frac=1, random_state=1).reset_index(drop=True)
    again = draw(shuffled, drawn.plan, np.random.default_rng(5))
    pd.testing.assert_frame_equal(joint_table(shuffled, again), joint_table(FRAME, drawn))


def test_simple_samples_of_any_frame_need_only_the_rows_drawn():
    big = pd.DataFrame({"id": range(60_000)})
    table = joint_table(big, draw(big, DrawPlan("id", Method.SRS, n=3), np.random.default_rng(1)))
    assert table["probability"].tolist() == pytest.approx(
        [3 / 6e4, *[6 / 6e4 / 59_999] * 2, 3 / 6e4, 6 / 6e4 / 59_999, 3 / 6e4]
    )
    assert (joint_simple(9, 4, 2) == joint_simple(9, 4)[:2, :2]).all()


def test_a_census_is_certain():
    table = joint_table(FRAME, drawn_by(1, method=Method.SRS, n=N))
    assert len(table) == N * (N + 1) / 2
    assert (table["probability"] == 1).all()


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"method": Method.BREWER, "n": 3, "size": "size"}, "brewer cannot be written down"),
        ({"method": Method.CUBE, "n": 3, "balance": ("x",)}, "cube cannot be written down"),
        ({"method": Method.SRS, "n": 3, "given": "pi"}, "draw in one stage"),
        ({"stages": (Stage("ward", Method.SRS, n=1), Stage("id", Method.SRS, n=2))}, "draw in one stage"),
    ],
)
def test_draws_without_joint_probabilities_are_refused(plan: dict, message: str):
    with pytest.raises(SamplingError, match=message):
        joint_table(FRAME, drawn_by(1, **plan))


def test_sizes_beyond_the_limits_are_refused():
    big = pd.DataFrame({"id": range(20_001), "size": 1.0 + np.arange(20_001) % 7})
    with pytest.raises(SamplingError, match=f"sample has {MOST_ROWS + 1} rows"):
        joint_table(big, draw(big, DrawPlan("id", Method.SRS, n=MOST_ROWS + 1), np.random.default_rng(1)))
    plan = DrawPlan("id", Method.PPS_SYSTEMATIC, n=5, size="size")
    with pytest.raises(SamplingError, match="frame has 20001 rows"):
        joint_table(big, draw(big, plan, np.random.default_rng(1)))


def test_balance_is_that_of_the_frame_with_earlier_draws_too():
    plain = drawn_by(2, method=Method.CUBE, n=5, balance=("x", "age"))
    table = balance_table(FRAME, plain)
    assert table["variable"].tolist() == ["x", "age"]
    assert table["total"].tolist() == pytest.approx(FRAME[["x", "age"]].sum().tolist())
    assert table["estimate"][0] == pytest.approx(FRAME["x"].iloc[plain.positions].sum() * N / 5)
    assert table["relative"][0] == pytest.approx(table["estimate"][0] / table["total"][0] - 1)
    pd.testing.assert_frame_equal(
        balance_table(FRAME, drawn_by(2, method=Method.CUBE, n=5, balance=("x", "age"), given="pi")), table
    )


def test_a_total_of_zero_has_no_relative_difference():
    frame = FRAME.assign(x=np.tile([1.0, -1.0], N // 2))
    drawn = draw(frame, DrawPlan("id", Method.CUBE, n=5, balance=("x",)), np.random.default_rng(1))
    assert balance_table(frame, drawn)["relative"].isna().all()
