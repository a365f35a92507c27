"""Sums of rows by a code: the one operation every estimator here is made of."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]


def sum_by(code: npt.NDArray[np.integer], values: Floats, n_codes: int, factors: Floats | None = None) -> Floats:
    """Rows of ``values`` (rows, K), times ``factors`` (rows,), added up by ``code``: (n_codes, K).

    A product with a sparse matrix of one entry per row, so that it runs at the speed of memory; rows are added in
    their order.
    """
    rows = len(code)
    data = np.ones(rows) if factors is None else factors
    selector = csc_array((data, code, np.arange(rows + 1)), shape=(n_codes, rows))
    return np.asarray(selector @ values)


def numbered(*keys: tuple[npt.NDArray[np.integer], int]) -> tuple[Ints, tuple[Ints, ...]]:
    """Combinations of codes that occur, numbered in ascending order: (number of each row, codes of each combination).

    keys : pairs of codes (rows,) and how many there are of them.
    """
    sizes = tuple(size for _codes, size in keys)
    space = int(np.prod(sizes, dtype=object))
    if space > np.iinfo(np.int64).max:  # number those of the first keys before the last is added
        head, of_head = numbered(*keys[:-1])
        number, (place, last) = numbered((head, len(of_head[0])), keys[-1])
        return number, (*(codes[place] for codes in of_head), last)
    key = np.zeros(len(keys[0][0]), dtype=np.int64)
    for codes, size in keys:
        key = key * size + codes
    if space <= 4 * len(key) + 2**20:  # a table of what occurs is faster than sorting
        occurs = np.zeros(space, dtype=np.bool_)
        occurs[key] = True
        found = np.flatnonzero(occurs)
        number = (np.cumsum(occurs) - 1)[key]
    else:
        found, number = np.unique(key, return_inverse=True)
    return number.astype(np.intp), tuple(part.astype(np.intp) for part in np.unravel_index(found, sizes))
