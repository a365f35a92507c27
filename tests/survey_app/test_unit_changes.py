"""Units that were merged and split: the crosswalk adds up, and earlier results carried over keep what they must."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from survey_app.models.units import Unit
from survey_app.queries.units import changes_frame
from survey_app.services.unit_changes import (
    ChangeLine,
    SharesDoNotAddUp,
    apply_changes,
    carry_over,
    plan_changes,
    remove_change,
)
from survey_app.services.units import UnitsMoved

REFORM = date(2025, 7, 1)


def values(**found: tuple[float, float]) -> pd.DataFrame:
    return pd.DataFrame([(code, *pair) for code, pair in found.items()], columns=["old_code", "value", "n"])


def crosswalk(*rows: tuple[str, str, float, float | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["old_code", "new_code", "share", "old_population"])


def by_code(frame: pd.DataFrame) -> dict[str, tuple[float, float]]:
    return {row.new_code: (row.value, row.n) for row in frame.itertuples()}


def test_a_merged_unit_has_the_mean_of_its_parts_by_their_people_and_a_split_one_hands_its_value_on():
    found = carry_over(
        values(a=(80.0, 10), b=(60.0, 30), c=(50.0, 8), d=(90.0, 5)),
        crosswalk(("a", "X", 1, 3000), ("b", "X", 1, 1000), ("c", "X", 0.25, 4000), ("c", "Y", 0.75, 4000)),
    )
    assert by_code(found) == {
        "X": ((3000 * 80 + 1000 * 60 + 1000 * 50) / 5000, 42),
        "Y": (50.0, 6),
        "d": (90.0, 5),  # not in the crosswalk: it is as it was
    }
    assert found["covered"].tolist() == [1, 1, 1]


def test_where_a_population_is_not_known_ballots_count_and_parts_without_a_value_are_told():
    merge = crosswalk(("a", "X", 1, 3000), ("b", "X", 1, None), ("c", "X", 1, 10))
    found = carry_over(values(a=(80.0, 10), b=(60.0, 30), c=(np.nan, 4)), merge)
    assert by_code(found) == {"X": (65.0, 44)}
    assert found["covered"].tolist() == [pytest.approx(2 / 3)]
    nobody = carry_over(values(a=(np.nan, 0), b=(np.nan, 0)), merge)
    assert np.isnan(nobody["value"][0])
    assert nobody["covered"].tolist() == [0]


def test_changes_of_two_days_are_applied_one_after_the_other_and_criteria_side_by_side():
    steps = pd.concat(
        [
            crosswalk(("a", "b", 1, 100), ("b", "b", 1, 300)).assign(effective_on=date(2020, 1, 1)),
            crosswalk(("b", "Z", 0.5, 400), ("b", "b", 0.5, 400)).assign(effective_on=REFORM),
        ]
    )
    rows = pd.concat([values(a=(40.0, 2), b=(80.0, 6)).assign(criterion=k) for k in ("K1", "K2")])
    found = carry_over(rows, steps, by=["criterion"])
    assert found[["criterion", "new_code"]].to_numpy().tolist() == [["K1", "Z"], ["K1", "b"], ["K2", "Z"], ["K2", "b"]]
    assert found["value"].tolist() == [70.0] * 4
    assert found["n"].tolist() == [4.0] * 4


@settings(max_examples=60)
@given(st.data())
def test_a_new_name_alone_changes_nothing_and_no_ballot_is_lost(data: st.DataObject):
    codes = [f"o{i}" for i in range(data.draw(st.integers(1, 6)))]
    number = st.floats(0, 100)
    measured = values(**{code: (data.draw(number), data.draw(st.integers(0, 500))) for code in codes})
    renamed = carry_over(measured, crosswalk(*((code, code.upper(), 1.0, None) for code in codes)))
    assert renamed["value"].tolist() == measured["value"].tolist()
    assert renamed["n"].tolist() == measured["n"].tolist()
    rows = []
    for code in codes:
        parts = data.draw(st.dictionaries(st.sampled_from("XYZ"), st.floats(0.1, 1), min_size=1))
        total = sum(parts.values())
        people = data.draw(st.integers(1, 10**6))
        rows += [(code, new, share / total, people) for new, share in parts.items()]
    found = carry_over(measured, crosswalk(*rows))
    assert found["n"].sum() == pytest.approx(measured["n"].sum())
    assert found["value"].between(measured["value"].min() - 1e-9, measured["value"].max() + 1e-9).all()
    assert found["covered"].to_numpy() == pytest.approx(1)


def line(old: str, new: str, share: float, **more: object) -> ChangeLine:
    return ChangeLine(old, f"Xã {old}", new, share, REFORM, **more)


def test_a_crosswalk_is_kept_replaced_by_earlier_unit_and_read_back(session: Session):
    texts = {"unit_type": "xa", "block": "xa", "source_note": ""}
    session.add_all(Unit(city="somewhere", code=code, name=f"Xã {code}", **texts) for code in ("N1", "N2"))
    session.flush()
    thirds = [line("03", "N1", 0.333, old_population=900), line("03", "N2", 0.667, old_population=900)]
    first = [line("01", "N1", 1.0), line("02", "N1", 1.0), *thirds]
    plan = plan_changes(session, "somewhere", first)
    assert (plan.new, plan.replaced, plan.n_unchanged) == (("01", "02", "03"), (), 0)
    apply_changes(session, "somewhere", first, plan.digest)
    with pytest.raises(UnitsMoved):
        apply_changes(session, "somewhere", first, plan.digest)
    again = plan_changes(session, "somewhere", first)
    assert (again.is_empty, again.n_unchanged) == (True, 3)
    second = [line("02", "N2", 1.0)]
    assert plan_changes(session, "somewhere", second).replaced == ("02",)
    apply_changes(session, "somewhere", second, plan_changes(session, "somewhere", second).digest)
    frame = changes_frame(session, "somewhere")
    assert frame[["old_code", "new_code"]].to_numpy().tolist() == [
        ["01", "N1"], ["02", "N2"], ["03", "N1"], ["03", "N2"]
    ]  # fmt: skip
    assert frame["share"].tolist() == pytest.approx([1, 1, 0.333, 0.667])
    assert frame["old_population"].tolist()[2:] == [900, 900]
    assert changes_frame(session, "somewhere", after=REFORM).empty
    with pytest.raises(SharesDoNotAddUp, match=r"03 \(2025-07-01\): 0.9"):
        plan_changes(session, "somewhere", [line("03", "N1", 0.5), line("03", "N2", 0.4)])
    assert remove_change(session, "somewhere", REFORM, "03") == 2
    assert set(changes_frame(session, "somewhere")["old_code"]) == {"01", "02"}
    whole = plan_changes(session, "somewhere", [line("9", "N1", 0.333), line("9", "N2", 0.333), line("9", "N3", 0.333)])
    assert sum(part.share for part in whole.lines) == pytest.approx(1, abs=1e-15)
