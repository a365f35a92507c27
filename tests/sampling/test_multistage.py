"""Draws in stages: fixed takes, probabilities that multiply, self-weighting designs, units that share a name."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling.draws import draw
from sampling.faults import SamplingError
from sampling.multistage import Stage, self_weighting
from sampling.plans import DrawPlan
from sampling.selection import UNEQUAL, Method

SIGMAS = 5


def people(seed: int = 1, communes: int = 6, villages: int = 4) -> pd.DataFrame:
    """Villages are called 1, 2, 3, … in every commune, households in every village."""
    rng = np.random.default_rng(seed)
    rows = [
        (commune, village, household, f"{commune}{village}{household}-{person}")
        for commune in (f"C{c}" for c in range(communes))
        for village in range(1, villages + 1)
        for household in range(1, int(rng.integers(6, 20)))
        for person in range(int(rng.integers(1, 5)))
    ]
    table = pd.DataFrame(rows, columns=["commune", "village", "household", "person"])
    table["area"] = table["commune"].map(lambda c: "north" if c < "C3" else "south")
    table["population"] = table.groupby("commune")["person"].transform("size")
    return table


FOUR = (
    Stage("commune", Method.PPS_SYSTEMATIC, n=3, size="population"),
    Stage("village", Method.SAMPFORD, n=2),
    Stage("household", Method.SRS, n=4),
    Stage("person", Method.SRS, n=1),
)


def staged(table: pd.DataFrame, stages: tuple[Stage, ...], seed: int = 1):
    return draw(table, DrawPlan("person", stages=stages), np.random.default_rng(seed))


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25)
def test_each_stage_takes_its_fixed_number_and_probabilities_multiply(seed: int):
    table = people(seed % 7, communes=9, villages=7)  # so many that none is certain
    drawn = staged(table, FOUR, seed)
    rows = table.iloc[drawn.positions]
    assert rows["commune"].nunique() == 3
    assert (rows.groupby("commune")["village"].nunique() == 2).all()
    assert (rows.groupby(["commune", "village"])["household"].nunique() == 4).all()
    assert len(rows) == 3 * 2 * 4
    product = np.prod([stage.probability for stage in drawn.stages], axis=0)
    assert drawn.inclusion_probability == pytest.approx(product)
    # from the frame: size / total, rows of the village / rows of the commune, 4 / households, 1 / persons
    of = table.groupby
    commune = 3 * rows["population"] / len(table)
    village = 2 * of(["commune", "village"])["person"].transform("size")[rows.index] / rows["population"]
    households = of(["commune", "village"])["household"].transform("nunique")[rows.index]
    persons = of(["commune", "village", "household"])["person"].transform("size")[rows.index]
    assert drawn.stages[0].probability == pytest.approx(commune)
    assert drawn.stages[1].probability == pytest.approx(village)
    assert drawn.stages[2].probability == pytest.approx(4 / households)
    assert drawn.stages[3].probability == pytest.approx(1 / persons)


def test_pps_and_then_a_fixed_take_is_self_weighting():
    table = people()
    stages = (Stage("commune", Method.PPS_SYSTEMATIC, n=3, size="population"), Stage("person", Method.SRS, n=10))
    drawn = staged(table, stages)
    assert drawn.design_weight == pytest.approx(len(table) / 30)
    assert self_weighting(drawn.design_weight).holds
    assert self_weighting(drawn.design_weight).kish_deff == pytest.approx(1)
    equal_first = (Stage("commune", Method.SRS, n=3), Stage("person", Method.SRS, n=10))
    assert not self_weighting(staged(table, equal_first).design_weight).holds


def test_everybody_comes_as_often_as_the_product_says():
    """Within five standard deviations of the binomial law, seed fixed."""
    table = people(communes=3, villages=2)
    stages = (Stage("commune", Method.BREWER, n=2), Stage("village", Method.SRS, n=1), Stage("person", Method.SRS, n=3))
    draws, rng = 200, np.random.default_rng(9)
    plan = DrawPlan("person", stages=stages)
    seen, said = np.zeros(len(table)), np.zeros(len(table))
    for _ in range(draws):
        drawn = draw(table, plan, rng)
        seen[drawn.positions] += 1
        said[drawn.positions] = drawn.inclusion_probability
    known = said > 0
    spread = np.sqrt(said * (1 - said) / draws)
    assert (np.abs(seen / draws - said) <= SIGMAS * spread)[known].all()
    assert known.mean() > 0.95


def test_after_the_last_stage_whole_units_are_taken():
    table = people()
    drawn = staged(table, (Stage("commune", Method.SRS, n=2),))
    rows = table.iloc[drawn.positions]
    assert len(rows) == table["commune"].isin(rows["commune"].unique()).sum()
    assert drawn.inclusion_probability == pytest.approx(2 / 6)


def test_first_stage_strata_with_sizes_of_their_own():
    table = people()
    stages = (
        Stage("commune", Method.SRS, sizes={"north": 1, "south": 3}, strata=("area",)),
        Stage("village", Method.SRS, n=1),
    )
    drawn = staged(table, stages)
    rows = table.iloc[drawn.positions]
    assert rows.groupby("area")["commune"].nunique().to_dict() == {"north": 1, "south": 3}
    assert drawn.by_stratum["stratum"].tolist() == ["north", "south"]
    assert set(drawn.columns()) >= {"stratum", "stage_1_unit", "stage_2_probability"}


def test_a_sort_key_orders_the_units_of_a_systematic_stage():
    table = people(communes=9).assign(rank=lambda t: t["commune"].map({f"C{i}": 8 - i for i in range(9)}))
    for seed in range(10):
        drawn = staged(table, (Stage("commune", Method.SYSTEMATIC, n=3, sort=("rank",)),), seed)
        taken = sorted(table.iloc[drawn.positions]["rank"].unique() // 3)
        assert taken == [0, 1, 2]


def test_shuffled_rows_give_the_same_people():
    table = people()
    other = table.sample(frac=1, random_state=3)
    first, second = staged(table, FOUR, 5), staged(other, FOUR, 5)
    assert table["person"].iloc[first.positions].tolist() == other["person"].iloc[second.positions].tolist()


def test_a_unit_with_too_few_is_named_or_taken_completely():
    table = people()
    with pytest.raises(SamplingError, match=r"commune C\d, village \d: 50 household are to be drawn, but there are"):
        staged(table, (*FOUR[:2], Stage("household", Method.SRS, n=50)))
    drawn = staged(table, (*FOUR[:2], Stage("household", Method.SRS, n=50, take_all_if_fewer=True)))
    assert drawn.stages[2].probability == pytest.approx(1)


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        ((Stage("commune", Method.SRS, sizes={"north": 1}),), "no column of strata is named"),
        ((Stage("commune", Method.SRS),), r"stage 1 \(commune\): exactly one of n and sizes"),
        ((Stage("commune", Method.CUBE, n=1),), "the cube is not available within stages"),
        ((Stage("commune", Method.SRS, n=1, size="population"),), "would pass over the size"),
        ((Stage("commune", Method.SRS, n=1, sort=("area",)),), "an order means nothing"),
        ((FOUR[0], Stage("village", Method.SRS, n=1, strata=("area",))), "only the first stage has strata"),
        ((Stage("commune", Method.SRS, n=9),), "–: 9 commune are to be drawn, but there are 6"),
        ((Stage("commune", Method.SRS, strata=("area",), sizes={"north": 1}),), "stratum south of the frame has no"),
        (
            (Stage("commune", Method.SRS, strata=("area",), sizes={"north": 1, "south": 1, "east": 1}),),
            "for the stratum east, which the frame does not have",
        ),
        ((Stage("village", Method.SRS, n=1, strata=("area",)),), "village 1 lies in several strata"),
        (
            (Stage("village", Method.BREWER, n=1, size="population"),),
            "village 1 has different values in the column pop",
        ),
        ((Stage("district", Method.SRS, n=1),), "column district is missing"),
    ],
)
def test_a_design_that_does_not_hang_together_is_refused(stages: tuple[Stage, ...], said: str):
    with pytest.raises(SamplingError, match=said):
        staged(people(), stages)


@pytest.mark.parametrize("method", [*UNEQUAL, Method.SRS, Method.SYSTEMATIC])
def test_every_method_serves_within_stages(method: Method):
    drawn = staged(
        people(), (Stage("commune", method, n=4), Stage("village", method, n=2), Stage("person", Method.SRS, n=2))
    )
    assert len(drawn.positions) == 16


@pytest.mark.parametrize("weights", [[], [1.0, 0.0], [1.0, np.nan], [[1.0]]])
def test_weights_that_are_none_are_not_self_weighting(weights: list):
    with pytest.raises(SamplingError, match="design weights must be numbers above 0"):
        self_weighting(weights)
