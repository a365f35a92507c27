"""Estimates from partitions are those of the whole, in whatever pieces and wherever they are added up."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import cluster, partitions
from analysis.cell_plan import CellPlan
from analysis.cell_tables import CellTable
from analysis.design import LonelyPsu, survey_design
from analysis.estimate import means, proportions, ratios, totals
from analysis.faults import AnalysisError, PartitionError
from analysis.loading import parquet_partitions, read_partition
from analysis.options import DesignEffect, Options
from analysis.partitions import cells_from, estimates_from_cells
from analysis.results import Estimates, Kind

NAMES = [f"q{number}" for number in range(6)]
EVERYTHING = Options(deff=DesignEffect.WITHOUT_REPLACEMENT, covariances=True)
PLAN = {
    "estimation_weights": "w",
    "strata": "commune",
    "psu": "village",
    "fpc": "villages",
    "by": ("sex", "commune"),
    "where": "resident",
    "deff": True,
}


def sample(rows: int = 3000, seed: int = 5) -> pd.DataFrame:
    """Five-point answers with gaps, in villages of communes; a few rows of weight zero."""
    rng = np.random.default_rng(seed)
    commune = rng.integers(0, 12, rows)
    frame = pd.DataFrame(
        {
            "commune": np.array(list("abcdefghijkl"))[commune],
            "village": [f"{one}-{other}" for one, other in zip(commune, rng.integers(0, 6, rows), strict=True)],
            "villages": 40 + commune,
            "household": rng.integers(0, 9, rows).astype(str),
            "households": 90,
            "sex": rng.choice(["F", "M"], rows),
            "resident": rng.random(rows) < 0.7,
            "w": np.where(rng.random(rows) < 0.03, 0.0, rng.uniform(0.5, 2, rows)),
        }
    )
    for name in NAMES:
        frame[name] = np.where(rng.random(rows) < 0.05, np.nan, rng.integers(1, 6, rows))
    return frame


FRAME = sample()
DESIGN = survey_design(FRAME["w"], psu=FRAME["village"], strata=FRAME["commune"], fpc=FRAME["villages"])


def pieces(frame: pd.DataFrame, count: int) -> list[pd.DataFrame]:
    return [frame.iloc[part] for part in np.array_split(np.arange(len(frame)), count)]


def same(found: Estimates, whole: Estimates, tolerance: float = 1e-12) -> None:
    assert found.items == whole.items
    pd.testing.assert_frame_equal(found.domains, whole.domains)
    for name in ("estimate", "se", "low", "high", "n", "size", "df", "deff"):
        np.testing.assert_allclose(getattr(found, name), getattr(whole, name), rtol=tolerance, err_msg=name)
    assert (found.note == whole.note).all()


def as_bytes(table: CellTable) -> list[bytes]:
    arrays = [table.sums.total, table.sums.size, table.sums.count, table.unit_weights, table.unit, table.domain]
    arrays += [] if table.moments is None else [table.moments.yy, table.moments.xy, table.moments.xx]
    labels = [table.units.to_csv().encode(), table.domains.to_csv().encode(), repr(table.levels).encode()]
    return [array.tobytes() for array in arrays] + labels


@pytest.mark.parametrize(("kind", "whole"), [(Kind.MEAN, means), (Kind.TOTAL, totals), (Kind.PROPORTION, proportions)])
def test_partitions_give_the_estimates_of_the_whole(kind, whole):
    table = cells_from(pieces(FRAME, 7), CellPlan(items=NAMES, kind=kind, **PLAN))
    expected = whole(DESIGN, FRAME, NAMES, by=["sex", "commune"], where=FRAME["resident"], options=EVERYTHING)
    same(estimates_from_cells(table, options=EVERYTHING), expected)


def test_ratios_of_partitions_are_those_of_the_whole():
    above, below = NAMES[:3], [NAMES[3], NAMES[3], NAMES[0]]
    table = cells_from(pieces(FRAME, 4), CellPlan(items=above, denominators=below, kind=Kind.RATIO, **PLAN))
    expected = ratios(DESIGN, FRAME, above, below, by=["sex", "commune"], where=FRAME["resident"], options=EVERYTHING)
    same(estimates_from_cells(table, options=EVERYTHING), expected)


def test_a_contrast_of_partitions_is_that_of_the_whole():
    table = cells_from(pieces(FRAME, 3), CellPlan(items=NAMES, **PLAN))
    found = estimates_from_cells(table, options=EVERYTHING)
    expected = means(DESIGN, FRAME, NAMES, by=["sex", "commune"], where=FRAME["resident"], options=EVERYTHING)
    loads = {found.place("q1", sex="F", commune="a"): 1.0, found.place("q2", sex="M", commune="a"): -1.0}
    for part in ("estimate", "se", "df"):
        assert getattr(found.contrast(loads), part) == pytest.approx(getattr(expected.contrast(loads), part), rel=1e-12)


def test_the_total_comes_from_the_cells_of_the_mean():
    table = cells_from(pieces(FRAME, 3), CellPlan(items=NAMES, **PLAN))
    expected = totals(DESIGN, FRAME, NAMES, by=["sex", "commune"], where=FRAME["resident"], options=EVERYTHING)
    same(estimates_from_cells(table, Kind.TOTAL, options=EVERYTHING), expected)


@pytest.mark.parametrize("strata", [None, "commune"])
def test_rows_drawn_by_themselves_may_come_in_partitions(strata):
    plan = CellPlan(items=NAMES, estimation_weights="w", strata=strata, by="sex", deff=True)
    design = survey_design(FRAME["w"], strata=None if strata is None else FRAME[strata])
    expected = means(design, FRAME, NAMES, by=["sex"], options=EVERYTHING)
    same(estimates_from_cells(cells_from(pieces(FRAME, 3), plan), options=EVERYTHING), expected)


@pytest.mark.parametrize("fpc", [None, ("villages", "households")])
def test_later_stages_may_come_in_partitions(fpc):
    columns = {"psu": ["village", "household"], "strata": ["commune"]} | ({} if fpc is None else {"fpc": list(fpc)})
    plan = CellPlan(items=NAMES, estimation_weights="w", deff=True, **columns)
    design = survey_design(FRAME["w"], **{role: [FRAME[name] for name in names] for role, names in columns.items()})
    found = estimates_from_cells(cells_from(pieces(FRAME, 5), plan), options=EVERYTHING)
    same(found, means(design, FRAME, NAMES, options=EVERYTHING))


def test_every_row_stands_for_itself_without_weights():
    found = estimates_from_cells(cells_from(pieces(FRAME, 2), CellPlan(items=["q0"])))
    assert found.estimate[0, 0] == pytest.approx(FRAME["q0"].mean(), rel=1e-14)
    assert found.se[0, 0] == pytest.approx(FRAME["q0"].sem(), rel=1e-4)  # the gaps stay in the design


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(0, 400), max_size=6), seed=st.integers(0, 5))
def test_neither_sizes_nor_the_order_of_partitions_matter(cuts: list[int], seed: int):
    frame = FRAME.iloc[:400]
    ends = [0, *sorted(cuts), 400]
    parts = [frame.iloc[low:high] for low, high in pairwise(ends)]
    plan = CellPlan(items=NAMES, kind=Kind.PROPORTION, **PLAN)
    lonely = {"lonely_psu": LonelyPsu.ADJUST, "options": EVERYTHING}
    expected = estimates_from_cells(cells_from([frame], plan), **lonely)
    shuffled = [parts[place] for place in np.random.default_rng(seed).permutation(len(parts))]
    same(estimates_from_cells(cells_from(shuffled, plan), **lonely), expected)


def test_a_level_that_few_partitions_hold_is_kept():
    rare = FRAME.assign(
        q0=np.where(np.arange(len(FRAME)) == 17, 7.0, FRAME["q0"]), q1=FRAME["q1"].where(FRAME.index > 999)
    )
    plan = CellPlan(items=["q0", "q1"], kind=Kind.PROPORTION, estimation_weights="w", psu="village")
    found = estimates_from_cells(cells_from(pieces(rare, 6), plan))
    assert "q0=7" in found.items
    expected = proportions(survey_design(rare["w"], psu=rare["village"]), rare, ["q0", "q1"])
    np.testing.assert_allclose(found.se, expected.se, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["str", "category"])
def test_text_and_categories_have_shares(dtype):
    words = pd.Series(["kém", "tốt", "rất tốt"]).take(np.arange(len(FRAME)) % 3).reset_index(drop=True)
    words[:600] = words[0]  # the first partition knows one word alone
    frame = FRAME.assign(q0=words.astype(dtype))
    found = estimates_from_cells(cells_from(pieces(frame, 5), CellPlan(items=["q0", "q1"], kind=Kind.PROPORTION)))
    expected = proportions(survey_design(np.ones(len(frame))), frame, ["q0", "q1"])
    assert found.items == expected.items
    np.testing.assert_allclose(found.se, expected.se, rtol=1e-12)


def test_a_question_without_answers_has_no_levels():
    nobody = FRAME.assign(q0=np.nan)
    with pytest.raises(AnalysisError, match="q0"):
        estimates_from_cells(cells_from(pieces(nobody, 2), CellPlan(items=["q0", "q1"], kind=Kind.PROPORTION)))


def test_levels_in_numbers_here_and_in_words_there_are_refused():
    mixed = [FRAME.iloc[:100], FRAME.iloc[100:].assign(q0="good")]
    with pytest.raises(PartitionError, match=r"\[2\]: column q0 is not of the same type .* here and in \[1\]"):
        cells_from(mixed, CellPlan(items=["q0"], kind=Kind.PROPORTION))


def test_tables_wait_to_be_added_up_without_a_trace(monkeypatch):
    plan = CellPlan(items=NAMES, **PLAN)
    at_once = cells_from(pieces(FRAME, 9), plan)
    monkeypatch.setattr(partitions, "PENDING_BYTES", 0)
    assert as_bytes(cells_from(pieces(FRAME, 9), plan)) == as_bytes(at_once)


def test_partitions_without_rows_add_nothing_and_categories_are_labels():
    plan = CellPlan(items=NAMES, **PLAN)
    classed = [part.astype({"commune": "category", "sex": "category"}) for part in pieces(FRAME, 5)]
    found = cells_from([FRAME.iloc[:0], *classed, FRAME.iloc[:0]], plan)
    assert as_bytes(found) == as_bytes(cells_from(pieces(FRAME, 5), plan))


def test_rows_may_be_chosen_by_a_function():
    chosen = {**PLAN, "where": lambda frame: frame["resident"] & (frame["sex"] == "F")}
    found = estimates_from_cells(cells_from(pieces(FRAME, 3), CellPlan(items=NAMES, **chosen)), options=EVERYTHING)
    mask = FRAME["resident"] & (FRAME["sex"] == "F")
    same(found, means(DESIGN, FRAME, NAMES, by=["sex", "commune"], where=mask, options=EVERYTHING))


def test_units_keep_the_weights_of_their_rows():
    table = cells_from(pieces(FRAME, 7), CellPlan(items=NAMES, **PLAN))
    expected = FRAME.groupby("village")["w"].sum()
    np.testing.assert_allclose(table.unit_weights, expected.loc[table.units["village"]], rtol=1e-14)


def test_progress_counts_rows():
    done: list[int] = []
    cells_from(pieces(FRAME, 3), CellPlan(items=NAMES), advance=done.append)
    assert done == [1000, 1000, 1000]


# --- files


def written(frame: pd.DataFrame, folder: Path, count: int = 3, group: int = 300) -> list[Path]:
    paths = [folder / f"part-{number}.parquet" for number in range(count)]
    small = frame.astype(dict.fromkeys(NAMES, "Int8"))  # gaps in whole numbers, as a database writes them
    for path, part in zip(paths, pieces(small, count), strict=True):
        part.to_parquet(path, row_group_size=group, index=False)
    return paths


def test_a_folder_of_files_gives_the_estimates_of_the_whole(tmp_path):
    written(FRAME, tmp_path)
    parts = parquet_partitions([tmp_path], rows=600)
    assert [str(part).removeprefix(str(tmp_path)) for part in parts[:2]] == [
        "/part-0.parquet [1–600]",
        "/part-0.parquet [601–1000]",
    ]
    expected = means(DESIGN, FRAME, NAMES, by=["sex", "commune"], where=FRAME["resident"], options=EVERYTHING)
    same(estimates_from_cells(cells_from(parts, CellPlan(items=NAMES, **PLAN)), options=EVERYTHING), expected)


def test_every_row_of_a_file_is_in_one_partition(tmp_path):
    paths = written(FRAME, tmp_path, count=2, group=400)
    for rows in (1, 400, 1000, 10_000):
        parts = parquet_partitions(paths, rows=rows)
        read = pd.concat([read_partition(part, ["w"]) for part in parts], ignore_index=True)
        pd.testing.assert_frame_equal(read, FRAME[["w"]])


def test_answers_with_gaps_stay_small(tmp_path):
    part = parquet_partitions(written(FRAME, tmp_path, count=1))[0]
    assert read_partition(part, NAMES).memory_usage(index=False).sum() == 2 * len(FRAME) * len(NAMES)


# --- faults


def with_fault(tmp_path: Path, **columns: Sequence[object]) -> list[object]:
    paths = written(FRAME, tmp_path)
    pd.read_parquet(paths[1]).assign(**columns).to_parquet(paths[1])
    return list(parquet_partitions(paths))


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"w": [-1.0] * 1000}, "weights must be numbers"),
        ({"village": [None] * 1000}, "village is blank"),
        ({"villages": ["many"] * 1000}, "column villages is not numeric"),
        ({"q3": ["good"] * 1000}, "column q3 is not numeric"),
        ({"resident": ["yes"] * 1000}, "filter must be true or false"),
        ({"commune": [1] * 1000}, "column commune is not of the same type .* here and in .*part-0"),
    ],
)
def test_a_fault_names_the_file_and_the_column(tmp_path, columns, words):
    with pytest.raises(PartitionError, match=rf"part-1\.parquet: .*{words}"):
        cells_from(with_fault(tmp_path, **columns), CellPlan(items=NAMES, **PLAN))


def test_a_column_that_one_file_lacks_is_named(tmp_path):
    paths = written(FRAME, tmp_path)
    pd.read_parquet(paths[2]).drop(columns="q2").to_parquet(paths[2])
    with pytest.raises(PartitionError, match=r"part-2\.parquet: there is no column q2") as raised:
        cells_from(parquet_partitions(paths), CellPlan(items=NAMES))
    again = pickle.loads(pickle.dumps(raised.value))
    assert again.message("vi") == raised.value.message("vi")


def test_what_is_no_parquet_file_is_named(tmp_path):
    (tmp_path / "notes.parquet").write_text("not a table")
    with pytest.raises(PartitionError, match=r"notes\.parquet: this Parquet file cannot be read"):
        parquet_partitions([tmp_path])
    with pytest.raises(PartitionError, match=r"absent\.parquet: this Parquet file cannot be read"):
        parquet_partitions([tmp_path / "absent.parquet"])


def test_faults_of_the_whole_are_refused(tmp_path):
    with pytest.raises(AnalysisError, match="no Parquet file"):
        parquet_partitions([tmp_path])
    with pytest.raises(AnalysisError, match="no Parquet file"):
        cells_from([], CellPlan(items=NAMES))
    with pytest.raises(AnalysisError, match="no row"):
        cells_from([FRAME.iloc[:0]], CellPlan(items=NAMES))
    lonely = CellPlan(items=["q0"], psu="village", strata="village")
    with pytest.raises(AnalysisError, match="single sampling unit"):
        estimates_from_cells(cells_from(pieces(FRAME, 2), lonely))
    moved = [FRAME.iloc[:1500], FRAME.iloc[1500:].assign(commune="z")]
    with pytest.raises(AnalysisError, match="stands in strata"):
        estimates_from_cells(cells_from(moved, CellPlan(items=["q0"], psu="village", strata="commune")))
    varying = [FRAME.iloc[:1500], FRAME.iloc[1500:].assign(villages=99)]
    with pytest.raises(AnalysisError, match="population size"):
        estimates_from_cells(
            cells_from(varying, CellPlan(items=["q0"], psu="village", strata="commune", fpc="villages"))
        )


def test_cells_serve_what_they_were_made_for():
    table = cells_from([FRAME], CellPlan(items=["q0"]))
    with pytest.raises(AnalysisError, match="make them with kind=proportion"):
        estimates_from_cells(table, Kind.PROPORTION)
    with pytest.raises(AnalysisError, match="deff=True"):
        estimates_from_cells(table, options=EVERYTHING)


# --- a cluster


@pytest.mark.slow
def test_a_cluster_of_processes_gives_the_same_bytes(tmp_path):
    parts = parquet_partitions(written(FRAME, tmp_path), rows=300)
    plan = CellPlan(items=NAMES, kind=Kind.PROPORTION, **PLAN)
    with_workers = "import sys; from distributed import LocalCluster\n" + (
        "if __name__ == '__main__':\n"
        "    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:\n"
        "        print(cluster.scheduler_address, flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", with_workers]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as cluster:
        address = cluster.stdout.readline().strip()
        elsewhere = cells_from(parts, plan, scheduler=address)
        with pytest.raises(PartitionError, match="there is no column q9"):
            cells_from(parts, CellPlan(items=["q9"]), scheduler=address)
        cluster.communicate(timeout=120)
    assert as_bytes(elsewhere) == as_bytes(cells_from(parts, plan))


def test_a_scheduler_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE_S", 0.2)
    with pytest.raises(AnalysisError, match=r"scheduler at tcp://127\.0\.0\.1:9 does not answer"):
        cells_from([FRAME], CellPlan(items=NAMES), scheduler="tcp://127.0.0.1:9")
