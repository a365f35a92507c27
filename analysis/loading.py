"""Parquet files in pieces that fit into memory: the only module here that opens files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.faults import AnalysisError, PartitionError

ROWS = 1_000_000
"""Rows of a partition, about: with 40 items of one byte, well under 200 MB while it is added up."""

KEPT_SMALL = {
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.uint8(): pd.UInt8Dtype(),
}
"""Answers with gaps stay in one or two bytes; without this they would become floats of eight."""


@dataclass(frozen=True, slots=True)
class Partition:
    """Some row groups of a Parquet file, which a worker elsewhere can open by the same path."""

    path: Path
    row_groups: tuple[int, ...]
    rows: tuple[int, int] | None  # first and last, counted from 1; None: the file is taken whole

    def __str__(self) -> str:
        return str(self.path) if self.rows is None else f"{self.path} [{self.rows[0]}–{self.rows[1]}]"


def parquet_partitions(paths: Iterable[Path], rows: int = ROWS) -> list[Partition]:
    """The partitions of Parquet files, in the order given; of a folder, its ``*.parquet`` in the order of names.

    rows : row groups of a file are taken together up to as many rows; a larger one stands alone.

    Raises
    ------
    AnalysisError : no file, or one that is not a Parquet file.
    """
    files = [file for path in paths for file in (sorted(path.glob("*.parquet")) if path.is_dir() else [path])]
    if not files:
        raise AnalysisError("no_partitions")
    return [partition for file in files for partition in _partitions_of(file, rows)]


def _partitions_of(path: Path, rows: int) -> list[Partition]:
    try:
        with pq.ParquetFile(path) as file:
            groups = [file.metadata.row_group(place).num_rows for place in range(file.metadata.num_row_groups)]
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error
    if sum(groups) <= rows:
        return [Partition(path, tuple(range(len(groups))), None)]
    partitions: list[Partition] = []
    taken: list[int] = []
    first, count = 1, 0
    for place, length in enumerate(groups):
        taken.append(place)
        count += length
        if count + groups[min(place + 1, len(groups) - 1)] > rows or place == len(groups) - 1:
            partitions.append(Partition(path, tuple(taken), (first, first + count - 1)))
            taken, first, count = [], first + count, 0
    return partitions


def columns_of(partition: Partition) -> list[str]:
    """The names of all columns of the file."""
    try:
        return list(pq.read_schema(partition.path).names)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(partition.path, error) from error


def read_partition(partition: Partition, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """The named columns of a partition; None: all."""
    try:
        with pq.ParquetFile(partition.path) as file:
            known = file.schema_arrow.names
            for column in columns or ():
                if column not in known:
                    raise AnalysisError("unknown_column", column=column, known=", ".join(known))
            wanted = None if columns is None else list(columns)
            table = file.read_row_groups(list(partition.row_groups), columns=wanted, use_threads=False)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(partition.path, error) from error
    frame: pd.DataFrame = table.to_pandas(types_mapper=KEPT_SMALL.get, use_threads=False, self_destruct=True)
    return frame


def _unreadable(path: Path, error: Exception) -> PartitionError:
    reason = str(error).partition("\n")[0]
    return PartitionError(str(path), AnalysisError("partition_unreadable", reason=reason))
