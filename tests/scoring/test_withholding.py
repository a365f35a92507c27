"""An attacker with the table and a calculator: what few ballots said does not come back by subtraction."""

import pandas as pd
import pytest
from scoring_makers import SIPAS, TINY_ITEMS, item, method_of, ratings_of

from scoring.dtxhh import score_dtxhh
from scoring.sipas import score_sipas
from scoring.withholding import withheld

MANY = [5, 5, 1, 5, 1, 5]
ITEMS = (
    item("p1", "a", "CS.1"),
    item("p2", "a", "CS.1"),
    item("p3", "a", "CS.2"),
    item("p4", "a", "CS.2"),
    item("s1", "a", "DV.1"),
)
FULL = {"p1": MANY, "p2": MANY, "p3": MANY, "p4": MANY, "s1": MANY}


def table_of(cells, **changes):
    method = method_of(
        SIPAS,
        group_weights__by_criterion={"CS": {"a": 1}, "DV": {"a": 1}},
        **{"few_ballots__min_ballots": 5, "few_ballots__thin_units_share": 0.5} | changes,
    )
    return withheld(method, score_sipas(method, ratings_of(cells, ITEMS))).table()


def units(**cells):
    return {("a", f"U{k}"): FULL for k in range(4)} | {("a", unit): answers for unit, answers in cells.items()}


def difference(table, whole, terms, column="n"):
    """What an attacker finds: the sum less the terms; None where the sum is not shown or nothing is left."""
    sums = table.query(whole)[column]
    shown = pd.to_numeric(table.query(terms)[column])
    if sums.isna().any() or not shown.isna().any():
        return None
    return sums.iloc[0] - shown.sum()


def thin(n):
    return {name: answers[:n] for name, answers in FULL.items()}


@pytest.mark.parametrize("criterion", ["CS", "CS.1", "CS.2", "DV", "DV.1"])
def test_the_whole_less_the_other_units_is_not_the_unit_that_is_withheld(criterion):
    table = table_of(units(U0=thin(3)))
    whole = f"level == 'overall' and criterion == '{criterion}'"
    assert difference(table, whole, f"level == 'criterion' and criterion == '{criterion}'") is None
    assert difference(table, "level == 'overall' and criterion == ''", "level == 'unit'") is None
    assert table.query("level == 'overall'")[["value", "index", "se", "ci_low"]].isna().all(axis=None)


def test_two_units_that_are_withheld_together_hide_each_other():
    table = table_of(units(U0=thin(3), U1=thin(4)))
    assert table.query("level == 'overall' and criterion == ''")["n"].iloc[0] == 19
    assert (
        difference(table, "level == 'overall' and criterion == 'DV'", "level == 'criterion' and criterion == 'DV'") == 7
    )


def test_two_units_of_one_ballot_each_do_not():
    assert table_of(units(U0=thin(1), U1=thin(1))).query("level == 'overall'")["n"].isna().all()


def test_a_unit_that_nobody_rated_hides_nothing():
    table = table_of({("a", f"U{k}"): FULL for k in range(3)} | {("a", "U3"): {"p1": [None]}})
    assert table.query("level == 'overall' and criterion == 'DV'")["n"].iloc[0] == 18


@pytest.mark.parametrize("order", ["pooled_answers", "mean_of_respondents", "mean_of_items"])
@pytest.mark.parametrize("lone", [{"p2": [5, *[98] * 5]}, {"p3": [1, *[98] * 5], "p4": [98] * 6}])
def test_a_criterion_less_its_other_items_is_not_the_item_that_is_withheld(order, lone):
    table = table_of(units(U0=FULL | lone), aggregation__order=order)
    own = "unit == 'U0' and level == "
    for criterion in ("CS.1", "CS.2"):
        whole = f"{own}'group' and criterion == '{criterion}'"
        found = difference(table, whole, f"{own}'item' and criterion == '{criterion}'", "n_answers")
        assert found is None or found >= 5
    leaves = f"{own}'group' and criterion in ('CS.1', 'CS.2')"
    found = difference(table, f"{own}'group' and criterion == 'CS'", leaves, "n_answers")
    assert found is None or found >= 5
    for criterion in ("CS.1", "CS.2"):
        values = table.query(f"unit == 'U0' and criterion == '{criterion}' and level in ('group', 'criterion')")[
            "value"
        ]
        assert values.isna().nunique() == 1  # neither shows what the other hides


def test_a_criterion_less_its_other_groups_is_not_the_group_that_is_withheld():
    full = {("a", f"U{k}"): {"a_c1": MANY, "a_c2": MANY} for k in range(4)}
    full |= {("b", f"U{k}"): {"b_c1": MANY, "b_c2": MANY} for k in range(4)}
    cells = full | {("b", "U0"): {"b_c1": [5, 1, 5], "b_c2": [5, 1, 5]}}
    method = method_of(few_ballots__min_ballots=5, few_ballots__thin_units_share=0.5)
    scores = score_dtxhh(method, ratings_of(cells, TINY_ITEMS))
    table = withheld(method, scores).table()
    for criterion in ("C1", "C2"):
        own = f"unit == 'U0' and criterion == '{criterion}' and level == "
        assert difference(table, own + "'criterion'", own + "'group'") is None
    assert difference(table, "unit == 'U0' and level == 'unit'", "unit == 'U0' and level == 'group'") is None


def test_where_nothing_is_thin_nothing_is_withheld():
    table = table_of(units())
    assert table.query("level != 'unit'")[["n", "value"]].notna().all(axis=None)
