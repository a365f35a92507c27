"""Frames: one order and one hash whatever the file, faults named by row."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling.faults import SamplingError
from sampling.frame import Columns, as_text, canonical, canonical_order, codes_of, sorted_order

PLAIN = Columns("id", labels=("phường",), sizes=("hộ",), numbers=("x",), sort=("tuổi", "tên"))


def small() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": ["b2", "a1", "c10"],
            "phường": ["Ba Đình", "Cầu Giấy", "Ba Đình"],
            "hộ": [3.0, 1.0, 2.0],
            "x": [0.5, -0.0, 7.0],
            "tuổi": [40, 20, 30],
            "tên": ["Ân", "Bình", "An"],
            "điện thoại": ["1", "2", "3"],
        }
    )


def test_shorter_ids_come_first_and_then_letter_by_letter():
    ids = ["10", "9", "100", "a", "B", "ẳ", "09"]
    assert [ids[i] for i in canonical_order(ids)] == ["9", "B", "a", "09", "10", "100", "ẳ"]


def test_codes_of_labels_follow_the_canonical_order():
    codes, labels = codes_of(np.array(["10", "2", "10", "1"], dtype=object))
    assert labels == ["1", "2", "10"]
    assert codes.tolist() == [2, 1, 2, 0]


def test_the_hash_is_that_of_the_documented_bytes():
    header = b"survey frame 1\n"
    texts = b"id\0ta1\0b2\0c10\0" + "phường\0tCầu Giấy\0Ba Đình\0Ba Đình\0".encode() + "tên\0tBình\0Ân\0An\0".encode()
    texts = (
        header
        + b"id\0ta1\0b2\0c10\0"
        + b"".join(
            f"{name}\0t{words}".encode()
            for name, words in sorted({"phường": "Cầu Giấy\0Ba Đình\0Ba Đình\0", "tên": "Bình\0Ân\0An\0"}.items())
        )
    )
    figures = {"hộ": [1.0, 3.0, 2.0], "x": [0.0, 0.5, 7.0], "tuổi": [20.0, 40.0, 30.0]}
    numbers = b"".join(name.encode() + b"\0n" + np.array(v, "<f8").tobytes() for name, v in sorted(figures.items()))
    assert canonical(small(), PLAIN).sha256 == hashlib.sha256(texts + numbers).hexdigest()


@given(seed=st.integers(0, 10**6))
@settings(max_examples=20)
def test_the_order_of_rows_and_columns_changes_nothing(seed: int):
    frame = small()
    rng = np.random.default_rng(seed)
    other = frame.iloc[rng.permutation(3)][rng.permutation(frame.columns)]
    assert canonical(other, PLAIN).sha256 == canonical(frame, PLAIN).sha256


def test_columns_that_are_not_read_do_not_enter():
    frame = small()
    assert canonical(frame.drop(columns="điện thoại"), PLAIN).sha256 == canonical(frame, PLAIN).sha256


@pytest.mark.parametrize(
    ("column", "value"), [("hộ", 4.0), ("x", 0.1), ("phường", "Tây Hồ"), ("tuổi", 41), ("id", "b3")]
)
def test_any_change_of_what_is_read_changes_the_hash(column: str, value: object):
    frame = small()
    frame.loc[0, column] = value
    assert canonical(frame, PLAIN).sha256 != canonical(small(), PLAIN).sha256


def test_types_of_files_make_no_difference():
    text = pd.DataFrame({"id": ["1", "2"], "x": [1, 2]})
    figures = pd.DataFrame({"id": [1.0, 2.0], "x": [1.0, 2.0]})
    whole = pd.DataFrame({"id": [1, 2], "x": np.array([1, 2], dtype=np.int8)})
    columns = Columns("id", numbers=("x",))
    assert len({canonical(frame, columns).sha256 for frame in (text, figures, whole)}) == 1


def test_a_column_may_be_read_in_two_roles():
    frame = pd.DataFrame({"id": [3, 20, 100], "size": [2, 1, 5]})
    found = canonical(frame, Columns("id", labels=("size",), sizes=("size",), sort=("id",)))
    assert found.texts["size"].tolist() == ["2", "1", "5"]
    assert found.numbers["size"].tolist() == [2, 1, 5]
    assert sorted_order([found.column("id")]).tolist() == [0, 1, 2]  # as numbers, not as text


def test_letters_in_two_forms_are_one_text():
    assert as_text(pd.Series(["phươ\u0300ng"])).tolist() == ["phường"]


def test_sorting_is_stable_and_a_serpentine_turns_at_every_group():
    ward = np.array(["a", "a", "a", "b", "b", "c", "c"], dtype=object)
    age = np.array([1.0, 2.0, 2.0, 1.0, 2.0, 1.0, 2.0])
    assert sorted_order([ward, age]).tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert sorted_order([ward, age], serpentine=True).tolist() == [0, 1, 2, 4, 3, 5, 6]
    assert sorted_order([age]).tolist() == [0, 3, 5, 1, 2, 4, 6]


@given(rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_neighbours_on_a_serpentine_differ_in_one_step_of_the_inner_keys(rows: list[tuple[int, int, int]]):
    """Where every combination of keys exists, each neighbour is one step away."""
    full = [(a, b, c) for a in range(3) for b in range(3) for c in range(2)] if len(rows) % 2 else rows
    keys = [np.array(key, dtype=float) for key in zip(*full, strict=True)]
    order = sorted_order(keys, serpentine=True)
    assert sorted(order.tolist()) == list(range(len(full)))
    if full is not rows:
        ordered = np.array(full)[order]
        assert (np.abs(np.diff(ordered, axis=0)).sum(axis=1) == 1).all()


@pytest.mark.parametrize(
    ("column", "row", "value", "said"),
    [
        ("id", 1, None, "column id: blank in row 3"),
        ("id", 1, "", "column id: blank in row 3"),
        ("id", 1, "c10", r"the id c10 stands in several rows \(3, 4\), 1 rows too many"),
        ("phường", 0, None, "column phường: blank in row 2"),
        ("tên", 2, None, "column tên: blank in row 4"),
        ("tuổi", 2, np.nan, "column tuổi: no number in row 4"),
        ("x", 2, np.inf, "column x: no number in row 4"),
        ("hộ", 2, 0, r"column hộ: zero or negative \(least 0\) in row 4"),
        ("hộ", 0, -2, r"least -2\) in row 2"),
        ("hộ", 0, np.nan, "column hộ: no number in row 2"),
    ],
)
def test_faults_are_named_by_row(column: str, row: int, value: object, said: str):
    frame = small()
    frame.loc[row, column] = value
    with pytest.raises(SamplingError, match=said):
        canonical(frame, PLAIN)


def test_rows_are_counted_as_the_file_counts_them():
    frame = small()
    frame.loc[1, "hộ"] = 0
    with pytest.raises(SamplingError, match="in row 2"):
        canonical(frame, PLAIN, first_row=1)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (small().head(0), "the frame has no rows"),
        (small().drop(columns="hộ"), "column hộ is missing"),
        (small().assign(hộ=["1", "2", "ba"]), "column hộ: there are values that are no numbers"),
    ],
)
def test_a_frame_that_is_none_is_refused(frame: pd.DataFrame, said: str):
    with pytest.raises(SamplingError, match=said):
        canonical(frame, PLAIN)


def test_stale_rows_are_refused_by_date():
    frame = small().assign(updated=["2026-03-01", "2025-12-31", "2026-01-01"])
    columns = Columns("id", updated="updated", not_before=pd.Timestamp("2026-01-01"))
    with pytest.raises(SamplingError, match="column updated: older than 2026-01-01 in row 3"):
        canonical(frame, columns)
    with pytest.raises(SamplingError, match=r"no date \(year-month-day\) in row 2"):
        canonical(frame.assign(updated=["soon", "2026-01-01", "2026-01-01"]), columns)
    assert len(canonical(frame.drop(1), columns)) == 2


def test_one_row_is_a_frame():
    assert len(canonical(small().head(1), PLAIN)) == 1
