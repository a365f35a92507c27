"""Ballots as the estimation is measured on: 126 communes × 8 services, ten villages in each, 40 five-point items.

`python -m bench.ballots FOLDER FILES ROWS` writes some to Parquet files.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

COMMUNES, SERVICES, VILLAGES, SEXES, AGES = 126, 8, 10, 2, 5
STRATA = COMMUNES * SERVICES
ITEMS = tuple(f"q{number}" for number in range(1, 41))
MARGINS = {"commune": COMMUNES, "service": SERVICES, "sex": SEXES, "age": AGES}

Ints = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Ballots:
    """n ballots in the order of their villages; codes from 0."""

    answers: npt.NDArray[np.int8]  # (n, 40)
    village: Ints
    sex: Ints
    age: Ints
    base_weights: Floats

    @property
    def stratum(self) -> Ints:
        return self.village // VILLAGES

    @property
    def commune(self) -> Ints:
        return self.stratum // SERVICES

    @property
    def service(self) -> Ints:
        return self.stratum % SERVICES

    def labels(self) -> pd.DataFrame:
        """All but the answers."""
        names = ("village", "stratum", "commune", "service", "sex", "age")
        return pd.DataFrame({name: getattr(self, name) for name in names} | {"base_weight": self.base_weights})

    def frame(self) -> pd.DataFrame:
        """Everything, as a file would hold it."""
        return pd.concat([self.labels(), pd.DataFrame(self.answers, columns=list(ITEMS))], axis=1)

    @cached_property
    def controls(self) -> dict[str, dict[int, float]]:
        """Population totals of four margins, some per cent away from what the base weights give."""
        found = {}
        for name, size in MARGINS.items():
            totals = np.bincount(getattr(self, name), self.base_weights, size) * (1 + 0.03 * (np.arange(size) % 4))
            found[name] = dict(enumerate(totals * self.base_weights.sum() / totals.sum()))
        return found


def ballots(rows: int, seed: int = 2026) -> Ballots:
    """``rows`` ballots, two at least in every village; villages differ a little, so that the design matters."""
    rng = np.random.default_rng(seed)
    somewhere = rng.integers(0, STRATA * VILLAGES, rows - 2 * STRATA * VILLAGES)
    village = np.sort(np.concatenate([np.arange(STRATA * VILLAGES).repeat(2), somewhere]))
    mood = rng.normal(0, 0.4, STRATA * VILLAGES)
    answers = rng.integers(1, 6, (rows, len(ITEMS)), dtype=np.int8)
    answers += np.round(mood).astype(np.int8)[village, None]
    np.clip(answers, 1, 5, out=answers)
    return Ballots(
        answers, village, rng.integers(0, SEXES, rows), rng.integers(0, AGES, rows), rng.uniform(0.5, 2.0, rows)
    )


if __name__ == "__main__":
    for number in range(int(sys.argv[2])):
        path = Path(sys.argv[1]) / f"part-{number:04}.parquet"
        ballots(int(sys.argv[3]), seed=number).frame().to_parquet(path)
