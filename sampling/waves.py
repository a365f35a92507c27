"""Who of a sample is asked first and who takes the place of those who cannot be reached, in an order fixed beforehand.

The order within a list (a stratum, a first-stage unit) is that of the SHA-256 of seed and id: as good as drawn by lot,
the same for everybody who computes it, and not to be chosen by anybody who knows the people.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sampling.faults import SamplingError
from sampling.frame import JOINT, Labels, as_text

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class WavePlan:
    """How many of each list are asked first; the others are replacements, in so many waves."""

    first: int | Mapping[str, int]  # of every list, or of each by its label
    waves: int = 1  # of replacements
    by: tuple[str, ...] = ()  # columns whose values together name a list; none: the sample is one list

    def as_dict(self) -> dict[str, object]:
        """Plain data; :func:`wave_plan_from` reads it."""
        first = self.first if isinstance(self.first, int) else dict(self.first)
        return {"first": first, "waves": self.waves, "by": list(self.by)}

    def first_of(self, label: str) -> int:
        """How many of a list are asked first."""
        if isinstance(self.first, int):
            return self.first
        if label not in self.first:
            raise SamplingError("stratum_without_size", stratum=label, strata=1)
        return self.first[label]


def wave_plan_from(entry: Mapping[str, object]) -> WavePlan:
    """The plan that :meth:`WavePlan.as_dict` wrote; KeyError or TypeError if it is none."""
    first, waves, by = entry["first"], entry["waves"], entry["by"]
    if not isinstance(waves, int) or not isinstance(by, list):
        raise TypeError("waves")
    if isinstance(first, Mapping):
        sizes = {str(label): n for label, n in first.items() if isinstance(n, int)}
        return WavePlan(sizes, waves, tuple(map(str, by)))
    if not isinstance(first, int):
        raise TypeError("first")
    return WavePlan(first, waves, tuple(map(str, by)))


def in_waves(sample: pd.DataFrame, id_: str, plan: WavePlan, seed: int) -> pd.DataFrame:
    """The wave and the turn of each row of a sample.

    Parameters
    ----------
    sample : the rows drawn, in any order
    id_ : column that names them
    plan, seed : see :class:`WavePlan`; the seed of the draw

    Returns
    -------
    DataFrame with the index of ``sample``: ``wave`` (0: asked first; 1, 2, …: replacements, shared out evenly in the
    order of their turn) and ``turn`` (from 1, within the list)
    """
    ids = as_text(sample[id_])
    lots = np.array([hashlib.sha256(f"{seed}:{name}".encode()).hexdigest() for name in ids])
    wave, turn = np.zeros(len(sample), dtype=np.int64), np.zeros(len(sample), dtype=np.int64)
    lists = _lists(sample, plan.by)
    for label, places in pd.Series(np.arange(len(sample))).groupby(lists, sort=False):
        order = places.to_numpy()[np.argsort(lots[places.to_numpy()], kind="stable")]
        turn[order] = np.arange(1, len(order) + 1)
        wave[order] = _waves(len(order), plan.first_of(str(label)), plan.waves)
    return pd.DataFrame({"wave": wave, "turn": turn}, index=sample.index)


def _lists(sample: pd.DataFrame, by: tuple[str, ...]) -> Labels:
    if not by:
        return np.full(len(sample), "", dtype=object)
    columns = [as_text(sample[name]) for name in by]
    return np.array([JOINT.join(row) for row in zip(*columns, strict=True)], dtype=object)


def _waves(n_drawn: int, first: int, waves: int) -> Ints:
    reserve = max(0, n_drawn - first)
    later = 1 + np.arange(reserve, dtype=np.int64) * max(1, waves) // max(1, reserve)
    return np.append(np.zeros(n_drawn - reserve, dtype=np.int64), later)
