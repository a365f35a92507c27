"""Estimates from Parquet files, in this process and on a cluster: `python -m bench.statistics_partitions`.

Wall time, since a cluster is there to save it. The cells of both must be the same bytes; 1 if they are not.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from distributed import LocalCluster

from analysis.cell_plan import CellPlan
from analysis.cell_tables import CellTable
from analysis.loading import Partition, parquet_partitions
from analysis.partitions import cells_from, estimates_from_cells
from bench.ballots import ITEMS

PLAN = CellPlan(items=ITEMS, estimation_weights="base_weight", strata="stratum", psu="village", by="commune")


def main(arguments: Sequence[str]) -> int:
    """Write the files, add them up here and there, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m bench.statistics_partitions")
    parser.add_argument("--files", type=int, default=4)
    parser.add_argument("--rows", type=int, default=500_000, help="ballots in each file")
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2], help="processes; none: without a cluster")
    parser.add_argument("--folder", type=Path, help="where the files are to lie for the time being")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder) as name:
        write = [sys.executable, "-m", "bench.ballots", name, str(asked.files), str(asked.rows)]
        subprocess.run(write, check=True)  # elsewhere, so that memory at the peak is that of adding up
        parts = parquet_partitions([Path(name)])
        table = _timed("in this process", parts)
        print(f"memory at the peak: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
        started = time.perf_counter()
        estimates_from_cells(table)
        print(f"the estimates from {len(table.unit):,} cells: {time.perf_counter() - started:.3f} s")
        print(f"a table of cells: {table.nbytes / 1e6:.1f} MB")
        same = [_on_cluster(workers, parts) == _digest(table) for workers in asked.workers]
    print("the same bytes" if all(same) else "NOT the same bytes")
    return 0 if all(same) else 1


def _timed(where: str, parts: list[Partition], scheduler: str | None = None) -> CellTable:
    started, spent = time.perf_counter(), time.process_time()
    table = cells_from(parts, PLAN, scheduler=scheduler)
    wall, processor = time.perf_counter() - started, time.process_time() - spent
    print(f"{where}: {table.n_rows:,} ballots in {len(parts)} partitions: {wall:.2f} s (processor {processor:.2f} s)")
    return table


def _on_cluster(workers: int, parts: list[Partition]) -> str:
    started = time.perf_counter()
    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster:
        print(f"a cluster of {workers}: {time.perf_counter() - started:.2f} s to start")
        _timed("first time, with the imports", parts, cluster.scheduler_address)
        return _digest(_timed("on the cluster", parts, cluster.scheduler_address))


def _digest(table: CellTable) -> str:
    digest = hashlib.sha256()
    for array in (table.sums.total, table.sums.size, table.sums.count, table.unit, table.domain, table.unit_weights):
        digest.update(array.tobytes())
    digest.update(table.units.to_csv().encode() + table.domains.to_csv().encode())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
