"""The same function on every partition, by the workers of a Dask cluster; needs the package ``distributed``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import pandas as pd
from distributed import Client

from analysis.faults import AnalysisError

Partition = TypeVar("Partition")
Result = TypeVar("Result")

PATIENCE_S = 30
"""Seconds to wait for the scheduler, and for a first worker."""


def mapped_on_cluster(
    function: Callable[[Partition], Result], partitions: Sequence[Partition], address: str
) -> Iterator[Result]:
    """The results in the order of the partitions, whichever worker is done first.

    address : of the scheduler, such as ``tcp://10.0.0.5:8786``. Workers need this package in the same version, and
        see files under the same paths.

    Raises
    ------
    AnalysisError : nobody answers at the address, or no worker has joined.
    """
    try:
        client: Any = Client(address, timeout=PATIENCE_S, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise AnalysisError("no_scheduler", address=address, reason=str(error).partition("\n")[0]) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE_S)
        except TimeoutError as error:
            raise AnalysisError("no_workers", address=address) from error
        futures = [client.submit(function, _sent(client, part), pure=False) for part in partitions]
        while futures:
            yield futures.pop(0).result()


def _sent(client: Any, partition: object) -> object:
    """Data travel apart from the task, paths within it."""
    return client.scatter(partition, hash=False) if isinstance(partition, pd.DataFrame) else partition
